//! `front`: the authenticating proxy between customers and the region's endpoint, where the template's parameter `FrontKind` says
//! `proxy`. It knows a caller by a token, asks the region's endpoint, and hands its answer back.
//!
//! Nothing of a request reaches a log, an error or a metric (I12): the log says who asked and why there was no score, by a
//! fixed word.

mod callers;
mod event;
mod limits;

pub use callers::{Callers, CallersError};
pub use event::FrontEvent;
pub(crate) use event::is_balancers;

use crate::context::{Context, HandlerError};
use crate::ports::{Artifacts, Clock, Endpoints, ErrorKind, Ledger, PortError, Question, Scored};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use meridian_messages::front::Refusal;
use serde_json::{Value, json};

/// Where scores are asked for.
const PATH: &str = "/score";
/// Where the load balancer's own health check asks whether the function runs (`Routing=global-accelerator`). No rule of the
/// load balancer leads here, so nobody else comes. Whether the endpoint answers is `/health`'s to say.
const ALIVE: &str = "/alive";
/// What the container takes.
const CSV: &str = "text/csv";
/// The longest record, in bytes: 400 features of 17 digits each are 7 kB. The load balancer itself takes 1 MB, SageMaker more.
const LONGEST_RECORD: usize = 64 * 1024;
/// The longest `Accept` that is handed on.
const LONGEST_ACCEPT: usize = 128;
/// What a load balancer takes of a function's answer, less what stands around the body, in base64.
const LONGEST_ANSWER: usize = 700 * 1024;

/// Why there is none, by what the endpoint's data plane said, or did not say.
fn unanswered(error: &PortError) -> Refusal {
    match error.kind {
        ErrorKind::Throttled => Refusal::Busy,
        _ if error.silent => Refusal::Silent,
        _ => Refusal::NotServing,
    }
}

/// The answer without a score.
fn refused(why: Refusal) -> Value {
    let (status, word, message) = why.words();
    let mut headers = json!({ "content-type": "application/json", "cache-control": "no-store" });
    let more = match why {
        Refusal::NoToken | Refusal::UnknownToken => Some(("www-authenticate", "Bearer")),
        Refusal::WrongMethod => Some(("allow", "POST")),
        Refusal::TooMany | Refusal::Busy | Refusal::NotServing => Some(("retry-after", "1")),
        _ => None,
    };
    if let (Some((name, value)), Some(headers)) = (more, headers.as_object_mut()) {
        headers.insert(name.to_owned(), value.into());
    }
    let body = json!({ "error": word, "message": message }).to_string();
    json!({ "statusCode": status, "headers": headers, "body": body, "isBase64Encoded": false })
}

/// Answers one request of the load balancer.
///
/// # Errors
/// None so far: whatever keeps a customer from a score is an answer.
pub async fn handle<P>(ports: &P, ctx: &Context, request: &FrontEvent) -> Result<Value, HandlerError>
where
    P: Endpoints + Artifacts + Ledger + Clock,
{
    if request.path == ALIVE && request.method == "GET" {
        return Ok(answer(200, "application/json", "", br#"{"alive":true}"#));
    }
    let (caller, question) = match admitted(ctx, request, ports.now()) {
        Ok(admitted) => admitted,
        Err(why) => return Ok(refused(why)),
    };
    if !limits::is_shaped(&question.body, &ctx.front.fields(ports, ctx).await) {
        return Ok(refused(Refusal::WrongFields));
    }
    let why = match ports.score(&ctx.region, &ctx.fleet.endpoint, &question).await {
        Ok(Scored::Answer { body, .. }) if body.len() > LONGEST_ANSWER => Refusal::AnswerTooLarge,
        Ok(Scored::Answer { content_type, body }) => return Ok(answer(200, &content_type, "", &body)),
        Ok(Scored::ModelFailed { status, words }) => {
            tracing::warn!(caller, status, "the model answers with an error");
            return Ok(answer(status, "text/plain", "model", words.as_bytes()));
        }
        Err(error) => {
            tracing::warn!(caller, %error, "the endpoint does not answer");
            unanswered(&error)
        }
    };
    Ok(refused(why))
}

/// Who asks, and what to ask; what needs no token is refused first, so that nobody learns from it who has one.
fn admitted<'a>(ctx: &'a Context, request: &FrontEvent, now: Timestamp) -> Result<(&'a str, Question), Refusal> {
    if request.path != PATH {
        return Err(Refusal::NoSuchPath);
    }
    if request.method != "POST" {
        return Err(Refusal::WrongMethod);
    }
    let token = request.authorization.as_deref().and_then(bearer).ok_or(Refusal::NoToken)?;
    let caller = ctx.callers.of_token(token).ok_or(Refusal::UnknownToken)?;
    // Before its request is looked at: what is refused costs the caller as much as what is answered.
    if !ctx.front.admits(caller, now) {
        return Err(Refusal::TooMany);
    }
    if !request.content_type.as_deref().is_some_and(is_csv) {
        return Err(Refusal::WrongType);
    }
    if request.content_encoding.as_deref().is_some_and(|own| !own.eq_ignore_ascii_case("identity")) {
        return Err(Refusal::Encoded);
    }
    if request.body.is_empty() {
        return Err(Refusal::NoRecord);
    }
    if request.body.len() > LONGEST_RECORD {
        return Err(Refusal::TooLarge);
    }
    let accept = request.accept.clone().filter(|accept| accept.len() <= LONGEST_ACCEPT);
    Ok((caller, Question { accept, body: request.body.clone() }))
}

/// The token of `Bearer <token>`: the scheme's name in any case (RFC 9110), one space or more.
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

fn is_csv(content_type: &str) -> bool {
    content_type.split(';').next().is_some_and(|own| own.trim().eq_ignore_ascii_case(CSV))
}

/// What the model said, as it said it. `from` names it where it is an error, to tell it from the proxy's own.
fn answer(status: u16, content_type: &str, from: &str, body: &[u8]) -> Value {
    let mut headers = json!({ "content-type": content_type, "cache-control": "no-store" });
    if let Some(headers) = headers.as_object_mut().filter(|_| !from.is_empty()) {
        headers.insert("x-meridian-error".to_owned(), from.into());
    }
    let (body, encoded) = match std::str::from_utf8(body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (STANDARD.encode(body), true),
    };
    json!({ "statusCode": status, "headers": headers, "body": body, "isBase64Encoded": encoded })
}
