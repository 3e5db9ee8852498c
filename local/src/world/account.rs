//! What an account has besides its regions' data: the stacks' keys and roles, images in its registries, and quotas.

use super::World;
use super::random::Random;
use crate::api::account::{
    DescribeImages, DescribeImagesOutput, DescribeKey, DescribeKeyOutput, GetRole, GetRoleOutput, ImageDetail,
    ImageIdentifier, KeyMetadata, ListAwsDefaultServiceQuotas, ListServiceQuotas, ListServiceQuotasOutput, Role,
    ServiceQuota,
};
use crate::api::{ApiError, Operation, Service};
use meridian_deployment::Key;
use meridian_domain::{RegionName, Sha256};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::{BTreeMap, BTreeSet};

/// Instances behind endpoints that every account may have: more than two of the largest fleet.
const DEFAULT_INSTANCES: u32 = 40;

/// What RFC 3986 leaves as it is, and IAM with it.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Instances of a training job that every account may have.
const DEFAULT_TRAINING: u32 = 20;

/// Quotas to a page: so few that who asks meets more than one page.
const QUOTAS_A_PAGE: usize = 1;

/// The images of one region's registry: each repository's digests.
#[derive(Debug, Default)]
pub(super) struct Images(BTreeMap<String, BTreeSet<String>>);

impl Images {
    /// Keeps the image of `ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY@sha256:DIGEST`.
    pub fn keep(&mut self, uri: &str) {
        let path = uri.split_once('/').and_then(|(_, path)| path.split_once('@'));
        if let Some((repository, digest)) = path {
            self.0.entry(repository.to_owned()).or_default().insert(digest.to_owned());
        }
    }
}

impl World {
    /// The ARN of a key or of its alias, however a caller names it (API reference of `DescribeKey`, "KeyId").
    pub(super) fn key_arn(&self, region: &RegionName, id: &str) -> String {
        match id {
            arn if arn.starts_with("arn:") => arn.to_owned(),
            alias if alias.starts_with("alias/") => self.arn("kms", region, alias),
            id => self.arn("kms", region, &format!("key/{id}")),
        }
    }

    /// The key that a caller names, of the region that is asked.
    pub(super) fn key_of(&self, region: &RegionName, id: &str) -> Result<&Key, ApiError> {
        let arn = self.key_arn(region, id);
        let here = format!(":kms:{region}:");
        self.key(&arn).filter(|key| key.arn.contains(&here)).ok_or_else(|| {
            let message = match arn.contains(":alias/") {
                true => format!("Alias {arn} is not found."),
                false => format!("Key '{arn}' does not exist"),
            };
            ApiError::new("NotFoundException", 400, message)
        })
    }

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

    /// How many instances of the fleet's type the account may have behind a region's endpoints. Who asks is told; updates are
    /// not held to it.
    pub fn limit_instances(&mut self, region: &RegionName, instances: u32) {
        if let Some(own) = self.regions.get_mut(region) {
            own.instance_quota = Some(instances);
        }
    }
}

impl Operation for DescribeKey {
    const SERVICE: Service = Service::Kms;
    const NAME: &'static str = "DescribeKey";
    type Output = DescribeKeyOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<DescribeKeyOutput, ApiError> {
        let own = world.key_of(region, &self.key_id)?;
        let key_metadata = KeyMetadata {
            aws_account_id: world.config.fleet.account.clone(),
            key_id: own.arn.rsplit('/').next().unwrap_or_default().to_owned(),
            arn: own.arn.clone(),
            creation_date: world.config.start.into(),
            enabled: own.enabled,
            key_state: if own.enabled { "Enabled" } else { "Disabled" },
        };
        Ok(DescribeKeyOutput { key_metadata })
    }
}

impl Operation for DescribeImages {
    const SERVICE: Service = Service::Ecr;
    const NAME: &'static str = "DescribeImages";
    type Output = DescribeImagesOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<DescribeImagesOutput, ApiError> {
        let account = world.config.fleet.account.clone();
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

impl Operation for GetRole {
    const SERVICE: Service = Service::Iam;
    const NAME: &'static str = "GetRole";
    type Output = GetRoleOutput;

    fn apply(self, world: &mut World, _: &RegionName) -> Result<GetRoleOutput, ApiError> {
        let name = &self.role_name;
        let arn = format!("arn:aws:iam::{}:role/{name}", world.config.fleet.account);
        let own = world
            .deployment
            .role(&arn)
            .ok_or_else(|| ApiError::new("NoSuchEntity", 404, format!("The role with name {name} cannot be found.")))?;
        let id = Random::labelled(world.config.seed, ["role", name]).token(16).to_uppercase();
        let document = own.trust_policy.to_string();
        let role = Role {
            path: "/",
            role_name: name.clone(),
            role_id: format!("AROA{id}"),
            arn,
            create_date: world.config.start.to_string(),
            assume_role_policy_document: utf8_percent_encode(&document, RESERVED).to_string(),
        };
        Ok(GetRoleOutput { role })
    }
}

impl World {
    /// The page of quotas that begins at `token`: of the two that are modelled, that of endpoints only where there is a value for
    /// it.
    fn quotas(
        &self,
        service_code: &str,
        token: Option<&str>,
        endpoints: Option<u32>,
    ) -> Result<ListServiceQuotasOutput, ApiError> {
        if service_code != "sagemaker" {
            // Others have quotas too, which nobody here asks for.
            let message = format!("The local world has no quotas of {service_code}.");
            return Err(ApiError::new("NoSuchResourceException", 400, message));
        }
        let known = [("training job", Some(DEFAULT_TRAINING)), ("endpoint", endpoints)];
        let quotas = known.into_iter().filter_map(|(of, instances)| {
            let quota_name = format!("{} for {of} usage", self.config.fleet.instance_type);
            let code: String = Sha256::of(quota_name.as_bytes()).to_string().chars().take(8).collect();
            Some(ServiceQuota {
                service_code: service_code.to_owned(),
                quota_code: format!("L-{}", code.to_uppercase()),
                quota_name,
                value: f64::from(instances?),
                adjustable: true,
            })
        });
        let quotas: Vec<ServiceQuota> = quotas.collect();
        let first = token.map_or(Ok(0), str::parse::<usize>).map_err(|_| {
            ApiError::new("InvalidPaginationTokenException", 400, "The pagination token is none of this operation's.")
        })?;
        let next = first.saturating_add(QUOTAS_A_PAGE);
        let next_token = (next < quotas.len()).then(|| next.to_string());
        Ok(ListServiceQuotasOutput { quotas: quotas.into_iter().skip(first).take(QUOTAS_A_PAGE).collect(), next_token })
    }
}

impl Operation for ListServiceQuotas {
    const SERVICE: Service = Service::ServiceQuotas;
    const NAME: &'static str = "ListServiceQuotas";
    type Output = ListServiceQuotasOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<ListServiceQuotasOutput, ApiError> {
        let applied = world.region(region)?.instance_quota;
        world.quotas(&self.service_code, self.next_token.as_deref(), applied)
    }
}

impl Operation for ListAwsDefaultServiceQuotas {
    const SERVICE: Service = Service::ServiceQuotas;
    const NAME: &'static str = "ListAWSDefaultServiceQuotas";
    type Output = ListServiceQuotasOutput;

    fn apply(self, world: &mut World, _: &RegionName) -> Result<ListServiceQuotasOutput, ApiError> {
        world.quotas(&self.service_code, self.next_token.as_deref(), Some(DEFAULT_INSTANCES))
    }
}
