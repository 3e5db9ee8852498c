use super::*;
use crate::events::{Action, Turn, UserParameters};
use crate::ports::{Approval, Clock, ErrorKind};
use crate::publish::{PublishSpec, publish};
use crate::testing::{FLEET, Fault, World, at_once, context, fleet, name, run, signer};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::lookout::FleetMinutes;
use meridian_domain::reason::{self, Proceed, Proof, Refusal, Step, Unseen, WaveEnd};
use meridian_domain::{
    Advice, AlarmState, AlarmView, Chain, Decision, EndpointStatus, EndpointView, Epoch, Image, Provenance, Record,
    ReleaseId, Seen, Sha256, Target, Violation, alarms, keys,
};
use meridian_judge::Arm;
use std::cell::Cell;
use std::rc::Rc;

const EU: &str = "eu-west-1";
const BR: &str = "sa-east-1";
const WAVE: &str = "wave-1";
/// Golden records of the release.
const GOLDEN: usize = 40;

/// v427 published, approved and attested everywhere; v426 serves.
fn world() -> (World, ReleaseId) {
    let world = World::default();
    let release = published(&world);
    let package = format!("arn:package/{release}");
    world.packages.borrow_mut().insert(release, (Approval::Approved, String::new()));
    for record in
        [Record::Registered { release, package }, Record::Approved { release, created: Timestamp::UNIX_EPOCH }]
    {
        world.write(&name(EU), Chain::Home, "shadow-eval", record);
    }
    for region in &fleet().regions {
        let attested = Record::Attested { release, version: "v427".parse().unwrap() };
        tell(&world, region.name.as_str(), attested);
        let champion = target(region.name.as_str(), ReleaseId(Sha256::of(b"v426")), "v426");
        in_service(&world, region.name.as_str(), &champion);
        let execution = "installation".parse().unwrap();
        tell(&world, region.name.as_str(), Record::Confirmed { target: champion, execution, golden: 10 });
    }
    let name = alarms::composite_name(&fleet());
    *world.alarms.borrow_mut() =
        Some(vec![AlarmView { name, state: AlarmState::Ok, reason: String::new(), since: None }]);
    (world, release)
}

fn published(world: &World) -> ReleaseId {
    let spec = PublishSpec {
        version: "v427".parse().unwrap(),
        archive: Bytes::from_static(b"archive"),
        features: vec!["amount".to_owned()],
        operating_threshold: 0.8,
        image: Image { repository: "sagemaker-xgboost".parse().unwrap(), digest: Sha256::of(b"image"), version: None },
        provenance: Provenance::default(),
    };
    let release = run(publish(world, &fleet(), world.now(), spec, &signer())).unwrap();
    let record = json!({ "payload": "1", "score": 0.25 });
    let golden = json!({ "release": "v427", "records": vec![record; GOLDEN] });
    let key = (name(EU), keys::golden(release));
    world.objects.borrow_mut().insert(key, Bytes::from(golden.to_string()));
    release
}

fn target(region: &str, release: ReleaseId, version: &str) -> Target {
    let fleet = fleet();
    Target::of(&fleet, fleet.region(&name(region)).unwrap(), release, &version.parse().unwrap())
}

fn in_service(world: &World, region: &str, target: &Target) {
    let config = target.config.clone();
    let view = EndpointView {
        status: EndpointStatus::InService,
        config,
        instances: None,
        pending: None,
        failure_reason: None,
    };
    world.endpoints.borrow_mut().insert(name(region), view);
}

fn tell(world: &World, region: &str, record: Record) {
    world.write(&name(region), Chain::Region(name(region)), WAVE, record);
}

/// Why a call ended as it did.
fn reason_of(ended: &Value) -> Reason {
    serde_json::from_value(ended["reason"].clone()).unwrap()
}

fn call(world: &World, release: ReleaseId) -> Value {
    run(call_for(world, &context(EU), release, Turn::Of(name(EU)))).unwrap()
}

async fn call_for(world: &World, context: &Context, release: ReleaseId, turn: Turn) -> Result<Value, HandlerError> {
    handle(world, context, &job_for(release, turn)).await
}

fn job_for(release: ReleaseId, turn: Turn) -> PipelineJob {
    let fleet = fleet();
    let parameters = UserParameters {
        fleet: fleet.name,
        action: Action::Promote { turn },
        release,
        policy: Sha256::of(FLEET.as_bytes()),
        pipeline: fleet.pipeline,
        execution: WAVE.parse().unwrap(),
    };
    PipelineJob { job: "job-1".to_owned(), continuation: None, parameters }
}

#[test]
fn a_release_that_no_region_has_attested_is_neither_read_nor_promoted() {
    let (world, _) = world();
    *world.now.borrow_mut() += SignedDuration::from_secs(1);
    let release = published(&world);
    world.reads.borrow_mut().clear();
    let called = run(call_for(&world, &context(EU), release, Turn::Of(name(EU))));
    assert!(
        matches!(called, Err(HandlerError::Failed(Failure::Unattested { release: own })) if own == release),
        "{called:?}"
    );
    assert!(!world.reads.borrow().contains(&keys::manifest(release)));
    assert!(world.updates.borrow().is_empty());
}

/// The fleet at 03:00 UTC with its order by traffic: Sydney's afternoon comes first.
fn by_traffic() -> Context {
    Context::new(&FLEET.replace("order = \"fixed\"", "order = \"signal\""), name(EU)).unwrap()
}

#[test]
fn a_pipeline_place_follows_the_waves_recorded_order() {
    let (world, release) = world();
    *world.now.borrow_mut() = "2026-11-20T03:02:00Z".parse().unwrap();
    let context = by_traffic();
    run(call_for(&world, &context, release, Turn::Place(1))).unwrap();
    let sydney = world.records(&name("ap-southeast-2"), Chain::Region(name("ap-southeast-2")));
    assert!(matches!(sydney.last(), Some(Record::UpdateStarted { .. })), "{sydney:#?}");
    // Hours later Sydney sleeps, and stands where it stood.
    *world.now.borrow_mut() = "2026-11-20T17:00:00Z".parse().unwrap();
    let ended = run(call_for(&world, &context, release, Turn::Place(2))).unwrap();
    assert!(
        matches!(reason_of(&ended), Reason::Wave(WaveEnd::NotPromoted { region, .. }) if region == name("ap-northeast-1")),
        "{ended}"
    );
    let orders = hub(&world).into_iter().filter(|record| matches!(record, Record::WaveOrdered { .. })).count();
    assert_eq!((orders, world.updates.borrow().len()), (1, 1));
    let error = run(call_for(&world, &context, release, Turn::Place(5))).unwrap_err();
    let no_place = Failure::NoSuchPlace { place: 5, regions: 4 };
    assert!(matches!(&error, HandlerError::Failed(failure) if *failure == no_place), "{error}");
}

fn hub(world: &World) -> Vec<Record> {
    world.records(&name(EU), Chain::Home)
}

/// I7, I13: a chain that was altered is its region's trouble: unknown, borne with, then left behind.
#[test]
fn one_regions_altered_ledger_keeps_no_other_from_starting() {
    let (world, release) = world();
    let chain = (name(BR), Chain::Region(name(BR)));
    world.chains.borrow_mut().get_mut(&chain).unwrap().remove(0);
    assert_eq!(call(&world, release)["outcome"], "waiting");
    let ill = hub(&world).into_iter().find_map(|record| match record {
        Record::RegionIll { region, why, .. } => Some((region, why)),
        _ => None,
    });
    let (region, why) = ill.unwrap();
    assert!(
        region == name(BR) && matches!(why, Reason::Fault(reason::Fault::Unseen(Unseen::Altered { .. }))),
        "{region}: {why:?}"
    );
    *world.now.borrow_mut() += SignedDuration::from_mins(4);
    call(&world, release);
    assert_eq!((world.updates.borrow().len(), world.pages.borrow().len()), (1, 1));
}

/// AWS says no for good: the action ends in AWS's words, people hear of it, and the fleet is free.
#[test]
fn an_update_that_is_refused_fails_the_action_and_releases_the_lease() {
    for refused in ["CreateEndpointConfig", "UpdateEndpoint"] {
        let (world, release) = world();
        world.fault(refused, Fault::Fails(ErrorKind::Refused));
        let ended = call(&world, release);
        assert_eq!(ended["outcome"], "failed");
        let Reason::Wave(WaveEnd::NotPromoted { why, .. } | WaveEnd::NotOn { why, .. }) = reason_of(&ended) else {
            panic!("{ended}")
        };
        let message = "scheduled".to_owned();
        assert_eq!(*why, Refusal { operation: refused.to_owned(), message }.into());
        assert_eq!(world.pages.borrow().len(), 1);
        assert!(world.answers.borrow()[0].1.starts_with("JobFailed"), "{:?}", world.answers.borrow());
        assert!(matches!(&hub(&world)[..], [.., Record::WaveEnded { .. }, Record::LeaseReleased { .. }]));
    }
}

/// I7: a role that is not lent any more is its region's trouble, at whatever step it is missed; no job fails of it.
#[test]
fn a_role_lost_in_mid_step_makes_the_region_ill() {
    for step in ["PutMetricData", "PutMetricAlarm", "CreateModel", "CreateEndpointConfig", "UpdateEndpoint"] {
        let (world, release) = world();
        world.fault(step, Fault::Unlent);
        assert_eq!(call(&world, release)["outcome"], "waiting", "{step}");
        assert!(world.pages.borrow().is_empty() && world.faults.borrow().is_empty(), "{step}");
    }
}

/// A page that the pager declines stays owed in the region's own ledger, and the wave stops all the same.
#[test]
fn a_page_that_the_pager_refuses_is_owed_and_keeps_nothing_from_ending() {
    let (world, release) = world();
    world.fault("UpdateEndpoint", Fault::Fails(ErrorKind::Refused));
    world.fault("Publish", Fault::Fails(ErrorKind::Refused));
    assert_eq!(call(&world, release)["outcome"], "failed");
    let said = world.records(&name(EU), Chain::Region(name(EU)));
    let Some(Record::PageOwed { why: Reason::Wave(WaveEnd::NotOn { why, .. }), advice }) = said.last() else {
        panic!("{said:#?}")
    };
    assert!(matches!(**why, Reason::Refused(_)) && *advice == Advice::FindCause, "{why:?} {advice:?}");
}

/// ... in another region's, where its own does not take it either: that region's `rollback` sends it.
#[test]
fn a_page_that_its_own_ledger_does_not_take_is_owed_in_another_regions() {
    let (world, release) = world();
    world.fault("UpdateEndpoint", Fault::Fails(ErrorKind::Refused));
    world.fault("Publish", Fault::Fails(ErrorKind::Refused));
    world.between("Publish", 0, |world| world.fault("PutEntry", Fault::Fails(ErrorKind::Refused)));
    assert_eq!(call(&world, release)["outcome"], "failed");
    let owed = |region: &str| {
        let said = world.records(&name(region), Chain::Region(name(region)));
        said.iter().filter(|record| matches!(record, Record::PageOwed { .. })).count()
    };
    assert_eq!((owed(EU), owed("ap-southeast-2"), owed(BR)), (0, 1, 0));
}

/// EU shifted to v427 on a decision, and soaked; nobody has asked it yet which model answers.
fn shifted() -> (World, ReleaseId) {
    let (world, release) = world();
    let (new, back) = (target(EU, release, "v427"), target(EU, ReleaseId(Sha256::of(b"v426")), "v426"));
    let execution = || WAVE.parse().unwrap();
    let (from, ends) = (world.now(), world.now() + SignedDuration::from_mins(30));
    let (why, decision) = (Proceed::RelyOn(vec![name(BR)]).into(), Decision::Proceed);
    in_service(&world, EU, &new);
    for record in [
        Record::UpdateIntended {
            target: new,
            back: Some(back),
            execution: execution(),
            epoch: Some(Epoch(1)),
            bake: None,
        },
        Record::CanaryStarted { execution: execution(), from, ends },
        Record::Decided { execution: execution(), decision, why, judgement: None, cause: None },
    ] {
        tell(&world, EU, record);
    }
    *world.now.borrow_mut() = ends;
    (world, release)
}

#[test]
fn golden_records_stop_after_the_first_wrong_answers() {
    let (world, release) = shifted();
    *world.score.borrow_mut() = "0.75".to_owned();
    let ended = call(&world, release);
    assert_eq!((&ended["outcome"], *world.invoked.borrow()), (&json!("waiting"), 16));
    assert!(
        matches!(reason_of(&ended), Reason::Wait(Wait::Proof(Proof::Wrong { right: 0, asked: 40, .. }))),
        "{ended}"
    );
    *world.score.borrow_mut() = "0.25".to_owned();
    call(&world, release);
    assert_eq!((confirmed(&world), *world.invoked.borrow()), (1, 16 + 40));
}

#[test]
fn an_unanswered_golden_record_is_not_a_wrong_answer() {
    let (world, release) = shifted();
    world.fault("InvokeEndpoint", Fault::Fails(ErrorKind::Unreachable));
    let ended = call(&world, release);
    assert_eq!(ended["outcome"], "waiting");
    assert!(matches!(reason_of(&ended), Reason::Wait(Wait::Proof(Proof::Unasked { .. }))), "{ended}");
    call(&world, release);
    assert_eq!(confirmed(&world), 1);
}

/// How often EU was said to be on the wave's release.
fn confirmed(world: &World) -> usize {
    let own = world.records(&name(EU), Chain::Region(name(EU)));
    own.iter().filter(|record| matches!(record, Record::Confirmed { golden, .. } if *golden == 40)).count()
}

/// The action ends once the first minutes at full load are judged; counts that never come are said not to have come.
#[test]
fn a_region_is_done_once_it_was_judged_at_full_load() {
    let (world, release) = shifted();
    assert_eq!(call(&world, release)["outcome"], "waiting");
    assert_eq!(confirmed(&world), 1);
    *world.now.borrow_mut() += SignedDuration::from_mins(9);
    let ended = call(&world, release);
    assert_eq!(ended["outcome"], "done", "{ended}");
    let own = world.records(&name(EU), Chain::Region(name(EU)));
    let [.., Record::FullLoadJudged { .. }, Record::ScalingIntended { floor, .. }, Record::ScalingSet { .. }] =
        &own[..]
    else {
        panic!("{own:#?}")
    };
    let scaled = world.scaled.borrow();
    assert_eq!((scaled.len(), &scaled[0].0, scaled[0].1.least), (1, &name(EU), floor.least));
}

/// A planner that is wrong: it would ask for an update without intent and lease. The entry pages what comes of it.
#[test]
fn a_step_that_the_audit_refuses_is_written_down() {
    let (world, release) = world();
    let context = context(EU);
    let job = job_for(release, Turn::Of(name(EU)));
    let mut look = run(Look::take(&world, &context, &job, world.now())).unwrap();
    let target = target(EU, release, "v427");
    let next = Next::Do(plan::Act::Update, name(EU), target);
    let plan = plan::Plan { next, why: Step::WaveOver.into() };
    assert!(run(look.refuse_violations(&world, &context, &plan, world.now())).is_err());
    let written = hub(&world);
    let Some(Record::StepRefused { step, notes, .. }) = written.last() else { panic!("{written:#?}") };
    assert_eq!(*step, StepKind::Act { act: plan::Act::Update, region: name(EU) });
    let intent = Violation::NoIntent { region: name(EU), version: "v427".parse().unwrap() };
    assert!(notes.contains(&intent) && notes.contains(&Violation::LeaseNotHeld), "{notes:#?}");
}

/// A region in which nothing ever served gets its endpoint, and is confirmed once it answers.
#[test]
fn a_new_region_is_created_proved_and_confirmed() {
    let (world, release) = world();
    world.endpoints.borrow_mut().remove(&name(EU));
    world.chains.borrow_mut().remove(&(name(EU), Chain::Region(name(EU))));
    tell(&world, EU, Record::Attested { release, version: "v427".parse().unwrap() });
    world.absent.borrow_mut().insert(name(EU));
    assert_eq!(call(&world, release)["outcome"], "waiting");
    assert_eq!(world.endpoints.borrow()[&name(EU)].status, EndpointStatus::Creating);
    in_service(&world, EU, &target(EU, release, "v427"));
    assert_eq!(call(&world, release)["outcome"], "done");
    let own = world.records(&name(EU), Chain::Region(name(EU)));
    assert_eq!(confirmed(&world), 1, "{own:#?}");
    // There was nothing old to compare it with.
    let unjudged = |record: &&Record| matches!(record, Record::FullLoadJudged { judgement: None, .. });
    assert_eq!(own.iter().filter(unjudged).count(), 1, "{own:#?}");
    // Only now there is something to scale.
    assert!(matches!(own.last(), Some(Record::ScalingSet { .. })), "{own:#?}");
}

/// What is declined there is told, and the region is done all the same.
#[test]
fn scaling_that_is_declined_pages_and_ends_no_wave() {
    let (world, release) = shifted();
    call(&world, release);
    *world.now.borrow_mut() += SignedDuration::from_mins(9);
    world.fault("RegisterScalableTarget", Fault::Fails(ErrorKind::Refused));
    assert_eq!(call(&world, release)["outcome"], "waiting", "policy is patient with it");
    *world.now.borrow_mut() += SignedDuration::from_mins(3);
    world.fault("RegisterScalableTarget", Fault::Fails(ErrorKind::Refused));
    assert_eq!(call(&world, release)["outcome"], "done");
    let pages = world.pages.borrow();
    assert_eq!(pages.len(), 1, "{pages:?}");
}

/// What a canary is planned by: the champion's last hour, or why it cannot be read.
#[test]
fn the_last_hour_is_read_of_what_serves() {
    let (world, release) = world();
    let (context, job) = (context(EU), job_for(release, Turn::Of(name(EU))));
    let look = run(Look::take(&world, &context, &job, world.now())).unwrap();
    let region = context.region_named(&name(EU)).unwrap();
    let read = || run(look.last_hour(&world, &context.fleet, region));
    assert!(matches!(read(), Seen::Unknown(Unseen::Service(failure)) if failure.operation == "GetMetricData"));
    let mut minutes = FleetMinutes::default();
    minutes.put(&"5xx".parse().unwrap(), world.now(), Arm::new(1_200, 6));
    *world.counted.borrow_mut() = Some(minutes);
    let Seen::Known(hour) = read() else { panic!("it was counted") };
    assert_eq!((hour.rps, hour.rates[&"5xx".parse().unwrap()]), (Some(20.0), 0.005));
}

/// I10: wherever two deliveries of one action meet in the ledger, and whatever traffic each has counted, one update starts
/// and nobody is paged.
#[test]
fn an_action_delivered_twice_at_once_is_done_once() {
    let counted = |bad| {
        let mut minutes = FleetMinutes::default();
        minutes.put(&"5xx".parse().unwrap(), "2026-03-12T02:30:00Z".parse().unwrap(), Arm::new(60_000, bad));
        Some(minutes)
    };
    let mut met = 0;
    loop {
        let (world, release) = world();
        *world.counted.borrow_mut() = counted(60);
        let twin = Rc::new(Cell::new(false));
        let ran = Rc::clone(&twin);
        world.between("PutEntry", met, move |world| {
            ran.set(true);
            *world.counted.borrow_mut() = counted(3_000);
            let done = at_once(call_for(world, &context(EU), release, Turn::Of(name(EU))));
            assert_eq!(done.unwrap()["outcome"], "waiting");
        });
        assert_eq!(call(&world, release)["outcome"], "waiting", "they met at entry {met}");
        assert_eq!(world.updates.borrow().len(), 1, "they met at entry {met}");
        assert!(world.pages.borrow().is_empty(), "they met at entry {met}: {:?}", world.pages.borrow());
        if !twin.get() {
            break;
        }
        met += 1;
    }
    assert!(met >= 3, "lease, intent and outcome at the least: {met}");
}
