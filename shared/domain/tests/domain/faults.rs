//! What goes wrong in regions: unknown bytes, a ledger that cannot be read, several control planes at once.

use crate::night::{AU, BR, EU, JP, Night, actor, bytes_unknown, good, name, release, ringing, said, unseen, version};
use crate::plans::Says;
use meridian_domain::alarms::{WayBack, verdict_name};
use meridian_domain::plan::{Act, Finish, Next};
use meridian_domain::reason::{Gate, Proof, Revert, Stopped, Wait};
use meridian_domain::{Cause, Decision, EndpointStatus, Reason, Record, Seen};

/// A canary in JP whose rollback failed, for a reason that is laid to `cause`.
fn rollback_failed(cause: Cause) -> Night {
    let mut night = Night::baking(JP);
    let record = Record::Decided {
        execution: actor("wave-1"),
        decision: Decision::Revert,
        why: said("its reason"),
        judgement: None,
        cause: Some(cause),
    };
    night.tell(JP, record);
    night.status(JP, EndpointStatus::UpdateRollbackFailed);
    night
}

/// What the wave does elsewhere follows from why the update was rolling back, not from SageMaker's failure to do so.
#[test]
fn unknown_bytes_are_recorded_and_the_reverts_reason_decides() {
    let ends =
        [(Cause::Release, Finish::Failed), (Cause::Unclear, Finish::Deferred), (Cause::Region, Finish::Deferred)];
    for (cause, end) in ends {
        let mut night = rollback_failed(cause);
        assert_eq!(night.refused(JP).finish(), Some(end), "{cause:?}");
        assert!(night.history(JP).unknown.is_some(), "{cause:?}");
        assert_eq!(night.sight.hub.condemned.contains_key(&release("v427")), cause == Cause::Release);
    }
}

/// `rollback` asks in JP for what the region was rolling back to, and SageMaker takes it: it has nothing more to say.
fn goes_back(night: &mut Night) {
    let back = night.target(JP, "v426");
    let plan = night.next_of_rollback(JP);
    assert!(matches!(&plan.next, Next::Do(Act::Update, _, target) if *target == back), "{plan:?}");
    night.taken_back(JP, "v426");
    assert_eq!(night.next_of_rollback(JP).finish(), Some(Finish::Done));
}

/// `rollback` finds the unknown bytes in JP before the wave does: it pages, then it mends.
fn is_mended(night: &mut Night) {
    let page = night.next_of_rollback(JP);
    assert!(page.pages(), "{page:?}");
    night.own.paged = true;
    goes_back(night);
    night.new_call();
}

/// I7: `rollback` tries to mend the region before the wave looks again, and its own update stands in the ledger now, not the
/// wave's: the release is as bad as it was, and no region starts it.
#[test]
fn a_release_stays_bad_while_its_region_is_being_mended() {
    let mut night = rollback_failed(Cause::Release);
    is_mended(&mut night);
    let open = night.history(JP).update.clone().unwrap();
    assert_eq!((open.target.version.as_str(), open.epoch), ("v426", None));
    night.status(JP, EndpointStatus::UpdateRollbackFailed);
    assert_eq!(night.refused(JP).finish(), Some(Finish::Failed));
    assert!(night.sight.hub.condemned.contains_key(&release("v427")) && night.sight.hub.deferred.is_empty());
    night.new_call();
    assert_eq!(night.next(BR).finish(), Some(Finish::Failed));
}

/// The region goes to what it was rolling back to, and believes its golden records alone that it is there.
#[test]
fn a_region_recovers_from_unknown_bytes_and_proves_it() {
    let mut night = rollback_failed(Cause::Region);
    is_mended(&mut night);
    assert!(matches!(&night.history(JP).unknown, Some(unknown) if unknown.why == bytes_unknown()));
    assert_eq!(night.history(JP).halt, None, "nobody else is stopped");
    night.in_service(JP, "v426");
    for right in [Some(9), None, Some(10)] {
        night.new_call();
        assert!(night.next_of_rollback(JP).does(Act::AskGolden));
        night.own_asked(right);
        // Nobody is paged again.
        assert_eq!(night.next_of_rollback(JP).finish(), Some(Finish::Done));
        assert_eq!(night.history(JP).unknown.is_none(), right == Some(10), "{right:?} of 10 golden records are right");
    }
    assert_eq!((&night.history(JP).unknown, &night.history(JP).update), (&None, &None));
    assert_eq!(night.history(JP).serving.as_ref().unwrap().target, night.target(JP, "v426"));
    assert_eq!(night.history(JP).returned[&release("v427")].cause, Some(Cause::Region));
}

/// SageMaker fails to recover it: each look asks again, and nobody is paged again.
#[test]
fn a_recovery_that_fails_too_is_asked_for_again() {
    let mut night = rollback_failed(Cause::Region);
    is_mended(&mut night);
    for _ in 0..2 {
        night.status(JP, EndpointStatus::UpdateRollbackFailed);
        night.new_call();
        goes_back(&mut night);
    }
}

/// I3, I13: a region whose bytes are unknown is evidence for nobody, and nothing starts there.
#[test]
fn unknown_bytes_are_no_evidence_and_no_ground_to_start_from() {
    let mut night = Night::confirmed_in(&[EU]);
    let unknown = Record::BytesUnknown { execution: actor("wave-1"), why: bytes_unknown(), paged: None };
    night.tell(EU, unknown.clone());
    assert!(!night.history(EU).serves(&release("v427")));
    assert_eq!(night.refused(AU).finish(), Some(Finish::Failed));
    let mut night = Night::new();
    night.tell(EU, unknown);
    let plan = night.next(EU);
    let bytes = matches!(plan.why, Reason::Wait(Wait::Gate { gate: Gate::BytesUnknown { .. }, .. }));
    assert!(plan.waits() && bytes, "{plan:?}");
}

fn way_back(night: &Night) -> Seen<Option<WayBack>> {
    Seen::Known(Some(WayBack { target: night.target(AU, "v427"), back: night.target(AU, "v426"), left: None }))
}

fn without_ledger(version: &str) -> Night {
    let mut night = Night::new();
    night.in_service(AU, version);
    night.sight.regions.insert(name(AU), Seen::Unknown(unseen()));
    night.own.way_back = way_back(&night);
    night.own.alarm = Some(ringing("alarm fraud-endpoint-latency rings"));
    night
}

/// I6: the region rolls back though its ledger can be neither read nor written, by the rollback target that is stored with its alarms.
#[test]
fn a_region_rolls_back_without_its_ledger() {
    let mut night = without_ledger("v427");
    let (back, plan) = (night.target(AU, "v426"), night.next_of_rollback(AU));
    assert!(matches!(&plan.next, Next::Do(Act::Update, _, target) if *target == back), "{plan:?}");
    night.taken_back(AU, "v426");
    let page = night.next_of_rollback(AU);
    assert!(page.pages(), "{page:?}");
    night.own.paged = true;
    assert_eq!(night.next_of_rollback(AU).finish(), Some(Finish::Done));
    // One step back, never two; and nothing is asked for, nor said again, while it is on its way.
    night.new_call();
    assert_eq!(night.next_of_rollback(AU).finish(), Some(Finish::Done));
    night.in_service(AU, "v426");
    assert_eq!(night.next_of_rollback(AU).finish(), Some(Finish::Done));
}

#[test]
fn without_its_ledger_a_region_stays_unless_told_otherwise() {
    type Change = fn(&mut Night);
    let changes: [(&str, Change); 4] = [
        ("quiet", |night| night.own.alarm = None),
        ("unwritten", |night| night.own.way_back = Seen::Known(None)),
        ("unread", |night| night.own.way_back = Seen::Unknown(unseen())),
        ("elsewhere", |night| night.in_service(AU, "v425")),
    ];
    for (what, change) in changes {
        let mut night = without_ledger("v427");
        change(&mut night);
        assert_eq!(night.next_of_rollback(AU).finish(), Some(Finish::Done), "{what}");
    }
}

#[test]
fn the_way_back_stands_with_the_verdict_alarm_alone() {
    let night = Night::new();
    let region = night.region(AU);
    let way = WayBack { target: night.target(AU, "v427"), back: night.target(AU, "v426"), left: None };
    let guards = meridian_domain::alarms::guards(&night.fleet, &region, &way.target.config, Some(&way.back.config));
    let noted = way.noted(&night.fleet, guards);
    let found: Vec<(&str, &WayBack)> =
        noted.iter().filter_map(|alarm| Some((alarm.name.as_str(), alarm.way_back.as_ref()?))).collect();
    assert_eq!(found, [(verdict_name(&night.fleet).as_str(), &way)]);
    assert_eq!(WayBack::read(&format!("{}\nIt says revert.", way.written())), Some(way));
    assert_eq!(WayBack::read("It says revert."), None);
}

/// Several control planes at once are not a single-region fault: one page, and the wave stops for a person.
#[test]
fn several_dark_regions_are_one_page_and_stop_the_wave() {
    let mut night = Night::baking(JP);
    night.dark(JP);
    night.dark(BR);
    assert!(night.next(JP).does(Act::Beat));
    night.pass("4m");
    // The canary rolls back.
    let page = night.next_after(JP, &[Act::Trip]);
    assert!(page.pages(), "{page:?}");
    night.sent(page);
    assert_eq!(night.next(JP).finish(), Some(Finish::Failed));
    assert_eq!(night.history(JP).update.as_ref().unwrap().cause, Some(Cause::Unclear));
    assert!(night.sight.hub.deferred.is_empty() && night.sight.hub.condemned.is_empty());
    night.new_call();
    assert_eq!(night.next(JP).finish(), Some(Finish::Failed), "a late call says nothing again");
}

/// What happened in one region is that region's until evidence speaks against the release: the next one goes on behind its own
/// canary. Twice in one wave is not bad luck.
#[test]
fn a_second_unclear_rollback_stops_the_wave() {
    let mut night = Night::baking(EU);
    night.in_service(EU, "v426");
    assert!(night.next(EU).does(Act::Look));
    night.looked(good());
    assert_eq!(night.refused(EU).finish(), Some(Finish::Deferred));
    night.new_call();
    assert_eq!(night.next(EU).finish(), Some(Finish::Deferred), "paged once");
    night.starts(AU);
    night.in_service(AU, "v426");
    night.new_call();
    assert_eq!(night.refused(AU).finish(), Some(Finish::Failed));
    assert!(night.sight.hub.condemned.is_empty() && night.sight.hub.deferred.len() == 1);
    night.new_call();
    assert_eq!(night.next(JP).finish(), Some(Finish::Failed));
}

/// Wrong answers to golden records speak against the release, and a person's halt is for every region.
#[test]
fn a_rollback_that_reaches_beyond_its_region_stops_the_wave() {
    let wrong = Proof::Wrong { right: 9, asked: 10, version: version("v427") };
    let unasked = Proof::Unasked { why: unseen() };
    let halted = Stopped::FleetHalted(Box::new(said("a look first")));
    let table = [
        (Revert::Unproved(wrong), Finish::Failed),
        (Revert::Stopped(halted), Finish::Failed),
        (Revert::Unproved(unasked), Finish::Deferred),
        (Revert::TimerEnded, Finish::Deferred),
    ];
    for (why, end) in table {
        let mut night = Night::baking(EU);
        let (execution, decision, cause) = (actor("wave-1"), Decision::Revert, Some(why.cause()));
        night.tell(EU, Record::Decided { execution, decision, why: why.clone().into(), judgement: None, cause });
        night.in_service(EU, "v426");
        assert_eq!(night.refused(EU).finish(), Some(end), "{why:?}");
    }
}

/// I7: a model fault does not wait for the region in which it was seen to answer again.
#[test]
fn a_model_fault_is_told_at_once_though_its_region_went_dark() {
    let mut night = rollback_failed(Cause::Release);
    night.dark(JP);
    let page = night.next_after(JP, &[Act::Trip]);
    assert!(page.pages(), "{page:?}");
    night.sent(page);
    assert_eq!(night.next(JP).finish(), Some(Finish::Failed));
    assert!(night.sight.hub.condemned.contains_key(&release("v427")));
}
