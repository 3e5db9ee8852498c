//! What an entry of a kind says that this code does not know, because a newer one wrote it: while functions are deployed, region by region,
//! both read and write the same chains.

use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// This code makes nothing of it, and keeps it as it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewerRecord {
    /// In the words of the code that wrote it.
    pub kind: String,
    /// True where no reader may go on without it: its writer's `"binding": true`.
    pub binding: bool,
    /// What it says.
    #[serde(flatten)]
    pub(super) fields: Map<String, Value>,
    /// The whole entry, as it is stored.
    #[serde(skip)]
    pub(super) bytes: Arc<[u8]>,
}
