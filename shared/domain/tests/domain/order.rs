//! In which order a wave walks, and that it keeps to it.

use crate::night::{AU, BR, EU, JP, Night, actor, at, fleet, name, order_reason};
use crate::plans::Says;
use jiff::Timestamp;
use meridian_domain::plan::{Act, Finish, Next, RegionTraffic, region_at, wave_order};
use meridian_domain::{Fleet, HomePlace, Invariant, Kind, OrderPolicy, Record, audit};

fn by_traffic() -> Fleet {
    Fleet { order: OrderPolicy::Signal, ..fleet() }
}

fn titles(fleet: &Fleet, at: Timestamp) -> String {
    let order = wave_order(fleet, at);
    let titles: Vec<&str> = order.regions.iter().map(|region| fleet.title(region)).collect();
    titles.join(" ")
}

fn at_night(fleet: Fleet) -> Night {
    Night { fleet, ..Night::new() }
}

#[test]
fn a_fixed_order_is_the_listed_one() {
    let order = wave_order(&fleet(), at("03:00:00"));
    assert_eq!(order.regions, [EU, AU, JP, BR].map(name));
    assert_eq!((order.why.policy, order.why.at), (OrderPolicy::Fixed, at("03:00:00")));
    assert_eq!(order.why.by_traffic, [AU, JP, EU, BR].map(name));
    let traffic = |own: &RegionTraffic| (own.region.clone(), own.rps.round(), own.peak_rps);
    let peaks: Vec<f64> = fleet().regions.iter().map(|region| region.peak_rps).collect();
    let expected = [
        (name(EU), 138.0, peaks[0]),
        (name(AU), 200.0, peaks[1]),
        (name(JP), 146.0, peaks[2]),
        (name(BR), 27.0, peaks[3]),
    ];
    assert_eq!(order.why.traffic.iter().map(traffic).collect::<Vec<_>>(), expected, "as listed, at this hour");
    assert_eq!(wave_order(&fleet(), at("13:00:00")).why.by_traffic, [EU, BR, JP, AU].map(name));
}

#[test]
fn an_order_by_traffic_follows_the_hour_of_the_wave() {
    let fleet = by_traffic();
    assert_eq!(titles(&fleet, at("03:00:00")), "AU JP EU BR");
    assert_eq!(titles(&fleet, at("14:00:00")), "EU BR JP AU");
    let order = wave_order(&fleet, at("03:00:00"));
    assert_eq!((order.why.policy, order.why.home), (OrderPolicy::Signal, HomePlace::Signal));
    assert_eq!(order.why.by_traffic, order.regions);
    let place = |home_place| titles(&Fleet { home_place, ..fleet.clone() }, at("03:00:00"));
    assert_eq!(place(HomePlace::First), "EU AU JP BR");
    assert_eq!(place(HomePlace::Last), "AU JP BR EU");
}

/// I3: chosen once, however the traffic changes while the wave walks.
#[test]
fn the_order_that_a_wave_recorded_stands_for_all_of_its_steps() {
    let mut night = at_night(by_traffic());
    assert!(matches!(night.plan(AU).next, Next::TellHub(Record::WaveOrdered { .. })));
    night.starts(AU);
    // In the evening of Sydney the order would be another one; the recorded one stands, whoever says something else.
    night.now = at("14:00:00");
    let other = wave_order(&night.fleet, night.now);
    assert_ne!(other.regions[0], name(AU));
    let execution = night.sight.execution.clone();
    night.hub(Record::WaveOrdered { execution: execution.clone(), order: other });
    assert_eq!(night.sight.hub.orders[&execution].regions[0], name(AU));
}

#[test]
fn a_region_starts_after_those_before_it_in_the_order() {
    let mut night = at_night(by_traffic());
    assert_eq!(night.refused(EU).finish(), Some(Finish::Failed));
    // EU is third at 03:00 UTC.
    Night { fleet: by_traffic(), ..Night::confirmed_in(&[AU, JP]) }.starts(EU);
    let mut early = Night { fleet: by_traffic(), ..Night::confirmed_in(&[AU]) };
    assert_eq!(early.refused(EU).finish(), Some(Finish::Failed));
}

/// I3: without a record an order by traffic would be whatever the hour says.
#[test]
fn the_audit_refuses_an_update_whose_order_is_not_on_record() {
    let mut night = at_night(by_traffic());
    let plan = night.next_after(AU, &[Act::Prepare]);
    assert!(matches!(plan.next, Next::Do(Act::Update, ..)));
    assert_eq!(audit(&night.fleet, &night.sight, &plan, night.now), []);
    let order = night.hub_mut().orders.remove(&actor("wave-1")).unwrap();
    let noted = |night: &Night| {
        audit(&night.fleet, &night.sight, &plan, night.now).iter().any(|note| note.invariant() == Invariant::I3)
    };
    assert!(noted(&night));
    // Nor one that leaves a region out, nor one in which somebody else comes first.
    for regions in [&order.regions[..3], &[name(BR), name(AU), name(JP), name(EU)]] {
        let order = meridian_domain::plan::WaveOrder { regions: regions.to_vec(), why: order_reason() };
        night.hub_mut().orders.insert(actor("wave-1"), order);
        assert!(noted(&night), "{regions:?}");
    }
}

#[test]
fn nearly_equal_traffic_keeps_the_listed_order() {
    for (peak, first) in [(100.4, "AU EU"), (100.02, "AU EU"), (100.001, "EU AU")] {
        let mut fleet = by_traffic();
        fleet.regions.truncate(2);
        fleet.regions[1].time_zone = fleet.regions[0].time_zone.clone();
        (fleet.regions[0].peak_rps, fleet.regions[1].peak_rps) = (100.0, peak);
        assert_eq!(titles(&fleet, at("14:00:00")), first, "{peak}");
    }
}

#[test]
fn regions_without_their_own_evidence_come_last() {
    let mut fleet = by_traffic();
    fleet.regions[1].kind = Kind::WarmStandby;
    assert_eq!(titles(&fleet, at("03:00:00")), "JP EU BR AU");
}

/// What a stage `Promote-<n>` of the pipeline means in a wave.
#[test]
fn a_place_of_a_wave_is_a_region_of_its_recorded_order() {
    let fleet = by_traffic();
    let mut night = at_night(fleet.clone());
    night.next(AU);
    let place = |wave: &str, place| {
        region_at(&fleet, &night.sight.hub, &actor(wave), place).map(|region| region.title.as_str())
    };
    let places = |wave: &str| (0..6).map(|at| place(wave, at)).collect::<Vec<_>>();
    assert_eq!(places("wave-1"), [None, Some("AU"), Some("JP"), Some("EU"), Some("BR"), None]);
    assert_eq!(places("wave-2"), [None, Some("EU"), Some("AU"), Some("JP"), Some("BR"), None], "as listed");
}
