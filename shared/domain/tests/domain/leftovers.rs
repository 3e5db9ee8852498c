//! What an earlier wave left behind: updates whose end nobody wrote down, intents that nobody followed.

use crate::night::{AU, BR, EU, JP, Night, actor, at, name, refusal, release, said, slow, version, wave_ended};
use crate::plans::Says;
use jiff::SignedDuration;
use meridian_domain::plan::{Act, Bake, Finish, Next};
use meridian_domain::reason::{Fault, Gate, Wait, WaveEnd};
use meridian_domain::{Decision, EndpointStatus, EndpointView, Head, Reason, Record, Rule, Seen, VariantPhase};
use std::sync::Arc;

/// v427's canary in AU, and then v428's wave while the fleet is nobody's.
fn next_wave(mut night: Night) -> Night {
    night.hub_mut().lease = None;
    night.approve("v428");
    night.wave_of("v428", "wave-2");
    // The regions before AU are on v428 already.
    let (target, execution) = (night.target(EU, "v428"), actor("wave-2"));
    night.tell(EU, Record::Confirmed { target: target.clone(), execution: execution.clone(), golden: 10 });
    night.tell(EU, Record::FullLoadJudged { target, execution, why: said(""), judgement: None });
    night.in_service(EU, "v428");
    night
}

fn let_through() -> Night {
    let mut night = Night::let_through(AU);
    night.in_service(AU, "v427");
    next_wave(night)
}

/// AU's canary shows that v427 is bad, and the wave has decided so.
fn decided_to_revert() -> Night {
    let mut night = Night::baking(AU);
    night.looked(slow());
    assert!(night.next_after(AU, &[Act::Beat]).does(Act::Trip));
    assert!(night.history(AU).update.as_ref().unwrap().is_decided(Decision::Revert));
    night.new_call();
    night
}

/// Let through and never proved: it is asked first, for it is what the region would roll back to (I4, I5).
#[test]
fn a_leftover_is_proved_before_a_start() {
    let mut night = let_through();
    assert!(night.next(AU).does(Act::AskGolden));
    night.asked(AU, Some(10));
    night.starts(AU);
    assert_eq!(night.history(AU).confirmed[&release("v427")], actor("wave-1"), "in the name of who brought it");
    assert_eq!(night.history(AU).update.as_ref().unwrap().back, Some(night.target(AU, "v427")));
    // It answers as something else, or not at all.
    let mut wrong = let_through();
    wrong.asked(AU, Some(9));
    assert_eq!(wrong.refused(AU).finish(), Some(Finish::Failed));
    assert!(!wrong.history(AU).confirmed.contains_key(&release("v427")));
    let mut silent = let_through();
    silent.asked(AU, None);
    assert!(silent.next(AU).waits());
    silent.pass("3m");
    assert_eq!(silent.refused(AU).finish(), Some(Finish::Deferred));
}

/// I5: nobody let it through, or the endpoint names something else: there is no proved way back, and no start.
#[test]
fn what_nobody_let_through_is_no_ground_to_start_from() {
    let mut undecided = Night::baking(AU);
    undecided.in_service(AU, "v427");
    let mut elsewhere = Night::let_through(AU);
    elsewhere.in_service(AU, "v425");
    let mut settled = Night::let_through(AU);
    let (target, execution) = (settled.target(AU, "v427"), actor("wave-1"));
    settled.tell(AU, Record::Confirmed { target, execution, golden: 10 });
    settled.in_service(AU, "v425");
    for night in [undecided, elsewhere, settled] {
        let mut night = next_wave(night);
        let before = night.history(AU).clone();
        let page = night.next(AU);
        let left = |why: &Reason| match why {
            Reason::Wave(WaveEnd::Deferred { why, .. }) => match &**why {
                Reason::LeftBehind { why, .. } => matches!(**why, Reason::Gate(Gate::NoProvedWayBack { .. })),
                _ => false,
            },
            _ => false,
        };
        assert!(page.pages() && left(&page.why), "{page:?}");
        night.sent(page);
        assert_eq!(night.next(AU).finish(), Some(Finish::Deferred), "and the others go on");
        assert_eq!(*night.history(AU), before, "what is unknown is not recorded");
    }
}

/// I8: SageMaker rolled it back, or it never ran; either is written down before a start, with its reason.
#[test]
fn another_waves_rollback_is_recorded_with_its_reason() {
    let mut told = decided_to_revert();
    let mut taken = Night::baking(AU);
    let mut never = Night::confirmed_in(&[EU]);
    never.intends(AU);
    // Whatever AWS says to this wave's own step, it is not why the other one's came to nothing.
    let decided = told.history(AU).update.as_ref().unwrap().decision.clone().unwrap().1;
    for (night, why) in
        [(&mut told, decided), (&mut taken, Fault::SageMakerReturned.into()), (&mut never, Fault::NeverStarted.into())]
    {
        night.in_service(AU, "v426");
        night.hub_mut().lease = None;
        night.rerun("wave-2");
        night.sight.refused = Some(refusal());
        // Who held the lease may be about to call.
        let Next::TakeLease { epoch, until } = night.plan(AU).next else { panic!("{:?}", night.plan(AU)) };
        night.hub(Record::LeaseTaken { epoch, until });
        let plan = night.plan(AU);
        let Next::TellRegion(_, Record::Reverted { why: told, .. }) = &plan.next else { panic!("{plan:?}") };
        assert_eq!(*told, why);
    }
}

/// I10: it leaves that to the next wave, which would wait for a lease that nobody gives back.
#[test]
fn a_wave_that_starts_nothing_ends_no_others_update() {
    let over = |night: &mut Night| {
        let (release, execution) = (release("v428"), actor("wave-2"));
        night.hub(wave_ended(release, execution, Vec::new()));
    };
    type Change = fn(&mut Night);
    let table: [(Change, Finish); 2] = [(|night| night.approve("v429"), Finish::Done), (over, Finish::Failed)];
    for (change, end) in table {
        let mut night = Night::confirmed_in(&[EU]);
        night.intends(AU);
        night.in_service(AU, "v426");
        night.hub_mut().lease = None;
        night.approve("v428");
        night.wave_of("v428", "wave-2");
        change(&mut night);
        let (hub, own) = (night.sight.hub.clone(), night.history(AU).clone());
        assert_eq!(night.next(AU).finish(), Some(end));
        assert_eq!((&night.sight.hub, night.history(AU)), (&hub, &own), "nothing is written");
    }
}

/// A decided revert is what the ledger says of the return, by whomever it is written.
#[test]
fn a_decided_rollback_keeps_the_words_of_its_decision() {
    let mut night = decided_to_revert();
    let why = night.history(AU).update.as_ref().unwrap().decision.clone().unwrap().1;
    night.in_service(AU, "v426");
    night.next(AU);
    assert_eq!(night.history(AU).returned[&release("v427")].why, why);
}

fn override_order(night: &mut Night, region: &str) {
    let (why, until) = ("the fix must go out".to_owned(), at("09:00:00"));
    let record = Record::Overridden { what: Rule::Order, region: Some(name(region)), why, until };
    let entry = Head::default().entry(night.now, actor("maria"), record);
    night.hub_mut().apply(&entry);
}

/// I1, where no order keeps them apart: the wave's own intent in JP may be about to be called for as long as it holds the
/// fleet; then BR comes as far as the lease, and no further while that is the wave's own.
#[test]
fn a_waves_own_intent_holds_its_regions_while_it_has_the_lease() {
    let mut night = Night::confirmed_in(&[EU, AU]);
    night.intends(JP);
    override_order(&mut night, BR);
    let held = night.sight.hub.lease.clone().unwrap();
    night.now = held.until - SignedDuration::from_secs(1);
    assert!(night.next(BR).waits());
    assert_eq!(night.sight.hub.lease, Some(held.clone()));
    night.now = held.until;
    assert!(night.next(BR).waits());
    assert_eq!(night.sight.hub.lease.as_ref().unwrap().epoch, held.epoch.next(), "it is taken again");
}

/// I1, I13: an intent has come to nothing only where nobody took it, nobody holds the lease for it and the endpoint rests.
#[test]
fn a_possible_update_blocks_the_others() {
    type Change = fn(&mut Night);
    let table: [(&str, Change); 3] = [
        ("it was taken", |night| night.tell_as(&actor("wave-1"), JP, started())),
        ("it cannot be seen", |night| night.dark(JP)),
        ("it is under way", |night| night.phase(JP, VariantPhase::Creating)),
    ];
    let intended = || {
        let mut night = Night::confirmed_in(&[EU, AU]);
        night.intends(JP);
        night.pass("11m");
        night.rerun("wave-2");
        override_order(&mut night, BR);
        night
    };
    intended().starts(BR);
    for (what, change) in table {
        let mut night = intended();
        change(&mut night);
        let plan = night.next(BR);
        assert!(plan.waits(), "{what}: {plan:?}");
    }
}

fn started() -> Record {
    Record::UpdateStarted { execution: actor("wave-1") }
}

/// AU has never served, and an earlier wave died there.
fn new_region() -> Night {
    let mut night = Night::confirmed_in(&[EU]);
    night.sight.regions.insert(name(AU), Seen::Known(Arc::default()));
    night.tell(AU, Record::Attested { release: release("v427"), version: version("v427") });
    night.sight.endpoints.insert(name(AU), Seen::Known(None));
    night
}

fn creating(night: &mut Night, text: &str, status: EndpointStatus) {
    let config = night.target(AU, text).config;
    let view = EndpointView { status, config, instances: None, pending: None, failure: None };
    night.sight.endpoints.insert(name(AU), Seen::Known(Some(view)));
}

/// SageMaker makes the endpoint that v427's wave has asked for.
fn created() -> Night {
    let mut night = new_region();
    night.intends(AU);
    creating(&mut night, "v427", EndpointStatus::Creating);
    night.tell(AU, started());
    night
}

/// I8: each wave follows its own word, also where nothing served and both would do the same.
#[test]
fn a_wave_records_its_own_intent_before_it_creates() {
    let mut night = new_region();
    night.intends(AU);
    night.hub_mut().lease = None;
    night.rerun("wave-2");
    assert!(night.next_after(AU, &[Act::Prepare]).does(Act::Create));
    assert_eq!(night.history(AU).update.as_ref().unwrap().execution, actor("wave-2"));
}

/// I9: the timer that SageMaker would be asked for must be within policy now, not when it was first intended.
#[test]
fn an_intent_with_a_canary_no_longer_allowed_is_recorded_again() {
    let mut night = Night::confirmed_in(&[EU]);
    night.intends(AU);
    let long = Bake { wait: SignedDuration::from_hours(1), percent: 25 };
    night.history_mut(AU).update.as_mut().unwrap().bake = Some(long);
    assert!(night.next_after(AU, &[Act::Prepare]).does(Act::Update));
    assert_eq!(night.history(AU).update.as_ref().unwrap().bake, Some(Bake::usual(&night.region(AU))));
}

/// A first release that the last wave created and never proved: the next release's wave asks it first.
#[test]
fn an_unproved_first_release_is_proved_before_the_next_start() {
    let mut night = created();
    creating(&mut night, "v427", EndpointStatus::InService);
    let mut night = next_wave(night);
    assert!(night.next(AU).does(Act::AskGolden));
    night.asked(AU, Some(10));
    night.starts(AU);
    assert_eq!(night.history(AU).confirmed[&release("v427")], actor("wave-1"));
}

/// It was asked for, and there is none: SageMaker has policy's patience.
#[test]
fn a_missing_endpoint_is_given_up_after_the_patience() {
    let mut night = created();
    night.sight.endpoints.insert(name(AU), Seen::Known(None));
    night.pass("2m 59s");
    let plan = night.next(AU);
    assert!(plan.waits(), "{plan:?}");
    night.pass("1s");
    assert_eq!(night.refused(AU).finish(), Some(Finish::Deferred));
}

/// SageMaker's own limit is the patience with a first fleet; up to its last moment.
#[test]
fn a_first_fleet_has_as_long_as_sagemaker_may_take() {
    let mut night = created();
    let asked = night.history(AU).update.as_ref().unwrap().at;
    let longest = asked + night.fleet.guardrail.max_execution;
    night.now = longest;
    assert!(night.next_after(AU, &[Act::Beat]).waits(), "it is being created");
    night.pass("1s");
    assert_eq!(night.refused(AU).finish(), Some(Finish::Deferred));
    // In service, and it does not answer.
    let mut silent = created();
    creating(&mut silent, "v427", EndpointStatus::InService);
    silent.now = longest - SignedDuration::from_secs(1);
    silent.asked(AU, None);
    assert!(silent.next(AU).waits());
    silent.now = longest;
    assert_eq!(silent.refused(AU).finish(), Some(Finish::Deferred));
}

/// A first fleet that fails is one thing; a serving region whose endpoint fails keeps its people's attention, and the wave
/// goes on without it.
#[test]
fn a_region_that_breaks_in_its_canary_is_deferred() {
    let mut night = Night::baking(EU);
    night.status(EU, EndpointStatus::Failed);
    assert_eq!(night.refused(EU).finish(), Some(Finish::Deferred));
    let mut busy = Night::baking(EU);
    busy.status(EU, EndpointStatus::SystemUpdating);
    assert_eq!(busy.next(EU).why, Wait::OtherUpdate { region: name(EU) }.into());
}

/// I7: a revert that SageMaker did not heed is a revert all the same.
#[test]
fn a_bad_release_that_was_shifted_all_the_same_is_condemned() {
    let mut night = decided_to_revert();
    night.in_service(AU, "v427");
    assert_eq!(night.refused(AU).finish(), Some(Finish::Failed));
    assert!(night.sight.hub.condemned.contains_key(&release("v427")));
    assert!(night.next_of_rollback(AU).does(Act::Update), "the region rolls back");
}

/// A confirmed release that failed at full load, after its soak.
#[test]
fn a_release_failing_at_full_load_after_soak_is_condemned_too() {
    let mut night = Night::let_through(AU);
    let (target, execution) = (night.target(AU, "v427"), actor("wave-1"));
    night.tell(AU, Record::Confirmed { target, execution: execution.clone(), golden: 10 });
    let cause = Some(meridian_domain::Cause::Release);
    let (decision, why) = (Decision::Revert, said("slow at full load"));
    night.tell(AU, Record::Decided { execution, decision, why, judgement: None, cause });
    night.in_service(AU, "v427");
    assert_eq!(night.refused(AU).finish(), Some(Finish::Failed));
    assert!(night.sight.hub.condemned.contains_key(&release("v427")));
}

/// The wave that is in progress in a region with no lease of its own has none to give back.
#[test]
fn a_lease_that_has_run_out_is_not_given_back() {
    for (left, given) in [(1, true), (0, false)] {
        let mut night = Night::new();
        night.starts(EU);
        night.new_call();
        night.hub(Record::Condemned { release: release("v427"), region: name(JP), why: said("slow") });
        night.in_service(AU, "v426");
        let lease = night.sight.hub.lease.clone().unwrap();
        night.now = lease.until - SignedDuration::from_secs(left);
        assert_eq!(night.next(AU).finish(), Some(Finish::Failed));
        assert_eq!(night.sight.hub.lease, (!given).then_some(lease));
    }
}
