//! Where in a `fleet.toml` something is wrong.

use super::{FieldRule, FleetError, FleetProblem};
use crate::edge::line_of;

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
    FleetError { line: Some(line), problem: FleetProblem::Malformed { place: Some(place.join(".")), quoted } }
}
