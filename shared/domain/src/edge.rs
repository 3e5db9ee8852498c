//! What comes from outside and what goes out: how long a text may be, which characters of it people see, which moments,
//! durations and numbers are believed. One place for every file, command, page and log line.

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
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
pub fn moment(text: &str) -> Result<Timestamp, String> {
    let read = text.parse::<Timestamp>().map_err(|error| error.to_string())?;
    if is_usual_moment(read) { Ok(read) } else { Err(format!("{text:?} is not between the years 2000 and 2199")) }
}

/// A duration as somebody types it; a day is 24 hours.
///
/// # Errors
/// Not a duration, or none that anybody means.
pub fn duration(text: &str) -> Result<SignedDuration, String> {
    let read = text.parse::<SignedDuration>().or_else(|_| {
        let span = text.parse::<Span>()?;
        span.to_duration(SpanRelativeTo::days_are_24_hours())
    });
    let read = read.map_err(|_| format!("{text:?} is no duration: expected one such as 90s, 15m, 4h or 3d"))?;
    if is_usual_duration(read) { Ok(read) } else { Err(format!("{text:?} is not between 0s and a year")) }
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

/// What is unusual in a file of ours, and on which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusual {
    /// 1-based line; none where it is the whole file.
    pub line: Option<usize>,
    /// The field, what was found and what is expected.
    pub message: String,
}

/// Holds every value of a TOML file to what is usual, whatever it is for: numbers that are numbers, durations of 0 to a year, moments
/// of this time, texts that people can read. What else must hold of a field is its reader's to check.
///
/// # Errors
/// The first value that is not.
pub fn check_toml(text: &str) -> Result<(), Unusual> {
    if text.len() > LARGEST_FILE {
        let message = format!("the file has {} bytes, expected at most {LARGEST_FILE}", text.len());
        return Err(Unusual { line: None, message });
    }
    // What is no TOML is said by its reader, with its line.
    let Ok(table) = DeTable::parse(text) else { return Ok(()) };
    let found = check_table(table.get_ref(), "");
    found.map_err(|(at, message)| Unusual { line: Some(line_of(text, at)), message })
}

/// The byte offset of what is wrong, and what it is.
type Found = Result<(), (usize, String)>;

fn check_table(table: &DeTable<'_>, path: &str) -> Found {
    for (key, value) in table {
        let name: &str = key.get_ref();
        if let Some(problem) = text_problem(name) {
            return Err((key.span().start, format!("{path}: a key {problem}")));
        }
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        check_value(value.get_ref(), value.span().start, &path)?;
    }
    Ok(())
}

fn check_value(value: &DeValue<'_>, at: usize, path: &str) -> Found {
    let problem = match value {
        DeValue::Table(table) => return check_table(table, path),
        DeValue::Array(values) => {
            return values.iter().try_for_each(|value| check_value(value.get_ref(), value.span().start, path));
        }
        DeValue::Float(float) => number_problem(float.as_str()),
        // In another base it is no number that somebody mistyped; its reader bounds it.
        DeValue::Integer(integer) if integer.radix() == 10 => number_problem(integer.as_str()),
        DeValue::String(text) => text_problem(text),
        DeValue::Integer(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => None,
    };
    problem.map_or(Ok(()), |problem| Err((at, format!("{path} {problem}"))))
}

fn number_problem(text: &str) -> Option<String> {
    let usual = text.parse::<f64>().is_ok_and(|number| number.abs() <= LARGEST_NUMBER);
    (!usual).then(|| format!("is {}; expected a number from -{LARGEST_NUMBER:e} to {LARGEST_NUMBER:e}", cut(text, 40)))
}

/// A text is also checked as the duration or the moment that it reads as: no other text reads as one.
fn text_problem(text: &str) -> Option<String> {
    if text.chars().nth(LONGEST_TEXT).is_some() {
        return Some(format!("has more than {LONGEST_TEXT} characters"));
    }
    if text.contains(is_hidden) {
        return Some("holds a control character or one that turns text around; write it without".to_owned());
    }
    if text.parse::<Timestamp>().is_ok_and(|at| !is_usual_moment(at)) {
        return Some(format!("is {text:?}; expected a moment between the years 2000 and 2199"));
    }
    if let Ok(date) = text.parse::<jiff::civil::DateTime>()
        && !(2000..2200).contains(&date.year())
    {
        return Some(format!("is {text:?}; expected a moment between the years 2000 and 2199"));
    }
    if text.parse::<SignedDuration>().is_ok_and(|duration| !is_usual_duration(duration)) {
        return Some(format!("is {text:?}; expected a duration from 0s to a year"));
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
