//! What shadow evaluation found, in words.

mod gates;
#[cfg(test)]
mod tests;

use crate::{files, reading, unseen};
use meridian_domain::quarantine::Object;
use meridian_domain::reason::{ChampionRates, EvaluationReason, HeldOutRates, Misfit, ModelRole, Names};

/// Why a release is approved or rejected, or has no ruling yet: no capital at the start, facts separated by semicolons.
pub fn words(reason: &EvaluationReason) -> String {
    parts(reason).join("; ")
}

/// The same, the deciding fact first.
pub(crate) fn parts(reason: &EvaluationReason) -> Vec<String> {
    vec![match reason {
        EvaluationReason::NotPassed { rulings, more } => return gates::decided(rulings, *more),
        EvaluationReason::Passed { challenger, champion, records } => passed(*challenger, champion.as_ref(), *records),
        EvaluationReason::NotOnRecord => "its evaluation is not on record".to_owned(),
        EvaluationReason::NothingRequired => "no gate is required; require at least one in [evaluation]".to_owned(),
        EvaluationReason::Quarantined { release, quarantine } => {
            let object = match &quarantine.object {
                Object::Release(own) => format!("release {}", own.short()),
                Object::Key(key) => key.clone(),
            };
            format!(
                "release {} is in quarantine ({object}, by {}): {}",
                release.short(),
                quarantine.who,
                quarantine.why
            )
        }
        EvaluationReason::File(fault) => files::words(fault),
        // A reader's fault names what was read.
        EvaluationReason::Unreadable { file: _, fault } => reading::model(fault),
        EvaluationReason::NotGzip { file: _ } => {
            "model.tar.gz is not compressed with gzip; pack the model file with `tar czf`".to_owned()
        }
        EvaluationReason::Features(fault) => {
            format!("the manifest's features differ from the model's: {}", reading::features(fault))
        }
        EvaluationReason::Columns { role: ModelRole::Challenger, version, misfit } => format!(
            "{version} cannot be evaluated on the fleet's hold-out ({}): approve one with its columns (`meridian holdout \
             approve`), then publish it again",
            columns(misfit)
        ),
        EvaluationReason::Columns { role: ModelRole::Champion, version, misfit } => format!(
            "the champion {version} cannot be scored on the same records ({}): approve a hold-out that has its columns for as \
             long as it serves",
            columns(misfit)
        ),
        EvaluationReason::OtherRecords { role, records, scores } => format!(
            "the {} has {scores} margins for {records} held-out records; score it on this held-out set",
            match role {
                ModelRole::Challenger => "challenger",
                ModelRole::Champion => "champion",
            }
        ),
        EvaluationReason::ChampionNotFinite => {
            "the champion has margins that are not finite numbers; score it again".to_owned()
        }
        EvaluationReason::OneClass { positives, negatives } => format!(
            "the held-out set has {positives} positives and {negatives} negatives; AUC needs both, so check the label column"
        ),
        EvaluationReason::Threshold { threshold } => {
            format!("the operating threshold is {threshold}; expected a probability above 0 and below 1")
        }
        EvaluationReason::CallDied { release, version, at } => format!(
            "{version} ({release}) was not evaluated: the call that started at {at:.0} did not end: it ran out of memory or time, or \
             crashed. Its files may be damaged or hostile; the function's log and Lambda's metrics of that minute tell which. \
             The release is neither approved nor rejected: fix its files and publish it again, or give the function more \
             memory and start a new execution"
        ),
        EvaluationReason::ChallengerIsNext => "the champion is scored; the challenger is next".to_owned(),
        EvaluationReason::Waiting(why) => format!("waiting for a service: {}", unseen::words(why)),
        EvaluationReason::GivenUp { calls, last } => {
            format!("after {calls} calls the release has no verdict: {}", words(last))
        }
    }]
}

fn passed(new: HeldOutRates, champion: Option<&ChampionRates>, records: u64) -> String {
    let percent = |share: f64| share * 100.0;
    let Some(ChampionRates { version, rates: old }) = champion else {
        return format!(
            "first release: AUC {:.4}, false-positive rate {:.2} %, on {records} held-out records",
            new.auc,
            percent(new.fpr)
        );
    };
    format!(
        "AUC {:.4} against {:.4} of {version}, false-positive rate {:.2} % against {:.2} %, on {records} held-out records",
        new.auc,
        old.auc,
        percent(new.fpr),
        percent(old.fpr)
    )
}

fn columns(misfit: &Misfit) -> String {
    match misfit {
        Misfit::Named { missing, extra, twice } => {
            let part =
                |what: &str, names: &Names| (!names.first.is_empty()).then(|| format!("{what} {}", listed(names)));
            let parts = [part("missing", missing), part("not expected", extra), part("named twice", twice)];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            format!("its columns do not fit: {}", parts.join("; "))
        }
        Misfit::NoHeader { expected, found, fields, missing } => format!(
            "its first row does not name the columns: of {expected} expected it has {found}, in {fields} fields; missing {}",
            listed(missing)
        ),
        Misfit::Unreadable(fault) => reading::holdout(fault),
    }
}

fn listed(Names { first, more }: &Names) -> String {
    let shown: Vec<String> = first.iter().map(|name| format!("`{name}`")).collect();
    let more = if *more > 0 { format!(" and {more} more") } else { String::new() };
    shown.join(", ") + &more
}
