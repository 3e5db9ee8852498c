//! The chain of entries: each carries the hash of the one before, and what follows from its end.

use super::heads::{Departure, KeptHead};
use super::{Caller, ChainError, Entry, Record, Stored};
use crate::fleet::names::{Actor, Sha256};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The end of a chain: what the next entry must carry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The next sequence number.
    pub next: u64,
    /// The hash of the last entry.
    pub prev: Sha256,
    /// When the last entry was written, as far as that can be believed.
    pub written: Timestamp,
}

impl Default for Head {
    fn default() -> Self {
        Self { next: 0, prev: Sha256::OF_NOTHING, written: Timestamp::UNIX_EPOCH }
    }
}

impl Head {
    /// Goes on past `entry`, if it is the next one.
    ///
    /// # Errors
    /// An entry that does not follow.
    pub fn follow(&mut self, entry: &Entry) -> Result<(), ChainError> {
        self.pass(entry, || entry.hash())
    }

    /// Goes on past a stored entry, if it is the next one.
    ///
    /// # Errors
    /// An entry that does not follow.
    pub fn follow_stored(&mut self, stored: &Stored) -> Result<(), ChainError> {
        self.pass(&stored.entry, || stored.hash())
    }

    fn pass(&mut self, entry: &Entry, hash: impl FnOnce() -> Sha256) -> Result<(), ChainError> {
        if entry.seq != self.next {
            return Err(ChainError::Sequence { expected: self.next, found: entry.seq });
        }
        if entry.prev != self.prev {
            return Err(ChainError::Hash { seq: entry.seq });
        }
        if let Record::Newer(own) = &entry.record
            && own.binding
        {
            return Err(ChainError::Newer { seq: entry.seq, kind: own.kind.clone() });
        }
        *self = Self { next: entry.seq + 1, prev: hash(), written: self.written.max(entry.written) };
        Ok(())
    }

    /// Goes on past a stored entry, if it is the next one, and answers it with times that can be believed: written no later
    /// than S3's own clock says, and no earlier than the entry before; done no later than it was written. An entry from the
    /// future so costs its own times, and no other's.
    ///
    /// # Errors
    /// An entry that does not follow.
    pub fn believe<'s>(&mut self, stored: &'s Stored) -> Result<Cow<'s, Entry>, ChainError> {
        let before = self.written;
        self.follow_stored(stored)?;
        let said = if stored.is_from_the_future() { stored.at } else { stored.entry.written };
        self.written = said.max(before);
        let (entry, written) = (&*stored.entry, self.written);
        let at = entry.at.min(written);
        if (at, written) == (entry.at, entry.written) {
            return Ok(Cow::Borrowed(entry));
        }
        Ok(Cow::Owned(Entry { at, written, ..entry.clone() }))
    }

    /// The entry that says `record`, done and written at `at`, at this end of the chain. A clock that went back does not make
    /// it older than the entry before.
    pub fn entry(&self, at: Timestamp, actor: Actor, record: Record) -> Entry {
        let (written, caller) = (at.max(self.written), Caller::Unverified);
        Entry { seq: self.next, at, written, prev: self.prev, actor, caller, record }
    }
}

impl KeptHead {
    /// The last entry before `head`; none of an empty chain.
    pub fn of(head: &Head) -> Option<Self> {
        head.next.checked_sub(1).map(|seq| Self { seq, hash: head.prev })
    }

    /// The chain's last entry, where `entries` are those from this one on. Entries that do not follow from each other are
    /// left out: every reader of the chain finds those by itself.
    ///
    /// # Errors
    /// The chain does not hold this entry any more.
    pub fn read_on(&self, entries: &[Stored]) -> Result<Self, Departure> {
        let first = entries.first().filter(|stored| stored.entry.seq == self.seq);
        if let Some(departure) = self.departure(first.map(Stored::hash)) {
            return Err(departure);
        }
        let mut head = Head { next: self.seq.saturating_add(1), prev: self.hash, ..Head::default() };
        let _ = entries.iter().skip(1).try_for_each(|stored| head.follow_stored(stored));
        Ok(Self::of(&head).unwrap_or(*self))
    }
}
