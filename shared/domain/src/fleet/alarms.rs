//! The alarms that guard a canary, and Meridian's own metrics.
//!
//! The *green* alarms watch green instances only (dimension `EndpointConfigName`): over the whole endpoint, blue's traffic
//! would hide green's errors. Their names are fixed and their dimension is rewritten for each wave.

pub use crate::fleet::serving_role::MODEL;

use crate::fleet::endpoint::Target;
use crate::fleet::names::{Actor, ResourceName};
use crate::fleet::{Fleet, Region};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Namespace of SageMaker's own endpoint metrics.
pub const SAGEMAKER: &str = "AWS/SageMaker";
/// Namespace of Meridian's own metrics.
pub const NAMESPACE: &str = "Meridian";
/// 1 says revert, 0 says nothing of the kind.
pub const VERDICT: &str = "RevertVerdict";
/// 1 whenever the judge has looked at a canary.
pub const HEARTBEAT: &str = "JudgeHeartbeat";
/// The heartbeat alarm's period: the shortest that CloudWatch has. Every period in the arithmetic of silence counts
/// once for the alignment and once for each that the alarm looks back.
const BEAT_PERIOD: u32 = 10;
/// Silent periods that make an alarm: 50 s, beyond the minute for which one look beats ahead.
const BEAT_PERIODS: u32 = 5;
/// Further periods that CloudWatch may look back for a datapoint before it takes silence for silence *(live)*.
const LOOK_BACK: u32 = 2;
/// The longest silence that the heartbeat alarm does not notice: its periods and the look-back, one for the alignment
/// and one until the alarm is evaluated. (With the usual 60 s, 3 of 3, it took up to six minutes.)
pub const LONGEST_SILENCE: SignedDuration = seconds(BEAT_PERIOD * (BEAT_PERIODS + LOOK_BACK + 2));
/// Before SageMaker's own timer ends, a dead judge is noticed at least so long ahead (I9).
const NOTICED_AHEAD: SignedDuration = seconds(60);
/// The heartbeats of a judge who has not decided end so long before SageMaker's own timer: who dies at the worst moment is
/// noticed [`NOTICED_AHEAD`] all the same.
pub const LAST_BEAT: SignedDuration = SignedDuration::from_secs(LONGEST_SILENCE.as_secs() + NOTICED_AHEAD.as_secs());
/// CodePipeline calls a job again "periodically": every 30 s as people see it *(live)*, and room for so much.
pub const CALLS_EVERY: SignedDuration = seconds(60);
/// A call that reads ledgers and counts before it decides.
const ONE_CALL: SignedDuration = seconds(20);
/// The least that `decide_before_end` may be: the first call after the last decision is due comes [`CALLS_EVERY`] later at
/// worst, and must have decided before the silence since [`LAST_BEAT`] can have been noticed, `BEAT_PERIODS` after it.
pub const DECISION_ROOM: SignedDuration = SignedDuration::from_secs(
    LAST_BEAT.as_secs() - (BEAT_PERIOD * BEAT_PERIODS) as i64 + CALLS_EVERY.as_secs() + ONE_CALL.as_secs(),
);

const fn seconds(count: u32) -> SignedDuration {
    SignedDuration::from_secs(count as i64)
}

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

/// One statistic of one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// CloudWatch's namespace: SageMaker's own or one of Meridian's.
    pub namespace: &'static str,
    /// The metric's name in that namespace.
    pub metric: &'static str,
    /// Dimensions, name and value.
    pub dimensions: Vec<(&'static str, String)>,
    /// `Average`, `Maximum`, `Minimum`, `Sum` or a percentile such as `p99`.
    pub statistic: &'static str,
}

/// What an alarm compares with its threshold.
#[derive(Clone, Debug, PartialEq)]
pub enum Watched {
    /// One metric, as it is.
    Metric(Measured),
    /// One metric less another in the same period, by metric math ([`EXCESS`]). A period in which either is missing is
    /// itself missing *(live)*: what the alarm makes of that is its [`MissingData`].
    Excess {
        /// The challenger's: [`GREEN_ID`].
        green: Measured,
        /// The champion's: [`BLUE_ID`].
        blue: Measured,
    },
}

/// Minutes in a row that an [`EXCESS`] must last. It has the noise of two shares: where callers make 2 % of errors with both, and
/// green answers 900 requests a minute, a single minute is 1 % over in one of thirty; three in a row are in one of 30,000.
const EXCESS_MINUTES: u32 = 3;
/// The id of green's metric in [`EXCESS`].
pub const GREEN_ID: &str = "green";
/// The id of blue's metric in [`EXCESS`].
pub const BLUE_ID: &str = "blue";
/// The id of the expression itself: the one series that such an alarm returns.
pub const EXCESS_ID: &str = "excess";
/// The metric math of [`Watched::Excess`]. Without `FILL`: where blue serves nobody there is nothing to compare with, and a
/// zero in its place would make the callers' errors green's. After the shift the endpoint's own alarms watch.
pub const EXCESS: &str = "green - blue";

/// A metric alarm: breaches when what it watches is greater than (or, for `below`, less than) the threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmSpec {
    /// Name of the alarm; one that exists is replaced.
    pub name: String,
    /// What is compared with the threshold.
    pub watched: Watched,
    /// The way back that stands in its description: the verdict alarm's, once a wave goes forward.
    pub way_back: Option<WayBack>,
    /// Period in seconds.
    pub period: u32,
    /// Periods that are looked at.
    pub evaluation_periods: u32,
    /// Breaching periods among them that make an alarm.
    pub datapoints: u32,
    /// Threshold, in the metric's unit.
    pub threshold: f64,
    /// True if a value *below* the threshold breaches.
    pub below: bool,
    /// What silence means.
    pub missing: MissingData,
}

/// What CloudWatch makes of an alarm, in its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AlarmState {
    /// The threshold is not crossed.
    #[serde(rename = "OK")]
    Ok,
    /// The threshold is crossed, as often as the alarm asks for.
    #[serde(rename = "ALARM")]
    Alarm,
    /// Too little data.
    #[serde(rename = "INSUFFICIENT_DATA")]
    InsufficientData,
}

/// An alarm as CloudWatch shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmView {
    /// The name that CloudWatch has it under.
    pub name: String,
    /// What CloudWatch says of it.
    pub state: AlarmState,
    /// Of a composite alarm: the alarm that set it off, where CloudWatch says so.
    pub set_off_by: Option<String>,
    /// When the state last changed.
    pub since: Option<Timestamp>,
}

/// The composite alarm over the whole endpoint: the template's; it invokes `rollback`.
pub fn composite_name(fleet: &Fleet) -> String {
    format!("{}-rollback", fleet.name)
}

/// The template's alarm over the whole endpoint's 4xx. It is not part of the composite one, since what callers send wrongly
/// is not the release's fault: it invokes `rollback`, which compares.
pub fn client_errors_name(fleet: &Fleet) -> String {
    format!("{}-endpoint-4xx", fleet.name)
}

/// The alarm that trips when `promote` or `rollback` says revert.
pub fn verdict_name(fleet: &Fleet) -> String {
    format!("{}-verdict", fleet.name)
}

/// The alarm that trips when the judge heartbeat is missing.
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

/// What a region would roll back from, and what to: the way back in a second place beside the ledger, in the description of
/// the verdict alarm, which the region's own `rollback` may read when its bucket is dead (I6). Written before the way
/// forward is taken (I5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayBack {
    /// What the wave takes the region to.
    pub target: Target,
    /// What serves now, proved.
    pub back: Target,
    /// The deferral of the wave on this way forward, where the region's ledger did not take it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<LeftBehind>,
}

/// A wave's deferral of a region whose ledger did not answer: people were paged, and the region need not halt for what follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftBehind {
    /// The wave that deferred the region.
    pub wave: Actor,
    /// Since when it got no answer.
    pub since: Timestamp,
}

impl WayBack {
    /// The way back that an alarm's description (of at most 1024 characters) begins with. What follows it is for people, and not
    /// read.
    pub fn read(description: &str) -> Option<Self> {
        serde_json::Deserializer::from_str(description).into_iter::<Self>().next()?.ok()
    }

    /// The way back as the first line of a description, where [`WayBack::read`] finds it.
    pub fn written(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Alarms of a wave with the way back in its place.
    #[must_use]
    pub fn noted(&self, fleet: &Fleet, mut guards: Vec<AlarmSpec>) -> Vec<AlarmSpec> {
        for alarm in guards.iter_mut().filter(|alarm| alarm.name == verdict_name(fleet)) {
            alarm.way_back = Some(self.clone());
        }
        guards
    }

    /// The verdict alarm alone, with a wave's deferral beside the way back.
    pub fn with_deferral(self, fleet: &Fleet, left: LeftBehind) -> Vec<AlarmSpec> {
        Self { left: Some(left), ..self }.noted(fleet, vec![verdict(fleet)])
    }
}

/// The alarms of one wave in one region, for green's configuration and the one of the champion beside it, if there is one.
/// In a region whose canary serves few requests a minute, the green ones want several minutes in a row: of 120 requests, two
/// stray errors are more than 1 %. New instances are slow at first: the latency alarm wants more minutes than they are cold.
///
/// Callers cause 4xx on both releases, and an ill region 5xx: those alarms watch how far green's rate exceeds blue's in the same minute.
pub fn guards(fleet: &Fleet, region: &Region, green: &ResourceName, blue: Option<&ResourceName>) -> Vec<AlarmSpec> {
    let judge = &fleet.judge;
    let [latency, errors_4xx, errors_5xx] = green_names(fleet);
    let percentile = if judge.latency_share <= 0.001 { "p99.9" } else { "p99" };
    let of = |metric, statistic, config: &ResourceName| of_config(fleet, config, metric, statistic);
    let compared = |metric| match blue {
        Some(blue) => Watched::Excess { green: of(metric, "Average", green), blue: of(metric, "Average", blue) },
        None => Watched::Metric(of(metric, "Average", green)),
    };
    let bound = judge.latency_bound.as_secs_f64() * MICROSECONDS;
    let slow = Watched::Metric(of("ModelLatency", percentile, green));
    let minutes = region.alarm_minutes + fleet.guardrail.cold_minutes();
    vec![
        AlarmSpec { evaluation_periods: minutes, datapoints: minutes, ..guard(region, latency, slow, bound) },
        guard(region, errors_4xx, compared("Invocation4XXErrors"), judge.max_4xx),
        guard(region, errors_5xx, compared("Invocation5XXErrors"), judge.max_5xx),
        verdict(fleet),
        heartbeat(fleet, MissingData::Breaching),
    ]
}

/// The heartbeat alarm. Armed (`Breaching`) while a canary must be judged; disarmed (`NotBreaching`) afterwards, so
/// that a judge that has finished does not trip it.
pub fn heartbeat(fleet: &Fleet, missing: MissingData) -> AlarmSpec {
    AlarmSpec {
        name: heartbeat_name(fleet),
        watched: own(fleet, HEARTBEAT),
        way_back: None,
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

/// How many periods beyond its own the heartbeat alarm looked back over, where it rang at this moment for the silence since the last
/// beat; none where it rang before it could have.
pub fn looked_back(last_beat: Timestamp, rang: Timestamp) -> Option<u32> {
    let period = i64::from(BEAT_PERIOD);
    // A period counts from its start, and the one of the beat itself comes first.
    let since = rang.as_second() - last_beat.as_second().div_euclid(period) * period;
    u32::try_from(since / period - 1 - i64::from(BEAT_PERIODS)).ok()
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
        watched: own(fleet, VERDICT),
        way_back: None,
        period: 10,
        evaluation_periods: 1,
        datapoints: 1,
        threshold: 0.5,
        below: false,
        missing: MissingData::Ignore,
    }
}

/// The largest value of one of Meridian's own metrics.
fn own(fleet: &Fleet, metric: &'static str) -> Watched {
    Watched::Metric(Measured {
        namespace: NAMESPACE,
        metric,
        dimensions: vec![("EndpointName", fleet.endpoint.to_string())],
        statistic: "Maximum",
    })
}

/// One of SageMaker's metrics, of the instances of one configuration.
fn of_config(fleet: &Fleet, config: &ResourceName, metric: &'static str, statistic: &'static str) -> Measured {
    let dimensions = vec![
        ("EndpointName", fleet.endpoint.to_string()),
        ("VariantName", fleet.variant.to_string()),
        ("EndpointConfigName", config.to_string()),
    ];
    Measured { namespace: SAGEMAKER, metric, dimensions, statistic }
}

fn guard(region: &Region, name: String, watched: Watched, threshold: f64) -> AlarmSpec {
    let minutes = match watched {
        Watched::Metric(_) => region.alarm_minutes,
        Watched::Excess { .. } => region.alarm_minutes.max(EXCESS_MINUTES),
    };
    AlarmSpec {
        name,
        watched,
        way_back: None,
        period: 60,
        evaluation_periods: minutes,
        datapoints: minutes,
        threshold,
        below: false,
        // Before the canary starts, green has no data: that is not a breach. A canary nobody calls is caught by the
        // judge, which is `Inconclusive` without requests, and reverts.
        missing: MissingData::NotBreaching,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The beat's own period ends at 10 s: five silent ones later the alarm may ring.
    #[test]
    fn periods_looked_back_over_are_those_beyond_the_alarms_own() {
        let at = |seconds: i64| Timestamp::from_second(1_763_600_400 + seconds).unwrap();
        for (rang, periods) in [(59, None), (60, Some(0)), (80, Some(2)), (89, Some(2)), (110, Some(5))] {
            assert_eq!(looked_back(at(7), at(rang)), periods, "{rang}");
        }
    }
}
