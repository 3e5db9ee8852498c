//! What the tests of this crate share: a world in memory, just large enough, whose faults are scheduled by call.

use crate::adapters::errors::Call;
use crate::context::Context;
use crate::ports::*;
use crate::signing::KeyFile;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::lookout::FleetMinutes;
use meridian_domain::*;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

mod ports;

/// The text of the repository's own `fleet.toml`.
pub const FLEET: &str = include_str!("../../../fleet.toml");

/// The fleet of the repository's own `fleet.toml`.
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

/// Training's key, as the repository's own `fleet.toml` trusts it.
pub fn signer() -> KeyFile {
    KeyFile::parse(&KeyFile::example_pem()).unwrap()
}

/// Runs a future that waits for nothing to its end: inside of another one, too.
pub fn at_once<T>(work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    match work.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(done) => done,
        std::task::Poll::Pending => panic!("it waits for something"),
    }
}

/// Runs a future to its end on this thread.
pub fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

/// A fault of one coming call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails, and nothing was done.
    Fails(ErrorKind),
    /// It is not even asked: the region lends its role no more.
    Unlent,
    /// It is done, and its answer is lost.
    AnswerLost,
    /// It never answers. For reads of the ledger.
    Hangs,
    /// It is done, after so many seconds.
    Slow(i64),
    /// Nothing: a fault of a later call.
    NotYet,
}

type Work = Box<dyn FnOnce(&World)>;
type Later = (Timestamp, Work);

/// Ports in memory, for the handlers' own tests.
pub struct World {
    pub now: RefCell<Timestamp>,
    pub objects: RefCell<BTreeMap<(RegionName, String), Bytes>>,
    pub chains: RefCell<BTreeMap<(RegionName, Chain), Vec<Entry>>>,
    /// Checkpoints, by the sequence number at which they stand.
    pub kept: RefCell<BTreeMap<(RegionName, Chain, u64), Vec<u8>>>,
    /// As whom entries are written.
    pub caller: RefCell<Caller>,
    pub faults: RefCell<Vec<(&'static str, Fault)>>,
    /// The keys of the objects that were read.
    pub reads: RefCell<Vec<String>>,
    /// Regions that answer nothing.
    pub dark: RefCell<BTreeSet<RegionName>>,
    pub answers: RefCell<Vec<(String, String)>>,
    pub pages: RefCell<Vec<Page>>,
    pub advice: RefCell<Vec<Page>>,
    pub started: RefCell<Vec<StartSpec>>,
    pub packages: RefCell<BTreeMap<ReleaseId, (Approval, String)>>,
    pub metadata: RefCell<BTreeMap<ReleaseId, BTreeMap<String, String>>>,
    /// Endpoints, where a test has any: a look at another one is refused.
    pub endpoints: RefCell<BTreeMap<RegionName, EndpointView>>,
    /// Regions in which there is none.
    pub absent: RefCell<BTreeSet<RegionName>>,
    pub updates: RefCell<Vec<UpdateSpec>>,
    /// What every fleet counted, where a test has any.
    pub counted: RefCell<Option<FleetMinutes>>,
    /// What every endpoint counted in slots, and what was asked for.
    pub days: RefCell<FleetMinutes>,
    pub days_asked: RefCell<Vec<SlotsQuery>>,
    pub scaled: RefCell<Vec<(RegionName, ScalingSpec)>>,
    /// The alarms that exist, where a test has any.
    pub alarms: RefCell<Option<Vec<AlarmView>>>,
    /// What an alarm's description says.
    pub described: RefCell<Option<String>>,
    pub invoked: RefCell<u32>,
    /// Customers' questions.
    pub questions: RefCell<Vec<Question>>,
    /// What the container answers to the next one; otherwise the score.
    pub scored: RefCell<Option<Scored>>,
    /// What the endpoint answers.
    pub score: RefCell<String>,
    later: RefCell<Vec<Later>>,
    /// What comes between a caller and its coming calls, by operation and how many calls of it come before.
    between: RefCell<Vec<(&'static str, usize, Work)>>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            now: RefCell::new("2026-03-12T03:00:00Z".parse().unwrap()),
            objects: RefCell::default(),
            chains: RefCell::default(),
            kept: RefCell::default(),
            caller: RefCell::default(),
            faults: RefCell::default(),
            reads: RefCell::default(),
            dark: RefCell::default(),
            answers: RefCell::default(),
            pages: RefCell::default(),
            advice: RefCell::default(),
            started: RefCell::default(),
            packages: RefCell::default(),
            metadata: RefCell::default(),
            endpoints: RefCell::default(),
            absent: RefCell::default(),
            updates: RefCell::default(),
            counted: RefCell::default(),
            days: RefCell::default(),
            days_asked: RefCell::default(),
            scaled: RefCell::default(),
            alarms: RefCell::default(),
            described: RefCell::default(),
            invoked: RefCell::default(),
            questions: RefCell::default(),
            scored: RefCell::default(),
            score: RefCell::new("0.25".to_owned()),
            later: RefCell::default(),
            between: RefCell::default(),
        }
    }
}

impl World {
    /// The next call of `operation` fails in this way.
    pub fn fault(&self, operation: &'static str, fault: Fault) {
        self.faults.borrow_mut().push((operation, fault));
    }

    /// Something that happens `seconds` from now, while somebody sleeps.
    pub fn later(&self, seconds: i64, what: impl FnOnce(&World) + 'static) {
        self.later.borrow_mut().push((self.now() + SignedDuration::from_secs(seconds), Box::new(what)));
    }

    /// Something that happens just before a coming call of `operation`: the next one, where `nth` is 0.
    pub fn between(&self, operation: &'static str, nth: usize, what: impl FnOnce(&World) + 'static) {
        self.between.borrow_mut().push((operation, nth, Box::new(what)));
    }

    /// Copies `releases/` from home to `region`, as replication does.
    pub fn replicate(&self, region: &RegionName) {
        let home = fleet().home;
        let mut objects = self.objects.borrow_mut();
        let copies: Vec<_> = objects
            .iter()
            .filter(|((from, key), _)| *from == home && key.starts_with(keys::RELEASES))
            .map(|((_, key), body)| ((region.clone(), key.clone()), body.clone()))
            .collect();
        objects.extend(copies);
    }

    /// Adds a record at a chain's end, as another writer would.
    pub fn write(&self, region: &RegionName, chain: Chain, actor: &str, record: Record) {
        let now = self.now();
        let mut chains = self.chains.borrow_mut();
        let entries = chains.entry((region.clone(), chain)).or_default();
        let mut head = Head::default();
        entries.iter().for_each(|entry| head.follow(entry).unwrap());
        entries.push(head.entry(now, actor.parse().unwrap(), record));
    }

    /// An entry as S3 has it: one that says it is from the future was stored now.
    fn stored(&self, entry: &Entry) -> Stored {
        Stored::new(entry.clone(), entry.written.min(self.now()))
    }

    /// The kinds of a chain's records, in order.
    pub fn records(&self, region: &RegionName, chain: Chain) -> Vec<Record> {
        let chains = self.chains.borrow();
        chains
            .get(&(region.clone(), chain))
            .map(|all| all.iter().map(|e| e.record.clone()).collect())
            .unwrap_or_default()
    }

    /// Does `work`, unless a fault is due.
    fn call<T>(&self, region: &RegionName, operation: &'static str, work: impl FnOnce() -> Answer<T>) -> Answer<T> {
        self.intervene(operation);
        let mut faults = self.faults.borrow_mut();
        let due = faults.iter().position(|(name, _)| *name == operation).map(|at| faults.remove(at).1);
        drop(faults);
        let error = |kind| Err(Call::new(region, operation).error(kind, "scheduled".to_owned()));
        match due {
            None if self.dark.borrow().contains(region) => error(ErrorKind::Unreachable),
            None => work(),
            Some(Fault::Fails(kind)) => error(kind),
            Some(Fault::Unlent) => wrong(ErrorKind::Refused, region, LOAN),
            Some(Fault::AnswerLost) => work().and_then(|_| error(ErrorKind::Unreachable)),
            Some(Fault::Hangs) => panic!("{operation} cannot hang"),
            Some(Fault::Slow(seconds)) => {
                *self.now.borrow_mut() += SignedDuration::from_secs(seconds);
                work()
            }
            Some(Fault::NotYet) => work(),
        }
    }

    fn intervene(&self, operation: &'static str) {
        let mut between = self.between.borrow_mut();
        let mut due = Vec::new();
        for at in (0..between.len()).rev().filter(|at| between[*at].0 == operation).collect::<Vec<_>>() {
            match between[at].1.checked_sub(1) {
                Some(left) => between[at].1 = left,
                None => due.push(between.remove(at).2),
            }
        }
        drop(between);
        due.into_iter().for_each(|what| what(self));
    }

    fn put(&self, region: &RegionName, key: &str, body: Bytes) -> ObjectVersion {
        self.objects.borrow_mut().insert((region.clone(), key.to_owned()), body);
        ObjectVersion(format!("version of {key}"))
    }
}

fn wrong<T>(kind: ErrorKind, region: &RegionName, operation: &'static str) -> Answer<T> {
    Err(Call::new(region, operation).error(kind, "no".to_owned()))
}
