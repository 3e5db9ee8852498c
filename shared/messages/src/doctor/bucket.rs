//! A region's release bucket.

use meridian_domain::BucketName;
use serde::Serialize;

/// A region's release bucket, as one check found it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bucket {
    /// Its name in `fleet.toml`.
    pub name: BucketName,
    /// What the check found of it.
    pub state: BucketState,
}

/// What a check found of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BucketState {
    /// The account has none of that name in the region.
    Absent,
    /// It keeps versions.
    Versioned,
    /// It keeps none.
    Unversioned {
        /// S3's status: `Suspended`, or empty where versioning was never on.
        status: String,
    },
    /// It encrypts with KMS.
    Encrypted,
    /// It does not, or has no rule of encryption.
    Unencrypted,
    /// Nothing of it can be made public.
    Private,
    /// It has no public access block.
    NoPublicAccessBlock,
    /// It has one that leaves a way.
    MayBePublic {
        /// Its switches that are off, by S3's names.
        off: Vec<&'static str>,
    },
    /// Its policy refuses what comes without TLS.
    PlainHttpRefused,
    /// It does not.
    PlainHttpAccepted,
    /// Its events go to EventBridge.
    EventsSent,
    /// They do not.
    EventsDisabled,
    /// Its policy refuses this to everybody, or to all but those that it names.
    Refused(Right),
    /// It has no policy, and so nothing refuses this.
    NoPolicy(Right),
    /// Its policy leaves a way.
    Open(Way),
}

/// What a bucket's policy has to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// That an object which must stay is deleted.
    Delete,
    /// That an object which is written once is overwritten.
    Overwrite,
    /// That a role writes which the policy does not name.
    Write,
    /// That anybody but the deployer changes what protects the bucket.
    Unprotect,
}

/// A way that a bucket's policy leaves: an action by IAM's name, and the prefix of the keys under which it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the enum says what its fields are")]
pub enum Way {
    /// To delete something that must stay.
    Delete { action: &'static str, prefix: &'static str },
    /// To overwrite something that is written once.
    Overwrite { prefix: &'static str },
    /// To write without being named.
    Write { prefix: &'static str },
    /// To change what protects the bucket.
    Unprotect { action: &'static str },
}

pub(super) fn words(Bucket { name, state }: &Bucket) -> String {
    match state {
        BucketState::Absent => format!("this account has no bucket {name} in this region"),
        BucketState::Versioned => "there, this account's, and versioned".to_owned(),
        BucketState::Unversioned { status } => {
            let status = if status.is_empty() { "off" } else { status };
            format!("it keeps no versions: versioning is {status} ({name})")
        }
        BucketState::Encrypted => "with KMS".to_owned(),
        BucketState::Unencrypted => format!("it does not encrypt with KMS ({name})"),
        BucketState::Private => "blocked".to_owned(),
        BucketState::NoPublicAccessBlock => format!("{name} has no public access block"),
        BucketState::MayBePublic { off } => format!("{name} may be made public: {} off", off.join(", ")),
        BucketState::PlainHttpRefused => "plain HTTP is refused".to_owned(),
        BucketState::PlainHttpAccepted => format!("its policy does not refuse plain HTTP ({name})"),
        BucketState::EventsSent => "they go to EventBridge".to_owned(),
        BucketState::EventsDisabled => format!("EventBridge notifications are disabled ({name})"),
        BucketState::Refused(right) => refused(*right).to_owned(),
        BucketState::NoPolicy(right) => format!("it has no policy, so {} ({name})", allowed(*right)),
        BucketState::Open(way) => format!("its policy does not {} ({name})", missed(*way)),
    }
}

fn refused(right: Right) -> &'static str {
    match right {
        Right::Delete => "refused to everybody, of all that the fleet keeps",
        Right::Overwrite => "refused to everybody, of ledger, releases and held-out records",
        Right::Write => "named by its policy, for each prefix",
        Right::Unprotect => "only who deploys changes policy, lifecycle, replication and versioning",
    }
}

fn allowed(right: Right) -> &'static str {
    match right {
        Right::Delete => "its objects can be deleted",
        Right::Overwrite => "its objects can be overwritten",
        Right::Write => "every role with a matching IAM policy may write there",
        Right::Unprotect => "any administrator may remove its protection",
    }
}

fn missed(way: Way) -> String {
    match way {
        Way::Delete { action, prefix } => format!("refuse {action} under {prefix} to everybody"),
        Way::Overwrite { prefix } => format!("deny everybody overwriting under {prefix}"),
        Way::Write { prefix } => format!("restrict who may write under {prefix}"),
        Way::Unprotect { action } => format!("refuse {action} to all but the deployer"),
    }
}
