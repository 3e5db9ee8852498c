//! ECR: which images a registry has.

use crate::services::ecr::types::{DescribeImages, DescribeImagesOutput, ImageDetail, ImageIdentifier};
use crate::world::error::ApiError;
use crate::world::operation::Operation;
use crate::world::service::Service;
use crate::world::state::World;
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;
use std::collections::BTreeSet;

impl World {
    /// A region's repositories lose all their images: what a lifecycle policy of somebody else's does.
    pub fn lose_images(&mut self, region: &RegionName) {
        if let Some(own) = self.regions.get_mut(region) {
            own.images.0.values_mut().for_each(BTreeSet::clear);
        }
    }

    /// A region's models name another region's registry: somebody made them by hand, in the wrong place.
    pub fn borrow_images(&mut self, region: &RegionName, from: &RegionName) {
        let (own, other) = (format!(".{region}."), format!(".{from}."));
        let models = self.regions.get_mut(region).into_iter().flat_map(|own| own.sagemaker.models.values_mut());
        for image in models.filter_map(|model| model.request.primary_container.image.as_mut()) {
            *image = image.replace(&own, &other);
        }
    }
}

impl Operation for DescribeImages {
    const SERVICE: Service = Service::Ecr;
    const OPERATION: OperationName = OperationName::DescribeImages;
    type Output = DescribeImagesOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<DescribeImagesOutput, ApiError> {
        let account = world.account(region).to_owned();
        let registry = self.registry_id.unwrap_or_else(|| account.clone());
        let repository = &self.repository_name;
        let own = world.region(region)?.images.0.get(repository).filter(|_| registry == account).ok_or_else(|| {
            let message =
                format!("The repository with name '{repository}' does not exist in the registry with id '{registry}'");
            ApiError::new("RepositoryNotFoundException", 400, message)
        })?;
        if let Some(ImageIdentifier { image_digest }) =
            self.image_ids.iter().find(|wanted| !own.contains(&wanted.image_digest))
        {
            let message = format!(
                "The image with imageId {{imageDigest:'{image_digest}', imageTag:'null'}} does not exist within the \
                 repository with name '{repository}' in the registry with id '{registry}'"
            );
            return Err(ApiError::new("ImageNotFoundException", 400, message));
        }
        let wanted = |digest: &&String| {
            self.image_ids.is_empty() || self.image_ids.iter().any(|wanted| wanted.image_digest == **digest)
        };
        let detail = |digest: &String| ImageDetail {
            registry_id: registry.clone(),
            repository_name: repository.clone(),
            image_digest: digest.clone(),
        };
        Ok(DescribeImagesOutput { image_details: own.iter().filter(wanted).map(detail).collect() })
    }
}
