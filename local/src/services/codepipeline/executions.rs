//! `ListPipelines`, `GetPipelineExecution`, `ListPipelineExecutions`: for whoever looks, home's sweep among them.

use crate::services::codepipeline::declared::VERSION;
use crate::services::codepipeline::pipeline::{Execution, ExecutionState};
use crate::services::codepipeline::types::{
    GetPipelineExecution, GetPipelineExecutionOutput, ListPipelineExecutions, ListPipelineExecutionsOutput,
    ListPipelines, ListPipelinesOutput, PipelineExecution, PipelineExecutionSummary, PipelineSummary, ResolvedVariable,
    Trigger,
};
use crate::world::error::ApiError;
use crate::world::operation::Operation;
use crate::world::service::Service;
use crate::world::state::World;
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;

impl ExecutionState {
    /// AWS's word for it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            ExecutionState::InProgress => "InProgress",
            ExecutionState::Stopping => "Stopping",
            ExecutionState::Stopped => "Stopped",
            ExecutionState::Abandoned => "Abandoned",
            ExecutionState::Succeeded => "Succeeded",
            ExecutionState::Failed => "Failed",
        }
    }
}

fn trigger() -> Trigger {
    Trigger { trigger_type: "StartPipelineExecution".to_owned() }
}

/// Every variable that the pipeline declares, with what the execution gives it or its default.
fn resolved(own: &Execution, declared: &meridian_deployment::Pipeline) -> Vec<ResolvedVariable> {
    let value = |variable: &meridian_deployment::Variable| {
        let given = own.variables.get(&variable.name).or(variable.default.as_ref())?;
        Some(ResolvedVariable { name: variable.name.clone(), resolved_value: given.clone() })
    };
    declared.variables.iter().filter_map(value).collect()
}

impl Operation for ListPipelines {
    const SERVICE: Service = Service::CodePipeline;
    const OPERATION: OperationName = OperationName::ListPipelines;
    type Output = ListPipelinesOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<ListPipelinesOutput, ApiError> {
        let made = world.config.start.into();
        let summary = |own: &meridian_deployment::Pipeline| PipelineSummary {
            name: own.name.clone(),
            version: VERSION,
            pipeline_type: own.kind.clone(),
            execution_mode: own.mode.clone(),
            created: made,
            updated: made,
        };
        // A stack has one at most.
        let own = world.stack(region).and_then(|stack| stack.pipeline.as_ref());
        Ok(ListPipelinesOutput { pipelines: own.map(summary).into_iter().collect() })
    }
}

impl Operation for GetPipelineExecution {
    const SERVICE: Service = Service::CodePipeline;
    const OPERATION: OperationName = OperationName::GetPipelineExecution;
    type Output = GetPipelineExecutionOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<GetPipelineExecutionOutput, ApiError> {
        let declared = world.pipeline_named(region, &self.pipeline_name)?;
        let own = world.pipeline.executions_in(region).find(|own| own.id == self.pipeline_execution_id);
        let own = own.ok_or_else(|| {
            let shown: String = self.pipeline_execution_id.chars().take(100).collect();
            let message = format!("{} has no execution {shown}", declared.name);
            ApiError::new("PipelineExecutionNotFoundException", 400, message)
        })?;
        let pipeline_execution = PipelineExecution {
            pipeline_name: declared.name.clone(),
            pipeline_version: VERSION,
            pipeline_execution_id: own.id.clone(),
            status: own.state.as_str().to_owned(),
            variables: resolved(own, declared),
            execution_mode: declared.mode.clone(),
            trigger: trigger(),
        };
        Ok(GetPipelineExecutionOutput { pipeline_execution })
    }
}

impl Operation for ListPipelineExecutions {
    const SERVICE: Service = Service::CodePipeline;
    const OPERATION: OperationName = OperationName::ListPipelineExecutions;
    type Output = ListPipelineExecutionsOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<ListPipelineExecutionsOutput, ApiError> {
        let declared = world.pipeline_named(region, &self.pipeline_name)?;
        let most = self.max_results.unwrap_or(100);
        if !(1..=100).contains(&most) {
            return Err(ApiError::validation("maxResults is 1 to 100"));
        }
        let summary = |own: &Execution| PipelineExecutionSummary {
            pipeline_execution_id: own.id.clone(),
            status: own.state.as_str().to_owned(),
            start_time: own.began.into(),
            last_update_time: own.changed.into(),
            trigger: trigger(),
            execution_mode: declared.mode.clone(),
        };
        let newest = world.pipeline.executions_in(region).rev().take(most);
        Ok(ListPipelineExecutionsOutput { pipeline_execution_summaries: newest.map(summary).collect() })
    }
}
