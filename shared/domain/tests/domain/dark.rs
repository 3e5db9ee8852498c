//! Regions that do not answer, or that rolled back and nobody said why: signs, patience, and what is put on record.

use crate::night::{AU, BR, EU, JP, Night, actor, at, bytes_unknown, name, release, ringing, said, unseen, version};
use jiff::SignedDuration;
use meridian_domain::alarms::{LeftBehind, WayBack};
use meridian_domain::plan::{Act, Finish, Next};
use meridian_domain::reason::{
    ErrorKind, FailureDetail, Fault, IllService, OperationName, RegionState, Return, Revert, ServiceFailure, Sign,
    SilentRegion, Unseen, WaveEnd, WayBackReason,
};
use meridian_domain::{
    AlarmState, AlarmView, Cause, Chain, Decision, EndpointStatus, Reason, Record, Seen, UpdateFailure, VariantPhase,
    alarms,
};
use std::sync::Arc;

fn rings(night: &mut Night, name: String, state: AlarmState) {
    if let Seen::Known(alarms) = &mut night.sight.alarms {
        alarms.retain(|alarm| alarm.name != name);
        alarms.push(AlarmView { name, state, set_off_by: None, since: None });
    }
}

/// SageMaker rolled back EU's canary without a decision: which sign gives which cause.
#[test]
fn an_undecided_rollback_is_attributed_to_its_signs() {
    type Sees = fn(&mut Night);
    let fleet = &Night::new().fleet;
    let table: [(&str, Sees, Cause, Vec<Sign>); 6] = [
        ("silence", |_| {}, Cause::Unclear, vec![]),
        (
            "green's guard",
            |night| rings(night, alarms::green_names(&night.fleet)[1].clone(), AlarmState::Alarm),
            Cause::Release,
            vec![Sign::GreenGuard { alarm: alarms::green_names(fleet)[1].clone() }],
        ),
        (
            "the heartbeat",
            |night| rings(night, alarms::heartbeat_name(&night.fleet), AlarmState::Alarm),
            Cause::Unclear,
            vec![Sign::OtherGuard { alarm: alarms::heartbeat_name(fleet) }],
        ),
        (
            "the endpoint's alarm",
            |night| rings(night, alarms::composite_name(&night.fleet), AlarmState::Alarm),
            Cause::Unclear,
            vec![Sign::EndpointAlarm],
        ),
        (
            "guards that are quiet",
            |night| {
                for guard in alarms::guard_names(&night.fleet) {
                    rings(night, guard, AlarmState::Ok);
                }
            },
            Cause::Unclear,
            vec![],
        ),
        (
            "no capacity",
            |night| {
                if let Some(Seen::Known(Some(view))) = night.sight.endpoints.get_mut(&name(EU)) {
                    view.failure = Some(UpdateFailure::NoCapacity("no instances".to_owned()));
                }
            },
            Cause::Region,
            vec![Sign::NoCapacity { reason: "no instances".to_owned() }],
        ),
    ];
    for (what, sees, cause, signs) in table {
        let mut night = Night::baking(EU);
        night.in_service(EU, "v426");
        sees(&mut night);
        // Too little to say either.
        night.judged = Seen::Unknown(unseen());
        let end = night.call(EU).finish();
        let left = &night.history(EU).returned[&release("v427")];
        assert_eq!((left.cause, end == Some(Finish::Deferred)), (Some(cause), cause != Cause::Release), "{what}");
        assert_eq!(left.why, Revert::Signs(signs).into(), "{what}");
    }
}

/// The region hears of the return before the wave's judge does: who knows what the canary showed says it, and the region
/// speaks for itself only where no judge runs, or none has spoken for a quarter of an hour after the canary.
#[test]
fn a_running_judge_explains_the_rollback_itself() {
    for (judge, after, halts) in [(true, "0s", false), (false, "0s", true), (true, "50m", true)] {
        let mut night = Night::baking(EU);
        night.in_service(EU, "v426");
        night.judge = Seen::Known(judge.then(|| at("02:00:00")));
        night.pass(after);
        let call = night.rollback(EU);
        assert_eq!((call.pages(), night.history(EU).halt.is_some()), (usize::from(halts), halts), "{:?}", call.plans);
        assert_eq!(night.history(EU).update.is_none(), halts);
    }
    // Whoever is asked later finds the update open, and says whose fault it was.
    let mut night = Night::baking(EU);
    night.in_service(EU, "v426");
    night.judge = Seen::Known(Some(at("02:00:00")));
    night.rollback(EU);
    let guard = alarms::green_names(&night.fleet)[1].clone();
    rings(&mut night, guard, AlarmState::Alarm);
    night.call(EU);
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
        night.judge = judge.clone();
        night.pass("50m");
        assert_eq!(night.rollback(EU).pages(), 1, "{judge:?}");
        let history = night.history(EU);
        assert_eq!((history.halt.is_some(), history.halts_fleet()), (true, halts), "{judge:?}");
    }
}

/// The bucket does not answer while the canary bakes, so nothing can be decided on record: the wave's word follows, and the
/// region's own rollback neither pages again nor halts the others.
#[test]
fn a_region_left_behind_without_a_word_gets_it_once_it_answers() {
    let mut night = Night::baking(JP);
    let ledger = night.sight.regions.insert(name(JP), Seen::Unknown(unseen())).unwrap();
    night.call(JP);
    night.pass("4m");
    let call = night.call(JP);
    assert_eq!((call.finish(), night.pages), (Some(Finish::Deferred), 1), "{:?}", call.plans);
    night.sight.regions.insert(name(JP), ledger);
    night.in_service(JP, "v426");
    night.call(BR);
    assert_eq!(night.history(JP).update.as_ref().unwrap().cause, Some(Cause::Region));
    night.rollback(JP);
    assert_eq!((night.pages, &night.history(JP).halt, &night.history(JP).update), (1, &None, &None));
    assert_eq!(night.history(JP).returned[&release("v427")].cause, Some(Cause::Region));
}

/// The last region of a wave is left behind without a word, and the wave is over when its bucket answers again: what the wave noted
/// beside the way back says that people know.
#[test]
fn a_deferral_noted_during_a_rollback_neither_pages_nor_halts() {
    let noted = |wave: &str, night: &Night| {
        let left = Some(LeftBehind { wave: actor(wave), since: night.now });
        Seen::Known(Some(WayBack { target: night.target(BR, "v427"), back: night.target(BR, "v426"), left }))
    };
    for (wave, pages) in [("wave-1", 1), ("wave-0", 2)] {
        let mut night = Night::baking(BR);
        let ledger = night.sight.regions.insert(name(BR), Seen::Unknown(unseen())).unwrap();
        night.call(BR);
        night.pass("4m");
        let call = night.call(BR);
        let order = call.plans.iter().position(|plan| matches!(plan.next, Next::Page { .. }));
        let note = call.plans.iter().position(|plan| matches!(plan.next, Next::Do(Act::NoteDeferral, ..)));
        // A wave that dies between the two has told people: a region that says nothing then leaves nobody unaware (I14).
        assert!(order.is_some() && order < note, "{:?}", call.plans);
        night.verify();
        night.sight.regions.insert(name(BR), ledger);
        night.in_service(BR, "v426");
        night.way_back = noted(wave, &night);
        night.rollback(BR);
        let history = night.history(BR);
        assert_eq!((night.pages, history.halt.is_some(), &history.update), (pages, pages == 2, &None), "{wave}");
        let cause = (pages == 1).then_some(Cause::Region);
        assert_eq!(history.returned[&release("v427")].cause, cause, "{wave}");
    }
}

/// Whatever the region did meanwhile, its own way back from a release that its wave left there is told by the wave.
#[test]
fn a_region_shifted_after_its_deferral_rolls_back_unpaged() {
    let mut night = Night::baking(BR);
    night.in_service(BR, "v427");
    let left = Some(LeftBehind { wave: actor("wave-1"), since: night.now });
    night.way_back =
        Seen::Known(Some(WayBack { target: night.target(BR, "v427"), back: night.target(BR, "v426"), left }));
    assert!(night.rollback(BR).did(Act::Update));
    night.rollback(BR);
    assert_eq!((night.pages, &night.history(BR).halt), (0, &None));
}

/// A region's control plane is not at fault where its bucket is, nor its bucket where its role cannot be assumed.
#[test]
fn a_deferral_names_the_service_that_is_ill() {
    let failure = |operation| ServiceFailure {
        kind: ErrorKind::Unreachable,
        region: name(JP),
        operation,
        detail: Box::new(FailureDetail::NoAnswerInTime),
    };
    let ledger = |operation| Unseen::Ledger { chain: Chain::Region(name(JP)), failure: failure(operation) };
    for (unseen, ill) in [
        (ledger(OperationName::PutObject), IllService::Ledger),
        (ledger(OperationName::AssumeRole), IllService::Roles),
        (failure(OperationName::DescribeEndpoint).into(), IllService::ControlPlane),
        (failure(OperationName::PutMetricData).into(), IllService::Metrics),
    ] {
        let mut night = Night::baking(JP);
        night.sight.regions.insert(name(JP), Seen::Unknown(unseen.clone()));
        night.call(JP);
        night.pass("4m");
        night.call(JP);
        let Reason::LeftBehind { why, .. } = &night.sight.hub.deferred[&(actor("wave-1"), name(JP))] else { panic!() };
        let Reason::Revert(Revert::Signs(signs)) = &**why else { panic!("{why:?}") };
        let named = |sign: &Sign| matches!(sign, Sign::SilentAlone(SilentRegion { fault: Fault::Silent { service, .. }, .. }) if *service == ill);
        assert!(signs.first().is_some_and(named), "{unseen:?}: {signs:?}");
    }
}

/// What rings beside a silence is its consequence: the page names the silence alone.
#[test]
fn what_rings_while_a_region_is_dark_is_not_named_as_a_reason() {
    let mut night = Night::baking(JP);
    let ringing = [alarms::heartbeat_name(&night.fleet), alarms::composite_name(&night.fleet)];
    for name in ringing {
        rings(&mut night, name, AlarmState::Alarm);
    }
    night.dark(JP);
    night.call(JP);
    night.pass("3m");
    assert_eq!(night.call(JP).finish(), Some(Finish::Deferred));
    let why = &night.sight.hub.deferred[&(actor("wave-1"), name(JP))];
    let Reason::LeftBehind { why, .. } = why else { panic!("{why:?}") };
    let Reason::Revert(Revert::Signs(signs)) = &**why else { panic!("{why:?}") };
    assert!(matches!(&signs[..], [Sign::SilentAlone(silent)] if silent.region == name(JP)), "{signs:?}");
}

/// A canary of JP that was rolled back for `cause`, on record; then JP falls silent, for longer than policy's patience.
fn rolled_back_then_dark(cause: Cause, sees: impl Fn(&mut Night)) -> Night {
    let mut night = Night::baking(JP);
    let why: Reason = Revert::CountsUnseen { why: unseen() }.into();
    let (execution, decision, cause) = (actor("wave-1"), Decision::Revert, Some(cause));
    night.tell(JP, Record::Decided { execution, decision, why, judgement: None, cause });
    sees(&mut night);
    night.dark(JP);
    night.call(JP);
    night.pass("4m");
    night
}

/// I7: no ledger holds what rings after counts did not decide, so it condemns nothing; nor does the wave go on.
#[test]
fn ringing_after_an_undecided_try_stops_and_condemns_nothing() {
    let green = |night: &mut Night| night.guard_rings(alarms::green_names(&night.fleet)[1].clone());
    let mut night = rolled_back_then_dark(Cause::Undecided, green);
    assert_eq!(night.call(JP).finish(), Some(Finish::Failed));
    assert!(night.sight.hub.condemned.is_empty() && night.sight.hub.deferred.is_empty());
    assert_eq!(night.pages, 1);
}

/// Two services of one region are ill: its counts cannot be read, and then it does not answer. That is one unclear return.
#[test]
fn a_region_silent_after_an_unclear_return_is_deferred() {
    let mut night = rolled_back_then_dark(Cause::Unclear, |_| {});
    assert_eq!((night.call(JP).finish(), night.pages), (Some(Finish::Deferred), 1));
    let mut second = rolled_back_then_dark(Cause::Unclear, |night| {
        let why = Reason::LeftBehind {
            why: Box::new(Fault::UnclearReturn(Box::new(said("alarm"))).into()),
            state: RegionState::Unknown,
        };
        let (region, execution, release) = (name(AU), actor("wave-1"), release("v427"));
        night.hub(Record::Deferred { region, execution, release, why, paged: true });
    });
    assert_eq!(second.call(JP).finish(), Some(Finish::Failed), "the second of a wave stops it");
}

/// A region's own watch that has paged for the return, and owes nothing, has told people: its wave does not tell them again.
#[test]
fn a_return_that_the_region_has_told_is_deferred_unpaged() {
    let (region, from, to) = (name(JP), version("v427"), version("v426"));
    let rolled_back = Return::RolledBack { region, from, to, why: WayBackReason::JudgeSilent };
    let of_the_champion =
        Return::RingsInSoak { region: name(JP), version: version("v426"), why: WayBackReason::JudgeSilent };
    let paged = |tells: Option<&Return>| {
        let mut night = Night::baking(JP);
        let (from, to) = (night.target(JP, "v427"), night.target(JP, "v426"));
        night.tell(JP, Record::Reverted { from, to, why: Fault::SageMakerReturned.into() });
        if let Some(why) = tells {
            night.tell(JP, Record::PageSent { why: why.clone().into() });
        }
        night.in_service(JP, "v426");
        assert_eq!(night.call(JP).finish(), Some(Finish::Deferred));
        night.pages
    };
    assert_eq!([None, Some(&rolled_back), Some(&of_the_champion)].map(paged), [1, 0, 1]);
}

/// I9: until SageMaker's timer has ended nothing has moved for good, whatever was decided.
#[test]
fn a_region_dark_before_its_timer_ends_rolls_back() {
    let mut night = Night::let_through(JP);
    night.fleet.wave.region_patience = SignedDuration::from_secs(30);
    night.dark(JP);
    night.call(JP);
    night.pass("30s");
    assert!(night.now < night.canary_ends(JP));
    let call = night.call(JP);
    assert!(call.did(Act::Trip) && !call.did(Act::Disarm), "{:?}", call.plans);
}

/// What a deferral says of the region that it leaves (I13).
#[test]
fn a_deferral_says_what_is_known_of_what_the_region_serves() {
    fn unattested(night: &mut Night) {
        night.history_mut(AU).attested.clear();
    }
    fn dark(mut night: Night) -> Night {
        night.dark(AU);
        night
    }
    let proved = {
        let mut night = Night::let_through(AU);
        night.now = night.canary_ends(AU) + SignedDuration::from_mins(1);
        let (target, execution) = (night.target(AU, "v427"), actor("wave-1"));
        night.tell(AU, Record::Confirmed { target, execution, golden: 10 });
        dark(night)
    };
    let moving = {
        let mut night = Night::let_through(AU);
        night.now = night.canary_ends(AU);
        dark(night)
    };
    let undecided = {
        let mut night = Night::baking(AU);
        night.status(AU, EndpointStatus::Failed);
        night
    };
    let not_taken = {
        let mut night = Night::confirmed_in(&[EU]);
        night.call_until(AU, |night| night.history(AU).update.is_some());
        night.sight.endpoints.insert(name(AU), Seen::Known(None));
        night.status(AU, EndpointStatus::OutOfService);
        night
    };
    let unknown = {
        let mut night = Night::confirmed_in(&[EU]);
        night.tell(AU, Record::BytesUnknown { execution: actor("wave-0"), why: bytes_unknown(), paged: None });
        night
    };
    let stays = {
        let mut night = Night::confirmed_in(&[EU]);
        unattested(&mut night);
        night
    };
    let new = {
        let mut night = Night::confirmed_in(&[EU]);
        night.sight.regions.insert(name(AU), Seen::Known(Arc::default()));
        night.sight.endpoints.insert(name(AU), Seen::Known(None));
        night
    };
    let unread = {
        let mut night = Night::confirmed_in(&[EU]);
        night.sight.regions.insert(name(AU), Seen::Unknown(unseen()));
        night
    };
    let (old, new_one) = (|| version("v426"), || version("v427"));
    for (mut night, expected) in [
        (proved, RegionState::WasProved { version: new_one() }),
        (moving, RegionState::WasMoving { version: new_one() }),
        (dark(Night::baking(AU)), RegionState::WasRollingBack { version: old() }),
        (undecided, RegionState::Undecided { version: new_one() }),
        (not_taken, RegionState::NeverStarted { from: old(), to: new_one() }),
        (unknown, RegionState::BytesUnknown),
        (stays, RegionState::Stays { version: old() }),
        (new, RegionState::ServesNothing),
        (unread, RegionState::Unknown),
    ] {
        assert_eq!(night.calls(AU).finish(), Some(Finish::Deferred), "{expected:?}");
        let why = &night.sight.hub.deferred[&(actor("wave-1"), name(AU))];
        assert!(matches!(why, Reason::LeftBehind { state, .. } if *state == expected), "{expected:?}: {why:?}");
    }
}

/// Several neighbours at once are no fault of one of them: one page, and a person looks.
#[test]
fn several_unreachable_regions_stop_the_wave() {
    let mut night = Night::new();
    for region in [JP, BR] {
        night.sight.regions.insert(name(region), Seen::Unknown(unseen()));
    }
    night.call(EU);
    night.pass("3m");
    let call = night.call(EU);
    assert_eq!((call.finish(), call.pages()), (Some(Finish::Failed), 1), "{:?}", call.plans);
    assert!(night.sight.hub.deferred.is_empty());
    let page = call.plans.iter().find(|plan| matches!(plan.next, Next::Page { .. })).unwrap();
    let Reason::Wave(WaveEnd::NotOn { why, .. }) = &page.why else { panic!("{page:?}") };
    let silent = SilentRegion { region: name(JP), fault: Fault::Unseen(unseen()) };
    let others = vec![name(BR)];
    assert_eq!(**why, Revert::Signs(vec![Sign::SilentWithOthers { silent, others }]).into());
}

#[test]
fn a_neighbour_that_answers_again_is_not_counted_ill_any_more() {
    let mut night = Night::new();
    let seen = night.sight.regions[&name(BR)].clone();
    night.sight.regions.insert(name(BR), Seen::Unknown(unseen()));
    night.call(EU);
    assert!(night.sight.hub.ill.contains_key(&name(BR)));
    // It answers, and an update of its own is open: that is in the way as well, for as long.
    let mut moving = Night::provisioning(BR);
    moving.hub(Record::RegionIll { region: name(BR), execution: actor("wave-1"), why: said("no answer") });
    moving.in_service(EU, "v426");
    let (from, to) = (moving.target(EU, "v427"), moving.target(EU, "v426"));
    moving.tell_as(&actor("rollback"), EU, Record::Reverted { from, to, why: said("slow") });
    moving.call(EU);
    assert!(moving.sight.hub.ill.contains_key(&name(BR)));
    night.sight.regions.insert(name(BR), seen);
    let call = night.call(EU);
    let well = |next: &Next| matches!(next, Next::TellHub(Record::RegionWell { region, .. }) if *region == name(BR));
    assert!(call.plans.iter().any(|plan| well(&plan.next)) && call.did(Act::Update), "{:?}", call.plans);
    assert!(night.sight.hub.ill.is_empty());
}

/// Without a ledger the guardrail is told of what rings while the way forward is in progress, and of nothing else.
#[test]
fn without_its_ledger_a_region_trips_the_guardrail() {
    for (way, trips) in [("v427", true), ("v425", false)] {
        let mut night = Night::new();
        night.phase(AU, VariantPhase::Baking);
        night.sight.regions.insert(name(AU), Seen::Unknown(unseen()));
        let way = WayBack { target: night.target(AU, way), back: night.target(AU, "v426"), left: None };
        night.way_back = Seen::Known(Some(way));
        night.alarm = Some(ringing("alarm fraud-endpoint-latency rings"));
        let call = night.rollback(AU);
        assert_eq!((call.did(Act::Trip), call.did(Act::Update)), (trips, false));
    }
}
