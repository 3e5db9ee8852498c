//! A region's first release: nothing to compare with, no way back, and no customer before it is proved.

use crate::night::{AU, EU, Night, actor, name, release, said, version};
use jiff::SignedDuration;
use meridian_domain::plan::{Act, Finish, Next, Plan};
use meridian_domain::reason::{Fault, Gate, Step, Wait, WaveEnd};
use meridian_domain::{
    AlarmState, AlarmView, EndpointStatus, EndpointView, Epoch, Invariant, Reason, Record, Seen, alarms, audit,
};
use std::sync::Arc;

/// v427 is attested and approved; nothing ever served in `regions`.
fn new_in(regions: &[&str], confirmed: &[&str]) -> Night {
    let mut night = Night::confirmed_in(confirmed);
    for region in regions {
        night.sight.regions.insert(name(region), Seen::Known(Arc::default()));
        night.tell(region, Record::Attested { release: release("v427"), version: version("v427") });
        night.sight.endpoints.insert(name(region), Seen::Known(None));
    }
    night
}

fn shows(night: &mut Night, region: &str, status: EndpointStatus) {
    let config = night.target(region, "v427").config;
    let view = EndpointView { status, config, instances: None, pending: None, failure: None };
    night.sight.endpoints.insert(name(region), Seen::Known(Some(view)));
}

fn created_in(region: &str, confirmed: &[&str]) -> Night {
    let mut night = new_in(&[region], confirmed);
    assert!(night.call(region).did(Act::Create));
    night
}

#[test]
fn a_new_regions_intent_has_no_rollback_target() {
    let mut night = new_in(&[AU], &[EU]);
    let call = night.call(AU);
    let steps: Vec<&Next> = call.plans.iter().map(|plan| &plan.next).collect();
    assert!(
        matches!(
            steps[..],
            [
                Next::TakeLease { epoch: Epoch(1), .. },
                Next::Do(Act::Prepare, ..),
                Next::TellRegion(_, Record::UpdateIntended { back: None, epoch: Some(Epoch(1)), .. }),
                Next::Do(Act::Create, ..),
                Next::Do(Act::Beat, ..),
                Next::Wait,
            ]
        ),
        "{steps:#?}"
    );
    assert!(call.plans.iter().any(|plan| matches!(plan.why, Reason::Step(Step::Ready { first: true, .. }))));
}

#[test]
fn a_first_release_is_confirmed_by_golden_records_alone() {
    let mut night = created_in(AU, &[EU]);
    shows(&mut night, AU, EndpointStatus::Creating);
    assert_eq!(night.call(AU).finish(), None);
    night.pass("4m");
    shows(&mut night, AU, EndpointStatus::InService);
    let call = night.call(AU);
    assert!(call.did(Act::AskGolden) && call.did(Act::Disarm) && !call.did(Act::Look));
    assert_eq!(call.finish(), Some(Finish::Done));
    let history = night.history(AU);
    assert!(history.serves(&release("v427")) && !history.is_new());
}

/// Nothing but golden records says which model answers: one wrong answer, and nothing is confirmed (I4).
#[test]
fn a_first_release_that_answers_wrong_is_never_confirmed() {
    for (confirmed, how) in [(&[EU][..], Finish::Deferred), (&[], Finish::Failed)] {
        let region = if confirmed.is_empty() { EU } else { AU };
        let mut night = created_in(region, confirmed);
        night.pass("4m");
        shows(&mut night, region, EndpointStatus::InService);
        night.right = Some(9);
        assert_eq!((night.call(region).finish(), night.pages), (Some(how), 1));
        assert!(night.history(region).is_new());
    }
}

#[test]
fn a_first_release_on_which_the_rollback_alarm_rings_waits() {
    let mut night = created_in(AU, &[EU]);
    night.pass("4m");
    shows(&mut night, AU, EndpointStatus::InService);
    let composite = alarms::composite_name(&night.fleet);
    let state = AlarmState::Alarm;
    night.sight.alarms = Seen::Known(vec![AlarmView { name: composite, state, set_off_by: None, since: None }]);
    let call = night.call(AU);
    assert!(matches!(call.last().next, Next::Wait), "{:?}", call.last());
    let rings = Fault::FirstReleaseRings { alarm: alarms::composite_name(&night.fleet) };
    assert_eq!(call.last().why, Wait::FirstProof(Box::new(rings.into())).into());
}

#[test]
fn a_failed_creation_defers_the_region_or_ends_the_wave() {
    for (confirmed, how) in [(&[EU][..], Finish::Deferred), (&[], Finish::Failed)] {
        let region = if confirmed.is_empty() { EU } else { AU };
        let mut night = created_in(region, confirmed);
        shows(&mut night, region, EndpointStatus::Failed);
        assert_eq!((night.call(region).finish(), night.pages), (Some(how), 1));
        // Nobody served there: `rollback` has nothing to add.
        assert_eq!(night.rollback(region).pages(), 0);
    }
}

#[test]
fn an_endpoint_without_an_end_to_its_creation_is_given_up() {
    let mut night = created_in(AU, &[EU]);
    shows(&mut night, AU, EndpointStatus::Creating);
    night.now += night.fleet.guardrail.max_execution + SignedDuration::from_secs(1);
    assert_eq!(night.call(AU).finish(), Some(Finish::Deferred));
}

/// The answer to `CreateEndpoint` was lost, or the function died before it wrote it down.
#[test]
fn a_creation_with_no_outcome_written_is_found_and_finished() {
    let mut night = new_in(&[AU], &[EU]);
    night.call_until(AU, |night| night.history(AU).update.is_some());
    shows(&mut night, AU, EndpointStatus::Creating);
    night.pass("30s");
    night.call(AU);
    assert!(night.history(AU).update.as_ref().unwrap().started);
    let mut night = new_in(&[AU], &[EU]);
    night.call_until(AU, |night| night.history(AU).update.is_some());
    assert!(night.call(AU).did(Act::Create), "an intent without a call is called once more");
}

#[test]
fn an_unproved_first_release_is_proved_by_the_next_execution() {
    let mut night = created_in(AU, &[EU]);
    shows(&mut night, AU, EndpointStatus::InService);
    night.hub(Record::LeaseReleased { epoch: Epoch(1) });
    night.rerun("wave-2");
    assert_eq!(night.call(AU).finish(), Some(Finish::Done));
    assert_eq!(night.history(AU).confirmed[&release("v427")], actor("wave-2"));
}

/// Somebody deleted a serving region's endpoint: that is no first release.
#[test]
fn an_endpoint_that_was_taken_away_is_not_created_anew() {
    let mut night = Night::confirmed_in(&[EU]);
    night.sight.endpoints.insert(name(AU), Seen::Known(None));
    let call = night.call(AU);
    assert_eq!((call.finish(), call.did(Act::Create)), (Some(Finish::Failed), false));
    let champion = night.target(AU, "v426");
    let (endpoint, config) = (night.fleet.endpoint.clone(), champion.config);
    let gone = Gate::EndpointGone { version: champion.version, endpoint, config };
    let (region, version, why) = (name(AU), version("v427"), Box::new(gone.into()));
    assert_eq!(call.last().why, WaveEnd::NotPromoted { region, version, why }.into());
}

/// A region under creation is mid-shift until it is proved (I1); an intent that came to nothing is not.
#[test]
fn a_region_in_creation_blocks_the_others() {
    let mut night = new_in(&[EU], &[]);
    night.call_until(EU, |night| night.history(EU).update.is_some());
    night.hub(Record::LeaseReleased { epoch: Epoch(1) });
    night.hub(Record::Deferred {
        region: name(EU),
        execution: actor("wave-2"),
        release: release("v427"),
        why: said("dark"),
        paged: false,
    });
    night.rerun("wave-2");
    assert!(night.call(AU).did(Act::Update));
    let mut night = created_in(EU, &[]);
    shows(&mut night, EU, EndpointStatus::Creating);
    night.hub(Record::LeaseReleased { epoch: Epoch(1) });
    night.rerun("wave-2");
    assert!(!night.call(AU).did(Act::Update));
}

/// I5 by the audit's own look: only where nothing ever served is there nothing to roll back to.
#[test]
fn the_audit_refuses_a_creation_where_something_served() {
    let mut night = new_in(&[AU], &[EU]);
    night.call_until(AU, |night| night.history(AU).update.is_some());
    let create = night.plan(AU);
    assert!(matches!(create.next, Next::Do(Act::Create, ..)));
    assert_eq!(audit(&night.fleet, &night.sight, &create, night.now), []);
    let served = Record::Settled { target: night.target(AU, "v426"), execution: actor("wave-0") };
    night.tell(AU, served);
    let intent = Record::UpdateIntended {
        target: night.target(AU, "v427"),
        back: None,
        execution: actor("wave-1"),
        epoch: Some(Epoch(1)),
        bake: None,
    };
    let intend = Plan { next: Next::TellRegion(name(AU), intent), why: said("") };
    for plan in [create, intend] {
        let notes = audit(&night.fleet, &night.sight, &plan, night.now);
        assert!(notes.iter().any(|note| note.invariant() == Invariant::I5), "{notes:?}");
    }
}
