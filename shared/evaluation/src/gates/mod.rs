//! The gates: each turns numbers into a verdict and one plain sentence.
//!
//! A gate that compares with the champion is a non-inferiority test. With the difference counted so that above 0 is
//! worse, and its confidence interval:
//!
//! - `Pass`: the interval's worse end is within the margin. Being worse by the margin or more is ruled out.
//! - `Fail`: the estimate is past the margin, and the interval rules out "no worse".
//! - `Inconclusive`: everything else; too few records to tell.
//!
//! Every comparison is written as "passes if within", so that a number that cannot be compared never passes.

mod holdout;
mod quality;
mod rates;
mod sanity;
mod shift;

use crate::evaluation::{Gate, ReasonsShift};
use crate::stats::distributions::normal_quantile;
use crate::subset::Subset;
pub(crate) use holdout::holdout;
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

    /// A gate without numbers yet; `None` where it is off.
    fn gate(&self, name: &str, mode: GateMode) -> Option<Gate> {
        let region = self.subset.region.clone();
        let mode = if region.is_some() { mode.min(self.policy.regions) } else { mode };
        (mode != GateMode::Off).then(|| Gate { region, mode, ..open(name, mode) })
    }

    /// Why nothing can be concluded about this subset, if so.
    fn too_few(&self) -> Option<String> {
        let (positives, negatives) = (self.subset.positives(), self.subset.negatives());
        let subject = self.subset.region.as_deref().unwrap_or("the held-out set");
        (positives.min(negatives) < self.floor).then(|| {
            format!(
                "{subject} has {positives} positives and {negatives} negatives; under {} of either, nothing is concluded",
                self.floor
            )
        })
    }

    /// The end of a sentence's subject: nothing for the whole set, `in brazil` for a region.
    fn place(&self) -> String {
        self.subset.region.as_ref().map_or(String::new(), |region| format!(" in {region}"))
    }

    /// Judges a difference to the champion. Under the floor of positives nothing is concluded, and a region's gate
    /// is advisory.
    fn judged(&self, gate: Gate, words: &Words<'_>, compared: Option<Compared>) -> Gate {
        let Some(compared) = compared else {
            let unknown = || format!("{} cannot be estimated from these records", words.subject);
            return unheard(gate, self.too_few().unwrap_or_else(unknown));
        };
        let Compared { challenger, champion, difference, interval, allowed, either_way } = compared;
        let numbers = Gate {
            challenger: finite(challenger),
            champion: finite(champion),
            difference: finite(difference),
            allowed: finite(allowed),
            ..gate
        };
        if let Some(reason) = self.too_few() {
            return unheard(numbers, reason);
        }
        let verdict =
            if either_way { unchanged(difference, interval, allowed) } else { no_worse(difference, interval, allowed) };
        let reason = words.sentence(&compared, verdict);
        let interval = finite(interval[0]).zip(finite(interval[1])).map(|(low, high)| [low, high]);
        Gate { verdict, interval, level: Some(self.level()), reason, ..numbers }
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

/// A difference to the champion, above 0 where the challenger is worse.
#[derive(Clone, Copy)]
struct Compared {
    challenger: f64,
    champion: f64,
    difference: f64,
    interval: [f64; 2],
    allowed: f64,
    /// A change is bad in either direction.
    either_way: bool,
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

fn unchanged(difference: f64, [low, high]: [f64; 2], allowed: f64) -> Verdict {
    if low >= -allowed && high <= allowed {
        Verdict::Pass
    } else if difference.abs() > allowed && (low > 0.0 || high < 0.0) {
        Verdict::Fail
    } else {
        Verdict::Inconclusive
    }
}

/// How a gate speaks of its numbers.
struct Words<'a> {
    /// `held-out AUC`.
    subject: String,
    /// What a difference above 0 and below 0 is called: `a drop of`, `a gain of`.
    worse: &'a str,
    better: &'a str,
    /// How a number, and a difference of numbers, is written.
    number: fn(f64) -> String,
    size: fn(f64) -> String,
}

impl Words<'_> {
    /// `held-out AUC 0.8550, champion 0.9176: a drop of 0.0626, more than the 0.0100 allowed`.
    fn sentence(&self, compared: &Compared, verdict: Verdict) -> String {
        let Compared { challenger, champion, difference, interval: [low, high], allowed, either_way } = *compared;
        let Words { subject, number, size, .. } = self;
        let moved = |by: f64| format!("{} {}", if by > 0.0 { self.worse } else { self.better }, size(by.abs()));
        let extreme = if either_way && low.abs() > high.abs() { low } else { high };
        let (found, limit) = (moved(difference), size(allowed));
        let comparison = match verdict {
            Verdict::Pass if extreme <= 0.0 && !either_way => found,
            Verdict::Pass => format!("{found}, at worst {}, within the {limit} allowed", moved(extreme)),
            Verdict::Fail => format!("{found}, more than the {limit} allowed"),
            Verdict::Inconclusive => {
                format!("{found}, but it may be {}, more than the {limit} allowed", moved(extreme))
            }
        };
        format!("{subject} {}, champion {}: {comparison}", number(challenger), number(champion))
    }
}

/// A gate on the whole set that has not been heard: nothing is concluded yet.
pub(crate) fn open(name: &str, mode: GateMode) -> Gate {
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
        reason: String::new(),
    }
}

/// A gate about which nothing is concluded. In a region that is no reason to hold a release back.
fn unheard(gate: Gate, reason: String) -> Gate {
    let mode = if gate.region.is_some() { GateMode::Advisory } else { gate.mode };
    Gate { verdict: Verdict::Inconclusive, mode, reason, ..gate }
}

/// JSON has no NaN and no infinity.
fn finite(number: f64) -> Option<f64> {
    Some(number).filter(|number| number.is_finite())
}

fn pass_if(holds: bool) -> Verdict {
    if holds { Verdict::Pass } else { Verdict::Fail }
}

fn decimal(number: f64) -> String {
    minus(&format!("{number:.4}"))
}

fn two_decimals(number: f64) -> String {
    minus(&format!("{number:.2}"))
}

/// People read a minus sign, not a hyphen; and no "-0.00".
fn minus(number: &str) -> String {
    let zero = number.chars().all(|letter| "-0.".contains(letter));
    number.replace('-', if zero { "" } else { "\u{2212}" })
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// A difference of two shares; "1 % more" could be read as a ratio.
fn points(difference: f64) -> String {
    format!("{:.2} points", 100.0 * difference)
}
