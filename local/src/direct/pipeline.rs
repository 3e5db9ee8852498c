//! Executions to start, jobs to answer, and the people on call.

use super::DirectPorts;
use super::errors::{attributes, cut, fitting};
use crate::services::codepipeline::{
    ExecutionDetails, FailureDetails, GetPipelineExecution, ListPipelineExecutions, PipelineVariable,
    PutJobFailureResult, PutJobSuccessResult, SourceRevisionOverride, StartPipelineExecution,
};
use crate::services::sns::Publish;
use meridian_domain::reason::ExecutionEnd;
use meridian_domain::{Actor, RegionName, ResourceName};
use meridian_handlers::ports::{
    ADVICE, Answer, ExecutionView, FailureKind, LATEST_EXECUTIONS, ListedExecution, Page, Pager, Pipeline, StartSpec,
};

/// Longest message of a failed job.
const LONGEST_MESSAGE: usize = 5000;
/// Longest execution summary.
const LONGEST_SUMMARY: usize = 2048;

impl Pipeline for DirectPorts {
    async fn start(&self, region: &RegionName, start: &StartSpec) -> Answer<String> {
        let (action, version) = &start.source;
        let variables = start.variables.iter();
        let request = StartPipelineExecution {
            name: start.pipeline.to_string(),
            variables: variables
                .map(|(name, value)| PipelineVariable { name: name.clone(), value: value.clone() })
                .collect(),
            client_request_token: Some(start.token.clone()),
            source_revisions: vec![SourceRevisionOverride {
                action_name: action.clone(),
                revision_type: "S3_OBJECT_VERSION_ID".to_owned(),
                revision_value: version.0.clone(),
            }],
        };
        Ok(self.call(region, request).await?.pipeline_execution_id)
    }

    async fn execution(
        &self,
        region: &RegionName,
        pipeline: &ResourceName,
        execution: &Actor,
    ) -> Answer<ExecutionView> {
        let (pipeline_name, pipeline_execution_id) = (pipeline.to_string(), execution.to_string());
        let answer = self.call(region, GetPipelineExecution { pipeline_name, pipeline_execution_id }).await?;
        let own = answer.pipeline_execution;
        let variables = own.variables.into_iter().map(|variable| (variable.name, variable.resolved_value));
        Ok(ExecutionView { ended: ended(&own.status), variables: variables.collect() })
    }

    async fn executions(&self, region: &RegionName, pipeline: &ResourceName) -> Answer<Vec<ListedExecution>> {
        let most = usize::from(LATEST_EXECUTIONS);
        let request = ListPipelineExecutions { pipeline_name: pipeline.to_string(), max_results: Some(most) };
        let answer = self.call(region, request).await?;
        let listed = answer.pipeline_execution_summaries.into_iter().filter_map(|own| {
            let id = own.pipeline_execution_id.parse().ok()?;
            Some(ListedExecution { id, ended: ended(&own.status), changed: own.last_update_time.timestamp() })
        });
        Ok(listed.collect())
    }

    async fn succeed(&self, region: &RegionName, job: &str, continuation: Option<&str>, summary: &str) -> Answer<()> {
        let details = ExecutionDetails { summary: Some(cut(summary, LONGEST_SUMMARY)), ..ExecutionDetails::default() };
        let request = PutJobSuccessResult {
            job_id: job.to_owned(),
            continuation_token: continuation.map(str::to_owned),
            execution_details: Some(details),
            ..PutJobSuccessResult::default()
        };
        self.call(region, request).await?;
        Ok(())
    }

    async fn fail(&self, region: &RegionName, job: &str, kind: FailureKind, message: &str) -> Answer<()> {
        let failure_type = match kind {
            FailureKind::JobFailed => "JobFailed",
            FailureKind::Configuration => "ConfigurationError",
            FailureKind::SystemUnavailable => "SystemUnavailable",
        };
        let failure_details = FailureDetails {
            failure_type: failure_type.to_owned(),
            message: cut(message, LONGEST_MESSAGE),
            external_execution_id: None,
        };
        self.call(region, PutJobFailureResult { job_id: job.to_owned(), failure_details }).await?;
        Ok(())
    }
}

fn ended(status: &str) -> Option<ExecutionEnd> {
    match status {
        "Succeeded" => Some(ExecutionEnd::Succeeded),
        "Failed" => Some(ExecutionEnd::Failed),
        "Stopped" => Some(ExecutionEnd::Stopped),
        "Superseded" => Some(ExecutionEnd::Superseded),
        "Cancelled" => Some(ExecutionEnd::Cancelled),
        _ => None,
    }
}

impl Pager for DirectPorts {
    async fn page(&self, region: &RegionName, page: &Page) -> Answer<()> {
        self.call(region, self.note(region, page, None)).await?;
        Ok(())
    }

    async fn advise(&self, region: &RegionName, page: &Page) -> Answer<()> {
        self.call(region, self.note(region, page, Some(ADVICE))).await?;
        Ok(())
    }
}

impl DirectPorts {
    fn note(&self, region: &RegionName, page: &Page, urgency: Option<&str>) -> Publish {
        let (subject, message) = fitting(page);
        let (topic_arn, attributes) = (self.fleet.topic_arn(region), attributes(page, urgency));
        Publish { topic_arn, subject: Some(subject), message, attributes }
    }
}
