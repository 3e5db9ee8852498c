//! CodePipeline: how a pipeline is declared, starting an execution, how executions stand, and answering its Lambda jobs.

pub use execution::*;
pub use pipeline::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod execution;
mod pipeline;

/// `StartPipelineExecution`. Idempotent on its client token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StartPipelineExecution {
    /// Name of the region's pipeline; `PipelineNotFoundException` for any other.
    pub name: String,
    /// Values of the pipeline's variables, read by actions as `#{variables.name}`.
    pub variables: Vec<PipelineVariable>,
    /// 1 to 128 characters of `[a-zA-Z0-9-]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_request_token: Option<String>,
    /// Binds source actions to revisions.
    pub source_revisions: Vec<SourceRevisionOverride>,
}

/// A variable's value for one execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PipelineVariable {
    /// The variable's name.
    pub name: String,
    /// Its value, 1 to 1000 characters.
    pub value: String,
}

/// The revision that one execution takes its source from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceRevisionOverride {
    /// The source action.
    pub action_name: String,
    /// `S3_OBJECT_VERSION_ID`, `S3_OBJECT_KEY`, `COMMIT_ID` or `IMAGE_DIGEST`.
    pub revision_type: String,
    /// The revision itself.
    pub revision_value: String,
}

/// What `StartPipelineExecution` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartPipelineExecutionOutput {
    /// UUID of the execution; of the earlier one where its client token is repeated.
    pub pipeline_execution_id: String,
}

/// `PutJobSuccessResult`: with a continuation token it means "call me again", without one the action is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PutJobSuccessResult {
    /// The job's id, from its event.
    pub job_id: String,
    /// 1 to 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continuation_token: Option<String>,
    /// What the console shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_details: Option<ExecutionDetails>,
    /// Only without a continuation token.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub output_variables: BTreeMap<String, String>,
}

/// What the console shows of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExecutionDetails {
    /// At most 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// At most 1500 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_execution_id: Option<String>,
    /// 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent_complete: Option<u32>,
}

/// What `PutJobSuccessResult` answers: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutJobSuccessResultOutput {}

/// `PutJobFailureResult`: the action, and with it the execution, has failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PutJobFailureResult {
    /// The job's id, from its event.
    pub job_id: String,
    /// What kind of failure it is, with a message for people.
    pub failure_details: FailureDetails,
}

/// Why a job failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailureDetails {
    /// One of [`FAILURE_TYPES`].
    #[serde(rename = "type")]
    pub failure_type: String,
    /// At most 5000 characters.
    pub message: String,
    /// At most 1500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_execution_id: Option<String>,
}

/// What a job's failure can be called.
pub const FAILURE_TYPES: [&str; 6] = [
    "JobFailed",
    "ConfigurationError",
    "PermissionError",
    "RevisionOutOfSync",
    "RevisionUnavailable",
    "SystemUnavailable",
];

/// What `PutJobFailureResult` answers: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutJobFailureResultOutput {}
