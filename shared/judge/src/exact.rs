//! Exact laws of counts, for looks that are planned before the first count is seen.
//!
//! Minute counts of an arm are Gamma-Poisson with variance `dispersion` times their mean (NB1), so an arm's sum over
//! minutes is one too, whatever the rate did in between. Given the sum of both arms, green's part is beta-binomial: with
//! k = mean / (dispersion - 1) of each arm, green ~ BetaBinomial(sum; k of green, k of blue). At dispersion 1 it is the
//! binomial with odds m n / N: the exact conditional test of two Poisson rates (Przyborowski & Wilenski 1940, Biometrika
//! 31), the most powerful unbiased one.
//!
//! The split of the sum is free of the rate but for one number, k of both arms together, which is the expected sum over
//! (dispersion - 1). It is taken from the sum itself, lowered by a part of its standard error: a *rate* is plugged in,
//! never a variance, and a lower rate means wider tails. By exact enumeration the error stays under the level (tests:
//! `a_planned_look_errs_no_more_than_its_level`).

use crate::process::Side;

/// Dispersions closer to 1 than this are Poisson's.
const POISSON: f64 = 1e-6;
/// Share of (dispersion - 1) standard errors by which the expected sum is taken lower than the sum.
const CAUTION: f64 = 0.2;
/// Terms smaller than this share of the sum so far end it.
const NEGLIGIBLE: f64 = 1e-17;

/// Counts of both arms over the same minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stratum {
    /// Green's requests; above 0.
    pub green_total: f64,
    /// Blue's requests; above 0.
    pub blue_total: f64,
    /// Green's bad answers.
    pub green: u64,
    /// Blue's bad answers.
    pub blue: u64,
    /// Variance over mean of minute counts.
    pub dispersion: f64,
}

impl Stratum {
    /// The law of green's part of the sum where its ratio is `ratio`.
    pub(super) fn split(&self, ratio: f64) -> Split {
        let exposure = ratio * self.green_total;
        let share = exposure / (exposure + self.blue_total);
        let sum = self.green.saturating_add(self.blue);
        let more = self.dispersion - 1.0;
        let size = (more > POISSON).then(|| {
            let seen = sum as f64;
            let expected = seen - CAUTION * more * (self.dispersion * seen).sqrt();
            // Half a count: a law needs a size above 0, and with few counts nothing is significant anyway.
            expected.max(0.5 * seen).max(0.5) / more
        });
        Split { sum, share, size }
    }

    /// The chance, where green's ratio is `ratio`, of a green part at least as far to `side` as the one seen.
    pub(super) fn chance(&self, ratio: f64, side: Side) -> f64 {
        self.split(ratio).beyond(self.green, side)
    }
}

/// Green's part of a sum: binomial, or beta-binomial of a size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Split {
    sum: u64,
    share: f64,
    size: Option<f64>,
}

impl Split {
    /// The split of a sum where it is known beforehand, and not from the sum, that green has so many bad ones on average, of this
    /// dispersion.
    pub(super) fn expected(sum: u64, green: f64, blue_over_green: f64, dispersion: f64) -> Self {
        let (both, more) = (1.0 + blue_over_green, dispersion - 1.0);
        Split { sum, share: both.recip(), size: (more > POISSON).then(|| green * both / more) }
    }

    /// The chance of a green part at least as far to `side`.
    pub(super) fn beyond(&self, green: u64, side: Side) -> f64 {
        match side {
            Side::Above => self.at_least(green),
            Side::Below => self.at_most(green),
        }
    }

    fn ln_chance(&self, green: u64) -> f64 {
        let (sum, green, share) = (self.sum as f64, green as f64, self.share);
        let ways = ln_gamma(sum + 1.0) - ln_gamma(green + 1.0) - ln_gamma(sum - green + 1.0);
        let Some(size) = self.size else {
            return ways + green * share.ln() + (sum - green) * (-share).ln_1p();
        };
        let (a, b) = (size * share, size * (1.0 - share));
        ways + ln_beta(a + green, b + sum - green) - ln_beta(a, b)
    }

    /// Chance of `green + 1` over that of `green`, as a fraction: one division a step, in either direction.
    fn step(&self, green: u64) -> (f64, f64) {
        let (sum, green, share) = (self.sum as f64, green as f64, self.share);
        let (over, under) = match self.size {
            None => (share, 1.0 - share),
            Some(size) => (size * share + green, size * (1.0 - share) + sum - green - 1.0),
        };
        ((sum - green) * over, (green + 1.0) * under)
    }

    /// The chance of `green + 1`, where `chance` is that of `green`.
    fn next(&self, green: u64, chance: f64) -> f64 {
        let (over, under) = self.step(green);
        chance * (over / under)
    }

    /// The chance of `green`, where `chance` is that of `green + 1`.
    fn before(&self, green: u64, chance: f64) -> f64 {
        let (over, under) = self.step(green);
        chance * (under / over)
    }

    fn at_least(&self, green: u64) -> f64 {
        if green as f64 <= self.sum as f64 * self.share {
            return if green == 0 { 1.0 } else { 1.0 - self.down(green - 1) };
        }
        self.up(green)
    }

    fn at_most(&self, green: u64) -> f64 {
        if green as f64 > self.sum as f64 * self.share { 1.0 - self.up(green + 1) } else { self.down(green) }
    }

    fn up(&self, from: u64) -> f64 {
        if from > self.sum {
            return 0.0;
        }
        let mut term = self.ln_chance(from).exp();
        let mut total = term;
        for green in from..self.sum {
            term = self.next(green, term);
            total += term;
            if is_negligible(term, total) {
                break;
            }
        }
        total.min(1.0)
    }

    fn down(&self, from: u64) -> f64 {
        let mut term = self.ln_chance(from).exp();
        let mut total = term;
        for green in (0..from).rev() {
            term = self.before(green, term);
            total += term;
            if is_negligible(term, total) {
                break;
            }
        }
        total.min(1.0)
    }

    /// The chances that matter: the first count, and one chance for each from there on.
    fn window(&self) -> (u64, Vec<f64>) {
        let middle = ((self.sum as f64 * self.share) as u64).min(self.sum);
        let top = self.ln_chance(middle).exp();
        let mut below = Vec::new();
        let mut term = top;
        for green in (0..middle).rev() {
            term = self.before(green, term);
            below.push(term);
            if term <= NEGLIGIBLE * top {
                break;
            }
        }
        let first = middle - below.len() as u64;
        below.reverse();
        let mut chances = below;
        chances.push(top);
        term = top;
        for green in middle..self.sum {
            term = self.next(green, term);
            chances.push(term);
            if term <= NEGLIGIBLE * top {
                break;
            }
        }
        (first, chances)
    }
}

/// The chance, where green's ratio is `ratio` in every stratum, of green parts that add up to at least as much to `side` as
/// those seen: the stratified version of the test, by exact convolution.
pub(super) fn pooled_chance(strata: &[Stratum], ratio: f64, side: Side) -> f64 {
    if let [only] = strata {
        return only.chance(ratio, side);
    }
    let seen: u64 = strata.iter().map(|stratum| stratum.green).sum();
    let (mut first, mut chances) = (0_u64, vec![1.0]);
    for stratum in strata {
        let (start, more) = stratum.split(ratio).window();
        first += start;
        chances = convolved(&chances, &more);
    }
    let at = |(place, _): &(usize, &f64)| first + *place as u64;
    let far = |entry: &(usize, &f64)| match side {
        Side::Above => at(entry) >= seen,
        Side::Below => at(entry) <= seen,
    };
    chances.iter().enumerate().filter(far).map(|(_, chance)| chance).sum::<f64>().min(1.0)
}

fn convolved(one: &[f64], other: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; one.len() + other.len() - 1];
    for (place, chance) in one.iter().enumerate() {
        for (sum, more) in sum.iter_mut().skip(place).zip(other) {
            *sum += chance * more;
        }
    }
    sum
}

/// The chance that a count of this mean and dispersion is at least `count`.
pub(super) fn at_least(count: u64, mean: f64, dispersion: f64) -> f64 {
    if count == 0 {
        return 1.0;
    }
    let more = dispersion - 1.0;
    let size = (more > POISSON).then(|| mean / more);
    let ln_chance = |count: f64| match size {
        None => count * mean.ln() - mean - ln_gamma(count + 1.0),
        Some(size) => {
            ln_gamma(count + size) - ln_gamma(size) - ln_gamma(count + 1.0) - size * dispersion.ln()
                + count * (-1.0 / dispersion).ln_1p()
        }
    };
    let part = 1.0 - 1.0 / dispersion;
    // The chance of `count + 1` over that of `count`, times `count + 1`.
    let over = |count: f64| size.map_or(mean, |size| (count + size) * part);
    let (above, start) = if count as f64 > mean { (true, count) } else { (false, count - 1) };
    let mut at = start as f64;
    let mut term = ln_chance(at).exp();
    let mut total = term;
    while !is_negligible(term, total) && (above || at > 0.0) {
        if above {
            term *= over(at) / (at + 1.0);
            at += 1.0;
        } else {
            at -= 1.0;
            term *= (at + 1.0) / over(at);
        }
        total += term;
    }
    if above { total.min(1.0) } else { (1.0 - total).max(0.0) }
}

/// Whether terms from here on change nothing. Under the smallest normal number they may shrink no more: half of the last bit
/// rounds to the last bit, and a sum that waited for 0 would never end.
fn is_negligible(term: f64, total: f64) -> bool {
    // What is no number ends it too.
    term <= NEGLIGIBLE * total || term < f64::MIN_POSITIVE || term.is_nan()
}

fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strata() -> [Stratum; 4] {
        let of = |green_total, blue_total, green, blue, dispersion| Stratum {
            green_total,
            blue_total,
            green,
            blue,
            dispersion,
        };
        [of(1.0, 9.0, 6, 31, 1.0), of(1.0, 3.0, 6, 31, 2.0), of(2.0, 3.0, 12, 9, 5.0), of(3.0, 1.0, 2, 1, 3.0)]
    }

    /// Of every count: each step is the ratio of two chances, and the tails are their sums, on either side of the mean.
    #[test]
    fn the_tails_of_a_split_are_the_sums_of_its_chances() {
        for stratum in strata() {
            for ratio in [0.5, 1.25, 4.0] {
                let split = stratum.split(ratio);
                let chances: Vec<f64> = (0..=split.sum).map(|green| split.ln_chance(green).exp()).collect();
                assert!((chances.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{stratum:?}");
                let mut at_least = 1.0;
                for (green, chance) in (0..=split.sum).zip(&chances) {
                    assert!((split.at_least(green) - at_least).abs() < 1e-12, "{green} of {split:?}");
                    assert!((split.at_most(green) - (1.0 - at_least + chance)).abs() < 1e-12, "{green} of {split:?}");
                    if green < split.sum {
                        let next = split.ln_chance(green + 1).exp();
                        assert!((split.next(green, *chance) - next).abs() < 1e-12, "{green} of {split:?}");
                    }
                    at_least -= chance;
                }
            }
        }
    }

    /// What the size follows from is the sum, a fifth of its standard error less, but half of it and half a count at least.
    #[test]
    fn the_size_of_a_split_is_taken_from_the_sum_with_caution() {
        let size = |green, blue, dispersion| {
            Stratum { green_total: 1.0, blue_total: 3.0, green, blue, dispersion }.split(1.0).size
        };
        let near = |size: Option<f64>, expected: f64| (size.unwrap() - expected).abs() < 1e-12;
        assert!(near(size(30, 70, 3.0), (100.0 - 0.2 * 2.0 * 300.0f64.sqrt()) / 2.0));
        assert!(near(size(4, 6, 5.0), 5.0 / 4.0), "half of the sum");
        assert!(near(size(0, 0, 5.0), 0.5 / 4.0), "half a count");
        assert_eq!(size(30, 70, 1.0), None);
    }

    /// Three regions, by every way in which their parts can add up.
    #[test]
    fn the_pools_chance_is_that_of_all_ways_to_its_sum() {
        let [one, two, three, four] = strata();
        for (strata, ratio) in [([two, three, four], 1.25), ([one, two, four], 0.8), ([one, three, four], 3.0)] {
            let seen: u64 = strata.iter().map(|stratum| stratum.green).sum();
            let [a, b, c] = strata.map(|stratum| stratum.split(ratio));
            let (mut above, mut below) = (0.0, 0.0);
            for x in 0..=a.sum {
                for y in 0..=b.sum {
                    for z in 0..=c.sum {
                        let chance = (a.ln_chance(x) + b.ln_chance(y) + c.ln_chance(z)).exp();
                        above += if x + y + z >= seen { chance } else { 0.0 };
                        below += if x + y + z <= seen { chance } else { 0.0 };
                    }
                }
            }
            assert!((pooled_chance(&strata, ratio, Side::Above) - above).abs() < 1e-9, "{strata:?}");
            assert!((pooled_chance(&strata, ratio, Side::Below) - below).abs() < 1e-9, "{strata:?}");
        }
    }
}
