//! What the operations of KMS ask of IAM.

use crate::services::iam::ask::Ask;
use crate::services::kms::types::{DescribeKey, GetPublicKey, Sign};
use crate::world::operation::Guarded;
use crate::world::state::World;
use meridian_domain::RegionName;

impl Guarded for DescribeKey {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        vec![world.key_ask("kms:DescribeKey", &world.key_arn(region, &self.key_id))]
    }
}

impl Guarded for GetPublicKey {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        vec![world.key_ask("kms:GetPublicKey", &world.key_arn(region, &self.key_id))]
    }
}

impl Guarded for Sign {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        vec![world.key_ask("kms:Sign", &world.key_arn(region, &self.key_id))]
    }
}
