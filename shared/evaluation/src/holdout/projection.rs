//! The columns of a table in a model's order.

use meridian_xgboost::Matrix;
use std::borrow::Cow;

/// Some columns of a table in an order of their own: the table's own values where that is its order, a copy elsewhere.
#[derive(Clone)]
pub struct Projection<'a> {
    values: Cow<'a, [f32]>,
    width: usize,
}

impl<'a> Projection<'a> {
    /// Column `i` of the projection is column `places[i]` of `matrix`. `None` where a place is outside of it, or where
    /// there are no places.
    pub(super) fn new(matrix: Matrix<'a>, places: &[usize]) -> Option<Projection<'a>> {
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

    /// The chosen columns, in the order in which they were chosen.
    pub fn matrix(&self) -> Matrix<'_> {
        Matrix::new(&self.values, self.width).unwrap_or(Matrix::EMPTY)
    }

    /// Whether the values had to be copied.
    pub fn is_copied(&self) -> bool {
        matches!(self.values, Cow::Owned(_))
    }
}
