//! `GetPipeline`: the pipeline as the template declares it. Nothing in a night changes it.

use crate::services::codepipeline::types::{
    ActionDeclaration, ActionTypeId, Artifact, ArtifactStore, EncryptionKey, FailureConditions, GetPipeline,
    GetPipelineOutput, PipelineDeclaration, PipelineMetadata, PipelineVariableDeclaration, RetryConfiguration,
    StageDeclaration,
};
use crate::world::error::ApiError;
use crate::world::operation::Operation;
use crate::world::service::Service;
use crate::world::state::World;
use meridian_deployment::{OnFailure, Pipeline, PipelineStage};
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;

/// Nobody has changed it since it was made.
pub(crate) const VERSION: u32 = 1;

impl World {
    /// The region's pipeline of a name.
    pub(crate) fn pipeline_named(&self, region: &RegionName, name: &str) -> Result<&Pipeline, ApiError> {
        let own = self.stack(region).and_then(|stack| stack.pipeline.as_ref()).filter(|own| own.name == name);
        own.ok_or_else(|| {
            let shown: String = name.chars().take(100).collect();
            ApiError::new("PipelineNotFoundException", 400, format!("{shown} does not exist in {region}"))
        })
    }
}

impl Operation for GetPipeline {
    const SERVICE: Service = Service::CodePipeline;
    const OPERATION: OperationName = OperationName::GetPipeline;
    type Output = GetPipelineOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<GetPipelineOutput, ApiError> {
        let own = world.pipeline_named(region, &self.name)?;
        if let Some(version) = self.version.filter(|version| *version != VERSION) {
            let message = format!("{} has no version {version}", self.name);
            return Err(ApiError::new("PipelineVersionNotFoundException", 400, message));
        }
        let made = world.config.start.into();
        let pipeline_arn = world.arn("codepipeline", region, &own.name);
        let metadata = PipelineMetadata { pipeline_arn, created: made, updated: made };
        Ok(GetPipelineOutput { pipeline: declaration(own), metadata })
    }
}

fn declaration(own: &Pipeline) -> PipelineDeclaration {
    let variable = |own: &meridian_deployment::Variable| PipelineVariableDeclaration {
        name: own.name.clone(),
        default_value: own.default.clone(),
        description: own.description.clone(),
    };
    let key = own.artifact_key.clone();
    PipelineDeclaration {
        name: own.name.clone(),
        role_arn: own.role.clone(),
        artifact_store: ArtifactStore {
            kind: own.store.clone(),
            location: own.artifacts.clone(),
            encryption_key: key.map(|(id, kind)| EncryptionKey { id, kind }),
        },
        stages: own.stages.iter().map(stage).collect(),
        version: VERSION,
        execution_mode: own.mode.clone(),
        pipeline_type: own.kind.clone(),
        variables: own.variables.iter().map(variable).collect(),
    }
}

fn stage(own: &PipelineStage) -> StageDeclaration {
    let declared = own.declared.clone();
    let artifacts = |names: Vec<String>| names.into_iter().map(|name| Artifact { name }).collect();
    let action = ActionDeclaration {
        // A stage and its one action have one name.
        name: own.name.clone(),
        action_type_id: ActionTypeId {
            category: declared.kind.category,
            owner: declared.kind.owner,
            provider: declared.kind.provider,
            version: declared.kind.version,
        },
        run_order: 1,
        configuration: declared.configuration,
        output_artifacts: artifacts(declared.outputs),
        input_artifacts: artifacts(declared.inputs),
    };
    StageDeclaration { name: own.name.clone(), actions: vec![action], on_failure: own.on_failure.as_ref().map(failure) }
}

fn failure(own: &OnFailure) -> FailureConditions {
    let retry = own.retry_mode.clone();
    FailureConditions {
        result: own.result.clone(),
        retry_configuration: retry.map(|retry_mode| RetryConfiguration { retry_mode }),
    }
}
