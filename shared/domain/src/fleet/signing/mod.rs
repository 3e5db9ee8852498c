//! Signed releases: whose signature policy trusts, what is signed, and the form in which the signature lies beside the manifest.
//! Formats only: whoever checks or makes a signature needs cryptography, which is not here.

mod bundle;
mod key;
mod statement;

pub use bundle::{Bundle, Signature, pae};
pub use key::{EXAMPLE_KEY, PublicKey, PublicKeyError, decode_pem, encode_pem};
pub use statement::{PAYLOAD_TYPE, Statement};

use crate::fleet::names::{KeyId, ReleaseId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// `[signing]`: the keys that may sign releases.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningPolicy {
    /// Each region believes these and no others.
    pub keys: Vec<TrustedKey>,
}

/// One key that may sign releases.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedKey {
    /// What people call it.
    pub id: KeyId,
    /// What its signatures are checked with.
    pub public_key: PublicKey,
    /// Nothing that it signed is attested before this time, by the clock of the region that attests.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// ... nor at or after this one. What was attested before stays attested.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// The ARN of the key in KMS, where its private half lies there.
    #[serde(default)]
    pub kms: Option<String>,
}

impl TrustedKey {
    /// Whether a region may attest what the key has signed at `now`.
    ///
    /// # Errors
    /// It is too early, or too late.
    pub fn check(&self, now: Timestamp) -> Result<(), SignatureFault> {
        match (self.from, self.until) {
            (Some(from), _) if now < from => Err(SignatureFault::TooEarly { key: self.id.clone(), from, now }),
            (_, Some(until)) if now >= until => Err(SignatureFault::TooLate { key: self.id.clone(), until, now }),
            _ => Ok(()),
        }
    }

    /// What is wrong with a `kms` that names no key of the account; nothing where it does, or where there is none.
    pub(crate) fn names_no_key_of(&self, account: &str) -> bool {
        let Some(arn) = &self.kms else { return false };
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        !matches!(parts.as_slice(), ["arn", _, "kms", region, of, key]
            if !region.is_empty() && *of == account && key.starts_with("key/"))
    }
}

/// The longest signature file that is read, in bytes: a statement of a few files takes two thousand.
pub const LONGEST_SIGNATURE: usize = 64 * 1024;

/// Why a signature does not make a release one that may be attested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureFault {
    /// It has more than [`LONGEST_SIGNATURE`] bytes.
    TooLong {
        /// The release that it should sign.
        release: ReleaseId,
    },
    /// Not a bundle with a DSSE envelope, or not a statement in it.
    Malformed {
        /// The release that it should sign.
        release: ReleaseId,
        /// 1-based line, of the bundle or of the statement in it; 0 where none can be named.
        line: u64,
        /// 1-based column in that line.
        column: u64,
    },
    /// No trusted key has made any of the signatures.
    Untrusted {
        /// The release that it should sign.
        release: ReleaseId,
        /// The keys that policy trusts, by id.
        trusted: Vec<KeyId>,
    },
    /// The key is not trusted yet.
    TooEarly {
        /// The key that has signed.
        key: KeyId,
        /// The time from which it is trusted.
        from: Timestamp,
        /// The region's time.
        now: Timestamp,
    },
    /// The key is not trusted any more.
    TooLate {
        /// The key that has signed.
        key: KeyId,
        /// From when on it is not trusted.
        until: Timestamp,
        /// The region's time.
        now: Timestamp,
    },
    /// A trusted key has signed something else.
    OtherRelease {
        /// The key that has signed.
        key: KeyId,
        /// The release that it should sign.
        release: ReleaseId,
    },
    /// The signed list of files is not the manifest's.
    OtherFiles {
        /// The key that has signed.
        key: KeyId,
        /// The release whose manifest it is.
        release: ReleaseId,
    },
}
