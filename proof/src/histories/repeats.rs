//! I10: any event, twice, late or out of order, leaves the same fleet and the same projection.

use super::script::Item;
use crate::world::{Broken, World};

/// Whether an item disturbs nothing but an event's way.
pub(super) fn is_event(item: &Item) -> bool {
    matches!(item, Item::Doubles { .. } | Item::Delays { .. })
}

/// What two worlds' fleets and projections differ in, times and words aside.
pub(super) fn difference(one: &World, other: &World) -> Option<Broken> {
    let hub = |world: &World| {
        let hub = &world.hub().history;
        let deferred: Vec<_> = hub.deferred.keys().cloned().collect();
        let condemned: Vec<_> = hub.condemned.keys().copied().collect();
        (deferred, condemned, hub.ended.clone(), hub.halt.is_some(), hub.approved.clone())
    };
    if hub(one) != hub(other) {
        return Some(Broken::EventsMatter { region: None });
    }
    let region = |place: &crate::world::Region| {
        let history = &place.chain.history;
        let returned: Vec<_> = history.returned.iter().map(|(release, left)| (*release, left.cause)).collect();
        let serving = history.serving.as_ref().map(|serving| serving.target.clone());
        (place.blue, serving, history.previous.clone(), returned, history.halt.is_some(), history.confirmed.clone())
    };
    let differs = one.regions.iter().zip(&other.regions).position(|(one, other)| region(one) != region(other))?;
    Some(Broken::EventsMatter { region: Some(differs) })
}
