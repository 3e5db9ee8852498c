//! Both models on the captured records, batch by batch.

use super::gates;
use super::requests::{Batch, alerts};
use crate::stats::Estimate;
use crate::stats::paired::Paired;
use meridian_judge::{CapturedCounts, CapturedJudgement, CapturedMargins};
use meridian_xgboost::{Attributions, Model, ShapeError};
use std::fmt;
use std::num::NonZeroUsize;

/// One of the two models.
#[derive(Clone, Copy, Debug)]
pub struct Shadowed<'a> {
    /// The model that scores the captured records.
    pub model: &'a Model,
    /// How many of its splits use each feature; `None` where they were not counted.
    pub splits: Option<&'a [u32]>,
    /// The probability from which on it alerts.
    pub threshold: f64,
}

/// A challenger's shadow while the capture is read.
pub struct CapturedShadow<'a> {
    challenger: Shadowed<'a>,
    champion: Shadowed<'a>,
    pub(super) tally: Tally,
}

/// What both models said so far.
pub(super) struct Tally {
    /// Scores of the records that both answer, as margins: the challenger's and the champion's.
    pub margins: (Vec<f32>, Vec<f32>),
    /// Which of them alert.
    pub alerts: Paired,
    /// Records without a finite score.
    pub unanswered: Paired,
    /// What is missing where the models ask.
    pub missing: Missing,
    /// Captured answers that were compared with the champion's, and those that are others.
    pub answers: (u64, u64),
}

impl fmt::Debug for CapturedShadow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CapturedShadow").field("records", &self.tally.margins.0.len()).finish_non_exhaustive()
    }
}

impl<'a> CapturedShadow<'a> {
    /// A shadow of `challenger` beside the `champion` that answered the captured requests.
    pub fn new(challenger: Shadowed<'a>, champion: Shadowed<'a>) -> Self {
        let missing = Missing::new(shares(challenger), shares(champion));
        let margins = (Vec::new(), Vec::new());
        let (alerts, unanswered) = (Paired::default(), Paired::default());
        Self { challenger, champion, tally: Tally { margins, alerts, unanswered, missing, answers: (0, 0) } }
    }

    /// Scores the records with both models, on up to `threads` threads. They reach the challenger as they were sent: where it takes
    /// another number of features, it refuses them, as its container would.
    ///
    /// # Errors
    /// [`ShapeError`] where the champion does not take such records, or where scoring them would take out of all proportion.
    pub fn take(&mut self, batch: &Batch, threads: NonZeroUsize) -> Result<(), ShapeError> {
        if batch.records() == 0 {
            return Ok(());
        }
        let rows = batch.matrix();
        let champion = self.champion.model.matrix_margins(rows, threads)?;
        let challenger = match self.challenger.model.matrix_margins(rows, threads) {
            Err(ShapeError::Width { .. }) => vec![f32::NAN; champion.len()],
            scored => scored?,
        };
        let objective = self.champion.model.objective();
        let tally = &mut self.tally;
        for ((new, old), answer) in challenger.iter().zip(&champion).zip(batch.answers()) {
            tally.unanswered.add(!new.is_finite(), !old.is_finite());
            if !answer.is_nan() {
                let same = (objective.answer(*old) - answer).abs() <= batch.tolerance();
                tally.answers = (tally.answers.0 + 1, tally.answers.1 + u64::from(!same));
            }
            if new.is_finite() && old.is_finite() {
                tally.alerts.add(alerts(*new, self.challenger.threshold), alerts(*old, self.champion.threshold));
                tally.margins.0.push(*new);
                tally.margins.1.push(*old);
            }
        }
        rows.values().chunks_exact(rows.width()).for_each(|row| tally.missing.add(row));
        Ok(())
    }

    /// What the gates say, the capture being read. `counts` are [`Requests::counts`](super::Requests::counts), `reasons` both
    /// models' contributions over the same sample, the challenger's first, and `least` the records without which nothing passes.
    pub fn judge(
        self,
        counts: CapturedCounts,
        reasons: Option<(&Attributions, &Attributions)>,
        margins: &CapturedMargins,
        least: u64,
    ) -> CapturedJudgement {
        let Tally { alerts, unanswered, answers, .. } = &self.tally;
        let counts = CapturedCounts {
            records: unanswered.records,
            answers: answers.0,
            challenger_alerts: alerts.both + alerts.only_first,
            champion_alerts: alerts.both + alerts.only_second,
            ..counts
        };
        CapturedJudgement::of(counts, gates::of(&self.tally, reasons, margins, self.champion.model), least)
    }
}

/// Each feature's share of a model's splits. Without a count, every feature is asked for alike.
fn shares(shadowed: Shadowed<'_>) -> Vec<f64> {
    let features = shadowed.model.n_features();
    let splits: Vec<f64> = match shadowed.splits {
        Some(splits) => splits.iter().map(|count| f64::from(*count)).collect(),
        None => vec![1.0; features],
    };
    let total: f64 = splits.iter().sum();
    splits.into_iter().map(|count| if total > 0.0 { count / total } else { 0.0 }).collect()
}

/// How much of what each model asks for is missing.
pub(super) struct Missing {
    /// By feature, the challenger's share of splits and the champion's.
    shares: Vec<(f64, f64)>,
    /// By feature, records in which it is missing.
    counts: Vec<u64>,
    records: u64,
    /// Of the records' differences, and of their squares.
    sum: f64,
    squares: f64,
}

impl Missing {
    fn new(challenger: Vec<f64>, champion: Vec<f64>) -> Missing {
        // Models of different widths are compared by nothing but that one of them refuses every record.
        let alike = challenger.len() == champion.len();
        let shares: Vec<(f64, f64)> = if alike { challenger.into_iter().zip(champion).collect() } else { Vec::new() };
        Missing { counts: vec![0; shares.len()], shares, records: 0, sum: 0.0, squares: 0.0 }
    }

    fn add(&mut self, row: &[f32]) {
        let mut difference = 0.0;
        for ((value, count), (new, old)) in row.iter().zip(&mut self.counts).zip(&self.shares) {
            if value.is_nan() {
                *count += 1;
                difference += new - old;
            }
        }
        self.records += 1;
        self.sum += difference;
        self.squares += difference * difference;
    }

    /// Mean over the records of the challenger's share less the champion's.
    pub fn difference(&self) -> Option<Estimate> {
        let count = self.records as f64;
        let value = self.sum / count;
        let variance = (self.squares - count * value * value).max(0.0) / (count - 1.0);
        (count >= 2.0 && !self.shares.is_empty()).then(|| Estimate { value, error: (variance / count).sqrt() })
    }

    /// The mean shares themselves, the challenger's first.
    pub fn means(&self) -> (f64, f64) {
        let of = |share: fn(&(f64, f64)) -> f64| {
            let parts = self.shares.iter().zip(&self.counts).map(|(shares, count)| share(shares) * *count as f64);
            parts.sum::<f64>() / self.records as f64
        };
        (of(|shares| shares.0), of(|shares| shares.1))
    }

    /// The feature that makes most of the difference.
    pub fn most(&self) -> Option<usize> {
        let parts = self.shares.iter().zip(&self.counts).map(|((new, old), count)| (new - old) * *count as f64);
        let most = parts.enumerate().max_by(|(_, one), (_, other)| one.total_cmp(other))?;
        (most.1 > 0.0).then_some(most.0)
    }
}
