//! What the operations of IAM ask of IAM.

use crate::services::iam::ask::{Ask, one_ask};
use crate::services::iam::types::GetRole;
use crate::world::operation::Guarded;
use crate::world::state::World;
use meridian_domain::RegionName;

one_ask! {
    GetRole: "iam:GetRole", |own, world, region|
        format!("arn:aws:iam::{}:role/{}", world.account(region), own.role_name);
}
