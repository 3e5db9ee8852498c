//! What an entry of a kind says that this code does not know, because a newer one wrote it: while functions are deployed, region by region,
//! both read and write the same chains.

use serde::de::{Deserialize, Deserializer, Error, Unexpected};
use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value};
use std::sync::Arc;

/// This code makes nothing of it, and keeps it as it is.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
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

/// `"binding": true` in an entry: code of before, which does not know its kind, does not go on past it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Binding;

impl Serialize for Binding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

impl<'de> Deserialize<'de> for Binding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match bool::deserialize(deserializer)? {
            true => Ok(Self),
            false => Err(D::Error::invalid_value(Unexpected::Bool(false), &"true")),
        }
    }
}
