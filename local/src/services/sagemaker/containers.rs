//! The models that containers have loaded.

use crate::services::s3::types::Digest;
use bytes::Bytes;
use meridian_xgboost::{Model, ModelError};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

/// Models by the SHA-256 of their archives: the same bytes are read once, wherever they serve.
#[derive(Default)]
pub(crate) struct Models(pub BTreeMap<Digest, Model>);

impl fmt::Debug for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Models({})", self.0.len())
    }
}

impl Models {
    /// Reads an archive, if it is a new one.
    pub fn load(&mut self, digest: Digest, archive: &Bytes) -> Result<(), ModelError> {
        if let Entry::Vacant(place) = self.0.entry(digest) {
            place.insert(Model::from_archive(archive.as_ref())?);
        }
        Ok(())
    }
}
