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
    /// A span that puts this call's ids on every log line within; the handlers open one inside, with job and release.
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
/// Every call synchronises the clock, runs the handler (its panic is a failed call, not a dead process) and logs how it
/// went. Events and answers are never logged: they may hold credentials and records.
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
        let invocation = self.invocation(&event.context);
        let span = invocation.span();
        // Boxed: the futures of a handler and of the SDK inside each other are deeper than the compiler's limit.
        let answer = Box::pin(self.answer(handler, event.payload, invocation)).instrument(span.clone()).await;
        span.in_scope(|| match &answer {
            Ok(_) => tracing::info!("done"),
            Err(error) => tracing::error!(kind = error.error_type, error = error.error_message, "failed"),
        });
        answer
    }

    async fn answer<H, E>(&self, handler: &H, event: Value, invocation: Invocation) -> Result<Value, Diagnostic>
    where
        H: AsyncFn(&AwsPorts, Value, &Invocation) -> Result<Value, E>,
        E: Display,
    {
        self.ports.clock().sync().await.map_err(|error| failure("Clock", error))?;
        match caught(handler(&self.ports, event, &invocation)).await {
            Ok(answer) => answer.map_err(|error| failure("Handler", error)),
            Err(panicked) => Err(failure("Panicked", panicked)),
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn function() -> Function {
        let policy = Policy::compiled_in().unwrap();
        let ports = AwsPorts::new(policy.fleet.clone(), AwsClock::new(None), None);
        Function { name: "status", region: "sa-east-1".parse().unwrap(), policy, ports }
    }

    fn event(payload: Value) -> LambdaEvent<Value> {
        let mut context = Context::default();
        context.request_id = "request-1".to_owned();
        context.deadline = 1_795_143_690_000;
        LambdaEvent::new(payload, context)
    }

    async fn health(_: &AwsPorts, event: Value, invocation: &Invocation) -> Result<Value, String> {
        match event.as_str() {
            Some("panic") => panic!("as asked"),
            Some("fail") => Err("not today".to_owned()),
            _ => Ok(json!([invocation.request_id, invocation.region, invocation.deadline])),
        }
    }

    #[tokio::test]
    async fn a_handler_is_told_which_call_it_answers() {
        let answer = function().call(&health, event(Value::Null)).await.unwrap();
        assert_eq!(answer, json!(["request-1", "sa-east-1", "2026-11-20T03:01:30Z"]));
    }

    #[tokio::test]
    async fn failures_and_panics_are_answers_too() {
        let function = function();
        let failed = function.call(&health, event(json!("fail"))).await.unwrap_err();
        assert_eq!((failed.error_type.as_str(), failed.error_message.as_str()), ("Handler", "not today"));
        let panicked = function.call(&health, event(json!("panic"))).await.unwrap_err();
        assert_eq!(panicked.error_type, "Panicked");
        assert!(!panicked.error_message.contains("as asked"));
        assert!(function.call(&health, event(Value::Null)).await.is_ok(), "the next call is answered as ever");
    }

    #[tokio::test]
    async fn a_world_that_is_gone_is_a_failed_call() {
        let mut function = function();
        let clock = AwsClock::new(Some("http://127.0.0.1:1/_clock/1"));
        function.ports = AwsPorts::new(function.policy.fleet.clone(), clock, None);
        let error = function.call(&health, event(Value::Null)).await.unwrap_err();
        assert_eq!(error.error_type, "Clock");
    }
}
