//! The images of one region's registry.

use std::collections::{BTreeMap, BTreeSet};

/// The images of one region's registry: each repository's digests.
#[derive(Debug, Default)]
pub(crate) struct Images(pub BTreeMap<String, BTreeSet<String>>);

impl Images {
    /// Keeps the image of `ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY@sha256:DIGEST`.
    pub fn keep(&mut self, uri: &str) {
        if let Some((repository, digest)) = parts(uri) {
            self.0.entry(repository.to_owned()).or_default().insert(digest.to_owned());
        }
    }

    /// Whether it has the image.
    pub fn has(&self, uri: &str) -> bool {
        parts(uri).is_some_and(|(repository, digest)| self.0.get(repository).is_some_and(|own| own.contains(digest)))
    }
}

fn parts(uri: &str) -> Option<(&str, &str)> {
    uri.split_once('/').and_then(|(_, path)| path.split_once('@'))
}
