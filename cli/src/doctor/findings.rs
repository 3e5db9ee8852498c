//! What facts mean: each is fine, wrong with what mends it, not known, or not checked with the reason. Pure.

use meridian_domain::RegionName;
use meridian_messages::doctor::{Check, Found, Mend};
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

/// One check of one region.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// How it came out.
    pub outcome: Outcome,
    /// What was found.
    pub found: Found,
    /// The command or the setting that mends it.
    pub mend: Option<Mend>,
}

/// A finding, and the region that it is of.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The region that was asked; home, for what the whole fleet has once.
    pub place: RegionName,
    /// What was found there.
    pub finding: Finding,
}

impl Finding {
    /// The check found what it must find.
    pub fn fine(check: Check, found: impl Into<Found>) -> Self {
        Self { check, outcome: Outcome::Fine, found: found.into(), mend: None }
    }

    /// The check found something that must be fixed; `mend` says how.
    pub fn wrong(check: Check, found: impl Into<Found>, mend: Mend) -> Self {
        Self { check, outcome: Outcome::Wrong, found: found.into(), mend: Some(mend) }
    }

    /// The check found something that may be meant so: a person decides.
    pub fn warning(check: Check, found: impl Into<Found>, mend: Mend) -> Self {
        Self { outcome: Outcome::Warning, ..Self::wrong(check, found, mend) }
    }

    /// Nobody here can ask it; `found` says what is in the way.
    pub fn not_checked(check: Check, found: impl Into<Found>) -> Self {
        Self { outcome: Outcome::NotChecked, ..Self::fine(check, found) }
    }

    /// It was asked, and not answered: that is not fine.
    pub fn unknown(check: Check, found: impl Into<Found>) -> Self {
        Self { outcome: Outcome::Unknown, ..Self::fine(check, found) }
    }
}

/// Whether all is well: what is not known is not fine, what nobody can ask here is said and left to people.
pub fn all_well<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> bool {
    findings.into_iter().all(|finding| !matches!(finding.outcome, Outcome::Wrong | Outcome::Unknown))
}
