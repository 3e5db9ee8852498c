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
    /// The estimate itself, without its interval.
    pub value: f64,
    influence: Vec<f64>,
}

impl Fitted {
    /// A parameter that is known, beside one that was fitted on `records` records.
    pub fn known(value: f64, records: usize) -> Fitted {
        Fitted { value, influence: vec![0.0; records] }
    }

    /// `own` times this estimate and `others` times `other`'s, added; with the standard error of the sum on the same records
    /// (the sandwich estimator).
    pub fn combined(&self, own: f64, other: &Fitted, others: f64) -> Estimate {
        let influences = self.influence.iter().zip(&other.influence);
        let error = root_of_squares(influences.map(|(this, that)| own * this + others * that));
        Estimate { value: own * self.value + others * other.value, error }
    }

    /// How much farther from `ideal` this estimate lies than `other`'s does, on the same records; below 0 where it lies nearer.
    /// The interval reaches `z` paired standard errors.
    pub fn farther(&self, other: &Fitted, ideal: f64, z: f64) -> Farther {
        let [own, others] = [self, other].map(|fitted| (fitted.value - ideal).abs());
        let interval = [-other.most_farther(self, ideal, z), self.most_farther(other, ideal, z)];
        Farther { value: own - others, interval }
    }

    /// The upper end. With a and b the two estimates less `ideal`, |a| - |b| is the larger of its values for either sign s of a,
    /// and for each of them no more than sa - b, sa + b or sa. So the lowest upper end of these three counts, and the larger of
    /// the two signs' (union-intersection and intersection-union tests: Berger 1982, Technometrics 24, 295-300). Where b is
    /// nearly 0 all three are close to the truth: an end that should err in 5 of 100 cases errs in up to 11, as a test counts.
    fn most_farther(&self, other: &Fitted, ideal: f64, z: f64) -> f64 {
        let end = |side: f64, others: f64| {
            let Estimate { value, error } = self.combined(side, other, others);
            value - ideal * (side + others) + z * error
        };
        let of_side = |side: f64| end(side, -1.0).min(end(side, 1.0)).min(end(side, 0.0));
        of_side(1.0).max(of_side(-1.0))
    }
}

/// See [`Fitted::farther`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Farther {
    /// The difference of the two distances.
    pub value: f64,
    /// Its confidence interval, lower end first.
    pub interval: [f64; 2],
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A small generator of nearly standard normal numbers (twelve uniforms less six), the same on every machine.
    struct Random(u64);

    impl Random {
        fn normal(&mut self) -> f64 {
            let uniform = |state: &mut u64| {
                // Knuth's multiplier; the high bits are the good ones.
                *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (*state >> 11) as f64 / (1_u64 << 53) as f64
            };
            (0..12).map(|_| uniform(&mut self.0)).sum::<f64>() - 6.0
        }
    }

    /// How often the interval of the difference of distances ends below the truth, and begins above it, of 20,000 draws.
    fn misses(truth: [f64; 2], correlation: f64) -> [f64; 2] {
        const DRAWS: u32 = 20_000;
        let (error, rest) = (0.1, (1.0 - correlation * correlation).sqrt());
        let mut random = Random(427);
        let mut misses = [0, 0];
        for _ in 0..DRAWS {
            let (common, own) = (random.normal(), random.normal());
            let new = Fitted { value: 1.0 + truth[0] + error * common, influence: vec![error, 0.0] };
            let influence = vec![error * correlation, error * rest];
            let old = Fitted { value: 1.0 + truth[1] + error * (correlation * common + rest * own), influence };
            let Farther { interval: [low, high], .. } = new.farther(&old, 1.0, 1.644_853_6);
            let difference = truth[0].abs() - truth[1].abs();
            misses = [misses[0] + u32::from(high < difference), misses[1] + u32::from(low > difference)];
        }
        misses.map(|count| f64::from(count) / f64::from(DRAWS))
    }

    #[test]
    fn the_interval_of_distances_errs_as_often_as_it_says() {
        for correlation in [0.0, 0.5, 0.9] {
            for truth in [[0.4, 0.3], [0.4, -0.3], [-0.5, 0.5], [-0.3, -0.6]] {
                let [above, below] = misses(truth, correlation);
                assert!(above <= 0.055 && below <= 0.055, "{truth:?}, {correlation}: {above}, {below}");
            }
            for truth in [[0.2, 0.0], [0.0, 0.2], [0.0, 0.0], [0.1, 0.05]] {
                let [above, below] = misses(truth, correlation);
                assert!(above <= 0.115 && below <= 0.115, "{truth:?}, {correlation}: {above}, {below}");
            }
        }
    }

    #[test]
    fn models_that_err_alike_are_told_apart_by_their_difference() {
        let new = Fitted { value: 1.05, influence: vec![0.11, 0.01] };
        let old = Fitted { value: 1.02, influence: vec![0.11, 0.0] };
        let Farther { interval: [low, high], .. } = new.farther(&old, 1.0, 1.645);
        assert!(low < 0.0 && high < 0.05, "however far both may be from the ideal: {low} to {high}");
    }

    #[test]
    fn a_distance_is_the_same_on_either_side_of_the_ideal() {
        let at = |value: f64| Fitted { value, influence: vec![0.03, 0.0] };
        let one_side = at(1.06).farther(&at(1.28), 1.0, 1.645);
        let both = at(0.94).farther(&at(1.28), 1.0, 1.645);
        assert!((one_side.value + 0.22).abs() < 1e-12 && (both.value + 0.22).abs() < 1e-12);
        assert!(one_side.interval[1] < 0.0 && both.interval[1] < 0.0, "{one_side:?} {both:?}");
        let alone = at(1.28).farther(&Fitted::known(1.0, 2), 1.0, 1.645);
        assert!((alone.value - 0.28).abs() < 1e-12 && alone.interval[0] > 0.2, "{alone:?}");
    }
}
