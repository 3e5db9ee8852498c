//! What a gate on leaks found, in a sentence. It is read before all others, so it says what to do.

use super::finding::number;
use super::numbers::{decimal, percent};
use crate::evaluation::Gate;
use crate::finding::Finding;
use meridian_judge::Verdict;

/// What is said of a model that knows the label.
const KNOWS: &str = "is it known when a request comes? If not, train without it";

pub(super) fn sentence(gate: &Gate) -> String {
    let failed = gate.verdict == Verdict::Fail;
    let challenger = decimal(number(gate.challenger));
    match &gate.finding {
        Finding::FeatureAlone { feature, model } => {
            let champion = gate.champion.map_or_else(String::new, |auc| format!(", the champion {}", decimal(auc)));
            let numbers = format!("AUC {challenger}, the whole model {}{champion}", decimal(*model));
            if failed {
                let [share, allowed] = [gate.difference, gate.allowed].map(|share| percent(number(share)));
                format!(
                    "leak: `{feature}` alone ranks the records with {numbers}: {share} of the model's lead on chance (AUC 0.5), and \
                     from {allowed} on it is a leak; {KNOWS}"
                )
            } else {
                format!("no feature alone makes the score: `{feature}` ranks best with {numbers}")
            }
        }
        Finding::AucGain { suspect } => {
            let compared = format!("held-out AUC {challenger}, champion {}", decimal(number(gate.champion)));
            let (gain, allowed) = (number(gate.difference), decimal(number(gate.allowed)));
            let moved = format!("a gain of {}", decimal(gain));
            if gain <= 0.0 {
                format!("{compared}: no gain")
            } else if failed {
                format!(
                    "leak: {compared}: {moved}, more than the {allowed} that is believed; {}",
                    look(suspect.as_ref())
                )
            } else {
                format!("{compared}: {moved}, no more than the {allowed} that is believed")
            }
        }
        Finding::AucCeiling { suspect } => {
            let allowed = decimal(number(gate.allowed));
            if failed {
                let look = look(suspect.as_ref());
                format!(
                    "leak: held-out AUC {challenger}, more than the {allowed} that is believed of any model; {look}"
                )
            } else {
                format!("held-out AUC {challenger}, no more than the {allowed} that is believed of any model")
            }
        }
        Finding::TrainedOn { trained, rows } => {
            let found = format!("{trained} of {rows} held-out records are among the rows of training");
            let allowed = percent(number(gate.allowed));
            if failed {
                format!(
                    "leak: {found}, more than the {allowed} allowed: train without them, or approve another hold-out"
                )
            } else {
                format!("{found}, within the {allowed} allowed")
            }
        }
        _ => "no feature could be ranked alone".to_owned(),
    }
}

fn look(suspect: Option<&String>) -> String {
    suspect.map_or_else(
        || "look for features that know the label".to_owned(),
        |feature| format!("it goes by `{feature}` first: {KNOWS}"),
    )
}
