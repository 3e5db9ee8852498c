//! A wave as the planner would walk it: the order, hours, bakes and canaries of its forecast, and each update's alarms.

use super::streams::{Effect, Metric, Site, Usual};
use super::waves::Place;
use jiff::Timestamp;
use meridian_domain::alarms::guards;
use meridian_domain::plan::{HarmForecast, Hour, Turn, forecast};
use meridian_domain::{AlarmSpec, Fleet, ResourceName};
use std::collections::BTreeMap;

/// One region's turn.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Where, with a challenger that is as good as the champion.
    pub place: Place,
    /// What its update names for automatic rollback.
    pub alarms: Vec<AlarmSpec>,
    /// What the plan says that going on can cost here.
    pub harm: Vec<HarmForecast>,
    /// When its canary takes its first request.
    pub canary: Timestamp,
}

/// The regions that a wave from `starts` on would reach, in its order, where the last hours showed these rates.
pub fn wave(fleet: &Fleet, starts: Timestamp, usual: Usual) -> Vec<Planned> {
    let known = Metric::of(&fleet.judge).into_iter();
    let rates: BTreeMap<_, _> =
        known.filter_map(|metric| Some((metric.name().parse().ok()?, usual.rate(metric, Effect::NONE)))).collect();
    let hour = Hour { rps: None, rates };
    let hours = fleet.regions.iter().map(|region| (region.name.clone(), hour.clone())).collect();
    let turns = forecast(fleet, starts, &hours).turns;
    turns.iter().filter_map(|turn| planned(fleet, turn)).collect()
}

fn planned(fleet: &Fleet, turn: &Turn) -> Option<Planned> {
    let (stream, region) = (0..).zip(&fleet.regions).find(|(_, region)| region.name == turn.region)?;
    let [green, blue]: [ResourceName; 2] = ["green".parse().ok()?, "blue".parse().ok()?];
    let site = Site {
        title: turn.title.clone(),
        rps: turn.plan.rps,
        canary: turn.plan.size.share(),
        bake: u32::try_from(turn.plan.bake.wait.as_mins()).unwrap_or(0),
        instances: turn.plan.size.of,
    };
    let place = Place { site, effect: Effect::NONE, stream };
    let alarms = guards(fleet, region, &green, Some(&blue));
    Some(Planned { place, alarms, harm: turn.harm.clone(), canary: turn.canary })
}
