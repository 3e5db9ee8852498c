//! A canary whose counts did not decide: which of the region's tries it was, and what comes after it.

use super::Reason;
use crate::fleet::Bake;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A region whose canary was rolled back because its counts did not decide. Nobody is paged for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Undecided {
    /// What its counts said.
    pub why: Box<Reason>,
    /// Which of the region's tries of this release it was, from 1.
    pub nth: u32,
    /// How many policy gives it.
    pub of: u32,
    /// What comes after it.
    pub next: NextTry,
}

/// What comes after a try that did not decide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NextTry {
    /// Another canary, which the plan expects to decide. Home starts it.
    Planned(Retry),
    /// None tonight: policy's tries are used up.
    UsedUp,
    /// None tonight: policy lets no try begin from then on.
    Over {
        /// The time from which no try may begin.
        until: Timestamp,
    },
    /// None tonight: no canary that policy allows by then is likely to decide.
    NotLikely {
        /// The chance of the likeliest.
        chance: f64,
        /// The last moment that was asked about.
        until: Timestamp,
    },
    /// None by itself: a person started this execution, and may start another.
    Persons,
}

/// The canary that is expected to decide.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Retry {
    /// How long, and which share.
    pub bake: Bake,
    /// The first moment at which home may start it.
    pub from: Timestamp,
    /// The chance that a release as good as the champion passes in it.
    pub chance: f64,
}
