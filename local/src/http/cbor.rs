//! Smithy's RPC v2 CBOR, as the Rust SDK speaks it with CloudWatch.
//!
//! The operations themselves know JSON values only; here a timestamp (tag 1) becomes a number of seconds and back. Which
//! numbers are timestamps on the way out is told by their member's name: `...Timestamp` and `...Timestamps`.

use super::registry;
use super::reply::{Reply, WireRequest, malformed, map, unknown};
use crate::services::{ApiError, Outcome, Service};
use ciborium::Value as Cbor;
use flate2::read::GzDecoder;
use serde_json::{Map, Number, Value as Json};
use std::borrow::Cow;
use std::io::Read;

/// CBOR's tag for seconds since 1970.
const EPOCH_SECONDS: u64 = 1;
/// The largest body that is unpacked: many times CloudWatch's own limit of 1 MB.
const LARGEST_BODY: u64 = 32 << 20;
const PREFIX: &str = "/service/GraniteServiceVersion20100801/operation/";

/// Serves one call.
pub(super) fn serve(call: &WireRequest<'_>) -> Outcome<Reply> {
    let path = call.parts.uri.path();
    let Some(operation) = path.strip_prefix(PREFIX) else {
        return Outcome::Answer(Err(unknown("CBOR", path)));
    };
    let input = match read(call) {
        Ok(input) => input,
        Err(error) => return Outcome::Answer(Err(error)),
    };
    map(registry::call(call, Service::CloudWatch, operation, input), |output| Ok(answer(&output)))
}

/// An error in this protocol. CloudWatch also keeps the code that its older query protocol used, in a header.
pub(super) fn error(error: &ApiError) -> Reply {
    let fault = if error.status < 500 { "Sender" } else { "Receiver" };
    let body = serde_json::json!({ "__type": error.code, "message": error.message });
    reply(error.status, &body).with("x-amzn-query-error", format!("{};{fault}", error.code))
}

/// An operation without a result answers no body, and so no type of one.
fn answer(output: &Json) -> Reply {
    if output.as_object().is_some_and(Map::is_empty) {
        let reply = Reply { status: 200, headers: Vec::new(), body: Vec::new().into() };
        return reply.with("smithy-protocol", "rpc-v2-cbor");
    }
    reply(200, output)
}

fn reply(status: u16, body: &Json) -> Reply {
    let mut bytes = Vec::new();
    // Writing to memory cannot fail.
    let _written = ciborium::into_writer(&encode(body, false), &mut bytes);
    Reply::new(status, "application/cbor", bytes).with("smithy-protocol", "rpc-v2-cbor")
}

fn read(call: &WireRequest<'_>) -> Result<Json, ApiError> {
    let body: Cow<'_, [u8]> = match call.header("content-encoding") {
        None | Some("identity") => Cow::Borrowed(&call.body),
        Some("gzip") => Cow::Owned(unpack(&call.body)?),
        Some(other) => return Err(malformed(format!("content-encoding {other:?} is not known here"))),
    };
    if body.is_empty() {
        return Ok(Json::Object(Map::new()));
    }
    let value: Cbor =
        ciborium::from_reader(body.as_ref()).map_err(|error| malformed(format!("the body is not CBOR: {error}")))?;
    decode(value)
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    let read = GzDecoder::new(packed).take(LARGEST_BODY).read_to_end(&mut bytes);
    read.map_err(|error| malformed(format!("the body is not gzip: {error}")))?;
    Ok(bytes)
}

fn decode(value: Cbor) -> Result<Json, ApiError> {
    Ok(match value {
        Cbor::Null => Json::Null,
        Cbor::Bool(truth) => Json::Bool(truth),
        Cbor::Text(text) => Json::String(text),
        Cbor::Integer(number) => Json::Number(integer(number.into())?),
        Cbor::Float(number) => Number::from_f64(number)
            .map(Json::Number)
            .ok_or_else(|| malformed(format!("{number} is not a number that a service takes")))?,
        Cbor::Tag(EPOCH_SECONDS, seconds) => decode(*seconds)?,
        Cbor::Array(items) => Json::Array(items.into_iter().map(decode).collect::<Result<_, _>>()?),
        Cbor::Map(members) => Json::Object(members.into_iter().map(member).collect::<Result<_, _>>()?),
        _ => return Err(malformed("a CBOR type that no operation here takes")),
    })
}

fn member((name, value): (Cbor, Cbor)) -> Result<(String, Json), ApiError> {
    let name = name.into_text().map_err(|_| malformed("a member's name is not text"))?;
    Ok((name, decode(value)?))
}

fn integer(number: i128) -> Result<Number, ApiError> {
    Number::from_i128(number).ok_or_else(|| malformed(format!("{number} is too large")))
}

fn encode(value: &Json, timestamp: bool) -> Cbor {
    match value {
        Json::Null => Cbor::Null,
        Json::Bool(truth) => Cbor::Bool(*truth),
        Json::String(text) => Cbor::Text(text.clone()),
        Json::Number(number) if timestamp => {
            Cbor::Tag(EPOCH_SECONDS, Box::new(Cbor::Float(number.as_f64().unwrap_or_default())))
        }
        Json::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => Cbor::Integer(number.into()),
            (None, Some(number)) => Cbor::Integer(number.into()),
            (None, None) => Cbor::Float(number.as_f64().unwrap_or_default()),
        },
        Json::Array(items) => Cbor::Array(items.iter().map(|item| encode(item, timestamp)).collect()),
        Json::Object(members) => Cbor::Map(
            members.iter().map(|(name, value)| (Cbor::Text(name.clone()), encode(value, is_timestamp(name)))).collect(),
        ),
    }
}

fn is_timestamp(member: &str) -> bool {
    member.ends_with("Timestamp") || member.ends_with("Timestamps")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_survive_and_only_timestamps_are_tagged() {
        let value = json!({
            "StateUpdatedTimestamp": 1_795_143_600.125,
            "Timestamps": [1_795_143_600.0],
            "Threshold": 20_000.0,
            "Period": 10,
            "Below": -1,
            "Names": ["a"],
            "On": true,
        });
        let encoded = encode(&value, false);
        assert_eq!(decode(encoded.clone()).unwrap(), value);
        let tags = |cbor: &Cbor| matches!(cbor, Cbor::Tag(EPOCH_SECONDS, inner) if inner.is_float());
        let members: Vec<(Cbor, Cbor)> = encoded.into_map().unwrap();
        for (name, cbor) in members {
            let first = cbor.as_array().and_then(|items| items.first()).unwrap_or(&cbor);
            assert_eq!(tags(first), is_timestamp(name.as_text().unwrap()), "{name:?}");
            assert_eq!(cbor.is_float(), name.as_text() == Some("Threshold"), "{name:?}");
        }
    }

    #[test]
    fn what_is_no_value_of_json_is_refused() {
        for bad in [Cbor::Float(f64::NAN), Cbor::Tag(9, Box::new(Cbor::Null)), Cbor::Bytes(vec![1])] {
            assert_eq!(decode(bad).unwrap_err().code, "SerializationException");
        }
    }
}
