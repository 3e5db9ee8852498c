//! How far a feature's values lie from those of other records.

use super::distributions::chi_square_quantile;

/// Bins of the population stability index, by the reference's deciles.
const BINS: usize = 10;
/// An index from which on a difference is worth a look, if chance does not explain it (Siddiqi 2006, "Credit Risk
/// Scorecards": below 0.10 nothing significant, to 0.25 some, above it much).
pub(crate) const WORTH_A_LOOK: f64 = 0.1;

/// Where a value of a feature is counted. The first bin is that of missing values.
#[derive(Clone, Debug, PartialEq)]
enum Bins {
    /// A bin for each of at most ten values, and one for any other.
    Values(Vec<f32>),
    /// Bins that end with these values, ascending, and one for what is larger than all.
    Ends(Vec<f32>),
}

impl Bins {
    /// For values in ascending order, none of them missing.
    fn of(sorted: &[f32]) -> Bins {
        let mut values: Vec<f32> = Vec::new();
        for value in sorted {
            if values.last() != Some(value) {
                values.push(*value);
            }
            if values.len() > BINS {
                return Bins::Ends(deciles(sorted));
            }
        }
        Bins::Values(values)
    }

    fn len(&self) -> usize {
        let (Bins::Values(values) | Bins::Ends(values)) = self;
        values.len() + 2
    }

    fn count(&self, value: f32, counts: &mut [u64]) {
        if let Some(count) = counts.get_mut(self.place(value)) {
            *count += 1;
        }
    }

    fn place(&self, value: f32) -> usize {
        match self {
            _ if value.is_nan() => 0,
            Bins::Values(values) => 1 + values.iter().position(|own| *own == value).unwrap_or(values.len()),
            Bins::Ends(ends) => 1 + ends.partition_point(|end| *end < value),
        }
    }
}

/// The values at and below which there are one, two, to nine tenths of all; each once.
fn deciles(sorted: &[f32]) -> Vec<f32> {
    let at = |tenth: usize| sorted.get((tenth * sorted.len()).div_ceil(BINS).checked_sub(1)?).copied();
    let mut deciles: Vec<f32> = (1..BINS).filter_map(at).collect();
    deciles.dedup();
    deciles
}

/// A feature of the reference: its bins, and how many records are in each.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    bins: Bins,
    counts: Vec<u64>,
}

impl Column {
    /// Takes the values, NaN where one is missing, and leaves nothing of them that is of use.
    pub fn of(values: &mut Vec<f32>) -> Column {
        let rows = values.len();
        values.retain(|value| !value.is_nan());
        values.sort_unstable_by(f32::total_cmp);
        let bins = Bins::of(values);
        let mut counts = vec![0; bins.len()];
        let missing = (values.len()..rows).map(|_| f32::NAN);
        values.iter().copied().chain(missing).for_each(|value| bins.count(value, &mut counts));
        Column { bins, counts }
    }

    /// Counts of no records.
    pub fn nothing(&self) -> Vec<u64> {
        vec![0; self.bins.len()]
    }

    /// Counts one more value.
    pub fn count(&self, value: f32, counts: &mut [u64]) {
        self.bins.count(value, counts);
    }

    /// How far these counts lie from the reference's.
    pub fn distance(&self, counts: &[u64]) -> Distance {
        Distance::new(&self.counts, counts)
    }
}

/// The population stability index of two samples, beside what chance does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Distance {
    /// The population stability index (PSI).
    pub index: f64,
    /// The 95 % quantile of what two samples of one distribution show.
    pub noise: f64,
    /// Share of missing values in the reference, and in the other sample.
    pub missing: [f64; 2],
}

impl Distance {
    /// The sum over the bins of (q - p) ln(q / p), p the reference's share and q the other's (Lewis 1994, "An Introduction to
    /// Credit Scoring"; Siddiqi 2006, "Credit Risk Scorecards"). The bins hold a tenth of the reference's values each (fewer
    /// where values tie); at most ten different values have a bin each, and any other value another. Missing values have a
    /// bin of their own. A bin that is empty in one sample counts as half a record there.
    ///
    /// The noise is (1/n + 1/m) chi-square with bins - 1 degrees of freedom (Yurdakul and Naranjo 2020, "Statistical
    /// properties of the population stability index", Journal of Risk Model Validation 14, 89-100).
    fn new(before: &[u64], after: &[u64]) -> Distance {
        let rows = |counts: &[u64]| counts.iter().sum::<u64>().max(1) as f64;
        let (n, m) = (rows(before), rows(after));
        let share = |count: u64, rows: f64| (count as f64).max(0.5) / rows;
        let is_used = |(before, after): &(&u64, &u64)| **before > 0 || **after > 0;
        let used = before.iter().zip(after).filter(is_used);
        let pairs: Vec<(f64, f64)> = used.map(|(before, after)| (share(*before, n), share(*after, m))).collect();
        let noise = match pairs.len().saturating_sub(1) {
            0 => 0.0,
            degrees => (1.0 / n + 1.0 / m) * chi_square_quantile(0.95, degrees),
        };
        let missing = |counts: &[u64], rows: f64| counts.first().map_or(0.0, |count| *count as f64 / rows);
        Distance {
            index: pairs.iter().map(|(p, q)| (q - p) * (q / p).ln()).sum(),
            noise,
            missing: [missing(before, n), missing(after, m)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(before: &[f32], after: &[f32]) -> Distance {
        let column = Column::of(&mut before.to_vec());
        let mut counts = column.nothing();
        after.iter().for_each(|value| column.count(*value, &mut counts));
        column.distance(&counts)
    }

    fn numbers(count: usize, make: impl Fn(f32) -> f32) -> Vec<f32> {
        (0..count).map(|i| make(i as f32)).collect()
    }

    #[test]
    fn the_index_is_that_of_the_formula() {
        let before = numbers(100, |i| if i < 50.0 { 0.0 } else { 1.0 });
        let after = numbers(100, |i| if i < 25.0 { 0.0 } else { 1.0 });
        let found = distance(&before, &after);
        assert!((found.index - (0.25 * 2_f64.ln() + 0.25 * 1.5_f64.ln())).abs() < 1e-12, "{found:?}");
        // The 95 % quantile of chi-square with one degree of freedom is 3.841.
        assert!((found.noise - 0.02 * 3.841).abs() < 1e-3, "{found:?}");
        assert_eq!(distance(&before, &before).index, 0.0);
    }

    #[test]
    fn bins_are_deciles_that_hold_a_tenth_each() {
        let column = Column::of(&mut numbers(1_000, |i| 999.0 - i));
        assert_eq!(column.counts, [0, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100]);
        let ends: Vec<f32> = (1..10).map(|tenth| tenth as f32 * 100.0 - 1.0).collect();
        assert_eq!(column.bins, Bins::Ends(ends));
    }

    #[test]
    fn a_value_that_most_records_have_hides_nothing() {
        // 95 % zeros, the rest all different: every decile is 0.
        let sparse = |share: f32| numbers(1_000, move |i| if i < 1_000.0 * share { 0.0 } else { i });
        let found = distance(&sparse(0.95), &sparse(0.5));
        assert!(found.index > 0.5 && found.index > found.noise, "{found:?}");
        // A constant that became another one.
        let found = distance(&[3.0; 200], &[2.0; 200]);
        assert!(found.index > 1.0, "{found:?}");
        // A rare value of few.
        let rare = |one: f32| numbers(1_000, move |i| if i < 970.0 { 0.0 } else { one });
        assert!(distance(&rare(1.0), &rare(2.0)).index > 0.1);
    }

    #[test]
    fn missing_values_are_a_bin() {
        let holes = |count: f32| numbers(400, move |i| if i < count { f32::NAN } else { i % 7.0 });
        let found = distance(&holes(0.0), &holes(100.0));
        assert_eq!(found.missing, [0.0, 0.25]);
        assert!(found.index > WORTH_A_LOOK, "{found:?}");
        let all = [f32::NAN; 50];
        assert_eq!(distance(&all, &all), Distance { index: 0.0, noise: 0.0, missing: [1.0, 1.0] });
    }

    #[test]
    fn two_samples_of_one_distribution_are_within_the_noise() {
        let spread = |offset: f32| numbers(2_000, move |i| ((i + offset) * 0.618_034).fract());
        let found = distance(&spread(0.0), &spread(5_000.0));
        assert!(found.index < found.noise && found.noise < 0.02, "{found:?}");
    }
}
