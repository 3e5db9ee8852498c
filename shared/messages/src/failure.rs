//! Why a function could not do its work, in words: for its log, and for the page and the pipeline's message of a failed job.

use crate::{Voice, evaluating, files};
use meridian_domain::Reason;
use meridian_domain::reason::{Failure, LeftUndone};

/// Why a call fails, and what to do.
pub fn words(failure: &Failure) -> String {
    match failure {
        Failure::NotForShadowEval => {
            "shadow-eval takes the action \"register\"; correct UserParameters of the pipeline's action".to_owned()
        }
        Failure::NotForPromote => {
            "promote was given shadow-eval's action \"register\"; correct the pipeline's action".to_owned()
        }
        Failure::NoSuchPlace { place, regions } => format!(
            "the pipeline's stage is for place {place} of a fleet of {regions} regions: give it one stage Promote-<place> for each \
             region"
        ),
        Failure::NoRuling(why) => evaluating::words(why),
        Failure::NoHoldout { version, fleet, published } => format!(
            "{version} cannot be evaluated: no hold-out was approved for fleet {fleet} by {published}, when home attested the \
             release. Approve one with `meridian holdout approve`, then publish the release again"
        ),
        Failure::HoldoutUnusable { file, fault } => format!(
            "the approved hold-out cannot be used: {}; find out who removed or wrote {file}, approve it again, and start a new \
             execution",
            files::words(fault)
        ),
        Failure::HoldoutUnread { file, error } => {
            format!("the approved hold-out {file} cannot be read: {error}; approve another one")
        }
        Failure::ChampionNotScored { version, error } => format!("the champion {version} cannot be scored: {error}"),
        Failure::OtherGolden { file, region, version } => format!(
            "{file} in {region} holds other golden records than this build of shadow-eval chooses: another build wrote them, or \
             somebody changed them. Nothing rests on them, because {version} has no ruling yet: remove the object, and start a \
             new execution"
        ),
        Failure::Unwritable { line } => format!("the evaluation cannot be written as JSON (line {line}): a defect"),
        Failure::TooManySteps { steps } => format!("the planner did not finish within {steps} steps of one call"),
        Failure::NeedsOtherRegion => "a rollback was planned that needs another region".to_owned(),
        Failure::LedgerNotRead { region } => format!("{region}'s ledger must be written and could not be read"),
        Failure::LeaseLost { epoch, to } => {
            format!("epoch {epoch} of the fleet's lease was lost to epoch {to}: this call is stale and changes nothing")
        }
        Failure::NoExecutionId { error } => {
            format!("StartPipelineExecution answered an invalid execution id: {error}")
        }
    }
}

impl Voice<'_> {
    /// What a region's own watch did, and what it has left to do.
    pub fn unfinished(self, done: &Reason, left: &LeftUndone) -> String {
        let done = self.why(done);
        match left {
            LeftUndone::Page { error } => format!("{done}; the page was not sent: {error}"),
            // What was done went by an alarm that nobody could read.
            LeftUndone::Alarm { error } => error.clone(),
            LeftUndone::Ledger { error } => format!("{done}; {error}"),
            LeftUndone::Records(unwritten) => format!("{done}; the ledger did not take {unwritten} records of it"),
        }
    }
}
