//! Intervals for shares, and for the difference of two shares of the same records.

/// What two yes-or-no answers say about the same records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Paired {
    /// Records that both models scored.
    pub records: u64,
    /// Records on which both say yes.
    pub both: u64,
    /// Records on which only the first says yes.
    pub only_first: u64,
    /// Records on which only the second says yes.
    pub only_second: u64,
}

impl Paired {
    /// Counts what both answer to each record, the first one's answer first.
    pub fn count(answers: impl Iterator<Item = (bool, bool)>) -> Paired {
        let mut counts = Paired::default();
        for (first, second) in answers {
            counts.add(first, second);
        }
        counts
    }

    /// Counts one more pair of answers.
    pub fn add(&mut self, first: bool, second: bool) {
        self.records += 1;
        self.both += u64::from(first && second);
        self.only_first += u64::from(first && !second);
        self.only_second += u64::from(second && !first);
    }

    /// Share on which the first says yes; NaN without records.
    pub fn first(&self) -> f64 {
        (self.both + self.only_first) as f64 / self.records as f64
    }

    /// Share on which the second says yes; NaN without records.
    pub fn second(&self) -> f64 {
        (self.both + self.only_second) as f64 / self.records as f64
    }

    /// The first share less the second; NaN without records.
    pub fn difference(&self) -> f64 {
        (self.only_first as f64 - self.only_second as f64) / self.records as f64
    }

    /// Tango's score interval of [`Paired::difference`] at `z` standard errors: Tango (1998), "Equivalence test and
    /// confidence interval for the difference in proportions for the paired-sample design", Statistics in Medicine 17,
    /// 891-908. It keeps its level where few records differ, or none, and the ordinary (Wald) interval does not.
    pub fn interval(&self, z: f64) -> [f64; 2] {
        let estimate = self.difference();
        // The score statistic falls as the assumed difference rises, so each end is found by bisection.
        let end = |bound: f64, side: f64| {
            let (mut inside, mut outside) = (estimate, bound);
            for _ in 0..100 {
                let middle = f64::midpoint(inside, outside);
                if side * self.score(middle) > z {
                    outside = middle;
                } else {
                    inside = middle;
                }
            }
            f64::midpoint(inside, outside)
        };
        [end(-1.0, 1.0), end(1.0, -1.0)]
    }

    /// The score statistic of "the difference is `delta`": observed less expected discordance, over its standard error
    /// with the nuisance share estimated under that hypothesis (Tango 1998, equations 8 to 10).
    fn score(&self, delta: f64) -> f64 {
        let (n, b, c) = (self.records as f64, self.only_first as f64, self.only_second as f64);
        let quadratic = 2.0 * n;
        let linear = -b - c + (2.0 * n - b + c) * delta;
        let constant = -c * delta * (1.0 - delta);
        let root = (linear * linear - 4.0 * quadratic * constant).max(0.0).sqrt();
        let share = (root - linear) / (2.0 * quadratic);
        let variance = n * (2.0 * share + delta * (1.0 - delta));
        let distance = b - c - n * delta;
        if distance == 0.0 { 0.0 } else { distance / variance.max(0.0).sqrt() }
    }
}

/// Wilson's score interval of `part / whole` at `z` standard errors (Wilson 1927, JASA 22, 209-212). All of 0 to 1
/// without records.
pub(crate) fn wilson(part: u64, whole: u64, z: f64) -> [f64; 2] {
    if whole == 0 {
        return [0.0, 1.0];
    }
    let n = whole as f64;
    let share = part as f64 / n;
    let centre = share + z * z / (2.0 * n);
    let spread = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    [((centre - spread) / scale).max(0.0), ((centre + spread) / scale).min(1.0)]
}
