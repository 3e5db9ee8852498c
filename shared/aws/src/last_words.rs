//! What a function does when it panics: it answers for the call, and begins anew.
//!
//! Released functions do not unwind: what unwinding needs would be an eighth of what Lambda loads. A panic is the end of the process
//! then, but for the panic hook, which says first what has to be said. The pipeline's job fails and home's on-call hears of it:
//! unanswered, CodePipeline would wait for 20 minutes. Lambda gets the call's answer. Then the process becomes a new one of the same
//! program, with nothing in memory of what the old one had half done, and asks for the next event. Where any of that fails the
//! process dies, and Lambda makes of the call what it makes of every crash.

use crate::function::Setting;
use crate::world::{Wire, WorldError};
use aws_smithy_types::body::SdkBody;
use http::Request;
use meridian_handlers::context::HandlerError;
use meridian_handlers::entry;
use meridian_handlers::ports::FailureKind;
use serde_json::{Value, json};
use std::os::unix::process::CommandExt;
use std::panic::PanicHookInfo;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};

/// The thread that answers.
const ANSWER: &str = "answer for a panic";

/// A call that a function is busy with.
#[derive(Debug)]
pub(crate) struct Call {
    /// Lambda's id of it.
    pub(crate) request_id: String,
    /// The pipeline's job that it works on.
    pub(crate) job: Option<String>,
}

/// What this process is at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Current(Arc<Mutex<State>>);

#[derive(Debug, Default)]
enum State {
    #[default]
    Idle,
    Busy(Call),
    /// A thread panicked, and answers for the call.
    Answering,
}

impl Current {
    pub(crate) fn begins(&self, call: Call) {
        *self.lock() = State::Busy(call);
    }

    /// The call has its answer.
    pub(crate) fn ends(&self) {
        let mut state = self.lock();
        if matches!(*state, State::Busy(_)) {
            *state = State::Idle;
        }
    }

    /// What there was, and that it is being answered from now on.
    fn answers(&self) -> State {
        let mut state = self.lock();
        match *state {
            State::Idle => State::Idle,
            State::Busy(_) | State::Answering => std::mem::replace(&mut *state, State::Answering),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why Lambda was not told.
#[derive(Debug, thiserror::Error)]
enum Unsaid {
    #[error("no thread or runtime: {0}")]
    Runtime(#[from] std::io::Error),
    #[error("no request: {0}")]
    Request(#[from] http::Error),
    #[error("Lambda's runtime API: {0}")]
    Lambda(#[from] WorldError),
}

/// From now on answers for a call that panics.
pub(crate) fn prepare(setting: Arc<Setting>, current: Current) {
    std::panic::set_hook(Box::new(move |panic| speak(&setting, &current, panic)));
}

fn speak(setting: &Setting, current: &Current, panic: &PanicHookInfo<'_>) {
    let this = thread::current();
    let call = match current.answers() {
        State::Busy(call) => call,
        // Another thread's panic must not end the process before the first one is answered for; the answer's own must.
        State::Answering if this.name() != Some(ANSWER) => loop {
            thread::park();
        },
        State::Idle | State::Answering => return log(panic),
    };
    // A span of its own: a thread that reads is in none.
    let Call { request_id, job } = &call;
    let (function, region) = (setting.kind.name(), &setting.environment.region);
    let span = tracing::error_span!(parent: None, "invocation", function, %region, request_id, job);
    let said = span.in_scope(|| {
        log(panic);
        let answer = || span.in_scope(|| answer(setting, &call, &why(&this)));
        // A thread of its own: this one stands in the middle of an asynchronous runtime.
        thread::scope(|scope| Ok(thread::Builder::new().name(ANSWER.to_owned()).spawn_scoped(scope, answer)?.join()))
    });
    let _in = span.enter();
    match said {
        Ok(Ok(Ok(()))) => begin_anew(),
        Ok(Ok(Err(error))) | Err(error) => {
            tracing::error!(%error, "nobody was told of the panic: the process dies of it")
        }
        // It has logged its own panic.
        Ok(Err(_)) => {}
    }
    die()
}

/// Where this would unwind, the runtime would tell Lambda the panic's words (I12).
#[expect(clippy::disallowed_methods, reason = "CodePipeline has its answer by now, or cannot be given one")]
fn die() -> ! {
    std::process::abort()
}

/// Where it happened, not what it said: a panic's words may hold what was being read (I12).
fn log(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string);
    tracing::error!(location, "panicked");
}

/// Libraries panic on some damaged files; a thread that reads one has its name.
fn why(panicked: &Thread) -> String {
    match panicked.name().filter(|name| name.starts_with("reading ")) {
        Some(reading) => {
            format!("the function panicked {reading}, which is damaged, or it is a defect; its log names the line")
        }
        None => "the function panicked: a defect; its log names the line".to_owned(),
    }
}

/// Answers the pipeline's job and then the call. A job that has its answer makes a call that went well: Lambda need not repeat it.
fn answer(setting: &Setting, call: &Call, why: &str) -> Result<(), Unsaid> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let outcome = match &call.job {
            Some(job) => fail(setting, call, job, why).await,
            None => Err(HandlerError::State(why.to_owned())),
        };
        let base =
            format!("http://{}/2018-06-01/runtime/invocation/{}", setting.environment.runtime_api, call.request_id);
        let request = match outcome {
            Ok(answer) => Request::post(format!("{base}/response")).body(SdkBody::from(answer.to_string())),
            Err(error) => {
                let error = json!({ "errorType": "Panicked", "errorMessage": error.to_string() });
                Request::post(format!("{base}/error"))
                    .header("lambda-runtime-function-error-type", "Panicked")
                    .body(SdkBody::from(error.to_string()))
            }
        };
        let taken = Wire::new().exchange(request?).await?.status();
        if taken.is_success() { Ok(()) } else { Err(WorldError::Declined(taken).into()) }
    })
}

/// Fails the job with a clock and ports of its own: what the call left half done with its own is unknown.
async fn fail(setting: &Setting, call: &Call, job: &str, why: &str) -> Result<Value, HandlerError> {
    let ports = setting.ports(setting.clock());
    if let Err(error) = ports.clock().sync().await {
        tracing::error!(%error, "what time it is in the world, nobody says");
    }
    let ctx = setting.context(&call.request_id);
    Box::pin(entry::give_up(&ports, &ctx, job, FailureKind::JobFailed, why)).await
}

/// Lambda sees neither an end nor a beginning: the process stays, with another program's memory.
fn begin_anew() {
    let Ok(program) = std::env::current_exe() else { return };
    let error = Command::new(program).args(std::env::args_os().skip(1)).exec();
    tracing::error!(%error, "the program does not begin anew: the process dies");
}
