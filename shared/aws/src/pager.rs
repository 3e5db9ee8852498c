//! Pages, through each region's SNS topic.

use crate::AwsPorts;
use crate::errors::{AwsOperation, Failed};
use aws_sdk_sns::types::MessageAttributeValue;
use meridian_domain::RegionName;
use meridian_handlers::adapters::errors::{attributes, fitting};
use meridian_handlers::ports::{ADVICE, Answer, OperationName, Page, Pager};

impl Pager for AwsPorts {
    async fn page(&self, region: &RegionName, page: &Page) -> Answer<()> {
        self.publish_note(region, page, None).await
    }

    async fn advise(&self, region: &RegionName, page: &Page) -> Answer<()> {
        self.publish_note(region, page, Some(ADVICE)).await
    }
}

impl AwsPorts {
    async fn publish_note(&self, region: &RegionName, page: &Page, urgency: Option<&str>) -> Answer<()> {
        let (subject, message) = fitting(page);
        let call = AwsOperation::new(region, OperationName::Publish);
        let mut request = self
            .clients
            .sns(region)
            .await
            .publish()
            .topic_arn(self.fleet.topic_arn(region))
            .subject(subject)
            .message(message);
        for (name, text) in attributes(page, urgency) {
            let value = MessageAttributeValue::builder().data_type("String").string_value(text).build();
            let value = value.map_err(|error| call.unbuilt(&error))?;
            request = request.message_attributes(name, value);
        }
        request.send().await.map_err(|error| call.failed(error))?;
        Ok(())
    }
}
