//! The roles that regions lend to home's `promote`.

use super::DirectPorts;
use crate::services::Service;
use crate::services::iam::SessionKeys;
use crate::services::sts::AssumeRole;
use meridian_domain::RegionName;
use meridian_handlers::adapters::assumed_roles::{self, AssumedRole};
use meridian_handlers::ports::{Answer, limits};

/// The sessions of the roles that a process has assumed.
pub type AssumedRoles = assumed_roles::AssumedRoles<SessionKeys>;

/// What acts on a region. The pipeline's jobs and home's on-call are a function's own business.
fn is_lent(service: Service) -> bool {
    match service {
        Service::S3
        | Service::SageMaker
        | Service::SageMakerRuntime
        | Service::CloudWatch
        | Service::ApplicationAutoScaling => true,
        Service::CodePipeline | Service::Sns | Service::Sts => false,
        // No function asks these.
        Service::Kms | Service::Ecr | Service::Iam | Service::ServiceQuotas | Service::EventBridge => false,
    }
}

impl DirectPorts {
    /// The keys for a call of a service in a region; none for the actor's own.
    pub(super) async fn session(&self, region: &RegionName, service: Service) -> Answer<Option<SessionKeys>> {
        match self.assumed_roles.as_ref().filter(|_| is_lent(service)) {
            Some(roles) => roles.of(region, self, async || self.assume_role(region).await).await.map(Some),
            None => Ok(None),
        }
    }

    /// Assumes the role that a region lends, through its own STS.
    async fn assume_role(&self, region: &RegionName) -> Answer<AssumedRole<SessionKeys>> {
        let request = AssumeRole {
            role_arn: self.fleet.lent_role_arn(region),
            role_session_name: format!("promote.{}", self.place),
            external_id: Some(self.fleet.lending_id().to_owned()),
            duration_seconds: None,
        };
        let lent = self.call_with(None, limits::ATTEMPT, region, request).await?.credentials;
        let keys = SessionKeys { id: lent.access_key_id, token: lent.session_token };
        Ok(AssumedRole { keys, until: lent.expiration })
    }
}
