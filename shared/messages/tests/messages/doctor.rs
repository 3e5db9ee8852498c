//! What the doctor finds and what mends it, whole.

mod mends;
mod parts;

use crate::given::{EU, JP, fleet, name, resource, said, throttled};
use meridian_domain::heads::{Departure, KeptHead};
use meridian_domain::reason::{Fault, OperationName};
use meridian_domain::{Chain, EndpointStatus, Sha256};
use meridian_messages::Voice;
use meridian_messages::doctor::{
    Alarm, Bytes, Clock, Endpoint, Found, GLOBAL, Ledger, Model, Neighbour, RollbackAlarm, Service, Topic, Unknown,
};
use serde_json::json;

/// Holds each finding to its sentence.
fn told<F: Into<Found>>(all: impl IntoIterator<Item = (F, &'static str)>) {
    let fleet = fleet();
    for (found, words) in all {
        assert_eq!(Voice::of(&fleet).found(&name(JP), &found.into()), words);
    }
}

#[test]
fn what_is_unknown_or_not_asked_is_told_with_its_cause() {
    let operation = OperationName::ListServiceQuotas;
    told([
        (Found::NotSimulated, "not simulated"),
        (
            Unknown::Unseen(throttled(JP, OperationName::GetTopicAttributes).into()).into(),
            "GetTopicAttributes in ap-northeast-1: throttled: ThrottlingException: Rate exceeded",
        ),
        (
            Unknown::NoValue { operation, code: Some("ACCESS_DENIED".to_owned()) }.into(),
            "ListServiceQuotas lists it without a value: ACCESS_DENIED",
        ),
        (
            Unknown::NoValue { operation, code: None }.into(),
            "ListServiceQuotas lists it without a value: no reason given",
        ),
        (Unknown::NoLedger.into(), "the ledger does not say what serves"),
        (Unknown::NothingServes.into(), "nothing serves yet"),
        (Found::Answering(vec![Service::S3, Service::ServiceQuotas]), "all answer: S3, Service Quotas"),
        (
            Found::NotAnswering(vec![
                Service::SageMaker,
                Service::CloudWatch,
                Service::Sns,
                Service::Kms,
                Service::Ecr,
                Service::Iam,
            ]),
            "no answer, or an error of its own, from SageMaker, CloudWatch, SNS, KMS, ECR, IAM",
        ),
    ]);
}

#[test]
fn a_topic_is_told_by_who_hears_it() {
    let arn = "arn:aws:sns:ap-northeast-1:111122223333:meridian-fraud-oncall".to_owned();
    told([
        (Topic::Absent { arn }, "there is none: arn:aws:sns:ap-northeast-1:111122223333:meridian-fraud-oncall"),
        (Topic::Unencrypted, "it is not encrypted: it has no key"),
        (
            Topic::ClosedToAlarms { key: "alias/aws/sns".to_owned() },
            "CloudWatch may not use alias/aws/sns: no alarm pages anybody",
        ),
        (Topic::Uncounted, "its number of subscribers is unknown"),
        (Topic::Unsubscribed, "no subscriber: pages reach nobody"),
        (Topic::Unconfirmed { pending: 2 }, "pages reach nobody: 2 subscriptions pending, none confirmed"),
        (Topic::Subscribed { confirmed: 1 }, "1 confirmed subscribers"),
    ]);
}

#[test]
fn an_alarm_is_told_with_its_threshold_and_what_it_stops() {
    let name = || "fraud-endpoint-latency".to_owned();
    let other = |found| Alarm::OtherThreshold { name: name(), found, expected: 20_000.0 };
    told([
        (Alarm::Absent { name: name() }, "there is no alarm fraud-endpoint-latency"),
        (other(Some(25_000.0)), "fraud-endpoint-latency: threshold 25000, and fleet.toml says 20000"),
        (other(None), "fraud-endpoint-latency: no threshold, and fleet.toml says 20000"),
        (
            Alarm::ClientErrors { name: "fraud-endpoint-4xx".to_owned() },
            "fraud-endpoint-4xx is in ALARM: rollback compares the releases, and rolls back if the new one is worse",
        ),
        (Alarm::InAlarm { name: name() }, "fraud-endpoint-latency is in ALARM: no region starts"),
        (Alarm::Quiet { name: "fraud-endpoint-5xx".to_owned(), threshold: 0.01 }, "fraud-endpoint-5xx: threshold 0.01"),
    ]);
    let rollback = || "fraud-rollback".to_owned();
    told([
        (
            RollbackAlarm::Absent { name: rollback() },
            "there is no composite alarm fraud-rollback: rollback is not invoked",
        ),
        (
            RollbackAlarm::LeavesOut { name: rollback(), alarm: name() },
            "fraud-rollback does not include fraud-endpoint-latency",
        ),
        (RollbackAlarm::InAlarm { name: rollback() }, "fraud-rollback is in ALARM: no region starts"),
        (RollbackAlarm::Quiet { name: rollback() }, "fraud-rollback includes latency and 5xx"),
    ]);
    told([
        (Clock::NotAws, "not AWS's endpoint: it has its own clock"),
        (Clock::Unavailable, "clock unavailable"),
        (Clock::Off { seconds: 3 }, "this machine's clock is 3 s off"),
        (Clock::Right, "as this machine's, to two seconds"),
    ]);
}

#[test]
fn an_endpoint_is_told_with_what_its_ledger_says() {
    let config = || resource("fraud-v426");
    let other = |ledger: Option<&str>| Endpoint::OtherThanLedger { config: config(), ledger: ledger.map(resource) };
    told([
        (Endpoint::Absent { name: resource("fraud") }, "there is no fraud yet"),
        (Endpoint::Updating { config: config() }, "an update is in progress, from fraud-v426"),
        (
            Endpoint::NotInService { status: EndpointStatus::Failed, config: config() },
            "Failed, not InService, on fraud-v426",
        ),
        (Endpoint::Unconfirmed { config: config() }, "on fraud-v426, and the ledger cannot confirm it"),
        (other(Some("fraud-v425")), "it serves fraud-v426, and the region's ledger says fraud-v425"),
        (other(None), "it serves fraud-v426, and the region's ledger says nothing"),
        (Endpoint::TooFewInstances { instances: 1 }, "1 instance serves: one zone's failure stops the region"),
        (Endpoint::Uncounted, "the number of instances is unknown"),
        (Endpoint::InService { config: config(), instances: 2 }, "InService on fraud-v426, 2 instances"),
    ]);
    let since = "2026-11-20T03:47:10Z".parse().unwrap();
    let why = Fault::EndpointIs(EndpointStatus::UpdateRollbackFailed);
    told([
        (Ledger::Absent, "there is none: the chain"),
        (Ledger::Halted(said("incident 4711")), "halted: incident 4711"),
        (
            Ledger::Unknown { since, why },
            "its state is unknown since 2026-11-20T03:47:10Z: its endpoint is UpdateRollbackFailed",
        ),
        (Ledger::Whole, "every entry follows from the one before"),
    ]);
    let kept = KeptHead { seq: 7, hash: Sha256::of(b"7") };
    let departed = |departure| Neighbour::Departed { chain: Chain::Region(name(EU)), kept, departure };
    told([
        (Neighbour::Absent, "there is none: the neighbour's ledger"),
        (Neighbour::AsSeen, "the next region's ledger has the entries that were seen here"),
        (
            departed(Departure::Missing),
            "chain eu-west-1 has no entry 7 (7902699be42c) any more: it was truncated, or an older copy was restored",
        ),
        (
            departed(Departure::Other { found: Sha256::of(b"8") }),
            "chain eu-west-1 has another entry 7 than before (2c624232cdd2 instead of 7902699be42c): it was rewritten",
        ),
    ]);
}

#[test]
fn what_instances_fetch_is_told_with_the_place_that_it_should_have() {
    told([
        (Bytes::NothingServes, "nothing serves yet"),
        (Bytes::Absent, "there is none: the manifest or the archive of what serves, in this region's own bucket"),
        (Bytes::Own, "the region's own bucket has what serves"),
    ]);
    let (image, registry) = ("BR/xgboost".to_owned(), "JP/".to_owned());
    let (archive, bucket) = ("s3://fraud-models-br/1".to_owned(), "s3://fraud-models-jp/".to_owned());
    told([
        (Model::NothingServes, "nothing serves yet"),
        (Model::Absent, "there is none: the model of what serves"),
        (Model::Unnamed, "the source of its image and archive is unknown"),
        (Model::ForeignImage { image, registry }, "its instances fetch BR/xgboost, which is not in JP/"),
        (
            Model::ForeignArchive { archive, bucket },
            "its instances fetch s3://fraud-models-br/1, which is not in s3://fraud-models-jp/",
        ),
        (Model::Own, "image and archive are fetched from the region itself"),
    ]);
}

#[test]
fn what_stands_in_one_region_for_all_is_told_with_what_goes_on() {
    let global: Vec<String> = GLOBAL.iter().map(|own| own.words()).collect();
    assert_eq!(
        global,
        [
            "IAM, in us-east-1: making and changing roles and policies. Goes on: roles that exist: each region has its own copy; \
             STS is asked in the region.",
            "Route 53, in us-east-1: changing records and health checks. Goes on: answers, and failing over by health checks.",
            "CloudFormation of IAM and Route 53, in us-east-1: a deployment that makes either. Goes on: everything that is \
             deployed.",
            "CloudFront (Routing=cloudfront), in us-east-1: changing the distribution, renewing its certificate. Goes on: what is \
             deployed, at every place of CloudFront's.",
            "Global Accelerator (Routing=global-accelerator), in us-west-2: changing the accelerator, its listener and its groups. \
             Goes on: what is deployed, and failing over by load balancers' health.",
        ]
    );
}

#[test]
fn a_finding_as_data_names_its_area_and_what_was_found() {
    let off = Found::from(Clock::Off { seconds: 3 });
    let silent = Found::NotAnswering(vec![Service::Sns, Service::ServiceQuotas]);
    assert_eq!(serde_json::to_value(off).unwrap(), json!({"clock": {"off": {"seconds": 3}}}));
    assert_eq!(serde_json::to_value(silent).unwrap(), json!({"not_answering": ["SNS", "Service Quotas"]}));
}
