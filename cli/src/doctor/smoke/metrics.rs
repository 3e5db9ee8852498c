//! When CloudWatch shows what an endpoint has answered: a canary is decided by such counts.

use super::drills::DrillError;
use super::throwaway::Throwaway;
use crate::interrupt::Interrupt;
use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};
use meridian_domain::ResourceName;
use meridian_handlers::ports::{Answer, Clock, CountsQuery, Signals};
use meridian_judge::MetricName;
use meridian_messages::smoke::Came;

/// Between two looks, and how many: ten minutes.
const LOOK: SignedDuration = SignedDuration::from_secs(5);
const LOOKS: u32 = 120;

/// From the end of a minute until its counts were there.
pub struct Counted {
    /// Any of them; none where none came.
    pub first: Option<SignedDuration>,
    /// All of them; none where some did not come.
    pub all: Option<SignedDuration>,
}

impl Counted {
    pub fn came(&self) -> Came {
        match *self {
            Counted { first: Some(first), all: Some(all) } => Came::Counted { first, all },
            _ => Came::Stuck,
        }
    }
}

impl Throwaway<'_> {
    /// Waits until CloudWatch has counted the golden records, which were asked since `begun` and up to now.
    ///
    /// # Errors
    /// CloudWatch does not answer, or somebody stops it.
    pub async fn counted(&self, config: &ResourceName, begun: Timestamp) -> Result<Counted, DrillError> {
        let ports = self.ports;
        let asked = self.golden.records.len() as u64;
        let (from, to) = (minute(begun), minute(ports.now()) + SignedDuration::from_mins(1));
        ports.sleep(to.duration_since(ports.now())).await;
        let mut counted = Counted { first: None, all: None };
        for _ in 0..LOOKS {
            self.interrupt.get().map_or(Ok(()), Interrupt::check)?;
            let (last, all) = self.counts(config, from, to).await?;
            let after = ports.now().duration_since(to);
            counted.first = counted.first.or((last > 0).then_some(after));
            if all >= asked {
                counted.all = Some(after);
                break;
            }
            ports.sleep(LOOK).await;
        }
        Ok(counted)
    }

    /// Requests that are counted in the last minute of a stretch, and in the whole.
    async fn counts(&self, config: &ResourceName, from: Timestamp, to: Timestamp) -> Answer<(u64, u64)> {
        let metric = MetricName::errors_5xx();
        let query = CountsQuery {
            endpoint: self.fleet.endpoint.clone(),
            variant: self.fleet.variant.clone(),
            config: config.clone(),
            release: self.target.release,
            role: self.target.role,
            from,
            to,
            metrics: vec![metric.clone()],
        };
        let found = self.ports.counts(&self.region.name, &query).await?;
        let last = to - SignedDuration::from_mins(1);
        let in_last = found.minutes(&metric).filter(|(start, _)| *start >= last).map(|(_, arm)| arm.total).sum();
        Ok((in_last, found.minutes(&metric).map(|(_, arm)| arm.total).sum()))
    }
}

/// The start of the minute that a moment is in.
fn minute(at: Timestamp) -> Timestamp {
    at.round(TimestampRound::new().smallest(Unit::Minute).mode(RoundMode::Trunc)).unwrap_or(at)
}
