//! SNS: the one call that pages people, and what a topic is like.

use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;

/// `Publish`: sends one message to a topic of the region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Publish {
    /// The topic's ARN; its region must be the one that is called.
    pub topic_arn: String,
    /// At most 100 characters of ASCII without line breaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// At most 256 KB.
    pub message: String,
    /// The first message attribute's name, flat as the query protocol has it: no other is modelled.
    #[serde(default, rename = "MessageAttributes.entry.1.Name", skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// That attribute's text; by the two the world tells advice from a page.
    #[serde(default, rename = "MessageAttributes.entry.1.Value.StringValue", skip_serializing_if = "Option::is_none")]
    pub urgency: Option<String>,
}

/// What `Publish` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PublishOutput {
    /// A UUID, new for each message.
    pub message_id: String,
}

/// `GetTopicAttributes`: how a topic is set up, and how many subscribe to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetTopicAttributes {
    /// The topic's ARN; its region must be the one that is called.
    pub topic_arn: String,
}

/// What `GetTopicAttributes` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetTopicAttributesOutput {
    /// By name. How many subscribe is among them, who is not.
    #[serde(serialize_with = "entries")]
    pub attributes: BTreeMap<String, String>,
}

/// A map as the query protocol writes it: `<entry><key>...</key><value>...</value></entry>` for each.
fn entries<S: Serializer>(map: &BTreeMap<String, String>, to: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Entry<'a> {
        key: &'a str,
        value: &'a str,
    }
    let all: Vec<Entry<'_>> = map.iter().map(|(key, value)| Entry { key, value }).collect();
    BTreeMap::from([("entry", all)]).serialize(to)
}
