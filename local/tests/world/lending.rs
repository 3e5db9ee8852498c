//! The roles that regions lend to home's `promote`.

use crate::pipeline::{job_id, jobs, start, succeed};
use crate::support::*;
use meridian_handlers::context::FunctionKind;
use meridian_local::services::cloudwatch::{DescribeAlarms, MetricDatum, PutMetricData};
use meridian_local::services::s3::{GetObject, PutObject};
use meridian_local::services::sagemaker::DescribeEndpoint;
use meridian_local::services::sts::{AssumeRole, AssumeRoleOutput};
use meridian_local::services::{ApiError, Operation, Outcome};
use meridian_local::world::{Caller, Fault, FaultKind, Invocation, SessionKeys, World};

/// Home's `promote` at work in a world.
fn promote(world: &mut World) -> Invocation {
    start(world, "t1");
    run_for(world, 10);
    let register = jobs(world).remove(0);
    succeed(world, &job_id(&register), None).unwrap();
    run_for(world, 10);
    world.take_invocations().into_iter().find(|own| own.function == FunctionKind::Promote).unwrap()
}

fn assume(of: &str) -> AssumeRole {
    AssumeRole {
        role_arn: night().fleet.lent_role_arn(&region(of)),
        role_session_name: "promote.eu-west-1".to_owned(),
        external_id: Some("fraud".to_owned()),
        duration_seconds: None,
    }
}

/// What a function is answered that asks by itself.
fn asks<O: Operation>(world: &mut World, own: &Invocation, place: &str, call: O) -> Result<O::Output, ApiError> {
    match world.call_as(Some(own.id), &region(place), call) {
        Outcome::Answer(answer) => answer,
        other => panic!("{} has no answer: {}", O::NAME, matches!(other, Outcome::Hang)),
    }
}

/// What is answered to who asks with a session's keys, wherever they have them from.
fn signs<O: Operation>(
    world: &mut World,
    lent: &AssumeRoleOutput,
    place: &str,
    call: O,
) -> Result<O::Output, ApiError> {
    let keys = &lent.credentials;
    let session = SessionKeys { id: keys.access_key_id.clone(), token: keys.session_token.clone() };
    match world.call_as(Caller { invocation: None, session: Some(session) }, &region(place), call) {
        Outcome::Answer(answer) => answer,
        other => panic!("{} has no answer: {}", O::NAME, matches!(other, Outcome::Hang)),
    }
}

fn endpoint() -> DescribeEndpoint {
    DescribeEndpoint { endpoint_name: ENDPOINT.to_owned() }
}

fn alarms() -> DescribeAlarms {
    DescribeAlarms { alarm_names: Vec::new(), alarm_types: Vec::new(), state_value: None }
}

fn verdict() -> PutMetricData {
    let datum = MetricDatum { metric_name: "Verdict".to_owned(), value: Some(1.0), ..MetricDatum::default() };
    PutMetricData { namespace: "Meridian".to_owned(), metric_data: vec![datum] }
}

fn entry(name: &str) -> PutObject {
    PutObject::new(bucket(name), format!("ledger/fraud/{name}/00000000000000000001.json"), "{}").if_absent()
}

fn denied<T>(answer: Result<T, ApiError>) -> String {
    let error = answer.err().unwrap();
    assert!(error.code.starts_with("AccessDenied"), "{error}");
    error.message
}

#[test]
fn homes_promote_has_only_the_rights_that_a_region_lends() {
    let mut world = world(night());
    let own = promote(&mut world);
    for place in [EU, JP] {
        denied(asks(&mut world, &own, place, endpoint()));
        denied(asks(&mut world, &own, place, alarms()));
        denied(asks(&mut world, &own, place, verdict()));
        denied(asks(&mut world, &own, place, entry(place)));
        let lent = asks(&mut world, &own, place, assume(place)).unwrap();
        signs(&mut world, &lent, place, endpoint()).unwrap();
        signs(&mut world, &lent, place, alarms()).unwrap();
        signs(&mut world, &lent, place, verdict()).unwrap();
        signs(&mut world, &lent, place, entry(place)).unwrap();
    }
}

#[test]
fn a_regions_role_opens_no_other_region() {
    let mut world = world(night());
    let own = promote(&mut world);
    let lent = asks(&mut world, &own, AU, assume(AU)).unwrap();
    for place in [EU, JP, BR] {
        denied(signs(&mut world, &lent, place, endpoint()));
        denied(signs(&mut world, &lent, place, alarms()));
        denied(signs(&mut world, &lent, place, verdict()));
        denied(signs(&mut world, &lent, place, entry(place)));
        denied(signs(&mut world, &lent, place, assume(place)));
    }
    // Neither home's chain and manifests, nor anything of its own region that promote does not need there.
    let read = |key: &str| GetObject { bucket: bucket(EU), key: key.to_owned(), version_id: None };
    denied(signs(&mut world, &lent, EU, read("releases/manifests/x.json")));
    denied(signs(&mut world, &lent, EU, read("ledger/fraud/home/00000000000000000001.json")));
    denied(signs(&mut world, &lent, AU, PutObject::new(bucket(AU), "ledger/fraud/home/1.json", "{}").if_absent()));
    denied(signs(&mut world, &lent, AU, PutObject::new(bucket(AU), "releases/manifests/x.json", "{}").if_absent()));
}

#[test]
fn nobody_else_is_lent_a_regions_role() {
    let mut world = world(night());
    let own = promote(&mut world);
    // Not for another fleet, and not for none.
    let other = AssumeRole { external_id: Some("cards".to_owned()), ..assume(JP) };
    assert!(denied(asks(&mut world, &own, JP, other)).contains("sts:AssumeRole"));
    denied(asks(&mut world, &own, JP, AssumeRole { external_id: None, ..assume(JP) }));
    // Nor to another function, nor to promote where another region's role is not a lent one.
    let rollback = loop {
        world.step();
        let due = world.take_invocations().into_iter();
        if let Some(due) = due.into_iter().find(|own| own.function == FunctionKind::Rollback) {
            break due;
        }
    };
    let place = rollback.region.to_string();
    denied(asks(&mut world, &rollback, &place, assume(&place)));
    let endpoints = AssumeRole {
        role_arn: night().fleet.execution_role_arn(&region(JP), meridian_domain::ServingRole::First),
        ..assume(JP)
    };
    denied(asks(&mut world, &own, JP, endpoints));
}

#[test]
fn keys_are_refused_without_their_token_or_after_their_end() {
    let mut world = world(night());
    let mut lent = call(&mut world, JP, assume(JP)).unwrap();
    assert_eq!(lent.credentials.expiration, at("04:00:00"));
    let token = std::mem::replace(&mut lent.credentials.session_token, "another".to_owned());
    assert_eq!(signs(&mut world, &lent, JP, endpoint()).unwrap_err().code, "UnrecognizedClientException");
    lent.credentials.session_token = token;
    run_until(&mut world, "03:59:59");
    signs(&mut world, &lent, JP, endpoint()).unwrap();
    run_until(&mut world, "04:00:00");
    assert_eq!(signs(&mut world, &lent, JP, endpoint()).unwrap_err().code, "ExpiredTokenException");
    let read = GetObject { bucket: bucket(JP), key: "ledger/x".to_owned(), version_id: None };
    assert_eq!(signs(&mut world, &lent, JP, read).unwrap_err().code, "ExpiredToken");
}

#[test]
fn a_session_has_a_length_and_a_name_that_sts_takes() {
    let mut world = world(night());
    let short = call(&mut world, JP, AssumeRole { duration_seconds: Some(900), ..assume(JP) }).unwrap();
    assert_eq!(short.credentials.expiration, at("03:15:00"));
    let user = "arn:aws:sts::111122223333:assumed-role/meridian-fraud-lent-ap-northeast-1/promote.eu-west-1";
    assert_eq!(short.assumed_role_user.arn, user);
    for seconds in [899, 3601] {
        let error = call(&mut world, JP, AssumeRole { duration_seconds: Some(seconds), ..assume(JP) }).unwrap_err();
        assert_eq!(error.code, "ValidationError");
    }
    let error = call(&mut world, JP, AssumeRole { role_session_name: "a b".to_owned(), ..assume(JP) }).unwrap_err();
    assert_eq!(error.code, "ValidationError");
    let none = AssumeRole { role_arn: "arn:aws:iam::111122223333:role/none".to_owned(), ..assume(JP) };
    assert_eq!(call(&mut world, JP, none).unwrap_err().code, "AccessDenied");
}

#[test]
fn a_dark_control_plane_takes_the_regions_sts_along() {
    let mut config = night();
    config.faults = vec![Fault { region: Some(region(JP)), ..Fault::of(FaultKind::Dark) }];
    let mut world = world(config);
    assert_eq!(world.call(&region(JP), assume(JP)), Outcome::Hang);
    assert!(matches!(world.call(&region(AU), assume(AU)), Outcome::Answer(Ok(_))));
}
