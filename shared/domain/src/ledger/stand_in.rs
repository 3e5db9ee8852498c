//! Whether a standby is to carry a lost region's customers without anybody's command, as the regions see it.

use super::history::RegionHistory;
use crate::fleet::names::RegionName;
use crate::fleet::{Fleet, Kind, Region};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The region whose customers `own`, the chain of the fleet's stand-in, is to take by the regions' own looks, and the other regions that it
/// does not answer either. `others`: their chains, as far as they can be read; two regions at least miss it, for no region alone can tell one
/// that is dead from a network that is (I13). What a person has begun is theirs to go on with.
pub fn stands_in<'a>(
    fleet: &'a Fleet,
    own: &RegionHistory,
    others: &BTreeMap<&'a RegionName, &'a RegionHistory>,
    now: Timestamp,
) -> Option<(&'a RegionName, Vec<RegionName>)> {
    let (_, threshold) = fleet.stand_in()?;
    let would_serve = own.target()?.release;
    let is_bad = others.values().any(|other| other.evidence_against(&would_serve).is_some());
    let fit = own.halt.is_none() && own.unknown.is_none() && !own.is_in_failover() && !is_bad;
    let missed = |history: &RegionHistory, lost: &RegionName| {
        history.missed.get(lost).is_some_and(|missed| missed.looks >= threshold && missed.is_fresh(now))
    };
    let is_theirs = |lost: &RegionName| {
        let carried = others.values().any(|other| other.carries().is_some_and(|carries| carries.from == *lost));
        let asked = own.missed.get(lost).is_some_and(|missed| missed.asked);
        // One that serves nothing yet is not lost.
        carried || asked || others.get(lost).is_some_and(|lost| lost.evacuated.is_some() || lost.serving.is_none())
    };
    let lost = |region: &&Region| region.kind == Kind::Active && missed(own, &region.name) && !is_theirs(&region.name);
    let lost = fleet.regions.iter().filter(|_| fit).filter(lost);
    lost.map(|region| &region.name).find_map(|lost| {
        let others = others.iter().filter(|(name, history)| **name != lost && missed(history, lost));
        let with: Vec<RegionName> = others.map(|(name, _)| (*name).clone()).collect();
        (!with.is_empty()).then_some((lost, with))
    })
}
