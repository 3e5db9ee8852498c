//! Rows to be scored.

/// Rows by columns of f32, row by row, NaN where a value is missing.
#[derive(Clone, Copy)]
pub struct Matrix<'a> {
    values: &'a [f32],
    width: usize,
}

impl<'a> Matrix<'a> {
    /// A table without rows.
    pub const EMPTY: Matrix<'static> = Matrix { values: &[], width: 1 };

    /// `None` unless `values` is a whole number of rows of `width` (1 or more).
    pub fn new(values: &'a [f32], width: usize) -> Option<Matrix<'a>> {
        (width > 0 && values.len().is_multiple_of(width)).then_some(Matrix { values, width })
    }

    /// Number of rows.
    pub fn rows(self) -> usize {
        self.values.len() / self.width
    }

    /// Number of columns, at least 1.
    pub fn width(self) -> usize {
        self.width
    }

    /// All values, row by row.
    pub fn values(self) -> &'a [f32] {
        self.values
    }

    /// Row `index` (from 0); empty past the last one.
    pub fn row(self, index: usize) -> &'a [f32] {
        self.values.chunks_exact(self.width).nth(index).unwrap_or(&[])
    }
}
