//! What is served where training stopped early, and reading by way of [`archive::load`](crate::archive::load).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::{BaseScore, Learner, Objective};
use crate::archive::{Reading, load};
use crate::error::ModelError;
use crate::forest::Forest;
use crate::tree::{Tree, TreeSink};
use flate2::read::GzDecoder;
use meridian_domain::ImageVersion as Image;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The files of the zoo's models of one version whose names start with `prefix`, by model and kind of file.
fn zoo(version: &str, prefix: &str) -> BTreeMap<String, BTreeMap<String, Vec<u8>>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/zoo/{version}.tar.gz"));
    let mut archive = tar::Archive::new(GzDecoder::new(File::open(path).unwrap()));
    let mut found: BTreeMap<String, BTreeMap<String, Vec<u8>>> = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_str().unwrap().to_owned();
        let (name, kind) = path.split_once('/').unwrap();
        if name.starts_with(prefix) {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            found.entry(name.to_owned()).or_default().insert(kind.to_owned(), content);
        }
    }
    found
}

fn reading(threads: usize) -> Reading {
    Reading { limit: 1 << 24, threads }
}

fn archived(file: &[u8]) -> Vec<u8> {
    let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let mut header = tar::Header::new_ustar();
    header.set_size(file.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, "xgboost-model", file).unwrap();
    builder.into_inner().unwrap().finish().unwrap()
}

#[test]
fn each_image_serves_the_trees_that_its_xgboost_would() {
    let mut shorter = 0;
    for version in ["1.7.6", "3.0.5", "3.2.0"] {
        for (name, files) in zoo(version, "stopped") {
            let facts: serde_json::Value = serde_json::from_slice(&files["facts.json"]).unwrap();
            let rows: Vec<f32> = files["rows"].as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            for image in [Image::V1_7, Image::V3_0] {
                let mut forest = Forest::default();
                let learner = load(files["model"].as_slice(), reading(1), &mut forest).unwrap();
                let served = learner.served_trees(image);
                shorter += usize::from(served < learner.trees);
                let forest = forest.finish(learner.tree_weights(), served);
                let margins = rows.chunks(learner.num_feature).map(|row| forest.margin(learner.base_margin, row));
                let bits: Vec<String> = margins.map(|margin| format!("{:08x}", margin.to_bits())).collect();
                let expected = if image == Image::V1_7 { "1.7" } else { "3.0" };
                assert_eq!(bits.join(" "), facts["margins"][expected].as_str().unwrap(), "{name} {version} on {image}");
                assert!(learner.caveats(image).iter().any(|caveat| caveat.contains("stopped early")), "{name}");
            }
        }
    }
    assert!(shorter >= 10, "only {shorter} models are served short of all trees");
}

#[test]
fn a_base_score_that_an_image_cannot_read_is_told() {
    let learner = |version: &str| -> Learner {
        let files = zoo(version, "base-hundredth-ubjson").into_values().next().unwrap();
        load(files["model"].as_slice(), reading(1), &mut Forest::default()).unwrap()
    };
    assert!(learner("3.0.5").caveats(Image::V3_0).is_empty());
    let caveats = learner("3.2.0").caveats(Image::V3_0);
    assert!(caveats[0].contains("`[0.01]`") && caveats[0].contains("+4.59"), "{caveats:?}");
}

#[test]
fn base_scores_are_read_as_each_version_writes_them() {
    let parse = |text: &str| BaseScore::parse(text, Objective::BinaryLogistic);
    assert_eq!(parse("[2.5E-1]"), Some(BaseScore { value: 0.25, listed: true }));
    assert_eq!(parse("2.5E-1"), Some(BaseScore { value: 0.25, listed: false }));
    for wrong in ["", "[]", "[2.5E-1", "[1E-1,2E-1]", "0", "1", "-0.5", "NaN", "inf"] {
        assert_eq!(parse(wrong), None, "{wrong}");
    }
    assert!(BaseScore::parse("-1.25", Objective::BinaryLogitRaw).is_some());
    assert_eq!(BaseScore::parse("inf", Objective::BinaryLogitRaw), None);
}

#[test]
fn an_archive_and_a_bare_file_are_told_apart_by_content() {
    for (name, files) in zoo("1.7.6", "lossguide") {
        let bare = &files["model"];
        let archive = archived(bare);
        for (file, threads) in [(bare, 1), (&archive, 1), (&archive, 2), (&archive, 8)] {
            let mut count = Counting(0);
            let learner = load(file.as_slice(), reading(threads), &mut count).unwrap();
            assert_eq!((count.0, learner.trees), (12, 12), "{name}");
        }
    }
}

#[test]
fn faults_are_the_same_beside_another_thread() {
    let files = zoo("3.2.0", "bins-1024").into_values().next().unwrap();
    let archive = archived(&files["model"]);
    for threads in [1, 2] {
        let fault = |file: &[u8], limit, sink: &mut dyn TreeSink| {
            load(file, Reading { limit, threads }, sink).unwrap_err().to_string()
        };
        let all = 1 << 24;
        assert!(fault(&archive[..archive.len() / 2], all, &mut Counting(0)).contains("truncated"));
        assert!(fault(&archive, 1000, &mut Counting(0)).contains("1000 bytes"), "{threads}");
        assert!(fault(&files["model"], 1000, &mut Counting(0)).contains("1000 bytes"), "{threads}");
        // A sink that wants no more ends the other thread too.
        assert!(fault(&archive, all, &mut Sated).contains("enough"), "{threads}");
    }
}

/// Counts trees.
struct Counting(usize);

impl TreeSink for Counting {
    fn tree(&mut self, _: usize, _: &Tree) -> Result<(), ModelError> {
        self.0 += 1;
        Ok(())
    }
}

/// Refuses the first tree.
struct Sated;

impl TreeSink for Sated {
    fn tree(&mut self, tree: usize, _: &Tree) -> Result<(), ModelError> {
        Err(super::arrays::problem(tree, 0, "enough"))
    }
}
