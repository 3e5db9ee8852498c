use crate::support::*;
use meridian_handlers::context::FunctionKind;
use meridian_local::services::codepipeline::*;
use meridian_local::world::{Invocation, InvocationEnd, What, World};
use serde_json::{Value, json};

pub fn start(world: &mut World, token: &str) -> String {
    let variable = |name: &str, value: &str| PipelineVariable { name: name.to_owned(), value: value.to_owned() };
    let start = StartPipelineExecution {
        name: "fraud-promotion".to_owned(),
        variables: vec![variable("release", "r427"), variable("policy", "p1")],
        client_request_token: Some(token.to_owned()),
        source_revisions: vec![SourceRevisionOverride {
            action_name: "Source".to_owned(),
            revision_type: "S3_OBJECT_VERSION_ID".to_owned(),
            revision_value: "v1".to_owned(),
        }],
    };
    call(world, EU, start).unwrap().pipeline_execution_id
}

/// Jobs that came due, each answered to Lambda at once.
pub fn jobs(world: &mut World) -> Vec<Invocation> {
    let taken = world.take_invocations();
    for own in &taken {
        world.invocation_ended(own.id, InvocationEnd::Answered(json!({})));
    }
    taken.into_iter().filter(|own| own.payload.get("CodePipeline.job").is_some()).collect()
}

pub fn job_id(job: &Invocation) -> String {
    job.payload["CodePipeline.job"]["id"].as_str().unwrap().to_owned()
}

fn parameters(job: &Invocation) -> Value {
    let configuration = &job.payload["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"];
    serde_json::from_str(configuration["UserParameters"].as_str().unwrap()).unwrap()
}

pub fn succeed(world: &mut World, job: &str, token: Option<&str>) -> Result<(), String> {
    let put = PutJobSuccessResult {
        job_id: job.to_owned(),
        continuation_token: token.map(str::to_owned),
        ..PutJobSuccessResult::default()
    };
    call(world, EU, put).map(drop).map_err(|error| error.code)
}

#[test]
fn a_wave_goes_through_the_fleet_in_order() {
    let mut world = world(night());
    let execution = start(&mut world, "t1");
    let mut seen = Vec::new();
    for _ in 0..6 {
        run_for(&mut world, 10);
        let due = jobs(&mut world);
        assert_eq!(due.len(), 1);
        let parameters = parameters(&due[0]);
        assert_eq!(parameters["execution"], json!(execution));
        assert_eq!((&parameters["release"], &parameters["policy"]), (&json!("r427"), &json!("p1")));
        seen.push((due[0].function, format!("{} {}", parameters["action"], parameters["region"])));
        succeed(&mut world, &job_id(&due[0]), None).unwrap();
    }
    let promote = |name: &str| (FunctionKind::Promote, format!("\"promote\" \"{name}\""));
    let verify = (FunctionKind::Promote, "\"verify\" null".to_owned());
    let register = (FunctionKind::ShadowEval, "\"register\" null".to_owned());
    assert_eq!(seen, [register, promote(EU), promote(AU), promote(JP), promote(BR), verify]);
    assert!(world.log().iter().any(|event| matches!(event.what, What::ExecutionSucceeded { .. })));
}

/// As CodePipeline starts a pipeline that was just created.
#[test]
fn an_execution_started_with_no_variables_has_their_defaults() {
    let mut world = world(night());
    let bare = StartPipelineExecution {
        name: "fraud-promotion".to_owned(),
        variables: Vec::new(),
        client_request_token: None,
        source_revisions: Vec::new(),
    };
    call(&mut world, EU, bare).unwrap();
    run_for(&mut world, 10);
    let parameters = parameters(&jobs(&mut world)[0]);
    assert_eq!((&parameters["release"], &parameters["policy"]), (&json!("none"), &json!("none")));
}

#[test]
fn a_continuation_token_means_call_me_again_in_half_a_minute() {
    let mut world = world(night());
    start(&mut world, "t1");
    run_for(&mut world, 10);
    let first = jobs(&mut world).remove(0);
    assert!(first.payload["CodePipeline.job"]["data"].get("continuationToken").is_none());
    succeed(&mut world, &job_id(&first), Some("step 2")).unwrap();
    run_for(&mut world, 29);
    assert!(jobs(&mut world).is_empty());
    run_for(&mut world, 3);
    let second = jobs(&mut world).remove(0);
    assert_eq!(second.payload["CodePipeline.job"]["data"]["continuationToken"], "step 2");
    assert_ne!(job_id(&second), job_id(&first));
    assert_eq!(succeed(&mut world, &job_id(&first), None), Err("InvalidJobStateException".to_owned()));
    assert_eq!(succeed(&mut world, "none", None), Err("JobNotFoundException".to_owned()));
}

#[test]
fn nobody_answering_for_twenty_minutes_fails_the_action() {
    let mut world = world(night());
    start(&mut world, "t1");
    run_for(&mut world, 10);
    let job = jobs(&mut world).remove(0);
    let failed = |world: &World| world.log().iter().any(|event| matches!(event.what, What::ExecutionFailed { .. }));
    run_for(&mut world, 19 * 60);
    assert!(!failed(&world));
    run_for(&mut world, 60);
    assert!(failed(&world));
    assert_eq!(succeed(&mut world, &job_id(&job), None), Err("InvalidJobStateException".to_owned()));
}

#[test]
fn starting_twice_with_one_token_starts_once() {
    let mut world = world(night());
    let first = start(&mut world, "t1");
    assert_eq!(start(&mut world, "t1"), first);
    assert_ne!(start(&mut world, "t2"), first);
}

#[test]
fn executions_queue_for_a_stage_and_a_failed_one_leaves_it() {
    let mut world = world(night());
    start(&mut world, "t1");
    start(&mut world, "t2");
    run_for(&mut world, 20);
    let due = jobs(&mut world);
    assert_eq!(due.len(), 1, "the second waits before the stage that the first is in");
    let failure = PutJobFailureResult {
        job_id: job_id(&due[0]),
        failure_details: FailureDetails {
            failure_type: "JobFailed".to_owned(),
            message: "no".to_owned(),
            external_execution_id: None,
        },
    };
    call(&mut world, EU, failure).unwrap();
    run_for(&mut world, 5);
    assert_eq!(jobs(&mut world).len(), 1);
}

#[test]
fn bad_answers_are_refused_and_leave_the_job_open() {
    let mut world = world(night());
    start(&mut world, "t1");
    run_for(&mut world, 10);
    let job = job_id(&jobs(&mut world).remove(0));
    assert!(succeed(&mut world, &job, Some("")).is_err());
    assert!(succeed(&mut world, &job, Some(&"x".repeat(2049))).is_err());
    let mixed = PutJobSuccessResult {
        job_id: job.clone(),
        continuation_token: Some("t".to_owned()),
        output_variables: [("a".to_owned(), "b".to_owned())].into(),
        ..PutJobSuccessResult::default()
    };
    assert!(call(&mut world, EU, mixed).is_err());
    assert!(succeed(&mut world, &job, None).is_ok());
}

fn status(world: &mut World, execution: &str) -> Result<PipelineExecution, String> {
    let ask = GetPipelineExecution {
        pipeline_name: "fraud-promotion".to_owned(),
        pipeline_execution_id: execution.to_owned(),
    };
    call(world, EU, ask).map(|answer| answer.pipeline_execution).map_err(|error| error.code)
}

fn fail(world: &mut World, job_id: String) {
    let failure_details =
        FailureDetails { failure_type: "JobFailed".to_owned(), message: "bad".to_owned(), external_execution_id: None };
    call(world, EU, PutJobFailureResult { job_id, failure_details }).unwrap();
}

#[test]
fn an_execution_says_how_it_stands_and_the_newest_comes_first() {
    let mut world = world(night());
    let (first, second) = (start(&mut world, "t1"), start(&mut world, "t2"));
    let own = status(&mut world, &first).unwrap();
    assert_eq!((own.status.as_str(), own.execution_mode.as_str()), ("InProgress", "QUEUED"));
    let release = own.variables.iter().find(|variable| variable.name == "release").unwrap();
    assert_eq!(release.resolved_value, "r427");
    run_for(&mut world, 10);
    let job = job_id(&jobs(&mut world)[0]);
    fail(&mut world, job);
    assert_eq!(status(&mut world, &first).unwrap().status, "Failed");
    for _ in 0..20 {
        run_for(&mut world, 10);
        for job in jobs(&mut world) {
            succeed(&mut world, &job_id(&job), None).unwrap();
        }
    }
    assert_eq!(status(&mut world, &second).unwrap().status, "Succeeded");
    assert_eq!(status(&mut world, "none"), Err("PipelineExecutionNotFoundException".to_owned()));
    let ask = ListPipelineExecutions { pipeline_name: "fraud-promotion".to_owned(), max_results: None };
    let all = call(&mut world, EU, ask).unwrap().pipeline_execution_summaries;
    let ids: Vec<&str> = all.iter().map(|own| own.pipeline_execution_id.as_str()).collect();
    assert_eq!(ids, [&second, &first]);
    assert!(all[0].start_time < all[0].last_update_time);
}

fn stop(world: &mut World, execution: &str, abandon: bool) -> Result<(), String> {
    let stop = StopPipelineExecution {
        pipeline_name: "fraud-promotion".to_owned(),
        pipeline_execution_id: execution.to_owned(),
        abandon,
        reason: None,
    };
    call(world, EU, stop).map(drop).map_err(|error| error.code)
}

/// The action that it is in ends first, however often that asks to be called again; the next execution then takes its place.
#[test]
fn an_execution_that_a_person_stops_ends_with_its_action() {
    let mut world = world(night());
    let (first, second) = (start(&mut world, "t1"), start(&mut world, "t2"));
    run_for(&mut world, 10);
    let job = job_id(&jobs(&mut world)[0]);
    stop(&mut world, &first, false).unwrap();
    assert_eq!(stop(&mut world, &first, false), Err("DuplicatedStopRequestException".to_owned()));
    succeed(&mut world, &job, Some("again")).unwrap();
    run_for(&mut world, 40);
    assert_eq!(status(&mut world, &first).unwrap().status, "Stopping");
    let again = job_id(&jobs(&mut world)[0]);
    succeed(&mut world, &again, None).unwrap();
    assert_eq!(status(&mut world, &first).unwrap().status, "Stopped");
    assert_eq!(stop(&mut world, &first, true), Err("PipelineExecutionNotStoppableException".to_owned()));
    run_for(&mut world, 10);
    let own = jobs(&mut world);
    assert_eq!((own.len(), &parameters(&own[0])["execution"]), (1, &json!(second)));
}

/// What its function answers after that is refused, and it is not called again.
#[test]
fn an_execution_that_a_person_abandons_ends_at_once() {
    for continues in [false, true] {
        let mut world = world(night());
        let (first, second) = (start(&mut world, "t1"), start(&mut world, "t2"));
        run_for(&mut world, 10);
        let job = job_id(&jobs(&mut world)[0]);
        if continues {
            succeed(&mut world, &job, Some("again")).unwrap();
        }
        stop(&mut world, &first, true).unwrap();
        assert_eq!(status(&mut world, &first).unwrap().status, "Stopped");
        assert_eq!(succeed(&mut world, &job, None), Err("InvalidJobStateException".to_owned()));
        run_for(&mut world, 40);
        let called: Vec<Value> = jobs(&mut world).iter().map(|job| parameters(job)["execution"].clone()).collect();
        assert_eq!(called, [json!(second)], "{continues}");
        // Nor does its job's time run out later.
        run_for(&mut world, 30 * 60);
        assert_eq!(status(&mut world, &first).unwrap().status, "Stopped");
    }
}

fn retry(world: &mut World, stage: &str, execution: &str) -> Result<(), String> {
    let retry = RetryStageExecution {
        pipeline_name: "fraud-promotion".to_owned(),
        stage_name: stage.to_owned(),
        pipeline_execution_id: execution.to_owned(),
        retry_mode: "FAILED_ACTIONS".to_owned(),
    };
    call(world, EU, retry).map(drop).map_err(|error| error.code)
}

/// Its action is called once more, in the same execution; what has not failed, or is out of date, is not retried.
#[test]
fn a_stage_that_failed_is_retried_once_a_person_asks_for_it() {
    let mut world = world(night());
    let first = start(&mut world, "t1");
    run_for(&mut world, 10);
    assert_eq!(retry(&mut world, "Register", &first), Err("StageNotRetryableException".to_owned()), "it runs");
    let job = job_id(&jobs(&mut world)[0]);
    fail(&mut world, job);
    assert_eq!(retry(&mut world, "Nowhere", &first), Err("StageNotFoundException".to_owned()));
    assert_eq!(retry(&mut world, "Verify-Fleet", &first), Err("StageNotRetryableException".to_owned()));
    retry(&mut world, "Register", &first).unwrap();
    assert_eq!(status(&mut world, &first).unwrap().status, "InProgress");
    run_for(&mut world, 10);
    let again = jobs(&mut world);
    assert_eq!((again.len(), &parameters(&again[0])["execution"]), (1, &json!(first)));
    fail(&mut world, job_id(&again[0]));
    let second = start(&mut world, "t2");
    run_for(&mut world, 10);
    let stale = Err("NotLatestPipelineExecutionException".to_owned());
    assert_eq!(retry(&mut world, "Register", &first), stale, "{second} has been there since");
}

/// One that waits behind another has no action, and never begins.
#[test]
fn a_queued_execution_that_a_person_stops_never_begins() {
    for abandon in [false, true] {
        let mut world = world(night());
        let (first, second) = (start(&mut world, "t1"), start(&mut world, "t2"));
        stop(&mut world, &second, abandon).unwrap();
        assert_eq!(status(&mut world, &second).unwrap().status, "Stopped");
        run_for(&mut world, 10);
        let job = job_id(&jobs(&mut world)[0]);
        stop(&mut world, &first, true).unwrap();
        assert_eq!(succeed(&mut world, &job, None), Err("InvalidJobStateException".to_owned()));
        run_for(&mut world, 10);
        assert!(jobs(&mut world).is_empty());
    }
}

#[test]
fn home_and_its_deputy_have_a_pipeline() {
    let mut world = world(night());
    let mut named = |place: &str| {
        let own = call(&mut world, place, ListPipelines {}).unwrap().pipelines;
        own.into_iter().map(|own| own.name).collect::<Vec<_>>()
    };
    assert_eq!((named(EU), named(JP)), (vec!["fraud-promotion".to_owned()], vec!["fraud-promotion".to_owned()]));
    assert!(named(BR).is_empty());
}
