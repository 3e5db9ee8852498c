//! The front as an authenticating proxy (`FrontKind=proxy`): a night behind it, customers' questions through it, and every
//! right that it has.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests say what they expect by unwrapping it, in their helpers too"
)]

use jiff::SignedDuration;
use meridian_deployment::Grant;
use meridian_domain::RegionName;
use meridian_local::engine::lock;
use meridian_local::night::{Functions, Options, Scenario, Session, Site};
use meridian_tests::stage::payload;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

const NIGHT: &str = r#"
title = "customers come through a proxy"
start = "2026-11-20T02:59:00Z"
lasts = "2h"

[[publish]]
at = "03:00"
version = "v427"
model = "good"

[expect]
serves = { eu-west-1 = "v427", ap-southeast-2 = "v427", ap-northeast-1 = "v427", sa-east-1 = "v427" }
pages = 0
executions = ["succeeded"]
"#;

/// The same, and AU's data plane answers nobody, JP's throttles everybody.
const ILL: &str = r#"
title = "two data planes are ill"
start = "2026-11-20T02:59:00Z"
lasts = "1h"

[[fault]]
kind = "time-out"
operation = "InvokeEndpoint"
region = "ap-southeast-2"

[[fault]]
kind = "throttle"
operation = "InvokeEndpoint"
region = "ap-northeast-1"

[expect]
serves = {}
pages = 0
executions = []
"#;

const EU: &str = "eu-west-1";
const TOKEN: &str = "not-a-token";
/// The caller's name and the SHA-256 of its token.
const CALLERS: &str = "checkout=ce6f21ae951df0ba38d6ce0e0175465bf5e9882edcf2ba677bca63b296f17ce7";

/// The repository's stacks, with a proxy in each.
fn site() -> Site {
    let proxy = [("FrontKind", "proxy"), ("Callers", CALLERS), ("VpcId", "vpc-0123456789abcdef0")];
    let subnets = [("Subnet1", "subnet-0123456789abcdef0"), ("Subnet2", "subnet-0123456789abcdef1")];
    Site::with_parameters(&[proxy.as_slice(), subnets.as_slice()].concat()).unwrap()
}

fn region(name: &str) -> RegionName {
    name.parse().unwrap()
}

/// One request at a region's load balancer.
struct Asked<'a> {
    region: &'a str,
    method: &'a str,
    token: &'a str,
    kind: &'a str,
    body: String,
}

impl Default for Asked<'_> {
    fn default() -> Self {
        Asked { region: EU, method: "POST", token: TOKEN, kind: "text/csv", body: payload() }
    }
}

/// What the proxy answers: status and body; none where the load balancer found no function to call.
fn answer(session: &mut Session<'_>, asked: &Asked<'_>) -> Option<(u64, String)> {
    let authorization = format!("Bearer {}", asked.token);
    let headers = [("Authorization", authorization.as_str()), ("Content-Type", asked.kind)];
    let before = {
        let mut world = lock(session.world());
        let before = world.proxy_answers().len();
        if !world.ask_balancer(&region(asked.region), asked.method, "/score", &headers, &asked.body) {
            return None;
        }
        before
    };
    let until = session.now() + SignedDuration::from_secs(4);
    session.run_until(until, &mut |_| {}).unwrap();
    let world = lock(session.world());
    let (from, answer) = &world.proxy_answers()[before];
    assert_eq!(from.as_str(), asked.region);
    let answer: &Value = answer.as_ref().unwrap_or_else(|| panic!("the function failed"));
    Some((answer["statusCode"].as_u64().unwrap(), answer["body"].as_str().unwrap().to_owned()))
}

/// Works on a night that has just begun.
fn at_the_start<T>(site: Site, functions: Functions, night: &str, work: impl FnOnce(&mut Session<'_>) -> T) -> T {
    let scenario = Scenario::parse("proxy", night).unwrap();
    let out = tempfile::tempdir().unwrap();
    let options = Options { seed: 7, functions, out: out.path().to_owned(), record: None };
    work(&mut Session::begin(site, &scenario, &options).unwrap())
}

/// The answers to a customer's questions, one of each kind.
fn answers(functions: Functions) -> Vec<(&'static str, Option<(u64, String)>)> {
    let usual = Asked::default;
    let table = [
        ("a record", usual()),
        ("no caller's token", Asked { token: "another", ..usual() }),
        ("another method", Asked { method: "GET", ..usual() }),
        ("another kind of body", Asked { kind: "application/json", ..usual() }),
        ("nothing", Asked { body: String::new(), ..usual() }),
        ("too much", Asked { body: "0,".repeat(40_000), ..usual() }),
        ("no record", Asked { body: "card-4711".to_owned(), ..usual() }),
        ("a region that does not answer", Asked { region: "ap-southeast-2", ..usual() }),
        ("a region that throttles", Asked { region: "ap-northeast-1", ..usual() }),
    ];
    at_the_start(site(), functions, ILL, |session| table.map(|(what, asked)| (what, answer(session, &asked))).into())
}

#[test]
fn a_customers_request_reaches_its_endpoint_through_the_proxy() {
    let answers = answers(Functions::InProcess);
    let statuses: Vec<u64> = answers.iter().map(|(_, answer)| answer.as_ref().unwrap().0).collect();
    assert_eq!(statuses, [200, 401, 405, 415, 400, 413, 400, 504, 429], "{answers:?}");
    let body = |at: usize| answers[at].1.as_ref().unwrap().1.clone();
    let score: f64 = body(0).trim().parse().unwrap();
    assert!((0.0..=1.0).contains(&score), "{score}");
    // What is no record of this release's does not reach its container.
    assert!(body(3).contains("wrong-type") && body(6).contains("wrong-fields"), "{answers:?}");
    for (what, answer) in &answers {
        let (status, body) = answer.as_ref().unwrap();
        assert!(!body.contains(TOKEN) && (*status != 401 || !body.contains("checkout")), "{what}: {body}");
    }
}

/// The folder in which the functions' binaries are: the release, or whatever was built beside this test.
fn binaries() -> Option<PathBuf> {
    let release = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/release");
    let beside = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.parent()?.to_owned()));
    // The checkers call `status` meanwhile.
    let whole = |folder: &PathBuf| ["front", "status"].iter().all(|name| folder.join(name).is_file());
    [Some(release), beside].into_iter().flatten().find(whole)
}

#[test]
fn the_proxys_real_binary_answers_as_the_handler_does() {
    let Some(folder) = binaries() else {
        meridian_tests::skip("the proxy's binary", "no binary front; run: make build");
        return;
    };
    assert_eq!(answers(Functions::Binaries(folder)), answers(Functions::InProcess));
}

#[test]
fn the_load_balancer_leads_nothing_else_to_a_function() {
    at_the_start(site(), Functions::InProcess, ILL, |session| {
        let mut world = lock(session.world());
        let mut leads = |method: &str, path: &str| world.ask_balancer(&region(EU), method, path, &[], "");
        for (method, path) in
            [("POST", "/health"), ("GET", "/status"), ("POST", "/score/"), ("POST", "/score/../health")]
        {
            assert!(!leads(method, path), "{method} {path}");
        }
        assert!(leads("GET", "/health") && leads("HEAD", "/health"));
    });
}

/// The front is no part of a wave: customers and checkers come another way, and everything else is the same.
#[test]
fn a_night_behind_a_proxy_ends_as_one_behind_the_api() {
    let scenario = Scenario::parse("proxy", NIGHT).unwrap();
    at_the_start(site(), Functions::InProcess, NIGHT, |session| {
        session.run_until(scenario.end(), &mut |_| {}).unwrap();
        let report = session.report().unwrap();
        assert!(report.as_expected, "{:?}", report.unexpected);
        let world = lock(session.world());
        for own in &session.fleet().regions {
            let checks = world.health_counts(&own.name);
            assert!(checks.good > 200 && checks.bad == 0, "{}: {checks:?}", own.name);
        }
    });
}

/// Of a policy's owner, the names of its statements that let something through.
fn of_the_proxy(grants: impl IntoIterator<Item = Grant>) -> BTreeSet<(String, String, String)> {
    let own = ["ProxyRole", "ScoreTargetsPermission", "HealthTargetsPermission"];
    let own = grants.into_iter().filter(|grant| own.contains(&grant.owner.as_str()));
    own.map(|grant| (grant.owner, grant.sid, grant.action)).collect()
}

#[test]
fn the_proxy_may_do_what_it_does_and_nothing_else() {
    let allowed = of_the_proxy(site().deployment.allowances());
    let expected = [
        ("HealthTargetsPermission", "Permission", "lambda:InvokeFunction"),
        ("ProxyRole", "Ask", "sagemaker:InvokeEndpoint"),
        ("ProxyRole", "Keys", "kms:Decrypt"),
        ("ProxyRole", "ListOwn", "s3:ListBucket"),
        ("ProxyRole", "ReadOwn", "s3:GetObject"),
        ("ScoreTargetsPermission", "Permission", "lambda:InvokeFunction"),
    ];
    let expected = expected.map(|(owner, sid, action)| (owner.to_owned(), sid.to_owned(), action.to_owned()));
    assert_eq!(allowed, BTreeSet::from(expected));
    let used = at_the_start(site(), Functions::InProcess, ILL, |session| {
        assert_eq!(answer(session, &Asked::default()).map(|(status, _)| status), Some(200));
        session.run_until(session.now() + SignedDuration::from_mins(1), &mut |_| {}).unwrap();
        lock(session.world()).grants().clone()
    });
    assert_eq!(of_the_proxy(used), allowed, "used");
}

#[test]
fn without_the_right_to_ask_the_proxy_gives_no_score() {
    let asked = |owner: &str, sid: &str| {
        let mut less = site();
        less.deployment = less.deployment.without(owner, sid);
        at_the_start(less, Functions::InProcess, ILL, |session| {
            let status = answer(session, &Asked::default()).map(|(status, _)| status);
            let mut world = lock(session.world());
            (status, world.ask_balancer(&region(EU), "GET", "/health", &[], ""))
        })
    };
    assert_eq!(asked("ProxyRole", "Ask"), (Some(503), true));
    // Without its ledger it does not know a record's shape, and leaves that to the container.
    for sid in ["ReadOwn", "ListOwn", "Keys"] {
        assert_eq!(asked("ProxyRole", sid), (Some(200), true), "{sid}");
    }
    assert_eq!(asked("ScoreTargetsPermission", "Permission"), (None, true));
    assert_eq!(asked("HealthTargetsPermission", "Permission"), (Some(200), false));
}
