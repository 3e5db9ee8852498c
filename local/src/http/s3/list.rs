//! `ListObjectsV2`.

use super::super::reply::{Reply, WireRequest, malformed, map};
use super::super::{date, xml};
use crate::services::s3::{ListObjectsV2, ListObjectsV2Output, ListedObject};
use crate::services::{ApiError, Outcome};

/// Lists a bucket. Grouping by a delimiter is not modelled.
pub(super) fn serve(call: &WireRequest<'_>, bucket: String, query: &[(String, String)]) -> Outcome<Reply> {
    let list = match request(bucket, query) {
        Ok(list) => list,
        Err(error) => return Outcome::Answer(Err(error)),
    };
    map(call.run(list.clone()), |output| Ok(Reply::new(200, "application/xml", page(&list, &output))))
}

fn request(bucket: String, query: &[(String, String)]) -> Result<ListObjectsV2, ApiError> {
    let value = |wanted: &str| query.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    if value("delimiter").is_some_and(|delimiter| !delimiter.is_empty()) {
        return Err(ApiError::new("NotImplemented", 501, "the local world's S3 does not group by a delimiter"));
    }
    let max_keys = value("max-keys").map(|text| text.parse()).transpose();
    Ok(ListObjectsV2 {
        bucket,
        prefix: value("prefix").unwrap_or_default(),
        start_after: value("start-after"),
        continuation_token: value("continuation-token"),
        max_keys: max_keys.map_err(|_| malformed("max-keys is not a number"))?,
    })
}

fn page(list: &ListObjectsV2, output: &ListObjectsV2Output) -> String {
    let contents: String = output.contents.iter().map(object).collect();
    let token = |name, text: &Option<String>| text.as_deref().map(|text| xml::element(name, text)).unwrap_or_default();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{}{}{}{}{}{}{}{}{contents}</ListBucketResult>",
        xml::element("Name", &list.bucket),
        xml::element("Prefix", &list.prefix),
        xml::element("KeyCount", &output.contents.len().to_string()),
        xml::element("MaxKeys", &list.max_keys.unwrap_or(1000).min(1000).to_string()),
        xml::element("IsTruncated", if output.is_truncated { "true" } else { "false" }),
        token("StartAfter", &list.start_after),
        token("ContinuationToken", &list.continuation_token),
        token("NextContinuationToken", &output.next_continuation_token),
    )
}

fn object(object: &ListedObject) -> String {
    format!(
        "<Contents>{}{}{}{}<StorageClass>STANDARD</StorageClass></Contents>",
        xml::element("Key", &object.key),
        xml::element("LastModified", &date::iso(object.last_modified)),
        xml::element("ETag", &object.etag),
        xml::element("Size", &object.size.to_string()),
    )
}
