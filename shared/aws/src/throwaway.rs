//! Taking away what somebody made to try an account: no function deletes anything.

use crate::AwsPorts;
use crate::errors::{AwsOperation, Failed};
use meridian_domain::{RegionName, ResourceName};
use meridian_handlers::ports::{Answer, ErrorKind, OperationName};

/// What is gone already is as good.
fn gone_is_fine(answer: Answer<()>) -> Answer<()> {
    match answer {
        Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
        answer => answer,
    }
}

impl AwsPorts {
    /// Deletes an endpoint with its instances. Refused while it is updating.
    ///
    /// # Errors
    /// SageMaker's.
    pub async fn delete_endpoint(&self, region: &RegionName, endpoint: &ResourceName) -> Answer<()> {
        let call = AwsOperation::new(region, OperationName::DeleteEndpoint);
        let client = self.clients.sagemaker(region).await?;
        let gone = client.delete_endpoint().endpoint_name(endpoint.as_str()).send().await;
        gone_is_fine(gone.map(drop).map_err(|error| call.failed(error)))
    }

    /// Deletes an endpoint configuration.
    ///
    /// # Errors
    /// SageMaker's.
    pub async fn delete_config(&self, region: &RegionName, config: &ResourceName) -> Answer<()> {
        let call = AwsOperation::new(region, OperationName::DeleteEndpointConfig);
        let client = self.clients.sagemaker(region).await?;
        let gone = client.delete_endpoint_config().endpoint_config_name(config.as_str()).send().await;
        gone_is_fine(gone.map(drop).map_err(|error| call.failed(error)))
    }

    /// Deletes a model: the name, never the bytes.
    ///
    /// # Errors
    /// SageMaker's.
    pub async fn delete_model(&self, region: &RegionName, model: &ResourceName) -> Answer<()> {
        let call = AwsOperation::new(region, OperationName::DeleteModel);
        let client = self.clients.sagemaker(region).await?;
        let gone = client.delete_model().model_name(model.as_str()).send().await;
        gone_is_fine(gone.map(drop).map_err(|error| call.failed(error)))
    }

    /// Deletes alarms.
    ///
    /// # Errors
    /// CloudWatch's.
    pub async fn delete_alarms(&self, region: &RegionName, names: &[String]) -> Answer<()> {
        let call = AwsOperation::new(region, OperationName::DeleteAlarms);
        let client = self.clients.cloudwatch(region).await?;
        let gone = client.delete_alarms().set_alarm_names(Some(names.to_vec())).send().await;
        gone_is_fine(gone.map(drop).map_err(|error| call.failed(error)))
    }
}
