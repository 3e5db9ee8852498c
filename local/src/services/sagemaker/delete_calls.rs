//! Taking models, configurations and endpoints away.

use crate::services::sagemaker::types::{
    DeleteEndpoint, DeleteEndpointConfig, DeleteEndpointConfigOutput, DeleteEndpointOutput, DeleteModel,
    DeleteModelOutput, EndpointStatus,
};
use crate::world::error::ApiError;
use crate::world::operation::Operation;
use crate::world::service::Service;
use crate::world::state::World;
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;

impl Operation for DeleteModel {
    const SERVICE: Service = Service::SageMaker;
    const OPERATION: OperationName = OperationName::DeleteModel;
    type Output = DeleteModelOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<DeleteModelOutput, ApiError> {
        let arn = world.arn("sagemaker", region, &format!("model/{}", self.model_name));
        let gone = world.region_mut(region)?.sagemaker.models.remove(&self.model_name);
        gone.ok_or_else(|| ApiError::validation(format!("Could not find model \"{arn}\".")))?;
        Ok(DeleteModelOutput {})
    }
}

impl Operation for DeleteEndpointConfig {
    const SERVICE: Service = Service::SageMaker;
    const OPERATION: OperationName = OperationName::DeleteEndpointConfig;
    type Output = DeleteEndpointConfigOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<DeleteEndpointConfigOutput, ApiError> {
        let name = self.endpoint_config_name;
        let unknown = world.no_such_config(region, &name);
        world.region_mut(region)?.sagemaker.configs.remove(&name).ok_or(unknown)?;
        Ok(DeleteEndpointConfigOutput {})
    }
}

impl Operation for DeleteEndpoint {
    const SERVICE: Service = Service::SageMaker;
    const OPERATION: OperationName = OperationName::DeleteEndpoint;
    type Output = DeleteEndpointOutput;

    /// It is gone at once; on AWS it is `Deleting` for minutes.
    fn apply(self, world: &mut World, region: &RegionName) -> Result<DeleteEndpointOutput, ApiError> {
        let arn = world.arn("sagemaker", region, &format!("endpoint/{}", self.endpoint_name));
        let endpoints = &mut world.region_mut(region)?.sagemaker.endpoints;
        let found = endpoints.get(&self.endpoint_name);
        let endpoint = found.ok_or_else(|| ApiError::validation(format!("Could not find endpoint \"{arn}\".")))?;
        if matches!(endpoint.status, EndpointStatus::Creating | EndpointStatus::Updating | EndpointStatus::RollingBack)
        {
            return Err(ApiError::validation(format!("Cannot update in-progress endpoint \"{arn}\".")));
        }
        endpoints.remove(&self.endpoint_name);
        Ok(DeleteEndpointOutput {})
    }
}
