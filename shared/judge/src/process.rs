//! E-processes: tests that may be looked at every minute.
//!
//! # The comparison of two arms
//!
//! In minute *i* green serves `n` requests and blue `N`; bad ones come at a rate *r* per request that may change from
//! minute to minute and is shared by both arms, times *m* on green. Given the rate, the two counts are independent with
//! variance at most *phi* times their mean (a Gamma-Poisson mixture of constant dispersion, "NB1"; phi = 1 is Poisson).
//! Null hypothesis: m <= m0.
//!
//! For a tilt `s` of green there is a tilt `u` of blue such that exp(s X + u Y) has expectation 1 at m = m0 for *every* r:
//! with A = 1 - (phi - 1)(e^s - 1), u solves e^u = 1 + (1 - A^(-m0 n/N)) / (phi - 1); at phi = 1,
//! m0 n (e^s - 1) + N (e^u - 1) = 0. For m < m0 and for a smaller dispersion the expectation is below 1 (the cumulant
//! function -ln(1 - (phi - 1)(e^s - 1)) / (phi - 1) rises with s and with phi). So the product over minutes is a
//! non-negative supermartingale, whatever the rate does, and by Ville's inequality it ever exceeds 1/alpha with
//! probability at most alpha. No plan of looks is needed.
//!
//! For each alternative theta (green's ratio is theta times m0) `s` is the tilt of the conditional binomial test, carried
//! over to the declared dispersion; a uniform mixture over a grid of alternatives is an e-process again. That is the
//! method of mixtures for sub-gamma and sub-exponential processes of Howard, Ramdas, McAuliffe & Sekhon (2020,
//! "Time-uniform Chernoff bounds", Probability Surveys 17; 2021, "Time-uniform, nonparametric, nonasymptotic confidence
//! sequences", Annals of Statistics 49), at phi = 1 that of Lindon & Malek (2022, "Anytime-valid inference for multinomial
//! count data", NeurIPS) and of Lindon, Ham, Tingley & Bojinov (2022, anytime-valid inference in rate comparison);
//! products over independent regions and e-processes in general: Ramdas, Grünwald, Vovk & Shafer (2023, "Game-theoretic
//! statistics and safe anytime-valid inference", Statistical Science 38); the betting view of tilts:
//! Waudby-Smith & Ramdas (2024, "Estimating means of bounded random variables by betting", JRSS B 86).
//!
//! **Declared dispersion.** A variance that is estimated from the same minutes and put into the formula would void the
//! guarantee: minutes that look quiet by chance would be weighed too much. So phi is declared in policy. The price is
//! power: where counts are truly Poisson, phi = 2 needs about twice the data.
//!
//! # The absolute bound
//!
//! Green alone against "at most b bad ones per request": exp(s X - n b f(s)) with f the same cumulant function.

/// How many alternatives are mixed.
pub(super) const GRID: usize = 6;

/// Ratios to the tolerance, for "worse than".
const WORSE: [f64; GRID] = [1.35, 1.8, 2.5, 4.0, 8.0, 25.0];
/// Ratios to the tolerance, for "better than".
const BETTER: [f64; GRID] = [0.82, 0.66, 0.5, 0.33, 0.15, 0.03];

/// Which way a test looks for a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Evidence that the ratio is above the tolerance.
    Above,
    /// Evidence that the ratio is below it.
    Below,
}

impl Side {
    fn grid(self) -> &'static [f64; GRID] {
        match self {
            Side::Above => &WORSE,
            Side::Below => &BETTER,
        }
    }

    /// The one of two tolerances that leaves more room.
    pub(super) fn further(self, one: f64, other: f64) -> f64 {
        match self {
            Side::Above => one.max(other),
            Side::Below => one.min(other),
        }
    }
}

/// A test's log e-values, one for each alternative: they add over minutes and over regions.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LogE([f64; GRID]);

impl LogE {
    /// The log of the mixture's e-value.
    pub fn mixture(&self) -> f64 {
        let most = self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = self.0.iter().map(|log| (log - most).exp()).sum();
        most + (sum / GRID as f64).ln()
    }
}

impl std::ops::AddAssign for LogE {
    fn add_assign(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, more)| *sum += more);
    }
}

/// A comparison's test of one tolerance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comparison {
    /// Green's ratio to blue under the null hypothesis.
    pub tolerance: f64,
    /// Where the alternative lies.
    pub side: Side,
    /// Largest variance over mean for which the test is valid, at least 1.
    pub dispersion: f64,
}

impl Comparison {
    /// What one minute's pair adds: green's and blue's requests and bad ones; the requests are above 0.
    pub fn minute(&self, green: (f64, f64), blue: (f64, f64)) -> LogE {
        let exposure = self.tolerance * green.0 / blue.0;
        let mut log = LogE::default();
        for (sum, theta) in log.0.iter_mut().zip(self.side.grid()) {
            let (s, u) = tilts(*theta, exposure, self.dispersion);
            *sum = s * green.1 + u * blue.1;
        }
        log
    }
}

/// The tilts of both arms: `exposure` is m0 n / N.
fn tilts(theta: f64, exposure: f64, dispersion: f64) -> (f64, f64) {
    let more = dispersion - 1.0;
    // The conditional binomial test's factor on green.
    let factor = theta * (1.0 + exposure) / (1.0 + theta * exposure);
    if more < 1e-9 {
        return (factor.ln(), ((1.0 + exposure) / (1.0 + theta * exposure)).ln());
    }
    let (s, minus_log_a) = arm_tilt(factor, dispersion);
    // A^(-m0 n / N) - 1. With this factor it stays below phi - 1 for every exposure: e^(1 - 1/phi) < phi.
    let excess = (exposure * minus_log_a).exp_m1();
    (s, (-excess / more).ln_1p())
}

/// The tilt that multiplies an arm's mean by `factor`, and -ln A of it, at a dispersion above 1.
fn arm_tilt(factor: f64, dispersion: f64) -> (f64, f64) {
    let minus_log_a = ((factor - 1.0) * (dispersion - 1.0) / dispersion).ln_1p();
    (factor.ln() - minus_log_a, minus_log_a)
}

/// A test of green alone against an absolute bound.
#[derive(Clone, Copy, Debug)]
pub(super) struct AbsoluteBound {
    /// Bad ones per request, at most.
    pub bound: f64,
    /// Largest variance over mean for which the test is valid, at least 1.
    pub dispersion: f64,
}

impl AbsoluteBound {
    /// What one minute of one arm adds: its requests and bad ones.
    pub fn minute(&self, (total, bad): (f64, f64)) -> LogE {
        let more = self.dispersion - 1.0;
        let mut log = LogE::default();
        for (sum, theta) in log.0.iter_mut().zip(&WORSE) {
            let (s, cumulant) = if more < 1e-9 {
                (theta.ln(), theta - 1.0)
            } else {
                let (s, minus_log_a) = arm_tilt(*theta, self.dispersion);
                (s, minus_log_a / more)
            };
            *sum = s * bad - total * self.bound * cumulant;
        }
        log
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The identity of the module's head: with these tilts the expectation is 1 at the tolerance, whatever the rate.
    #[test]
    fn the_tilts_of_both_arms_cancel_at_the_tolerance() {
        for dispersion in [1.0, 1.3, 2.0, 3.0, 5.0] {
            let cumulant = |tilt: f64| {
                let more = dispersion - 1.0;
                if more == 0.0 { tilt.exp_m1() } else { -(-more * tilt.exp_m1()).ln_1p() / more }
            };
            for theta in WORSE.into_iter().chain(BETTER) {
                for exposure in [0.1, 0.4, 1.25, 3.0] {
                    let (green, blue) = tilts(theta, exposure, dispersion);
                    let sum = exposure * cumulant(green) + cumulant(blue);
                    assert!(sum.abs() < 1e-9, "{theta} at {exposure}, {dispersion}: {sum}");
                    assert_eq!(green > 0.0, theta > 1.0);
                }
            }
        }
    }

    /// Close to chance alone the tilts are those of chance alone.
    #[test]
    fn the_tilts_at_a_dispersion_of_1_are_the_limit_of_the_others() {
        for theta in WORSE.into_iter().chain(BETTER) {
            let (at, near) = (tilts(theta, 0.4, 1.0), tilts(theta, 0.4, 1.000_001));
            assert!((at.0 - near.0).abs() < 1e-4 && (at.1 - near.1).abs() < 1e-4, "{theta}: {at:?} {near:?}");
        }
    }
}
