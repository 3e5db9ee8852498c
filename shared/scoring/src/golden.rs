//! Golden records: payloads with the scores that evaluation computed. Asked of a live endpoint, they
//! prove which model answers.

use crate::error::ShapeError;
use crate::format::Objective;
use crate::holdout::HeldOut;
use crate::model::Model;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// How far an answer may lie from the golden score where the container's `exp` rounds differently.
pub const GOLDEN_TOLERANCE: f32 = 1e-6;

/// One payload and its score.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct GoldenRecord {
    /// A `text/csv` row, as a caller sends it. Customer data: never to be logged.
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

/// A release's golden records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GoldenRecords {
    /// The release's version, for example `v427`.
    pub release: String,
    /// The records, in held-out order.
    pub records: Vec<GoldenRecord>,
}

impl GoldenRecords {
    /// Chooses `count` records (or all, where there are fewer) and scores them with `model`: half evenly by rank,
    /// half evenly over the range of scores, so that the rare high scores are there too. The same inputs choose
    /// the same.
    ///
    /// # Errors
    /// [`ShapeError`] where the held-out features are not the model's.
    pub fn choose(release: &str, model: &Model, holdout: &HeldOut, count: usize) -> Result<GoldenRecords, ShapeError> {
        Ok(GoldenRecords::of_margins(release, &model.margins(holdout)?, model.objective(), holdout, count))
    }

    /// The same from margins that were computed before, one for each record, by a model with this objective.
    pub fn of_margins(
        release: &str,
        margins: &[f32],
        objective: Objective,
        holdout: &HeldOut,
        count: usize,
    ) -> GoldenRecords {
        let scores: Vec<f32> = margins.iter().map(|margin| objective.answer(*margin)).collect();
        let rows = choose_rows(&scores, count.min(scores.len()));
        let record = |row: usize| Some(GoldenRecord { payload: holdout.csv_payload(row), score: *scores.get(row)? });
        GoldenRecords { release: release.to_owned(), records: rows.into_iter().filter_map(record).collect() }
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
