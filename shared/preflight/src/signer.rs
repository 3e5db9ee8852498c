//! Releases signed with a key that never leaves KMS.

use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{KeySpec, KeyUsageType, MessageType, SigningAlgorithmSpec};
use meridian_aws::AwsPorts;
use meridian_aws::inspect::{NotKnown, Said, said};
use meridian_domain::RegionName;
use meridian_domain::signing::PublicKey;
use meridian_handlers::ports::{ErrorKind, FailureDetail, OperationName, PortError};
use meridian_handlers::signing::{Signer, SigningError};

/// The state of a key that can be used.
pub const ENABLED: &str = "Enabled";

/// A key of KMS that is to sign releases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SigningKeyFacts {
    /// `Enabled`, `Disabled`, `PendingDeletion`, ...
    pub state: String,
    /// Its public half; none where it is not enabled, or cannot sign releases.
    pub public_key: Option<PublicKey>,
}

/// A key of KMS that signs: `ECC_NIST_P256`, `SIGN_VERIFY`. KMS takes messages of up to 4096 bytes, which a release's statement
/// never has.
#[derive(Debug)]
pub struct KmsSigner<'a> {
    ports: &'a AwsPorts,
    key: &'a str,
    region: RegionName,
}

impl<'a> KmsSigner<'a> {
    /// The key of this ARN, in the region that it names; a key's id or alias is home's.
    pub fn new(ports: &'a AwsPorts, key: &'a str) -> Self {
        let named = key.split(':').nth(3).and_then(|region| region.parse().ok());
        Self { ports, key, region: named.unwrap_or_else(|| ports.fleet().home.clone()) }
    }

    /// What KMS says of the key: whether it can be used, and its public half.
    pub async fn inspect(&self) -> Said<SigningKeyFacts> {
        let described = self.client().await.describe_key().key_id(self.key).send().await;
        let state = match said(&self.region, OperationName::DescribeKey, described) {
            Said::Is(own) => own.key_metadata.and_then(|key| key.key_state),
            other => return other.map(|_| SigningKeyFacts::default()),
        };
        let state = state.map(|state| state.as_str().to_owned()).unwrap_or_default();
        if state != ENABLED {
            return Said::Is(SigningKeyFacts { state, public_key: None });
        }
        match self.public_key().await {
            Ok(key) => Said::Is(SigningKeyFacts { state, public_key: Some(key) }),
            Err(SigningError::Port(error)) => Said::of(error),
            Err(_) => Said::Is(SigningKeyFacts { state, public_key: None }),
        }
    }

    async fn client(&self) -> aws_sdk_kms::Client {
        aws_sdk_kms::Client::new(&self.ports.config_of(&self.region).await)
    }

    fn unsaid<T>(&self, operation: OperationName, said: Said<T>) -> Result<T, SigningError> {
        let (kind, detail) = match said {
            Said::Is(value) => return Ok(value),
            Said::Silent(error) | Said::Unknown(NotKnown::Service(error)) => return Err(error.into()),
            Said::Absent => (ErrorKind::NotFound, FailureDetail::NoKey { key: self.key.to_owned() }),
            // The other kinds of what is not known are of no single request.
            Said::NotModelled | Said::Unknown(_) => (ErrorKind::Refused, FailureDetail::NotModelled),
        };
        Err(PortError { kind, region: self.region.clone(), operation, detail, silent: false }.into())
    }
}

impl Signer for KmsSigner<'_> {
    async fn public_key(&self) -> Result<PublicKey, SigningError> {
        let answer = self.client().await.get_public_key().key_id(self.key).send().await;
        let own = self.unsaid(OperationName::GetPublicKey, said(&self.region, OperationName::GetPublicKey, answer))?;
        let signs = own.key_usage == Some(KeyUsageType::SignVerify) && own.key_spec == Some(KeySpec::EccNistP256);
        let key = own.public_key.filter(|_| signs).and_then(|spki| PublicKey::from_spki(spki.as_ref()).ok());
        key.ok_or_else(|| SigningError::KeySpec { key: self.key.to_owned() })
    }

    async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let sign = self.client().await.sign().key_id(self.key).message(Blob::new(message));
        let sign = sign.message_type(MessageType::Raw).signing_algorithm(SigningAlgorithmSpec::EcdsaSha256);
        let own = self.unsaid(OperationName::Sign, said(&self.region, OperationName::Sign, sign.send().await))?;
        own.signature
            .map(|signature| signature.into_inner())
            .ok_or_else(|| SigningError::KeySpec { key: self.key.to_owned() })
    }
}
