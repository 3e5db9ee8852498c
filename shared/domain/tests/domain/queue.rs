//! Several releases at once: one walks, the others wait, the newest takes the place of those between, and none is starved.

use crate::night::{AU, BR, EU, JP, Night, actor, name, release, said, version};
use crate::plans::Says;
use jiff::SignedDuration;
use meridian_domain::plan::{Act, Finish, Next};
use meridian_domain::quarantine::Object;
use meridian_domain::reason::{Barred, Stopped, Wait, WaveEnd};
use meridian_domain::{EndpointStatus, Reason, Record, Seen, VariantPhase};

#[test]
fn a_release_that_arrives_during_a_wave_waits_for_its_end() {
    let mut night = Night::baking(AU);
    night.approve("v428");
    night.wave_of("v428", "wave-2");
    let plan = night.next(EU);
    let held = |why: &Reason| matches!(why, Reason::Wait(Wait::LeaseHeld { holder, .. }) if *holder == actor("wave-1"));
    assert!(plan.waits() && held(&plan.why), "{plan:?}");
}

/// The older one's start stood still until the newer one's wave had begun: evaluated last, it is no newer for that.
#[test]
fn a_release_approved_late_yields_to_a_newer_one_before_it() {
    let mut night = Night::new();
    let trained = night.now - SignedDuration::from_mins(30);
    night.approve_created("v428", trained);
    night.serves(EU, "v428");
    night.wave_ends();
    night.approve_created("v425", trained - SignedDuration::from_mins(1));
    night.wave_of("v425", "wave-2");
    let plan = night.next(EU);
    assert_eq!(plan.finish(), Some(Finish::Done), "{plan:?}");
    assert!(matches!(plan.why, Reason::Wave(WaveEnd::Superseded { .. })));
}

/// No starvation: whatever is approved meanwhile, a wave that has moved a region goes on to its end.
#[test]
fn a_wave_under_way_is_never_overtaken() {
    for (confirmed, next) in [(&[EU][..], AU), (&[EU, AU], JP), (&[EU, AU, JP], BR)] {
        let mut night = Night::confirmed_in(confirmed);
        for newer in ["v428", "v429", "v430"] {
            night.approve(newer);
        }
        night.starts(next);
    }
}

/// How far behind a region may be before people are told is another test's: `skew`.
fn nobody_minds_the_lag(night: &mut Night) {
    night.fleet.wave.skew_releases = 10;
}

/// No pile-up: of those that wait only the newest walks.
#[test]
fn releases_that_wait_collapse_to_the_newest_approved_one() {
    let mut night = Night::baking(AU);
    nobody_minds_the_lag(&mut night);
    for newer in ["v428", "v429", "v430"] {
        night.approve(newer);
    }
    for (waiting, wave) in [("v428", "wave-2"), ("v429", "wave-3")] {
        night.wave_of(waiting, wave);
        for region in [EU, JP, BR] {
            assert_eq!(night.next(region).finish(), Some(Finish::Done), "{waiting} in {region}");
        }
        // AU's update is wave-1's: it is waited for, and nothing else is done.
        assert!(night.plan(AU).waits(), "{waiting}");
    }
    night.wave_of("v430", "wave-4");
    assert!(night.next(EU).waits());
    night.wave_of("v427", "wave-1");
    night.wave_ends();
    night.serves(AU, "v427");
    night.wave_of("v430", "wave-4");
    night.starts(EU);
}

/// A nightly release never cuts the soak of the one before short, whoever holds the lease and whatever SageMaker shows.
#[test]
fn a_region_whose_last_update_still_soaks_does_not_start() {
    for phase in [Some(VariantPhase::Baking), None] {
        let mut night = Night::let_through(EU);
        night.serves(EU, "v427");
        night.phase(EU, VariantPhase::Baking);
        if let Some(Seen::Known(Some(view))) = night.sight.endpoints.get_mut(&name(EU)) {
            view.pending.as_mut().unwrap().phase = phase;
        }
        night.wave_ends();
        night.approve("v428");
        night.wave_of("v428", "wave-2");
        assert!(night.next(EU).waits());
        night.pass("10m");
        assert!(night.next(EU).waits(), "whatever policy's patience with a start");
        night.in_service(EU, "v427");
        night.starts(EU);
    }
}

/// The audit does not trust the planner with it.
#[test]
fn the_audit_refuses_an_update_of_a_region_that_soaks() {
    let mut night = Night::new();
    let plan = night.next_after(EU, &[Act::Prepare]);
    assert!(matches!(plan.next, Next::Do(Act::Update, ..)));
    night.status(EU, EndpointStatus::Updating);
    assert!(!meridian_domain::audit(&night.fleet, &night.sight, &plan, night.now).is_empty());
}

/// JP was deferred in v427's wave: it goes from v426 to v428, not by way of v427.
#[test]
fn a_lagging_region_gets_the_newest_passed_release() {
    let mut night = Night::confirmed_in(&[EU, AU]);
    night.deferred(JP, "v427");
    night.serves(BR, "v427");
    night.wave_ends();
    night.approve("v428");
    // A person starts v427 again for JP: v428 is on its way, and v427 is left to it.
    night.wave_of("v427", "wave-2");
    assert_eq!(night.next(JP).finish(), Some(Finish::Done));
    assert_eq!(night.history(JP).serving.as_ref().unwrap().target.version, version("v426"));
    night.wave_of("v428", "wave-3");
    assert_eq!(night.refused(JP).finish(), Some(Finish::Failed), "v428 has not passed before it yet");
    night.new_call();
    night.wave_of("v428", "wave-4");
    for region in [EU, AU] {
        night.serves(region, "v428");
    }
    night.starts(JP);
    let update = night.history(JP).update.as_ref().unwrap();
    assert_eq!((&update.target.version, &update.back.as_ref().unwrap().version), (&version("v428"), &version("v426")));
}

fn quarantine(text: &str) -> Record {
    let (object, releases) = (Object::Release(release(text)), vec![release(text)]);
    Record::Quarantined { object, releases, why: "its writer is unknown".to_owned() }
}

#[test]
fn a_release_in_quarantine_starts_nowhere_and_rolls_back() {
    let mut night = Night::confirmed_in(&[EU]);
    night.hub(quarantine("v427"));
    let plan = night.next(AU);
    assert_eq!(plan.finish(), Some(Finish::Failed));
    let barred = |why: &Reason| {
        matches!(why, Reason::Wave(WaveEnd::Stopped(Stopped::Barred { by: Barred::Quarantined(own), .. }))
            if own.why == "its writer is unknown")
    };
    assert!(barred(&plan.why), "{plan:?}");
    let mut night = Night::baking(AU);
    night.hub(quarantine("v427"));
    assert!(night.next_after(AU, &[Act::Trip]).waits());
    assert!(night.sight.hub.condemned.is_empty(), "nothing shows that the release is bad");
    // Lifted, it is a release like any other.
    let mut night = Night::confirmed_in(&[EU]);
    night.hub(quarantine("v427"));
    night.hub(Record::QuarantineLifted { object: Object::Release(release("v427")), why: "known".to_owned() });
    night.starts(AU);
}

/// v428 was approved later, and condemned, or given up in every region: the newest release that passed is v427.
#[test]
fn a_release_that_went_nowhere_takes_nobodys_place() {
    let started = || {
        let mut night = Night::confirmed_in(&[EU, AU]);
        night.deferred(JP, "v427");
        night.serves(BR, "v427");
        night.wave_ends();
        night.approve("v428");
        let (execution, late) = (actor("wave-2"), Vec::new());
        night.hub(Record::WaveStarted {
            release: release("v428"),
            version: version("v428"),
            execution,
            late,
            order: None,
            resumes: None,
            policy: None,
        });
        night
    };
    let catches_up = |mut night: Night| {
        night.wave_of("v427", "wave-3");
        night.starts(JP);
    };
    let is_left_to_v428 = |mut night: Night| {
        night.wave_of("v427", "wave-3");
        assert_eq!(night.next(JP).finish(), Some(Finish::Done));
    };
    // It is on its way.
    is_left_to_v428(started());
    let mut night = started();
    let why = said("5xx");
    night.hub(Record::Condemned { release: release("v428"), region: name(EU), why });
    catches_up(night);
    let mut night = started();
    night.hub(quarantine("v428"));
    catches_up(night);
    // It was given up, and serves nowhere.
    let mut night = started();
    night.wave_of("v428", "wave-2");
    night.wave_ends();
    catches_up(night);
    // It serves in Europe.
    let mut night = started();
    night.wave_of("v428", "wave-2");
    night.serves(EU, "v428");
    night.wave_ends();
    is_left_to_v428(night);
}

/// Twenty-five waves, three releases approved while each walks: every wave that moves ends, and the fleet follows.
#[test]
fn releases_faster_than_waves_starve_nobody() {
    let mut night = Night::new();
    nobody_minds_the_lag(&mut night);
    let mut walked = vec!["v426".to_owned()];
    for round in 0..25u64 {
        // While one walks, three more are approved; two of them never start.
        let first = 427 + 3 * round;
        let walking = format!("v{first}");
        night.wave_of(&walking, &format!("wave-{first}"));
        if round == 0 {
            night.approve(&walking);
        }
        for (at, region) in [EU, AU, JP, BR].into_iter().enumerate() {
            night.new_call();
            night.starts(region);
            night.serves(region, &walking);
            let target = night.target(region, &walking);
            night.tell(region, Record::Settled { target, execution: night.sight.execution.clone() });
            if at < 3 {
                night.approve(&format!("v{}", first + 1 + at as u64));
            }
        }
        walked.push(walking);
        night.wave_ends();
        for waiting in [first + 1, first + 2] {
            night.wave_of(&format!("v{waiting}"), &format!("wave-{waiting}"));
            assert_eq!(night.next(EU).finish(), Some(Finish::Done), "v{waiting} is left to v{}", first + 3);
        }
    }
    assert_eq!(walked.len(), 26);
    assert_eq!(night.history(BR).serving.as_ref().unwrap().target.version.as_str(), walked[25]);
}
