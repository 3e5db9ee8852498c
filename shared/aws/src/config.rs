//! What a function is told from outside: the environment, read here and nowhere else, and the fleet policy.

use crate::endpoint_url::{EndpointUrl, EndpointUrlError};
use crate::trust::Trust;
use meridian_domain::signing::{PublicKey, PublicKeyError};
use meridian_domain::{Fleet, FleetError, NameError, RegionName, Sha256};
use meridian_handlers::front::{Callers, CallersError};
use meridian_handlers::signing;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The policy that the functions are built with, for those that are deployed without a file of their own.
const COMPILED_IN: &str = include_str!("../../../fleet.toml");
/// The policy's file beside a function's program: who changes it deploys again, and builds nothing.
const BESIDE: &str = "fleet.toml";
/// Its signature: the bytes as `openssl` writes them.
const SIGNATURE: &str = "fleet.toml.sig";
/// What is logged where nothing is said.
const DEFAULT_LOG: &str = "info";

/// The settings that come from the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// `AWS_REGION`: where the function runs. Lambda sets it.
    pub region: RegionName,
    /// `AWS_LAMBDA_RUNTIME_API`: where Lambda's runtime API is. Lambda sets it.
    pub runtime_api: String,
    /// `MERIDIAN_LOG`: what to log, as levels by target (`info`, `warn,meridian_handlers=info`). Finer ones than `info` are not
    /// in a released function: the SDK would write requests there, with their keys and records.
    pub log: String,
    /// `LAMBDA_TASK_ROOT`: the folder of the function's archive, where its `fleet.toml` lies. Lambda sets it.
    pub task_root: Option<PathBuf>,
    /// `AWS_ENDPOINT_URL`: an address that replaces AWS's own. The SDK's standard variable.
    pub endpoint: Option<EndpointUrl>,
    /// `MERIDIAN_CLOCK_URL`: the local world's clock; time is the machine's where it is not set.
    pub clock: Option<String>,
    /// Amazon's authorities alone, unless `SSL_CERT_FILE` or `SSL_CERT_DIR` name others: for tests over
    /// TLS, and the way out should Amazon's certificates descend from somebody else one day.
    pub trust: Trust,
    /// `MERIDIAN_POLICY_KEY`: the key that must have signed `fleet.toml`, where one must.
    pub policy_key: Option<PublicKey>,
    /// `MERIDIAN_CALLERS`: who may ask `front` for a score, as names with digests of their tokens.
    pub callers: Callers,
}

/// What is wrong with the environment or the policy.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable that must be there is not.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// The endpoint is none.
    #[error("AWS_ENDPOINT_URL: {0}")]
    Endpoint(#[from] EndpointUrlError),
    /// The callers are none.
    #[error("MERIDIAN_CALLERS: {0}")]
    Callers(#[from] CallersError),
    /// The region is none.
    #[error("AWS_REGION: {0}")]
    Region(#[from] NameError),
    /// The key that must have signed the policy is none.
    #[error("MERIDIAN_POLICY_KEY: {0}")]
    PolicyKey(#[from] PublicKeyError),
    /// The policy is not signed by the key that must have signed it.
    #[error(
        "{SIGNATURE} is no signature of this fleet.toml by the key in MERIDIAN_POLICY_KEY: sign it again, and deploy"
    )]
    Unsigned,
    /// The policy is no text.
    #[error("{BESIDE} is not UTF-8: write it again, and deploy")]
    NoText,
    /// The policy or its signature cannot be read.
    #[error("the policy {path}: {source}")]
    File {
        /// The file that cannot be read.
        path: PathBuf,
        /// The underlying error.
        source: std::io::Error,
    },
    /// The policy is wrong.
    #[error(transparent)]
    Fleet(#[from] FleetError),
}

impl Environment {
    /// Reads the environment. A variable that is set to nothing counts as not set.
    ///
    /// # Errors
    /// `AWS_REGION` is missing or not a region; `AWS_ENDPOINT_URL` is no address; `MERIDIAN_CALLERS` is no list of callers.
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the environment is read")]
    pub fn read() -> Result<Self, ConfigError> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let others = set("SSL_CERT_FILE").or_else(|| set("SSL_CERT_DIR")).is_some();
        Ok(Self {
            region: set("AWS_REGION").ok_or(ConfigError::Missing("AWS_REGION"))?.parse()?,
            runtime_api: set("AWS_LAMBDA_RUNTIME_API").ok_or(ConfigError::Missing("AWS_LAMBDA_RUNTIME_API"))?,
            log: set("MERIDIAN_LOG").unwrap_or_else(|| DEFAULT_LOG.to_owned()),
            task_root: set("LAMBDA_TASK_ROOT").map(PathBuf::from),
            endpoint: set("AWS_ENDPOINT_URL").map(|url| url.parse()).transpose()?,
            clock: set("MERIDIAN_CLOCK_URL"),
            trust: if others { Trust::System } else { Trust::Amazon },
            policy_key: set("MERIDIAN_POLICY_KEY").map(PublicKey::try_from).transpose()?,
            callers: set("MERIDIAN_CALLERS").map_or_else(|| Ok(Callers::default()), |list| Callers::parse(&list))?,
        })
    }
}

/// The fleet policy with its identity.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The policy, read and checked.
    pub fleet: Arc<Fleet>,
    /// SHA-256 of the text that it was read from.
    pub digest: Sha256,
}

impl Policy {
    /// The policy that this binary was built with.
    ///
    /// # Errors
    /// It is wrong; a test sees to it that it is not.
    pub fn compiled_in() -> Result<Self, ConfigError> {
        Self::parse(COMPILED_IN)
    }

    /// The policy beside the function's program, or the compiled-in one where none lies there. Where a key must have signed it,
    /// the signature lies beside it too.
    ///
    /// # Errors
    /// A file is there and cannot be read, the policy is wrong, or it must be signed and is not.
    pub fn load(environment: &Environment) -> Result<Self, ConfigError> {
        let folder = environment.task_root.as_deref();
        let beside = folder.map(|folder| read_beside(folder, BESIDE)).transpose()?.flatten();
        if let Some(key) = &environment.policy_key {
            let signature = folder.map(|folder| read_beside(folder, SIGNATURE)).transpose()?.flatten();
            let text = beside.as_deref().unwrap_or(COMPILED_IN.as_bytes());
            if !signature.is_some_and(|signature| signing::is_by(key, text, &signature)) {
                return Err(ConfigError::Unsigned);
            }
        }
        let Some(bytes) = beside else { return Self::compiled_in() };
        Self::parse(std::str::from_utf8(&bytes).map_err(|_| ConfigError::NoText)?)
    }

    fn parse(text: &str) -> Result<Self, ConfigError> {
        Ok(Self { fleet: Arc::new(Fleet::parse(text)?), digest: Sha256::of(text.as_bytes()) })
    }
}

/// A file of the function's archive; none where it is not there.
fn read_beside(folder: &Path, name: &str) -> Result<Option<Vec<u8>>, ConfigError> {
    let path = folder.join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ConfigError::File { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use meridian_handlers::signing::Signer;

    #[test]
    fn the_compiled_in_policy_is_right() {
        assert!(Policy::compiled_in().is_ok());
    }

    #[test]
    fn the_environment_is_read_with_its_defaults() {
        let read = |pairs: &'static [(&str, &str)]| {
            let lambda = ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001");
            Environment::from_lookup(|name| {
                pairs.iter().chain([&lambda]).find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())
            })
        };
        let environment = read(&[("AWS_REGION", "sa-east-1"), ("MERIDIAN_CLOCK_URL", "")]).unwrap();
        assert_eq!((environment.log.as_str(), environment.clock), ("info", None));
        assert_eq!(environment.trust, Trust::Amazon);
        let elsewhere = read(&[("AWS_REGION", "sa-east-1"), ("SSL_CERT_FILE", "company.pem")]).unwrap();
        assert_eq!(elsewhere.trust, Trust::System);
        assert_eq!(read(&[]).unwrap_err().to_string(), "the environment variable AWS_REGION is not set");
        assert!(matches!(read(&[("AWS_REGION", "mars")]), Err(ConfigError::Region(_))));
        let nowhere = read(&[("AWS_REGION", "sa-east-1"), ("AWS_ENDPOINT_URL", "localhost")]).unwrap_err().to_string();
        assert!(nowhere.starts_with("AWS_ENDPOINT_URL: \"localhost\" is no endpoint"), "{nowhere}");
        let token = read(&[("AWS_REGION", "sa-east-1"), ("MERIDIAN_CALLERS", "checkout=the-token-itself")]);
        let error = token.unwrap_err().to_string();
        assert!(error.starts_with("MERIDIAN_CALLERS: caller 1: expected <name>=<SHA-256"), "{error}");
        assert!(!error.contains("the-token-itself"), "{error}");
    }

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        let always = [("AWS_REGION", "sa-east-1"), ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")];
        let lookup =
            |name: &str| pairs.iter().chain(&always).find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Environment::from_lookup(lookup).unwrap()
    }

    #[tokio::test]
    async fn a_policy_that_must_be_signed_is_read_only_with_its_signature() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        let key = STANDARD.encode(meridian_domain::signing::EXAMPLE_KEY.spki());
        let told = [("LAMBDA_TASK_ROOT", folder.path().to_str().unwrap()), ("MERIDIAN_POLICY_KEY", &key)];
        let load = || Policy::load(&environment(&told));
        let policy = include_bytes!("../../../local/fleets/reference/fleet.toml");
        let signer = signing::KeyFile::parse(&signing::KeyFile::example_pem()).unwrap();
        let sign = async |bytes: &[u8]| signer.sign(bytes).await.unwrap();

        assert!(matches!(load(), Err(ConfigError::Unsigned)), "nothing lies there");
        write(BESIDE, policy);
        assert!(matches!(load(), Err(ConfigError::Unsigned)), "no signature");
        write(SIGNATURE, &sign(b"another policy").await);
        assert!(matches!(load(), Err(ConfigError::Unsigned)), "another policy's signature");
        write(SIGNATURE, &sign(policy).await);
        assert_eq!(load().unwrap().digest, Sha256::of(policy));
        write(BESIDE, &[policy.as_slice(), b"\n"].concat());
        assert!(matches!(load(), Err(ConfigError::Unsigned)), "one byte more than was signed");

        let none = Environment::from_lookup(|name| {
            let always = [
                ("AWS_REGION", "sa-east-1"),
                ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
                ("MERIDIAN_POLICY_KEY", "x"),
            ];
            always.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
        });
        assert!(none.unwrap_err().to_string().starts_with("MERIDIAN_POLICY_KEY: not a public key"));
    }

    #[test]
    fn the_fleet_file_beside_the_program_precedes_the_built_in_one() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_str().unwrap();
        let load = || Policy::load(&environment(&[("LAMBDA_TASK_ROOT", root)]));
        let built_with = load().unwrap();
        assert_eq!(built_with.digest, Policy::compiled_in().unwrap().digest);
        let reference = include_str!("../../../local/fleets/reference/fleet.toml");
        let own = reference.replace("name = \"fraud\"", "name = \"credit-2\"");
        std::fs::write(folder.path().join(BESIDE), &own).unwrap();
        let beside = load().unwrap();
        assert_eq!((beside.fleet.name.as_str(), beside.digest), ("credit-2", Sha256::of(own.as_bytes())));
        std::fs::write(folder.path().join(BESIDE), "[fleet]\nname = 7\n").unwrap();
        let error = load().unwrap_err().to_string();
        assert!(error.starts_with("fleet.toml line "), "{error}");
        std::fs::remove_file(folder.path().join(BESIDE)).unwrap();
        std::fs::create_dir(folder.path().join(BESIDE)).unwrap();
        let error = load().unwrap_err().to_string();
        assert!(error.starts_with("the policy ") && error.contains("fleet.toml: "), "{error}");
    }
}
