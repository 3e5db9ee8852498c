//! How long a region's canary bakes, and what share of the traffic it takes: enough to find what policy wants found, and
//! no more than that.
//!
//! Of a bake, only the minutes count that begin after the warm-up and whose counts have arrived when the last decision
//! falls ([`Guardrail::watch`](crate::Guardrail::watch) knows which). The rest is what a plan must reckon with and a bake's length alone does not show.

use super::{Act, Plan, View};
use crate::fleet::endpoint::EndpointView;
use crate::fleet::{Bake, CanarySize, Fleet, Kind, Region, Style};
use crate::ledger::reason::{Canary, Seen, Traffic};
use crate::wave::stakes::{self, PROVISIONING};
use jiff::{SignedDuration, Timestamp};
use meridian_judge::{MetricName, Outlook, RegionEvidence, harm_outlook, smallest_detectable_effect};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

/// The same where they come late: what a plan may promise, and what is waited for.
pub const SLOWEST_PROVISIONING: SignedDuration = SignedDuration::from_mins(8);
/// Between two shares that are tried, per cent.
const SHARE_STEP: u32 = 5;

/// From a region's confirmation to the verdict at full load, as a plan expects it; nothing where policy asks for none.
pub(super) fn full_load_wait(fleet: &Fleet, region: &Region) -> SignedDuration {
    if region.is_judged_at_full_load(fleet) { stakes::full_load_wait(&fleet.guardrail) } else { SignedDuration::ZERO }
}

/// What is known of a region's traffic before its canary: measured in the last hour, or as it usually is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hour {
    /// Requests per second; none where nothing was measured, and the region's usual curve counts.
    pub rps: Option<f64>,
    /// Share of the requests that each metric counted; policy's `base_rate` for one that is not here.
    pub rates: BTreeMap<MetricName, f64>,
}

/// What a canary would find of one metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The metric that is judged.
    pub metric: MetricName,
    /// Share of the requests that it counts before the release.
    pub base_rate: f64,
    /// The smallest ratio that policy wants found at that rate.
    pub target: f64,
    /// The smallest ratio that the region's own test finds with chance 0.8; none where it finds nothing.
    pub alone: Option<f64>,
    /// The same with the evidence of the regions before it.
    pub pooled: Option<f64>,
    /// The largest that the region's own test may find.
    pub target_alone: f64,
}

impl Finding {
    fn is_enough(&self) -> bool {
        let within = |found: Option<f64>, target: f64| found.is_some_and(|found| found <= target);
        within(self.alone, self.target_alone) && within(self.pooled, self.target)
    }
}

/// A bake with what it would find.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BakePlan {
    /// How long, and which share.
    pub bake: Bake,
    /// The same share in instances.
    pub size: CanarySize,
    /// Requests per second that are expected in it.
    pub rps: f64,
    /// Whether that was measured.
    pub measured: bool,
    /// Minutes whose counts the last decision sees.
    pub minutes: i64,
    /// Requests that green is expected to have served in these minutes.
    pub green: u64,
    /// Requests that blue is expected to have served in them.
    pub blue: u64,
    /// By metric. Latency is not among them: before the shift it is held against its absolute bound alone.
    pub findings: Vec<Finding>,
    /// Whether everything is found that policy wants found.
    pub enough: bool,
}

impl BakePlan {
    /// How far the worst finding is from what policy wants: over 1 it is not found.
    fn shortfall(&self) -> f64 {
        let far = |found: Option<f64>, target: f64| found.map_or(f64::INFINITY, |found| found / target);
        let worst =
            |finding: &Finding| far(finding.alone, finding.target_alone).max(far(finding.pooled, finding.target));
        self.findings.iter().map(worst).fold(0.0, f64::max)
    }
}

/// What the canary would show of one metric, most of it of an equal release.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HarmForecast {
    /// The metric that is judged.
    pub metric: MetricName,
    /// Share of the requests that it counts before the release.
    pub base_rate: f64,
    /// The harm bound that is expected, in answers.
    pub answers: u64,
    /// What a fault that neither the canary nor the check at full load finds may cost in a day.
    pub a_day: u64,
    /// The harm bound while the largest neighbour's customers come as well.
    pub failover: u64,
    /// What a faulty release that the canary lets through may cost until the verdict at full load, in answers.
    pub let_through: u64,
    /// The chance that the bound is within policy.
    pub chance: f64,
}

/// What a plan for one region starts from.
pub struct BakeQuestion<'a> {
    /// The policy whose bounds hold.
    pub fleet: &'a Fleet,
    /// The region whose canary it is.
    pub region: &'a Region,
    /// The region's instances when its canary begins: seen, or policy's.
    pub instances: u32,
    /// When its canary begins.
    pub from: Timestamp,
    /// What is known of its traffic.
    pub hour: &'a Hour,
    /// What the regions before it have shown, or are expected to show: green and blue of each metric.
    pub carried: &'a BTreeMap<MetricName, (u64, u64)>,
}

impl BakeQuestion<'_> {
    /// The smallest share that finds what policy wants found, with the shortest bake that does. Where none within the
    /// bounds does, the longest bake with the share that comes nearest: more is not always better, for the larger green
    /// is, the smaller is the blue that it is compared with.
    pub fn answer(&self) -> BakePlan {
        let mut nearest: Option<BakePlan> = None;
        for percent in self.shares() {
            let longest = self.plan(Bake { wait: self.region.bake, percent });
            if longest.enough {
                return self.shortest(longest);
            }
            if nearest.as_ref().is_none_or(|plan| longest.shortfall() < plan.shortfall()) {
                nearest = Some(longest);
            }
        }
        nearest.unwrap_or_else(|| self.plan(Bake::usual(self.region)))
    }

    /// What a certain bake would find.
    pub fn plan(&self, bake: Bake) -> BakePlan {
        let watch = self.fleet.guardrail.watch(bake.wait);
        let minutes = watch.planned_minutes();
        let rps = self.hour.rps.unwrap_or_else(|| self.region.mean_rps(self.from, self.from + bake.wait));
        let served = rps * 60.0 * minutes as f64;
        let size = CanarySize::of_share(bake.percent, self.instances);
        let share = size.share();
        let (green, blue) = ((served * share) as u64, (served * (1.0 - share)) as u64);
        // A comparison needs some minutes, however busy they are.
        let compared = minutes >= i64::from(self.fleet.judge.min_minutes);
        let (green, blue) = if compared { (green, blue) } else { (0, 0) };
        let findings: Vec<Finding> = self.metrics().map(|metric| self.finding(metric, green, blue)).collect();
        let enough = findings.iter().all(Finding::is_enough);
        BakePlan { bake, size, rps, measured: self.hour.rps.is_some(), minutes, green, blue, findings, enough }
    }

    /// What an equal release would show in a canary, and how likely it passes. A metric of unknown rate is not among them,
    /// nor is latency, which is compared after the shift.
    pub fn outlook(&self, plan: &BakePlan) -> Vec<HarmForecast> {
        let (fleet, shift) = (self.fleet, self.from + plan.bake.wait);
        let stakes = stakes::at_stake(fleet, self.region, shift, self.hour.rps);
        let named = fleet.judge.metrics.keys().filter(|metric| self.hour.rates.contains_key(metric));
        let metrics: BTreeSet<MetricName> = self.metrics().chain(named.cloned()).collect();
        let told = |metric: MetricName| {
            let (regions, base_rate) = (fleet.regions.len(), self.base_rate(&metric));
            let arms = (plan.green, plan.blue);
            let Outlook { expected, chance, let_through } =
                harm_outlook(&fleet.judge, regions, &metric, arms, base_rate, &stakes)?;
            let (answers, a_day, failover) = (expected.answers, expected.a_day, expected.failover);
            Some(HarmForecast { metric, base_rate, answers, a_day, failover, let_through, chance })
        };
        metrics.into_iter().filter(|metric| !metric.is_latency()).filter_map(told).collect()
    }

    /// Share of the requests that a metric counts before the release, as it was measured, or as policy supposes.
    fn base_rate(&self, metric: &MetricName) -> f64 {
        let measured = self.hour.rates.get(metric).copied().filter(|rate| *rate > 0.0);
        measured.unwrap_or(self.fleet.wave.base_rate)
    }

    pub(super) fn shares(&self) -> Vec<u32> {
        let real = |wished: u32| CanarySize::wished(wished, self.instances).percent();
        if let Style::Linear { step } = self.region.style {
            return vec![real(step)];
        }
        let bounds = self.region.canary_percent;
        let between =
            (bounds.min..bounds.max).filter(|percent| percent.is_multiple_of(SHARE_STEP) || *percent == bounds.min);
        let mut shares: Vec<u32> = between.chain([bounds.max]).map(real).collect();
        shares.dedup();
        shares
    }

    fn shortest(&self, longest: BakePlan) -> BakePlan {
        self.shortest_that(longest, |plan| plan.enough)
    }

    /// The shortest bake that does at the same share, by whole minutes less: the longer it is, the more it finds.
    pub(super) fn shortest_that(&self, longest: BakePlan, does: impl Fn(&BakePlan) -> bool) -> BakePlan {
        let Bake { wait: most, percent } = longest.bake;
        // `less` minutes less are enough; `too_much` less are not, or not allowed.
        let (mut less, mut too_much) = (0, (most - self.region.shortest_bake).as_mins().max(0) + 1);
        let mut found = longest;
        while too_much - less > 1 {
            let middle = i64::midpoint(less, too_much);
            let plan = self.plan(Bake { wait: most - SignedDuration::from_mins(middle), percent });
            if does(&plan) { (less, found) = (middle, plan) } else { too_much = middle }
        }
        found
    }

    fn metrics(&self) -> impl Iterator<Item = MetricName> {
        self.fleet.judge.required().into_iter().filter(|metric| !metric.is_latency())
    }

    fn finding(&self, metric: MetricName, green: u64, blue: u64) -> Finding {
        let wave = &self.fleet.wave;
        let base_rate = self.base_rate(&metric);
        // Under policy's rate it is the same excess of bad requests that is worth finding, not the same ratio.
        let rarity = (wave.base_rate / base_rate).max(1.0);
        let target = |ratio: f64| 1.0 + (ratio - 1.0) * rarity;
        let effect = |green, blue| {
            smallest_detectable_effect(&self.fleet.judge, self.fleet.regions.len(), green, blue, base_rate)
        };
        let (before_green, before_blue) = self.carried.get(&metric).copied().unwrap_or_default();
        let alone = effect(green, blue);
        let pooled = if before_green == 0 { alone } else { effect(before_green + green, before_blue + blue) };
        Finding {
            metric,
            base_rate,
            target: target(wave.detect),
            alone,
            pooled,
            target_alone: target(wave.detect_alone),
        }
    }
}

/// What several regions have shown of each metric, added up: green and blue. What was left out of a verdict shows nothing.
fn carried(evidence: &[RegionEvidence]) -> BTreeMap<MetricName, (u64, u64)> {
    let mut sum = BTreeMap::new();
    for (metric, shown) in evidence.iter().flat_map(|region| &region.metrics) {
        if shown.left_out.is_none() && !shown.missing {
            let (green, blue) = sum.entry(metric.clone()).or_insert((0u64, 0u64));
            *green += shown.green.total;
            *blue += shown.blue.total;
        }
    }
    sum
}

impl Region {
    /// The instances of its endpoint: policy's first number where the endpoint does not say.
    pub fn instances_of(&self, endpoint: Option<&EndpointView>) -> u32 {
        endpoint.and_then(|seen| seen.instances).map_or(self.instances, NonZeroU32::get)
    }

    /// The instances that a plan reckons with at a moment: its floor, raised for a failover as a start raises it.
    pub(super) fn planned_instances(&self, fleet: &Fleet, at: Timestamp) -> u32 {
        fleet.scaling.as_ref().map_or(self.instances, |policy| policy.for_failover(fleet, self, at).least)
    }

    /// True if policy leaves a plan something to choose: of a region whose canary is judged.
    fn leaves_a_choice(&self) -> bool {
        let share = self.style == Style::Canary && self.canary_percent.min < self.canary_percent.max;
        self.kind == Kind::Active && (share || self.shortest_bake < self.bake)
    }
}

impl View<'_> {
    /// Where there is a canary to choose: what the region served in the last hour, which this call has not asked yet.
    pub(super) fn measure(&self) -> Option<Plan> {
        let asks = self.region.leaves_a_choice() && self.sight.hour.is_none();
        asks.then(|| self.act(Act::Measure))
    }

    /// The canary that is planned for this region now, by what it served in the last hour, or usually does where that cannot be
    /// read, and by what the regions before it have shown. One that shows no evidence of its own has nothing to plan.
    pub(super) fn bake(&self) -> Bake {
        if self.region.kind != Kind::Active {
            return Bake::usual(self.region);
        }
        let usual = Hour::default();
        let hour = self.sight.hour.as_ref().and_then(Seen::known).unwrap_or(&usual);
        let carried = carried(&self.sight.evidence_beside(&self.region.name));
        let from = self.now + PROVISIONING;
        let instances = self.instances();
        let question =
            BakeQuestion { fleet: self.fleet, region: self.region, instances, from, hour, carried: &carried };
        match self.history().and_then(|history| history.tries_of(&self.sight.release).last()) {
            Some(last) => question.again(self.planned_try().or(last.bake)).bake,
            None => question.answer().bake,
        }
    }

    /// The region's instances: seen, or policy's where they are not said.
    pub(super) fn instances(&self) -> u32 {
        let seen = self.sight.endpoints.get(&self.region.name).and_then(Seen::known).and_then(Option::as_ref);
        self.region.instances_of(seen)
    }

    /// What a recorded intent says of a canary that was chosen; none where policy leaves no choice.
    pub(super) fn chosen(&self, bake: Bake) -> Option<Canary> {
        let by = match &self.sight.hour {
            Some(Seen::Known(Hour { rps: Some(rps), .. })) => Traffic::Measured(*rps),
            Some(Seen::Unknown(why)) => Traffic::Unseen { why: why.clone() },
            _ => Traffic::Usual,
        };
        self.region.leaves_a_choice().then_some(Canary { bake, by })
    }
}
