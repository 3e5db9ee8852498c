//! What a serving container can reach: nothing at all, or what a VPC lets it.

use crate::fleet::names::{SecurityGroupId, Sha256, SubnetId};
use serde::Deserialize;

/// SageMaker's bounds of a model's `VpcConfig`.
const MOST: (usize, usize) = (16, 5);

/// `vpc` of a `[[region]]`: where its instances' network interfaces stand.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vpc {
    /// 1 to 16 of them.
    pub subnets: Vec<SubnetId>,
    /// 1 to 5 of them.
    pub security_groups: Vec<SecurityGroupId>,
}

impl Vpc {
    /// What is wrong with it, if anything.
    pub(super) fn wrong(&self) -> Option<&'static str> {
        let (subnets, groups) = MOST;
        if !(1..=subnets).contains(&self.subnets.len()) {
            return Some("1 to 16 subnets");
        }
        (!(1..=groups).contains(&self.security_groups.len())).then_some("1 to 5 security groups")
    }
}

/// The digest of what a model is told of its network: a part of its name. None for a model that is told nothing.
pub(super) fn told(isolated: bool, vpc: Option<&Vpc>) -> Option<Sha256> {
    (isolated || vpc.is_some()).then(|| Sha256::of(format!("{isolated} {vpc:?}").as_bytes()))
}
