//! What the pipeline's actions do, with the pipeline's own role: fetch the wave key, and call functions with jobs.

use crate::services::codepipeline::pipeline::{Execution, ExecutionState, Job};
use crate::services::iam::ask::Ask;
use crate::world::queue::Event;
use crate::world::random::Random;
use crate::world::state::World;
use jiff::SignedDuration;
use meridian_deployment::{AssumingService, Denied, PipelineAction};
use meridian_domain::RegionName;
use meridian_handlers::context::FunctionKind;
use serde_json::{Value, json};

/// An action that calls a function.
struct LambdaAction {
    function: String,
    parameters: String,
    artifact: Option<String>,
}

impl World {
    /// Calls an action's function with a new job, which must be answered in time.
    pub(crate) fn call_job(&mut self, execution: usize, token: Option<String>) {
        let Some(PipelineAction::Invoke { function, parameters, artifact }) = self.action_of(execution) else { return };
        let call = LambdaAction { function, parameters, artifact };
        let is_over = |own: &&Execution| own.state == ExecutionState::Stopped;
        let own = self.pipeline.executions.get(execution).filter(|own| !is_over(own));
        let Some((id, region)) = own.map(|own| (own.id.clone(), own.region.clone())) else { return };
        let function = match self.authorise_job(&region, &call.function) {
            Ok(function) => function,
            Err(denied) => return self.action_fails(execution, "PermissionError", denied),
        };
        let number = self.pipeline.jobs.len().to_string();
        let job = Random::labelled(self.config.seed, ["job", &id, &number]).uuid();
        let event = self.job_event((&job, &region), execution, &call, token);
        self.pipeline.jobs.insert(job.clone(), Job { execution, answered: false });
        self.queue.push(self.later(self.config.timing.job_timeout), Event::JobTimesOut { job });
        self.invoke_later(function, &region, "codepipeline", event, SignedDuration::from_millis(200));
    }

    /// The function of an action, if the pipeline's role may call it.
    fn authorise_job(&mut self, region: &RegionName, name: &str) -> Result<FunctionKind, String> {
        let missing = || format!("The AWS Lambda function {name} does not exist in {region}.");
        let named = |function: &FunctionKind| self.function(region, *function).is_some_and(|own| own.name == name);
        let function = FunctionKind::ALL.into_iter().find(named).ok_or_else(missing)?;
        let arn = self.arn("lambda", region, &format!("function:{name}"));
        self.authorise_pipeline(region, &[Ask::new("lambda:InvokeFunction", arn)])
            .map_err(|denied| denied.to_string())?;
        Ok(function)
    }

    /// Whether the pipeline's role may fetch its source and keep it (CodePipeline User Guide, "Add permissions to the
    /// CodePipeline service role").
    pub(crate) fn authorise_source(&mut self, region: &RegionName, bucket: &str, key: &str) -> Result<(), Denied> {
        let artifacts = self.stack(region).and_then(|stack| stack.pipeline.as_ref()).map(|own| own.artifacts.clone());
        let artifacts = artifacts.unwrap_or_default();
        let of = |bucket: &str| format!("arn:aws:s3:::{bucket}");
        let mut asks: Vec<Ask> = ["s3:GetBucketVersioning", "s3:GetBucketLocation", "s3:GetBucketAcl"]
            .map(|action| Ask::new(action, of(bucket)))
            .into();
        asks.extend(
            ["s3:GetObject", "s3:GetObjectVersion"].map(|action| Ask::new(action, format!("{}/{key}", of(bucket)))),
        );
        asks.extend(["s3:GetBucketVersioning", "s3:GetBucketLocation"].map(|action| Ask::new(action, of(&artifacts))));
        let objects = ["s3:PutObject", "s3:GetObject", "s3:GetObjectVersion"];
        asks.extend(objects.map(|action| Ask::new(action, format!("{}/*", of(&artifacts)))));
        asks.extend(self.bucket_key_ask("kms:Decrypt", bucket));
        asks.extend(self.bucket_key_ask("kms:GenerateDataKey", &artifacts));
        self.authorise_pipeline(region, &asks)
    }

    fn authorise_pipeline(&mut self, region: &RegionName, asks: &[Ask]) -> Result<(), Denied> {
        let role = self.stack(region).and_then(|stack| stack.pipeline.as_ref()).map(|own| own.role.clone());
        self.authorise_role(region, AssumingService::CodePipeline, &role.unwrap_or_default(), asks)
    }

    /// The event of a Lambda action (CodePipeline User Guide, "Invoke a Lambda function in a pipeline"). The credentials
    /// are not credentials.
    fn job_event(
        &self,
        (job, region): (&str, &RegionName),
        execution: usize,
        call: &LambdaAction,
        token: Option<String>,
    ) -> Value {
        let own = self.pipeline.executions.get(execution);
        let id = own.map(|own| own.id.as_str()).unwrap_or_default();
        let pipeline = self.stack(region).and_then(|stack| stack.pipeline.as_ref());
        let (name, bucket) = pipeline.map_or(("", ""), |own| (own.name.as_str(), own.artifacts.as_str()));
        let artifacts = call.artifact.iter().map(|artifact| {
            json!({
                "name": artifact,
                "revision": own.map(|own| own.revision.as_str()).unwrap_or_default(),
                "location": { "type": "S3", "s3Location": {
                    "bucketName": bucket,
                    "objectKey": format!("{name}/{artifact}/{}", id.get(..8).unwrap_or(id)),
                } },
            })
        });
        let mut data = json!({
            "actionConfiguration": { "configuration": {
                "FunctionName": call.function,
                "UserParameters": self.with_variables(execution, &call.parameters),
            } },
            "inputArtifacts": artifacts.collect::<Vec<Value>>(),
            "outputArtifacts": [],
            "artifactCredentials": {
                "accessKeyId": "ASIAEXAMPLEEXAMPLE00",
                "secretAccessKey": "not-a-secret/local/EXAMPLEKEY",
                "sessionToken": "not-a-token-local-EXAMPLE",
            },
        });
        let key = pipeline.and_then(|own| own.artifact_key.as_ref());
        if let (Some((id, kind)), Some(members)) = (key, data.as_object_mut()) {
            members.insert("encryptionKey".to_owned(), json!({ "id": id, "type": kind }));
        }
        if let (Some(token), Some(members)) = (token, data.as_object_mut()) {
            members.insert("continuationToken".to_owned(), Value::String(token));
        }
        json!({ "CodePipeline.job": { "id": job, "accountId": self.account(region), "data": data } })
    }

    /// A text with the execution's variables in the place of `#{variables.NAME}` and `#{codepipeline.PipelineExecutionId}`.
    fn with_variables(&self, execution: usize, text: &str) -> String {
        let Some(own) = self.pipeline.executions.get(execution) else { return text.to_owned() };
        let text = text.replace("#{codepipeline.PipelineExecutionId}", &own.id);
        own.variables.iter().fold(text, |text, (name, value)| text.replace(&format!("#{{variables.{name}}}"), value))
    }
}
