//! SNS: the one call that pages people, and what a topic is like.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// `Publish`: sends one message to a topic of the region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Publish {
    /// The topic's ARN; its region must be the one that is called.
    pub topic_arn: String,
    /// At most 100 characters of ASCII without line breaks.
    #[serde(default)]
    pub subject: Option<String>,
    /// At most 256 KB, with the attributes.
    pub message: String,
    /// Message attributes of type `String`, by name.
    #[serde(flatten, deserialize_with = "attributes", skip_serializing)]
    pub attributes: BTreeMap<String, String>,
}

/// Message attributes as the query protocol has them, flat and in any order: `MessageAttributes.entry.1.Name` and so on.
fn attributes<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    const ENTRY: &str = "MessageAttributes.entry.";
    let members = BTreeMap::<String, String>::deserialize(from)?;
    let attribute = |(member, name): (&String, &String)| {
        let number = member.strip_prefix(ENTRY)?.strip_suffix(".Name")?;
        let text = members.get(&format!("{ENTRY}{number}.Value.StringValue"))?;
        Some((name.clone(), text.clone()))
    };
    Ok(members.iter().filter_map(attribute).collect())
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
