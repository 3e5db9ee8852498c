//! The fleet's pipeline, its executions and their jobs.

use jiff::Timestamp;
use meridian_deployment::PipelineAction;
use std::collections::{BTreeMap, VecDeque};

/// The fleet's pipeline.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub stages: Vec<PipelineStage>,
    pub executions: Vec<Execution>,
    pub jobs: BTreeMap<String, Job>,
    /// Whether the next execution is a second home's: see [`World::next_execution_is_beside`].
    pub beside: bool,
}

/// A stage with its one action, both of one name.
#[derive(Debug)]
pub(crate) struct PipelineStage {
    pub name: String,
    pub action: PipelineAction,
    pub occupied: bool,
    pub waiting: VecDeque<usize>,
}

#[derive(Debug)]
pub(crate) struct Execution {
    pub id: String,
    pub token: Option<String>,
    pub variables: BTreeMap<String, String>,
    /// S3's version id of the source object.
    pub revision: String,
    pub state: ExecutionState,
    /// When it began, and when something of it changed last.
    pub began: Timestamp,
    pub changed: Timestamp,
    pub stage: usize,
    /// Whether it queues with nobody.
    pub beside: bool,
    /// What it did in its stages, the first one first.
    pub actions: Vec<ActionExecution>,
}

/// One action in one execution.
#[derive(Debug)]
pub(crate) struct ActionExecution {
    /// The stage's number among the pipeline's.
    pub stage: usize,
    pub state: ExecutionState,
    pub began: Timestamp,
    pub changed: Timestamp,
    /// What its function said of it last.
    pub summary: Option<String>,
    /// AWS's code for how it failed, and what was said.
    pub failure: Option<(String, String)>,
}

/// How an execution stands, or one of its actions. None is overtaken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExecutionState {
    InProgress,
    /// A person has asked for its end, and its action has not ended.
    Stopping,
    Stopped,
    /// An action whose execution did not wait for it.
    Abandoned,
    Succeeded,
    Failed,
}

/// One call of a Lambda action, to be answered once.
#[derive(Debug)]
pub(crate) struct Job {
    pub execution: usize,
    pub answered: bool,
}

impl Pipeline {
    pub fn new(own: &meridian_deployment::Pipeline) -> Self {
        let stage = |stage: &meridian_deployment::PipelineStage| PipelineStage {
            name: stage.name.clone(),
            action: stage.action.clone(),
            occupied: false,
            waiting: VecDeque::new(),
        };
        let stages = own.stages.iter().map(stage).collect();
        Pipeline { stages, executions: Vec::new(), jobs: BTreeMap::new(), beside: false }
    }
}

impl Execution {
    pub fn new(
        id: String,
        token: Option<String>,
        variables: BTreeMap<String, String>,
        revision: String,
        now: Timestamp,
    ) -> Self {
        let (state, actions) = (ExecutionState::InProgress, Vec::new());
        Execution { id, token, variables, revision, state, began: now, changed: now, stage: 0, beside: false, actions }
    }
}
