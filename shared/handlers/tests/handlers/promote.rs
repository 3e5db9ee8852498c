//! Promoting a release, region after region: what a call does, and what it leaves to the next.

use crate::world::{Answered, FLEET, Fault, World, context, fleet, name, quiet, run, sample, signer};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::lookout::Lookout;
use meridian_domain::reason::{
    self, Failure, FailureDetail, OperationName, Proceed, Proof, Refusal, Unseen, Wait, WaveEnd,
};
use meridian_domain::{
    Advice, Binding, Chain, Decision, EndpointStatus, Epoch, Image, Provenance, Reason, Record, ReleaseId, Sha256,
    Target, alarms, keys,
};
use meridian_handlers::context::{Context, HandlerError};
use meridian_handlers::events::{Action, PipelineJob, Turn, UserParameters};
use meridian_handlers::journal::JournalError;
use meridian_handlers::ports::{Approval, Endpoints, ErrorKind, FailureKind, PackageSpec, Registry};
use meridian_handlers::promote::handle;
use meridian_handlers::publish::{PublishSpec, publish};
use meridian_local::services::autoscaling::DescribeScalableTargets;
use meridian_local::services::cloudwatch::PutCompositeAlarm;
use meridian_local::world::WorldConfig;
use serde_json::{Value, json};
use std::cell::Cell;
use std::rc::Rc;

mod shifted;

const EU: &str = "eu-west-1";
const BR: &str = "sa-east-1";
const WAVE: &str = "wave-1";
/// Golden records of the release.
const GOLDEN: usize = 40;

/// v427 published, approved and attested everywhere; v426 serves.
fn world() -> (World, ReleaseId) {
    world_at("2026-03-12T03:00:00Z")
}

fn world_at(start: &str) -> (World, ReleaseId) {
    serving(World::with_jobs(quiet(start), 4))
}

/// ... in a world whose jobs are of a pipeline that the test chooses.
fn serving(world: World) -> (World, ReleaseId) {
    let (world, release) = prepared(world);
    for region in &fleet().regions {
        serves_v426(&world, region.name.as_str());
    }
    (world, release)
}

/// v427 published, approved and attested everywhere; nothing serves.
fn empty(config: WorldConfig) -> (World, ReleaseId) {
    prepared(World::with_jobs(config, 4))
}

fn prepared(world: World) -> (World, ReleaseId) {
    let release = published(&world);
    let fleet = fleet();
    let package = PackageSpec {
        release,
        group: fleet.name.to_string(),
        description: "v427".to_owned(),
        image: "xgboost".to_owned(),
        model_data_url: "s3://fraud-models-eu/v427".to_owned(),
        evaluation: "s3://fraud-models-eu/v427.json".to_owned(),
        metadata: Vec::new(),
    };
    let package = run(world.ports.register(&name(EU), &package)).unwrap();
    run(world.ports.decide(&name(EU), &package, Approval::Approved, "it is good", &[])).unwrap();
    for record in
        [Record::Registered { release, package }, Record::Approved { release, created: Timestamp::UNIX_EPOCH }]
    {
        world.write(&name(EU), Chain::Home, "shadow-eval", record);
    }
    for region in &fleet.regions {
        let attested = Record::Attested { release, version: "v427".parse().unwrap() };
        tell(&world, region.name.as_str(), attested);
        let (alarm_name, alarm_rule) = (alarms::composite_name(&fleet), "FALSE".to_owned());
        let quiet = PutCompositeAlarm { alarm_name, alarm_rule, ..PutCompositeAlarm::default() };
        world.ask(&region.name, quiet).unwrap();
    }
    (world, release)
}

/// The region serves v426, on record.
fn serves_v426(world: &World, region: &str) {
    let champion = target(region, ReleaseId(Sha256::of(b"v426")), "v426");
    world.serves(&champion, region, "v426.tar.gz");
    let execution = "installation".parse().unwrap();
    tell(world, region, Record::Confirmed { target: champion, execution, golden: 10 });
}

fn published(world: &World) -> ReleaseId {
    let spec = PublishSpec {
        version: "v427".parse().unwrap(),
        archive: sample("v427.tar.gz"),
        features: vec!["amount".to_owned()],
        feature_files: Vec::new(),
        operating_threshold: 0.8,
        answer: meridian_domain::AnswerForm::default(),
        image: Image { repository: "sagemaker-xgboost".parse().unwrap(), digest: Sha256::of(b"image"), version: None },
        provenance: Provenance::default(),
    };
    let release = run(publish(world, &fleet(), world.now(), spec, &signer())).unwrap();
    golden(world, release, v427_says());
    release
}

/// The golden records of the release: all of them one record, and what it should score.
fn golden(world: &World, release: ReleaseId, score: f32) {
    let record = json!({ "payload": payload(), "score": score });
    let golden = json!({ "release": "v427", "records": vec![record; GOLDEN] });
    world.put(&name(EU), &keys::golden(release), golden.to_string());
}

fn payload() -> String {
    vec!["1"; 400].join(",")
}

/// What v427's model scores the golden record.
fn v427_says() -> f32 {
    let world = World::default();
    world.serves(&target(EU, ReleaseId(Sha256::of(b"v427")), "v427"), EU, "v427.tar.gz");
    let score = run(world.ports.invoke(&name(EU), &fleet().endpoint, &payload(), "text/csv")).unwrap();
    score.parse().unwrap()
}

fn target(region: &str, release: ReleaseId, version: &str) -> Target {
    let fleet = fleet();
    Target::of(&fleet, fleet.region(&name(region)).unwrap(), release, &version.parse().unwrap())
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
    handle(world, context, &job_for(&world.job(), release, turn)).await
}

fn job_for(job: &str, release: ReleaseId, turn: Turn) -> PipelineJob {
    let fleet = fleet();
    let parameters = UserParameters {
        fleet: fleet.name,
        action: Action::Promote { turn },
        release,
        policy: Sha256::of(FLEET.as_bytes()),
        pipeline: fleet.pipeline,
        execution: WAVE.parse().unwrap(),
    };
    PipelineJob { job: job.to_owned(), continuation: None, parameters }
}

/// The counts do not come for now.
fn uncounted(world: &World) {
    (0..20).for_each(|_| world.fault("GetMetricData", Fault::Fails(ErrorKind::Refused)));
}

#[test]
fn an_unattested_release_is_neither_read_nor_promoted() {
    let (world, _) = world();
    world.pass(SignedDuration::from_secs(1));
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
    let (world, release) = world_at("2026-11-20T03:02:00Z");
    let context = by_traffic();
    run(call_for(&world, &context, release, Turn::Place(1))).unwrap();
    let sydney = world.records(&name("ap-southeast-2"), Chain::Region(name("ap-southeast-2")));
    assert!(matches!(sydney.last(), Some(Record::UpdateStarted { .. })), "{sydney:#?}");
    // Hours later Sydney sleeps, and stands where it stood.
    world.pass(SignedDuration::from_hours(14));
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
    world.alter(&name(BR), &Chain::Region(name(BR)), |entries| drop(entries.remove(0)));
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
    world.pass(SignedDuration::from_mins(4));
    call(&world, release);
    assert_eq!((world.updates.borrow().len(), world.pages().len()), (1, 1));
}

/// AWS says no for good: the action ends in AWS's words, people hear of it, and the fleet is free.
#[test]
fn a_refused_update_fails_the_action_and_releases_the_lease() {
    for refused in [OperationName::CreateEndpointConfig, OperationName::UpdateEndpoint] {
        let (world, release) = world();
        world.fault(refused.name(), Fault::Fails(ErrorKind::Refused));
        let ended = call(&world, release);
        assert_eq!(ended["outcome"], "failed");
        let Reason::Wave(WaveEnd::NotPromoted { why, .. } | WaveEnd::NotOn { why, .. }) = reason_of(&ended) else {
            panic!("{ended}")
        };
        let detail = FailureDetail::Said("scheduled".to_owned());
        assert_eq!(*why, Refusal { operation: refused, detail }.into());
        assert_eq!(world.pages().len(), 1);
        assert_eq!(world.answers.borrow()[0].how, Answered::Failed(FailureKind::JobFailed));
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
        assert!(world.pages().is_empty() && world.faults.borrow().is_empty(), "{step}");
    }
}

/// Whether home's topic declines a page or does not answer, the next region's carries it, and the wave waits for nothing.
#[test]
fn a_page_that_homes_topic_does_not_take_goes_out_through_another_regions() {
    for failure in [ErrorKind::Refused, ErrorKind::Throttled, ErrorKind::Unreachable] {
        let (world, release) = world();
        world.fault("UpdateEndpoint", Fault::Fails(ErrorKind::Refused));
        world.fault("Publish", Fault::Fails(failure));
        assert_eq!(call(&world, release)["outcome"], "failed");
        let through = |region| world.paged_through(region);
        assert_eq!((world.pages().len(), through(EU), through("ap-southeast-2")), (1, 0, 1), "{failure:?}");
        let said = world.records(&name(EU), Chain::Region(name(EU)));
        assert!(!said.iter().any(|record| matches!(record, Record::PageOwed { .. })), "{said:#?}");
    }
}

/// A page that no topic takes stays owed in the region's own ledger, and the wave stops all the same.
#[test]
fn a_page_that_the_pager_refuses_is_owed_and_delays_no_end() {
    let (world, release) = world();
    world.fault("UpdateEndpoint", Fault::Fails(ErrorKind::Refused));
    world.mute(ErrorKind::Refused);
    assert_eq!(call(&world, release)["outcome"], "failed");
    let said = world.records(&name(EU), Chain::Region(name(EU)));
    let Some(Record::PageOwed { why: Reason::Wave(WaveEnd::NotOn { why, .. }), advice }) = said.last() else {
        panic!("{said:#?}")
    };
    assert!(matches!(**why, Reason::Refused(_)) && *advice == Advice::FindCause, "{why:?} {advice:?}");
}

/// ... in another region's, where its own does not take it either: that region's `rollback` sends it.
#[test]
fn a_page_that_its_own_ledger_refuses_is_owed_in_anothers() {
    let (world, release) = world();
    world.fault("UpdateEndpoint", Fault::Fails(ErrorKind::Refused));
    world.mute(ErrorKind::Refused);
    world.between("Publish", 3, |world| world.fault("PutEntry", Fault::Fails(ErrorKind::Refused)));
    assert_eq!(call(&world, release)["outcome"], "failed");
    let owed = |region: &str| {
        let said = world.records(&name(region), Chain::Region(name(region)));
        said.iter().filter(|record| matches!(record, Record::PageOwed { .. })).count()
    };
    assert_eq!((owed(EU), owed("ap-southeast-2"), owed(BR)), (0, 1, 0));
}

/// How often EU was said to be on the wave's release.
fn confirmed(world: &World) -> usize {
    let own = world.records(&name(EU), Chain::Region(name(EU)));
    own.iter().filter(|record| matches!(record, Record::Confirmed { golden, .. } if *golden == 40)).count()
}

/// A region in which nothing ever served gets its endpoint, and is confirmed once it answers.
#[test]
fn a_new_region_is_created_proved_and_confirmed() {
    let (world, release) = empty(quiet("2026-03-12T03:00:00Z"));
    ["ap-southeast-2", "ap-northeast-1", BR].iter().for_each(|region| serves_v426(&world, region));
    assert_eq!(call(&world, release)["outcome"], "waiting");
    let endpoint = || run(world.ports.describe(&name(EU), &fleet().endpoint)).unwrap().unwrap();
    assert_eq!(endpoint().status, EndpointStatus::Creating);
    world.pass(SignedDuration::from_mins(10));
    assert_eq!(endpoint().status, EndpointStatus::InService);
    assert_eq!(call(&world, release)["outcome"], "done");
    let own = world.records(&name(EU), Chain::Region(name(EU)));
    assert_eq!(confirmed(&world), 1, "{own:#?}");
    // There was nothing old to compare it with.
    let unjudged = |record: &&Record| matches!(record, Record::FullLoadJudged { judgement: None, .. });
    assert_eq!(own.iter().filter(unjudged).count(), 1, "{own:#?}");
    // Only now there is something to scale.
    assert!(matches!(own.last(), Some(Record::ScalingSet { .. })), "{own:#?}");
}

/// Home under a policy that leaves the length of its canary to be chosen.
fn choosing() -> Context {
    let policy = FLEET.replacen("bake = \"13m\"", "bake = { min = \"6m\", max = \"13m\" }", 1);
    assert_ne!(policy, FLEET);
    Context::new(&policy, name(EU)).unwrap()
}

/// v427 is attested, and v426 serves with a twentieth of its answers 5xx.
fn erring(from: Option<&str>) -> (World, ReleaseId) {
    let behaviour = json!({ "release": "v426", "errors_5xx": 0.05, "from": from });
    let behaviours = vec![serde_json::from_value(behaviour).unwrap()];
    let (world, release) = empty(WorldConfig { behaviours, ..quiet("2026-03-12T03:00:00Z") });
    fleet().regions.iter().for_each(|region| serves_v426(&world, region.name.as_str()));
    (world, release)
}

/// What a canary is planned by: the champion's last hour; where it cannot be read, what is usual.
#[test]
fn the_last_hour_is_read_of_what_serves() {
    let planned = |counted: bool| {
        let (world, release) = erring(None);
        if !counted {
            uncounted(&world);
        }
        let last = Lookout::last_hour(world.now());
        let ended = run(call_for(&world, &choosing(), release, Turn::Of(name(EU)))).unwrap();
        assert_eq!(ended["outcome"], "waiting");
        let asked = world.counts_asked.borrow();
        let champion = target(EU, ReleaseId(Sha256::of(b"v426")), "v426");
        assert_eq!((&asked[0].config, asked[0].from, asked[0].to), (&champion.config, last.from, last.to));
        let intended = |record| match record {
            Record::UpdateIntended { bake, .. } => bake,
            _ => None,
        };
        let own = world.records(&name(EU), Chain::Region(name(EU)));
        own.into_iter().find_map(intended).unwrap()
    };
    // Beside so many errors another canary does.
    assert_ne!(planned(true), planned(false));
}

/// I10: wherever two deliveries of one action meet in the ledger, and whatever traffic each has counted, one update starts
/// and nobody is paged.
#[test]
fn an_action_delivered_twice_at_once_is_done_once() {
    let mut met = 0;
    loop {
        let (world, release) = erring(Some("03:00"));
        let (twin, job) = (Rc::new(Cell::new(false)), world.job());
        let (ran, same) = (Rc::clone(&twin), job.clone());
        world.between("PutEntry", met, move |world| {
            ran.set(true);
            // One more minute is counted by now.
            world.pass(SignedDuration::from_secs(70));
            let done = run(handle(world, &choosing(), &job_for(&same, release, Turn::Of(name(EU)))));
            assert_eq!(done.unwrap()["outcome"], "waiting");
        });
        let done = run(handle(&world, &choosing(), &job_for(&job, release, Turn::Of(name(EU)))));
        assert_eq!(done.unwrap()["outcome"], "waiting", "they met at entry {met}");
        assert_eq!(world.updates.borrow().len(), 1, "they met at entry {met}");
        assert!(world.pages().is_empty(), "they met at entry {met}: {:?}", world.pages());
        if !twin.get() {
            break;
        }
        met += 1;
    }
    assert!(met >= 3, "lease, intent and outcome at the least: {met}");
}

fn moved(to: &str, lost: bool) -> Record {
    Record::HomeMoved { binding: Binding, from: name(EU), to: name(to), lost, why: "EU is dark".to_owned() }
}

/// A home that was replaced while its job ran, or while it was away: whichever region's chain says so.
#[test]
fn a_home_that_was_replaced_changes_nothing_anywhere() {
    let (world, release) = world();
    tell(&world, BR, moved("ap-northeast-1", true));
    let called = run(call_for(&world, &context(EU), release, Turn::Of(name(EU))));
    let replaced = JournalError::Moved { to: name("ap-northeast-1") };
    assert!(matches!(&called, Err(HandlerError::Journal(error)) if *error == replaced), "{called:?}");
    assert_eq!((world.updates.borrow().len(), hub(&world).len()), (0, 2));
}

/// Before it changes anything: the old home may be in the middle of a step there.
#[test]
fn a_new_home_tells_the_regions_that_have_not_heard_of_it() {
    let deputy = name("ap-northeast-1");
    let (world, release) = serving(World::with_jobs_in(&deputy, quiet("2026-03-12T03:00:00Z"), 4));
    let home = context(deputy.as_str()).at_home(Some(&deputy));
    for entry in world.entries(&name(EU), &Chain::Home) {
        world.write(&deputy, Chain::Home, "maria", entry.record);
    }
    world.write(&deputy, Chain::Home, "maria", moved("ap-northeast-1", true));
    world.replicate(&deputy);
    for _ in 0..2 {
        // Nobody has made a package there yet, and no region starts.
        run(call_for(&world, &home, release, Turn::Of(name(EU)))).unwrap();
    }
    for region in [EU, "ap-southeast-2", BR] {
        let told = world.records(&name(region), Chain::Region(name(region)));
        assert_eq!(told.iter().filter(|record| matches!(record, Record::HomeMoved { .. })).count(), 1, "{region}");
    }
}
