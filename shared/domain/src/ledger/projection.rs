//! What every reader of a chain does with its entries.

use crate::fleet::names::RegionName;
use crate::ledger::Entry;
use crate::ledger::history::{HubHistory, RegionHistory};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a chain's entries add up to.
pub trait Projection: Clone + Default + Serialize + DeserializeOwned {
    /// The projection after one more entry.
    fn apply(&mut self, entry: &Entry);

    /// The region that is home since it moved, as far as the chain has heard of it.
    fn home(&self) -> Option<&RegionName>;
}

impl Projection for HubHistory {
    fn apply(&mut self, entry: &Entry) {
        HubHistory::apply(self, entry);
    }

    fn home(&self) -> Option<&RegionName> {
        self.moved.as_ref().map(|own| &own.to)
    }
}

impl Projection for RegionHistory {
    fn apply(&mut self, entry: &Entry) {
        RegionHistory::apply(self, entry);
    }

    fn home(&self) -> Option<&RegionName> {
        self.moved.as_ref().map(|own| &own.to)
    }
}
