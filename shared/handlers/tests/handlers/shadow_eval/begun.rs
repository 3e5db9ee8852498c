//! A call that died of a release's files is answered by the next one.

use super::*;
use crate::entry::failed_job;
use jiff::SignedDuration;
use meridian_domain::reason::JobFailure;
use meridian_handlers::context::FunctionKind;
use meridian_handlers::entry::invoke;

/// What a call left that began so many seconds ago and did not end.
fn left_behind(world: &World, release: ReleaseId, job: &str, seconds: i64) {
    let at = world.now() - SignedDuration::from_secs(seconds);
    let note = Bytes::from(json!({"at": at, "ended": false}).to_string());
    world.put(&name(HOME), &keys::begun(release, job, 1), note);
}

fn event(release: ReleaseId, job: &str) -> Value {
    let parameters = json!({
        "fleet": "fraud", "action": "register", "release": release, "policy": Sha256::of(FLEET.as_bytes()),
        "pipeline": "fraud-promotion", "execution": "execution-1",
    });
    json!({"CodePipeline.job": {"id": job, "data": {
        "actionConfiguration": {"configuration": {"UserParameters": parameters.to_string()}},
    }}})
}

fn deliver(world: &World, release: ReleaseId, job: &str) -> Value {
    run(invoke(FunctionKind::ShadowEval, world, &context(HOME), event(release, job))).unwrap()
}

#[test]
fn a_job_whose_call_died_is_failed_by_the_next_with_one_page() {
    let world = world();
    let (release, job) = (published(&world, spec("v427")), world.job());
    let at = world.now() - SignedDuration::from_secs(60);
    left_behind(&world, release, &job, 60);
    assert_eq!(deliver(&world, release, &job)["outcome"], "failed");
    assert_eq!(kinds(&world), ["registered", "job failed"]);
    let answers = world.answers.borrow();
    assert_eq!(answers.len(), 1);
    let died = EvaluationReason::CallDied { release, version: "v427".parse().unwrap(), at };
    let (said, page) = failed_job(&job, JobFailure::Failed(Failure::NoRuling(died)));
    assert_eq!((&answers[0].said, world.pages()), (&said, vec![page]));
    // Nothing was read of what killed it.
    assert!(world.reads.borrow().iter().all(|key| !key.starts_with("holdouts/")), "{:?}", world.reads.borrow());
}

#[test]
fn an_event_that_is_delivered_twice_at_once_kills_nobody() {
    let world = world();
    let (release, job) = (published(&world, spec("v427")), world.job());
    left_behind(&world, release, &job, 1);
    assert_eq!(deliver(&world, release, &job)["outcome"], "approved");
    assert!(world.pages().is_empty());
}

#[test]
fn a_call_that_ended_badly_is_repeated_and_not_taken_for_dead() {
    let world = world();
    let (release, job) = (published(&world, spec("v427")), world.job());
    world.fault("PutJobSuccessResult", Fault::Fails(ErrorKind::Throttled));
    assert!(run(invoke(FunctionKind::ShadowEval, &world, &context(HOME), event(release, &job))).is_err());
    world.pass(SignedDuration::from_secs(90));
    assert_eq!(deliver(&world, release, &job)["outcome"], "approved");
}
