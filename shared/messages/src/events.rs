//! Why an event is not taken, in words.

use meridian_domain::edge::JsonKind;
use meridian_domain::reason::{EventKind, Excerpt, ExpectedField, FoundEvent, FoundField};

/// What a function takes, by the kinds of its events.
pub(crate) fn taken(kinds: &[EventKind]) -> String {
    let words: Vec<&str> = kinds.iter().map(|kind| kind_of_event(*kind)).collect();
    match words.as_slice() {
        [] => "no event".to_owned(),
        [one] => (*one).to_owned(),
        [first, last] => format!("{first} or {last}"),
        [first @ .., last] => format!("{}, or {last}", first.join(", ")),
    }
}

fn kind_of_event(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Job => "a CodePipeline job",
        EventKind::ObjectCreated => "S3 \"Object Created\" through EventBridge",
        EventKind::Replication => "S3 replication notifications",
        EventKind::AlarmState => "a CloudWatch alarm's state change",
        EventKind::EndpointState => "a SageMaker endpoint's state change",
        EventKind::Schedule => "a scheduled event",
        EventKind::Health => "a request of API Gateway or of a load balancer: GET /health",
        EventKind::Score => "a load balancer's request: POST /score",
    }
}

/// What an event is.
pub(crate) fn event(found: &FoundEvent) -> String {
    match found {
        FoundEvent::Job => kind_of_event(EventKind::Job).to_owned(),
        FoundEvent::Named { kind, source } => format!("{} of {}", quoted(kind), quoted(source)),
        FoundEvent::Request { method, path } => format!("{} {}", quoted(method), quoted(path)),
        FoundEvent::UnreadableRequest { quoted: words } => {
            format!("a proxy request that cannot be read ({})", quoted(words))
        }
        FoundEvent::Keys(keys) => {
            let keys: Vec<String> = keys.iter().map(quoted).collect();
            format!("an object with the keys [{}]", keys.join(", "))
        }
        FoundEvent::Empty => "empty".to_owned(),
        FoundEvent::Value(kind) => value(*kind).to_owned(),
    }
}

/// What is expected of a field.
pub(crate) fn expected(field: &ExpectedField) -> String {
    let words = match field {
        ExpectedField::OwnFleet(name) => {
            return format!("{:?}, the fleet that this function is deployed for", name.as_str());
        }
        ExpectedField::OwnPolicy(digest) => {
            return format!(
                "{digest}, the digest of the fleet.toml that this function is deployed with; start a new execution of the release"
            );
        }
        ExpectedField::OwnBucket(name) => return format!("{:?}, this region's own bucket", name.as_str()),
        ExpectedField::JobId => "the job's id",
        ExpectedField::OptionalText => "a text, or nothing",
        ExpectedField::UserParameters => "a string of JSON such as {\"fleet\":..,\"action\":..,\"release\":..}",
        ExpectedField::Json => "a string of JSON",
        ExpectedField::PlaceForRegion => {
            "no region but a place, such as \"place\": 1: with order = \"signal\" each wave has its own order, so name the \
             pipeline's stages Promote-1, Promote-2 and so on"
        }
        ExpectedField::RegionOrPlace => "an AWS region name such as eu-west-1, or a place instead",
        ExpectedField::RegionOrPlaceNotBoth => "a region or a place, not both",
        ExpectedField::Place => "a whole number from 1",
        ExpectedField::Execution => "the pipeline execution's id",
        ExpectedField::Action => "\"register\", \"promote\" or \"verify\"",
        ExpectedField::FleetName => "a fleet's name",
        ExpectedField::ReleaseDigest => "the release's SHA-256: 64 lower-case hexadecimal digits",
        ExpectedField::PolicyDigest => "the fleet policy's SHA-256: 64 lower-case hexadecimal digits",
        ExpectedField::PipelineName => "the pipeline's name",
        ExpectedField::Bucket => "this region's own bucket",
        ExpectedField::ManifestKey => "a manifest's key, releases/manifests/<64 hexadecimal digits>.json",
        ExpectedField::ReplicationEvent => "a name such as Replication:OperationFailedReplication",
        ExpectedField::ObjectKey => "the object's key",
        ExpectedField::DestinationArn => "the destination bucket's ARN",
        ExpectedField::TargetGroupArn => "the target group's ARN",
        ExpectedField::Method => "a method",
        ExpectedField::Path => "a path",
        ExpectedField::TextsByName => "texts by name",
        ExpectedField::Text => "a text",
        ExpectedField::Base64 => "base64, as isBase64Encoded says",
        ExpectedField::Bool => "true or false",
    };
    words.to_owned()
}

/// What was found in a field.
pub(crate) fn found(field: &FoundField) -> String {
    let words = match field {
        FoundField::Text(text) => return quoted(text),
        FoundField::Place(place) => return place.to_string(),
        FoundField::Digest(digest) => return digest.to_string(),
        FoundField::NotJson { line, column } => return format!("not JSON (line {line} column {column})"),
        FoundField::Missing => "missing",
        FoundField::Empty => "empty",
        FoundField::Kind(kind) => value(*kind),
        FoundField::NoObject => "missing, or not an object",
        FoundField::OtherThanTexts => "of other values than texts",
        FoundField::NoText => "no text",
        FoundField::NotBase64 => "something else",
        FoundField::NeitherTrueNorFalse => "neither",
    };
    words.to_owned()
}

fn quoted(text: &Excerpt) -> String {
    let dots = if text.is_whole { "" } else { "..." };
    format!("{:?}{dots}", text.text)
}

fn value(kind: JsonKind) -> &'static str {
    match kind {
        JsonKind::Null => "null",
        JsonKind::Bool => "a boolean",
        JsonKind::Number => "a number",
        JsonKind::Text => "a text",
        JsonKind::List => "a list",
        JsonKind::Object => "an object",
    }
}
