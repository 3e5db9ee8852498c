//! Which minutes the judge is shown, and that nothing which is missing among them goes on.

use crate::night::{AU, EU, JP, Night, at, fleet, name};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::lookout::{ArmMinutes, Instances, Lookout};
use meridian_domain::plan::Bake;
use meridian_domain::stakes::{Exposure, at_stake};
use meridian_domain::{EndpointStatus, EndpointView, OpenUpdate, PendingDeployment, Verdict};
use meridian_judge::{Arm, MetricName, WatchStage, judge};
use proptest::prelude::*;
use std::num::NonZeroU32;

/// EU's update, its canary begun at 03:05:20; SageMaker's timer ends half an hour later.
fn update() -> OpenUpdate {
    let mut update = Night::baking(EU).history(EU).update.clone().unwrap();
    update.canary = Some((at("03:05:20"), at("03:35:20")));
    update
}

fn metric(name: &str) -> MetricName {
    name.parse().unwrap()
}

fn minute(time: &str, after: i64) -> Timestamp {
    at(time) + SignedDuration::from_mins(after)
}

#[test]
fn the_planned_look_is_fixed_by_what_is_on_record() {
    let (fleet, update) = (fleet(), update());
    let early = Lookout::on(&fleet, &update, at("03:06:00")).unwrap();
    let late = Lookout::on(&fleet, &update, at("03:32:20")).unwrap();
    assert_eq!((early.watch.warm_up, early.watch.last_look), (late.watch.warm_up, late.watch.last_look));
    // Cold until 03:06:20, so 03:07 is the first whole minute; decided at 03:32:20 on what has arrived by 03:30.
    assert_eq!((late.watch.warm_up, late.watch.last_look), (2, 25));
    assert_eq!((early.watch.due, late.watch.due, late.watch.stage), (false, true, WatchStage::Canary));
}

/// A minute is asked for once it is complete, two minutes after its end; blue's hour before the canary is asked for too.
#[test]
fn minutes_that_may_still_be_revised_are_not_looked_at() {
    let lookout = Lookout::on(&fleet(), &update(), at("03:10:59")).unwrap();
    assert_eq!((lookout.green.from, lookout.green.to), (at("03:05:00"), at("03:08:00")));
    assert_eq!((lookout.blue.from, lookout.blue.to), (at("02:05:00"), at("03:08:00")));
    assert!(Lookout::on(&fleet(), &update(), at("03:05:30")).unwrap().green.is_empty());
}

/// Of green's instances the canary's take requests, and all of them once golden records have proved the shift.
#[test]
fn only_instances_that_take_requests_tell_the_load() {
    let (mut update, all) = (update(), NonZeroU32::new(4));
    update.bake = Some(Bake { wait: SignedDuration::from_mins(30), percent: 25 });
    let config = update.target.config.clone();
    let pending = PendingDeployment { config, instances: all, phase: None, phase_since: None };
    let endpoint = EndpointView {
        status: EndpointStatus::Updating,
        config: update.back.as_ref().unwrap().config.clone(),
        instances: all,
        pending: Some(pending),
        failure: None,
    };
    let seen = |update: &OpenUpdate| Instances::seen(&endpoint, update);
    assert_eq!(seen(&update), Instances { green: NonZeroU32::new(1), blue: all });
    assert_eq!(seen(&OpenUpdate { confirmed: true, ..update }), Instances { green: all, blue: all });
}

#[test]
fn instances_tell_the_load_and_a_minute_counts_once() {
    let (fleet, metric) = (fleet(), metric("5xx"));
    let lookout = Lookout::on(&fleet, &update(), at("03:33:50")).unwrap();
    let mut green = ArmMinutes::default();
    green.put(&metric, at("03:07:00"), Arm::new(90, 1));
    green.put(&metric, at("03:07:00"), Arm::new(100, 2));
    let three = NonZeroU32::new(3);
    let counts = lookout.counts(&fleet.judge, &green, &ArmMinutes::default(), Instances { green: three, blue: None });
    let minutes = &counts.metrics[&metric];
    assert_eq!(minutes.len(), 1);
    assert_eq!((minutes[0].minute, minutes[0].blue), (2, None));
    assert_eq!(minutes[0].green, Some(Arm { instances: three, ..Arm::new(100, 2) }));
}

/// What containers say of themselves is judged where either of them says it, and asked for in vain where neither does.
#[test]
fn a_metric_nobody_sends_is_ignored_unless_policy_requires_it() {
    let fleet = fleet();
    let lookout = Lookout::on(&fleet, &update(), at("03:33:50")).unwrap();
    let nothing = ArmMinutes::default();
    let counts = lookout.counts(&fleet.judge, &nothing, &nothing, Instances::default());
    let names: Vec<&str> = counts.metrics.keys().map(MetricName::as_str).collect();
    assert_eq!(names, ["4xx", "5xx", "latency_over_20ms"]);
    let mut blue = ArmMinutes::default();
    blue.put(&metric("alerts"), at("03:07:00"), Arm::new(100, 2));
    assert!(
        lookout.counts(&fleet.judge, &nothing, &blue, Instances::default()).metrics.contains_key(&metric("alerts"))
    );
}

/// Every metric of the policy in half an hour, alike on both arms.
fn even(requests: u64, bad: u64) -> ArmMinutes {
    let mut minutes = ArmMinutes::default();
    for name in Lookout::metrics(&fleet().judge) {
        for after in 0..30 {
            minutes.put(&name, minute("03:05:00", after), Arm::new(requests, bad));
        }
    }
    minutes
}

/// The same without the minutes of one metric, or of all of them, from one on.
fn without(whole: &ArmMinutes, lost: Option<&MetricName>, from: i64) -> ArmMinutes {
    let mut kept = ArmMinutes::default();
    for name in Lookout::metrics(&fleet().judge) {
        for (start, arm) in whole.minutes(&name) {
            if start < minute("03:05:00", from) || lost.is_some_and(|lost| *lost != name) {
                kept.put(&name, start, arm);
            }
        }
    }
    kept
}

proptest! {
    /// I9: a canary that nobody called, or of which one arm of a metric was lost, neither passes nor is carried by the
    /// evidence of other regions, however good that is.
    #[test]
    fn what_is_missing_never_goes_on(
        requests in 100u64..100_000, of_all in any::<bool>(), lost in 0usize..5, from in 0i64..18, green in any::<bool>(),
    ) {
        let fleet = fleet();
        let lookout = Lookout::on(&fleet, &update(), at("03:33:50")).unwrap();
        let whole = even(requests, requests / 1000);
        let names = Lookout::metrics(&fleet.judge);
        let partial = without(&whole, (!of_all).then(|| &names[lost % names.len()]), from);
        let arms = if green { (&partial, &whole) } else { (&whole, &partial) };
        let counts = lookout.counts(&fleet.judge, arms.0, arms.1, Instances::default());
        let beside = vec![crate::night::good().evidence; 3];
        let judgement = judge(&fleet.judge, fleet.regions.len(), &counts, lookout.watch, &beside);
        prop_assert!(judgement.is_missing());
        prop_assert!(judgement.verdict != Verdict::Pass && judgement.wave != Verdict::Pass, "{:?}", judgement);
    }
}

/// 200 requests a second in Sydney's afternoon, and Dublin's night beside it; seven minutes until the verdict, fourteen back.
#[test]
fn the_stakes_are_traffic_times_the_time_until_blue_serves() {
    let fleet = fleet();
    assert_eq!(Exposure::of(&fleet.guardrail), Exposure::default(), "the built-in one is the delivered one");
    let au = fleet.region(&name(AU)).unwrap();
    let stakes = at_stake(&fleet, au, at("03:00:00"), None);
    let near = |count: u64, rps: f64, seconds: f64| (count as f64 / (rps * seconds) - 1.0).abs() < 0.02;
    assert!(near(stakes.until_verdict, 200.0, 405.0) && near(stakes.way_back, 200.0, 840.0), "{stakes:?}");
    assert!(near(stakes.full_load, 200.0, 120.0) && near(stakes.hour, 200.0, 3_600.0), "{stakes:?}");
    assert!(near(stakes.day, 200.0, 86_400.0), "{stakes:?}");
    let dublin = fleet.region(&name(EU)).unwrap().usual_rps(at("03:10:00"));
    let neighbour = dublin.max(fleet.region(&name(JP)).unwrap().usual_rps(at("03:10:00")));
    assert!(near(stakes.failover, 200.0 + neighbour, 405.0), "{stakes:?}");
    // What was measured comes before what is usual.
    assert!(near(at_stake(&fleet, au, at("03:00:00"), Some(50.0)).until_verdict, 50.0, 405.0));
    // Without a check at full load a fault has until soak ends, and nothing finds it.
    let mut unchecked = fleet.clone();
    unchecked.guardrail.full_load = SignedDuration::ZERO;
    let exposure = Exposure::of(&unchecked.guardrail);
    assert_eq!((exposure.until_verdict, exposure.way_back), (SignedDuration::from_mins(11), SignedDuration::ZERO));
}

/// A judgement passes only with stakes, which follow from what is on record: those of the canary hold a way back, those after the
/// shift do not.
#[test]
fn a_lookout_says_what_is_at_stake() {
    let fleet = fleet();
    let lookout = Lookout::on(&fleet, &update(), at("03:33:50")).unwrap();
    let judged =
        |lookout: Lookout| lookout.judgement(&fleet, &even(3_600, 3), &even(32_400, 27), Instances::default(), &[]);
    assert_eq!(judged(lookout).verdict, Verdict::Inconclusive);
    let eu = fleet.region(&name(EU)).unwrap();
    let told = judged(lookout.at_stake(&fleet, eu));
    assert_eq!(told.verdict, Verdict::Pass, "{told:?}");
    let mut shifted = update();
    shifted.confirmed_at = Some(at("03:36:41"));
    let after = Lookout::on(&fleet, &shifted, at("03:41:00")).unwrap().at_stake(&fleet, eu).watch.stakes.unwrap();
    assert!(after.way_back == 0 && after.full_load == 0 && after.until_verdict > 0, "{after:?}");
}
