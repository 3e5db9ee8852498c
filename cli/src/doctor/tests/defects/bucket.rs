//! A bucket that protects too little, and home's rules that copy from it.

use super::super::KEEPS;
use super::{Defect, is, made, with};
use crate::doctor::facts::RegionFacts;
use crate::doctor::findings::Finding;
use meridian_aws::inspect::{Rule, Said};
use meridian_messages::doctor::{
    Bucket, BucketState, Check, Deployment, Found, Mend, Property, Replication, Right, RuleFault, Way,
};

fn wrong(check: Check, state: BucketState, mend: Mend) -> Finding {
    Finding::wrong(check, Bucket { name: "fraud-models-eu".parse().unwrap(), state }, mend)
}

pub(super) fn bucket() -> Vec<Defect> {
    let unversioned = |status: &str| BucketState::Unversioned { status: status.to_owned() };
    let off = vec!["BlockPublicAcls", "RestrictPublicBuckets"];
    vec![
        (
            |facts, _| facts.bucket.versioning = Said::Is("Suspended".to_owned()),
            wrong(Check::Bucket, unversioned("Suspended"), made(Property::Versioning)),
        ),
        (
            |facts, _| facts.bucket.versioning = Said::Is(String::new()),
            wrong(Check::Bucket, unversioned(""), made(Property::Versioning)),
        ),
        (
            |facts, _| facts.bucket.versioning = Said::Absent,
            wrong(Check::Bucket, BucketState::Absent, Mend::Deploy(Deployment::Plain)),
        ),
        (
            |facts, _| facts.bucket.kms = Said::Is(false),
            wrong(Check::Encryption, BucketState::Unencrypted, made(Property::Encryption)),
        ),
        (
            |facts, _| facts.bucket.kms = Said::Absent,
            wrong(Check::Encryption, BucketState::Unencrypted, made(Property::Encryption)),
        ),
        (
            |facts, _| is(&mut facts.bucket.public).off = vec!["BlockPublicAcls", "RestrictPublicBuckets"],
            wrong(Check::PublicAccess, BucketState::MayBePublic { off }, made(Property::PublicAccess)),
        ),
        (
            |facts, _| facts.bucket.public = Said::Absent,
            wrong(Check::PublicAccess, BucketState::NoPublicAccessBlock, made(Property::PublicAccess)),
        ),
        (
            |facts, _| facts.bucket.events = Said::Is(false),
            wrong(Check::Events, BucketState::EventsDisabled, made(Property::Events)),
        ),
    ]
}

pub(super) fn policies() -> Vec<Defect> {
    fn policy_with(facts: &mut RegionFacts, from: &str, to: &str) {
        assert!(KEEPS.contains(from), "{from}");
        facts.bucket.policy = Said::Is(KEEPS.replacen(from, to, 1));
    }
    let http = || wrong(Check::TlsOnly, BucketState::PlainHttpAccepted, made(Property::Policy));
    let open = |check, way, property| wrong(check, BucketState::Open(way), made(property));
    vec![
        (|facts, _| policy_with(facts, "SecureTransport\": \"false", "SecureTransport\": \"true"), http()),
        (|facts, _| policy_with(facts, "Deny", "Allow"), http()),
        (
            |facts, _| policy_with(facts, ", \"s3:DeleteObjectVersion\"", ""),
            open(
                Check::Deletes,
                Way::Delete { action: "s3:DeleteObjectVersion", prefix: "ledger/" },
                Property::NothingIsDeleted,
            ),
        ),
        (
            |facts, _| policy_with(facts, "match\": \"true", "match\": \"false"),
            open(Check::Overwrites, Way::Overwrite { prefix: "ledger/" }, Property::NothingIsOverwritten),
        ),
        (
            |facts, _| policy_with(facts, "role/meridian-*", "role/*"),
            open(Check::Writers, Way::Write { prefix: "ledger/" }, Property::OnlyNamedWriters),
        ),
        (
            |facts, _| policy_with(facts, "\"s3:PutLifecycleConfiguration\", ", ""),
            open(
                Check::Protection,
                Way::Unprotect { action: "s3:PutLifecycleConfiguration" },
                Property::OnlyDeployersUnprotect,
            ),
        ),
    ]
}

pub(super) fn replication() -> Vec<Defect> {
    fn rule(facts: &mut RegionFacts) -> &mut Rule {
        &mut is(&mut facts.bucket.replication)[1]
    }
    let wrong = |found| Finding::wrong(Check::Replication, found, made(Property::Replication));
    let fault = |fault| wrong(Replication::Wrong { to: "ap-northeast-1".parse().unwrap(), fault });
    vec![
        (
            |facts, _| rule(facts).to = "elsewhere".to_owned(),
            wrong(Replication::NoRule { bucket: "fraud-models-jp".parse().unwrap() }),
        ),
        (|facts, _| rule(facts).enabled = false, fault(RuleFault::Disabled)),
        (|facts, _| rule(facts).prefix = String::new(), fault(RuleFault::OtherPrefix)),
        (|facts, _| rule(facts).time_control = false, fault(RuleFault::NoTimeControl)),
        (|facts, _| rule(facts).metrics = false, fault(RuleFault::NoMetrics)),
        (|facts, _| rule(facts).key = None, fault(RuleFault::OtherKey)),
        (
            |facts, _| rule(facts).key = Some("arn:aws:kms:eu-west-1:111122223333:key/1".to_owned()),
            fault(RuleFault::OtherKey),
        ),
        (
            |facts, _| {
                let key = rule(facts).key.as_mut().unwrap();
                *key = key.replace("key/1", "alias/meridian-fraud");
            },
            fault(RuleFault::KeyByAlias),
        ),
        (|facts, _| rule(facts).kms_objects = false, fault(RuleFault::NoKmsObjects)),
    ]
}

#[test]
fn a_bucket_without_a_policy_refuses_nothing() {
    let checks = [Check::TlsOnly, Check::Deletes, Check::Overwrites, Check::Writers, Check::Protection];
    let states = |found: &[Finding]| -> Vec<(Check, BucketState)> {
        let state = |own: &Finding| match &own.found {
            Found::Bucket(bucket) => (own.check, bucket.state.clone()),
            other => panic!("{other:?}"),
        };
        found.iter().map(state).collect()
    };
    let none = [
        BucketState::PlainHttpAccepted,
        BucketState::NoPolicy(Right::Delete),
        BucketState::NoPolicy(Right::Overwrite),
        BucketState::NoPolicy(Right::Write),
        BucketState::NoPolicy(Right::Unprotect),
    ];
    let found = with(|facts, _| facts.bucket.policy = Said::Absent);
    assert_eq!(states(&found), checks.into_iter().zip(none).collect::<Vec<_>>());
    let open = [
        BucketState::PlainHttpAccepted,
        BucketState::Open(Way::Delete { action: "s3:DeleteObject", prefix: "ledger/" }),
        BucketState::Open(Way::Overwrite { prefix: "ledger/" }),
        BucketState::Open(Way::Write { prefix: "ledger/" }),
        BucketState::Open(Way::Unprotect { action: "s3:PutBucketPolicy" }),
    ];
    for policy in ["{}", ""] {
        let found = with(|facts, _| facts.bucket.policy = Said::Is(policy.to_owned()));
        assert_eq!(states(&found), checks.into_iter().zip(open.clone()).collect::<Vec<_>>());
    }
}
