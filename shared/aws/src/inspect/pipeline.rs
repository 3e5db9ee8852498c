//! What one execution of home's pipeline did.

use crate::AwsPorts;
use crate::errors::{AwsOperation, Failed};
use aws_sdk_codepipeline::types::{ActionExecutionDetail, ActionExecutionFilter};
use meridian_domain::Actor;
use meridian_handlers::ports::{Answer, OperationName};

/// An action of an execution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PipelineAction {
    /// The action's name in the pipeline.
    pub name: String,
    /// CodePipeline's word for how it stands, such as `Succeeded`.
    pub status: String,
    /// What its function said last.
    pub summary: Option<String>,
    /// What was said where it failed.
    pub failure: Option<String>,
}

impl AwsPorts {
    /// The actions of an execution, the first one first.
    ///
    /// # Errors
    /// CodePipeline did not say.
    pub async fn inspect_execution(&self, execution: &Actor) -> Answer<Vec<PipelineAction>> {
        let home = &self.fleet.home;
        let call = AwsOperation::new(home, OperationName::ListActionExecutions);
        let filter = ActionExecutionFilter::builder().pipeline_execution_id(execution.as_str()).build();
        let client = self.clients.codepipeline(home).await;
        let mut pages = client
            .list_action_executions()
            .pipeline_name(self.fleet.pipeline.as_str())
            .filter(filter)
            .into_paginator()
            .items()
            .send();
        let mut actions = Vec::new();
        while let Some(own) = pages.next().await {
            actions.push(action(own.map_err(|error| call.failed(error))?));
        }
        // AWS says the newest first.
        actions.reverse();
        Ok(actions)
    }
}

fn action(own: ActionExecutionDetail) -> PipelineAction {
    let result = own.output.and_then(|output| output.execution_result);
    let (summary, failure) = result.map(|own| (own.external_execution_summary, own.error_details)).unwrap_or_default();
    PipelineAction {
        name: own.action_name.unwrap_or_default(),
        status: own.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        summary,
        failure: failure.and_then(|own| own.message),
    }
}
