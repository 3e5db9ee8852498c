//! What a person may set aside for a while, on record.

use crate::fleet::names::{Actor, RegionName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a person may set aside for a while. The type has no word for what nobody may: approved and checked bytes (I2),
/// proof by answers (I4), a way back (I5), a decision before the timer's end (I9), or a condemnation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A `[[freeze]]`: the region may start within it.
    Freeze,
    /// The bound on how far regions may be apart: nobody is paged.
    Skew,
    /// The order: the region may start without the evidence of the regions before it.
    Order,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rule::Freeze => "freeze",
            Rule::Skew => "skew",
            Rule::Order => "order",
        })
    }
}

/// A rule that a person has set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// The rule that does not count.
    pub what: Rule,
    /// For which region; none for every one.
    pub region: Option<RegionName>,
    /// The person who set it aside.
    pub who: Actor,
    /// The person's reason.
    pub why: String,
    /// From then on the rule counts again.
    pub until: Timestamp,
}

impl Override {
    /// True if it says something about `what` in `region` at `now`.
    pub fn counts(&self, what: Rule, region: &RegionName, now: Timestamp) -> bool {
        self.what == what && self.until > now && self.region.as_ref().is_none_or(|own| own == region)
    }
}
