//! One call of a job: how long it works before it asks for another one, and what it tells that one.
//!
//! A call that Lambda ends says nothing: CodePipeline would wait for 20 minutes and fail the action. So a call that has
//! worked for long begins no further step, and its continuation token, `register.<call>`, counts the calls. What was done
//! is not in the token: each step looks for it. One thing leaves no trace to be found, a page that was sent before its
//! rejection could be recorded: then the token ends with `.told`.

use crate::ports::Clock;
use jiff::{SignedDuration, Timestamp};
use std::cell::Cell;

/// A call that has worked for so long begins no further step. The function's time-out (template.yaml) leaves that step twice
/// as much again. Two models of 280 MB take two seconds of two cores together (docs/performance.md); 512 MB of memory buy
/// less than a third of one core.
pub(super) const ENOUGH: SignedDuration = SignedDuration::from_secs(100);

/// How many calls a job has before it gives up on a service: about half an hour.
pub(super) const PATIENCE: u32 = 60;

const TOLD: &str = "told";

/// One call of a job: which one it is, and since when it runs.
pub(super) struct Pace {
    call: u32,
    began: Timestamp,
    progress: Cell<bool>,
    told: Cell<bool>,
}

impl Pace {
    /// A call that begins now, with the token that the one before it left.
    pub fn begin(clock: &impl Clock, token: Option<&str>) -> Self {
        let mut said = token.and_then(|token| token.strip_prefix("register.")).unwrap_or_default().split('.');
        let call = said.next().and_then(|call| call.parse().ok()).unwrap_or(1);
        let told = said.any(|word| word == TOLD);
        Self { call, began: clock.now(), progress: Cell::new(false), told: Cell::new(told) }
    }

    /// Which call of its job this is, from 1.
    pub fn call(&self) -> u32 {
        self.call
    }

    /// The next call's token; `None` once there were enough.
    pub fn next(&self) -> Option<String> {
        let told = if self.told.get() { format!(".{TOLD}") } else { String::new() };
        (self.call < PATIENCE).then(|| format!("register.{}{told}", self.call + 1))
    }

    /// Notes that something was done which the next call finds.
    pub fn progressed(&self) {
        self.progress.set(true);
    }

    /// Whether a long step is for another call: there is no time for it in this one, and another would come further.
    pub fn is_spent(&self, clock: &impl Clock) -> bool {
        self.progress.get() && clock.now().duration_since(self.began) >= ENOUGH
    }

    /// Notes that people were told of the rejection.
    pub fn tell(&self) {
        self.told.set(true);
    }

    /// Whether people were told, in this call or in one before.
    pub fn has_told(&self) -> bool {
        self.told.get()
    }
}
