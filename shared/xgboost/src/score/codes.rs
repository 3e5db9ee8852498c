//! Rows as codes: what a forest in the fast layout compares.

use crate::forest::{Column, MAX_SLOTS, Ranks};
use crate::matrix::Matrix;

/// Rows of a block. Each slot's codes of a block lie side by side.
pub(crate) const ROWS: usize = 64;
/// Codes of a block at most, and as much again as a read of four bytes may touch behind the last code.
pub(crate) const BLOCK: usize = MAX_SLOTS * ROWS + ROWS;

/// The codes of some rows: blocks of [`ROWS`] rows, in them slots, in those rows. Rows past the last are all 0.
#[derive(Default)]
pub(crate) struct Codes {
    /// The blocks, and more than [`BLOCK`] codes of padding, so that every block can be seen, from each of its rows on,
    /// as an array, and no index has to be checked.
    codes: Vec<u8>,
    /// Codes of a block.
    stride: usize,
}

impl Codes {
    /// Room for `rows` rows and `slots` slots; all codes are 0.
    pub(crate) fn new(rows: usize, slots: usize) -> Codes {
        let stride = slots * ROWS;
        Codes { codes: vec![0; rows.div_ceil(ROWS) * stride + BLOCK + ROWS], stride }
    }

    /// Slots that there is room for.
    pub(crate) fn slots(&self) -> usize {
        self.stride / ROWS
    }

    /// Codes the rows in the slots of these columns; the others stay.
    #[inline(always)]
    pub(crate) fn fill<'a>(&mut self, matrix: Matrix<'_>, columns: impl Iterator<Item = &'a Column> + Clone) {
        if self.stride == 0 {
            return;
        }
        let blocks = self.codes.chunks_exact_mut(self.stride);
        for (block, rows) in blocks.zip(matrix.values().chunks(ROWS * matrix.width())) {
            for column in columns.clone() {
                fill_column(block, rows, matrix.width(), column);
            }
        }
    }

    /// The block's codes, from its row `lane` on, and what follows them.
    #[inline(always)]
    pub(crate) fn block(&self, block: usize, lane: usize) -> Option<&[u8; BLOCK]> {
        self.codes.get(block * self.stride + lane..)?.first_chunk()
    }
}

/// Codes one column of one block. Counting instead of searching: the loops have no branches and run in wide registers.
#[inline(always)]
fn fill_column(block: &mut [u8], rows: &[f32], width: usize, column: &Column) {
    let mut values = [f32::NAN; ROWS];
    for (value, row) in values.iter_mut().zip(rows.chunks_exact(width)) {
        *value = row.get(column.feature).copied().unwrap_or(f32::NAN);
    }
    let mut counts = [0_i32; ROWS];
    for threshold in &column.sorted {
        for (count, value) in counts.iter_mut().zip(&values) {
            *count += i32::from(*value >= *threshold);
        }
    }
    for (slot, missing) in column.slots.into_iter().zip([u8::MAX, 0]) {
        let start = usize::from(slot) * ROWS;
        let Some(codes) = block.get_mut(start..start + ROWS).filter(|_| slot != 0) else { continue };
        for ((code, count), value) in codes.iter_mut().zip(&counts).zip(&values) {
            *code = if value.is_nan() { missing } else { *count as u8 };
        }
    }
}

/// Every column of a forest's ranks.
pub(crate) fn all(ranks: &Ranks) -> impl Iterator<Item = &Column> + Clone {
    ranks.columns().iter()
}
