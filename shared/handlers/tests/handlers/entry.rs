//! From an event to its answer: no job stays without one.

use crate::world::{Answered, FLEET, Fault, JobAnswer, Sent, World, context, quiet, run};
use meridian_domain::reason::{
    EvaluationReason, EventFault, Excerpt, ExpectedField, Failure, FailureDetail, FoundField, JobFailure,
    ServiceFailure, Unseen,
};
use meridian_domain::{Actor, Chain, Record, ReleaseId, Sha256};
use meridian_handlers::context::{FunctionKind, HandlerError};
use meridian_handlers::entry::{invoke, promote};
use meridian_handlers::events::{EventError, NO_RELEASE};
use meridian_handlers::ports::{ErrorKind, FailureKind, OperationName};
use meridian_messages::Voice;
use meridian_messages::pages::{Notice, Sender};
use serde_json::{Value, json};

const FUNCTIONS: [FunctionKind; 2] = [FunctionKind::ShadowEval, FunctionKind::Promote];

fn event(function: FunctionKind, job: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut parameters = json!({
        "fleet": "fraud", "action": "promote", "region": "eu-west-1", "release": Sha256::of(b"release"),
        "policy": Sha256::of(FLEET.as_bytes()), "pipeline": "fraud-promotion", "execution": "execution-1",
    });
    if function == FunctionKind::ShadowEval {
        parameters["action"] = json!("register");
    }
    change(&mut parameters);
    json!({"CodePipeline.job": {"id": job, "data": {
        "actionConfiguration": {"configuration": {"UserParameters": parameters.to_string()}},
        "artifactCredentials": {"secretAccessKey": "secret"},
    }}})
}

/// The answer to a job that is wrongly configured.
const CONFIGURATION: Answered = Answered::Failed(FailureKind::Configuration);

/// What the pipeline and home's on-call are told of a job that fails.
pub fn failed_job(job: &str, why: JobFailure) -> (String, Sent) {
    let ctx = context("eu-west-1");
    let said = Voice::of(&ctx.fleet).job_failure(&why);
    (said, Sent::of(Notice::JobFailed { job: job.to_owned(), why }, &ctx.region, &Sender::Region))
}

/// Home's ledger, which a scheduled fault of this kind keeps from being read.
fn ledger_unseen(kind: ErrorKind) -> Unseen {
    let (region, said) = (context("eu-west-1").region, FailureDetail::Said("scheduled".to_owned()));
    let detail = Box::new(said);
    let failure = ServiceFailure { kind, region, operation: OperationName::ListObjectsV2, detail };
    Unseen::Ledger { chain: Chain::Home, failure }
}

/// A world in which the pipeline calls for one job.
fn world() -> (World, String) {
    let world = World::with_jobs(quiet("2026-03-12T03:00:00Z"), 1);
    let job = world.job();
    (world, job)
}

fn wave() -> Actor {
    "execution-1".parse().unwrap()
}

/// What is written to home's chain.
fn hub(world: &World) -> Vec<Record> {
    world.records(&context("eu-west-1").region, Chain::Home)
}

/// The one answer that CodePipeline got.
fn answer(world: &World) -> JobAnswer {
    let answers = world.answers.borrow();
    assert_eq!(answers.len(), 1, "{answers:?}");
    answers[0].clone()
}

#[test]
fn a_malformed_job_is_answered_as_a_wrong_configuration() {
    let ctx = context("eu-west-1");
    let wrong = |field: &str, expected: ExpectedField, found: FoundField| EventFault::Field {
        event: "CodePipeline job, UserParameters".to_owned(),
        field: field.to_owned(),
        expected,
        found,
    };
    let (fleet, churn) = (ExpectedField::OwnFleet(ctx.fleet.name.clone()), FoundField::Text(Excerpt::of("churn")));
    let (policy, other) = (ExpectedField::OwnPolicy(ctx.policy), FoundField::Digest(Sha256::of(b"")));
    type Change = fn(&mut Value);
    // And whether it is on record: the execution may be another fleet's.
    let changes: [(Change, EventFault, bool); 3] = [
        (|it| *it = json!("nothing"), wrong("action", ExpectedField::Action, FoundField::Missing), false),
        (|it| it["fleet"] = json!("churn"), wrong("fleet", fleet, churn), false),
        (|it| it["policy"] = json!(Sha256::of(b"")), wrong("policy", policy, other), true),
    ];
    for function in FUNCTIONS {
        for (change, fault, ours) in &changes {
            let (world, job) = world();
            run(invoke(function, &world, &ctx, event(function, &job, *change))).unwrap();
            let answer = answer(&world);
            assert_eq!(answer.how, CONFIGURATION, "{answer:?}");
            let (said, page) = failed_job(&job, JobFailure::Event(fault.clone()));
            assert_eq!((answer.said, world.pages()), (said, vec![page]));
            let failed = Record::JobFailed { execution: wave(), why: Box::new(JobFailure::Event(fault.clone())) };
            assert_eq!(hub(&world), if *ours { vec![failed] } else { Vec::new() });
        }
    }
}

/// The functions were deployed with another policy while the wave walked.
#[test]
fn a_failed_job_of_a_wave_is_on_record() {
    for function in FUNCTIONS {
        let (world, job) = world();
        let (ctx, release) = (context("eu-west-1"), ReleaseId(Sha256::of(b"release")));
        let version = "v427".parse().unwrap();
        let started = Record::WaveStarted {
            release,
            version,
            execution: wave(),
            late: vec![],
            order: None,
            resumes: None,
            policy: None,
        };
        world.write(&ctx.region, Chain::Home, "replication", started);
        let other = event(function, &job, |it| it["policy"] = json!(Sha256::of(b"")));
        run(invoke(function, &world, &ctx, other)).unwrap();
        let Some(Record::JobFailed { execution, why }) = hub(&world).pop() else { panic!("{:?}", hub(&world)) };
        assert!(execution == wave() && matches!(*why, JobFailure::Event(EventFault::Field { .. })), "{why:?}");
    }
}

/// CodePipeline starts a pipeline by itself when it is created, with the defaults of its variables.
#[test]
fn an_execution_that_no_wave_started_fails_without_a_page() {
    let template = include_str!("../../../../template.yaml");
    for name in ["release", "policy", "version"] {
        let variable = format!("{{Name: {name}, DefaultValue: {NO_RELEASE}, ");
        assert!(template.contains(&variable), "template.yaml has no {variable}");
    }
    for function in FUNCTIONS {
        let (world, job) = world();
        let started = event(function, &job, |it| it["release"] = json!(NO_RELEASE));
        run(invoke(function, &world, &context("eu-west-1"), started)).unwrap();
        assert_eq!((answer(&world).how, world.pages(), hub(&world)), (CONFIGURATION, Vec::new(), Vec::new()));
    }
}

/// Where the order is the hour's, a stage is a place: a ping's places are the policy's.
#[test]
fn a_ping_looks_into_the_region_of_its_stage() {
    for (turn, region) in [(json!({"region": "sa-east-1"}), "sa-east-1"), (json!({"place": 2}), "ap-southeast-2")] {
        let (world, job) = world();
        let pinged = event(FunctionKind::Promote, &job, |it| {
            it["release"] = json!("ping");
            it.as_object_mut().unwrap().remove("region");
            it.as_object_mut().unwrap().extend(turn.as_object().unwrap().clone());
        });
        let reply = run(invoke(FunctionKind::Promote, &world, &context("eu-west-1"), pinged)).unwrap();
        let looked = (&reply["reason"]["ping"], &reply["reason"]["region"], &reply["outcome"]);
        assert_eq!(looked, (&json!("looked"), &json!(region), &json!("done")), "{reply}");
    }
}

#[test]
fn a_handler_that_fails_answers_its_job_and_pages_somebody() {
    for function in FUNCTIONS {
        let (world, job) = world();
        world.fault("ListObjectsV2", Fault::Fails(ErrorKind::Refused));
        world.fault("GetObject", Fault::Fails(ErrorKind::Refused));
        let reply = run(invoke(function, &world, &context("eu-west-1"), event(function, &job, |_| {}))).unwrap();
        let why = JobFailure::Unseen(ledger_unseen(ErrorKind::Refused));
        assert_eq!((&reply["outcome"], &reply["reason"]), (&json!("failed"), &json!(why)));
        let answer = answer(&world);
        assert_eq!(answer.how, Answered::Failed(FailureKind::JobFailed), "{answer:?}");
        let (said, page) = failed_job(&job, why);
        assert_eq!((answer.said, world.pages()), (said, vec![page]));
    }
}

#[test]
fn a_service_down_for_too_long_ends_the_job_with_a_page() {
    let (world, job) = world();
    let mut event = event(FunctionKind::ShadowEval, &job, |_| {});
    event["CodePipeline.job"]["data"]["continuationToken"] = json!("register.60");
    world.fault("ListObjectsV2", Fault::Fails(ErrorKind::Throttled));
    let reply = run(invoke(FunctionKind::ShadowEval, &world, &context("eu-west-1"), event)).unwrap();
    assert_eq!(reply["outcome"], "failed");
    let answer = answer(&world);
    assert_eq!(answer.how, Answered::Failed(FailureKind::SystemUnavailable), "{answer:?}");
    let last = Box::new(EvaluationReason::Waiting(ledger_unseen(ErrorKind::Throttled)));
    let why = Failure::NoRuling(EvaluationReason::GivenUp { calls: 60, last });
    let (said, page) = failed_job(&job, JobFailure::Failed(why));
    assert_eq!((answer.said, world.pages()), (said, vec![page]));
}

#[test]
fn another_functions_action_is_a_wrong_configuration() {
    for (function, other) in [(FunctionKind::ShadowEval, "verify"), (FunctionKind::Promote, "register")] {
        let (world, job) = world();
        let wrong = event(function, &job, |it| {
            it["action"] = json!(other);
            it.as_object_mut().unwrap().remove("region");
        });
        run(invoke(function, &world, &context("eu-west-1"), wrong)).unwrap();
        assert_eq!(answer(&world).how, CONFIGURATION);
    }
}

#[test]
fn a_page_that_does_not_go_out_does_not_stop_the_answer() {
    let (world, job) = world();
    world.mute(ErrorKind::Unreachable);
    let bad = event(FunctionKind::Promote, &job, |it| *it = json!("nothing"));
    run(promote(&world, &context("eu-west-1"), bad)).unwrap();
    assert_eq!(answer(&world).how, CONFIGURATION);
}

/// Lambda repeats a call that failed; a job that was failed for it stays failed.
#[test]
fn a_lost_codepipeline_answer_is_repeated() {
    let (world, job) = world();
    world.fault("PutJobFailureResult", Fault::Fails(ErrorKind::Throttled));
    let bad = event(FunctionKind::Promote, &job, |it| *it = json!("nothing"));
    assert!(run(promote(&world, &context("eu-west-1"), bad)).is_err());
}

#[test]
fn an_answer_that_is_refused_fails_the_call() {
    let (world, job) = world();
    world.fault("PutJobFailureResult", Fault::Fails(ErrorKind::Refused));
    let bad = event(FunctionKind::Promote, &job, |it| *it = json!("nothing"));
    assert!(run(promote(&world, &context("eu-west-1"), bad.clone())).is_err());
    // ... unless the job has its answer already.
    world.fault("PutJobFailureResult", Fault::Fails(ErrorKind::Conflict));
    assert!(run(promote(&world, &context("eu-west-1"), bad)).is_ok());
}

#[test]
fn an_event_of_another_kind_is_an_error_and_answers_nothing() {
    for function in FunctionKind::ALL {
        let world = World::default();
        let foreign = json!({"source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification"});
        let error = run(invoke(function, &world, &context("eu-west-1"), foreign)).unwrap_err();
        let HandlerError::Event(EventError(fault)) = &error else { panic!("{error}") };
        let EventFault::Kind { function: named, .. } = &**fault else { panic!("{error}") };
        assert_eq!(named, function.name());
        assert!(world.answers.borrow().is_empty() && world.keys(&context("eu-west-1").region).is_empty());
    }
}

/// A deputy has a pipeline too, which somebody may start; its jobs fail until home has moved there.
#[test]
fn a_deputys_job_fails_while_home_is_elsewhere() {
    for function in FUNCTIONS {
        let ctx = context("ap-northeast-1");
        let world = World::with_jobs_in(&ctx.region, quiet("2026-03-12T03:00:00Z"), 1);
        let job = world.job();
        let reply = run(invoke(function, &world, &ctx, event(function, &job, |_| {}))).unwrap();
        let (region, home) = (ctx.region.clone(), ctx.fleet.home.clone());
        assert_eq!(reply["reason"], json!(JobFailure::Failed(Failure::NotHome { region, home })), "{function}");
        assert!(matches!(hub(&world).as_slice(), [Record::JobFailed { .. }]), "{function}: home hears of it");
    }
}
