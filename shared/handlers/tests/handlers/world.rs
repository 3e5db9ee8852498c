//! The local world as a test of the handlers holds it: its ports in process, and over each call of a port a
//! [schedule](crate::schedule).

pub use crate::schedule::Fault;
use crate::schedule::Work;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::{Chain, Entry, Fleet, Head, Image, Record, RegionName, Sha256, Target, UpdateSpec, keys};
use meridian_handlers::context::Context;
use meridian_handlers::ports::{
    Clock, CountsQuery, ErrorKind, FailureKind, Ledger, Notice, Page, Question, Scored, SlotsQuery, StartSpec,
};
use meridian_handlers::signing::KeyFile;
use meridian_local::direct::DirectPorts;
use meridian_local::engine::{SharedWorld, lock};
use meridian_local::services::codepipeline::StartPipelineExecution;
use meridian_local::services::s3::{GetObject, ListObjectsV2};
use meridian_local::services::sagemaker::{DescribeModelPackage, DescribeModelPackageOutput, ListModelPackages};
use meridian_local::services::{ApiError, Operation, Outcome};
use meridian_local::world::{InstalledRelease, Timing, What, WorldConfig};
use meridian_messages::pages::Sender;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

/// The text of the reference fleet, local/fleets/reference/fleet.toml.
pub const FLEET: &str = include_str!("../../../../local/fleets/reference/fleet.toml");

/// The reference fleet.
pub fn fleet() -> Fleet {
    Fleet::parse(FLEET).unwrap()
}

/// A context in `region`.
pub fn context(region: &str) -> Context {
    Context::new(FLEET, name(region)).unwrap()
}

/// A region's name.
pub fn name(region: &str) -> RegionName {
    region.parse().unwrap()
}

/// Training's key, as the reference fleet trusts it.
/// The container of every release here: each registry has it.
pub fn image() -> Image {
    Image { repository: "sagemaker-xgboost".parse().unwrap(), digest: Sha256::of(b"image"), version: None }
}

pub fn signer() -> KeyFile {
    KeyFile::parse(&KeyFile::example_pem()).unwrap()
}

/// One of the sample models' files.
pub fn sample(file: &str) -> Bytes {
    let path = format!("{}/../../local/models/{file}", env!("CARGO_MANIFEST_DIR"));
    Bytes::from(std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}")))
}

/// What the sample models take.
pub fn features() -> Vec<String> {
    String::from_utf8(sample("features.txt").to_vec()).unwrap().lines().map(str::to_owned).collect()
}

/// Runs a future that waits for nothing to its end: inside of another one, too.
pub fn run<T>(work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    match work.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(done) => done,
        std::task::Poll::Pending => panic!("it waits for something"),
    }
}

/// What CodePipeline was answered.
#[derive(Clone, Debug)]
pub struct JobAnswer {
    pub how: Answered,
    /// The summary, or the failure's message.
    pub said: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Answered {
    Succeeded,
    /// To be called again, with this token.
    Again(String),
    Failed(FailureKind),
}

impl Answered {
    /// The token of an answer that asks to be called again.
    pub fn token(&self) -> Option<String> {
        if let Self::Again(token) = self { Some(token.clone()) } else { None }
    }
}

/// A page as SNS got it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// Its attribute `kind`.
    pub about: Option<String>,
    /// Its attribute `reason`.
    pub reason: Option<Value>,
    pub subject: String,
    pub message: String,
}

impl Sent {
    /// The page of a notice: its text, and as attributes its kind and the notice that the text is made of.
    pub fn of(notice: Notice, region: &RegionName, sender: &Sender) -> Self {
        let Page { notice, subject, message } = Page::of(&fleet(), notice, region, sender);
        Self { about: Some(notice.kind().to_string()), reason: Some(json!(notice)), subject, message }
    }
}

/// The local world, as a function sees it whose calls meet faults.
pub struct World {
    pub local: SharedWorld,
    pub ports: DirectPorts,
    pub faults: RefCell<Vec<(&'static str, Fault)>>,
    /// Regions that answer nothing.
    pub dark: RefCell<BTreeSet<RegionName>>,
    /// The keys of the objects that were read.
    pub reads: RefCell<Vec<String>>,
    pub answers: RefCell<Vec<JobAnswer>>,
    pub started: RefCell<Vec<StartSpec>>,
    pub updates: RefCell<Vec<UpdateSpec>>,
    pub counts_asked: RefCell<Vec<CountsQuery>>,
    pub days_asked: RefCell<Vec<SlotsQuery>>,
    pub questions: RefCell<Vec<Question>>,
    /// What containers answer to the next questions, whatever their model says.
    pub scores: RefCell<VecDeque<Scored>>,
    pub later: RefCell<Vec<(Timestamp, Work)>>,
    /// What comes between a caller and its coming calls, by operation and how many calls of it come before.
    pub between: RefCell<Vec<(&'static str, usize, Work)>>,
    jobs: RefCell<Vec<String>>,
}

impl Default for World {
    fn default() -> Self {
        Self::of(quiet("2026-03-12T03:00:00Z"))
    }
}

/// A world in which nothing happens by itself: no sweeps, no health checks, no copies, no jobs that are given up.
pub fn quiet(start: &str) -> WorldConfig {
    let never = SignedDuration::from_hours(100_000);
    let timing = Timing {
        replication_min: never,
        replication_max: never,
        sweep: Some(never),
        job_timeout: never,
        ..Timing::default()
    };
    let config = WorldConfig::new(fleet(), start.parse().unwrap(), 7);
    WorldConfig { health_checks: false, timing, ..config }
}

impl World {
    /// A world from a configuration.
    pub fn of(config: WorldConfig) -> Self {
        let fleet = Arc::new(config.fleet.clone());
        let mut local = meridian_local::world::World::new(config).unwrap();
        fleet.regions.iter().for_each(|region| local.keep_image(&region.name, &image()));
        let local = Arc::new(Mutex::new(local));
        Self {
            ports: DirectPorts::outside(local.clone(), fleet),
            local,
            faults: RefCell::default(),
            dark: RefCell::default(),
            reads: RefCell::default(),
            answers: RefCell::default(),
            started: RefCell::default(),
            updates: RefCell::default(),
            counts_asked: RefCell::default(),
            days_asked: RefCell::default(),
            questions: RefCell::default(),
            scores: RefCell::default(),
            later: RefCell::default(),
            between: RefCell::default(),
            jobs: RefCell::default(),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.ports.now()
    }

    /// Asks the world itself: no fault is met.
    pub fn ask<O: Operation>(&self, region: &RegionName, operation: O) -> Result<O::Output, ApiError> {
        match lock(&self.local).call(region, operation) {
            Outcome::Answer(answer) => answer,
            Outcome::Late(..) | Outcome::Hang | Outcome::Killed => panic!("{} does not answer", O::NAME),
        }
    }

    /// How often an operation was called in a region.
    pub fn called(&self, region: &str, operation: &'static str) -> u64 {
        lock(&self.local).calls().get(&(name(region), operation)).copied().unwrap_or_default()
    }

    /// The object as it lies in a region's bucket.
    pub fn object(&self, region: &RegionName, key: &str) -> Option<Bytes> {
        let request = GetObject { bucket: bucket(region), key: key.to_owned(), version_id: None };
        self.ask(region, request).ok().map(|found| found.body)
    }

    /// Puts an object into a region's bucket as somebody would who asks nobody.
    pub fn put(&self, region: &RegionName, key: &str, body: impl Into<Bytes>) {
        lock(&self.local).store(region, BTreeMap::from([(key.to_owned(), body.into())])).unwrap();
    }

    /// Takes an object out of a region's bucket, and returns it.
    pub fn remove(&self, region: &RegionName, key: &str) -> Option<Bytes> {
        lock(&self.local).remove(region, key).unwrap()
    }

    /// The keys of a region's bucket, without the ledger's.
    pub fn files(&self, region: &RegionName) -> Vec<String> {
        self.keys(region).into_iter().filter(|key| !key.starts_with("ledger/")).collect()
    }

    /// The keys of a region's bucket.
    pub fn keys(&self, region: &RegionName) -> Vec<String> {
        let mut keys: Vec<String> = Vec::new();
        loop {
            let start_after = keys.last().cloned();
            let page = ListObjectsV2 { bucket: bucket(region), start_after, ..ListObjectsV2::default() };
            let page = self.ask(region, page).unwrap();
            keys.extend(page.contents.into_iter().map(|object| object.key));
            if !page.is_truncated {
                return keys;
            }
        }
    }

    /// Copies `releases/` from home to `region`, as replication does.
    pub fn replicate(&self, region: &RegionName) {
        let home = fleet().home;
        for key in self.keys(&home).into_iter().filter(|key| key.starts_with(keys::RELEASES)) {
            let body = self.object(&home, &key).unwrap();
            if self.object(region, &key).is_none_or(|there| there != body) {
                self.put(region, &key, body);
            }
        }
    }

    /// A chain's entries, as they lie there.
    pub fn entries(&self, region: &RegionName, chain: &Chain) -> Vec<Entry> {
        run(self.ports.entries(region, chain, 0)).unwrap().into_iter().map(|stored| (*stored.entry).clone()).collect()
    }

    /// A chain's records, in order.
    pub fn records(&self, region: &RegionName, chain: Chain) -> Vec<Record> {
        self.entries(region, &chain).into_iter().map(|entry| entry.record).collect()
    }

    /// Adds a record at a chain's end, as another writer would.
    pub fn write(&self, region: &RegionName, chain: Chain, actor: &str, record: Record) {
        self.write_all(region, chain, actor, [record]);
    }

    /// Adds records at a chain's end, as another writer would.
    pub fn write_all(&self, region: &RegionName, chain: Chain, actor: &str, records: impl IntoIterator<Item = Record>) {
        self.write_at(self.now(), region, chain, actor, records);
    }

    /// The same by a writer whose clock says `at`.
    pub fn write_at(
        &self,
        at: Timestamp,
        region: &RegionName,
        chain: Chain,
        actor: &str,
        records: impl IntoIterator<Item = Record>,
    ) {
        let mut head = Head::default();
        self.entries(region, &chain).iter().for_each(|entry| head.follow(entry).unwrap());
        for record in records {
            let entry = head.entry(at, actor.parse().unwrap(), record);
            head.follow(&entry).unwrap();
            self.put(region, &chain.key(&fleet().name, entry.seq), entry.to_bytes());
        }
    }

    /// Changes a chain's entries, as somebody could who may write into the bucket.
    pub fn alter(&self, region: &RegionName, chain: &Chain, change: impl FnOnce(&mut Vec<Entry>)) {
        let before = self.entries(region, chain);
        let mut after = before.clone();
        change(&mut after);
        let key = |entry: &Entry| chain.key(&fleet().name, entry.seq);
        for gone in before.iter().filter(|old| !after.iter().any(|new| new.seq == old.seq)) {
            self.remove(region, &key(gone));
        }
        for changed in after.iter().filter(|new| !before.contains(new)) {
            self.put(region, &key(changed), changed.to_bytes());
        }
    }

    /// What home's registry says of its packages.
    pub fn packages(&self) -> Vec<DescribeModelPackageOutput> {
        let home = fleet().home;
        let found = self.ask(&home, ListModelPackages::default()).unwrap().model_package_summary_list;
        let described = |arn| self.ask(&home, DescribeModelPackage { model_package_name: arn }).unwrap();
        found.into_iter().map(|own| described(own.model_package_arn)).collect()
    }

    /// The pages that people got, in order.
    pub fn pages(&self) -> Vec<Sent> {
        let paged = |what: &What| match what {
            What::PageSent { subject, message, about, reason, .. } => Some(Sent {
                about: about.clone(),
                reason: reason.clone(),
                subject: subject.clone(),
                message: message.clone(),
            }),
            _ => None,
        };
        lock(&self.local).log().iter().filter_map(|event| paged(&event.what)).collect()
    }

    /// How often a region's topic took a page.
    pub fn paged_through(&self, region: &str) -> u64 {
        self.called(region, "Publish")
    }

    /// No region's topic takes the next page.
    pub fn mute(&self, failure: ErrorKind) {
        fleet().regions.iter().for_each(|_| self.fault("Publish", Fault::Fails(failure)));
    }

    /// A job of the pipeline that waits for its answer.
    pub fn job(&self) -> String {
        self.jobs.borrow_mut().pop().expect("a world with jobs")
    }

    /// A world whose pipeline has called for so many jobs.
    pub fn with_jobs(config: WorldConfig, count: usize) -> Self {
        Self::with_jobs_in(&fleet().home, config, count)
    }

    /// The same of another region's pipeline.
    pub fn with_jobs_in(region: &RegionName, mut config: WorldConfig, count: usize) -> Self {
        let start = config.start;
        config.start = start - SignedDuration::from_mins(1);
        let world = Self::of(config);
        let fleet = fleet();
        for _ in 0..count {
            // Beside each other: in the pipeline itself they would queue.
            lock(&world.local).next_execution_is_beside();
            let request = StartPipelineExecution {
                name: fleet.pipeline.to_string(),
                variables: Vec::new(),
                client_request_token: None,
                source_revisions: Vec::new(),
            };
            world.ask(region, request).unwrap();
        }
        lock(&world.local).run_until(start);
        let calls = lock(&world.local).take_invocations();
        let id = |payload: &serde_json::Value| payload.pointer("/CodePipeline.job/id")?.as_str().map(str::to_owned);
        world.jobs.borrow_mut().extend(calls.iter().filter_map(|call| id(&call.payload)));
        assert_eq!(world.jobs.borrow().len(), count);
        world
    }

    /// A region serves this model as the target, from now on and as if for long.
    pub fn serves(&self, target: &Target, region: &str, model: &str) {
        let (fleet, archive) = (fleet(), sample(model));
        let key = keys::archive(meridian_domain::Sha256::of(&archive));
        let release = InstalledRelease {
            version: target.version.to_string(),
            release: target.release,
            instance_type: fleet.instance_type.clone(),
            model_name: target.model.to_string(),
            config_name: target.config.to_string(),
            image: "fraud-xgboost".to_owned(),
            execution_role: fleet.execution_role_arn(&name(region), target.role),
            namespace: target.role.namespace().to_owned(),
            objects: BTreeMap::from([(key.clone(), archive)]),
            archive_key: key,
        };
        lock(&self.local).install(&name(region), &release).unwrap();
    }
}

fn bucket(region: &RegionName) -> String {
    fleet().region(region).unwrap().bucket.to_string()
}
