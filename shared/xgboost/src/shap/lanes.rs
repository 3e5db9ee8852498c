//! Sixteen rows side by side.
#![expect(clippy::indexing_slicing, reason = "every index runs over the length of a fixed array")]

use std::array::from_fn;

/// Rows that are explained together.
pub(super) const LANES: usize = 16;

/// One number of each of [`LANES`] rows. Every operation is one loop over the rows, which the compiler turns into one
/// vector instruction (AVX-512), two (AVX2) or four (SSE2, NEON): the same source for all of them.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Lanes(pub(super) [f32; LANES]);

impl Lanes {
    pub(super) const ZERO: Lanes = Lanes([0.0; LANES]);
    pub(super) const ONE: Lanes = Lanes([1.0; LANES]);

    #[inline(always)]
    pub(super) fn splat(value: f32) -> Lanes {
        Lanes([value; LANES])
    }

    #[inline(always)]
    pub(super) fn map(&self, of: impl Fn(f32) -> f32) -> Lanes {
        Lanes(from_fn(|row| of(self.0[row])))
    }

    #[inline(always)]
    pub(super) fn minus(self, other: Lanes) -> Lanes {
        Lanes(from_fn(|row| self.0[row] - other.0[row]))
    }

    #[inline(always)]
    pub(super) fn times(self, other: Lanes) -> Lanes {
        Lanes(from_fn(|row| self.0[row] * other.0[row]))
    }

    /// `self * factor + term`; with one rounding where `FUSED`, which must be left off where the machine has no such
    /// instruction: it would be a call per number.
    #[inline(always)]
    pub(super) fn times_plus<const FUSED: bool>(self, factor: Lanes, term: Lanes) -> Lanes {
        Lanes(from_fn(|row| {
            if FUSED {
                self.0[row].mul_add(factor.0[row], term.0[row])
            } else {
                self.0[row] * factor.0[row] + term.0[row]
            }
        }))
    }
}
