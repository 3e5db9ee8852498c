//! How long a canary bakes, and with what share of the traffic.

use crate::night::{AU, BR, EU, Night, at, name, said};
use crate::plans::Says;
use jiff::SignedDuration;
use meridian_domain::plan::ForecastWarning;
use meridian_domain::plan::{Act, Bake, BakePlan, BakeQuestion, Hour, Next, forecast};
use meridian_domain::{Bounds, Fleet, Invariant, Record, WavePolicy, audit};
use meridian_judge::MetricName;
use std::collections::BTreeMap;

/// The reference fleet with bounds to choose within.
fn fleet() -> Fleet {
    let mut fleet = crate::night::fleet();
    let bounds = [(16, 31), (7, 10), (7, 10), (7, 9)];
    for (region, (min, max)) in fleet.regions.iter_mut().zip(bounds) {
        (region.shortest_bake, region.bake) = (SignedDuration::from_mins(min), SignedDuration::from_mins(max));
        region.canary_percent = Bounds { min: 10, max: 25 };
    }
    fleet
}

fn night() -> Night {
    Night { fleet: fleet(), ..Night::new() }
}

type Carried = BTreeMap<MetricName, (u64, u64)>;

fn planned(fleet: &Fleet, region: &str, hour: &Hour, carried: &Carried) -> BakePlan {
    let region = fleet.region(&name(region)).unwrap();
    BakeQuestion { fleet, region, instances: 100, from: at("03:05:00"), hour, carried }.answer()
}

fn usual(fleet: &Fleet, region: &str) -> BakePlan {
    planned(fleet, region, &Hour::default(), &Carried::new())
}

/// What the chosen numbers find, and a minute less or a smaller share would not.
#[test]
fn a_bake_is_the_smallest_and_shortest_that_detects_enough() {
    let fleet = fleet();
    let region = fleet.region(&name(EU)).unwrap();
    let plan = usual(&fleet, EU);
    assert!(plan.enough && plan.bake.is_within(region, 100), "{plan:?}");
    assert!(plan.findings.iter().all(|finding| finding.pooled.unwrap() <= 3.0));
    let (hour, carried) = (Hour::default(), Carried::new());
    let question =
        BakeQuestion { fleet: &fleet, region, instances: 100, from: at("03:05:00"), hour: &hour, carried: &carried };
    let shorter = Bake { wait: plan.bake.wait - SignedDuration::from_mins(1), ..plan.bake };
    assert!(!question.plan(shorter).enough);
    assert!(!question.plan(Bake { wait: region.bake, percent: plan.bake.percent - 5 }).enough);
}

/// Each turn says what a release as good as the champion would show there, and warns where it may well be rolled back.
#[test]
fn a_forecast_says_how_likely_an_equal_release_arrives() {
    let fleet = crate::night::fleet();
    let told = |fleet: &Fleet, hours: &BTreeMap<_, _>| forecast(fleet, at("03:02:00"), hours);
    let usual = told(&fleet, &BTreeMap::new());
    assert!(usual.chance > 0.999, "{}", usual.chance);
    let product: f64 = usual.turns.iter().map(|turn| turn.chance).product();
    assert!((usual.chance - product).abs() < 1e-12);
    for turn in &usual.turns {
        let names: Vec<&str> = turn.harm.iter().map(|own| own.metric.as_str()).collect();
        assert_eq!(names, ["4xx", "5xx"], "what nobody measured is not foreseen");
        assert!(turn.harm.iter().all(|own| own.answers > 0 && own.answers < 500 && own.failover > own.answers));
    }
    let is_warned = |warning: &ForecastWarning| matches!(warning, ForecastWarning::MayNotPass { .. });
    assert!(!usual.warnings.iter().any(is_warned));
    // Measured alerts are foreseen too; and where policy allows next to nothing, that is said of each region.
    let mut hour = Hour { rps: Some(200.0), ..Hour::default() };
    hour.rates.insert("alerts".parse().unwrap(), 0.02);
    let mut strict = fleet.clone();
    strict.judge.harm = 20;
    let measured = told(&strict, &[(name(AU), hour)].into());
    let au = measured.turns.iter().find(|turn| turn.region == name(AU)).unwrap();
    assert!(au.harm.iter().any(|own| own.metric.as_str() == "alerts" && own.base_rate == 0.02), "{:?}", au.harm);
    assert!(au.chance < 0.01 && measured.chance <= au.chance, "{}", au.chance);
    let warned = measured.warnings.iter().any(|warning| {
        matches!(warning, ForecastWarning::MayNotPass { region, harm, allowed: 20, .. }
            if *region == name(AU) && harm.metric.as_str() == "alerts")
    });
    assert!(warned, "{:?}", measured.warnings);
}

/// A region that may fail its first canary is more likely to pass in one of its tries; and the canary that the warning proposes is
/// the smallest that does: written into the policy the warning goes, and with a minute less it stays.
#[test]
fn what_a_warning_proposes_is_enough_and_no_more() {
    let told = |fleet: &Fleet| forecast(fleet, at("03:02:00"), &BTreeMap::new());
    let proposed = |fleet: &Fleet| {
        told(fleet).warnings.into_iter().find_map(|warning| match warning {
            ForecastWarning::MayNotPass { region, chance, in_tries, enough, .. } if region == name(BR) => {
                Some((chance, in_tries, enough))
            }
            _ => None,
        })
    };
    let mut strict = crate::night::fleet();
    strict.judge.harm = 60;
    let (chance, in_tries, enough) = proposed(&strict).unwrap();
    let bake = enough.unwrap().bake;
    assert!(chance < in_tries && in_tries < 0.99, "{chance} {in_tries}");
    let once = Fleet { wave: WavePolicy { tries: 1, ..strict.wave.clone() }, ..strict.clone() };
    assert_eq!(proposed(&once).map(|(chance, in_tries, _)| in_tries - chance), Some(0.0));
    let with = |wait: SignedDuration| {
        let mut fleet = once.clone();
        let region = fleet.regions.iter_mut().find(|region| region.name == name(BR)).unwrap();
        (region.bake, region.shortest_bake) = (wait, wait);
        region.canary_percent = Bounds { min: bake.percent, max: bake.percent };
        proposed(&fleet)
    };
    assert_eq!(with(bake.wait), None);
    assert!(with(bake.wait - SignedDuration::from_mins(1)).is_some(), "{bake:?}");
}

/// With every delivered metric on, canaries of a minute each would not do: what the plan then proposes is what fleet.toml has. EU bakes longer, so
/// that it finds three times as many errors.
#[test]
fn the_delivered_canaries_are_those_that_the_plan_proposes() {
    let delivered = crate::night::fleet();
    let mut short = delivered.clone();
    let minute = SignedDuration::from_mins(1);
    short.regions.iter_mut().for_each(|region| (region.bake, region.shortest_bake) = (minute, minute));
    let rates = ["alerts", "score_over_0.9"].map(|metric| (metric.parse().unwrap(), 0.02));
    let hour = Hour { rps: None, rates: rates.into() };
    let hours = short.regions.iter().map(|region| (region.name.clone(), hour.clone())).collect();
    let warnings = forecast(&short, at("03:00:00"), &hours).warnings.into_iter();
    let proposed: BTreeMap<_, _> = warnings
        .filter_map(|warning| match warning {
            ForecastWarning::MayNotPass { region, enough, .. } => Some((region, enough.unwrap().bake)),
            _ => None,
        })
        .collect();
    for region in &delivered.regions {
        let Bake { wait, percent } = proposed[&region.name];
        assert_eq!(percent, region.canary_percent.max, "{}", region.name);
        assert!(
            if region.name == name(EU) { region.bake > wait } else { region.bake == wait },
            "{}: {wait:#}",
            region.name
        );
    }
}

/// Where each region passes often enough and all of them together do not, the wave is warned of; a region that is warned of says it all.
#[test]
fn a_wave_that_may_not_arrive_is_warned_of_once() {
    let mut fleet = crate::night::fleet();
    // Regions alike are each as likely as the others.
    fleet.regions.iter_mut().for_each(|region| region.peak_rps = 150.0);
    let mut of_wave = 0;
    for harm in (150..=210).step_by(5) {
        fleet.judge.harm = harm;
        let told = forecast(&fleet, at("03:02:00"), &BTreeMap::new());
        let count = |of: fn(&ForecastWarning) -> bool| told.warnings.iter().filter(|warning| of(warning)).count();
        let wave = count(|warning| matches!(warning, ForecastWarning::MayNotArrive { .. }));
        let regions = count(|warning| matches!(warning, ForecastWarning::MayNotPass { .. }));
        let expected = usize::from(told.chance_in_tries < 0.99 && regions == 0);
        assert_eq!(wave, expected, "{harm}: {} {:?}", told.chance_in_tries, told.warnings);
        of_wave += wave;
    }
    assert!(of_wave > 0, "no bound on harm showed it");
}

#[test]
fn only_minutes_count_whose_counts_the_last_decision_can_see() {
    let fleet = fleet();
    let region = fleet.region(&name(AU)).unwrap();
    let (hour, carried) = (Hour { rps: Some(100.0), ..Hour::default() }, Carried::new());
    let question =
        BakeQuestion { fleet: &fleet, region, instances: 100, from: at("03:05:00"), hour: &hour, carried: &carried };
    // Of ten minutes: one of warm-up, two until counts arrive, three between the decision and the timer's end.
    let plan = question.plan(Bake { wait: SignedDuration::from_mins(10), percent: 25 });
    assert_eq!((plan.minutes, plan.green, plan.blue, plan.measured), (4, 6_000, 18_000, true));
    // Seven leave one minute, and a comparison needs three: it finds nothing, however busy the minute is.
    let plan = question.plan(Bake { wait: SignedDuration::from_mins(7), percent: 25 });
    assert!(plan.minutes == 1 && plan.findings.iter().all(|finding| finding.alone.is_none()), "{plan:?}");
}

#[test]
fn carried_evidence_shortens_a_bake_only() {
    let mut fleet = fleet();
    fleet.regions[1].shortest_bake = SignedDuration::from_mins(7);
    fleet.regions[1].bake = SignedDuration::from_mins(40);
    let alone = usual(&fleet, AU);
    let of = |metric| (metric, (500_000, 1_500_000));
    let much = Carried::from([MetricName::errors_4xx(), MetricName::errors_5xx()].map(of));
    let carried = planned(&fleet, AU, &Hour::default(), &much);
    assert!(alone.enough && carried.enough);
    assert!(carried.bake.wait < alone.bake.wait, "{:?} after {:?}", carried.bake, alone.bake);
    assert!(carried.findings.iter().all(|finding| finding.alone.unwrap() <= 6.0), "its own test stands");
    assert!(carried.minutes >= 3);
}

#[test]
fn busier_regions_bake_shorter() {
    let fleet = fleet();
    let busy = Hour { rps: Some(5_000.0), ..Hour::default() };
    let region = fleet.region(&name(EU)).unwrap();
    let plan = planned(&fleet, EU, &busy, &Carried::new());
    assert_eq!((plan.bake.wait, plan.bake.percent), (region.shortest_bake, 10));
    let quiet = planned(&fleet, EU, &Hour { rps: Some(2.0), ..Hour::default() }, &Carried::new());
    assert!(!quiet.enough && quiet.bake.wait == region.bake, "{quiet:?}");
    // With no traffic at all nothing is found, and no plan panics.
    let none = planned(&fleet, EU, &Hour { rps: Some(0.0), ..Hour::default() }, &Carried::new());
    assert!(!none.enough && none.findings.iter().all(|finding| finding.alone.is_none()));
}

/// The rarer errors are, the larger is the ratio that makes the same excess.
#[test]
fn under_the_base_rate_the_same_excess_is_to_be_found() {
    let fleet = fleet();
    let hour = Hour { rps: None, rates: BTreeMap::from([(MetricName::errors_5xx(), 0.0002)]) };
    let plan = planned(&fleet, EU, &hour, &Carried::new());
    let target = |name: &MetricName| plan.findings.iter().find(|found| found.metric == *name).unwrap().target;
    assert_eq!(target(&MetricName::errors_4xx()), 3.0);
    assert!((target(&MetricName::errors_5xx()) - 11.0).abs() < 1e-9);
}

/// The chosen numbers stand with the intent; the call, the timer and the audit go by them.
#[test]
fn the_planned_bake_is_recorded_and_kept_to() {
    let mut night = night();
    night.starts(EU);
    let planned = night.history(EU).update.as_ref().unwrap().bake.unwrap();
    let region = night.region(EU);
    let (hour, carried) = (Hour::default(), Carried::new());
    let (fleet, instances) = (&night.fleet, region.instances);
    let question =
        BakeQuestion { fleet, region: &region, instances, from: at("03:05:00"), hour: &hour, carried: &carried };
    assert_eq!(planned, question.answer().bake);
    night.new_call();
    night.pass("3m");
    night.phase(EU, meridian_domain::VariantPhase::Baking);
    night.next(EU);
    assert_eq!(night.canary_ends(EU), night.now + planned.wait);
}

/// I9: what SageMaker's own timer is asked for must leave the judge the time that policy says.
#[test]
fn the_audit_refuses_a_canary_outside_of_policys_bounds() {
    let mut night = night();
    let plan = night.next_after(EU, &[Act::Prepare]);
    assert!(plan.does(Act::Update));
    assert_eq!(audit(&night.fleet, &night.sight, &plan, night.now), []);
    let region = night.fleet.region(&name(EU)).unwrap().clone();
    let outside = |change: fn(&mut meridian_domain::Region)| {
        let mut fleet = night.fleet.clone();
        change(&mut fleet.regions[0]);
        audit(&fleet, &night.sight, &plan, night.now).iter().any(|note| note.invariant() == Invariant::I9)
    };
    assert!(region.bake > SignedDuration::from_mins(2));
    assert!(outside(|region| region.bake = SignedDuration::from_mins(10)), "longer than the longest");
    assert!(outside(
        |region| (region.bake, region.shortest_bake) = (SignedDuration::from_hours(1), SignedDuration::from_mins(59))
    ));
    assert!(
        outside(|region| (region.canary_percent, region.instances) = (Bounds::only(50), 4)),
        "a smaller share than the smallest"
    );
    let ends = Record::CanaryStarted { execution: night.sight.execution.clone(), from: night.now, ends: night.now };
    let wrong = meridian_domain::plan::Plan { next: Next::TellRegion(name(EU), ends), why: said("") };
    assert_eq!(audit(&night.fleet, &night.sight, &wrong, night.now)[0].invariant(), Invariant::I9);
}

/// The reference night: the release is approved by 03:01, and whatever its traffic, four regions are on it by
/// 04:15, each judged at full load before the next one starts, where instances come in three minutes. Where they take eight,
/// nobody promises that.
#[test]
fn four_regions_are_on_the_release_by_a_quarter_past_four() {
    let fleet = crate::night::fleet();
    for hours in [
        BTreeMap::new(),
        fleet.regions.iter().map(|own| (own.name.clone(), Hour { rps: Some(3.0), ..Hour::default() })).collect(),
    ] {
        let forecast = forecast(&fleet, at("03:01:00"), &hours);
        assert_eq!(forecast.turns.len(), 4);
        assert!(forecast.ends <= at("04:15:00"), "{}", forecast.ends);
        let (japan, dark) = (&forecast.turns[2], at("03:47:00"));
        assert!(japan.starts < dark && dark < japan.on_release, "JP is being updated at 03:47: {japan:?}");
        assert!(forecast.turns.windows(2).all(|pair| pair[0].judged == pair[1].starts));
        // One in which instances are cold, two whole minutes, two until their counts arrive, and what the clock costs.
        let wait: SignedDuration = "5m 45s".parse().unwrap();
        assert!(forecast.turns.iter().all(|turn| turn.judged == turn.on_release + wait));
        assert_eq!(
            (forecast.ends, forecast.settles),
            (forecast.turns[3].on_release, forecast.ends + fleet.guardrail.soak)
        );
        assert_eq!(forecast.ends_latest, forecast.ends + SignedDuration::from_mins(4 * 5));
    }
}

/// A start waits for the instances that a neighbour's customers would need, and so does everything after it.
#[test]
fn a_forecast_reckons_with_the_instances_that_a_start_waits_for() {
    let usual = crate::night::fleet();
    let mut fleet = usual.clone();
    fleet.scaling.as_mut().unwrap().requests_per_instance = 100.0;
    for region in &mut fleet.regions {
        (region.most_instances, region.night_instances) = ((region.title == "AU").then_some(6), None);
    }
    let ahead = |fleet: &Fleet| forecast(fleet, at("03:01:00"), &BTreeMap::new());
    let (before, after) = (ahead(&usual), ahead(&fleet));
    let minutes = SignedDuration::from_mins;
    assert_eq!(after.turns[0].starts, before.turns[0].starts);
    assert_eq!(after.turns[1].starts, after.turns[0].judged + minutes(3));
    assert_eq!(after.turns[2].starts, after.turns[1].judged);
    assert_eq!(after.ends_latest, after.ends + minutes((4 + 1) * 5));
}

/// A region that is frozen when its turn comes takes no time and shows no evidence; where all are, nothing starts.
#[test]
fn a_forecast_leaves_out_who_is_frozen_and_says_until_when() {
    let fleet = fleet();
    let december = forecast(&fleet, "2026-12-17T03:02:00Z".parse().unwrap(), &BTreeMap::new());
    assert_eq!(december.turns.iter().map(|turn| turn.title.as_str()).collect::<Vec<_>>(), ["EU", "AU", "JP"]);
    assert_eq!(december.ends, december.turns[2].on_release);
    let left = &december.frozen[0];
    assert_eq!((left.title.as_str(), left.freeze.as_str()), ("BR", "brazil-year-end"));
    assert_eq!(left.until, "2027-01-01T03:00:00Z".parse().unwrap());
    let friday = forecast(&fleet, "2026-11-27T03:02:00Z".parse().unwrap(), &BTreeMap::new());
    assert_eq!((friday.turns.len(), friday.frozen.len()), (0, 4));
    assert_eq!((friday.ends, friday.settles), (friday.starts, friday.starts));
}

/// What policy wants found and no bake within the bounds can find is said beforehand.
#[test]
fn a_plan_warns_of_what_no_bake_within_the_bounds_can_find() {
    let fleet = fleet();
    let night = forecast(&fleet, at("03:02:00"), &BTreeMap::new());
    let blind = |warning: &ForecastWarning| match warning {
        ForecastWarning::Blind { region, unfound, .. } => {
            Some((region.clone(), unfound.iter().map(|own| own.metric.to_string()).collect::<Vec<_>>()))
        }
        ForecastWarning::BlindTogether { .. }
        | ForecastWarning::LargerCanary { .. }
        | ForecastWarning::MayNotArrive { .. }
        | ForecastWarning::MayNotPass { .. } => None,
    };
    let alone: BTreeMap<_, _> = night.warnings.iter().filter_map(blind).collect();
    assert!(alone[&name(BR)].iter().any(|metric| metric == "4xx"), "{:?}", night.warnings);
    assert!(!alone.contains_key(&name(EU)), "{:?}", night.warnings);
    let together = |warning: &ForecastWarning| matches!(warning, ForecastWarning::BlindTogether { .. });
    assert!(!night.warnings.iter().any(together), "{:?}", night.warnings);
    let quiet = |region: &meridian_domain::Region| (region.name.clone(), Hour { rps: Some(1.0), ..Hour::default() });
    let hours = fleet.regions.iter().map(quiet).collect();
    let dead = forecast(&fleet, at("03:02:00"), &hours);
    assert!(dead.warnings.iter().any(together), "{:?}", dead.warnings);
    // Each region may not let a good release pass, and shows nothing, nor do all together.
    assert_eq!(dead.warnings.len(), 9);
}

/// The forecast chooses as the wave will: the same functions, and for the first region the same numbers.
#[test]
fn the_forecast_of_the_first_region_is_what_the_wave_asks_for() {
    let mut night = night();
    // Its endpoint has as many instances as by day.
    night.fleet.regions[0].night_instances = None;
    let forecast = forecast(&night.fleet, night.now, &BTreeMap::new());
    night.next_after(EU, &[Act::Prepare]);
    assert_eq!(night.history(EU).update.as_ref().unwrap().bake, Some(forecast.turns[0].plan.bake));
}
