//! What the operations of ECR ask of IAM.

use crate::services::ecr::types::DescribeImages;
use crate::services::iam::ask::{Ask, one_ask};
use crate::world::operation::Guarded;
use crate::world::state::World;
use meridian_domain::RegionName;

one_ask! {
    DescribeImages: "ecr:DescribeImages", |own, world, region|
        world.arn("ecr", region, &format!("repository/{}", own.repository_name));
}
