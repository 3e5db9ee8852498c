//! `ListPipelines`, `GetPipelineExecution`, `ListPipelineExecutions`, `ListActionExecutions`: which pipelines there are, and how
//! executions and their actions stand. `StopPipelineExecution`, `RetryStageExecution`.

use crate::world::time::EpochSeconds;
use serde::{Deserialize, Serialize};

/// `ListPipelines`: those of the region, all at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListPipelines {}

/// What `ListPipelines` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPipelinesOutput {
    /// The region's one pipeline; empty where its stack has none.
    pub pipelines: Vec<PipelineSummary>,
}

/// A pipeline in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PipelineSummary {
    /// The name by which other operations ask for it.
    pub name: String,
    /// Counts changes, from 1.
    pub version: u32,
    /// `V1` or `V2`.
    pub pipeline_type: String,
    /// `QUEUED`, `SUPERSEDED` or `PARALLEL`.
    pub execution_mode: String,
    /// When it was made.
    pub created: EpochSeconds,
    /// When it was last changed.
    pub updated: EpochSeconds,
}

/// `GetPipelineExecution`: how one execution stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetPipelineExecution {
    /// Name of the region's pipeline; `PipelineNotFoundException` for any other.
    pub pipeline_name: String,
    /// UUID of the execution; `PipelineExecutionNotFoundException` where it never began.
    pub pipeline_execution_id: String,
}

/// What `GetPipelineExecution` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetPipelineExecutionOutput {
    /// The execution and its status.
    pub pipeline_execution: PipelineExecution,
}

/// One execution of a pipeline, as `GetPipelineExecution` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PipelineExecution {
    /// Name of the pipeline that it walks through.
    pub pipeline_name: String,
    /// Its version when the execution began.
    pub pipeline_version: u32,
    /// The UUID that `StartPipelineExecution` answered.
    pub pipeline_execution_id: String,
    /// `InProgress`, `Stopping`, `Stopped`, `Succeeded` or `Failed`; the world knows no other.
    pub status: String,
    /// The pipeline's variables, with what they come to.
    pub variables: Vec<ResolvedVariable>,
    /// `QUEUED`, `SUPERSEDED` or `PARALLEL`.
    pub execution_mode: String,
    /// What began it.
    pub trigger: Trigger,
}

/// A variable in one execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResolvedVariable {
    /// The variable's name, as the pipeline declares it.
    pub name: String,
    /// What it comes to.
    pub resolved_value: String,
}

/// What began an execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trigger {
    /// `StartPipelineExecution`: nothing else begins one here.
    pub trigger_type: String,
}

/// `ListPipelineExecutions`: all at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListPipelineExecutions {
    /// Name of the region's pipeline; `PipelineNotFoundException` for any other.
    pub pipeline_name: String,
    /// 1 to 100, which is how many there are where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_results: Option<usize>,
}

/// What `ListPipelineExecutions` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPipelineExecutionsOutput {
    /// The newest first.
    pub pipeline_execution_summaries: Vec<PipelineExecutionSummary>,
}

/// One execution in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PipelineExecutionSummary {
    /// The UUID that `StartPipelineExecution` answered.
    pub pipeline_execution_id: String,
    /// `InProgress`, `Stopping`, `Stopped`, `Succeeded` or `Failed`.
    pub status: String,
    /// When it began.
    pub start_time: EpochSeconds,
    /// When something of it changed last.
    pub last_update_time: EpochSeconds,
    /// What began it.
    pub trigger: Trigger,
    /// `QUEUED`, `SUPERSEDED` or `PARALLEL`.
    pub execution_mode: String,
}

/// `StopPipelineExecution`: a person ends an execution.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StopPipelineExecution {
    /// Name of the region's pipeline; `PipelineNotFoundException` for any other.
    pub pipeline_name: String,
    /// UUID of the execution; `PipelineExecutionNotStoppableException` where it is over.
    pub pipeline_execution_id: String,
    /// Whether it ends now, whatever its action does; otherwise its action ends first.
    pub abandon: bool,
    /// At most 200 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What `StopPipelineExecution` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StopPipelineExecutionOutput {
    /// The execution that stops.
    pub pipeline_execution_id: String,
}

/// `RetryStageExecution`: a person lets a stage that failed do its action once more, in the same execution.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RetryStageExecution {
    /// Name of the region's pipeline; `PipelineNotFoundException` for any other.
    pub pipeline_name: String,
    /// The stage's name; `StageNotFoundException` for one that there is not.
    pub stage_name: String,
    /// UUID of the execution that failed there; `NotLatestPipelineExecutionException` where another one has been there since.
    pub pipeline_execution_id: String,
    /// `FAILED_ACTIONS` or `ALL_ACTIONS`: the same where a stage has one action.
    pub retry_mode: String,
}

/// What `RetryStageExecution` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryStageExecutionOutput {
    /// The execution that goes on.
    pub pipeline_execution_id: String,
}

/// `ListActionExecutions`: all at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListActionExecutions {
    /// Name of the region's pipeline; `PipelineNotFoundException` for any other.
    pub pipeline_name: String,
    /// Those of one execution; of all where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<ActionExecutionFilter>,
}

/// Whose actions are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ActionExecutionFilter {
    /// The UUID that `StartPipelineExecution` answered; none are listed of one that never began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline_execution_id: Option<String>,
}

/// What `ListActionExecutions` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListActionExecutionsOutput {
    /// The newest first.
    pub action_execution_details: Vec<ActionExecutionDetail>,
}

/// One action in one execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionExecutionDetail {
    /// The execution's UUID.
    pub pipeline_execution_id: String,
    /// A UUID of its own.
    pub action_execution_id: String,
    /// The pipeline's version when the execution began.
    pub pipeline_version: u32,
    /// The stage's name.
    pub stage_name: String,
    /// The action's name.
    pub action_name: String,
    /// When it began.
    pub start_time: EpochSeconds,
    /// When something of it changed last.
    pub last_update_time: EpochSeconds,
    /// `InProgress`, `Succeeded` or `Failed`.
    pub status: String,
    /// What came of it.
    pub output: ActionExecutionOutput,
}

/// What came of an action.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionExecutionOutput {
    /// What its function said, or what failed.
    pub execution_result: ActionExecutionResult,
}

/// What an action's function said, or what failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionExecutionResult {
    /// The `summary` of the job's last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_execution_summary: Option<String>,
    /// Of one that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_details: Option<ErrorDetails>,
}

/// Why an action failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorDetails {
    /// One of [`FAILURE_TYPES`](super::FAILURE_TYPES), or CodePipeline's own, such as `PermissionError`.
    pub code: String,
    /// For people.
    pub message: String,
}
