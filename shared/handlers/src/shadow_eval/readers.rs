//! What the readers of models and of held-out records find wrong, as data.

use meridian_domain::reason::{FeatureFault, HoldoutFault, Misfit, ModelFault, Names, ReaderDeath, ValueFault};
use meridian_evaluation::HoldoutError;
use meridian_evaluation::isolated::Death;
use meridian_xgboost::{ModelError, ShapeError, StreamError, short_name};

/// Column names that one entry holds.
const MOST_NAMES: usize = 10;

/// Why a model is refused.
pub(super) fn of_model(error: ModelError) -> ModelFault {
    match error {
        ModelError::Truncated { at, what } => ModelFault::Truncated { at, expected: what.to_owned() },
        ModelError::Archive { problem } => ModelFault::Archive { quoted: problem },
        ModelError::Contents { found, why } => ModelFault::Contents { quoted: format!("{found}: {why}") },
        ModelError::TooLarge { limit } => ModelFault::TooLarge { limit },
        ModelError::Format { found, advice } => ModelFault::Format { quoted: format!("{found}: {advice}") },
        ModelError::Malformed { at, problem } => ModelFault::Malformed { at, quoted: problem },
        ModelError::Unsupported { what, found, supported } => {
            ModelFault::Unsupported { property: what.to_owned(), quoted: format!("{found}; supported is {supported}") }
        }
        ModelError::Tree { tree, node, problem } => {
            ModelFault::Tree { tree: tree as u64, node: node as u64, quoted: problem }
        }
        ModelError::Io(error) => ModelFault::NotRead { quoted: error.to_string() },
    }
}

/// Why its reasons are refused.
pub(super) fn of_stream(error: StreamError) -> ModelFault {
    match error {
        StreamError::Model(error) => of_model(error),
        StreamError::Shape(error) => ModelFault::Features(of_shape(&error)),
        StreamError::Changed => ModelFault::Changed,
    }
}

/// How features differ from a model's.
pub(super) fn of_shape(error: &ShapeError) -> FeatureFault {
    match error {
        ShapeError::Width { expected, found } => FeatureFault::Count { model: *expected as u64, data: *found as u64 },
        ShapeError::Name { position, expected, found } => {
            FeatureFault::Name { place: *position as u64, model: short_name(expected), data: short_name(found) }
        }
        ShapeError::Work { rows, steps, most } => {
            FeatureFault::Work { records: *rows as u64, splits: *steps, most: *most }
        }
    }
}

/// What is wrong with the hold-out: columns that do not fit, or anything else.
pub(super) fn misfit(error: &HoldoutError) -> Misfit {
    match error {
        HoldoutError::Columns { missing, extra, twice, .. } => {
            Misfit::Named { missing: names(missing), extra: names(extra), twice: names(twice) }
        }
        HoldoutError::NoSuchColumn { column, .. } => {
            Misfit::Named { missing: names(std::slice::from_ref(column)), extra: names(&[]), twice: names(&[]) }
        }
        HoldoutError::Unrecognised { expected, found, columns, missing } => Misfit::NoHeader {
            expected: *expected as u64,
            found: *found as u64,
            fields: *columns as u64,
            missing: names(missing),
        },
        HoldoutError::NoHeader => HoldoutFault::NoHeader.into(),
        HoldoutError::Type { column, found, expected } => {
            let (found, expected) = (found.clone(), expected.clone().into_owned());
            HoldoutFault::Type { column: short_name(column), found, expected }.into()
        }
        HoldoutError::NotANumber { row, column } => value(*row, column, ValueFault::NotANumber),
        HoldoutError::Infinite { row, column } => value(*row, column, ValueFault::Infinite),
        HoldoutError::Label { row, column } => value(*row, column, ValueFault::Label),
        HoldoutError::Region { row, column } => value(*row, column, ValueFault::NoRegion),
        HoldoutError::RegionTooLong { row, column, limit } => {
            value(*row, column, ValueFault::LongRegion { limit: *limit as u64 })
        }
        HoldoutError::TooManyRegions { column, limit } => {
            HoldoutFault::TooManyRegions { column: short_name(column), limit: *limit as u64 }.into()
        }
        HoldoutError::Empty => HoldoutFault::Empty.into(),
        HoldoutError::TooLarge { limit, what } => {
            HoldoutFault::TooLarge { of: what.clone().into_owned(), limit: *limit as u64 }.into()
        }
        HoldoutError::Unreadable { problem } => HoldoutFault::Unreadable { quoted: problem.clone() }.into(),
        HoldoutError::Died(death) => HoldoutFault::ReaderDied(died(*death)).into(),
    }
}

fn value(row: usize, column: &str, fault: ValueFault) -> Misfit {
    HoldoutFault::Value { row: row as u64, column: short_name(column), fault }.into()
}

fn died(death: Death) -> ReaderDeath {
    match death {
        Death::Signal(signal) if death.is_out_of_time() => ReaderDeath::OutOfTime { signal },
        Death::Signal(signal) => ReaderDeath::Killed { signal },
        Death::Exit(code) => ReaderDeath::NoAnswer { code },
    }
}

fn names(all: &[String]) -> Names {
    Names {
        first: all.iter().take(MOST_NAMES).map(|name| short_name(name)).collect(),
        more: all.len().saturating_sub(MOST_NAMES) as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_names_ten_columns_and_counts_the_others() {
        let missing: Vec<String> = (0..400).map(|n| format!("f{n}\u{202e}")).collect();
        let error = HoldoutError::Unrecognised { expected: 400, found: 0, columns: 7, missing };
        let Misfit::NoHeader { missing, .. } = misfit(&error) else { panic!("no misfit of columns") };
        assert_eq!((missing.first.len(), missing.more), (MOST_NAMES, 390));
        assert_eq!(missing.first[0], "f0\\u{202e}");
        assert_eq!(misfit(&HoldoutError::Empty), Misfit::Unreadable(HoldoutFault::Empty));
    }

    #[test]
    fn a_feature_is_named_without_hidden_characters() {
        let error = ShapeError::Name { position: 3, expected: "age".to_owned(), found: "a\u{202e}ge".to_owned() };
        let data = "a\\u{202e}ge".to_owned();
        assert_eq!(of_shape(&error), FeatureFault::Name { place: 3, model: "age".to_owned(), data });
    }
}
