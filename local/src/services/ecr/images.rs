//! The images of one region's registry.

use std::collections::{BTreeMap, BTreeSet};

/// The images of one region's registry: each repository's digests.
#[derive(Debug, Default)]
pub(crate) struct Images(pub BTreeMap<String, BTreeSet<String>>);

impl Images {
    /// Keeps the image of `ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY@sha256:DIGEST`.
    pub fn keep(&mut self, uri: &str) {
        let path = uri.split_once('/').and_then(|(_, path)| path.split_once('@'));
        if let Some((repository, digest)) = path {
            self.0.entry(repository.to_owned()).or_default().insert(digest.to_owned());
        }
    }
}
