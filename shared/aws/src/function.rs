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
use meridian_handlers::context::{Context, FunctionKind, HandlerError};
use meridian_handlers::entry;
use meridian_handlers::events::{is_job, job_id};
use meridian_handlers::front::Callers;
use meridian_handlers::memory::{FrontMemory, StatusMemory};
use serde_json::Value;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, PanicHookInfo};
use std::process::ExitCode;
use std::sync::Arc;
use tracing::Instrument;

/// Why a function could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Environment or policy.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The log's filter, or another log.
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
/// Every call synchronises the clock, runs the handler inside a span with the call's ids and logs how it went. A call that panics
/// is answered all the same. Events and answers are never logged: they may hold credentials and records.
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

/// What a function is made for, and told from outside.
#[derive(Debug)]
struct Setting {
    kind: FunctionKind,
    environment: Environment,
    policy: Policy,
    callers: Arc<Callers>,
    front: FrontMemory,
}

impl Setting {
    fn clock(&self) -> AwsClock {
        AwsClock::new(self.environment.clock.as_deref())
    }

    fn ports(&self, clock: AwsClock) -> AwsPorts {
        let Environment { endpoint, trust, region, .. } = &self.environment;
        let ports = AwsPorts::new(self.policy.fleet.clone(), clock, endpoint.clone());
        ports.trusting(*trust).held_in(region.clone())
    }

    fn context(&self, request_id: &str) -> Context {
        Context {
            fleet: self.policy.fleet.clone(),
            policy: self.policy.digest,
            moved: false,
            region: self.environment.region.clone(),
            request_id: request_id.to_owned(),
            memory: StatusMemory::default(),
            callers: self.callers.clone(),
            front: self.front.clone(),
        }
    }
}

/// A function that has started.
struct Function {
    setting: Arc<Setting>,
    ports: AwsPorts,
    /// Lasts as long as the process: Lambda keeps it warm between calls.
    memory: StatusMemory,
}

impl Function {
    fn start(kind: FunctionKind) -> Result<Self, StartError> {
        let environment = Environment::read()?;
        let policy = Policy::load(&environment)?;
        let callers = Arc::new(environment.callers.clone());
        if kind == FunctionKind::Proxy && callers.is_empty() {
            return Err(ConfigError::Missing("MERIDIAN_CALLERS").into());
        }
        let setting = Arc::new(Setting { kind, environment, policy, callers, front: FrontMemory::default() });
        let clock = setting.clock();
        logging::init(&setting.environment.log, clock.clone())?;
        let ports = setting.ports(clock);
        let ports = if kind.assumes_roles() { ports.assuming_roles() } else { ports };
        std::panic::set_hook(Box::new(log_panic));
        Ok(Self { setting, ports, memory: StatusMemory::default() })
    }

    fn serve<H>(&self, handler: H) -> Result<(), StartError>
    where
        H: AsyncFn(&AwsPorts, &Context, Value) -> Result<Value, HandlerError>,
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let service = service_fn(|event: LambdaEvent<Value>| self.call(&handler, event));
        runtime.block_on(async {
            if self.setting.kind == FunctionKind::Proxy
                && let Err(error) = self.ports.warm(&self.setting.environment.region).await
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
        let (function, request_id) = (self.setting.kind.name(), event.context.request_id);
        let span = tracing::info_span!("invocation", function, region = %self.setting.environment.region, request_id);
        let job = is_job(&event.payload).then(|| event.payload.clone());
        // Boxed: the futures of a handler and of the SDK inside each other are deeper than the compiler's limit.
        let answer = Box::pin(self.answer(handler, event.payload, &request_id)).instrument(span.clone());
        let answer = match AssertUnwindSafe(answer).catch_unwind().await {
            Ok(answer) => answer,
            Err(_) => {
                let answer = Box::pin(self.answer_for_panic(job.as_ref(), &request_id)).instrument(span.clone());
                let answer = AssertUnwindSafe(answer).catch_unwind().await;
                answer.unwrap_or_else(|_| Err(failure(PANICKED, HandlerError::Panicked)))
            }
        };
        span.in_scope(|| match &answer {
            Ok(_) => tracing::info!("done"),
            Err(error) => tracing::error!(kind = error.error_type, error = error.error_message, "failed"),
        });
        answer
    }

    async fn answer<H>(&self, handler: &H, event: Value, request_id: &str) -> Result<Value, Diagnostic>
    where
        H: AsyncFn(&AwsPorts, &Context, Value) -> Result<Value, HandlerError>,
    {
        self.ports.clock().sync().await.map_err(|error| failure("Clock", error))?;
        let context = Context { memory: self.memory.clone(), ..self.setting.context(request_id) };
        handler(&self.ports, &context, event).await.map_err(|error| failure("Handler", error))
    }

    /// Fails the job of a call that panicked, and says so to home's on-call: unanswered, CodePipeline would wait for 20 minutes.
    /// With a clock and ports of its own: what the call left half done with its own is unknown.
    async fn answer_for_panic(&self, event: Option<&Value>, request_id: &str) -> Result<Value, Diagnostic> {
        let Some((event, job)) = event.and_then(|event| Some((event, job_id(event)?))) else {
            return Err(failure(PANICKED, HandlerError::Panicked));
        };
        let ports = self.setting.ports(self.setting.clock());
        if let Err(error) = ports.clock().sync().await {
            tracing::error!(%error, "clock unavailable");
        }
        let context = self.setting.context(request_id);
        let answer = entry::give_up(&ports, &context, event, job, &HandlerError::Panicked).await;
        answer.map_err(|error| failure(PANICKED, error))
    }
}

/// The type of the error that Lambda is told of.
const PANICKED: &str = "Panicked";

/// Where it happened, not what it said: a panic's words may hold what was being read (I12).
fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string);
    tracing::error!(location, "panicked");
}

fn failure(kind: &str, error: impl Display) -> Diagnostic {
    Diagnostic { error_type: kind.to_owned(), error_message: error.to_string() }
}
