//! What can be wrong with a `[[region]]`.

use crate::fleet::names::{BucketName, RegionName};
use crate::fleet::policy::Style;
use jiff::SignedDuration;
use serde::Serialize;

/// What is wrong with a `[[region]]`.
#[derive(Clone, Debug, PartialEq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "`region` is the one that is wrong, `style` what it says, `field` its key")]
pub enum RegionProblem {
    /// Listed twice.
    #[error("region.name: {0} is listed twice; list each region once")]
    ListedTwice(RegionName),
    /// A bucket of two regions.
    #[error("region.bucket: {0} belongs to two regions; each needs its own")]
    SharedBucket(BucketName),
    /// A title of two regions.
    #[error("region.title: {0} belongs to two regions; each needs its own")]
    SharedTitle(String),
    /// AWS has no such region.
    #[error("region.name: {0} is not a region that AWS has; check its spelling")]
    NotOfAws(RegionName),
    /// Too few or too many members of a `vpc`.
    #[error("region.vpc of {region}: SageMaker takes {takes}")]
    Vpc {
        region: RegionName,
        /// The limit that is broken.
        takes: VpcLimit,
    },
    /// Traffic that no forecast can be made with.
    #[error("region.peak_rps of {region} must be above 0: from {least} to {most:e} requests a second")]
    PeakRps {
        region: RegionName,
        /// Requests a second at least.
        least: f64,
        /// Requests a second at most.
        most: f64,
    },
    /// A title that names no stage of the pipeline.
    #[error(
        "region.title of {region} must have 1 to {longest} letters, digits, dashes and underscores: it names the \
         region's stage of the pipeline"
    )]
    Title {
        region: RegionName,
        /// Characters at most.
        longest: usize,
    },
    /// More instances than any quota.
    #[error("region.instances of {region} and its most_instances must be at most {most}")]
    TooManyInstances {
        region: RegionName,
        /// Instances at most.
        most: u32,
    },
    /// Too few instances for two zones.
    #[error("region.instances of {0} must be at least 2, so that two zones serve")]
    TooFewInstances(RegionName),
    /// A bound on instances, and no `[scaling]`.
    #[error("region.{field} of {region} is promote's to register, and fleet.toml has no [scaling]: add it")]
    NoScaling {
        region: RegionName,
        /// The field that needs `[scaling]`.
        field: &'static str,
    },
    /// `[scaling]`, and no bound on instances.
    #[error("region.most_instances of {0} is missing: with [scaling], say how many instances it may have")]
    NoMostInstances(RegionName),
    /// The most instances are fewer than the least.
    #[error("region.most_instances of {region} is {most}, below its {least} instances")]
    MostBelowLeast {
        region: RegionName,
        /// `most_instances`.
        most: u32,
        /// `instances`.
        least: u32,
    },
    /// A nightly floor, and no night.
    #[error("region.night_instances of {0}: say when it is night, scaling.night = {{ from, until }}")]
    NoNight(RegionName),
    /// A nightly floor too low for two zones, or above the day's.
    #[error("region.night_instances of {region} must be 2, so that two zones serve, to {by_day}, what it has by day")]
    NightInstances {
        region: RegionName,
        /// `instances`.
        by_day: u32,
    },
    /// `alarm_minutes` out of bounds.
    #[error("region.alarm_minutes of {0} must be 1 to 5")]
    AlarmMinutes(RegionName),
    /// A bake that could never be decided, or that SageMaker would not take.
    #[error(
        "region.bake: {bake:#} of {region} is impossible: it must be longer than warm_up + decide_before_end \
         ({shortest:#}) and at most {longest:#} (SageMaker's limit and guardrail.max_execution)"
    )]
    Bake {
        region: RegionName,
        /// The end of its bounds that is impossible.
        bake: SignedDuration,
        /// `warm_up` and `decide_before_end` together: the bake must be longer.
        shortest: SignedDuration,
        /// SageMaker's limit or `guardrail.max_execution`: the bake may be as long.
        longest: SignedDuration,
    },
    /// A bake whose least is above its most.
    #[error("region.bake of {region}: min {min:#} is above max {max:#}")]
    BakeBounds {
        region: RegionName,
        /// The least.
        min: SignedDuration,
        /// The most.
        max: SignedDuration,
    },
    /// A canary's share out of SageMaker's bounds, or with the least above the most.
    #[error(
        "region.canary_percent of {region} is {min} to {max}; it must be 1 to 50 (SageMaker's limit), the least first"
    )]
    CanaryPercent {
        region: RegionName,
        /// The least, per cent.
        min: u32,
        /// The most, per cent.
        max: u32,
    },
    /// An active region behind one that is not.
    #[error(
        "region.name: {region} is active and listed after {after}, which is not: standby and joining regions are \
         promoted last, so list them last"
    )]
    ActiveListedLate {
        /// The active region that is listed too late.
        region: RegionName,
        /// The region before it.
        after: RegionName,
    },
    /// No region shows evidence.
    #[error("region.kind: no region is active; at least one must show evidence")]
    NoneActive,
    /// A hot standby in a fleet that does not say what an instance serves.
    #[error(
        "region.kind: {0} is a hot standby, and without [scaling] nothing says how many instances a region's \
         customers need: add scaling.requests_per_instance"
    )]
    HotWithoutScaling(RegionName),
    /// A hot standby that is none.
    #[error(
        "region.instances of {region}: a hot standby always has the instances that {largest}'s customers need at their \
         peak beside its own: {needed}, and it may have as few as {least}; give it more, or make it a warm-standby"
    )]
    HotWithTooFew {
        region: RegionName,
        /// The least that it has at any hour.
        least: u32,
        /// Instances for both peaks at once.
        needed: u32,
        /// The largest active region.
        largest: RegionName,
    },
    /// A zone of some regions only.
    #[error("region.zone: say it of every region or of none; {region} and {first} differ")]
    ZoneOfSome {
        region: RegionName,
        /// The first region of the file.
        first: RegionName,
    },
    /// Golden records would leave their zone.
    #[error(
        "region.zone: {0} is in another zone than the first region, and golden records are replicated to both: \
         hold out records that may lie in every zone, and say fleet.golden_records = \"may-leave-zone\""
    )]
    GoldenRecordsLeaveZone(RegionName),
    /// Not a zone's name.
    #[error("region.zone: {0:?} is not a zone's name such as \"eu\": lower-case letters")]
    ZoneName(String),
    /// Not a style.
    #[error("region.style: {0:?} is none of canary, linear, rolling, all-at-once")]
    UnknownStyle(String),
    /// An active region without a canary.
    #[error(
        "region.style: {} of {region} has no canary, so nothing could be judged before its customers are on \
         the new release (I9): an active region goes over by canary or linear; only a standby or joining one, \
         which uses the actives' evidence, may be updated so",
        style.word()
    )]
    NoCanary { region: RegionName, style: Style },
    /// A canary where nothing could judge it.
    #[error(
        "region.style: {} of {region} would wait for a judge, and a standby or joining region has no evidence \
         of its own: use all-at-once or rolling, or make it active",
        style.word()
    )]
    NoEvidence { region: RegionName, style: Style },
    /// A `step` of another style than linear.
    #[error("region.step of {region} is linear's; its style is {}", style.word())]
    StrayStep { region: RegionName, style: Style },
    /// A `batch` of another style than rolling.
    #[error("region.batch of {region} is rolling's; its style is {}", style.word())]
    StrayBatch { region: RegionName, style: Style },
    /// A `step` or `batch` out of bounds.
    #[error("region.{field} must be {least} to 50 per cent (SageMaker's limits)")]
    Share {
        field: &'static str,
        /// Per cent at least.
        least: u32,
    },
    /// No `step` or `batch`, which the style needs.
    #[error("region.{field} is missing: the style needs it, {least} to 50 per cent")]
    NoShare {
        field: &'static str,
        /// Per cent at least.
        least: u32,
    },
    /// The style's waits outlast SageMaker's limit on the update.
    #[error(
        "region.style: {} of {region} takes {} waits of its bake ({bake:#}), which is longer than \
         guardrail.max_execution ({longest:#}): every update would be turned back",
        style.word(),
        style.waits()
    )]
    TooManyWaits {
        region: RegionName,
        style: Style,
        /// Each wait.
        bake: SignedDuration,
        /// `guardrail.max_execution`.
        longest: SignedDuration,
    },
}

/// SageMaker's bounds of a model's `VpcConfig`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum VpcLimit {
    /// Of its subnets.
    #[error("1 to 16 subnets")]
    Subnets,
    /// Of its security groups.
    #[error("1 to 5 security groups")]
    SecurityGroups,
}
