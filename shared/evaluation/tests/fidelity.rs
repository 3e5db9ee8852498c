//! Numbers are those of XGBoost and scikit-learn, as tools/train/train.py recorded them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use meridian_evaluation::{Confusion, Contender, evaluate, roc_auc};
use meridian_judge::EvaluationPolicy;
use sha2::{Digest, Sha256};
use support::{features, holdout, model, path};

const MODELS: [&str; 4] = ["v426", "v427", "v429", "v431"];

fn expected() -> serde_json::Value {
    serde_json::from_reader(std::fs::File::open(path("expected.json")).unwrap()).unwrap()
}

fn bits(value: &serde_json::Value) -> Vec<u32> {
    value.as_str().unwrap().split(' ').map(|word| u32::from_str_radix(word, 16).unwrap()).collect()
}

#[test]
fn margins_are_bit_equal_to_xgboost_on_every_row() {
    let (expected, holdout) = (expected(), holdout());
    assert_eq!(holdout.rows(), 10_000);
    for name in MODELS {
        let margins = holdout.margins(&model(name)).unwrap();
        let expected = &expected["models"][name];
        let first: Vec<u32> = margins.iter().take(200).map(|margin| margin.to_bits()).collect();
        assert_eq!(first, bits(&expected["margin_bits"]), "{name}: first 200 rows");
        let bytes: Vec<u8> = margins.iter().flat_map(|margin| margin.to_le_bytes()).collect();
        let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, expected["margins_sha256"], "{name}: all 10,000 rows");
    }
}

#[test]
fn probabilities_are_within_one_ulp_of_xgboost() {
    let (expected, holdout) = (expected(), holdout());
    for name in MODELS {
        let probabilities = holdout.probabilities(&model(name)).unwrap();
        for (row, (found, expected)) in
            probabilities.iter().zip(bits(&expected["models"][name]["probability_bits"])).enumerate()
        {
            assert!(found.to_bits().abs_diff(expected) <= 1, "{name}, row {row}");
        }
    }
}

#[test]
fn a_row_alone_scores_as_it_does_in_the_matrix() {
    let (model, holdout) = (model("v427"), holdout());
    let margins = holdout.margins(&model).unwrap();
    for row in (0..holdout.rows()).step_by(37) {
        assert_eq!(model.margin(holdout.row(row)).unwrap().to_bits(), margins[row].to_bits());
    }
}

#[test]
fn the_csv_answer_reads_back_to_the_same_score_for_every_record() {
    let (model, holdout) = (model("v427"), holdout());
    let scores = holdout.probabilities(&model).unwrap();
    for (row, score) in scores.iter().enumerate() {
        let answer: f32 = model.answer_csv(&holdout.csv_payload(row)).unwrap().parse().unwrap();
        assert_eq!(answer.to_bits(), score.to_bits(), "row {row}");
    }
}

#[test]
fn auc_and_rates_equal_scikit_learn() {
    let (expected, holdout) = (expected(), holdout());
    let threshold = expected["operating_threshold"].as_f64().unwrap();
    for name in MODELS {
        let scores = holdout.probabilities(&model(name)).unwrap();
        let expected = &expected["models"][name];
        let counts = Confusion::at(threshold, holdout.labels(), &scores);
        let near = |found: Option<f64>, key: &str| {
            let difference = (found.unwrap() - expected[key].as_f64().unwrap()).abs();
            assert!(difference < 1e-9, "{name}: {key} differs by {difference}");
        };
        near(roc_auc(holdout.labels(), &scores), "auc");
        near(counts.false_positive_rate(), "false_positive_rate");
        near(counts.recall(), "recall");
    }
}

#[test]
fn auc_per_region_equals_scikit_learn() {
    let (expected, holdout) = (expected(), holdout());
    let policy = EvaluationPolicy::at_threshold(expected["operating_threshold"].as_f64().unwrap());
    let scored = ["v427", "v426"].map(|name| holdout.scored_by(&model(name)).unwrap());
    let [challenger, champion] = [0, 1].map(|index| Contender { scored: &scored[index], threshold: policy.threshold });
    let evaluation = evaluate(challenger, Some(champion), &holdout, &policy).unwrap();
    assert_eq!(evaluation.regions.len(), 4);
    for region in &evaluation.regions {
        for (name, numbers) in [("v427", region.challenger), ("v426", region.champion)] {
            let difference =
                numbers.unwrap().auc - expected["models"][name]["regions"][&region.region].as_f64().unwrap();
            assert!(difference.abs() < 1e-9, "{name} in {}: differs by {difference}", region.region);
        }
    }
}

#[test]
fn ties_count_one_half() {
    assert_eq!(roc_auc(&[true, false], &[0.5, 0.5]), Some(0.5));
    assert_eq!(roc_auc(&[true, false, false, true], &[0.5, 0.5, 0.1, 0.9]), Some(0.875));
    assert_eq!(roc_auc(&[true, true], &[0.1, 0.2]), None);
}

#[test]
fn a_score_at_the_threshold_is_an_alert() {
    assert_eq!(Confusion::at(0.5, &[false, true], &[0.5, 0.5]).false_positive_rate(), Some(1.0));
}

#[test]
fn the_models_carry_the_feature_list_in_its_order() {
    let features = features();
    assert_eq!(features.len(), 400);
    for name in MODELS {
        assert_eq!(model(name).feature_names(), features);
    }
}

#[test]
fn missing_values_go_the_default_way_and_thresholds_go_right() {
    let model = support::Sketch::default().model();
    let margin = |value: f32| model.margin(&[value]).unwrap();
    assert_eq!((margin(0.49), margin(0.5), margin(f32::NAN)), (-1.0, 1.0, -1.0));
}
