//! The walk against the definition: Shapley values summed over all subsets of features.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::Attributions;
use super::explain::Instructions;
use super::forest::ShapForest;
use super::sample::Sample;
use super::stream::ShapStream;
use crate::format::{BaseScore, Booster, Learner, Objective};
use crate::image::Image;
use crate::matrix::Matrix;
use crate::tree::{CATEGORICAL, DEFAULT_LEFT, Node, Tree, TreeSink};
use proptest::prelude::*;

/// Marsaglia's xorshift: enough to draw trees.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % bound
    }

    fn unit(&mut self) -> f32 {
        self.below(1 << 20) as f32 / (1 << 20) as f32
    }

    /// A whole number below 8, some fraction, or nothing.
    fn value(&mut self) -> f32 {
        match self.below(6) {
            0 => f32::NAN,
            1 => -self.unit(),
            2 => 8.0 * self.unit(),
            _ => self.below(8) as f32,
        }
    }

    /// A tree of up to `splits` splits on `features` features.
    fn tree(&mut self, splits: usize, features: usize, categorical: bool) -> Tree {
        let leaf = Node { value: 0.0, left: 0, feature: 0 };
        let mut tree = Tree { nodes: vec![leaf], covers: vec![100.0 * self.unit() + 1.0], ..Tree::default() };
        let mut level = 0;
        for place in 0.. {
            if place == tree.nodes.len() {
                break;
            }
            if level < splits && (place == tree.nodes.len() - 1 || self.below(4) > 0) {
                level += 1;
                let default = if self.below(2) == 0 { DEFAULT_LEFT } else { 0 };
                let left = tree.nodes.len() as u32;
                let (value, kind) = if categorical && self.below(2) == 0 {
                    let set: Vec<u32> = (0..8).filter(|_| self.below(2) == 0).collect();
                    (f32::from_bits(tree.categories.push(&set)), CATEGORICAL)
                } else {
                    (8.0 * self.unit(), 0)
                };
                tree.nodes[place] = Node { value, left, feature: self.below(features) as u32 | default | kind };
                tree.nodes.extend([leaf; 2]);
                let share = match self.below(8) {
                    0 => 0.0,
                    1 => 1.0,
                    _ => self.unit(),
                };
                tree.covers.extend([tree.covers[place] * share, tree.covers[place] * (1.0 - share)]);
            } else {
                tree.nodes[place].value = 2.0 * self.unit() - 1.0;
            }
        }
        tree
    }
}

/// A tree that asks for one new feature after another: the left child is always a leaf.
fn chain(features: usize) -> Tree {
    let mut tree = Tree::default();
    for feature in 0..features {
        let left = tree.nodes.len() as u32 + if feature == 0 { 1 } else { 2 };
        if feature == 0 {
            tree.nodes.push(Node { value: 0.5, left: 1, feature: 0 });
            tree.covers.push(1e6);
        } else {
            let cover = tree.covers[tree.nodes.len() - 1];
            tree.nodes.push(Node { value: 0.0, left: 0, feature: 0 });
            tree.nodes.push(Node { value: 0.5, left, feature: feature as u32 });
            tree.covers.extend([cover * 0.25, cover * 0.75]);
        }
    }
    let cover = tree.covers[tree.nodes.len() - 1];
    tree.nodes.extend([1.0, -2.0].map(|value| Node { value, left: 0, feature: 0 }));
    tree.covers.extend([cover * 0.5, cover * 0.5]);
    tree
}

fn learner(trees: usize, num_feature: usize) -> Learner {
    Learner {
        steps: 0,
        trees,
        feature_names: Vec::new(),
        num_feature,
        base_margin: 0.25,
        base_score: BaseScore { value: 0.25, listed: false },
        objective: Objective::BinaryLogistic,
        booster: Booster::GbTree,
        best_trees: None,
        limit: None,
        rounds: 1,
    }
}

fn forest(trees: &[Tree], learner: &Learner, image: Image) -> ShapForest {
    let mut forest = ShapForest::default();
    for (index, tree) in trees.iter().enumerate() {
        forest.tree(index, tree).unwrap();
    }
    forest.serve(learner, image);
    forest
}

/// Whether the row turns left.
fn turns_left(tree: &Tree, node: Node, row: &[f32]) -> bool {
    let value = row[node.feature()];
    match node.set() {
        _ if value.is_nan() => node.feature & DEFAULT_LEFT != 0,
        Some(set) => !tree.categories.contains(set, value),
        None => value < node.value,
    }
}

/// What the tree expects where only the features of `known` (a bit each) are known: Lundberg's EXPVALUE.
fn expected(tree: &Tree, place: usize, row: &[f32], known: usize) -> f64 {
    let node = tree.nodes[place];
    if node.left == 0 {
        return f64::from(node.value);
    }
    let (left, right) = (node.left as usize, node.left as usize + 1);
    let below = |child| expected(tree, child, row, known);
    if known >> node.feature() & 1 == 1 {
        return below(if turns_left(tree, node, row) { left } else { right });
    }
    let [left_cover, right_cover] = [left, right].map(|child| f64::from(tree.covers[child]));
    let total = left_cover + right_cover;
    let share = if total > 0.0 { left_cover / total } else { 0.5 };
    share * below(left) + (1.0 - share) * below(right)
}

/// The definition: what the feature adds, averaged over all orders in which features become known.
fn shapley(tree: &Tree, row: &[f32]) -> Vec<f64> {
    let n = row.len();
    let values: Vec<f64> = (0..1 << n).map(|known| expected(tree, 0, row, known)).collect();
    let factorial = |k: usize| (1..=k).map(|k| k as f64).product::<f64>();
    let mut found = vec![0.0; n];
    for (feature, found) in found.iter_mut().enumerate() {
        for known in (0..1_usize << n).filter(|known| known >> feature & 1 == 0) {
            let size = known.count_ones() as usize;
            let weight = factorial(size) * factorial(n - size - 1) / factorial(n);
            *found += weight * (values[known | 1 << feature] - values[known]);
        }
    }
    found
}

fn contributions(forest: &ShapForest, rows: &[f32]) -> Vec<f32> {
    forest.contributions(Matrix::new(rows, forest.n_features()).unwrap(), 1).unwrap()
}

fn assert_near(found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((f64::from(*found) - expected).abs() <= tolerance, "at {place}: {found}, expected {expected}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn contributions_are_the_shapley_values(
        seed in 1_u64.., splits in 0_usize..40, features in 1_usize..8, count in 1_usize..20, categorical: bool,
    ) {
        let mut draw = Draw(seed);
        let tree = draw.tree(splits, features, categorical);
        let rows: Vec<f32> = (0..features * count).map(|_| draw.value()).collect();
        let forest = forest(std::slice::from_ref(&tree), &learner(1, features), Image::V3_0);
        let by_definition: Vec<f64> = rows.chunks(features).flat_map(|row| shapley(&tree, row)).collect();
        assert_near(&contributions(&forest, &rows), &by_definition, 2e-6);
        let nothing_known = expected(&tree, 0, &rows[..features], 0) + 0.25;
        assert!((f64::from(forest.base()) - nothing_known).abs() < 1e-6);
    }

    #[test]
    fn every_instruction_set_finds_the_same(seed in 1_u64.., splits in 0_usize..200, features in 1_usize..60) {
        let mut draw = Draw(seed);
        let tree = draw.tree(splits, features, true);
        let rows: Vec<f32> = (0..features * 33).map(|_| draw.value()).collect();
        let forest = forest(&[tree], &learner(1, features), Image::V3_0);
        let of = |instructions| {
            forest.contributions_with(instructions, Matrix::new(&rows, features).unwrap(), 1).unwrap()
        };
        let portable: Vec<f64> = of(Instructions::PORTABLE).into_iter().map(f64::from).collect();
        for instructions in Instructions::available() {
            assert_near(&of(instructions), &portable, 1e-6);
        }
    }

    #[test]
    fn contributions_and_base_add_up_to_the_margin(seed in 1_u64.., splits in 0_usize..400, features in 1_usize..100) {
        let mut draw = Draw(seed);
        let trees: Vec<Tree> = (0..5).map(|_| draw.tree(splits, features, true)).collect();
        let row: Vec<f32> = (0..features).map(|_| draw.value()).collect();
        let forest = forest(&trees, &learner(5, features), Image::V3_0);
        let leaves: f64 = trees.iter().map(|tree| expected_at_leaf(tree, &row)).sum();
        let sum: f64 = contributions(&forest, &row).into_iter().map(f64::from).sum();
        assert!((sum + f64::from(forest.base()) - leaves - 0.25).abs() < 1e-5);
    }
}

fn expected_at_leaf(tree: &Tree, row: &[f32]) -> f64 {
    let mut place = 0;
    loop {
        let node = tree.nodes[place];
        if node.left == 0 {
            return f64::from(node.value);
        }
        place = node.left as usize + usize::from(!turns_left(tree, node, row));
    }
}

#[test]
fn a_path_longer_than_one_registers_points_is_explained_exactly() {
    for features in [15, 16, 17, 18] {
        let tree = chain(features);
        let rows = [vec![1.0; features], vec![0.0; features], (0..features).map(|k| (k % 3) as f32).collect()].concat();
        let forest = forest(std::slice::from_ref(&tree), &learner(1, features), Image::V3_0);
        let by_definition: Vec<f64> = rows.chunks(features).flat_map(|row| shapley(&tree, row)).collect();
        assert_near(&contributions(&forest, &rows), &by_definition, 2e-6);
    }
}

#[test]
fn a_tree_of_1000_levels_adds_up_and_a_deeper_one_is_refused() {
    let features = 1000;
    let forest = forest(&[chain(features)], &learner(1, features), Image::V3_0);
    let sum: f64 = contributions(&forest, &vec![1.0; features]).into_iter().map(f64::from).sum();
    assert!((sum + f64::from(forest.base()) - (-2.0 + 0.25)).abs() < 1e-4, "{sum}");
    let error = ShapForest::default().tree(3, &chain(4097)).unwrap_err().to_string();
    assert!(error.contains("tree 3") && error.contains("4096 levels"), "{error}");
}

#[test]
fn the_numbers_do_not_depend_on_threads_or_neighbours() {
    let mut draw = Draw(7);
    let trees: Vec<Tree> = (0..20).map(|_| draw.tree(100, 12, true)).collect();
    let rows: Vec<f32> = (0..12 * 301).map(|_| draw.value()).collect();
    let forest = forest(&trees, &learner(20, 12), Image::V3_0);
    let at_once = contributions(&forest, &rows);
    for threads in [0, 2, 3, 64] {
        assert_eq!(forest.contributions(Matrix::new(&rows, 12).unwrap(), threads).unwrap(), at_once);
    }
    let alone: Vec<f32> = rows.chunks(12).flat_map(|row| contributions(&forest, row)).collect();
    assert_eq!(alone, at_once);
    assert!(forest.contributions(Matrix::EMPTY, 2).is_err());
    assert!(forest.contributions(Matrix::new(&[], 12).unwrap(), 2).unwrap().is_empty());
}

#[test]
fn trees_count_by_their_weight_and_only_those_that_are_served() {
    let mut draw = Draw(11);
    let trees: Vec<Tree> = (0..3).map(|_| draw.tree(10, 4, false)).collect();
    let row: Vec<f32> = vec![1.0, f32::NAN, 3.0, 4.5];
    let weights = [0.5, 0.25, 2.0];
    let learner = Learner {
        booster: Booster::Dart { weights: weights.to_vec() },
        best_trees: Some(2),
        limit: Some(2),
        ..learner(3, 4)
    };
    for (image, served) in [(Image::V1_7, 2), (Image::V3_0, 3)] {
        let mut by_definition = vec![0.0; 4];
        for (tree, weight) in trees.iter().zip(weights).take(served) {
            for (sum, value) in by_definition.iter_mut().zip(shapley(tree, &row)) {
                *sum += f64::from(weight) * value;
            }
        }
        assert_near(&contributions(&forest(&trees, &learner, image), &row), &by_definition, 1e-6);
    }
}

#[test]
fn a_tree_without_training_weights_is_refused() {
    let mut tree = Draw(5).tree(10, 4, false);
    let refused = |tree: &Tree| ShapForest::default().tree(0, tree).unwrap_err().to_string();
    for wrong in [-1.0, f32::NAN, f32::INFINITY] {
        tree.covers[1] = wrong;
        assert!(refused(&tree).contains("node 1: its `sum_hessian` is negative or not a number"));
    }
    tree.covers.clear();
    assert!(refused(&tree).contains("`sum_hessian`"));
}

#[test]
fn explaining_while_reading_finds_what_the_held_model_finds() {
    let mut draw = Draw(13);
    let trees: Vec<Tree> = (0..6).map(|_| draw.tree(60, 9, true)).collect();
    let values: Vec<f32> = (0..9 * 120).map(|_| draw.value()).collect();
    let rows = Matrix::new(&values, 9).unwrap();
    let features: Vec<String> = (0..9).map(|feature| format!("f{feature}")).collect();
    // More than two groups, and one row that is not there.
    let sample: Vec<u32> = (0..=120).step_by(3).collect();
    let sample = Sample::picked(rows, &features, &sample);
    assert_eq!((sample.rows().len(), sample.rows().last()), (40, Some(&117)));
    let dart = Booster::Dart { weights: vec![0.5, 1.0, 0.0, 2.0, 0.25, 1.5] };
    let plain = learner(6, 9);
    let weighted = Learner { booster: dart, ..plain.clone() };
    let stopped = Learner { best_trees: Some(3), limit: Some(3), ..plain.clone() };
    for (learner, image, at_once) in [
        (&plain, Image::V1_7, true),
        (&weighted, Image::V3_0, false),
        (&stopped, Image::V3_0, true),
        (&stopped, Image::V1_7, false),
    ] {
        let held = forest(&trees, learner, image);
        let values: Vec<f32> = (0..40).flat_map(|place| rows.row(3 * place)).copied().collect();
        let values = held.contributions(Matrix::new(&values, 9).unwrap(), 2).unwrap();
        let held = Attributions {
            rows: (0..40).map(|row| 3 * row).collect(),
            features: features.clone(),
            values,
            base: held.base(),
        };
        let read = |mut stream: ShapStream| {
            assert!(stream.wants_covers());
            trees.iter().enumerate().for_each(|(index, tree)| stream.tree(index, tree).unwrap());
            stream.finish(learner, image).unwrap()
        };
        let first = read(ShapStream::new(&sample));
        assert_eq!(first.is_some(), at_once, "what counted wrong is not handed out");
        assert!(first.is_none_or(|found| found == held));
        assert!(read(ShapStream::knowing(&sample, learner, image)) == Some(held));
    }
    assert!(ShapStream::new(&sample).finish(&learner(6, 8), Image::V3_0).is_err(), "of another width");
}
