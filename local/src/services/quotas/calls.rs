//! Service Quotas: how many instances the account may have.

use crate::services::quotas::types::{
    ListAwsDefaultServiceQuotas, ListServiceQuotas, ListServiceQuotasOutput, ServiceQuota,
};
use crate::world::error::ApiError;
use crate::world::operation::Operation;
use crate::world::service::Service;
use crate::world::state::World;
use meridian_domain::reason::OperationName;
use meridian_domain::{RegionName, Sha256};

/// Instances behind endpoints that every account may have: more than twice the largest region's maximum.
const DEFAULT_INSTANCES: u32 = 40;

/// Instances of a training job that every account may have.
const DEFAULT_TRAINING: u32 = 20;

/// Quotas to a page: so few that who asks meets more than one page.
const QUOTAS_A_PAGE: usize = 1;

impl World {
    /// How many instances of the fleet's type the account may have behind a region's endpoints. Who asks is told; updates are
    /// not held to it.
    pub fn limit_instances(&mut self, region: &RegionName, instances: u32) {
        if let Some(own) = self.regions.get_mut(region) {
            own.instance_quota = Some(instances);
        }
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
    const OPERATION: OperationName = OperationName::ListServiceQuotas;
    type Output = ListServiceQuotasOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<ListServiceQuotasOutput, ApiError> {
        let applied = world.region(region)?.instance_quota;
        world.quotas(&self.service_code, self.next_token.as_deref(), applied)
    }
}

impl Operation for ListAwsDefaultServiceQuotas {
    const SERVICE: Service = Service::ServiceQuotas;
    const OPERATION: OperationName = OperationName::ListAWSDefaultServiceQuotas;
    type Output = ListServiceQuotasOutput;

    fn apply(self, world: &mut World, _: &RegionName) -> Result<ListServiceQuotasOutput, ApiError> {
        world.quotas(&self.service_code, self.next_token.as_deref(), Some(DEFAULT_INSTANCES))
    }
}
