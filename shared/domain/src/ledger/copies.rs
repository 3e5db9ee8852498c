//! A copy of a chain in another region's bucket: what that region's sweeps kept of it beside its ends.

use crate::ledger::heads::KeptHead;
use crate::ledger::{ChainError, Entry, Head, Stored};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What lies under a kept end's key: the end, and the entries that came since the one that was kept before. Together they are a copy of the
/// chain in another region's bucket, as old as the last sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptEntries {
    #[serde(flatten)]
    head: KeptHead,
    /// In order, each as it is stored; none in what functions of before kept.
    #[serde(default)]
    entries: Vec<String>,
}

/// Why what is kept of a chain is no copy of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CopyFault {
    /// No copy has the entry.
    #[error("entry {seq} is in no copy: functions of before kept ends alone")]
    Lacks {
        /// The entry's number.
        seq: u64,
    },
    /// What is kept is not what the functions keep.
    #[error("what is kept up to entry {seq} cannot be read")]
    Unread {
        /// The end that was kept.
        seq: u64,
    },
    /// The entries are not one chain, up to the end that was kept last.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// They are, and end otherwise.
    #[error("the copies end otherwise than the end that was kept, at entry {seq}")]
    End {
        /// The end that was kept.
        seq: u64,
    },
}

impl KeptEntries {
    /// Those of `entries` that came after `before`, up to `head`.
    pub fn new(head: KeptHead, before: Option<KeptHead>, entries: &[Stored]) -> Self {
        let is_new = |seq: u64| seq <= head.seq && before.is_none_or(|before| seq > before.seq);
        let new = entries.iter().map(|stored| &stored.entry).filter(|entry| is_new(entry.seq));
        let text = |entry: &Arc<Entry>| String::from_utf8_lossy(&entry.to_bytes()).into_owned();
        Self { head, entries: new.map(text).collect() }
    }

    /// The stored bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Numbers, a digest and strings always serialise.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The chain up to the end that was kept last, of everything that is `kept` of it.
    ///
    /// # Errors
    /// Some of it was not kept, or it is not one chain.
    pub fn chain<'a>(kept: impl IntoIterator<Item = (KeptHead, &'a [u8])>) -> Result<Vec<Entry>, CopyFault> {
        let (mut last, mut entries) = (None::<KeptHead>, BTreeMap::new());
        for (head, bytes) in kept {
            let unread = || CopyFault::Unread { seq: head.seq };
            let own: Self = serde_json::from_slice(bytes).map_err(|_| unread())?;
            for text in own.entries {
                let entry = Entry::from_bytes(text.as_bytes()).map_err(|_| unread())?;
                entries.insert(entry.seq, entry);
            }
            last = last.max(Some(head));
        }
        let Some(last) = last else { return Ok(Vec::new()) };
        let (mut end, mut chain) = (Head::default(), Vec::new());
        while end.next <= last.seq {
            let entry = entries.remove(&end.next).ok_or(CopyFault::Lacks { seq: end.next })?;
            end.follow(&entry)?;
            chain.push(entry);
        }
        if end.prev == last.hash { Ok(chain) } else { Err(CopyFault::End { seq: last.seq }) }
    }
}
