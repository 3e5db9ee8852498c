use super::*;
use crate::ports::ErrorKind;
use crate::testing::{FLEET, Fault, World, context, run};
use meridian_domain::Sha256;

const FUNCTIONS: [FunctionKind; 2] = [FunctionKind::ShadowEval, FunctionKind::Promote];

fn event(function: FunctionKind, change: impl FnOnce(&mut Value)) -> Value {
    let mut parameters = json!({
        "fleet": "fraud", "action": "promote", "region": "eu-west-1", "release": Sha256::of(b"release"),
        "policy": Sha256::of(FLEET.as_bytes()), "pipeline": "fraud-promotion", "execution": "execution-1",
    });
    if function == FunctionKind::ShadowEval {
        parameters["action"] = json!("register");
    }
    change(&mut parameters);
    json!({"CodePipeline.job": {"id": "job-1", "data": {
        "actionConfiguration": {"configuration": {"UserParameters": parameters.to_string()}},
        "artifactCredentials": {"secretAccessKey": "secret"},
    }}})
}

/// The one answer that CodePipeline got.
fn answer(world: &World) -> String {
    let answers = world.answers.borrow();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(answers[0].0, "job-1");
    answers[0].1.clone()
}

#[test]
fn a_malformed_job_is_answered_as_a_wrong_configuration() {
    let changes: [fn(&mut Value); 3] =
        [|it| *it = json!("nothing"), |it| it["fleet"] = json!("churn"), |it| it["policy"] = json!(Sha256::of(b""))];
    for function in FUNCTIONS {
        for change in changes {
            let world = World::default();
            run(invoke(function, &world, &context("eu-west-1"), event(function, change))).unwrap();
            assert!(answer(&world).starts_with("Configuration: CodePipeline job, UserParameters: field "));
        }
    }
}

#[test]
fn a_handler_that_fails_or_panics_leaves_no_job_unanswered() {
    for function in FUNCTIONS {
        for fault in [Fault::Panics, Fault::Fails(ErrorKind::Refused)] {
            let world = World::default();
            world.fault("ListObjectsV2", fault);
            let reply = run(invoke(function, &world, &context("eu-west-1"), event(function, |_| {}))).unwrap();
            assert_eq!(reply["outcome"], "failed");
            let said = answer(&world);
            assert!(said.starts_with("SystemUnavailable: "), "{said}");
            assert!(!said.contains("0.123"), "{said}");
        }
    }
}

#[test]
fn an_answer_that_is_refused_fails_the_call() {
    let world = World::default();
    world.fault("PutJobFailureResult", Fault::Fails(ErrorKind::Refused));
    let bad = event(FunctionKind::Promote, |it| *it = json!("nothing"));
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
        let error = run(invoke(function, &world, &context("eu-west-1"), foreign)).unwrap_err().to_string();
        assert!(error.contains(&format!("{function} takes")), "{error}");
        assert!(world.answers.borrow().is_empty() && world.objects.borrow().is_empty());
    }
}
