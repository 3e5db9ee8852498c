//! How many instances a region has: before it starts, for another region's customers; afterwards, what policy gives it.

use crate::night::{AU, BR, EU, JP, Night, at, fleet, name, said, unseen, wave_ended};
use crate::plans::Says;
use crate::problems::{GOOD, field, no_text, refused};
use meridian_domain::plan::{Act, Finish, Next, Plan};
use meridian_domain::reason::Wait;
use meridian_domain::{
    EndpointStatus, EndpointView, Entry, FieldRule, Fleet, FleetProblem, Floor, Head, NameError, NameKind, Record,
    RegionHistory, RegionProblem, ScalingPolicy, Seen, Violation, audit,
};
use std::num::NonZeroU32;

fn policy(fleet: &Fleet) -> &ScalingPolicy {
    fleet.scaling.as_ref().unwrap()
}

/// By day, when EU has most of its customers.
fn noon() -> Night {
    let mut night = Night::confirmed_in(&[EU]);
    night.now = at("14:00:00");
    night.sight.since = night.now;
    night
}

fn endpoint<'a>(night: &'a mut Night, region: &str) -> &'a mut EndpointView {
    match night.sight.endpoints.get_mut(&name(region)) {
        Some(Seen::Known(Some(view))) => view,
        other => panic!("{region} has no endpoint: {other:?}"),
    }
}

fn has(night: &mut Night, region: &str, instances: u32) {
    endpoint(night, region).instances = NonZeroU32::new(instances);
}

/// The floor that the region's ledger names last.
fn intended(night: &Night, region: &str) -> Floor {
    night.history(region).scaled.as_ref().unwrap().floor.clone()
}

/// AU with two instances by noon, once it was asked for more: they are waited for.
fn short_of_instances() -> Night {
    let mut night = noon();
    has(&mut night, AU, 2);
    assert!(night.next_after(AU, &[Act::Scale]).waits());
    night.new_call();
    night
}

/// Its scaling is asked for, and cannot be registered.
fn unregistered(night: &mut Night, region: &str) {
    assert!(night.next(region).does(Act::Scale));
    night.did(Act::Scale);
    night.sight.unscaled = Some(unseen());
}

/// People are told that AU starts without them.
fn told(night: &mut Night) {
    let page = night.next(AU);
    assert!(page.pages(), "{page:?}");
    night.sent(page);
}

#[test]
fn a_region_starts_by_day_once_it_could_carry_the_largest_other() {
    let mut night = noon();
    has(&mut night, AU, 2);
    assert!(night.next(AU).does(Act::Scale), "the heartbeat would ring before the instances are there");
    let floor = intended(&night, AU);
    assert_eq!((floor.least, floor.most, floor.failover), (3, 6, true));
    let plan = night.next_after(AU, &[Act::Scale]);
    assert!(plan.waits() && plan.why == Wait::Instances { region: name(AU), has: 2, least: 3 }.into(), "{plan:?}");
    // They come: the endpoint says that it is updated, and nobody takes that for another's update.
    endpoint(&mut night, AU).status = EndpointStatus::Updating;
    night.new_call();
    night.pass("30s");
    let plan = night.next(AU);
    assert!(plan.waits() && plan.why == Wait::Scaling { region: name(AU) }.into(), "{plan:?}");
    night.in_service(AU, "v426");
    has(&mut night, AU, 3);
    night.pass("3m");
    night.starts(AU);
}

#[test]
fn at_night_every_floor_carries_any_other_region() {
    for (region, before) in [(AU, vec![EU]), (JP, vec![EU, AU]), (BR, vec![EU, AU, JP])] {
        let mut night = Night::confirmed_in(&before);
        has(&mut night, region, 2);
        night.starts(region);
    }
}

/// Eight minutes to provision, three of patience.
#[test]
fn missing_failover_capacity_delays_a_start_and_pages_once() {
    let mut night = short_of_instances();
    night.pass("10m 59s");
    assert!(night.next(AU).waits());
    night.pass("1s");
    told(&mut night);
    night.starts(AU);
    // What could not be registered is tried again in every call.
    let mut night = noon();
    has(&mut night, AU, 2);
    unregistered(&mut night, AU);
    assert!(night.next(AU).waits());
    night.new_call();
    night.pass("10m 59s");
    unregistered(&mut night, AU);
    assert!(night.next(AU).waits());
    night.pass("1s");
    told(&mut night);
    night.starts(AU);
}

#[test]
fn an_unaccepted_update_is_requested_again() {
    // AU was started without enough instances, and with them.
    let mut without = short_of_instances();
    without.pass("11m");
    told(&mut without);
    let mut with = noon();
    has(&mut with, AU, 3);
    for mut night in [without, with] {
        assert!(night.next_after(AU, &[Act::Prepare]).does(Act::Update));
        night.did(Act::Update);
        night.dark(AU);
        assert!(night.next_after(AU, &[Act::Beat]).waits());
        // It answers again: nobody is told a second time, nor are instances waited for.
        night.in_service(AU, "v426");
        has(&mut night, AU, 2);
        night.new_call();
        night.starts(AU);
        assert!(night.next_after(AU, &[Act::Beat]).waits());
        assert!(night.sight.hub.ill.is_empty(), "its illness is over on record");
    }
}

#[test]
fn waiting_for_instances_uses_no_other_patience() {
    let mut night = short_of_instances();
    night.pass("4m");
    has(&mut night, AU, 3);
    // A guard from before still rings: it has policy's three minutes from now.
    night.guard_rings(meridian_domain::alarms::heartbeat_name(&night.fleet));
    assert!(night.next_after(AU, &[Act::Prepare]).waits());
    night.pass("2m 59s");
    assert!(night.next(AU).waits());
    night.pass("1s");
    assert_eq!(night.refused(AU).finish(), Some(Finish::Deferred));
    // Waiting in vain does not let it start either.
    let mut night = short_of_instances();
    night.pass("11m");
    night.guard_rings(meridian_domain::alarms::heartbeat_name(&night.fleet));
    told(&mut night);
    assert!(night.next_after(AU, &[Act::Prepare]).waits());
    night.new_call();
    night.pass("30s");
    assert!(night.next_after(AU, &[Act::Prepare]).waits(), "people are told once");
}

#[test]
fn a_larger_need_of_a_later_hour_is_not_waited_for_anew() {
    let mut night = Night::confirmed_in(&[EU]);
    night.now = at("07:04:00");
    has(&mut night, AU, 1);
    assert!(night.next_after(AU, &[Act::Scale]).waits());
    let floor = intended(&night, AU);
    night.new_call();
    // Dublin wakes up.
    night.now = at("07:10:00");
    assert!(policy(&night.fleet).for_failover(&night.fleet, &night.region(AU), night.now).least > floor.least);
    assert!(night.next(AU).waits(), "nor asked for");
    has(&mut night, AU, floor.least);
    night.starts(AU);
}

#[test]
fn a_region_that_is_done_gets_its_usual_floor_once() {
    let mut night = Night::confirmed_in(&[EU]);
    assert!(night.next(EU).does(Act::Scale));
    let floor = intended(&night, EU);
    assert_eq!((floor.least, floor.most, floor.failover), (2, 8, false), "Dublin sleeps at three");
    assert_eq!(night.next_after(EU, &[Act::Scale]).finish(), Some(Finish::Done));
    assert!(night.history(EU).scaled.as_ref().is_some_and(|scaled| scaled.set));
    // The next wave finds it registered; by day the schedule has moved the floor, and nobody registers it again.
    for time in ["03:10:00", "12:00:00"] {
        night.now = at(time);
        night.rerun(&format!("wave-{}", &time[..2]));
        night.new_call();
        assert_eq!(night.next(EU).finish(), Some(Finish::Done), "{time}");
    }
    // A policy that changes is registered with the next wave.
    night.fleet.scaling.as_mut().unwrap().requests_per_instance = 200.0;
    assert!(night.next(EU).does(Act::Scale));
}

#[test]
fn a_floor_raised_for_the_update_goes_down_when_it_is_over() {
    let mut night = short_of_instances();
    let target = night.target(AU, "v427");
    night.tell(AU, Record::Confirmed { target, execution: night.sight.execution.clone(), golden: 10 });
    night.judged_at_full_load(AU);
    night.in_service(AU, "v427");
    assert!(night.next(AU).does(Act::Scale));
    let floor = intended(&night, AU);
    assert_eq!((floor.least, floor.failover), (2, false));
}

#[test]
fn scaling_that_cannot_be_registered_is_told_and_stops_no_wave() {
    let mut night = Night::confirmed_in(&[EU]);
    unregistered(&mut night, EU);
    assert!(night.next(EU).waits(), "it may pass");
    night.new_call();
    night.pass("3m");
    unregistered(&mut night, EU);
    assert_eq!(night.refused(EU).finish(), Some(Finish::Done));
    assert!(!night.history(EU).scaled.as_ref().unwrap().set, "the next wave registers it");
}

#[test]
fn a_wave_that_was_stopped_or_has_ended_registers_nothing() {
    let halted = |night: &mut Night| night.hub(Record::Halted { why: said("a person looks") });
    let ended = |night: &mut Night| {
        let (release, execution) = (night.sight.release, night.sight.execution.clone());
        night.hub(wave_ended(release, execution, Vec::new()));
    };
    for stopped in [halted as fn(&mut Night), ended] {
        let mut night = Night::confirmed_in(&[EU]);
        stopped(&mut night);
        assert_eq!(night.next(EU).finish(), Some(Finish::Done));
        assert_eq!(night.history(EU).scaled, None);
    }
}

#[test]
fn a_fleet_without_scaling_leaves_instances_to_somebody_else() {
    let mut night = noon();
    night.fleet.scaling = None;
    has(&mut night, AU, 2);
    night.starts(AU);
    night.new_call();
    assert_eq!(night.next(EU).finish(), Some(Finish::Done));
}

#[test]
fn the_audit_lets_nothing_be_registered_that_no_ledger_names() {
    let mut night = Night::confirmed_in(&[EU]);
    let next = Next::Do(Act::Scale, name(EU), night.target(EU, "v427"));
    let plan = Plan { next, why: said("") };
    let broken = |night: &Night| -> Vec<Violation> { audit(&night.fleet, &night.sight, &plan, night.now) };
    let unheld = [Violation::NoScalingIntent { region: name(EU) }, Violation::LeaseNotHeld];
    assert_eq!(broken(&night), unheld);
    assert!(night.next(EU).does(Act::Scale));
    assert!(broken(&night).is_empty());
    night.rerun("wave-2");
    assert_eq!(broken(&night), unheld, "another wave's word");
}

#[test]
fn the_nights_floor_holds_by_the_regions_own_clocks() {
    let fleet = fleet();
    let eu = fleet.region(&name(EU)).unwrap();
    let floor = |time: &str| eu.floor_at(policy(&fleet), time.parse().unwrap());
    let floors = ["2026-11-19T23:59:00Z", "2026-11-20T00:00:00Z", "2026-11-20T04:59:00Z", "2026-11-20T05:00:00Z"];
    assert_eq!(floors.map(floor), [3, 2, 2, 3]);
    // Dublin's summer is an hour ahead.
    assert_eq!(["2026-07-19T22:59:00Z", "2026-07-19T23:00:00Z", "2026-07-20T04:00:00Z"].map(floor), [3, 2, 3]);
    // Past midnight where it ends before it begins.
    let night = "from = \"22:30\", until = \"05:00\"";
    let fleet = Fleet::parse(&GOOD.replace("from = \"00:00\", until = \"05:00\"", night)).unwrap();
    let eu = fleet.region(&name(EU)).unwrap();
    let floor = |time: &str| eu.floor_at(policy(&fleet), at(time));
    assert_eq!(["22:29:00", "22:30:00", "00:00:00", "05:00:00"].map(floor), [3, 2, 2, 3]);
    // A region that names no floor of the night keeps its own.
    assert_eq!(fleet.region(&name(AU)).unwrap().floor_at(policy(&fleet), at("14:00:00")), 2);
}

#[test]
fn what_is_registered_follows_from_policy() {
    let fleet = fleet();
    let eu = fleet.region(&name(EU)).unwrap();
    let spec = policy(&fleet).spec(&fleet, eu, &policy(&fleet).usual(&fleet, eu, at("12:00:00")));
    assert_eq!((spec.least, spec.most, spec.invocations_per_instance), (3, 8, 15_000.0));
    assert_eq!((spec.scale_out.as_secs(), spec.scale_in.as_secs()), (60, 600));
    let nightly = spec.nightly.as_ref().unwrap();
    assert_eq!((nightly.zone.as_str(), nightly.least_by_night, nightly.least_by_day), ("Europe/Dublin", 2, 3));
    let schedule = spec.schedule().map(|own| (own.name, own.floor));
    let daily = |name: &str, cron: &str, least| (name.to_owned(), Some((cron.to_owned(), least)));
    let (night, day) = ("cron(0 0 * * ? *)", "cron(0 5 * * ? *)");
    assert_eq!(schedule, [daily("meridian-fraud-night", night, 2), daily("meridian-fraud-day", day, 3)]);
    let au = fleet.region(&name(AU)).unwrap();
    let floor = policy(&fleet).for_failover(&fleet, au, at("14:00:00"));
    let spec = policy(&fleet).spec(&fleet, au, &floor);
    assert_eq!((spec.nightly.as_ref(), spec.schedule().map(|own| own.floor)), (None, [None, None]));
    // No more than the most that policy allows, however much would be needed.
    let crowded = Fleet::parse(&GOOD.replace("peak_rps = 600", "peak_rps = 60000")).unwrap();
    let au = crowded.region(&name(AU)).unwrap();
    assert_eq!(policy(&crowded).for_failover(&crowded, au, at("14:00:00")).least, 6);
}

#[test]
fn a_word_that_comes_twice_begins_no_patience_anew() {
    let mut history = RegionHistory::default();
    let floor = Floor { least: 3, most: 6, terms: "ab".to_owned(), failover: true };
    let entry = |time: &str, record| -> Entry { Head::default().entry(at(time), "wave-1".parse().unwrap(), record) };
    let intended = || Record::ScalingIntended { execution: "wave-1".parse().unwrap(), floor: floor.clone() };
    history.apply(&entry("12:00:00", intended()));
    history.apply(&entry("12:00:01", Record::ScalingSet { execution: "wave-2".parse().unwrap() }));
    assert!(!history.scaled.as_ref().unwrap().set, "another wave's word");
    history.apply(&entry("12:00:02", Record::ScalingSet { execution: "wave-1".parse().unwrap() }));
    history.apply(&entry("12:05:00", intended()));
    let scaled = history.scaled.unwrap();
    assert_eq!((scaled.at, scaled.set), (at("12:00:00"), true));
}

#[test]
fn invalid_instances_are_refused_on_a_line() {
    let (eu, region) = (|| name(EU), FleetProblem::Region);
    let by_night = || region(RegionProblem::NightInstances { region: eu(), by_day: 3 });
    for (from, to, problem) in [
        (
            "requests_per_instance = 250",
            "requests_per_instance = 0",
            field("scaling", "requests_per_instance", FieldRule::RequestsPerInstance),
        ),
        ("until = \"05:00\"", "until = \"00:00\"", field("scaling", "night", FieldRule::Night)),
        ("most_instances = 8\n", "", region(RegionProblem::NoMostInstances(eu()))),
        (
            "most_instances = 8",
            "most_instances = 2",
            region(RegionProblem::MostBelowLeast { region: eu(), most: 2, least: 3 }),
        ),
        ("night_instances = 2", "night_instances = 1", by_night()),
        ("night_instances = 2", "night_instances = 4", by_night()),
        ("night = {", "#night = {", region(RegionProblem::NoNight(eu()))),
        ("[scaling]\n", "[scaling]\nscale_in = \"25h\"\n", field("scaling", "scale_in", FieldRule::CoolDown)),
    ] {
        let error = refused(from, to);
        assert_eq!(error.problem, problem, "{from} -> {to}");
        assert!(error.line.is_some(), "{from} -> {to}: {error}");
    }
    let error = refused("from = \"00:00\"", "from = \"midnight\"");
    let midnight = NameError { given: "midnight".to_owned(), expected: NameKind::TimeOfDay };
    assert!(error.problem == no_text("scaling.night", midnight) && error.line.is_some(), "{error}");
    let without =
        |line: &&str| !["[scaling]", "requests_per_instance", "night = "].iter().any(|own| line.starts_with(own));
    let table = GOOD.lines().filter(without).collect::<Vec<_>>().join("\n");
    let stray = RegionProblem::NoScaling { region: eu(), field: "most_instances" };
    assert_eq!(Fleet::parse(&table).unwrap_err().problem, region(stray));
}

#[test]
fn a_neighbour_whose_instances_change_in_number_still_serves() {
    let mut night = Night::confirmed_in(&[EU]);
    endpoint(&mut night, EU).status = EndpointStatus::Updating;
    // EU is evidence all the same.
    night.starts(AU);
}
