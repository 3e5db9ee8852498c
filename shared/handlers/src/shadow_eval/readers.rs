//! What the readers of models and of held-out records find wrong, as data.

use meridian_domain::reason::{
    FeatureFault, HoldoutFault, HoldoutTypes, HoldoutUnit, Misfit, ModelFault, Names, ParquetFault, ReaderDeath,
    UnreadableFault, ValueFault,
};
use meridian_evaluation::isolated::Death;
use meridian_evaluation::{ColumnTypes, HoldoutError, ParquetDamage, SizeUnit, UnreadableCause};
use meridian_xgboost::{ModelError, ShapeError, StreamError, short_name};

/// Column names that one entry holds.
const MOST_NAMES: usize = 10;

/// Why a model is refused.
pub(super) fn of_model(error: ModelError) -> ModelFault {
    match error {
        ModelError::Truncated { at, what } => ModelFault::Truncated { at, expected: what.to_owned() },
        ModelError::Archive { problem } => ModelFault::Archive { quoted: problem },
        ModelError::Contents { found, why } => ModelFault::Contents { found, why: why.to_owned() },
        ModelError::TooLarge { limit } => ModelFault::TooLarge { limit },
        ModelError::Format { found, advice } => ModelFault::Format { found, advice: advice.to_owned() },
        ModelError::Malformed { at, problem } => ModelFault::Malformed { at, quoted: problem },
        ModelError::Unsupported { what, found, supported } => {
            ModelFault::Unsupported { property: what.to_owned(), found, supported: supported.to_owned() }
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
            HoldoutFault::Type { column: short_name(column), found: found.clone(), expected: types(*expected) }.into()
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
        HoldoutError::TooLarge { limit, unit: of } => {
            HoldoutFault::TooLarge { unit: unit(*of), limit: *limit as u64 }.into()
        }
        HoldoutError::Unreadable(cause) => HoldoutFault::Unreadable(unreadable(cause)).into(),
        HoldoutError::Died(death) => HoldoutFault::ReaderDied(died(*death)).into(),
    }
}

fn value(row: usize, column: &str, fault: ValueFault) -> Misfit {
    HoldoutFault::Value { row: row as u64, column: short_name(column), fault }.into()
}

fn types(types: ColumnTypes) -> HoldoutTypes {
    match types {
        ColumnTypes::Numbers => HoldoutTypes::Numbers,
        ColumnTypes::Names => HoldoutTypes::Names,
        ColumnTypes::Values => HoldoutTypes::Values,
    }
}

fn unit(unit: SizeUnit) -> HoldoutUnit {
    match unit {
        SizeUnit::Values => HoldoutUnit::Values,
        SizeUnit::Rows => HoldoutUnit::Rows,
        SizeUnit::Columns => HoldoutUnit::Columns,
        SizeUnit::ParquetBytes => HoldoutUnit::ParquetBytes,
        SizeUnit::PageBytes => HoldoutUnit::PageBytes,
        SizeUnit::InflatedBytes => HoldoutUnit::InflatedBytes,
    }
}

fn unreadable(cause: &UnreadableCause) -> UnreadableFault {
    match cause {
        UnreadableCause::Stream { quoted } => UnreadableFault::Stream { quoted: quoted.clone() },
        UnreadableCause::NoContent => UnreadableFault::NoContent,
        UnreadableCause::LineEnds => UnreadableFault::LineEnds,
        UnreadableCause::Fields { row } => UnreadableFault::Fields { row: *row as u64 },
        UnreadableCause::LongRecord { limit } => UnreadableFault::LongRecord { limit: *limit as u64 },
        UnreadableCause::Csv { quoted } => UnreadableFault::Csv { quoted: quoted.clone() },
        UnreadableCause::Codec { name } => UnreadableFault::Codec { name: name.clone() },
        UnreadableCause::Encoding => UnreadableFault::Encoding,
        UnreadableCause::ParquetCut => UnreadableFault::ParquetCut,
        UnreadableCause::ParquetDamaged => UnreadableFault::ParquetDamaged,
        UnreadableCause::Parquet(damage) => UnreadableFault::Parquet(parquet(*damage)),
        UnreadableCause::NoProcess { quoted } => UnreadableFault::NoProcess { quoted: quoted.clone() },
    }
}

fn parquet(damage: ParquetDamage) -> ParquetFault {
    match damage {
        ParquetDamage::Structure => ParquetFault::Structure,
        ParquetDamage::NegativeRows => ParquetFault::NegativeRows,
        ParquetDamage::ColumnType => ParquetFault::ColumnType,
        ParquetDamage::TooFewValues => ParquetFault::TooFewValues,
        ParquetDamage::TooManyValues => ParquetFault::TooManyValues,
        ParquetDamage::MissingValues => ParquetFault::MissingValues,
        ParquetDamage::ColumnPlace => ParquetFault::ColumnPlace,
        ParquetDamage::PageHeader => ParquetFault::PageHeader,
        ParquetDamage::PageCut => ParquetFault::PageCut,
        ParquetDamage::Dictionary => ParquetFault::Dictionary,
        ParquetDamage::DictionaryOrder => ParquetFault::DictionaryOrder,
        ParquetDamage::PageSize => ParquetFault::PageSize,
        ParquetDamage::PageGzip => ParquetFault::PageGzip,
    }
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
    use meridian_domain::reason::Failure;

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

    fn unreadable_causes() -> impl Iterator<Item = UnreadableCause> {
        let quoted = || "a library's words".to_owned();
        let own = [
            UnreadableCause::Stream { quoted: quoted() },
            UnreadableCause::NoContent,
            UnreadableCause::LineEnds,
            UnreadableCause::Fields { row: 17 },
            UnreadableCause::LongRecord { limit: 1000 },
            UnreadableCause::Csv { quoted: quoted() },
            UnreadableCause::Codec { name: "LZ4".to_owned() },
            UnreadableCause::Encoding,
            UnreadableCause::ParquetCut,
            UnreadableCause::ParquetDamaged,
            UnreadableCause::NoProcess { quoted: quoted() },
        ];
        let parquet = [
            ParquetDamage::Structure,
            ParquetDamage::NegativeRows,
            ParquetDamage::ColumnType,
            ParquetDamage::TooFewValues,
            ParquetDamage::TooManyValues,
            ParquetDamage::MissingValues,
            ParquetDamage::ColumnPlace,
            ParquetDamage::PageHeader,
            ParquetDamage::PageCut,
            ParquetDamage::Dictionary,
            ParquetDamage::DictionaryOrder,
            ParquetDamage::PageSize,
            ParquetDamage::PageGzip,
        ];
        own.into_iter().chain(parquet.map(UnreadableCause::Parquet))
    }

    fn not_of_columns() -> impl Iterator<Item = HoldoutError> {
        let column = || "amount\u{202e}".to_owned();
        let own = [
            HoldoutError::NoHeader,
            HoldoutError::NotANumber { row: 17, column: column() },
            HoldoutError::Infinite { row: 17, column: column() },
            HoldoutError::Label { row: 17, column: column() },
            HoldoutError::Region { row: 17, column: column() },
            HoldoutError::RegionTooLong { row: 17, column: column(), limit: 64 },
            HoldoutError::TooManyRegions { column: column(), limit: 256 },
            HoldoutError::Empty,
            HoldoutError::Died(Death::Signal(9)),
            HoldoutError::Died(Death::Exit(1)),
        ];
        let types = [ColumnTypes::Numbers, ColumnTypes::Names, ColumnTypes::Values];
        let units = [
            SizeUnit::Values,
            SizeUnit::Rows,
            SizeUnit::Columns,
            SizeUnit::ParquetBytes,
            SizeUnit::PageBytes,
            SizeUnit::InflatedBytes,
        ];
        let found = || "DATE (INT32)".to_owned();
        own.into_iter()
            .chain(types.map(|expected| HoldoutError::Type { column: column(), found: found(), expected }))
            .chain(units.map(|unit| HoldoutError::TooLarge { limit: 1000, unit }))
            .chain(unreadable_causes().map(HoldoutError::Unreadable))
    }

    #[test]
    fn the_ledgers_sentence_of_a_hold_out_is_the_command_lines() {
        for error in not_of_columns() {
            let Misfit::Unreadable(fault) = misfit(&error) else { panic!("a misfit of columns: {error}") };
            let failure = Failure::HoldoutUnread { file: "holdouts/a".to_owned(), fault };
            let words = meridian_messages::failure::words(&failure);
            assert!(words.contains(&error.to_string()), "{words}\n{error}");
        }
    }

    #[test]
    fn what_xgboost_says_of_a_model_is_kept_in_its_parts() {
        let found = || "a zip archive".to_owned();
        let error = ModelError::Format { found: found(), advice: "save it again" };
        assert_eq!(of_model(error), ModelFault::Format { found: found(), advice: "save it again".to_owned() });
        let error = ModelError::Contents { found: found(), why: "it is no file" };
        assert_eq!(of_model(error), ModelFault::Contents { found: found(), why: "it is no file".to_owned() });
        let error = ModelError::Unsupported { what: "booster", found: found(), supported: "gbtree" };
        let (property, supported) = ("booster".to_owned(), "gbtree".to_owned());
        assert_eq!(of_model(error), ModelFault::Unsupported { property, found: found(), supported });
    }
}
