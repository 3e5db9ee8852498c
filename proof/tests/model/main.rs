//! The bounded model, explored by stateright: bounds small enough for every run of the tests. `make model` explores more.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

mod checker;
mod graph;

use checker::{Explored, Walk, explore};
use meridian_domain::plan::{Act, Finish, Next, Plan, Sight};
use meridian_domain::{Decision, Record};
use meridian_proof::model::{Bounds, Left, ONE};
use meridian_proof::world::{Fault, Quality, Showing};

fn holds(explored: &Explored) {
    if let Some((what, story)) = &explored.broken {
        panic!("{what}\n{}", story.join("\n"));
    }
    assert_eq!(explored.rests, Ok(()), "{}", explored.name);
}

#[test]
fn a_wave_without_a_fault_ends_on_the_new_release() {
    let explored = explore(Bounds::new("quiet", 3, 2), Walk::Breadth);
    holds(&explored);
    assert_eq!(explored.found, ["on the newest release"]);
}

/// Three regions, two releases, and one of anything, at any moment and at any step: no invariant is broken, every state comes
/// to its end, and what the model is to show can be reached.
#[test]
fn one_of_anything_at_any_step_breaks_nothing() {
    let explored = explore(Bounds::new("one of anything", 3, 2).faulty(&Fault::ALL).with(ONE), Walk::Depth);
    holds(&explored);
    for reached in ["halted", "on the newest release", "one left behind, the others new"] {
        assert!(explored.found.contains(&reached), "{reached}: {:?}", explored.found);
    }
    assert!(
        explored.unique > 100_000 && explored.made > explored.unique && explored.depth > 100,
        "{} {}",
        explored.unique,
        explored.depth
    );
}

/// A release that is bad in the second region is condemned or stopped there, whatever else goes wrong once.
#[test]
fn a_bad_release_with_one_of_anything_beside_it_breaks_nothing() {
    let quality = Quality { first: Showing::Fail, ..Quality::GOOD };
    let bounds = Bounds::new("bad in the second", 2, 2).behaving(1, quality).faulty(&Fault::ALL).with(ONE);
    let explored = explore(bounds, Walk::Depth);
    holds(&explored);
    assert!(explored.found.contains(&"condemned"), "{:?}", explored.found);
}

/// What a planner with `defect` breaks within `bounds`, and the shortest story of it.
fn caught(bounds: Bounds, defect: fn(&Sight, Plan) -> Plan) -> (String, Vec<String>) {
    let explored = explore(bounds.adjusted(|setting| setting.meddle = Some(defect)), Walk::Breadth);
    explored.broken.expect("the defect is found")
}

#[test]
fn a_planner_that_never_decides_to_revert_is_caught() {
    // It keeps the heartbeat alive: silence alone would take the canary back.
    fn defect(sight: &Sight, mut plan: Plan) -> Plan {
        if let Next::TellRegion(region, Record::Decided { decision: Decision::Revert, .. }) = &plan.next {
            let update = sight.regions[region].known().and_then(|history| history.update.clone());
            plan.next = match update {
                Some(update) if !sight.done.contains(&Act::Beat) => Next::Do(Act::Beat, region.clone(), update.target),
                _ => Next::Wait,
            };
        }
        plan
    }
    let one = Left { total: 1, faults: 1, ..Left::default() };
    let (what, story) = caught(Bounds::new("never reverts", 1, 2).faulty(&Fault::ALL).with(one), defect);
    assert!(what.starts_with("I9"), "{what}\n{}", story.join("\n"));
    assert!(story.len() < 14, "{}", story.join("\n"));
}

#[test]
fn a_planner_that_updates_without_an_intent_is_caught() {
    fn defect(_: &Sight, mut plan: Plan) -> Plan {
        if let Next::TellRegion(region, Record::UpdateIntended { target, epoch: Some(_), .. }) = &plan.next {
            plan.next = Next::Do(Act::Update, region.clone(), target.clone());
        }
        plan
    }
    let (what, story) = caught(Bounds::new("no intent", 1, 2), defect);
    assert!(what.starts_with("I8"), "{what}");
    assert!(story.len() < 8, "{}", story.join("\n"));
}

#[test]
fn a_planner_that_takes_a_failed_region_for_a_finished_one_is_caught() {
    fn defect(_: &Sight, mut plan: Plan) -> Plan {
        if plan.next == Next::Finish(Finish::Failed) {
            plan.next = Next::Finish(Finish::Done);
        }
        plan
    }
    let one = Left { total: 1, faults: 1, ..Left::default() };
    let (what, _) = caught(Bounds::new("fails well", 1, 2).faulty(&Fault::ALL).with(one), defect);
    assert!(what.starts_with("I13"), "{what}");
}
