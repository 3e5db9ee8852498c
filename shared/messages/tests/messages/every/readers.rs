//! What readers find wrong with a model, its features or held-out records.

use super::new;
use meridian_domain::reason::{
    EvaluationReason, FeatureFault, HoldoutFault, HoldoutTypes, HoldoutUnit, Misfit, ModelFault, ModelRole,
    ParquetFault, ReaderDeath, UnreadableFault, ValueFault,
};

fn features() -> [FeatureFault; 3] {
    [
        FeatureFault::Count { model: 400, data: 7 },
        FeatureFault::Name { place: 3, model: "age".to_owned(), data: "sum".to_owned() },
        FeatureFault::Work { records: 1_000_000, splits: 9_000_000, most: 8 },
    ]
}

fn quoted() -> String {
    "a library's words".to_owned()
}

fn models() -> impl Iterator<Item = ModelFault> {
    let own = [
        ModelFault::Truncated { at: 12, expected: "a tree".to_owned() },
        ModelFault::Archive { quoted: quoted() },
        ModelFault::Contents { found: "holds no file".to_owned(), why: "there is nothing to score".to_owned() },
        ModelFault::TooLarge { limit: 1 << 30 },
        ModelFault::Format { found: "a zip archive".to_owned(), advice: "save it with `save_model`".to_owned() },
        ModelFault::Malformed { at: 12, quoted: quoted() },
        ModelFault::Unsupported {
            property: "booster".to_owned(),
            found: "gblinear".to_owned(),
            supported: "gbtree".to_owned(),
        },
        ModelFault::Tree { tree: 3, node: 7, quoted: quoted() },
        ModelFault::NotRead { quoted: quoted() },
        ModelFault::Changed,
    ];
    own.into_iter().chain(features().map(ModelFault::Features))
}

fn holdouts() -> impl Iterator<Item = HoldoutFault> {
    let column = || "amount".to_owned();
    let values = [
        ValueFault::NotANumber,
        ValueFault::Infinite,
        ValueFault::Label,
        ValueFault::NoRegion,
        ValueFault::LongRegion { limit: 256 },
    ];
    let deaths =
        [ReaderDeath::OutOfTime { signal: 24 }, ReaderDeath::Killed { signal: 9 }, ReaderDeath::NoAnswer { code: 101 }];
    let own =
        [HoldoutFault::NoHeader, HoldoutFault::TooManyRegions { column: column(), limit: 1000 }, HoldoutFault::Empty];
    let types = [HoldoutTypes::Numbers, HoldoutTypes::Names, HoldoutTypes::Values];
    let units = [
        HoldoutUnit::Values,
        HoldoutUnit::Rows,
        HoldoutUnit::Columns,
        HoldoutUnit::ParquetBytes,
        HoldoutUnit::PageBytes,
        HoldoutUnit::InflatedBytes,
    ];
    let found = || "INT96".to_owned();
    own.into_iter()
        .chain(types.map(|expected| HoldoutFault::Type { column: column(), found: found(), expected }))
        .chain(values.map(|fault| HoldoutFault::Value { row: 17, column: column(), fault }))
        .chain(units.map(|unit| HoldoutFault::TooLarge { unit, limit: 1000 }))
        .chain(unreadable().map(HoldoutFault::Unreadable))
        .chain(deaths.map(HoldoutFault::ReaderDied))
}

fn unreadable() -> impl Iterator<Item = UnreadableFault> {
    let own = [
        UnreadableFault::Stream { quoted: quoted() },
        UnreadableFault::NoContent,
        UnreadableFault::LineEnds,
        UnreadableFault::Fields { row: 17 },
        UnreadableFault::LongRecord { limit: 1000 },
        UnreadableFault::Csv { quoted: quoted() },
        UnreadableFault::Codec { name: "LZ4".to_owned() },
        UnreadableFault::Encoding,
        UnreadableFault::ParquetCut,
        UnreadableFault::ParquetDamaged,
        UnreadableFault::NoProcess { quoted: quoted() },
    ];
    let parquet = [
        ParquetFault::Structure,
        ParquetFault::NegativeRows,
        ParquetFault::ColumnType,
        ParquetFault::TooFewValues,
        ParquetFault::TooManyValues,
        ParquetFault::MissingValues,
        ParquetFault::ColumnPlace,
        ParquetFault::PageHeader,
        ParquetFault::PageCut,
        ParquetFault::Dictionary,
        ParquetFault::DictionaryOrder,
        ParquetFault::PageSize,
        ParquetFault::PageGzip,
    ];
    own.into_iter().chain(parquet.map(UnreadableFault::Parquet))
}

pub(super) fn readers() -> impl Iterator<Item = EvaluationReason> {
    let file = || "releases/archives/4b1d.tar.gz".to_owned();
    let models = models().map(move |fault| EvaluationReason::Unreadable { file: file(), fault });
    let columns = holdouts().map(|fault| EvaluationReason::Columns {
        role: ModelRole::Champion,
        version: new(),
        misfit: Misfit::Unreadable(fault),
    });
    models.chain(features().map(EvaluationReason::Features)).chain(columns)
}
