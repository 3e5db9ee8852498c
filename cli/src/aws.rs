//! What the commands that act on AWS share.

use crate::terminal;
use jiff::Timestamp;
use meridian_aws::{AwsClock, AwsPorts, EndpointUrl, EndpointUrlError};
use meridian_domain::{Fleet, Sha256};
use meridian_handlers::home;
use meridian_handlers::ports::{Clock, PortError};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// AWS did not do what it was asked: nothing is wrong with the input, and a repeat may do.
const FAILED: u8 = 1;

/// Under which fleet, and where.
#[derive(Debug, clap::Args)]
pub struct Place {
    /// The fleet's policy.
    #[arg(long, value_name = "FILE", default_value = "fleet.toml")]
    fleet: PathBuf,
    /// Another endpoint than AWS's own, such as a local world's.
    #[arg(long, value_name = "URL", env = "AWS_ENDPOINT_URL", hide_env = true, value_parser = endpoint_url)]
    endpoint_url: Option<Replacement>,
}

/// An address in AWS's stead, if it is one: in the environment, set to nothing is not set.
type Replacement = Option<EndpointUrl>;

fn endpoint_url(text: &str) -> Result<Replacement, EndpointUrlError> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
}

impl Place {
    /// Whether it is another endpoint than AWS's own.
    pub fn is_elsewhere(&self) -> bool {
        self.replacement().is_some()
    }

    fn replacement(&self) -> Option<&EndpointUrl> {
        self.endpoint_url.as_ref().and_then(Option::as_ref)
    }
}

/// Input that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    #[error("{path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}: {message}")]
    Fleet { path: PathBuf, message: String },
}

/// Why nothing could be asked.
#[derive(Debug, thiserror::Error)]
#[error(
    "there are no credentials to ask AWS with ({0}): set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or log in \
     (aws sso login); a served night takes any keys"
)]
pub struct NoCredentials(String);

/// Whoever asks AWS with these credentials is nobody to it.
#[derive(Debug, thiserror::Error)]
#[error(
    "AWS does not take these credentials ({0}): sign in again (aws sso login), or set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and \
     AWS_SESSION_TOKEN anew"
)]
struct RefusedCredentials(PortError);

/// The fleet and the ports to act on it with.
pub struct Session {
    pub fleet: Arc<Fleet>,
    /// Its digest: what functions of the same policy were started with.
    pub policy: Sha256,
    pub ports: AwsPorts,
    runtime: tokio::runtime::Runtime,
}

impl Session {
    /// Reads the fleet's policy; asks AWS nothing yet.
    pub fn open(place: &Place) -> Result<Self, Box<dyn Error>> {
        Self::opened(place, false)
    }

    /// The same for a command that waits for what it began: a served night goes on for it.
    pub fn waiting(place: &Place) -> Result<Self, Box<dyn Error>> {
        Self::opened(place, true)
    }

    fn opened(place: &Place, waits: bool) -> Result<Self, Box<dyn Error>> {
        let text = String::from_utf8(read(&place.fleet)?)?;
        let fleet = Fleet::parse(&text)
            .map_err(|error| InputError::Fleet { path: place.fleet.clone(), message: error.to_string() })?;
        let fleet = Arc::new(fleet);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let clock = match place.replacement() {
            Some(url) if waits => runtime.block_on(AwsClock::waiting_beside(url)),
            Some(url) => runtime.block_on(AwsClock::beside(url)),
            None => AwsClock::new(None),
        };
        let ports = AwsPorts::new(fleet.clone(), clock, place.replacement().cloned()).of_a_person();
        Ok(Self { fleet, policy: Sha256::of(text.as_bytes()), ports, runtime })
    }

    /// The present: a served night's, where one is asked.
    pub fn now(&self) -> Timestamp {
        whole_second(self.ports.now())
    }

    /// Makes sure that there is something to ask with: without credentials every region would look dark.
    ///
    /// # Errors
    /// There is not.
    pub fn with_credentials(&self) -> Result<(), NoCredentials> {
        self.run(self.ports.credentials()).map_err(NoCredentials)
    }

    /// The same, with home where it has moved to since its policy was deployed.
    #[must_use]
    pub fn at_home(self) -> Self {
        let fleet = Arc::new(self.run(home::at_home(&self.ports, &self.fleet)));
        Self { fleet, ..self }
    }

    /// Says on standard error what to do where AWS does not take the credentials. To be asked where something was refused or could not
    /// be seen: that is why, then.
    pub fn tell_refused_credentials(&self) {
        if let Some(error) = self.run(self.ports.refused_credentials()) {
            terminal::error(&RefusedCredentials(error).to_string());
        }
    }

    /// Says what AWS did not do; the exit code for it.
    pub fn failed(&self, error: &dyn Error) -> ExitCode {
        terminal::error(&error.to_string());
        self.tell_refused_credentials();
        ExitCode::from(FAILED)
    }

    /// Runs one piece of work to its end.
    pub fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}

/// The second that a moment is in: nobody reads or types more.
pub fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// The bytes of a file.
pub fn read(path: &Path) -> Result<Vec<u8>, InputError> {
    std::fs::read(path).map_err(|source| InputError::Read { path: path.to_owned(), source })
}
