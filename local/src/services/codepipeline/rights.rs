//! What the operations of CodePipeline ask of IAM.

use crate::services::codepipeline::types::{
    GetPipeline, GetPipelineExecution, ListActionExecutions, ListPipelineExecutions, ListPipelines,
    PutJobFailureResult, PutJobSuccessResult, RetryStageExecution, StartPipelineExecution, StopPipelineExecution,
};
use crate::services::iam::ask::{Ask, one_ask};
use crate::world::operation::Guarded;
use crate::world::state::World;
use meridian_domain::RegionName;

impl Guarded for StartPipelineExecution {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        vec![Ask::new("codepipeline:StartPipelineExecution", world.arn("codepipeline", region, &self.name))]
    }
}

one_ask! {
    GetPipeline: "codepipeline:GetPipeline", |own, world, region| world.arn("codepipeline", region, &own.name);
    ListPipelines: "codepipeline:ListPipelines", |_own, world, region| world.arn("codepipeline", region, "*");
    GetPipelineExecution: "codepipeline:GetPipelineExecution", |own, world, region|
        world.arn("codepipeline", region, &own.pipeline_name);
    ListPipelineExecutions: "codepipeline:ListPipelineExecutions", |own, world, region|
        world.arn("codepipeline", region, &own.pipeline_name);
    StopPipelineExecution: "codepipeline:StopPipelineExecution", |own, world, region|
        world.arn("codepipeline", region, &own.pipeline_name);
    RetryStageExecution: "codepipeline:RetryStageExecution", |own, world, region|
        world.arn("codepipeline", region, &format!("{}/{}", own.pipeline_name, own.stage_name));
    ListActionExecutions: "codepipeline:ListActionExecutions", |own, world, region|
        world.arn("codepipeline", region, &own.pipeline_name);
    PutJobSuccessResult: "codepipeline:PutJobSuccessResult", |_own, _world, _region| "*";
    PutJobFailureResult: "codepipeline:PutJobFailureResult", |_own, _world, _region| "*";
}
