//! Which chains the ledger has, and where their entries lie.

use crate::fleet::Fleet;
use crate::fleet::name_error::NameError;
use crate::fleet::names::{FleetName, RegionName};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the kept projections look like and mean. It is part of their keys: code of another form does not see them, reads
/// the chain from its beginning, and keeps its own. Raise it whenever the same entries add up to something else than before.
pub const FORM: u32 = 24;

/// Which chain of the ledger. Home's bucket holds two: its own region's and the hub's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Chain {
    /// The hub's chain, in home's bucket: lease, approvals, deferrals.
    Home,
    /// One region's chain, in its own bucket.
    Region(RegionName),
}

/// The hub's chain, by name.
const HOME: &str = "home";

impl TryFrom<String> for Chain {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        if text == HOME { Ok(Self::Home) } else { text.parse().map(Self::Region) }
    }
}

impl From<Chain> for String {
    fn from(chain: Chain) -> String {
        chain.to_string()
    }
}

impl Chain {
    /// The region in whose bucket it lies.
    pub fn region<'a>(&'a self, fleet: &'a Fleet) -> &'a RegionName {
        match self {
            Chain::Home => &fleet.home,
            Chain::Region(region) => region,
        }
    }

    /// `ledger/<fleet>/<chain>/`.
    pub fn prefix(&self, fleet: &FleetName) -> String {
        format!("ledger/{fleet}/{self}/")
    }

    /// `ledger/<fleet>/<chain>/<20-digit seq>.json`: 20 digits, so that keys sort as numbers do.
    pub fn key(&self, fleet: &FleetName, seq: u64) -> String {
        format!("ledger/{fleet}/{self}/{seq:020}.json")
    }

    /// `ledger/<fleet>/<chain>/checkpoints/`: under the chain's own prefix, so that who may read and write the chain may read and
    /// write them, and behind all of its entries where keys are listed.
    pub fn checkpoints(&self, fleet: &FleetName) -> String {
        format!("ledger/{fleet}/{self}/checkpoints/")
    }

    /// The prefix of the checkpoints that this code can read.
    pub fn readable_checkpoints(&self, fleet: &FleetName) -> String {
        format!("{}{FORM}/", self.checkpoints(fleet))
    }

    /// The checkpoint at `seq`. What is listed first is the newest: the first number falls as `seq` rises.
    pub fn checkpoint(&self, fleet: &FleetName, seq: u64) -> String {
        format!("{}{:020}-{seq:020}.json", self.readable_checkpoints(fleet), u64::MAX - seq)
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Chain::Home => f.write_str(HOME),
            Chain::Region(region) => f.write_str(region.as_str()),
        }
    }
}
