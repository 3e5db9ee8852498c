//! What readers find wrong with a model, its features or held-out records.

use super::new;
use meridian_domain::reason::{
    EvaluationReason, FeatureFault, HoldoutFault, Misfit, ModelFault, ModelRole, ReaderDeath, ValueFault,
};

fn features() -> [FeatureFault; 3] {
    [
        FeatureFault::Count { model: 400, data: 7 },
        FeatureFault::Name { place: 3, model: "age".to_owned(), data: "sum".to_owned() },
        FeatureFault::Work { records: 1_000_000, splits: 9_000_000, most: 8 },
    ]
}

fn models() -> impl Iterator<Item = ModelFault> {
    let quoted = || "a library's words".to_owned();
    let own = [
        ModelFault::Truncated { at: 12, expected: "a tree".to_owned() },
        ModelFault::Archive { quoted: quoted() },
        ModelFault::Contents { quoted: "holds no file: there is nothing to score".to_owned() },
        ModelFault::TooLarge { limit: 1 << 30 },
        ModelFault::Format { quoted: quoted() },
        ModelFault::Malformed { at: 12, quoted: quoted() },
        ModelFault::Unsupported { property: "booster".to_owned(), quoted: quoted() },
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
    let own = [
        HoldoutFault::NoHeader,
        HoldoutFault::Type { column: column(), found: "INT96".to_owned(), expected: "integers".to_owned() },
        HoldoutFault::TooManyRegions { column: column(), limit: 1000 },
        HoldoutFault::Empty,
        HoldoutFault::TooLarge { of: "rows".to_owned(), limit: 1000 },
        HoldoutFault::Unreadable { quoted: "a library's words".to_owned() },
    ];
    let values = values.map(|fault| HoldoutFault::Value { row: 17, column: column(), fault });
    own.into_iter().chain(values).chain(deaths.map(HoldoutFault::ReaderDied))
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
