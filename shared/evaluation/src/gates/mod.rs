//! The gates: each turns numbers into a verdict and a finding; [`crate::wording`] makes a sentence of it.
//!
//! A gate that compares with the champion is a non-inferiority test. With the difference counted so that above 0 is
//! worse, and its confidence interval:
//!
//! - `Pass`: the interval's worse end is within the margin. Being worse by the margin or more is ruled out.
//! - `Fail`: the estimate is past the margin, and the interval rules out "no worse".
//! - `Inconclusive`: everything else; too few records to tell.
//!
//! Only what costs somebody something is a difference above 0: a statistic that has an ideal counts by its distance from it, and
//! one that merely moves (a distribution of scores, the reasons) is advisory.
//!
//! Every comparison is written as "passes if within", so that a number that cannot be compared never passes.

mod holdout;
mod leaks;
mod quality;
mod rates;
mod sanity;
mod shift;

use crate::evaluation::{Gate, ReasonsShift};
use crate::finding::{Cut, Finding, Mend, Reference, Statistic};
use crate::stats::distributions::normal_quantile;
use crate::subset::Subset;
pub(crate) use holdout::holdout;
pub(crate) use leaks::{Suspects, leaks};
use meridian_judge::{EvaluationPolicy, GateMode, Verdict};
pub(crate) use rates::threshold_at_alert_rate;
pub(crate) use sanity::Used;
pub(crate) use shift::reasons;

/// A gate that is asked of the whole set and of every region: its mode in the policy, and itself.
type Comparison = (fn(&EvaluationPolicy) -> GateMode, fn(&Ask<'_>) -> Option<Gate>);

/// Every gate of [`compare`], in the order asked. Those of the regions share [`EvaluationPolicy::region_alpha`].
const COMPARISONS: [Comparison; 10] = [
    (|policy| policy.auc, quality::auc),
    (|policy| policy.false_positive_rate, rates::false_positive_rate),
    (|policy| policy.recall, rates::recall),
    (|policy| policy.false_positive_rate_at_alert_rate, rates::false_positive_rate_at_alert_rate),
    (|policy| policy.recall_at_alert_rate, rates::recall_at_alert_rate),
    (|policy| policy.calibration_slope, quality::calibration_slope),
    (|policy| policy.calibration_intercept, quality::calibration_intercept),
    (|policy| policy.brier, quality::brier_score),
    (|policy| policy.score_shift, shift::score_shift),
    (|policy| policy.score_distance, shift::score_distance),
];

/// One subset's records, and how sure its gates must be.
pub(crate) struct Ask<'a> {
    pub subset: &'a Subset,
    pub policy: &'a EvaluationPolicy,
    /// The challenger's threshold that keeps the champion's alert rate on the whole set.
    pub matched_threshold: Option<f64>,
    /// Chance of a wrong finding to one side.
    alpha: f64,
    /// What margins are multiplied with.
    stretch: f64,
    floor: u64,
}

impl<'a> Ask<'a> {
    /// About all records. Every required gate must pass by itself, so that each may use the whole of `alpha`: a bad
    /// challenger gets through only where *its* gate errs (an intersection-union test; Berger 1982, Technometrics 24,
    /// 295-300).
    pub fn whole(subset: &'a Subset, policy: &'a EvaluationPolicy, matched_threshold: Option<f64>) -> Ask<'a> {
        let (alpha, floor) = (policy.alpha, policy.min_positives);
        Ask { subset, policy, matched_threshold, alpha, stretch: 1.0, floor }
    }

    /// About each region. One region's one gate is enough to condemn, so `region_alpha` is split evenly over all gates
    /// that are asked of all regions with enough positives (Bonferroni): the intervals hold all at once.
    pub fn regions(
        subsets: &'a [Subset],
        policy: &'a EvaluationPolicy,
        matched_threshold: Option<f64>,
    ) -> Vec<Ask<'a>> {
        let floor = policy.min_region_positives;
        let regions = subsets.iter().filter(|subset| subset.positives().min(subset.negatives()) >= floor).count();
        let asked = COMPARISONS.iter().filter(|(mode, _)| mode(policy) != GateMode::Off).count();
        let alpha = policy.region_alpha / (regions * asked).max(1) as f64;
        let ask = |subset| Ask { subset, policy, matched_threshold, alpha, stretch: policy.region_margin, floor };
        subsets.iter().map(ask).collect()
    }

    /// Standard errors to either side of an interval.
    fn z(&self) -> f64 {
        -normal_quantile(self.alpha)
    }

    /// Confidence of the two-sided interval.
    fn level(&self) -> f64 {
        1.0 - 2.0 * self.alpha
    }

    /// A gate without numbers yet, which stays so where the statistic cannot be estimated; `None` where it is off.
    fn gate(&self, statistic: Statistic, mode: GateMode) -> Option<Gate> {
        let region = self.subset.region.clone();
        let mode = if region.is_some() { mode.min(self.policy.regions) } else { mode };
        let gate = || open(statistic.key(), mode, Finding::NotEstimable { statistic });
        (mode != GateMode::Off).then(|| Gate { region, ..gate() })
    }

    /// Why nothing can be concluded about this subset, if so.
    fn too_few(&self) -> Option<Finding> {
        let (positives, negatives, floor) = (self.subset.positives(), self.subset.negatives(), self.floor);
        (positives.min(negatives) < floor).then_some(Finding::TooFew { positives, negatives, floor })
    }

    /// Judges a difference. Under the floor of positives nothing is concluded, and a region's gate is advisory.
    fn judged(&self, gate: Gate, statistic: Statistic, compared: Option<Compared>) -> Gate {
        let Some(compared) = compared else {
            return unheard(gate, self.too_few().unwrap_or(Finding::NotEstimable { statistic }));
        };
        let Compared { challenger, champion, with, cut, mend, difference, interval, allowed } = compared;
        let numbers = Gate {
            challenger: finite(challenger),
            champion: champion.and_then(finite),
            difference: finite(difference),
            allowed: finite(allowed),
            ..gate
        };
        if let Some(too_few) = self.too_few() {
            return unheard(numbers, too_few);
        }
        let verdict = no_worse(difference, interval, allowed);
        let mend = mend.filter(|_| verdict != Verdict::Pass);
        let finding = Finding::Compared { statistic, with, cut, mend };
        let interval = finite(interval[0]).zip(finite(interval[1])).map(|(low, high)| [low, high]);
        Gate { verdict, interval, level: Some(self.level()), finding, ..numbers }
    }
}

/// Every gate that compares both models on one subset, or for a first release holds the challenger to absolute bounds.
pub(crate) fn compare(ask: &Ask<'_>) -> Vec<Gate> {
    COMPARISONS.iter().filter_map(|(_, gate)| gate(ask)).collect()
}

/// The gates on the challenger's own outputs and the held-out set's columns.
pub(crate) fn sanity(margins: &[f32], scores: &[f32], used: &Used<'_>, policy: &EvaluationPolicy) -> Vec<Gate> {
    let gates = [sanity::finite(margins, policy), sanity::constant(scores, policy)];
    gates.into_iter().flatten().chain(sanity::missing(used, policy)).collect()
}

/// The reasons gate, with the comparison that it rests on.
pub(crate) type Explained = (Option<Gate>, Option<ReasonsShift>);

/// A difference to what the challenger is compared with, above 0 where the challenger is worse.
#[derive(Clone, Copy)]
struct Compared {
    challenger: f64,
    /// The champion's number, where it is one of the champion's that counts.
    champion: Option<f64>,
    with: Reference,
    cut: Option<Cut>,
    /// What would mend the challenger's number, if it is not within the margin.
    mend: Option<Mend>,
    difference: f64,
    interval: [f64; 2],
    allowed: f64,
}

fn no_worse(difference: f64, [low, high]: [f64; 2], allowed: f64) -> Verdict {
    if high <= allowed {
        Verdict::Pass
    } else if difference > allowed && low > 0.0 {
        Verdict::Fail
    } else {
        Verdict::Inconclusive
    }
}

/// A gate on the whole set that concludes nothing yet.
pub(crate) fn open(name: &str, mode: GateMode, finding: Finding) -> Gate {
    Gate {
        name: name.to_owned(),
        region: None,
        mode,
        verdict: Verdict::Inconclusive,
        challenger: None,
        champion: None,
        difference: None,
        interval: None,
        allowed: None,
        level: None,
        finding,
    }
}

/// A gate about which nothing is concluded. In a region that is no reason to hold a release back.
fn unheard(gate: Gate, finding: Finding) -> Gate {
    let mode = if gate.region.is_some() { GateMode::Advisory } else { gate.mode };
    Gate { verdict: Verdict::Inconclusive, mode, finding, ..gate }
}

/// JSON has no NaN and no infinity.
fn finite(number: f64) -> Option<f64> {
    Some(number).filter(|number| number.is_finite())
}

fn pass_if(holds: bool) -> Verdict {
    if holds { Verdict::Pass } else { Verdict::Fail }
}
