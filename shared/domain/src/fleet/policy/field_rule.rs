//! What must hold of single fields.

use serde::Serialize;

/// What must hold of one field of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum FieldRule {
    /// Any number or duration but a negative one.
    #[error("must not be negative")]
    NotNegative,
    /// A count.
    #[error("must be above 0")]
    AboveZero,
    /// A duration.
    #[error("must be above 0s")]
    AboveZeroSeconds,
    /// A share, which may be nothing or everything.
    #[error("must be between 0 and 1")]
    Share,
    /// A share that is neither nothing nor everything.
    #[error("must be above 0 and below 1")]
    ProperShare,
    /// A threshold on scores.
    #[error("must be a probability above 0 and below 1")]
    Probability,
    /// A level of a test.
    #[error("must be between 0.000001 and 0.2")]
    Level,
    /// A dispersion of counts.
    #[error("must be 1 to 1000: the variance of a minute's count over its mean")]
    Dispersion,
    /// A count of records that has a spread.
    #[error("must be at least 2: one record has no spread")]
    RecordsWithSpread,
    /// `guardrail.canary_percent`.
    #[error("must be 1 to 50 (SageMaker's limit)")]
    CanaryPercent,
    /// `guardrail.soak`.
    #[error("must be 0s to 1h (SageMaker's limit)")]
    Soak,
    /// `guardrail.max_execution`.
    #[error("must be 10m to 8h (SageMaker's limits)")]
    MaxExecution,
    /// `guardrail.decide_before_end`.
    #[error(
        "must be at least 180s: CodePipeline may call a minute later, and a judge who is dead by then must \
         be noticed a minute before SageMaker's timer ends"
    )]
    DecisionRoom,
    /// `guardrail.full_load`.
    #[error(
        "must be whole minutes up to 30m: every region of a wave waits for the one before; 0s leaves the \
         check at full load out"
    )]
    FullLoad,
    /// `wave.lease`.
    #[error("must be at least 2m: a function's time-out must fit inside it")]
    Lease,
    /// `wave.unclear_returns`.
    #[error("must be at least 1, at which the first one stops the wave")]
    UnclearReturns,
    /// `wave.tries`.
    #[error(
        "must be 1 to 4: what the judge may err is split over them, so each further one makes every canary \
         show less"
    )]
    Tries,
    /// `wave.until`.
    #[error("must be at most 24h after the wave's start: then the next night's begins")]
    Until,
    /// `wave.detect`.
    #[error("must be above judge.tolerance_fail, which no test calls worse, and at most 1000")]
    Detect,
    /// `wave.detect_alone`.
    #[error("must be at least wave.detect, for one region sees less than all of them, and at most 1000")]
    DetectAlone,
    /// `wave.probation`.
    #[error(
        "must be 1h to 24h: it compares the hours of one day with the same hours of earlier ones; 0s leaves \
         it out"
    )]
    Probation,
    /// `judge.min_requests`.
    #[error("must be above 0: no traffic is never a pass")]
    MinRequests,
    /// `judge.tolerance_fail`.
    #[error("must be 1 to 100: a ratio of green's rate to blue's")]
    ToleranceFail,
    /// `judge.harm`.
    #[error("must be above 0: no count of requests rules out that a release costs one bad answer")]
    Harm,
    /// `evaluation.max_label_rate`.
    #[error("must be above evaluation.min_label_rate and below 1")]
    MaxLabelRate,
    /// `evaluation.region_margin`.
    #[error("must be at least 1: a region says less than the whole set")]
    RegionMargin,
    /// `shadow.capture_percent`.
    #[error("must be 1 to 100; leave [shadow] out to capture nothing")]
    CapturePercent,
    /// `shadow.hours`.
    #[error("must be 1 to 24")]
    ShadowHours,
    /// `shadow.least`.
    #[error("must be 2 to 1000000: a shadow reads no more records")]
    ShadowRecords,
    /// `shadow.keep`.
    #[error("must be 1 to 30 days, and no less than shadow.hours")]
    ShadowDays,
    /// `scaling.requests_per_instance`.
    #[error("must be above 0, from 0.001 to 1000000: what one instance serves a second")]
    RequestsPerInstance,
    /// Between two steps of scaling.
    #[error("must be 0s to 24h")]
    CoolDown,
    /// `scaling.night`.
    #[error("begins when it ends: give it two times of day")]
    Night,
    /// How many keys sign releases.
    #[error("must name 1 to 16 keys: no region attests a release that none of them has signed")]
    SigningKeys,
    /// No two keys of `[signing]` have one id.
    #[error("must name each id once")]
    SigningKeyIds,
    /// When a key is trusted.
    #[error("must say from before until")]
    SigningKeyTimes,
    /// Where a key lies.
    #[error(
        "must give kms as the ARN of a key of the fleet's account, such as arn:aws:kms:eu-west-1:111122223333:key/..."
    )]
    SigningKeyArn,
    /// The key of the examples, in an account that somebody has.
    #[error("must not trust the example key, whose private half everybody can read: name your own (docs/signing.md)")]
    ExampleKey,
}
