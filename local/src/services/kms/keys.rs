//! KMS: the stacks' keys, by ARN, id or alias.

use crate::services::kms::types::{DescribeKey, DescribeKeyOutput, KeyMetadata};
use crate::world::error::ApiError;
use crate::world::operation::Operation;
use crate::world::service::Service;
use crate::world::state::World;
use meridian_deployment::Key;
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;

impl World {
    /// The ARN of a key or of its alias, however a caller names it (API reference of `DescribeKey`, "KeyId").
    pub(crate) fn key_arn(&self, region: &RegionName, id: &str) -> String {
        match id {
            arn if arn.starts_with("arn:") => arn.to_owned(),
            alias if alias.starts_with("alias/") => self.arn("kms", region, alias),
            id => self.arn("kms", region, &format!("key/{id}")),
        }
    }

    /// The key that a caller names, of the region that is asked.
    pub(crate) fn key_of(&self, region: &RegionName, id: &str) -> Result<&Key, ApiError> {
        let arn = self.key_arn(region, id);
        let here = format!(":kms:{region}:");
        self.key(&arn).filter(|key| key.arn.contains(&here)).ok_or_else(|| {
            let message = match arn.contains(":alias/") {
                true => format!("Alias {arn} is not found."),
                false => format!("Key '{arn}' does not exist"),
            };
            ApiError::new("NotFoundException", 400, message)
        })
    }
}

impl Operation for DescribeKey {
    const SERVICE: Service = Service::Kms;
    const OPERATION: OperationName = OperationName::DescribeKey;
    type Output = DescribeKeyOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<DescribeKeyOutput, ApiError> {
        let own = world.key_of(region, &self.key_id)?;
        let key_metadata = KeyMetadata {
            aws_account_id: world.account(region).to_owned(),
            key_id: own.arn.rsplit('/').next().unwrap_or_default().to_owned(),
            arn: own.arn.clone(),
            creation_date: world.config.start.into(),
            enabled: own.enabled,
            key_state: if own.enabled { "Enabled" } else { "Disabled" },
        };
        Ok(DescribeKeyOutput { key_metadata })
    }
}
