//! The judgement for machines. docs/judging.md describes every field.

use meridian_domain::replay::{RegionVerdict, Replay, ReplayWarning, WaveGrounds};
use meridian_domain::{JudgePolicy, RegionName, Verdict};
use meridian_judge::{Finding, Grounds, Harm, LeftOut, MetricJudgement, MetricName, PooledJudgement, Scattered, Tally};
use meridian_messages::{judging, replay_warning};
use serde::Serialize;
use std::collections::BTreeMap;

/// Rises when a field changes its meaning, its type or its name, or goes away.
const SCHEMA: u32 = 3;

#[derive(Serialize)]
pub struct Document<'a> {
    schema: u32,
    wave: Wave<'a>,
    regions: BTreeMap<&'a RegionName, Region<'a>>,
    warnings: Vec<Warning<'a>>,
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
    grounds: &'a WaveGrounds,
    why: String,
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
    grounds: Grounds,
    why: String,
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
    harm: Option<Harm>,
    scattered: Option<Scattered>,
    left_out: Option<LeftOut>,
    left_out_why: Option<String>,
    finding: Finding,
    why: String,
}

#[derive(Serialize)]
struct Warning<'a> {
    words: String,
    #[serde(flatten)]
    warning: &'a ReplayWarning,
}

impl<'a> Document<'a> {
    /// What `--json` prints.
    pub fn of(replay: &'a Replay, policy: &'a JudgePolicy) -> Self {
        let regions = replay.regions.iter().map(|region| (&region.region, Region::of(region))).collect();
        let wave = &replay.wave;
        let metrics = wave.pooled.iter().map(|pooled| (&pooled.metric, Pooled::of(pooled))).collect();
        let deciding = wave.pooled.iter().find(|pooled| Some(&pooled.metric) == wave.metric.as_ref());
        let wave = Wave {
            verdict: wave.verdict,
            decided_at_minute: wave.decided_at_minute,
            grounds: &wave.grounds,
            why: judging::wave(&wave.grounds),
            numbers: Numbers::pooled(deciding),
            metrics,
        };
        Self {
            schema: SCHEMA,
            wave,
            regions,
            warnings: replay
                .warnings
                .iter()
                .map(|warning| Warning { words: replay_warning(warning), warning })
                .collect(),
            policy,
        }
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
        let grounds = region.judgement.grounds();
        Self {
            verdict: region.judgement.verdict,
            decided_at_minute: region.decided_at_minute,
            why: judging::grounds(&grounds),
            grounds,
            numbers: Numbers::own(region.deciding()),
            metrics: region.judgement.metrics.iter().map(|metric| (&metric.metric, Metric::of(metric))).collect(),
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
            harm: metric.harm,
            scattered: metric.scattered,
            left_out: metric.left_out,
            left_out_why: metric.left_out.map(judging::left_out),
            finding: metric.finding,
            why: judging::metric(metric),
        }
    }
}
