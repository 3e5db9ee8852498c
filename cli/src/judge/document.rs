//! The judgement for machines. docs/judging.md describes every field.

use meridian_domain::replay::{RegionVerdict, Replay};
use meridian_domain::{JudgePolicy, RegionName, Verdict};
use meridian_judge::{Judgement, MetricJudgement, MetricName, PooledJudgement, Tally};
use serde::Serialize;
use std::collections::BTreeMap;

/// Rises when a field changes its meaning, its type or its name, or goes away.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
pub struct Document<'a> {
    schema: u32,
    wave: Wave<'a>,
    regions: BTreeMap<&'a RegionName, Region<'a>>,
    warnings: &'a [String],
    policy: &'a JudgePolicy,
}

/// The numbers of one comparison: a region's, or the one that is pooled over regions.
#[derive(Serialize)]
struct Numbers<'a> {
    metric: Option<&'a MetricName>,
    e_value: Option<f64>,
    effect: Option<f64>,
    interval: Option<(f64, Option<f64>)>,
    smallest_detectable_effect: Option<f64>,
}

#[derive(Serialize)]
struct Wave<'a> {
    verdict: Verdict,
    decided_at_minute: i64,
    why: &'a str,
    #[serde(flatten)]
    numbers: Numbers<'a>,
    metrics: BTreeMap<&'a MetricName, Pooled<'a>>,
}

#[derive(Serialize)]
struct Pooled<'a> {
    verdict: Verdict,
    regions: usize,
    #[serde(flatten)]
    numbers: Numbers<'a>,
}

#[derive(Serialize)]
struct Region<'a> {
    verdict: Verdict,
    decided_at_minute: i64,
    why: &'a str,
    #[serde(flatten)]
    numbers: Numbers<'a>,
    metrics: BTreeMap<&'a MetricName, Metric<'a>>,
}

#[derive(Serialize)]
struct Metric<'a> {
    verdict: Verdict,
    green: Tally,
    blue: Tally,
    #[serde(flatten)]
    numbers: Numbers<'a>,
    left_out: Option<&'a str>,
    why: &'a str,
}

impl<'a> Document<'a> {
    /// What `--json` prints.
    pub fn of(replay: &'a Replay, policy: &'a JudgePolicy) -> Self {
        let regions = replay.regions.iter().map(|region| (&region.region, Region::of(region))).collect();
        let wave = &replay.wave;
        let metrics = wave.pooled.iter().map(|pooled| (&pooled.metric, Pooled::of(pooled))).collect();
        let deciding = wave.pooled.iter().find(|pooled| Some(&pooled.metric) == wave.metric.as_ref());
        let (verdict, decided_at_minute, why) = (wave.verdict, wave.decided_at_minute, wave.why.as_str());
        let wave = Wave { verdict, decided_at_minute, why, numbers: Numbers::pooled(deciding), metrics };
        Self { schema: SCHEMA, wave, regions, warnings: &replay.warnings, policy }
    }
}

impl<'a> Numbers<'a> {
    fn own(metric: Option<&'a MetricJudgement>) -> Self {
        Self {
            metric: metric.map(|it| &it.metric),
            e_value: metric.map(|it| it.e_value),
            effect: metric.and_then(|it| it.effect),
            interval: metric.map(|it| it.interval),
            smallest_detectable_effect: metric.and_then(|it| it.smallest_detectable_effect),
        }
    }

    fn pooled(metric: Option<&'a PooledJudgement>) -> Self {
        Self {
            metric: metric.map(|it| &it.metric),
            e_value: metric.map(|it| it.e_value),
            effect: metric.and_then(|it| it.effect),
            interval: metric.and_then(|it| it.interval),
            smallest_detectable_effect: metric.and_then(|it| it.smallest_detectable_effect),
        }
    }
}

impl<'a> Pooled<'a> {
    fn of(pooled: &'a PooledJudgement) -> Self {
        Self { verdict: pooled.verdict, regions: pooled.regions, numbers: Numbers::pooled(Some(pooled)) }
    }
}

impl<'a> Region<'a> {
    fn of(region: &'a RegionVerdict) -> Self {
        let Judgement { verdict, why, metrics, .. } = &region.judgement;
        Self {
            verdict: *verdict,
            decided_at_minute: region.decided_at_minute,
            why,
            numbers: Numbers::own(region.deciding()),
            metrics: metrics.iter().map(|metric| (&metric.metric, Metric::of(metric))).collect(),
        }
    }
}

impl<'a> Metric<'a> {
    fn of(metric: &'a MetricJudgement) -> Self {
        Self {
            verdict: metric.verdict,
            green: metric.green,
            blue: metric.blue,
            numbers: Numbers::own(Some(metric)),
            left_out: metric.left_out.as_deref(),
            why: &metric.why,
        }
    }
}
