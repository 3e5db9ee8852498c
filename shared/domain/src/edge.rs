//! What comes from outside and what goes out: how long a text may be, which characters of it people see, which moments,
//! durations and numbers are believed. One place for every file, command, page and log line.

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt::Write;
use toml::de::{DeTable, DeValue};

/// No duration that anybody sets is longer: a year.
const LONGEST_DURATION: SignedDuration = SignedDuration::from_hours(366 * 24);
/// Seconds of 2000-01-01 and 2200-01-01: moments outside are typing errors, or an attack on whoever adds to them.
const MOMENTS: std::ops::Range<i64> = 946_684_800..7_258_118_400;
/// No number in a file of ours is further from 0.
const LARGEST_NUMBER: f64 = 1e12;
/// Characters of one text in a file of ours.
const LONGEST_TEXT: usize = 2000;
/// Bytes of a file of ours. A fleet of thirty regions with hundreds of freezes has a tenth.
const LARGEST_FILE: usize = 1 << 20;
/// Room that a cut text leaves to say how much was cut.
const NOTE: usize = 40;

/// The 1-based line of a byte.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// True for a moment that a clock, a file or a person may name.
pub fn is_usual_moment(at: Timestamp) -> bool {
    MOMENTS.contains(&at.as_second())
}

/// True for a duration that a file or a person may set.
pub fn is_usual_duration(duration: SignedDuration) -> bool {
    !duration.is_negative() && duration <= LONGEST_DURATION
}

/// A moment as somebody types it.
///
/// # Errors
/// Not a moment, or none that is believed.
pub fn moment(text: &str) -> Result<Timestamp, TypedError> {
    let read = text.parse::<Timestamp>().map_err(TypedError::Moment)?;
    if is_usual_moment(read) { Ok(read) } else { Err(TypedError::UnusualMoment(text.to_owned())) }
}

/// A duration as somebody types it; a day is 24 hours.
///
/// # Errors
/// Not a duration, or none that anybody means.
pub fn duration(text: &str) -> Result<SignedDuration, TypedError> {
    let read = text.parse::<SignedDuration>().or_else(|_| {
        let span = text.parse::<Span>()?;
        span.to_duration(SpanRelativeTo::days_are_24_hours())
    });
    let read: SignedDuration = read.map_err(|_: jiff::Error| TypedError::Duration(text.to_owned()))?;
    if is_usual_duration(read) { Ok(read) } else { Err(TypedError::UnusualDuration(text.to_owned())) }
}

/// What is wrong with a moment or a duration that somebody typed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TypedError {
    /// Not a moment.
    #[error("{0}")]
    Moment(jiff::Error),
    /// No moment that is believed.
    #[error("{0:?} is not between the years 2000 and 2199")]
    UnusualMoment(String),
    /// Not a duration.
    #[error("{0:?} is no duration: expected one such as 90s, 15m, 4h or 3d")]
    Duration(String),
    /// No duration that anybody means.
    #[error("{0:?} is not between 0s and a year")]
    UnusualDuration(String),
}

/// True for what moves a cursor, rings, hides or turns text around: nothing that people see. Line feeds and tabs are not.
pub fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text with every [hidden](is_hidden) character written out, as `\u{1b}`: for terminals, pages, logs and consoles.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut seen = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        // Writing to a string does not fail.
        let _ = if is_hidden(c) { write!(seen, "{}", c.escape_unicode()) } else { seen.write_char(c) };
    }
    Cow::Owned(seen)
}

/// The text as people may see it, in at most `longest` characters: its beginning, and how much is missing.
pub fn cut(text: &str, longest: usize) -> String {
    let text = visible(text);
    let count = text.chars().count();
    if count <= longest {
        return text.into_owned();
    }
    if longest < 4 * NOTE {
        return text.chars().take(longest.saturating_sub(1)).chain(['…']).collect();
    }
    let kept = longest - NOTE;
    let mut short: String = text.chars().take(kept).collect();
    let _ = write!(short, "… {} more characters", count - kept);
    short
}

/// Which kind of JSON a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum JsonKind {
    /// `null`.
    #[error("null")]
    Null,
    /// `true` or `false`.
    #[error("true or false")]
    Bool,
    /// A number.
    #[error("a number")]
    Number,
    /// A string.
    #[error("a text")]
    Text,
    /// An array.
    #[error("a list")]
    List,
    /// An object.
    #[error("an object")]
    Object,
}

impl JsonKind {
    /// The kind of a parsed value; never its content.
    pub fn of(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(_) => Self::Bool,
            serde_json::Value::Number(_) => Self::Number,
            serde_json::Value::String(_) => Self::Text,
            serde_json::Value::Array(_) => Self::List,
            serde_json::Value::Object(_) => Self::Object,
        }
    }
}

/// What is unusual in a file of ours, and on which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusual {
    /// 1-based line; none where it is the whole file.
    pub line: Option<usize>,
    /// The field, what was found and what is expected.
    pub problem: UnusualProblem,
}

/// What is unusual in a file of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum UnusualProblem {
    /// The whole file is too large.
    #[error("the file has {bytes} bytes, expected at most {most}")]
    TooLarge {
        /// Length of the file.
        bytes: usize,
        /// Bytes at most.
        most: usize,
    },
    /// A key of a table.
    #[error("{table}: a key {value}")]
    Key {
        /// The table's path, with dots; empty for the file's own.
        table: String,
        /// What is unusual in the key.
        value: UnusualValue,
    },
    /// A field's value.
    #[error("{field} {value}")]
    Value {
        /// The field's path, with dots.
        field: String,
        /// What is unusual in its value.
        value: UnusualValue,
    },
}

/// What is unusual in one value, which is repeated only where it can be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum UnusualValue {
    /// No number, or one too far from 0.
    #[error("is {0}; expected a number from -{most:e} to {most:e}", most = LARGEST_NUMBER)]
    Number(String),
    /// A text too long.
    #[error("has more than {most} characters", most = LONGEST_TEXT)]
    TooLong,
    /// A text with [hidden](is_hidden) characters.
    #[error("holds a control character or one that turns text around; write it without")]
    Hidden,
    /// A moment of another time.
    #[error("is {0:?}; expected a moment between the years 2000 and 2199")]
    Moment(String),
    /// A negative duration, or one too long.
    #[error("is {0:?}; expected a duration from 0s to a year")]
    Duration(String),
}

/// Holds every value of a TOML file to what is usual, whatever it is for: numbers that are numbers, durations of 0 to a year, moments
/// of this time, texts that people can read. What else must hold of a field is its reader's to check.
///
/// # Errors
/// The first value that is not.
pub fn check_toml(text: &str) -> Result<(), Unusual> {
    if text.len() > LARGEST_FILE {
        let problem = UnusualProblem::TooLarge { bytes: text.len(), most: LARGEST_FILE };
        return Err(Unusual { line: None, problem });
    }
    // What is no TOML is said by its reader, with its line.
    let Ok(table) = DeTable::parse(text) else { return Ok(()) };
    let found = check_table(table.get_ref(), "");
    found.map_err(|(at, problem)| Unusual { line: Some(line_of(text, at)), problem })
}

/// The byte offset of what is wrong, and what it is.
type Found = Result<(), (usize, UnusualProblem)>;

fn check_table(table: &DeTable<'_>, path: &str) -> Found {
    for (key, value) in table {
        let name: &str = key.get_ref();
        if let Some(value) = unusual_text(name) {
            return Err((key.span().start, UnusualProblem::Key { table: path.to_owned(), value }));
        }
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        check_value(value.get_ref(), value.span().start, &path)?;
    }
    Ok(())
}

fn check_value(value: &DeValue<'_>, at: usize, path: &str) -> Found {
    let unusual = match value {
        DeValue::Table(table) => return check_table(table, path),
        DeValue::Array(values) => {
            return values.iter().try_for_each(|value| check_value(value.get_ref(), value.span().start, path));
        }
        DeValue::Float(float) => unusual_number(float.as_str()),
        // In another base it is no number that somebody mistyped; its reader bounds it.
        DeValue::Integer(integer) if integer.radix() == 10 => unusual_number(integer.as_str()),
        DeValue::String(text) => unusual_text(text),
        DeValue::Integer(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => None,
    };
    unusual.map_or(Ok(()), |value| Err((at, UnusualProblem::Value { field: path.to_owned(), value })))
}

fn unusual_number(text: &str) -> Option<UnusualValue> {
    let usual = text.parse::<f64>().is_ok_and(|number| number.abs() <= LARGEST_NUMBER);
    (!usual).then(|| UnusualValue::Number(cut(text, 40)))
}

/// A text is also checked as the duration or the moment that it reads as: no other text reads as one.
fn unusual_text(text: &str) -> Option<UnusualValue> {
    if text.chars().nth(LONGEST_TEXT).is_some() {
        return Some(UnusualValue::TooLong);
    }
    if text.contains(is_hidden) {
        return Some(UnusualValue::Hidden);
    }
    if text.parse::<Timestamp>().is_ok_and(|at| !is_usual_moment(at)) {
        return Some(UnusualValue::Moment(text.to_owned()));
    }
    if let Ok(date) = text.parse::<jiff::civil::DateTime>()
        && !(2000..2200).contains(&date.year())
    {
        return Some(UnusualValue::Moment(text.to_owned()));
    }
    if text.parse::<SignedDuration>().is_ok_and(|duration| !is_usual_duration(duration)) {
        return Some(UnusualValue::Duration(text.to_owned()));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left_as_it_is() {
        assert_eq!(visible("two\nlines\tof São Paulo"), "two\nlines\tof São Paulo");
        let hostile = "v427\u{1b}[2J\u{7}\r\u{9b}31m\u{202e}txt.exe\u{2066}\u{7f}\u{feff}";
        let seen = visible(hostile);
        assert!(!seen.contains(is_hidden), "{seen}");
        assert!(seen.starts_with("v427\\u{1b}[2J\\u{7}\\u{d}\\u{9b}31m\\u{202e}txt.exe"), "{seen}");
    }

    #[test]
    fn a_cut_text_says_what_is_missing_and_splits_no_character() {
        assert_eq!(cut("São Paulo", 9), "São Paulo");
        assert_eq!(cut("São Paulo", 4), "São…");
        let long = cut(&"é".repeat(325_000), 5000);
        assert_eq!(long.chars().filter(|c| *c == 'é').count(), 4960);
        assert!(long.ends_with("… 320040 more characters") && long.chars().count() <= 5000);
        assert!(cut(&"\u{1b}".repeat(5000), 5000).chars().count() <= 5000);
    }

    #[test]
    fn files_hold_numbers_durations_and_moments_that_somebody_means() {
        for good in
            ["a = 1.5", "a = \"90s\"", "a = [-1, 0x10]", "a = { b = \"2026-11-26 18:00\" }", "a = \"03:00\"", "no toml"]
        {
            assert_eq!(check_toml(good), Ok(()), "{good}");
        }
        for bad in [
            "inf",
            "-inf",
            "nan",
            "1e300",
            "99999999999999999999",
            "\"-5m\"",
            "\"-1ns\"",
            "\"9999999h\"",
            "\"9999-12-30T00:00:00Z\"",
            "\"-009998-01-01T00:00:00Z\"",
            "\"9999-12-31 18:00\"",
            "\"\\u001b[2J\"",
            "\"\\u202eabc\"",
        ] {
            for text in [
                format!("x = 1\na = {bad}"),
                format!("x = 1\n[[t]]\na = [{bad}]"),
                format!("x = 1\na = {{ b = {bad} }}"),
            ] {
                let found = check_toml(&text);
                let line = if text.contains("[[t]]") { 3 } else { 2 };
                assert!(found.as_ref().is_err_and(|found| found.line == Some(line)), "{text}: {found:?}");
            }
        }
        assert!(check_toml(&format!("a = \"{}\"", "x".repeat(3000))).is_err());
    }
}
