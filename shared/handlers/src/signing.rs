//! Signatures of releases: checked against policy's keys before anything of a release is read, and made by `publish`.

use crate::context::Context;
use crate::files::{self, FileError};
use crate::ports::{Artifacts, Clock, ErrorKind, PortError};
use jiff::Timestamp;
use meridian_domain::signing::{Bundle, LONGEST_SIGNATURE, PublicKey, Statement, TrustedKey, decode_pem, encode_pem};
use meridian_domain::{KeyId, Manifest, RegionName, ReleaseId, SignatureFault, SigningPolicy, keys};
use meridian_messages::operator::refused;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    UnparsedPublicKey,
};
use std::fmt;

const PRIVATE: &str = "PRIVATE KEY";
/// PKCS#8 of an Ed25519 key without its public half, up to the seed (RFC 8410).
const ED25519_PKCS8: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
/// The private half of [`meridian_domain::signing::EXAMPLE_KEY`].
const EXAMPLE_SEED: &[u8; 32] = b"this key is public: never trust!";

/// What a trusted key has signed: proof that a manifest may be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    key: KeyId,
    release: ReleaseId,
    statement: Statement,
}

impl Signed {
    /// Policy's id of the key that signed.
    pub fn key(&self) -> &KeyId {
        &self.key
    }

    /// Whether the manifest names the files that were signed and no others.
    pub fn lists(&self, manifest: &Manifest) -> bool {
        self.statement.lists(self.release, manifest)
    }

    /// Reads the manifest that was signed, and holds its files against the signed list.
    ///
    /// # Errors
    /// Missing, other bytes than were signed, no manifest that may be one here, or one that names other files.
    pub async fn manifest<P: Artifacts + Clock>(
        &self,
        ports: &P,
        ctx: &Context,
        region: &RegionName,
    ) -> Result<Manifest, FileError> {
        let manifest = files::manifest_here(ports, &ctx.fleet.name, region, self.release).await?;
        if self.lists(&manifest) {
            return Ok(manifest);
        }
        Err(SignatureFault::OtherFiles { key: self.key.clone(), release: self.release }.into())
    }
}

/// Reads the signature of `release` in `region` and checks it. Nothing of the manifest is read.
///
/// # Errors
/// Missing, or no signature of this release by a key that policy trusts at `now`.
pub async fn read(
    ports: &impl Artifacts,
    region: &RegionName,
    policy: &SigningPolicy,
    release: ReleaseId,
    now: Timestamp,
) -> Result<Signed, FileError> {
    let bytes = match ports.get_within(region, &keys::signature(release), LONGEST_SIGNATURE as u64).await {
        Err(error) if error.kind == ErrorKind::TooLarge => return Err(SignatureFault::TooLong { release }.into()),
        answer => answer?,
    };
    Ok(verify(policy, release, &bytes, now)?)
}

/// Checks a signature: first over the bytes that it covers, then what they say.
///
/// # Errors
/// No signature of this release by a key that policy trusts at `now`.
pub fn verify(
    policy: &SigningPolicy,
    release: ReleaseId,
    bundle: &[u8],
    now: Timestamp,
) -> Result<Signed, SignatureFault> {
    let bundle = Bundle::parse(release, bundle)?;
    let signed = bundle.signed();
    let has_signed =
        |key: &&TrustedKey| bundle.signatures().iter().any(|own| is_by(&key.public_key, &signed, own.bytes()));
    let Some(key) = policy.keys.iter().find(has_signed) else {
        let trusted = policy.keys.iter().map(|key| key.id.clone()).collect();
        return Err(SignatureFault::Untrusted { release, trusted });
    };
    key.check(now)?;
    let statement = Statement::parse(bundle.payload()).map_err(|error| SignatureFault::Malformed {
        release,
        line: error.line() as u64,
        column: error.column() as u64,
    })?;
    if statement.names(release) {
        Ok(Signed { key: key.id.clone(), release, statement })
    } else {
        Err(SignatureFault::OtherRelease { key: key.id.clone(), release })
    }
}

/// Whether the key has made this signature of the message: ASN.1 DER for ECDSA, 64 bytes for Ed25519.
pub fn is_by(key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
    let verified = match key {
        PublicKey::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature),
        PublicKey::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
    };
    verified.is_ok()
}

/// Why nothing was signed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SigningError {
    /// The service that holds the key did not sign.
    #[error(transparent)]
    Port(#[from] PortError),
    /// A file that holds no key to sign with.
    #[error("{}", refused::no_private_key())]
    KeyFile,
    /// A key of KMS that cannot sign releases.
    #[error("{}", refused::key_cannot_sign(.key))]
    KeySpec {
        /// The key's ARN or id.
        key: String,
    },
    /// No randomness, or the key is damaged.
    #[error("{}", refused::key_failed())]
    Failed,
    /// Policy does not trust the key: no region would attest the release.
    #[error("{}", refused::key_not_trusted(.public_key))]
    NotTrusted {
        /// The key's public half, in PEM.
        public_key: String,
    },
    /// Policy trusts the key at another time, or the signature came out wrong.
    #[error("{}", meridian_messages::files::signature(.0))]
    Refused(SignatureFault),
}

impl From<SignatureFault> for SigningError {
    fn from(fault: SignatureFault) -> Self {
        Self::Refused(fault)
    }
}

/// Whoever holds the private half of a key.
#[allow(async_fn_in_trait)] // Handlers run on one thread and are generic: no `Send` bound is wanted.
pub trait Signer {
    /// The public half.
    async fn public_key(&self) -> Result<PublicKey, SigningError>;
    /// The signature over these bytes: ASN.1 DER for ECDSA, 64 bytes for Ed25519.
    async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError>;
}

/// A key whose private half lies in a file.
pub enum KeyFile {
    /// ECDSA on P-256 with SHA-256.
    P256(EcdsaKeyPair),
    /// Ed25519, as RFC 8032 has it.
    Ed25519(Ed25519KeyPair),
}

/// Never the key.
impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyFile")
    }
}

impl KeyFile {
    /// Reads a private key in PKCS#8 PEM.
    ///
    /// # Errors
    /// No key, one with a password, or one of another kind.
    pub fn parse(pem: &str) -> Result<Self, SigningError> {
        let der = decode_pem(PRIVATE, pem).ok_or(SigningError::KeyFile)?;
        if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der) {
            return Ok(Self::Ed25519(pair));
        }
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &der, &SystemRandom::new());
        pair.map(Self::P256).map_err(|_| SigningError::KeyFile)
    }

    /// The private half of [`meridian_domain::signing::EXAMPLE_KEY`], in PEM: for nights on one machine and for tests.
    pub fn example_pem() -> String {
        encode_pem(PRIVATE, &[ED25519_PKCS8, EXAMPLE_SEED].concat())
    }
}

impl Signer for KeyFile {
    async fn public_key(&self) -> Result<PublicKey, SigningError> {
        let key = match self {
            Self::P256(pair) => pair.public_key().as_ref().try_into().map(PublicKey::P256),
            Self::Ed25519(pair) => pair.public_key().as_ref().try_into().map(PublicKey::Ed25519),
        };
        key.map_err(|_| SigningError::KeyFile)
    }

    async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        match self {
            Self::P256(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message).map_err(|_| SigningError::Failed)?;
                Ok(signature.as_ref().to_vec())
            }
            Self::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

/// Signs a release; answers the bundle's bytes, checked as every region will check them.
///
/// # Errors
/// Nobody signed, or policy does not trust who did at `now`.
pub async fn sign(
    signer: &impl Signer,
    policy: &SigningPolicy,
    release: ReleaseId,
    manifest: &Manifest,
    now: Timestamp,
) -> Result<Vec<u8>, SigningError> {
    let public_key = signer.public_key().await?;
    let Some(key) = policy.keys.iter().find(|key| key.public_key == public_key) else {
        return Err(SigningError::NotTrusted { public_key: public_key.pem() });
    };
    let bundle = bundle(signer, &key.id, &public_key, &Statement::of(release, manifest)).await?;
    verify(policy, release, &bundle, now)?;
    Ok(bundle)
}

/// Signs a statement, whoever trusts the key.
///
/// # Errors
/// Nobody signed.
pub async fn bundle(
    signer: &impl Signer,
    id: &KeyId,
    public_key: &PublicKey,
    statement: &Statement,
) -> Result<Vec<u8>, SigningError> {
    let message = meridian_domain::signing::pae(meridian_domain::signing::PAYLOAD_TYPE, &statement.to_bytes());
    let signature = signer.sign(&message).await?;
    Ok(Bundle::of(statement, id, public_key, signature).to_bytes())
}

#[cfg(test)]
mod tests;
