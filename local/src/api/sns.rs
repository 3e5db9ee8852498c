//! SNS: the one call that pages people.

use serde::{Deserialize, Serialize};

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
}

/// What `Publish` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PublishOutput {
    /// A UUID.
    pub message_id: String,
}
