//! What the operations of SNS ask of IAM.

use crate::services::iam::ask::{Ask, one_ask};
use crate::services::sns::types::{GetTopicAttributes, Publish};
use crate::world::operation::Guarded;
use crate::world::state::World;
use meridian_domain::RegionName;

impl Guarded for Publish {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        let topic = world.stack(region).and_then(|stack| stack.topics.iter().find(|topic| topic.arn == self.topic_arn));
        let key = topic.and_then(|topic| topic.key.as_ref());
        // SNS User Guide, "Key management": a publisher to an encrypted topic needs both; SNS asks with the publisher's rights.
        let via = format!("sns.{region}.amazonaws.com");
        let ask = |action, key| world.key_ask(action, key).with("kms:ViaService", via.clone());
        let key = key.into_iter().flat_map(|key| ["kms:GenerateDataKey", "kms:Decrypt"].map(|action| ask(action, key)));
        [Ask::new("sns:Publish", &self.topic_arn)].into_iter().chain(key).collect()
    }
}

one_ask! {
    GetTopicAttributes: "sns:GetTopicAttributes", |own, _world, _region| own.topic_arn.clone();
}
