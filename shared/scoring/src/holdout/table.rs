//! A table as it is filled, by rows or by columns.

use super::HoldoutError;
use super::columns::Wanted;
use crate::number::FieldError;

/// Values that are held at most (rows times features): 160 MB. With a copy for a model that takes the columns in another
/// order, and the codes that they are scored by, they fit a function of 512 MB.
const MAX_VALUES: usize = 40_000_000;
/// Bytes of a region's name: it stands in reports and errors.
const MAX_REGION: usize = 64;
/// More regions than this is a wrong column.
const MAX_REGIONS: usize = 64;

/// Records as they are read. Rows count from 0 here, from 1 in errors.
pub(super) struct Table<'a> {
    pub(super) wanted: Wanted<'a>,
    pub(super) values: Vec<f32>,
    pub(super) labels: Vec<bool>,
    pub(super) region_names: Vec<String>,
    pub(super) regions: Vec<u16>,
    rows: usize,
}

impl<'a> Table<'a> {
    pub(super) fn new(wanted: Wanted<'a>) -> Table<'a> {
        Table { wanted, values: Vec::new(), labels: Vec::new(), region_names: Vec::new(), regions: Vec::new(), rows: 0 }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn width(&self) -> usize {
        self.wanted.features.len()
    }

    /// Fails where `rows` more do not fit.
    pub(super) fn check_room(&self, rows: usize) -> Result<(), HoldoutError> {
        // A table without features is bounded too.
        let width = self.width().max(1);
        let fits =
            self.rows.checked_add(rows).and_then(|rows| rows.checked_mul(width)).is_some_and(|n| n <= MAX_VALUES);
        if fits { Ok(()) } else { Err(HoldoutError::TooLarge { limit: MAX_VALUES, what: "values" }) }
    }

    /// Adds `rows` rows of missing values, and answers them.
    pub(super) fn grow(&mut self, rows: usize) -> Result<&mut [f32], HoldoutError> {
        self.check_room(rows)?;
        let start = self.values.len();
        self.values.resize(start + rows * self.width(), f32::NAN);
        self.rows += rows;
        Ok(self.values.get_mut(start..).unwrap_or_default())
    }

    pub(super) fn push_label(&mut self, row: usize, label: Option<bool>) -> Result<(), HoldoutError> {
        let column = || self.wanted.label.unwrap_or_default().to_owned();
        self.labels.push(label.ok_or_else(|| HoldoutError::Label { row: row + 1, column: column() })?);
        Ok(())
    }

    pub(super) fn push_region(&mut self, row: usize, name: Option<&str>) -> Result<(), HoldoutError> {
        let column = || self.wanted.region.unwrap_or_default().to_owned();
        let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) else {
            return Err(HoldoutError::Region { row: row + 1, column: column() });
        };
        if name.len() > MAX_REGION {
            return Err(HoldoutError::RegionTooLong { row: row + 1, column: column(), limit: MAX_REGION });
        }
        let names = &mut self.region_names;
        let index = names.iter().position(|known| known == name).unwrap_or_else(|| {
            names.push(name.to_owned());
            names.len() - 1
        });
        if names.len() > MAX_REGIONS {
            return Err(HoldoutError::TooManyRegions { column: column(), limit: MAX_REGIONS });
        }
        self.regions.push(index as u16);
        Ok(())
    }

    /// The error for a value of a feature.
    pub(super) fn bad_value(&self, error: FieldError, row: usize, feature: usize) -> HoldoutError {
        let column = self.wanted.features.get(feature).cloned().unwrap_or_default();
        match error {
            FieldError::NotANumber => HoldoutError::NotANumber { row: row + 1, column },
            FieldError::Infinite => HoldoutError::Infinite { row: row + 1, column },
        }
    }

    /// Sorts the regions by name, so that nothing depends on the order of the rows.
    pub(super) fn finish(mut self) -> Result<Table<'a>, HoldoutError> {
        if self.rows == 0 {
            return Err(HoldoutError::Empty);
        }
        let names = std::mem::take(&mut self.region_names);
        let mut sorted = names.clone();
        sorted.sort_unstable();
        let place = |name: &String| sorted.binary_search(name).unwrap_or_default() as u16;
        let places: Vec<u16> = names.iter().map(place).collect();
        for region in &mut self.regions {
            *region = places.get(usize::from(*region)).copied().unwrap_or_default();
        }
        self.region_names = sorted;
        Ok(self)
    }
}
