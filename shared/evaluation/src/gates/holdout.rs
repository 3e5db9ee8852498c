//! Whether the records themselves can say anything: asked before any number of a model is believed.

use super::open;
use crate::evaluation::Gate;
use crate::finding::Finding;
use crate::stats::sample::{HoldoutFacts, Unfit};
use meridian_judge::{EvaluationPolicy, GateMode, Verdict};

/// Size, repeats and label rate. Unfit records show nothing of a model, so none of these condemns one.
pub(crate) fn holdout(facts: &HoldoutFacts, policy: &EvaluationPolicy) -> Vec<Gate> {
    if policy.holdout == GateMode::Off {
        return Vec::new();
    }
    let HoldoutFacts { rows, positives, repeated } = *facts;
    let share = repeated as f64 / rows.max(1) as f64;
    let gate = |name: &str, number: f64, allowed: f64, unfit: Option<Unfit>, fit: Finding| Gate {
        verdict: if unfit.is_none() { Verdict::Pass } else { Verdict::Inconclusive },
        challenger: Some(number),
        allowed: Some(allowed),
        ..open(name, policy.holdout, unfit.map_or(fit, |why| Finding::Unfit { why }))
    };
    let rate = facts.label_rate();
    let bound = if rate < policy.min_label_rate { policy.min_label_rate } else { policy.max_label_rate };
    vec![
        gate(
            "holdout_size",
            rows as f64,
            policy.min_rows as f64,
            facts.size(policy),
            Finding::HoldoutSize { rows, positives },
        ),
        gate(
            "holdout_repeats",
            share,
            policy.max_repeated,
            facts.repeats(policy),
            Finding::HoldoutRepeats { rows, repeated },
        ),
        gate("holdout_label_rate", rate, bound, facts.labels(policy), Finding::HoldoutLabelRate),
    ]
}
