//! What the handlers need of the world, named for the need and not for the service that meets it.
//!
//! Every port is implemented three times: on the AWS SDK (`meridian-aws`), on the simulated world
//! (`meridian-local`), and by whatever a test needs. A region is a plain argument, because home's `promote` acts in
//! every region. One contract suite (`tests/`) holds for all implementations.

mod error;
pub mod limits;
mod values;

pub use error::{ASSUME_ROLE, Answer, PortError};
pub use meridian_domain::reason::{AnswerPart, BoundKind, ErrorKind, FailureDetail, OperationName, StatusOwner};
pub use meridian_messages::pages::Notice;
pub use values::{
    ADVICE, Approval, CountsQuery, ExecutionView, FailureKind, LATEST_EXECUTIONS, Listed, ListedExecution, MetricPoint,
    ObjectVersion, PAGE_KIND, PAGE_REASON, PackageSpec, Page, Question, Scored, SlotsQuery, StartSpec, URGENCY,
    metadata_value,
};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::lookout::ArmMinutes;
use meridian_domain::{
    Actor, AlarmSpec, AlarmView, Caller, Chain, ConfigSpec, EndpointView, Entry, Image, ModelSpec, RegionName,
    ResourceName, ScalingSpec, Stored, UpdateSpec,
};

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

    /// Writes the checkpoint that the entry at `seq` names. `Conflict` where it is written already.
    async fn put_checkpoint(&self, region: &RegionName, chain: &Chain, seq: u64, checkpoint: Vec<u8>) -> Answer<()>;
}

/// The containers' registry of each region.
#[allow(async_fn_in_trait)]
pub trait Images {
    /// Whether the region's own registry has the image: instances that start there fetch it from nowhere else.
    async fn has_image(&self, region: &RegionName, image: &Image) -> Answer<bool>;
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
    /// Asks the endpoint's data plane to answer one `text/csv` payload, in the content type `accept`.
    async fn invoke(&self, region: &RegionName, endpoint: &ResourceName, payload: &str, accept: &str)
    -> Answer<String>;
    /// Hands a customer's question to the endpoint's data plane, within [`limits::QUESTION_ATTEMPT`] and as often as
    /// [`limits::QUESTION_ATTEMPTS`] says. What the container answers is no failure, an error of its own either.
    async fn score(&self, region: &RegionName, endpoint: &ResourceName, question: &Question) -> Answer<Scored>;
}

/// How many instances each region's endpoint has.
#[allow(async_fn_in_trait)]
pub trait Scaling {
    /// Registers an endpoint's bounds, its target tracking and its nightly floor, and takes away a nightly floor that is not
    /// wanted any more. Bounds hold at once: fewer instances than the least are added. A repeat changes nothing.
    async fn scale(&self, region: &RegionName, scaling: &ScalingSpec) -> Answer<()>;
    /// Takes a variant out of automatic scaling, with its target tracking and its nightly floor. One that is not registered is
    /// left as it is.
    async fn deregister(&self, region: &RegionName, endpoint: &ResourceName, variant: &ResourceName) -> Answer<()>;
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
    /// What the instances of one configuration served in the minutes that start in `[from, to)`,
    /// as far as it has arrived: what did not arrive is not there, and is not zero. A minute's counts are complete
    /// [`meridian_judge::COUNTS_DELAY`] minutes after its end; until then they are revised.
    async fn counts(&self, region: &RegionName, query: &CountsQuery) -> Answer<ArmMinutes>;
    /// What a whole endpoint served in the slots that start in `[from, to)`, each told as the minute in which it starts. A slot of
    /// which nothing arrived is not there; CloudWatch keeps minutes for 15 days, and quarters of an hour for 63.
    async fn slots(&self, region: &RegionName, query: &SlotsQuery) -> Answer<ArmMinutes>;
}

/// The pipeline that a function answers to, or starts.
#[allow(async_fn_in_trait)]
pub trait Pipeline {
    /// Starts an execution and returns its id. A repeat with the same token answers the same id.
    async fn start(&self, region: &RegionName, start: &StartSpec) -> Answer<String>;
    /// How an execution stands, and what it was started with.
    async fn execution(&self, region: &RegionName, pipeline: &ResourceName, execution: &Actor)
    -> Answer<ExecutionView>;
    /// The latest [`LATEST_EXECUTIONS`], whoever started them.
    async fn executions(&self, region: &RegionName, pipeline: &ResourceName) -> Answer<Vec<ListedExecution>>;
    /// Ends a job well, or (with a continuation) asks to be called again in about 30 s.
    async fn succeed(&self, region: &RegionName, job: &str, continuation: Option<&str>, summary: &str) -> Answer<()>;
    /// Ends a job badly. The message is cut to the 5000 characters that CodePipeline takes.
    async fn fail(&self, region: &RegionName, job: &str, kind: FailureKind, message: &str) -> Answer<()>;
}

/// The people on call.
#[allow(async_fn_in_trait)]
pub trait Pager {
    /// Sends a page through `region`'s topic, with the attributes [`PAGE_KIND`] and [`PAGE_REASON`].
    async fn page(&self, region: &RegionName, page: &Page) -> Answer<()>;
    /// Sends what nobody need get up for, through the same topic: it carries the attribute [`URGENCY`], so that a subscription
    /// that pages people can leave it out.
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
pub trait Ports:
    Artifacts + Images + Ledger + Registry + Endpoints + Scaling + Signals + Pipeline + Pager + Clock
{
}
impl<T: Artifacts + Images + Ledger + Registry + Endpoints + Scaling + Signals + Pipeline + Pager + Clock> Ports for T {}
