//! The last entry of a chain as another region saw it. Whoever holds it finds a chain that was cut, replaced by an older copy
//! of itself, or written again: within such a chain every hash is right.

use crate::fleet::Fleet;
use crate::fleet::names::{FleetName, RegionName, Sha256};
use crate::ledger::Chain;
use serde::{Deserialize, Serialize};

/// The last entry of a chain, as it was seen once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeptHead {
    /// Its sequence number, from 0.
    pub seq: u64,
    /// SHA-256 of its stored bytes.
    pub hash: Sha256,
}

/// How a chain differs from what was seen of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Departure {
    /// The entry is not there any more: the chain was cut, or an older copy was put in its place.
    Missing,
    /// Another entry stands in its place: the chain was written again.
    Other {
        /// The hash of the entry that is there now.
        found: Sha256,
    },
}

impl KeptHead {
    /// Where `holder` keeps the ends of another region's chain: under the prefix of its own chain, which nobody else may write.
    pub fn prefix(fleet: &FleetName, holder: &RegionName, chain: &Chain) -> String {
        format!("{}copies/{chain}/", Chain::Region(holder.clone()).prefix(fleet))
    }

    /// Where `holder` keeps it. What is listed first is the newest: the first number falls as `seq` rises.
    pub fn key(&self, fleet: &FleetName, holder: &RegionName, chain: &Chain) -> String {
        let Self { seq, hash } = self;
        format!("{}{:020}-{seq:020}-{hash}.json", Self::prefix(fleet, holder, chain), u64::MAX - seq)
    }

    /// The end that a key names.
    pub fn of_key(key: &str) -> Option<Self> {
        let (_, name) = key.strip_suffix(".json")?.rsplit_once('/')?;
        let mut parts = name.split('-').skip(1);
        let (seq, hash) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        parts.next().is_none().then_some(Self { seq, hash })
    }

    /// How the chain differs from this, where `found` is the hash of the entry that has its sequence number now; none where
    /// it does not.
    pub fn departure(&self, found: Option<Sha256>) -> Option<Departure> {
        match found {
            None => Some(Departure::Missing),
            Some(found) if found != self.hash => Some(Departure::Other { found }),
            Some(_) => None,
        }
    }
}

/// The chains whose last entries `region` keeps: those in the bucket of the region that comes after it in the fleet's list.
/// So every chain is held by one other region, and one that departs is told once. Nobody's, in a fleet of one region.
pub fn neighbours(fleet: &Fleet, region: &RegionName) -> Vec<Chain> {
    let place = fleet.regions.iter().position(|own| own.name == *region);
    let next = place.and_then(|place| fleet.regions.iter().cycle().nth(place + 1)).filter(|next| next.name != *region);
    let Some(next) = next else { return Vec::new() };
    let hub = (next.name == fleet.home).then_some(Chain::Home);
    std::iter::once(Chain::Region(next.name.clone())).chain(hub).collect()
}
