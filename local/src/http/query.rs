//! The query protocol, for SNS: a form in, XML out.

use super::reply::{Call, Reply, map, title, unknown};
use super::{form, registry, xml};
use crate::api::{ApiError, Outcome, Service};
use serde_json::{Map, Value};

const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

/// Serves one call. Only flat members: no operation here takes a list or a map.
pub(super) fn serve(call: &Call<'_>) -> Outcome<Reply> {
    let body = String::from_utf8_lossy(&call.body);
    let mut members: Map<String, Value> =
        form::pairs(&body).into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    let Some(Value::String(operation)) = members.remove("Action") else {
        return Outcome::Answer(Err(unknown(title(Service::Sns), "(no Action)")));
    };
    members.remove("Version");
    map(registry::call(call, Service::Sns, &operation, Value::Object(members)), |output| {
        Ok(Reply::new(200, "text/xml", answer(&operation, &output, call.request_id)))
    })
}

fn answer(operation: &str, output: &Value, request_id: &str) -> String {
    let members = output.as_object().into_iter().flatten();
    let result: String = members.map(|(name, value)| xml::element(name, value.as_str().unwrap_or_default())).collect();
    let id = xml::element("RequestId", request_id);
    format!(
        "<{operation}Response xmlns=\"{NAMESPACE}\"><{operation}Result>{result}</{operation}Result>\
         <ResponseMetadata>{id}</ResponseMetadata></{operation}Response>"
    )
}

/// An error in this protocol.
pub(super) fn error(error: &ApiError, request_id: &str) -> Reply {
    let fault = xml::element("Type", if error.status < 500 { "Sender" } else { "Receiver" });
    let (code, message) = (xml::element("Code", &error.code), xml::element("Message", &error.message));
    let id = xml::element("RequestId", request_id);
    let body =
        format!("<ErrorResponse xmlns=\"{NAMESPACE}\"><Error>{fault}{code}{message}</Error>{id}</ErrorResponse>");
    Reply::new(error.status, "text/xml", body)
}
