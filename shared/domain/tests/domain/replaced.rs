//! A judge that died with its home: the home that took over goes on with the region where a canary stood.

use crate::night::{AU, EU, JP, Night, actor, name, said};
use crate::plans::Says;
use meridian_domain::plan::{Act, Finish, Next, Plan};
use meridian_domain::reason::{Return, WayBackReason};
use meridian_domain::{Binding, Epoch, Invariant, Reason, Record, audit};

fn moved(lost: bool) -> Record {
    Record::HomeMoved { binding: Binding, from: name(JP), to: name(EU), lost, why: "it is dead".to_owned() }
}

/// AU's canary of an earlier wave went back while its judge was silent, and AU halted for that.
fn halted(why: WayBackReason) -> Night {
    let mut night = Night::confirmed_in(&[EU]);
    let (target, back, execution) = (night.target(AU, "v427"), night.target(AU, "v426"), actor("wave-0"));
    let intended = Record::UpdateIntended {
        target: target.clone(),
        back: Some(back.clone()),
        execution: execution.clone(),
        epoch: Some(Epoch(1)),
        bake: None,
    };
    let (from, to) = (target.version.clone(), back.version.clone());
    let told: Reason = Return::RolledBack { region: name(AU), from, to, why: why.clone() }.into();
    for record in [
        intended,
        Record::UpdateStarted { execution },
        Record::Halted { why: told },
        Record::Reverted { from: target, to: back, why: why.into() },
    ] {
        night.tell_as(&actor("rollback.ap-southeast-2"), AU, record);
    }
    night.pass("5m");
    night
}

#[test]
fn the_home_that_took_over_brings_the_release_where_a_judge_had_died() {
    let mut night = halted(WayBackReason::JudgeSilent);
    night.hub(moved(true));
    night.starts(AU);
    assert!(night.history(AU).halt.is_none());
}

/// A home that moved in peace took nobody's judge, one that moved before did not take this one; and what else halts a region stays.
#[test]
fn any_other_halt_is_a_persons_to_lift() {
    let left = |mut night: Night| {
        let end = night.next(AU).finish();
        assert!(night.history(AU).halt.is_some());
        end
    };
    assert_eq!(left(halted(WayBackReason::JudgeSilent)), Some(Finish::Deferred));
    let mut peace = halted(WayBackReason::JudgeSilent);
    peace.hub(moved(false));
    assert_eq!(left(peace), Some(Finish::Deferred));
    let mut unseen = halted(WayBackReason::JudgeUnseen);
    unseen.hub(moved(true));
    assert_eq!(left(unseen), Some(Finish::Deferred));
    let mut person = halted(WayBackReason::JudgeSilent);
    person.tell_as(&actor("maria"), AU, Record::Halted { why: said("a look at it") });
    person.hub(moved(true));
    assert_ne!(left(person), Some(Finish::Done));
    let mut early = halted(WayBackReason::JudgeSilent);
    early.now -= "10m".parse::<jiff::SignedDuration>().unwrap();
    early.hub(moved(true));
    early.pass("10m");
    assert_eq!(left(early), Some(Finish::Deferred));
}

#[test]
fn the_audit_lets_nobody_end_a_halt_of_which_no_move_of_home_is_the_reason() {
    let record = Record::JudgeReplaced { execution: actor("wave-1") };
    let plan = Plan { next: Next::TellRegion(name(AU), record), why: said("") };
    let broken = |night: &Night| {
        audit(&night.fleet, &night.sight, &plan, night.now).iter().map(|note| note.invariant()).collect::<Vec<_>>()
    };
    let mut night = halted(WayBackReason::JudgeSilent);
    night.next(EU);
    assert_eq!(broken(&night), [Invariant::I7]);
    night.hub(moved(true));
    assert_eq!(broken(&night), []);
    night.tell(AU, Record::Halted { why: said("evidence") });
    assert_eq!(broken(&night), [Invariant::I7]);
    assert!(!night.next(EU).does(Act::Update));
}
