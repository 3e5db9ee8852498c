//! What a serving container can reach: nothing at all, or what a VPC lets it.

use super::VpcLimit;
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
    /// The limit that it breaks, if any.
    pub(super) fn broken(&self) -> Option<VpcLimit> {
        let (subnets, groups) = MOST;
        if !(1..=subnets).contains(&self.subnets.len()) {
            return Some(VpcLimit::Subnets);
        }
        (!(1..=groups).contains(&self.security_groups.len())).then_some(VpcLimit::SecurityGroups)
    }
}

/// The digest of what a model is told of its network: a part of its name. None for a model that is told nothing.
pub(super) fn told(isolated: bool, vpc: Option<&Vpc>) -> Option<Sha256> {
    (isolated || vpc.is_some()).then(|| Sha256::of(format!("{isolated} {vpc:?}").as_bytes()))
}
