//! Rows to be scored.

use std::borrow::Cow;

/// Rows by columns of f32, row by row, NaN where a value is missing.
#[derive(Clone, Copy)]
pub struct Matrix<'a> {
    values: &'a [f32],
    width: usize,
}

impl<'a> Matrix<'a> {
    /// No rows.
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

/// Some columns of a table in an order of their own: the table's own values where that is its order, a copy elsewhere.
#[derive(Clone)]
pub struct Projection<'a> {
    values: Cow<'a, [f32]>,
    width: usize,
}

impl<'a> Projection<'a> {
    /// Column `i` of the projection is column `places[i]` of `matrix`. `None` where a place is outside of it, or where
    /// there are no places.
    pub(crate) fn new(matrix: Matrix<'a>, places: &[usize]) -> Option<Projection<'a>> {
        let width = matrix.width();
        if places.is_empty() || places.iter().any(|place| *place >= width) {
            return None;
        }
        if places.iter().copied().eq(0..width) {
            return Some(Projection { values: Cow::Borrowed(matrix.values()), width });
        }
        let mut values = Vec::with_capacity(matrix.rows() * places.len());
        for row in matrix.values().chunks_exact(width) {
            values.extend(places.iter().map(|place| row.get(*place).copied().unwrap_or(f32::NAN)));
        }
        Some(Projection { values: Cow::Owned(values), width: places.len() })
    }

    /// The projection as a matrix.
    pub fn matrix(&self) -> Matrix<'_> {
        Matrix::new(&self.values, self.width).unwrap_or(Matrix::EMPTY)
    }

    /// Whether the values had to be copied.
    pub fn is_copied(&self) -> bool {
        matches!(self.values, Cow::Owned(_))
    }
}
