//! The roles that regions lend to home's `promote`, borrowed from each region's own STS.

use crate::clock::AwsClock;
use crate::errors::{Call, Failed};
use crate::time::from_sdk;
use aws_sdk_sts::operation::assume_role::AssumeRoleOutput;
use meridian_domain::{Fleet, RegionName};
use meridian_handlers::adapters::lending::{Loan, Loans};
use meridian_handlers::ports::{Answer, LOAN};
use std::sync::Arc;
use std::time::SystemTime;

/// A role's short-lived keys. Their `Debug` shows none of them.
pub(crate) use aws_sdk_s3::config::Credentials as Keys;

/// One who borrows regions' roles, and what is borrowed.
#[derive(Debug)]
pub(crate) struct Borrower {
    fleet: Arc<Fleet>,
    loans: Loans<Keys>,
}

impl Borrower {
    pub(crate) fn new(fleet: Arc<Fleet>) -> Self {
        Self { fleet, loans: Loans::default() }
    }

    /// The keys of a region's role, borrowed from its `sts` where none are held.
    pub(crate) async fn keys(
        &self,
        region: &RegionName,
        clock: &AwsClock,
        sts: impl AsyncFnOnce() -> aws_sdk_sts::Client,
    ) -> Answer<Keys> {
        self.loans.of(region, clock, async || self.borrow(region, sts().await).await).await
    }

    async fn borrow(&self, region: &RegionName, sts: aws_sdk_sts::Client) -> Answer<Loan<Keys>> {
        let call = Call::new(region, LOAN);
        let answer = sts
            .assume_role()
            .role_arn(self.fleet.lent_role_arn(region))
            // What CloudTrail shows beside each call of the wave in that region.
            .role_session_name(format!("promote.{}", self.fleet.home))
            .external_id(self.fleet.lending_id())
            .send()
            .await
            .map_err(|error| call.failed(error))?;
        loan(answer).ok_or_else(|| call.refused("the answer holds no keys, or keys without an end"))
    }
}

fn loan(answer: AssumeRoleOutput) -> Option<Loan<Keys>> {
    let lent = answer.credentials?;
    let (until, expiry) = (from_sdk(&lent.expiration)?, SystemTime::try_from(lent.expiration).ok()?);
    let keys =
        Keys::new(lent.access_key_id, lent.secret_access_key, Some(lent.session_token), Some(expiry), "lent role");
    Some(Loan { keys, until })
}
