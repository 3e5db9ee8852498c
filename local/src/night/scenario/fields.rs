//! What a field of a scenario file takes. Its check, its error and its row in docs/scenarios.md are made from it.

use jiff::SignedDuration;
use toml::de::DeValue;

/// A table of a scenario file.
pub(super) struct Table {
    /// As files write it: `[[fault]]`.
    pub heading: &'static str,
    /// In the order of the type's fields.
    pub fields: &'static [Field],
}

/// A field of a table.
pub(super) struct Field {
    pub name: &'static str,
    /// Another name that is taken for it.
    pub also: Option<&'static str>,
    pub takes: Takes,
    pub absent: Absent,
    /// A value, as TOML.
    pub example: &'static str,
}

/// What it means that a field is left out.
#[cfg_attr(not(test), expect(dead_code, reason = "docs/scenarios.md says it, which a test writes"))]
pub(super) enum Absent {
    /// An error.
    Refused,
    /// The same as this value, as TOML.
    Is(&'static str),
    /// What no value of the field says.
    Means(&'static str),
}

/// What a field takes.
pub(super) enum Takes {
    /// A text that `reads` understands.
    Text { expected: &'static str, reads: fn(&str) -> bool },
    /// One of a few words.
    Word(fn() -> Vec<String>),
    /// One of many words: too many for an error.
    Known { expected: &'static str, words: fn() -> Vec<String> },
    /// `true` or `false`.
    Flag,
    /// A whole number of `unit`.
    Count { unit: &'static str, least: u32, most: u32 },
    /// A number between two others, which a person calls `what`.
    Number { what: &'static str, least: f64, most: f64 },
    /// A number that multiplies another, and may turn its sign round.
    Scale { most: f64 },
    /// A duration.
    Duration { least: SignedDuration, most: SignedDuration },
    /// The first, or a table.
    Or(&'static Takes, &'static Table),
    /// A list.
    List(&'static Takes),
    /// Which region serves what.
    Serves { region: &'static Takes, release: &'static Takes },
    /// A table.
    Table(&'static Table),
    /// Any number of tables.
    Tables(&'static Table),
    /// Tables of `fleet.toml`, which its own reader checks.
    Policy,
    /// A request of AWS, which the operation checks.
    Request,
}

impl Field {
    pub const fn new(name: &'static str, takes: Takes, absent: Absent, example: &'static str) -> Self {
        Self { name, also: None, takes, absent, example }
    }

    /// The same field under another name as well.
    pub const fn or(self, also: &'static str) -> Self {
        Self { also: Some(also), ..self }
    }

    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.also == Some(name)
    }
}

impl Takes {
    /// What is expected, for errors and docs/scenarios.md.
    pub fn expected(&self) -> String {
        match self {
            Takes::Text { expected, .. } | Takes::Known { expected, .. } => (*expected).to_owned(),
            Takes::Word(words) => {
                let words: Vec<String> = words().iter().map(|word| format!("{word:?}")).collect();
                format!("one of {}", words.join(", "))
            }
            Takes::Flag => "true or false".to_owned(),
            Takes::Count { unit, least, most } => format!("a whole number of {unit} between {least} and {most}"),
            Takes::Number { what, least, most } => format!("{what} between {least} and {most}"),
            Takes::Scale { most } => format!("a number between -{most} and {most}, and not 0"),
            Takes::Duration { least, most } => {
                format!("a duration such as \"90s\" or \"1h 30m\", between {least:#} and {most:#}")
            }
            Takes::Or(usual, table) => {
                let names: Vec<&str> = table.fields.iter().map(|field| field.name).collect();
                format!("{}; or a table of {}", usual.expected(), names.join(" and "))
            }
            Takes::List(of) => format!("a list, each {}", of.expected()),
            Takes::Serves { region, release } => {
                format!("a table: each key {}, each value {}", region.expected(), release.expected())
            }
            Takes::Table(_) => "a table".to_owned(),
            Takes::Tables(_) => "tables".to_owned(),
            Takes::Policy => "tables of fleet.toml".to_owned(),
            Takes::Request => "a table, as `--cli-input-json` has it".to_owned(),
        }
    }

    /// The words that are taken, where there is a list of them.
    pub fn words(&self) -> Vec<String> {
        match self {
            Takes::Word(words) | Takes::Known { words, .. } => words(),
            Takes::List(of) => of.words(),
            _ => Vec::new(),
        }
    }

    /// True for a single value that the field takes. What is a list or a table is walked through instead.
    pub fn accepts(&self, value: &DeValue<'_>) -> bool {
        match self {
            Takes::Text { reads, .. } => value.as_str().is_some_and(reads),
            Takes::Word(words) | Takes::Known { words, .. } => {
                value.as_str().is_some_and(|text| words().iter().any(|word| word == text))
            }
            Takes::Flag => value.is_bool(),
            Takes::Count { least, most, .. } => count(value).is_some_and(|count| (*least..=*most).contains(&count)),
            Takes::Number { least, most, .. } => number(value).is_some_and(|number| (*least..=*most).contains(&number)),
            Takes::Scale { most } => number(value).is_some_and(|number| number != 0.0 && number.abs() <= *most),
            Takes::Duration { least, most } => {
                let duration = value.as_str().and_then(|text| text.parse::<SignedDuration>().ok());
                duration.is_some_and(|duration| (*least..=*most).contains(&duration))
            }
            Takes::Or(usual, _) => usual.accepts(value),
            Takes::List(_)
            | Takes::Serves { .. }
            | Takes::Table(_)
            | Takes::Tables(_)
            | Takes::Policy
            | Takes::Request => false,
        }
    }
}

fn count(value: &DeValue<'_>) -> Option<u32> {
    let integer = value.as_integer()?;
    u32::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// The number that its reader makes of a value.
fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Float(float) => float.as_str().parse().ok(),
        DeValue::Integer(_) => count(value).map(f64::from).or_else(|| value.as_integer()?.as_str().parse().ok()),
        _ => None,
    }
}
