//! I10, step by step: whichever step of whichever night a function dies at, before or after it takes effect, Lambda's retry,
//! the pipeline's next call or a sweep ends the night in the same projection of ledger and fleet.
//!
//! A step is a call that changes something ([`EFFECTS`](meridian_local::services::EFFECTS)): between two of them a function
//! that dies has done the same, wherever it dies. `make test` tries one step in [`STRIDE`] of every night; `make crash`
//! (`MERIDIAN_CRASH_STRIDE=1`) tries them all.
//!
//! Where a scenario's disturbance comes by the clock or by the minute's load, a death may move the wave: the alarm of 03:46 then
//! meets another of its stages, the check at full load other customers, and the night is another one. Such a night must end
//! [well](Projection::ends_well) all the same; how many did is said.
//! The steps that `make test` tries end alike, every one, and must.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test's helpers are tests too")]
#![allow(clippy::disallowed_methods, reason = "how many steps are tried is the caller's to say")]
#![allow(clippy::print_stdout, reason = "how many were tried is worth a look")]

mod forks;
mod projection;

/// Thousands of nights allocate all the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use forks::{Death, End, Forks};
use jiff::SignedDuration;
use meridian_local::engine::lock;
use meridian_local::night::{Functions, Options, Report, Scenario, Session, Site};
use meridian_local::world::{InvocationId, When};
use projection::Projection;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Every how-manieth step is tried, where the environment does not say otherwise.
const STRIDE: usize = 397;
/// What a death may cost: Lambda's two retries come one and two minutes later, a sweep after five.
const LONGER: SignedDuration = SignedDuration::from_mins(30);
/// One night at a time, for they fork.
static ONE: Mutex<()> = Mutex::new(());

/// Whether what goes wrong begins at a time of the clock, or goes by the load of the minute, and not with a step.
fn is_by_the_clock(scenario: &Scenario) -> bool {
    scenario.behaviour.iter().any(|behaviour| behaviour.from.is_some() || behaviour.capacity_rps.is_some())
        || scenario.fault.iter().any(|fault| fault.from.is_some())
}

/// How a night went.
struct Simulated {
    report: Report,
    story: String,
    forks: Forks,
}

/// Simulates a night from its beginning to its end, forking at the steps that are `wanted`.
fn simulate(site: Site, scenario: &Scenario, wanted: BTreeMap<usize, Vec<When>>, folder: &Path) -> Simulated {
    let forks = Forks::new(wanted, folder);
    let options = Options { seed: 7, functions: Functions::InProcess, out: folder.to_owned(), record: None };
    let mut session = Session::begin(site, scenario, &options).unwrap();
    lock(session.world()).inject_crashes(forks.clone());
    let mut story = String::new();
    session
        .run_until(scenario.end(), &mut |line| {
            story.push_str(&line.plain());
            story.push('\n');
        })
        .unwrap();
    let report = session.report().unwrap();
    if forks.own().is_some() {
        // It ends soon: to take a world to pieces is a twentieth of a night.
        std::mem::forget(session);
    }
    Simulated { report, story, forks }
}

/// How a night ended whose function died, beside how it ends usually.
fn end(death: Death, scenario: &Scenario, usual: &Projection, Simulated { report, story, .. }: &Simulated) -> End {
    let found = Projection::of(report);
    let broken = report.unexpected.iter().find(|problem| problem.what.breaks_invariant());
    if broken.is_none() && found == *usual {
        return End::Alike;
    }
    if broken.is_none() && is_by_the_clock(scenario) && found.ends_well(usual) {
        return End::Otherwise;
    }
    let since: Vec<&str> = story.lines().skip_while(|line| !line.contains("is killed at")).collect();
    let (name, since) = (&scenario.name, since.join("\n    "));
    End::Wrong(format!("{name}, {death:?}:\n    {since}\n  {broken:?}\n  usual {usual:?}\n  found {found:?}\n"))
}

/// The deaths to try at every so many steps: before a step, and after it where it is its invocation's last. Between two steps of
/// one invocation a function that dies has done the same, wherever it dies.
fn wanted(steps: &[InvocationId], first: usize, stride: usize) -> BTreeMap<usize, Vec<When>> {
    let last = |step: usize| steps.get(step) != steps.get(step + 1);
    let of = |step| if last(step) { vec![When::Before, When::After] } else { vec![When::Before] };
    (first..steps.len()).step_by(stride).map(|step| (step, of(step))).collect()
}

fn every_step(name: &str) {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let number = |variable: &str, default: usize| std::env::var(variable).map_or(default, |text| text.parse().unwrap());
    let stride = number("MERIDIAN_CRASH_STRIDE", STRIDE);
    let folder = tempfile::tempdir().unwrap();
    let mut scenario = Scenario::load(name).unwrap();
    scenario.lasts = scenario.lasts.checked_add(LONGER).unwrap();
    let site = Site::of_scenario(&scenario).unwrap();
    let undisturbed = simulate(site.clone(), &scenario, BTreeMap::new(), folder.path());
    let (usual, steps) = (Projection::of(&undisturbed.report), undisturbed.forks.steps());
    // A short night has no step so late: its first is earlier.
    let wanted = wanted(&steps, stride / 2 % steps.len(), stride);
    let simulated = simulate(site, &scenario, wanted, folder.path());
    if let Some(death) = simulated.forks.own() {
        simulated.forks.leave(&end(death, &scenario, &usual, &simulated));
    }
    let ends = simulated.forks.ends();
    assert!(!ends.is_empty() && Projection::of(&simulated.report) == usual, "{name}: nothing was killed");
    let otherwise = ends.iter().filter(|end| matches!(end, End::Otherwise)).count();
    println!("{name}: {} steps, {} deaths, {otherwise} ended otherwise and well", steps.len(), ends.len());
    let wrong = ends.iter().filter_map(|end| if let End::Wrong(told) = end { Some(told.as_str()) } else { None });
    let wrong: String = wrong.collect();
    assert!(wrong.is_empty(), "{wrong}");
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
