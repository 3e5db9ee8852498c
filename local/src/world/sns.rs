//! SNS: one topic per region, which calls a person.

use super::random::Random;
use super::{What, World};
use crate::api::sns::{Publish, PublishOutput};
use crate::api::{ApiError, Operation, Service};
use meridian_domain::RegionName;

/// SNS's longest subject, in characters.
const SUBJECT: usize = 100;
/// SNS's longest message, in bytes.
const MESSAGE: usize = 256 * 1024;

impl Operation for Publish {
    const SERVICE: Service = Service::Sns;
    const NAME: &'static str = "Publish";
    type Output = PublishOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<PublishOutput, ApiError> {
        let invalid = |message: &str| Err(ApiError::new("InvalidParameter", 400, message));
        let subject = self.subject.unwrap_or_default();
        if !subject.is_ascii() || subject.len() > SUBJECT || subject.contains(['\n', '\r']) {
            return invalid("Invalid parameter: Subject");
        }
        if self.message.is_empty() || self.message.len() > MESSAGE {
            return invalid("Invalid parameter: Message");
        }
        if self.topic_arn.split(':').nth(3) != Some(region.as_str()) {
            return invalid("Invalid parameter: TopicArn");
        }
        let topics = world.stack(region).map(|stack| stack.topics.as_slice()).unwrap_or_default();
        if topics.iter().all(|topic| topic.arn != self.topic_arn) {
            return Err(ApiError::new("NotFound", 404, "Topic does not exist"));
        }
        world.emitted += 1;
        let message_id = Random::labelled(world.config.seed, ["message", &world.emitted.to_string()]).uuid();
        world.record(region, What::PageSent { topic: self.topic_arn, subject, message: self.message });
        Ok(PublishOutput { message_id })
    }
}
