//! The document for machines: `docs/deploying.md` describes it.

use super::findings::{Finding, Outcome, Placed};
use meridian_domain::Fleet;
use meridian_messages::Voice;
use meridian_messages::doctor::{Check, Found, GLOBAL, Global, Mend};
use serde::Serialize;

/// Version of the document.
const SCHEMA: u32 = 1;

#[derive(Debug, Serialize)]
pub struct Document<'a> {
    schema: u32,
    fleet: &'a str,
    well: bool,
    findings: Vec<FindingDocument<'a>>,
    global: &'static [Global],
}

#[derive(Debug, Serialize)]
struct FindingDocument<'a> {
    place: &'a str,
    check: Check,
    outcome: Outcome,
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<String>,
    reason: Reason<'a>,
}

/// What the texts of a finding are made of.
#[derive(Debug, Serialize)]
struct Reason<'a> {
    found: &'a Found,
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<&'a Mend>,
}

impl<'a> Document<'a> {
    pub fn of(fleet: &'a Fleet, well: bool, findings: &'a [Placed]) -> Self {
        let voice = Voice::of(fleet);
        Self {
            schema: SCHEMA,
            fleet: fleet.name.as_str(),
            well,
            findings: findings.iter().map(|own| finding(voice, own)).collect(),
            global: &GLOBAL,
        }
    }
}

fn finding<'a>(voice: Voice<'a>, Placed { place, finding }: &'a Placed) -> FindingDocument<'a> {
    let Finding { check, outcome, found, mend } = finding;
    FindingDocument {
        place: voice.title(place),
        check: *check,
        outcome: *outcome,
        what: voice.found(place, found),
        mend: mend.as_ref().map(|mend| voice.mend(place, mend)),
        reason: Reason { found, mend: mend.as_ref() },
    }
}
