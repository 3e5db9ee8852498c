//! The gates on captured requests. Each holds the interval of a difference against a margin: within it passes, beyond it fails, and
//! one that reaches over the margin says too little. A bare test of "no difference" would reject a change of 2 % among a million
//! records.

use super::shadow::Tally;
use crate::stats::distributions::normal_quantile;
use crate::stats::paired::wilson;
use crate::stats::reasons::shift;
use crate::stats::shift::Stability;
use meridian_judge::{CapturedFinding, CapturedGate, CapturedMargins, Verdict};
use meridian_xgboost::{Attributions, Model};

/// Every gate that is asked, with what it found; none where it comes to no number. Without records no gate is asked, without explained
/// records not for reasons, and without a captured answer not what was served.
pub(super) fn of(
    tally: &Tally,
    reasons: Option<(&Attributions, &Attributions)>,
    margins: &CapturedMargins,
    champion: &Model,
) -> Vec<(CapturedGate, Option<CapturedFinding>)> {
    if tally.unanswered.records == 0 {
        return Vec::new();
    }
    let z = -normal_quantile(margins.alpha);
    let mut asked = vec![
        (CapturedGate::Answered, Some(answered(tally, margins, z))),
        (CapturedGate::Covered, covered(tally, margins, z, champion)),
        (CapturedGate::AlertRate, alert_rate(tally, margins, z)),
        (CapturedGate::ScoreShift, score_shift(tally, margins, z)),
    ];
    asked.extend(
        reasons.map(|(challenger, champion)| (CapturedGate::Reasons, other_reasons(challenger, champion, margins, z))),
    );
    asked.extend(served(tally, margins, z).map(|found| (CapturedGate::Served, Some(found))));
    asked
}

/// A gate that found a difference of which only a rise is a fault.
fn rise(gate: CapturedGate, records: u64, difference: f64, interval: [f64; 2], allowed: f64) -> CapturedFinding {
    let [low, high] = interval;
    let verdict = if high <= allowed {
        Verdict::Pass
    } else if low > allowed {
        Verdict::Fail
    } else {
        Verdict::Inconclusive
    };
    CapturedFinding {
        gate,
        verdict,
        records,
        challenger: None,
        champion: None,
        difference,
        interval,
        allowed,
        feature: None,
    }
}

fn with(finding: CapturedFinding, challenger: f64, champion: f64) -> CapturedFinding {
    CapturedFinding { challenger: Some(challenger), champion: Some(champion), ..finding }
}

fn answered(tally: &Tally, margins: &CapturedMargins, z: f64) -> CapturedFinding {
    let pairs = tally.unanswered;
    let (difference, interval) = (pairs.difference(), pairs.interval(z));
    let finding = rise(CapturedGate::Answered, pairs.records, difference, interval, margins.max_unanswered);
    with(finding, pairs.first(), pairs.second())
}

fn covered(tally: &Tally, margins: &CapturedMargins, z: f64, champion: &Model) -> Option<CapturedFinding> {
    let (missing, records) = (&tally.missing, tally.unanswered.records);
    let found = missing.difference()?;
    let (new, old) = missing.means();
    let feature = missing.most().and_then(|place| champion.feature_names().get(place).cloned());
    let finding = rise(CapturedGate::Covered, records, found.value, found.interval(z), margins.max_missing);
    Some(with(CapturedFinding { feature, ..finding }, new, old))
}

fn alert_rate(tally: &Tally, margins: &CapturedMargins, z: f64) -> Option<CapturedFinding> {
    let pairs = tally.alerts;
    if pairs.records == 0 {
        return None;
    }
    let (new, old, interval) = (pairs.first(), pairs.second(), pairs.interval(z));
    let allowed = margins.max_alert_rate_change.max(margins.max_alert_rate_change_share * old);
    let finding = rise(CapturedGate::AlertRate, pairs.records, pairs.difference(), interval, allowed);
    // Too few alerts are as bad as too many.
    let [low, high] = interval;
    let verdict = match finding.verdict {
        Verdict::Pass if high < -allowed => Verdict::Fail,
        Verdict::Pass if low < -allowed => Verdict::Inconclusive,
        verdict => verdict,
    };
    Some(with(CapturedFinding { verdict, ..finding }, new, old))
}

fn score_shift(tally: &Tally, margins: &CapturedMargins, z: f64) -> Option<CapturedFinding> {
    // Margins stand in the order of the probabilities, and do not tie where those round to 1.
    let (new, old) = &tally.margins;
    let found = Stability::new(new, old)?;
    let difference = found.index - found.expected;
    Some(rise(CapturedGate::ScoreShift, old.len() as u64, difference, found.interval(z), margins.max_score_shift))
}

fn other_reasons(
    challenger: &Attributions,
    champion: &Attributions,
    margins: &CapturedMargins,
    z: f64,
) -> Option<CapturedFinding> {
    let (moved, agreement) = shift(challenger, champion)?;
    let [low, high] = agreement.interval(z);
    let interval = [(1.0 - high).max(0.0), (1.0 - low).min(1.0)];
    let most =
        moved.moved.into_iter().max_by(|one, other| (one.after - one.before).total_cmp(&(other.after - other.before)));
    let finding = rise(CapturedGate::Reasons, moved.rows, 1.0 - agreement.value, interval, margins.max_other_reasons);
    Some(CapturedFinding { feature: most.map(|most| most.feature), ..finding })
}

fn served(tally: &Tally, margins: &CapturedMargins, z: f64) -> Option<CapturedFinding> {
    let (compared, others) = tally.answers;
    let found = || {
        let share = others as f64 / compared as f64;
        rise(CapturedGate::Served, compared, share, wilson(others, compared, z), margins.max_other_answers)
    };
    (compared > 0).then(found)
}
