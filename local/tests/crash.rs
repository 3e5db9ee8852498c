//! I10, step by step: whichever step of whichever night a function dies at, before or after it takes effect, Lambda's retry,
//! the pipeline's next call or a sweep ends the night in the same projection of ledger and fleet.
//!
//! A step is a call that changes something ([`EFFECTS`](meridian_local::api::EFFECTS)): between two of them a function
//! that dies has done the same, wherever it dies. `make test` tries one step in [`STRIDE`] of every night; `make crash`
//! (`MERIDIAN_CRASH_STRIDE=1`) tries them all.
//!
//! Where a scenario's disturbance comes by the clock, a death may move the wave: the alarm of 03:46 then meets another of its
//! stages, and the night is another one. Such a night must end [well](Projection::ends_well) all the same.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]
#![allow(clippy::disallowed_methods, reason = "how many steps are tried is the caller's to say")]
#![allow(clippy::print_stdout, reason = "how many were tried is worth a look")]

/// Thousands of nights allocate all the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use jiff::SignedDuration;
use meridian_domain::RegionHistory;
use meridian_local::night::{self, Functions, Options, Report, Scenario};
use meridian_local::world::{Fault, FaultKind, When};
use std::collections::{BTreeMap, BTreeSet};

/// Every how-manieth step is tried, where the environment does not say otherwise.
const STRIDE: u32 = 397;
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

fn night(scenario: &Scenario) -> (Report, String) {
    let out = tempfile::tempdir().unwrap();
    let options = Options { seed: 7, functions: Functions::InProcess, out: out.path().to_owned(), record: None };
    let mut story = String::new();
    let report = night::run(scenario, &options, &mut |line| {
        story.push_str(&line.plain());
        story.push('\n');
    });
    (report.unwrap(), story)
}

/// The night, with a function killed at the step of this number: what is wrong with its end. None where it has no such step.
fn killed(name: &str, usual: &Projection, step: u32, when: When) -> Option<String> {
    let mut scenario = lasting(name);
    let by_the_clock = is_by_the_clock(&scenario);
    // First, so that a step on which another fault falls too is one.
    let fault = Fault { effects: true, skip: step, at_most: Some(1), when, ..Fault::of(FaultKind::Kill) };
    scenario.fault.insert(0, fault);
    let (report, story) = night(&scenario);
    if report.unexpected.iter().any(|what| what.contains("is killed") && what.contains("never made a difference")) {
        return None;
    }
    let end = Projection::of(&report);
    let i1 = report.unexpected.iter().find(|what| what.starts_with("I1") || what.starts_with("chain"));
    if i1.is_none() && (end == *usual || by_the_clock && end.ends_well(usual)) {
        return Some(String::new());
    }
    let since: Vec<&str> = story.lines().skip_while(|line| !line.contains("is killed at")).collect();
    let since = since.join("\n    ");
    Some(format!("{name}, step {step}, killed {when:?}:\n    {since}\n  {i1:?}\n  usual {usual:?}\n  found {end:?}\n"))
}

fn lasting(name: &str) -> Scenario {
    let mut scenario = Scenario::load(name).unwrap();
    scenario.lasts = scenario.lasts.checked_add(LONGER).unwrap();
    scenario
}

fn every_step(name: &str) {
    let number = |variable: &str, default: u32| std::env::var(variable).map_or(default, |text| text.parse().unwrap());
    let stride = number("MERIDIAN_CRASH_STRIDE", STRIDE);
    let usual = Projection::of(&night(&lasting(name)).0);
    let dies = |step, when| killed(name, &usual, step, when);
    // A short night has no step so late: its first is earlier.
    let earlier = std::iter::successors(Some(stride / 2), |step| (*step > 0).then_some(step / 2));
    let found = earlier.into_iter().find_map(|step| Some((step, dies(step, When::Before)?)));
    assert!(found.is_some(), "{name}: nothing was killed");
    let (first, found) = found.unwrap();
    let mut wrong = found + &dies(first, When::After).unwrap_or_default();
    let mut tried = 2;
    for step in (first..).step_by(stride as usize).skip(1) {
        let Some(found) = dies(step, When::Before) else { break };
        wrong += &found;
        wrong += &dies(step, When::After).unwrap_or_default();
        tried += 2;
    }
    println!("{name}: {tried} deaths");
    assert!(wrong.is_empty(), "{wrong}");
}

macro_rules! deaths {
    ($($test:ident: $name:literal,)*) => {
        mod a_function_may_die_at_any_step_of {
            $(#[test] fn $test() { super::every_step($name); })*
        }
    };
}
meridian_local::every_scenario!(deaths);
