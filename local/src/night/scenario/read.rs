//! A scenario file held against the fields that there are, before it becomes a [`Scenario`](super::Scenario): so an error names
//! line, field, value and what was expected.

use super::ScenarioError;
use super::fields::{Absent, Field, Table, Takes};
use super::tables::SCENARIO;
use meridian_domain::edge::cut;
use meridian_messages::or_rather;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Characters of a value that an error repeats.
const SHOWN: usize = 80;

/// What is wrong in a file.
#[derive(Debug)]
pub(super) struct Wrong {
    /// 1-based line, where one can be named.
    pub line: Option<usize>,
    pub message: String,
}

impl Wrong {
    /// What the TOML reader says.
    pub fn of_toml(text: &str, error: &toml::de::Error) -> Self {
        Self { line: error.span().map(|span| line(text, span.start)), message: error.message().to_owned() }
    }

    /// The error of the scenario that `name` leads to: a built-in one's, or a file's.
    pub fn of(self, name: &str) -> ScenarioError {
        ScenarioError::Malformed { name: name.to_owned(), line: self.line, message: self.message }
    }
}

fn line(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

/// Holds every field of a file to what it takes.
///
/// # Errors
/// The first one in the file that is unknown, missing or out of its range.
pub(super) fn check_fields(text: &str) -> Result<(), Wrong> {
    let file = DeTable::parse(text).map_err(|error| Wrong::of_toml(text, &error))?;
    let mut walk = Walk { text, found: Vec::new() };
    walk.table(&SCENARIO, file.get_ref(), "", None);
    match walk.found.into_iter().min_by_key(|(at, _)| at.unwrap_or(usize::MAX)) {
        None => Ok(()),
        Some((at, message)) => Err(Wrong { line: at.map(|at| line(text, at)), message }),
    }
}

struct Walk<'a> {
    text: &'a str,
    /// Where in the text, and what is wrong.
    found: Vec<(Option<usize>, String)>,
}

impl Walk<'_> {
    fn table(&mut self, own: &Table, table: &DeTable<'_>, path: &str, at: Option<usize>) {
        let mut misspelt = false;
        for (key, value) in table {
            let name: &str = key.get_ref();
            match own.fields.iter().find(|field| field.is_called(name)) {
                Some(field) => self.value(&field.takes, value, &below(path, name)),
                None => {
                    misspelt = true;
                    self.unknown(own, name, key.span().start);
                }
            }
        }
        let absent = |field: &&Field| !table.keys().any(|key| field.is_called(key.get_ref()));
        let missing = own.fields.iter().filter(absent).find(|field| matches!(field.absent, Absent::Refused));
        // A field that is misspelt is also missing: the name is what has to be mended.
        if let Some(Field { name, takes, example, .. }) = missing.filter(|_| !misspelt) {
            let message = format!("{} has no {name}: {}, as in {name} = {example}", own.heading, takes.expected());
            self.found.push((at, message));
        }
    }

    fn unknown(&mut self, own: &Table, name: &str, at: usize) {
        let names: Vec<&str> = own.fields.iter().map(|field| field.name).collect();
        let rather = or_rather(name, &names);
        let rather = if rather.is_empty() { format!("; it takes {}", names.join(", ")) } else { rather };
        self.found.push((Some(at), format!("{} takes no {}{rather}", own.heading, cut(name, SHOWN))));
    }

    fn value(&mut self, takes: &Takes, value: &Spanned<DeValue<'_>>, path: &str) {
        match (takes, value.get_ref()) {
            (Takes::Table(own) | Takes::Or(_, own), DeValue::Table(table)) => {
                self.table(own, table, path, Some(value.span().start));
            }
            (Takes::Tables(own), DeValue::Array(list)) => {
                list.iter().for_each(|value| self.value(&Takes::Table(own), value, path));
            }
            (Takes::List(of), DeValue::Array(list)) => list.iter().for_each(|value| self.value(of, value, path)),
            (Takes::Serves { region, release }, DeValue::Table(table)) => self.serves(region, release, table, path),
            (Takes::Policy | Takes::Request, DeValue::Table(_)) => {}
            (takes, own) if takes.accepts(own) => {}
            _ => self.unexpected(takes, value, path),
        }
    }

    fn serves(&mut self, region: &Takes, release: &Takes, table: &DeTable<'_>, path: &str) {
        for (key, value) in table {
            let name: &str = key.get_ref();
            if !region.accepts(&DeValue::String(name.into())) {
                let message = format!("{path} has the key {}: {}", cut(name, SHOWN), region.expected());
                self.found.push((Some(key.span().start), message));
            }
            self.value(release, value, &below(path, name));
        }
    }

    fn unexpected(&mut self, takes: &Takes, value: &Spanned<DeValue<'_>>, path: &str) {
        let written = self.text.get(value.span()).unwrap_or_default();
        let words = takes.words();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let rather = value.get_ref().as_str().map(|asked| or_rather(asked, &words)).unwrap_or_default();
        let message = format!("{path} = {}: {}{rather}", cut(written, SHOWN), takes.expected());
        self.found.push((Some(value.span().start), message));
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
