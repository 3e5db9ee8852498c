//! The query protocol, for SNS, STS and IAM: a form in, XML out.

use super::reply::{Reply, WireRequest, map, title, unknown};
use super::scope::Scope;
use super::{form, registry, xml};
use crate::services::{ApiError, Outcome, Service};
use serde_json::{Map, Value};

/// A form does not say which service it is for; its signature does.
fn service(scope: &Scope) -> Service {
    match scope.service.as_str() {
        "sts" => Service::Sts,
        "iam" => Service::Iam,
        _ => Service::Sns,
    }
}

fn namespace(service: Service) -> &'static str {
    match service {
        Service::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
        Service::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
        _ => "http://sns.amazonaws.com/doc/2010-03-31/",
    }
}

/// Serves one call. Only flat members: no operation here takes a list or a map.
pub(super) fn serve(call: &WireRequest<'_>) -> Outcome<Reply> {
    let service = service(call.scope);
    let body = String::from_utf8_lossy(&call.body);
    let mut members: Map<String, Value> =
        form::pairs(&body).into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    let Some(Value::String(operation)) = members.remove("Action") else {
        return Outcome::Answer(Err(unknown(title(service), "(no Action)")));
    };
    members.remove("Version");
    map(registry::call(call, service, &operation, Value::Object(members)), |output| {
        Ok(Reply::new(200, "text/xml", answer(service, &operation, &output, call.request_id)))
    })
}

fn answer(service: Service, operation: &str, output: &Value, request_id: &str) -> String {
    let (namespace, result) = (namespace(service), members(output));
    let id = xml::element("RequestId", request_id);
    format!(
        "<{operation}Response xmlns=\"{namespace}\"><{operation}Result>{result}</{operation}Result>\
         <ResponseMetadata>{id}</ResponseMetadata></{operation}Response>"
    )
}

/// A structure's members as elements: texts, structures of such, and flat lists, an element for each item.
fn members(value: &Value) -> String {
    let own = value.as_object().into_iter().flatten();
    own.map(|(name, value)| element(name, value)).collect()
}

fn element(name: &str, value: &Value) -> String {
    match value {
        Value::Object(_) => format!("<{name}>{}</{name}>", members(value)),
        Value::Array(items) => items.iter().map(|item| element(name, item)).collect(),
        text => xml::element(name, text.as_str().unwrap_or_default()),
    }
}

/// An error in this protocol, of the service that the request is signed for.
pub(super) fn error(error: &ApiError, scope: Option<&Scope>, request_id: &str) -> Reply {
    let namespace = namespace(scope.map_or(Service::Sns, service));
    let fault = xml::element("Type", if error.status < 500 { "Sender" } else { "Receiver" });
    let (code, message) = (xml::element("Code", &error.code), xml::element("Message", &error.message));
    let id = xml::element("RequestId", request_id);
    let body =
        format!("<ErrorResponse xmlns=\"{namespace}\"><Error>{fault}{code}{message}</Error>{id}</ErrorResponse>");
    Reply::new(error.status, "text/xml", body)
}
