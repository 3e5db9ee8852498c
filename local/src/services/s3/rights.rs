//! What the operations of S3 ask of IAM.

use crate::services::iam::ask::Ask;
use crate::services::s3::types::{
    DeleteBucketReplication, GetBucketEncryption, GetBucketNotificationConfiguration, GetBucketPolicy,
    GetBucketReplication, GetBucketVersioning, GetPublicAccessBlock,
};
use crate::services::s3::types::{GetObject, HeadObject, ListObjectsV2, PutObject};
use crate::world::operation::Guarded;
use crate::world::state::World;
use meridian_domain::RegionName;

impl World {
    /// What S3 asks for a bucket, or for a key in one: with the account that owns it.
    pub(crate) fn s3_ask(&self, action: &'static str, named: &str) -> Ask {
        let arn = format!("arn:aws:s3:::{named}");
        let owner = self.deployment.owner(&arn).unwrap_or_default().to_owned();
        Ask::new(action, arn).with("s3:ResourceAccount", owner)
    }

    fn bucket_ask(&self, action: &'static str, bucket: &str) -> Ask {
        self.s3_ask(action, bucket)
    }

    fn object_ask(&self, action: &'static str, bucket: &str, key: &str) -> Ask {
        self.s3_ask(action, &format!("{bucket}/{key}"))
    }

    /// An object's bytes need its key; one that is not there is told of only to those who may list.
    fn read_asks(&self, region: &RegionName, bucket: &str, key: &str) -> Vec<Ask> {
        let mut asks = vec![self.object_ask("s3:GetObject", bucket, key)];
        match self.bucket(region, bucket).map(|own| own.current(key)) {
            Ok(Some(_)) => asks.extend(self.bucket_key_ask("kms:Decrypt", bucket)),
            Ok(None) => asks.push(self.bucket_ask("s3:ListBucket", bucket)),
            // Another region's bucket, or nobody's: S3 says so itself.
            Err(_) => {}
        }
        asks
    }
}

impl Guarded for PutObject {
    fn asks(&self, world: &World, _: &RegionName) -> Vec<Ask> {
        let ask = world.object_ask("s3:PutObject", &self.bucket, &self.key).with("s3:ObjectCreationOperation", "true");
        let ask = if self.if_none_match { ask.with("s3:if-none-match", "*") } else { ask };
        [ask].into_iter().chain(world.bucket_key_ask("kms:GenerateDataKey", &self.bucket)).collect()
    }
}

impl Guarded for GetObject {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        world.read_asks(region, &self.bucket, &self.key)
    }
}

impl Guarded for HeadObject {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        world.read_asks(region, &self.bucket, &self.key)
    }
}

impl Guarded for ListObjectsV2 {
    fn asks(&self, world: &World, _: &RegionName) -> Vec<Ask> {
        vec![world.bucket_ask("s3:ListBucket", &self.bucket).with("s3:prefix", &self.prefix)]
    }
}

/// What S3 asks for a bucket's settings is not always called as the operation is (Service Authorization Reference).
macro_rules! bucket_asks {
    ($($operation:ty: $action:literal;)*) => {$(
        impl Guarded for $operation {
            fn asks(&self, world: &World, _: &RegionName) -> Vec<Ask> {
                vec![world.bucket_ask($action, &self.bucket)]
            }
        }
    )*};
}

bucket_asks! {
    GetBucketVersioning: "s3:GetBucketVersioning";
    GetBucketEncryption: "s3:GetEncryptionConfiguration";
    GetPublicAccessBlock: "s3:GetBucketPublicAccessBlock";
    GetBucketPolicy: "s3:GetBucketPolicy";
    GetBucketNotificationConfiguration: "s3:GetBucketNotification";
    GetBucketReplication: "s3:GetReplicationConfiguration";
    DeleteBucketReplication: "s3:PutReplicationConfiguration";
}
