//! SNS: one topic per region, which calls a person.

use crate::services::sns::types::{GetTopicAttributes, GetTopicAttributesOutput, Publish, PublishOutput};
use crate::world::error::ApiError;
use crate::world::log::What;
use crate::world::operation::Operation;
use crate::world::random::Random;
use crate::world::service::Service;
use crate::world::state::World;
use meridian_deployment::Topic;
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;
use meridian_handlers::ports::{ADVICE, PAGE_KIND, PAGE_REASON, URGENCY};
use std::collections::BTreeMap;

/// A subject has fewer characters (SNS API reference, "Publish").
const SUBJECT: usize = 100;
/// A subscription by one of these counts when somebody has followed the link that SNS sent there.
const CONFIRMED_BY_LINK: [&str; 4] = ["email", "email-json", "http", "https"];
/// SNS's longest message with its attributes, in bytes.
const MESSAGE: usize = 256 * 1024;

impl World {
    /// The region's topic of an ARN.
    fn topic(&self, region: &RegionName, arn: &str) -> Result<&Topic, ApiError> {
        if arn.split(':').nth(3) != Some(region.as_str()) {
            return Err(ApiError::new("InvalidParameter", 400, "Invalid parameter: TopicArn"));
        }
        let topics = self.stack(region).map(|stack| stack.topics.as_slice()).unwrap_or_default();
        let own = topics.iter().find(|topic| topic.arn == arn);
        own.ok_or_else(|| ApiError::new("NotFound", 404, "Topic does not exist"))
    }

    /// How many subscribe to a topic, confirmed and pending. The world's log hears every page, so it is one of the confirmed;
    /// nobody here reads mail, so what waits for a link to be followed goes on waiting.
    fn subscribers(&self, region: &RegionName, topic: &Topic) -> Result<(usize, usize), ApiError> {
        let log = usize::from(!self.region(region)?.unheard);
        let pending = topic.subscribed.iter().filter(|own| CONFIRMED_BY_LINK.contains(&own.as_str())).count();
        Ok((log + topic.subscribed.len() - pending, pending))
    }

    /// The log unsubscribes from a region's topic, as anybody can by the link in a mail. What is published there is still told.
    pub fn stop_hearing(&mut self, region: &RegionName) {
        if let Some(own) = self.regions.get_mut(region) {
            own.unheard = true;
        }
    }
}

impl Operation for Publish {
    const SERVICE: Service = Service::Sns;
    const OPERATION: OperationName = OperationName::Publish;
    type Output = PublishOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<PublishOutput, ApiError> {
        let invalid = |message: &str| Err(ApiError::new("InvalidParameter", 400, message));
        let Self { topic_arn: topic, subject, message, mut attributes } = self;
        let subject = subject.unwrap_or_default();
        if !subject.is_ascii() || subject.len() >= SUBJECT || subject.contains(['\n', '\r']) {
            return invalid("Invalid parameter: Subject");
        }
        let beside: usize = attributes.iter().map(|(name, text)| name.len() + text.len()).sum();
        if message.is_empty() || message.len() + beside > MESSAGE {
            return invalid("Invalid parameter: Message");
        }
        world.topic(region, &topic)?;
        world.emitted += 1;
        let message_id = Random::labelled(world.config.seed, ["message", &world.emitted.to_string()]).uuid();
        let reason = attributes.get(PAGE_REASON).and_then(|text| serde_json::from_str(text).ok());
        let about = attributes.remove(PAGE_KIND);
        let is_advice = attributes.get(URGENCY).is_some_and(|urgency| urgency == ADVICE);
        let what = if is_advice {
            What::AdviceSent { topic, subject, message, about, reason }
        } else {
            What::PageSent { topic, subject, message, about, reason }
        };
        world.record(region, what);
        Ok(PublishOutput { message_id })
    }
}

impl Operation for GetTopicAttributes {
    const SERVICE: Service = Service::Sns;
    const OPERATION: OperationName = OperationName::GetTopicAttributes;
    type Output = GetTopicAttributesOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<GetTopicAttributesOutput, ApiError> {
        let topic = world.topic(region, &self.topic_arn)?;
        let owner = world.account(region).to_owned();
        let mut attributes = BTreeMap::from([("Owner".to_owned(), owner), ("TopicArn".to_owned(), topic.arn.clone())]);
        let (confirmed, pending) = world.subscribers(region, topic)?;
        let counts = [("SubscriptionsConfirmed", confirmed), ("SubscriptionsPending", pending)];
        attributes.extend(counts.map(|(name, count)| (name.to_owned(), count.to_string())));
        attributes.extend(topic.key.iter().map(|key| ("KmsMasterKeyId".to_owned(), key.clone())));
        attributes.extend(topic.policy.iter().map(|policy| ("Policy".to_owned(), policy.to_string())));
        Ok(GetTopicAttributesOutput { attributes })
    }
}
