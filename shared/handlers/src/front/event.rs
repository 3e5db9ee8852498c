//! What invokes `front`, and `status` too where a load balancer stands in front of the region: requests of an Application Load
//! Balancer's target group.
//!
//! Read field by field, and not by `aws_lambda_events`: its errors repeat what they could not read, and here that may be a
//! token or a record.

use crate::events::{EventError, Fields, other_kind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use meridian_domain::reason::{EventKind, ExpectedField, FoundField};
use serde_json::{Value, json};
use std::fmt;

const KIND: &str = "load balancer's request";
/// Where a load balancer says which of its target groups it asks.
const TARGET_GROUP: &str = "/requestContext/elb/targetGroupArn";

/// Whether an event is a load balancer's.
pub(crate) fn is_balancers(event: &Value) -> bool {
    event.pointer(TARGET_GROUP).is_some()
}

/// One customer's request. Holds a token and a record: never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct FrontEvent {
    /// `POST`, for a score.
    pub method: String,
    /// `/score`, without the query.
    pub path: String,
    /// The header `Authorization`; none where the request has none.
    pub authorization: Option<String>,
    /// The header `Content-Type`; none where the request has none.
    pub content_type: Option<String>,
    /// The header `Content-Encoding`; none where the request has none.
    pub content_encoding: Option<String>,
    /// The header `Accept`; none where the request has none.
    pub accept: Option<String>,
    /// The body's own bytes.
    pub body: Bytes,
}

impl fmt::Debug for FrontEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrontEvent").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

impl FrontEvent {
    /// Reads an event.
    ///
    /// # Errors
    /// Anything but a load balancer's request. What such a request asks for is the handler's to judge: it is answered.
    pub fn parse(event: &Value) -> Result<Self, EventError> {
        if !is_balancers(event) {
            return Err(other_kind("front", &[EventKind::Score], event));
        }
        let fields = Fields::new(KIND, event);
        fields.text(TARGET_GROUP, ExpectedField::TargetGroupArn)?;
        let headers = Headers::read(fields)?;
        Ok(Self {
            method: fields.text("/httpMethod", ExpectedField::Method)?.to_owned(),
            path: fields.text("/path", ExpectedField::Path)?.to_owned(),
            authorization: headers.get("authorization"),
            content_type: headers.get("content-type"),
            content_encoding: headers.get("content-encoding"),
            accept: headers.get("accept"),
            body: body(fields)?,
        })
    }
}

/// A request's headers: `headers`, or `multiValueHeaders` where the target group is set so, which then counts alone.
struct Headers<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Headers<'a> {
    fn read(fields: Fields<'a>) -> Result<Self, EventError> {
        let listed = fields.value.pointer("/multiValueHeaders").filter(|own| !own.is_null() && **own != json!({}));
        let pointer = if listed.is_some() { "/multiValueHeaders" } else { "/headers" };
        let wrong = |found: FoundField| fields.wrong(pointer, ExpectedField::TextsByName, found);
        let Some(all) = fields.value.pointer(pointer).and_then(Value::as_object) else {
            return Err(wrong(FoundField::NoObject));
        };
        let mut headers = Vec::new();
        for (name, value) in all {
            // Of a header that was sent twice the last value counts, as the load balancer does it with single ones.
            let value = value.as_array().map_or(Some(value), |values| values.last());
            let value = value.and_then(Value::as_str).ok_or_else(|| wrong(FoundField::OtherThanTexts))?;
            headers.push((name.as_str(), value));
        }
        Ok(Self(headers))
    }

    fn get(&self, name: &str) -> Option<String> {
        let found = self.0.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| (*value).to_owned())
    }
}

/// The body as it was sent: the load balancer hands on `text/*` as text, and in base64 what it cannot be sure of.
fn body(fields: Fields<'_>) -> Result<Bytes, EventError> {
    let text = match fields.value.pointer("/body") {
        None | Some(Value::Null) => "",
        Some(Value::String(text)) => text.as_str(),
        Some(_) => return Err(fields.wrong("/body", ExpectedField::Text, FoundField::NoText)),
    };
    match fields.value.pointer("/isBase64Encoded") {
        Some(Value::Bool(true)) => match STANDARD.decode(text) {
            Ok(bytes) => Ok(bytes.into()),
            Err(_) => Err(fields.wrong("/body", ExpectedField::Base64, FoundField::NotBase64)),
        },
        None | Some(Value::Null | Value::Bool(false)) => Ok(Bytes::copy_from_slice(text.as_bytes())),
        Some(_) => Err(fields.wrong("/isBase64Encoded", ExpectedField::Bool, FoundField::NeitherTrueNorFalse)),
    }
}
