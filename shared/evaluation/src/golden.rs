//! Golden records: payloads with the scores that evaluation computed. Asked of a live endpoint, they
//! prove which model answers.

use crate::holdout::HeldOut;
use meridian_xgboost::{Model, Objective, ShapeError, Walker};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// How far an answer may lie from the golden score where the container's `exp` rounds differently.
pub const GOLDEN_TOLERANCE: f32 = 1e-6;

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
}

impl fmt::Debug for GoldenRecord {
    /// Shows the score only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GoldenRecord").field("score", &self.score).finish_non_exhaustive()
    }
}

impl From<Walker> for GoldenRecord {
    fn from(Walker { payload, score }: Walker) -> GoldenRecord {
        GoldenRecord { payload, score }
    }
}

/// A release's golden records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GoldenRecords {
    /// The release's version, for example `v427`.
    pub release: String,
    /// The held-out records, in held-out order, and after them those that walk the model.
    pub records: Vec<GoldenRecord>,
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
        let (margins, walkers) = (holdout.margins(model)?, model.walkers(walkers_among(count)));
        Ok(GoldenRecords::of_margins(release, &margins, model.objective(), holdout, walkers, count))
    }

    /// The same from what was computed before by a model with this objective: one margin for each record, and the walkers
    /// ([`walkers_among`] as many).
    pub fn of_margins(
        release: &str,
        margins: &[f32],
        objective: Objective,
        holdout: &HeldOut,
        walkers: Vec<Walker>,
        count: usize,
    ) -> GoldenRecords {
        let scores: Vec<f32> = margins.iter().map(|margin| objective.answer(*margin)).collect();
        let rows = choose_rows(&scores, count.saturating_sub(walkers.len()).min(scores.len()));
        let record = |row: usize| Some(GoldenRecord { payload: holdout.csv_payload(row), score: *scores.get(row)? });
        let records = rows.into_iter().filter_map(record).chain(walkers.into_iter().map(GoldenRecord::from)).collect();
        GoldenRecords { release: release.to_owned(), records }
    }

    /// The score in an endpoint's answer, or `None` where it is not one finite number.
    pub fn parse_answer(answer: &str) -> Option<f32> {
        answer.trim().parse::<f32>().ok().filter(|score| score.is_finite())
    }
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
