//! Buckets, keys, roles, and what home has for all.

use super::told;
use crate::given::{AU, EU, JP, name, resource};
use meridian_messages::doctor::{
    Bucket, BucketState, Image, Key, LentFault, LentRole, Network, PackageGroup, Pipeline, Quota, Replication, Right,
    Role, RuleFault, SigningKey, Way,
};

#[test]
fn a_bucket_is_told_by_what_protects_it() {
    let unversioned = |status: &str| BucketState::Unversioned { status: status.to_owned() };
    let off = vec!["BlockPublicAcls", "RestrictPublicBuckets"];
    let all = [
        (BucketState::Absent, "this account has no bucket fraud-models-jp in this region"),
        (BucketState::Versioned, "there, this account's, and versioned"),
        (unversioned("Suspended"), "it keeps no versions: versioning is Suspended (fraud-models-jp)"),
        (unversioned(""), "it keeps no versions: versioning is off (fraud-models-jp)"),
        (BucketState::Encrypted, "with KMS"),
        (BucketState::Unencrypted, "it does not encrypt with KMS (fraud-models-jp)"),
        (BucketState::Private, "blocked"),
        (BucketState::NoPublicAccessBlock, "fraud-models-jp has no public access block"),
        (
            BucketState::MayBePublic { off },
            "fraud-models-jp may be made public: BlockPublicAcls, RestrictPublicBuckets off",
        ),
        (BucketState::PlainHttpRefused, "plain HTTP is refused"),
        (BucketState::PlainHttpAccepted, "its policy does not refuse plain HTTP (fraud-models-jp)"),
        (BucketState::EventsSent, "they go to EventBridge"),
        (BucketState::EventsDisabled, "EventBridge notifications are disabled (fraud-models-jp)"),
    ];
    told(all.map(|(state, words)| (Bucket { name: "fraud-models-jp".parse().unwrap(), state }, words)));
}

#[test]
fn a_buckets_policy_is_told_by_what_it_refuses_or_the_way_that_it_leaves() {
    let (action, prefix) = ("s3:DeleteObject", "ledger/");
    let all = [
        (BucketState::Refused(Right::Delete), "refused to everybody, of all that the fleet keeps"),
        (BucketState::Refused(Right::Overwrite), "refused to everybody, of ledger, releases and held-out records"),
        (BucketState::Refused(Right::Write), "named by its policy, for each prefix"),
        (
            BucketState::Refused(Right::Unprotect),
            "only who deploys changes policy, lifecycle, replication and versioning",
        ),
        (BucketState::NoPolicy(Right::Delete), "it has no policy, so its objects can be deleted (fraud-models-jp)"),
        (
            BucketState::NoPolicy(Right::Overwrite),
            "it has no policy, so its objects can be overwritten (fraud-models-jp)",
        ),
        (
            BucketState::NoPolicy(Right::Write),
            "it has no policy, so every role with a matching IAM policy may write there (fraud-models-jp)",
        ),
        (
            BucketState::NoPolicy(Right::Unprotect),
            "it has no policy, so any administrator may remove its protection (fraud-models-jp)",
        ),
        (
            BucketState::Open(Way::Delete { action, prefix }),
            "its policy does not refuse s3:DeleteObject under ledger/ to everybody (fraud-models-jp)",
        ),
        (
            BucketState::Open(Way::Overwrite { prefix }),
            "its policy does not deny everybody overwriting under ledger/ (fraud-models-jp)",
        ),
        (
            BucketState::Open(Way::Write { prefix }),
            "its policy does not restrict who may write under ledger/ (fraud-models-jp)",
        ),
        (
            BucketState::Open(Way::Unprotect { action: "s3:PutBucketPolicy" }),
            "its policy does not refuse s3:PutBucketPolicy to all but the deployer (fraud-models-jp)",
        ),
    ];
    told(all.map(|(state, words)| (Bucket { name: "fraud-models-jp".parse().unwrap(), state }, words)));
}

#[test]
fn a_key_a_quota_and_an_image_are_told_by_what_they_stop() {
    let alias = || "alias/meridian-fraud".to_owned();
    told([
        (Key::Absent { alias: alias() }, "there is none: alias/meridian-fraud"),
        (Key::Enabled { alias: alias() }, "alias/meridian-fraud is enabled"),
        (
            Key::NotEnabled { alias: alias(), state: "Disabled".to_owned() },
            "alias/meridian-fraud is Disabled: what it encrypts cannot be read",
        ),
    ]);
    let kind = || "ml.c5.xlarge".to_owned();
    told([
        (
            Quota::Absent { name: "ml.c5.xlarge for endpoint usage".to_owned() },
            "there is none: ml.c5.xlarge for endpoint usage",
        ),
        (
            Quota::Enough { instances: 16.0, instance_type: kind() },
            "16 instances of ml.c5.xlarge: twice the largest region's maximum fits",
        ),
        (
            Quota::TooLow { instances: 11.0, instance_type: kind(), needed: 16 },
            "11 instances of ml.c5.xlarge, and twice the largest region's maximum is 16",
        ),
    ]);
    told([
        (
            Image::Unnamed,
            "no manifest of what serves names one; of the next release: aws ecr describe-images --repository-name REPOSITORY \
             --image-ids imageDigest=sha256:DIGEST --region ap-northeast-1",
        ),
        (
            Image::Absent,
            "there is none: the image of what serves, in this region's own registry: no instance can start",
        ),
        (Image::Own, "what serves is in the region's own registry"),
    ]);
}

#[test]
fn a_role_is_told_by_who_may_assume_it() {
    let wrong = |fault| LentRole::Wrong { arn: "ROLE".to_owned(), fault };
    told([
        (LentRole::Absent { arn: "ROLE".to_owned() }, "there is none: ROLE, with which a wave acts here"),
        (LentRole::Lent { home: name(EU) }, "lent to eu-west-1's promote"),
        (wrong(LentFault::AccountNotTrusted), "ROLE does not trust the account: home may not assume it"),
        (wrong(LentFault::NotPromotesAlone), "ROLE is not promote's alone to assume"),
        (
            wrong(LentFault::OtherRegion { home: name(EU) }),
            "ROLE is not lent to eu-west-1, which is home, and its deputies, and to these alone",
        ),
        (
            wrong(LentFault::OtherExternalId { expected: "fraud".to_owned() }),
            "ROLE does not ask for the external id fraud",
        ),
        (wrong(LentFault::More), "ROLE says more than the template: another statement, principal or condition"),
    ]);
    let role = || "meridian-fraud-endpoint".to_owned();
    told([
        (Role::Absent { name: role() }, "there is none: meridian-fraud-endpoint"),
        (Role::Assumable { name: role() }, "meridian-fraud-endpoint can be assumed by SageMaker"),
        (
            Role::NotAssumable { name: role() },
            "SageMaker may not assume meridian-fraud-endpoint: no instance can start",
        ),
    ]);
    let key = || "training".parse().unwrap();
    told([
        (SigningKey::Elsewhere { key: key() }, "training is trusted; its private half does not lie in KMS"),
        (SigningKey::Absent { arn: "KEY".to_owned() }, "there is none: KEY"),
        (
            SigningKey::NotEnabled { key: key(), state: "Disabled".to_owned() },
            "training is Disabled: nothing can be signed with it",
        ),
        (SigningKey::OtherKind { key: key() }, "training is no key of ECC_NIST_P256 that signs"),
        (
            SigningKey::OtherPublicKey { key: key() },
            "training has another public half in KMS than in fleet.toml: what it signs is refused",
        ),
        (SigningKey::Enabled { key: key() }, "training is enabled and is the one that fleet.toml trusts"),
    ]);
}

#[test]
fn a_replication_rule_is_told_by_the_region_that_it_copies_to() {
    let wrong = |fault| Replication::Wrong { to: name(JP), fault };
    told([
        (Replication::NoRule { bucket: "fraud-models-jp".parse().unwrap() }, "no rule copies to fraud-models-jp"),
        (wrong(RuleFault::Disabled), "the rule to JP is not enabled"),
        (wrong(RuleFault::OtherPrefix), "the rule to JP does not copy releases/ and that alone"),
        (wrong(RuleFault::KeyByAlias), "the rule to JP names its key by an alias, which can be moved to another"),
        (
            wrong(RuleFault::NoKmsObjects),
            "the rule to JP leaves out what KMS encrypts, and the bucket encrypts all with it",
        ),
        (wrong(RuleFault::OtherKey), "the rule to JP names no key of that region"),
        (wrong(RuleFault::NoTimeControl), "the rule to JP has no replication time control"),
        (wrong(RuleFault::NoMetrics), "the rule to JP reports nothing of what is late"),
        (Replication::AsMade { to: name(JP) }, "releases/ to JP, timed and measured"),
    ]);
}

#[test]
fn a_pipeline_is_told_by_what_a_wave_would_meet() {
    let names = |all: [&str; 2]| all.map(str::to_owned).to_vec();
    let (found, expected) = (names(["Promote-AU", "Promote-EU"]), names(["Promote-EU", "Promote-AU"]));
    told([
        (Pipeline::Absent { name: resource("fraud") }, "there is none: fraud"),
        (
            Pipeline::OtherMode { kind: "V1".to_owned(), mode: "SUPERSEDED".to_owned() },
            "it is V1 and SUPERSEDED, not V2 and QUEUED: a newer execution would overtake",
        ),
        (
            Pipeline::ActsByItself { stage: "Register".to_owned(), does: "RETRY".to_owned() },
            "Register that fails does RETRY by itself: what a wave does next is Meridian's to decide",
        ),
        (
            Pipeline::OtherActions { found, expected },
            "its actions are Promote-AU, Promote-EU, not Promote-EU, Promote-AU",
        ),
        (Pipeline::AsMade { actions: 7 }, "V2, queued, 7 actions in the fleet's order"),
    ]);
    told([
        (PackageGroup::Absent { name: "fraud".to_owned() }, "there is none: fraud"),
        (PackageGroup::There, "the model registry has the fleet's group"),
    ]);
    told([
        (Network::Isolated, "serving containers reach nothing"),
        (Network::InVpcs, "serving containers reach what their VPC lets them"),
        (
            Network::Open { regions: vec![name(AU), name(JP)] },
            "serving containers in AU, JP may send anything anywhere",
        ),
    ]);
}
