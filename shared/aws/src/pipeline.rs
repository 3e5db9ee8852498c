//! CodePipeline: executions to start, jobs to answer.

use crate::AwsPorts;
use crate::errors::{AwsOperation, Failed, cut};
use aws_sdk_codepipeline::types::{
    ExecutionDetails, FailureDetails, FailureType, PipelineExecutionStatus, PipelineVariable, SourceRevisionOverride,
    SourceRevisionType,
};
use meridian_domain::reason::ExecutionEnd;
use meridian_domain::{Actor, RegionName, ResourceName};
use meridian_handlers::ports::{Answer, AnswerPart, FailureDetail, FailureKind, OperationName, Pipeline, StartSpec};

/// Longest message of a failed job.
const LONGEST_MESSAGE: usize = 5000;
/// Longest execution summary.
const LONGEST_SUMMARY: usize = 2048;

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

    async fn ended(
        &self,
        region: &RegionName,
        pipeline: &ResourceName,
        execution: &Actor,
    ) -> Answer<Option<ExecutionEnd>> {
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
        let status = answer.pipeline_execution.and_then(|own| own.status);
        match status.ok_or_else(|| call.refused(FailureDetail::Lacks(AnswerPart::Execution)))? {
            PipelineExecutionStatus::Succeeded => Ok(Some(ExecutionEnd::Succeeded)),
            PipelineExecutionStatus::Failed => Ok(Some(ExecutionEnd::Failed)),
            PipelineExecutionStatus::Stopped => Ok(Some(ExecutionEnd::Stopped)),
            PipelineExecutionStatus::Superseded => Ok(Some(ExecutionEnd::Superseded)),
            PipelineExecutionStatus::Cancelled => Ok(Some(ExecutionEnd::Cancelled)),
            // In progress, stopping, or a word of which nothing is known: it is not over.
            _ => Ok(None),
        }
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
