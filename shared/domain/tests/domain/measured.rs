//! A running wave's canary is planned by what the region served in the last hour, and by what the regions before it showed.

use crate::night::{AU, EU, Night, at, fleet, good, name, said, unseen};
use crate::plans::Says;
use meridian_domain::lookout::{ArmMinutes, Lookout};
use meridian_domain::plan::{Act, Bake, Hour, Next};
use meridian_domain::reason::{Step, Traffic};
use meridian_domain::{Bounds, Decision, Reason, Record, Seen};
use meridian_judge::Arm;
use std::collections::BTreeMap;

/// AU's turn, with a canary that policy leaves to the plan.
fn choice() -> Night {
    let mut night = Night::confirmed_in(&[EU]);
    let au = night.fleet.regions.iter_mut().find(|region| region.name == name(AU)).unwrap();
    (au.shortest_bake, au.bake) = ("5m".parse().unwrap(), "40m".parse().unwrap());
    (au.canary_percent, au.instances) = (Bounds { min: 10, max: 50 }, 100);
    night.sight.hour = None;
    night
}

fn busy(rps: f64) -> Hour {
    let rates = [("4xx", 0.004), ("5xx", 0.001)].map(|(name, rate)| (name.parse().unwrap(), rate));
    Hour { rps: Some(rps), rates: rates.into() }
}

/// The canary that AU's intent names once the last hour was asked for, and by which traffic it was chosen.
fn planned(night: &mut Night, hour: Seen<Hour>) -> (Bake, Traffic) {
    assert!(night.next_after(AU, &[Act::Prepare]).does(Act::Measure));
    night.did(Act::Measure);
    night.sight.hour = Some(hour);
    let plan = night.plan(AU);
    let Next::TellRegion(_, Record::UpdateIntended { bake: Some(bake), .. }) = plan.next else { panic!("{plan:?}") };
    let Reason::Step(Step::Ready { canary: Some(canary), .. }) = plan.why else { panic!("{:?}", plan.why) };
    assert_eq!(canary.bake, bake, "what is said is what is asked for");
    assert!(night.next(AU).does(Act::Update));
    (bake, canary.by)
}

#[test]
fn the_busier_the_last_hour_was_the_shorter_a_canary_is() {
    let with = |rps| planned(&mut choice(), Seen::Known(busy(rps)));
    let (thin, by_thin) = with(20.0);
    let (busy, by_busy) = with(2_000.0);
    assert!((busy.wait, busy.percent) < (thin.wait, thin.percent), "{busy:?}, {thin:?}");
    assert_eq!((by_thin, by_busy), (Traffic::Measured(20.0), Traffic::Measured(2_000.0)));
    assert_eq!(busy.percent, 10);
}

#[test]
fn counts_that_cannot_be_read_leave_usual_traffic_and_say_so() {
    let (usual, by_usual) = planned(&mut choice(), Seen::Known(Hour::default()));
    let (unread, by_unread) = planned(&mut choice(), Seen::Unknown(unseen()));
    assert_eq!(unread, usual);
    assert_eq!((by_usual, by_unread), (Traffic::Usual, Traffic::Unseen { why: unseen() }));
}

#[test]
fn what_the_regions_before_have_shown_shortens_a_canary() {
    let hour = Seen::Known(busy(60.0));
    let (alone, _) = planned(&mut choice(), hour.clone());
    let mut night = choice();
    let target = night.target(EU, "v427");
    let execution = night.sight.execution.clone();
    // EU's canary as it was let through, before it was confirmed.
    let back = Some(night.target(EU, "v426"));
    let intent =
        Record::UpdateIntended { target: target.clone(), back, execution: execution.clone(), epoch: None, bake: None };
    let proceed = Record::Decided {
        execution: execution.clone(),
        decision: Decision::Proceed,
        why: said(""),
        judgement: Some(good()),
        cause: None,
    };
    for record in
        [intent, proceed, Record::Confirmed { target: target.clone(), execution: execution.clone(), golden: 10 }]
    {
        night.tell(EU, record);
    }
    night.judged_at_full_load(EU);
    night.tell(EU, Record::Settled { target, execution });
    let (carried, _) = planned(&mut night, hour);
    assert!((carried.percent, carried.wait) < (alone.percent, alone.wait), "{carried:?}, {alone:?}");
}

#[test]
fn a_fixed_canary_asks_for_no_counts() {
    let mut night = Night::confirmed_in(&[EU]);
    night.sight.hour = None;
    night.starts(AU);
    let mut night = choice();
    planned(&mut night, Seen::Known(Hour::default()));
    // Once it is intended, it stands.
    night.new_call();
    night.sight.hour = None;
    night.pass("30s");
    night.starts(AU);
}

#[test]
fn the_last_hour_is_the_one_whose_counts_have_arrived() {
    let span = Lookout::last_hour(at("03:10:30"));
    assert_eq!((span.from, span.to), (at("02:08:00"), at("03:08:00")));
}

#[test]
fn an_hour_is_what_its_minutes_counted() {
    let fleet = fleet();
    let mut served = ArmMinutes::default();
    let metric = |text: &str| text.parse().unwrap();
    for minute in 0..10 {
        let start = at(&format!("03:0{minute}:00"));
        served.put(&metric("4xx"), start, Arm::new(6_000, if minute == 0 { 24 } else { 4 }));
        served.put(&metric("5xx"), start, Arm::new(6_000, 0));
    }
    let hour = Hour::of(&fleet.judge, &served);
    assert_eq!(hour.rps, Some(100.0));
    let rates: BTreeMap<_, _> = [(metric("4xx"), 0.001), (metric("5xx"), 0.5 / 60_000.0)].into();
    assert_eq!(hour.rates, rates, "what was never seen is not a rate of zero");
    assert_eq!(Hour::of(&fleet.judge, &ArmMinutes::default()), Hour::default());
}
