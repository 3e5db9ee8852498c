//! How much counts scatter from minute to minute.
//!
//! The declared dispersion is what the tests rely on. What an arm shows itself never takes its place: it can only take a
//! verdict back. Blue is the witness: where it scatters more than declared, comparisons are `Inconclusive`. A burst on
//! green alone shows on green alone: where green scatters significantly more than declared, a failure must also be
//! significant at what green shows.

/// Sums from which the scatter of an arm follows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Scatter {
    minutes: f64,
    total: f64,
    bad: f64,
    /// Sum of bad squared over total.
    squares: f64,
}

/// Normal quantile of the chance of 1 % at which blue is found to scatter more than declared.
const BLUE: f64 = 2.326_347_874_040_841;
/// Normal quantile of the chance of 5 % at which green is. It costs a failure 2 to 5 % of its power at the declared
/// dispersion; bursts five times as wide then pass for a fault about a tenth as often.
const GREEN: f64 = 1.644_853_626_951_473;

impl Scatter {
    /// One minute of one arm.
    pub(super) fn minute(total: f64, bad: f64) -> Self {
        Self { minutes: 1.0, total, bad, squares: bad * bad / total }
    }

    pub(super) fn add(&mut self, more: &Self) {
        self.minutes += more.minutes;
        self.total += more.total;
        self.bad += more.bad;
        self.squares += more.squares;
    }

    /// Pearson's estimate of variance over mean: none for fewer than two minutes or without a bad one.
    pub(super) fn dispersion(&self) -> Option<f64> {
        (self.minutes > 1.0 && self.bad > 0.0).then(|| self.statistic() / (self.minutes - 1.0))
    }

    /// Sum over minutes of (bad - expected)^2 / expected, at the arm's own rate.
    fn statistic(&self) -> f64 {
        (self.total / self.bad * self.squares - self.bad).max(0.0)
    }

    /// Whether blue scatters more than declared.
    pub(super) fn shows_more_on_blue(&self, declared: f64) -> bool {
        self.exceeds(declared) > BLUE
    }

    /// What green shows, where that is significantly more than declared; else what is declared.
    pub(super) fn shown_on_green(&self, declared: f64) -> f64 {
        let shown = self.dispersion().filter(|_| self.exceeds(declared) > GREEN);
        shown.map_or(declared, |shown| shown.max(declared))
    }

    /// By how many standard errors the scatter exceeds the declared dispersion.
    ///
    /// Pearson's statistic over the dispersion is close to chi-square; with few counts a minute its tail is heavier, which
    /// Satterthwaite's degrees of freedom take in (from the fourth cumulant of the negative binomial); chi-square by
    /// Wilson & Hilferty (1931).
    fn exceeds(&self, declared: f64) -> f64 {
        if self.minutes <= 1.0 || self.bad <= 0.0 {
            return 0.0;
        }
        let (free, mean) = (self.minutes - 1.0, self.bad / self.minutes);
        let normal = 2.0 * declared * declared;
        let fourth = declared * (6.0 * declared * (declared - 1.0) + 1.0) / mean;
        let freedom = free * normal / (normal + fourth);
        let scaled = self.statistic() / declared / free;
        let spread = 2.0 / (9.0 * freedom);
        (scaled.cbrt() - (1.0 - spread)) / spread.sqrt()
    }
}
