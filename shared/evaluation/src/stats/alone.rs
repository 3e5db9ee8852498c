//! How well one column alone ranks the records: a column that knows the label gives itself away by that.

use super::delong::Placements;
use crate::metrics::roc_auc;
use meridian_xgboost::Matrix;

/// Records of each class on which columns are compared with each other; the strongest is then measured on all records.
const SCREENED: usize = 2_000;

/// The column that ranks best alone.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Alone {
    /// Its place among the columns.
    pub place: usize,
    /// How it ranks all records.
    pub placements: Placements,
}

/// How a column is read as a score: missing values below or above all others, and more of it for positives or for negatives.
#[derive(Clone, Copy)]
struct Reading {
    missing: f32,
    is_turned: bool,
}

impl Reading {
    fn of(self, value: f32) -> f32 {
        let value = if value.is_nan() { self.missing } else { value };
        if self.is_turned { -value } else { value }
    }
}

/// The strongest of these columns. `None` without columns, or with fewer than two records of either class.
pub(crate) fn strongest(matrix: Matrix<'_>, labels: &[bool], columns: impl Iterator<Item = usize>) -> Option<Alone> {
    let rows = screened(labels);
    let few: Vec<bool> = rows.iter().filter_map(|row| labels.get(*row).copied()).collect();
    let found = columns.filter_map(|place| {
        let values: Vec<f32> = rows.iter().map(|row| value(matrix, *row, place)).collect();
        let (auc, reading) = best_reading(&few, &values)?;
        Some((auc, place, reading))
    });
    let (_, place, reading) = found.max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)))?;
    let scores: Vec<f32> = (0..labels.len()).map(|row| reading.of(value(matrix, row, place))).collect();
    Some(Alone { place, placements: Placements::new(labels, &scores)? })
}

fn value(matrix: Matrix<'_>, row: usize, place: usize) -> f32 {
    matrix.row(row).get(place).copied().unwrap_or(f32::NAN)
}

/// At most so many records of each class, spread evenly over the set.
fn screened(labels: &[bool]) -> Vec<usize> {
    let of = |class: bool| {
        let rows: Vec<usize> =
            labels.iter().zip(0..).filter(|(label, _)| **label == class).map(|(_, row)| row).collect();
        let step = rows.len().div_ceil(SCREENED).max(1);
        rows.into_iter().step_by(step)
    };
    of(true).chain(of(false)).collect()
}

/// The reading with the largest area under the ROC curve.
fn best_reading(labels: &[bool], values: &[f32]) -> Option<(f64, Reading)> {
    let is_complete = values.iter().all(|value| !value.is_nan());
    let places: &[f32] = if is_complete { &[f32::INFINITY] } else { &[f32::INFINITY, f32::NEG_INFINITY] };
    let of = |missing: &f32| {
        let reading = Reading { missing: *missing, is_turned: false };
        let scores: Vec<f32> = values.iter().map(|value| reading.of(*value)).collect();
        let auc = roc_auc(labels, &scores)?;
        Some((auc.max(1.0 - auc), Reading { is_turned: auc < 0.5, ..reading }))
    };
    places.iter().filter_map(of).max_by(|one, other| one.0.total_cmp(&other.0))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_column_is_found_whichever_way_it_points() {
        let labels: Vec<bool> = (0..400).map(|row| row % 10 == 0).collect();
        let columns = |row: usize| {
            let label = labels.get(row).copied().unwrap_or_default();
            let known = if label { f32::NAN } else { 1.0 };
            [(row % 7) as f32, known, (row * 31 % 11) as f32 - 3.0 * f32::from(u8::from(label))]
        };
        let values: Vec<f32> = (0..labels.len()).flat_map(columns).collect();
        let matrix = Matrix::new(&values, 3).unwrap();
        let found = strongest(matrix, &labels, 0..3).unwrap();
        assert_eq!((found.place, found.placements.auc().unwrap().value), (1, 1.0), "present only where the label is 0");
        let turned = strongest(matrix, &labels, [0, 2].into_iter()).unwrap();
        assert_eq!(turned.place, 2);
        assert!(turned.placements.auc().unwrap().value > 0.6, "low values mean positives");
        assert_eq!(strongest(matrix, &labels, std::iter::empty()), None);
    }
}
