//! Why a release is rejected, and what the people who are paged need: what decided, what it rests on, what to do.

use super::evaluation::Evaluated;
use crate::ports::Page;
use meridian_domain::reason::EvaluationReason;
use meridian_domain::{Actor, Fleet, Verdict};
use meridian_messages::evaluating::words;
use meridian_messages::pages::{Notice, RejectedFor, Sender};
use std::fmt::{self, Write};

/// So many reasons stand on the page; the report has all of them.
const LISTED: usize = 8;

/// Why a release is rejected, told apart by what mends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// A required gate fails.
    Worse,
    /// No required gate fails, but one cannot tell.
    Unclear,
    /// One of its files is missing, or holds other bytes than were published.
    Bytes,
    /// Its files were published as they are, and cannot be evaluated or served.
    Content,
}

impl Cause {
    /// What a verdict other than a pass is for.
    pub fn of(verdict: Verdict) -> Self {
        if verdict == Verdict::Inconclusive { Cause::Unclear } else { Cause::Worse }
    }

    fn rejected_for(self) -> RejectedFor {
        match self {
            Cause::Worse => RejectedFor::Worse,
            Cause::Unclear => RejectedFor::Unclear,
            Cause::Bytes => RejectedFor::Bytes,
            Cause::Content => RejectedFor::Content,
        }
    }
}

/// A release's rejection.
pub(super) struct Rejection<'a> {
    pub version: &'a str,
    pub cause: Cause,
    pub why: &'a EvaluationReason,
    /// Where there are numbers: they, and the report's links.
    pub evaluated: Option<(&'a Evaluated, Report)>,
}

/// Where the report lies.
pub(super) struct Report {
    /// In a browser.
    pub link: String,
    /// `s3://`.
    pub url: String,
}

impl Rejection<'_> {
    /// What people on call get.
    pub fn page(&self, fleet: &Fleet, execution: &Actor) -> Page {
        let found = match &self.evaluated {
            Some((evaluated, report)) => format!(
                "What decided:\n{}\n{}\nThe report: {}\n({})",
                listed(&evaluated.evaluation.reasons()),
                evaluated.basis(self.version, &fleet.home),
                report.link,
                report.url
            ),
            None => format!("What was found: {}\nThere is no report: nothing could be compared.", words(self.why)),
        };
        let (version, cause) = (self.version.to_owned(), self.cause.rejected_for());
        let notice = Notice::EvaluationRejected { version, cause, found };
        Page::of(fleet, &notice, &fleet.home, &Sender::Wave(execution.clone()))
    }
}

/// Reasons, one a line.
fn listed(reasons: &[impl fmt::Display]) -> String {
    let mut lines = String::new();
    for reason in reasons.iter().take(LISTED) {
        let _ = writeln!(lines, "- {reason}");
    }
    if reasons.len() > LISTED {
        let _ = writeln!(lines, "- and {} more, in the report", reasons.len() - LISTED);
    }
    lines.trim_end().to_owned()
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
