//! The ledger's entries, and the form in which one is stored.

mod caller;

pub use caller::Caller;

use super::{EntryError, NewerRecord, Record};
use crate::fleet::names::{Actor, Sha256};
use crate::times;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;

/// One entry of one chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Position in its chain, from 0.
    pub seq: u64,
    /// When what it says was done. A rollback does not wait for the ledger (I6): its entry may follow later.
    pub at: Timestamp,
    /// When it was written, by the writer's clock: never before the entry before it.
    pub written: Timestamp,
    /// Hash of the entry before; of nothing for the first.
    pub prev: Sha256,
    /// Who wrote it, in its own words.
    pub actor: Actor,
    /// As whom the writer acted in the account.
    pub caller: Caller,
    /// What it says, flat beside the other fields in the stored JSON.
    #[serde(flatten)]
    pub record: Record,
}

impl Entry {
    /// The stored bytes: compact JSON in field order.
    pub fn to_bytes(&self) -> Vec<u8> {
        if let Record::Newer(own) = &self.record {
            return own.bytes.to_vec();
        }
        // Strings, numbers and maps of strings always serialise.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads an entry back. Only the very bytes that [`Entry::to_bytes`] writes are one: a field more, or a space, would
    /// not show in the hash that the next entry carries. One of a kind that is not known is kept as it is.
    ///
    /// # Errors
    /// Bytes that are no entry, or not in its stored form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EntryError> {
        let entry: Self = match serde_json::from_slice(bytes) {
            Ok(entry) => entry,
            Err(error) => return Self::newer(bytes).ok_or_else(|| EntryError::Malformed(error.to_string())),
        };
        if entry.to_bytes() == bytes { Ok(entry) } else { Err(EntryError::Form { seq: entry.seq }) }
    }

    /// Reads an entry of a kind that is not known; none where it is known, and wrong.
    fn newer(bytes: &[u8]) -> Option<Self> {
        let Unknown { seq, at, written, prev, actor, caller, record: kind, binding, fields } =
            serde_json::from_slice(bytes).ok()?;
        let alone = Map::from_iter([("record".to_owned(), Value::String(kind.clone()))]);
        // serde names the variants that it knows in its error alone.
        let error = serde_json::from_value::<Record>(Value::Object(alone)).err()?;
        error.to_string().starts_with(&format!("unknown variant `{kind}`")).then(|| {
            let record = Record::Newer(NewerRecord { kind, binding, fields, bytes: Arc::from(bytes) });
            Self { seq, at, written, prev, actor, caller, record }
        })
    }

    /// What the next entry names as `prev`.
    pub fn hash(&self) -> Sha256 {
        Sha256::of(&self.to_bytes())
    }
}

/// What every entry has, of whatever kind.
#[derive(Deserialize)]
struct Unknown {
    seq: u64,
    at: Timestamp,
    written: Timestamp,
    prev: Sha256,
    actor: Actor,
    caller: Caller,
    record: String,
    #[serde(default)]
    binding: bool,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

/// An entry as it lies in its bucket.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The entry, as it was written. Shared: a chain's entries are read again and again.
    pub entry: Arc<Entry>,
    /// When S3 stored it, by S3's own clock.
    pub at: Timestamp,
    /// The digest of the stored bytes.
    hash: Sha256,
}

impl Stored {
    /// An entry that was stored at `at`.
    pub fn new(entry: Entry, at: Timestamp) -> Self {
        let hash = entry.hash();
        Self { entry: Arc::new(entry), at, hash }
    }

    /// Reads an entry back from what lies in its bucket.
    ///
    /// # Errors
    /// As [`Entry::from_bytes`].
    pub fn read(bytes: &[u8], at: Timestamp) -> Result<Self, EntryError> {
        let entry = Arc::new(Entry::from_bytes(bytes)?);
        Ok(Self { entry, at, hash: Sha256::of(bytes) })
    }

    /// What the next entry names as `prev`.
    pub fn hash(&self) -> Sha256 {
        self.hash
    }

    /// True if it says that it was written after it was stored.
    pub fn is_from_the_future(&self) -> bool {
        times::is_future(self.entry.written, self.at)
    }
}
