//! The committed models and records, and a writer of small hand-made models.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use meridian_scoring::{Columns, HeldOut, Model};
use std::fs;
use std::io::Write;
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

pub fn holdout() -> HeldOut {
    let file = fs::File::open(path("holdout.csv.gz")).unwrap();
    HeldOut::read(file, &Columns::standard(features())).expect("the committed held-out set is read")
}

/// A small held-out set of one feature `x`: (label, region, value).
pub fn small_holdout(records: &[(u8, &str, &str)]) -> HeldOut {
    let mut text = "label,customer_region,x\n".to_owned();
    for (label, region, value) in records {
        text += &format!("{label},{region},{value}\n");
    }
    HeldOut::read(text.as_bytes(), &Columns::standard(vec!["x".to_owned()])).unwrap()
}

/// UBJSON as XGBoost writes it.
#[derive(Clone)]
pub enum Ubj {
    Text(&'static str),
    Floats(Vec<f32>),
    Ints(Vec<i32>),
    Bytes(Vec<u8>),
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

/// A one-feature, one-tree model that a test bends until it must be refused.
#[derive(Clone)]
pub struct Sketch {
    pub left: Vec<i32>,
    pub right: Vec<i32>,
    pub features: Vec<i32>,
    pub values: Vec<f32>,
    pub split_type: Vec<u8>,
    pub leaf_vector: &'static str,
    pub booster: &'static str,
    pub objective: &'static str,
    pub num_class: &'static str,
    pub base_score: &'static str,
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
            leaf_vector: "1",
            booster: "gbtree",
            objective: "binary:logistic",
            num_class: "0",
            base_score: "[5E-1]",
        }
    }
}

impl Sketch {
    pub fn bytes(&self) -> Vec<u8> {
        use Ubj::{Bytes, Floats, Ints, List, Object, Text};
        let tree = Object(vec![
            ("base_weights", Floats(vec![9.0; self.values.len()])),
            ("default_left", Bytes(vec![1; self.values.len()])),
            ("left_children", Ints(self.left.clone())),
            ("right_children", Ints(self.right.clone())),
            ("split_conditions", Floats(self.values.clone())),
            ("split_indices", Ints(self.features.clone())),
            ("split_type", Bytes(self.split_type.clone())),
            ("tree_param", Object(vec![("size_leaf_vector", Text(self.leaf_vector))])),
        ]);
        let model =
            Object(vec![("gbtree_model_param", Object(vec![("num_trees", Text("1"))])), ("trees", List(vec![tree]))]);
        let params = Object(vec![
            ("base_score", Text(self.base_score)),
            ("num_class", Text(self.num_class)),
            ("num_feature", Text("1")),
            ("num_target", Text("1")),
        ]);
        let learner = Object(vec![
            ("feature_names", List(vec![Text("x")])),
            ("gradient_booster", Object(vec![("model", model), ("name", Text(self.booster))])),
            ("learner_model_param", params),
            ("objective", Object(vec![("name", Text(self.objective))])),
        ]);
        Object(vec![("learner", learner), ("version", Ints(vec![3, 2, 0]))]).bytes()
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
