//! What people are told of a release that evaluation rejects: what decided, what it rests on, and where its report lies.

use crate::evaluating::{parts, words};
use meridian_domain::reason::{EvaluationReason, FileFault};
use meridian_domain::{Reason, RegionName, ReleaseId, Verdict, Version};
use serde::Serialize;

/// So many facts stand on the page; the report has all of them.
const LISTED: usize = 8;

/// Why evaluation rejects a release: one variant for each way to fix it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectedFor {
    /// A required gate fails.
    Worse,
    /// No required gate fails, but one cannot tell.
    Unclear,
    /// One of its files is missing, or holds other bytes than were published.
    Bytes,
    /// Its files were published as they are, and cannot be evaluated or served.
    Content,
}

impl RejectedFor {
    /// What a verdict other than a pass rejects it for.
    pub fn verdict(verdict: Verdict) -> Self {
        if verdict == Verdict::Inconclusive { Self::Unclear } else { Self::Worse }
    }

    /// What the ledger says that it was rejected for: the gates' verdict, or why nothing could be compared.
    pub(crate) fn on_record(verdict: Option<Verdict>, why: &Reason) -> Self {
        match (verdict, why) {
            (Some(verdict), _) => Self::verdict(verdict),
            (None, Reason::Evaluation(EvaluationReason::File(fault))) if is_of_bytes(fault) => Self::Bytes,
            (None, _) => Self::Content,
        }
    }
}

/// Whether a file's bytes are wrong, and not what they were published as.
fn is_of_bytes(fault: &FileFault) -> bool {
    fault.is_altered() || matches!(fault, FileFault::Missing { .. } | FileFault::ReaderPanicked { .. })
}

/// What a rejection by the gates rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evidence {
    /// From which score on the release alerts.
    pub threshold: f64,
    /// What it was compared with; none for a first release.
    pub champion: Option<ComparedWith>,
    /// The report, in a browser.
    pub link: String,
    /// The report's `s3://` address, for who has no console.
    pub url: String,
}

/// The champion that a release was compared with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparedWith {
    /// SHA-256 of the champion's manifest.
    pub release: ReleaseId,
    /// Its human name.
    pub version: Version,
    /// From which score on it alerts.
    pub threshold: f64,
}

/// What was found, one fact a line.
pub(super) fn found(version: &str, why: &EvaluationReason, evidence: Option<&Evidence>, home: &RegionName) -> String {
    let Some(Evidence { threshold, champion, link, url }) = evidence else {
        return format!("What was found: {}\nThere is no report: nothing could be compared.", words(why));
    };
    let basis = match champion {
        None => format!(
            "It is the first release, so it was compared with nothing. It alerts from a score of {threshold} on."
        ),
        Some(ComparedWith { release, version: champion, threshold: theirs }) => format!(
            "Compared with {champion} ({}), which serves in {home}. {version} alerts from a score of {threshold} on, {champion} \
             from {theirs} on.",
            release.short()
        ),
    };
    format!("What decided:\n{}\n{basis}\nThe report: {link}\n({url})", listed(&parts(why)))
}

/// Facts, one a line.
fn listed(facts: &[String]) -> String {
    let mut lines: Vec<String> = facts.iter().take(LISTED).map(|fact| format!("- {fact}")).collect();
    if facts.len() > LISTED {
        lines.push(format!("- and {} more, in the report", facts.len() - LISTED));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_the_first_reasons_and_counts_the_others() {
        let reasons: Vec<String> = (0..70).map(|n| format!("reason {n}")).collect();
        let listed = listed(&reasons);
        assert_eq!(listed.lines().count(), LISTED + 1);
        assert!(listed.starts_with("- reason 0\n- reason 1\n") && listed.ends_with("- and 62 more, in the report"));
    }
}
