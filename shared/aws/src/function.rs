//! What the Lambda functions' mains share.
//!
//! A main says its name and its handler; the rest is here. The whole of `status`, for example:
//!
//! ```no_run
//! use meridian_aws::{AwsPorts, function::{self, Invocation}};
//! use serde_json::{Value, json};
//! use std::process::ExitCode;
//!
//! fn main() -> ExitCode {
//!     function::run("status", health)
//! }
//!
//! async fn health(ports: &AwsPorts, event: Value, invocation: &Invocation) -> Result<Value, std::io::Error> {
//!     let path = event.get("path").and_then(Value::as_str).unwrap_or_default();
//!     tracing::info!(path, endpoint = %ports.fleet().endpoint, "asked");
//!     Ok(json!({ "statusCode": 200, "body": invocation.region }))
//! }
//! ```
//!
//! A function that answers CodePipeline must answer even where its handler panics, or the job waits for 20 minutes. It
//! wraps the work in [`caught`] and fails the job with the [`Panicked`]:
//!
//! ```ignore
//! match function::caught(promote(ports, &job)).await {
//!     Ok(outcome) => answer(ports, &job, outcome).await,
//!     Err(panicked) => ports.fail(&region, &job.id, FailureKind::JobFailed, &panicked.to_string()).await,
//! }
//! ```

use crate::config::{ConfigError, Environment, Policy};
use crate::logging::{self, LoggingError};
use crate::{AwsClock, AwsPorts};
use futures_util::FutureExt;
use jiff::Timestamp;
use lambda_runtime::{Context, Diagnostic, LambdaEvent, service_fn};
use meridian_domain::RegionName;
use serde_json::Value;
use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use tracing::{Instrument, Span};

/// One call of a function, as far as handlers care.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The function's name in Meridian, such as `promote`.
    pub function: &'static str,
    /// Where it runs.
    pub region: RegionName,
    /// Lambda's id of this call; the same in a repeat by Lambda itself.
    pub request_id: String,
    /// When Lambda ends it.
    pub deadline: Timestamp,
    /// The fleet policy.
    pub policy: Policy,
}

impl Invocation {
    /// The span that puts this call's ids on every log line. [`run`] enters it around the handler; a handler that knows
    /// the job and the release adds them with a span of its own inside.
    pub fn span(&self) -> Span {
        tracing::info_span!("invocation", function = self.function, region = %self.region, request_id = self.request_id)
    }
}

/// A handler that panicked. The log says where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the function panicked; its log names the line")]
pub struct Panicked;

/// Runs `work` to its end or to its panic.
///
/// # Errors
/// It panicked.
pub async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|_| Panicked)
}

/// Why a function could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Environment or policy.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Logs.
    #[error(transparent)]
    Logging(#[from] LoggingError),
    /// The asynchronous runtime.
    #[error("no runtime: {0}")]
    Runtime(#[from] std::io::Error),
    /// Lambda's runtime API.
    #[error("the Lambda runtime: {0}")]
    Lambda(lambda_runtime::Error),
}

/// Serves `handler` as the Lambda function `name`, until Lambda ends the process.
///
/// Every call synchronises the clock, opens a span with the call's ids, and logs how it went. Events and answers are
/// never logged: they may hold credentials and records.
pub fn run<H, E>(name: &'static str, handler: H) -> ExitCode
where
    H: AsyncFn(&AwsPorts, Value, &Invocation) -> Result<Value, E>,
    E: Display,
{
    match Function::start(name).and_then(|function| function.serve(handler)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Logging may be what could not start.
            eprintln!("{}", serde_json::json!({ "level": "ERROR", "function": name, "message": error.to_string() }));
            ExitCode::FAILURE
        }
    }
}

/// A function that has started.
struct Function {
    name: &'static str,
    region: RegionName,
    policy: Policy,
    ports: AwsPorts,
}

impl Function {
    fn start(name: &'static str) -> Result<Self, StartError> {
        let environment = Environment::read()?;
        let clock = AwsClock::new(environment.clock.as_deref());
        logging::init(&environment.log, clock.clone())?;
        let policy = Policy::load(&environment)?;
        let ports = AwsPorts::new(policy.fleet.clone(), clock, environment.endpoint);
        Ok(Self { name, region: environment.region, policy, ports })
    }

    fn serve<H, E>(&self, handler: H) -> Result<(), StartError>
    where
        H: AsyncFn(&AwsPorts, Value, &Invocation) -> Result<Value, E>,
        E: Display,
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let service = service_fn(|event: LambdaEvent<Value>| self.call(&handler, event));
        runtime.block_on(lambda_runtime::run(service)).map_err(StartError::Lambda)
    }

    async fn call<H, E>(&self, handler: &H, event: LambdaEvent<Value>) -> Result<Value, Diagnostic>
    where
        H: AsyncFn(&AwsPorts, Value, &Invocation) -> Result<Value, E>,
        E: Display,
    {
        let synced = self.ports.clock().sync().await;
        let invocation = self.invocation(&event.context);
        let span = invocation.span();
        let answer = async {
            synced.map_err(|error| failure("Clock", error))?;
            match caught(handler(&self.ports, event.payload, &invocation)).await {
                Ok(answer) => answer.map_err(|error| failure("Handler", error)),
                Err(panicked) => Err(failure("Panicked", panicked)),
            }
        };
        let logged = answer.inspect(|answer| match answer {
            Ok(_) => tracing::info!("done"),
            Err(error) => tracing::error!(kind = error.error_type, error = error.error_message, "failed"),
        });
        logged.instrument(span).await
    }

    fn invocation(&self, context: &Context) -> Invocation {
        Invocation {
            function: self.name,
            region: self.region.clone(),
            request_id: context.request_id.clone(),
            deadline: deadline(context),
            policy: self.policy.clone(),
        }
    }
}

/// Lambda's deadline is in milliseconds since the epoch.
fn deadline(context: &Context) -> Timestamp {
    i64::try_from(context.deadline).ok().and_then(|at| Timestamp::from_millisecond(at).ok()).unwrap_or(Timestamp::MAX)
}

fn failure(kind: &str, error: impl Display) -> Diagnostic {
    Diagnostic { error_type: kind.to_owned(), error_message: error.to_string() }
}
