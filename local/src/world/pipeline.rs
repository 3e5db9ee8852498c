//! CodePipeline: the fleet's pipeline, its executions, and the jobs that its Lambda actions hand out.
//!
//! Type V2, mode QUEUED: an execution enters a stage when the one before it has left it. The stages follow from the
//! fleet: `Source`, `Register`, one `Promote-<title>` per region as listed (in an order by traffic one `Promote-<place>`),
//! `Verify-Fleet`.

use super::queue::Event;
use super::random::Random;
use super::{FunctionName, What, World};
use jiff::SignedDuration;
use meridian_domain::{Fleet, OrderPolicy};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

/// The source action, and the artifact that it makes.
const SOURCE: &str = "Source";
const ARTIFACT: &str = "Wave";

/// The fleet's pipeline.
#[derive(Debug)]
pub(super) struct Pipeline {
    stages: Vec<PipelineStage>,
    pub executions: Vec<Execution>,
    pub jobs: BTreeMap<String, Job>,
    /// Whether the next execution is a second home's: see [`World::next_execution_is_beside`].
    beside: bool,
}

/// A stage with its one action, both of one name.
#[derive(Debug)]
struct PipelineStage {
    name: String,
    action: Option<Action>,
    occupied: bool,
    waiting: VecDeque<usize>,
}

/// What a Lambda action does.
#[derive(Clone, Debug)]
struct Action {
    function: FunctionName,
    verb: &'static str,
    turn: Option<(&'static str, Value)>,
}

/// One execution.
#[derive(Debug)]
pub(super) struct Execution {
    pub id: String,
    pub token: Option<String>,
    pub variables: BTreeMap<String, String>,
    /// The source's version.
    pub revision: String,
    stage: usize,
    /// Whether it queues with nobody.
    beside: bool,
}

/// One call of a Lambda action, to be answered once.
#[derive(Debug)]
pub(super) struct Job {
    pub execution: usize,
    pub answered: bool,
}

impl Pipeline {
    pub fn new(fleet: &Fleet) -> Self {
        let stage = |name: String, action| PipelineStage { name, action, occupied: false, waiting: VecDeque::new() };
        let lambda = |function, verb, turn| Some(Action { function, verb, turn });
        let mut stages = vec![
            stage(SOURCE.to_owned(), None),
            stage("Register".to_owned(), lambda(FunctionName::ShadowEval, "register", None)),
        ];
        stages.extend(fleet.regions.iter().zip(1..).map(|(region, place)| {
            let (name, turn) = match fleet.order {
                OrderPolicy::Fixed => (region.title.clone(), ("region", json!(region.name.as_str()))),
                OrderPolicy::Signal => (place.to_string(), ("place", json!(place))),
            };
            stage(format!("Promote-{name}"), lambda(FunctionName::Promote, "promote", Some(turn)))
        }));
        stages.push(stage("Verify-Fleet".to_owned(), lambda(FunctionName::Promote, "verify", None)));
        Pipeline { stages, executions: Vec::new(), jobs: BTreeMap::new(), beside: false }
    }
}

impl World {
    /// The next execution walks through stages of its own, beside those that are under way, as it would in the pipeline of
    /// a second home: nothing but the ledger keeps two such apart.
    pub fn next_execution_is_beside(&mut self) {
        self.pipeline.beside = true;
    }

    /// A new execution sets out.
    pub(super) fn execution_begins(&mut self, mut execution: Execution) {
        let home = self.home();
        execution.beside = std::mem::take(&mut self.pipeline.beside);
        let started = What::ExecutionStarted {
            pipeline: self.config.fleet.pipeline.to_string(),
            execution: execution.id.clone(),
        };
        self.record(&home, started);
        self.pipeline.executions.push(execution);
        self.queue_for_stage(self.pipeline.executions.len() - 1);
    }

    /// An execution waits for its stage, and enters it if nobody is in it.
    fn queue_for_stage(&mut self, execution: usize) {
        let Some((stage, beside)) = self.pipeline.executions.get(execution).map(|own| (own.stage, own.beside)) else {
            return;
        };
        if beside {
            self.queue.push(self.later(self.config.timing.action_gap), Event::ActionBegins { execution });
            return;
        }
        if let Some(stage) = self.pipeline.stages.get_mut(stage) {
            stage.waiting.push_back(execution);
        }
        self.let_in(stage);
    }

    fn let_in(&mut self, stage: usize) {
        let Some(own) = self.pipeline.stages.get_mut(stage).filter(|own| !own.occupied) else { return };
        if let Some(execution) = own.waiting.pop_front() {
            own.occupied = true;
            self.queue.push(self.later(self.config.timing.action_gap), Event::ActionBegins { execution });
        }
    }

    /// Execution id, stage number and action name of an execution.
    fn place(&self, execution: usize) -> Option<(String, usize, String)> {
        let own = self.pipeline.executions.get(execution)?;
        let stage = self.pipeline.stages.get(own.stage)?;
        Some((own.id.clone(), own.stage, stage.name.clone()))
    }

    /// The action of an execution's stage begins.
    pub(super) fn action_begins(&mut self, execution: usize) {
        let Some((id, stage, action)) = self.place(execution) else { return };
        let home = self.home();
        self.record(&home, What::ActionStarted { execution: id, action });
        if self.pipeline.stages.get(stage).is_some_and(|own| own.action.is_some()) {
            self.call_job(execution, None);
        } else {
            self.queue.push(self.later(self.config.timing.action_gap), Event::SourceEnds { execution });
        }
    }

    /// An action ended well: the execution goes on to its next stage.
    pub(super) fn action_succeeds(&mut self, execution: usize, summary: Option<String>) {
        let Some((id, stage, action)) = self.place(execution) else { return };
        let home = self.home();
        self.record(&home, What::ActionSucceeded { execution: id.clone(), action, summary });
        self.leave(execution, stage);
        if stage + 1 < self.pipeline.stages.len() {
            if let Some(own) = self.pipeline.executions.get_mut(execution) {
                own.stage += 1;
            }
            self.queue_for_stage(execution);
        } else {
            let pipeline = self.config.fleet.pipeline.to_string();
            self.record(&home, What::ExecutionSucceeded { pipeline, execution: id });
        }
    }

    /// An action failed, and its execution with it.
    pub(super) fn action_fails(&mut self, execution: usize, failure: &str, message: String) {
        let Some((id, stage, action)) = self.place(execution) else { return };
        let home = self.home();
        let failed =
            What::ActionFailed { execution: id.clone(), action: action.clone(), failure: failure.to_owned(), message };
        self.record(&home, failed);
        let pipeline = self.config.fleet.pipeline.to_string();
        self.record(&home, What::ExecutionFailed { pipeline, execution: id, action });
        self.leave(execution, stage);
    }

    fn leave(&mut self, execution: usize, stage: usize) {
        if self.pipeline.executions.get(execution).is_some_and(|own| own.beside) {
            return;
        }
        if let Some(own) = self.pipeline.stages.get_mut(stage) {
            own.occupied = false;
        }
        self.let_in(stage);
    }

    /// An action asked to be called again.
    pub(super) fn action_continues(&mut self, execution: usize, token: String, summary: Option<String>) {
        let Some((id, _, action)) = self.place(execution) else { return };
        let home = self.home();
        self.record(&home, What::ActionContinued { execution: id, action, summary });
        self.queue.push(self.later(self.config.timing.continuation), Event::JobContinues { execution, token });
    }

    /// Calls an action's function with a new job, which must be answered in time.
    pub(super) fn call_job(&mut self, execution: usize, token: Option<String>) {
        let Some((id, stage, _)) = self.place(execution) else { return };
        let Some(action) = self.pipeline.stages.get(stage).and_then(|own| own.action.clone()) else { return };
        let number = self.pipeline.jobs.len().to_string();
        let job = Random::labelled(self.config.seed, ["job", &id, &number]).uuid();
        let event = self.job_event(&job, execution, &action, token);
        self.pipeline.jobs.insert(job.clone(), Job { execution, answered: false });
        self.queue.push(self.later(self.config.timing.job_timeout), Event::JobTimesOut { job });
        let home = self.home();
        self.invoke_later(action.function, &home, "codepipeline", event, SignedDuration::from_millis(200));
    }

    /// Nobody answered a job.
    pub(super) fn job_times_out(&mut self, job: &str) {
        let Some(own) = self.pipeline.jobs.get_mut(job).filter(|own| !own.answered) else { return };
        own.answered = true;
        let execution = own.execution;
        let minutes = self.config.timing.job_timeout.as_mins();
        let message = format!("The Lambda function did not answer within {minutes} minutes.");
        self.action_fails(execution, "JobFailed", message);
    }

    /// The event of a Lambda action (CodePipeline User Guide, "Invoke a Lambda function in a pipeline"). The credentials
    /// are not credentials.
    fn job_event(&self, job: &str, execution: usize, action: &Action, token: Option<String>) -> Value {
        let fleet = &self.config.fleet;
        let own = self.pipeline.executions.get(execution);
        let variable = |name: &str| own.and_then(|own| own.variables.get(name)).cloned().unwrap_or_default();
        let id = own.map(|own| own.id.as_str()).unwrap_or_default();
        let mut parameters = json!({
            "fleet": fleet.name.as_str(),
            "action": action.verb,
            "release": variable("release"),
            "policy": variable("policy"),
            "pipeline": fleet.pipeline.as_str(),
            "execution": id,
        });
        let mut data = json!({
            "actionConfiguration": { "configuration": {
                "FunctionName": format!("meridian-{}-{}", fleet.name, action.function),
            } },
            "inputArtifacts": [{
                "name": ARTIFACT,
                "revision": own.map(|own| own.revision.as_str()).unwrap_or_default(),
                "location": { "type": "S3", "s3Location": {
                    "bucketName": format!("{}-artifacts", fleet.pipeline),
                    "objectKey": format!("{}/{ARTIFACT}/{}", fleet.pipeline, id.get(..8).unwrap_or(id)),
                } },
            }],
            "outputArtifacts": [],
            "artifactCredentials": {
                "accessKeyId": "ASIAEXAMPLEEXAMPLE00",
                "secretAccessKey": "not-a-secret/local/EXAMPLEKEY",
                "sessionToken": "not-a-token-local-EXAMPLE",
            },
        });
        if let (Some((field, value)), Some(members)) = (&action.turn, parameters.as_object_mut()) {
            members.insert((*field).to_owned(), value.clone());
        }
        if let Some(configuration) =
            data.pointer_mut("/actionConfiguration/configuration").and_then(Value::as_object_mut)
        {
            configuration.insert("UserParameters".to_owned(), Value::String(parameters.to_string()));
        }
        if let (Some(token), Some(members)) = (token, data.as_object_mut()) {
            members.insert("continuationToken".to_owned(), Value::String(token));
        }
        json!({ "CodePipeline.job": { "id": job, "accountId": fleet.account, "data": data } })
    }
}

impl Execution {
    pub fn new(id: String, token: Option<String>, variables: BTreeMap<String, String>, revision: String) -> Self {
        Execution { id, token, variables, revision, stage: 0, beside: false }
    }
}
