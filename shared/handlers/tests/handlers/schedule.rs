//! What is laid over the calls of the ports: faults, and what happens just before a call or while time passes.

use crate::world::World;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::RegionName;
use meridian_handlers::ports::{ASSUME_ROLE, Answer, ErrorKind, FailureDetail, OperationName, PortError};
use meridian_local::engine::lock;

/// A fault of one coming call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails, and nothing was done.
    Fails(ErrorKind),
    /// Nobody answers in time.
    Silent,
    /// It is not even asked: the region lends its role no more.
    Unlent,
    /// It is done, and its answer is lost.
    AnswerLost,
    /// It never answers.
    Hangs,
    /// It is done, after so many seconds.
    Slow(i64),
    /// Nothing: a fault of a later call.
    NotYet,
}

/// The operation that a port's call comes to. The ledger's calls have names of their own here, so that a fault of an entry is none of any
/// object.
fn operation_name(call: &str) -> OperationName {
    match call {
        "PutEntry" | "PutCheckpoint" => OperationName::PutObject,
        "GetCheckpoint" => OperationName::GetObject,
        "ListObjects" => OperationName::ListObjectsV2,
        own => serde_json::from_value(own.into()).unwrap_or_else(|_| panic!("no port calls {own}")),
    }
}

/// Something that happens to the world.
pub type Work = Box<dyn FnOnce(&World)>;

impl World {
    /// Lets time pass.
    pub fn pass(&self, duration: SignedDuration) {
        let until = self.now() + duration;
        while let Some((at, what)) = self.next_later(until) {
            lock(&self.local).run_until(at);
            what(self);
        }
        lock(&self.local).run_until(until);
    }

    fn next_later(&self, until: Timestamp) -> Option<(Timestamp, Work)> {
        let mut later = self.later.borrow_mut();
        let (next, _) = later.iter().enumerate().filter(|(_, (at, _))| *at <= until).min_by_key(|(_, (at, _))| *at)?;
        Some(later.remove(next))
    }

    /// The next call of `operation` fails in this way.
    pub fn fault(&self, operation: &'static str, fault: Fault) {
        operation_name(operation);
        self.faults.borrow_mut().push((operation, fault));
    }

    /// Something that happens `seconds` from now.
    pub fn later(&self, seconds: i64, what: impl FnOnce(&World) + 'static) {
        self.later.borrow_mut().push((self.now() + SignedDuration::from_secs(seconds), Box::new(what)));
    }

    /// Something that happens just before a coming call of `operation`: the next one, where `nth` is 0.
    pub fn between(&self, operation: &'static str, nth: usize, what: impl FnOnce(&World) + 'static) {
        operation_name(operation);
        self.between.borrow_mut().push((operation, nth, Box::new(what)));
    }

    /// Makes a call, unless a fault is due.
    pub async fn call<T>(
        &self,
        region: &RegionName,
        operation: &'static str,
        work: impl Future<Output = Answer<T>>,
    ) -> Answer<T> {
        self.intervene(operation);
        let aws = operation_name(operation);
        let failed = |operation, kind| {
            let detail = FailureDetail::Said("scheduled".to_owned());
            Err(PortError { kind, region: region.clone(), operation, detail, silent: false })
        };
        match self.due(operation) {
            None if self.dark.borrow().contains(region) => failed(aws, ErrorKind::Unreachable),
            None | Some(Fault::NotYet) => work.await,
            Some(Fault::Fails(kind)) => failed(aws, kind),
            Some(Fault::Silent) => {
                failed(aws, ErrorKind::Unreachable).map_err(|error| PortError { silent: true, ..error })
            }
            Some(Fault::Unlent) => failed(ASSUME_ROLE, ErrorKind::Refused),
            Some(Fault::AnswerLost) => match work.await {
                Ok(_) => failed(aws, ErrorKind::Unreachable),
                Err(error) => Err(error),
            },
            Some(Fault::Hangs) => std::future::pending().await,
            Some(Fault::Slow(seconds)) => {
                self.pass(SignedDuration::from_secs(seconds));
                work.await
            }
        }
    }

    fn due(&self, operation: &str) -> Option<Fault> {
        let mut faults = self.faults.borrow_mut();
        let at = faults.iter().position(|(name, _)| *name == operation)?;
        Some(faults.remove(at).1)
    }

    fn intervene(&self, operation: &str) {
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
}
