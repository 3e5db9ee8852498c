//! An execution that tries the pipeline: how often CodePipeline calls again, and whether every region lends its role.

use crate::context::{Context, HandlerError};
use crate::events::{Action, Ping, PipelineJob, Turn};
use crate::job;
use crate::ports::{Artifacts, Clock, Endpoints, Pipeline};
use crate::replication;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::reason::Failure;
use meridian_domain::{Actor, Fleet, Region, Sha256};
use meridian_messages::ping::{PING, Pinged};
use serde_json::{Value, json};
use std::fmt;

/// For so long the first action asks to be called again.
pub const LASTS: SignedDuration = SignedDuration::from_mins(10);

/// Starts one, under the policy of which this is the digest.
///
/// # Errors
/// Home's S3 or CodePipeline did not take it.
pub async fn start<P: Artifacts + Pipeline + Clock>(
    ports: &P,
    fleet: &Fleet,
    policy: Sha256,
) -> Result<Actor, HandlerError> {
    let token = format!("{PING}-{}", ports.now().as_second());
    replication::start_with(ports, fleet, policy, PING, PING, token).await
}

/// Answers one job of such an execution.
///
/// # Errors
/// CodePipeline did not take the answer, or the policy has no such region.
pub async fn handle(
    ports: &(impl Pipeline + Endpoints + Clock),
    ctx: &Context,
    job: &PipelineJob<Ping>,
) -> Result<Value, HandlerError> {
    let (pinged, again) = match &job.parameters.action {
        Action::Register => {
            let calls = Calls::heard(job.continuation.as_deref(), ports.now());
            (calls.told(), calls.lasted().is_none_or(|own| own < LASTS).then(|| calls.to_string()))
        }
        Action::Promote { turn } => (look(ports, ctx, region(ctx, turn)?).await, None),
        Action::Verify => (Pinged::Answered, None),
    };
    let summary = json!(pinged).to_string();
    job::succeed(ports, &ctx.region, &job.job, again.as_deref(), &summary).await?;
    Ok(json!({ "outcome": if again.is_some() { "waiting" } else { "done" }, "why": summary, "reason": pinged }))
}

/// Takes what the region lends, and looks at its endpoint.
async fn look(ports: &impl Endpoints, ctx: &Context, region: &Region) -> Pinged {
    let own = region.name.clone();
    match ports.describe(&own, &ctx.fleet.endpoint).await {
        Ok(view) => Pinged::Looked { region: own, found: view.is_some() },
        Err(error) => Pinged::Refused { region: own, said: error.to_string() },
    }
}

/// The region of a stage. An execution that promotes nothing has no order of its own: places are the policy's.
fn region<'a>(ctx: &'a Context, turn: &Turn) -> Result<&'a Region, HandlerError> {
    let regions = &ctx.fleet.regions;
    match turn {
        Turn::Of(region) => ctx.region_named(region),
        Turn::Place(place) => regions
            .get(place - 1)
            .ok_or_else(|| Failure::NoSuchPlace { place: *place as u64, regions: regions.len() as u64 }.into()),
    }
}

/// When CodePipeline called: the first time, and so many seconds after it each time since. As a continuation token:
/// `2026-11-20T08:00:00Z,30,61`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Calls {
    first: Timestamp,
    after: Vec<u32>,
}

impl Calls {
    /// What the call before knew, and this one.
    fn heard(token: Option<&str>, now: Timestamp) -> Self {
        let Some(mut own) = token.and_then(Self::read) else { return Self { first: now, after: Vec::new() } };
        own.after.push(now.duration_since(own.first).as_secs().try_into().unwrap_or(0));
        own
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(',');
        let first = parts.next()?.parse().ok()?;
        Some(Self { first, after: parts.map(|part| part.parse().ok()).collect::<Option<_>>()? })
    }

    /// From the first to the last; none of one alone.
    fn lasted(&self) -> Option<SignedDuration> {
        self.after.last().map(|last| SignedDuration::from_secs((*last).into()))
    }

    fn told(&self) -> Pinged {
        let before = std::iter::once(&0).chain(&self.after);
        let gaps = || before.clone().zip(&self.after).map(|(before, after)| after.saturating_sub(*before));
        Pinged::Called {
            calls: self.after.len() as u32 + 1,
            seconds: self.after.last().copied().unwrap_or(0),
            shortest: gaps().min().unwrap_or(0),
            longest: gaps().max().unwrap_or(0),
        }
    }
}

impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        self.after.iter().try_for_each(|after| write!(f, ",{after}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_knows_of_those_before_it() {
        let first: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        let (mut token, mut calls) = (None, None);
        for after in [0, 30, 92, 120] {
            let own = Calls::heard(token.as_deref(), first + SignedDuration::from_secs(after));
            token = Some(own.to_string());
            calls = Some(own);
        }
        assert_eq!(token.as_deref(), Some("2026-11-20T08:00:00Z,30,92,120"));
        let told = Pinged::Called { calls: 4, seconds: 120, shortest: 28, longest: 62 };
        assert_eq!(calls.map(|own| own.told()), Some(told));
    }

    #[test]
    fn what_is_no_token_begins_anew() {
        let now: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        for text in ["", "since=2026-11-20T08:00:00Z", "2026-11-20T08:00:00Z,", "2026-11-20T08:00:00Z,soon"] {
            assert_eq!(Calls::heard(Some(text), now), Calls { first: now, after: Vec::new() }, "{text}");
        }
    }
}
