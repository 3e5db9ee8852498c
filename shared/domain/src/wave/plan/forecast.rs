//! What the next wave would do, and why, before it does: order, times, bakes, what each region can find and what it cannot.
//!
//! The same functions as a real wave's make the choices ([`wave_order`], [`BakeQuestion`]); only the evidence that regions
//! will have shown is an expectation here.

use super::bake::{BakePlan, BakeQuestion, Finding, HarmForecast, Hour, SLOWEST_PROVISIONING, full_load_wait};
use super::order::wave_order;
use super::tries::RetryQuestion;
use crate::fleet::names::RegionName;
use crate::fleet::traffic::local_clock;
use crate::fleet::{CanarySize, Fleet, Kind, Region, Style};
use crate::ledger::WaveOrder;
use crate::wave::stakes::{PROVISIONING, SHIFT, until_verdict};
use jiff::{SignedDuration, Timestamp};
use meridian_judge::MetricName;
use serde::Serialize;
use std::collections::BTreeMap;

/// The chance to pass under which a plan warns, and which a further try should have.
pub(super) const LIKELY: f64 = 0.99;

/// The next wave, as it is expected to go.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Forecast {
    /// When its first region would start: the release is attested and approved.
    pub starts: Timestamp,
    /// In which order, and why.
    pub order: WaveOrder,
    /// The turn of each region that policy lets start, in that order.
    pub turns: Vec<Turn>,
    /// The regions that a freeze leaves on what they serve, in that order.
    pub frozen: Vec<Left>,
    /// When the last region would be on the release, where every region's new instances come within [`PROVISIONING`].
    pub ends: Timestamp,
    /// The same where they take [`SLOWEST_PROVISIONING`]: what can be promised.
    pub ends_latest: Timestamp,
    /// The chance that a release as good as the champion passes in each of the regions at its first canary.
    pub chance: f64,
    /// The chance that it does so in one of its tries, and so is delivered everywhere the same night.
    pub chance_in_tries: f64,
    /// When the last soak would be over, and with it the wave.
    pub settles: Timestamp,
    /// What is not as policy wants it.
    pub warnings: Vec<ForecastWarning>,
}

/// What a wave's canaries would not be as policy wants them, or not find although policy wants it found.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ForecastWarning {
    /// A canary of whole instances takes a larger share than policy wishes for.
    LargerCanary {
        /// The region it is about.
        region: RegionName,
        /// The most that policy wishes for, per cent.
        wished: u32,
        /// The smallest share that its whole instances allow.
        size: CanarySize,
        /// So few instances are enough for that share.
        enough: u32,
    },
    /// One region by itself.
    Blind {
        /// The region it is about.
        region: RegionName,
        /// What it would not find.
        unfound: Vec<Unfound>,
        /// Its requests a second.
        rps: f64,
        /// The longest bake that policy allows there.
        longest: SignedDuration,
        /// The largest share, per cent.
        largest: u32,
    },
    /// A release as good as the champion may not pass.
    MayNotPass {
        /// The region it is about.
        region: RegionName,
        /// The chance that it passes at its first canary.
        chance: f64,
        /// The chance that it does so in one of so many tries.
        in_tries: f64,
        /// How many tries policy gives it.
        tries: u32,
        /// The metric that is the least likely to pass.
        harm: HarmForecast,
        /// Bad answers beyond the champion's that policy allows a wave: `judge.harm`.
        allowed: u64,
        /// The smallest share with the shortest bake that would do, whatever policy's bounds; none where none would.
        enough: Option<Box<BakePlan>>,
    },
    /// It passes in each region often enough, but not in all of them in one wave.
    MayNotArrive {
        /// The chance that every region takes it, in one of its tries.
        chance: f64,
        /// Where it is the least likely.
        least: RegionName,
    },
    /// All regions' canaries together would not find these changes.
    BlindTogether {
        /// What they would not find.
        unfound: Vec<Unfound>,
    },
}

/// A change that a canary would not find.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unfound {
    /// The metric whose rate would change.
    pub metric: MetricName,
    /// The smallest ratio that it would find; none where it finds none up to 1,000.
    pub found: Option<f64>,
    /// The ratio that policy wants found.
    pub wanted: f64,
}

/// When one region's update would start, and be judged, with the canary that it would get.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Turn {
    /// AWS's name for it.
    pub region: RegionName,
    /// What people call it.
    pub title: String,
    /// When its update would be asked for, once it has the instances that a neighbour's customers would need.
    pub starts: Timestamp,
    /// When its canary would take its first request.
    pub canary: Timestamp,
    /// When the last decision would fall.
    pub decides: Timestamp,
    /// When all of its traffic would be on the release, and golden records answered.
    pub on_release: Timestamp,
    /// When it would be judged at full load, and the next region may start.
    pub judged: Timestamp,
    /// What its clocks would show at its start.
    pub local_clock: String,
    /// Requests per second at its daily peak.
    pub peak_rps: f64,
    /// The canary, and what it would find.
    #[serde(flatten)]
    pub plan: BakePlan,
    /// What its canary would show and let through, metric by metric.
    pub harm: Vec<HarmForecast>,
    /// Requests from the shift to the verdict at full load: what a fault that only begins with all traffic can cost until then.
    pub unproved: u64,
    /// The chance that such a release passes here at its first canary.
    pub chance: f64,
    /// The chance that it does so in one of its tries.
    pub chance_in_tries: f64,
}

/// A region that a freeze keeps from starting when its turn comes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Left {
    /// AWS's name for it.
    pub region: RegionName,
    /// What people call it.
    pub title: String,
    /// The freeze's name.
    pub freeze: String,
    /// The freeze's reason, as policy says it.
    pub why: String,
    /// When it may start again.
    pub until: Timestamp,
}

/// The wave that would start at `starts`, with what was measured of the regions' traffic.
pub fn forecast(fleet: &Fleet, starts: Timestamp, hours: &BTreeMap<RegionName, Hour>) -> Forecast {
    let order = wave_order(fleet, starts);
    let mut carried: BTreeMap<MetricName, (u64, u64)> = BTreeMap::new();
    let (mut turns, mut left, mut warnings, mut at) = (Vec::new(), Vec::new(), Vec::new(), starts);
    let mut raised = 0;
    let usual = Hour::default();
    // A pilot light takes no turn: nothing runs there.
    for region in fleet.in_order(Some(&order.regions)).filter(|region| region.kind != Kind::PilotLight) {
        if let Some(frozen) = freeze(fleet, region, at) {
            left.push(frozen);
            continue;
        }
        let hour = hours.get(&region.name).unwrap_or(&usual);
        if raises(fleet, region, at) {
            at += PROVISIONING;
            raised += 1;
        }
        let canary = at + PROVISIONING;
        let instances = region.planned_instances(fleet, at);
        let question = BakeQuestion { fleet, region, instances, from: canary, hour, carried: &carried };
        let plan = question.answer();
        let harm = if region.kind == Kind::Active { question.outlook(&plan) } else { Vec::new() };
        warnings.extend(too_large(region, &plan));
        warnings.extend(blind(region, &plan));
        for finding in &plan.findings {
            let (green, blue) = carried.entry(finding.metric.clone()).or_default();
            (*green, *blue) = (*green + plan.green, *blue + plan.blue);
        }
        let turn = turn(fleet, region, hour, at, plan, harm);
        at = turn.judged;
        turns.push(turn);
    }
    warnings.extend(turns.last().and_then(|last: &Turn| blind_together(&last.plan)));
    // Where nothing starts, nothing soaks either.
    let ends = turns.last().map(|last: &Turn| last.on_release);
    let settles = ends.map_or(at, |ends| at.max(ends + fleet.guardrail.soak));
    let ends = ends.unwrap_or(at);
    let late = SLOWEST_PROVISIONING - PROVISIONING;
    let waits = raised + i32::try_from(turns.len()).unwrap_or(i32::MAX);
    let ends_latest = ends + late.saturating_mul(waits);
    for turn in &mut turns {
        let (Some(region), hour) = (fleet.region(&turn.region), hours.get(&turn.region).unwrap_or(&usual)) else {
            continue;
        };
        turn.chance_in_tries = in_tries(fleet, region, hour, turn, (settles, starts + fleet.wave.until));
        warnings.extend(may_not_pass(fleet, region, hour, turn));
    }
    let chance = turns.iter().map(|turn| turn.chance).product();
    let chance_in_tries = turns.iter().map(|turn| turn.chance_in_tries).product();
    warnings.extend(may_not_arrive(&turns, chance_in_tries));
    Forecast { starts, order, turns, frozen: left, ends, ends_latest, chance, chance_in_tries, settles, warnings }
}

/// The freeze that would keep a region from starting at `at`, as the preflight asks: one that begins before its soak would
/// be over counts too. Overrides are in the ledger, which a forecast does not read.
fn freeze(fleet: &Fleet, region: &Region, at: Timestamp) -> Option<Left> {
    let frozen = fleet.keeps_out(region, at)?;
    Some(Left {
        region: region.name.clone(),
        title: region.title.clone(),
        freeze: frozen.name,
        why: frozen.why,
        until: frozen.until,
    })
}

/// True if a region's update waits for more instances than it has by the hour: for those of a neighbour's customers.
fn raises(fleet: &Fleet, region: &Region, at: Timestamp) -> bool {
    let scaling = fleet.scaling.as_ref();
    scaling.is_some_and(|policy| policy.for_failover(fleet, region, at).least > region.floor_at(policy, at))
}

fn turn(
    fleet: &Fleet,
    region: &Region,
    hour: &Hour,
    starts: Timestamp,
    plan: BakePlan,
    harm: Vec<HarmForecast>,
) -> Turn {
    let canary = starts + PROVISIONING;
    let timer = canary + plan.bake.wait;
    let unproved = if harm.is_empty() { 0 } else { until_verdict(fleet, region, timer, hour.rps) };
    Turn {
        region: region.name.clone(),
        title: region.title.clone(),
        starts,
        canary,
        decides: timer - fleet.guardrail.decide_before_end,
        on_release: timer + SHIFT,
        judged: timer + SHIFT + full_load_wait(fleet, region),
        local_clock: local_clock(&region.time_zone, starts),
        peak_rps: region.peak_rps,
        plan,
        chance: passes(&harm),
        chance_in_tries: passes(&harm),
        harm,
        unproved,
    }
}

/// One instance is the smallest canary: where there are few, it is more than policy's share.
fn too_large(region: &Region, plan: &BakePlan) -> Option<ForecastWarning> {
    let (wished, size) = (most_wished(region)?, plan.size);
    let (region, enough) = (region.name.clone(), 100_u32.div_ceil(wished.max(1)));
    (u64::from(size.instances) * 100 > u64::from(wished) * u64::from(size.of))
        .then_some(ForecastWarning::LargerCanary { region, wished, size, enough })
}

/// The largest share that policy wishes a canary to have; none where there is no canary.
fn most_wished(region: &Region) -> Option<u32> {
    match region.style {
        Style::Canary => Some(region.canary_percent.max),
        Style::Linear { step } => Some(step),
        Style::Rolling { .. } | Style::AllAtOnce => None,
    }
}

/// The chance that every metric passes: what one shows says nothing of another.
pub(super) fn passes(harm: &[HarmForecast]) -> f64 {
    harm.iter().map(|metric| metric.chance).product()
}

/// The chance that an equal release passes in one of policy's tries: each is a canary of its own, and the ones after the first come
/// once the wave's other regions have had their turn.
fn in_tries(
    fleet: &Fleet,
    region: &Region,
    hour: &Hour,
    turn: &Turn,
    (mut from, until): (Timestamp, Timestamp),
) -> f64 {
    if turn.harm.is_empty() {
        return turn.chance;
    }
    let (rates, instances) = (&hour.rates, region.planned_instances(fleet, from));
    let (mut missed, mut last) = (1.0 - turn.chance, Some(turn.plan.bake));
    for _ in 1..fleet.wave.tries {
        let question = RetryQuestion { fleet, region, instances, rates: rates.clone(), last };
        let Some(retry) = question.answer(from, until).1 else { break };
        missed *= 1.0 - retry.chance;
        (from, last) = (retry.from + PROVISIONING + retry.bake.wait + SHIFT, Some(retry.bake));
    }
    1.0 - missed
}

/// That an equal release is delivered here less often than it should.
fn may_not_pass(fleet: &Fleet, region: &Region, hour: &Hour, turn: &Turn) -> Option<ForecastWarning> {
    let least = turn.harm.iter().min_by(|one, other| one.chance.total_cmp(&other.chance))?;
    let carried = BTreeMap::new();
    let question =
        BakeQuestion { fleet, region, instances: turn.plan.size.of, from: turn.canary, hour, carried: &carried };
    (turn.chance_in_tries < LIKELY).then(|| ForecastWarning::MayNotPass {
        region: region.name.clone(),
        chance: turn.chance,
        in_tries: turn.chance_in_tries,
        tries: fleet.wave.tries,
        harm: least.clone(),
        allowed: fleet.judge.harm,
        enough: question.that_passes().map(Box::new),
    })
}

/// That an equal release reaches all regions less often than it should, where no single region is to blame.
fn may_not_arrive(turns: &[Turn], chance: f64) -> Option<ForecastWarning> {
    let least = turns.iter().min_by(|one, other| one.chance_in_tries.total_cmp(&other.chance_in_tries))?;
    (chance < LIKELY && least.chance_in_tries >= LIKELY)
        .then(|| ForecastWarning::MayNotArrive { chance, least: least.region.clone() })
}

/// What a region cannot find by itself, whatever its bounds allow.
fn blind(region: &Region, plan: &BakePlan) -> Option<ForecastWarning> {
    let unfound: Vec<Unfound> =
        plan.findings.iter().filter_map(|found| unfound(found, found.alone, found.target_alone)).collect();
    let (longest, largest) = (region.bake, region.canary_percent.max);
    let region = region.name.clone();
    (!unfound.is_empty()).then_some(ForecastWarning::Blind { region, unfound, rps: plan.rps, longest, largest })
}

/// What all regions together cannot find.
fn blind_together(last: &BakePlan) -> Option<ForecastWarning> {
    let unfound: Vec<Unfound> =
        last.findings.iter().filter_map(|found| unfound(found, found.pooled, found.target)).collect();
    (!unfound.is_empty()).then_some(ForecastWarning::BlindTogether { unfound })
}

fn unfound(finding: &Finding, found: Option<f64>, wanted: f64) -> Option<Unfound> {
    let metric = finding.metric.clone();
    found.is_none_or(|found| found > wanted).then_some(Unfound { metric, found, wanted })
}
