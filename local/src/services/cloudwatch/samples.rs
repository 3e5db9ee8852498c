//! What CloudWatch keeps of a metric, and the statistics over it.

/// Samples as values with their counts, by value: exact for what few values describe (0 and 1, a heartbeat), a fine
/// histogram for latencies.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Samples(Vec<(f64, f64)>);

impl Samples {
    /// Samples of these values and counts; what is not a number or not positive in count is left out.
    pub fn new(values: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let mut samples = Samples::default();
        samples.add(values);
        samples
    }

    /// Adds further samples.
    pub fn add(&mut self, values: impl IntoIterator<Item = (f64, f64)>) {
        self.0.extend(values.into_iter().filter(|(value, count)| value.is_finite() && *count > 0.0));
        self.0.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        self.0.dedup_by(|(value, count), (kept, total)| {
            let same = value == kept;
            if same {
                *total += *count;
            }
            same
        });
    }

    /// Adds all samples of another set.
    pub fn merge(&mut self, other: &Samples) {
        self.add(other.0.iter().copied());
    }

    /// The samples in two parts: a share of them, and the others. `dither` in `[0, 1)` decides where fractions go.
    pub fn split(self, share: f64, dither: f64) -> (Samples, Samples) {
        let (mut seen, mut taken) = (0.0, 0.0_f64);
        let mut parts = (Vec::new(), Vec::new());
        for (value, count) in self.0 {
            seen += count;
            let first = ((seen * share + dither).floor() - taken).clamp(0.0, count);
            taken += first;
            parts.0.push((value, first));
            parts.1.push((value, count - first));
        }
        (Samples::new(parts.0), Samples::new(parts.1))
    }

    pub fn count(&self) -> f64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    fn sum(&self) -> f64 {
        self.0.iter().map(|(value, count)| value * count).sum()
    }

    /// Samples `v` with `low < v <= high`, as CloudWatch has the bounds of `TC` and `PR`.
    pub fn within(&self, low: Option<f64>, high: Option<f64>) -> f64 {
        let inside = |value: f64| low.is_none_or(|low| low < value) && high.is_none_or(|high| value <= high);
        // Nothing sums up to -0 in Rust, and would be written so.
        self.0.iter().filter(|(value, _)| inside(*value)).map(|(_, count)| count).sum::<f64>() + 0.0
    }

    fn percentile(&self, percent: f64) -> Option<f64> {
        let wanted = self.count() * percent / 100.0;
        let mut seen = 0.0;
        for (value, count) in &self.0 {
            seen += count;
            if seen >= wanted {
                return Some(*value);
            }
        }
        self.0.last().map(|(value, _)| *value)
    }
}

/// What the samples of a period are reduced to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Statistic {
    SampleCount,
    Sum,
    Average,
    Minimum,
    Maximum,
    /// `p99`: 0 to 100.
    Percentile(f64),
    /// `TC(a:b)`: how many samples lie in the range.
    Count(Option<f64>, Option<f64>),
    /// `PR(a:b)`: per cent of the samples that lie in the range.
    Rank(Option<f64>, Option<f64>),
}

impl Statistic {
    /// CloudWatch's spelling of it (User Guide, "CloudWatch statistics definitions").
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(percent) = text.strip_prefix('p') {
            let percent: f64 = percent.parse().ok()?;
            return (percent > 0.0 && percent <= 100.0).then_some(Statistic::Percentile(percent));
        }
        if let Some((name, range)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) {
            let (low, high) = range.split_once(':')?;
            let bound = |text: &str| match text {
                "" => Some(None),
                number => number.parse().ok().map(Some),
            };
            let (low, high) = (bound(low)?, bound(high)?);
            return match name {
                "TC" => Some(Statistic::Count(low, high)),
                "PR" => Some(Statistic::Rank(low, high)),
                _ => None,
            };
        }
        Some(match text {
            "SampleCount" => Statistic::SampleCount,
            "Sum" => Statistic::Sum,
            "Average" => Statistic::Average,
            "Minimum" => Statistic::Minimum,
            "Maximum" => Statistic::Maximum,
            _ => return None,
        })
    }

    /// The statistic of some samples; none where there are no samples.
    pub fn of(self, samples: &Samples) -> Option<f64> {
        let count = samples.count();
        if count <= 0.0 {
            return None;
        }
        match self {
            Statistic::SampleCount => Some(count),
            Statistic::Sum => Some(samples.sum()),
            Statistic::Average => Some(samples.sum() / count),
            Statistic::Minimum => samples.0.first().map(|(value, _)| *value),
            Statistic::Maximum => samples.0.last().map(|(value, _)| *value),
            Statistic::Percentile(percent) => samples.percentile(percent),
            Statistic::Count(low, high) => Some(samples.within(low, high)),
            Statistic::Rank(low, high) => Some(100.0 * samples.within(low, high) / count),
        }
    }

    /// Samples that a percentile needs to be statistically significant, by CloudWatch's rule for
    /// `EvaluateLowSampleCountPercentile`: `10 / (1 - p)` above the median, `10 / p` below it.
    pub fn significant_from(self) -> f64 {
        match self {
            Statistic::Percentile(percent) if percent >= 100.0 => f64::INFINITY,
            Statistic::Percentile(percent) if percent > 50.0 => 1000.0 / (100.0 - percent),
            Statistic::Percentile(percent) => 1000.0 / percent,
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_those_of_the_samples() {
        let samples = Samples::new([(1.0, 90.0), (20_000.0, 5.0), (30_000.0, 5.0), (f64::NAN, 1.0)]);
        let of = |text: &str| Statistic::parse(text).and_then(|statistic| statistic.of(&samples));
        assert_eq!(of("SampleCount"), Some(100.0));
        assert_eq!(of("Sum"), Some(250_090.0));
        assert_eq!(of("p90"), Some(1.0));
        assert_eq!(of("p95"), Some(20_000.0));
        assert_eq!(of("p99"), Some(30_000.0));
        assert_eq!(of("TC(20000:)"), Some(5.0), "the lower bound is exclusive");
        assert!(
            of("TC(1000000:)").is_some_and(|none| none == 0.0 && none.is_sign_positive()),
            "none is not minus none"
        );
        assert_eq!(of("TC(:20000)"), Some(95.0), "the upper bound is inclusive");
        assert_eq!(of("PR(0:20000)"), Some(95.0));
        assert_eq!(of("Maximum"), Some(30_000.0));
    }

    #[test]
    fn two_parts_are_the_whole() {
        let samples = Samples::new([(0.0, 997.0), (1.0, 3.0)]);
        let (first, mut rest) = samples.clone().split(0.9, 0.5);
        assert_eq!(first.count(), 900.0);
        rest.merge(&first);
        assert_eq!(rest, samples);
        assert_eq!(samples.clone().split(1.0, 0.99), (samples, Samples::default()));
    }

    #[test]
    fn nonsense_is_not_a_statistic() {
        for text in ["", "p", "p0", "p101", "TC()", "TC(a:b)", "XX(1:2)", "average", "TC(1:2"] {
            assert_eq!(Statistic::parse(text), None, "{text}");
        }
    }
}
