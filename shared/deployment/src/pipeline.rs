//! How the pipeline is read from its resolved properties.

use crate::level::Level;
use crate::read::Read;
use crate::resolve::plain;
use crate::resources::{ActionKind, Declared, OnFailure, Pipeline, PipelineAction, PipelineStage, Variable};

impl Pipeline {
    pub(crate) fn read(mut own: Level<'_>) -> Read<Self> {
        let variables = own.levels("Variables")?.into_iter().map(|mut one| {
            let (default, description) = (one.optional("DefaultValue"), one.optional("Description"));
            Ok(Variable { name: one.text("Name")?, default, description })
        });
        let variables = variables.collect::<Read<_>>()?;
        let stages = own.levels("Stages")?.into_iter().map(PipelineStage::read).collect::<Read<_>>()?;
        let mut store = own.level("ArtifactStore")?;
        let key = store.optional_level("EncryptionKey")?;
        let key = key.map(|mut key| Ok((key.text("Id")?, key.text("Type")?))).transpose()?;
        Ok(Pipeline {
            name: own.text("Name")?,
            // CodePipeline's defaults where nothing is said.
            kind: own.optional("PipelineType").unwrap_or_else(|| "V1".to_owned()),
            mode: own.optional("ExecutionMode").unwrap_or_else(|| "SUPERSEDED".to_owned()),
            role: own.text("RoleArn")?,
            artifacts: store.text("Location")?,
            store: store.text("Type")?,
            artifact_key: key,
            variables,
            stages,
        })
    }
}

impl PipelineStage {
    fn read(mut own: Level<'_>) -> Read<Self> {
        let mut actions = own.levels("Actions")?;
        let Some(mut action) = actions.pop().filter(|_| actions.is_empty()) else {
            return Err(own.refuse("Actions", "expected one action a stage"));
        };
        let (name, of_action) = (own.text("Name")?, action.text("Name")?);
        if name != of_action {
            return Err(
                own.refuse("Name", &format!("the stage {name} and its action {of_action} should have one name"))
            );
        }
        let declared = Declared::read(action)?;
        let of = |member: &str| declared.configuration.get(member).cloned();
        let needed = |member: &str| {
            of(member).ok_or_else(|| own.refuse(&format!("Actions.Configuration.{member}"), "it is missing"))
        };
        let first = |artifacts: &[String]| artifacts.first().cloned();
        let action = match declared.kind.provider.as_str() {
            "S3" => PipelineAction::Source {
                bucket: needed("S3Bucket")?,
                key: needed("S3ObjectKey")?,
                artifact: first(&declared.outputs).unwrap_or_default(),
            },
            "Lambda" => PipelineAction::Invoke {
                function: needed("FunctionName")?,
                parameters: needed("UserParameters")?,
                artifact: first(&declared.inputs),
            },
            _ => return Err(own.refuse("Actions", "expected an action of S3 or Lambda")),
        };
        let on_failure = own.optional_level("OnFailure")?.map(OnFailure::read).transpose()?;
        Ok(PipelineStage { name, action, declared, on_failure })
    }
}

impl Declared {
    fn read(mut own: Level<'_>) -> Read<Self> {
        let mut kind = own.level("ActionTypeId")?;
        let kind = ActionKind {
            category: kind.text("Category")?,
            owner: kind.text("Owner")?,
            provider: kind.text("Provider")?,
            version: kind.text("Version")?,
        };
        let configuration = own.take("Configuration");
        let configuration = configuration.as_ref().and_then(|own| own.as_object()).into_iter().flatten();
        let configuration = configuration.map(|(name, value)| (name.clone(), plain(value))).collect();
        let mut artifacts =
            |member: &str| own.levels(member)?.into_iter().map(|mut one| one.text("Name")).collect::<Read<Vec<_>>>();
        let (inputs, outputs) = (artifacts("InputArtifacts")?, artifacts("OutputArtifacts")?);
        Ok(Declared { kind, configuration, inputs, outputs })
    }
}

impl OnFailure {
    fn read(mut own: Level<'_>) -> Read<Self> {
        let retry_mode = own.level("RetryConfiguration")?.optional("RetryMode");
        Ok(OnFailure { result: own.optional("Result"), retry_mode })
    }
}
