//! The three formats of a model file refuse the same faults, with the same words, and never panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use meridian_xgboost::Model;
use proptest::prelude::*;
use support::{Sketch, Ubj, ints};

/// The sketch in every format, named.
fn formats(sketch: &Sketch) -> [(&'static str, Vec<u8>); 3] {
    let [ubjson, json] = keyed(sketch);
    [ubjson, json, ("legacy", sketch.legacy())]
}

/// The sketch in the formats that have keys.
fn keyed(sketch: &Sketch) -> [(&'static str, Vec<u8>); 2] {
    [("UBJSON", sketch.bytes()), ("JSON", sketch.json())]
}

#[track_caller]
fn says(what: &str, file: &[u8], words: &[&str]) {
    let text = Model::from_ubjson(file).expect_err(&format!("{what} must be refused")).to_string();
    for word in words {
        assert!(text.contains(word), "{what}: {word:?} is not in {text:?}");
    }
}

/// Bends the sketch; all formats must refuse it with these words.
#[track_caller]
fn refused(change: impl Fn(&mut Sketch), words: &[&str]) {
    let mut sketch = Sketch::default();
    change(&mut sketch);
    formats(&sketch).iter().for_each(|(format, file)| says(format, file, words));
}

/// The same for what the legacy format cannot hold.
#[track_caller]
fn refused_keyed(change: impl Fn(&mut Sketch), words: &[&str]) {
    let mut sketch = Sketch::default();
    change(&mut sketch);
    keyed(&sketch).iter().for_each(|(format, file)| says(format, file, words));
}

#[test]
fn a_small_model_scores_alike_from_every_format() {
    for (format, file) in formats(&Sketch::default()) {
        let model = Model::from_ubjson(&file).expect(format);
        let margins = [0.49, 0.5, f32::NAN].map(|value| model.margin(&[value]).unwrap());
        assert_eq!(margins, [-1.0, 1.0, -1.0], "{format}");
    }
}

#[test]
fn faults_of_trees_are_refused_in_every_format() {
    refused(|sketch| sketch.left[0] = 0, &["tree 0, node 0", "child is 0"]);
    refused(|sketch| sketch.right[0] = 3, &["child is 3, expected 1 to 2"]);
    refused(|sketch| sketch.right[0] = -7, &["child is -7"]);
    refused(|sketch| sketch.right[0] = 1, &["tree 0, node 1", "reached twice"]);
    refused(|sketch| (sketch.left[1], sketch.right[1]) = (1, 2), &["reached twice"]);
    refused(|sketch| (sketch.left[0], sketch.right[0]) = (2, 1), &["right child is 1, expected 3", "side by side"]);
    refused(|sketch| sketch.features[0] = 1, &["tree 0, node 0", "names feature 1", "1 features"]);
    // Refused where it stands: what becomes of the trees may keep a table by feature.
    for feature in [1 << 16, 1 << 30] {
        refused(|sketch| sketch.features[0] = feature, &["feature index out of range", "expected 0 to 65535"]);
    }
    refused_keyed(|sketch| sketch.features[0] = -1, &["feature index out of range"]);
    refused(|sketch| sketch.values[0] = f32::INFINITY, &["node 0", "not finite"]);
    refused(|sketch| sketch.values[1] = f32::NEG_INFINITY, &["node 1", "not finite"]);
    refused(|sketch| sketch.values[2] = f32::NAN, &["node 2", "not finite"]);
}

#[test]
fn models_of_another_kind_are_refused_in_every_format() {
    refused(|sketch| sketch.booster = "gblinear", &["booster `gblinear`", "gbtree"]);
    refused(|sketch| sketch.objective = "multi:softprob", &["objective `multi:softprob`", "binary:logistic"]);
    refused(|sketch| sketch.objective = "reg:squarederror", &["objective `reg:squarederror`"]);
    refused(|sketch| sketch.num_class = "3", &["num_class `3`"]);
    refused(|sketch| sketch.leaf_vector = "4", &["vector leaves", "of 4 values", "one_output_per_tree"]);
    refused(|sketch| sketch.base_score = "1E0", &["base_score", "between 0 and 1"]);
    refused(|sketch| sketch.base_score = "NaN", &["base_score"]);
    refused_keyed(|sketch| sketch.base_score = "[5E-1,2E-1]", &["base_score"]);
}

#[test]
fn counts_that_disagree_are_refused() {
    refused_keyed(|sketch| sketch.right.truncate(2), &["right_children` has 2 elements", "has 3"]);
    refused_keyed(|sketch| sketch.split_type.truncate(1), &["split_type` has 1 elements"]);
    refused_keyed(|sketch| sketch.in_model = vec![("tree_info", ints(&[0, 0]))], &["tree_info", "1 trees"]);
    refused_keyed(|sketch| sketch.in_model = vec![("tree_info", ints(&[1]))], &["several outputs"]);
    let rounds = |ends: &[i64]| vec![("iteration_indptr", ints(ends))];
    for ends in [&[0, 2][..], &[1], &[], &[0, 0, 1], &[0, -1, 1]] {
        refused_keyed(|sketch| sketch.in_model = rounds(ends), &["iteration_indptr"]);
    }
    refused_keyed(
        |sketch| {
            let params = vec![("num_parallel_tree", Ubj::Text("1")), ("num_trees", Ubj::Text("2"))];
            sketch.in_model = vec![("gbtree_model_param", Ubj::Object(params))];
        },
        &["num_trees` is 2"],
    );
    refused_keyed(|sketch| sketch.attributes = vec![("best_iteration", Ubj::Text("x"))], &["best_iteration"]);
}

#[test]
fn weights_of_dart_must_be_one_finite_number_a_tree() {
    let dart = |weights: &[f32]| {
        let weights = Ubj::List(weights.iter().map(|weight| Ubj::Float(*weight)).collect());
        move |sketch: &mut Sketch| {
            (sketch.booster, sketch.in_booster) = ("dart", vec![("weight_drop", weights.clone())])
        }
    };
    refused_keyed(dart(&[]), &["weight_drop` has 0 elements for 1 trees"]);
    refused_keyed(dart(&[1.0, 1.0]), &["weight_drop` has 2 elements"]);
    refused_keyed(dart(&[f32::NAN]), &["weight of tree 0", "not finite"]);
    let mut sketch = Sketch::default();
    dart(&[0.25])(&mut sketch);
    for (format, file) in &keyed(&sketch) {
        assert_eq!(Model::from_ubjson(file).unwrap().margin(&[1.0]).unwrap(), 0.25, "{format}");
    }
}

/// The members of a tree whose root is a categorical split with these.
fn categories(node: i32, start: i32, size: i32, members: &[i32]) -> Vec<(&'static str, Ubj)> {
    vec![
        ("categories", Ubj::Ints(members.to_vec())),
        ("categories_nodes", Ubj::Ints(vec![node])),
        ("categories_segments", Ubj::Longs(vec![i64::from(start)])),
        ("categories_sizes", Ubj::Longs(vec![i64::from(size)])),
    ]
}

#[test]
fn faults_of_categories_are_refused() {
    let split = |node, start, size, members: &[i32]| {
        let in_tree = categories(node, start, size, members);
        move |sketch: &mut Sketch| (sketch.split_type[0], sketch.in_tree) = (1, in_tree.clone())
    };
    refused_keyed(|sketch| sketch.split_type[0] = 1, &["node 0", "without categories"]);
    refused_keyed(split(1, 0, 1, &[3]), &["node 0", "without categories"]);
    refused_keyed(split(0, 0, 2, &[3]), &["node 0", "outside of `categories`"]);
    refused_keyed(split(0, -1, 1, &[3]), &["outside of `categories`"]);
    refused_keyed(split(0, i32::MAX, i32::MAX, &[3]), &["outside of `categories`"]);
    refused_keyed(split(0, 0, 0, &[]), &["or it has none"]);
    refused_keyed(split(0, 0, 1, &[-1]), &["category -1"]);
    refused_keyed(split(0, 0, 1, &[1 << 24]), &["category 16777216"]);
    let mut sketch = Sketch::default();
    split(0, 0, 2, &[3, 70])(&mut sketch);
    let model = sketch.model();
    let right = [3.0, 3.9, 70.0].map(|value| model.margin(&[value]).unwrap());
    let left = [-1.0, 0.0, 4.0, 71.0, 1e9, f32::NAN].map(|value| model.margin(&[value]).unwrap());
    assert_eq!((right, left), ([1.0; 3], [-1.0; 6]));
}

#[test]
fn a_truncated_model_is_refused_wherever_it_ends() {
    for (format, file) in formats(&Sketch::default()) {
        for kept in 0..file.len() {
            assert!(Model::from_ubjson(&file[..kept]).is_err(), "{kept} of {} bytes of {format}", file.len());
        }
        let half = &file[..file.len() / 2];
        says(format, half, &["truncated"]);
    }
}

#[test]
fn bytes_behind_the_model_are_refused() {
    for (format, mut file) in formats(&Sketch::default()) {
        file.push(b'{');
        assert!(Model::from_ubjson(&file).is_err(), "{format}");
    }
}

#[test]
fn counts_that_lie_cost_an_error_and_no_memory() {
    let legacy = Sketch::default().legacy();
    // The number of trees, the number of nodes of the first, and the length of the objective's name.
    for (place, bytes) in [(177, &i32::MAX.to_le_bytes()[..]), (341, &i32::MAX.to_le_bytes()), (140, &[0xff; 8])] {
        let mut file = legacy.clone();
        file[place..place + bytes.len()].copy_from_slice(bytes);
        assert!(Model::from_ubjson(&file).is_err(), "at {place}");
    }
    let mut name = b"{\"".to_vec();
    name.extend(vec![b'x'; 1 << 20]);
    says("JSON", &name, &["longer than"]);
    let usual = String::from_utf8(Sketch::default().json()).unwrap();
    let number = usual.replacen("[3,2,0]", &format!("[{}", "1".repeat(1 << 20)), 1);
    says("JSON", number.as_bytes(), &["`version` should be an integer"]);
    let nested = format!("{{\"learner\":{}", "[".repeat(1 << 20));
    says("JSON", nested.as_bytes(), &["the object `learner` should follow"]);
}

#[test]
fn other_formats_are_refused_keyed() {
    let advice: [(&[u8], &[&str]); 12] = [
        (b"\x80\x04\x95\x10", &["pickle", "runs any code", "save_model"]),
        (b"\x80\x05\x95\x10", &["pickle"]),
        (b"ccopy_reg\n_reconstructor", &["pickle"]),
        (b"(dp0\n", &["pickle"]),
        (b"\x78\x9c\x01\x02", &["zlib", "pickle"]),
        (b"bs64\tYmluZg==", &["base64"]),
        (b"PK\x03\x04", &["zip archive"]),
        (b"CBM1\x00\x00", &["CatBoost", "only XGBoost"]),
        (b"tree\nversion=v4\n", &["LightGBM", "only XGBoost"]),
        (b"\x08\x08\x12\x0bonnxmltools", &["ONNX", "only XGBoost"]),
        (b"", &["empty"]),
        (b"\x11\x22\x33\x44", &["unknown format", "11 22 33 44"]),
    ];
    for (file, words) in advice {
        says("another format", file, words);
    }
    says("a tar", &support::tar(&[("xgboost-model", b"x")]), &["uncompressed tar"]);
}

#[test]
fn json_that_is_no_model_is_refused() {
    says("JSON", b"{\"a\":1}", &["the key `a`", "expected `learner`", "save_model"]);
    says("JSON", b"{}", &["an object as XGBoost does not write it"]);
    says("JSON", b"[]", &["unknown format"]);
    says("JSON", b"{\"learner\":[]}", &["malformed", "object"]);
    says("JSON", b"{\"learner\":{\"feature_names\":[1]}}", &["malformed"]);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_any_reader(
        head in prop::sample::select(vec![&b"{L"[..], b"{\"", b"binf", b""]),
        bytes in proptest::collection::vec(any::<u8>(), 0..1000),
    ) {
        let _ = Model::from_ubjson(&[head, &bytes].concat());
    }

    #[test]
    fn a_damaged_model_never_panics_and_never_walks_astray(
        format in 0_usize..3,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        value in any::<f32>(),
    ) {
        let mut sketch = Sketch::default();
        sketch.split_type[0] = 1;
        sketch.in_tree = categories(0, 0, 1, &[3]);
        let mut bytes = formats(&sketch)[format].1.clone();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(model) = Model::from_ubjson(&bytes) {
            let _ = model.margin(&vec![value; model.n_features()]);
        }
    }
}
