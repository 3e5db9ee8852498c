//! I10, step by step: whichever step of whichever night a function dies at, before or after it takes effect, Lambda's retry,
//! the pipeline's next call or a sweep ends the night in the same projection of ledger and fleet.
//!
//! A step is a call that changes something ([`EFFECTS`](meridian_local::api::EFFECTS)): between two of them a function
//! that dies has done the same, wherever it dies. `make test` tries one step in [`STRIDE`] of every night; `make crash`
//! (`MERIDIAN_CRASH_STRIDE=1`) tries them all.
//!
//! Where a scenario's disturbance comes by the clock, a death may move the wave: the alarm of 03:46 then meets another of its
//! stages, and the night is another one. Such a night must end [well](Projection::ends_well) all the same; how many did is said.
//! The steps that `make test` tries end alike, every one, and must.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]
#![allow(clippy::disallowed_methods, reason = "how many steps are tried is the caller's to say")]
#![allow(clippy::print_stdout, reason = "how many were tried is worth a look")]

/// Thousands of nights allocate all the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use jiff::SignedDuration;
use meridian_domain::RegionHistory;
use meridian_local::engine::lock;
use meridian_local::night::{Functions, Line, Options, Report, Scenario, Session, Site};
use meridian_local::world::{Fault, FaultKind, InvocationId, When};
use std::collections::{BTreeMap, BTreeSet};

/// Every how-manieth step is tried, where the environment does not say otherwise.
const STRIDE: usize = 397;
/// What a death may cost: Lambda's two retries come one and two minutes later, a sweep after five.
const LONGER: SignedDuration = SignedDuration::from_mins(30);

/// A night's end, without its times, its words and the number of tries that it took.
#[derive(Debug, PartialEq)]
struct Projection {
    fleet: Vec<String>,
    regions: BTreeMap<String, String>,
    hub: String,
    executions: Vec<String>,
    pages: BTreeSet<String>,
    /// Per region: what it is on, whether its endpoint says so too, whether something is left to do there.
    ends: Vec<(Option<String>, bool, bool)>,
}

impl Projection {
    fn of(report: &Report) -> Self {
        let fleet = report.fleet.iter();
        let hub = &report.hub;
        Projection {
            fleet: fleet
                .clone()
                .map(|end| format!("{} {:?} {} {}", end.title, end.version, end.status, end.halt.is_some()))
                .collect(),
            regions: report.regions.iter().map(|(name, history)| (name.to_string(), region(history))).collect(),
            hub: format!(
                "approved {:?} rejected {:?} condemned {:?} deferred {:?} ended {:?}",
                hub.approved,
                hub.rejected.keys(),
                hub.condemned.keys(),
                hub.deferred.keys(),
                hub.ended
            ),
            executions: report.executions.iter().map(|end| format!("{} at {:?}", end.ending, end.failed_at)).collect(),
            // A page may come twice: nobody can know whether one that was not answered for went out.
            pages: report.pages.iter().map(|page| page.subject.clone()).collect(),
            ends: fleet
                .map(|end| {
                    let history = report.regions.get(&end.region);
                    let open = history.and_then(|history| history.update.as_ref()).is_some_and(|open| !open.confirmed);
                    let owes = history.is_some_and(|history| !history.owed.is_empty());
                    (end.version.clone(), end.confirmed_by_endpoint, open || owes)
                })
                .collect(),
        }
    }

    /// Every region serves what its ledger says and has nothing left to do, or ends as usual; somebody was paged where regions
    /// differ; every execution is over.
    fn ends_well(&self, usual: &Self) -> bool {
        let pairs = self.ends.iter().zip(&usual.ends);
        let settled = pairs.into_iter().all(|(end, usual)| end == usual || (end.1 && !end.2));
        let alike = self.ends.windows(2).all(|pair| pair[0].0 == pair[1].0);
        let over = self.executions.iter().all(|end| end.starts_with("succeeded") || end.starts_with("failed"));
        settled && over && (alike || !self.pages.is_empty())
    }
}

/// Whether what goes wrong begins at a time of the clock, and not with a step.
fn is_by_the_clock(scenario: &Scenario) -> bool {
    scenario.behaviour.iter().any(|behaviour| behaviour.from.is_some())
        || scenario.fault.iter().any(|fault| fault.from.is_some())
}

fn region(history: &RegionHistory) -> String {
    let config = |target: &meridian_domain::Target| target.config.to_string();
    let update = history.update.as_ref().map(|update| (config(&update.target), update.confirmed));
    let returned = history.returned.iter().map(|(release, left)| (release.short(), &left.wave, left.cause));
    format!(
        "attested {:?} serving {:?} previous {:?} update {update:?} confirmed {:?} returned {:?} halted {} owed {}",
        history.attested.iter().map(|release| release.short()).collect::<Vec<_>>(),
        history.serving.as_ref().map(|serving| config(&serving.target)),
        history.previous.as_ref().map(config),
        history.confirmed.iter().map(|(release, wave)| (release.short(), wave)).collect::<Vec<_>>(),
        returned.collect::<Vec<_>>(),
        history.halt.is_some(),
        history.owed.len(),
    )
}

/// A scenario with time for what a death may cost, and how it ends without one.
struct Night {
    scenario: Scenario,
    /// What all its nights take place on: the template is read once.
    site: Site,
    usual: Projection,
    /// Whose step each is, as long as nobody dies.
    steps: Vec<InvocationId>,
}

/// How a night ended in which a function was killed.
enum End {
    /// As without the death.
    Alike,
    /// Otherwise, and well.
    Otherwise,
    /// Not as it may, in a person's words.
    Wrong(String),
}

impl End {
    fn wrong(&self) -> Option<&str> {
        match self {
            End::Alike | End::Otherwise => None,
            End::Wrong(told) => Some(told),
        }
    }
}

impl Night {
    fn of(name: &str) -> Self {
        let mut scenario = Scenario::load(name).unwrap();
        scenario.lasts = scenario.lasts.checked_add(LONGER).unwrap();
        let site = Site::of_scenario(&scenario).unwrap();
        let Lived { report, steps, .. } = Lived::at(&site, &scenario);
        Night { usual: Projection::of(&report), scenario, site, steps }
    }

    /// How the nights end in which a function dies before a step, and after it where it is its invocation's last: between two
    /// steps of one invocation it has done the same, wherever it dies.
    fn deaths(&self, step: usize) -> Vec<End> {
        let last = self.steps.get(step) != self.steps.get(step + 1);
        let after = last.then(|| self.killed(step, When::After));
        [self.killed(step, When::Before)].into_iter().chain(after).collect()
    }

    /// Lived again with a function killed at the step of this number.
    fn killed(&self, step: usize, when: When) -> End {
        let mut scenario = self.scenario.clone();
        // First, so that a step on which another fault falls too is one.
        let skip = u32::try_from(step).unwrap();
        let fault = Fault { effects: true, skip, at_most: Some(1), when, ..Fault::of(FaultKind::Kill) };
        scenario.fault.insert(0, fault);
        let Lived { report, story, .. } = Lived::at(&self.site, &scenario);
        let unmet = |what: &String| what.contains("is killed") && what.contains("never made a difference");
        assert!(!report.unexpected.iter().any(unmet), "{}: nobody died at step {step}", scenario.name);
        let end = Projection::of(&report);
        let i1 = report.unexpected.iter().find(|what| what.starts_with("I1") || what.starts_with("chain"));
        if i1.is_none() && end == self.usual {
            return End::Alike;
        }
        if i1.is_none() && is_by_the_clock(&self.scenario) && end.ends_well(&self.usual) {
            return End::Otherwise;
        }
        let since: Vec<&str> = story.lines().skip_while(|line| !line.contains("is killed at")).collect();
        let (name, usual, since) = (&self.scenario.name, &self.usual, since.join("\n    "));
        let told = format!(
            "{name}, step {step}, killed {when:?}:\n    {since}\n  {i1:?}\n  usual {usual:?}\n  found {end:?}\n"
        );
        End::Wrong(told)
    }
}

/// A night from its beginning to its end.
struct Lived {
    report: Report,
    story: String,
    steps: Vec<InvocationId>,
}

impl Lived {
    fn at(site: &Site, scenario: &Scenario) -> Self {
        let out = tempfile::tempdir().unwrap();
        let options = Options { seed: 7, functions: Functions::InProcess, out: out.path().to_owned(), record: None };
        let mut story = String::new();
        let mut session = Session::begin(site.clone(), scenario, &options).unwrap();
        let mut tell = |line: &Line| {
            story.push_str(&line.plain());
            story.push('\n');
        };
        session.run_until(scenario.end(), &mut tell).unwrap();
        let steps = lock(session.world()).effects().to_vec();
        Lived { report: session.report().unwrap(), story, steps }
    }
}

fn every_step(name: &str) {
    let number = |variable: &str, default: usize| std::env::var(variable).map_or(default, |text| text.parse().unwrap());
    let stride = number("MERIDIAN_CRASH_STRIDE", STRIDE);
    let night = Night::of(name);
    // A short night has no step so late: its first is earlier.
    let first = number("MERIDIAN_CRASH_FIRST", stride / 2) % night.steps.len();
    let ends: Vec<End> = (first..night.steps.len()).step_by(stride).flat_map(|step| night.deaths(step)).collect();
    let otherwise = ends.iter().filter(|end| matches!(end, End::Otherwise)).count();
    println!("{name}: {} steps, {} deaths, {otherwise} ended otherwise and well", night.steps.len(), ends.len());
    let wrong: Vec<&str> = ends.iter().filter_map(End::wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.concat());
    assert!(stride < STRIDE || otherwise == 0, "{name}: at these steps all nights ended alike");
}

macro_rules! deaths {
    ($($test:ident: $name:literal,)*) => {
        mod a_function_may_die_at_any_step_of {
            $(#[test] fn $test() { super::every_step($name); })*
        }
    };
}
meridian_local::every_scenario!(deaths);
