//! What is wrong with a chain that was altered.

use serde::{Deserialize, Serialize};

/// A chain that is not one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ChainError {
    /// An entry is missing or stands twice.
    #[error("ledger entry {found} found where {expected} is expected: an entry was removed or added by hand")]
    Sequence {
        /// The sequence number that belongs here.
        expected: u64,
        /// The one that stands here instead.
        found: u64,
    },
    /// An entry of a kind that this code does not know, and may not do without.
    #[error(
        "ledger entry {seq} is a {kind}, which this version of Meridian does not know and may not pass over: use the version that wrote it"
    )]
    Newer {
        /// Sequence number of the entry.
        seq: u64,
        /// The kind, in the words of the code that wrote it.
        kind: String,
    },
    /// An entry does not follow from the one before.
    #[error("ledger entry {seq} does not have the hash of the entry before it: the chain was altered")]
    Hash {
        /// Sequence number of the entry that does not follow.
        seq: u64,
    },
}
