//! Which bucket and object a request is about.

use super::super::form;
use super::super::reply::WireRequest;
use crate::services::ApiError;
use http::header::HOST;

/// Query parameters that belong to every operation.
const COMMON: [&str; 2] = ["x-id", "versionId"];

/// What a request is about.
pub(super) struct Target {
    pub bucket: String,
    pub key: Option<String>,
    pub version_id: Option<String>,
    /// The first query parameter that makes it another operation, e.g. `list-type`, `uploads`.
    pub subresource: Option<String>,
    pub query: Vec<(String, String)>,
}

impl Target {
    /// Reads `/bucket/key`, or `/key` with the host `bucket.localhost` or `bucket.127.0.0.1`.
    pub fn of(call: &WireRequest<'_>) -> Result<Self, ApiError> {
        let query = form::pairs(call.parts.uri.query().unwrap_or_default());
        let path = call.parts.uri.path().trim_start_matches('/');
        let host = call.header(HOST.as_str()).unwrap_or_default();
        let (bucket, key) = match bucket_of(host) {
            Some(bucket) => (bucket, path),
            None => path.split_once('/').unwrap_or((path, "")),
        };
        if bucket.is_empty() {
            return Err(ApiError::new("InvalidRequest", 400, "neither the path nor the host names a bucket"));
        }
        let key = Some(form::decode(key)).filter(|key| !key.is_empty());
        let value = |wanted: &str| query.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        let has = |wanted: &str| query.iter().any(|(name, _)| name == wanted);
        let other = query.iter().map(|(name, _)| name.as_str()).find(|name| !COMMON.contains(name));
        // A listing has parameters of its own, in any order.
        let subresource = if has("list-type") { Some("list-type") } else { other }.map(str::to_owned);
        Ok(Target { bucket: bucket.to_owned(), key, version_id: value("versionId"), subresource, query })
    }
}

fn bucket_of(host: &str) -> Option<&str> {
    let name = host.rsplit_once(':').map_or(host, |(name, _port)| name);
    ["localhost", "127.0.0.1"].into_iter().find_map(|end| name.strip_suffix(end)?.strip_suffix('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_may_be_in_the_host() {
        assert_eq!(bucket_of("fraud-models-eu.localhost:8080"), Some("fraud-models-eu"));
        assert_eq!(bucket_of("a.b.127.0.0.1"), Some("a.b"));
        assert_eq!(bucket_of("127.0.0.1:8080"), None);
        assert_eq!(bucket_of("localhost"), None);
    }
}
