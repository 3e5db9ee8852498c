//! Why an event is not taken.

use crate::edge::JsonKind;
use crate::fleet::names::{BucketName, FleetName, Sha256};
use serde::{Deserialize, Serialize};

/// Characters of a text of an event that an error repeats.
const SHOWN: usize = 80;

/// An event that is not what the function takes. A value is repeated only where it is a name: no part of a payload or a
/// credential (I12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventFault {
    /// An event of another kind.
    Kind {
        /// The function that was called, by its binary's name.
        function: String,
        /// The kinds that it takes.
        expected: Vec<EventKind>,
        /// What the event says it is.
        found: FoundEvent,
    },
    /// A field that is missing or wrong.
    Field {
        /// The kind of event, by its name.
        event: String,
        /// The field's path, with dots.
        field: String,
        /// What was expected of it.
        expected: ExpectedField,
        /// What was found.
        found: FoundField,
    },
}

/// A kind of event that functions take: each function lists its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// CodePipeline's job.
    Job,
    /// S3's, of a new object, through EventBridge.
    ObjectCreated,
    /// S3's, of a replication.
    Replication,
    /// CloudWatch's, of an alarm's state.
    AlarmState,
    /// SageMaker's, of an endpoint's state.
    EndpointState,
    /// A rule's on a schedule.
    Schedule,
    /// `GET /health`, through API Gateway or a load balancer.
    Health,
    /// `POST /score`, through a load balancer.
    Score,
}

/// What an event of another kind is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundEvent {
    /// CodePipeline's job.
    Job,
    /// EventBridge's, of another kind.
    Named {
        /// `detail-type`.
        kind: Excerpt,
        /// `source`.
        source: Excerpt,
    },
    /// A request that the API does not route here.
    Request {
        /// The HTTP method.
        method: Excerpt,
        /// The path.
        path: Excerpt,
    },
    /// API Gateway's request, as far as the parser got: its words are quoted.
    UnreadableRequest {
        /// The parser's words.
        quoted: Excerpt,
    },
    /// An object that says nothing of itself, by its first keys.
    Keys(Vec<Excerpt>),
    /// The payload was empty.
    Empty,
    /// JSON, but no object.
    Value(JsonKind),
}

/// What is expected of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpectedField {
    /// CodePipeline's id of the job, to answer it by: text that is not empty.
    JobId,
    /// Text, or the field absent.
    OptionalText,
    /// `UserParameters` of the action: a string of JSON that names fleet, action and release.
    UserParameters,
    /// A string that holds JSON.
    Json,
    /// The fleet that the function is deployed for.
    OwnFleet(FleetName),
    /// A place of a wave by traffic, and no region.
    PlaceForRegion,
    /// The digest of the policy that the function is deployed with.
    OwnPolicy(Sha256),
    /// A region's name, or a place beside it.
    RegionOrPlace,
    /// A region or a place, not both.
    RegionOrPlaceNotBoth,
    /// A place in the wave's order: a whole number from 1.
    Place,
    /// The id of the pipeline's execution, which names the wave in the ledger.
    Execution,
    /// `register`, `promote` or `verify`.
    Action,
    /// A fleet's name, by the rules of `fleet.toml`.
    FleetName,
    /// SHA-256 of a release's manifest: 64 lower-case hexadecimal digits.
    ReleaseDigest,
    /// SHA-256 of a `fleet.toml`, written alike.
    PolicyDigest,
    /// The name of the pipeline that the action is of.
    PipelineName,
    /// The region's own bucket, where the event names none.
    Bucket,
    /// The region's own bucket, by its name.
    OwnBucket(BucketName),
    /// `releases/manifests/<64 hexadecimal digits>.json`.
    ManifestKey,
    /// S3's name for what it says of a replication.
    ReplicationEvent,
    /// The key of the object that was not replicated.
    ObjectKey,
    /// The ARN of the bucket that is replicated to.
    DestinationArn,
    /// The ARN of a load balancer's target group.
    TargetGroupArn,
    /// The request's HTTP method, as text.
    Method,
    /// The request's path, as text.
    Path,
    /// The request's headers: an object whose values are texts.
    TextsByName,
    /// Words, as JSON's string.
    Text,
    /// A body in base64, because `isBase64Encoded` is true.
    Base64,
    /// `true` or `false`.
    Bool,
}

/// What was found in a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundField {
    /// The field is not there.
    Missing,
    /// An empty text.
    Empty,
    /// A value of another kind.
    Kind(JsonKind),
    /// A text that is not what is expected, or a value as it is written.
    Text(Excerpt),
    /// A place, where there is a region too.
    Place(usize),
    /// A digest, but not the expected one.
    Digest(Sha256),
    /// Text that is no JSON, by where the parser stopped.
    NotJson {
        /// 1-based line.
        line: usize,
        /// 1-based column.
        column: usize,
    },
    /// Nothing, or no object.
    NoObject,
    /// An object with other values than texts.
    OtherThanTexts,
    /// A value that is no text, where one may also be absent.
    NoText,
    /// Text that is not in base64.
    NotBase64,
    /// Neither `true` nor `false`.
    NeitherTrueNorFalse,
}

/// The beginning of a text: 80 characters at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// At most its first 80 characters.
    pub text: String,
    /// True if they are all of it.
    pub is_whole: bool,
}

impl Excerpt {
    /// The beginning of `text`.
    pub fn of(text: &str) -> Self {
        let cut: String = text.chars().take(SHOWN).collect();
        let is_whole = cut.len() == text.len();
        Self { text: cut, is_whole }
    }
}
