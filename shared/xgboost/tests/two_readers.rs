//! What two careful readers may read differently is refused: XGBoost keeps the first of two keys in UBJSON and the last in
//! JSON, takes a tree's place from its `id`, reads 2 in `default_left` as 0, and so on. Most of what is tried here was accepted once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use meridian_xgboost::Model;
use support::{Sketch, Ubj, ints};

#[track_caller]
fn refused(what: &str, file: &[u8], words: &[&str]) {
    let text = Model::from_ubjson(file).expect_err(&format!("{what} must be refused")).to_string();
    for word in words {
        assert!(text.contains(word), "{what}: {word:?} is not in {text:?}");
    }
}

fn document() -> Ubj {
    let attributes = vec![("alpha", Ubj::Text("1")), ("beta", Ubj::Text("2"))];
    Sketch { attributes, ..Sketch::default() }.document()
}

/// Both formats of a document, named.
fn both(document: &Ubj) -> [(&'static str, Vec<u8>); 2] {
    [("UBJSON", document.bytes()), ("JSON", document.json().into_bytes())]
}

/// The paths of all objects: indices of members, and of elements.
fn objects(value: &Ubj, path: &[usize], found: &mut Vec<Vec<usize>>) {
    match value {
        Ubj::Object(members) => {
            found.push(path.to_vec());
            for (index, (_, member)) in members.iter().enumerate() {
                objects(member, &[path, &[index]].concat(), found);
            }
        }
        Ubj::List(items) => {
            for (index, item) in items.iter().enumerate() {
                objects(item, &[path, &[index]].concat(), found);
            }
        }
        _ => {}
    }
}

/// The members of the object at a path.
fn members<'a>(value: &'a mut Ubj, path: &[usize]) -> &'a mut Vec<(&'static str, Ubj)> {
    match (value, path) {
        (Ubj::Object(members), []) => members,
        (Ubj::Object(all), [first, rest @ ..]) => members(&mut all[*first].1, rest),
        (Ubj::List(all), [first, rest @ ..]) => members(&mut all[*first], rest),
        _ => panic!("no object there"),
    }
}

/// Every document that `change` makes of one object of the usual one, by the object's place.
fn everywhere(change: impl Fn(&mut Vec<(&'static str, Ubj)>, usize) -> bool) -> Vec<(String, Ubj)> {
    let (document, mut paths, mut made) = (document(), Vec::new(), Vec::new());
    objects(&document, &[], &mut paths);
    for path in paths {
        let count = members(&mut document.clone(), &path).len();
        for index in 0..count {
            let mut bent = document.clone();
            let object = members(&mut bent, &path);
            let key = object[index].0;
            if change(object, index) {
                made.push((format!("`{key}` of object {path:?}"), bent));
            }
        }
    }
    assert!(made.len() > 20, "{}", made.len());
    made
}

#[track_caller]
fn all_refused(what: &str, made: &[(String, Ubj)]) {
    for (place, document) in made {
        for (format, file) in both(document) {
            refused(&format!("{what}, {place}, {format}"), &file, &[]);
        }
    }
}

#[test]
fn the_usual_document_is_accepted() {
    for (format, file) in both(&document()) {
        assert_eq!(Model::from_ubjson(&file).expect(format).margin(&[0.7]), Ok(1.0), "{format}");
    }
}

#[test]
fn a_key_that_occurs_twice_is_refused_at_any_depth() {
    let beside = everywhere(|object, index| {
        let member = object[index].clone();
        object.insert(index, member);
        true
    });
    all_refused("twice side by side", &beside);
    let last = everywhere(|object, index| {
        let member = object[index].clone();
        object.push(member);
        true
    });
    all_refused("twice, at the end", &last);
    let first = everywhere(|object, index| {
        let member = object[index].clone();
        object.insert(0, member);
        true
    });
    all_refused("twice, at the start", &first);
}

#[test]
fn keys_in_another_order_are_refused() {
    let swapped = everywhere(|object, index| {
        let last = index + 1 == object.len();
        if !last {
            object.swap(index, index + 1);
        }
        !last
    });
    all_refused("swapped", &swapped);
}

#[test]
fn keys_that_xgboost_does_not_write_are_refused() {
    // `attributes` is the trainer's own: any key is one of XGBoost's.
    let is_attributes = |object: &[(&str, Ubj)]| object[0].0 == "alpha";
    let before = everywhere(|object, index| {
        object.insert(index, ("", Ubj::Text("1")));
        index > 0 || !is_attributes(&object[1..])
    });
    all_refused("an empty key", &before);
    let behind = everywhere(|object, index| {
        object.push(("zzz", Ubj::Text("1")));
        index == 0 && !is_attributes(object) || index > 0 && object.len() > 3
    });
    all_refused("a key behind the last", &behind);
}

#[test]
fn keys_that_are_missing_are_refused() {
    let is_attributes = |object: &[(&str, Ubj)]| ["alpha", "beta"].contains(&object[0].0);
    let dropped = everywhere(|object, index| {
        let refused = !is_attributes(object);
        object.remove(index);
        refused
    });
    all_refused("dropped", &dropped);
}

/// What a value is in each of the formats.
fn kind(value: &Ubj, json: bool) -> u8 {
    match value {
        Ubj::Text(_) | Ubj::Owned(_) => b'S',
        Ubj::Object(_) => b'{',
        Ubj::Int(_) => b'i',
        Ubj::Float(_) => b'd',
        _ if json => b'[',
        Ubj::List(_) => b'[',
        Ubj::Floats(_) => b'D',
        Ubj::Ints(_) => b'l',
        Ubj::Longs(_) => b'L',
        Ubj::Bytes(_) => b'U',
    }
}

#[test]
fn values_of_another_type_are_refused() {
    let samples = [
        Ubj::Text("0"),
        Ubj::Int(0),
        Ubj::Float(0.0),
        Ubj::Ints(vec![]),
        Ubj::Longs(vec![]),
        Ubj::Floats(vec![]),
        Ubj::Bytes(vec![]),
        Ubj::List(vec![]),
        Ubj::Object(vec![]),
    ];
    for sample in samples {
        for json in [false, true] {
            let bent = everywhere(|object, index| {
                let before = std::mem::replace(&mut object[index].1, sample.clone());
                kind(&before, json) != kind(&sample, json)
            });
            for (place, document) in &bent {
                let file = if json { document.json().into_bytes() } else { document.bytes() };
                refused(&format!("{place}, json {json}"), &file, &[]);
            }
        }
    }
}

type Members = Vec<(&'static str, Ubj)>;

/// A change of the sketch, with words of the refusal.
type Attack = (&'static str, fn(&mut Sketch), &'static [&'static str]);

fn tree(key: &'static str, value: Ubj) -> Members {
    vec![(key, value)]
}

fn params(nodes: &'static str, deleted: &'static str, features: &'static str) -> Members {
    let text = Ubj::Text;
    let members = vec![
        ("num_deleted", text(deleted)),
        ("num_feature", text(features)),
        ("num_nodes", text(nodes)),
        ("size_leaf_vector", text("1")),
    ];
    tree("tree_param", Ubj::Object(members))
}

const TREES: [Attack; 24] = [
    ("a flag of 2", |s| s.in_tree = tree("default_left", Ubj::Bytes(vec![2, 0, 0])), &["default_left", "holds 2"]),
    ("a split of kind 2", |s| s.split_type = vec![2, 0, 0], &["split_type", "holds 2"]),
    ("a tree in another's place", |s| s.in_tree = tree("id", Ubj::Int(1)), &["`id` is 1, expected 0"]),
    ("a parent that is none", |s| s.parents = vec![i32::MAX, 0, 1], &["node 2", "parent is 1", "child of 0"]),
    ("a parent outside of the tree", |s| s.parents = vec![i32::MAX, 0, 900], &["node 2", "parent is 900"]),
    ("a root with a parent", |s| s.parents = vec![0, 0, 0], &["node 0", "parent is 0"]),
    ("too many nodes said", |s| s.in_tree = params("4", "0", "1"), &["`num_nodes` is 4", "are 3"]),
    ("nodes said with a zero", |s| s.in_tree = params("03", "0", "1"), &["`num_nodes` is 03"]),
    ("nodes said to be pruned", |s| s.in_tree = params("3", "1", "1"), &["`num_deleted` is 1", "are 0"]),
    ("another width", |s| s.in_tree = params("3", "0", "2"), &["`num_feature` is \"2\"", "the model's 1"]),
    ("a leaf of a feature that is not", |s| s.features = vec![0, 0, 7], &["node 2", "feature 7", "1 features"]),
    ("a leaf of a negative feature", |s| s.features = vec![0, -1, 0], &["node 1", "out of range (-1"]),
    ("fewer parents", |s| s.parents = vec![i32::MAX, 0], &["`parents` has 2 elements"]),
    ("fewer weights", |s| s.in_tree = tree("base_weights", Ubj::Floats(vec![1.0])), &["`base_weights` has 1"]),
    ("fewer changes", |s| s.in_tree = tree("loss_changes", Ubj::Floats(vec![1.0])), &["`loss_changes` has 1"]),
    ("fewer hessians", |s| s.in_tree = tree("sum_hessian", Ubj::Floats(vec![1.0])), &["`sum_hessian` has 1"]),
    ("an unmarked node", |s| unreached(s, 0), &["node 3", "not reached"]),
    ("a marked node in use", |s| s.features = vec![0, i32::MAX, 0], &["`num_deleted` is 0"]),
    ("sets of no node", |s| s.in_tree = tree("categories", Ubj::Ints(vec![1])), &["`categories` has 1"]),
    ("a set of a numeric node", |s| s.in_tree = sets(&[0], &[0], &[1], &[1]), &["node 0", "not categorical"]),
    ("categories that do not ascend", |s| categorical(s, &[0], &[0], &[2], &[3, 1]), &["do not ascend"]),
    ("a category twice", |s| categorical(s, &[0], &[0], &[2], &[3, 3]), &["do not ascend"]),
    ("a set that starts late", |s| categorical(s, &[0], &[1], &[1], &[3, 4]), &["not behind those before"]),
    ("categories behind the last set", |s| categorical(s, &[0], &[0], &[1], &[3, 4]), &["has 2 elements"]),
];

/// A fourth node that no other points to.
fn unreached(sketch: &mut Sketch, feature: i32) {
    sketch.left.push(-1);
    sketch.right.push(-1);
    sketch.features.push(feature);
    sketch.values.push(0.0);
    sketch.split_type.push(0);
    sketch.parents.push(1);
}

fn sets(nodes: &[i32], starts: &[i64], sizes: &[i64], members: &[i32]) -> Members {
    vec![
        ("categories", Ubj::Ints(members.to_vec())),
        ("categories_nodes", Ubj::Ints(nodes.to_vec())),
        ("categories_segments", Ubj::Longs(starts.to_vec())),
        ("categories_sizes", Ubj::Longs(sizes.to_vec())),
    ]
}

fn categorical(sketch: &mut Sketch, nodes: &[i32], starts: &[i64], sizes: &[i64], members: &[i32]) {
    sketch.split_type = vec![1, 0, 0];
    sketch.in_tree = sets(nodes, starts, sizes, members);
}

const MODELS: [Attack; 17] = [
    ("a round more", |s| s.in_model = vec![("iteration_indptr", ints(&[0, 1, 1]))], &["`iteration_indptr` does not"]),
    ("no rounds", |s| s.in_model = vec![("iteration_indptr", ints(&[]))], &["`iteration_indptr` does not"]),
    ("rounds that disagree", |s| s.in_model = trees_params("2", "1"), &["no whole rounds of 2"]),
    ("no trees a round", |s| s.in_model = trees_params("0", "1"), &["`num_parallel_tree` is"]),
    ("another number of trees", |s| s.in_model = trees_params("1", "2"), &["`num_trees` is 2"]),
    ("a number of trees with a sign", |s| s.in_model = trees_params("1", "+1"), &["`num_trees` is \"+1\""]),
    ("outputs", |s| s.in_model = vec![("tree_info", ints(&[1]))], &["several outputs"]),
    ("a base score of another form", |s| s.base_score = "[0.5]", &["`base_score` is \"[0.5]\""]),
    ("a base score with a space", |s| s.base_score = "[ 5E-1]", &["`base_score`"]),
    ("a base score of a later digit", |s| s.base_score = "[5.00000001E-1]", &["`base_score`"]),
    ("a base score of older versions", |s| s.base_score = "5E-1", &["`base_score` is not as XGBoost 3.2"]),
    ("attributes that descend", |s| s.attributes = texts(&["b", "a"]), &["do not ascend"]),
    ("a round with a zero", |s| s.attributes = vec![("best_iteration", Ubj::Text("00"))], &["\"00\""]),
    ("a round with an underscore", |s| s.attributes = vec![("best_iteration", Ubj::Text("1_0"))], &["\"1_0\""]),
    (
        "a score that is none",
        |s| s.attributes = vec![("best_score", Ubj::Text("high"))],
        &["`learner/attributes/best_score`"],
    ),
    ("a parameter", |s| s.attributes = texts(&["SAVED_PARAM_predictor"]), &["a parameter of XGBoost"]),
    (
        "DART under another name",
        |s| (s.booster, s.in_booster) = ("dart", vec![("name", Ubj::Text("gbtree"))]),
        &["`dart`"],
    ),
];

fn trees_params(parallel: &'static str, trees: &'static str) -> Members {
    let members = vec![("num_parallel_tree", Ubj::Text(parallel)), ("num_trees", Ubj::Text(trees))];
    vec![("gbtree_model_param", Ubj::Object(members))]
}

fn texts(keys: &[&'static str]) -> Members {
    keys.iter().map(|key| (*key, Ubj::Text("1"))).collect()
}

#[test]
fn trees_that_may_be_read_differently_are_refused() {
    for (what, change, words) in TREES {
        let mut sketch = Sketch::default();
        change(&mut sketch);
        refused(&format!("{what}, UBJSON"), &sketch.bytes(), words);
        // JSON says what it expected and not what it found.
        refused(&format!("{what}, JSON"), &sketch.json(), if words[1..] == ["holds 2"] { &words[..1] } else { words });
    }
    // As pruning leaves it, it is read.
    let mut sketch = Sketch::default();
    unreached(&mut sketch, i32::MAX);
    sketch.in_tree = params("4", "1", "1");
    assert_eq!(Model::from_ubjson(&sketch.bytes()).unwrap().margin(&[0.7]), Ok(1.0));
}

#[test]
fn what_is_said_twice_must_agree() {
    for (what, change, words) in MODELS {
        let mut sketch = Sketch::default();
        change(&mut sketch);
        for (format, file) in both(&sketch.document()) {
            refused(&format!("{what}, {format}"), &file, words);
        }
    }
}

/// The document with another version.
fn of_version(version: &[i64]) -> Ubj {
    let mut document = document();
    members(&mut document, &[])[1].1 = ints(version);
    document
}

#[test]
fn a_layout_of_another_version_is_refused() {
    let wrong: [&[i64]; 8] = [&[1, 7, 6], &[2, 1, 0], &[3, 0, 5], &[4, 0, 0], &[0, 9, 0], &[3, 2], &[3, 2, 0, 0], &[]];
    for version in wrong {
        for (format, file) in both(&of_version(version)) {
            refused(&format!("{version:?}, {format}"), &file, &[]);
        }
    }
    for (format, file) in both(&of_version(&[3, 4, 1])) {
        assert!(Model::from_ubjson(&file).is_ok(), "{format}");
    }
}
