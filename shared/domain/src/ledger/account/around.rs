//! What stood around a region at a moment: halts, a wave that had left it behind, a control plane that did not answer.

use crate::fleet::names::{Actor, RegionName, ReleaseId};
use crate::ledger::reason::{Fault, Reason};
use crate::ledger::{Entry, Record};
use jiff::Timestamp;
use serde::Serialize;

/// A halt that held.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Halt {
    /// The time from which it holds.
    pub at: Timestamp,
    /// The actor of the entry that set it.
    pub by: Actor,
    /// Why nothing may start.
    pub why: Reason,
    /// True for the whole fleet's, which stands in the hub's chain; false for the region's own.
    pub fleet: bool,
}

/// A wave that went on without the region.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Deferral {
    /// The time from which it holds.
    pub at: Timestamp,
    /// The wave's pipeline execution.
    pub wave: Actor,
    /// The release that the region did not get.
    pub release: ReleaseId,
    /// Why the region was left behind.
    pub why: Reason,
}

/// A control plane that did not answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Illness {
    /// The time from which it holds.
    pub since: Timestamp,
    /// The wave that saw it.
    pub wave: Actor,
    /// What was asked, and what came of it.
    pub why: Reason,
}

/// The halts that held.
pub(super) fn halts(region: &[Entry], hub: Option<&[Entry]>) -> Vec<Halt> {
    let own = halt(region, false);
    own.into_iter().chain(hub.and_then(|hub| halt(hub, true))).collect()
}

fn halt(entries: &[Entry], fleet: bool) -> Option<Halt> {
    let is_word = |record: &Record| {
        matches!(record, Record::Halted { .. } | Record::Lifted { .. } | Record::JudgeReplaced { .. })
    };
    let word = entries.iter().rev().find(|entry| is_word(&entry.record));
    match word.map(|entry| (entry, &entry.record)) {
        Some((entry, Record::Halted { why })) => {
            Some(Halt { at: entry.at, by: entry.actor.clone(), why: why.clone(), fleet })
        }
        _ => None,
    }
}

/// The last wave that had left the region behind, unless another took it up since, or it got there by itself.
pub(super) fn deferral(region: &RegionName, own: &[Entry], hub: &[Entry]) -> Option<Deferral> {
    let last = hub.iter().rev().find_map(|entry| match &entry.record {
        Record::Deferred { region: deferred, execution, release, why, .. } if deferred == region => {
            Some(Deferral { at: entry.at, wave: execution.clone(), release: *release, why: why.clone() })
        }
        Record::WaveStarted { release, execution, late, .. } if late.contains(region) => {
            Some(Deferral { at: entry.at, wave: execution.clone(), release: *release, why: Fault::ReplicaLate.into() })
        }
        _ => None,
    })?;
    let is_over = |entry: &Entry| match &entry.record {
        Record::UpdateIntended { epoch, .. } => epoch.is_some(),
        Record::Confirmed { target, .. } => target.release == last.release,
        _ => false,
    };
    let over = own.iter().any(|entry| entry.at > last.at && is_over(entry));
    (!over).then_some(last)
}

/// Since when home had no answer from the region's control plane, unless the region has shown since that it answers.
pub(super) fn illness(region: &RegionName, own: &[Entry], hub: &[Entry]) -> Option<Illness> {
    let mut ill: Option<Illness> = None;
    for entry in hub {
        match &entry.record {
            Record::RegionIll { region: other, execution, why } if other == region => {
                ill.get_or_insert_with(|| Illness { since: entry.at, wave: execution.clone(), why: why.clone() });
            }
            Record::RegionWell { region: other, .. } if other == region => ill = None,
            _ => {}
        }
    }
    let answers = |record: &Record| {
        matches!(record, Record::Reverted { .. } | Record::Settled { .. } | Record::UpdateStarted { .. })
    };
    ill.filter(|ill| !own.iter().any(|entry| entry.at > ill.since && answers(&entry.record)))
}
