//! The gates: each turns numbers into a verdict and one plain sentence.
//!
//! Every bound is written as "passes if within", so that a number that cannot be compared fails.

use crate::evaluation::{Gate, ModelNumbers, RegionNumbers};
use meridian_domain::{EvaluationPolicy, GateMode, Verdict};

/// Every margin is a finite number.
pub(crate) fn finite(margins: &[f32]) -> Gate {
    let bad = margins.iter().filter(|margin| !margin.is_finite()).count();
    let gate = Gate { challenger: Some(bad as f64), ..gate("finite", pass_if(bad == 0)) };
    let reason = if bad == 0 {
        format!("all {} scores are finite numbers", margins.len())
    } else {
        format!("{bad} of {} scores are not finite numbers", margins.len())
    };
    Gate { reason, ..gate }
}

/// The scores are not all the same.
pub(crate) fn constant(scores: &[f32]) -> Gate {
    let lowest = scores.iter().copied().fold(f32::INFINITY, f32::min);
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let spread = f64::from(highest) - f64::from(lowest);
    let reason = if spread > 0.0 {
        format!("scores spread from {lowest:.4} to {highest:.4}")
    } else {
        format!("the model answers {lowest:.4} whatever it is asked")
    };
    Gate {
        challenger: Some(spread).filter(|spread| spread.is_finite()),
        reason,
        ..gate("constant", pass_if(spread > 0.0))
    }
}

/// AUC against the champion's, or against the floor of a first release.
pub(crate) fn auc(whole: &RegionNumbers, policy: &EvaluationPolicy) -> Gate {
    let base = gate("auc", Verdict::Inconclusive);
    if let Some(reason) = too_few(whole, policy.min_positives, "the held-out set") {
        return Gate { reason, ..base };
    }
    let Some(challenger) = whole.challenger.map(|numbers| numbers.auc) else { return base };
    match whole.champion.map(|numbers| numbers.auc) {
        Some(champion) => against_champion_auc(base, "held-out AUC", challenger, champion, policy.max_auc_drop),
        None => {
            let verdict = pass_if(challenger >= policy.min_auc);
            let relation = if verdict == Verdict::Pass { "at least" } else { "less than" };
            let reason = format!(
                "held-out AUC {challenger:.4}, no champion to compare with: {relation} the {:.4} required",
                policy.min_auc
            );
            Gate { verdict, challenger: Some(challenger), allowed: Some(policy.min_auc), reason, ..base }
        }
    }
}

/// False-positive rate at the operating threshold against the champion's, or against the ceiling of a first release.
pub(crate) fn false_positive_rate(whole: &RegionNumbers, policy: &EvaluationPolicy) -> Gate {
    let base = gate("false_positive_rate", Verdict::Inconclusive);
    if let Some(reason) = too_few(whole, policy.min_positives, "the held-out set") {
        return Gate { reason, ..base };
    }
    let Some(ModelNumbers { fpr, threshold, .. }) = whole.challenger else { return base };
    let subject = format!("false-positive rate {} at threshold {threshold}", percent(fpr));
    let Some(champion) = whole.champion else {
        let verdict = pass_if(fpr <= policy.max_fpr);
        let relation = if verdict == Verdict::Pass { "within" } else { "more than" };
        let reason =
            format!("{subject}, no champion to compare with: {relation} the {} allowed", percent(policy.max_fpr));
        return Gate { verdict, challenger: Some(fpr), allowed: Some(policy.max_fpr), reason, ..base };
    };
    let worse_by = fpr - champion.fpr;
    let verdict = pass_if(worse_by <= policy.max_fpr_rise);
    let allowed = points(policy.max_fpr_rise);
    let comparison = match verdict {
        Verdict::Pass if worse_by <= 0.0 => format!("a fall of {}", points(-worse_by)),
        Verdict::Pass => format!("a rise of {}, within the {allowed} allowed", points(worse_by)),
        _ => format!("a rise of {}, more than the {allowed} allowed", points(worse_by)),
    };
    let reason = format!("{subject}, champion {}: {comparison}", percent(champion.fpr));
    let numbers = Gate { challenger: Some(fpr), champion: Some(champion.fpr), difference: Some(worse_by), ..base };
    Gate { verdict, allowed: Some(policy.max_fpr_rise), reason, ..numbers }
}

/// AUC in one region against the champion's there. Too few positives are `Inconclusive` and do not block.
pub(crate) fn region_auc(region: &RegionNumbers, policy: &EvaluationPolicy) -> Gate {
    let base = Gate { region: Some(region.region.clone()), ..gate("auc", Verdict::Inconclusive) };
    if let Some(reason) = too_few(region, policy.min_region_positives, &region.region) {
        return Gate { reason, mode: GateMode::Advisory, ..base };
    }
    match (region.challenger, region.champion) {
        (Some(challenger), Some(champion)) => {
            let subject = format!("AUC in {}", region.region);
            against_champion_auc(
                base,
                &subject,
                challenger.auc,
                champion.auc,
                policy.region_margin * policy.max_auc_drop,
            )
        }
        _ => Gate {
            reason: format!("{} has records of only one class", region.region),
            mode: GateMode::Advisory,
            ..base
        },
    }
}

fn against_champion_auc(base: Gate, subject: &str, challenger: f64, champion: f64, allowed: f64) -> Gate {
    let worse_by = champion - challenger;
    let verdict = pass_if(worse_by <= allowed);
    let comparison = match verdict {
        Verdict::Pass if worse_by <= 0.0 => format!("a gain of {:.4}", -worse_by),
        Verdict::Pass => format!("a drop of {worse_by:.4}, within the {allowed:.4} allowed"),
        _ => format!("a drop of {worse_by:.4}, more than the {allowed:.4} allowed"),
    };
    let reason = format!("{subject} {challenger:.4}, champion {champion:.4}: {comparison}");
    let numbers = Gate { challenger: Some(challenger), champion: Some(champion), difference: Some(worse_by), ..base };
    Gate { verdict, allowed: Some(allowed), reason, ..numbers }
}

fn too_few(numbers: &RegionNumbers, floor: u64, subject: &str) -> Option<String> {
    let negatives = numbers.rows - numbers.positives;
    (numbers.positives.min(negatives) < floor).then(|| {
        let RegionNumbers { positives, .. } = numbers;
        format!("{subject} has {positives} positives and {negatives} negatives; under {floor} of either, nothing is concluded")
    })
}

fn gate(name: &str, verdict: Verdict) -> Gate {
    Gate {
        name: name.to_owned(),
        region: None,
        verdict,
        mode: GateMode::Required,
        challenger: None,
        champion: None,
        difference: None,
        interval: None,
        allowed: None,
        level: None,
        reason: "the held-out set has records of only one class".to_owned(),
    }
}

fn pass_if(holds: bool) -> Verdict {
    if holds { Verdict::Pass } else { Verdict::Fail }
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// A difference of two shares; "1 % more" could be read as a ratio.
fn points(difference: f64) -> String {
    format!("{:.2} points", 100.0 * difference)
}
