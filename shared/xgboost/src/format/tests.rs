//! What is served where training stopped early, and reading by way of [`archive::load`](crate::archive::load).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::{BaseScore, Learner, Objective};
use crate::archive::{Reading, load};
use crate::caveat::Caveat;
use crate::error::ModelError;
use crate::forest::Forest;
use crate::image::Image;
use crate::tree::{Tree, TreeSink};
use flate2::read::GzDecoder;
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
                let best = learner.best_trees.unwrap();
                let caveat = match served == best {
                    true => Caveat::ServesBest { image, best, trees: learner.trees },
                    false => Caveat::ServesAll { image, best, trees: learner.trees },
                };
                assert_eq!(learner.caveat(image), Some(caveat), "{name}");
                assert!(caveat.to_string().starts_with("training stopped early: "), "{caveat}");
            }
        }
    }
    assert!(shorter >= 6, "only {shorter} models are served short of all trees");
}

#[test]
fn a_base_score_that_an_image_cannot_read_is_refused() {
    let learner = |version: &str| -> Learner {
        let files = zoo(version, "base-hundredth-ubjson").into_values().next().unwrap();
        load(files["model"].as_slice(), reading(1), &mut Forest::default()).unwrap()
    };
    for image in [Image::V1_7, Image::V3_0] {
        assert!(learner("3.0.5").check_read_alike(image).is_ok());
        let error = learner("3.2.0").check_read_alike(image).unwrap_err().to_string();
        assert!(error.contains("`[0.01]`") && error.contains("+4.59"), "{error}");
    }
    // One half is what they take every list for.
    let half = BaseScore { value: 0.5, listed: true };
    assert!(Learner { base_score: half, ..learner("3.2.0") }.check_read_alike(Image::V3_0).is_ok());
}

#[test]
fn numbers_that_are_no_json_are_refused() {
    for wrong in ["inf", "-inf", "infinity", "nan", "1E39", "+1E0", "1E+0"] {
        assert_eq!(super::json::float(wrong), None, "{wrong}");
    }
}

#[test]
fn base_scores_are_read_as_each_version_writes_them() {
    let parse = |text: &str| BaseScore::parse(text, Objective::BinaryLogistic);
    assert_eq!(parse("[2.5E-1]"), Some(BaseScore { value: 0.25, listed: true }));
    assert_eq!(parse("2.5E-1"), Some(BaseScore { value: 0.25, listed: false }));
    for wrong in ["", "[]", "[2.5E-1", "[1E-1,2E-1]", "0E0", "1E0", "-5E-1", "NaN", "Infinity", "0.25", "2.50E-1"] {
        assert_eq!(parse(wrong), None, "{wrong}");
    }
    assert!(BaseScore::parse("-1.25E0", Objective::BinaryLogitRaw).is_some());
    assert_eq!(BaseScore::parse("Infinity", Objective::BinaryLogitRaw), None);
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
    let fault = |file: &[u8], limit| {
        let texts = [1, 2].map(|threads| {
            let fault = load(file, Reading { limit, threads }, &mut Counting(0)).unwrap_err();
            fault.to_string()
        });
        assert_eq!(texts[0], texts[1]);
        texts[0].clone()
    };
    let all = 1 << 24;
    for kept in [11, 100, archive.len() / 2, archive.len() - 9, archive.len() - 1] {
        let text = fault(&archive[..kept], all);
        assert!(text.contains("truncated") && text.contains("again"), "{text}");
    }
    for flipped in (20..archive.len()).step_by(archive.len() / 16) {
        let mut damaged = archive.clone();
        damaged[flipped] ^= 0x10;
        fault(&damaged, all);
    }
    assert!(fault(&archive, 1000).contains("1000 bytes"));
    assert!(fault(&files["model"], 1000).contains("1000 bytes"));
    // What is wrong with the model counts, and not that its end is missing.
    let mut pickle = b"\x80\x04\x95\x10".to_vec();
    pickle.extend((0..200_000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8));
    let pickle = archived(&pickle);
    assert!(fault(&pickle[..pickle.len() / 2], all).contains("pickle"));
    // A sink that wants no more ends the other thread too.
    for threads in [1, 2] {
        let error = load(archive.as_slice(), Reading { limit: all, threads }, &mut Sated).unwrap_err();
        assert!(error.to_string().contains("enough"), "{error}");
    }
}

#[test]
fn a_deflate_stream_that_is_damaged_is_to_be_uploaded_again() {
    let files = zoo("3.2.0", "bins-1024").into_values().next().unwrap();
    let mut archive = archived(&files["model"]);
    // A block of a type that there is not.
    archive[10] |= 6;
    for threads in [1, 2] {
        let error = load(archive.as_slice(), reading(threads), &mut Counting(0)).unwrap_err();
        assert!(matches!(error, ModelError::Archive { .. }) && error.to_string().contains("again"), "{error}");
    }
}

/// Gives one byte at a time, and fails at its end.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let Some((byte, rest)) = self.0.split_first() else {
            return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the line went dead"));
        };
        (self.0, buffer[0]) = (rest, *byte);
        Ok(1)
    }
}

#[test]
fn an_archive_that_comes_a_byte_at_a_time_is_one() {
    let files = zoo("3.2.0", "bins-16").into_values().next().unwrap();
    let archive = archived(&files["model"]);
    for threads in [1, 2] {
        let mut counted = Counting(0);
        load(Trickle(&archive).take(archive.len() as u64), reading(threads), &mut counted).unwrap();
        assert!(counted.0 > 0);
    }
}

#[test]
fn a_network_that_fails_is_not_taken_for_a_damaged_file() {
    let files = zoo("3.2.0", "bins-16").into_values().next().unwrap();
    let archive = archived(&files["model"]);
    for file in [&archive, &files["model"]] {
        for kept in [1, 300, file.len() / 2, file.len() - 1] {
            for threads in [1, 2] {
                let error = load(Trickle(&file[..kept]), reading(threads), &mut Counting(0)).unwrap_err();
                assert!(matches!(&error, ModelError::Io(io) if io.to_string() == "the line went dead"), "{error}");
            }
        }
    }
}

#[test]
fn more_nodes_than_a_function_holds_are_refused() {
    let nodes = (1 << 20) - 1;
    let child = |node: i32, child| if node < nodes / 2 { 2 * node + child } else { -1 };
    let mut raw = super::arrays::RawTree::default();
    raw.parents = (0..nodes).map(|node| if node == 0 { i32::MAX } else { (node - 1) / 2 }).collect();
    raw.split_type = vec![0; nodes as usize];
    (raw.base_weights, raw.loss_changes, raw.sum_hessian) = (nodes as usize, nodes as usize, nodes as usize);
    (raw.num_nodes, raw.num_deleted) = (nodes.to_string(), "0".to_owned());
    (raw.num_feature, raw.leaf_vector) = ("1".to_owned(), "1".to_owned());
    raw.left = (0..nodes).map(|node| child(node, 1)).collect();
    raw.right = (0..nodes).map(|node| child(node, 2)).collect();
    raw.split_indices = vec![0; nodes as usize];
    raw.split_conditions = vec![0.5; nodes as usize];
    raw.default_left = vec![0; nodes as usize];
    let mut draft = super::draft::Draft::default();
    let mut read = |tree| {
        raw.id = tree;
        draft.tree(&mut raw, &mut Counting(0))
    };
    for tree in 0..16 {
        read(tree).unwrap();
    }
    let error = read(16).unwrap_err().to_string();
    assert!(error.contains("16777216 nodes") && error.contains("512 MB"), "{error}");
}

#[test]
fn a_limit_beyond_the_trees_is_refused_where_the_image_heeds_it() {
    let files = zoo("1.7.6", "stopped");
    let json = files.values().find_map(|files| files.get("model").filter(|file| file.starts_with(b"{\""))).unwrap();
    let text = std::str::from_utf8(json).unwrap();
    let start = text.find("\"best_ntree_limit\":\"").unwrap();
    let end = start + text[start..].find("\",").unwrap() + 2;
    let read = |limit: Option<&str>, image| {
        let attribute = limit.map(|limit| format!("\"best_ntree_limit\":\"{limit}\",")).unwrap_or_default();
        let model = [&text[..start], &attribute, &text[end..]].concat();
        let options = crate::ReadOptions { image, ..Default::default() };
        crate::Served::read(model.as_bytes(), &options, None)
    };
    let error = read(Some("1000"), Image::V1_7).unwrap_err().to_string();
    assert!(error.contains("best_ntree_limit") && error.contains("1.7-1 answers nothing"), "{error}");
    assert!(read(Some("1000"), Image::V3_0).is_ok());
    let without = read(None, Image::V1_7).unwrap();
    assert_eq!(without.model.n_trees(), read(None, Image::V3_0).unwrap().model.n_trees());
}

#[test]
fn a_base_score_near_0_or_1_is_read_as_its_version_wrote_it() {
    // Margins of models without a split, by XGBoost 1.7.6 and 3.2.0 themselves.
    let known = [
        ("1E-8", 0xc193_5d8e_u32),
        ("[1E-8]", 0xc15d_0c54),
        ("[0E0]", 0xc15d_0c54),
        ("[1E0]", 0x415b_ec2d),
        ("[1E-6]", 0xc15d_0c54),
        ("[9.999999E-1]", 0x415b_ec2d),
    ];
    for (text, bits) in known {
        for objective in [Objective::BinaryLogistic, Objective::RegLogistic] {
            let margin = BaseScore::parse(text, objective).expect(text).margin(objective);
            assert_eq!(margin.to_bits(), bits, "{text}: {margin}");
        }
    }
    for text in ["0E0", "1E0", "[-1E-9]", "[1.1E0]", "[NaN]", "[]"] {
        assert_eq!(BaseScore::parse(text, Objective::BinaryLogistic), None, "{text}");
    }
    assert_eq!(BaseScore::parse("[0E0]", Objective::BinaryLogitRaw).unwrap().margin(Objective::BinaryLogitRaw), 0.0);
}

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
