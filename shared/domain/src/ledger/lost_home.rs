//! Whether home is lost, as the other regions see it: each has on record that home's ledger does not answer it. Once most of them say so, a
//! deputy asks people to move home, or the regions say so themselves: each in its own chain, which from then on lets nobody act for another
//! home. No region alone can tell a home that is lost from a network that is.

pub use super::home_seen::HomeSeen;

use crate::fleet::names::RegionName;
use crate::fleet::{Fleet, Takeover};
use crate::ledger::history::{HomeMove, RegionHistory, SilentHome};
use jiff::Timestamp;

/// Since when home has not answered `region`, where it is that region's turn to ask people: deputies ask in policy's order, each so much
/// later than the one before as the first one waits. Where the regions move home themselves, people are asked after they could have.
pub fn turn(fleet: &Fleet, region: &RegionName, own: &RegionHistory, now: Timestamp) -> Option<Timestamp> {
    let place = fleet.deputies.iter().filter(|deputy| **deputy != fleet.home).position(|deputy| deputy == region)?;
    let missed = own.misses(&fleet.home).filter(|own| !own.asked)?;
    let before = if fleet.takeover == Takeover::Auto { 3 } else { 1 };
    let waits = fleet.home_patience * i32::try_from(place + before).ok()?;
    (now.duration_since(missed.since) >= waits).then_some(missed.since)
}

/// The regions beside this one that home does not answer either, where these and it are more than half of the regions that are not home, and
/// nobody has asked yet. `others`: the others' chains, as far as they can be read.
pub fn witnesses<'a>(
    fleet: &Fleet,
    others: impl IntoIterator<Item = (&'a RegionName, &'a RegionHistory)>,
) -> Option<Vec<RegionName>> {
    let missed = missing(fleet, others);
    let agreed = is_most(fleet, missed.len() + 1) && !missed.iter().any(|(_, own)| own.asked);
    agreed.then(|| missed.into_iter().map(|(other, _)| other.clone()).collect())
}

fn missing<'a>(
    fleet: &Fleet,
    others: impl IntoIterator<Item = (&'a RegionName, &'a RegionHistory)>,
) -> Vec<(&'a RegionName, &'a SilentHome)> {
    others.into_iter().filter_map(|(other, history)| Some((other, history.misses(&fleet.home)?))).collect()
}

/// More than half of the regions that are not home.
fn is_most(fleet: &Fleet, regions: usize) -> bool {
    2 * regions > fleet.regions.iter().filter(|region| region.name != fleet.home).count()
}

/// The latest move of home that another region has on record and this one has not heard of. What one region has said, the others say at their
/// next look, whether home answers by then or not: all come to the same word.
pub fn heard<'a>(own: &RegionHistory, others: impl IntoIterator<Item = &'a RegionHistory>) -> Option<&'a HomeMove> {
    let said = others.into_iter().filter_map(|history| history.moved.as_ref());
    said.filter(|moved| moved.is_later(own.moved.as_ref())).max_by_key(|moved| moved.since)
}

/// The deputy that a region says is home from now on, of itself: policy's home, which has not moved since, has been silent for
/// `home_patience`, and most other regions say so too. It is the first one that stands ready: a choice would split the regions.
pub fn named<'a>(
    fleet: &'a Fleet,
    own: &RegionHistory,
    others: impl IntoIterator<Item = (&'a RegionName, &'a RegionHistory)>,
    now: Timestamp,
) -> Option<&'a RegionName> {
    let is_home = own.moved.as_ref().is_none_or(|moved| moved.to == fleet.home);
    let missed = own.misses(&fleet.home).filter(|_| is_home && fleet.takeover == Takeover::Auto)?;
    let agreed = is_most(fleet, missing(fleet, others).len() + 1);
    let waited = now.duration_since(missed.since) >= fleet.home_patience;
    fleet.ready_deputies().next().filter(|_| agreed && waited)
}

/// Whether most regions of the fleet say that home moved in this way after it did `before`, the lost home's counted among those that do not.
/// `chains`: the regions' own, as far as they can be read.
pub fn is_granted<'a>(
    fleet: &Fleet,
    said: &HomeMove,
    before: Option<&HomeMove>,
    chains: impl IntoIterator<Item = &'a RegionHistory>,
) -> bool {
    let agrees = |own: &HomeMove| own.is_way_of(said) && own.is_later(before);
    let agreed = chains.into_iter().filter(|own| own.moved.as_ref().is_some_and(agrees)).count();
    2 * agreed > fleet.regions.len()
}
