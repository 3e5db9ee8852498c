//! How a bake and a share are chosen where policy leaves a choice, and what a forecast says of them.

use crate::night::{AU, BR, EU, Night, at, fleet, name};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::plan::{
    Act, Bake, BakePlan, BakeQuestion, CanarySize, Finding, ForecastWarning, Hour, PROVISIONING, forecast,
};
use meridian_domain::{Bounds, Fleet, Style};
use meridian_judge::{MetricName, smallest_detectable_effect};
use std::collections::BTreeMap;

type Carried = BTreeMap<MetricName, (u64, u64)>;

/// The reference fleet, where `region` may bake for six to forty minutes with `min` to `max` per cent.
fn free(region: &str, min: u32, max: u32) -> Fleet {
    let mut fleet = fleet();
    let own = fleet.regions.iter_mut().find(|own| own.name == name(region)).unwrap();
    (own.shortest_bake, own.bake) = (SignedDuration::from_mins(6), SignedDuration::from_mins(40));
    own.canary_percent = Bounds { min, max };
    fleet
}

fn ask<T>(fleet: &Fleet, region: &str, hour: &Hour, carried: &Carried, ask: impl Fn(&BakeQuestion<'_>) -> T) -> T {
    let region = fleet.region(&name(region)).unwrap();
    ask(&BakeQuestion { fleet, region, instances: 100, from: at("03:05:00"), hour, carried })
}

/// What is planned for AU where nothing is carried.
fn answer(fleet: &Fleet, hour: &Hour) -> BakePlan {
    ask(fleet, AU, hour, &Carried::new(), |question| question.answer())
}

fn measured(rps: f64, rates: &[(MetricName, f64)]) -> Hour {
    Hour { rps: Some(rps), rates: rates.iter().cloned().collect() }
}

#[test]
fn a_linear_shift_bakes_by_step_whatever_the_canarys_share() {
    let mut region = Night::new().region(AU);
    region.instances = 10;
    region.style = Style::Linear { step: 20 };
    assert_eq!(Bake::usual(&region), Bake { wait: region.bake, percent: 20 });
    region.style = Style::Canary;
    assert_eq!(Bake::usual(&region).percent, region.canary_percent.min);
}

#[test]
fn a_bake_is_allowed_within_both_bounds_only() {
    let fleet = free(AU, 10, 25);
    let mut region = fleet.region(&name(AU)).unwrap().clone();
    let allowed = |region: &meridian_domain::Region, minutes, percent| {
        Bake { wait: SignedDuration::from_mins(minutes), percent }.is_within(region, 100)
    };
    for (minutes, percent, holds) in
        [(6, 10, true), (40, 25, true), (5, 10, false), (41, 25, false), (20, 9, false), (20, 26, false)]
    {
        assert_eq!(allowed(&region, minutes, percent), holds, "{minutes} minutes, {percent} %");
    }
    region.style = Style::Linear { step: 20 };
    assert!(allowed(&region, 20, 20) && !allowed(&region, 20, 25));
    // What moves all of the traffic has no share, and only one bake.
    region.style = Style::AllAtOnce;
    assert!(allowed(&region, 40, 1) && !allowed(&region, 39, 1));
}

/// Shares are tried by five per cent, from the smallest that policy allows to the largest.
#[test]
fn a_share_is_policys_smallest_largest_or_a_multiple_of_five() {
    let fleet = free(AU, 12, 23);
    let chosen = |rps| answer(&fleet, &measured(rps, &[])).bake.percent;
    let mut all: Vec<u32> = (1..80).map(|step| chosen(f64::from(step) * 5.0)).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all, [12, 15, 20, 23]);
}

/// How far what a plan finds is from what policy wants, worst of all.
fn shortfall(plan: &BakePlan) -> f64 {
    let far = |found: &Finding| (found.alone.unwrap() / found.target_alone).max(found.pooled.unwrap() / found.target);
    plan.findings.iter().map(far).fold(0.0, f64::max)
}

/// More is not always better: a larger green leaves a smaller blue beside it.
#[test]
fn where_nothing_is_enough_the_nearest_share_is_taken() {
    let mut fleet = free(AU, 5, 95);
    (fleet.wave.detect, fleet.wave.detect_alone) = (1.5, 1.6);
    let mut seen = Vec::new();
    for (rps, rate) in [(20.0, 0.000_6), (40.0, 0.000_3), (160.0, 0.000_1)] {
        let hour = measured(rps, &[(MetricName::errors_5xx(), rate), (MetricName::errors_4xx(), 0.001)]);
        let question = |percent| {
            ask(&fleet, AU, &hour, &Carried::new(), |question| {
                question.plan(Bake { wait: SignedDuration::from_mins(40), percent })
            })
        };
        let plans: Vec<BakePlan> = (1..20).map(|step| question(5 * step)).collect();
        assert!(plans.iter().all(|plan| !plan.enough), "{rps}, {rate}");
        let nearest = plans.iter().min_by(|one, other| shortfall(one).total_cmp(&shortfall(other))).unwrap();
        assert_eq!(answer(&fleet, &hour).bake, nearest.bake, "{rps}, {rate}");
        seen.push(nearest.bake.percent);
    }
    assert!(seen.iter().any(|percent| (10..90).contains(percent)), "{seen:?}");
}

#[test]
fn where_nothing_can_be_found_the_smallest_share_is_taken() {
    let fleet = free(AU, 10, 25);
    let plan = answer(&fleet, &measured(0.0, &[]));
    assert_eq!(plan.bake, Bake { wait: SignedDuration::from_mins(40), percent: 10 });
}

/// Nothing measured of a metric is no rate of zero: policy's counts.
#[test]
fn a_rate_that_was_measured_as_nothing_is_policys() {
    let fleet = fleet();
    let hour = measured(100.0, &[(MetricName::errors_5xx(), 0.0), (MetricName::errors_4xx(), 0.005)]);
    let plan = answer(&fleet, &hour);
    let rate = |metric| plan.findings.iter().find(|found| found.metric == metric).unwrap().base_rate;
    assert_eq!(rate(MetricName::errors_5xx()), fleet.wave.base_rate);
    assert_eq!(rate(MetricName::errors_4xx()), 0.005);
}

#[test]
fn pooled_detection_uses_earlier_regions_requests() {
    let fleet = fleet();
    let carried = Carried::from([(MetricName::errors_5xx(), (20_000, 70_000))]);
    let bake = Bake { wait: SignedDuration::from_mins(8), percent: 25 };
    let plan = ask(&fleet, AU, &measured(100.0, &[]), &carried, |question| question.plan(bake));
    let found = |metric| plan.findings.iter().find(|found| found.metric == metric).unwrap();
    let effect =
        |green, blue| smallest_detectable_effect(&fleet.judge, fleet.regions.len(), green, blue, fleet.wave.base_rate);
    let (carries, alone) = (found(MetricName::errors_5xx()), found(MetricName::errors_4xx()));
    assert_eq!(carries.pooled, effect(20_000 + plan.green, 70_000 + plan.blue));
    assert_eq!(carries.alone, effect(plan.green, plan.blue));
    assert_eq!(alone.pooled, alone.alone, "no region before counted it");
}

/// The hour that counts is the one in which the canary takes its first request.
#[test]
fn a_bake_is_planned_for_the_traffic_at_which_its_canary_begins() {
    let fleet = free(EU, 10, 10);
    let answer = |from: Timestamp| {
        let (hour, carried) = (Hour::default(), Carried::new());
        let region = fleet.region(&name(EU)).unwrap();
        let instances = region.instances;
        BakeQuestion { fleet: &fleet, region, instances, from, hour: &hour, carried: &carried }.answer()
    };
    let mut turns = 0;
    for half_hour in 0..8 {
        let mut night = Night { fleet: fleet.clone(), ..Night::new() };
        night.now = at("05:00:00") + SignedDuration::from_mins(30) * half_hour;
        night.next_after(EU, &[Act::Prepare]);
        let (right, early) = (answer(night.now + PROVISIONING), answer(night.now - PROVISIONING));
        assert_eq!(night.history(EU).update.as_ref().unwrap().bake, Some(right.bake));
        let region = fleet.region(&name(EU)).unwrap();
        let from = night.now + PROVISIONING;
        assert_eq!(right.rps, region.mean_rps(from, from + right.bake.wait));
        turns += u32::from(right.bake != early.bake);
    }
    assert!(turns > 0, "six minutes later another bake is right");
}

#[test]
fn a_forecast_uses_the_traffic_at_each_canary() {
    let fleet = fleet();
    let forecast = forecast(&fleet, at("06:10:00"), &BTreeMap::new());
    for turn in &forecast.turns {
        let timer = turn.canary + turn.plan.bake.wait;
        assert_eq!(turn.plan.rps, fleet.region(&turn.region).unwrap().mean_rps(turn.canary, timer));
        assert_eq!(turn.decides, timer - fleet.guardrail.decide_before_end);
    }
}

/// As the preflight asks: EU's bake and soak take twenty-three minutes.
#[test]
fn a_forecast_omits_regions_that_freeze_before_soak_ends() {
    let freeze = "[[freeze]]\nname = \"peak\"\nwhy = \"x\"\nregions = [\"eu-west-1\"]\ntime_zone = \"UTC\"\n\
                  from = \"2026-11-20 04:00\"\nuntil = \"2026-11-20 09:00\"";
    let fleet =
        Fleet::parse(&format!("{}\n{freeze}", include_str!("../../../../local/fleets/reference/fleet.toml"))).unwrap();
    for (starts, left) in [("03:36:00", 0), ("03:38:00", 1), ("03:45:00", 1)] {
        assert_eq!(forecast(&fleet, at(starts), &BTreeMap::new()).frozen.len(), left, "{starts}");
    }
}

/// What is found exactly where policy wants it found is no warning.
#[test]
fn a_forecast_warns_only_of_what_is_found_too_late_for_policy() {
    let mut fleet = free(BR, 10, 25);
    fleet.regions.retain(|region| region.name == name(BR));
    fleet.regions[0].instances = 4;
    let rate = [(MetricName::errors_4xx(), fleet.wave.base_rate), (MetricName::errors_5xx(), fleet.wave.base_rate)];
    let hour = measured(20.0, &rate);
    let longest = Bake { wait: SignedDuration::from_mins(40), percent: 25 };
    let found = ask(&fleet, BR, &hour, &Carried::new(), |question| question.plan(longest)).findings[0].alone.unwrap();
    for (wanted, warnings) in [(found, 0), (found - 1e-6, 2)] {
        (fleet.wave.detect, fleet.wave.detect_alone) = (wanted, wanted);
        let night = forecast(&fleet, at("03:05:00"), &BTreeMap::from([(name(BR), hour.clone())]));
        assert_eq!(night.warnings.len(), warnings, "{:?}", night.warnings);
    }
}

/// SageMaker counts capacity: no more than policy's share where that is an instance at least, and one instance otherwise.
#[test]
fn a_canary_is_whole_instances_and_its_share_is_theirs() {
    let of = |percent, of| {
        let size = CanarySize::wished(percent, of);
        assert_eq!(CanarySize::of_share(size.percent(), of), size, "the recorded share names the same instances");
        (size.instances, size.percent())
    };
    assert_eq!(
        [of(25, 2), of(10, 3), of(25, 4), of(50, 3), of(25, 10), of(50, 40)],
        [(1, 50), (1, 33), (1, 25), (1, 33), (2, 20), (20, 50)]
    );
}

/// What is planned, found and allowed is what the canary's instances really get.
#[test]
fn a_quarter_of_two_instances_is_planned_and_allowed_as_a_half() {
    let fleet = free(AU, 25, 25);
    let region = fleet.region(&name(AU)).unwrap();
    let (hour, carried) = (measured(100.0, &[]), Carried::new());
    let question =
        BakeQuestion { fleet: &fleet, region, instances: 2, from: at("03:05:00"), hour: &hour, carried: &carried };
    let plan = question.answer();
    assert_eq!((plan.bake.percent, plan.size), (50, CanarySize { instances: 1, of: 2 }));
    assert_eq!(plan.green, plan.blue);
    assert!(plan.bake.is_within(region, 2) && !plan.bake.is_within(region, 4));
    assert!(!Bake { percent: 25, ..plan.bake }.is_within(region, 2));
}

/// Who wishes for a quarter of two instances is told that it is a half, and what to write instead.
#[test]
fn a_plan_warns_of_a_canary_that_is_larger_than_policys_share() {
    let mut fleet = fleet();
    let larger = |fleet: &Fleet| -> Vec<_> {
        let warnings = forecast(fleet, at("03:02:00"), &BTreeMap::new()).warnings.into_iter();
        let of = |warning| match warning {
            ForecastWarning::LargerCanary { region, wished, size, enough } => Some((region, wished, size, enough)),
            _ => None,
        };
        warnings.filter_map(of).collect()
    };
    assert_eq!(larger(&fleet), []);
    fleet.regions[1].canary_percent = Bounds::only(25);
    assert_eq!(larger(&fleet), [(name(AU), 25, CanarySize { instances: 1, of: 2 }, 4)]);
    (fleet.regions[1].instances, fleet.scaling) = (4, None);
    assert_eq!(larger(&fleet), []);
}
