//! Customers' questions: who may ask, what reaches the endpoint, and what comes back.

use crate::world::{Fault, World, context, fleet, name, run};
use bytes::Bytes;
use meridian_domain::{ReleaseId, Sha256, Target};
use meridian_handlers::context::Context;
use meridian_handlers::front::FrontEvent;
use meridian_handlers::front::{Callers, handle};
use meridian_handlers::ports::{Endpoints, ErrorKind, Question, Scored};
use serde_json::{Value, json};
use std::sync::Arc;

const REGION: &str = "ap-northeast-1";
const TOKEN: &str = "b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184";
/// The path of the load balancer's own check.
const ALIVE: &str = "/alive";
const LONGEST_RECORD: usize = 64 * 1024;
const LONGEST_ANSWER: usize = 700 * 1024;

/// As many fields as the sample models have features, in so many bytes.
fn record(bytes: usize) -> String {
    let rest = ",7.5".repeat(399);
    format!("{:0<width$}{rest}", "0.125", width = bytes - rest.len())
}

/// The region serves v426.
fn serving() -> World {
    let (world, fleet) = (World::default(), fleet());
    let (region, release) = (fleet.region(&name(REGION)).unwrap(), ReleaseId(Sha256::of(b"v426")));
    world.serves(&Target::of(&fleet, region, release, &"v426".parse().unwrap()), REGION, "v426.tar.gz");
    world
}

/// What is done to an event that would be answered.
type Change = Box<dyn FnOnce(&mut FrontEvent)>;

fn ctx() -> Context {
    let callers = format!("checkout={},batch={}", Sha256::of(TOKEN.as_bytes()), Sha256::of(b"another"));
    Context { callers: Arc::new(Callers::parse(&callers).unwrap()), ..context(REGION) }
}

/// A question as it should be.
fn request() -> FrontEvent {
    FrontEvent {
        method: "POST".to_owned(),
        path: "/score".to_owned(),
        authorization: Some(format!("Bearer {TOKEN}")),
        content_type: Some("text/csv".to_owned()),
        content_encoding: None,
        accept: None,
        body: Bytes::from(record(2000)),
    }
}

fn asked(world: &World, change: impl FnOnce(&mut FrontEvent)) -> Value {
    let mut request = request();
    change(&mut request);
    run(handle(world, &ctx(), &request)).unwrap()
}

/// The status, and the word of a refusal.
fn refused(world: &World, change: impl FnOnce(&mut FrontEvent)) -> (u64, String) {
    let answer = asked(world, change);
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert!(body["message"].as_str().is_some_and(|message| message.len() > 20), "{body}");
    (answer["statusCode"].as_u64().unwrap(), body["error"].as_str().unwrap().to_owned())
}

#[test]
fn a_record_and_its_answer_pass_the_proxy_unchanged() {
    let world = serving();
    let expected = run(world.ports.invoke(&name(REGION), &fleet().endpoint, &record(2000), "text/csv")).unwrap();
    let answer = asked(&world, |request| request.accept = Some("text/csv".to_owned()));
    assert_eq!((answer["statusCode"].as_u64(), answer["body"].as_str()), (Some(200), Some(expected.as_str())));
    assert_eq!(
        (&answer["headers"]["content-type"], &answer["isBase64Encoded"]),
        (&json!("text/csv; charset=utf-8"), &json!(false))
    );
    let asked_for = Question { accept: Some("text/csv".to_owned()), body: Bytes::from(record(2000)) };
    assert_eq!(*world.questions.borrow(), [asked_for]);
    // What is no text comes back in base64, as a load balancer takes it.
    let body = Bytes::from_static(&[0xff, 0x00]);
    world.scores.borrow_mut().push_back(Scored::Answer { content_type: "application/x-recordio".to_owned(), body });
    let answer = asked(&world, |_| {});
    assert_eq!((&answer["body"], &answer["isBase64Encoded"]), (&json!("/wA="), &json!(true)));
}

#[test]
fn who_has_no_callers_token_asks_nothing_of_the_endpoint() {
    let world = serving();
    let told = |authorization: Option<&str>| {
        let (status, word) = refused(&world, |request| request.authorization = authorization.map(str::to_owned));
        assert_eq!(status, 401);
        word
    };
    let digest = format!("Bearer {}", Sha256::of(TOKEN.as_bytes()));
    let cut = format!("Bearer {}", &TOKEN[..63]);
    for none in [None, Some(""), Some(TOKEN), Some("Bearer"), Some("Bearer  "), Some("Basic Y2hlY2tvdXQ6eA==")] {
        assert_eq!(told(none), "no-token", "{none:?}");
    }
    for unknown in ["Bearer x", &digest, &cut, &format!("Bearer {TOKEN}0"), &format!("Bearer {TOKEN} {TOKEN}")] {
        assert_eq!(told(Some(unknown)), "unknown-token", "{unknown}");
    }
    let nobody = Context { callers: Arc::default(), ..ctx() };
    assert_eq!(run(handle(&world, &nobody, &request())).unwrap()["statusCode"], 401);
    assert!(world.questions.borrow().is_empty());
    let answer = asked(&world, |request| request.authorization = None);
    assert_eq!(answer["headers"]["www-authenticate"], "Bearer");
    // The scheme's name counts in any case.
    let answer = asked(&world, |request| request.authorization = Some(format!("bearer {TOKEN}")));
    assert_eq!(answer["statusCode"], 200);
}

#[test]
fn an_invalid_question_never_reaches_the_endpoint() {
    let world = serving();
    let set = |text: &str| Some(text.to_owned());
    let table: [(&str, u64, Change); 8] = [
        ("no-such-path", 404, Box::new(|it| it.path = "/scores".to_owned())),
        ("wrong-method", 405, Box::new(|it| it.method = "GET".to_owned())),
        ("no-record", 400, Box::new(|it| it.body = Bytes::new())),
        ("too-large", 413, Box::new(|it| it.body = vec![b'1'; LONGEST_RECORD + 1].into())),
        ("wrong-type", 415, Box::new(|it| it.content_type = None)),
        ("wrong-type", 415, Box::new(move |it| it.content_type = set("application/json"))),
        ("encoded", 415, Box::new(move |it| it.content_encoding = set("gzip"))),
        ("wrong-type", 415, Box::new(move |it| it.content_type = set("text/csvx"))),
    ];
    for (word, status, change) in table {
        assert_eq!(refused(&world, change), (status, word.to_owned()));
    }
    assert!(world.questions.borrow().is_empty());
    assert_eq!(asked(&world, |it| it.method = "PUT".to_owned())["headers"]["allow"], "POST");
    let fine = asked(&world, |it| {
        it.body = record(LONGEST_RECORD).into();
        it.content_type = set("Text/CSV; charset=utf-8");
        it.content_encoding = set("identity");
    });
    assert_eq!(fine["statusCode"], 200);
}

/// Behind the limits of one process, whatever the requests are worth; another caller is heard.
#[test]
fn a_caller_who_asks_too_often_is_held_back_alone() {
    let (world, ctx) = (serving(), ctx());
    let ask = |token: &str, kind: &str| {
        let mut request = request();
        (request.authorization, request.content_type) = (Some(format!("Bearer {token}")), Some(kind.to_owned()));
        let answer = run(handle(&world, &ctx, &request)).unwrap();
        (answer["statusCode"].as_u64().unwrap(), answer["headers"]["retry-after"].is_string())
    };
    assert!((0..200).all(|_| ask(TOKEN, "text/html") == (415, false)));
    assert_eq!((ask(TOKEN, "text/csv"), ask("another", "text/csv")), ((429, true), (200, false)));
    assert_eq!(world.questions.borrow().len(), 1);
}

/// A process that runs is all that the load balancer's own check asks for: it has no token, and an ill endpoint is `/health`'s to
/// tell.
#[test]
fn the_health_check_needs_no_token_and_no_endpoint() {
    let world = serving();
    world.fault("InvokeEndpoint", Fault::Fails(ErrorKind::Refused));
    let check: Value = serde_json::from_str(include_str!("../../../../events/front/alive.json")).unwrap();
    let check = FrontEvent::parse(&check).unwrap();
    let nobody = Context { callers: Arc::default(), ..ctx() };
    let answer = run(handle(&world, &nobody, &check)).unwrap();
    assert_eq!((&answer["statusCode"], &answer["isBase64Encoded"]), (&json!(200), &json!(false)));
    assert_eq!(answer["headers"]["cache-control"], "no-store");
    assert!(world.questions.borrow().is_empty());
    // It is a look and nothing else.
    assert_eq!(refused(&world, |it| it.path = ALIVE.to_owned()), (404, "no-such-path".to_owned()));
    let climbs = refused(&world, |it| {
        it.path = "/alive/".to_owned();
        it.method = "GET".to_owned();
    });
    assert_eq!(climbs, (404, "no-such-path".to_owned()));
}

/// A container's error is the customer's to see, and is not taken for the proxy's own.
#[test]
fn an_error_of_the_model_is_handed_on_as_it_is() {
    let world = serving();
    for (status, words) in [(415, "bad row 0.125"), (400, ""), (500, "Traceback: out of memory"), (503, "warming up")] {
        world.scores.borrow_mut().push_back(Scored::failed(Some(status), Some(words.to_owned())));
        let answer = asked(&world, |_| {});
        assert_eq!(answer["statusCode"], status);
        assert_eq!((&answer["body"], &answer["headers"]["x-meridian-error"]), (&json!(words), &json!("model")));
    }
    // A status that no answer may have.
    for none in [None, Some(0), Some(200), Some(99_999)] {
        assert_eq!(Scored::failed(none, None), Scored::failed(Some(500), None));
    }
}

#[test]
fn what_keeps_the_endpoint_from_answering_is_told_apart() {
    let world = serving();
    for (fault, status) in [
        (Fault::Silent, 504),
        (Fault::Fails(ErrorKind::Unreachable), 503),
        (Fault::Fails(ErrorKind::Refused), 503),
        (Fault::Fails(ErrorKind::NotFound), 503),
    ] {
        world.fault("InvokeEndpoint", fault);
        assert_eq!(refused(&world, |_| {}).0, status, "{fault:?}");
    }
    world.fault("InvokeEndpoint", Fault::Fails(ErrorKind::Throttled));
    let answer = asked(&world, |_| {});
    assert_eq!((&answer["statusCode"], &answer["headers"]["retry-after"]), (&json!(429), &json!("1")));
    let large = vec![b'1'; LONGEST_ANSWER + 1].into();
    world.scores.borrow_mut().push_back(Scored::Answer { content_type: "text/csv".to_owned(), body: large });
    assert_eq!(refused(&world, |_| {}), (502, "answer-too-large".to_owned()));
}

#[test]
fn nothing_of_a_request_is_printed_with_its_types() {
    let question = Question { accept: None, body: Bytes::from(record(2000)) };
    let answer = Scored::Answer { content_type: "text/csv".to_owned(), body: question.body.clone() };
    let failed = Scored::failed(Some(400), Some(record(2000)));
    let printed = format!("{:?} {question:?} {answer:?} {failed:?}", request());
    assert!(!printed.contains("0.125") && !printed.contains(&TOKEN[..8]), "{printed}");
}
