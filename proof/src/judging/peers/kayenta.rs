//! Kayenta's judge for one metric: `MannWhitneyClassifier` of spinnaker/kayenta, written anew from its behaviour.
//!
//! One value per minute and arm. The interval (98 %) of the Hodges-Lehmann shift is what R's `wilcox.test` finds by its
//! normal approximation with continuity correction and a root search, the tolerance 0.25 of the *estimate*. A metric is
//! `High` where the interval's lower end is above the tolerance and the mean ratio is at least `allowedIncrease` (1.0), `Low`
//! likewise; its direction decides which of them fails, and here one failing metric fails the canary, as a critical one does. A minute without requests is NaN and, by the default strategy, replaced by 0. Outliers stay, as
//! by default. Values are per cent: the root search stops at 1e-6.

use crate::judging::streams::{Arm, Minute};

/// The 99 % point of the normal: a two-sided confidence of 0.98.
const QUANTILE: f64 = 2.326_347_874_040_841;
/// Kayenta's `tolerance`.
const TOLERANCE: f64 = 0.25;
/// Where the root search stops.
const ACCURACY: f64 = 1e-6;

/// What Kayenta makes of one metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Neither higher nor lower than the baseline.
    Pass,
    /// Higher than the baseline: where the metric's direction is `increase` or `either`, it fails.
    High,
    /// Lower: where it is `either`, it fails.
    Low,
    /// All observations are tied and no interval exists: Kayenta's `Error`, which does not lower the score.
    Error,
}

/// Shift of the experiment against the control.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// Lower end of the 98 % interval.
    pub lower: f64,
    /// Upper end of the 98 % interval.
    pub upper: f64,
    /// The Hodges-Lehmann estimate.
    pub estimate: f64,
}

/// Judges one metric by its minutes.
pub fn classify(minutes: &[Minute]) -> Class {
    let values = |arm: fn(&Minute) -> Arm| minutes.iter().map(|minute| per_cent(arm(minute))).collect();
    classify_values(values(|minute| minute.green), values(|minute| minute.blue))
}

fn per_cent(arm: Arm) -> f64 {
    if arm.total == 0 { 0.0 } else { 100.0 * arm.bad as f64 / arm.total as f64 }
}

fn classify_values(mut experiment: Vec<f64>, mut control: Vec<f64>) -> Class {
    experiment.sort_unstable_by(f64::total_cmp);
    control.sort_unstable_by(f64::total_cmp);
    let (Some(first), Some(lowest)) = (experiment.first(), control.first()) else { return Class::Pass };
    let one_value = experiment.last() == Some(first) && control.last() == Some(lowest) && first == lowest;
    if experiment == control || one_value {
        return Class::Pass;
    }
    // The interval leaves 0 out only where the statistic at 0 is beyond the quantile: most need no root search.
    if statistic(&experiment, &control, 0.0).is_some_and(|at_zero| at_zero.abs() <= QUANTILE) {
        return Class::Pass;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let ratio = mean(&experiment) / mean(&control);
    match shift(&experiment, &control) {
        None => Class::Error,
        Some(shift) if shift.lower > TOLERANCE * shift.estimate.abs() && ratio >= 1.0 => Class::High,
        Some(shift) if shift.upper < -TOLERANCE * shift.estimate.abs() && ratio <= 1.0 => Class::Low,
        Some(_) => Class::Pass,
    }
}

/// The shift with its interval, both samples ascending; `None` where all observations are tied.
pub fn shift(experiment: &[f64], control: &[f64]) -> Option<Shift> {
    let (&least, &most) = (experiment.first()?, experiment.last()?);
    let (&least_control, &most_control) = (control.first()?, control.last()?);
    let range = (least - most_control, most - least_control);
    let root = |quantile: f64| -> Option<f64> {
        if statistic(experiment, control, range.0)? - quantile <= 0.0 {
            return Some(range.0);
        }
        if statistic(experiment, control, range.1)? - quantile >= 0.0 {
            return Some(range.1);
        }
        let (mut low, mut high) = range;
        while high - low > ACCURACY {
            let middle = 0.5 * (low + high);
            if statistic(experiment, control, middle)? > quantile { low = middle } else { high = middle }
        }
        Some(0.5 * (low + high))
    };
    Some(Shift { lower: root(QUANTILE)?, upper: root(-QUANTILE)?, estimate: root(0.0)? })
}

/// The standardised rank sum of `experiment - shift` among both samples, ties averaged, with continuity correction.
/// `None` where every observation is tied.
fn statistic(experiment: &[f64], control: &[f64], shift: f64) -> Option<f64> {
    let (m, n) = (experiment.len() as f64, control.len() as f64);
    let mut experiment = experiment.iter().map(|value| value - shift).peekable();
    let mut control = control.iter().copied().peekable();
    let (mut rank_sum, mut ties, mut before) = (0.0, 0.0, 0.0);
    loop {
        let next = match (experiment.peek(), control.peek()) {
            (Some(a), Some(b)) => a.min(*b),
            (Some(a), None) => *a,
            (None, Some(b)) => *b,
            (None, None) => break,
        };
        let mut own = 0.0;
        while experiment.next_if(|value| *value == next).is_some() {
            own += 1.0;
        }
        let mut group = own;
        while control.next_if(|value| *value == next).is_some() {
            group += 1.0;
        }
        rank_sum += own * (before + 0.5 * (group + 1.0));
        ties += group * group * group - group;
        before += group;
    }
    let centred = rank_sum - m * (m + 1.0) / 2.0 - m * n / 2.0;
    let correction = if centred == 0.0 { 0.0 } else { 0.5 * centred.signum() };
    let sigma = (m * n / 12.0 * (m + n + 1.0 - ties / ((m + n) * (m + n - 1.0)))).sqrt();
    (sigma > 0.0).then(|| (centred - correction) / sigma)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(values: &[f64]) -> Vec<f64> {
        let mut values = values.to_vec();
        values.sort_unstable_by(f64::total_cmp);
        values
    }

    const A: [f64; 12] = [12.0, 7.0, 9.0, 15.0, 11.0, 8.0, 14.0, 10.0, 13.0, 9.0, 16.0, 12.0];
    const B: [f64; 12] = [6.0, 9.0, 4.0, 8.0, 7.0, 5.0, 10.0, 6.0, 8.0, 7.0, 3.0, 9.0];

    // Reference values: proof/reference/peers.py (SciPy 1.17.1).

    #[test]
    fn the_statistic_is_scipys() {
        let seen = statistic(&sorted(&A), &sorted(&B), 0.0).unwrap();
        assert!((seen - 3.306_023_860_954).abs() < 1e-10, "{seen}");
    }

    #[test]
    fn the_interval_is_rs() {
        let few = [0.0, 0.1, 0.0, 0.0, 0.05, 0.0, 0.0, 0.1, 0.0, 0.0, 0.0, 0.1];
        let zeros = [0.0, 0.0, 0.0, 0.4, 0.0, 0.2, 0.0, 0.0, 0.6, 0.0];
        for (x, y, wanted) in
            [(&A[..], &B[..], (2.0, 7.0, 4.0)), (&B, &A, (-7.0, -2.0, -4.0)), (&zeros, &few, (-0.05, 0.2, 0.0))]
        {
            let seen = shift(&sorted(x), &sorted(y)).unwrap();
            for (seen, wanted) in [(seen.lower, wanted.0), (seen.upper, wanted.1), (seen.estimate, wanted.2)] {
                assert!((seen - wanted).abs() < 2e-6, "{seen} for {wanted}");
            }
        }
    }

    #[test]
    fn higher_is_high_and_lower_is_low() {
        assert_eq!(classify_values(A.to_vec(), B.to_vec()), Class::High);
        assert_eq!(classify_values(B.to_vec(), A.to_vec()), Class::Low);
    }

    #[test]
    fn silence_passes_as_kayenta_has_it() {
        let quiet = |total| Minute { green: Arm { total, bad: 0 }, blue: Arm { total: 9000, bad: 0 } };
        assert_eq!(classify(&[quiet(1000); 30]), Class::Pass, "two arms of zero errors");
        assert_eq!(classify(&[quiet(0); 30]), Class::Pass, "a canary that nobody calls");
        let errors_in_blue = Minute { blue: Arm { total: 9000, bad: 9 }, ..quiet(0) };
        assert_eq!(classify(&[errors_in_blue; 30]), Class::Error, "all observations are tied");
    }
}
