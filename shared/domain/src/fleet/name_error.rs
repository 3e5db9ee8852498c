//! A text that is not the name it should be, as data.

use serde::Serialize;

/// A text that is not the name it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{given:?} is not {expected}")]
pub struct NameError {
    /// The text, cut.
    pub given: String,
    /// What it should be.
    pub expected: NameKind,
}

impl NameError {
    pub(crate) fn new(given: &str, expected: NameKind) -> Self {
        // Long input is cut: an error line is for reading, and may hold what should not be repeated.
        Self { given: given.chars().take(80).collect(), expected }
    }
}

/// What a text must be, with its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum NameKind {
    /// [`RegionName`](super::names::RegionName).
    #[error("an AWS region name such as eu-west-1")]
    Region,
    /// [`FleetName`](super::names::FleetName).
    #[error("a fleet name: up to 20 lower-case letters, digits and dashes")]
    Fleet,
    /// [`Version`](super::names::Version).
    #[error("a version such as v427: up to 20 letters, digits, dots and dashes")]
    Version,
    /// [`ResourceName`](super::names::ResourceName).
    #[error("a SageMaker name: up to 63 letters, digits and dashes")]
    Resource,
    /// [`BucketName`](super::names::BucketName).
    #[error("an S3 bucket name: 3 to 63 lower-case letters, digits, dots and dashes")]
    Bucket,
    /// [`ProvenanceText`](super::names::ProvenanceText).
    #[error("1 to 200 printable ASCII characters")]
    Provenance,
    /// [`KeyId`](super::names::KeyId).
    #[error("a key's id: up to 63 letters, digits and dashes")]
    Key,
    /// [`SubnetId`](super::names::SubnetId).
    #[error("a subnet's id such as subnet-0123456789abcdef0")]
    Subnet,
    /// [`SecurityGroupId`](super::names::SecurityGroupId).
    #[error("a security group's id such as sg-0123456789abcdef0")]
    SecurityGroup,
    /// [`RepositoryName`](super::names::RepositoryName).
    #[error("a repository of ECR: 2 to 256 lower-case letters and digits, with single . _ - / between them")]
    Repository,
    /// [`Actor`](super::names::Actor).
    #[error("an actor: up to 100 printable characters")]
    Actor,
    /// [`Sha256`](super::names::Sha256).
    #[error("a SHA-256: 64 lower-case hexadecimal digits")]
    Sha256,
    /// [`ImageVersion`](super::image::ImageVersion).
    #[error("a known image: expected \"1.7-1\" or \"3.0-5\"")]
    ImageVersion,
    /// A caller of the ledger.
    #[error("a caller: \"unverified\", or an ARN of at most 512 visible ASCII characters")]
    Caller,
    /// A time zone of a region.
    #[error("an IANA time zone such as Europe/Dublin")]
    TimeZone,
    /// A time of day, to the minute.
    #[error("a time of day such as \"23:30\"")]
    TimeOfDay,
}
