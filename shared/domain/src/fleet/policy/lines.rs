//! Where in a `fleet.toml` something is wrong.

use super::{FieldRule, FleetError, FleetProblem, text_problem};
use crate::edge::{cut, line_of};
use jiff::SignedDuration;

/// Whether it holds, the field that it is about, and what must hold of the field.
pub(super) type Check = (bool, &'static str, FieldRule);

/// Finds the lines of the fields that checks name.
pub(super) struct PolicyReader<'a> {
    /// The whole document.
    pub text: &'a str,
}

impl PolicyReader<'_> {
    /// The first check of a table that does not hold, as an error at its field.
    pub fn first_broken(&self, table: &str, checks: &[Check]) -> Result<(), FleetError> {
        let Some((_, field, rule)) = checks.iter().find(|(holds, ..)| !holds) else { return Ok(()) };
        let problem = FleetProblem::Field { table: table.to_owned(), field, rule: *rule };
        Err(FleetError { line: self.line_of_field(table, field), problem })
    }

    fn line_of_field(&self, table: &str, field: &str) -> Option<usize> {
        let header = format!("[{table}]");
        let start = self.text.lines().position(|line| line.trim() == header)?;
        let is_field = |line: &str| line.split_once('=').is_some_and(|(key, _)| key.trim() == field);
        let offset = self.text.lines().skip(start).position(is_field)?;
        Some(start + offset + 1)
    }
}

/// Turns byte offsets of the source into lines of errors.
pub(super) struct Reader<'a> {
    pub text: &'a str,
}

impl Reader<'_> {
    pub fn wrong<T>(&self, at: &toml::Spanned<T>, problem: impl Into<FleetProblem>) -> FleetError {
        FleetError { line: Some(line_of(self.text, at.span().start)), problem: problem.into() }
    }
}

/// What the reader of durations calls what it expects.
const DURATION: &str = "expected a signed duration string";
/// Characters of a value that an error repeats.
const LONGEST_VALUE: usize = 60;

/// The value that the reader of durations did not take, as the file has it; none where the error is of another kind.
fn no_duration(text: &str, error: &toml::de::Error) -> Option<String> {
    let written = text.get(error.span()?)?;
    let document: toml::Table = toml::from_str(&format!("value = {written}")).ok()?;
    let values: Vec<&toml::Value> = match document.get("value")? {
        // Bounds of a bake have one for the least and one for the most.
        toml::Value::Table(bounds) => bounds.values().collect(),
        value => vec![value],
    };
    let is_refused = |value: &&toml::Value| match value.as_str() {
        Some(text) => text.parse::<SignedDuration>().is_err_and(|refusal| refusal.to_string() == error.message()),
        None => error.message().ends_with(DURATION),
    };
    values.into_iter().find(is_refused).map(|value| cut(&value.to_string(), LONGEST_VALUE))
}

/// What the parser says, with the line and the table and field that stand there.
pub(super) fn malformed(text: &str, error: &toml::de::Error) -> FleetError {
    let quoted = error.message().to_owned();
    let Some(line) = error.span().map(|span| line_of(text, span.start)) else {
        return FleetError { line: None, problem: FleetProblem::Malformed { place: None, quoted } };
    };
    let header = |line: &str| Some(line.trim().strip_prefix('[')?.trim_matches(['[', ']']).to_owned());
    let above: Vec<&str> = text.lines().take(line).collect();
    let table = above.iter().rev().find_map(|line| header(line));
    let field = above.last().filter(|line| header(line).is_none()).and_then(|line| line.split_once('='));
    let place = [table, field.map(|(field, _)| field.trim().to_owned())].into_iter().flatten().collect::<Vec<_>>();
    let place = place.join(".");
    let refused = error.span().and_then(|span| text_problem::refused(text, &span));
    let problem = match (refused, no_duration(text, error)) {
        (Some(problem), _) => FleetProblem::Text { place, problem },
        (None, Some(found)) => FleetProblem::Duration { place, found },
        (None, None) => FleetProblem::Malformed { place: Some(place), quoted },
    };
    FleetError { line: Some(line), problem }
}

#[cfg(test)]
mod tests {
    use crate::Fleet;

    const FLEET: &str = include_str!("../../../../../local/fleets/reference/fleet.toml");
    const SKEW: &str = "skew = \"30h\"";
    const BAKE: &str = "bake = \"9m\"";

    #[test]
    fn what_is_no_duration_is_named_with_what_is_expected() {
        for (from, to, place, found) in [
            (SKEW, "skew = \"thirty hours\"", "wave.skew", "\"thirty hours\""),
            (SKEW, "skew = \"30\"", "wave.skew", "\"30\""),
            (SKEW, "skew = \"\"", "wave.skew", "\"\""),
            (SKEW, "skew = 30", "wave.skew", "30"),
            (BAKE, "bake = \"9 minuets\"", "region.bake", "\"9 minuets\""),
            (BAKE, "bake = { min = \"8m\", max = 9 }", "region.bake", "9"),
        ] {
            let line = FLEET.lines().position(|line| line.starts_with(from)).unwrap() + 1;
            let error = Fleet::parse(&FLEET.replacen(from, to, 1)).unwrap_err();
            let expected = "expected a duration such as \"90s\", \"30m\" or \"1h 30m\"";
            assert_eq!(error.to_string(), format!("fleet.toml line {line}: {place} is {found}; {expected}"));
        }
        // What the parser says of other values is its own.
        let other = Fleet::parse(&FLEET.replacen(SKEW, "skew = \"30h", 1)).unwrap_err().to_string();
        assert!(!other.contains("duration"), "{other}");
    }
}
