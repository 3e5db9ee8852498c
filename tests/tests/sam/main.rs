//! Every function in its Lambda container, given every event of `events/`, against the local world: what it answers, and what
//! is so afterwards.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say what they expect by unwrapping it, in their helpers too"
)]

mod containers;
mod relay;

use containers::{Tools, Warm, outcome, post};
use meridian_domain::Sha256;
use meridian_handlers::context::FunctionKind;
use meridian_local::night::{Functions, Options, Scenario, Session, Site};
use relay::Relay;
use serde_json::Value;
use std::sync::mpsc;
use std::time::Duration;

/// A night in which v427 is published and nothing goes wrong. Its functions are the containers' and nobody else's.
const NIGHT: &str = r#"
title = "for the functions in their containers"
start = "2026-11-20T02:59:00Z"
lasts = "3h"

[[publish]]
at = "03:00"
version = "v427"
model = "good"

[expect]
serves = {}
pages = 0
executions = []
"#;

/// What the fixtures say, and the world says otherwise.
const RELEASE: &str = "f4874e767dae57f48abdd881a7a451606da461c56f8321fe9b6d144021de3b72";
const POLICY: &str = "37c85fced417a5561af8281eb0d89f173ab48ed3548c8f562730576781f7c75d";
const EXECUTION: &str = "0f9a3c1e-27d4-4b51-9f1e-5a4c0e7d2b10";

const HOME: &str = "eu-west-1";
/// The other regions, with their buckets.
const AWAY: [(&str, &str); 3] =
    [("ap-northeast-1", "fraud-models-jp"), ("ap-southeast-2", "fraud-models-au"), ("sa-east-1", "fraud-models-br")];

/// Between two looks at what is waited for in real time.
#[expect(clippy::disallowed_methods, reason = "containers live in real time")]
fn rest() {
    std::thread::sleep(Duration::from_millis(50));
}

/// The template's name of a function.
fn resource(function: &str) -> String {
    let kind = FunctionKind::ALL.into_iter().find(|kind| kind.name() == function);
    format!("{:?}", kind.unwrap_or_else(|| panic!("no function is called {function}")))
}

/// The world, the containers, and what stands in the fixtures' places.
struct Bench<'a> {
    tools: &'a Tools,
    night: Session<'a>,
    url: String,
    warm: Option<Warm>,
    release: String,
    execution: String,
}

impl Bench<'_> {
    /// A fixture with the world's own release, policy and execution in it.
    fn event(&self, name: &str) -> String {
        let policy = Sha256::of(include_bytes!("../../../local/fleets/reference/fleet.toml")).to_string();
        let text = self.tools.event(name).replace(RELEASE, &self.release).replace(POLICY, &policy);
        text.replace(EXECUTION, &self.execution)
    }

    /// A job's fixture, for a job of the world's own pipeline.
    fn job(&self, name: &str, id: &str) -> String {
        let event = self.event(name);
        let written: Value = serde_json::from_str(&event).unwrap();
        event.replace(written["CodePipeline.job"]["id"].as_str().unwrap(), id)
    }

    /// Does something that takes real time, while virtual time goes on to wherever a function sleeps to.
    fn meanwhile<T: Send>(&mut self, work: impl FnOnce() -> T + Send) -> T {
        let done = std::thread::scope(|scope| {
            let (sender, done) = mpsc::channel();
            scope.spawn(move || sender.send(work()));
            loop {
                match done.recv_timeout(Duration::from_millis(2)) {
                    Ok(done) => return done,
                    Err(mpsc::RecvTimeoutError::Timeout) => {}
                    Err(mpsc::RecvTimeoutError::Disconnected) => panic!("the call panicked"),
                }
                let now = self.night.now();
                let to = self.night.awaited().map_or(now, |awaited| awaited.max(now));
                self.night.run_until(to, &mut |_| {}).unwrap();
            }
        });
        let now = self.night.now();
        self.night.run_until(now, &mut |_| {}).unwrap();
        done
    }

    /// `sam local invoke`, in a container of its own.
    fn invoke(&mut self, function: &str, region: &str, event: &str) -> Result<Value, String> {
        let (tools, url) = (self.tools, self.url.clone());
        let said = self.meanwhile(move || tools.invoke(&url, &resource(function), region, event));
        outcome(&said)
    }

    /// A call of home's warm container.
    fn call(&mut self, function: &str, event: &str) -> Result<Value, String> {
        let port = self.warm.as_ref().unwrap().port();
        let (_, said) = self.meanwhile(move || post(port, &resource(function), event));
        outcome(&said)
    }

    /// Lets virtual time pass.
    fn pass(&mut self, seconds: i64) {
        let to = self.night.now() + jiff::SignedDuration::from_secs(seconds);
        self.night.run_until(to, &mut |_| {}).unwrap();
    }

    /// The pipeline's next call of a function: the job's id.
    fn next_job(&mut self) -> String {
        for _ in 0..120 {
            for invocation in self.night.take_invocations() {
                let Some(job) = invocation.payload.get("CodePipeline.job") else { continue };
                let parameters = job["data"]["actionConfiguration"]["configuration"]["UserParameters"].as_str();
                let parameters: Value = serde_json::from_str(parameters.unwrap()).unwrap();
                self.execution = parameters["execution"].as_str().unwrap().to_owned();
                return job["id"].as_str().unwrap().to_owned();
            }
            self.pass(1);
        }
        panic!("the pipeline calls nobody");
    }

    /// The night's document, as `meridian night --json` would print it here and now.
    fn report(&self) -> Value {
        serde_json::to_value(self.night.report().unwrap()).unwrap()
    }

    /// The records of a chain, by their names.
    fn records(&self, chain: &str) -> Vec<String> {
        let report = self.report();
        let entries = report["ledger"][chain].as_array().unwrap_or_else(|| panic!("no chain {chain}"));
        entries.iter().map(|entry| entry["record"].as_str().unwrap().to_owned()).collect()
    }

    /// Every region's endpoint: its status, in the fleet's order.
    fn statuses(&self) -> Vec<String> {
        let report = self.report();
        let fleet = report["fleet"].as_array().unwrap();
        fleet.iter().map(|end| end["status"].as_str().unwrap().to_owned()).collect()
    }

    fn pages(&self) -> Vec<String> {
        let report = self.report();
        let pages = report["pages"].as_array().unwrap();
        pages.iter().map(|page| page["message"].as_str().unwrap().to_owned()).collect()
    }

    /// How much every chain holds: what changes nothing adds nothing.
    fn written(&self) -> usize {
        let report = self.report();
        report["ledger"].as_object().unwrap().values().map(|chain| chain.as_array().unwrap().len()).sum()
    }
}

#[test]
fn every_function_does_its_work_in_its_container() {
    let tools = match Tools::find() {
        Ok(tools) => tools,
        Err(why) => return meridian_tests::skip("every_function_does_its_work_in_its_container", &why),
    };
    let scenario = Scenario::parse("containers", NIGHT).unwrap();
    let out = tempfile::tempdir().unwrap();
    let options = Options { seed: 7, functions: Functions::Elsewhere, out: out.path().to_owned(), record: None };
    let mut night = Session::begin(Site::repository().unwrap(), &scenario, &options).unwrap();
    let relay = Relay::start(&tools.image, &night.open_door(0).unwrap().url());
    night.run_until("2026-11-20T03:00:10Z".parse().unwrap(), &mut |_| {}).unwrap();
    let release = published(&mut night);
    let (url, execution) = (relay.url.clone(), EXECUTION.to_owned());
    let mut bench = Bench { tools: &tools, night, url, warm: None, release, execution };

    replicas_are_attested(&mut bench);
    bench.warm = Some(tools.warm(&bench.url, HOME));
    home_starts_the_wave(&mut bench);
    the_challenger_is_evaluated(&mut bench);
    a_region_is_promoted(&mut bench);
    nothing_rolls_back_without_a_reason(&mut bench);
    trouble_with_replication_is_told_once(&mut bench);
    the_region_is_healthy(&mut bench);
    a_caller_is_let_through(&mut bench);
    hostile_events_change_nothing(&mut bench);
    jobs_that_nobody_gave_are_not_answered(&mut bench);
}

/// The release that training published, by the event that says so.
fn published(night: &mut Session<'_>) -> String {
    let created = night.take_invocations().into_iter().find_map(|invocation| {
        let key = invocation.payload.pointer("/detail/object/key")?.as_str()?.to_owned();
        key.strip_prefix("releases/manifests/")?.strip_suffix(".json").map(str::to_owned)
    });
    created.unwrap_or_else(|| panic!("no manifest was created"))
}

fn replicas_are_attested(bench: &mut Bench<'_>) {
    let tokyo = bench.event("replication/object-created.json");
    for (region, bucket) in AWAY {
        let event = tokyo.replace("ap-northeast-1", region).replace("fraud-models-jp", bucket);
        let answer = bench.invoke("replication", region, &event).unwrap();
        assert_eq!(answer["outcome"], "attested", "{region}: {answer}");
        assert_eq!(bench.records(region).last().unwrap(), "attested", "{region}");
    }
}

fn home_starts_the_wave(bench: &mut Bench<'_>) {
    let created = bench.event("replication/object-created-home.json");
    let answer = bench.call("replication", &created).unwrap();
    assert_eq!(answer["outcome"], "attested", "{answer}");
    assert!(answer["wave"].is_string(), "{answer}");
    assert_eq!(bench.records("home").last().unwrap(), "wave_started");
    // Delivered twice, and swept after: the same wave.
    let before = bench.written();
    bench.call("replication", &created).unwrap();
    let swept = bench.call("replication", &bench.event("replication/sweep.json")).unwrap();
    assert_eq!((&swept["outcome"], &swept["open"]), (&"swept".into(), &0.into()), "{swept}");
    assert_eq!(bench.written(), before);
}

fn the_challenger_is_evaluated(bench: &mut Bench<'_>) {
    let job = bench.next_job();
    let answer = bench.invoke("shadow-eval", HOME, &bench.job("shadow-eval/register.json", &job)).unwrap();
    assert!(bench.records("home").contains(&"approved".to_owned()), "{answer}: {:?}", bench.records("home"));
    let before = bench.written();
    bench.call("shadow-eval", &bench.job("shadow-eval/register-continuation.json", &job)).unwrap();
    assert_eq!(bench.written(), before, "a ruling stands");
}

fn a_region_is_promoted(bench: &mut Bench<'_>) {
    let job = bench.next_job();
    let first = bench.invoke("promote", HOME, &bench.job("promote/promote-eu.json", &job)).unwrap();
    assert_eq!(bench.statuses(), ["Updating", "InService", "InService", "InService"], "{first}");
    assert!(bench.records(HOME).contains(&"update_started".to_owned()), "{:?}", bench.records(HOME));
    for name in ["promote/promote-eu-continuation.json", "promote/promote-place.json"] {
        let job = bench.next_job();
        let again = bench.call("promote", &bench.job(name, &job)).unwrap();
        assert_eq!(bench.statuses(), ["Updating", "InService", "InService", "InService"], "{name}: {again}");
    }
    // It was answered each time: the pipeline asks again.
    bench.next_job();
}

fn nothing_rolls_back_without_a_reason(bench: &mut Bench<'_>) {
    let before = (bench.statuses(), bench.written(), bench.pages().len());
    let alarm = bench.event("rollback/composite-alarm.json");
    let answer = bench.invoke("rollback", "ap-southeast-2", &alarm).unwrap();
    assert!(answer["outcome"].is_string(), "{answer}");
    for name in bench.tools.events("rollback") {
        let answer = bench.call("rollback", &bench.event(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(answer["outcome"].is_string(), "{name}: {answer}");
    }
    assert_eq!((bench.statuses(), bench.written(), bench.pages().len()), before);
}

fn trouble_with_replication_is_told_once(bench: &mut Bench<'_>) {
    let before = bench.pages().len();
    let expected = [("failed", 1), ("missed-threshold", 0), ("not-tracked", 0), ("after-threshold", 0)];
    for (what, new) in expected {
        let event = bench.event(&format!("replication/replication-{what}.json"));
        let answer = bench.call("replication", &event).unwrap();
        assert_eq!((&answer["outcome"], &answer["new"]), (&"reported".into(), &new.into()), "{what}: {answer}");
    }
    let pages = bench.pages();
    assert_eq!(pages.len(), before + 1);
    assert!(pages.last().unwrap().contains("to fraud-models-jp: OperationFailedReplication"), "{pages:?}");
}

fn the_region_is_healthy(bench: &mut Bench<'_>) {
    let away = bench.invoke("status", "ap-southeast-2", &bench.event("status/health.json")).unwrap();
    let mut answers = vec![("ap-southeast-2", away)];
    // API Gateway's requests, a load balancer's, and its own health check: all are answered alike.
    let mut names = bench.tools.events("status");
    names.push("hostile/health-oversized.json".to_owned());
    for name in names {
        let answer = bench.call("status", &bench.event(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        answers.push((HOME, answer));
    }
    for (region, answer) in answers {
        assert_eq!(answer["statusCode"], 200, "{region}: {answer}");
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!((&body["region"], &body["version"]), (&region.into(), &"v426".into()), "{body}");
    }
}

fn a_caller_is_let_through(bench: &mut Bench<'_>) {
    let record = meridian_tests::stage::payload();
    for name in bench.tools.events("front").iter().filter(|name| *name != "front/alive.json") {
        let event: Value = serde_json::from_str(&bench.event(name)).unwrap();
        let answer = bench.call("front", &event.to_string()).unwrap_or_else(|error| panic!("{name}: {error}"));
        // Three numbers are no record of this model, and its container is not asked.
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!((&answer["statusCode"], &body["error"]), (&400.into(), &"wrong-fields".into()), "{name}: {answer}");
    }
    let mut event: Value = serde_json::from_str(&bench.event("front/score.json")).unwrap();
    event["body"] = record.into();
    let answer = bench.call("front", &event.to_string()).unwrap();
    let score: f64 = answer["body"].as_str().unwrap().trim().parse().unwrap();
    assert!(answer["statusCode"] == 200 && (0.0..=1.0).contains(&score), "{answer}");
    event["headers"]["authorization"] = "Bearer another".into();
    assert_eq!(bench.call("front", &event.to_string()).unwrap()["statusCode"], 401);
    let alive = bench.event("front/alive.json");
    assert_eq!(bench.call("front", &alive).unwrap()["statusCode"], 200);
}

fn hostile_events_change_nothing(bench: &mut Bench<'_>) {
    let list: Value = serde_json::from_str(&bench.tools.event("hostile/expected.json")).unwrap();
    let (statuses, written) = (bench.statuses(), bench.written());
    for (name, expected) in list.as_object().unwrap() {
        for function in expected["functions"].as_array().unwrap() {
            hostile(bench, name, function.as_str().unwrap(), expected);
        }
    }
    assert_eq!((bench.statuses(), bench.written()), (statuses, written));
}

fn hostile(bench: &mut Bench<'_>, name: &str, function: &str, expected: &Value) {
    let event = bench.event(name);
    let pages = bench.pages().len();
    let answer = bench.call(function, &event);
    let told = bench.pages().split_off(pages);
    match (expected["refused"].as_str(), expected["failed"].as_str()) {
        (Some(words), _) => {
            let error = answer.expect_err(&format!("{function} takes {name}"));
            assert!(error.contains(words), "{function}, {name}: {error}");
            assert!(told.is_empty(), "{function}, {name}: {told:?}");
        }
        (_, Some(words)) => {
            // The world's pipeline has given nobody this job, so it takes no answer to it.
            let error = answer.expect_err(&format!("{function} does {name}"));
            assert!(error.contains("PutJobFailureResult"), "{function}, {name}: {error}");
            assert!(told.len() == 1 && told[0].contains(words), "{function}, {name}: {told:?}");
            assert!(!told[0].contains("not-a-secret"), "{function}, {name}: {told:?}");
        }
        _ => {
            answer.unwrap_or_else(|error| panic!("{function}, {name}: {error}"));
            assert!(told.is_empty(), "{function}, {name}: {told:?}");
        }
    }
}

/// Events of jobs that the pipeline knows nothing of: another region's turn, and an end that has not come.
fn jobs_that_nobody_gave_are_not_answered(bench: &mut Bench<'_>) {
    let before = bench.statuses();
    for name in ["promote-jp-continuation", "verify-fleet", "verify-fleet-continuation"] {
        let event = bench.event(&format!("promote/{name}.json"));
        let error = bench.call("promote", &event).expect_err(name);
        assert!(error.contains("PutJob"), "{name}: {error}");
    }
    assert_eq!(bench.statuses(), before);
}
