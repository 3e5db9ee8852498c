//! What the held-out set's columns hold, region by region: not their values, but whether there are any.

use crate::holdout::HeldOut;

/// One column over some records.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Column {
    present: u64,
    low: f32,
    high: f32,
}

impl Column {
    const NOTHING: Column = Column { present: 0, low: f32::INFINITY, high: f32::NEG_INFINITY };

    /// Whether every record lacks the value.
    pub fn is_empty(&self) -> bool {
        self.present == 0
    }

    /// Whether all values that are there are the same.
    pub fn is_constant(&self) -> bool {
        self.present > 0 && self.low == self.high
    }

    fn with(self, other: Column) -> Column {
        Column { present: self.present + other.present, low: self.low.min(other.low), high: self.high.max(other.high) }
    }
}

/// Every column, on the whole set and in each region.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Columns {
    /// On all records, in the order of the features.
    pub whole: Vec<Column>,
    /// Likewise for each region, in the order of [`HeldOut::region_names`].
    pub regions: Vec<Vec<Column>>,
}

impl Columns {
    /// Reads every value once.
    pub fn of(holdout: &HeldOut) -> Columns {
        let matrix = holdout.matrix();
        let nothing = vec![Column::NOTHING; matrix.width()];
        // Without a region column all records are of one nameless region.
        let mut regions = vec![nothing.clone(); holdout.region_names().len().max(1)];
        for (index, row) in matrix.values().chunks_exact(matrix.width()).enumerate() {
            let region = holdout.regions().get(index).map_or(0, |region| usize::from(*region));
            let Some(columns) = regions.get_mut(region) else { continue };
            for (column, value) in columns.iter_mut().zip(row) {
                // `min` and `max` ignore a NaN, so only the count needs to tell.
                column.present += u64::from(!value.is_nan());
                column.low = column.low.min(*value);
                column.high = column.high.max(*value);
            }
        }
        let add = |sum: Vec<Column>, part: &Vec<Column>| sum.iter().zip(part).map(|(a, b)| a.with(*b)).collect();
        let whole = regions.iter().fold(nothing, add);
        if holdout.region_names().is_empty() {
            regions.clear();
        }
        Columns { whole, regions }
    }
}
