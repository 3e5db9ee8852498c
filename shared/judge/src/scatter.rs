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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(minutes: &[(f64, f64)]) -> Scatter {
        let mut scatter = Scatter::default();
        minutes.iter().for_each(|(total, bad)| scatter.add(&Scatter::minute(*total, *bad)));
        scatter
    }

    /// The same by the definitions, minute by minute, in another program: Pearson's statistic over the free minutes, and
    /// its excess in standard errors.
    #[test]
    fn the_scatter_and_its_excess_are_those_of_the_formulas() {
        let uneven = of(&[(1e3, 3.0), (2e3, 9.0), (1.5e3, 12.0), (500.0, 1.0), (1e3, 9.0), (3e3, 14.0)]);
        let even = [2.0, 12.0, 3.0, 14.0, 4.0, 10.0].map(|bad| (1e3, bad));
        let near = |one: f64, other: f64| (one - other).abs() < 1e-9;
        assert!(near(uneven.dispersion().unwrap(), 1.418_75));
        for (declared, excess) in [(1.0, 0.786_368_499_703), (2.0, -0.182_598_825_587), (3.0, -0.506_852_456_165)] {
            assert!(near(uneven.exceeds(declared), excess), "{declared}: {}", uneven.exceeds(declared));
        }
        let even = of(&even);
        assert!(near(even.dispersion().unwrap(), 3.506_666_666_667));
        for (declared, excess) in [(1.0, 2.602_576_475_822), (1.5, 1.626_439_594_199), (2.0, 1.067_923_237_902)] {
            assert!(near(even.exceeds(declared), excess), "{declared}: {}", even.exceeds(declared));
        }
        // 1 % for blue, 5 % for green.
        assert!(even.shows_more_on_blue(1.0) && !even.shows_more_on_blue(1.5));
        assert!(near(even.shown_on_green(1.0), 3.506_666_666_667) && near(even.shown_on_green(1.5), 1.5));
    }

    #[test]
    fn one_minute_and_minutes_without_a_bad_one_show_no_scatter() {
        for nothing in [of(&[(1e3, 50.0)]), of(&[(1e3, 0.0); 5]), of(&[])] {
            assert_eq!((nothing.dispersion(), nothing.exceeds(1.0)), (None, 0.0), "{nothing:?}");
        }
        assert!(of(&[(1e3, 50.0); 2]).dispersion().is_some());
    }
}
