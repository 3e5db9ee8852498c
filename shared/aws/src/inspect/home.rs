//! What home alone has: the pipeline and the model package group.

use super::{Said, said};
use crate::AwsPorts;
use aws_sdk_codepipeline::types::{PipelineDeclaration, Result, StageDeclaration};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use meridian_handlers::ports::OperationName;

/// How the pipeline is set up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PipelineFacts {
    /// `V1` or `V2`.
    pub kind: String,
    /// `SUPERSEDED`, `QUEUED` or `PARALLEL`.
    pub mode: String,
    /// Its actions in the order of their stages.
    pub actions: Vec<Action>,
    /// Stages that CodePipeline itself does something about where they fail, and what: `RETRY`, `ROLLBACK`, ...
    pub on_failure: Vec<(String, String)>,
}

/// An action, with what its function is told by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Action {
    /// The action's name in the pipeline.
    pub name: String,
    /// What it gives to its function.
    pub parameters: String,
}

impl AwsPorts {
    /// Asks how home's pipeline is set up.
    pub async fn inspect_pipeline(&self) -> Said<PipelineFacts> {
        let (home, name) = (&self.fleet.home, self.fleet.pipeline.as_str());
        let answer = self.clients.codepipeline(home).await.get_pipeline().name(name).send().await;
        said(home, OperationName::GetPipeline, answer).map(|own| own.pipeline.map(pipeline).unwrap_or_default())
    }

    /// Asks whether home has the fleet's model package group.
    pub async fn inspect_package_group(&self) -> Said<()> {
        let (home, name) = (&self.fleet.home, self.fleet.name.as_str());
        let client = self.clients.own_sagemaker(home).await;
        let answer = client.describe_model_package_group().model_package_group_name(name).send().await;
        match answer {
            Err(error) if is_no_such_group(&error) => Said::Absent,
            answer => said(home, OperationName::DescribeModelPackageGroup, answer).map(drop),
        }
    }
}

/// SageMaker has no code of its own for it: a plain ValidationException says so in words.
fn is_no_such_group<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    error.as_service_error().and_then(|own| own.message()).is_some_and(|words| words.contains("does not exist"))
}

fn pipeline(declared: PipelineDeclaration) -> PipelineFacts {
    let actions = declared.stages.iter().flat_map(|stage| stage.actions()).map(|action| {
        let parameters = action.configuration().and_then(|own| own.get("UserParameters"));
        Action { name: action.name.clone(), parameters: parameters.cloned().unwrap_or_default() }
    });
    let actions = actions.collect();
    let by_itself = |stage: &StageDeclaration| {
        let own = stage.on_failure()?;
        let retried = || own.retry_configuration().map(|_| Result::Retry);
        // To fail is what a stage does in any case.
        let does = own.result().cloned().or_else(retried).filter(|does| *does != Result::Fail)?;
        Some((stage.name.clone(), does.as_str().to_owned()))
    };
    PipelineFacts {
        actions,
        on_failure: declared.stages.iter().filter_map(by_itself).collect(),
        kind: declared.pipeline_type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        mode: declared.execution_mode.map(|mode| mode.as_str().to_owned()).unwrap_or_default(),
    }
}
