//! Why a function could not do its work, in words: for its log, and for the page and the pipeline's message of a failed job.

use crate::{Voice, evaluating, events, files, reading, unseen};
use meridian_domain::Reason;
use meridian_domain::reason::{EventFault, Failure, JobFailure, LeftUndone, Unseen};

/// What is said of a handler that panicked. The panic's own words may hold what was being read (I12).
pub const PANICKED: &str = "the function panicked: a defect; its log names the line";

/// Why a call fails, and what to do.
pub fn words(failure: &Failure) -> String {
    match failure {
        Failure::NotForShadowEval => {
            "shadow-eval takes the action \"register\"; correct UserParameters of the pipeline's action".to_owned()
        }
        Failure::NotForPromote => {
            "promote was given shadow-eval's action \"register\"; correct the pipeline's action".to_owned()
        }
        Failure::NotHome { region, home } => format!(
            "{region} is not home, {home} is: start the execution there. What runs waves stands ready here for the day on which home is moved"
        ),
        Failure::NoSuchRegion { region, fleet, regions } => {
            let regions: Vec<&str> = regions.iter().map(|own| own.as_str()).collect();
            let regions = regions.join(", ");
            format!(
                "region {region} is not in fleet {fleet} (it has {regions}): add it to fleet.toml, or send the event there"
            )
        }
        Failure::Unattested { release } => format!(
            "no region whose ledger can be read has attested {release}: its signature is not verified. replication attests it within \
             5 minutes of its arrival, or records the reason in its region's ledger; then start a new execution"
        ),
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
        Failure::HoldoutUnread { file, fault } => {
            format!("the approved hold-out {file} cannot be read: {}; approve another one", reading::holdout(fault))
        }
        Failure::CaptureUnread { region } => {
            format!("the requests captured in {region} cannot be read: their stream broke off")
        }
        Failure::ChampionNotScored { version, why } => {
            format!("the champion {version} cannot be scored: {}", evaluating::words(why))
        }
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
        Failure::NoExecutionId { id } => {
            format!("StartPipelineExecution answered {id:?}, which is not an execution's id")
        }
    }
}

/// Why an event is not taken, and what to do.
pub fn event(fault: &EventFault) -> String {
    match fault {
        EventFault::Kind { function, expected, found } => {
            let (found, takes) = (events::event(found), events::taken(expected));
            format!("the event is {found}; {function} takes {takes}: correct the rule or the caller that sent it")
        }
        EventFault::Field { event, field, expected, found } => {
            format!("{event}: field {field} is {}; expected {}", events::found(found), events::expected(expected))
        }
    }
}

impl Voice<'_> {
    /// Why a job fails that its handler did not answer: for its page, and for the pipeline's message.
    pub fn job_failure(self, failure: &JobFailure) -> String {
        match failure {
            JobFailure::Panicked => PANICKED.to_owned(),
            JobFailure::Event(fault) => event(fault),
            JobFailure::Unseen(why) => unseen::words(why),
            JobFailure::Policy(error) => error.to_string(),
            JobFailure::Failed(failure) => words(failure),
            JobFailure::StepRefused { step, violations } => self.refused_step(step, violations),
            JobFailure::Unfinished { done, left } => self.unfinished(done, left),
        }
    }

    /// What a region's own watch did, and what it has left to do.
    pub fn unfinished(self, done: &Reason, left: &LeftUndone) -> String {
        let done = self.why(done);
        match left {
            LeftUndone::Page(failure) => format!("{done}; the page was not sent: {}", unseen::service(failure)),
            // What was done went by an alarm that nobody could read.
            LeftUndone::Alarm(missing @ Unseen::NoAlarm { .. }) => unseen::words(missing),
            LeftUndone::Alarm(why) => format!("the rollback alarm cannot be read: {}", unseen::words(why)),
            LeftUndone::Ledger(why) => format!("{done}; {}", unseen::words(why)),
            LeftUndone::Scaling(why) => {
                format!("{done}; its automatic scaling could not be registered: {}", unseen::words(why))
            }
            LeftUndone::Records(unwritten) => format!("{done}; the ledger did not take {unwritten} records of it"),
        }
    }
}
