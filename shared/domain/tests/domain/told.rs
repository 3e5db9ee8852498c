//! A return that nobody asked for: whether the wave or the region's own watch tells people why, and only one of them.

use crate::night::{EU, JP, Night, at, good, name, release, unseen, version};
use crate::plans::Says;
use jiff::SignedDuration;
use meridian_domain::plan::{Act, Finish, Next, rollback};
use meridian_domain::reason::{Fault, Return, WayBackReason};
use meridian_domain::{Advice, Cause, Record, Seen, alarms};

/// The region hears of the return before the wave's judge does: who knows what the canary showed says it, and the region
/// speaks for itself only where no judge runs, or none has spoken for a quarter of an hour after the canary.
#[test]
fn a_running_judge_explains_the_rollback_itself() {
    for (judge, after, halts) in [(true, "0s", false), (false, "0s", true), (true, "50m", true)] {
        let mut night = Night::baking(EU);
        night.in_service(EU, "v426");
        night.own.judge = Seen::Known(judge.then(|| at("02:00:00")));
        night.pass(after);
        night.own_ends(EU, halts);
        assert_eq!((night.history(EU).halt.is_some(), night.history(EU).update.is_none()), (halts, halts));
    }
    // Whoever is asked later finds the update open, and says whose fault it was.
    let mut night = Night::baking(EU);
    night.in_service(EU, "v426");
    night.own.judge = Seen::Known(Some(at("02:00:00")));
    night.own_ends(EU, false);
    let guard = alarms::green_names(&night.fleet)[1].clone();
    night.guard_rings(guard);
    assert!(night.next(EU).does(Act::Look));
    night.looked(good());
    assert!(night.next(EU).pages());
    assert_eq!(night.history(EU).returned[&release("v427")].cause, Some(Cause::Release));
}

/// Only alarms that were seen speak against the release: what came first is unknown where CloudWatch is silent. A judge who
/// looks again after a silence says nothing of what happened in it.
#[test]
fn a_rollback_with_a_silent_judge_halts_its_region_alone() {
    let begun = Night::baking(EU).history(EU).update.as_ref().unwrap().canary.unwrap().0;
    let since = |seconds: i64| Seen::Known(Some(begun + SignedDuration::from_secs(seconds)));
    let table = [
        (since(-60), true),
        (since(0), true),
        (since(1), false),
        (Seen::Known(None), false),
        (Seen::Unknown(unseen()), false),
    ];
    for (judge, halts) in table {
        let mut night = Night::baking(EU);
        night.in_service(EU, "v426");
        night.own.judge = judge.clone();
        night.pass("50m");
        night.own_ends(EU, true);
        let history = night.history(EU);
        assert_eq!((history.halt.is_some(), history.halts_fleet()), (true, halts), "{judge:?}");
    }
}

/// CloudWatch answers again between two calls of the region's watch: they see different reasons for one return. It is owed once, for the
/// reason that came first, also where both were decided before either was written.
#[test]
fn a_return_that_two_calls_explain_is_one_page() {
    let judges = [Seen::Known(None), Seen::Unknown(unseen())];
    for (first, second) in [(0, 1), (1, 0)] {
        let mut night = Night::baking(EU);
        night.in_service(EU, "v426");
        night.pass("50m");
        let told = |night: &mut Night, judge: usize| {
            night.own.judge = judges[judge].clone();
            match rollback(&night.fleet, &night.region(EU), &night.own_sight(EU), night.now).next {
                Next::TellRegion(_, record) => record,
                other => panic!("{other:?}"),
            }
        };
        let (one, other) = (told(&mut night, first), told(&mut night, second));
        let Record::PageOwed { why, .. } = one.clone() else { panic!("{one:?}") };
        assert!(one != other);
        night.tell(EU, one);
        assert_eq!(told(&mut night, second), Record::Halted { why: why.clone() });
        night.tell(EU, other);
        let owed: Vec<_> = night.history(EU).owed.iter().map(|owed| &owed.why).collect();
        assert_eq!(owed, [&why]);
    }
}

/// A region's own watch that has paged for the return, and owes nothing, has told people: its wave does not tell them again.
#[test]
fn a_return_that_the_region_has_told_is_deferred_unpaged() {
    let (region, from, to) = (name(JP), version("v427"), version("v426"));
    let rolled_back = Return::RolledBack { region, from, to, why: WayBackReason::JudgeSilent };
    let of_the_champion =
        Return::RingsInSoak { region: name(JP), version: version("v426"), why: WayBackReason::JudgeSilent };
    for (tells, pages) in [(None, true), (Some(&rolled_back), false), (Some(&of_the_champion), true)] {
        let mut night = Night::baking(JP);
        let (from, to) = (night.target(JP, "v427"), night.target(JP, "v426"));
        night.tell(JP, Record::Reverted { from, to, why: Fault::SageMakerReturned.into() });
        if let Some(why) = tells {
            night.tell(JP, Record::PageSent { why: why.clone().into() });
        }
        night.in_service(JP, "v426");
        let end = if pages { night.refused(JP) } else { night.next(JP) };
        assert_eq!(end.finish(), Some(Finish::Deferred), "{tells:?}: {end:?}");
    }
}

/// The region's watch writes its page down, then its return, then pages: a wave that looks between leaves the page to it, for as long as a
/// call may take to send it.
#[test]
fn a_return_that_the_region_is_about_to_tell_is_deferred_unpaged() {
    let (region, from, to) = (name(JP), version("v427"), version("v426"));
    let rolled_back = Return::RolledBack { region, from, to, why: WayBackReason::JudgeSilent };
    for halts in [true, false] {
        for (waited, pages) in [("1s", false), ("30s", true)] {
            let mut night = Night::baking(JP);
            let (from, to) = (night.target(JP, "v427"), night.target(JP, "v426"));
            night.tell(JP, Record::PageOwed { why: rolled_back.clone().into(), advice: Advice::LookAtEndpoint });
            if halts {
                night.tell(JP, Record::Halted { why: rolled_back.clone().into() });
            }
            night.tell(JP, Record::Reverted { from, to, why: Fault::SageMakerReturned.into() });
            night.pass(waited);
            night.in_service(JP, "v426");
            let end = if pages { night.refused(JP) } else { night.next(JP) };
            assert_eq!(end.finish(), Some(Finish::Deferred), "{halts} {waited}: {end:?}");
        }
    }
}
