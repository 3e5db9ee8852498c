//! What floors by night make of a forecast, and what a wave adds before an update, on the reference fleet and the repository's table.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

use meridian_cost::{BUILT_IN, CostReport, Item, ItemCost, PriceTable, Way, report};
use meridian_domain::Fleet;

const POLICY: &str = include_str!("../../../local/fleets/reference/fleet.toml");

fn table() -> PriceTable {
    PriceTable::parse(BUILT_IN).unwrap()
}

fn of(policy: &str) -> CostReport {
    report(&Fleet::parse(policy).unwrap(), &table(), Way::default())
}

fn usd(items: &[ItemCost], item: Item) -> f64 {
    items.iter().find(|cost| cost.item == item).unwrap().amount.usd
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1.0)
}

/// The policy with `own` after the region's `instances`, in place of its nightly floor.
fn nights_of(region: &str, own: &str) -> String {
    let flat = POLICY.replace("\nnight_instances = 2 ", "\n#");
    let (before, after) = flat.split_at(flat.find(&format!("name = \"{region}\"")).unwrap());
    let changed = after.replacen("\ninstances = ", &format!("\n{own}instances = "), 1);
    format!("{before}{changed}")
}

#[test]
fn a_nightly_floor_saves_instance_hours_and_a_part_of_green() {
    let (usual, flat) = (of(POLICY), of(&nights_of("eu-west-1", "")));
    let [saving] = &usual.night_floors[..] else { panic!("{:?}", usual.night_floors) };
    assert!(flat.night_floors.is_empty() && flat.regions[0].night_floor.is_none());
    assert!(near(saving.saves.usd, flat.total.usd - usual.total.usd), "{saving:?}");
    assert_eq!((saving.title.as_str(), saving.floor, saving.night_floor), ("EU", 3, 2));
    // Five hours of each day, in which Dublin's own customers need no third instance; and green without a third one.
    let hours = 730.0 * 5.0 / 24.0 + usual.regions[0].double_minutes / 60.0 * 730.0 / 24.0;
    assert!(near(saving.saves.usd, 0.257 * hours), "{saving:?}");
    assert!(near(flat.regions[0].instances - usual.regions[0].instances, 5.0 / 24.0));
    // Who serves everybody needs the third one for most of the night, whatever the floor.
    let less = flat.one_region.instances - usual.one_region.instances;
    assert!(less > 0.0 && less < 5.0 / 24.0 / 2.0, "{less}");
    let page = usual.to_string();
    assert!(page.contains("EU  3, and 2 from 00:00 to 05:00") && !flat.to_string().contains("by night"), "{page}");
}

#[test]
fn night_is_by_each_regions_own_clocks() {
    let three = POLICY.replace("\ninstances = 2", "\ninstances = 3");
    let flat = of(&three.replace("\nnight_instances = 2 ", "\n#"));
    for (region, at_the_wave) in [("eu-west-1", 2.0), ("ap-southeast-2", 3.0), ("sa-east-1", 2.0)] {
        // In Sydney it is early afternoon when its turn comes, in Sao Paulo past midnight.
        let own = nights_of(region, "night_instances = 2\n").replace("\ninstances = 2", "\ninstances = 3");
        let place = flat.regions.iter().position(|own| own.region.as_str() == region).unwrap();
        let report = of(&own);
        let (own, usual) = (&report.regions[place], &flat.regions[place]);
        assert!(near(usd(&own.items, Item::Floors), usd(&usual.items, Item::Floors) * (3.0 - 5.0 / 24.0) / 3.0));
        let double = usd(&own.items, Item::DoubleRunning) / usd(&usual.items, Item::DoubleRunning);
        assert!(near(double, at_the_wave / 3.0), "{region}: {double}");
        assert_eq!(report.night_floors.len(), 1);
    }
}

#[test]
fn a_wave_at_noon_pays_for_the_instances_added_before_it() {
    let mut table = table();
    table.usage.wave_starts = "12:00".parse().unwrap();
    let noon = report(&Fleet::parse(POLICY).unwrap(), &table, Way::default());
    // As in the night day-wave: AU, JP and BR get a third each, should Dublin's customers come. Green has three too.
    for (place, price) in [(1, 0.288), (2, 0.298), (3, 0.366)] {
        let region = &noon.regions[place];
        let hours = region.double_minutes / 60.0 * 730.0 / 24.0;
        assert!(near(usd(&region.items, Item::DoubleRunning), (3.0 + 1.0) * hours * price), "{}", region.title);
    }
    // Without [scaling] nobody adds any, and there is one floor.
    let start = POLICY.find("[scaling]").unwrap();
    let end = POLICY.find("[judge]").unwrap();
    let kept = |line: &&str| !line.starts_with("most_instances") && !line.starts_with("night_instances");
    let bare = format!("{}{}", &POLICY[..start], &POLICY[end..]).lines().filter(kept).collect::<Vec<_>>().join("\n");
    let bare = report(&Fleet::parse(&bare).unwrap(), &table, Way::default());
    let hours = bare.regions[3].double_minutes / 60.0 * 730.0 / 24.0;
    assert!(near(usd(&bare.regions[3].items, Item::DoubleRunning), 2.0 * hours * 0.366));
    assert!(near(usd(&bare.regions[0].items, Item::Floors), 3.0 * 730.0 * 0.257) && bare.night_floors.is_empty());
}
