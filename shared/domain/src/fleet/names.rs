//! Names that cannot be wrong: parsed once at the edge, used without checks inside.

use super::name_error::{NameError, NameKind};
use serde::{Deserialize, Serialize, Serializer};
use sha2::Digest;
use std::cmp::Ordering;
use std::sync::Arc;
use std::{fmt, str::FromStr};

/// Gives a text newtype its parsing, printing and serde from one check.
macro_rules! text_name {
    ($(#[$doc:meta])* $name:ident, $kind:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
        #[serde(try_from = "String")]
        // Shared text: names are copied into every plan and record, and a copy costs no memory.
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                // As `Arc` compares for equality: a map's key and what is looked up are mostly copies of one name.
                if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
            }
        }
        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }
        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                let check: fn(&str) -> bool = $check;
                if check(text) { Ok(Self(text.into())) } else { Err(NameError::new(text, NameKind::$kind)) }
            }
        }
        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

fn dashed(text: &str, max: usize) -> bool {
    !text.is_empty()
        && text.len() <= max
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn region_like(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    matches!(parts.as_slice(), [.., number] if parts.len() >= 3 && number.parse::<u8>().is_ok())
        && dashed(text, 32)
        && text.bytes().all(|b| !b.is_ascii_uppercase())
}

text_name!(
    /// An AWS region, such as `eu-west-1`.
    RegionName, Region, region_like
);
text_name!(
    /// The name of a fleet: the regions that serve one model.
    FleetName, Fleet,
    |t| dashed(t, 20) && t.bytes().all(|b| !b.is_ascii_uppercase())
);
text_name!(
    /// A release's human name, such as `v427`. Never its identity: that is [`ReleaseId`].
    Version, Version,
    |t| dashed(&t.replace('.', "-"), 20)
);
text_name!(
    /// A SageMaker name: endpoint, configuration, model or variant. At most 63 characters.
    ResourceName, Resource, |t| dashed(t, 63)
);
text_name!(
    /// An S3 bucket.
    BucketName, Bucket,
    |t| t.len() >= 3 && dashed(&t.replace('.', "-"), 63) && t.bytes().all(|b| !b.is_ascii_uppercase())
);
text_name!(
    /// One fact about where a release comes from.
    ProvenanceText, Provenance,
    |t| (1..=200).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
);
text_name!(
    /// What people call a key that signs releases.
    KeyId, Key, |t| dashed(t, 63)
);
text_name!(
    /// A subnet of a VPC.
    SubnetId, Subnet, |t| of_hex(t, "subnet-")
);
text_name!(
    /// A security group of a VPC.
    SecurityGroupId, SecurityGroup, |t| of_hex(t, "sg-")
);
text_name!(
    /// A repository of ECR, the same in every region's registry.
    RepositoryName, Repository,
    repository_like
);
text_name!(
    /// Who acts: a pipeline execution's id, or a function and region.
    Actor, Actor,
    |t| !t.is_empty() && t.len() <= 100 && t.bytes().all(|b| b.is_ascii_graphic())
);

/// EC2's ids: a kind and 8 or 17 hexadecimal digits.
fn of_hex(text: &str, kind: &str) -> bool {
    let digits = text.strip_prefix(kind).unwrap_or_default();
    matches!(digits.len(), 8 | 17) && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// ECR's rule for repositories: groups of lower-case letters and digits with one separator between two, in folders.
fn repository_like(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let folder = |part: &str| {
        let bytes = part.as_bytes();
        let ends = bytes.first().is_some_and(|b| plain(*b)) && bytes.last().is_some_and(|b| plain(*b));
        let pairs = bytes.windows(2).all(|pair| pair.iter().any(|b| plain(*b)));
        ends && pairs && bytes.iter().all(|b| plain(*b) || b"._-".contains(b))
    };
    (2..=256).contains(&text.len()) && text.split('/').all(folder)
}

impl ResourceName {
    /// A name put together from parsed names with dashes between them: what makes a text none is in none of its parts, and a
    /// fleet's 20 characters, a version's 20 and 20 more always fit.
    pub(crate) fn of_names(text: &str) -> Self {
        debug_assert!(dashed(text, 63), "{text:?} is made of parsed names");
        Self(text.into())
    }
}

/// The SHA-256 of some bytes. Printed as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// The digest of no bytes.
    pub const OF_NOTHING: Self = Self([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae,
        0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
    ]);

    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// A digest that was computed elsewhere, e.g. over a stream.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest as it was computed, not its hexadecimal digits.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 12 hexadecimal digits, for names and for reading.
    pub fn short(&self) -> String {
        self.digits(6)
    }

    /// The hexadecimal digits of the first `bytes`, lower-case.
    pub(crate) fn digits(&self, bytes: usize) -> String {
        let mut digits = String::with_capacity(2 * bytes);
        self.push_digits(bytes, &mut digits);
        digits
    }

    /// Adds the digits of the first `bytes` to `text`.
    pub(crate) fn push_digits(&self, bytes: usize, text: &mut String) {
        for byte in self.0.iter().take(bytes) {
            text.extend([byte >> 4, byte & 15].map(|half| char::from(half + if half < 10 { b'0' } else { b'a' - 10 })));
        }
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.digits(self.0.len()))
    }
}
impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{self}")
    }
}
impl FromStr for Sha256 {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let wrong = || NameError::new(text, NameKind::Sha256);
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => Err(wrong()),
        };
        let mut bytes = [0u8; 32];
        let (pairs, rest) = text.as_bytes().as_chunks();
        if pairs.len() != bytes.len() || !rest.is_empty() {
            return Err(wrong());
        }
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Ok(Self(bytes))
    }
}
impl TryFrom<String> for Sha256 {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}
impl Serialize for Sha256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.digits(self.0.len()))
    }
}

/// A release's identity: the SHA-256 of its manifest's bytes, never a version string or an ETag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReleaseId(pub Sha256);

impl ReleaseId {
    /// The first 12 digits, for names and for reading.
    pub fn short(&self) -> String {
        self.0.short()
    }
}
impl fmt::Display for ReleaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl FromStr for ReleaseId {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        text.parse().map(ReleaseId)
    }
}

/// The hub lease's generation: a step that carries an older one is refused (I11).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The epoch after this one.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_nothing_is_sha_256s() {
        assert_eq!(Sha256::OF_NOTHING, Sha256::of(b""));
    }

    #[test]
    fn names_are_refused_with_what_was_expected() {
        let error = "EU-WEST-1".parse::<RegionName>().unwrap_err();
        assert_eq!(error.to_string(), "\"EU-WEST-1\" is not an AWS region name such as eu-west-1");
        for bad in ["", "europe", "eu-west", "eu_west_1", "-eu-west-1"] {
            assert!(bad.parse::<RegionName>().is_err(), "{bad}");
        }
        assert!("us-gov-west-1".parse::<RegionName>().is_ok());
        assert!("a".repeat(64).parse::<ResourceName>().is_err());
    }

    #[test]
    fn a_digest_reads_back_as_it_was_printed() {
        let digest = Sha256::of(b"v427");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!(digest.to_string().to_uppercase().parse::<Sha256>().is_err());
        assert!("é".repeat(32).parse::<Sha256>().is_err());
    }
}
