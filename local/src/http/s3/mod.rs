//! S3's REST-XML: objects by path or host name, conditions and checksums in headers.

mod body;
mod list;
mod settings;
mod target;

use super::reply::{Reply, WireRequest, map, title, unknown};
use super::{date, xml};
use crate::services::s3::{Digest, GetObject, HeadObject, HeadObjectOutput, PutObject, PutObjectOutput};
use crate::services::{ApiError, Outcome, Service};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::Method;
use target::Target;

/// Serves one call.
pub(super) fn serve(call: &WireRequest<'_>) -> Outcome<Reply> {
    let target = match Target::of(call) {
        Ok(target) => target,
        Err(error) => return Outcome::Answer(Err(error)),
    };
    if let Some(error) = not_modelled(call) {
        return Outcome::Answer(Err(error));
    }
    match (&call.parts.method, target.key, target.subresource.as_deref()) {
        (&Method::PUT, Some(key), None) => put(call, target.bucket, key),
        (&Method::GET, Some(key), None) => {
            let get = GetObject { bucket: target.bucket, key, version_id: target.version_id };
            map(call.run(get), |output| Ok(object(call, output.head, output.body)))
        }
        (&Method::HEAD, Some(key), None) => {
            let head = HeadObject { bucket: target.bucket, key, version_id: target.version_id };
            map(call.run(head), |output| Ok(object(call, output, bytes::Bytes::new())))
        }
        (&Method::DELETE, None, Some("replication")) => settings::delete_replication(call, target.bucket),
        (&Method::GET, None, Some("list-type")) => list::serve(call, target.bucket, &target.query),
        (method, key, subresource) => {
            let asked = subresource.filter(|_| method == Method::GET && key.is_none());
            asked.and_then(|asked| settings::serve(call, &target.bucket, asked)).unwrap_or_else(|| {
                Outcome::Answer(Err(unknown(title(Service::S3), &describe(call, key.is_some(), subresource))))
            })
        }
    }
}

/// An error in this protocol; an answer to `HEAD` has no body.
pub(super) fn error(error: &ApiError, method: &Method, request_id: &str) -> Reply {
    if method == Method::HEAD {
        return Reply { status: error.status, headers: Vec::new(), body: bytes::Bytes::new() };
    }
    let (code, message) = (xml::element("Code", &error.code), xml::element("Message", &error.message));
    let id = xml::element("RequestId", request_id);
    let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>{code}{message}{id}</Error>");
    Reply::new(error.status, "application/xml", body)
}

/// What an operation is called, as well as the request tells: newer SDKs send its name.
fn describe(call: &WireRequest<'_>, object: bool, subresource: Option<&str>) -> String {
    let query = super::form::pairs(call.parts.uri.query().unwrap_or_default());
    let named = query.into_iter().find(|(name, _)| name == "x-id").map(|(_, value)| value);
    named.unwrap_or_else(|| {
        let what = if object { "object" } else { "bucket" };
        let of = subresource.map(|name| format!("?{name}")).unwrap_or_default();
        format!("{} {what}{of}", call.parts.method)
    })
}

/// Headers that would change what an operation does, and that nothing here heeds: better an error than a wrong answer.
fn not_modelled(call: &WireRequest<'_>) -> Option<ApiError> {
    const UNHEEDED: [&str; 5] =
        ["range", "if-modified-since", "if-unmodified-since", "x-amz-copy-source", "x-amz-tagging"];
    let header = UNHEEDED.into_iter().find(|name| call.parts.headers.contains_key(*name))?;
    Some(ApiError::new("NotImplemented", 501, format!("the local world's S3 does not heed the header {header}")))
}

fn put(call: &WireRequest<'_>, bucket: String, key: String) -> Outcome<Reply> {
    let put = body::read(call).and_then(|sent| {
        let if_none_match = match call.header("if-none-match") {
            None => false,
            Some("*") => true,
            Some(other) => {
                let message = format!("If-None-Match takes * only, not {other:?}");
                return Err(ApiError::new("NotImplemented", 501, message));
            }
        };
        let if_match = call.header("if-match").map(str::to_owned);
        Ok(PutObject { bucket, key, body: sent.body.into(), if_none_match, if_match, checksum_sha256: sent.sha256 })
    });
    match put {
        Ok(put) => map(call.run(put), |output| Ok(written(output))),
        Err(error) => Outcome::Answer(Err(error)),
    }
}

fn written(output: PutObjectOutput) -> Reply {
    let reply = Reply { status: 200, headers: Vec::new(), body: bytes::Bytes::new() };
    checksum(reply.with("etag", output.etag).with("x-amz-version-id", output.version_id), &output.checksum_sha256)
}

fn object(call: &WireRequest<'_>, head: HeadObjectOutput, body: bytes::Bytes) -> Reply {
    let mut reply = Reply::new(200, "binary/octet-stream", body)
        .with("content-length", head.content_length.to_string())
        .with("etag", head.etag)
        .with("last-modified", date::http(head.last_modified))
        .with("x-amz-version-id", head.version_id);
    if let Some(status) = head.replication_status {
        reply = reply.with("x-amz-replication-status", status.as_str());
    }
    // As on AWS, only for who asks.
    if call.header("x-amz-checksum-mode").is_some_and(|mode| mode.eq_ignore_ascii_case("enabled")) {
        reply = checksum(reply, &head.checksum_sha256);
    }
    reply
}

fn checksum(reply: Reply, digest: &Digest) -> Reply {
    reply.with("x-amz-checksum-sha256", BASE64.encode(digest)).with("x-amz-checksum-type", "FULL_OBJECT")
}
