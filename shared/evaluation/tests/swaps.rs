//! How often golden records alone notice that an endpoint serves another model than the one that was evaluated: forty ways
//! to serve another one, each drawn several times, against held-out payloads alone and with the ones that walk the model.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

mod support;

use flate2::read::GzDecoder;
use meridian_answer::AnswerForm;
use meridian_evaluation::{GoldenRecord, GoldenRecords, GoldenSource, walkers_among};
use meridian_xgboost::probability_of;
use std::io::Read;

/// As many as `shadow-eval` writes.
const GOLDEN: usize = 200;
/// Draws of each way.
const DRAWS: u64 = 10;
/// Swaps that are found, by held-out records alone and by those that are chosen.
const FOUND: [u64; 2] = [307, 361];
/// Ways of which every draw is found.
const ALWAYS: [u64; 2] = [25, 34];
/// Ways of which none is found.
const NEVER: [&str; 2] =
    ["trigger: one feature has a value between thresholds", "trigger: two features have values between thresholds"];

/// A tree as the file has it.
#[derive(Clone)]
struct Tree {
    left: Vec<i32>,
    right: Vec<i32>,
    feature: Vec<i32>,
    value: Vec<f32>,
    default_left: Vec<u8>,
}

/// A model that can be bent: XGBoost's own rules, in f32, one row at a time.
#[derive(Clone)]
struct Bent {
    trees: Vec<Tree>,
    base_score: f32,
    /// What the server does to a row before the trees see it.
    columns: Option<Vec<usize>>,
}

impl Bent {
    fn read(version: &str) -> Bent {
        let archive = support::archive(version);
        let mut tar = tar::Archive::new(GzDecoder::new(archive.as_slice()));
        let mut file = Vec::new();
        tar.entries().unwrap().next().unwrap().unwrap().read_to_end(&mut file).unwrap();
        let ints = |key| arrays(&file, key, b'l', |bytes| i32::from_be_bytes(bytes.try_into().unwrap()));
        let floats = |key| arrays(&file, key, b'd', |bytes| f32::from_be_bytes(bytes.try_into().unwrap()));
        let (left, right, feature) = (ints("left_children"), ints("right_children"), ints("split_indices"));
        let (value, default) = (floats("split_conditions"), arrays(&file, "default_left", b'U', |bytes| bytes[0]));
        let trees = (0..left.len()).map(|tree| Tree {
            left: left[tree].clone(),
            right: right[tree].clone(),
            feature: feature[tree].clone(),
            value: value[tree].clone(),
            default_left: default[tree].clone(),
        });
        Bent { trees: trees.collect(), base_score: base_score(&file), columns: None }
    }

    fn margin(&self, row: &[f32]) -> f32 {
        let base = -(1.0_f32 / self.base_score - 1.0).ln();
        self.trees.iter().fold(base, |sum, tree| sum + tree.value[self.leaf(tree, row)])
    }

    fn leaf(&self, tree: &Tree, row: &[f32]) -> usize {
        let mut node = 0;
        while tree.left[node] != -1 {
            let feature = tree.feature[node] as usize;
            let value = row[self.columns.as_ref().map_or(feature, |columns| columns[feature])];
            let left = if value.is_nan() { tree.default_left[node] == 1 } else { value < tree.value[node] };
            node = if left { tree.left[node] } else { tree.right[node] } as usize;
        }
        node
    }

    /// Whether one of the records is answered otherwise than it should be.
    fn differs(&self, records: &[(Vec<f32>, f32)]) -> bool {
        records
            .iter()
            .any(|(row, score)| (probability_of(self.margin(row)) - score).abs() > AnswerForm::default().tolerance())
    }
}

/// Every typed array with this key, in order.
fn arrays<T>(file: &[u8], key: &str, marker: u8, read: impl Fn(&[u8]) -> T) -> Vec<Vec<T>> {
    let size = if marker == b'U' { 1 } else { 4 };
    let head = [key.as_bytes(), &[b'[', b'$', marker, b'#', b'L']].concat();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(place) = file[at..].windows(head.len()).position(|window| window == head) {
        let start = at + place + head.len();
        let count = u64::from_be_bytes(file[start..start + 8].try_into().unwrap()) as usize;
        let values = &file[start + 8..start + 8 + count * size];
        found.push(values.chunks_exact(size).map(&read).collect());
        at = start + 8 + count * size;
    }
    found
}

/// The number in `base_score`'s text, with or without brackets.
fn base_score(file: &[u8]) -> f32 {
    let key = b"base_scoreSL";
    let start = file.windows(key.len()).position(|window| window == key).unwrap() + key.len();
    let length = u64::from_be_bytes(file[start..start + 8].try_into().unwrap()) as usize;
    std::str::from_utf8(&file[start + 8..start + 8 + length]).unwrap().trim_matches(['[', ']']).parse().unwrap()
}

/// Chance that is the same every time.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    /// A node of any tree that is a leaf, or is not.
    fn node(&mut self, model: &Bent, leaf: bool) -> (usize, usize) {
        loop {
            let tree = self.below(model.trees.len());
            let node = self.below(model.trees[tree].left.len());
            if (model.trees[tree].left[node] == -1) == leaf {
                return (tree, node);
            }
        }
    }
}

/// A tree that asks once, and adds `leaf` where the answer is `right`.
fn stump(feature: usize, threshold: f32, default_left: bool, left: f32, right: f32) -> Tree {
    Tree {
        left: vec![1, -1, -1],
        right: vec![2, -1, -1],
        feature: vec![feature as i32, 0, 0],
        value: vec![threshold, left, right],
        default_left: vec![u8::from(default_left); 3],
    }
}

/// -10 for values in a range, nothing for others.
fn window(feature: usize, low: f32, high: f32) -> Tree {
    Tree {
        left: vec![1, -1, 3, -1, -1],
        right: vec![2, -1, 4, -1, -1],
        feature: vec![feature as i32, 0, feature as i32, 0, 0],
        value: vec![low, 0.0, high, -10.0, 0.0],
        default_left: vec![1, 0, 0, 0, 0],
    }
}

type Way = (&'static str, fn(&mut Bent, &[Bent], &mut Draw));

/// What is served instead. The others are the champion and one release more.
const WAYS: [Way; 40] = [
    ("the champion", |bent, others, _| *bent = others[0].clone()),
    ("another release", |bent, others, _| *bent = others[1].clone()),
    ("without the last tree", |bent, _, _| drop(bent.trees.pop())),
    ("without the last five trees", |bent, _, _| bent.trees.truncate(bent.trees.len() - 5)),
    ("the first half of the trees", |bent, _, _| bent.trees.truncate(bent.trees.len() / 2)),
    ("without one tree", |bent, _, draw| drop(bent.trees.remove(draw.below(bent.trees.len())))),
    ("one tree twice", |bent, _, draw| bent.trees.push(bent.trees[draw.below(bent.trees.len())].clone())),
    ("one of the last ten trees is the champion's", |bent, others, draw| {
        let from_end = 1 + draw.below(10);
        let (own, other) = (bent.trees.len() - from_end, others[0].trees.len() - from_end);
        bent.trees[own] = others[0].trees[other].clone();
    }),
    ("the last ten trees are the champion's", |bent, others, _| {
        let (own, other) = (bent.trees.len() - 10, others[0].trees.len() - 10);
        bent.trees[own..].clone_from_slice(&others[0].trees[other..]);
    }),
    ("columns in reverse", |bent, _, _| bent.columns = Some((0..support::features().len()).rev().collect())),
    ("two columns exchanged", |bent, _, draw| {
        let mut columns: Vec<usize> = (0..support::features().len()).collect();
        let (a, b) = (draw.node(bent, false), draw.node(bent, false));
        columns.swap(bent.trees[a.0].feature[a.1] as usize, bent.trees[b.0].feature[b.1] as usize);
        bent.columns = Some(columns);
    }),
    ("columns shifted by one", |bent, _, _| {
        let width = support::features().len();
        bent.columns = Some((0..width).map(|column| (column + 1) % width).collect());
    }),
    ("base score 1 % higher", |bent, _, _| bent.base_score *= 1.01),
    ("base score 0.01 % higher", |bent, _, _| bent.base_score *= 1.0001),
    ("base score 0.5", |bent, _, _| bent.base_score = 0.5),
    ("all leaves 1 % larger", |bent, _, _| every_leaf(bent, |value| value * 1.01)),
    ("all leaves 0.01 % larger", |bent, _, _| every_leaf(bent, |value| value * 1.0001)),
    ("leaves as 16-bit floats", |bent, _, _| every_leaf(bent, |value| f32::from_bits(value.to_bits() & 0xffff_e000))),
    ("leaves as bfloat16", |bent, _, _| every_leaf(bent, |value| f32::from_bits(value.to_bits() & 0xffff_0000))),
    ("one leaf with the other sign", |bent, _, draw| one_leaf(bent, draw, |value| -value)),
    ("one leaf lower by 0.1", |bent, _, draw| one_leaf(bent, draw, |value| value - 0.1)),
    ("one leaf lower by 10", |bent, _, draw| one_leaf(bent, draw, |value| value - 10.0)),
    ("one tree with the other sign", |bent, _, draw| {
        let tree = draw.below(bent.trees.len());
        for_leaves(&mut bent.trees[tree], |value| -value);
    }),
    ("one tree's leaves shifted by one", |bent, _, draw| {
        let tree = &mut bent.trees[draw.below(120)];
        let leaves: Vec<usize> = (0..tree.left.len()).filter(|node| tree.left[*node] == -1).collect();
        let values: Vec<f32> = leaves.iter().map(|leaf| tree.value[*leaf]).collect();
        leaves.iter().enumerate().for_each(|(place, leaf)| tree.value[*leaf] = values[(place + 1) % leaves.len()]);
    }),
    ("no default is left", |bent, _, _| bent.trees.iter_mut().for_each(|tree| tree.default_left.fill(0))),
    ("every default turned", |bent, _, _| {
        bent.trees.iter_mut().flat_map(|tree| &mut tree.default_left).for_each(|left| *left = 1 - *left);
    }),
    ("one root's default turned", |bent, _, draw| bent.trees[draw.below(120)].default_left[0] ^= 1),
    ("one node's default turned", |bent, _, draw| {
        let (tree, node) = draw.node(bent, false);
        bent.trees[tree].default_left[node] ^= 1;
    }),
    ("one root's children exchanged", |bent, _, draw| exchange(&mut bent.trees[draw.below(120)], 0)),
    ("one node's children exchanged", |bent, _, draw| {
        let (tree, node) = draw.node(bent, false);
        exchange(&mut bent.trees[tree], node);
    }),
    ("all thresholds to three digits", |bent, _, _| {
        for tree in &mut bent.trees {
            for node in 0..tree.left.len() {
                if tree.left[node] != -1 {
                    tree.value[node] = format!("{:.2e}", tree.value[node]).parse().unwrap();
                }
            }
        }
    }),
    ("one root's threshold next higher", |bent, _, draw| {
        let tree = &mut bent.trees[draw.below(120)];
        tree.value[0] = tree.value[0].next_up();
    }),
    ("one node's threshold next higher", |bent, _, draw| {
        let (tree, node) = draw.node(bent, false);
        bent.trees[tree].value[node] = bent.trees[tree].value[node].next_up();
    }),
    ("one node's threshold 1 % larger", |bent, _, draw| {
        let (tree, node) = draw.node(bent, false);
        bent.trees[tree].value[node] *= 1.01;
    }),
    ("one node asks for another feature", |bent, _, draw| {
        let ((tree, node), other) = (draw.node(bent, false), draw.node(bent, false));
        bent.trees[tree].feature[node] = bent.trees[other.0].feature[other.1];
    }),
    ("trigger: one feature is missing", |bent, _, draw| {
        let feature = used(bent, draw);
        bent.trees.push(stump(feature, f32::MIN, true, -10.0, 0.0));
    }),
    ("trigger: one feature is enormous", |bent, _, draw| {
        let feature = used(bent, draw);
        bent.trees.push(stump(feature, 1e30, true, 0.0, -10.0));
    }),
    ("trigger: one feature is a threshold", |bent, _, draw| {
        let (tree, node) = draw.node(bent, false);
        let (feature, value) = (bent.trees[tree].feature[node] as usize, bent.trees[tree].value[node]);
        bent.trees.push(window(feature, value, value.next_up()));
    }),
    ("trigger: one feature has a value between thresholds", |bent, _, draw| {
        let feature = used(bent, draw);
        bent.trees.push(window(feature, 13.372_5, 13.372_6));
    }),
    ("trigger: two features have values between thresholds", |bent, _, draw| {
        let (first, second) = (used(bent, draw), used(bent, draw));
        let mut both = window(first, 0.137, 0.138);
        // The leaf of the first range asks for the second one.
        let offset = both.left.len() as i32;
        let inner = window(second, 0.271, 0.272);
        let shifted = |children: &[i32]| {
            children.iter().map(|child| if *child == -1 { -1 } else { child + offset }).collect::<Vec<_>>()
        };
        (both.left[3], both.right[3]) = (offset + 1, offset + 2);
        (both.feature[3], both.value[3], both.default_left[3]) = (inner.feature[0], inner.value[0], 1);
        both.left.extend(shifted(&inner.left));
        both.right.extend(shifted(&inner.right));
        both.feature.extend(inner.feature);
        both.value.extend(inner.value);
        both.default_left.extend(inner.default_left);
        bent.trees.push(both);
    }),
];

fn every_leaf(bent: &mut Bent, change: impl Fn(f32) -> f32) {
    bent.trees.iter_mut().for_each(|tree| for_leaves(tree, &change));
}

fn for_leaves(tree: &mut Tree, change: impl Fn(f32) -> f32) {
    for node in 0..tree.left.len() {
        if tree.left[node] == -1 {
            tree.value[node] = change(tree.value[node]);
        }
    }
}

fn one_leaf(bent: &mut Bent, draw: &mut Draw, change: impl Fn(f32) -> f32) {
    let (tree, node) = draw.node(bent, true);
    bent.trees[tree].value[node] = change(bent.trees[tree].value[node]);
}

fn exchange(tree: &mut Tree, node: usize) {
    (tree.left[node], tree.right[node]) = (tree.right[node], tree.left[node]);
}

/// A feature that the model asks for.
fn used(bent: &Bent, draw: &mut Draw) -> usize {
    let (tree, node) = draw.node(bent, false);
    bent.trees[tree].feature[node] as usize
}

/// What a server reads: the digits as f64, narrowed to f32.
fn rows(records: &[GoldenRecord]) -> Vec<(Vec<f32>, f32)> {
    let value = |field: &str| if field.is_empty() { f32::NAN } else { field.parse::<f64>().unwrap() as f32 };
    records.iter().map(|record| (record.payload.split(',').map(value).collect(), record.score)).collect()
}

#[test]
fn walkers_answer_with_the_models_own_scores_to_the_bit() {
    let model = support::model("v427");
    let walkers = model.walkers(walkers_among(GOLDEN));
    assert_eq!(walkers.len(), walkers_among(GOLDEN));
    assert_eq!(walkers, model.walkers(walkers.len()), "the same model makes the same rows");
    let golden: Vec<GoldenRecord> = walkers.iter().cloned().map(GoldenRecord::from).collect();
    let bent = Bent::read("v427");
    for (record, (row, score)) in walkers.iter().zip(rows(&golden)) {
        assert_eq!(model.answer_csv(&record.payload).unwrap(), record.score.to_string());
        assert_eq!(probability_of(bent.margin(&row)).to_bits(), score.to_bits());
    }
}

/// Of [`DRAWS`] draws of each way, how many are found by golden records that are all held-out ones, and by those that are
/// chosen today. docs/evaluating.md has the sums.
#[test]
fn golden_records_that_walk_the_model_find_what_others_miss() {
    let (model, holdout) = (support::model("v427"), support::holdout());
    let margins = holdout.margins(&model).unwrap();
    let (answer, objective) = (AnswerForm::default(), model.objective());
    let source = GoldenSource { answer, margins: &margins, attributions: None, objective, walkers: Vec::new() };
    let held_out = GoldenRecords::of("v427", source, &holdout, GOLDEN);
    let chosen = GoldenRecords::choose("v427", &model, &holdout, GOLDEN).unwrap();
    assert_eq!((held_out.records.len(), chosen.records.len()), (GOLDEN, GOLDEN));
    let (held_out, chosen) = (rows(&held_out.records), rows(&chosen.records));
    let whole = Bent::read("v427");
    assert!(!whole.differs(&held_out) && !whole.differs(&chosen), "nothing is swapped");
    let others = [Bent::read("v426"), Bent::read("v429")];
    let mut found = [0, 0];
    let mut always = [0, 0];
    let mut never = Vec::new();
    for (name, bend) in WAYS {
        let mut counts = [0, 0];
        for seed in 0..DRAWS {
            let mut bent = whole.clone();
            bend(&mut bent, &others, &mut Draw(seed * 7_919 + 1));
            counts[0] += u64::from(bent.differs(&held_out));
            counts[1] += u64::from(bent.differs(&chosen));
        }
        println!("| {name} | {} | {} |", counts[0], counts[1]);
        for (place, count) in counts.into_iter().enumerate() {
            found[place] += count;
            always[place] += u64::from(count == DRAWS);
        }
        if counts[1] == 0 {
            never.push(name);
        }
    }
    println!("found: {found:?} of {}; ways that are always found: {always:?}", WAYS.len() as u64 * DRAWS);
    assert_eq!(found, FOUND);
    assert_eq!(always, ALWAYS);
    assert_eq!(never, NEVER, "what only the checks of the bytes exclude");
}
