//! Regions that do not answer, or that rolled back and nobody said why: signs, patience, and what is put on record.

use crate::night::{AU, BR, EU, JP, Night, actor, bytes_unknown, name, release, ringing, said, unseen, version};
use crate::plans::Says;
use jiff::SignedDuration;
use meridian_domain::alarms::{LeftBehind, WayBack};
use meridian_domain::plan::{Act, Finish};
use meridian_domain::reason::{
    ErrorKind, FailureDetail, Fault, IllService, OperationName, RegionState, Revert, ServiceFailure, Sign,
    SilentRegion, Unseen, WaveEnd,
};
use meridian_domain::{
    AlarmState, AlarmView, Cause, Chain, Decision, EndpointStatus, Epoch, Reason, Record, RegionHistory, Seen,
    UpdateFailure, VariantPhase, alarms,
};
use std::sync::Arc;

fn rings(night: &mut Night, name: String, state: AlarmState) {
    if let Seen::Known(alarms) = &mut night.sight.alarms {
        alarms.retain(|alarm| alarm.name != name);
        alarms.push(AlarmView { name, state, set_off_by: None, since: None });
    }
}

/// The region's ledger does not answer for longer than policy's patience: people are told, then that is noted beside
/// its way back. A wave that dies between the two has told them: a region that says nothing then leaves nobody unaware
/// (I14).
fn left_behind_unread(night: &mut Night, region: &str, unseen: Unseen) -> Seen<Arc<RegionHistory>> {
    let ledger = night.sight.regions.insert(name(region), Seen::Unknown(unseen)).unwrap();
    assert!(night.next(region).waits());
    night.pass("4m");
    let page = night.next(region);
    assert!(page.pages(), "{page:?}");
    night.sent(page);
    assert_eq!(night.next_after(region, &[Act::NoteDeferral]).finish(), Some(Finish::Deferred));
    night.new_call();
    ledger
}

/// Why the wave has left the region behind, and what it says of it.
fn left<'a>(night: &'a Night, region: &str) -> (&'a Reason, &'a RegionState) {
    match &night.sight.hub.deferred[&(actor("wave-1"), name(region))] {
        Reason::LeftBehind { why, state } => (why, state),
        other => panic!("{other:?}"),
    }
}

fn signs<'a>(night: &'a Night, region: &str) -> &'a [Sign] {
    match left(night, region).0 {
        Reason::Revert(Revert::Signs(signs)) => signs,
        other => panic!("{other:?}"),
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
        assert!(night.next(EU).does(Act::Look), "{what}");
        night.looked_in_vain();
        let end = if cause == Cause::Release { Finish::Failed } else { Finish::Deferred };
        assert_eq!(night.refused(EU).finish(), Some(end), "{what}");
        let left = &night.history(EU).returned[&release("v427")];
        assert_eq!(left.cause, Some(cause), "{what}");
        assert_eq!(left.why, Revert::Signs(signs).into(), "{what}");
    }
}

/// The bucket does not answer while the canary bakes, so nothing can be decided on record: the wave's word follows, and the
/// region's own rollback neither pages again nor halts the others.
#[test]
fn a_region_left_behind_without_a_word_gets_it_once_it_answers() {
    let mut night = Night::baking(JP);
    let ledger = left_behind_unread(&mut night, JP, unseen());
    night.sight.regions.insert(name(JP), ledger);
    night.in_service(JP, "v426");
    assert!(night.next(BR).does(Act::Prepare));
    assert_eq!(night.history(JP).update.as_ref().unwrap().cause, Some(Cause::Region));
    night.own_ends(JP, false);
    assert_eq!((&night.history(JP).halt, &night.history(JP).update), (&None, &None));
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
    for (wave, pages) in [("wave-1", false), ("wave-0", true)] {
        let mut night = Night::baking(BR);
        let ledger = left_behind_unread(&mut night, BR, unseen());
        assert_eq!(night.next_of_verify().finish(), Some(Finish::Failed), "and pages nobody again");
        night.sight.regions.insert(name(BR), ledger);
        night.in_service(BR, "v426");
        night.own.way_back = noted(wave, &night);
        night.own_ends(BR, pages);
        let history = night.history(BR);
        assert_eq!((history.halt.is_some(), &history.update), (pages, &None), "{wave}");
        let cause = (!pages).then_some(Cause::Region);
        assert_eq!(history.returned[&release("v427")].cause, cause, "{wave}");
    }
}

/// Whatever the region did meanwhile, its own way back from a release that its wave left there is told by the wave.
#[test]
fn a_region_shifted_after_its_deferral_rolls_back_unpaged() {
    let mut night = Night::baking(BR);
    night.in_service(BR, "v427");
    let left = Some(LeftBehind { wave: actor("wave-1"), since: night.now });
    night.own.way_back =
        Seen::Known(Some(WayBack { target: night.target(BR, "v427"), back: night.target(BR, "v426"), left }));
    assert!(night.next_of_rollback(BR).does(Act::Update));
    night.taken_back(BR, "v426");
    night.own_ends(BR, false);
    night.new_call();
    night.own_ends(BR, false);
    assert_eq!(night.history(BR).halt, None);
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
        left_behind_unread(&mut night, JP, unseen.clone());
        let signs = signs(&night, JP);
        let service = |fault: &Fault| matches!(fault, Fault::Silent { service, .. } if *service == ill);
        let named = |sign: &Sign| matches!(sign, Sign::SilentAlone(silent) if service(&silent.fault));
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
    assert!(night.next_after(JP, &[Act::Beat]).waits());
    night.new_call();
    night.pass("3m");
    assert_eq!(night.refused_after(JP, &[Act::Trip]).finish(), Some(Finish::Deferred));
    let signs = signs(&night, JP);
    assert!(matches!(signs, [Sign::SilentAlone(silent)] if silent.region == name(JP)), "{signs:?}");
}

/// A canary of JP that was rolled back for `cause`, on record; then JP falls silent, for longer than policy's patience.
fn rolled_back_then_dark(cause: Cause, sees: impl Fn(&mut Night)) -> Night {
    let mut night = Night::baking(JP);
    let why: Reason = Revert::CountsUnseen { why: unseen() }.into();
    let (execution, decision, cause) = (actor("wave-1"), Decision::Revert, Some(cause));
    night.tell(JP, Record::Decided { execution, decision, why, judgement: None, cause });
    sees(&mut night);
    night.dark(JP);
    assert!(night.next(JP).waits());
    night.pass("4m");
    night
}

/// I7: no ledger holds what rings after counts did not decide, so it condemns nothing; nor does the wave go on.
#[test]
fn ringing_after_an_undecided_try_stops_and_condemns_nothing() {
    let green = |night: &mut Night| night.guard_rings(alarms::green_names(&night.fleet)[1].clone());
    let mut night = rolled_back_then_dark(Cause::Undecided, green);
    assert_eq!(night.refused_after(JP, &[Act::Trip]).finish(), Some(Finish::Failed));
    assert!(night.sight.hub.condemned.is_empty() && night.sight.hub.deferred.is_empty());
}

/// Two services of one region are ill: its counts cannot be read, and then it does not answer. That is one unclear return.
#[test]
fn a_region_silent_after_an_unclear_return_is_deferred() {
    let mut night = rolled_back_then_dark(Cause::Unclear, |_| {});
    assert_eq!(night.refused_after(JP, &[Act::Trip]).finish(), Some(Finish::Deferred));
    let mut second = rolled_back_then_dark(Cause::Unclear, |night| {
        let why = Reason::LeftBehind {
            why: Box::new(Fault::UnclearReturn(Box::new(said("alarm"))).into()),
            state: RegionState::Unknown,
        };
        let (region, execution, release) = (name(AU), actor("wave-1"), release("v427"));
        night.hub(Record::Deferred { region, execution, release, why, paged: true });
    });
    let end = second.refused_after(JP, &[Act::Trip]).finish();
    assert_eq!(end, Some(Finish::Failed), "the second of a wave stops it");
}

/// I9: until SageMaker's timer has ended nothing has moved for good, whatever was decided.
#[test]
fn a_region_dark_before_its_timer_ends_rolls_back() {
    let mut night = Night::let_through(JP);
    night.fleet.wave.region_patience = SignedDuration::from_secs(30);
    night.dark(JP);
    assert!(night.next_after(JP, &[Act::Beat]).waits());
    night.new_call();
    night.pass("30s");
    assert!(night.now < night.canary_ends(JP));
    assert_eq!(night.refused_after(JP, &[Act::Trip]).finish(), Some(Finish::Deferred), "and nothing is disarmed");
}

/// What a deferral says of the region that it leaves (I13).
#[test]
fn a_deferral_says_what_is_known_of_what_the_region_serves() {
    /// Policy's patience with AU is over; until then a call does just this, and waits.
    fn borne_with(mut night: Night, acts: &[Act]) -> Night {
        assert!(night.next_after(AU, acts).waits());
        night.new_call();
        night.pass("3m");
        night
    }
    fn dark(mut night: Night) -> Night {
        night.dark(AU);
        borne_with(night, &[Act::Beat])
    }
    let proved = {
        let mut night = Night::shifted(AU);
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
        assert!(night.next_after(AU, &[Act::Prepare]).does(Act::Update));
        night.new_call();
        night.status(AU, EndpointStatus::OutOfService);
        night
    };
    let unknown = {
        let mut night = Night::confirmed_in(&[EU]);
        night.tell(AU, Record::BytesUnknown { execution: actor("wave-0"), why: bytes_unknown(), paged: None });
        borne_with(night, &[])
    };
    let stays = {
        let mut night = Night::confirmed_in(&[EU]);
        night.history_mut(AU).attested.clear();
        borne_with(night, &[])
    };
    let new = {
        let mut night = Night::confirmed_in(&[EU]);
        night.sight.regions.insert(name(AU), Seen::Known(Arc::default()));
        night.sight.endpoints.insert(name(AU), Seen::Known(None));
        borne_with(night, &[])
    };
    let (old, new_one) = (|| version("v426"), || version("v427"));
    for (mut night, acts, expected) in [
        (proved, &[Act::Disarm][..], RegionState::WasProved { version: new_one() }),
        (moving, &[Act::Disarm], RegionState::WasMoving { version: new_one() }),
        (dark(Night::baking(AU)), &[Act::Trip], RegionState::WasRollingBack { version: old() }),
        (undecided, &[], RegionState::Undecided { version: new_one() }),
        (not_taken, &[], RegionState::NeverStarted { from: old(), to: new_one() }),
        (unknown, &[], RegionState::BytesUnknown),
        (stays, &[], RegionState::Stays { version: old() }),
        (new, &[], RegionState::ServesNothing),
    ] {
        assert_eq!(night.refused_after(AU, acts).finish(), Some(Finish::Deferred), "{expected:?}");
        assert_eq!(*left(&night, AU).1, expected);
    }
    let mut unread = Night::confirmed_in(&[EU]);
    left_behind_unread(&mut unread, AU, unseen());
    assert_eq!(*left(&unread, AU).1, RegionState::Unknown);
}

/// Several neighbours at once are no fault of one of them: one page, and a person looks.
#[test]
fn several_unreachable_regions_stop_the_wave() {
    let mut night = Night::new();
    for region in [JP, BR] {
        night.sight.regions.insert(name(region), Seen::Unknown(unseen()));
    }
    assert!(night.next(EU).waits());
    night.pass("3m");
    let page = night.next(EU);
    assert!(page.pages(), "{page:?}");
    let Reason::Wave(WaveEnd::NotOn { why, .. }) = &page.why else { panic!("{page:?}") };
    let silent = SilentRegion { region: name(JP), fault: Fault::Unseen(unseen()) };
    let others = vec![name(BR)];
    assert_eq!(**why, Revert::Signs(vec![Sign::SilentWithOthers { silent, others }]).into());
    night.sent(page);
    assert_eq!(night.next(EU).finish(), Some(Finish::Failed));
    assert!(night.sight.hub.deferred.is_empty());
}

#[test]
fn a_neighbour_that_answers_again_is_not_counted_ill_any_more() {
    let mut night = Night::new();
    let seen = night.sight.regions.insert(name(BR), Seen::Unknown(unseen())).unwrap();
    assert!(night.next(EU).waits());
    assert!(night.sight.hub.ill.contains_key(&name(BR)));
    night.sight.regions.insert(name(BR), seen);
    night.starts(EU);
    assert!(night.sight.hub.ill.is_empty());
    // It answers, and an update of its own is open: that is in the way as well, for as long.
    let mut moving = Night::new();
    let (target, back) = (moving.target(BR, "v427"), Some(moving.target(BR, "v426")));
    let (execution, epoch) = (actor("wave-0"), Some(Epoch(1)));
    moving.tell(BR, Record::UpdateIntended { target, back, execution: execution.clone(), epoch, bake: None });
    moving.tell(BR, Record::UpdateStarted { execution });
    moving.phase(BR, VariantPhase::Creating);
    moving.hub(Record::RegionIll { region: name(BR), execution: actor("wave-1"), why: said("no answer") });
    let ill = moving.sight.hub.ill.clone();
    moving.pass("2m 59s");
    assert!(moving.next(EU).waits());
    assert_eq!(moving.sight.hub.ill, ill);
    moving.pass("1s");
    assert!(moving.next(EU).pages());
}

/// Without a ledger the guardrail is told of what rings while the way forward is in progress, and of nothing else.
#[test]
fn without_its_ledger_a_region_trips_the_guardrail() {
    for (way, trips) in [("v427", true), ("v425", false)] {
        let mut night = Night::new();
        night.phase(AU, VariantPhase::Baking);
        night.sight.regions.insert(name(AU), Seen::Unknown(unseen()));
        let way = WayBack { target: night.target(AU, way), back: night.target(AU, "v426"), left: None };
        night.own.way_back = Seen::Known(Some(way));
        night.own.alarm = Some(ringing("alarm fraud-endpoint-latency rings"));
        assert_eq!(night.next_of_rollback(AU).does(Act::Trip), trips);
        if trips {
            night.own.done.insert(Act::Trip);
        }
        night.own_ends(AU, false);
    }
}
