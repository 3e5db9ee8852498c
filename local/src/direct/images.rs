//! The containers' registry of each region.

use super::DirectPorts;
use crate::services::ecr::{DescribeImages, ImageIdentifier};
use meridian_domain::{Image, RegionName};
use meridian_handlers::ports::{Answer, ErrorKind, Images};

impl Images for DirectPorts {
    async fn has_image(&self, region: &RegionName, image: &Image) -> Answer<bool> {
        let request = DescribeImages {
            registry_id: Some(self.fleet.account_of(region).to_owned()),
            repository_name: image.repository.to_string(),
            image_ids: vec![ImageIdentifier { image_digest: format!("sha256:{}", image.digest) }],
        };
        match self.call(region, request).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}
