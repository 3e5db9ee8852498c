//! How a signature is stored: a Sigstore bundle (v0.3) around a DSSE envelope, as OpenSSF model signing writes it.

use super::key::PublicKey;
use super::statement::{PAYLOAD_TYPE, Statement};
use super::{LONGEST_SIGNATURE, SignatureFault};
use crate::fleet::names::{KeyId, ReleaseId, Sha256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// More signatures than any release carries.
const MOST_SIGNATURES: usize = 16;

/// The bundle. Other members, such as a transparency log's entries, are others' business and are not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bundle {
    media_type: String,
    #[serde(skip_deserializing)]
    verification_material: VerificationMaterial,
    dsse_envelope: Envelope,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct VerificationMaterial {
    public_key: KeyHint,
    tlog_entries: [(); 0],
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct KeyHint {
    hint: Option<Sha256>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: Base64,
    payload_type: String,
    signatures: Vec<Signature>,
}

/// One signature of an envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    sig: Base64,
    /// A hint that nothing rests on: every trusted key is tried.
    #[serde(default)]
    keyid: String,
}

impl Signature {
    /// The signature's bytes: ASN.1 DER for ECDSA, 64 bytes for Ed25519.
    pub fn bytes(&self) -> &[u8] {
        &self.sig.0
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Base64(Vec<u8>);

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Self).map_err(|_| serde::de::Error::custom("not base64"))
    }
}

/// What DSSE signs in place of a payload (DSSE 1.0, "PAE").
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

impl Bundle {
    /// The bundle of a statement that `key` has signed: `signature` is over [`pae`] of its bytes.
    pub fn of(statement: &Statement, id: &KeyId, key: &PublicKey, signature: Vec<u8>) -> Self {
        Self {
            media_type: MEDIA_TYPE.to_owned(),
            verification_material: VerificationMaterial {
                public_key: KeyHint { hint: Some(key.hint()) },
                tlog_entries: [],
            },
            dsse_envelope: Envelope {
                payload: Base64(statement.to_bytes()),
                payload_type: PAYLOAD_TYPE.to_owned(),
                signatures: vec![Signature { sig: Base64(signature), keyid: id.to_string() }],
            },
        }
    }

    /// The bytes that are stored.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings and lists of them: it always serialises.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Reads what lies beside the manifest of `release`.
    ///
    /// # Errors
    /// Too long, or not a bundle around an in-toto statement. Nothing of it is repeated in the error.
    pub fn parse(release: ReleaseId, bytes: &[u8]) -> Result<Self, SignatureFault> {
        if bytes.len() > LONGEST_SIGNATURE {
            return Err(SignatureFault::TooLong { release });
        }
        let malformed = |line, column| SignatureFault::Malformed { release, line, column };
        let bundle: Self =
            serde_json::from_slice(bytes).map_err(|error| malformed(error.line() as u64, error.column() as u64))?;
        let envelope = &bundle.dsse_envelope;
        let is_known = bundle.media_type == MEDIA_TYPE && envelope.payload_type == PAYLOAD_TYPE;
        if is_known && (1..=MOST_SIGNATURES).contains(&envelope.signatures.len()) {
            Ok(bundle)
        } else {
            Err(malformed(0, 0))
        }
    }

    /// What was signed: the bytes that each signature covers.
    pub fn signed(&self) -> Vec<u8> {
        pae(&self.dsse_envelope.payload_type, &self.dsse_envelope.payload.0)
    }

    /// The statement's bytes. They are to be read once a signature over [`Bundle::signed`] has been checked.
    pub fn payload(&self) -> &[u8] {
        &self.dsse_envelope.payload.0
    }

    /// The signatures, at least one.
    pub fn signatures(&self) -> &[Signature] {
        &self.dsse_envelope.signatures
    }
}
