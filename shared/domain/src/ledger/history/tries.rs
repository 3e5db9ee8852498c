//! Canaries whose counts did not decide: their evidence is kept, each a stratum of its own.

use super::{OpenUpdate, RegionHistory};
use crate::fleet::names::{Actor, ReleaseId};
use crate::fleet::{Bake, Fleet};
use meridian_judge::{Judgement, RegionEvidence};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A canary that was rolled back because its counts did not decide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Try {
    /// The wave's pipeline execution.
    pub execution: Actor,
    /// The canary, as it was planned.
    pub bake: Option<Bake>,
    /// Its counts, metric by metric.
    pub evidence: RegionEvidence,
}

impl Try {
    /// Keeps what an update's canary showed, once for each wave.
    pub(super) fn keep(tries: &mut BTreeMap<ReleaseId, Vec<Self>>, update: &OpenUpdate, judgement: Option<&Judgement>) {
        let own = tries.entry(update.target.release).or_default();
        if own.iter().all(|other| other.execution != update.execution) {
            let evidence = judgement.map(|judgement| judgement.evidence.clone()).unwrap_or_default();
            own.push(Self { execution: update.execution.clone(), bake: update.bake, evidence });
        }
    }
}

impl RegionHistory {
    /// Whether policy gives the region another try of a release.
    pub fn tries_left(&self, fleet: &Fleet, release: &ReleaseId) -> bool {
        self.tries_of(release).len() < usize::try_from(fleet.wave.tries).unwrap_or(usize::MAX)
    }

    /// The tries of a release that did not decide, first one first.
    pub fn tries_of(&self, release: &ReleaseId) -> &[Try] {
        self.tries.get(release).map_or(&[], Vec::as_slice)
    }
}
