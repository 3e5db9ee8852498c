//! Every statistic against `tools/train/statistics.py`, which computes the same with other means.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::delong::Placements;
use super::distributions::{chi_square_quantile, normal_quantile};
use super::paired::{Paired, wilson};
use super::shift::{Stability, distance, distance_noise};
use super::{Estimate, calibration};
use crate::metrics::{Confusion, roc_auc};
use serde::Deserialize;

const Z: f64 = 1.644_853_626_951_472_6;

#[derive(Deserialize)]
struct Reference {
    labels: Vec<u8>,
    challenger: OfModel,
    champion: OfModel,
    difference: Difference,
    normal: Vec<[f64; 2]>,
    chi_square: Vec<(f64, usize, f64)>,
    wilson: Vec<(u64, u64, f64, f64)>,
    tango: Vec<(u64, u64, u64, f64, f64)>,
}

/// Estimates stand with their standard errors.
#[derive(Deserialize)]
struct OfModel {
    margins: Vec<f32>,
    scores: Vec<f32>,
    threshold: f64,
    auc: [f64; 2],
    fpr: f64,
    recall: f64,
    alert_rate: f64,
    brier: f64,
    slope: [f64; 2],
    intercept: [f64; 2],
}

#[derive(Deserialize)]
struct Difference {
    auc: [f64; 2],
    brier: [f64; 2],
    slope: [f64; 2],
    intercept: [f64; 2],
    psi: Psi,
    ks: f64,
}

#[derive(Deserialize)]
struct Psi {
    index: f64,
    expected: f64,
    noise: f64,
    interval: [f64; 2],
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("../../tests/data/statistics.json")).unwrap()
}

impl Reference {
    fn labels(&self) -> Vec<bool> {
        self.labels.iter().map(|label| *label == 1).collect()
    }

    fn models(&self) -> [&OfModel; 2] {
        [&self.challenger, &self.champion]
    }
}

#[track_caller]
fn near(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "found {found}, expected {expected}");
}

#[track_caller]
fn both_near(found: Estimate, expected: [f64; 2], tolerance: f64) {
    near(found.value, expected[0], tolerance);
    near(found.error, expected[1], tolerance);
}

#[test]
fn auc_and_rates_are_those_of_scikit_learn() {
    let reference = reference();
    let labels = reference.labels();
    for model in reference.models() {
        near(roc_auc(&labels, &model.scores).unwrap(), model.auc[0], 1e-12);
        let counts = Confusion::at(model.threshold, &labels, &model.scores);
        near(counts.false_positive_rate().unwrap(), model.fpr, 1e-12);
        near(counts.recall().unwrap(), model.recall, 1e-12);
        near(counts.alert_rate().unwrap(), model.alert_rate, 1e-12);
        near(calibration::brier(&labels, &model.scores).unwrap().value, model.brier, 1e-12);
    }
}

#[test]
fn delong_by_ranks_is_delong_over_all_pairs() {
    let reference = reference();
    let labels = reference.labels();
    let placements = reference.models().map(|model| Placements::new(&labels, &model.scores).unwrap());
    for (placements, model) in placements.iter().zip(reference.models()) {
        both_near(placements.auc().unwrap(), model.auc, 1e-12);
    }
    both_near(placements[0].less(&placements[1]).unwrap(), reference.difference.auc, 1e-12);
    assert!(Placements::new(&[true, false, false], &[0.1, 0.2, 0.3]).is_none(), "one positive has no variance");
}

#[test]
fn tango_s_ends_are_where_the_likelihood_puts_them() {
    for (records, only_first, only_second, low, high) in reference().tango {
        let [found_low, found_high] = Paired { records, both: 0, only_first, only_second }.interval(Z);
        near(found_low, low, 1e-7);
        near(found_high, high, 1e-7);
    }
}

#[test]
fn wilson_and_the_quantiles_are_those_of_scipy() {
    let reference = reference();
    for (part, whole, low, high) in reference.wilson {
        let found = wilson(part, whole, Z);
        near(found[0], low, 1e-12);
        near(found[1], high, 1e-12);
    }
    for [p, quantile] in reference.normal {
        near(normal_quantile(p), quantile, 1e-8);
    }
    for (p, degrees, quantile) in reference.chi_square {
        near(chi_square_quantile(p, degrees), quantile, 1e-9);
    }
    assert_eq!(wilson(0, 0, Z), [0.0, 1.0]);
}

#[test]
fn recalibration_is_logistic_and_its_differences_are_paired() {
    let reference = reference();
    let labels = reference.labels();
    let fits = reference.models().map(|model| {
        let fits = [calibration::slope(&labels, &model.margins), calibration::intercept(&labels, &model.margins)];
        fits.map(Option::unwrap)
    });
    for ([slope, intercept], model) in fits.iter().zip(reference.models()) {
        both_near(slope.combined(1.0, slope, 0.0), model.slope, 1e-6);
        both_near(intercept.combined(1.0, intercept, 0.0), model.intercept, 1e-9);
    }
    both_near(fits[0][0].combined(1.0, &fits[1][0], -1.0), reference.difference.slope, 1e-6);
    both_near(fits[0][1].combined(1.0, &fits[1][1], -1.0), reference.difference.intercept, 1e-9);
    let [new, old] = reference.models();
    let rise = calibration::brier_difference(&labels, &new.scores, &old.scores).unwrap();
    both_near(rise, reference.difference.brier, 1e-12);
}

#[test]
fn classes_that_a_threshold_separates_have_no_slope() {
    let labels = [false, false, true, true];
    assert!(calibration::slope(&labels, &[-2.0, -1.0, 1.0, 2.0]).is_none());
    assert!(calibration::slope(&labels, &[0.5; 4]).is_none(), "constant margins have none either");
    assert!(calibration::intercept(&[true; 4], &[0.5; 4]).is_none());
}

#[test]
fn shift_is_measured_as_scipy_does_with_the_noise_of_sampling() {
    let reference = reference();
    let [new, old] = reference.models();
    let found = Stability::new(&new.scores, &old.scores).unwrap();
    let psi = &reference.difference.psi;
    near(found.index, psi.index, 1e-12);
    near(found.expected, psi.expected, 1e-12);
    near(found.noise, psi.noise, 1e-9);
    near(found.interval(Z)[0], psi.interval[0], 1e-6);
    near(found.interval(Z)[1], psi.interval[1], 1e-6);
    near(distance(&new.scores, &old.scores), reference.difference.ks, 1e-12);
    let same = Stability::new(&old.scores, &old.scores).unwrap();
    near(same.index, 0.0, 0.0);
    assert!(distance_noise(10_000, 0.9) < distance_noise(1_000, 0.9));
}
