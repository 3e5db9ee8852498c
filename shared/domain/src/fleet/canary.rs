//! One canary's size and time, as an update asks for them.

use super::{Bounds, Region, Style};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// One canary's bake and share, chosen before its update is asked for and recorded with the intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bake {
    /// How long it is watched: SageMaker's `WaitIntervalInSeconds`.
    pub wait: SignedDuration,
    /// Its share of the traffic, per cent: what the canary's whole instances get, not what policy wished for.
    pub percent: u32,
}

/// So many of an endpoint's instances: SageMaker counts a canary in whole ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CanarySize {
    /// Instances that the canary takes, at least one.
    pub instances: u32,
    /// Instances of the endpoint, the canary's among them.
    pub of: u32,
}

impl CanarySize {
    /// As many whole instances as are no more than `percent` of them, but at least one.
    pub fn wished(percent: u32, of: u32) -> Self {
        Self { instances: (percent.saturating_mul(of) / 100).max(1), of }
    }

    /// The instances whose share is `percent`, as [`Self::percent`] rounds it.
    pub fn of_share(percent: u32, of: u32) -> Self {
        Self { instances: (percent.saturating_mul(of).saturating_add(50) / 100).max(1), of }
    }

    /// Their share of all, 0 to 1.
    pub fn share(self) -> f64 {
        f64::from(self.instances) / f64::from(self.of.max(1))
    }

    /// The same in whole per cent.
    pub fn percent(self) -> u32 {
        (100.0 * self.share()).round() as u32
    }
}

impl Bake {
    /// Where nothing was planned: the longest bake and the smallest share that policy wishes for, of policy's instances.
    pub fn usual(region: &Region) -> Self {
        let wished = match region.style {
            Style::Linear { step } => step,
            _ => region.canary_percent.min,
        };
        Self { wait: region.bake, percent: CanarySize::wished(wished, region.instances).percent() }
    }

    /// True if policy allows it for an endpoint of so many instances.
    pub fn is_within(&self, region: &Region, instances: u32) -> bool {
        let shortest = region.shortest_bake.min(region.bake);
        let share = match region.style {
            Style::Canary => region.canary_percent,
            Style::Linear { step } => Bounds::only(step),
            // All of it, in the end: no share stands still to be judged.
            Style::Rolling { .. } | Style::AllAtOnce => return self.wait == region.bake,
        };
        let real = |wished| CanarySize::wished(wished, instances).percent();
        let share = Bounds { min: real(share.min), max: real(share.max) };
        (shortest..=region.bake).contains(&self.wait) && share.allow(self.percent)
    }
}
