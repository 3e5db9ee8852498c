//! To whom home moves when it is lost, and at whose word.

use super::Fleet;
use crate::fleet::names::RegionName;
use serde::{Deserialize, Serialize};

/// `takeover` of `[fleet]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Takeover {
    /// People's: a deputy pages for it.
    #[default]
    Ask,
    /// The regions' own: once most of them have said so, the deputy takes over. People are asked where they do not come to that.
    Auto,
}

/// Fewer regions have no majority that outlives the loss of one.
pub(super) const LEAST_VOTERS: usize = 3;

/// `Deputy1` and `Deputy2` of template.yaml.
const READY_DEPUTIES: usize = 2;

impl Fleet {
    /// The deputies that stand ready: what runs waves is deployed there too, and the other regions lend to it what they lend to home. A
    /// region lends to one account alone, and a stack names two deputies at most; the others wait for a deployment.
    pub fn ready_deputies(&self) -> impl Iterator<Item = &RegionName> {
        let is_ready = |own: &&RegionName| **own != self.home && self.account_of(own) == self.account_of(&self.home);
        self.deputies.iter().filter(is_ready).take(READY_DEPUTIES)
    }

    /// The fleet as it is once home has moved to a deputy that stands ready, and no deployment has followed yet: the home that was stands
    /// ready in its turn. Unchanged where `home` is none of these.
    #[must_use]
    pub fn at_home(&self, home: &RegionName) -> Self {
        let mut fleet = self.clone();
        if self.ready_deputies().any(|own| own == home) {
            let before = std::mem::replace(&mut fleet.home, home.clone());
            fleet.deputies.iter_mut().filter(|own| *own == home).for_each(|own| *own = before.clone());
        }
        fleet
    }
}
