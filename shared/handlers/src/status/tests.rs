use super::*;
use crate::ports::ErrorKind;
use crate::testing::{Fault, World, context, fleet, name, run};
use bytes::Bytes;
use meridian_domain::{Record, Sha256, keys};
use meridian_evaluation::GoldenRecord;

const REGION: &str = "ap-northeast-1";

fn serving(world: &World, version: &str) {
    let fleet = fleet();
    let region = fleet.region(&name(REGION)).unwrap();
    let release = ReleaseId(Sha256::of(version.as_bytes()));
    let target = Target::of(&fleet, region, release, &version.parse().unwrap());
    let golden = GoldenRecords {
        release: version.to_owned(),
        records: vec![GoldenRecord { payload: "0.125,7.5".to_owned(), score: 0.25 }],
    };
    let body = Bytes::from(serde_json::to_vec(&golden).unwrap());
    world.objects.borrow_mut().insert((name(REGION), keys::golden(release)), body);
    let record = Record::Settled { target, execution: "wave".parse().unwrap() };
    world.write(&name(REGION), Chain::Region(name(REGION)), "promote", record);
}

fn ask(world: &World, ctx: &Context) -> (u64, Value) {
    let answer = run(handle(world, ctx, &StatusEvent::Health)).unwrap();
    let body = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    (answer["statusCode"].as_u64().unwrap(), body)
}

#[test]
fn a_serving_region_says_what_it_serves() {
    let (world, ctx) = (World::default(), context(REGION));
    serving(&world, "v426");
    let (status, body) = ask(&world, &ctx);
    assert_eq!(
        (status, &body["status"], &body["region"], &body["version"]),
        (200, &json!("ok"), &json!(REGION), &json!("v426"))
    );
    // Another release shows within a minute.
    serving(&world, "v427");
    *world.now.borrow_mut() += READ_EVERY;
    assert_eq!(ask(&world, &ctx).1["version"], "v427");
}

/// A canary's other model, or one that nobody confirmed: healthy, and not taken for the release that the ledger names.
#[test]
fn only_the_releases_own_score_proves_it() {
    let (world, ctx) = (World::default(), context(REGION));
    serving(&world, "v426");
    let proved = |answer: &str| {
        *world.score.borrow_mut() = answer.to_owned();
        *world.now.borrow_mut() += FRESH;
        let (status, body) = ask(&world, &ctx);
        (status, body["proved"].as_bool().unwrap())
    };
    assert_eq!(proved("0.25"), (200, true));
    assert_eq!(proved("0.75"), (200, false));
}

#[test]
fn the_endpoint_is_asked_at_most_every_ten_seconds() {
    let (world, ctx) = (World::default(), context(REGION));
    serving(&world, "v426");
    for _ in 0..20 {
        ask(&world, &ctx.for_request("another"));
        *world.now.borrow_mut() += SignedDuration::from_secs(1);
    }
    assert_eq!(*world.invoked.borrow(), 2);
}

#[test]
fn a_region_that_does_not_prove_itself_is_unavailable_and_says_why() {
    let reason = |prepare: &dyn Fn(&World)| {
        let (world, ctx) = (World::default(), context(REGION));
        prepare(&world);
        let (status, body) = ask(&world, &ctx);
        assert_eq!(status, 503);
        let reason = body["reason"].as_str().unwrap().to_owned();
        assert!(!reason.contains("0.125"), "{reason}");
        reason
    };
    assert!(reason(&|_| {}).contains("no confirmed release yet"));
    let failing = reason(&|world| {
        serving(world, "v426");
        world.fault("InvokeEndpoint", Fault::Fails(ErrorKind::Unreachable));
    });
    assert_eq!(failing, "endpoint does not answer");
    for nonsense in ["", "NaN", "1.5", "-0.1", "<html>"] {
        let why = reason(&|world| {
            serving(world, "v426");
            *world.score.borrow_mut() = nonsense.to_owned();
        });
        assert_eq!(why, "endpoint does not score");
    }
}

#[test]
fn a_ledger_that_cannot_be_read_does_not_take_a_serving_region_out() {
    let (world, ctx) = (World::default(), context(REGION));
    serving(&world, "v426");
    assert_eq!(ask(&world, &ctx).0, 200);
    *world.now.borrow_mut() += READ_EVERY;
    world.fault("ListObjectsV2", Fault::Fails(ErrorKind::Unreachable));
    world.fault("GetObject", Fault::Fails(ErrorKind::Unreachable));
    assert_eq!(ask(&world, &ctx).0, 200);
}

#[test]
fn a_ledger_that_hangs_costs_a_second_a_minute_and_no_health() {
    let (world, ctx) = (World::default(), context(REGION));
    serving(&world, "v426");
    assert_eq!(ask(&world, &ctx).0, 200);
    world.fault("ListObjectsV2", Fault::Hangs);
    let from = world.now() + READ_EVERY;
    *world.now.borrow_mut() = from;
    assert_eq!(ask(&world, &ctx).0, 200);
    assert_eq!(world.now().duration_since(from), READ_WITHIN);
    // Not again at the next question.
    *world.now.borrow_mut() += FRESH;
    let from = world.now();
    assert_eq!(ask(&world, &ctx).0, 200);
    assert_eq!(world.now(), from);
}

#[test]
fn what_the_services_said_stays_in_the_log() {
    for operation in ["ListObjectsV2", "GetObject", "InvokeEndpoint"] {
        let (world, ctx) = (World::default(), context(REGION));
        serving(&world, "v426");
        world.fault(operation, Fault::Fails(ErrorKind::Refused));
        let (status, body) = ask(&world, &ctx);
        assert_eq!(status, 503);
        assert!(!body.to_string().contains("scheduled") && !body.to_string().contains(operation), "{body}");
    }
}
