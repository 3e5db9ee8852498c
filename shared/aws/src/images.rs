//! The containers' registry of each region, on ECR.

use crate::AwsPorts;
use crate::errors::{AwsOperation, Failed};
use crate::inspect::{Said, said};
use aws_sdk_ecr::operation::describe_images::{DescribeImagesError, DescribeImagesOutput};
use aws_sdk_ecr::types::ImageIdentifier;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use meridian_domain::{Image, RegionName};
use meridian_handlers::ports::{Answer, ErrorKind, Images, OperationName};

impl Images for AwsPorts {
    async fn has_image(&self, region: &RegionName, image: &Image) -> Answer<bool> {
        let answer = self.describe_image(region, image).await;
        match answer.map_err(|error| AwsOperation::new(region, OperationName::DescribeImages).failed(error)) {
            Ok(_) => Ok(true),
            // The repository is not there, or the image is not in it.
            Err(error) if error.kind == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl AwsPorts {
    /// Asks whether a region's own registry has an image.
    pub async fn inspect_image(&self, region: &RegionName, image: &Image) -> Said<()> {
        said(region, OperationName::DescribeImages, self.describe_image(region, image).await).map(drop)
    }

    async fn describe_image(
        &self,
        region: &RegionName,
        image: &Image,
    ) -> Result<DescribeImagesOutput, SdkError<DescribeImagesError, HttpResponse>> {
        let wanted = ImageIdentifier::builder().image_digest(format!("sha256:{}", image.digest)).build();
        let describe = self.clients.ecr(region).await.describe_images().registry_id(self.fleet.account_of(region));
        describe.repository_name(image.repository.as_str()).image_ids(wanted).send().await
    }
}
