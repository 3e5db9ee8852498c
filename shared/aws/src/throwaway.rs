//! What somebody does to try an account, and takes away again: no function does any of it.

use crate::AwsPorts;
use crate::errors::{AwsOperation, Failed, gone_is_fine};
use aws_sdk_cloudwatch::types::StateValue;
use meridian_domain::{RegionName, ResourceName};
use meridian_handlers::ports::{Answer, OperationName};

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

    /// Puts an alarm into ALARM until it is looked at again, and says why.
    ///
    /// # Errors
    /// CloudWatch's.
    pub async fn ring(&self, region: &RegionName, alarm: &str, why: &str) -> Answer<()> {
        let call = AwsOperation::new(region, OperationName::SetAlarmState);
        let client = self.clients.cloudwatch(region).await?;
        let set = client.set_alarm_state().alarm_name(alarm).state_value(StateValue::Alarm).state_reason(why);
        set.send().await.map(drop).map_err(|error| call.failed(error))
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
