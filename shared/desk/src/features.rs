//! The callers' feature list.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Why a feature list was refused. Lines count from 1.
#[derive(Debug, thiserror::Error)]
pub enum FeaturesError {
    /// It is not there, or is no text.
    #[error("{path}: {source}; expected a text file with one feature name a line")]
    Read {
        /// The list, as the caller named it.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line names nothing.
    #[error("{path}, line {line} is empty; expected one feature name a line, in the order in which callers send them")]
    Blank {
        /// The list, as the caller named it.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
    },
    /// A feature stands there twice.
    #[error("{path}, line {line}: `{name}` stands on line {first} already; a feature is sent once")]
    Twice {
        /// The list, as the caller named it.
        path: PathBuf,
        /// The second line of the two.
        line: usize,
        /// The line that it stands on already, from 1.
        first: usize,
        /// The feature that is listed twice.
        name: String,
    },
    /// It names none.
    #[error("{path} is empty; expected one feature name a line, in the order in which callers send them")]
    Empty {
        /// The list, as the caller named it.
        path: PathBuf,
    },
}

/// Reads a list: one name a line, in the order sent.
///
/// # Errors
/// [`FeaturesError`].
pub fn read(path: &Path) -> Result<Vec<String>, FeaturesError> {
    let text = fs::read_to_string(path).map_err(|source| FeaturesError::Read { path: path.to_owned(), source })?;
    parse(path, &text)
}

fn parse(path: &Path, text: &str) -> Result<Vec<String>, FeaturesError> {
    let mut lines = BTreeMap::new();
    let mut names = Vec::new();
    for (name, line) in text.trim_start_matches('\u{feff}').lines().map(str::trim).zip(1..) {
        if name.is_empty() {
            return Err(FeaturesError::Blank { path: path.to_owned(), line });
        }
        if let Some(first) = lines.insert(name, line) {
            let name = name.escape_debug().to_string();
            return Err(FeaturesError::Twice { path: path.to_owned(), line, first, name });
        }
        names.push(name.to_owned());
    }
    if names.is_empty() { Err(FeaturesError::Empty { path: path.to_owned() }) } else { Ok(names) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::parse;
    use std::path::Path;

    fn refused(text: &str) -> String {
        parse(Path::new("features.txt"), text).unwrap_err().to_string()
    }

    #[test]
    fn names_are_trimmed_and_keep_their_order() {
        let names = parse(Path::new("f"), "\u{feff}b\r\n a \n\"c d\"\n").unwrap();
        assert_eq!(names, ["b", "a", "\"c d\""]);
    }

    #[test]
    fn blank_and_doubled_lines_are_refused_by_number() {
        assert!(refused("a\n\nb\n").starts_with("features.txt, line 2 is empty"));
        assert!(refused("a\nb\n a\n").starts_with("features.txt, line 3: `a` stands on line 1 already"));
        assert!(refused("").starts_with("features.txt is empty"));
    }
}
