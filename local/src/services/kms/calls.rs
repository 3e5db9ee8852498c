//! KMS's keys that sign. All of them are one key, which everybody can read: nothing but tests and nights may trust it.

use crate::services::kms::types::{GetPublicKey, GetPublicKeyOutput, Sign, SignOutput};
use crate::world::error::ApiError;
use crate::world::operation::Operation;
use crate::world::service::Service;
use crate::world::state::World;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use meridian_deployment::Key;
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};

/// The private half, as text that says so.
const SCALAR: &[u8; 32] = b"this key is public: never trust!";
/// SPKI of P-256 in DER, up to the point.
const SPKI: &[u8] =
    b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
/// The public half.
const POINT: &[u8; 65] = b"\x04\x28\x29\xdf\xb1\x11\xaa\x5c\x60\xa6\xea\x81\x02\x7c\x7f\x2c\x48\x68\x17\x7c\xb1\x04\xb0\x7f\xb7\x07\x45\x64\x7c\x36\x34\x4d\x76\xcc\x7b\x5a\x6d\x25\x04\x5d\x0b\xd6\x1b\xfd\x94\xd1\x87\xf9\xd7\xdb\x08\xf7\x83\x1f\xe4\x3a\x2c\xdc\x12\x5a\x88\xde\xea\x7c\x7b";
const SPEC: &str = "ECC_NIST_P256";
const ALGORITHM: &str = "ECDSA_SHA_256";
/// Longest message that is signed as it is (API reference of `Sign`).
const LONGEST: usize = 4096;

/// The key, where it is one that signs.
fn signing(world: &World, region: &RegionName, id: &str, operation: &str) -> Result<Key, ApiError> {
    let key = world.key_of(region, id)?;
    if key.spec.as_deref() != Some(SPEC) {
        let message = format!("{} key usage is ENCRYPT_DECRYPT which is not valid for {operation}.", key.arn);
        return Err(ApiError::new("InvalidKeyUsageException", 400, message));
    }
    if !key.enabled {
        return Err(ApiError::new("DisabledException", 400, format!("{} is disabled.", key.arn)));
    }
    Ok(key.clone())
}

impl Operation for GetPublicKey {
    const SERVICE: Service = Service::Kms;
    const OPERATION: OperationName = OperationName::GetPublicKey;
    type Output = GetPublicKeyOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<GetPublicKeyOutput, ApiError> {
        let key = signing(world, region, &self.key_id, Self::NAME)?;
        Ok(GetPublicKeyOutput {
            key_id: key.arn,
            public_key: STANDARD.encode([SPKI, POINT].concat()),
            key_spec: SPEC.to_owned(),
            key_usage: "SIGN_VERIFY",
            signing_algorithms: vec![ALGORITHM],
        })
    }
}

impl Operation for Sign {
    const SERVICE: Service = Service::Kms;
    const OPERATION: OperationName = OperationName::Sign;
    type Output = SignOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<SignOutput, ApiError> {
        let key = signing(world, region, &self.key_id, Self::NAME)?;
        let invalid = |message: &str| ApiError::new("ValidationException", 400, message.to_owned());
        if self.signing_algorithm != ALGORITHM {
            let message = format!("Algorithm {} is incompatible with key spec {SPEC}.", self.signing_algorithm);
            return Err(ApiError::new("InvalidKeyUsageException", 400, message));
        }
        if self.message_type.as_deref().is_some_and(|kind| kind != "RAW") {
            return Err(invalid("only MessageType RAW is modelled"));
        }
        let message = STANDARD.decode(&self.message).map_err(|_| invalid("Message is not base64"))?;
        if message.is_empty() || message.len() > LONGEST {
            return Err(invalid("Message must have 1 to 4096 bytes where MessageType is RAW"));
        }
        let (rng, broken) = (SystemRandom::new(), || ApiError::new("KMSInternalException", 500, "no key".to_owned()));
        let pair = EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_ASN1_SIGNING, SCALAR, POINT, &rng);
        let signature = pair.map_err(|_| broken())?.sign(&rng, &message).map_err(|_| broken())?;
        Ok(SignOutput {
            key_id: key.arn,
            signature: STANDARD.encode(signature.as_ref()),
            signing_algorithm: self.signing_algorithm,
        })
    }
}
