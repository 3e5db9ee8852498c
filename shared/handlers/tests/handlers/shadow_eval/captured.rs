//! A region's shadow on what its own customers asked.

use super::*;
use jiff::SignedDuration;
use meridian_evaluation::Records;
use meridian_handlers::context::FunctionKind;
use meridian_handlers::entry::invoke;
use meridian_judge::{CapturedJudgement, CapturedVerdict};
use meridian_xgboost::Model;

/// A region that is not home.
const OWN: &str = "sa-east-1";
/// Requests of one file.
const ASKED: usize = 1500;

fn shadowing() -> Context {
    Context::new(&format!("{FLEET}\n[shadow]\ncapture_percent = 50\nhours = 2\nleast = 1000\n"), name(OWN)).unwrap()
}

/// BR serves v426, and has attested this release.
fn attested(version: &str) -> (World, ReleaseId) {
    let world = unapproved();
    let fleet = fleet();
    let old = replica(&world, "v426");
    let target = Target::of(&fleet, fleet.region(&name(OWN)).unwrap(), old, &"v426".parse().unwrap());
    let serves = Record::Settled { target, execution: "wave".parse().unwrap() };
    world.write(&name(OWN), chain(), "promote", serves);
    let release = replica(&world, version);
    (world, release)
}

/// A release in BR's bucket, as replication leaves it, and attested.
fn replica(world: &World, version: &str) -> ReleaseId {
    let release = published(world, spec(version));
    let objects = [keys::manifest(release), keys::archive(Sha256::of(&sample(&format!("{version}.tar.gz"))))];
    for key in objects {
        let body = run(meridian_handlers::ports::Artifacts::get(world, &name(HOME), &key)).unwrap();
        world.put(&name(OWN), &key, body);
    }
    let version = version.parse().unwrap();
    world.write(&name(OWN), chain(), "replication", Record::Attested { release, version });
    release
}

fn chain() -> Chain {
    Chain::Region(name(OWN))
}

/// The requests of an hour ago with what v426 answered, as its configuration captures them.
fn captured(world: &World) {
    let settled = world.records(&name(OWN), chain()).into_iter().find_map(|record| match record {
        Record::Settled { target, .. } => Some(target.release),
        _ => None,
    });
    captured_of(world, settled.unwrap(), "v426");
}

/// The requests of an hour ago with what a release answered, as its own configuration captures them.
fn captured_of(world: &World, release: ReleaseId, version: &str) {
    let ignore = ["label", "customer_region"].map(str::to_owned);
    let records = Records::read(&sample("holdout.csv.gz")[..], &features(), &ignore).unwrap();
    let model = Model::from_archive(&sample(&format!("{version}.tar.gz"))[..]).unwrap();
    let lines = (0..ASKED).map(|row| {
        let fields = records.row(row).iter().map(|value| match value.is_nan() {
            true => String::new(),
            false => value.to_string(),
        });
        let payload = fields.collect::<Vec<_>>().join(",");
        let side = |data: &str| json!({"observedContentType": "text/csv", "data": data, "encoding": "CSV"});
        let answer = model.answer_csv(&payload).unwrap();
        json!({"captureData": {"endpointInput": side(&payload), "endpointOutput": side(&answer)}}).to_string()
    });
    let lines = lines.collect::<Vec<_>>().join("\n");
    world.put(&name(OWN), &capture_key(world, release), lines);
}

/// The key of an hour ago under the destination of a release's configuration, as SageMaker lays it out.
fn capture_key(world: &World, release: ReleaseId) -> String {
    let fleet = shadowing().fleet;
    let region = fleet.region(&name(OWN)).unwrap();
    let destination = fleet.capture(region, release).unwrap().destination;
    let prefix = destination.strip_prefix(&format!("s3://{}/", region.bucket)).unwrap();
    let hour = (world.now() - SignedDuration::from_hours(1)).strftime("%Y/%m/%d/%H");
    format!("{prefix}/{}/{}/{hour}/05-00-000-{}.jsonl", fleet.endpoint, fleet.variant, release.short())
}

fn sweep(world: &World) -> Value {
    let event = json!({"source": "aws.events", "detail-type": "Scheduled Event"});
    run(invoke(FunctionKind::ShadowEval, world, &shadowing(), event)).unwrap()
}

fn arrival(world: &World, release: ReleaseId) -> Value {
    let detail = json!({"bucket": {"name": "fraud-models-br"}, "object": {"key": keys::manifest(release)}});
    let event = json!({"source": "aws.s3", "detail-type": "Object Created", "detail": detail});
    run(invoke(FunctionKind::ShadowEval, world, &shadowing(), event)).unwrap()
}

/// What stands in BR's chain.
fn shadows(world: &World) -> Vec<(ReleaseId, CapturedJudgement)> {
    let records = world.records(&name(OWN), chain());
    let shadow = |record| match record {
        Record::Shadowed { release, judgement, .. } => Some((release, judgement)),
        _ => None,
    };
    records.into_iter().filter_map(shadow).collect()
}

#[test]
fn a_region_judges_a_release_once_on_its_own_requests() {
    let (world, release) = attested("v427");
    captured(&world);
    world.reads.borrow_mut().clear();
    assert_eq!(arrival(&world, release)["outcome"], "judged");
    let [(of, judgement)] = &shadows(&world)[..] else { panic!("one verdict") };
    assert_eq!((*of, judgement.verdict), (release, CapturedVerdict::Pass), "{judgement:?}");
    assert_eq!((judgement.counts.requests, judgement.counts.unreadable), (ASKED as u64, 0));
    // Neither the sweep nor a repeat says it again.
    assert_eq!(sweep(&world)["outcome"], "nothing");
    assert_eq!(arrival(&world, release)["outcome"], "nothing");
    assert_eq!(shadows(&world).len(), 1);
}

#[test]
fn a_release_that_does_something_other_than_the_champion_fails() {
    let (world, release) = attested("v429");
    captured(&world);
    assert_eq!(sweep(&world)["outcome"], "judged");
    let [(of, judgement)] = &shadows(&world)[..] else { panic!("one verdict") };
    assert_eq!((*of, judgement.verdict), (release, CapturedVerdict::Fail), "{judgement:?}");
}

/// v429 answered customers in a canary and was rolled back: its answers are not the champion's, and say nothing of v427.
#[test]
fn a_shadow_does_not_see_the_answers_of_a_rolled_back_canary() {
    let (world, withdrawn) = attested("v429");
    captured(&world);
    captured_of(&world, withdrawn, "v429");
    let release = replica(&world, "v427");
    assert_eq!(arrival(&world, release)["outcome"], "judged");
    let [(_, judgement)] = &shadows(&world)[..] else { panic!("one verdict") };
    assert_eq!(judgement.counts.requests, ASKED as u64, "{judgement:?}");
    assert_eq!(judgement.verdict, CapturedVerdict::Pass, "{judgement:?}");
}

/// For want of records nothing is decided for good; a verdict on records is.
#[test]
fn a_region_that_captured_nothing_looks_again_after_an_hour() {
    let (world, release) = attested("v429");
    let hour = SignedDuration::from_hours(1);
    arrival(&world, release);
    captured(&world);
    assert_eq!(sweep(&world)["outcome"], "nothing");
    world.pass(hour);
    assert_eq!(sweep(&world)["outcome"], "judged");
    world.pass(hour);
    assert_eq!(sweep(&world)["outcome"], "nothing");
    let verdicts: Vec<_> = shadows(&world).into_iter().map(|(_, judgement)| judgement.verdict).collect();
    assert_eq!(verdicts, [CapturedVerdict::NothingCaptured, CapturedVerdict::Fail]);
}

/// The attestation may come after the event; what never comes is left to the sweep.
#[test]
fn a_release_that_is_not_attested_is_not_judged() {
    let (world, _) = attested("v427");
    captured(&world);
    let other = published(&world, spec("v429"));
    let before = world.now();
    assert_eq!(arrival(&world, other)["outcome"], "nothing");
    assert!(world.now() > before + SignedDuration::from_secs(60), "it waited");
    assert!(shadows(&world).is_empty());
}

#[test]
fn a_fleet_without_shadow_does_nothing() {
    let (world, _) = attested("v427");
    captured(&world);
    let context = Context::new(FLEET, name(OWN)).unwrap();
    let event = json!({"source": "aws.events", "detail-type": "Scheduled Event"});
    assert_eq!(run(invoke(FunctionKind::ShadowEval, &world, &context, event)).unwrap()["outcome"], "off");
    assert!(shadows(&world).is_empty());
}
