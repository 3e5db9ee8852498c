//! How large what a manifest says may be: it is written by whoever trains, and read, shown and paged by everybody else.

use crate::edge::{cut, is_hidden, is_usual_moment};
use crate::release::Manifest;

/// Features that a model may have.
const MOST_FEATURES: usize = 1 << 16;
/// Characters of a feature's name.
const LONGEST_FEATURE: usize = 256;
/// Bytes of an archive: more than any model that a function of 512 MB evaluates.
const LARGEST_ARCHIVE: u64 = 1 << 30;

/// The first thing that is more than it may be, with what is expected.
pub(crate) fn excess(manifest: &Manifest) -> Option<String> {
    let readable = |text: &str, longest: usize| {
        !text.is_empty() && text.chars().nth(longest).is_none() && !text.chars().any(|c| is_hidden(c) || c == '\n')
    };
    let shown = |text: &str| format!("{:?}", cut(text, 60));
    if !is_usual_moment(manifest.created) {
        return Some(format!("created is {}; expected a moment between the years 2000 and 2199", manifest.created));
    }
    if manifest.features.len() > MOST_FEATURES {
        return Some(format!("features has {} names, expected at most {MOST_FEATURES}", manifest.features.len()));
    }
    if let Some(name) = manifest.features.iter().find(|name| !readable(name, LONGEST_FEATURE)) {
        return Some(format!(
            "features: {} is no name of 1 to {LONGEST_FEATURE} characters without control characters",
            shown(name)
        ));
    }
    if manifest.archive.bytes > LARGEST_ARCHIVE {
        return Some(format!("archive.bytes is {}, expected at most {LARGEST_ARCHIVE}", manifest.archive.bytes));
    }
    manifest.provenance.problem().map(str::to_owned)
}
