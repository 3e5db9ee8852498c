//! Keys, quotas, roles and images of an account.

use super::none;
use meridian_domain::{KeyId, RegionName};
use serde::Serialize;

/// The key that a region encrypts with, by its alias.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "`state` is KMS's, such as `PendingDeletion`")]
pub enum Key {
    Absent { alias: String },
    Enabled { alias: String },
    NotEnabled { alias: String, state: String },
}

/// How many instances of the fleet's type a region's endpoints may have, all together.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "`name` is Service Quotas'; `instances` the quota's value")]
pub enum Quota {
    Absent {
        name: String,
    },
    Enough {
        instances: f64,
        instance_type: String,
    },
    /// Fewer than an update needs in the largest region at its maximum.
    TooLow {
        instances: f64,
        instance_type: String,
        needed: u32,
    },
}

/// The role that a region lends to home, by its ARN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the enum says what its fields are")]
pub enum LentRole {
    Absent { arn: String },
    Lent { home: RegionName },
    Wrong { arn: String, fault: LentFault },
}

/// What is wrong with a lent role's trust policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LentFault {
    /// It does not trust the account.
    AccountNotTrusted,
    /// Another role than home's `promote` may assume it, or any.
    NotPromotesAlone,
    /// It does not ask for this region, home, or not for it alone.
    OtherRegion {
        /// The fleet's home.
        home: RegionName,
    },
    /// It does not ask for this external id alone.
    OtherExternalId {
        /// What `promote` names.
        expected: String,
    },
    /// It has another statement, principal or condition than the template's.
    More,
}

/// A role that instances run with, by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the enum says what its fields are")]
pub enum Role {
    Absent {
        name: String,
    },
    Assumable {
        name: String,
    },
    /// Its trust policy does not name SageMaker.
    NotAssumable {
        name: String,
    },
}

/// The image of what serves, in the region's own registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Image {
    /// No manifest of what serves names one.
    Unnamed,
    /// It is not there.
    Absent,
    /// It is there.
    Own,
}

/// A key that policy trusts to sign releases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "`key` is policy's name of it; `state` is KMS's, such as `Disabled`")]
pub enum SigningKey {
    /// Its private half does not lie in KMS.
    Elsewhere { key: KeyId },
    /// KMS has no such key.
    Absent { arn: String },
    /// Nothing can be signed with it.
    NotEnabled { key: KeyId, state: String },
    /// It is none that signs by ECDSA on P-256.
    OtherKind { key: KeyId },
    /// Its public half is another than policy's.
    OtherPublicKey { key: KeyId },
    /// It is the one that policy trusts.
    Enabled { key: KeyId },
}

pub(super) fn key(key: &Key) -> String {
    match key {
        Key::Absent { alias } => none(alias),
        Key::Enabled { alias } => format!("{alias} is enabled"),
        Key::NotEnabled { alias, state } => format!("{alias} is {state}: what it encrypts cannot be read"),
    }
}

pub(super) fn quota(quota: &Quota) -> String {
    match quota {
        Quota::Absent { name } => none(name),
        Quota::Enough { instances, instance_type } => {
            format!("{instances} instances of {instance_type}: twice the largest region's maximum fits")
        }
        Quota::TooLow { instances, instance_type, needed } => {
            format!("{instances} instances of {instance_type}, and twice the largest region's maximum is {needed}")
        }
    }
}

pub(super) fn lent_role(role: &LentRole) -> String {
    match role {
        LentRole::Absent { arn } => none(format_args!("{arn}, with which a wave acts here")),
        LentRole::Lent { home } => format!("lent to {home}'s promote"),
        LentRole::Wrong { arn, fault } => format!("{arn} {}", lent_fault(fault)),
    }
}

fn lent_fault(fault: &LentFault) -> String {
    match fault {
        LentFault::AccountNotTrusted => "does not trust the account: home may not assume it".to_owned(),
        LentFault::NotPromotesAlone => "is not promote's alone to assume".to_owned(),
        LentFault::OtherRegion { home } => {
            format!("is not lent to {home}, which is home, and its deputies, and to these alone")
        }
        LentFault::OtherExternalId { expected } => format!("does not ask for the external id {expected}"),
        LentFault::More => "says more than the template: another statement, principal or condition".to_owned(),
    }
}

pub(super) fn role(role: &Role) -> String {
    match role {
        Role::Absent { name } => none(name),
        Role::Assumable { name } => format!("{name} can be assumed by SageMaker"),
        Role::NotAssumable { name } => format!("SageMaker may not assume {name}: no instance can start"),
    }
}

pub(super) fn image(place: &RegionName, image: Image) -> String {
    match image {
        Image::Unnamed => format!(
            "no manifest of what serves names one; of the next release: aws ecr describe-images --repository-name REPOSITORY \
             --image-ids imageDigest=sha256:DIGEST --region {place}"
        ),
        Image::Absent => none("the image of what serves, in this region's own registry: no instance can start"),
        Image::Own => "what serves is in the region's own registry".to_owned(),
    }
}

pub(super) fn signing_key(key: &SigningKey) -> String {
    match key {
        SigningKey::Elsewhere { key } => format!("{key} is trusted; its private half does not lie in KMS"),
        SigningKey::Absent { arn } => none(arn),
        SigningKey::NotEnabled { key, state } => format!("{key} is {state}: nothing can be signed with it"),
        SigningKey::OtherKind { key } => format!("{key} is no key of ECC_NIST_P256 that signs"),
        SigningKey::OtherPublicKey { key } => {
            format!("{key} has another public half in KMS than in fleet.toml: what it signs is refused")
        }
        SigningKey::Enabled { key } => format!("{key} is enabled and is the one that fleet.toml trusts"),
    }
}
