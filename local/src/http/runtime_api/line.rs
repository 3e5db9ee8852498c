//! The line between the engine's thread and the children's HTTP requests.
//!
//! A child asks for work and reports over HTTP; the engine hands out work and waits for reports. Each child has a
//! [`Line`]; what children report goes to the one thread that waits.

use crate::engine::{SharedWorld, lock};
use crate::world::{Invocation, InvocationId};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// One child process; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ChildId(pub u64);

impl ChildId {
    /// The path under which the child calls AWS, so that its calls are known as its own. It ends in a slash, because the
    /// SDK puts a bucket's name straight after it.
    pub fn path(self) -> String {
        format!("/_child/{}/", self.0)
    }
}

impl fmt::Display for ChildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a child did.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Report {
    /// It sleeps until this moment of virtual time.
    Sleeping(Timestamp),
    /// Its handler answered.
    Answered(Value),
    /// Its handler failed.
    Failed(String),
    /// It could not start.
    InitFailed(String),
    /// The world kills it at a call.
    Killed,
}

/// One piece of work, as `/invocation/next` hands it out.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub invocation: Invocation,
    pub arn: String,
}

#[derive(Debug, Default)]
struct Line {
    /// The invocation that it works at.
    current: Option<(InvocationId, String)>,
    /// Work that it has not fetched yet.
    inbox: Option<Work>,
    /// Its long poll.
    poll: Option<oneshot::Sender<Work>>,
    /// Its request to sleep, which is answered to wake it.
    sleep: Option<oneshot::Sender<()>>,
    /// Whether it has ever asked for work.
    ready: bool,
}

/// The lines of all children.
#[derive(Debug)]
pub(crate) struct Switchboard {
    world: SharedWorld,
    lines: Mutex<BTreeMap<ChildId, Line>>,
    reports: Mutex<Sender<(ChildId, Report)>>,
}

/// Waits at the end of a line. An error where the line is gone: the child is being killed.
pub(crate) type Waiting<T> = oneshot::Receiver<T>;

impl Switchboard {
    pub fn new(world: SharedWorld, reports: Sender<(ChildId, Report)>) -> Self {
        Switchboard { world, lines: Mutex::default(), reports: Mutex::new(reports) }
    }

    fn lines(&self) -> MutexGuard<'_, BTreeMap<ChildId, Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self, child: ChildId, report: Report) {
        // Nobody listens any more where the engine is gone: then nobody wants to know.
        let _gone = self.reports.lock().unwrap_or_else(PoisonError::into_inner).send((child, report));
    }

    /// The present, in virtual time.
    pub fn now(&self) -> Timestamp {
        lock(&self.world).now()
    }

    // --- the engine's side ---

    /// Opens a line for a child that is about to start.
    pub fn open(&self, child: ChildId) {
        self.lines().insert(child, Line::default());
    }

    /// Cuts a line. Requests that wait on it end without an answer.
    pub fn close(&self, child: ChildId) {
        self.lines().remove(&child);
    }

    /// Gives a child its next invocation.
    pub fn hand_out(&self, child: ChildId, work: Work) {
        if let Some(line) = self.lines().get_mut(&child) {
            line.current = Some((work.invocation.id, work.invocation.request_id.clone()));
            // A poll that has gone away gives the work back for the next one.
            line.inbox = match line.poll.take() {
                Some(poll) => poll.send(work).err(),
                None => Some(work),
            };
        }
    }

    /// Ends a child's sleep.
    pub fn wake(&self, child: ChildId) {
        let sleep = self.lines().get_mut(&child).and_then(|line| line.sleep.take());
        if let Some(sleep) = sleep {
            // A sleeper that went away is found dead by whoever waits for its next report.
            let _gone = sleep.send(());
        }
    }

    /// Whether the child has ever asked for work.
    pub fn is_ready(&self, child: ChildId) -> bool {
        self.lines().get(&child).is_some_and(|line| line.ready)
    }

    // --- the children's side ---

    /// The invocation that a child works at. `None` for a child that idles, which Lambda would have frozen, or is dead.
    pub fn invocation(&self, child: ChildId) -> Option<InvocationId> {
        self.lines().get(&child)?.current.as_ref().map(|(id, _)| *id)
    }

    /// A child asks for work: some of it, or the end of the line to wait at. `None` for a child that is not known.
    pub fn ask(&self, child: ChildId) -> Option<Result<Work, Waiting<Work>>> {
        let mut lines = self.lines();
        let line = lines.get_mut(&child)?;
        line.ready = true;
        if let Some(work) = line.inbox.take() {
            return Some(Ok(work));
        }
        let (sender, receiver) = oneshot::channel();
        line.poll = Some(sender);
        Some(Err(receiver))
    }

    /// A child has finished an invocation. False where it is not at work at that one.
    pub fn finish(&self, child: ChildId, request_id: &str, report: Report) -> bool {
        let mut lines = self.lines();
        let Some(line) = lines.get_mut(&child) else { return false };
        if line.current.as_ref().is_none_or(|(_, current)| current != request_id) {
            return false;
        }
        line.current = None;
        drop(lines);
        self.report(child, report);
        true
    }

    /// A child could not start, or the world kills it.
    pub fn give_up(&self, child: ChildId, report: Report) {
        self.report(child, report);
    }

    /// A child sleeps until a virtual moment. It has one sleep at a time: an older one ends early. A child that has no
    /// invocation is frozen, as on Lambda: it sleeps until it has one. `None` for a child that is not known.
    pub fn sleep(&self, child: ChildId, until: Timestamp) -> Option<Waiting<()>> {
        let (sender, receiver) = oneshot::channel();
        let mut lines = self.lines();
        let line = lines.get_mut(&child)?;
        line.sleep = Some(sender);
        let at_work = line.current.is_some();
        drop(lines);
        if at_work {
            self.report(child, Report::Sleeping(until));
        }
        Some(receiver)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{World, WorldConfig};
    use meridian_domain::Fleet;
    use meridian_handlers::context::FunctionKind;
    use std::sync::mpsc::{Receiver, channel};
    use std::sync::{Arc, Mutex};

    const CHILD: ChildId = ChildId(1);

    fn board() -> (Switchboard, Receiver<(ChildId, Report)>) {
        let fleet = Fleet::parse(include_str!("../../../fleets/reference/fleet.toml")).unwrap();
        let world = World::new(WorldConfig::new(fleet, Timestamp::UNIX_EPOCH, 7)).unwrap();
        let (sender, reports) = channel();
        let board = Switchboard::new(Arc::new(Mutex::new(world)), sender);
        board.open(CHILD);
        (board, reports)
    }

    fn work() -> Work {
        let invocation = Invocation {
            id: InvocationId(5),
            request_id: "request".to_owned(),
            function: FunctionKind::Status,
            region: "eu-west-1".parse().unwrap(),
            payload: Value::Null,
            deadline: Timestamp::MAX,
            synchronous: true,
            attempt: 1,
        };
        Work { invocation, arn: String::new() }
    }

    #[test]
    fn a_child_is_at_work_from_its_work_to_its_answer() {
        let (board, reports) = board();
        assert_eq!(board.invocation(CHILD), None, "idle children are frozen");
        board.hand_out(CHILD, work());
        assert_eq!(board.invocation(CHILD), Some(InvocationId(5)));
        assert!(matches!(board.ask(CHILD), Some(Ok(_))) && board.is_ready(CHILD));
        assert!(!board.finish(CHILD, "another", Report::Killed), "it is not at work at that one");
        assert!(board.finish(CHILD, "request", Report::Answered(Value::Null)));
        assert_eq!(board.invocation(CHILD), None);
        let heard: Vec<Report> = reports.try_iter().map(|(_, report)| report).collect();
        assert_eq!(heard, [Report::Answered(Value::Null)]);
    }

    #[test]
    fn work_that_a_broken_poll_missed_waits_for_the_next_one() {
        let (board, _reports) = board();
        drop(board.ask(CHILD));
        board.hand_out(CHILD, work());
        assert!(matches!(board.ask(CHILD), Some(Ok(_))));
    }

    #[test]
    fn a_frozen_child_sleeps_unheard_and_a_dead_one_is_not_known() {
        let (board, reports) = board();
        assert!(board.sleep(CHILD, Timestamp::MAX).is_some());
        assert!(reports.try_recv().is_err());
        board.close(CHILD);
        assert!(board.sleep(CHILD, Timestamp::MAX).is_none() && board.ask(CHILD).is_none());
    }
}
