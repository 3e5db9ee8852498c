//! Why an event is not taken, in words.

use crate::given::fleet;
use meridian_domain::Sha256;
use meridian_domain::reason::{EventFault, EventKind, Excerpt, ExpectedField, FoundEvent, FoundField};
use meridian_messages::failure;

#[test]
fn an_event_of_another_kind_is_told_what_the_function_takes() {
    let (kind, source) = (Excerpt::of("EC2 Instance State-change Notification"), Excerpt::of("aws.ec2"));
    let found = FoundEvent::Named { kind, source };
    let expected = vec![EventKind::AlarmState, EventKind::EndpointState, EventKind::Schedule];
    let fault = EventFault::Kind { function: "rollback".to_owned(), expected, found };
    assert_eq!(
        failure::event(&fault),
        "the event is \"EC2 Instance State-change Notification\" of \"aws.ec2\"; rollback takes a CloudWatch alarm's \
         state change, a SageMaker endpoint's state change, or a scheduled event: correct the rule or the caller that sent it"
    );
}

#[test]
fn a_request_of_another_method_is_named_by_it() {
    let found = FoundEvent::Request { method: Excerpt::of("POST"), path: Excerpt::of("/health") };
    let fault = EventFault::Kind { function: "status".to_owned(), expected: vec![EventKind::Health], found };
    assert_eq!(
        failure::event(&fault),
        "the event is \"POST\" \"/health\"; status takes a request of API Gateway or of a load balancer: GET /health: correct the \
         rule or the caller that sent it"
    );
}

#[test]
fn a_wrong_field_is_named_with_what_it_holds_and_what_it_should() {
    let found = FoundField::Text(Excerpt::of("releases/archives/model.tar.gz"));
    let (event, field) = ("S3 Object Created".to_owned(), "detail.object.key".to_owned());
    let fault = EventFault::Field { event, field, expected: ExpectedField::ManifestKey, found };
    assert_eq!(
        failure::event(&fault),
        "S3 Object Created: field detail.object.key is \"releases/archives/model.tar.gz\"; expected a manifest's key, \
         releases/manifests/<64 hexadecimal digits>.json"
    );
}

#[test]
fn a_wrong_field_of_a_job_has_its_exact_text() {
    let text = |text: &str| FoundField::Text(Excerpt::of(text));
    let policy = ExpectedField::OwnPolicy(Sha256::OF_NOTHING);
    let other = FoundField::Digest(Sha256::from_bytes([0xab; 32]));
    for (field, expected, found, words) in [
        (
            "fleet",
            ExpectedField::OwnFleet(fleet().name),
            text("churn"),
            "is \"churn\"; expected \"fraud\", the fleet that this function is deployed for",
        ),
        (
            "policy",
            policy,
            other,
            "is abababababababababababababababababababababababababababababababab; expected \
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, the digest of the fleet.toml that this function is \
             deployed with; start a new execution of the release",
        ),
        (
            "region",
            ExpectedField::PlaceForRegion,
            text("eu-west-1"),
            "is \"eu-west-1\"; expected no region but a place, such as \"place\": 1: with order = \"signal\" each wave has its own \
             order, so name the pipeline's stages Promote-1, Promote-2 and so on",
        ),
        (
            "configuration.UserParameters",
            ExpectedField::UserParameters,
            FoundField::Missing,
            "is missing; expected a string of JSON such as {\"fleet\":..,\"action\":..,\"release\":..}",
        ),
        (
            "configuration.UserParameters",
            ExpectedField::Json,
            FoundField::NotJson { line: 1, column: 9 },
            "is not JSON (line 1 column 9); expected a string of JSON",
        ),
    ] {
        let fault =
            EventFault::Field { event: "CodePipeline job".to_owned(), field: field.to_owned(), expected, found };
        assert_eq!(failure::event(&fault), format!("CodePipeline job: field {field} {words}"));
    }
}
