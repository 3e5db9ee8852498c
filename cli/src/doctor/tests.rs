//! Facts to findings: an account as the template makes it, and each way in which it may differ.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests say what they expect by unwrapping it"
)]

mod defects;

use super::facts::{HomeFacts, RegionFacts};
use super::findings::{Finding, Outcome, all_well};
use super::{fleet, region};
use jiff::{SignedDuration, Timestamp};
use meridian_aws::inspect::{
    Action, AlarmFacts, BucketFacts, ModelFacts, NotKnown, PipelineFacts, PublicAccess, Rule, Said, TopicFacts,
    WatchFacts,
};
use meridian_domain::{
    Actor, EndpointStatus, EndpointView, Fleet, Region, RegionHistory, ReleaseId, Serving, Sha256, Target,
};
use meridian_handlers::ports::{ErrorKind, FailureDetail, OperationName, PortError};
use meridian_messages::doctor::{
    Check, Clock, Command, Deployment, Endpoint, Found, Image, Mend, Model, Network, Property, Role, Service, Topic,
    Unknown,
};
use meridian_preflight::{KeyFacts, LentFacts, QuotaFacts, RoleFacts};
use std::num::NonZeroU32;

/// As the template has it, but for who may write at all.
const KEEPS: &str = r#"{"Statement": [
    {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::fraud-models-eu/*",
        "Condition": {"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}}},
    {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::fraud-models-eu/*",
        "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/meridian-*"}}},
    {"Effect": "Deny", "Principal": "*", "Action": ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy",
            "s3:PutLifecycleConfiguration", "s3:PutReplicationConfiguration", "s3:PutBucketVersioning",
            "s3:PutEncryptionConfiguration"], "Resource": "arn:aws:s3:::fraud-models-eu",
        "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/deployer"}}},
    {"Effect": "Deny", "Principal": "*", "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
        "Resource": "arn:aws:s3:::fraud-models-eu/*"}]}"#;

fn policy() -> Fleet {
    let delivered = Fleet::parse(include_str!("../../../local/fleets/reference/fleet.toml")).unwrap();
    // The delivered fleet's containers may reach everything, which is warned of: its own test is below.
    Fleet { network_isolation: true, ..delivered }
}

#[test]
fn containers_that_reach_everything_are_warned_of() {
    let fleet = Fleet { network_isolation: false, ..policy() };
    let found = fleet::judge(&fleet, home(&fleet), &well(&fleet), &own());
    let network = found.iter().find(|finding| finding.check == Check::Network).unwrap();
    let regions = fleet.regions.iter().map(|region| region.name.clone()).collect();
    assert_eq!(*network, Finding::warning(Check::Network, Network::Open { regions }, Mend::IsolateContainers));
}

fn home(fleet: &Fleet) -> &Region {
    fleet.region(&fleet.home).unwrap()
}

fn target(fleet: &Fleet) -> Target {
    Target::of(fleet, home(fleet), ReleaseId(Sha256::of(b"v426")), &"v426".parse().unwrap())
}

fn alarm(name: &str, threshold: Option<f64>, rule: Option<&str>) -> AlarmFacts {
    AlarmFacts { name: name.to_owned(), state: "OK".to_owned(), threshold, rule: rule.map(str::to_owned) }
}

/// Home's bucket as the template makes it.
fn bucket(fleet: &Fleet) -> BucketFacts {
    let others = fleet.regions.iter().filter(|region| region.name != fleet.home);
    let rule = |region: &Region| Rule {
        id: region.title.clone(),
        enabled: true,
        prefix: "releases/".to_owned(),
        to: region.bucket.to_string(),
        time_control: true,
        metrics: true,
        key: Some(format!("arn:aws:kms:{}:111122223333:key/1", region.name)),
        kms_objects: true,
    };
    BucketFacts {
        versioning: Said::Is("Enabled".to_owned()),
        kms: Said::Is(true),
        public: Said::Is(PublicAccess::default()),
        policy: Said::Is(KEEPS.to_owned()),
        events: Said::Is(true),
        replication: Said::Is(others.map(rule).collect()),
    }
}

/// Home as the template makes it, with a champion in service.
fn well(fleet: &Fleet) -> RegionFacts {
    let target = target(fleet);
    let by: Actor = "installation".parse().unwrap();
    let serving = Serving { target: target.clone(), since: Timestamp::UNIX_EPOCH, by };
    RegionFacts {
        bucket: bucket(fleet),
        watch: WatchFacts {
            alarms: Said::Is(vec![
                alarm("fraud-endpoint-latency", Some(20_000.0), None),
                alarm("fraud-endpoint-4xx", Some(0.01), None),
                alarm("fraud-endpoint-5xx", Some(0.01), None),
                alarm(
                    "fraud-rollback",
                    None,
                    Some(r#"ALARM("fraud-endpoint-latency") OR ALARM("fraud-endpoint-5xx")"#),
                ),
            ]),
            skew: Some(SignedDuration::from_secs(-1)),
        },
        topic: Said::Is(TopicFacts {
            key: Some("arn:aws:kms:eu-west-1:111122223333:key/1".to_owned()),
            confirmed: Some(1),
            pending: Some(0),
        }),
        endpoint: Said::Is(EndpointView {
            status: EndpointStatus::InService,
            config: target.config,
            instances: NonZeroU32::new(2),
            pending: None,
            failure: None,
        }),
        ledger: Said::Is(RegionHistory { serving: Some(serving), ..RegionHistory::default() }),
        neighbours: Said::Is(Vec::new()),
        bytes: Said::Is(()),
        image: Some(Said::Is(())),
        model: Said::Is(ModelFacts {
            images: vec!["111122223333.dkr.ecr.eu-west-1.amazonaws.com/xgboost@sha256:1".to_owned()],
            archives: vec!["s3://fraud-models-eu/releases/archives/1/model.tar.gz".to_owned()],
        }),
        key: Said::Is(KeyFacts {
            arn: "arn:aws:kms:eu-west-1:111122223333:key/1".to_owned(),
            state: "Enabled".to_owned(),
        }),
        lent: Said::Is(LentFacts {
            account: true,
            assumed_by: vec!["arn:aws:iam::111122223333:role/meridian-fraud-PromoteRole-*".to_owned()],
            regions: ["eu-west-1", "ap-northeast-1"].map(str::to_owned).to_vec(),
            external_ids: vec!["fraud".to_owned()],
            more: false,
        }),
        role: Said::Is(RoleFacts { trusts_sagemaker: true }),
        role_in_turn: None,
        quota: Said::Is(QuotaFacts { code: "L-0123ABCD".to_owned(), instances: 100.0 }),
    }
}

fn own() -> HomeFacts {
    let names = ["Source", "Register", "Promote-EU", "Promote-AU", "Promote-JP", "Promote-BR", "Verify-Fleet"];
    let action = |name: &&str| Action { name: (*name).to_owned(), parameters: String::new() };
    let (kind, mode) = ("V2".to_owned(), "QUEUED".to_owned());
    let actions = names.iter().map(action).collect();
    let pipeline = PipelineFacts { kind, mode, actions, on_failure: Vec::new() };
    HomeFacts { pipeline: Said::Is(pipeline), package_group: Said::Is(()), signing: Vec::new() }
}

fn judged(fleet: &Fleet, facts: &RegionFacts, own: &HomeFacts) -> Vec<Finding> {
    let mut findings = region::judge(fleet, home(fleet), facts, true);
    findings.extend(fleet::judge(fleet, home(fleet), facts, own));
    findings
}

/// What is not fine of home with one thing changed.
fn with(change: impl FnOnce(&mut RegionFacts, &mut HomeFacts)) -> Vec<Finding> {
    let fleet = policy();
    let (mut facts, mut home) = (well(&fleet), own());
    change(&mut facts, &mut home);
    let all = judged(&fleet, &facts, &home).into_iter();
    all.filter(|own| own.outcome != Outcome::Fine).collect()
}

#[test]
fn an_account_as_the_template_makes_it_is_fine() {
    let findings = judged(&policy(), &well(&policy()), &own());
    assert!(findings.iter().all(|finding| finding.outcome == Outcome::Fine), "{findings:#?}");
    assert!(all_well(&findings));
}

#[test]
fn no_answer_is_not_fine_and_what_is_not_modelled_is_said() {
    let failed = |kind| PortError {
        kind,
        region: policy().home,
        operation: OperationName::GetTopicAttributes,
        detail: FailureDetail::NoAnswerInTime,
        silent: false,
    };
    let [refused, silent] = [ErrorKind::Refused, ErrorKind::Unreachable].map(failed);
    let unseen = |error: &PortError| Unknown::Unseen(error.clone().into());
    let found = with(|facts, _| facts.topic = Said::Unknown(NotKnown::Service(refused.clone())));
    assert_eq!(found, [Finding::unknown(Check::Topic, unseen(&refused))]);
    let dark = with(|facts, _| {
        facts.key = Said::Silent(silent.clone());
        facts.image = Some(Said::Silent(silent.clone()));
    });
    let services = Found::NotAnswering(vec![Service::Kms, Service::Ecr]);
    assert_eq!(
        dark,
        [
            Finding::wrong(Check::Services, services, Mend::AskForServices),
            Finding::unknown(Check::Key, unseen(&silent)),
            Finding::unknown(Check::Image, unseen(&silent)),
        ]
    );
    let unread = |why| with(|facts, _| facts.bytes = Said::Unknown(why));
    assert_eq!(unread(NotKnown::NoLedger), [Finding::unknown(Check::Bytes, Unknown::NoLedger)]);
    assert_eq!(unread(NotKnown::NothingServes), [Finding::unknown(Check::Bytes, Unknown::NothingServes)]);
    let operation = OperationName::ListServiceQuotas;
    let unvalued = with(|facts, _| facts.quota = Said::Unknown(NotKnown::NoValue { operation, code: None }));
    assert_eq!(unvalued, [Finding::unknown(Check::Quota, Unknown::NoValue { operation, code: None })]);
    let unmodelled = with(|facts, _| facts.topic = Said::NotModelled);
    assert_eq!(unmodelled, [Finding::not_checked(Check::Topic, Found::NotSimulated)]);
    assert!(!all_well(&found) && all_well(&unmodelled));
}

#[test]
fn what_an_answer_leaves_out_is_unknown() {
    let key = || Some("arn:aws:kms:eu-west-1:111122223333:key/1".to_owned());
    let uncounted = with(|facts, _| facts.topic = Said::Is(TopicFacts { key: key(), ..TopicFacts::default() }));
    assert_eq!(uncounted, [Finding::unknown(Check::Topic, Topic::Uncounted)]);
    let unnamed = with(|facts, _| facts.model = Said::Is(ModelFacts::default()));
    assert_eq!(unnamed, [Finding::unknown(Check::Model, Model::Unnamed)]);
    let timeless = with(|facts, _| facts.watch.skew = None);
    assert_eq!(timeless, [Finding::unknown(Check::Clock, Clock::Unavailable)]);
    let config = target(&policy()).config;
    let unread = with(|facts, _| facts.ledger = Said::Unknown(NotKnown::NoLedger));
    assert_eq!(
        unread,
        [
            Finding::unknown(Check::Endpoint, Endpoint::Unconfirmed { config }),
            Finding::unknown(Check::Ledger, Unknown::NoLedger),
        ]
    );
}

#[test]
fn what_no_manifest_names_is_not_asked_for() {
    let unasked = RegionFacts { image: None, ..well(&policy()) };
    let Found::Answering(services) = super::services::judge(&unasked).found else { panic!("services answer") };
    assert!(services.contains(&Service::Kms) && !services.contains(&Service::Ecr), "{services:?}");
    let unnamed = with(|facts, _| facts.image = None);
    assert_eq!(unnamed, [Finding::not_checked(Check::Image, Image::Unnamed)]);
    assert!(all_well(&unnamed));
}

#[test]
fn a_clock_that_is_off_is_a_warning_and_one_of_its_own_is_not_compared() {
    let off = with(|facts, _| facts.watch.skew = Some(SignedDuration::from_secs(-3)));
    assert_eq!(off, [Finding::warning(Check::Clock, Clock::Off { seconds: 3 }, Mend::SetClock)]);
    assert!(all_well(&off));
    let elsewhere = region::judge(&policy(), home(&policy()), &well(&policy()), false);
    assert_eq!(elsewhere.last(), Some(&Finding::not_checked(Check::Clock, Clock::NotAws)));
}

#[test]
fn an_image_is_pushed_in_home_and_copied_elsewhere() {
    let (fleet, facts) = (policy(), RegionFacts { image: Some(Said::Absent), ..well(&policy()) });
    for region in &fleet.regions {
        let findings = region::judge(&fleet, region, &facts, true);
        let image = findings.into_iter().find(|finding| finding.check == Check::Image);
        let mend = if region.name == fleet.home { Mend::PushImage } else { Mend::Run(Command::CopyImage) };
        assert_eq!(image, Some(Finding::wrong(Check::Image, Image::Absent, mend)), "{}", region.name);
    }
}

#[test]
fn a_role_in_turn_is_judged_as_the_first_one() {
    let fleet = Fleet { execution_role_in_turn: Some("meridian-fraud-endpoint-b".to_owned()), ..policy() };
    let facts = RegionFacts { role_in_turn: Some(Said::Absent), ..well(&fleet) };
    let findings = region::judge(&fleet, home(&fleet), &facts, true);
    let roles: Vec<Finding> = findings.into_iter().filter(|finding| finding.check == Check::Role).collect();
    let made = Mend::Deploy(Deployment::With(Property::RoleInTurn));
    let first = Finding::fine(Check::Role, Role::Assumable { name: "meridian-fraud-endpoint-eu-west-1".to_owned() });
    let name = "meridian-fraud-endpoint-b-eu-west-1".to_owned();
    assert_eq!(roles, [first, Finding::wrong(Check::Role, Role::Absent { name }, made)]);
}
