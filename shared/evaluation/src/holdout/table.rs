//! A table as it is filled, by rows or by columns.

use super::columns::Wanted;
use super::groups::{Groups, MAX_NAME, MAX_NAMES, Slicing, Unnameable};
use super::{HoldoutError, SizeUnit};
use crate::allowance::{self, Counter};
use meridian_xgboost::number::FieldError;
use std::io::{self, ErrorKind, Read, Write};

/// Records as they are read. Rows count from 0 here, from 1 in errors.
pub(crate) struct Table<'a> {
    pub(crate) wanted: Wanted<'a>,
    pub(super) values: Vec<f32>,
    pub(super) labels: Vec<bool>,
    pub(super) regions: Groups,
    /// One for each column of [`Wanted::slices`].
    pub(super) slices: Vec<Slicing>,
    rows: usize,
    /// Bytes of the file, as it is stored, that were read: what it may cost depends on them.
    stored: Counter,
}

impl<'a> Table<'a> {
    pub(crate) fn new(wanted: Wanted<'a>, stored: Counter) -> Table<'a> {
        let slices = vec![Slicing(Some(Groups::default())); wanted.slices.len()];
        let (values, labels, regions) = (Vec::new(), Vec::new(), Groups::default());
        Table { wanted, values, labels, regions, slices, rows: 0, stored }
    }

    /// Bytes that were read of the file, as it is stored.
    pub(crate) fn stored(&self) -> u64 {
        self.stored.bytes()
    }

    /// Bytes that it may have as plain Parquet.
    pub(crate) fn most_parquet(&self) -> u64 {
        allowance::inflated_parquet(self.stored.bytes())
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn width(&self) -> usize {
        self.wanted.features.len()
    }

    /// Fails where `rows` more do not fit.
    pub(super) fn check_room(&self, rows: usize) -> Result<(), HoldoutError> {
        let rows = self.rows.saturating_add(rows) as u64;
        let stored = self.stored.bytes();
        let refused = |limit: u64, unit: SizeUnit| {
            Err(HoldoutError::TooLarge { limit: usize::try_from(limit).unwrap_or(usize::MAX), unit })
        };
        // A table without features is bounded too.
        if rows.saturating_mul(self.width().max(1) as u64) > allowance::values(stored) {
            return refused(allowance::values(stored), SizeUnit::Values);
        }
        if rows > allowance::rows(stored) { refused(allowance::rows(stored), SizeUnit::Rows) } else { Ok(()) }
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
        self.regions.push(name).map_err(|unnameable| match unnameable {
            Unnameable::TooLong => HoldoutError::RegionTooLong { row: row + 1, column: column(), limit: MAX_NAME },
            Unnameable::TooMany => HoldoutError::TooManyRegions { column: column(), limit: MAX_NAMES },
        })
    }

    pub(super) fn push_slice(&mut self, slice: usize, value: Option<&str>) {
        if let Some(slicing) = self.slices.get_mut(slice) {
            slicing.push(value);
        }
    }

    /// Writes the table for [`Table::read`].
    pub(crate) fn write(&self, output: &mut impl Write) -> io::Result<()> {
        output.write_all(&(self.rows as u64).to_le_bytes())?;
        self.labels.iter().try_for_each(|label| output.write_all(&[u8::from(*label)]))?;
        self.regions.write(output)?;
        self.slices.iter().try_for_each(|slicing| slicing.write(output))?;
        self.values.iter().try_for_each(|value| output.write_all(&value.to_le_bytes()))
    }

    /// Fills an empty table with what another one of the same columns [wrote](Table::write).
    pub(crate) fn read(&mut self, input: &mut impl Read) -> io::Result<()> {
        let rows = usize::try_from(u64::from_le_bytes(take(input)?)).map_err(|_| ErrorKind::InvalidData)?;
        self.check_room(rows).map_err(|_| ErrorKind::InvalidData)?;
        let count = |wanted: bool| if wanted { rows } else { 0 };
        self.labels = each(input, count(self.wanted.label.is_some()), |[label]| label == 1)?;
        self.regions = Groups::read(input, count(self.wanted.region.is_some()))?;
        self.slices = self.wanted.slices.iter().map(|_| Slicing::read(input, rows)).collect::<io::Result<_>>()?;
        self.values = each(input, rows * self.width(), f32::from_le_bytes)?;
        self.rows = rows;
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

    /// Sorts regions and slices by name, so that nothing depends on the order of the rows.
    pub(super) fn finish(mut self) -> Result<Table<'a>, HoldoutError> {
        if self.rows == 0 {
            return Err(HoldoutError::Empty);
        }
        self.regions.sort();
        self.slices.iter_mut().filter_map(|slicing| slicing.0.as_mut()).for_each(Groups::sort);
        Ok(self)
    }
}

pub(super) fn take<const N: usize>(input: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// `count` elements of `N` bytes each.
pub(super) fn each<T, const N: usize>(
    input: &mut impl Read,
    count: usize,
    of: impl Fn([u8; N]) -> T,
) -> io::Result<Vec<T>> {
    let mut all = Vec::with_capacity(count);
    let mut buffer = [[0; N]; 4096];
    while all.len() < count {
        let some = buffer.get_mut(..4096.min(count - all.len())).unwrap_or_default();
        input.read_exact(some.as_flattened_mut())?;
        all.extend(some.iter().map(|bytes| of(*bytes)));
    }
    Ok(all)
}
