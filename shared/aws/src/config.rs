//! What a function is told from outside: the environment, read here and nowhere else, and the fleet policy.

use crate::trust::Trust;
use meridian_domain::{Fleet, FleetError, NameError, RegionName, Sha256};
use meridian_handlers::front::{Callers, CallersError};
use std::path::PathBuf;
use std::sync::Arc;

/// The policy that the functions are built with: a change of it is a deployment.
const COMPILED_IN: &str = include_str!("../../../fleet.toml");
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
    /// `MERIDIAN_FLEET_FILE`: a policy that replaces the compiled-in one. For local worlds.
    pub fleet_file: Option<PathBuf>,
    /// `AWS_ENDPOINT_URL`: an address that replaces AWS's own. The SDK's standard variable.
    pub endpoint: Option<String>,
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
    /// The callers are none.
    #[error("MERIDIAN_CALLERS: {0}")]
    Callers(#[from] CallersError),
    /// The region is none.
    #[error("AWS_REGION: {0}")]
    Region(#[from] NameError),
    /// The policy file cannot be read.
    #[error("MERIDIAN_FLEET_FILE {path}: {source}")]
    File {
        /// Which file.
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
    /// `AWS_REGION` is missing or not a region; `MERIDIAN_CALLERS` is no list of callers.
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
            fleet_file: set("MERIDIAN_FLEET_FILE").map(PathBuf::from),
            endpoint: set("AWS_ENDPOINT_URL"),
            clock: set("MERIDIAN_CLOCK_URL"),
            trust: if others { Trust::System } else { Trust::Amazon },
            callers: set("MERIDIAN_CALLERS").map_or_else(|| Ok(Callers::default()), |list| Callers::parse(&list))?,
        })
    }
}

/// The fleet policy with its identity.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The policy.
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

    /// The policy that the environment names, or the compiled-in one.
    ///
    /// # Errors
    /// The file cannot be read, or the policy is wrong.
    pub fn load(environment: &Environment) -> Result<Self, ConfigError> {
        let Some(path) = &environment.fleet_file else { return Self::compiled_in() };
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::File { path: path.clone(), source })?;
        Self::parse(&text)
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
        let token = read(&[("AWS_REGION", "sa-east-1"), ("MERIDIAN_CALLERS", "checkout=the-token-itself")]);
        let error = token.unwrap_err().to_string();
        assert!(error.starts_with("MERIDIAN_CALLERS: caller 1: expected <name>=<SHA-256"), "{error}");
        assert!(!error.contains("the-token-itself"), "{error}");
    }

    #[test]
    fn a_policy_file_that_is_not_there_is_named() {
        let environment = Environment {
            region: "sa-east-1".parse().unwrap(),
            runtime_api: "127.0.0.1:9001".to_owned(),
            log: "info".to_owned(),
            fleet_file: Some("no-such-file.toml".into()),
            endpoint: None,
            clock: None,
            trust: Trust::Amazon,
            callers: Callers::default(),
        };
        let error = Policy::load(&environment).unwrap_err().to_string();
        assert!(error.starts_with("MERIDIAN_FLEET_FILE no-such-file.toml: "), "{error}");
    }
}
