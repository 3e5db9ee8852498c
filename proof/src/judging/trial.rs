//! One region's canary, watched by everyone at once.

use super::peers::alarm::Alarm;
use super::peers::kayenta::{self, Class};
use super::streams::{Arm, Counts, Drawn, Metric, Minute, Site};
use meridian_domain::stakes::Exposure;
use meridian_domain::{JudgePolicy, Verdict};
use meridian_judge::{MetricName, MinuteCounts, RegionCounts, RegionEvidence, RegionJudge, Ruling, Watch, WatchStage};
use std::num::NonZeroU32;

/// When counts are seen and when the last decision falls, in whole minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// A minute's counts can be read so long after its end.
    pub delay: u32,
    /// Minutes at the canary's begin that no comparison counts.
    pub warm_up: u32,
    /// The last decision falls so long before SageMaker's timer ends.
    pub decide_before_end: u32,
}

impl Timing {
    /// When the last look is, counted from the canary's begin.
    pub fn last_look(self, bake: u32) -> u32 {
        bake.saturating_sub(self.decide_before_end)
    }

    /// How many minutes, from the canary's first, can be read at a moment.
    pub fn visible(self, at: u32) -> usize {
        at.saturating_sub(self.delay) as usize
    }

    /// When a minute's counts can be read.
    pub fn seen_at(self, minute: usize) -> u32 {
        u32::try_from(minute).unwrap_or(u32::MAX).saturating_add(1).saturating_add(self.delay)
    }
}

/// Kayenta judges the window again so often, in minutes.
pub const KAYENTA_INTERVAL: usize = 5;

/// What the peers say of one region: the moment of the first failure, in minutes since the canary's begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peers {
    /// The guardrail alarm, 1 datapoint of 1.
    pub alarm: Option<u32>,
    /// Its variant, 3 of 5.
    pub alarm_3_of_5: Option<u32>,
    /// Kayenta, once, at the last look.
    pub kayenta: Option<u32>,
    /// Kayenta, every five minutes and at the last look.
    pub kayenta_often: Option<u32>,
}

/// Shows one region's canary to the peers.
pub fn peers(metrics: &[Metric], counts: &Counts, timing: Timing, bake: u32) -> Peers {
    let of = |metric| metrics.iter().position(|own| *own == metric).and_then(|at| counts.get(at));
    let green = |minutes: Option<&Vec<Minute>>, at: usize| {
        minutes.and_then(|minutes| minutes.get(at)).map_or(Arm::default(), |minute| minute.green)
    };
    let (errors, slow) = (of(Metric::Errors4xx), of(Metric::LatencyOver(20)));
    // The guardrail's alarms are watched until SageMaker's own timer ends.
    let watched = timing.visible(bake);
    let alarm = |alarm: Alarm| {
        let datapoints = (0..watched).map(|at| (green(errors, at), green(slow, at)));
        alarm.first(datapoints).map(|minute| timing.seen_at(minute))
    };
    let last = timing.last_look(bake);
    let (from, upto) = (timing.warm_up as usize, timing.visible(last));
    let fails = |metric: Metric, minutes: &[Minute]| match kayenta::classify(minutes) {
        Class::High => true,
        Class::Low => metric.is_of_scores(),
        Class::Pass | Class::Error => false,
    };
    let high = |upto: usize| {
        metrics.iter().zip(counts).any(|(metric, all)| all.get(from..upto).is_some_and(|seen| fails(*metric, seen)))
    };
    let at_end = high(upto).then_some(last);
    let early = (from + KAYENTA_INTERVAL..upto).step_by(KAYENTA_INTERVAL).find(|upto| high(*upto));
    Peers {
        alarm: alarm(Alarm::ONE_OF_ONE),
        alarm_3_of_5: alarm(Alarm::THREE_OF_FIVE),
        kayenta: at_end,
        kayenta_often: early.map(|upto| timing.seen_at(upto - 1)).or(at_end),
    }
}

/// What the judge says of one region of a wave.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// The first look at which the region's own verdict was `Fail`, in minutes since the canary's begin.
    pub region_failed: Option<u32>,
    /// The first look at which the pooled verdict was, for itself or because the region's was.
    pub wave_failed: Option<u32>,
    /// What the last look said.
    pub last: Ruling,
    /// What later regions pool.
    pub evidence: RegionEvidence,
}

/// The judge as a wave asks it: every minute, of what has arrived by then.
#[derive(Clone, Debug)]
pub struct Bench<'a> {
    /// The policy that it judges by.
    pub policy: &'a JudgePolicy,
    /// Regions over which alpha is split.
    pub regions: usize,
    /// What is counted, with the names that the policy knows.
    pub names: &'a [MetricName],
    /// When counts are seen.
    pub timing: Timing,
    /// How long a fault would go on.
    pub exposure: Exposure,
}

impl Bench<'_> {
    /// Watches one region's canary to its last look; a failure does not end it.
    pub fn watch(&self, site: &Site, drawn: &Drawn, before: &[RegionEvidence]) -> Watched {
        let last_look = self.timing.last_look(site.bake);
        let planned = self.timing.visible(last_look);
        let mut judge = self.begun(planned, site, drawn);
        let (mut region_failed, mut wave_failed) = (None, None);
        let mut last = Ruling { verdict: Verdict::Inconclusive, wave: Verdict::Inconclusive };
        for minute in 0..planned {
            for (name, minutes) in self.names.iter().zip(&drawn.canary) {
                if let Some(counts) = minutes.get(minute) {
                    judge.take(name, &told(site, counts, i64::try_from(minute).unwrap_or(i64::MAX)));
                }
            }
            let at = self.timing.seen_at(minute);
            last = judge.rule(at >= last_look, before);
            let failed = |verdict| (verdict == Verdict::Fail).then_some(at);
            region_failed = region_failed.or(failed(last.verdict));
            wave_failed = wave_failed.or(failed(last.wave));
        }
        Watched { region_failed, wave_failed, last, evidence: judge.evidence(true) }
    }

    /// The judge at a canary's last look.
    pub fn at_last_look(&self, site: &Site, drawn: &Drawn) -> RegionJudge<'_> {
        let planned = self.timing.visible(self.timing.last_look(site.bake));
        let mut judge = self.begun(planned, site, drawn);
        let canary: Counts =
            drawn.canary.iter().map(|minutes| minutes.iter().take(planned).copied().collect()).collect();
        self.take(&mut judge, site, &canary, 0);
        judge
    }

    /// A judge of so many planned minutes that has seen blue's minutes before the canary.
    fn begun(&self, planned: usize, site: &Site, drawn: &Drawn) -> RegionJudge<'_> {
        let watch = Watch {
            warm_up: i64::from(self.timing.warm_up),
            last_look: i64::try_from(planned).unwrap_or(i64::MAX),
            due: false,
            stage: WatchStage::Canary,
            stakes: Some(self.exposure.stakes(site.rps, 0.0)),
        };
        let mut judge = RegionJudge::new(self.policy, self.regions, self.names.iter().cloned(), watch);
        self.take(&mut judge, site, &drawn.before, -i64::try_from(drawn.history()).unwrap_or(0));
        judge
    }

    /// Whether green at full load fails at any minute, against blue's minutes before the shift: as `Lookout::judgement` has it.
    pub fn fails_after_shift(&self, site: &Site, drawn: &Drawn) -> bool {
        let length = drawn.canary.first().map_or(0, Vec::len);
        let first = -i64::try_from(drawn.history()).unwrap_or(0);
        let mut counts = RegionCounts::default();
        for (name, minutes) in self.names.iter().zip(&drawn.before) {
            let minutes = (first..).zip(minutes).map(|(minute, counts)| told(site, counts, minute));
            counts.metrics.insert(name.clone(), minutes.collect());
        }
        let watch = Watch {
            warm_up: 0,
            last_look: i64::try_from(length).unwrap_or(i64::MAX),
            due: false,
            stage: WatchStage::FullLoad,
            stakes: None,
        };
        let policy = self.policy.at_full_load();
        (0..length).any(|minute| {
            for (name, minutes) in self.names.iter().zip(&drawn.canary) {
                if let (Some(seen), Some(new)) = (counts.metrics.get_mut(name), minutes.get(minute)) {
                    seen.push(told(site, new, i64::try_from(minute).unwrap_or(i64::MAX)));
                }
            }
            let watch = Watch { due: minute + 1 == length, ..watch };
            let judge = meridian_judge::region_judge(&policy, self.regions, &counts, watch);
            judge.rule(watch.due, &[]).verdict == Verdict::Fail
        })
    }

    fn take(&self, judge: &mut RegionJudge<'_>, site: &Site, counts: &Counts, first: i64) {
        for (name, minutes) in self.names.iter().zip(counts) {
            for (minute, counts) in (first..).zip(minutes) {
                judge.take(name, &told(site, counts, minute));
            }
        }
    }
}

/// A minute as CloudWatch tells it: a fleet that nobody called has no datapoint.
fn told(site: &Site, counts: &Minute, minute: i64) -> MinuteCounts {
    let arm = |arm: Arm| {
        let Arm { total, bad } = arm;
        (total > 0).then_some(meridian_judge::Arm { total, bad, instances: NonZeroU32::new(site.instances) })
    };
    MinuteCounts { minute, green: arm(counts.green), blue: arm(counts.blue) }
}
