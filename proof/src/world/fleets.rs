//! The fleets and freezes that histories choose from.

use super::Seconds;
use jiff::SignedDuration;
use meridian_domain::{Fleet, Freeze, JudgePolicy};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The fleet from which random fleets are cut: the reference fleet's regions and four more.
pub(super) static EIGHT: LazyLock<Fleet> = LazyLock::new(|| {
    let text =
        concat!(include_str!("../../../local/fleets/reference/fleet.toml"), "\n", include_str!("more-regions.toml"));
    // How many instances a region has is not in this world, nor what containers say of themselves.
    let fleet = Fleet::parse(text).unwrap_or_else(|error| unreachable!("{error}"));
    let judge = JudgePolicy { metrics: BTreeMap::new(), ..fleet.judge };
    Fleet { scaling: None, judge, ..fleet }
});

/// Freezes that histories choose from: of each of the eight regions, and of all of them. They begin before the night, in a
/// wave, and after one; some are over soon. One of the whole fleet ends within the night: a wave holds for it.
static FREEZES: LazyLock<Vec<Freeze>> = LazyLock::new(|| {
    let windows = [("03:00", "03:20"), ("03:10", "03:40"), ("03:20", "05:00"), ("03:45", "06:00"), ("00:00", "12:00")];
    let names = EIGHT.regions.iter().map(|region| Some(&region.name));
    let places: Vec<_> = names.chain([None]).collect();
    let mut text =
        concat!(include_str!("../../../local/fleets/reference/fleet.toml"), "\n", include_str!("more-regions.toml"))
            .to_owned();
    for (place, (from, until)) in places.iter().flat_map(|place| windows.map(|window| (place, window))) {
        let (region, until) = match place {
            Some(name) => (format!("regions = [{:?}]\n", name.as_str()), until),
            None => (String::new(), until.min("06:00")),
        };
        let name = format!("{}-{from}", place.map_or("all", |name| name.as_str()));
        text += &format!(
            "\n[[freeze]]\nname = {name:?}\nwhy = \"peace\"\n{region}time_zone = \"UTC\"\n\
             from = \"2026-11-20 {from}\"\nuntil = \"2026-11-20 {until}\"\n"
        );
    }
    Fleet::parse(&text).unwrap_or_else(|error| unreachable!("{error}")).freezes
});

/// The freezes that histories choose from.
pub fn freezes() -> &'static [Freeze] {
    &FREEZES
}

/// A fleet of the first `regions` of eight, with these bakes, soak and minutes at full load, all in seconds.
pub fn fleet(regions: usize, bakes: impl Iterator<Item = Seconds>, soak: Seconds, full_load: Seconds) -> Fleet {
    let mut fleet = EIGHT.clone();
    fleet.regions.truncate(regions);
    for (region, bake) in fleet.regions.iter_mut().zip(bakes) {
        region.bake = SignedDuration::from_secs(bake);
    }
    fleet.guardrail.soak = SignedDuration::from_secs(soak);
    fleet.guardrail.full_load = SignedDuration::from_secs(full_load);
    // Histories are hours long, not days: some freezes of a whole fleet outlast a wave's patience.
    fleet.wave.hold = SignedDuration::from_hours(2);
    fleet
}
