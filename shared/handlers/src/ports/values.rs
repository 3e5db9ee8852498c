//! What the ports take and answer.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::reason::ExecutionEnd;
use meridian_domain::{Actor, Fleet, RegionName, ReleaseId, ResourceName, ServingRole};
use meridian_judge::MetricName;
use meridian_messages::Voice;
use meridian_messages::pages::{Notice, PageText, Sender};
use std::collections::BTreeMap;
use std::fmt;

/// An object, as its bucket's listing has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The object's key.
    pub key: String,
    /// When it was stored, by S3's own clock.
    pub modified: Timestamp,
}

/// S3's version id of what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectVersion(pub String);

/// A model package's standing in the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// Nobody has decided.
    Pending,
    /// The release may be deployed.
    Approved,
    /// The release may not be deployed.
    Rejected,
}

/// What a model package says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageSpec {
    /// The release that it stands for; its first 32 digits are the idempotency token.
    pub release: ReleaseId,
    /// Model package group: the fleet's name.
    pub group: String,
    /// What the package is, in words for people.
    pub description: String,
    /// Image in home's registry.
    pub image: String,
    /// `s3://` URL of the archive in home's bucket.
    pub model_data_url: String,
    /// `s3://` URL of the numbers that evaluation will write: the package's model quality. A package's metrics cannot be
    /// changed later, so they are named before they exist.
    pub evaluation: String,
    /// At most 50 pairs; see [`metadata_value`].
    pub metadata: Vec<(String, String)>,
}

/// A text as SageMaker takes it for a value of a package's metadata: letters, digits, spaces and `_ . : / = + - @`, 1 to
/// 256 of them. Others become spaces.
pub fn metadata_value(text: &str) -> String {
    let allowed = |c: char| c.is_alphanumeric() || " _.:/=+-@".contains(c);
    let value: String = text.chars().map(|c| if allowed(c) { c } else { ' ' }).take(256).collect();
    if value.is_empty() { "-".to_owned() } else { value }
}

/// What a customer asks, in `text/csv`. A record: never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Question {
    /// What the answer should be in.
    pub accept: Option<String>,
    /// The record, in `text/csv`.
    pub body: Bytes,
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// What the container answered. It may repeat the record: never printed.
#[derive(Clone, PartialEq, Eq)]
pub enum Scored {
    /// The container answered with a score.
    Answer {
        /// Media type, such as `text/csv`.
        content_type: String,
        /// The answer as the container gave it.
        body: Bytes,
    },
    /// The container answered with an error of its own.
    ModelFailed {
        /// Its status, 400 to 599.
        status: u16,
        /// The model's own message.
        words: String,
    },
}

impl Scored {
    /// A container's error. A status that is none counts as 500.
    pub fn failed(status: Option<i32>, words: Option<String>) -> Self {
        let status = status.and_then(|own| u16::try_from(own).ok()).filter(|own| (400..600).contains(own));
        Self::ModelFailed { status: status.unwrap_or(500), words: words.unwrap_or_default() }
    }
}

impl fmt::Debug for Scored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer { body, .. } => f.debug_struct("Answer").field("bytes", &body.len()).finish_non_exhaustive(),
            Self::ModelFailed { status, .. } => {
                f.debug_struct("ModelFailed").field("status", status).finish_non_exhaustive()
            }
        }
    }
}

/// One value of one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricPoint {
    /// Metric name, e.g. `Heartbeat`.
    pub name: &'static str,
    /// Value of the dimension `EndpointName`.
    pub endpoint: ResourceName,
    /// The value, without unit.
    pub value: f64,
    /// When it holds; from two weeks past to two hours ahead.
    pub at: Timestamp,
}

/// The counts to read: endpoint, configurations and minutes.
#[derive(Clone, Debug, PartialEq)]
pub struct CountsQuery {
    /// The endpoint that served, by name.
    pub endpoint: ResourceName,
    /// Its one variant, by name.
    pub variant: ResourceName,
    /// Configuration whose instances are meant.
    pub config: ResourceName,
    /// The release that it serves, by which containers name what they say themselves.
    pub release: ReleaseId,
    /// The role that its containers write their own metrics with.
    pub role: ServingRole,
    /// Start of the first minute.
    pub from: Timestamp,
    /// End, exclusive.
    pub to: Timestamp,
    /// The metrics whose counts are asked for.
    pub metrics: Vec<MetricName>,
}

/// The counts of a whole endpoint to read, whatever it served: slot by slot, of days.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotsQuery {
    /// The endpoint that served, by name.
    pub endpoint: ResourceName,
    /// Its one variant, by name.
    pub variant: ResourceName,
    /// Length of a slot: whole minutes.
    pub slot: SignedDuration,
    /// Start of the first slot, a multiple of `slot` from the epoch.
    pub from: Timestamp,
    /// End, exclusive.
    pub to: Timestamp,
    /// The metrics whose counts are asked for.
    pub metrics: Vec<MetricName>,
    /// Releases that served: what their containers say of themselves adds up.
    pub releases: Vec<ReleaseId>,
    /// The roles that their containers write such metrics with, one or the other.
    pub roles: Vec<ServingRole>,
}

/// An execution to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartSpec {
    /// The pipeline to start, by name.
    pub pipeline: ResourceName,
    /// Idempotency token: at most 128 characters.
    pub token: String,
    /// Variables handed to the actions.
    pub variables: Vec<(String, String)>,
    /// Source action and the S3 object version that it is bound to.
    pub source: (String, ObjectVersion),
}

/// How many executions [`super::Pipeline::executions`] lists.
pub const LATEST_EXECUTIONS: u8 = 20;

/// One execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionView {
    /// How it ended; `None` while it has not.
    pub ended: Option<ExecutionEnd>,
    /// The pipeline's variables, with what they come to in it.
    pub variables: BTreeMap<String, String>,
}

/// One execution among the latest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedExecution {
    /// Which one.
    pub id: Actor,
    /// How it ended; `None` while it has not.
    pub ended: Option<ExecutionEnd>,
    /// When something of it changed last.
    pub changed: Timestamp,
}

/// CodePipeline's kinds of job failure that Meridian uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The work was done and the answer is no.
    JobFailed,
    /// The action is configured wrongly.
    Configuration,
    /// A service did not answer.
    SystemUnavailable,
}

/// A message to the people on call.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// What it is about, as data: subject and message are made of it.
    pub notice: Notice,
    /// At most 100 characters: the pagers cut what is longer.
    pub subject: String,
    /// What happened, what holds now, what to do.
    pub message: String,
}

impl Page {
    /// A page about `region`, or sent by it, in the words that every page has.
    pub fn of(fleet: &Fleet, notice: Notice, region: &RegionName, sender: &Sender) -> Self {
        let PageText { subject, message } = Voice::of(fleet).page(&notice, region, sender);
        Self { notice, subject, message }
    }
}

/// The name of the attribute that tells an advice from a page, which has none.
pub const URGENCY: &str = "urgency";
/// Its value on an advice.
pub const ADVICE: &str = "advice";
/// The name of the attribute that says which kind of page it is, such as `read_evidence`.
pub const PAGE_KIND: &str = "kind";
/// The name of the attribute that has the page's [`Notice`] as JSON.
pub const PAGE_REASON: &str = "reason";
