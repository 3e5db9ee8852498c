//! The roles of other regions that home's `promote` assumes, through each region's own STS.

use crate::clock::AwsClock;
use crate::errors::{AwsOperation, Failed};
use crate::time::from_sdk;
use aws_sdk_sts::operation::assume_role::AssumeRoleOutput;
use meridian_domain::{Fleet, RegionName};
use meridian_handlers::adapters::assumed_roles::{AssumedRole, AssumedRoles};
use meridian_handlers::ports::{ASSUME_ROLE, Answer, AnswerPart, FailureDetail};
use std::sync::Arc;
use std::time::SystemTime;

/// A role's short-lived keys. Their `Debug` shows none of them.
pub(crate) use aws_sdk_s3::config::Credentials as Keys;

/// Assumes the regions' roles, and caches them.
#[derive(Debug)]
pub(crate) struct RoleAssumer {
    fleet: Arc<Fleet>,
    /// The region of whoever assumes them.
    place: RegionName,
    roles: AssumedRoles<Keys>,
}

impl RoleAssumer {
    pub(crate) fn new(fleet: Arc<Fleet>, place: RegionName) -> Self {
        Self { fleet, place, roles: AssumedRoles::default() }
    }

    /// The keys of a region's role: cached, or from its `sts`.
    pub(crate) async fn keys(
        &self,
        region: &RegionName,
        clock: &AwsClock,
        sts: impl AsyncFnOnce() -> aws_sdk_sts::Client,
    ) -> Answer<Keys> {
        self.roles.of(region, clock, async || self.assume(region, sts().await).await).await
    }

    async fn assume(&self, region: &RegionName, sts: aws_sdk_sts::Client) -> Answer<AssumedRole<Keys>> {
        let call = AwsOperation::new(region, ASSUME_ROLE);
        let answer = sts
            .assume_role()
            .role_arn(self.fleet.lent_role_arn(region))
            // CloudTrail shows this name with each operation of the wave in that region.
            .role_session_name(format!("promote.{}", self.place))
            .external_id(self.fleet.lending_id())
            .send()
            .await
            .map_err(|error| call.failed(error))?;
        assumed(answer).ok_or_else(|| call.refused(FailureDetail::Lacks(AnswerPart::Keys)))
    }
}

fn assumed(answer: AssumeRoleOutput) -> Option<AssumedRole<Keys>> {
    let lent = answer.credentials?;
    let (until, expiry) = (from_sdk(&lent.expiration)?, SystemTime::try_from(lent.expiration).ok()?);
    let keys =
        Keys::new(lent.access_key_id, lent.secret_access_key, Some(lent.session_token), Some(expiry), "lent role");
    Some(AssumedRole { keys, until })
}
