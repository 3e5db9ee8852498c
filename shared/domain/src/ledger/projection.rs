//! What every reader of a chain does with its entries.

use crate::ledger::Entry;
use crate::ledger::history::{HubHistory, RegionHistory};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a chain's entries add up to.
pub trait Projection: Clone + Default + Serialize + DeserializeOwned {
    /// The projection after one more entry.
    fn apply(&mut self, entry: &Entry);
}

impl Projection for HubHistory {
    fn apply(&mut self, entry: &Entry) {
        HubHistory::apply(self, entry);
    }
}

impl Projection for RegionHistory {
    fn apply(&mut self, entry: &Entry) {
        RegionHistory::apply(self, entry);
    }
}
