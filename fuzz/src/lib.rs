//! What every fuzz target checks of what a reader accepted.
//!
//! A reader may refuse any input; it may not panic, hang, or take more memory than `scripts/fuzz` allows. What it
//! accepts must score every row of its width, whatever the values.

use meridian_scoring::Model;

/// Bytes that an archive may inflate to here: enough for every seed, and a bomb of that size costs milliseconds.
pub const INFLATED_LIMIT: u64 = 4 << 20;

/// Rows of more values than this would only measure how fast memory is filled.
const MAX_VALUES: usize = 1 << 20;

/// Values that paths may differ on: missing, both zeros, the ends of the range, and around usual thresholds.
const VALUES: [f32; 10] = [f32::NAN, 0.0, -0.0, 0.5, 1.0, -1.0, 1e-45, f32::MAX, f32::MIN, 12_345.678];

/// Scores rows of zeros, of missing values and of a mixture.
///
/// # Panics
/// Where a model refuses a row of its own width: that is the finding.
pub fn scores(model: &Model) {
    let width = model.n_features();
    for row in rows(width).chunks_exact(width) {
        model.margin(row).expect("a row of the model's width");
    }
}

/// Whole rows: more than one block of the matrix walk, and not a whole number of its steps.
fn rows(width: usize) -> Vec<f32> {
    let rows = 75.min(MAX_VALUES / width).max(1);
    let mut values = vec![0.0; rows * width];
    for (row, values) in values.chunks_exact_mut(width).enumerate().skip(1) {
        for (column, value) in values.iter_mut().enumerate() {
            *value = if row == 1 { f32::NAN } else { VALUES[(row * 31 + column * 7) % VALUES.len()] };
        }
    }
    values
}
