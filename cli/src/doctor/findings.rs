//! What facts mean: each is fine, wrong with what mends it, not known, or not checked with the reason. Pure.

use serde::Serialize;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As it must be.
    Fine,
    /// Worth a look, and nothing that would stop a wave.
    Warning,
    /// Nobody here can ask it.
    NotChecked,
    /// It was asked, and not answered: that is not fine.
    Unknown,
    /// Not as it must be.
    Wrong,
}

/// One check of one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The region's title; none for what belongs to none.
    pub place: Option<String>,
    /// What was looked at.
    pub check: &'static str,
    /// How it came out.
    pub outcome: Outcome,
    /// What was found, as one sentence.
    pub what: String,
    /// The command or the setting that mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

impl Finding {
    /// The check found what it must find.
    pub fn fine(check: &'static str, what: impl Into<String>) -> Self {
        Self { place: None, check, outcome: Outcome::Fine, what: what.into(), mend: None }
    }

    /// The check found something that must be fixed; `mend` says how.
    pub fn wrong(check: &'static str, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { place: None, check, outcome: Outcome::Wrong, what: what.into(), mend: Some(mend.into()) }
    }

    /// The check found something that may be meant so: a person decides.
    pub fn warning(check: &'static str, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { outcome: Outcome::Warning, ..Self::wrong(check, what, mend) }
    }

    /// Nobody here can ask it; `why` says what is in the way.
    pub fn not_checked(check: &'static str, why: impl Into<String>) -> Self {
        Self { place: None, check, outcome: Outcome::NotChecked, what: why.into(), mend: None }
    }

    /// It was asked, and not answered: that is not fine.
    pub fn unknown(check: &'static str, why: impl Into<String>) -> Self {
        Self { place: None, check, outcome: Outcome::Unknown, what: why.into(), mend: None }
    }

    /// The same finding, in a region.
    pub fn at(self, place: &str) -> Self {
        Self { place: Some(place.to_owned()), ..self }
    }
}

/// Whether all is well: what is not known is not fine, what nobody can ask here is said and left to people.
pub fn all_well(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| !matches!(finding.outcome, Outcome::Wrong | Outcome::Unknown))
}
