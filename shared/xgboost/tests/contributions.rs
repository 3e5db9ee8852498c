//! Contributions are those of XGBoost's `pred_contribs`, as tools/train/contributions.py recorded them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use meridian_xgboost::{DEFAULT_MODEL_LIMIT, Matrix, ShapForest, top_reasons};
use std::fs;
use std::path::PathBuf;

struct Case {
    forest: ShapForest,
    records: Vec<f32>,
    /// As XGBoost answers them: features and then the bias, record by record.
    expected: Vec<f32>,
}

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/contributions").join(name)
}

fn cases() -> Vec<(String, serde_json::Value)> {
    let document: serde_json::Value = serde_json::from_reader(fs::File::open(data("cases.json")).unwrap()).unwrap();
    document["cases"].as_object().unwrap().iter().map(|(name, case)| (name.clone(), case.clone())).collect()
}

fn read(name: &str, case: &serde_json::Value) -> Case {
    let bytes = fs::read(data(&format!("{name}.f32"))).unwrap();
    let mut values = bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
    let of = |key: &str| case[key].as_u64().unwrap() as usize;
    let (records, archive) = match case["rows"].as_array() {
        Some(rows) => {
            let records = support::records();
            let row = |row: &serde_json::Value| records.row(row.as_u64().unwrap() as usize).to_vec();
            (rows.iter().flat_map(row).collect(), support::archive(name))
        }
        None => {
            let records = values.by_ref().take(of("records") * of("features")).collect();
            (records, fs::read(data(&format!("{name}.tar.gz"))).unwrap())
        }
    };
    let image = case["image"].as_str().unwrap().parse().unwrap();
    let forest = ShapForest::from_archive(archive.as_slice(), DEFAULT_MODEL_LIMIT, image).unwrap();
    Case { forest, records, expected: values.collect() }
}

fn top(contributions: &[f32]) -> Vec<usize> {
    top_reasons(contributions, 5).iter().map(|reason| reason.feature).collect()
}

#[test]
fn contributions_are_within_1e_5_with_xgboosts_top_five() {
    let cases = cases();
    assert!(cases.len() >= 12, "only {} cases", cases.len());
    for (name, case) in cases {
        let Case { forest, records, expected } = read(&name, &case);
        let width = forest.n_features();
        let found = forest.contributions(Matrix::new(&records, width).unwrap(), 2).unwrap();
        assert_eq!(found.len() / width, case["records"].as_u64().unwrap() as usize, "{name}");
        assert_eq!(expected.len(), found.len() / width * (width + 1), "{name}");
        for (row, (found, expected)) in found.chunks(width).zip(expected.chunks(width + 1)).enumerate() {
            let with_base = found.iter().copied().chain([forest.base()]);
            for (feature, (found, expected)) in with_base.zip(expected).enumerate() {
                let difference = (found - expected).abs();
                assert!(difference <= 1e-5, "{name}, row {row}, feature {feature}: differs by {difference}");
            }
            assert_eq!(top(found), top(&expected[..width]), "{name}, row {row}");
        }
    }
}

#[test]
fn contributions_and_base_add_up_to_the_margin() {
    let records = support::records();
    let model = support::model("v427");
    let archive = support::archive("v427");
    let forest = ShapForest::from_archive(archive.as_slice(), DEFAULT_MODEL_LIMIT, "3.0-5".parse().unwrap()).unwrap();
    assert_eq!(forest.feature_names(), support::features());
    let rows: Vec<usize> = (0..records.rows()).step_by(200).collect();
    let values: Vec<f32> = rows.iter().flat_map(|row| records.row(*row)).copied().collect();
    let found = forest.contributions(Matrix::new(&values, 400).unwrap(), 2).unwrap();
    for (row, found) in rows.into_iter().zip(found.chunks(400)) {
        let sum = f64::from(forest.base()) + found.iter().copied().map(f64::from).sum::<f64>();
        let margin = f64::from(model.margin(records.row(row)).unwrap());
        assert!((sum - margin).abs() < 1e-4, "row {row}: {sum} and {margin}");
    }
}
