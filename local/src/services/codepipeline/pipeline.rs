//! The fleet's pipelines, home's and those of its deputies, their executions and jobs.

use jiff::Timestamp;
use meridian_deployment::{Deployment, PipelineAction, Stack};
use meridian_domain::RegionName;
use std::collections::{BTreeMap, VecDeque};

/// The fleet's pipelines.
#[derive(Debug)]
pub(crate) struct Pipeline {
    /// The stages of each region that has one.
    pub stages: BTreeMap<RegionName, Vec<PipelineStage>>,
    /// Of all of them, in the order in which they began.
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
    /// The region whose pipeline it walks through.
    pub region: RegionName,
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
    pub fn new(deployment: &Deployment) -> Self {
        let stage = |stage: &meridian_deployment::PipelineStage| PipelineStage {
            name: stage.name.clone(),
            action: stage.action.clone(),
            occupied: false,
            waiting: VecDeque::new(),
        };
        let own = |stack: &Stack| stack.pipeline.as_ref().map(|own| own.stages.iter().map(stage).collect());
        let stages =
            deployment.stacks.iter().filter_map(|(region, stack)| Some((region.clone(), own(stack)?))).collect();
        Pipeline { stages, executions: Vec::new(), jobs: BTreeMap::new(), beside: false }
    }
}

impl Pipeline {
    /// The executions of a region's pipeline, in the order in which they began.
    pub fn executions_in<'a>(&'a self, region: &'a RegionName) -> impl DoubleEndedIterator<Item = &'a Execution> {
        self.executions.iter().filter(move |own| own.region == *region)
    }

    /// The stage that an execution is in.
    pub fn stage_of(&self, execution: usize) -> Option<&PipelineStage> {
        let own = self.executions.get(execution)?;
        self.stages.get(&own.region)?.get(own.stage)
    }

    /// A stage of the pipeline that an execution walks through.
    pub fn stage_mut(&mut self, execution: usize, stage: usize) -> Option<&mut PipelineStage> {
        let region = &self.executions.get(execution)?.region;
        self.stages.get_mut(region)?.get_mut(stage)
    }
}

impl Execution {
    pub fn new(
        id: String,
        region: RegionName,
        token: Option<String>,
        variables: BTreeMap<String, String>,
        revision: String,
        now: Timestamp,
    ) -> Self {
        let (state, actions) = (ExecutionState::InProgress, Vec::new());
        let (began, changed, stage, beside) = (now, now, 0, false);
        Execution { id, region, token, variables, revision, state, began, changed, stage, beside, actions }
    }
}
