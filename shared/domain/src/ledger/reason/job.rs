//! Why a job of the pipeline fails that its handler leaves without an answer.

use super::{EventFault, Failure, LeftUndone, Reason, Unseen};
use crate::ledger::{StepKind, Violation};
use serde::{Deserialize, Serialize};

/// What kept a handler from answering its job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobFailure {
    /// The handler panicked: a defect, whose line is in the function's log.
    Panicked,
    /// The event is not one that the function takes.
    Event(EventFault),
    /// A service did not do what it was asked, or the ledger or a file of the release cannot be used.
    Unseen(Unseen),
    /// The fleet's policy is wrong, in the words of its reader.
    Policy(String),
    /// A wrong pipeline, a fleet that lacks something, or a defect.
    Failed(Failure),
    /// The audit refused a step: a defect of the planner.
    StepRefused {
        /// What the planner asked for, which was not done.
        step: StepKind,
        /// What it would break.
        violations: Vec<Violation>,
    },
    /// A region's own watch could not do all that it should.
    Unfinished {
        /// What it did.
        done: Box<Reason>,
        /// What is left to do.
        left: LeftUndone,
    },
}
