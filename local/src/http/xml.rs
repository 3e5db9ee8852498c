//! The little XML that answers need.

use quick_xml::escape::escape;

/// `<name>text</name>`, the text escaped.
pub(super) fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

/// `<name>true</name>`.
pub(super) fn flag(name: &str, is: bool) -> String {
    element(name, if is { "true" } else { "false" })
}
