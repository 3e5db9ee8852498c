//! How long a call works before it asks for another one.
//!
//! A call that Lambda ends says nothing: CodePipeline would wait for 20 minutes and fail the action. So a call that has
//! worked for long begins no further step, and its continuation token says where the next one goes on. The token decides
//! nothing: each step looks for what was done.

use crate::ports::Clock;
use jiff::{SignedDuration, Timestamp};
use std::cell::Cell;
use std::fmt;

/// A call that has worked for so long begins no further step. The function's time-out (template.yaml) leaves each step twice
/// as much again; the largest model that fits takes a tenth of it.
pub(super) const ENOUGH: SignedDuration = SignedDuration::from_secs(100);

/// The steps of an evaluation at which a call may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The champion is scored: the beginning.
    Champion,
    /// The challenger is scored; what the champion says is kept.
    Challenger,
    /// The gates are asked and the report is written; what both say is kept.
    Verdict,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Champion => "champion",
            Step::Challenger => "challenger",
            Step::Verdict => "verdict",
        })
    }
}

impl Step {
    /// What has been done by then, for people.
    pub fn progress(self) -> &'static str {
        match self {
            Step::Champion => "the release is registered",
            Step::Challenger => "the champion is scored; the challenger is next",
            Step::Verdict => "both models are scored; the gates are next",
        }
    }
}

/// When a call began, and whether another one would find more done than this one found.
pub(super) struct Pace {
    began: Timestamp,
    progress: Cell<bool>,
}

impl Pace {
    /// A call that begins now.
    pub fn begin(clock: &impl Clock) -> Self {
        Self { began: clock.now(), progress: Cell::new(false) }
    }

    /// Notes that something was done which the next call finds.
    pub fn progressed(&self) {
        self.progress.set(true);
    }

    /// Whether `step` is for this call: there is time for it, or another call would come no further.
    ///
    /// # Errors
    /// It is not: the step, for another call.
    pub fn check(&self, clock: &impl Clock, step: Step) -> Result<(), Step> {
        let is_late = clock.now().duration_since(self.began) >= ENOUGH;
        if is_late && self.progress.get() { Err(step) } else { Ok(()) }
    }
}
