//! `ListActionExecutions`: what the actions of executions did, and what their functions said of it.

use crate::services::codepipeline::declared::VERSION;
use crate::services::codepipeline::pipeline::{ActionExecution, Execution};
use crate::services::codepipeline::types::{
    ActionExecutionDetail, ActionExecutionOutput, ActionExecutionResult, ErrorDetails, ListActionExecutions,
    ListActionExecutionsOutput,
};
use crate::world::error::ApiError;
use crate::world::operation::Operation;
use crate::world::random::Random;
use crate::world::service::Service;
use crate::world::state::World;
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;

impl Operation for ListActionExecutions {
    const SERVICE: Service = Service::CodePipeline;
    const OPERATION: OperationName = OperationName::ListActionExecutions;
    type Output = ListActionExecutionsOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<ListActionExecutionsOutput, ApiError> {
        let declared = world.pipeline_named(region, &self.pipeline_name)?;
        let asked = self.filter.and_then(|filter| filter.pipeline_execution_id);
        let executions = world.pipeline.executions_in(region).rev();
        let executions = executions.filter(|own| asked.as_ref().is_none_or(|id| own.id == *id));
        // A stage and its one action have one name.
        let name = |stage: usize| declared.stages.get(stage).map(|own| own.name.clone()).unwrap_or_default();
        let newest = executions.flat_map(|own| own.actions.iter().rev().map(move |action| (own, action)));
        let details = newest.map(|(own, action)| detail(world, own, action, name(action.stage))).collect();
        Ok(ListActionExecutionsOutput { action_execution_details: details })
    }
}

fn detail(world: &World, own: &Execution, action: &ActionExecution, name: String) -> ActionExecutionDetail {
    let id = Random::labelled(world.config.seed, ["action", own.id.as_str(), name.as_str()]).uuid();
    let error = action.failure.clone().map(|(code, message)| ErrorDetails { code, message });
    let external_execution_summary = action.summary.clone();
    ActionExecutionDetail {
        pipeline_execution_id: own.id.clone(),
        action_execution_id: id,
        pipeline_version: VERSION,
        stage_name: name.clone(),
        action_name: name,
        start_time: action.began.into(),
        last_update_time: action.changed.into(),
        status: action.state.as_str().to_owned(),
        output: ActionExecutionOutput {
            execution_result: ActionExecutionResult { external_execution_summary, error_details: error },
        },
    }
}
