//! The body of `PutObject`, plain or in chunks, and the checksum that came with it.

use super::super::chunked;
use super::super::reply::WireRequest;
use super::BASE64;
use crate::services::ApiError;
use crate::services::s3::Digest;
use base64::Engine as _;

/// What was sent.
pub(super) struct Sent {
    pub body: Vec<u8>,
    /// The SHA-256 that the sender claims; the world holds the body against it. Other algorithms are not looked at.
    pub sha256: Option<Digest>,
}

/// Reads the body, out of its chunks where it has some.
pub(super) fn read(call: &WireRequest<'_>) -> Result<Sent, ApiError> {
    let streamed = call.header("x-amz-content-sha256").is_some_and(|value| value.starts_with("STREAMING-"));
    let chunked = call.header("content-encoding").is_some_and(|value| value.contains("aws-chunked"));
    let decoded = if streamed || chunked {
        chunked::decode(&call.body)?
    } else {
        chunked::Decoded { body: call.body.to_vec(), trailer: Vec::new() }
    };
    check_length(call, decoded.body.len())?;
    let claimed = decoded.trailer.iter().find(|(name, _)| name == CHECKSUM).map(|(_, value)| value.as_str());
    let sha256 = call.header(CHECKSUM).or(claimed).map(digest).transpose()?;
    Ok(Sent { body: decoded.body, sha256 })
}

const CHECKSUM: &str = "x-amz-checksum-sha256";

fn check_length(call: &WireRequest<'_>, read: usize) -> Result<(), ApiError> {
    match call.header("x-amz-decoded-content-length").map(str::parse::<usize>) {
        None => Ok(()),
        Some(Ok(length)) if length == read => Ok(()),
        Some(_) => {
            Err(ApiError::new("IncompleteBody", 400, format!("the body has {read} bytes, not as many as announced")))
        }
    }
}

fn digest(text: &str) -> Result<Digest, ApiError> {
    let bytes = BASE64.decode(text).ok().and_then(|bytes| Digest::try_from(bytes).ok());
    bytes.ok_or_else(|| ApiError::new("InvalidRequest", 400, format!("{CHECKSUM}: not 32 bytes in base64")))
}
