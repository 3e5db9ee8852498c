//! Reading counts: one JSON object a line.

use crate::edge::JsonKind;
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
#[error("line {line}: {problem}")]
pub struct CountsError {
    /// 1-based line of the file.
    pub line: usize,
    /// The field and what was expected of it.
    pub problem: CountsProblem,
}

/// What is wrong with a line of counts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CountsProblem {
    /// The file has no line of counts.
    #[error("no counts; expected one JSON object a line, with {fields}", fields = LINE_FIELDS)]
    NoCounts,
    /// The parser does not take it.
    #[error("not JSON at column {column}: {quoted}; expected an object with {fields}", fields = LINE_FIELDS)]
    NotJson {
        /// 1-based column of the line.
        column: usize,
        /// The parser's words.
        quoted: String,
    },
    /// JSON of another kind.
    #[error("{0}; expected an object with {fields}", fields = LINE_FIELDS)]
    NotAnObject(JsonKind),
    /// A field that is missing or wrong.
    #[error("{field}: {found}; expected {expected}")]
    Field {
        /// The field's path, with dots.
        field: String,
        /// What stands there.
        found: CountsFound,
        /// What is expected there.
        expected: CountsExpected,
    },
    /// More bad requests than requests.
    #[error("{arm}.bad: {bad}; expected at most {arm}.total, which is {total}")]
    MoreBadThanAll {
        /// `green` or `blue`.
        arm: &'static str,
        /// How many of them were bad.
        bad: u64,
        /// How many requests there were.
        total: u64,
    },
    /// A field that no line has.
    #[error("{0}: unknown field; expected {fields}", fields = LINE_FIELDS)]
    UnknownField(String),
    /// A field that no arm has.
    #[error("{arm}.{field}: unknown field; expected {fields}", fields = ARM_FIELDS)]
    UnknownArmField {
        /// `green` or `blue`.
        arm: &'static str,
        /// The key that is there, as it is written.
        field: String,
    },
    /// A metric that policy does not know.
    #[error("metric: {0} is neither built in nor named in the policy; add [judge.metrics.\"{0}\"]")]
    UnknownMetric(MetricName),
}

/// What stands where something else is expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CountsFound {
    /// The field is not there.
    #[error("missing")]
    Missing,
    /// A value of another kind.
    #[error("{0}")]
    Kind(JsonKind),
    /// A value that is not meant, cut.
    #[error("{0}")]
    Value(String),
}

/// What is expected of a field of counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CountsExpected {
    /// Of a number that is given.
    #[error("a whole number")]
    WholeNumber,
    /// Of `minute`.
    #[error("a whole number of minutes")]
    Minutes,
    /// Of `region`.
    #[error("an AWS region name such as eu-west-1")]
    Region,
    /// Of `metric`.
    #[error("a metric's name such as 5xx or latency_over_20ms")]
    Metric,
    /// Of `green` and `blue`.
    #[error("an object with {fields}, or null where it is missing", fields = ARM_FIELDS)]
    Arm,
    /// Of `total` and `bad`.
    #[error("a whole number of requests, 0 or more")]
    Requests,
    /// Of `instances`.
    #[error("a whole number of at least 1, or nothing where it is not known")]
    Instances,
}

const LINE_FIELDS: &str = "minute, region, metric, green and blue";
const ARM_FIELDS: &str = "total, bad and instances";

/// Reads every line; empty ones are passed over.
///
/// # Errors
/// The first line that is wrong, or a file without any line of counts.
pub fn read(text: &str) -> Result<Vec<Row>, CountsError> {
    let lines = text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty());
    let rows: Vec<Row> = lines.map(|(at, text)| row(at + 1, text)).collect::<Result<_, _>>()?;
    if rows.is_empty() {
        return Err(CountsError { line: 1, problem: CountsProblem::NoCounts });
    }
    Ok(rows)
}

fn row(line: usize, text: &str) -> Result<Row, CountsError> {
    parse(text)
        .map(|(region, metric, counts)| Row { line, region, metric, counts })
        .map_err(|problem| CountsError { line, problem })
}

fn parse(text: &str) -> Result<(RegionName, MetricName, MinuteCounts), CountsProblem> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        // The parser counts lines of its own: this text is one.
        let place = format!(" at line {} column {}", error.line(), error.column());
        let words = error.to_string();
        let quoted = words.strip_suffix(&place).unwrap_or(&words).to_owned();
        CountsProblem::NotJson { column: error.column(), quoted }
    })?;
    let Value::Object(mut fields) = value else {
        return Err(CountsProblem::NotAnObject(JsonKind::of(&value)));
    };
    let minute = match fields.remove("minute") {
        Some(Value::Number(number)) => {
            number.as_i64().ok_or_else(|| wrong("minute", &number, CountsExpected::WholeNumber))
        }
        other => Err(missing_or("minute", other.as_ref(), CountsExpected::Minutes)),
    }?;
    let region = name(&mut fields, "region", CountsExpected::Region)?;
    let metric = name(&mut fields, "metric", CountsExpected::Metric)?;
    let (green, blue) = (arm(&mut fields, "green")?, arm(&mut fields, "blue")?);
    match fields.keys().next() {
        Some(extra) => Err(CountsProblem::UnknownField(cut(extra))),
        None => Ok((region, metric, MinuteCounts { minute, green, blue })),
    }
}

fn name<T: std::str::FromStr>(
    fields: &mut Map<String, Value>,
    field: &str,
    expected: CountsExpected,
) -> Result<T, CountsProblem> {
    match fields.remove(field) {
        Some(Value::String(text)) => text.parse().map_err(|_| wrong(field, &cut(&text), expected)),
        other => Err(missing_or(field, other.as_ref(), expected)),
    }
}

/// An arm that is absent or null did not arrive.
fn arm(fields: &mut Map<String, Value>, name: &'static str) -> Result<Option<Arm>, CountsProblem> {
    let mut arm = match fields.remove(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(arm)) => arm,
        other => return Err(missing_or(name, other.as_ref(), CountsExpected::Arm)),
    };
    let total = count(&mut arm, name, "total")?;
    let bad = count(&mut arm, name, "bad")?;
    if bad > total {
        return Err(CountsProblem::MoreBadThanAll { arm: name, bad, total });
    }
    let instances = match arm.remove("instances") {
        None | Some(Value::Null) => None,
        Some(value) => {
            let number = value.as_u64().and_then(|number| u32::try_from(number).ok()).and_then(NonZeroU32::new);
            Some(number.ok_or_else(|| wrong(&format!("{name}.instances"), &value, CountsExpected::Instances))?)
        }
    };
    match arm.keys().next() {
        Some(extra) => Err(CountsProblem::UnknownArmField { arm: name, field: cut(extra) }),
        None => Ok(Some(Arm { total, bad, instances })),
    }
}

/// Counts over this are a mistake, and numbers up to it are exact in floating point.
const LARGEST: u64 = 1 << 50;

fn count(arm: &mut Map<String, Value>, name: &str, part: &str) -> Result<u64, CountsProblem> {
    let expected = CountsExpected::Requests;
    let field = format!("{name}.{part}");
    let value = arm.remove(part).ok_or_else(|| missing_or(&field, None, expected))?;
    value.as_u64().filter(|count| *count <= LARGEST).ok_or_else(|| wrong(&field, &value, expected))
}

fn missing_or(field: &str, value: Option<&Value>, expected: CountsExpected) -> CountsProblem {
    let found = value.map_or(CountsFound::Missing, |value| CountsFound::Kind(JsonKind::of(value)));
    CountsProblem::Field { field: field.to_owned(), found, expected }
}

fn wrong(field: &str, given: &dyn std::fmt::Display, expected: CountsExpected) -> CountsProblem {
    CountsProblem::Field { field: field.to_owned(), found: CountsFound::Value(cut(&given.to_string())), expected }
}

/// Long input is cut: an error line is for reading.
fn cut(text: &str) -> String {
    text.chars().take(60).collect::<String>().escape_debug().to_string()
}
