//! What the operations of STS ask of IAM.

use crate::services::iam::ask::Ask;
use crate::services::sts::types::{AssumeRole, GetCallerIdentity};
use crate::world::operation::Guarded;
use crate::world::state::World;
use meridian_domain::RegionName;

impl Guarded for AssumeRole {
    fn asks(&self, _: &World, _: &RegionName) -> Vec<Ask> {
        let ask = Ask::new("sts:AssumeRole", &self.role_arn);
        vec![self.external_id.iter().fold(ask, |ask, id| ask.with("sts:ExternalId", id))]
    }
}

impl Guarded for GetCallerIdentity {
    /// STS answers whoever signs, and no policy denies it.
    fn asks(&self, _: &World, _: &RegionName) -> Vec<Ask> {
        Vec::new()
    }
}
