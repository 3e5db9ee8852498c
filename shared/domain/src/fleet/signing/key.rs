//! Public keys, as SPKI (RFC 5480, RFC 8410) in PEM or base64.

use crate::fleet::names::Sha256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// SPKI of an uncompressed point on P-256, up to the point.
const P256: &[u8] =
    b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
/// SPKI of an Ed25519 key, up to the key.
const ED25519: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
const LABEL: &str = "PUBLIC KEY";

/// The key of the nights on one machine. Everybody can read its private half, so a policy that trusts it is good for AWS's
/// example account and no other.
pub const EXAMPLE_KEY: PublicKey = PublicKey::Ed25519(*b"\xc9\x00\xa7\xda\x70\x8c\x9a\xb0\x71\x12\xc7\x54\x17\x8e\xec\x2e\xda\xcc\x93\xb3\x60\x24\x26\xc2\xfd\x89\x2a\x14\x12\xad\x3a\x53");

/// A public key that may stand in policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum PublicKey {
    /// ECDSA on P-256 with SHA-256 (KMS: `ECC_NIST_P256`, `ECDSA_SHA_256`): the uncompressed point.
    P256([u8; 65]),
    /// Ed25519: the 32 bytes of RFC 8032.
    Ed25519([u8; 32]),
}

/// A text or bytes that are no public key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "not a public key that can sign releases: expected SPKI in PEM or base64 of P-256 or Ed25519, as openssl pkey -pubout and \
     aws kms get-public-key write it"
)]
pub struct PublicKeyError;

impl PublicKey {
    /// Reads SPKI in DER.
    ///
    /// # Errors
    /// Another kind of key, or none.
    pub fn from_spki(der: &[u8]) -> Result<Self, PublicKeyError> {
        if let Some(point) = der.strip_prefix(P256) {
            let point: [u8; 65] = point.try_into().map_err(|_| PublicKeyError)?;
            return if point.first() == Some(&4) { Ok(Self::P256(point)) } else { Err(PublicKeyError) };
        }
        let key = der.strip_prefix(ED25519).ok_or(PublicKeyError)?;
        key.try_into().map(Self::Ed25519).map_err(|_| PublicKeyError)
    }

    /// SPKI in DER.
    pub fn spki(&self) -> Vec<u8> {
        match self {
            Self::P256(point) => [P256, point].concat(),
            Self::Ed25519(key) => [ED25519, key].concat(),
        }
    }

    /// SPKI in PEM.
    pub fn pem(&self) -> String {
        encode_pem(LABEL, &self.spki())
    }

    /// The SHA-256 of the PEM, by which a bundle names its key (OpenSSF model signing).
    pub fn hint(&self) -> Sha256 {
        Sha256::of(self.pem().as_bytes())
    }
}

impl TryFrom<String> for PublicKey {
    type Error = PublicKeyError;
    fn try_from(text: String) -> Result<Self, PublicKeyError> {
        let der = match decode_pem(LABEL, &text) {
            Some(der) => der,
            None => STANDARD.decode(text.trim()).map_err(|_| PublicKeyError)?,
        };
        Self::from_spki(&der)
    }
}

/// The bytes of the first PEM block with this label; none where there is none.
pub fn decode_pem(label: &str, text: &str) -> Option<Vec<u8>> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let body = text.split_once(&begin)?.1.split_once(&end)?.0;
    let body: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(body).ok()
}

/// A PEM block, with 64 characters a line as OpenSSL writes it.
pub fn encode_pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        // Base64 is ASCII: every position is a boundary.
        let (line, next) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = next;
    }
    text + &format!("-----END {label}-----\n")
}
