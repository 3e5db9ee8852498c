//! The roles that regions lend to home's `promote`.

use super::DirectPorts;
use crate::api::Service;
use crate::api::sts::AssumeRole;
use crate::world::SessionKeys;
use meridian_domain::RegionName;
use meridian_handlers::adapters::assumed_roles::{AssumedRole, AssumedRoles};
use meridian_handlers::ports::{Answer, limits};

/// What a process has borrowed.
pub type RoleLoans = AssumedRoles<SessionKeys>;

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
        match self.loans.as_ref().filter(|_| is_lent(service)) {
            Some(loans) => loans.of(region, self, async || self.borrow(region).await).await.map(Some),
            None => Ok(None),
        }
    }

    /// Borrows a region's role from its own STS.
    async fn borrow(&self, region: &RegionName) -> Answer<AssumedRole<SessionKeys>> {
        let request = AssumeRole {
            role_arn: self.fleet.lent_role_arn(region),
            role_session_name: format!("promote.{}", self.fleet.home),
            external_id: Some(self.fleet.lending_id().to_owned()),
            duration_seconds: None,
        };
        let lent = self.call_with(None, limits::ATTEMPT, region, request).await?.credentials;
        let keys = SessionKeys { id: lent.access_key_id, token: lent.session_token };
        Ok(AssumedRole { keys, until: lent.expiration })
    }
}
