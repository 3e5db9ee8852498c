//! IAM: the stacks' roles.

use crate::services::iam::types::{GetRole, GetRoleOutput, Role};
use crate::world::error::ApiError;
use crate::world::operation::Operation;
use crate::world::random::Random;
use crate::world::service::Service;
use crate::world::state::World;
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 3986 leaves as it is, and IAM with it.
pub(crate) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Operation for GetRole {
    const SERVICE: Service = Service::Iam;
    const OPERATION: OperationName = OperationName::GetRole;
    type Output = GetRoleOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<GetRoleOutput, ApiError> {
        let name = &self.role_name;
        let arn = format!("arn:aws:iam::{}:role/{name}", world.account(region));
        let own = world
            .deployment
            .role(&arn)
            .ok_or_else(|| ApiError::new("NoSuchEntity", 404, format!("The role with name {name} cannot be found.")))?;
        let id = Random::labelled(world.config.seed, ["role", name]).token(16).to_uppercase();
        let document = own.trust_policy.to_string();
        let role = Role {
            path: "/",
            role_name: name.clone(),
            role_id: format!("AROA{id}"),
            arn,
            create_date: world.config.start.to_string(),
            assume_role_policy_document: utf8_percent_encode(&document, RESERVED).to_string(),
        };
        Ok(GetRoleOutput { role })
    }
}
