//! How a night has to end.

use crate::world::Moment;
use meridian_domain::{RegionName, Version};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// How a night has to end.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// What each region serves at the end; `unknown` for one that cannot be seen then.
    pub serves: BTreeMap<RegionName, Version>,
    /// By when every region serves that.
    #[serde(default)]
    pub by: Option<Moment>,
    /// How many pages are sent, in all or for each region.
    pub pages: Pages,
    /// How many messages are sent that nobody need get up for.
    #[serde(default = "none_told")]
    pub advice: Option<usize>,
    /// How the pipeline's executions end, in order.
    pub executions: Option<Vec<Ending>>,
}

/// Where a scenario says nothing of it.
#[expect(clippy::unnecessary_wraps, reason = "a field's default has its type")]
fn none_told() -> Option<usize> {
    Some(0)
}

/// How often people are paged: `4`, or `{ each = 1 }`, once for each region of the fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Pages {
    /// So often in all.
    InAll(usize),
    /// So often for each region.
    Each(PagesEach),
}

/// Pages for each region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PagesEach {
    /// How many pages each region sends, 0 or more.
    pub each: usize,
}

impl Pages {
    /// How many in a fleet of so many regions.
    pub fn of(self, regions: usize) -> usize {
        match self {
            Pages::InAll(pages) => pages,
            Pages::Each(PagesEach { each }) => each * regions,
        }
    }
}

/// How an execution ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Every action succeeded.
    Succeeded,
    /// An action failed.
    Failed,
    /// A person stopped it.
    Stopped,
    /// It is still under way when the night ends.
    Running,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ending::Succeeded => "succeeded",
            Ending::Failed => "failed",
            Ending::Stopped => "was stopped",
            Ending::Running => "is still under way",
        })
    }
}
