//! Waves that have neither ended on record nor shown lately that they run. A pipeline's execution that fails outside its jobs, or is
//! stopped, writes no end: the ledgers say only that nothing more came.

use super::needs::WAVE_IS_SILENT;
use crate::fleet::names::Actor;
use crate::ledger::history::HubHistory;
use crate::ledger::{Entry, Record};
use jiff::Timestamp;
use serde::Serialize;

/// A wave of which nothing was heard for longer than one that goes on is silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Unheard {
    /// Its last entry in any chain that can be read.
    pub since: Timestamp,
    /// When its lease ran out; none where it holds none.
    pub lease: Option<Timestamp>,
}

/// What is not heard of a wave that has not ended. One that holds the lease renews it before half of it is over; one that waits for
/// another's turn has nothing to write.
pub(super) fn of<'a>(
    execution: &Actor,
    hub: &HubHistory,
    chains: impl Iterator<Item = &'a [Entry]>,
    at: Timestamp,
) -> Option<Unheard> {
    let since = chains.flatten().filter(|entry| is_of(entry, execution)).map(|entry| entry.at).max()?;
    match &hub.lease {
        Some(lease) if lease.holder == *execution => {
            (lease.until < at).then_some(Unheard { since, lease: Some(lease.until) })
        }
        Some(lease) if lease.until >= at => None,
        _ => (at.duration_since(since) > WAVE_IS_SILENT).then_some(Unheard { since, lease: None }),
    }
}

/// Whether a wave wrote an entry, or its start is what the entry says.
fn is_of(entry: &Entry, execution: &Actor) -> bool {
    let starts = matches!(&entry.record, Record::WaveStarted { execution: own, .. } if own == execution);
    starts || entry.actor == *execution
}
