//! How large what a manifest says may be: it is written by whoever trains, and read, shown and paged by everybody else.

use crate::edge::{cut, is_hidden, is_usual_moment};
use crate::fleet::release::{Malformed, Manifest};

/// Features that a model may have.
const MOST_FEATURES: usize = 1 << 16;
/// Characters of a feature's name.
const LONGEST_FEATURE: usize = 256;
/// Characters of a wrong name that is shown.
const LONGEST_SHOWN: usize = 60;
/// Bytes of an archive: more than any model that a function of 512 MB evaluates.
const LARGEST_ARCHIVE: u64 = 1 << 30;

/// The first thing that is more than it may be.
pub(crate) fn excess(manifest: &Manifest) -> Option<Malformed> {
    let readable = |text: &str| {
        let short = text.chars().nth(LONGEST_FEATURE).is_none();
        !text.is_empty() && short && !text.chars().any(|c| is_hidden(c) || c == '\n')
    };
    if !is_usual_moment(manifest.created) {
        return Some(Malformed::Created { at: manifest.created });
    }
    if manifest.features.len() > MOST_FEATURES {
        return Some(Malformed::FeatureCount { features: manifest.features.len() as u64, most: MOST_FEATURES as u64 });
    }
    if let Some(name) = manifest.features.iter().find(|name| !readable(name)) {
        return Some(Malformed::FeatureName { name: cut(name, LONGEST_SHOWN), longest: LONGEST_FEATURE as u64 });
    }
    if manifest.archive.bytes > LARGEST_ARCHIVE {
        return Some(Malformed::ArchiveSize { bytes: manifest.archive.bytes, most: LARGEST_ARCHIVE });
    }
    manifest.provenance.malformed()
}
