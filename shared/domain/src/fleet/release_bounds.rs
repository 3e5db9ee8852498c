//! How large what a manifest says may be: it is written by whoever trains, and read, shown and paged by everybody else.

use crate::edge::{cut, is_hidden, is_usual_moment};
use crate::fleet::keys;
use crate::fleet::release::{File, MOST_FEATURE_FILES, Malformed, Manifest};

/// Features that a model may have.
const MOST_FEATURES: usize = 1 << 16;
/// Characters of a feature's name.
const LONGEST_FEATURE: usize = 256;
/// Characters of a wrong name that is shown.
const LONGEST_SHOWN: usize = 60;
/// Characters of a feature file's name: it is the name of its channel too (SageMaker's API reference, `AdditionalModelDataSource`).
const LONGEST_FILE_NAME: usize = 64;
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
    wrong_file(&manifest.feature_files).or_else(|| manifest.provenance.malformed())
}

/// True if SageMaker takes it for a channel's name, and a file system for a file's.
pub fn is_file_name(name: &str) -> bool {
    let known = |char: char| char.is_ascii_alphanumeric() || "._-".contains(char);
    (1..=LONGEST_FILE_NAME).contains(&name.len()) && name.chars().all(known) && !name.starts_with('.')
}

/// The first thing that no feature files may be.
fn wrong_file(files: &[File]) -> Option<Malformed> {
    if files.len() > MOST_FEATURE_FILES {
        return Some(Malformed::FeatureFiles { files: files.len() as u64, most: MOST_FEATURE_FILES as u64 });
    }
    let is_own = |file: &File| is_file_name(file.name()) && file.key == keys::feature_file(file.sha256, file.name());
    if let Some(file) = files.iter().find(|file| !is_own(file)) {
        return Some(Malformed::FeatureFile { key: cut(&file.key, LONGEST_SHOWN) });
    }
    if let Some(file) = files.iter().find(|file| file.bytes > LARGEST_ARCHIVE) {
        let (name, bytes) = (file.name().to_owned(), file.bytes);
        return Some(Malformed::FeatureFileSize { name, bytes, most: LARGEST_ARCHIVE });
    }
    let is_double = |at: usize, file: &File| files.iter().take(at).any(|other| other.name() == file.name());
    let is_early = |at: usize, file: &File| files.iter().take(at).any(|other| other.key > file.key);
    let misplaced = files.iter().enumerate().find(|(at, file)| is_double(*at, file) || is_early(*at, file));
    misplaced.map(|(_, file)| Malformed::FeatureFileOrder { name: file.name().to_owned() })
}
