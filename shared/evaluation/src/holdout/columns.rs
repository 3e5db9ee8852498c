//! Which column of a file is what.

use super::HoldoutError;
use std::collections::{BTreeMap, BTreeSet};

/// Which column of a held-out file is what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// The column with 0 or 1.
    pub label: String,
    /// The column with the customer's region; without one, nothing is evaluated per region.
    pub region: Option<String>,
    /// The feature columns, in the order in which callers send them; the file's own order does not matter.
    pub features: Vec<String>,
    /// Columns that may be there and are not read, for example a key.
    pub ignore: Vec<String>,
}

impl Columns {
    /// Columns named as Meridian's own training script names them: `label` and `customer_region`.
    pub fn standard(features: Vec<String>) -> Columns {
        Columns { label: "label".to_owned(), region: Some("customer_region".to_owned()), features, ignore: Vec::new() }
    }

    /// Every name of several feature lists once: what to read where two models take different features, or the same in
    /// another order. [`HeldOut::matrix_for`](super::HeldOut::matrix_for) then gives each its own.
    pub fn union<'a>(lists: impl IntoIterator<Item = &'a [String]>) -> Vec<String> {
        let mut seen = BTreeSet::new();
        lists.into_iter().flatten().filter(|name| seen.insert(*name)).cloned().collect()
    }

    pub(super) fn wanted(&self) -> Wanted<'_> {
        Wanted {
            label: Some(&self.label),
            region: self.region.as_deref(),
            features: &self.features,
            ignore: &self.ignore,
        }
    }
}

/// The same for a file with or without labels.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) label: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
    pub(crate) features: &'a [String],
    pub(crate) ignore: &'a [String],
}

/// Where a column of the file goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Label,
    Region,
    Feature(usize),
    Ignored,
}

impl<'a> Wanted<'a> {
    /// Whether a column of this name is asked for, or ignored by name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.label == Some(name)
            || self.region == Some(name)
            || self.features.iter().chain(self.ignore).any(|known| known == name)
    }

    /// The target of every column of a file, in the file's order.
    pub(super) fn targets(&self, header: &[String]) -> Result<Vec<Target>, HoldoutError> {
        let mut twice = BTreeSet::new();
        let wanted = self.by_name(&mut twice);
        let mut extra = Vec::new();
        let mut found = BTreeSet::new();
        let mut targets = Vec::with_capacity(header.len());
        for name in header {
            match wanted.get(name.as_str()) {
                Some(target) => targets.push(*target),
                None => extra.push(name.clone()),
            }
            if !found.insert(name.as_str()) {
                twice.insert(name.clone());
            }
        }
        let needed: Vec<&str> =
            wanted.iter().filter(|(_, target)| **target != Target::Ignored).map(|(name, _)| *name).collect();
        let missing: Vec<String> =
            needed.iter().filter(|name| !found.contains(**name)).map(|name| (*name).to_owned()).collect();
        if missing.len() * 2 > needed.len() {
            let (expected, columns) = (needed.len(), header.len());
            return Err(HoldoutError::Unrecognised { expected, found: expected - missing.len(), columns, missing });
        }
        if missing.is_empty() && extra.is_empty() && twice.is_empty() {
            return Ok(targets);
        }
        let expected = if self.label.is_some() {
            "the label, the region and exactly the release's features"
        } else {
            "exactly the model's features"
        };
        Err(HoldoutError::Columns { missing, extra, twice: twice.into_iter().collect(), expected: expected.into() })
    }

    fn by_name(&self, twice: &mut BTreeSet<String>) -> BTreeMap<&'a str, Target> {
        let mut wanted = BTreeMap::new();
        let label = self.label.map(|name| (name, Target::Label));
        let region = self.region.map(|name| (name, Target::Region));
        let features = self.features.iter().enumerate().map(|(index, name)| (name.as_str(), Target::Feature(index)));
        for (name, target) in label.into_iter().chain(region).chain(features) {
            if wanted.insert(name, target).is_some() {
                twice.insert(name.to_owned());
            }
        }
        for name in self.ignore {
            if wanted.insert(name, Target::Ignored).is_some_and(|before| before != Target::Ignored) {
                twice.insert(name.clone());
            }
        }
        wanted
    }
}
