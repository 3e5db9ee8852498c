//! The pipeline: executions, one after the other, each a chain of actions; what a call's end means for its job.

use super::{Caller, Seconds, Who, World, checks, setting};
use crate::ask::{Failure, Reply};
use jiff::Timestamp;
use meridian_domain::reason::ExecutionEnd;
use meridian_domain::{Actor, Record};
use meridian_handlers::ports::{ErrorKind, ExecutionView, LATEST_EXECUTIONS, ListedExecution};
use meridian_handlers::promote::Token;

/// A walk of one release through the pipeline.
#[derive(Clone, Debug)]
pub struct Execution {
    /// Its id, as the ledger has it.
    pub actor: Actor,
    /// The region whose pipeline it walks through: home, or one that took itself for home.
    pub home: usize,
    /// The release that it walks with, by its number.
    pub release: usize,
    /// By which `replication` started it, and finds it again; none where a person did.
    pub token: Option<String>,
    /// Queued, running or ended.
    pub stand: Stand,
}

/// Where an execution stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stand {
    /// It waits behind another execution.
    Queued,
    /// In an action: this job waits for its answer.
    Running(Job),
    /// Over: every region serves the release, or there was nothing to do.
    Succeeded,
    /// Over: an action failed.
    Failed,
}

impl Stand {
    fn end(self) -> Option<ExecutionEnd> {
        match self {
            Stand::Succeeded => Some(ExecutionEnd::Succeeded),
            Stand::Failed => Some(ExecutionEnd::Failed),
            Stand::Queued | Stand::Running(_) => None,
        }
    }
}

/// One job: one call of an action, until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Job {
    /// The execution that it belongs to, by its number.
    pub execution: usize,
    /// The place whose region is to be promoted; the number of regions stands for `Verify-Fleet`.
    pub action: usize,
    /// When the action was first called; none before its first call.
    pub since: Option<Seconds>,
    /// The region that a call of the action waited for last, and when.
    pub silence: Option<(usize, Seconds)>,
    /// Jobs of this execution before this one.
    pub serial: u32,
}

impl Job {
    /// Its id, as CodePipeline names it.
    pub fn id(&self) -> String {
        format!("job-{}-{}", self.execution, self.serial)
    }
}

/// CodePipeline's error for an answer to a job that has one.
const ANSWERED: Failure = Failure { kind: ErrorKind::Conflict, code: "InvalidJobStateException" };
/// And to one that it never gave out.
const UNKNOWN: Failure = Failure { kind: ErrorKind::NotFound, code: "JobNotFoundException" };
/// And to a question about an execution that it never began.
const NO_EXECUTION: Failure = Failure { kind: ErrorKind::NotFound, code: "PipelineExecutionNotFoundException" };

impl World {
    /// A release's manifest arrives in the home that policy names; a home that has taken over meets it at its sweep.
    pub fn arrives(&mut self, release: usize) {
        self.arrived = self.arrived.max(release);
        self.tell(|setting| format!("{}'s manifest arrives", setting.version(release)));
        self.called.push((0, Who::Replication(self.setting.home(), Some(release))));
    }

    /// A person starts an execution of a release: behind the others, or at once beside them.
    pub fn rerun(&mut self, release: usize, at_once: bool) {
        let home = self.home();
        let number = self.queue(home, release, None);
        if at_once { self.start(number) } else { self.start_next(home) }
    }

    /// An execution is queued.
    pub(super) fn queue(&mut self, home: usize, release: usize, token: Option<String>) -> usize {
        let number = self.executions.len();
        let text = format!("wave-{}", number + 1);
        let actor = actor_of(&text);
        self.tell(|setting| format!("{text} starts: {}", setting.version(release)));
        self.executions.push(Execution { actor, home, release, token, stand: Stand::Queued });
        number
    }

    /// Starts the first execution that a region's pipeline has queued, where none runs there.
    pub fn start_next(&mut self, home: usize) {
        let runs = |own: &Execution| own.home == home && matches!(own.stand, Stand::Running(_));
        let running = self.executions.iter().any(runs);
        let next = self.executions.iter().position(|own| own.home == home && own.stand == Stand::Queued);
        if let Some(next) = next.filter(|_| !running) {
            self.start(next);
        }
    }

    /// Starts an execution, whatever else runs. Its first action, `shadow-eval`'s, has nothing left to do but approve.
    fn start(&mut self, number: usize) {
        let job = Job { execution: number, action: 0, since: None, silence: None, serial: 0 };
        let Some(execution) = self.executions.get_mut(number).filter(|own| own.stand == Stand::Queued) else { return };
        execution.stand = Stand::Running(job);
        let (created, home) = (setting::created(execution.release), execution.home);
        let Some(&(release, _)) = self.setting.releases.get(execution.release) else { return };
        let hub = &self.hub_in(home).history;
        // Where home has moved to, its registry has no package yet.
        let package = || Record::Registered { release, package: "package".to_owned() };
        let registered = (!hub.packages.contains_key(&release)).then(package);
        let approved = (!hub.approved.contains(&release)).then_some(Record::Approved { release, created });
        let (actor, now) = (actor_of("shadow-eval"), self.now);
        if let Some(hub) = self.hubs.get_mut(home) {
            registered.into_iter().chain(approved).for_each(|record| hub.append(now, &actor, record));
        }
        self.called.push((self.setting.timing.turn, Who::Wave(job)));
    }

    /// The region that a job is about; none for the wave's last action, and none before an order is on record that policy
    /// leaves open.
    pub fn subject(&self, job: Job) -> Option<usize> {
        self.places(job.execution).nth(job.action)
    }

    /// The regions of an execution's places.
    pub fn places(&self, execution: usize) -> impl Iterator<Item = usize> {
        let own = self.executions.get(execution);
        let ordered = own.and_then(|own| self.hub_in(own.home).history.order(&own.actor));
        self.setting.fleet.in_order(ordered).map(|region| self.setting.region_of(&region.name))
    }

    /// Whether `job` still waits for its answer.
    pub fn is_open(&self, job: Job) -> bool {
        self.executions.get(job.execution).is_some_and(|execution| match execution.stand {
            Stand::Running(open) => open.serial == job.serial,
            _ => false,
        })
    }

    /// The job that waits for this answer.
    fn job(&self, id: &str) -> Result<Job, Failure> {
        let open = self.executions.iter().find_map(|execution| match execution.stand {
            Stand::Running(job) => Some(job).filter(|job| job.id() == id),
            _ => None,
        });
        let known = || (0..self.executions.len()).any(|number| id.starts_with(&format!("job-{number}-")));
        open.ok_or_else(|| if known() { ANSWERED } else { UNKNOWN })
    }

    /// `PutJobSuccessResult`, with a continuation or without.
    pub(super) fn succeeds(&mut self, caller: &Caller, id: &str, continuation: Option<&str>) -> Result<Reply, Failure> {
        let job = self.job(id)?;
        let serial = job.serial + 1;
        if let Some(token) = continuation {
            let token = Token::read(token);
            let since = token.as_ref().map(|token| token.since.as_second());
            let silence = token.and_then(|token| token.silence);
            let silence = silence.map(|own| (self.setting.region_of(&own.region), own.seen.as_second()));
            let next = Job { since, silence, serial, ..job };
            self.goes_to(job, Stand::Running(next));
        } else if job.action == self.setting.targets.len() {
            checks::on_success(self, caller, job);
            self.goes_to(job, Stand::Succeeded);
        } else {
            checks::on_success(self, caller, job);
            let next = Job { action: job.action + 1, since: None, silence: None, serial, ..job };
            self.goes_to(job, Stand::Running(next));
        }
        Ok(Reply::Done)
    }

    /// `GetPipelineExecution`.
    pub(super) fn execution(&self, home: usize, actor: &Actor) -> Result<Reply, Failure> {
        let is = |own: &&Execution| own.home == home && own.actor == *actor;
        let own = self.executions.iter().find(is).ok_or(NO_EXECUTION)?;
        let release = self.setting.releases.get(own.release).map(|(id, _)| ("release".to_owned(), id.to_string()));
        let version = ("version".to_owned(), self.setting.version(own.release).to_string());
        let variables = release.into_iter().chain([version]).collect();
        Ok(Reply::Execution(ExecutionView { ended: own.stand.end(), variables }))
    }

    /// `ListPipelineExecutions`. What has ended did so five minutes ago: home looks at it as early as it may.
    pub(super) fn latest_executions(&self, home: usize) -> Reply {
        let changed = Timestamp::from_second(self.now - 300).unwrap_or_default();
        let own = self.executions.iter().rev().filter(|own| own.home == home);
        let latest = own.take(LATEST_EXECUTIONS.into());
        let listed = latest.map(|own| ListedExecution { id: own.actor.clone(), ended: own.stand.end(), changed });
        Reply::Executions(listed.collect())
    }

    /// `PutJobFailureResult`: the execution has failed.
    pub(super) fn fails(&mut self, id: &str) -> Result<Reply, Failure> {
        let job = self.job(id)?;
        self.goes_to(job, Stand::Failed);
        Ok(Reply::Done)
    }

    /// CodePipeline gives a job up that nobody answers.
    pub fn gives_up(&mut self, job: Job) {
        if self.is_open(job) {
            self.goes_to(job, Stand::Failed);
        }
    }

    fn goes_to(&mut self, job: Job, next: Stand) {
        let Some(execution) = self.executions.get_mut(job.execution) else { return };
        execution.stand = next;
        let home = execution.home;
        match next {
            Stand::Running(next) => {
                let timing = self.setting.timing;
                let wait = if next.action == job.action { timing.continuation } else { timing.turn };
                self.called.push((wait, Who::Wave(next)));
            }
            stand => {
                let word = if stand == Stand::Succeeded { "succeeds" } else { "fails" };
                self.tell(|_| format!("wave-{} {word}", job.execution + 1));
                self.start_next(home);
            }
        }
    }

    /// Whether nothing is queued and nothing runs.
    pub fn is_idle(&self) -> bool {
        self.executions.iter().all(|execution| matches!(execution.stand, Stand::Succeeded | Stand::Failed))
    }
}

fn actor_of(text: &str) -> Actor {
    text.parse().unwrap_or_else(|_| unreachable!("{text:?} is an actor"))
}
