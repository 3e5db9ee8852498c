//! What counts say.

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
