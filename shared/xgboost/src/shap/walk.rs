//! The walk: every split of a tree once, for sixteen rows and `N` points of the quadrature at a time.
//!
//! The formulas are derived in the [parent module](super); the names there are those in the comments here.
#![expect(clippy::indexing_slicing, reason = "every index runs over the length of a fixed array")]

use super::lanes::Lanes;
use super::packed::{PackedTree, Split};
use crate::tree::Categories;

/// What the splits between the root and here say of one feature.
#[derive(Clone, Copy)]
pub(super) struct Way {
    /// o: 1 where the row itself goes this way as far as the feature decides, else 0.
    follows: Lanes,
    /// z: the part of the training weight that goes this way as far as the feature decides.
    share: f32,
}

impl Way {
    /// What no split has said anything of yet.
    pub(super) const START: Way = Way { follows: Lanes::ONE, share: 1.0 };
}

/// What is known of a split between the root and here.
#[derive(Clone)]
pub(super) struct Level<const N: usize> {
    split: Split,
    /// Whether the walk is in the left child.
    in_left: bool,
    /// w P: the product of the factors of all features between the root and the split, and the point's weight.
    above: [Lanes; N],
    /// B of the left child.
    left: [Lanes; N],
    /// h: 1 where the row goes to the left, else 0.
    goes_left: Lanes,
    /// s: the left child's factor g is the split's share r, and `step` times `slopes`.
    step: Lanes,
    slopes: [f32; N],
    /// z / f^2: the weight of each point in what the feature moves.
    scales: [f32; N],
    /// What held of the split's feature above the split.
    outer: Way,
}

impl<const N: usize> Level<N> {
    /// To be overwritten.
    pub(super) const EMPTY: Level<N> = Level {
        split: Split::EMPTY,
        in_left: false,
        above: [Lanes::ZERO; N],
        left: [Lanes::ZERO; N],
        goes_left: Lanes::ZERO,
        step: Lanes::ZERO,
        slopes: [0.0; N],
        scales: [0.0; N],
        outer: Way::START,
    };

    /// Comes by `split`, of which everything above is known.
    #[inline(always)]
    fn enter(&mut self, split: Split, input: &Lanes, way: &Way, points: &[f32; N], categories: &Categories) {
        let goes_left = match split.set() {
            None => {
                let (threshold, missing_left) = (split.threshold, split.missing_left());
                // No comparison with NaN is true, so only a missing value takes the default.
                input.map(|value| if (value < threshold) | (value.is_nan() & missing_left) { 1.0 } else { 0.0 })
            }
            Some(set) => input.map(|value| {
                let left = if value.is_nan() { split.missing_left() } else { !categories.contains(set, value) };
                if left { 1.0 } else { 0.0 }
            }),
        };
        self.split = split;
        self.goes_left = goes_left;
        self.outer = *way;
        self.step = goes_left.minus(Lanes::splat(split.left_share));
        self.slopes = *points;
        if split.seen_above() {
            self.step = self.step.times(way.follows);
            let share = way.share;
            for ((point, slope), scale) in points.iter().zip(&mut self.slopes).zip(&mut self.scales) {
                // f, above 0 as the point is.
                let factor = share + (1.0 - share) * point;
                *slope = point / factor;
                *scale = share / (factor * factor);
            }
        }
    }

    /// g at point `q`.
    #[inline(always)]
    fn factor<const FUSED: bool>(&self, q: usize) -> Lanes {
        self.step.times_plus::<FUSED>(Lanes::splat(self.slopes[q]), Lanes::splat(self.split.left_share))
    }

    /// Makes `below` ready for the split that is the left child.
    #[inline(always)]
    fn descend_left<const FUSED: bool>(&mut self, below: &mut Level<N>, way: &mut Way) {
        self.in_left = true;
        for q in 0..N {
            below.above[q] = self.above[q].times(self.factor::<FUSED>(q));
        }
        if self.split.seen_below() {
            way.follows = self.outer.follows.times(self.goes_left);
            way.share = self.outer.share * self.split.left_share;
        }
    }

    /// The same for the right child, whose factor is 1 - g.
    #[inline(always)]
    fn descend_right<const FUSED: bool>(&mut self, below: &mut Level<N>, way: &mut Way) {
        self.in_left = false;
        for q in 0..N {
            let above = self.above[q];
            below.above[q] = above.minus(above.times(self.factor::<FUSED>(q)));
        }
        if self.split.seen_below() {
            way.follows = self.outer.follows.minus(self.outer.follows.times(self.goes_left));
            way.share = self.outer.share * (1.0 - self.split.left_share);
        }
    }

    /// Leaves the split, both children's B known: `value` is the right one's, and then the split's own.
    #[inline(always)]
    fn leave<const FUSED: bool>(&self, value: &mut [Lanes; N], sum: &mut Lanes, way: &mut Way) {
        let mut moved = Lanes::ZERO;
        for (q, value) in value.iter_mut().enumerate() {
            let difference = self.left[q].minus(*value);
            *value = difference.times_plus::<FUSED>(self.factor::<FUSED>(q), *value);
            let weight =
                if self.split.seen_above() { self.above[q].times(Lanes::splat(self.scales[q])) } else { self.above[q] };
            moved = weight.times_plus::<FUSED>(difference, moved);
        }
        *sum = self.step.times_plus::<FUSED>(moved, *sum);
        if self.split.seen_below() {
            *way = self.outer;
        }
    }
}

/// A tree, sixteen rows and `N` points.
pub(super) struct Walk<'a, const N: usize> {
    pub(super) tree: &'a PackedTree,
    pub(super) points: &'a [f32; N],
    pub(super) weights: &'a [f32; N],
    /// Values of the rows, by feature of the tree.
    pub(super) inputs: &'a [Lanes],
    /// To which contributions are added, by feature of the tree.
    pub(super) sums: &'a mut [Lanes],
    /// [`Way::START`] by feature of the tree, and so again at the end.
    pub(super) ways: &'a mut [Way],
    /// As many as the tree has levels, or more.
    pub(super) levels: &'a mut [Level<N>],
}

/// What the walk does next.
enum Next {
    /// Come by the next split.
    Split,
    /// Take `value` as the left child's.
    Left,
    /// Take `value` as the right child's.
    Right,
}

impl<const N: usize> Walk<'_, N> {
    /// Adds each feature's contributions to its sum.
    #[inline(always)]
    pub(super) fn run<const FUSED: bool>(&mut self) {
        let (mut splits, mut leaves) = (self.tree.splits.iter(), self.tree.leaves.iter());
        let mut leaf = || [Lanes::splat(leaves.next().copied().unwrap_or(f32::NAN)); N];
        let mut value = [Lanes::ZERO; N];
        let mut depth = 0;
        let mut next = Next::Split;
        if let Some(root) = self.levels.first_mut() {
            root.above = self.weights.map(Lanes::splat);
        }
        // No `else` is reached: a packed tree has a level, an input, a sum and a way for every split.
        while let Some((level, below)) = self.levels.get_mut(depth..).and_then(<[_]>::split_first_mut) {
            if let Next::Split = next {
                let Some(split) = splits.next() else { return };
                let Some(input) = self.inputs.get(split.feature()) else { return };
                let Some(way) = self.ways.get(split.feature()) else { return };
                level.enter(*split, input, way, self.points, &self.tree.categories);
            }
            let feature = level.split.feature();
            let (Some(way), Some(sum)) = (self.ways.get_mut(feature), self.sums.get_mut(feature)) else { return };
            match next {
                Next::Split if level.split.left_is_leaf() => {
                    value = leaf();
                    next = Next::Left;
                }
                Next::Split => {
                    let Some(below) = below.first_mut() else { return };
                    level.descend_left::<FUSED>(below, way);
                    depth += 1;
                }
                Next::Left => {
                    level.left = value;
                    if level.split.right_is_leaf() {
                        value = leaf();
                        next = Next::Right;
                    } else {
                        let Some(below) = below.first_mut() else { return };
                        level.descend_right::<FUSED>(below, way);
                        depth += 1;
                        next = Next::Split;
                    }
                }
                Next::Right => {
                    level.leave::<FUSED>(&mut value, sum, way);
                    let Some(up) = depth.checked_sub(1) else { return };
                    depth = up;
                    next = match self.levels.get(depth) {
                        Some(level) if level.in_left => Next::Left,
                        _ => Next::Right,
                    };
                }
            }
        }
    }
}
