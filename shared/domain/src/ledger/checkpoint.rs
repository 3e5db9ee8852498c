//! What a chain adds up to up to one of its entries, kept beside it: who reads the chain later begins there.
//!
//! A checkpoint is believed only because the chain says so. The entry at which it stands is a
//! [`Record::Checkpointed`](crate::Record::Checkpointed) that names its digest, and that entry is chained like every other.

use crate::fleet::names::Sha256;
use crate::ledger::projection::Projection;
use crate::ledger::{Head, Record, Stored};
use serde::{Deserialize, Serialize};

/// What the kept projections look like and mean. It is part of their keys: code of another form does not see them, reads
/// the chain from its beginning, and keeps its own. Raise it whenever the same entries add up to something else than before.
pub const FORM: u32 = 12;

/// What the chain says where the checkpoint with these stored bytes stands.
pub fn record(bytes: &[u8]) -> Record {
    Record::Checkpointed { form: FORM, history: Sha256::of(bytes) }
}

/// The first of a chain's `entries`, all of them in order, that names a checkpoint of this form and not what the entries
/// before it add up to: its sequence number. Who reads the chain from there acts on what nobody wrote.
pub fn misnamed<H: Projection>(entries: &[Stored]) -> Option<u64> {
    let (mut head, mut history) = (Head::default(), H::default());
    for stored in entries {
        let entry = &stored.entry;
        if let Record::Checkpointed { form: FORM, .. } = entry.record {
            let checkpoint = Checkpoint { head: head.clone(), history: history.clone() };
            if entry.record != record(&checkpoint.to_bytes()) {
                return Some(entry.seq);
            }
        }
        let entry = head.believe(stored).ok()?;
        history.apply(&entry);
    }
    None
}

/// A chain's entries before one of them, added up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint<H> {
    /// The end of what was added up: the sequence number of the entry that names this checkpoint, and the hash that it carries.
    pub head: Head,
    /// What the entries before add up to.
    pub history: H,
}

impl<H: Projection> Checkpoint<H> {
    /// The stored bytes: compact JSON in field order, the same for everybody who has read the same entries.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings, numbers and maps whose keys are strings always serialise.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a checkpoint back. Whether it counts is the chain's to say: see [`record`].
    ///
    /// # Errors
    /// What the JSON reader says of bytes that are no checkpoint of this form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}
