//! The pipeline, with its stages and their actions.

use std::collections::BTreeMap;

/// Home's pipeline, as the template declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// `Name` of the template.
    pub name: String,
    /// `V1` or `V2`.
    pub kind: String,
    /// `QUEUED`, `SUPERSEDED` or `PARALLEL`.
    pub mode: String,
    /// The role that it works with.
    pub role: String,
    /// The bucket of its artifacts.
    pub artifacts: String,
    /// What kind of store that is: `S3`.
    pub store: String,
    /// The artifacts' key: its id or ARN, and its type, `KMS`.
    pub artifact_key: Option<(String, String)>,
    /// What an execution may give values to.
    pub variables: Vec<Variable>,
    /// In the order in which an execution walks through them.
    pub stages: Vec<PipelineStage>,
}

/// A variable that an execution is started with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The variable's name: `NAME` of `#{variables.NAME}`.
    pub name: String,
    /// Its value where an execution gives none.
    pub default: Option<String>,
    /// `Description` of the template.
    pub description: Option<String>,
}

/// A stage with its one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelineStage {
    /// The stage's name, which is its action's too.
    pub name: String,
    /// What its one action does: fetches the release or calls a function.
    pub action: PipelineAction,
    /// The action as the template declares it.
    pub declared: Declared,
    /// What CodePipeline does by itself where the stage fails.
    pub on_failure: Option<OnFailure>,
}

/// An action's declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// `Source` or `Invoke`, by whom, with what, in which version.
    pub kind: ActionKind,
    /// The action's settings by name, each value as text.
    pub configuration: BTreeMap<String, String>,
    /// Artifacts that it is handed.
    pub inputs: Vec<String>,
    /// Artifacts that it makes.
    pub outputs: Vec<String>,
}

/// An action's type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionKind {
    /// Such as `Invoke`.
    pub category: String,
    /// Such as `AWS`.
    pub owner: String,
    /// Such as `Lambda`.
    pub provider: String,
    /// Such as `1`.
    pub version: String,
}

/// What happens by itself where a stage fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnFailure {
    /// `ROLLBACK`, `RETRY`, `FAIL` or `SKIP`.
    pub result: Option<String>,
    /// `FAILED_ACTIONS` or `ALL_ACTIONS`, of a retry.
    pub retry_mode: Option<String>,
}

/// What a stage does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PipelineAction {
    /// Fetches an object.
    Source {
        /// Bucket that it reads.
        bucket: String,
        /// Key of the object that it reads.
        key: String,
        /// Name of the artifact that it makes.
        artifact: String,
    },
    /// Calls a function.
    Invoke {
        /// Name of the function.
        function: String,
        /// What it is handed, with the pipeline's variables as `#{...}`.
        parameters: String,
        /// The artifact that it is handed.
        artifact: Option<String>,
    },
}
