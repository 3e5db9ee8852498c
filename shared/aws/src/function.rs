//! What the Lambda functions' mains share.
//!
//! A main says which function it is and which entry it has; the rest is here. The whole of `status`:
//!
//! ```no_run
//! use meridian_aws::function;
//! use meridian_handlers::{context::FunctionKind, entry};
//! use std::process::ExitCode;
//!
//! fn main() -> ExitCode {
//!     function::run(FunctionKind::Status, async |ports, ctx, event| entry::status(ports, ctx, event).await)
//! }
//! ```

use crate::config::{ConfigError, Environment, Policy};
use crate::logging::{self, LoggingError};
use crate::{AwsClock, AwsPorts};
use futures_util::FutureExt;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use meridian_domain::RegionName;
use meridian_handlers::context::{Context, FunctionKind, HandlerError};
use meridian_handlers::front::Callers;
use meridian_handlers::status::Memory;
use serde_json::Value;
use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::Arc;
use tracing::Instrument;

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

/// Serves `handler` as the Lambda function `kind`, until Lambda ends the process.
///
/// Every call synchronises the clock, runs the handler inside a span with the call's ids (its panic is a failed call, not a
/// dead process) and logs how it went. Events and answers are never logged: they may hold credentials and records.
pub fn run<H>(kind: FunctionKind, handler: H) -> ExitCode
where
    H: AsyncFn(&AwsPorts, &Context, Value) -> Result<Value, HandlerError>,
{
    match Function::start(kind).and_then(|function| function.serve(handler)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Logging may be what could not start.
            let line = serde_json::json!({ "level": "ERROR", "function": kind.name(), "message": error.to_string() });
            eprintln!("{line}");
            ExitCode::FAILURE
        }
    }
}

/// A function that has started.
struct Function {
    kind: FunctionKind,
    region: RegionName,
    policy: Policy,
    ports: AwsPorts,
    /// Lasts as long as the process: Lambda keeps it warm between calls.
    memory: Memory,
    callers: Arc<Callers>,
}

impl Function {
    fn start(kind: FunctionKind) -> Result<Self, StartError> {
        let environment = Environment::read()?;
        let clock = AwsClock::new(environment.clock.as_deref());
        logging::init(&environment.log, clock.clone())?;
        let policy = Policy::load(&environment)?;
        let ports = AwsPorts::new(policy.fleet.clone(), clock, environment.endpoint);
        let ports = if kind.borrows() { ports.borrowing() } else { ports };
        let callers = Arc::new(environment.callers);
        if kind == FunctionKind::Front && callers.is_empty() {
            return Err(ConfigError::Missing("MERIDIAN_CALLERS").into());
        }
        Ok(Self { kind, region: environment.region, policy, ports, memory: Memory::default(), callers })
    }

    fn serve<H>(&self, handler: H) -> Result<(), StartError>
    where
        H: AsyncFn(&AwsPorts, &Context, Value) -> Result<Value, HandlerError>,
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let service = service_fn(|event: LambdaEvent<Value>| self.call(&handler, event));
        runtime.block_on(async {
            if self.kind == FunctionKind::Front
                && let Err(error) = self.ports.warm(&self.region).await
            {
                tracing::warn!(%error, "no client yet; the first call makes it");
            }
            lambda_runtime::run(service).await.map_err(StartError::Lambda)
        })
    }

    async fn call<H>(&self, handler: &H, event: LambdaEvent<Value>) -> Result<Value, Diagnostic>
    where
        H: AsyncFn(&AwsPorts, &Context, Value) -> Result<Value, HandlerError>,
    {
        let (function, request_id) = (self.kind.name(), event.context.request_id);
        let span = tracing::info_span!("invocation", function, region = %self.region, request_id);
        // Boxed: the futures of a handler and of the SDK inside each other are deeper than the compiler's limit.
        let answer = Box::pin(self.answer(handler, event.payload, request_id)).instrument(span.clone()).await;
        span.in_scope(|| match &answer {
            Ok(_) => tracing::info!("done"),
            Err(error) => tracing::error!(kind = error.error_type, error = error.error_message, "failed"),
        });
        answer
    }

    async fn answer<H>(&self, handler: &H, event: Value, request_id: String) -> Result<Value, Diagnostic>
    where
        H: AsyncFn(&AwsPorts, &Context, Value) -> Result<Value, HandlerError>,
    {
        self.ports.clock().sync().await.map_err(|error| failure("Clock", error))?;
        let context = Context {
            fleet: self.policy.fleet.clone(),
            policy: self.policy.digest,
            region: self.region.clone(),
            request_id,
            memory: self.memory.clone(),
            callers: self.callers.clone(),
        };
        // A panic's words are left out: they may hold what was being read (I12). The log says where it was.
        match AssertUnwindSafe(handler(&self.ports, &context, event)).catch_unwind().await {
            Ok(answer) => answer.map_err(|error| failure("Handler", error)),
            Err(_) => Err(failure("Panicked", "the function panicked; its log names the line")),
        }
    }
}

fn failure(kind: &str, error: impl Display) -> Diagnostic {
    Diagnostic { error_type: kind.to_owned(), error_message: error.to_string() }
}
