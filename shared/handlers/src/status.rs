//! `status`: does this region serve? Asked of the data plane only, so that a dark control plane never takes a serving
//! region out of DNS.
//!
//! Route 53's checkers ask about every two seconds in all; the endpoint is asked at most every ten, with one golden
//! record of what the ledger says serves here.

use crate::context::{Context, HandlerError};
use crate::events::{EventError, other_kind};
use crate::files::{self, FileError};
use crate::front::{FrontEvent, is_balancers};
use crate::journal::{Journal, JournalError};
use crate::memory::Probe;
use crate::ports::{Artifacts, Clock, Endpoints, Ledger, PortError};
use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use futures_util::future::{Either, select};
use jiff::SignedDuration;
use meridian_domain::reason::{EventFault, EventKind, Excerpt, FoundEvent};
use meridian_domain::{Answered, Chain, Evacuated, ReleaseId, Target};
use meridian_evaluation::GoldenRecords;
use serde_json::{Value, json};
use std::pin::pin;

/// How old an answer may be.
const FRESH: SignedDuration = SignedDuration::from_secs(10);
/// How often the ledger is read again, for a release that has come since.
const READ_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// How long reading it again may take: a store that does not answer is given up only after 12 s, and this function has 5.
const READ_WITHIN: SignedDuration = SignedDuration::from_secs(1);

/// The kind of event that it takes.
const TAKES: &[EventKind] = &[EventKind::Health];

/// What invokes `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusEvent {
    /// `GET /health`: does this region serve?
    Health,
}

impl StatusEvent {
    /// Reads an event.
    ///
    /// # Errors
    /// Anything but the requests that the API routes here.
    pub fn parse(event: &Value) -> Result<Self, EventError> {
        let wrong = |found| {
            EventError(Box::new(EventFault::Kind { function: "status".to_owned(), expected: TAKES.to_vec(), found }))
        };
        let asked = |method: &str, path: &str| match (method, path.trim_end_matches('/')) {
            ("GET" | "HEAD", "/health") => Ok(Self::Health),
            (method, _) => Err(wrong(FoundEvent::Request { method: Excerpt::of(method), path: Excerpt::of(path) })),
        };
        if is_balancers(event) {
            let request = FrontEvent::parse(event)?;
            return asked(&request.method, &request.path);
        }
        if event.get("httpMethod").is_none() {
            return Err(other_kind("status", TAKES, event));
        }
        let request: ApiGatewayProxyRequest = serde_json::from_value(event.clone())
            .map_err(|error| wrong(FoundEvent::UnreadableRequest { quoted: Excerpt::of(&error.to_string()) }))?;
        asked(request.http_method.as_str(), request.path.as_deref().unwrap_or_default())
    }
}

/// Answers a request of API Gateway or of a load balancer: both take the same answer.
///
/// # Errors
/// None so far: a region that does not serve is an answer, 503.
pub async fn handle<P>(ports: &P, ctx: &Context, event: &StatusEvent) -> Result<Value, HandlerError>
where
    P: Artifacts + Ledger + Endpoints + Clock,
{
    let StatusEvent::Health = event;
    let now = ports.now();
    let remembered = ctx.memory.with(|memory| memory.answer.clone());
    if let Some((_, answer)) = remembered.filter(|(at, _)| now.duration_since(*at).abs() < FRESH) {
        return Ok(answer);
    }
    let answer = match look(ports, ctx).await {
        Ok(Serving { target: Target { release, version, .. }, proved }) => {
            let body = json!({
                "status": "ok", "region": ctx.region, "release": release, "version": version, "proved": proved
            });
            response(200, &body)
        }
        Err(unproved) => {
            let word = unproved.word();
            tracing::warn!(reason = word, why = %unproved, "this region is not healthy");
            response(503, &json!({"status": "unavailable", "region": ctx.region, "reason": word}))
        }
    };
    ctx.memory.with(|memory| memory.answer = Some((now, answer.clone())));
    Ok(answer)
}

/// Why it is not proved that this region serves. Anybody may ask: the answer says one fixed word, the log says the rest.
#[derive(Debug, thiserror::Error)]
enum Unproved {
    #[error(transparent)]
    Ledger(#[from] JournalError),
    #[error("the chain names none")]
    NoRelease,
    #[error("by {}, since {}", .0.by, .0.since)]
    Evacuated(Box<Evacuated>),
    #[error(transparent)]
    Golden(#[from] FileError),
    #[error("release {}", .0.short())]
    NoGolden(ReleaseId),
    #[error(transparent)]
    Silent(#[from] PortError),
    #[error("its answer is not a probability")]
    NoScore,
}

impl Unproved {
    fn word(&self) -> &'static str {
        match self {
            Self::Ledger(_) => "ledger cannot be read",
            Self::NoRelease => "no confirmed release yet",
            Self::Evacuated(_) => "customers are sent elsewhere",
            Self::Golden(_) => "golden records cannot be read",
            Self::NoGolden(_) => "no golden records",
            Self::Silent(_) => "endpoint does not answer",
            Self::NoScore => "endpoint does not score",
        }
    }
}

/// What the ledger says serves, and whether this answer was its own. Another one is healthy too: during a canary the next
/// release answers some requests.
struct Serving {
    target: Target,
    proved: bool,
}

/// What serves, as far as one answer shows it; or why nothing does.
async fn look<P: Artifacts + Ledger + Endpoints + Clock>(ports: &P, ctx: &Context) -> Result<Serving, Unproved> {
    let (target, coming) = serving(ports, ctx).await?;
    let golden = probe(ports, ctx, target.release).await?;
    let Some(record) = golden.records.first() else { return Err(Unproved::NoGolden(target.release)) };
    let (endpoint, accept) = (&ctx.fleet.endpoint, golden.answer.accept());
    let answer = ports.invoke(&ctx.region, endpoint, &record.payload, accept).await?;
    let answered = match golden.answer.read(&answer) {
        None => in_form_of(ports, ctx, coming, &answer).await,
        answered => answered,
    };
    match answered {
        Some(Answered { score, .. }) if (0.0..=1.0).contains(&score) => {
            Ok(Serving { target, proved: golden.is_right(record, &answer) })
        }
        _ => Err(Unproved::NoScore),
    }
}

/// What an answer says in the form of the release that is on its way: during a canary it answers some requests, in its own form.
async fn in_form_of(
    ports: &impl Artifacts,
    ctx: &Context,
    coming: Option<ReleaseId>,
    answer: &str,
) -> Option<Answered> {
    files::golden(ports, &ctx.region, coming?).await.ok()?.answer.read(answer)
}

/// What the region's chain says serves here, and which release is on its way. Where the chain cannot be read, or not in time, what
/// it said before still holds.
async fn serving<P: Ledger + Clock>(ports: &P, ctx: &Context) -> Result<(Target, Option<ReleaseId>), Unproved> {
    let now = ports.now();
    let journal = match ctx.memory.with(|memory| memory.journal.clone()) {
        Some((at, journal)) if now.duration_since(at).abs() < READ_EVERY => journal,
        Some((_, mut journal)) => {
            match within(ports, READ_WITHIN, journal.refresh(ports)).await {
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    tracing::warn!(%error, "the ledger cannot be read; going on with what it said before");
                }
                None => tracing::warn!("the ledger does not answer; using its last answer"),
            }
            ctx.memory.with(|memory| memory.journal = Some((now, journal.clone())));
            journal
        }
        None => {
            let chain = Chain::Region(ctx.region.clone());
            let journal = Journal::open(ports, &ctx.region, chain).await?;
            ctx.memory.with(|memory| memory.journal = Some((now, journal.clone())));
            journal
        }
    };
    let history = journal.history();
    if let Some(evacuated) = &history.evacuated {
        return Err(Unproved::Evacuated(Box::new(evacuated.clone())));
    }
    let coming = history.update.as_ref().map(|update| update.target.release);
    let serving = history.serving.as_ref().map(|serving| serving.target.clone());
    serving.map(|target| (target, coming)).ok_or(Unproved::NoRelease)
}

/// What `work` answers, unless it takes longer than `longest`.
pub(crate) async fn within<T>(clock: &impl Clock, longest: SignedDuration, work: impl Future<Output = T>) -> Option<T> {
    match select(pin!(work), pin!(clock.sleep(longest))).await {
        Either::Left((answer, _)) => Some(answer),
        Either::Right(_) => None,
    }
}

/// One golden record of what serves.
async fn probe(ports: &impl Artifacts, ctx: &Context, release: ReleaseId) -> Result<GoldenRecords, Unproved> {
    let known = ctx.memory.with(|memory| memory.probe.clone()).filter(|probe| probe.release == release);
    if let Some(probe) = known {
        return Ok(probe.golden);
    }
    let golden = files::golden(ports, &ctx.region, release).await?.first();
    ctx.memory.with(|memory| memory.probe = Some(Probe { release, golden: golden.clone() }));
    Ok(golden)
}

fn response(status: u16, body: &Value) -> Value {
    json!({
        "statusCode": status,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": body.to_string(),
        "isBase64Encoded": false,
    })
}
