//! What a call under way has been answered: all that it is.

use super::{Caller, Seconds, Who};
use crate::ask::{Failure, Reply};

/// The answers that a call has had: the driver can make it again from them.
#[derive(Clone, Debug)]
pub struct Past {
    /// What it has seen, for the checks.
    pub caller: Caller,
    /// Each with the number of its port call, and when the call heard it.
    answers: Vec<(u32, Seconds, Result<Reply, Failure>)>,
}

impl Past {
    /// A call that begins.
    pub fn new(who: Who, now: Seconds) -> Self {
        Self { caller: Caller::new(who, now), answers: Vec::new() }
    }

    /// Takes over an answer that the call is about to hear, if there is one, and what the call has seen by then.
    pub fn takes(&mut self, caller: &Caller, answer: Option<Result<Reply, Failure>>, now: Seconds, number: u32) {
        self.answers.extend(answer.map(|answer| (number, now, answer)));
        self.caller = caller.clone();
    }

    /// The answers, as far as they tell two calls apart.
    pub fn answers(&self) -> &[(u32, Seconds, Result<Reply, Failure>)] {
        &self.answers
    }
}
