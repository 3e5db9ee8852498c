//! Every layout and every instruction set against a walk that anybody can check by eye.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::{Assumed, Isa, ROWS_BESIDE_A_SMALL_FOREST, StreamScorer, add};
use crate::forest::Forest;
use crate::matrix::Matrix;
use crate::tree::{CATEGORICAL, Categories, DEFAULT_LEFT, Node, Tree, TreeSink};
use proptest::prelude::*;
use std::num::NonZeroUsize;

/// What a random forest looks like.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) seed: u64,
    pub(super) trees: usize,
    pub(super) features: usize,
    /// Different thresholds a feature; above 255 one column has no room.
    pub(super) thresholds: u64,
    pub(super) depth: u32,
    pub(super) rows: usize,
    pub(super) categorical: bool,
}

pub(super) fn shapes() -> impl Strategy<Value = Shape> {
    let thresholds = prop_oneof![4 => 1_u64..300, 1 => Just(255), 1 => Just(256)];
    let rows = prop_oneof![Just(1_usize), Just(63), Just(64), Just(65), 1_usize..300];
    (any::<u64>(), 1_usize..40, 1_usize..12, thresholds, 0_u32..12, rows, prop::bool::weighted(0.25)).prop_map(
        |(seed, trees, features, thresholds, depth, rows, categorical)| Shape {
            seed,
            trees,
            features,
            thresholds,
            depth,
            rows,
            categorical,
        },
    )
}

/// Numbers that depend on a seed only (splitmix64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn value(&mut self, steps: u64) -> f32 {
        // Zeros of both signs are among them.
        let step = self.below(steps) as f32 - (steps / 2) as f32;
        if step == 0.0 && self.below(2) == 0 { -0.0 } else { step / 8.0 }
    }

    pub(super) fn tree(&mut self, shape: &Shape) -> Tree {
        let mut tree = Tree::default();
        let mut depths = vec![0];
        let mut at = 0;
        while at < depths.len() {
            let is_leaf = depths[at] == shape.depth || self.below(8) == 0;
            if is_leaf {
                let value = (self.below(2_000_001) as f32 - 1e6) / 1.7e5;
                tree.nodes.push(Node { value, left: 0, feature: 0 });
            } else {
                let default = if self.below(2) == 0 { DEFAULT_LEFT } else { 0 };
                let mut feature = self.below(shape.features as u64) as u32 | default;
                let mut value = self.value(shape.thresholds);
                if shape.categorical && self.below(2) == 0 {
                    feature |= CATEGORICAL;
                    let members: Vec<u32> = (0..40).filter(|_| self.below(2) == 0).collect();
                    value = f32::from_bits(tree.categories.push(&members));
                }
                tree.nodes.push(Node { value, left: depths.len() as u32, feature });
                let below = depths[at] + 1;
                depths.extend([below, below]);
            }
            at += 1;
        }
        tree
    }

    pub(super) fn rows(&mut self, shape: &Shape) -> Vec<f32> {
        let value = |_| if self.below(6) == 0 { f32::NAN } else { self.value(shape.thresholds + 4) };
        (0..shape.rows * shape.features).map(value).collect()
    }
}

fn contains(categories: &Categories, node: Node, value: f32) -> bool {
    categories.contains(node.set().unwrap(), value)
}

/// The leaf that a row comes to, as XGBoost's definition has it.
pub(super) fn leaf(tree: &Tree, row: &[f32]) -> f32 {
    let mut node = tree.nodes[0];
    while node.left != 0 {
        let value = row[node.feature()];
        let left = if value.is_nan() {
            node.feature & DEFAULT_LEFT != 0
        } else if node.set().is_some() {
            !contains(&tree.categories, node, value)
        } else {
            value < node.value
        };
        node = tree.nodes[node.left as usize + usize::from(!left)];
    }
    node.value
}

/// The margins, tree by tree in f32, and weighted where there are weights.
pub(super) fn expected(trees: &[Tree], weights: Option<&[f32]>, rows: &[f32], width: usize, base: f32) -> Vec<u32> {
    let margin = |row: &[f32]| {
        let weight = |index: usize| weights.map(|weights| weights[index]);
        trees.iter().enumerate().fold(base, |sum, (index, tree)| {
            sum + weight(index).map_or(leaf(tree, row), |weight| (0.0 + leaf(tree, row)) * weight)
        })
    };
    rows.chunks_exact(width).map(|row| margin(row).to_bits()).collect()
}

fn bits(margins: &[f32]) -> Vec<u32> {
    margins.iter().map(|margin| margin.to_bits()).collect()
}

/// A forest of a shape, rows for it, and which of its trees count how much.
struct Drawn {
    dice: Dice,
    trees: Vec<Tree>,
    rows: Vec<f32>,
    served: usize,
    weights: Option<Vec<f32>>,
}

impl Drawn {
    fn of(shape: &Shape, dart: bool) -> Drawn {
        let mut dice = Dice(shape.seed);
        let trees: Vec<Tree> = (0..shape.trees).map(|_| dice.tree(shape)).collect();
        let rows = dice.rows(shape);
        let served = 1 + dice.below(shape.trees as u64) as usize;
        let weights = dart.then(|| trees.iter().map(|_| dice.below(1000) as f32 / 700.0).collect());
        Drawn { dice, trees, rows, served, weights }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 300 }))]

    #[test]
    fn every_layout_and_instruction_set_gives_a_plain_walks_bits(shape in shapes(), dart in any::<bool>()) {
        let Drawn { trees, rows, served, weights, .. } = Drawn::of(&shape, dart);
        let weights = weights.as_deref();
        let expected = expected(&trees[..served], weights, &rows, shape.features, -0.3);

        let mut forest = Forest::default();
        for (index, tree) in trees.iter().enumerate() {
            forest.tree(index, tree).unwrap();
        }
        let forest = forest.finish(weights, served);
        prop_assert_eq!(forest.trees(), served);
        let matrix = Matrix::new(&rows, shape.features).unwrap();
        for isa in Isa::available() {
            for threads in 1..=3 {
                let mut margins = vec![-0.3; shape.rows];
                add(&forest, matrix, &mut margins, NonZeroUsize::new(threads).unwrap(), isa);
                prop_assert_eq!(&bits(&margins), &expected, "{:?}, {} threads", isa, threads);
            }
        }
        let alone: Vec<f32> = rows.chunks_exact(shape.features).map(|row| forest.margin(-0.3, row)).collect();
        prop_assert_eq!(bits(&alone), expected, "row by row");
    }

    #[test]
    fn scoring_while_reading_gives_the_same_bits_in_any_groups(shape in shapes(), dart in any::<bool>()) {
        let Drawn { mut dice, trees, rows, served, weights } = Drawn::of(&shape, dart);
        let expected = expected(&trees[..served], weights.as_deref(), &rows, shape.features, 0.7);
        let matrix = Matrix::new(&rows, shape.features).unwrap();
        for isa in Isa::available() {
            for threads in 1..=2 {
                let assumed = Assumed { base_margin: 0.7, weights: weights.clone(), served: Some(served) };
                let mut scorer = StreamScorer::new(matrix, assumed, NonZeroUsize::new(threads).unwrap(), isa);
                scorer.limits = [dice.below(400) as usize, dice.below(200) as usize];
                for (index, tree) in trees.iter().enumerate() {
                    scorer.tree(index, tree).unwrap();
                }
                prop_assert_eq!(&bits(&scorer.finish()), &expected, "{:?}, {} threads", isa, threads);
            }
        }
    }
}

#[test]
fn rows_of_several_panels_keep_their_places_and_their_bits() {
    let rows = if cfg!(miri) { ROWS_BESIDE_A_SMALL_FOREST + 1 } else { 2 * ROWS_BESIDE_A_SMALL_FOREST + 70 };
    let shape = Shape { seed: 11, trees: 3, features: 5, thresholds: 40, depth: 8, rows, categorical: false };
    let mut dice = Dice(shape.seed);
    let trees: Vec<Tree> = (0..shape.trees).map(|_| dice.tree(&shape)).collect();
    let rows = dice.rows(&shape);
    let mut forest = Forest::default();
    for (index, tree) in trees.iter().enumerate() {
        forest.tree(index, tree).unwrap();
    }
    let forest = forest.finish(None, shape.trees);
    for isa in Isa::available() {
        for threads in 1..=2 {
            let mut margins = vec![0.25; shape.rows];
            let threads = NonZeroUsize::new(threads).unwrap();
            add(&forest, Matrix::new(&rows, shape.features).unwrap(), &mut margins, threads, isa);
            assert_eq!(bits(&margins), expected(&trees, None, &rows, shape.features, 0.25), "{isa:?}, {threads}");
        }
    }
}

/// A tree that splits on feature 0 at 0, 1, ... `count` - 1: a chain, as deep as it is long.
fn chain(count: u32) -> Tree {
    let mut tree = Tree::default();
    for split in 0..count {
        tree.nodes.push(Node { value: split as f32, left: 2 * split + 1, feature: 0 });
        tree.nodes.push(Node { value: split as f32, left: 0, feature: 0 });
    }
    tree.nodes.push(Node { value: -1.0, left: 0, feature: 0 });
    // Breadth-first: a split's right sibling comes behind its leaf.
    let mut ordered = vec![tree.nodes[0]];
    for split in 0..count as usize {
        let next =
            if split + 1 < count as usize { tree.nodes[2 * (split + 1)] } else { tree.nodes[2 * count as usize] };
        ordered.extend([tree.nodes[2 * split + 1], next]);
    }
    let mut tree = Tree { nodes: ordered, ..Tree::default() };
    for (split, node) in tree.nodes.iter_mut().filter(|node| node.left != 0).enumerate() {
        node.left = 2 * split as u32 + 1;
    }
    tree
}

#[test]
fn more_thresholds_take_more_columns_then_the_general_layout() {
    for (count, fast) in [(1, true), (255, true), (256, true), (2040, true), (2041, false)] {
        let tree = chain(count);
        let mut forest = Forest::default();
        forest.tree(0, &tree).unwrap();
        assert_eq!(matches!(forest, Forest::Ranked(_)), fast, "{count} thresholds");
        let forest = forest.finish(None, 1);
        let rows: Vec<f32> = (0..4200)
            .step_by(if cfg!(miri) { 70 } else { 1 })
            .map(|row| if row == 7 { f32::NAN } else { row as f32 / 2.0 - 1.0 })
            .collect();
        let expected = expected(&[tree], None, &rows, 1, 0.0);
        for isa in Isa::available() {
            let mut margins = vec![0.0; rows.len()];
            add(&forest, Matrix::new(&rows, 1).unwrap(), &mut margins, NonZeroUsize::MIN, isa);
            assert_eq!(bits(&margins), expected, "{count} thresholds, {isa:?}");
        }
    }
}

#[test]
fn a_tree_too_large_for_the_fast_layout_moves_earlier_ones_too() {
    let shape = Shape { seed: 5, trees: 1, features: 30, thresholds: 90, depth: 6, rows: 70, categorical: false };
    let mut dice = Dice(shape.seed);
    // A full tree of 2^15 - 1 nodes.
    let mut large = Tree::default();
    for index in 0..(1_u32 << 15) - 1 {
        let inner = index < (1 << 14) - 1;
        let (value, feature) = (dice.below(90) as f32 / 8.0 - 4.0, if inner { dice.below(30) as u32 } else { 0 });
        large.nodes.push(Node { value, left: if inner { 2 * index + 1 } else { 0 }, feature });
    }
    let trees = [dice.tree(&shape), large, dice.tree(&shape)];
    let rows = dice.rows(&shape);
    let mut forest = Forest::default();
    for (index, tree) in trees.iter().enumerate() {
        forest.tree(index, tree).unwrap();
    }
    assert!(matches!(forest, Forest::General(_)));
    let forest = forest.finish(None, 3);
    let mut margins = vec![0.5; shape.rows];
    add(&forest, Matrix::new(&rows, 30).unwrap(), &mut margins, NonZeroUsize::MIN, Isa::best());
    assert_eq!(bits(&margins), expected(&trees, None, &rows, 30, 0.5));
}

#[test]
fn a_weighted_leaf_of_minus_zero_is_added_as_zero() {
    let tree = Tree { nodes: vec![Node { value: -0.0, left: 0, feature: 0 }], ..Tree::default() };
    let mut split = Tree::default();
    let value = f32::from_bits(split.categories.push(&[1]));
    let leaf = tree.nodes[0];
    split.nodes = vec![Node { value, left: 1, feature: CATEGORICAL }, leaf, leaf];
    for (tree, layout) in [(&tree, "ranked"), (&split, "general")] {
        for (weights, sum) in [(None, -0.0_f32), (Some(&[0.5_f32][..]), 0.0)] {
            let mut forest = Forest::default();
            forest.tree(0, tree).unwrap();
            let forest = forest.finish(weights, 1);
            assert_eq!(matches!(forest, Forest::General(_)), layout == "general");
            assert_eq!(forest.margin(-0.0, &[f32::NAN]).to_bits(), sum.to_bits(), "{layout}, {weights:?}");
        }
    }
}
