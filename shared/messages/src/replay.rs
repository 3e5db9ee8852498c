//! Warnings about a replayed file.

use meridian_domain::replay::ReplayWarning;

/// A warning about a replayed file that changes no verdict.
pub fn replay_warning(warning: &ReplayWarning) -> String {
    match warning {
        ReplayWarning::Absent(metrics) => {
            let it = if metrics.len() == 1 { "it" } else { "them" };
            format!("{} not in the file and not judged; a canary without {it} does not pass", are(metrics))
        }
        ReplayWarning::Foreign(regions) => {
            format!("{} not in the policy: judged, and counted where alpha is split", are(regions))
        }
    }
}

fn are<T: ToString>(names: &[T]) -> String {
    let list: Vec<String> = names.iter().map(ToString::to_string).collect();
    format!("{} {}", list.join(", "), if names.len() == 1 { "is" } else { "are" })
}
