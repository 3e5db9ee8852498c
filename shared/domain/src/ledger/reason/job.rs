//! Why a job of the pipeline fails that its handler leaves without an answer.

use super::{Failure, LeftUndone, Reason, Unseen};
use crate::fleet::FleetError;
use crate::ledger::{StepKind, Violation};

/// What kept a handler from answering its job.
#[derive(Clone, Debug, PartialEq)]
pub enum JobFailure {
    /// The handler panicked: a defect, whose line is in the function's log.
    Panicked,
    /// The event is not one that the function takes.
    Event(EventFault),
    /// A service did not do what it was asked, or the ledger or a file of the release cannot be used.
    Unseen(Unseen),
    /// The fleet's policy is wrong.
    Policy(FleetError),
    /// A wrong pipeline, a fleet that lacks something, or a defect.
    Failed(Failure),
    /// The audit refused a step: a defect of the planner.
    StepRefused {
        /// The step.
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

/// An event that is not what the function takes: which field, what was expected, what was found. `expected` and `found` are the
/// words of the event's reader. They repeat a value only where it is a name: no part of a payload or a credential (I12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventFault {
    /// An event of another kind.
    Kind {
        /// The function.
        function: &'static str,
        /// What it takes.
        expected: &'static str,
        /// What the event says it is.
        found: String,
    },
    /// A field that is missing or wrong.
    Field {
        /// The kind of event.
        event: &'static str,
        /// The field's path, with dots.
        field: String,
        /// What was expected of it.
        expected: String,
        /// What was found.
        found: String,
    },
}
