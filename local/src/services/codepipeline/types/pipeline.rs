//! `GetPipeline`: how a pipeline is declared.

use crate::world::time::EpochSeconds;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `GetPipeline`: the pipeline as the template declares it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetPipeline {
    /// Name of the region's pipeline; `PipelineNotFoundException` for any other.
    pub name: String,
    /// The current version where absent; there is but the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
}

/// What `GetPipeline` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetPipelineOutput {
    /// How it is declared.
    pub pipeline: PipelineDeclaration,
    /// What CodePipeline knows of it besides.
    pub metadata: PipelineMetadata,
}

/// How a pipeline is declared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PipelineDeclaration {
    /// The name by which operations ask for it.
    pub name: String,
    /// The role that it works with.
    pub role_arn: String,
    /// Where its artifacts lie.
    pub artifact_store: ArtifactStore,
    /// In the order in which an execution walks through them.
    pub stages: Vec<StageDeclaration>,
    /// Counts changes, from 1.
    pub version: u32,
    /// `QUEUED`, `SUPERSEDED` or `PARALLEL`.
    pub execution_mode: String,
    /// `V1` or `V2`.
    pub pipeline_type: String,
    /// Its variables, of a V2.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<PipelineVariableDeclaration>,
}

/// Where a pipeline's artifacts lie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactStore {
    /// `S3`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Name of the bucket that they lie in.
    pub location: String,
    /// The key that they are encrypted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption_key: Option<EncryptionKey>,
}

/// The key of a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncryptionKey {
    /// Its id or ARN.
    pub id: String,
    /// `KMS`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A stage as the template declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StageDeclaration {
    /// The stage's name, which is its action's too.
    pub name: String,
    /// One here: the template gives no stage a second action.
    pub actions: Vec<ActionDeclaration>,
    /// What happens by itself where it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<FailureConditions>,
}

/// What happens by itself where a stage fails.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FailureConditions {
    /// `ROLLBACK`, `FAIL`, `RETRY` or `SKIP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// How a stage that failed is retried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_configuration: Option<RetryConfiguration>,
}

/// What is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryConfiguration {
    /// `FAILED_ACTIONS` or `ALL_ACTIONS`.
    pub retry_mode: String,
}

/// An action as the template declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionDeclaration {
    /// The action's name, which is its stage's too.
    pub name: String,
    /// The provider and type that does the action.
    pub action_type_id: ActionTypeId,
    /// Its place in the stage, from 1.
    pub run_order: u32,
    /// The action's settings by name, each value as text.
    pub configuration: BTreeMap<String, String>,
    /// What it makes.
    pub output_artifacts: Vec<Artifact>,
    /// What it is handed.
    pub input_artifacts: Vec<Artifact>,
}

/// What does an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionTypeId {
    /// `Source`, `Invoke`, ...
    pub category: String,
    /// `AWS`, `ThirdParty` or `Custom`.
    pub owner: String,
    /// `S3`, `Lambda`, ...
    pub provider: String,
    /// The provider's version.
    pub version: String,
}

/// An artifact, by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// The name by which one action makes it and another takes it.
    pub name: String,
}

/// A variable that an execution may give a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PipelineVariableDeclaration {
    /// The variable's name: `NAME` of `#{variables.NAME}`.
    pub name: String,
    /// Its value where an execution gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What CodePipeline knows of a pipeline besides its declaration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PipelineMetadata {
    /// `arn:aws:codepipeline:REGION:ACCOUNT:NAME`.
    pub pipeline_arn: String,
    /// When it was made.
    pub created: EpochSeconds,
    /// When it was last changed.
    pub updated: EpochSeconds,
}
