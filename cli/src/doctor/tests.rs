//! Facts to findings: an account as the template makes it, and each way in which it may differ.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests say what they expect by unwrapping it"
)]

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
    let network = found.iter().find(|finding| finding.check == "network").unwrap();
    assert_eq!(network.outcome, Outcome::Warning);
    assert!(network.what.contains("EU, AU, JP, BR"), "{network:?}");
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

/// Home as the template makes it, with a champion in service.
fn well(fleet: &Fleet) -> RegionFacts {
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
    let target = target(fleet);
    let by: Actor = "installation".parse().unwrap();
    let serving = Serving { target: target.clone(), since: Timestamp::UNIX_EPOCH, by };
    RegionFacts {
        bucket: BucketFacts {
            versioning: Said::Is("Enabled".to_owned()),
            kms: Said::Is(true),
            public: Said::Is(PublicAccess::default()),
            policy: Said::Is(KEEPS.to_owned()),
            events: Said::Is(true),
            replication: Said::Is(others.map(rule).collect()),
        },
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
            regions: vec!["eu-west-1".to_owned()],
            external_ids: vec!["fraud".to_owned()],
            more: false,
        }),
        quota: Said::Is(QuotaFacts { code: "L-0123ABCD".to_owned(), instances: 100.0 }),
    }
}

fn own() -> HomeFacts {
    let names = ["Source", "Register", "Promote-EU", "Promote-AU", "Promote-JP", "Promote-BR", "Verify-Fleet"];
    let action = |name: &&str| Action { name: (*name).to_owned(), parameters: String::new() };
    let (kind, mode) = ("V2".to_owned(), "QUEUED".to_owned());
    let actions = names.iter().map(action).collect();
    let pipeline = PipelineFacts { kind, mode, actions, on_failure: Vec::new() };
    let role = Said::Is(RoleFacts { trusts_sagemaker: true });
    HomeFacts {
        pipeline: Said::Is(pipeline),
        package_group: Said::Is(()),
        role,
        role_in_turn: None,
        signing: Vec::new(),
    }
}

fn judged(fleet: &Fleet, facts: &RegionFacts, own: &HomeFacts) -> Vec<Finding> {
    let mut findings = region::judge(fleet, home(fleet), facts, true);
    findings.extend(fleet::judge(fleet, home(fleet), facts, own));
    findings
}

/// What is not fine of home with one thing changed: the check, how it came out, and what was said.
fn with(change: impl FnOnce(&mut RegionFacts, &mut HomeFacts)) -> Vec<(&'static str, Outcome, String)> {
    let fleet = policy();
    let (mut facts, mut home) = (well(&fleet), own());
    change(&mut facts, &mut home);
    let all = judged(&fleet, &facts, &home).into_iter();
    all.filter(|own| own.outcome != Outcome::Fine).map(|own| (own.check, own.outcome, own.what)).collect()
}

#[test]
fn an_account_as_the_template_makes_it_is_fine() {
    let findings = judged(&policy(), &well(&policy()), &own());
    assert!(findings.iter().all(|finding| finding.outcome == Outcome::Fine), "{findings:#?}");
    assert!(all_well(&findings));
}

/// Every change, which check notices it, and in which words.
#[test]
fn each_thing_that_is_wrong_is_found_by_its_own_check() {
    type Change = fn(&mut RegionFacts, &mut HomeFacts);
    fn rule(facts: &mut RegionFacts) -> &mut Rule {
        let Said::Is(rules) = &mut facts.bucket.replication else { unreachable!() };
        &mut rules[1]
    }
    fn endpoint(facts: &mut RegionFacts) -> &mut EndpointView {
        let Said::Is(view) = &mut facts.endpoint else { unreachable!() };
        view
    }
    fn alarms(facts: &mut RegionFacts) -> &mut Vec<AlarmFacts> {
        let Said::Is(alarms) = &mut facts.watch.alarms else { unreachable!() };
        alarms
    }
    fn policy_with(facts: &mut RegionFacts, from: &str, to: &str) {
        assert!(KEEPS.contains(from), "{from}");
        facts.bucket.policy = Said::Is(KEEPS.replacen(from, to, 1));
    }
    fn topic(facts: &mut RegionFacts) -> &mut TopicFacts {
        let Said::Is(topic) = &mut facts.topic else { unreachable!() };
        topic
    }
    fn key(facts: &mut RegionFacts) -> &mut KeyFacts {
        let Said::Is(key) = &mut facts.key else { unreachable!() };
        key
    }
    fn model(facts: &mut RegionFacts) -> &mut ModelFacts {
        let Said::Is(model) = &mut facts.model else { unreachable!() };
        model
    }
    fn lent(facts: &mut RegionFacts) -> &mut LentFacts {
        let Said::Is(lent) = &mut facts.lent else { unreachable!() };
        lent
    }
    fn pipeline(own: &mut HomeFacts) -> &mut PipelineFacts {
        let Said::Is(pipeline) = &mut own.pipeline else { unreachable!() };
        pipeline
    }
    let changes: &[(&str, &str, Change)] = &[
        ("bucket", "versioning is Suspended", |facts, _| facts.bucket.versioning = Said::Is("Suspended".to_owned())),
        ("bucket", "versioning is off", |facts, _| facts.bucket.versioning = Said::Is(String::new())),
        ("bucket", "no bucket fraud-models-eu", |facts, _| facts.bucket.versioning = Said::Absent),
        ("encryption", "does not encrypt with KMS", |facts, _| facts.bucket.kms = Said::Is(false)),
        ("public access", "BlockPublicAcls, RestrictPublicBuckets off", |facts, _| {
            facts.bucket.public = Said::Is(PublicAccess { off: vec!["BlockPublicAcls", "RestrictPublicBuckets"] });
        }),
        ("TLS only", "plain HTTP", |facts, _| {
            policy_with(facts, "SecureTransport\": \"false", "SecureTransport\": \"true")
        }),
        ("TLS only", "plain HTTP", |facts, _| policy_with(facts, "Deny", "Allow")),
        ("deletes", "s3:DeleteObjectVersion under ledger/", |facts, _| {
            policy_with(facts, ", \"s3:DeleteObjectVersion\"", "");
        }),
        ("overwrites", "overwriting under ledger/", |facts, _| {
            policy_with(facts, "match\": \"true", "match\": \"false")
        }),
        ("writers", "restrict who may write under ledger/", |facts, _| policy_with(facts, "role/meridian-*", "role/*")),
        ("protection", "does not refuse s3:PutLifecycleConfiguration", |facts, _| {
            policy_with(facts, "\"s3:PutLifecycleConfiguration\", ", "");
        }),
        ("events", "EventBridge notifications are disabled", |facts, _| facts.bucket.events = Said::Is(false)),
        ("topic", "there is none", |facts, _| facts.topic = Said::Absent),
        ("topic", "has no key", |facts, _| facts.topic = Said::Is(TopicFacts::default())),
        ("topic", "no alarm pages", |facts, _| {
            topic(facts).key = Some("alias/aws/sns".to_owned());
        }),
        ("topic", "no subscriber", |facts, _| topic(facts).confirmed = Some(0)),
        ("topic", "2 subscriptions pending, none confirmed", |facts, _| {
            (topic(facts).confirmed, topic(facts).pending) = (Some(0), Some(2));
        }),
        ("replication", "no rule copies to", |facts, _| rule(facts).to = "elsewhere".to_owned()),
        ("replication", "is not enabled", |facts, _| rule(facts).enabled = false),
        ("replication", "that alone", |facts, _| rule(facts).prefix = String::new()),
        ("replication", "time control", |facts, _| rule(facts).time_control = false),
        ("replication", "of what is late", |facts, _| rule(facts).metrics = false),
        ("replication", "no key", |facts, _| rule(facts).key = None),
        ("replication", "no key of that region", |facts, _| {
            rule(facts).key = Some("arn:aws:kms:eu-west-1:111122223333:key/1".to_owned());
        }),
        ("replication", "by an alias, which can be moved", |facts, _| {
            let key = rule(facts).key.as_mut().unwrap();
            *key = key.replace("key/1", "alias/meridian-fraud");
        }),
        ("replication", "leaves out what KMS encrypts", |facts, _| rule(facts).kms_objects = false),
        ("alarm", "threshold 25000", |facts, _| alarms(facts)[0].threshold = Some(25_000.0)),
        ("alarm", "is in ALARM", |facts, _| alarms(facts)[0].state = "ALARM".to_owned()),
        ("alarm", "no alarm fraud-endpoint-5xx", |facts, _| drop(alarms(facts).remove(2))),
        ("rollback alarm", "rollback is not invoked", |facts, _| drop(alarms(facts).pop())),
        ("rollback alarm", "does not include", |facts, _| alarms(facts)[3].rule = Some("FALSE".to_owned())),
        ("endpoint", "Failed, not InService", |facts, _| endpoint(facts).status = EndpointStatus::Failed),
        ("endpoint", "ledger says", |facts, _| endpoint(facts).config = "by-hand".parse().unwrap()),
        ("endpoint", "1 instance", |facts, _| endpoint(facts).instances = NonZeroU32::new(1)),
        ("bytes", "there is none", |facts, _| facts.bytes = Said::Absent),
        ("image", "no instance can start", |facts, _| facts.image = Some(Said::Absent)),
        ("model", "there is none", |facts, _| facts.model = Said::Absent),
        ("model", "sa-east-1.amazonaws.com/xgboost@sha256:1, which is not in", |facts, _| {
            model(facts).images[0] = model(facts).images[0].replace("eu-west-1", "sa-east-1");
        }),
        ("model", "is not in 111122223333.dkr.ecr.eu-west-1", |facts, _| {
            model(facts).images.push("444455556666.dkr.ecr.eu-west-1.amazonaws.com/sidecar:1".to_owned());
        }),
        ("model", "is not in s3://fraud-models-eu/", |facts, _| {
            model(facts).archives[0] = model(facts).archives[0].replace("models-eu", "models-br");
        }),
        ("key", "there is none: alias/meridian-fraud", |facts, _| facts.key = Said::Absent),
        ("key", "is Disabled", |facts, _| key(facts).state = "Disabled".to_owned()),
        ("key", "is PendingDeletion", |facts, _| key(facts).state = "PendingDeletion".to_owned()),
        ("quota", "there is none: ml.", |facts, _| facts.quota = Said::Absent),
        ("quota", "11 instances of ml.", |facts, _| {
            facts.quota = Said::Is(QuotaFacts { instances: 11.0, ..QuotaFacts::default() });
        }),
        ("lent role", "there is none: arn:aws:iam::111122223333:role/meridian-fraud-lent-eu-west-1", |facts, _| {
            facts.lent = Said::Absent;
        }),
        ("lent role", "does not trust the account", |facts, _| *lent(facts) = LentFacts::default()),
        ("lent role", "not promote's alone", |facts, _| lent(facts).assumed_by.clear()),
        ("lent role", "not promote's alone", |facts, _| {
            lent(facts).assumed_by.push("arn:aws:iam::111122223333:role/*".to_owned());
        }),
        ("lent role", "not promote's alone", |facts, _| {
            lent(facts).assumed_by[0] = lent(facts).assumed_by[0].replace("111122223333", "444455556666");
        }),
        ("lent role", "not lent to eu-west-1", |facts, _| lent(facts).regions[0] = "sa-east-1".to_owned()),
        ("lent role", "not lent to eu-west-1", |facts, _| lent(facts).regions.clear()),
        ("lent role", "says more than the template", |facts, _| lent(facts).more = true),
        ("lent role", "external id fraud", |facts, _| lent(facts).external_ids.push("other".to_owned())),
        ("role", "there is none: meridian-fraud-endpoint", |_, own| own.role = Said::Absent),
        ("role", "SageMaker may not assume", |_, own| own.role = Said::Is(RoleFacts::default())),
        ("pipeline", "SUPERSEDED", |_, own| pipeline(own).mode = "SUPERSEDED".to_owned()),
        ("pipeline", "Promote-AU that fails does RETRY", |_, own| {
            pipeline(own).on_failure.push(("Promote-AU".to_owned(), "RETRY".to_owned()));
        }),
        ("pipeline", "its actions are", |_, own| pipeline(own).actions.swap(2, 3)),
        ("pipeline", "there is none", |_, own| own.pipeline = Said::Absent),
        ("package group", "there is none", |_, own| own.package_group = Said::Absent),
    ];
    for (check, words, change) in changes {
        let found = with(change);
        let [(by, Outcome::Wrong, what)] = found.as_slice() else { panic!("{check} {words}: {found:?}") };
        assert!(by == check && what.contains(words), "{check} {words}: {by}: {what}");
    }
}

#[test]
fn a_bucket_without_a_policy_refuses_nothing() {
    for policy in [Said::Absent, Said::Is("{}".to_owned()), Said::Is(String::new())] {
        let found = with(|facts, _| facts.bucket.policy = policy);
        let checks: Vec<(&str, Outcome)> = found.iter().map(|(check, outcome, _)| (*check, *outcome)).collect();
        assert_eq!(
            checks,
            ["TLS only", "deletes", "overwrites", "writers", "protection"].map(|check| (check, Outcome::Wrong)),
            "{found:?}"
        );
    }
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
    let refused = failed(ErrorKind::Refused);
    let why = refused.to_string();
    let silent = with(|facts, _| facts.topic = Said::Unknown(NotKnown::Service(refused.clone())));
    assert_eq!(silent, [("topic", Outcome::Unknown, why)]);
    let unasked = RegionFacts { image: None, ..well(&policy()) };
    let services = super::services::judge(home(&policy()), &unasked);
    assert!(services.what.contains("KMS") && !services.what.contains("ECR"), "{services:?}");
    let dark = with(|facts, _| {
        facts.key = Said::Silent(failed(ErrorKind::Unreachable));
        facts.image = Some(Said::Silent(failed(ErrorKind::Unreachable)));
    });
    let [("services", Outcome::Wrong, by_name), ("key", Outcome::Unknown, _), ("image", Outcome::Unknown, _)] =
        dark.as_slice()
    else {
        panic!("{dark:?}")
    };
    assert_eq!(by_name, "no answer, or an error of its own, from KMS, ECR");
    let key = || Some("arn:aws:kms:eu-west-1:111122223333:key/1".to_owned());
    let uncounted = with(|facts, _| facts.topic = Said::Is(TopicFacts { key: key(), ..TopicFacts::default() }));
    assert!(matches!(uncounted.as_slice(), [("topic", Outcome::Unknown, _)]), "{uncounted:?}");
    let unsaid = with(|facts, _| facts.model = Said::Is(ModelFacts::default()));
    assert!(matches!(unsaid.as_slice(), [("model", Outcome::Unknown, _)]), "{unsaid:?}");
    let unmodelled = with(|facts, _| facts.topic = Said::NotModelled);
    assert!(matches!(unmodelled.as_slice(), [("topic", Outcome::NotChecked, _)]), "{unmodelled:?}");
    let unnamed = with(|facts, _| facts.image = None);
    assert!(matches!(unnamed.as_slice(), [("image", Outcome::NotChecked, _)]), "{unnamed:?}");
    assert!(unnamed[0].2.contains("aws ecr describe-images"), "what a person can ask is said: {unnamed:?}");
    assert!(!all_well(&[Finding::unknown("topic", "no answer in time")]));
    assert!(all_well(&[Finding::not_checked("topic", "why"), Finding::warning("clock", "what", "mend")]));
}

#[test]
fn what_is_only_worth_a_look_does_not_fail_it() {
    for (check, found) in [
        ("endpoint", with(|facts, _| facts.endpoint = Said::Absent)),
        ("clock", with(|facts, _| facts.watch.skew = Some(SignedDuration::from_secs(3)))),
    ] {
        assert!(matches!(found.as_slice(), [(by, Outcome::Warning, _)] if *by == check), "{check}: {found:?}");
    }
}

#[test]
fn whatever_is_wrong_says_what_mends_it() {
    let fleet = policy();
    let mut facts = well(&fleet);
    facts.bucket.versioning = Said::Is("Suspended".to_owned());
    let findings = judged(&fleet, &facts, &own());
    let wrong = findings.iter().find(|finding| finding.outcome == Outcome::Wrong).unwrap();
    let mend = "sam deploy --config-env eu, with Releases.VersioningConfiguration as template.yaml has it";
    assert_eq!((wrong.place.as_deref(), wrong.mend.as_deref()), (Some("EU"), Some(mend)));
    facts.key = Said::Is(KeyFacts { arn: "KEY".to_owned(), state: "PendingDeletion".to_owned() });
    facts.quota = Said::Is(QuotaFacts { code: "L-1".to_owned(), instances: 1.0 });
    let Said::Is(topic) = &mut facts.topic else { unreachable!() };
    (topic.confirmed, topic.pending) = (Some(0), Some(1));
    let findings = judged(&fleet, &facts, &own());
    let mend = |check: &str| findings.iter().find(|own| own.check == check).unwrap().mend.clone().unwrap();
    let key = "aws kms cancel-key-deletion --key-id KEY --region eu-west-1; \
               then aws kms enable-key --key-id KEY --region eu-west-1";
    assert_eq!(mend("key"), key);
    let quota = "--service-code sagemaker --quota-code L-1 --desired-value 16 --region eu-west-1";
    assert!(mend("quota").ends_with(quota), "{}", mend("quota"));
    let topic = "follow the link in the mail from SNS; or sam deploy --config-env eu, with OnCallEmail among its \
                 parameter_overrides; or subscribe somebody to arn:aws:sns:eu-west-1:111122223333:meridian-fraud-oncall";
    assert_eq!(mend("topic"), topic);
}
