//! Entries of a kind that this code does not know, because a newer one wrote them: while functions are deployed, region by region, both
//! read and write the same chains.

use super::{Caller, Entry, Record};
use crate::fleet::names::{Actor, Sha256};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;

/// What an entry of an unknown kind says. This code makes nothing of it, and keeps it as it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewerRecord {
    /// In the words of the code that wrote it.
    pub kind: String,
    /// True where no reader may go on without it: its writer's `"binding": true`.
    pub binding: bool,
    /// What it says.
    #[serde(flatten)]
    fields: Map<String, Value>,
    /// The whole entry, as it is stored.
    #[serde(skip)]
    bytes: Arc<[u8]>,
}

/// What every entry has.
#[derive(Deserialize)]
struct Stored {
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

impl NewerRecord {
    /// The stored entry.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Entry {
    /// Reads an entry of a kind that is not known; none where it is known, and wrong.
    pub(super) fn newer(bytes: &[u8]) -> Option<Self> {
        let Stored { seq, at, written, prev, actor, caller, record, binding, fields } =
            serde_json::from_slice(bytes).ok()?;
        let alone = Map::from_iter([("record".to_owned(), Value::String(record.clone()))]);
        // serde names the variants that it knows in its error alone.
        let error = serde_json::from_value::<Record>(Value::Object(alone)).err()?;
        error.to_string().starts_with(&format!("unknown variant `{record}`")).then(|| {
            let record = Record::Newer(NewerRecord { kind: record, binding, fields, bytes: Arc::from(bytes) });
            Self { seq, at, written, prev, actor, caller, record }
        })
    }
}
