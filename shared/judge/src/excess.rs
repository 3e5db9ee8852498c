//! By how much green's rate may exceed blue's: the largest excess that the counts do not rule out.
//!
//! A ratio of two small rates is hard to bound and says little of what is lost: five times almost nothing is almost nothing.
//! The difference of the rates is what customers notice, and it is bounded well even where nobody saw one bad answer.
//!
//! # Formula and sources
//!
//! Each arm has its exact limits (Garwood 1936, "Fiducial limits for the Poisson distribution", Biometrika 28), here for a
//! count of mean *mu* and variance *phi mu* (the Gamma-Poisson law of `exact`): the upper limit *u* is the mean at which so
//! small a count has the chance *alpha*, the lower limit *l* the one at which so large a count has it. The limits of both
//! arms, per request, make one of the difference by the method of variance estimates recovery (Zou & Donner 2008,
//! "Construction of confidence limits about effect measures: a general approach", Statistics in Medicine 27; for rates of
//! counts: Li, Tang & Wong 2014, "Confidence intervals for ratio of two Poisson rates using the method of variance estimates
//! recovery", Computational Statistics 29): with g and b the rates that were seen,
//!
//! excess = g - b + sqrt((u_green - g)^2 + (b - l_blue)^2).
//!
//! The exact limits err on the safe side where counts are small, and that carries over: by enumeration of all counts the
//! bound is too low with a chance of at most alpha (`tests::an_excess_is_understated_no_more_often_than_its_level`).

use crate::exact::at_least;
use crate::outcome::Look;
use crate::process::Side;

/// Relative width at which a limit is found.
const PRECISE: f64 = 1e-7;
/// Steps of a search, at most; it needs about ten.
const STEPS: u32 = 100;

/// The largest excess of green's rate over blue's (of a `Side::Below`: of blue's over green's), in bad ones per request,
/// that a look does not rule out at `level`; 1 where an arm served nothing.
pub(super) fn largest(look: &Look, side: Side, level: f64, dispersion: f64) -> f64 {
    let (more, less) = match side {
        Side::Above => (look.green, look.blue),
        Side::Below => (look.blue, look.green),
    };
    if more.total == 0 || less.total == 0 {
        return 1.0;
    }
    let (more_total, less_total) = (more.total as f64, less.total as f64);
    let (high, low) = (more.bad as f64 / more_total, less.bad as f64 / less_total);
    let upper = upper_limit(more.bad, level, dispersion) / more_total;
    let lower = lower_limit(less.bad, level, dispersion) / less_total;
    let excess = high - low + (upper - high).hypot(low - lower);
    excess.clamp(0.0, 1.0)
}

/// The mean at which a count as small as `count` has the chance `level`.
fn upper_limit(count: u64, level: f64, dispersion: f64) -> f64 {
    let seen = count as f64;
    let width = (dispersion * (seen + 1.0)).sqrt();
    let is_rare = |mean: f64| at_least(count + 1, mean, dispersion) - (1.0 - level);
    let mut high = seen + 2.0 * width + dispersion;
    while is_rare(high) < 0.0 {
        high += 2.0 * width + dispersion;
    }
    root(seen.max(f64::MIN_POSITIVE), high, is_rare)
}

/// The mean at which a count as large as `count` has the chance `level`; 0 for none.
fn lower_limit(count: u64, level: f64, dispersion: f64) -> f64 {
    if count == 0 {
        return 0.0;
    }
    root(f64::MIN_POSITIVE, count as f64, |mean| at_least(count, mean, dispersion) - level)
}

/// Where a function that rises is 0, between a place where it is below and one where it is above: false position as of the
/// Illinois method (Dowell & Jarratt 1971, BIT 11), which never leaves the bracket.
fn root(low: f64, high: f64, rises: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = ((low, rises(low)), (high, rises(high)));
    if low.1 >= 0.0 {
        return low.0;
    }
    let mut last = 0_i8;
    for _ in 0..STEPS {
        if high.0 - low.0 <= PRECISE * high.0 {
            break;
        }
        let at = (low.0 * high.1 - high.0 * low.1) / (high.1 - low.1);
        // Rounding may put it on an end: then the middle does as well.
        let at = if at > low.0 && at < high.0 { at } else { f64::midpoint(low.0, high.0) };
        let value = rises(at);
        if value < 0.0 {
            low = (at, value);
            if last < 0 {
                high.1 /= 2.0;
            }
            last = -1;
        } else {
            high = (at, value);
            if last > 0 {
                low.1 /= 2.0;
            }
            last = 1;
        }
        if value == 0.0 || value.abs() < PRECISE * 1e-3 {
            return at;
        }
    }
    high.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Tally;

    fn near(seen: f64, wanted: f64) {
        assert!((seen / wanted - 1.0).abs() < 1e-5, "{seen} for {wanted}");
    }

    /// Garwood's table: 0 and 10 events, 95 % on either side.
    #[test]
    fn the_limits_of_poisson_counts_are_garwoods() {
        near(upper_limit(0, 0.05, 1.0), 2.995_732);
        near(upper_limit(10, 0.05, 1.0), 16.962_22);
        near(lower_limit(10, 0.05, 1.0), 5.425_406);
        near(upper_limit(10, 0.025, 1.0), 18.390_36);
        near(lower_limit(10, 0.025, 1.0), 4.795_389);
        assert_eq!(lower_limit(0, 0.05, 1.0), 0.0);
    }

    /// A mean mu at a dispersion of 2 leaves nothing with the chance 2^-mu; one bad one is at least there with the rest.
    #[test]
    fn the_limits_of_bursty_counts_follow_from_their_law() {
        near(upper_limit(0, 0.05, 2.0), 20.0f64.log2());
        near(lower_limit(1, 0.05, 2.0), -(0.95f64.log2()));
        for (count, level, dispersion) in [(3, 0.01, 2.0), (40, 0.05, 5.0), (2_700, 0.05, 2.0), (30_000, 0.01, 3.0)] {
            let (low, high) = (lower_limit(count, level, dispersion), upper_limit(count, level, dispersion));
            assert!((at_least(count, low, dispersion) / level - 1.0).abs() < 1e-4, "{count} {level} {dispersion}");
            assert!(((1.0 - at_least(count + 1, high, dispersion)) / level - 1.0).abs() < 1e-4, "{count} {dispersion}");
        }
    }

    #[test]
    fn an_arm_that_served_nothing_rules_nothing_out() {
        let served = Tally { total: 1_000_000, bad: 0 };
        for (green, blue) in [(Tally::default(), served), (served, Tally::default())] {
            assert_eq!(largest(&Look { green, blue }, Side::Above, 0.05, 2.0), 1.0);
        }
        let few = Look { green: Tally { total: 3, bad: 0 }, blue: served };
        assert_eq!(largest(&few, Side::Above, 0.05, 2.0), 1.0, "three answers say next to nothing");
    }
}
