//! Margins of models of every kind are XGBoost's, bit by bit, as tools/train/zoo.py recorded them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flate2::read::GzDecoder;
use meridian_xgboost::{Matrix, Model};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::num::NonZeroUsize;
use std::path::Path;

const VERSIONS: [&str; 3] = ["1.7.6", "3.0.5", "3.2.0"];

/// What XGBoost said of a model.
#[derive(Deserialize, Default)]
struct Facts {
    format: String,
    booster: String,
    objective: String,
    trees: usize,
    features: usize,
    named: bool,
    rows: usize,
    /// Bits of every row's margin, by image.
    margins: BTreeMap<String, String>,
}

#[derive(Default)]
struct Specimen {
    facts: Facts,
    file: Vec<u8>,
    rows: Vec<f32>,
}

/// By name, which ends with the format and XGBoost's version.
fn zoo() -> BTreeMap<String, Specimen> {
    let mut zoo: BTreeMap<String, Specimen> = BTreeMap::new();
    for version in VERSIONS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/zoo/{version}.tar.gz"));
        let mut archive = tar::Archive::new(GzDecoder::new(File::open(path).unwrap()));
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().to_str().unwrap().to_owned();
            let (name, kind) = path.split_once('/').unwrap();
            let specimen = zoo.entry(format!("{name}-{version}")).or_default();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            match kind {
                "model" => specimen.file = content,
                "rows" => {
                    specimen.rows = content.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
                }
                _ => specimen.facts = serde_json::from_slice(&content).unwrap(),
            }
        }
    }
    zoo
}

impl Specimen {
    fn matrix(&self) -> Matrix<'_> {
        Matrix::new(&self.rows, self.facts.features).unwrap()
    }

    fn expected(&self, image: &str) -> Vec<u32> {
        self.facts.margins[image].split(' ').map(|word| u32::from_str_radix(word, 16).unwrap()).collect()
    }

    /// Checks one model; what is wrong with it.
    fn fault(&self) -> Option<String> {
        let model = match Model::from_ubjson(&self.file) {
            Ok(model) => model,
            Err(error) => return Some(error.to_string()),
        };
        let facts = &self.facts;
        if (model.n_trees(), model.n_features()) != (facts.trees, facts.features) {
            return Some(format!("{} trees, {} features", model.n_trees(), model.n_features()));
        }
        if model.feature_names().is_empty() == facts.named {
            return Some(format!("{} feature names", model.feature_names().len()));
        }
        let expected = self.expected("3.0");
        let single: Vec<f32> = (0..facts.rows).map(|row| model.margin(self.matrix().row(row)).unwrap()).collect();
        let threads = |count| model.matrix_margins(self.matrix(), NonZeroUsize::new(count).unwrap()).unwrap();
        [("row by row", single), ("as a matrix", threads(1)), ("by two threads", threads(2))].into_iter().find_map(
            |(how, found)| {
                assert_eq!(found.len(), expected.len());
                let different = found.iter().zip(&expected).filter(|(found, bits)| found.to_bits() != **bits).count();
                (different > 0).then(|| format!("{different} of {} margins differ {how}", expected.len()))
            },
        )
    }
}

#[test]
fn margins_are_bit_equal_to_xgboost_on_every_model() {
    let zoo = zoo();
    let wrong: Vec<String> =
        zoo.iter().filter_map(|(name, specimen)| Some(format!("{name}: {}", specimen.fault()?))).collect();
    assert!(wrong.is_empty(), "{} of {} models:\n{}", wrong.len(), zoo.len(), wrong.join("\n"));
}

#[test]
fn a_model_scores_alike_from_every_format() {
    let (zoo, mut compared) = (zoo(), 0);
    for (name, specimen) in zoo.iter().filter(|(_, specimen)| specimen.facts.format == "ubjson") {
        for format in ["json", "legacy"] {
            let Some(other) = zoo.get(&name.replace("-ubjson-", &format!("-{format}-"))) else { continue };
            let model = Model::from_ubjson(&other.file).unwrap();
            let margins = model.matrix_margins(specimen.matrix(), NonZeroUsize::MIN).unwrap();
            let bits: Vec<u32> = margins.iter().map(|margin| margin.to_bits()).collect();
            assert_eq!(bits, specimen.expected("3.0"), "{name} from {format}");
            compared += 1;
        }
    }
    assert!(compared >= 80, "only {compared} pairs of formats");
}

#[test]
fn the_zoo_has_every_kind_that_is_scored() {
    let zoo = zoo();
    assert!(zoo.len() >= 190, "{} models", zoo.len());
    for version in VERSIONS {
        let of_version = || zoo.iter().filter(|(name, _)| name.ends_with(version)).map(|(_, specimen)| &specimen.facts);
        for booster in ["gbtree", "dart"] {
            assert!(of_version().any(|facts| facts.booster == booster), "{version} {booster}");
        }
        for objective in ["binary:logistic", "binary:logitraw", "reg:logistic"] {
            assert!(of_version().any(|facts| facts.objective == objective), "{version} {objective}");
        }
        for features in [1, 2000] {
            assert!(of_version().any(|facts| facts.features == features), "{version} {features} features");
        }
    }
    for format in ["ubjson", "json", "legacy"] {
        assert!(zoo.values().any(|specimen| specimen.facts.format == format), "{format}");
    }
}
