//! What a region says of itself to whoever asks for its health.

use crate::world::{Fault, World, context, fleet, name, run};
use bytes::Bytes;
use jiff::SignedDuration;
use meridian_domain::failover::FailoverStep;
use meridian_domain::{AnswerForm, Chain, Epoch, Record, ReleaseId, Sha256, Target, keys};
use meridian_evaluation::{GoldenRecord, GoldenRecords};
use meridian_handlers::context::Context;
use meridian_handlers::ports::{Endpoints, ErrorKind, Scored};
use meridian_handlers::status::StatusEvent;
use meridian_handlers::status::handle;
use serde_json::{Value, json};

const REGION: &str = "ap-northeast-1";
/// How old an answer may be.
const FRESH: SignedDuration = SignedDuration::from_secs(10);
/// How often the ledger is read again, and how long that may take.
const READ_EVERY: SignedDuration = SignedDuration::from_secs(60);
const READ_WITHIN: SignedDuration = SignedDuration::from_secs(1);

/// What the container answers next.
fn says(world: &World, answer: &str) {
    let body = Bytes::from(answer.to_owned());
    world.scores.borrow_mut().push_back(Scored::Answer { content_type: "text/csv".to_owned(), body });
}

fn serving(world: &World, version: &str) {
    let fleet = fleet();
    let region = fleet.region(&name(REGION)).unwrap();
    let release = ReleaseId(Sha256::of(version.as_bytes()));
    let target = Target::of(&fleet, region, release, &version.parse().unwrap());
    world.serves(&target, REGION, &format!("{version}.tar.gz"));
    let payload = format!("0.125{}", ",7.5".repeat(399));
    let score = run(world.ports.invoke(&name(REGION), &fleet.endpoint, &payload, "text/csv")).unwrap();
    let record = GoldenRecord { payload, score: score.parse().unwrap(), reasons: Vec::new() };
    let golden = GoldenRecords { release: version.to_owned(), records: vec![record], answer: AnswerForm::default() };
    let body = Bytes::from(serde_json::to_vec(&golden).unwrap());
    world.put(&name(REGION), &keys::golden(release), body);
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
    world.pass(READ_EVERY);
    assert_eq!(ask(&world, &ctx).1["version"], "v427");
}

/// A person sent its customers away, and later lets them come again: DNS follows what it says.
#[test]
fn a_region_is_unhealthy_while_its_customers_are_sent_elsewhere() {
    let (world, ctx) = (World::default(), context(REGION));
    serving(&world, "v426");
    let (to, why) = (name("eu-west-1"), "its network is rebuilt".to_owned());
    for (step, expected) in
        [(FailoverStep::Evacuated { to, why: why.clone() }, 503), (FailoverStep::Readmitted { why: why.clone() }, 200)]
    {
        world.write(&name(REGION), Chain::Region(name(REGION)), "maria", Record::Failover(step));
        world.pass(READ_EVERY);
        let (status, body) = ask(&world, &ctx);
        assert_eq!(status, expected, "{body}");
        let told = body.to_string();
        assert!(!told.contains("maria") && !told.contains(&why), "anybody may ask: {told}");
    }
}

/// A canary's other model, or one that nobody confirmed: healthy, and not taken for the release that the ledger names.
#[test]
fn only_the_releases_own_score_proves_it() {
    let (world, ctx) = (World::default(), context(REGION));
    serving(&world, "v426");
    let proved = |answer: Option<&str>| {
        answer.iter().for_each(|answer| says(&world, answer));
        world.pass(FRESH);
        let (status, body) = ask(&world, &ctx);
        (status, body["proved"].as_bool().unwrap())
    };
    assert_eq!(proved(None), (200, true));
    assert_eq!(proved(Some("0.75")), (200, false));
}

/// A region must not leave DNS because its canary answers JSON and its champion a number.
#[test]
fn a_canary_that_answers_in_another_form_is_healthy() {
    let (world, ctx) = (World::default(), context(REGION));
    serving(&world, "v426");
    let json = r#"{"score": 0.75}"#;
    says(&world, json);
    assert_eq!(ask(&world, &ctx).0, 503, "its form is unknown");
    let fleet = fleet();
    let (release, region) = (ReleaseId(Sha256::of(b"v427")), fleet.region(&name(REGION)).unwrap());
    let answer = AnswerForm::new(Some("/score".parse().unwrap()), None, None).unwrap();
    let golden = GoldenRecords { release: "v427".to_owned(), records: Vec::new(), answer };
    world.put(&name(REGION), &keys::golden(release), Bytes::from(serde_json::to_vec(&golden).unwrap()));
    let target = Target::of(&fleet, region, release, &"v427".parse().unwrap());
    let execution = "wave".parse().unwrap();
    let record = Record::UpdateIntended { target, back: None, execution, epoch: Some(Epoch::default()), bake: None };
    world.write(&name(REGION), Chain::Region(name(REGION)), "promote", record);
    world.pass(READ_EVERY);
    says(&world, json);
    let (status, body) = ask(&world, &ctx);
    assert_eq!((status, &body["version"], &body["proved"]), (200, &json!("v426"), &json!(false)));
}

#[test]
fn the_endpoint_is_asked_at_most_every_ten_seconds() {
    let (world, ctx) = (World::default(), context(REGION));
    serving(&world, "v426");
    let asked = world.called(REGION, "InvokeEndpoint");
    for _ in 0..20 {
        ask(&world, &ctx.for_request("another"));
        world.pass(SignedDuration::from_secs(1));
    }
    assert_eq!(world.called(REGION, "InvokeEndpoint") - asked, 2);
}

#[test]
fn a_region_that_does_not_prove_itself_is_unavailable() {
    let reason = |prepare: &dyn Fn(&World)| {
        let (world, ctx) = (World::default(), context(REGION));
        prepare(&world);
        let (status, body) = ask(&world, &ctx);
        assert_eq!(status, 503);
        let reason = body["reason"].as_str().unwrap().to_owned();
        assert!(!reason.contains("0.125"), "{reason}");
        reason
    };
    assert_eq!(reason(&|_| {}), "no confirmed release yet");
    let failing = reason(&|world| {
        serving(world, "v426");
        world.fault("InvokeEndpoint", Fault::Fails(ErrorKind::Unreachable));
    });
    assert_eq!(failing, "endpoint does not answer");
    for nonsense in ["", "NaN", "1.5", "-0.1", "<html>"] {
        let why = reason(&|world| {
            serving(world, "v426");
            says(world, nonsense);
        });
        assert_eq!(why, "endpoint does not score");
    }
}

#[test]
fn an_unreadable_ledger_does_not_take_a_serving_region_out() {
    let (world, ctx) = (World::default(), context(REGION));
    serving(&world, "v426");
    assert_eq!(ask(&world, &ctx).0, 200);
    world.pass(READ_EVERY);
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
    world.pass(READ_EVERY);
    assert_eq!(ask(&world, &ctx).0, 200);
    assert_eq!(world.now().duration_since(from), READ_WITHIN);
    // Not again at the next question.
    world.pass(FRESH);
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
