//! Which features moved between a reference, such as the training records, and the held-out records.

use crate::holdout::{HeldOut, HoldoutError, Records};
use crate::stats::drift::{Column, WORTH_A_LOOK};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Read;

/// Features that are shown.
const SHOWN: usize = 10;

/// How the held-out records' features differ from a reference's. It decides nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Records of the reference.
    pub rows: u64,
    /// Features that were compared.
    pub features: u64,
    /// Of these, those that [moved](FeatureDrift::is_moved).
    pub moved: u64,
    /// The ten that differ most, the largest index first; none that does not differ at all.
    pub most: Vec<FeatureDrift>,
}

/// How one feature's values differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureDrift {
    /// The feature's name.
    pub feature: String,
    /// The population stability index, in the reference's deciles, with a bin for missing values.
    pub psi: f64,
    /// What two samples of one distribution show in 95 of 100 cases at most.
    pub noise: f64,
    /// Share of the reference's records in which it is missing.
    pub missing_before: f64,
    /// Share of the held-out records in which it is missing.
    pub missing_after: f64,
}

impl FeatureDrift {
    /// The least index of a feature that moved.
    pub const LEAST: f64 = WORTH_A_LOOK;

    /// Whether the difference is worth a look, and larger than chance explains.
    pub fn is_moved(&self) -> bool {
        self.psi >= Self::LEAST && self.psi > self.noise
    }
}

/// A reference that held-out records are compared with. Of its records only counts are kept.
#[derive(Debug)]
pub struct DriftReference {
    rows: u64,
    sha256: [u8; 32],
    columns: BTreeMap<String, Column>,
    found: BTreeMap<String, FeatureDrift>,
}

impl DriftReference {
    /// Reads the columns named `features` as [`Records::read`] does, and keeps their counts. Read it before the held-out
    /// records, so that never both are in memory.
    ///
    /// # Errors
    /// As [`Records::read`].
    pub fn read(input: impl Read, features: &[String], ignore: &[String]) -> Result<DriftReference, HoldoutError> {
        let records = Records::read(input, features, ignore)?;
        let mut columns = BTreeMap::new();
        let mut values = Vec::with_capacity(records.rows());
        for (place, name) in features.iter().enumerate() {
            values.clear();
            values.extend((0..records.rows()).filter_map(|row| records.row(row).get(place).copied()));
            columns.insert(name.clone(), Column::of(&mut values));
        }
        Ok(DriftReference { rows: records.rows() as u64, sha256: records.sha256(), columns, found: BTreeMap::new() })
    }

    /// SHA-256 of the file as it was read, compressed where it was.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// Compares the features of these records that were not compared yet.
    pub fn compare(&mut self, holdout: &HeldOut) {
        let mut new: Vec<(usize, &String, &Column, Vec<u64>)> = Vec::new();
        for (place, name) in holdout.features().iter().enumerate() {
            if let (Some(column), false) = (self.columns.get(name), self.found.contains_key(name)) {
                new.push((place, name, column, column.nothing()));
            }
        }
        if new.is_empty() {
            return;
        }
        for row in (0..holdout.rows()).map(|index| holdout.row(index)) {
            for (place, _, column, counts) in &mut new {
                if let Some(value) = row.get(*place) {
                    column.count(*value, counts);
                }
            }
        }
        let found: Vec<FeatureDrift> = new
            .into_iter()
            .map(|(_, name, column, counts)| {
                let distance = column.distance(&counts);
                let [missing_before, missing_after] = distance.missing;
                let feature = name.clone();
                FeatureDrift { feature, psi: distance.index, noise: distance.noise, missing_before, missing_after }
            })
            .collect();
        self.found.extend(found.into_iter().map(|found| (found.feature.clone(), found)));
    }

    /// What was found of all features that were compared.
    pub fn drift(self) -> Drift {
        let features = self.found.len() as u64;
        let mut most: Vec<FeatureDrift> = self.found.into_values().collect();
        let moved = most.iter().filter(|feature| feature.is_moved()).count() as u64;
        // Stable, so that equal ones stay sorted by name.
        most.sort_by(|one, other| other.psi.total_cmp(&one.psi));
        most.retain(|feature| feature.psi > 0.0);
        most.truncate(SHOWN);
        Drift { rows: self.rows, features, moved, most }
    }
}
