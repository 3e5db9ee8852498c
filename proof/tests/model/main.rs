//! The bounded model, explored by stateright: bounds small enough for every run of the tests. `make model` explores more.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

mod checker;
mod graph;

use checker::{Explored, Walk, explore};
use meridian_domain::Record;
use meridian_domain::alarms::VERDICT;
use meridian_proof::ask::{Ask, Reply};
use meridian_proof::model::{Bounds, Left, ONE};
use meridian_proof::world::{Broken, Fault, Lie, Quality, Showing, Wrong};

fn holds(explored: &Explored) {
    if let Some((_, sentence, story)) = &explored.broken {
        panic!("{sentence}\n{}", story.join("\n"));
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

/// Home hears nothing of the others, nor they of it, from any moment on and until any later one: another region goes on with the wave.
#[test]
fn a_home_that_is_cut_off_breaks_nothing_and_the_wave_goes_on_elsewhere() {
    let left = Left { total: 1, parts: 1, ..Left::default() };
    let explored = explore(Bounds::new("home cut off", 3, 2).parted(&[(0, 0b110)]).with(left), Walk::Depth);
    holds(&explored);
    for reached in ["gone on elsewhere", "on the newest release"] {
        assert!(explored.found.contains(&reached), "{reached}: {:?}", explored.found);
    }
}

/// What functions break within `bounds` whose port calls meet `lies`, and the shortest story of it.
fn caught(bounds: Bounds, lies: Lie) -> (Broken, Vec<String>) {
    let explored = explore(bounds.adjusted(|setting| setting.lies = Some(lies)), Walk::Breadth);
    let (broken, _, story) = explored.broken.expect("the defect is found");
    (broken, story)
}

#[test]
fn an_intent_that_is_not_written_is_caught() {
    let lies: Lie = |_, ask| match ask {
        Ask::Append { entry, .. } => {
            matches!(entry.record, Record::UpdateIntended { epoch: Some(_), .. }).then_some(Reply::Done)
        }
        _ => None,
    };
    let (broken, story) = caught(Bounds::new("no intent", 1, 2), lies);
    assert_eq!(broken, Wrong::NoIntent { own: false }.of(0, 1), "{story:#?}");
    assert!(story.len() < 12, "{}", story.join("\n"));
}

#[test]
fn a_verdict_that_is_not_published_is_caught() {
    let lies: Lie = |_, ask| match ask {
        // Nothing is turned back, and nobody hears of it.
        Ask::Publish(points) => {
            points.iter().any(|point| point.value > 0.5 && point.name == VERDICT).then_some(Reply::Done)
        }
        _ => None,
    };
    let quality = Quality { first: Showing::Fail, ..Quality::GOOD };
    let bounds = Bounds::new("no verdict", 1, 2).behaving(0, quality).adjusted(|setting| setting.live.silence = 10_000);
    let (broken, story) = caught(bounds, lies);
    assert_eq!(broken, Wrong::NotLetThrough.of(0, 1), "{story:#?}");
}
