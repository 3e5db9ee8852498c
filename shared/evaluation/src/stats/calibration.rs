//! Whether scores mean what they say: the Brier score and the logistic recalibration of the margins.
//!
//! Cox (1958), "Two further applications of a model for binary regression", Biometrika 45, 562-565: regress the label on
//! the margin, logit P(y) = intercept + slope x margin. A slope under 1 means scores too bold, above 1 too timid.
//! *Calibration in the large* is the intercept with the slope held at 1 (Van Calster et al. 2016, Journal of Clinical
//! Epidemiology 74, 167-176): above 0, there are more positives than the scores promise.

use super::{Estimate, mean};

/// Steps of Newton's method; four or five are the rule.
const STEPS: usize = 50;
/// Slopes and intercepts past this are those of classes that a threshold separates: there is no finite fit.
const FARTHEST: f64 = 1e3;

/// A fitted parameter, and what each record did to it (its influence, the estimate's derivative by the record's weight):
/// the difference of two fits on the same records varies as the difference of their influences does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fitted {
    /// The estimate.
    pub value: f64,
    influence: Vec<f64>,
}

impl Fitted {
    /// The estimate with its standard error (the sandwich estimator).
    pub fn estimate(&self) -> Estimate {
        Estimate { value: self.value, error: root_of_squares(self.influence.iter().copied()) }
    }

    /// This estimate less `other`'s, on the same records, with the standard error of the difference.
    pub fn less(&self, other: &Fitted) -> Estimate {
        let differences = self.influence.iter().zip(&other.influence).map(|(own, other)| own - other);
        Estimate { value: self.value - other.value, error: root_of_squares(differences) }
    }
}

fn root_of_squares(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|value| value * value).sum::<f64>().sqrt()
}

/// Mean squared distance of the scores (as served) from the labels.
pub(crate) fn brier(labels: &[bool], scores: &[f32]) -> Option<Estimate> {
    mean(losses(labels, scores).into_iter())
}

/// The first model's Brier score less the second's, with the standard error of the paired difference.
pub(crate) fn brier_difference(labels: &[bool], first: &[f32], second: &[f32]) -> Option<Estimate> {
    let differences: Vec<f64> =
        losses(labels, first).iter().zip(losses(labels, second)).map(|(first, second)| first - second).collect();
    mean(differences.into_iter())
}

fn losses(labels: &[bool], scores: &[f32]) -> Vec<f64> {
    labels.iter().zip(scores).map(|(label, score)| (f64::from(*score) - truth(*label)).powi(2)).collect()
}

/// The slope of the recalibration with a free intercept. `None` where no finite slope fits: constant margins, one class,
/// or classes that a threshold separates.
pub(crate) fn slope(labels: &[bool], margins: &[f32]) -> Option<Fitted> {
    let (mut intercept, mut slope) = (0.0, 1.0);
    for _ in 0..STEPS {
        let (gradient, curvature) = moments(labels, margins, intercept, slope);
        let [first, second] = solved(curvature, gradient)?;
        // Steps are capped: far from the fit Newton's method may overshoot.
        let scale = (2.0 / first.abs().max(second.abs())).min(1.0);
        intercept += scale * first;
        slope += scale * second;
        if intercept.abs() > FARTHEST || slope.abs() > FARTHEST {
            return None;
        }
        if first.abs().max(second.abs()) < 1e-12 {
            break;
        }
    }
    let (_, curvature) = moments(labels, margins, intercept, slope);
    let influence = residuals(labels, margins, intercept, slope)
        .zip(margins)
        .map(|(residual, margin)| {
            solved(curvature, [residual, residual * f64::from(*margin)]).map(|[_, second]| second)
        })
        .collect::<Option<Vec<f64>>>()?;
    Some(Fitted { value: slope, influence })
}

/// Calibration in the large. `None` where there is only one class.
pub(crate) fn intercept(labels: &[bool], margins: &[f32]) -> Option<Fitted> {
    let mut intercept = 0.0;
    for _ in 0..STEPS {
        let (gradient, curvature) = moments(labels, margins, intercept, 1.0);
        let step = (gradient.first()? / curvature.first()?).clamp(-2.0, 2.0);
        intercept += step;
        if intercept.is_nan() || intercept.abs() >= FARTHEST {
            return None;
        }
        if step.abs() < 1e-12 {
            break;
        }
    }
    let (_, [weight, ..]) = moments(labels, margins, intercept, 1.0);
    let influence = residuals(labels, margins, intercept, 1.0).map(|residual| residual / weight);
    Some(Fitted { value: intercept, influence: influence.collect() })
}

/// Gradient of the log-likelihood, and its curvature as (intercept twice, both, slope twice).
fn moments(labels: &[bool], margins: &[f32], intercept: f64, slope: f64) -> ([f64; 2], [f64; 3]) {
    let mut gradient = [0.0; 2];
    let mut curvature = [0.0; 3];
    for (label, margin) in labels.iter().zip(margins) {
        let margin = f64::from(*margin);
        let promised = logistic(intercept + slope * margin);
        let residual = truth(*label) - promised;
        let weight = promised * (1.0 - promised);
        gradient = [gradient[0] + residual, gradient[1] + residual * margin];
        curvature = [curvature[0] + weight, curvature[1] + weight * margin, curvature[2] + weight * margin * margin];
    }
    (gradient, curvature)
}

fn residuals(labels: &[bool], margins: &[f32], intercept: f64, slope: f64) -> impl Iterator<Item = f64> {
    labels
        .iter()
        .zip(margins)
        .map(move |(label, margin)| truth(*label) - logistic(intercept + slope * f64::from(*margin)))
}

/// `x` of the symmetric 2 x 2 system `matrix x = right`; `None` where it has no single solution.
fn solved(matrix: [f64; 3], right: [f64; 2]) -> Option<[f64; 2]> {
    let [a, b, c] = matrix;
    let determinant = a * c - b * b;
    let solvable = determinant > 1e-14 * a * c;
    solvable.then(|| [(c * right[0] - b * right[1]) / determinant, (a * right[1] - b * right[0]) / determinant])
}

fn logistic(margin: f64) -> f64 {
    1.0 / (1.0 + (-margin).exp())
}

fn truth(label: bool) -> f64 {
    f64::from(u8::from(label))
}
