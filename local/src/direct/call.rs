//! One call, as the SDK's standard mode makes it: so many tries, each with its time-out, a pause between them.

use super::DirectPorts;
use super::errors::{AwsOperation, Failure};
use crate::services::iam::SessionKeys;
use crate::services::{Operation, Outcome};
use jiff::SignedDuration;
use meridian_domain::RegionName;
use meridian_handlers::ports::{Answer, Clock, limits};

/// How a call is bounded: tries, how long each may take, and the first pause between them, which doubles.
#[derive(Clone, Copy)]
struct Bounds {
    tries: u32,
    each: SignedDuration,
    pause: SignedDuration,
}

impl DirectPorts {
    /// Calls an operation with the usual time-out.
    pub(super) async fn call<O: Operation + Clone>(&self, region: &RegionName, operation: O) -> Answer<O::Output> {
        self.call_within(limits::ATTEMPT, region, operation).await
    }

    /// Calls an operation with a time-out of its own for each try, with the region's role where such are assumed.
    pub(super) async fn call_within<O: Operation + Clone>(
        &self,
        time_out: SignedDuration,
        region: &RegionName,
        operation: O,
    ) -> Answer<O::Output> {
        let session = self.session(region, O::SERVICE).await?;
        self.call_with(session.as_ref(), time_out, region, operation).await
    }

    /// Calls an operation for a customer who waits: its failure as it was, for what the service's error says more.
    pub(super) async fn ask<O: Operation + Clone>(
        &self,
        region: &RegionName,
        operation: O,
    ) -> Answer<Result<O::Output, Failure>> {
        let session = self.session(region, O::SERVICE).await?;
        let bounds = Bounds {
            tries: limits::QUESTION_ATTEMPTS,
            each: limits::QUESTION_ATTEMPT,
            pause: limits::QUESTION_BACKOFF,
        };
        Ok(self.tried(session.as_ref(), bounds, region, operation).await)
    }

    /// Calls an operation once, as the actor itself.
    pub(super) async fn asked_once<O: Operation + Clone>(
        &self,
        time_out: SignedDuration,
        region: &RegionName,
        operation: O,
    ) -> Answer<O::Output> {
        let bounds = Bounds { tries: 1, each: time_out, pause: SignedDuration::ZERO };
        let outcome = self.tried(None, bounds, region, operation).await;
        outcome.map_err(|failure| failure.of(AwsOperation::new(region, O::OPERATION)))
    }

    /// Calls an operation with a session's keys, or with the actor's own.
    pub(super) async fn call_with<O: Operation + Clone>(
        &self,
        session: Option<&SessionKeys>,
        time_out: SignedDuration,
        region: &RegionName,
        operation: O,
    ) -> Answer<O::Output> {
        let bounds = Bounds { tries: limits::ATTEMPTS, each: time_out, pause: limits::BACKOFF };
        let outcome = self.tried(session, bounds, region, operation).await;
        outcome.map_err(|failure| failure.of(AwsOperation::new(region, O::OPERATION)))
    }

    async fn tried<O: Operation + Clone>(
        &self,
        session: Option<&SessionKeys>,
        bounds: Bounds,
        region: &RegionName,
        operation: O,
    ) -> Result<O::Output, Failure> {
        let mut pause = bounds.pause;
        let mut tries = 1;
        loop {
            let failure = match self.attempt(session, bounds.each, region, operation.clone()).await {
                Ok(output) => return Ok(output),
                Err(failure) => failure,
            };
            if tries >= bounds.tries || !failure.is_retried() {
                return Err(failure);
            }
            self.sleep(pause).await;
            pause = pause.saturating_add(pause);
            tries += 1;
        }
    }

    async fn attempt<O: Operation>(
        &self,
        session: Option<&SessionKeys>,
        time_out: SignedDuration,
        region: &RegionName,
        operation: O,
    ) -> Result<O::Output, Failure> {
        match self.actor.call_with(session.cloned(), region, operation) {
            Outcome::Answer(answer) => answer.map_err(Failure::Said),
            Outcome::Late(answer, by) if by < time_out => {
                self.sleep(by).await;
                answer.map_err(Failure::Said)
            }
            Outcome::Late(..) | Outcome::Hang => {
                self.sleep(time_out).await;
                Err(Failure::Silence)
            }
            // The host drops a killed function here: nothing that it holds runs again.
            Outcome::Killed => std::future::pending().await,
        }
    }
}
