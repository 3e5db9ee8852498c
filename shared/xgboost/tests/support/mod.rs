//! The committed models and records, and a writer of small hand-made models.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use meridian_xgboost::{Matrix, Model};
use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;

pub fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../local/models").join(name)
}

pub fn archive(name: &str) -> Vec<u8> {
    fs::read(path(&format!("{name}.tar.gz"))).expect("a committed model; tools/train/train.py makes it")
}

pub fn model(name: &str) -> Model {
    Model::from_archive(archive(name).as_slice()).expect("a committed model loads")
}

pub fn features() -> Vec<String> {
    fs::read_to_string(path("features.txt")).unwrap().lines().map(str::to_owned).collect()
}

/// The committed records, without their labels and regions.
pub struct Rows {
    values: Vec<f32>,
    width: usize,
}

impl Rows {
    pub fn matrix(&self) -> Matrix<'_> {
        Matrix::new(&self.values, self.width).unwrap()
    }

    pub fn rows(&self) -> usize {
        self.matrix().rows()
    }

    pub fn row(&self, index: usize) -> &[f32] {
        self.matrix().row(index)
    }

    pub fn payload(&self, index: usize) -> String {
        let field = |value: &f32| if value.is_nan() { String::new() } else { value.to_string() };
        self.row(index).iter().map(field).collect::<Vec<_>>().join(",")
    }
}

pub fn records() -> Rows {
    let file = fs::File::open(path("holdout.csv.gz")).unwrap();
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let features = features();
    let places: Vec<usize> =
        features.iter().map(|feature| names.iter().position(|name| name == feature).unwrap()).collect();
    let value = |field: &str| if field.is_empty() { f32::NAN } else { field.parse::<f64>().unwrap() as f32 };
    let mut values = Vec::new();
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        values.extend(places.iter().map(|place| value(fields[*place])));
    }
    Rows { values, width: places.len() }
}

/// UBJSON as XGBoost writes it.
#[derive(Clone)]
pub enum Ubj {
    Text(&'static str),
    Owned(String),
    Floats(Vec<f32>),
    Ints(Vec<i32>),
    Longs(Vec<i64>),
    Bytes(Vec<u8>),
    /// A number of its own type: an integer in the fewest bytes, a float.
    Int(i64),
    Float(f32),
    List(Vec<Ubj>),
    Object(Vec<(&'static str, Ubj)>),
}

impl Ubj {
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Ubj::Text(text) => {
                out.push(b'S');
                raw_text(text, out);
            }
            Ubj::Owned(text) => {
                out.push(b'S');
                raw_text(text, out);
            }
            Ubj::Int(value) => match i8::try_from(*value) {
                Ok(value) if value < i8::MAX => out.extend([b'i', value as u8]),
                _ => {
                    out.push(b'I');
                    out.extend(i16::try_from(*value).unwrap().to_be_bytes());
                }
            },
            Ubj::Float(value) => {
                out.push(b'd');
                out.extend(value.to_be_bytes());
            }
            Ubj::Longs(values) => typed(b'L', values.iter().map(|value| value.to_be_bytes()), out),
            Ubj::Floats(values) => typed(b'd', values.iter().map(|value| value.to_be_bytes()), out),
            Ubj::Ints(values) => typed(b'l', values.iter().map(|value| value.to_be_bytes()), out),
            Ubj::Bytes(values) => typed(b'U', values.iter().map(|value| [*value]), out),
            Ubj::List(values) => {
                out.extend(b"[#");
                length(values.len(), out);
                values.iter().for_each(|value| value.write(out));
            }
            Ubj::Object(members) => {
                out.push(b'{');
                for (key, value) in members {
                    raw_text(key, out);
                    value.write(out);
                }
                out.push(b'}');
            }
        }
    }
}

impl Ubj {
    /// The same as JSON.
    pub fn json(&self) -> String {
        let list = |items: Vec<String>| format!("[{}]", items.join(","));
        match self {
            Ubj::Text(text) => format!("{text:?}"),
            Ubj::Owned(text) => format!("{text:?}"),
            Ubj::Int(value) => value.to_string(),
            Ubj::Float(value) => word(*value),
            Ubj::Longs(values) => list(values.iter().map(ToString::to_string).collect()),
            Ubj::Floats(values) => list(values.iter().map(|value| word(*value)).collect()),
            Ubj::Ints(values) => list(values.iter().map(ToString::to_string).collect()),
            Ubj::Bytes(values) => list(values.iter().map(ToString::to_string).collect()),
            Ubj::List(values) => list(values.iter().map(Ubj::json).collect()),
            Ubj::Object(members) => {
                let members: Vec<String> =
                    members.iter().map(|(key, value)| format!("{key:?}:{}", value.json())).collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }
}

/// A number as XGBoost writes it into JSON.
fn word(value: f32) -> String {
    match value {
        _ if value.is_nan() => "NaN".to_owned(),
        _ if value.is_infinite() && value < 0.0 => "-Infinity".to_owned(),
        _ if value.is_infinite() => "Infinity".to_owned(),
        _ => format!("{value:E}"),
    }
}

fn typed<const N: usize>(kind: u8, values: impl ExactSizeIterator<Item = [u8; N]>, out: &mut Vec<u8>) {
    out.extend([b'[', b'$', kind, b'#']);
    length(values.len(), out);
    values.for_each(|value| out.extend(value));
}

fn length(length: usize, out: &mut Vec<u8>) {
    out.push(b'L');
    out.extend((length as i64).to_be_bytes());
}

fn raw_text(text: &str, out: &mut Vec<u8>) {
    length(text.len(), out);
    out.extend(text.as_bytes());
}

/// Integers, each of a type of its own.
pub fn ints(values: &[i64]) -> Ubj {
    Ubj::List(values.iter().map(|value| Ubj::Int(*value)).collect())
}

/// Puts a member where its key belongs, in the place of one of that key.
fn put(members: &mut Vec<(&'static str, Ubj)>, (key, value): (&'static str, Ubj)) {
    match members.binary_search_by(|(known, _)| known.cmp(&key)) {
        Ok(place) => members[place].1 = value,
        Err(place) => members.insert(place, (key, value)),
    }
}

/// A one-feature, one-tree model that a test bends until it must be refused.
#[derive(Clone)]
pub struct Sketch {
    pub left: Vec<i32>,
    pub right: Vec<i32>,
    pub features: Vec<i32>,
    pub values: Vec<f32>,
    pub split_type: Vec<u8>,
    pub parents: Vec<i32>,
    pub leaf_vector: &'static str,
    pub booster: &'static str,
    pub objective: &'static str,
    pub num_class: &'static str,
    pub base_score: &'static str,
    /// Members of the tree, of the trees' `model`, of `gradient_booster` and of `attributes`, in the place of the usual
    /// ones.
    pub in_tree: Vec<(&'static str, Ubj)>,
    pub in_model: Vec<(&'static str, Ubj)>,
    pub in_booster: Vec<(&'static str, Ubj)>,
    pub attributes: Vec<(&'static str, Ubj)>,
}

impl Default for Sketch {
    /// `x < 0.5` (or missing) gives -1, else +1.
    fn default() -> Self {
        Sketch {
            left: vec![1, -1, -1],
            right: vec![2, -1, -1],
            features: vec![0, 0, 0],
            values: vec![0.5, -1.0, 1.0],
            split_type: vec![0, 0, 0],
            parents: vec![i32::MAX, 0, 0],
            leaf_vector: "1",
            booster: "gbtree",
            objective: "binary:logistic",
            num_class: "0",
            base_score: "[5E-1]",
            in_tree: Vec::new(),
            in_model: Vec::new(),
            in_booster: Vec::new(),
            attributes: Vec::new(),
        }
    }
}

impl Sketch {
    pub fn bytes(&self) -> Vec<u8> {
        self.document().bytes()
    }

    pub fn json(&self) -> Vec<u8> {
        self.document().json().into_bytes()
    }

    pub fn document(&self) -> Ubj {
        use Ubj::{Bytes, Floats, Int, Ints, List, Longs, Object, Owned, Text};
        let nodes = self.values.len();
        let tree_param = Object(vec![
            ("num_deleted", Text("0")),
            ("num_feature", Text("1")),
            ("num_nodes", Owned(nodes.to_string())),
            ("size_leaf_vector", Text(self.leaf_vector)),
        ]);
        let mut tree = vec![
            ("base_weights", Floats(vec![9.0; nodes])),
            ("categories", Ints(vec![])),
            ("categories_nodes", Ints(vec![])),
            ("categories_segments", Longs(vec![])),
            ("categories_sizes", Longs(vec![])),
            ("default_left", Bytes(vec![1; nodes])),
            ("id", Int(0)),
            ("left_children", Ints(self.left.clone())),
            ("loss_changes", Floats(vec![0.0; nodes])),
            ("parents", Ints(self.parents.clone())),
            ("right_children", Ints(self.right.clone())),
            ("split_conditions", Floats(self.values.clone())),
            ("split_indices", Ints(self.features.clone())),
            ("split_type", Bytes(self.split_type.clone())),
            ("sum_hessian", Floats(vec![1.0; nodes])),
            ("tree_param", tree_param),
        ];
        self.in_tree.iter().for_each(|member| put(&mut tree, member.clone()));
        let cats =
            Object(vec![("enc", List(vec![])), ("feature_segments", Ints(vec![])), ("sorted_idx", Ints(vec![]))]);
        let mut model = vec![
            ("cats", cats),
            ("gbtree_model_param", Object(vec![("num_parallel_tree", Text("1")), ("num_trees", Text("1"))])),
            ("iteration_indptr", ints(&[0, 1])),
            ("tree_info", ints(&[0])),
            ("trees", List(vec![Object(tree)])),
        ];
        self.in_model.iter().for_each(|member| put(&mut model, member.clone()));
        let mut booster = vec![("model", Object(model)), ("name", Text("gbtree"))];
        if self.booster == "dart" {
            booster = vec![("gbtree", Object(booster)), ("weight_drop", List(vec![]))];
        }
        put(&mut booster, ("name", Text(self.booster)));
        self.in_booster.iter().for_each(|member| put(&mut booster, member.clone()));
        let params = Object(vec![
            ("base_score", Text(self.base_score)),
            ("boost_from_average", Text("1")),
            ("num_class", Text(self.num_class)),
            ("num_feature", Text("1")),
            ("num_target", Text("1")),
        ]);
        let objective = Object(vec![
            ("name", Text(self.objective)),
            ("reg_loss_param", Object(vec![("scale_pos_weight", Text("1"))])),
        ]);
        let learner = Object(vec![
            ("attributes", Object(self.attributes.clone())),
            ("feature_names", List(vec![Text("x")])),
            ("feature_types", List(vec![])),
            ("gradient_booster", Object(booster)),
            ("learner_model_param", params),
            ("objective", objective),
        ]);
        Object(vec![("learner", learner), ("version", ints(&[3, 2, 0]))])
    }

    /// The same in the legacy binary format; without names and categories.
    pub fn legacy(&self) -> Vec<u8> {
        let words = |out: &mut Vec<u8>, words: &[i32]| words.iter().for_each(|word| out.extend(word.to_le_bytes()));
        let text = |out: &mut Vec<u8>, text: &str| {
            out.extend((text.len() as u64).to_le_bytes());
            out.extend(text.as_bytes());
        };
        let nodes = self.left.len() as i32;
        let base_score: f32 = self.base_score.trim_matches(['[', ']']).parse().unwrap();
        let mut out = b"binf".to_vec();
        out.extend(base_score.to_le_bytes());
        words(&mut out, &[1, self.num_class.parse().unwrap(), 1, 0, 1, 7, 1, 1]);
        words(&mut out, &[0; 25]);
        text(&mut out, self.objective);
        text(&mut out, self.booster);
        words(&mut out, &[1, 1, 0, 0, 0, 0, 0, 0]);
        words(&mut out, &[0; 32]);
        words(&mut out, &[1, nodes, 0, 0, 1, self.leaf_vector.parse().unwrap()]);
        words(&mut out, &[0; 31]);
        for node in 0..self.left.len() {
            let split = self.features[node] | i32::MIN; // a missing value goes left
            let left = node == 0 || self.left[self.parents[node] as usize] == node as i32;
            let parent = if left { self.parents[node] | i32::MIN } else { self.parents[node] };
            words(&mut out, &[parent, self.left[node], self.right[node], split]);
            out.extend(self.values[node].to_le_bytes());
        }
        words(&mut out, &vec![0; 4 * self.left.len()]);
        words(&mut out, &[0]);
        out.extend(1_u64.to_le_bytes());
        text(&mut out, "objective");
        let objective = self.objective;
        text(&mut out, &format!("{{\"name\":\"{objective}\",\"reg_loss_param\":{{\"scale_pos_weight\":\"1\"}}}}"));
        out
    }

    pub fn model(&self) -> Model {
        Model::from_ubjson(&self.bytes()).expect("the sketch loads")
    }
}

/// A tar of files; names are written as they are, `..` and `/` included.
pub fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
