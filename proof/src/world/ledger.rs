//! One chain of the ledger: entries and what they add up to, without hashes.

use super::{Seconds, stamp};
use meridian_domain::{Actor, Caller, Entry, Projection, Record, Sha256};
use std::sync::Arc;

/// A chain. What was written before the history began is its first projection; entries count from there.
#[derive(Clone, Debug)]
pub struct Chain<H> {
    /// What all entries add up to.
    pub history: H,
    /// The entries since the beginning of the history.
    pub entries: Vec<Arc<Entry>>,
}

impl<H: Projection> Chain<H> {
    /// A chain of which `history` is what it holds so far.
    pub fn starting_with(history: H) -> Self {
        Self { history, entries: Vec::new() }
    }

    /// Adds an entry at the end.
    pub fn append(&mut self, at: Seconds, actor: &Actor, record: Record) {
        let seq = self.entries.len() as u64;
        let prev = Sha256::from_bytes([0; 32]);
        let (at, caller) = (stamp(at), Caller::Unverified);
        let entry = Entry { seq, at, written: at, prev, actor: actor.clone(), caller, record };
        self.history.apply(&entry);
        self.entries.push(Arc::new(entry));
    }

    /// Brings a reader's projection, which has seen the first `seen` entries, up to date. True where `actor` had written
    /// `record` among those that were new.
    pub fn read_on(&self, reader: &mut H, seen: &mut usize, own: Option<(&Actor, &Record)>) -> bool {
        let mut found = false;
        for entry in self.entries.iter().skip(*seen) {
            reader.apply(entry);
            found |= own.is_some_and(|(actor, record)| entry.actor == *actor && entry.record == *record);
        }
        *seen = self.entries.len();
        found
    }
}
