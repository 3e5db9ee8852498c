//! How an execution of a pipeline goes from stage to stage.
//!
//! The stages, and what each hands to its function, are the template's. Mode QUEUED: an execution enters a stage when the
//! one before it has left it.

use crate::services::codepipeline::pipeline::{ActionExecution, Execution, ExecutionState};
use crate::world::config::LiveFacts;
use crate::world::log::What;
use crate::world::queue::Event;
use crate::world::state::World;
use meridian_deployment::PipelineAction;
use meridian_domain::RegionName;

/// An execution in a stage.
struct Place {
    region: RegionName,
    id: String,
    stage: usize,
    /// The stage's name and its action's.
    action: String,
}

impl World {
    /// The next execution walks through stages of its own, beside those that are under way, as it would in the pipeline of
    /// a second home: nothing but the ledger keeps two such apart.
    pub fn next_execution_is_beside(&mut self) {
        self.pipeline.beside = true;
    }

    /// A new execution sets out.
    pub(crate) fn execution_begins(&mut self, mut execution: Execution) {
        let place = execution.region.clone();
        execution.beside = std::mem::take(&mut self.pipeline.beside);
        let started = What::ExecutionStarted {
            pipeline: self.config.fleet.pipeline.to_string(),
            execution: execution.id.clone(),
        };
        self.record(&place, started);
        self.pipeline.executions.push(execution);
        self.queue_for_stage(self.pipeline.executions.len() - 1);
    }

    /// An execution waits for its stage, and enters it if nobody is in it.
    fn queue_for_stage(&mut self, execution: usize) {
        let Some((stage, beside)) = self.pipeline.executions.get(execution).map(|own| (own.stage, own.beside)) else {
            return;
        };
        if beside {
            self.queue.push(self.later(self.config.timing.action_gap), Event::ActionBegins { execution });
            return;
        }
        if let Some(stage) = self.pipeline.stage_mut(execution, stage) {
            stage.waiting.push_back(execution);
        }
        self.let_in(execution, stage);
    }

    /// Lets the next one into a stage of the pipeline that `execution` walks through.
    fn let_in(&mut self, execution: usize, stage: usize) {
        let Some(own) = self.pipeline.stage_mut(execution, stage).filter(|own| !own.occupied) else { return };
        if let Some(execution) = own.waiting.pop_front() {
            own.occupied = true;
            self.queue.push(self.later(self.config.timing.action_gap), Event::ActionBegins { execution });
        }
    }

    /// What the stage of an execution does.
    pub(crate) fn action_of(&self, execution: usize) -> Option<PipelineAction> {
        self.pipeline.stage_of(execution).map(|stage| stage.action.clone())
    }

    /// The id of the execution that began last.
    pub(crate) fn latest_execution(&self) -> Option<String> {
        self.pipeline.executions.last().map(|own| own.id.clone())
    }

    /// Where an execution stands.
    fn place(&self, execution: usize) -> Option<Place> {
        let own = self.pipeline.executions.get(execution)?;
        let action = self.pipeline.stage_of(execution)?.name.clone();
        Some(Place { region: own.region.clone(), id: own.id.clone(), stage: own.stage, action })
    }

    /// The action of an execution's stage begins.
    pub(crate) fn action_begins(&mut self, execution: usize) {
        let Some(Place { region, id, stage, action }) = self.place(execution) else { return };
        match self.pipeline.executions.get(execution).map(|own| own.state) {
            Some(ExecutionState::Stopping) => {
                self.stopped(execution);
                return self.leave(execution, stage);
            }
            Some(ExecutionState::Stopped) => return,
            _ => {}
        }
        let now = self.now;
        self.record(&region, What::ActionStarted { execution: id, action });
        if let Some(own) = self.pipeline.executions.get_mut(execution) {
            let state = ExecutionState::InProgress;
            own.actions.push(ActionExecution { stage, state, began: now, changed: now, summary: None, failure: None });
        }
        match self.action_of(execution) {
            Some(PipelineAction::Source { bucket, key, .. }) => match self.authorise_source(&region, &bucket, &key) {
                Ok(()) => self.queue.push(self.later(self.config.timing.action_gap), Event::SourceEnds { execution }),
                Err(denied) => self.action_fails(execution, "PermissionError", denied.to_string()),
            },
            _ => self.call_job(execution, None),
        }
    }

    /// An action ended well: the execution goes on to its next stage.
    pub(crate) fn action_succeeds(&mut self, execution: usize, summary: Option<String>) {
        // Its source may end after a person has abandoned it.
        if self.pipeline.executions.get(execution).is_some_and(|own| own.state == ExecutionState::Stopped) {
            return;
        }
        let Some(Place { region, id, stage, action }) = self.place(execution) else { return };
        self.action_stands(execution, ExecutionState::Succeeded, summary.clone(), None);
        self.record(&region, What::ActionSucceeded { execution: id.clone(), action, summary });
        self.leave(execution, stage);
        if self.is_stopping(execution) {
            return self.stopped(execution);
        }
        if self.pipeline.stage_mut(execution, stage + 1).is_some() {
            if let Some(own) = self.pipeline.executions.get_mut(execution) {
                own.stage += 1;
                own.changed = self.now;
            }
            self.queue_for_stage(execution);
        } else {
            let pipeline = self.config.fleet.pipeline.to_string();
            self.record(&region, What::ExecutionSucceeded { pipeline, execution: id });
            self.stands(execution, ExecutionState::Succeeded);
        }
    }

    /// An action failed, and its execution with it.
    pub(crate) fn action_fails(&mut self, execution: usize, failure: &str, message: String) {
        let Some(Place { region, id, stage, action }) = self.place(execution) else { return };
        self.action_stands(execution, ExecutionState::Failed, None, Some((failure.to_owned(), message.clone())));
        let failed =
            What::ActionFailed { execution: id.clone(), action: action.clone(), failure: failure.to_owned(), message };
        self.record(&region, failed);
        let pipeline = self.config.fleet.pipeline.to_string();
        self.record(&region, What::ExecutionFailed { pipeline, execution: id, action });
        self.stands(execution, ExecutionState::Failed);
        self.leave(execution, stage);
    }

    /// A person stops it (CodePipeline User Guide, "Stop a pipeline execution"). One that waits for its stage has no action to end.
    pub(crate) fn stop_execution(&mut self, execution: usize, abandon: bool) {
        let Some(stage) = self.pipeline.executions.get(execution).map(|own| own.stage) else { return };
        let queue = self.pipeline.stage_mut(execution, stage).map(|own| &mut own.waiting);
        let waited =
            queue.and_then(|queue| queue.iter().position(|own| *own == execution).and_then(|at| queue.remove(at)));
        if waited.is_some() {
            return self.stopped(execution);
        }
        if !abandon {
            return self.stands(execution, ExecutionState::Stopping);
        }
        // What its function still does is nobody's; whether its answer is taken is not documented, and a refusal is the unkinder way.
        self.pipeline.jobs.values_mut().filter(|job| job.execution == execution).for_each(|job| job.answered = true);
        let now = self.now;
        let own = self.pipeline.executions.get_mut(execution).and_then(|own| own.actions.last_mut());
        if let Some(own) = own.filter(|own| own.state == ExecutionState::InProgress) {
            own.state = ExecutionState::Abandoned;
            own.changed = now;
        }
        self.stopped(execution);
        self.leave(execution, stage);
    }

    /// A person lets the stage in which an execution failed do its action once more.
    pub(crate) fn stage_is_retried(&mut self, execution: usize) {
        self.stands(execution, ExecutionState::InProgress);
        self.queue_for_stage(execution);
    }

    fn is_stopping(&self, execution: usize) -> bool {
        self.pipeline.executions.get(execution).is_some_and(|own| own.state == ExecutionState::Stopping)
    }

    fn stopped(&mut self, execution: usize) {
        let Some(Place { region, id, .. }) = self.place(execution) else { return };
        let pipeline = self.config.fleet.pipeline.to_string();
        self.record(&region, What::ExecutionStopped { pipeline, execution: id });
        self.stands(execution, ExecutionState::Stopped);
    }

    fn stands(&mut self, execution: usize, state: ExecutionState) {
        if let Some(own) = self.pipeline.executions.get_mut(execution) {
            own.state = state;
            own.changed = self.now;
        }
    }

    /// How the action stands that an execution is in.
    fn action_stands(
        &mut self,
        execution: usize,
        state: ExecutionState,
        summary: Option<String>,
        failure: Option<(String, String)>,
    ) {
        let now = self.now;
        let own = self.pipeline.executions.get_mut(execution).and_then(|own| own.actions.last_mut());
        if let Some(own) = own {
            *own = ActionExecution { state, changed: now, summary, failure, ..*own };
        }
    }

    fn leave(&mut self, execution: usize, stage: usize) {
        if self.pipeline.executions.get(execution).is_some_and(|own| own.beside) {
            return;
        }
        if let Some(own) = self.pipeline.stage_mut(execution, stage) {
            own.occupied = false;
        }
        self.let_in(execution, stage);
    }

    /// An action asked to be called again.
    pub(crate) fn action_continues(&mut self, execution: usize, token: String, summary: Option<String>) {
        let Some(Place { region, id, action, stage: _ }) = self.place(execution) else { return };
        self.action_stands(execution, ExecutionState::InProgress, summary.clone(), None);
        self.record(&region, What::ActionContinued { execution: id, action, summary });
        let after = LiveFacts::or(self.config.live.pipeline_calls_seconds, self.config.timing.continuation);
        self.queue.push(self.later(after), Event::JobContinues { execution, token });
    }

    /// Nobody answered a job.
    pub(crate) fn job_times_out(&mut self, job: &str) {
        let Some(own) = self.pipeline.jobs.get_mut(job).filter(|own| !own.answered) else { return };
        own.answered = true;
        let execution = own.execution;
        let minutes = self.config.timing.job_timeout.as_mins();
        let message = format!("The Lambda function did not answer within {minutes} minutes.");
        self.action_fails(execution, "JobFailed", message);
    }
}
