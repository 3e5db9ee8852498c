//! S3: how a bucket is set up. It is as the template deploys it, but for what a person takes away by hand.

use crate::services::s3::bucket::not_here;
use crate::services::s3::types::{
    DeleteBucketReplication, GetBucketEncryption, GetBucketEncryptionOutput, GetBucketNotificationConfiguration,
    GetBucketNotificationConfigurationOutput, GetBucketPolicy, GetBucketPolicyOutput, GetBucketReplication,
    GetBucketReplicationOutput, GetBucketVersioning, GetBucketVersioningOutput, GetPublicAccessBlock,
    GetPublicAccessBlockOutput,
};
use crate::world::error::ApiError;
use crate::world::operation::Operation;
use crate::world::random::Random;
use crate::world::service::Service;
use crate::world::state::World;
use meridian_deployment::Bucket;
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;

impl World {
    /// The bucket that a question names: any of the region's stack.
    fn deployed_bucket(&self, region: &RegionName, name: &str, owner: Option<&str>) -> Result<&Bucket, ApiError> {
        let Some(own) = self.stack(region).and_then(|stack| stack.buckets.get(name)) else {
            let elsewhere = self.deployment.stacks.values().any(|stack| stack.buckets.contains_key(name));
            return Err(not_here(elsewhere));
        };
        match owner {
            Some(owner) if owner != self.account(region) => Err(ApiError::new("AccessDenied", 403, "Access Denied")),
            _ => Ok(own),
        }
    }

    /// Whether a bucket still has the rules that the template gives it, if any.
    pub(super) fn copies(&self, region: &RegionName, name: &str) -> bool {
        self.regions.get(region).is_none_or(|own| own.bucket.name != name || own.bucket.copies)
    }
}

/// Operations that read one bucket's settings.
macro_rules! settings {
    ($($operation:ident => $output:ident, |$own:ident| $answer:expr;)*) => {$(
        impl Operation for $operation {
            const SERVICE: Service = Service::S3;
            const OPERATION: OperationName = OperationName::$operation;
            type Output = $output;

            fn apply(self, world: &mut World, region: &RegionName) -> Result<$output, ApiError> {
                let $own = world.deployed_bucket(region, &self.bucket, self.expected_bucket_owner.as_deref())?;
                $answer
            }
        }
    )*};
}

settings! {
    GetBucketVersioning => GetBucketVersioningOutput, |own|
        Ok(GetBucketVersioningOutput { status: own.versioning.clone() });
    GetBucketEncryption => GetBucketEncryptionOutput, |own|
        Ok(GetBucketEncryptionOutput { by_default: own.encryption.clone() });
    GetPublicAccessBlock => GetPublicAccessBlockOutput, |own|
        Ok(GetPublicAccessBlockOutput { block: own.public });
    GetBucketPolicy => GetBucketPolicyOutput, |own| match own.policy.clone() {
        Some(policy) => Ok(GetBucketPolicyOutput { policy }),
        None => Err(ApiError::new("NoSuchBucketPolicy", 404, "The bucket policy does not exist")),
    };
    GetBucketNotificationConfiguration => GetBucketNotificationConfigurationOutput, |own| Ok(notifications(own));
}

impl Operation for GetBucketReplication {
    const SERVICE: Service = Service::S3;
    const OPERATION: OperationName = OperationName::GetBucketReplication;
    type Output = GetBucketReplicationOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<Self::Output, ApiError> {
        let own = world.deployed_bucket(region, &self.bucket, self.expected_bucket_owner.as_deref())?;
        replication(own, world.copies(region, &self.bucket))
    }
}

impl Operation for DeleteBucketReplication {
    const SERVICE: Service = Service::S3;
    const OPERATION: OperationName = OperationName::DeleteBucketReplication;
    type Output = ();

    fn apply(self, world: &mut World, region: &RegionName) -> Result<(), ApiError> {
        world.deployed_bucket(region, &self.bucket, self.expected_bucket_owner.as_deref())?;
        // Of a region's other buckets none has rules.
        if let Some(own) = world.regions.get_mut(region).filter(|own| own.bucket.name == self.bucket) {
            own.bucket.copies = false;
        }
        Ok(())
    }
}

/// S3 gives an id to each that comes without one.
fn notifications(own: &Bucket) -> GetBucketNotificationConfigurationOutput {
    let told = |(event, function): &(String, String)| {
        let id = Random::labelled(0, ["notification", &own.name, event]).uuid();
        (id, event.clone(), function.clone())
    };
    let functions = own.to_functions.iter().map(told).collect();
    GetBucketNotificationConfigurationOutput { event_bridge: own.to_event_bridge, functions }
}

fn replication(own: &Bucket, copies: bool) -> Result<GetBucketReplicationOutput, ApiError> {
    match &own.copy_role {
        Some(role) if copies && !own.replication.is_empty() => {
            Ok(GetBucketReplicationOutput { role: role.clone(), rules: own.replication.clone() })
        }
        _ => {
            let message = "The replication configuration was not found";
            Err(ApiError::new("ReplicationConfigurationNotFoundError", 404, message))
        }
    }
}
