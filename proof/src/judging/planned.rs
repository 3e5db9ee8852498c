//! A wave as the planner would walk it: the order, hours, bakes and canaries of its forecast, and each update's alarms.

use super::streams::{Effect, Metric, Site, Usual};
use super::waves::Place;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::alarms::guards;
use meridian_domain::plan::{Bake, CanarySize, HarmForecast, Hour, PROVISIONING, RetryQuestion, Turn, forecast};
use meridian_domain::{AlarmSpec, Fleet, ResourceName};
use meridian_judge::RegionEvidence;
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
    /// Requests until the verdict at full load, as it says.
    pub unproved: u64,
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

/// When a wave has had its first canaries, and until when a further one may begin.
#[derive(Clone, Copy, Debug)]
pub struct Wave {
    /// Every region has had its turn.
    pub ends: Timestamp,
    /// No try begins from then on.
    pub until: Timestamp,
}

impl Wave {
    /// Of the wave that walks these turns.
    pub fn of(fleet: &Fleet, starts: Timestamp, turns: &[Planned]) -> Self {
        let bake = |turn: &Planned| SignedDuration::from_mins(i64::from(turn.place.site.bake));
        let last = turns.last().map_or(starts, |turn| turn.canary + bake(turn));
        Wave { ends: last + fleet.guardrail.full_load + fleet.guardrail.soak, until: starts + fleet.wave.until }
    }
}

/// The further try that the planner would make of a turn whose counts did not decide.
pub fn again(fleet: &Fleet, turn: &Planned, shown: &RegionEvidence, wave: Wave) -> Option<Planned> {
    let Planned { place, .. } = turn;
    let region = fleet.regions.get(usize::try_from(place.first_stream()).ok()?)?;
    let instances = place.site.instances;
    let minutes = SignedDuration::from_mins(i64::from(place.site.bake));
    let last = Some(Bake { wait: minutes, percent: (100.0 * place.site.canary).round() as u32 });
    let retry = RetryQuestion::after(fleet, region, instances, shown, last).answer(wave.ends, wave.until).1?;
    let canary = retry.from + PROVISIONING;
    let site = Site {
        rps: region.mean_rps(canary, canary + retry.bake.wait),
        canary: CanarySize::of_share(retry.bake.percent, instances).share(),
        bake: u32::try_from(retry.bake.wait.as_mins()).unwrap_or(0),
        ..place.site.clone()
    };
    Some(Planned { canary, ..turn.at(site) })
}

impl Planned {
    /// The same turn once more, with another canary and with minutes of its own.
    #[must_use]
    pub fn at(&self, site: Site) -> Planned {
        Planned { place: self.place.again(site), ..self.clone() }
    }
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
    Some(Planned { place, alarms, harm: turn.harm.clone(), unproved: turn.unproved, canary: turn.canary })
}
