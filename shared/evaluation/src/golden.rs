//! Golden records: payloads with the scores that evaluation computed. Asked of a live endpoint, they
//! prove which model answers.

use crate::holdout::HeldOut;
use meridian_answer::AnswerForm;
use meridian_xgboost::{Attributions, Model, Objective, ShapeError, Walker, top_reasons};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// How many of `count` golden records walk the model: measured, four fifths find as much as if they were added to as many
/// held-out ones (tests/swaps.rs), and no customer's record has to leave home for them.
pub fn walkers_among(count: usize) -> usize {
    count - count / 5
}

/// One payload and its score.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct GoldenRecord {
    /// A `text/csv` row, as a caller sends it. May be customer data: never to be logged.
    pub payload: String,
    /// The probability that the release answers.
    pub score: f32,
    /// The features that the release names as reasons, where it names any and they are known. May tell of the customer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

impl fmt::Debug for GoldenRecord {
    /// Shows the score only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GoldenRecord").field("score", &self.score).finish_non_exhaustive()
    }
}

impl From<Walker> for GoldenRecord {
    fn from(Walker { payload, score }: Walker) -> GoldenRecord {
        GoldenRecord { payload, score, reasons: Vec::new() }
    }
}

/// A release's golden records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GoldenRecords {
    /// The release's version, for example `v427`.
    pub release: String,
    /// The held-out records, in held-out order, and after them those that walk the model.
    pub records: Vec<GoldenRecord>,
    /// What the release answers.
    #[serde(default, skip_serializing_if = "AnswerForm::is_usual")]
    pub answer: AnswerForm,
}

/// What golden records are made of, beside the held-out records.
#[derive(Debug)]
pub struct GoldenSource<'a> {
    /// What the release answers.
    pub answer: AnswerForm,
    /// One margin for each held-out record.
    pub margins: &'a [f32],
    /// Why some of them are scored as they are, where that is known.
    pub attributions: Option<&'a Attributions>,
    /// What the container makes of a margin.
    pub objective: Objective,
    /// Payloads that walk the model: [`walkers_among`] as many.
    pub walkers: Vec<Walker>,
}

impl GoldenRecords {
    /// Chooses `count` records and scores them with `model`: a fifth held-out ones (or more, where the model has too few
    /// ways to walk it), the rest made of the model alone ([`Model::walkers`]). Of the held-out ones half are taken evenly
    /// by rank, half evenly over the range of scores, so that the rare high scores are there too. The same inputs choose
    /// the same.
    ///
    /// # Errors
    /// [`ShapeError`] where the held-out features are not the model's.
    pub fn choose(release: &str, model: &Model, holdout: &HeldOut, count: usize) -> Result<GoldenRecords, ShapeError> {
        let margins = holdout.margins(model)?;
        let (walkers, objective) = (model.walkers(walkers_among(count)), model.objective());
        let answer = AnswerForm::default();
        let source = GoldenSource { answer, margins: &margins, attributions: None, objective, walkers };
        Ok(GoldenRecords::of(release, source, holdout, count))
    }

    /// The same from what was computed before. Where the release names reasons, the held-out ones are chosen among those that
    /// were explained.
    pub fn of(release: &str, source: GoldenSource<'_>, holdout: &HeldOut, count: usize) -> GoldenRecords {
        let GoldenSource { answer, margins, attributions, objective, walkers } = source;
        let told = attributions.zip(answer.reasons().map(usize::from));
        let explained: Vec<usize> = match told {
            Some((attributions, _)) => attributions.rows.iter().map(|row| *row as usize).collect(),
            None => (0..margins.len()).collect(),
        };
        let score = |row: &usize| margins.get(*row).map_or(f32::NAN, |margin| objective.answer(*margin));
        let scores: Vec<f32> = explained.iter().map(score).collect();
        let reasons: Vec<Vec<String>> = told.map_or_else(Vec::new, |(attributions, most)| reasons(attributions, most));
        let record = |place: usize| {
            let (row, score) = (*explained.get(place)?, *scores.get(place)?);
            let reasons = reasons.get(place).cloned().unwrap_or_default();
            Some(GoldenRecord { payload: holdout.csv_payload(row), score, reasons })
        };
        let places = choose_rows(&scores, count.saturating_sub(walkers.len()).min(scores.len()));
        let walkers = walkers.into_iter().map(GoldenRecord::from);
        let records = places.into_iter().filter_map(record).chain(walkers).collect();
        GoldenRecords { release: release.to_owned(), records, answer }
    }

    /// Whether an endpoint's answer to a record is the release's.
    pub fn is_right(&self, record: &GoldenRecord, answer: &str) -> bool {
        self.answer.says(answer, record.score, &record.reasons)
    }

    /// The same with their first record alone.
    #[must_use]
    pub fn first(mut self) -> GoldenRecords {
        self.records.truncate(1);
        self
    }
}

/// How much nearer than the last reason the first that is none may be, as a share of it: other sums of the same contributions may
/// change places with it.
const NEARLY: f32 = 1e-4;

/// The `most` strongest reasons of each explained record; none of one where it is not clear which they are.
fn reasons(attributions: &Attributions, most: usize) -> Vec<Vec<String>> {
    let of = |contributions: &[f32]| {
        let top = top_reasons(contributions, most + 1);
        let strength = |at: usize| top.get(at).map_or(0.0, |reason| reason.contribution.abs());
        let is_clear = top.len() <= most || strength(most) < strength(most - 1) * (1.0 - NEARLY);
        let named = top.iter().take(most).filter_map(|reason| attributions.features.get(reason.feature).cloned());
        if is_clear { named.collect() } else { Vec::new() }
    };
    attributions.records().map(of).collect()
}

/// Row indices, ascending and distinct.
fn choose_rows(scores: &[f32], count: usize) -> BTreeSet<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    let score = |row: &usize| scores.get(*row).copied().unwrap_or(f32::NAN);
    order.sort_by(|a, b| score(a).total_cmp(&score(b)).then(a.cmp(b)));
    let (Some(lowest), Some(highest)) = (order.first().map(score), order.last().map(score)) else {
        return BTreeSet::new();
    };
    let mut chosen = BTreeSet::new();
    let by_rank = count.div_ceil(2);
    let by_score = count - by_rank;
    let step = |index: usize, of: usize| index as f64 / (of.max(2) - 1) as f64;
    let ranks = (0..by_rank).map(|index| (step(index, by_rank) * (order.len() - 1) as f64) as usize);
    let wanted = (0..by_score).map(|index| lowest + (highest - lowest) * step(index, by_score) as f32);
    let values = wanted.map(|wanted| order.partition_point(|row| score(row).total_cmp(&wanted).is_lt()));
    // A rank that is taken already gives way to the next free one, upwards and then from the bottom.
    for rank in ranks.chain(values) {
        let free = order.iter().cycle().skip(rank).take(order.len()).find(|row| !chosen.contains(*row));
        chosen.extend(free);
    }
    chosen
}
