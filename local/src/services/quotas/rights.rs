//! What the operations of Service Quotas ask of IAM.

use crate::services::iam::ask::{Ask, one_ask};
use crate::services::quotas::types::{ListAwsDefaultServiceQuotas, ListServiceQuotas};
use crate::world::operation::Guarded;
use crate::world::state::World;
use meridian_domain::RegionName;

one_ask! {
    ListServiceQuotas: "servicequotas:ListServiceQuotas", |_own, _world, _region| "*";
    ListAwsDefaultServiceQuotas: "servicequotas:ListAWSDefaultServiceQuotas", |_own, _world, _region| "*";
}
