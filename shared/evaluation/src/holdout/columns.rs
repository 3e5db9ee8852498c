//! Which column of a file is what.

use super::{ExpectedColumns, HoldoutError};
use std::collections::{BTreeMap, BTreeSet};

/// Which column of a held-out file is what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// The column with 0 or 1.
    pub label: String,
    /// The column with the customer's region; without one, nothing is evaluated per region.
    pub region: Option<String>,
    /// The feature columns, in the order in which callers send them; the file's own order does not matter.
    pub features: Vec<String>,
    /// Columns that may be there and are not read, for example a key.
    pub ignore: Vec<String>,
    /// The same by somebody's own word: such a column must be there.
    pub left_out: Vec<String>,
    /// Columns whose values become slices. They may be features as well.
    pub slices: Vec<String>,
}

impl Columns {
    /// Columns named as Meridian's own training script names them: `label` and `customer_region`.
    pub fn standard(features: Vec<String>) -> Columns {
        let (label, region) = ("label".to_owned(), Some("customer_region".to_owned()));
        Columns { label, region, features, ..Columns::default() }
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
            left_out: &self.left_out,
            slices: &self.slices,
        }
    }
}

/// The same for a file with or without labels.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) label: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
    pub(crate) features: &'a [String],
    pub(crate) ignore: &'a [String],
    pub(crate) left_out: &'a [String],
    pub(crate) slices: &'a [String],
}

/// Where a column of the file goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Label,
    Region,
    Feature(usize),
    Slice(usize),
    Ignored,
}

/// What a column of the file is. It may make slices beside what else it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) target: Target,
    pub(super) slice: Option<usize>,
}

impl<'a> Wanted<'a> {
    /// Whether a column of this name is asked for, or ignored by name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.label == Some(name)
            || self.region == Some(name)
            || [self.features, self.ignore, self.left_out, self.slices].into_iter().flatten().any(|known| known == name)
    }

    /// The use of every column of a file, in the file's order.
    pub(super) fn uses(&self, header: &[String]) -> Result<Vec<Use>, HoldoutError> {
        let mut twice = BTreeSet::new();
        let wanted = self.by_name(&mut twice);
        let mut sliced = BTreeSet::new();
        twice.extend(self.slices.iter().filter(|name| !sliced.insert(*name)).cloned());
        let mut extra = Vec::new();
        let mut found = BTreeSet::new();
        let mut uses = Vec::with_capacity(header.len());
        for name in header {
            let slice = self.slices.iter().position(|slice| slice == name);
            match (wanted.get(name.as_str()), slice) {
                (Some(target), _) => uses.push(Use { target: *target, slice }),
                (None, Some(_)) => uses.push(Use { target: Target::Ignored, slice }),
                (None, None) => extra.push(name.clone()),
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
        // The header is one, so its names may be shown.
        if let Some(column) = self.left_out.iter().chain(self.slices).find(|name| !found.contains(name.as_str())) {
            let is_other = |name: &&String| !self.features.contains(name) && self.label != Some(name.as_str());
            let there = header.iter().filter(is_other).cloned().collect();
            return Err(HoldoutError::NoSuchColumn { column: column.clone(), there });
        }
        if missing.is_empty() && extra.is_empty() && twice.is_empty() {
            return Ok(uses);
        }
        let expected = if self.label.is_some() { ExpectedColumns::Labelled } else { ExpectedColumns::Features };
        Err(HoldoutError::Columns { missing, extra, twice: twice.into_iter().collect(), expected })
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
        for name in self.ignore.iter().chain(self.left_out) {
            if wanted.insert(name, Target::Ignored).is_some_and(|before| before != Target::Ignored) {
                twice.insert(name.clone());
            }
        }
        wanted
    }
}
