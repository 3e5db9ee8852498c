//! The pipeline: executions, one after the other, each a chain of actions; what a call's end means for its job.

use super::{Outcome, Seconds, World};
use meridian_domain::plan::{Finish, wave_order};
use meridian_domain::{Actor, Record};

/// A walk of one release through the pipeline.
#[derive(Clone, Debug)]
pub struct Execution {
    /// Its id, as the ledger has it.
    pub actor: Actor,
    /// Which release.
    pub release: usize,
    /// In which order it walks: a region for each of the pipeline's places.
    pub order: Vec<usize>,
    /// Where it stands.
    pub stand: Stand,
}

/// Where an execution stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stand {
    /// Behind another one.
    Queued,
    /// In an action: this job waits for its answer.
    Running(Job),
    /// Over: every region serves the release, or there was nothing to do.
    Succeeded,
    /// Over.
    Failed,
}

/// One job: one call of an action, until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Job {
    /// Whose.
    pub execution: usize,
    /// The place whose region is to be promoted; the number of regions stands for `Verify-Fleet`.
    pub action: usize,
    /// When the action was first called; none before its first call.
    pub since: Option<Seconds>,
    /// Jobs of this execution before this one.
    pub serial: u32,
}

impl World {
    /// A release's wave is asked for: on record, approved, and queued.
    pub fn arrive(&mut self, release: usize) -> usize {
        let number = self.executions.len();
        let text = format!("wave-{}", number + 1);
        let actor: Actor = text.parse().unwrap_or_else(|_| unreachable!("{text:?} is an actor"));
        let mut places = Vec::new();
        if let Some((id, version)) = self.setting.releases.get(release).cloned() {
            let order = wave_order(&self.setting.fleet, self.timestamp());
            places = order.regions.iter().map(|name| self.setting.region_of(name)).collect();
            let (execution, late, order) = (actor.clone(), Vec::new(), Some(order));
            let record = Record::WaveStarted { release: id, version, execution, late, order };
            self.hub.append(self.now, &actor, record);
            if !self.hub.history.approved.contains(&id) {
                self.hub.append(self.now, &actor, Record::Approved { release: id });
            }
        }
        self.tell(|setting| format!("{text} is to bring {}", setting.version(release)));
        self.executions.push(Execution { actor, release, order: places, stand: Stand::Queued });
        number
    }

    /// Starts the first queued execution where none runs; answers its first job.
    pub fn start_next(&mut self) -> Option<Job> {
        if self.executions.iter().any(|execution| matches!(execution.stand, Stand::Running(_))) {
            return None;
        }
        let next = self.executions.iter().position(|execution| execution.stand == Stand::Queued)?;
        self.start(next)
    }

    /// Starts an execution, whatever else runs.
    pub fn start(&mut self, number: usize) -> Option<Job> {
        let job = Job { execution: number, action: 0, since: None, serial: 0 };
        let execution = self.executions.get_mut(number).filter(|execution| execution.stand == Stand::Queued)?;
        execution.stand = Stand::Running(job);
        Some(job)
    }

    /// The region that a job is about; none for the wave's last action.
    pub fn subject(&self, job: Job) -> Option<usize> {
        self.executions.get(job.execution)?.order.get(job.action).copied()
    }

    /// Whether `job` still waits for its answer.
    pub fn is_open(&self, job: Job) -> bool {
        self.executions.get(job.execution).is_some_and(|execution| match execution.stand {
            Stand::Running(open) => open.action == job.action && open.serial == job.serial,
            _ => false,
        })
    }

    /// A call answers its job, once: the next job, where there is one.
    pub fn answer(&mut self, job: Job, since: Seconds, outcome: Outcome) -> Option<Job> {
        if !self.is_open(job) {
            return None;
        }
        let last = job.action == self.setting.targets.len();
        let serial = job.serial + 1;
        let next = match outcome {
            Outcome::Waits => Stand::Running(Job { since: Some(since), serial, ..job }),
            Outcome::Over(Finish::Done | Finish::Deferred) if last => Stand::Succeeded,
            Outcome::Over(Finish::Done | Finish::Deferred) => {
                Stand::Running(Job { action: job.action + 1, since: None, serial, ..job })
            }
            Outcome::Over(Finish::Failed) | Outcome::Broke | Outcome::Failed | Outcome::Died => Stand::Failed,
        };
        if let Some(execution) = self.executions.get_mut(job.execution) {
            execution.stand = next;
        }
        match next {
            Stand::Running(job) => Some(job),
            stand => {
                let word = if stand == Stand::Succeeded { "succeeds" } else { "fails" };
                self.tell(|_| format!("wave-{} {word}", job.execution + 1));
                None
            }
        }
    }

    /// Whether nothing is queued and nothing runs.
    pub fn is_idle(&self) -> bool {
        self.executions.iter().all(|execution| matches!(execution.stand, Stand::Succeeded | Stand::Failed))
    }
}
