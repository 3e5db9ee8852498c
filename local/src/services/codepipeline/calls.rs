//! `StartPipelineExecution`, `StopPipelineExecution`, `RetryStageExecution`, `PutJobSuccessResult`, `PutJobFailureResult`.

use crate::services::codepipeline::pipeline::{Execution, ExecutionState, Job};
use crate::services::codepipeline::types::{
    FAILURE_TYPES, PutJobFailureResult, PutJobFailureResultOutput, PutJobSuccessResult, PutJobSuccessResultOutput,
    RetryStageExecution, RetryStageExecutionOutput, StartPipelineExecution, StartPipelineExecutionOutput,
    StopPipelineExecution, StopPipelineExecutionOutput,
};
use crate::world::error::ApiError;
use crate::world::operation::Operation;
use crate::world::random::Random;
use crate::world::service::Service;
use crate::world::state::World;
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;
use std::ops::RangeInclusive;

/// What of a stage is done once more.
const RETRY_MODES: [&str; 2] = ["FAILED_ACTIONS", "ALL_ACTIONS"];

/// Holds a text's length in characters against its bounds.
fn check(member: &str, text: Option<&str>, bounds: RangeInclusive<usize>) -> Result<(), ApiError> {
    match text.map(|text| text.chars().count()) {
        Some(length) if !bounds.contains(&length) => Err(ApiError::validation(format!(
            "{member} must have {} to {} characters, but has {length}",
            bounds.start(),
            bounds.end()
        ))),
        _ => Ok(()),
    }
}

impl Operation for StartPipelineExecution {
    const SERVICE: Service = Service::CodePipeline;
    const OPERATION: OperationName = OperationName::StartPipelineExecution;
    type Output = StartPipelineExecutionOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<StartPipelineExecutionOutput, ApiError> {
        let pipeline = world.pipeline_named(region, &self.name)?;
        let declared = |name: &String| pipeline.variables.iter().any(|own| own.name == *name);
        let unknown = self.variables.iter().find(|variable| !declared(&variable.name));
        if let Some(unknown) = unknown {
            let message =
                format!("The pipeline has no variable {}.", unknown.name.chars().take(128).collect::<String>());
            return Err(ApiError::validation(message));
        }
        check("clientRequestToken", self.client_request_token.as_deref(), 1..=128)?;
        for variable in &self.variables {
            check("variable name", Some(&variable.name), 1..=128)?;
            check("variable value", Some(&variable.value), 1..=1000)?;
        }
        let repeated = |own: &&Execution| own.token.is_some() && own.token == self.client_request_token;
        if let Some(execution) = world.pipeline.executions_in(region).find(repeated) {
            return Ok(StartPipelineExecutionOutput { pipeline_execution_id: execution.id.clone() });
        }
        let number = world.pipeline.executions.len().to_string();
        let id = Random::labelled(world.config.seed, ["execution", &number]).uuid();
        let defaults = pipeline.variables.iter().filter_map(|own| Some((own.name.clone(), own.default.clone()?)));
        let given = self.variables.into_iter().map(|variable| (variable.name, variable.value));
        let variables = defaults.chain(given).collect();
        let revision = self.source_revisions.into_iter().next().map(|own| own.revision_value).unwrap_or_default();
        let own = Execution::new(id.clone(), region.clone(), self.client_request_token, variables, revision, world.now);
        world.execution_begins(own);
        Ok(StartPipelineExecutionOutput { pipeline_execution_id: id })
    }
}

impl Operation for StopPipelineExecution {
    const SERVICE: Service = Service::CodePipeline;
    const OPERATION: OperationName = OperationName::StopPipelineExecution;
    type Output = StopPipelineExecutionOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<StopPipelineExecutionOutput, ApiError> {
        world.pipeline_named(region, &self.pipeline_name)?;
        check("reason", self.reason.as_deref(), 0..=200)?;
        let is_own = |own: &Execution| own.id == self.pipeline_execution_id && own.region == *region;
        let own = world.pipeline.executions.iter().position(is_own);
        let refused = |code: &str, why: &str| Err(ApiError::new(code, 400, why));
        let state = own.and_then(|own| world.pipeline.executions.get(own)).map(|own| own.state);
        match own.zip(state) {
            Some((own, ExecutionState::InProgress)) => world.stop_execution(own, self.abandon),
            Some((own, ExecutionState::Stopping)) if self.abandon => world.stop_execution(own, true),
            Some((_, ExecutionState::Stopping)) => {
                return refused("DuplicatedStopRequestException", "The pipeline execution is already stopping.");
            }
            _ => return refused("PipelineExecutionNotStoppableException", "The pipeline execution has ended."),
        }
        Ok(StopPipelineExecutionOutput { pipeline_execution_id: self.pipeline_execution_id })
    }
}

impl Operation for RetryStageExecution {
    const SERVICE: Service = Service::CodePipeline;
    const OPERATION: OperationName = OperationName::RetryStageExecution;
    type Output = RetryStageExecutionOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<RetryStageExecutionOutput, ApiError> {
        world.pipeline_named(region, &self.pipeline_name)?;
        let refused = |code: &str, why: &str| Err(ApiError::new(code, 400, why));
        if !RETRY_MODES.contains(&self.retry_mode.as_str()) {
            return Err(ApiError::validation(format!("retryMode must be one of {}", RETRY_MODES.join(", "))));
        }
        let pipeline = &world.pipeline;
        let stages = pipeline.stages.get(region);
        let Some(stage) = stages.and_then(|own| own.iter().position(|own| own.name == self.stage_name)) else {
            return refused("StageNotFoundException", "The pipeline has no such stage.");
        };
        // Whoever entered it last: what failed there before is out of date.
        let been = |own: &Execution| own.actions.iter().filter(|own| own.stage == stage).map(|own| own.began).max();
        let here = pipeline.executions.iter().enumerate().filter(|(_, own)| own.region == *region);
        let latest = here.max_by_key(|(_, own)| been(own));
        match latest.filter(|(_, own)| been(own).is_some()) {
            Some((_, own)) if own.id != self.pipeline_execution_id => {
                refused("NotLatestPipelineExecutionException", "Another execution has been in the stage since.")
            }
            Some((own, execution)) if execution.state == ExecutionState::Failed && execution.stage == stage => {
                world.stage_is_retried(own);
                Ok(RetryStageExecutionOutput { pipeline_execution_id: self.pipeline_execution_id })
            }
            _ => refused("StageNotRetryableException", "The stage has no failed action."),
        }
    }
}

impl Operation for PutJobSuccessResult {
    const SERVICE: Service = Service::CodePipeline;
    const OPERATION: OperationName = OperationName::PutJobSuccessResult;
    type Output = PutJobSuccessResultOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<PutJobSuccessResultOutput, ApiError> {
        let details = self.execution_details.unwrap_or_default();
        check("continuationToken", self.continuation_token.as_deref(), 1..=2048)?;
        check("summary", details.summary.as_deref(), 0..=2048)?;
        check("externalExecutionId", details.external_execution_id.as_deref(), 1..=1500)?;
        if self.continuation_token.is_some() && !self.output_variables.is_empty() {
            return Err(ApiError::validation("outputVariables cannot go with a continuationToken"));
        }
        let execution = world.answer_job(region, &self.job_id)?;
        match self.continuation_token {
            Some(token) => world.action_continues(execution, token, details.summary),
            None => world.action_succeeds(execution, details.summary),
        }
        Ok(PutJobSuccessResultOutput {})
    }
}

impl Operation for PutJobFailureResult {
    const SERVICE: Service = Service::CodePipeline;
    const OPERATION: OperationName = OperationName::PutJobFailureResult;
    type Output = PutJobFailureResultOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<PutJobFailureResultOutput, ApiError> {
        let details = self.failure_details;
        if !FAILURE_TYPES.contains(&details.failure_type.as_str()) {
            return Err(ApiError::validation(format!(
                "failureDetails.type must be one of {}",
                FAILURE_TYPES.join(", ")
            )));
        }
        check("message", Some(&details.message), 0..=5000)?;
        check("externalExecutionId", details.external_execution_id.as_deref(), 1..=1500)?;
        let execution = world.answer_job(region, &self.job_id)?;
        world.action_fails(execution, &details.failure_type, details.message);
        Ok(PutJobFailureResultOutput {})
    }
}

impl World {
    /// Takes a job's one answer, and returns its execution.
    fn answer_job(&mut self, region: &RegionName, job: &str) -> Result<usize, ApiError> {
        let executions = &self.pipeline.executions;
        let is_here = |job: &&mut Job| executions.get(job.execution).is_some_and(|own| own.region == *region);
        let known = self.pipeline.jobs.get_mut(job).filter(is_here);
        let job = known.ok_or_else(|| ApiError::new("JobNotFoundException", 400, "The job could not be found."))?;
        if job.answered {
            return Err(ApiError::new("InvalidJobStateException", 400, "The job is not in progress any more."));
        }
        job.answered = true;
        Ok(job.execution)
    }
}
