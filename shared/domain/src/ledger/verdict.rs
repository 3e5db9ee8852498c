//! What policy makes of what counts say.

pub use meridian_judge::Verdict;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What policy makes of verdicts. Only `Proceed` lets a canary's timer run out (I9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Let the traffic go on to the challenger.
    Proceed,
    /// Send the traffic back to the champion.
    Revert,
    /// Not yet: look again. A `Hold` that outlasts the timer is a `Revert`.
    Hold,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Decision::Proceed => "proceed",
            Decision::Revert => "revert",
            Decision::Hold => "hold",
        })
    }
}

/// What a revert is laid to: it decides who else must stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Evidence says that the release is bad: it is condemned, and the wave stops everywhere.
    Release,
    /// The region's control plane is ill: that region is deferred, the others go on.
    Region,
    /// Nobody: the counts did not decide, and nothing is wrong. The region is tried again within policy, or left for the next night.
    Undecided,
    /// Neither is shown: that region is deferred, and more of these in one wave stop it for a person to look; the release may be
    /// tried again.
    Unclear,
}
