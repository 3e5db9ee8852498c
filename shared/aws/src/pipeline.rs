//! CodePipeline: executions to start, jobs to answer.

use crate::AwsPorts;
use crate::errors::{AwsOperation, Failed, cut};
use crate::time;
use aws_sdk_codepipeline::types::{
    ExecutionDetails, FailureDetails, FailureType, PipelineExecutionStatus, PipelineVariable, SourceRevisionOverride,
    SourceRevisionType,
};
use meridian_domain::reason::ExecutionEnd;
use meridian_domain::{Actor, RegionName, ResourceName};
use meridian_handlers::ports::{
    Answer, AnswerPart, ExecutionView, FailureDetail, FailureKind, LATEST_EXECUTIONS, ListedExecution, OperationName,
    Pipeline, StartSpec,
};

/// Longest message of a failed job.
const LONGEST_MESSAGE: usize = 5000;
/// Longest execution summary.
const LONGEST_SUMMARY: usize = 2048;

/// How an execution in this state ended; `None` while it is in progress or stopping, or where the word is not known.
fn ended(status: &PipelineExecutionStatus) -> Option<ExecutionEnd> {
    match status {
        PipelineExecutionStatus::Succeeded => Some(ExecutionEnd::Succeeded),
        PipelineExecutionStatus::Failed => Some(ExecutionEnd::Failed),
        PipelineExecutionStatus::Stopped => Some(ExecutionEnd::Stopped),
        PipelineExecutionStatus::Superseded => Some(ExecutionEnd::Superseded),
        PipelineExecutionStatus::Cancelled => Some(ExecutionEnd::Cancelled),
        _ => None,
    }
}

impl Pipeline for AwsPorts {
    async fn start(&self, region: &RegionName, start: &StartSpec) -> Answer<String> {
        let call = AwsOperation::new(region, OperationName::StartPipelineExecution);
        let variables = start.variables.iter().map(|(name, value)| {
            PipelineVariable::builder().name(name).value(value).build().map_err(|error| call.unbuilt(&error))
        });
        let (action, version) = &start.source;
        let source = SourceRevisionOverride::builder()
            .action_name(action)
            .revision_type(SourceRevisionType::S3ObjectVersionId)
            .revision_value(&version.0)
            .build()
            .map_err(|error| call.unbuilt(&error))?;
        let answer = self
            .clients
            .codepipeline(region)
            .await
            .start_pipeline_execution()
            .name(start.pipeline.as_str())
            .client_request_token(&start.token)
            .set_variables(Some(variables.collect::<Answer<Vec<_>>>()?))
            .source_revisions(source)
            .send()
            .await
            .map_err(|error| call.failed(error))?;
        answer.pipeline_execution_id.ok_or_else(|| call.refused(FailureDetail::Lacks(AnswerPart::Execution)))
    }

    async fn execution(
        &self,
        region: &RegionName,
        pipeline: &ResourceName,
        execution: &Actor,
    ) -> Answer<ExecutionView> {
        let call = AwsOperation::new(region, OperationName::GetPipelineExecution);
        let answer = self
            .clients
            .codepipeline(region)
            .await
            .get_pipeline_execution()
            .pipeline_name(pipeline.as_str())
            .pipeline_execution_id(execution.as_str())
            .send()
            .await
            .map_err(|error| call.failed(error))?;
        let own = answer.pipeline_execution.ok_or_else(|| call.refused(FailureDetail::Lacks(AnswerPart::Execution)))?;
        let status = own.status.ok_or_else(|| call.refused(FailureDetail::Lacks(AnswerPart::Execution)))?;
        let variables = own.variables.unwrap_or_default().into_iter();
        let variables = variables.filter_map(|variable| Some((variable.name?, variable.resolved_value?))).collect();
        Ok(ExecutionView { ended: ended(&status), variables })
    }

    async fn executions(&self, region: &RegionName, pipeline: &ResourceName) -> Answer<Vec<ListedExecution>> {
        let call = AwsOperation::new(region, OperationName::ListPipelineExecutions);
        let answer = self
            .clients
            .codepipeline(region)
            .await
            .list_pipeline_executions()
            .pipeline_name(pipeline.as_str())
            .max_results(LATEST_EXECUTIONS.into())
            .send()
            .await
            .map_err(|error| call.failed(error))?;
        // What lacks its id or its state says nothing of itself.
        let listed = answer.pipeline_execution_summaries.unwrap_or_default().into_iter().filter_map(|own| {
            let id = own.pipeline_execution_id?.parse().ok()?;
            Some(ListedExecution { id, ended: ended(&own.status?), changed: time::from_sdk(&own.last_update_time?)? })
        });
        Ok(listed.collect())
    }

    async fn succeed(&self, region: &RegionName, job: &str, continuation: Option<&str>, summary: &str) -> Answer<()> {
        let details = ExecutionDetails::builder().summary(cut(summary, LONGEST_SUMMARY)).build();
        self.clients
            .codepipeline(region)
            .await
            .put_job_success_result()
            .job_id(job)
            .set_continuation_token(continuation.map(str::to_owned))
            .execution_details(details)
            .send()
            .await
            .map_err(|error| AwsOperation::new(region, OperationName::PutJobSuccessResult).failed(error))?;
        Ok(())
    }

    async fn fail(&self, region: &RegionName, job: &str, kind: FailureKind, message: &str) -> Answer<()> {
        let call = AwsOperation::new(region, OperationName::PutJobFailureResult);
        let kind = match kind {
            FailureKind::JobFailed => FailureType::JobFailed,
            FailureKind::Configuration => FailureType::ConfigurationError,
            FailureKind::SystemUnavailable => FailureType::SystemUnavailable,
        };
        let details = FailureDetails::builder()
            .r#type(kind)
            .message(cut(message, LONGEST_MESSAGE))
            .build()
            .map_err(|error| call.unbuilt(&error))?;
        self.clients
            .codepipeline(region)
            .await
            .put_job_failure_result()
            .job_id(job)
            .failure_details(details)
            .send()
            .await
            .map_err(|error| call.failed(error))?;
        Ok(())
    }
}
