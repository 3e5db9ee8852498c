//! Several releases at once: one walks, the others wait, the newest takes the place of those between, and none is starved.

use crate::night::{AU, BR, EU, JP, Night, actor, name, release, said, version};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::plan::{Act, Finish, Next};
use meridian_domain::quarantine::Object;
use meridian_domain::reason::{Barred, Stopped, Wait, WaveEnd};
use meridian_domain::{EndpointStatus, Epoch, Reason, Record, VariantPhase};

impl Night {
    /// Another release is published, evaluated and attested while this one walks.
    pub fn approve(&mut self, text: &str) {
        self.approve_created(text, self.now);
    }

    /// The same of one whose training finished at `created`.
    fn approve_created(&mut self, text: &str, created: Timestamp) {
        self.hub(Record::Approved { release: release(text), created });
        for region in [EU, AU, JP, BR] {
            self.tell(region, Record::Attested { release: release(text), version: version(text) });
        }
    }

    /// What is called from now on is `text`'s wave.
    pub fn wave_of(&mut self, text: &str, execution: &str) {
        (self.sight.release, self.sight.version) = (release(text), version(text));
        self.rerun(execution);
    }

    fn deferred(&mut self, region: &str, text: &str) {
        let (region, execution, release) = (name(region), self.sight.execution.clone(), release(text));
        self.hub(Record::Deferred { region, execution, release, why: said("dark"), paged: false });
    }

    /// The wave in progress releases the lease.
    fn wave_ends(&mut self) {
        let (release, execution) = (self.sight.release, self.sight.execution.clone());
        self.hub(Record::WaveEnded { release, execution, lagging: Vec::new(), page: None, cleared: Vec::new() });
        self.hub_mut().lease = None;
    }

    fn serves(&mut self, region: &str, text: &str) {
        let target = self.target(region, text);
        let execution = self.sight.execution.clone();
        self.tell(region, Record::Confirmed { target: target.clone(), execution: execution.clone(), golden: 10 });
        self.tell(region, Record::FullLoadJudged { target, execution, why: said("fine"), judgement: None });
        self.in_service(region, text);
    }
}

#[test]
fn a_release_that_arrives_during_a_wave_waits_for_its_end() {
    let mut night = Night::baking(AU);
    night.approve("v428");
    night.wave_of("v428", "wave-2");
    let call = night.call(EU);
    assert!(matches!(call.last().next, Next::Wait), "{:?}", call.last());
    let held = |why: &Reason| matches!(why, Reason::Wait(Wait::LeaseHeld { holder, .. }) if *holder == actor("wave-1"));
    assert!(held(&call.last().why), "{:?}", call.last());
    assert!(!call.did(Act::Prepare) && !call.did(Act::Update));
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
    let call = night.call(EU);
    assert_eq!(call.finish(), Some(Finish::Done), "{:?}", call.plans);
    assert!(!call.did(Act::Prepare) && !call.did(Act::Update));
    assert!(matches!(&call.last().why, Reason::Wave(WaveEnd::Superseded { .. })));
}

/// No starvation: whatever is approved meanwhile, a wave that has moved a region goes on to its end.
#[test]
fn a_wave_under_way_is_never_overtaken() {
    for (confirmed, next) in [(&[EU][..], AU), (&[EU, AU], JP), (&[EU, AU, JP], BR)] {
        let mut night = Night::confirmed_in(confirmed);
        for newer in ["v428", "v429", "v430"] {
            night.approve(newer);
        }
        assert!(night.call(next).did(Act::Update), "{next}");
    }
}

/// No pile-up: of those that wait only the newest walks.
#[test]
fn releases_that_wait_collapse_to_the_newest_approved_one() {
    let mut night = Night::baking(AU);
    for newer in ["v428", "v429", "v430"] {
        night.approve(newer);
    }
    for (waiting, wave) in [("v428", "wave-2"), ("v429", "wave-3")] {
        night.wave_of(waiting, wave);
        for region in [EU, AU, JP, BR] {
            let call = night.call(region);
            if call.finish() != Some(Finish::Done) {
                // AU's update is wave-1's: it is waited for, and nothing else is done.
                assert!(region == AU && call.plans.len() == 1, "{waiting} in {region}: {:?}", call.plans);
            }
        }
    }
    night.wave_of("v430", "wave-4");
    assert!(matches!(night.call(EU).last().next, Next::Wait));
    night.wave_of("v427", "wave-1");
    night.wave_ends();
    night.serves(AU, "v427");
    night.wave_of("v430", "wave-4");
    assert!(night.call(EU).did(Act::Update));
}

/// A nightly release never cuts the soak of the one before short, whoever holds the lease and whatever SageMaker shows.
#[test]
fn a_region_whose_last_update_still_soaks_does_not_start() {
    for phase in [Some(VariantPhase::Baking), None] {
        let mut night = Night::let_through(EU);
        night.serves(EU, "v427");
        night.phase(EU, VariantPhase::Baking);
        if let Some(meridian_domain::Seen::Known(Some(view))) = night.sight.endpoints.get_mut(&name(EU)) {
            view.pending.as_mut().unwrap().phase = phase;
        }
        night.wave_ends();
        night.approve("v428");
        night.wave_of("v428", "wave-2");
        for _ in 0..20 {
            let call = night.call(EU);
            assert!(matches!(call.last().next, Next::Wait) && !call.did(Act::Update), "{:?}", call.plans);
            night.pass("30s");
        }
        night.in_service(EU, "v427");
        assert!(night.call(EU).did(Act::Update), "soak is over");
    }
}

/// The audit does not trust the planner with it.
#[test]
fn the_audit_refuses_an_update_of_a_region_that_soaks() {
    let mut night = Night::new();
    night.call_until(EU, |night| night.history(EU).update.is_some());
    let plan = night.plan(EU);
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
    assert_eq!(night.call(JP).finish(), Some(Finish::Done));
    assert_eq!(night.history(JP).serving.as_ref().unwrap().target.version, version("v426"));
    night.wave_of("v428", "wave-3");
    assert_eq!(night.call(JP).finish(), Some(Finish::Failed), "v428 has not passed before it yet");
    night.wave_of("v428", "wave-4");
    for region in [EU, AU] {
        night.serves(region, "v428");
    }
    assert!(night.call(JP).did(Act::Update));
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
    let call = night.call(AU);
    assert!(!call.did(Act::Update), "{:?}", call.plans);
    let barred = |why: &Reason| {
        matches!(why, Reason::Wave(WaveEnd::Stopped(Stopped::Barred { by: Barred::Quarantined(own), .. }))
            if own.why == "its writer is unknown")
    };
    assert!(barred(&call.last().why), "{:?}", call.plans);
    let mut night = Night::baking(AU);
    night.hub(quarantine("v427"));
    assert!(night.call(AU).did(Act::Trip));
    assert!(night.sight.hub.condemned.is_empty(), "nothing shows that the release is bad");
    // Lifted, it is a release like any other.
    let mut night = Night::confirmed_in(&[EU]);
    night.hub(quarantine("v427"));
    night.hub(Record::QuarantineLifted { object: Object::Release(release("v427")), why: "known".to_owned() });
    assert!(night.call(AU).did(Act::Update));
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
    let catches_up = |night: &mut Night| {
        night.wave_of("v427", "wave-3");
        night.call(JP).did(Act::Update)
    };
    assert!(!catches_up(&mut started()), "v428 is on its way");
    let mut night = started();
    let why = said("5xx");
    night.hub(Record::Condemned { release: release("v428"), region: name(EU), why });
    assert!(catches_up(&mut night), "v428 is condemned");
    let mut night = started();
    night.hub(quarantine("v428"));
    assert!(catches_up(&mut night), "v428 is in quarantine");
    let mut night = started();
    night.wave_of("v428", "wave-2");
    night.wave_ends();
    assert!(catches_up(&mut night), "v428 was given up and serves nowhere");
    let mut night = started();
    night.wave_of("v428", "wave-2");
    night.serves(EU, "v428");
    night.wave_ends();
    assert!(!catches_up(&mut night), "v428 serves Europe");
}

/// Twenty-five waves, three releases approved while each walks: every wave that moves ends, and the fleet follows.
#[test]
fn releases_faster_than_waves_starve_nobody() {
    let mut night = Night::new();
    let mut walked = vec!["v426".to_owned()];
    for round in 0..25u64 {
        // While one walks, three more are approved; two of them never start.
        let first = 427 + 3 * round;
        let walking = format!("v{first}");
        night.wave_of(&walking, &format!("wave-{first}"));
        if round == 0 {
            night.approve(&walking);
        }
        night.hub(Record::LeaseTaken { epoch: Epoch(round + 1), until: night.now });
        for (at, region) in [EU, AU, JP, BR].into_iter().enumerate() {
            assert!(night.call(region).did(Act::Update), "{walking} in {region}");
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
            assert_eq!(night.call(EU).finish(), Some(Finish::Done), "v{waiting} is left to v{}", first + 3);
        }
    }
    assert_eq!(walked.len(), 26);
    assert_eq!(night.history(BR).serving.as_ref().unwrap().target.version.as_str(), walked[25]);
}
