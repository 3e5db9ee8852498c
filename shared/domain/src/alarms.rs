//! The alarms that guard a canary, and Meridian's own metrics.
//!
//! The *green* alarms watch one fleet only (dimension `EndpointConfigName`): over the whole endpoint, blue's traffic
//! would hide green's errors. Their names are fixed and their dimension is rewritten for each wave.

use crate::endpoint::Target;
use crate::fleet::{Fleet, Region};
use crate::names::ResourceName;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Namespace of SageMaker's own endpoint metrics.
pub const SAGEMAKER: &str = "AWS/SageMaker";
/// Namespace of Meridian's own metrics.
pub const NAMESPACE: &str = "Meridian";
/// Namespace of what serving containers say of themselves, where they do: for each request `alerts` (0 or 1) and `score`
/// (0 to 1), with the dimension `Release`, the digest that they are told as `MERIDIAN_RELEASE`.
pub const MODEL: &str = "Meridian/Model";
/// 1 says revert, 0 says nothing of the kind.
pub const VERDICT: &str = "RevertVerdict";
/// 1 whenever the judge has looked at a canary.
pub const HEARTBEAT: &str = "JudgeHeartbeat";
/// The heartbeat alarm's period: the shortest that CloudWatch has. Every period in the arithmetic of silence counts
/// once for the alignment and once for each that the alarm looks back.
const BEAT_PERIOD: u32 = 10;
/// Silent periods that make an alarm: 50 s, more than the half minute and the call between two looks of a judge.
const BEAT_PERIODS: u32 = 5;
/// Further periods that CloudWatch may look back for a datapoint before it takes silence for silence *(live)*.
const LOOK_BACK: u32 = 2;
/// The longest silence that the heartbeat alarm does not notice: its periods and the look-back, one for the alignment
/// and one until the alarm is evaluated. A judge who has not decided beats for the last time `decide_before_end` before
/// SageMaker's own timer ends, so `decide_before_end` must be at least this long (I9): then a judge who dies at the worst
/// moment, right after that beat, is noticed while the canary still bakes. (With the usual 60 s, 3 of 3, it took up to
/// six minutes, and the timer would have shifted all traffic first.)
pub const LONGEST_SILENCE: SignedDuration =
    SignedDuration::from_secs((BEAT_PERIOD * (BEAT_PERIODS + LOOK_BACK + 2)) as i64);

/// SageMaker's latency metrics are in microseconds.
const MICROSECONDS: f64 = 1e6;

/// What an alarm makes of a period without data (CloudWatch's `TreatMissingData`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MissingData {
    /// Silence is an alarm.
    Breaching,
    /// Silence is fine.
    NotBreaching,
    /// Silence keeps the state.
    Ignore,
    /// Silence is insufficient data.
    Missing,
}

impl MissingData {
    /// CloudWatch's word for it (API reference, `PutMetricAlarm`).
    pub fn as_str(self) -> &'static str {
        match self {
            MissingData::Breaching => "breaching",
            MissingData::NotBreaching => "notBreaching",
            MissingData::Ignore => "ignore",
            MissingData::Missing => "missing",
        }
    }
}

/// A metric alarm: breaches when the statistic is greater than (or, for `below`, less than) the threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmSpec {
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Metric namespace.
    pub namespace: &'static str,
    /// Metric name.
    pub metric: &'static str,
    /// Dimensions, name and value.
    pub dimensions: Vec<(&'static str, String)>,
    /// `Average`, `Maximum`, `Minimum`, `Sum` or a percentile such as `p99`.
    pub statistic: &'static str,
    /// Period in seconds.
    pub period: u32,
    /// Periods that are looked at.
    pub evaluation_periods: u32,
    /// Breaching periods among them that make an alarm.
    pub datapoints: u32,
    /// Threshold, in the metric's unit.
    pub threshold: f64,
    /// True where a value *below* the threshold breaches.
    pub below: bool,
    /// What silence means.
    pub missing: MissingData,
}

/// State of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AlarmState {
    /// Fine.
    #[serde(rename = "OK")]
    Ok,
    /// Breached.
    #[serde(rename = "ALARM")]
    Alarm,
    /// Too little data.
    #[serde(rename = "INSUFFICIENT_DATA")]
    InsufficientData,
}

/// An alarm as CloudWatch shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmView {
    /// Name.
    pub name: String,
    /// State.
    pub state: AlarmState,
    /// Why, in CloudWatch's words.
    pub reason: String,
}

/// The composite alarm over the whole endpoint: the template's; it wakes `rollback`.
pub fn composite_name(fleet: &Fleet) -> String {
    format!("{}-rollback", fleet.name)
}

/// The alarm that trips when `promote` or `rollback` says revert.
pub fn verdict_name(fleet: &Fleet) -> String {
    format!("{}-verdict", fleet.name)
}

/// The alarm that trips when nobody judges.
pub fn heartbeat_name(fleet: &Fleet) -> String {
    format!("{}-heartbeat", fleet.name)
}

/// The green alarms' names: latency, 4xx, 5xx.
pub fn green_names(fleet: &Fleet) -> [String; 3] {
    ["green-latency", "green-4xx", "green-5xx"].map(|what| format!("{}-{what}", fleet.name))
}

/// All alarms that an update names for its automatic rollback.
pub fn guard_names(fleet: &Fleet) -> Vec<String> {
    let mut names = green_names(fleet).to_vec();
    names.push(verdict_name(fleet));
    names.push(heartbeat_name(fleet));
    names
}

/// What a region would go back from, and what to: the way back in a second place beside the ledger, in the description of
/// the verdict alarm, which the region's own `rollback` may read when its bucket is dead (I6). Written before the way
/// forward is taken (I5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayBack {
    /// What the wave takes the region to.
    pub target: Target,
    /// What serves now, proved.
    pub back: Target,
}

/// What stands before the way back in an alarm's description.
const WAY_BACK: &str = "Way back: ";

impl WayBack {
    /// The way back in an alarm's description (of at most 1024 characters), if one stands there.
    pub fn read(description: &str) -> Option<Self> {
        serde_json::from_str(description.split_once(WAY_BACK)?.1).ok()
    }

    /// The alarms of a wave with the way back in its place.
    #[must_use]
    pub fn noted(&self, fleet: &Fleet, mut guards: Vec<AlarmSpec>) -> Vec<AlarmSpec> {
        let text = serde_json::to_string(self).unwrap_or_default();
        for alarm in guards.iter_mut().filter(|alarm| alarm.name == verdict_name(fleet)) {
            alarm.description = format!("{} {WAY_BACK}{text}", alarm.description);
        }
        guards
    }
}

/// The alarms of one wave in one region, for the fleet of `config`. In a region whose canary serves few requests a
/// minute, the green ones want several minutes in a row: of 120 requests, two stray errors are more than 1 %.
pub fn guards(fleet: &Fleet, region: &Region, config: &ResourceName) -> Vec<AlarmSpec> {
    let judge = &fleet.judge;
    let [latency, errors_4xx, errors_5xx] = green_names(fleet);
    let percentile = if judge.latency_share <= 0.001 { "p99.9" } else { "p99" };
    vec![
        green(
            fleet,
            region,
            config,
            latency,
            "ModelLatency",
            percentile,
            judge.latency_bound.as_secs_f64() * MICROSECONDS,
        ),
        green(fleet, region, config, errors_4xx, "Invocation4XXErrors", "Average", judge.max_4xx),
        green(fleet, region, config, errors_5xx, "Invocation5XXErrors", "Average", judge.max_5xx),
        verdict(fleet),
        heartbeat(fleet, MissingData::Breaching),
    ]
}

/// The heartbeat alarm. Armed (`Breaching`) while a canary must be judged; disarmed (`NotBreaching`) afterwards, so
/// that a judge who has finished is not taken for one who has died.
pub fn heartbeat(fleet: &Fleet, missing: MissingData) -> AlarmSpec {
    AlarmSpec {
        name: heartbeat_name(fleet),
        description: "Nobody judges the canary any more: traffic goes back.".to_owned(),
        namespace: NAMESPACE,
        metric: HEARTBEAT,
        dimensions: vec![("EndpointName", fleet.endpoint.to_string())],
        statistic: "Maximum",
        period: BEAT_PERIOD,
        evaluation_periods: BEAT_PERIODS,
        datapoints: BEAT_PERIODS,
        threshold: 0.5,
        below: true,
        missing,
    }
}

/// The beats to write, oldest first, before the heartbeat alarm is armed: one in every period that it may look at, so
/// that it starts quiet whenever it is evaluated first.
pub fn priming(now: Timestamp) -> impl Iterator<Item = Timestamp> {
    let period = SignedDuration::from_secs(i64::from(BEAT_PERIOD));
    (0..=BEAT_PERIODS + LOOK_BACK).rev().map(move |back| now - period * i32::try_from(back).unwrap_or(0))
}

/// How long Lambda waits before it repeats an asynchronous call that died (user guide, "Asynchronous invocation": one
/// minute before the first retry).
const REPEATED_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// The beats of one look at a canary: now, and one in every period until Lambda has repeated a call that died. CloudWatch
/// takes datapoints of up to two hours ahead.
pub(crate) fn ahead(now: Timestamp) -> impl Iterator<Item = Timestamp> {
    let period = SignedDuration::from_secs(i64::from(BEAT_PERIOD));
    let last = now + REPEATED_AFTER;
    std::iter::successors(Some(now), move |at| Some(*at + period)).take_while(move |at| *at <= last)
}

/// One datapoint is enough and silence keeps the state: a revert that was asked for while the control plane was dark is
/// still there when it returns.
fn verdict(fleet: &Fleet) -> AlarmSpec {
    AlarmSpec {
        name: verdict_name(fleet),
        description: "Meridian says revert.".to_owned(),
        namespace: NAMESPACE,
        metric: VERDICT,
        dimensions: vec![("EndpointName", fleet.endpoint.to_string())],
        statistic: "Maximum",
        period: 10,
        evaluation_periods: 1,
        datapoints: 1,
        threshold: 0.5,
        below: false,
        missing: MissingData::Ignore,
    }
}

fn green(
    fleet: &Fleet,
    region: &Region,
    config: &ResourceName,
    name: String,
    metric: &'static str,
    statistic: &'static str,
    threshold: f64,
) -> AlarmSpec {
    AlarmSpec {
        name,
        description: format!("The new fleet's {metric} broke its bound."),
        namespace: SAGEMAKER,
        metric,
        dimensions: vec![
            ("EndpointName", fleet.endpoint.to_string()),
            ("VariantName", fleet.variant.to_string()),
            ("EndpointConfigName", config.to_string()),
        ],
        statistic,
        period: 60,
        evaluation_periods: region.alarm_minutes,
        datapoints: region.alarm_minutes,
        threshold,
        below: false,
        // Before the canary starts, green has no data: that is not a breach. A canary nobody calls is caught by the
        // judge, which is `Inconclusive` without requests, and reverts.
        missing: MissingData::NotBreaching,
    }
}
