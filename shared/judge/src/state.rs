//! One metric's tests, which take one minute at a time.

use crate::counts::MinuteCounts;
use crate::outcome::{Look, Tally, Watch, WatchStage};
use crate::policy::{Gauge, JudgePolicy};
use crate::process::{AbsoluteBound, Comparison, LogE, Side};
use crate::scatter::Scatter;

/// The tests that one metric is put to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tests {
    /// Green's ratio is above what fails.
    worse: Comparison,
    /// ... or under it, where a change either way is bad.
    lower: Option<Comparison>,
    /// Green's own rate is above its bound.
    over_bound: Option<AbsoluteBound>,
}

impl Tests {
    pub(super) fn new(policy: &JudgePolicy, gauge: Gauge) -> Self {
        let dispersion = gauge.dispersion;
        let compare = |tolerance, side| Comparison { tolerance, side, dispersion };
        Self {
            worse: compare(policy.tolerance_fail, Side::Above),
            lower: gauge.two_sided.then(|| compare(1.0 / policy.tolerance_fail, Side::Below)),
            over_bound: gauge.max.map(|bound| AbsoluteBound { bound, dispersion }),
        }
    }

    /// What one minute adds to every test. Before the warm-up's end only blue's scatter is of interest.
    fn minute(&self, counts: &MinuteCounts, watch: &Watch) -> Sums {
        let mut sums = Sums::default();
        let number = |count: u64| count as f64;
        let witness = watch.stage == WatchStage::Canary || counts.minute < 0;
        if let Some(blue) = counts.blue.filter(|blue| witness && blue.total > 0) {
            sums.blue_scatter = Scatter::minute(number(blue.total), number(blue.bad));
        }
        if counts.minute < watch.warm_up {
            return sums;
        }
        if let Some(green) = counts.green.filter(|green| green.total > 0) {
            let arm = (number(green.total), number(green.bad));
            sums.served.add(green);
            sums.served_minutes = 1;
            sums.served_scatter = Scatter::minute(arm.0, arm.1);
            sums.over_bound = self.over_bound.map(|test| test.minute(arm)).unwrap_or_default();
        }
        let Some((green, blue)) = counts.pair() else { return sums };
        let (one, other) = ((number(green.total), number(green.bad)), (number(blue.total), number(blue.bad)));
        sums.minutes = 1;
        sums.green.add(green);
        sums.blue.add(blue);
        sums.green_scatter = Scatter::minute(one.0, one.1);
        if one.1 + other.1 > 0.0 {
            sums.shared_scatter = Scatter::minute(one.1 + other.1, one.1);
        }
        if counts.minute < watch.last_look {
            sums.planned = Look { green: sums.green, blue: sums.blue };
        }
        sums.worse = self.worse.minute(one, other);
        sums.lower = self.lower.map(|test| test.minute(one, other)).unwrap_or_default();
        if let (Some(green_instances), Some(blue_instances)) = (green.instances, blue.instances) {
            sums.green_load = one.0 / f64::from(green_instances.get());
            sums.blue_load = other.0 / f64::from(blue_instances.get());
        }
        sums
    }

    /// True if a change either way is bad.
    pub(super) fn is_two_sided(&self) -> bool {
        self.lower.is_some()
    }
}

/// What the minutes of one metric add up to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    /// Minutes in which both arms served.
    pub minutes: u32,
    /// Green's requests and bad answers in these minutes.
    pub green: Tally,
    /// Blue's, in the same minutes.
    pub blue: Tally,
    /// Both in those that the planned look covers.
    pub planned: Look,
    /// Green in all minutes.
    pub served: Tally,
    pub served_minutes: u32,
    pub served_scatter: Scatter,
    pub worse: LogE,
    pub lower: LogE,
    pub over_bound: LogE,
    /// Requests per instance, summed over minutes whose instances are told.
    pub green_load: f64,
    pub blue_load: f64,
    pub green_scatter: Scatter,
    pub blue_scatter: Scatter,
    /// Of green's bad requests among both arms' in a minute: what both share from minute to minute does not show in it.
    pub shared_scatter: Scatter,
}

impl Sums {
    fn add(&mut self, more: &Self) {
        self.minutes += more.minutes;
        self.served_minutes += more.served_minutes;
        self.served_scatter.add(&more.served_scatter);
        for (sum, more) in [
            (&mut self.green, more.green),
            (&mut self.blue, more.blue),
            (&mut self.served, more.served),
            (&mut self.planned.green, more.planned.green),
            (&mut self.planned.blue, more.planned.blue),
        ] {
            sum.total = sum.total.saturating_add(more.total);
            sum.bad = sum.bad.saturating_add(more.bad);
        }
        self.worse += more.worse;
        self.lower += more.lower;
        self.over_bound += more.over_bound;
        self.green_load += more.green_load;
        self.blue_load += more.blue_load;
        self.green_scatter.add(&more.green_scatter);
        self.blue_scatter.add(&more.blue_scatter);
        self.shared_scatter.add(&more.shared_scatter);
    }
}

/// One metric's minutes and their sums.
#[derive(Clone, Debug)]
pub(super) struct MetricState {
    pub tests: Tests,
    watch: Watch,
    minutes: Vec<(MinuteCounts, Sums)>,
    pub sums: Sums,
}

impl MetricState {
    pub(super) fn new(tests: Tests, watch: Watch) -> Self {
        Self { tests, watch, minutes: Vec::new(), sums: Sums::default() }
    }

    /// Takes a minute, or a later version of one. Sums are always those of the minutes in order of time, to the last bit.
    pub(super) fn take(&mut self, counts: &MinuteCounts) {
        let sums = self.tests.minute(counts, &self.watch);
        let entry = (*counts, sums);
        if self.minutes.last().is_none_or(|(last, _)| last.minute < counts.minute) {
            self.minutes.push(entry);
            self.sums.add(&sums);
            return;
        }
        match self.minutes.binary_search_by_key(&counts.minute, |(known, _)| known.minute) {
            Ok(at) => {
                if let Some(known) = self.minutes.get_mut(at) {
                    *known = entry;
                }
            }
            Err(at) => self.minutes.insert(at, entry),
        }
        self.sums = Sums::default();
        for (_, sums) in &self.minutes {
            self.sums.add(sums);
        }
    }

    /// The minutes that count, in order of time.
    pub(super) fn minutes(&self) -> impl Iterator<Item = &MinuteCounts> + Clone {
        let counted = self.minutes.iter().map(|(counts, _)| counts);
        counted.filter(|counts| counts.minute >= self.watch.warm_up)
    }
}
