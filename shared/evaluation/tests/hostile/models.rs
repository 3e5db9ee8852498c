//! Models whose trees are few bytes and much work, or that nest, claim or inflate. Their JSON has the form that XGBoost writes.

use super::Case;
use crate::support::tar;
use std::fmt::Write;
use std::io::Write as _;

fn case(name: &'static str, says: &'static str, records: usize, model: fn() -> String) -> Case {
    let files = move || {
        let archive = packed(&tar(&[("xgboost-model", model().as_bytes())]));
        (rows(records), Some(archive))
    };
    Case { name, says, features: 1, files: Box::new(files) }
}

pub fn cases() -> Vec<Case> {
    let chains = || model(&vec![tree(&comb(4000)); 30], 1);
    vec![
        case("model_of_small_trees_for_many_rows", "more than the", 1_000_000, || {
            model(&vec![tree(&comb(1)); 100_000], 1)
        }),
        case("model_of_chains_for_many_rows", "more than the", 100_000, chains),
        case("model_with_all_the_work_that_is_allowed", "scored 41000 records", 41_000, chains),
        case("model_of_one_wide_tree", "", 100, || model(&[tree(&full(17))], 1)),
        case("model_that_nests", "", 100, || "{\"learner\":".repeat(5_000_000)),
        case("model_of_arrays_in_arrays", "", 100, || "[".repeat(30_000_000)),
        case("model_with_a_text_without_end", "", 100, || format!("{{\"learner\":{{\"{}", "a".repeat(60_000_000))),
        case("model_of_many_features", "", 100, || model(&[tree(&comb(1))], 65_536)),
        case("model_of_wide_categories", "", 100, || model(&vec![wide(); 100], 1)),
        case("model_that_inflates_without_end", "inflate to more than", 100, || " ".repeat(400 << 20)),
    ]
}

/// As small as gzip gets it.
fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Labelled rows of one feature.
fn rows(count: usize) -> Vec<u8> {
    let mut text = "label,customer_region,f0\n".to_owned();
    (0..count / 2).for_each(|_| text += "1,e,1\n0,e,\n");
    packed(text.as_bytes())
}

/// Left children, 0 for a leaf; the right one is the next. Every split but the last has a leaf on its left, the next split on its right.
fn comb(splits: usize) -> Vec<usize> {
    (0..=2 * splits)
        .map(|node| if node == 0 { 1 } else { node + 1 })
        .zip(0..)
        .map(|(left, node)| {
            let is_split = node == 0 || (node % 2 == 0 && node < 2 * splits);
            if is_split { left } else { 0 }
        })
        .collect()
}

/// A full tree of so many levels.
fn full(levels: u32) -> Vec<usize> {
    let splits = (1 << levels) - 1;
    (0..=2 * splits).map(|node| if node < splits { 2 * node + 1 } else { 0 }).collect()
}

fn list<T: ToString>(values: impl Iterator<Item = T>) -> String {
    format!("[{}]", values.map(|value| value.to_string()).collect::<Vec<_>>().join(","))
}

fn tree(left: &[usize]) -> String {
    written(left, 0, ("[]", "[]", "[]", "[]"))
}

/// A split on the first and the last category that there may be.
fn wide() -> String {
    written(&[1, 0, 0], 1, ("[0,16777215]", "[0]", "[0]", "[2]"))
}

fn written(left: &[usize], kind: u8, categories: (&str, &str, &str, &str)) -> String {
    let count = left.len();
    let same = |text: &str| format!("[{}]", vec![text; count].join(","));
    let child = |left: usize, more: usize| if left == 0 { -1 } else { (left + more) as i64 };
    let mut parents = vec![i64::from(i32::MAX); count];
    for (node, left) in left.iter().enumerate().filter(|(_, left)| **left != 0) {
        (parents[*left], parents[left + 1]) = (node as i64, node as i64);
    }
    let (all, nodes, segments, sizes) = categories;
    let kinds = list(left.iter().map(|left| if *left == 0 { 0 } else { kind }));
    let mut text = String::new();
    write!(
        text,
        "{{\"base_weights\":{0},\"categories\":{all},\"categories_nodes\":{nodes},\"categories_segments\":{segments},\
         \"categories_sizes\":{sizes},\"default_left\":{0},\"id\":ID,\"left_children\":{1},\"loss_changes\":{0},\"parents\":{2},\
         \"right_children\":{3},\"split_conditions\":{4},\"split_indices\":{0},\"split_type\":{kinds},\"sum_hessian\":{4},\
         \"tree_param\":{{\"num_deleted\":\"0\",\"num_feature\":\"1\",\"num_nodes\":\"{count}\",\"size_leaf_vector\":\"1\"}}}}",
        same("0"),
        list(left.iter().map(|left| child(*left, 0))),
        list(parents.iter()),
        list(left.iter().map(|left| child(*left, 1))),
        same("1E0"),
    )
    .unwrap();
    text
}

fn model(trees: &[String], features: usize) -> String {
    let count = trees.len();
    let numbered: Vec<String> =
        trees.iter().enumerate().map(|(index, tree)| tree.replacen("ID", &index.to_string(), 1)).collect();
    let names =
        if features == 1 { "\"f0\"".to_owned() } else { vec![format!("\"{}\"", "n".repeat(250)); features].join(",") };
    format!(
        "{{\"learner\":{{\"attributes\":{{}},\"feature_names\":[{names}],\"feature_types\":[],\"gradient_booster\":{{\"model\":{{\
         \"gbtree_model_param\":{{\"num_parallel_tree\":\"1\",\"num_trees\":\"{count}\"}},\"iteration_indptr\":{},\"tree_info\":[{}],\
         \"trees\":[{}]}},\"name\":\"gbtree\"}},\"learner_model_param\":{{\"base_score\":\"5E-1\",\"boost_from_average\":\"1\",\
         \"num_class\":\"0\",\"num_feature\":\"{features}\",\"num_target\":\"1\"}},\"objective\":{{\"name\":\"binary:logistic\",\
         \"reg_loss_param\":{{\"scale_pos_weight\":\"1\"}}}}}},\"version\":[3,0,5]}}",
        list(0..=count),
        vec!["0"; count].join(","),
        numbered.join(",")
    )
}
