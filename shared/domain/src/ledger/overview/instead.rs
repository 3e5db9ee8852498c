//! An endpoint that names another configuration than its region's ledger says.

use crate::fleet::endpoint::{EndpointView, Target};
use crate::fleet::names::{ResourceName, Version};
use crate::ledger::history::RegionHistory;
use crate::ledger::{Entry, Record};
use serde::Serialize;

/// What an endpoint names instead of what its region's ledger says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Instead {
    /// The configuration that the endpoint names.
    pub config: ResourceName,
    /// The version for which an entry names that configuration; none where no entry does.
    pub version: Option<Version>,
}

/// What an endpoint names instead of what the ledger says; none where both agree. While an update is open (`updates`), it may name any
/// configuration that the ledger knows.
pub(super) fn of(view: &EndpointView, entries: &[Entry], history: &RegionHistory, updates: bool) -> Option<Instead> {
    let version = version(entries, &view.config);
    let is_there = |config: &ResourceName| {
        *config == view.config || view.pending.as_ref().is_some_and(|pending| pending.config == *config)
    };
    let agrees = updates || history.serving.as_ref().is_none_or(|serving| is_there(&serving.target.config));
    (version.is_none() || !agrees).then(|| Instead { config: view.config.clone(), version })
}

/// The version for which an entry of a region's chain names a configuration.
pub(super) fn version(entries: &[Entry], config: &ResourceName) -> Option<Version> {
    let mut targets = entries.iter().rev().flat_map(|entry| targets(&entry.record));
    targets.find(|target| target.config == *config).map(|target| target.version.clone())
}

/// What an entry says that the region serves, served or is to serve.
fn targets(record: &Record) -> impl Iterator<Item = &Target> {
    let named = match record {
        Record::UpdateIntended { target, back, .. } => [Some(target), back.as_ref()],
        Record::Reverted { from, to, .. } => [Some(from), Some(to)],
        Record::EndpointIntended { target, .. }
        | Record::Confirmed { target, .. }
        | Record::Settled { target, .. }
        | Record::Kept { target, .. } => [Some(target), None],
        _ => [None, None],
    };
    named.into_iter().flatten()
}
