//! Whether home is lost, as the other regions see it: each has on record that home's ledger does not answer it, and a deputy asks people to
//! move home once most of them say so. No region alone can tell a home that is lost from a network that is.

pub use super::home_seen::HomeSeen;

use crate::fleet::Fleet;
use crate::fleet::names::RegionName;
use crate::ledger::history::RegionHistory;
use jiff::Timestamp;

/// Since when home has not answered `region`, where it is that region's turn to ask people: deputies ask in policy's order, each so much
/// later than the one before as the first one waits.
pub fn turn(fleet: &Fleet, region: &RegionName, own: &RegionHistory, now: Timestamp) -> Option<Timestamp> {
    let place = fleet.deputies.iter().filter(|deputy| **deputy != fleet.home).position(|deputy| deputy == region)?;
    let missed = own.misses(&fleet.home).filter(|own| !own.asked)?;
    let waits = fleet.home_patience * i32::try_from(place + 1).ok()?;
    (now.duration_since(missed.since) >= waits).then_some(missed.since)
}

/// The regions beside `region` that home does not answer either, where these and it are more than half of the regions that are not home, and
/// nobody has asked yet. `others`: their chains, as far as they can be read.
pub fn witnesses<'a>(
    fleet: &Fleet,
    region: &RegionName,
    others: impl IntoIterator<Item = (&'a RegionName, &'a RegionHistory)>,
) -> Option<Vec<RegionName>> {
    let missed = others.into_iter().filter_map(|(other, history)| Some((other, history.misses(&fleet.home)?)));
    let missed: Vec<_> = missed.filter(|(other, _)| *other != region).collect();
    let all = fleet.regions.iter().filter(|region| region.name != fleet.home).count();
    let agreed = 2 * (missed.len() + 1) > all && !missed.iter().any(|(_, own)| own.asked);
    agreed.then(|| missed.into_iter().map(|(other, _)| other.clone()).collect())
}
