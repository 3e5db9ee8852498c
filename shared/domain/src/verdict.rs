//! What counts say, and what policy makes of it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What the counts say. Three values everywhere, never a bool: too little evidence is not a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The evidence is enough and every bound held.
    Pass,
    /// A bound is broken.
    Fail,
    /// Too little evidence to say either.
    Inconclusive,
}

impl Verdict {
    /// The verdict over several parts: one `Fail` fails, else one `Inconclusive` leaves it open.
    /// Nothing at all is `Inconclusive`.
    pub fn all(parts: impl IntoIterator<Item = Verdict>) -> Verdict {
        let mut seen = None;
        for part in parts {
            seen = match (seen, part) {
                (Some(Verdict::Fail), _) | (_, Verdict::Fail) => Some(Verdict::Fail),
                (Some(Verdict::Inconclusive), _) | (_, Verdict::Inconclusive) => Some(Verdict::Inconclusive),
                _ => Some(Verdict::Pass),
            };
        }
        seen.unwrap_or(Verdict::Inconclusive)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Inconclusive => "inconclusive",
        })
    }
}

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
    /// Neither is shown: the wave stops, for a person to look; the release may be tried again.
    Unclear,
}
