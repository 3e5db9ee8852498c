//! One call, as the SDK's standard mode makes it: so many tries, each with its time-out, a pause between them.

use super::DirectPorts;
use super::errors::{Call, Failure};
use crate::api::{Operation, Outcome};
use crate::world::SessionKeys;
use jiff::SignedDuration;
use meridian_domain::RegionName;
use meridian_handlers::ports::{Answer, Clock, limits};

impl DirectPorts {
    /// Calls an operation with the usual time-out.
    pub(super) async fn call<O: Operation + Clone>(&self, region: &RegionName, operation: O) -> Answer<O::Output> {
        self.call_within(limits::ATTEMPT, region, operation).await
    }

    /// Calls an operation with a time-out of its own for each try, with the region's role where such are borrowed.
    pub(super) async fn call_within<O: Operation + Clone>(
        &self,
        time_out: SignedDuration,
        region: &RegionName,
        operation: O,
    ) -> Answer<O::Output> {
        let session = self.session(region, O::SERVICE).await?;
        self.call_with(session.as_ref(), time_out, region, operation).await
    }

    /// Calls an operation with a session's keys, or with the actor's own.
    pub(super) async fn call_with<O: Operation + Clone>(
        &self,
        session: Option<&SessionKeys>,
        time_out: SignedDuration,
        region: &RegionName,
        operation: O,
    ) -> Answer<O::Output> {
        let mut pause = limits::BACKOFF;
        let mut tries = 1;
        loop {
            let failure = match self.attempt(session, time_out, region, operation.clone()).await {
                Ok(output) => return Ok(output),
                Err(failure) => failure,
            };
            if tries >= limits::ATTEMPTS || !failure.is_retried() {
                return Err(failure.of(Call::new(region, O::NAME)));
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
            Outcome::Hang => {
                self.sleep(time_out).await;
                Err(Failure::Silence)
            }
            // The host drops a killed function here: nothing that it holds runs again.
            Outcome::Killed => std::future::pending().await,
        }
    }
}
