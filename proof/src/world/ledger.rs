//! One chain of the ledger: entries as they are stored, with their hashes, and the state that they result in.

use super::{Seconds, stamp};
use meridian_domain::{Actor, ChainError, Entry, Head, Projection, Record, Stored};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A chain as it is stored.
#[derive(Clone, Debug)]
pub struct Chain<H> {
    /// What all entries add up to.
    pub history: H,
    /// All entries, in order.
    pub entries: Vec<Stored>,
    /// The end of the chain.
    head: Head,
    /// Entries beyond it: something between is missing.
    ahead: BTreeMap<u64, Stored>,
    /// The newest checkpoint, and the number of its entry.
    pub checkpoint: Option<(u64, Arc<Vec<u8>>)>,
}

impl<H: Projection> Default for Chain<H> {
    fn default() -> Self {
        Self {
            history: H::default(),
            entries: Vec::new(),
            head: Head::default(),
            ahead: BTreeMap::new(),
            checkpoint: None,
        }
    }
}

impl<H: Projection> Chain<H> {
    /// Whether `entry` takes the next place: S3's conditional write.
    pub fn is_next(&self, entry: &Entry) -> bool {
        entry.seq == self.entries.len() as u64 && !self.ahead.contains_key(&entry.seq)
    }

    /// Stores an entry.
    ///
    /// # Errors
    /// An entry that does not follow from the one before: S3 takes it all the same, and nobody can read on.
    pub fn store(&mut self, at: Seconds, entry: Entry) -> Result<(), ChainError> {
        self.take(Stored::new(entry, stamp(at)))
    }

    /// Puts an entry back in its own place, whichever others are there by now; none where that is taken.
    pub fn put_back(&mut self, stored: Stored) -> Option<Result<(), ChainError>> {
        let seq = stored.entry.seq;
        if seq < self.entries.len() as u64 || self.ahead.contains_key(&seq) {
            return None;
        }
        self.ahead.insert(seq, stored);
        while let Some(next) = self.ahead.remove(&(self.entries.len() as u64)) {
            if let Err(fault) = self.take(next) {
                return Some(Err(fault));
            }
        }
        Some(Ok(()))
    }

    /// The numbers of entries that lie beyond something that is missing.
    pub fn ahead(&self) -> impl Iterator<Item = u64> {
        self.ahead.keys().copied()
    }

    /// What lies in the bucket from a number on: with a gap, while something between is missing.
    pub fn listed(&self, from: u64) -> Vec<Stored> {
        let skipped = usize::try_from(from).unwrap_or(usize::MAX);
        self.entries.iter().skip(skipped).chain(self.ahead.range(from..).map(|(_, own)| own)).cloned().collect()
    }

    fn take(&mut self, stored: Stored) -> Result<(), ChainError> {
        let believed = self.head.believe(&stored)?;
        self.history.apply(&believed);
        self.entries.push(stored);
        Ok(())
    }

    /// Adds what somebody says at the end.
    pub fn append(&mut self, at: Seconds, actor: &Actor, record: Record) {
        let entry = self.head.entry(stamp(at), actor.clone(), record);
        // An entry of the chain's own head follows.
        let _ = self.store(at, entry);
    }

    /// The records from the newest on, each with the second in which it was done.
    pub fn newest_first(&self) -> impl Iterator<Item = (Seconds, &Record)> {
        self.entries.iter().rev().map(|stored| (stored.entry.at.as_second(), &stored.entry.record))
    }

    /// The same, each with the second in which S3 took it: a function that stood still writes late what it decided before.
    pub fn newest_taken_first(&self) -> impl Iterator<Item = (Seconds, &Record)> {
        self.entries.iter().rev().map(|stored| (stored.at.as_second(), &stored.entry.record))
    }
}
