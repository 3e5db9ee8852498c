//! Why a release is rejected, and what the people who are paged need: what decided, what it rests on, what to do.

use super::evaluation::Evaluated;
use crate::ports::Page;
use meridian_domain::{Actor, FleetName, RegionName, Runbook, Verdict};
use std::fmt::Write;

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

    /// What happened to `version`, in a page's subject.
    fn title(self, version: &str) -> String {
        match self {
            Cause::Worse => format!("{version} is rejected"),
            Cause::Unclear => format!("{version} is rejected: too little is known of it"),
            Cause::Bytes | Cause::Content => format!("{version} cannot be evaluated"),
        }
    }

    fn remedy(self) -> &'static str {
        match self {
            Cause::Worse => {
                "find in the report where the model is worse, mend its training, and publish what comes of it."
            }
            Cause::Unclear => {
                "nothing shows that the model is bad; the held-out records cannot show that it is good. Approve a \
                 hold-out with more records (above all more positives), or with records in which the named columns vary \
                 (`meridian holdout approve`), then publish the same model again."
            }
            Cause::Bytes => {
                "find out who removed or wrote the object named above (the bucket keeps its versions), then publish the \
                 same files again."
            }
            Cause::Content => "mend what is named above where training exports it, and publish again.",
        }
    }
}

/// A release's rejection.
pub(super) struct Rejection<'a> {
    pub version: &'a str,
    pub cause: Cause,
    pub why: &'a str,
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
    pub fn page(&self, fleet: &FleetName, home: &RegionName, execution: &Actor) -> Page {
        let title = self.cause.title(self.version);
        let evidence = match &self.evaluated {
            Some((evaluated, report)) => format!(
                "What decided:\n{}\n\n{}\n\nThe report: {}\n({})",
                listed(&evaluated.reasons),
                evaluated.basis(self.version, home),
                report.link,
                report.url
            ),
            None => format!("What was found: {}\n\nThere is no report: nothing could be compared.", self.why),
        };
        let message = format!(
            "{title}.\n\n{evidence}\n\nNow: no endpoint was touched; every region serves what it served before. Pipeline \
             execution {execution} fails.\n\nTo do: {} This release stays rejected: what is published again, even \
             the same files, is a new one and is evaluated anew. {}",
            self.cause.remedy(),
            Runbook::Pages
        );
        Page::new(format!("{fleet}: {title}"), message)
    }
}

/// Reasons, one a line.
fn listed(reasons: &[String]) -> String {
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
