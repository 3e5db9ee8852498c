//! Trees on sixteen rows: gathers what a walk reads, picks the fastest walk of the machine, collects what it found.

use super::lanes::{LANES, Lanes};
use super::packed::PackedTree;
use super::quadrature::{PART, Rule};
use super::walk::{Level, Walk, Way};
use std::collections::BTreeMap;

/// The instructions that a walk may use. Only this module makes one, and only of what the machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instructions(Set);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    /// What every machine of the target has.
    Portable,
    /// AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// Sixteen lanes (AVX-512F).
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Instructions {
    /// What every machine of the target has.
    pub(super) const PORTABLE: Instructions = Instructions(Set::Portable);

    /// Everything that this machine can run, the slowest first.
    pub(super) fn available() -> Vec<Instructions> {
        #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut, reason = "only x86-64 has a choice"))]
        let mut available = vec![Instructions::PORTABLE];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                available.push(Instructions(Set::Avx2));
                if is_x86_feature_detected!("avx512f") {
                    available.push(Instructions(Set::Avx512));
                }
            }
        }
        available
    }

    /// The fastest that this machine has.
    pub(super) fn best() -> Instructions {
        Instructions::available().last().copied().unwrap_or(Instructions::PORTABLE)
    }

    #[allow(unsafe_code, reason = "the only way to call code that needs more than the target's least machine has")]
    fn walk<const N: usize>(self, walk: &mut Walk<'_, N>) {
        match self.0 {
            // NEON has the fused multiplication; SSE2 has not.
            Set::Portable => walk.run::<{ cfg!(target_arch = "aarch64") }>(),
            // SAFETY: `available` hands this value out only where the machine has AVX2 and FMA, and nothing else makes
            // one: the field is private to this module.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { walk_avx2(walk) },
            // SAFETY: the same, for AVX-512F, AVX2 and FMA.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => unsafe { walk_avx512(walk) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn walk_avx2<const N: usize>(walk: &mut Walk<'_, N>) {
    walk.run::<true>();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
fn walk_avx512<const N: usize>(walk: &mut Walk<'_, N>) {
    walk.run::<true>();
}

/// Up to sixteen rows, and what was found of them.
pub(super) struct Group {
    /// By feature of the model; lanes without a row are all missing.
    inputs: Vec<Lanes>,
    /// By feature of the model: contributions, in f64, as thousands of trees are added up.
    sums: Vec<[f64; LANES]>,
    rows: usize,
}

impl Group {
    /// The first rows of `rows`, as many as there are and fit, each of `width` values.
    pub(super) fn new<'a>(rows: impl Iterator<Item = &'a [f32]>, width: usize) -> Group {
        let mut inputs = vec![Lanes([f32::NAN; LANES]); width];
        let mut count = 0;
        for (lane, row) in rows.take(LANES).enumerate() {
            count = lane + 1;
            for (input, value) in inputs.iter_mut().zip(row) {
                if let Some(place) = input.0.get_mut(lane) {
                    *place = *value;
                }
            }
        }
        Group { inputs, sums: vec![[0.0; LANES]; width], rows: count }
    }

    /// The contributions, row by row.
    pub(super) fn contributions(&self) -> impl Iterator<Item = f32> {
        (0..self.rows)
            .flat_map(|row| self.sums.iter().map(move |sums| sums.get(row).copied().unwrap_or(f64::NAN) as f32))
    }
}

/// Memory of the walks of one thread.
pub(super) struct Workspace {
    instructions: Instructions,
    rules: BTreeMap<usize, Rule>,
    inputs: Vec<Lanes>,
    sums: Vec<Lanes>,
    ways: Vec<Way>,
    two: Vec<Level<2>>,
    four: Vec<Level<4>>,
    six: Vec<Level<6>>,
    eight: Vec<Level<PART>>,
}

impl Workspace {
    pub(super) fn new(instructions: Instructions) -> Workspace {
        Workspace {
            instructions,
            rules: BTreeMap::new(),
            inputs: Vec::new(),
            sums: Vec::new(),
            ways: Vec::new(),
            two: Vec::new(),
            four: Vec::new(),
            six: Vec::new(),
            eight: Vec::new(),
        }
    }

    /// Adds a tree's contributions, times `weight`, to the group's.
    pub(super) fn explain(&mut self, tree: &PackedTree, weight: f64, group: &mut Group) {
        if tree.splits.is_empty() {
            return;
        }
        self.inputs.clear();
        // A feature that the rows do not have is missing in them; whoever brings model and rows together refuses that.
        let missing = Lanes([f32::NAN; LANES]);
        let inputs =
            tree.features.iter().map(|feature| group.inputs.get(*feature as usize).copied().unwrap_or(missing));
        self.inputs.extend(inputs);
        self.sums.clear();
        self.sums.resize(tree.features.len(), Lanes::ZERO);
        self.ways.clear();
        self.ways.resize(tree.features.len(), Way::START);
        self.walk(tree);
        for (feature, sums) in tree.features.iter().zip(&self.sums) {
            let Some(totals) = group.sums.get_mut(*feature as usize) else { continue };
            for (total, sum) in totals.iter_mut().zip(sums.0) {
                *total += weight * f64::from(sum);
            }
        }
    }

    fn walk(&mut self, tree: &PackedTree) {
        let rule = self.rules.entry(tree.distinct).or_insert_with(|| Rule::for_path(tree.distinct));
        let Workspace { instructions, inputs, sums, ways, two, four, six, eight, .. } = self;
        let mut left = (rule.points.as_slice(), rule.weights.as_slice());
        // The points of a rule know nothing of each other, so a long rule is taken in parts.
        macro_rules! part {
            ($levels:expr) => {
                if let (Some((points, more_points)), Some((weights, more_weights))) =
                    (left.0.split_first_chunk(), left.1.split_first_chunk())
                {
                    if $levels.len() < tree.levels {
                        $levels.resize(tree.levels, Level::EMPTY);
                    }
                    instructions.walk(&mut Walk { tree, points, weights, inputs, sums, ways, levels: $levels });
                    left = (more_points, more_weights);
                    continue;
                }
            };
        }
        while !left.0.is_empty() {
            part!(eight);
            part!(six);
            part!(four);
            part!(two);
        }
    }
}
