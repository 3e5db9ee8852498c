//! Which records of a held-out set are explained.

use crate::matrix::Matrix;

/// Records of a sample: enough to compare two models' reasons, few enough to be explained while the model is read.
pub const SAMPLE_ROWS: usize = 64;

/// Records to be explained, copied out of their held-out set.
#[derive(Clone)]
pub struct Sample {
    rows: Vec<u32>,
    features: Vec<String>,
    values: Vec<f32>,
}

impl Sample {
    /// [`SAMPLE_ROWS`] records of a set whose columns are called `features`; see [`sample_rows`].
    pub fn of(matrix: Matrix<'_>, features: &[String], labels: &[bool]) -> Sample {
        Sample::picked(matrix, features, &sample_rows(labels, SAMPLE_ROWS))
    }

    /// The records with these numbers, counted from 0; without those that are past the end.
    pub(crate) fn picked(matrix: Matrix<'_>, features: &[String], rows: &[u32]) -> Sample {
        let there = |row: &u32| (*row as usize) < matrix.rows();
        let rows: Vec<u32> = rows.iter().copied().filter(there).collect();
        let values = rows.iter().flat_map(|row| matrix.row(*row as usize)).copied().collect();
        Sample { rows, features: features.to_vec(), values }
    }

    /// Which records of the set they are, counted from 0.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    pub(super) fn features(&self) -> &[String] {
        &self.features
    }

    pub(super) fn values(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.features.len().max(1))
    }
}

/// Never shows a value: these are customers' records.
impl std::fmt::Debug for Sample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sample")
            .field("rows", &self.rows.len())
            .field("features", &self.features.len())
            .finish_non_exhaustive()
    }
}

/// Chooses `count` records to explain, half of them positives: without that there would be hardly one among them, and
/// the reasons that matter are those of alerts. Where one kind has too few, the other fills up.
///
/// Evenly spaced among the records of each kind, so always the same for the same labels. Ascending, counted from 0.
pub fn sample_rows(labels: &[bool], count: usize) -> Vec<u32> {
    let of = |kind: bool| -> Vec<u32> {
        (0..).zip(labels).filter(|(_, label)| **label == kind).map(|(row, _)| row).collect()
    };
    let (positives, negatives) = (of(true), of(false));
    let half = (count / 2).min(positives.len());
    let of_negatives = (count - half).min(negatives.len());
    let of_positives = (count - of_negatives).min(positives.len());
    let mut rows = spaced(&positives, of_positives);
    rows.extend(spaced(&negatives, of_negatives));
    rows.sort_unstable();
    rows
}

/// The middles of `count` equal parts of `rows`.
fn spaced(rows: &[u32], count: usize) -> Vec<u32> {
    (0..count).filter_map(|part| rows.get((2 * part + 1) * rows.len() / (2 * count))).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(positives: &[usize], rows: usize) -> Vec<bool> {
        (0..rows).map(|row| positives.contains(&row)).collect()
    }

    #[test]
    fn half_of_the_sample_are_positives() {
        let labels: Vec<bool> = (0..10_000).map(|row| row % 100 == 7).collect();
        let rows = sample_rows(&labels, 64);
        assert_eq!(rows.len(), 64);
        assert_eq!(rows.iter().filter(|row| labels[**row as usize]).count(), 32);
        assert!(rows.is_sorted_by(|a, b| a < b));
        assert!(rows[0] < 400 && rows[63] > 9_600, "spread over the whole set");
    }

    #[test]
    fn where_one_kind_has_too_few_the_other_fills_up() {
        assert_eq!(sample_rows(&labels(&[3], 10), 4).len(), 4);
        assert_eq!(sample_rows(&labels(&[1, 2, 3, 4, 5, 6, 7, 8, 9], 10), 6).len(), 6);
        assert_eq!(sample_rows(&labels(&[0, 1], 3), 8), [0, 1, 2]);
        assert_eq!(sample_rows(&[], 8), [0; 0]);
        assert_eq!(sample_rows(&labels(&[0], 5), 0), [0; 0]);
    }
}
