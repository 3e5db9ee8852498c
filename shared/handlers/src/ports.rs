//! What the handlers need of the world, named for the need and not for the service that meets it.
//!
//! Every port is implemented three times: on the AWS SDK (`meridian-aws`), on the simulated world
//! (`meridian-local`), and by whatever a test needs. A region is a plain argument, because home's `promote` acts in
//! every region. One contract suite (`tests/`) holds for all implementations.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::lookout::FleetMinutes;
use meridian_domain::{
    AlarmSpec, AlarmView, Caller, Chain, ConfigSpec, EndpointView, Entry, Fleet, ModelSpec, RegionName, ReleaseId,
    ResourceName, ScalingSpec, ServingRole, Stored, UpdateSpec,
};
use meridian_judge::MetricName;
use meridian_messages::Voice;
use meridian_messages::pages::{Notice, PageText, Sender};
use std::fmt;

/// Why a port's call did not do what it was asked. Kinds that the callers act on differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Asked too often; the retries are used up.
    Throttled,
    /// The thing named is not there.
    NotFound,
    /// It exists already, or has changed since it was read: look again.
    Conflict,
    /// Understood and declined: wrong input, missing permission, wrong state. Repeating does not help.
    Refused,
    /// No answer in time, or a server-side failure: whether it was done is unknown.
    Unreachable,
    /// The object is larger than was asked for; nothing of it was read. Repeating does not help.
    TooLarge,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ErrorKind::Throttled => "throttled",
            ErrorKind::NotFound => "not found",
            ErrorKind::Conflict => "conflict",
            ErrorKind::Refused => "refused",
            ErrorKind::Unreachable => "unreachable",
            ErrorKind::TooLarge => "too large",
        })
    }
}

/// The operation by which home's `promote` assumes a region's role.
pub const LOAN: &str = "AssumeRole";

/// A port's failure: what was tried, where, and what the other side said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation} in {region}: {kind}: {message}")]
pub struct PortError {
    /// What kind, to act on.
    pub kind: ErrorKind,
    /// The region it is about.
    pub region: RegionName,
    /// The operation's AWS name, e.g. `UpdateEndpoint`.
    pub operation: &'static str,
    /// The service's code and message. Never a payload or a credential (I12).
    pub message: String,
}

impl PortError {
    /// True if the region's plane is at fault rather than the request: throttled or unreachable.
    pub fn is_regional(&self) -> bool {
        matches!(self.kind, ErrorKind::Throttled | ErrorKind::Unreachable)
    }

    /// True if nothing can be done in the region for now, whatever is asked of it: its plane is at fault, or it does not
    /// lend its role. The others go on (I7).
    pub fn shuts_region(&self) -> bool {
        self.is_regional() || self.operation == LOAN
    }

    /// True if nobody answered in time, or could be reached: nothing was said at all.
    pub fn is_silence(&self) -> bool {
        self.kind == ErrorKind::Unreachable && [SILENT, UNCONNECTED].contains(&self.message.as_str())
    }
}

/// What a failure says where no answer came in time.
pub const SILENT: &str = "no answer in time";
/// What it says where not even a connection did.
pub const UNCONNECTED: &str = "no connection in time";

/// What every port answers.
pub type Answer<T> = Result<T, PortError>;

/// How AWS calls are bounded, the same in every implementation, so that a night costs the same virtual time through
/// either door. With these, a region that does not answer is given up after 3 x 3 s + 1 s + 2 s = 12 s.
pub mod limits {
    use jiff::SignedDuration;
    /// Bytes of an object that is held whole: a chain's checkpoint, a model's margins, golden records.
    pub const OBJECT: u64 = 64 << 20;
    /// Bytes of a manifest. One with thousands of features has a tenth of it.
    pub const MANIFEST: u64 = 1 << 20;

    /// Tries of one call: the SDK's standard mode.
    pub const ATTEMPTS: u32 = 3;
    /// How long one try may take, small requests.
    pub const ATTEMPT: SignedDuration = SignedDuration::from_secs(3);
    /// First pause between tries; it doubles. (The SDK adds jitter; local nights switch it off.)
    pub const BACKOFF: SignedDuration = SignedDuration::from_secs(1);

    /// How long STS has to say as whom a process acts: one try, so that an ill STS delays no rollback.
    pub const IDENTITY_ATTEMPT: SignedDuration = SignedDuration::from_secs(1);

    /// Tries of a customer's question, who waits for milliseconds: the second is for a connection that died while the process
    /// stood still.
    pub const QUESTION_ATTEMPTS: u32 = 2;
    /// How long one try of it may take. With these, a customer has an answer after 2 x 1 s + 50 ms.
    pub const QUESTION_ATTEMPT: SignedDuration = SignedDuration::from_secs(1);
    /// The pause between them.
    pub const QUESTION_BACKOFF: SignedDuration = SignedDuration::from_millis(50);
}

/// The release bucket of each region.
#[allow(async_fn_in_trait)] // Handlers run on one thread and are generic: no `Send` bound is wanted.
pub trait Artifacts {
    /// Streams the object, chunk by chunk, and returns its length in bytes. `NotFound` where there is none; `TooLarge`, and nothing is
    /// read, where it has more than `most` bytes.
    async fn read(&self, region: &RegionName, key: &str, most: u64, sink: &mut dyn FnMut(&[u8])) -> Answer<u64>;

    /// Writes a new object. `Conflict` where the key exists already: nothing is ever overwritten this way.
    async fn create(&self, region: &RegionName, key: &str, body: Bytes) -> Answer<ObjectVersion>;

    /// Writes an object, new version on top where there was one.
    async fn replace(&self, region: &RegionName, key: &str, body: Bytes) -> Answer<ObjectVersion>;

    /// Objects whose keys begin with `prefix`, in order of their keys, at most 1000, after `after` where given.
    async fn listed(&self, region: &RegionName, prefix: &str, after: Option<&str>) -> Answer<Vec<Listed>>;

    /// The keys of the objects under a prefix, in order, after a key.
    async fn list(&self, region: &RegionName, prefix: &str, after: Option<&str>) -> Answer<Vec<String>> {
        Ok(self.listed(region, prefix, after).await?.into_iter().map(|object| object.key).collect())
    }

    /// The whole object in memory, of at most [`limits::OBJECT`] bytes.
    async fn get(&self, region: &RegionName, key: &str) -> Answer<Vec<u8>> {
        self.get_within(region, key, limits::OBJECT).await
    }

    /// The whole object in memory, of at most `most` bytes.
    async fn get_within(&self, region: &RegionName, key: &str, most: u64) -> Answer<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read(region, key, most, &mut |chunk| bytes.extend_from_slice(chunk)).await?;
        Ok(bytes)
    }
}

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

/// The append-only chains.
#[allow(async_fn_in_trait)]
pub trait Ledger {
    /// Entries of `chain` in `region`'s bucket with a sequence number of `from` or more, in order, all of them.
    async fn entries(&self, region: &RegionName, chain: &Chain, from: u64) -> Answer<Vec<Stored>>;

    /// As whom entries are written, as STS says: asked once in a process, for at most
    /// [`limits::IDENTITY_ATTEMPT`]. Unverified where it does not answer: nobody waits longer (I6).
    async fn caller(&self) -> Caller;

    /// Adds an entry at its sequence number. `Conflict` where that number is taken: read again, then try the next.
    async fn append(&self, region: &RegionName, chain: &Chain, entry: &Entry) -> Answer<()>;

    /// The stored bytes of the chain's newest [`Checkpoint`](meridian_domain::Checkpoint), if there is one.
    async fn checkpoint(&self, region: &RegionName, chain: &Chain) -> Answer<Option<Vec<u8>>>;

    /// Keeps the checkpoint that the entry at `seq` names. `Conflict` where it is kept already.
    async fn keep(&self, region: &RegionName, chain: &Chain, seq: u64, checkpoint: Vec<u8>) -> Answer<()>;
}

/// A model package's standing in the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// Nobody has decided.
    Pending,
    /// May be promoted.
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
    /// Human-readable description.
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

/// The model registry, in home.
#[allow(async_fn_in_trait)]
pub trait Registry {
    /// Creates the package as `Pending` and returns its ARN. A repeat with the same release answers the same ARN.
    async fn register(&self, region: &RegionName, package: &PackageSpec) -> Answer<String>;
    /// How the package stands.
    async fn approval(&self, region: &RegionName, arn: &str) -> Answer<Approval>;
    /// Decides it, with the reason (at most 1024 characters; longer is cut), and adds `metadata` to the package's own.
    async fn decide(
        &self,
        region: &RegionName,
        arn: &str,
        approval: Approval,
        why: &str,
        metadata: &[(String, String)],
    ) -> Answer<()>;
}

/// SageMaker endpoints, models and configurations of each region.
#[allow(async_fn_in_trait)]
pub trait Endpoints {
    /// The endpoint as its control plane shows it; `None` where there is none.
    async fn describe(&self, region: &RegionName, endpoint: &ResourceName) -> Answer<Option<EndpointView>>;
    /// Creates a model. `Conflict` where the name exists.
    async fn create_model(&self, region: &RegionName, model: &ModelSpec) -> Answer<()>;
    /// Creates an endpoint configuration. `Conflict` where the name exists.
    async fn create_config(&self, region: &RegionName, config: &ConfigSpec) -> Answer<()>;
    /// Creates an endpoint with its first configuration. `Conflict` where the name exists; `NotFound` where the
    /// configuration is not visible yet.
    async fn create_endpoint(&self, region: &RegionName, endpoint: &ResourceName, config: &ResourceName) -> Answer<()>;
    /// Starts an update. `Conflict` while another is running; `NotFound` where the configuration is not visible yet.
    async fn update(&self, region: &RegionName, update: &UpdateSpec) -> Answer<()>;
    /// Asks the endpoint's data plane to answer one `text/csv` payload.
    async fn invoke(&self, region: &RegionName, endpoint: &ResourceName, payload: &str) -> Answer<String>;
    /// Hands a customer's question to the endpoint's data plane, within [`limits::QUESTION_ATTEMPT`] and as often as
    /// [`limits::QUESTION_ATTEMPTS`] says. What the container answers is no failure, an error of its own either.
    async fn score(&self, region: &RegionName, endpoint: &ResourceName, question: &Question) -> Answer<Scored>;
}

/// What a customer asks, in `text/csv`. A record: never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Question {
    /// What the answer should be in.
    pub accept: Option<String>,
    /// The record.
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
    /// A score.
    Answer {
        /// What it is in.
        content_type: String,
        /// The score.
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

/// How many instances each region's endpoint has.
#[allow(async_fn_in_trait)]
pub trait Scaling {
    /// Registers an endpoint's bounds, its target tracking and its nightly floor, and takes away a nightly floor that is not
    /// wanted any more. Bounds hold at once: fewer instances than the least are added. A repeat changes nothing.
    async fn scale(&self, region: &RegionName, scaling: &ScalingSpec) -> Answer<()>;
}

/// Metrics and alarms of each region.
#[allow(async_fn_in_trait)]
pub trait Signals {
    /// Creates or rewrites alarms. Rewriting keeps an alarm's state.
    async fn put_alarms(&self, region: &RegionName, alarms: &[AlarmSpec]) -> Answer<()>;
    /// The alarms of these names that exist, metric or composite.
    async fn alarms(&self, region: &RegionName, names: &[String]) -> Answer<Vec<AlarmView>>;
    /// A metric alarm's description; none where there is no such alarm, or it has none.
    async fn description(&self, region: &RegionName, alarm: &str) -> Answer<Option<String>>;
    /// Publishes values of Meridian's own metrics (namespace [`meridian_domain::alarms::NAMESPACE`]) in one call, at
    /// 10-second resolution.
    async fn publish(&self, region: &RegionName, metrics: &[MetricPoint]) -> Answer<()>;
    /// What one fleet of an endpoint (the instances of one configuration) served in the minutes that start in `[from, to)`,
    /// as far as it has arrived: what did not arrive is not there, and is not zero. A minute's counts are complete
    /// [`meridian_judge::COUNTS_DELAY`] minutes after its end; until then they are revised.
    async fn counts(&self, region: &RegionName, query: &CountsQuery) -> Answer<FleetMinutes>;
}

/// One value of one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricPoint {
    /// Metric name, e.g. `Heartbeat`.
    pub name: &'static str,
    /// Dimension `EndpointName`.
    pub endpoint: ResourceName,
    /// The value, without unit.
    pub value: f64,
    /// When it holds; from two weeks past to two hours ahead.
    pub at: Timestamp,
}

/// The counts to read: endpoint, configurations and minutes.
#[derive(Clone, Debug, PartialEq)]
pub struct CountsQuery {
    /// The endpoint's name.
    pub endpoint: ResourceName,
    /// The variant's name.
    pub variant: ResourceName,
    /// Configuration whose fleet is meant.
    pub config: ResourceName,
    /// The release that it serves, by which containers name what they say themselves.
    pub release: ReleaseId,
    /// The role that its containers write their own metrics with.
    pub role: ServingRole,
    /// First minute.
    pub from: Timestamp,
    /// End, exclusive.
    pub to: Timestamp,
    /// What is counted.
    pub metrics: Vec<MetricName>,
}

/// The pipeline that a function answers to, or starts.
#[allow(async_fn_in_trait)]
pub trait Pipeline {
    /// Starts an execution and returns its id. A repeat with the same token answers the same id.
    async fn start(&self, region: &RegionName, start: &StartSpec) -> Answer<String>;
    /// Ends a job well, or (with a continuation) asks to be called again in about 30 s.
    async fn succeed(&self, region: &RegionName, job: &str, continuation: Option<&str>, summary: &str) -> Answer<()>;
    /// Ends a job badly. The message is cut to the 5000 characters that CodePipeline takes.
    async fn fail(&self, region: &RegionName, job: &str, kind: FailureKind, message: &str) -> Answer<()>;
}

/// An execution to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartSpec {
    /// Pipeline name.
    pub pipeline: ResourceName,
    /// Idempotency token: at most 128 characters.
    pub token: String,
    /// Variables handed to the actions.
    pub variables: Vec<(String, String)>,
    /// Source action and the S3 object version that it is bound to.
    pub source: (String, ObjectVersion),
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// At most 100 characters: the pagers cut what is longer.
    pub subject: String,
    /// What happened, what holds now, what to do.
    pub message: String,
}

impl Page {
    /// A page. Subjects are cut where they are sent, to what the service takes.
    pub fn new(subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self { subject: subject.into(), message: message.into() }
    }

    /// A page about `region`, or sent by it, in the words that every page has.
    pub fn of(fleet: &Fleet, notice: &Notice, region: &RegionName, sender: &Sender) -> Self {
        let PageText { subject, message } = Voice::of(fleet).page(notice, region, sender);
        Self { subject, message }
    }
}

/// The name of the attribute that tells an advice from a page, which has none.
pub const URGENCY: &str = "urgency";
/// Its value on an advice.
pub const ADVICE: &str = "advice";

/// The people on call.
#[allow(async_fn_in_trait)]
pub trait Pager {
    /// Sends a page through `region`'s topic.
    async fn page(&self, region: &RegionName, page: &Page) -> Answer<()>;
    /// Sends what nobody need get up for, through the same topic: it carries the attribute [`URGENCY`], so that a subscription
    /// that wakes people can leave it out.
    async fn advise(&self, region: &RegionName, page: &Page) -> Answer<()>;
}

/// The clock of the process.
#[allow(async_fn_in_trait)]
pub trait Clock {
    /// The current time.
    fn now(&self) -> Timestamp;
    /// Lets time pass.
    async fn sleep(&self, duration: SignedDuration);
}

/// Everything that a function may reach.
pub trait Ports: Artifacts + Ledger + Registry + Endpoints + Scaling + Signals + Pipeline + Pager + Clock {}
impl<T: Artifacts + Ledger + Registry + Endpoints + Scaling + Signals + Pipeline + Pager + Clock> Ports for T {}
