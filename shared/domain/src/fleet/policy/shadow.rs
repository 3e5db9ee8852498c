//! `[shadow]`: what endpoints capture of their customers' requests, and what a region's shadow on them decides.

use super::lines::{Check, PolicyReader};
use super::{FieldRule, FleetError};
use meridian_judge::CapturedMargins;
use serde::{Deserialize, Serialize};

/// The most hours looked back: what the last day brought is like what comes.
const MOST_HOURS: u32 = 24;
/// More days of customers' records than this nobody needs for a shadow.
const MOST_DAYS: u32 = 30;
/// The most records that a shadow reads ([`meridian_judge::CapturedCounts::records`]): none could ask for more.
const MOST_RECORDS: u64 = 1_000_000;

/// `[shadow]` of a `fleet.toml`. Without the table nothing is captured, and no region asks for a shadow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShadowPolicy {
    /// Share of the requests that an endpoint captures, per cent, 1 to 100.
    pub capture_percent: u32,
    /// A shadow reads what was captured in so many hours before it.
    #[serde(default = "usual_hours")]
    pub hours: u32,
    /// Different records without which nothing passes.
    #[serde(default = "usual_least")]
    pub least: u64,
    /// What a region does where fewer were captured, or where no verdict came.
    #[serde(default)]
    pub nothing_captured: NothingCaptured,
    /// What a shadow that failed in one region does.
    #[serde(default)]
    pub on_regional_fail: RegionalFail,
    /// Days after which captured requests are deleted: the stack's `CaptureDays`.
    #[serde(default = "usual_keep")]
    pub keep: u32,
    /// How far a challenger may differ from the champion.
    #[serde(default)]
    pub margins: CapturedMargins,
}

/// What a region does whose shadow could not judge a release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NothingCaptured {
    /// It starts: its canary is its test. A fleet that begins to capture has nothing captured yet.
    #[default]
    GoOn,
    /// It is left behind, and somebody is paged.
    Leave,
    /// The wave stops.
    Stop,
}

/// What a shadow that failed in one region does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegionalFail {
    /// The region is left behind, and somebody is paged.
    #[default]
    Leave,
    /// The wave stops.
    Stop,
}

/// As long as a night's wave, so that the capture shows the hours that the release will serve.
fn usual_hours() -> u32 {
    6
}

/// So many tell a change of a point of the alert rate from none.
fn usual_least() -> u64 {
    2000
}

fn usual_keep() -> u32 {
    2
}

/// The first thing that does not hold of the table or of its margins. A comparison with NaN is false.
pub(super) fn check(reader: &PolicyReader<'_>, policy: &ShadowPolicy) -> Result<(), FleetError> {
    reader.first_broken("shadow", &checks(policy))?;
    reader.first_broken("shadow.margins", &margin_checks(&policy.margins))
}

fn checks(policy: &ShadowPolicy) -> [Check; 4] {
    [
        ((1..=100).contains(&policy.capture_percent), "capture_percent", FieldRule::CapturePercent),
        ((1..=MOST_HOURS).contains(&policy.hours), "hours", FieldRule::ShadowHours),
        ((2..=MOST_RECORDS).contains(&policy.least), "least", FieldRule::ShadowRecords),
        (
            (1..=MOST_DAYS).contains(&policy.keep) && policy.hours <= policy.keep.saturating_mul(24),
            "keep",
            FieldRule::ShadowDays,
        ),
    ]
}

fn margin_checks(margins: &CapturedMargins) -> [Check; 8] {
    let margin = |value: f64| value >= 0.0 && value.is_finite();
    let share = |value: f64| (0.0..=1.0).contains(&value);
    [
        ((1e-6..=0.2).contains(&margins.alpha), "alpha", FieldRule::Level),
        (share(margins.max_alert_rate_change), "max_alert_rate_change", FieldRule::Share),
        (margin(margins.max_alert_rate_change_share), "max_alert_rate_change_share", FieldRule::NotNegative),
        (margin(margins.max_score_shift), "max_score_shift", FieldRule::NotNegative),
        (share(margins.max_unanswered), "max_unanswered", FieldRule::Share),
        (share(margins.max_missing), "max_missing", FieldRule::Share),
        (share(margins.max_other_reasons), "max_other_reasons", FieldRule::Share),
        (share(margins.max_other_answers), "max_other_answers", FieldRule::Share),
    ]
}
