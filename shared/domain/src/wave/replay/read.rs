//! Reading counts: one JSON object a line.

use crate::fleet::names::RegionName;
use meridian_judge::{Arm, MetricName, MinuteCounts};
use serde_json::{Map, Value};
use std::num::NonZeroU32;

/// One line of counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// 1-based line of the file.
    pub line: usize,
    /// The region it is about.
    pub region: RegionName,
    /// The metric it is about.
    pub metric: MetricName,
    /// The minute as the file counts minutes, and its counts.
    pub counts: MinuteCounts,
}

/// What is wrong with a file of counts: the line, the field, what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct CountsError {
    /// 1-based line of the file.
    pub line: usize,
    /// The field and what was expected of it.
    pub message: String,
}

const FIELDS: &str = "minute, region, metric, green and blue";
const ARM_FIELDS: &str = "total, bad and instances";

/// Reads every line; empty ones are passed over.
///
/// # Errors
/// The first line that is wrong, or a file without any line of counts.
pub fn read(text: &str) -> Result<Vec<Row>, CountsError> {
    let lines = text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty());
    let rows: Vec<Row> = lines.map(|(at, text)| row(at + 1, text)).collect::<Result<_, _>>()?;
    if rows.is_empty() {
        let message = format!("no counts; expected one JSON object a line, with {FIELDS}");
        return Err(CountsError { line: 1, message });
    }
    Ok(rows)
}

fn row(line: usize, text: &str) -> Result<Row, CountsError> {
    parse(text)
        .map(|(region, metric, counts)| Row { line, region, metric, counts })
        .map_err(|message| CountsError { line, message })
}

fn parse(text: &str) -> Result<(RegionName, MetricName, MinuteCounts), String> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        // The parser counts lines of its own: this text is one.
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or_default();
        format!("not JSON at column {}: {what}; expected an object with {FIELDS}", error.column())
    })?;
    let Value::Object(mut fields) = value else {
        return Err(format!("{}; expected an object with {FIELDS}", kind(&value)));
    };
    let minute = match fields.remove("minute") {
        Some(Value::Number(number)) => number.as_i64().ok_or_else(|| wrong("minute", &number, "a whole number")),
        other => Err(missing_or("minute", other.as_ref(), "a whole number of minutes")),
    }?;
    let region = name(&mut fields, "region", "an AWS region name such as eu-west-1")?;
    let metric = name(&mut fields, "metric", "a metric's name such as 5xx or latency_over_20ms")?;
    let (green, blue) = (arm(&mut fields, "green")?, arm(&mut fields, "blue")?);
    nothing_else("", &fields, FIELDS)?;
    Ok((region, metric, MinuteCounts { minute, green, blue }))
}

fn name<T: std::str::FromStr>(fields: &mut Map<String, Value>, field: &str, expected: &str) -> Result<T, String> {
    match fields.remove(field) {
        Some(Value::String(text)) => text.parse().map_err(|_| wrong(field, &cut(&text), expected)),
        other => Err(missing_or(field, other.as_ref(), expected)),
    }
}

/// An arm that is absent or null did not arrive.
fn arm(fields: &mut Map<String, Value>, field: &str) -> Result<Option<Arm>, String> {
    let mut arm = match fields.remove(field) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(arm)) => arm,
        Some(other) => {
            return Err(format!(
                "{field}: {}; expected an object with {ARM_FIELDS}, or null where it is missing",
                kind(&other)
            ));
        }
    };
    let total = count(&mut arm, field, "total")?;
    let bad = count(&mut arm, field, "bad")?;
    if bad > total {
        return Err(format!("{field}.bad: {bad}; expected at most {field}.total, which is {total}"));
    }
    let instances = match arm.remove("instances") {
        None | Some(Value::Null) => None,
        Some(value) => {
            let number = value.as_u64().and_then(|number| u32::try_from(number).ok()).and_then(NonZeroU32::new);
            let expected = "a whole number of at least 1, or nothing where it is not known";
            Some(number.ok_or_else(|| wrong(&format!("{field}.instances"), &value, expected))?)
        }
    };
    nothing_else(&format!("{field}."), &arm, ARM_FIELDS)?;
    Ok(Some(Arm { total, bad, instances }))
}

/// Counts over this are a mistake, and numbers up to it are exact in floating point.
const LARGEST: u64 = 1 << 50;

fn count(arm: &mut Map<String, Value>, field: &str, part: &str) -> Result<u64, String> {
    let expected = "a whole number of requests, 0 or more";
    let name = format!("{field}.{part}");
    let value = arm.remove(part).ok_or_else(|| missing_or(&name, None, expected))?;
    value.as_u64().filter(|count| *count <= LARGEST).ok_or_else(|| wrong(&name, &value, expected))
}

fn nothing_else(prefix: &str, fields: &Map<String, Value>, expected: &str) -> Result<(), String> {
    match fields.keys().next() {
        Some(extra) => Err(format!("{prefix}{}: unknown field; expected {expected}", cut(extra))),
        None => Ok(()),
    }
}

fn missing_or(field: &str, value: Option<&Value>, expected: &str) -> String {
    match value {
        None => format!("{field}: missing; expected {expected}"),
        Some(value) => format!("{field}: {}; expected {expected}", kind(value)),
    }
}

fn wrong(field: &str, given: &dyn std::fmt::Display, expected: &str) -> String {
    format!("{field}: {}; expected {expected}", cut(&given.to_string()))
}

/// Long input is cut: an error line is for reading.
fn cut(text: &str) -> String {
    text.chars().take(60).collect::<String>().escape_debug().to_string()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
