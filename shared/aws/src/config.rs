//! What a function is told from outside: the environment, read here and nowhere else, and the fleet policy.

use crate::endpoint_url::{EndpointUrl, EndpointUrlError};
use crate::trust::Trust;
use meridian_domain::{Fleet, FleetError, NameError, RegionName, Sha256};
use meridian_handlers::front::{Callers, CallersError};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

/// The policy that the functions are built with, for those that are deployed without a file of their own.
const COMPILED_IN: &str = include_str!("../../../fleet.toml");
/// The policy's file beside a function's program: who changes it deploys again, and builds nothing.
const BESIDE: &str = "fleet.toml";
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
    /// The policy file cannot be read.
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

    /// The policy beside the function's program, or the compiled-in one where none lies there.
    ///
    /// # Errors
    /// The file is there and cannot be read, or the policy is wrong.
    pub fn load(environment: &Environment) -> Result<Self, ConfigError> {
        let Some(path) = environment.task_root.as_ref().map(|folder| folder.join(BESIDE)) else {
            return Self::compiled_in();
        };
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.kind() == ErrorKind::NotFound => Self::compiled_in(),
            Err(source) => Err(ConfigError::File { path, source }),
        }
    }

    fn parse(text: &str) -> Result<Self, ConfigError> {
        Ok(Self { fleet: Arc::new(Fleet::parse(text)?), digest: Sha256::of(text.as_bytes()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
