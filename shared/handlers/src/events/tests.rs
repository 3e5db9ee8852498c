use super::*;
use crate::replication::{ReplicationEvent, ReplicationTrouble};
use crate::rollback::RollbackEvent;
use crate::status::StatusEvent;
use meridian_domain::reason::{EventFault, EventKind, Excerpt, ExpectedField, FoundEvent, FoundField};
use serde_json::{Value, json};

pub(super) fn fixture(path: &str) -> Value {
    let path = format!("{}/../../events/{path}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What is wrong with a field of an event of this kind.
fn wrong(event: &'static str, field: &str, expected: ExpectedField, found: FoundField) -> EventError {
    EventError(Box::new(EventFault::Field { event: event.to_owned(), field: field.to_owned(), expected, found }))
}

/// The field that an error names.
fn field(error: EventError) -> String {
    match *error.0 {
        EventFault::Field { field, .. } => field,
        other @ EventFault::Kind { .. } => panic!("{other:?}"),
    }
}

/// An event as `replication` in `region` reads it.
pub(super) fn replication(region: &str, event: &Value) -> Result<ReplicationEvent, EventError> {
    let fleet = crate::own_policy::fleet();
    ReplicationEvent::parse(event, fleet.region(&crate::own_policy::name(region)).unwrap())
}

pub(super) const HOME: &str = "eu-west-1";
/// The kind of event that a job's parameters are, as an error names it.
const PARAMETERS: &str = "CodePipeline job, UserParameters";
const RELEASE: &str = "f4874e767dae57f48abdd881a7a451606da461c56f8321fe9b6d144021de3b72";

#[test]
fn replication_is_invoked_by_manifests_failures_and_schedule() {
    let created = replication("ap-northeast-1", &fixture("replication/object-created.json"));
    assert_eq!(created, Ok(ReplicationEvent::ManifestCreated { release: RELEASE.parse().unwrap() }));
    assert_eq!(replication(HOME, &fixture("replication/sweep.json")), Ok(ReplicationEvent::Sweep));
    let Ok(ReplicationEvent::ReplicationFailed(troubles)) =
        replication(HOME, &fixture("replication/replication-failed.json"))
    else {
        panic!("expected a failure")
    };
    assert_eq!(
        troubles,
        [ReplicationTrouble {
            what: "OperationFailedReplication".to_owned(),
            key: format!("releases/manifests/{RELEASE}.json"),
            destination: "fraud-models-jp".to_owned(),
            reason: Some("AssumeRoleNotPermitted".to_owned()),
        }]
    );
    assert!(troubles[0].is_open());
}

#[test]
fn a_key_that_is_no_manifest_is_refused_by_name() {
    let mut event = fixture("replication/object-created.json");
    event["detail"]["object"]["key"] = json!("releases/archives/model.tar.gz");
    let found = FoundField::Text(Excerpt::of("releases/archives/model.tar.gz"));
    let expected = wrong("S3 Object Created", "detail.object.key", ExpectedField::ManifestKey, found);
    assert_eq!(replication("ap-northeast-1", &event), Err(expected));
}

#[test]
fn pipeline_jobs_say_what_to_do_for_which_release() {
    let action = |path: &str| {
        let job = PipelineJob::parse("promote", &fixture(path)).unwrap();
        assert_eq!(job.parameters.release.to_string(), RELEASE);
        assert_eq!(job.parameters.pipeline.as_str(), "fraud-promotion");
        (job.parameters.action, job.continuation)
    };
    let promote = |region: &str| Action::Promote { turn: Turn::Of(region.parse().unwrap()) };
    assert_eq!(action("promote/promote-eu.json"), (promote("eu-west-1"), None));
    assert_eq!(
        action("promote/promote-jp-continuation.json"),
        (promote("ap-northeast-1"), Some("promote.ap-northeast-1.7".to_owned()))
    );
    assert_eq!(action("promote/verify-fleet.json"), (Action::Verify, None));
    assert_eq!(action("shadow-eval/register.json"), (Action::Register, None));
    assert_eq!(action("shadow-eval/register-continuation.json"), (Action::Register, Some("register.2".to_owned())));
}

#[test]
fn a_job_without_parameters_can_still_be_answered() {
    let event = fixture("hostile/missing-user-parameters.json");
    assert_eq!(job_id(&event), Some("55555555-abcd-4555-abcd-555555abcdef"));
    let field = "CodePipeline.job.data.actionConfiguration.configuration.UserParameters";
    let missing = wrong("CodePipeline job", field, ExpectedField::UserParameters, FoundField::Missing);
    assert_eq!(PipelineJob::parse("promote", &event), Err(missing));
}

#[test]
fn each_wrong_parameter_is_named() {
    let right = json!({
        "fleet": "fraud", "action": "promote", "region": "eu-west-1", "release": RELEASE, "policy": RELEASE,
        "pipeline": "fraud-promotion", "execution": "0f9a3c1e-27d4-4b51-9f1e-5a4c0e7d2b10",
    });
    let parse = |parameters: String| {
        let mut event = fixture("promote/promote-eu.json");
        event["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"]["UserParameters"] = json!(parameters);
        PipelineJob::parse("promote", &event)
    };
    assert!(parse(right.to_string()).is_ok());
    for name in ["fleet", "action", "region", "release", "policy", "pipeline", "execution"] {
        for wrong in [Value::Null, json!(7), json!(""), json!("not one, ever\n")] {
            let mut parameters = right.clone();
            parameters[name] = wrong;
            assert_eq!(field(parse(parameters.to_string()).unwrap_err()), name);
        }
    }
    for wrong in [json!(0), json!(-1), json!(1.5), json!("1"), json!(true), json!(1)] {
        // The last one is a place, and there is a region too.
        let mut parameters = right.clone();
        parameters["place"] = wrong;
        assert_eq!(field(parse(parameters.to_string()).unwrap_err()), "place");
    }
    let mut place = right.clone();
    (place["region"], place["place"]) = (Value::Null, json!(3));
    assert_eq!(parse(place.to_string()).unwrap().parameters.action, Action::Promote { turn: Turn::Place(3) });
    let error = parse("{\"fleet\":".to_owned()).unwrap_err();
    let EventFault::Field { found, .. } = &*error.0 else { panic!("{error}") };
    assert_eq!(*found, FoundField::NotJson { line: 1, column: 9 });
    assert!(parse("#{variables.release}".to_owned()).is_err());
}

#[test]
fn a_job_for_another_fleet_or_policy_is_refused() {
    let fleet = crate::own_policy::fleet();
    let policy = RELEASE.parse().unwrap();
    let mut job = PipelineJob::parse("promote", &fixture("promote/promote-eu.json")).unwrap();
    let other = FoundField::Digest(job.parameters.policy);
    assert_eq!(job.check(&fleet, policy), Err(wrong(PARAMETERS, "policy", ExpectedField::OwnPolicy(policy), other)));
    job.parameters.policy = policy;
    assert_eq!(job.check(&fleet, policy), Ok(()));
    job.parameters.fleet = "churn".parse().unwrap();
    let (expected, found) = (ExpectedField::OwnFleet(fleet.name.clone()), FoundField::Text(Excerpt::of("churn")));
    assert_eq!(job.check(&fleet, policy), Err(wrong(PARAMETERS, "fleet", expected, found)));
}

/// In an order by traffic a stage of one region would start it out of turn.
#[test]
fn a_stage_may_not_name_a_region_with_order_by_signal() {
    let mut fleet = crate::own_policy::fleet();
    let mut job = PipelineJob::parse("promote", &fixture("promote/promote-eu.json")).unwrap();
    let policy = job.parameters.policy;
    assert_eq!(job.check(&fleet, policy), Ok(()));
    fleet.order = meridian_domain::OrderPolicy::Signal;
    let found = FoundField::Text(Excerpt::of("eu-west-1"));
    assert_eq!(job.check(&fleet, policy), Err(wrong(PARAMETERS, "region", ExpectedField::PlaceForRegion, found)));
    job.parameters.action = Action::Promote { turn: Turn::Place(1) };
    assert_eq!(job.check(&fleet, policy), Ok(()));
}

#[test]
fn rollback_is_invoked_by_alarms_endpoints_and_the_schedule() {
    let invoked = |path: &str| RollbackEvent::parse(&fixture(path)).unwrap();
    let alarm = |name: &str| RollbackEvent::Alarm { name: Some(name.to_owned()) };
    let endpoint =
        |status: &str| RollbackEvent::Endpoint { name: Some("fraud".to_owned()), status: Some(status.to_owned()) };
    assert_eq!(invoked("rollback/composite-alarm.json"), alarm("fraud-rollback"));
    assert_eq!(invoked("rollback/metric-alarm.json"), alarm("fraud-endpoint-latency"));
    assert_eq!(invoked("rollback/endpoint-in-service.json"), endpoint("IN_SERVICE"));
    assert_eq!(invoked("rollback/endpoint-failed.json"), endpoint("FAILED"));
    assert_eq!(invoked("rollback/sweep.json"), RollbackEvent::Sweep);
}

/// `rollback` looks at the world whatever invoked it: no word of an event keeps it from looking.
#[test]
fn rollback_is_invoked_by_an_unknown_status() {
    let mut event = fixture("rollback/endpoint-failed.json");
    event["detail-type"] = json!("SageMaker Endpoint Deployment State Change");
    event["detail"]["EndpointStatus"] = json!("NAPPING");
    let status = Some("NAPPING".to_owned());
    assert_eq!(RollbackEvent::parse(&event), Ok(RollbackEvent::Endpoint { name: Some("fraud".to_owned()), status }));
    event["detail"] = json!(null);
    assert_eq!(RollbackEvent::parse(&event), Ok(RollbackEvent::Endpoint { name: None, status: None }));
    let mut alarm = fixture("rollback/composite-alarm.json");
    alarm["detail"]["state"]["value"] = json!("PERHAPS");
    assert_eq!(RollbackEvent::parse(&alarm), Ok(RollbackEvent::Alarm { name: Some("fraud-rollback".to_owned()) }));
}

#[test]
fn health_is_a_get() {
    let mut event = fixture("status/health.json");
    assert_eq!(StatusEvent::parse(&event), Ok(StatusEvent::Health));
    event["httpMethod"] = json!("POST");
    let found = FoundEvent::Request { method: Excerpt::of("POST"), path: Excerpt::of("/health") };
    let fault = EventFault::Kind { function: "status".to_owned(), expected: vec![EventKind::Health], found };
    assert_eq!(StatusEvent::parse(&event), Err(EventError(Box::new(fault))));
}

#[test]
fn an_event_of_another_kind_is_refused_by_every_function() {
    let foreign = [fixture("hostile/wrong-type.json"), json!({"hello": 1}), json!(null), json!([]), json!("text")];
    for event in foreign {
        for error in [
            replication(HOME, &event).unwrap_err(),
            PipelineJob::parse("promote", &event).unwrap_err(),
            RollbackEvent::parse(&event).unwrap_err(),
            StatusEvent::parse(&event).unwrap_err(),
        ] {
            assert!(matches!(*error.0, EventFault::Kind { .. }), "{error}");
        }
        assert_eq!(job_id(&event), None);
    }
    let (kind, source) = (Excerpt::of("EC2 Instance State-change Notification"), Excerpt::of("aws.ec2"));
    let found = FoundEvent::Named { kind, source };
    let expected = vec![EventKind::AlarmState, EventKind::EndpointState, EventKind::Schedule];
    let fault = EventFault::Kind { function: "rollback".to_owned(), expected, found };
    assert_eq!(RollbackEvent::parse(&fixture("hostile/wrong-type.json")), Err(EventError(Box::new(fault))));
}
