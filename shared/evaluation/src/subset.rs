//! The records that a comparison is about: all of them, or one customer region's.

use crate::contender::Contender;
use crate::evaluation::{ModelNumbers, RegionNumbers};
use crate::holdout::{Groups, HeldOut};
use crate::metrics::{Confusion, roc_auc};
use crate::stats::{calibration, delong::Placements};
use meridian_xgboost::probability_of;

/// Both models on the same records.
pub(crate) struct Subset {
    /// The region, or the value of a column of slices; `None` for the whole set.
    pub region: Option<String>,
    /// True where a record is a positive.
    pub labels: Vec<bool>,
    /// The challenger's scores of these records.
    pub challenger: Side,
    /// The champion; `None` for a first release.
    pub champion: Option<Side>,
}

impl Subset {
    /// The subset that is all records.
    pub fn whole(challenger: Contender<'_>, champion: Option<Contender<'_>>, holdout: &HeldOut) -> Subset {
        Subset::of(None, challenger, champion, holdout, |_| true)
    }

    /// One subset for each group, in the order of [`Groups::names`].
    pub fn groups(
        challenger: Contender<'_>,
        champion: Option<Contender<'_>>,
        holdout: &HeldOut,
        groups: &Groups,
    ) -> Vec<Subset> {
        let of = |(index, name): (usize, &String)| {
            let keep = |row: usize| groups.of_records().get(row).is_some_and(|group| usize::from(*group) == index);
            Subset::of(Some(name.clone()), challenger, champion, holdout, keep)
        };
        groups.names().iter().enumerate().map(of).collect()
    }

    fn of(
        region: Option<String>,
        challenger: Contender<'_>,
        champion: Option<Contender<'_>>,
        holdout: &HeldOut,
        keep: impl Fn(usize) -> bool,
    ) -> Subset {
        let labels = holdout.labels();
        let kept: Vec<usize> = (0..labels.len()).filter(|row| keep(*row)).collect();
        let labels: Vec<bool> = kept.iter().filter_map(|row| labels.get(*row).copied()).collect();
        let side = |contender: Contender<'_>| Side::new(contender, &kept, &labels);
        Subset { region, challenger: side(challenger), champion: champion.map(side), labels }
    }

    /// Records with label 1.
    pub fn positives(&self) -> u64 {
        self.labels.iter().filter(|label| **label).count() as u64
    }

    /// Records with label 0.
    pub fn negatives(&self) -> u64 {
        self.labels.len() as u64 - self.positives()
    }

    /// Both models on these records.
    pub fn in_numbers(&self) -> RegionNumbers {
        RegionNumbers {
            region: self.region.clone().unwrap_or_default(),
            rows: self.labels.len() as u64,
            positives: self.positives(),
            challenger: self.numbers(&self.challenger),
            champion: self.champion.as_ref().and_then(|side| self.numbers(side)),
        }
    }

    /// A model's numbers on these records; `None` where they are all of one class.
    pub fn numbers(&self, side: &Side) -> Option<ModelNumbers> {
        let counts = Confusion::at(side.threshold, &self.labels, &side.scores);
        Some(ModelNumbers {
            auc: roc_auc(&self.labels, &side.scores)?,
            fpr: counts.false_positive_rate()?,
            recall: counts.recall()?,
            alert_rate: counts.alert_rate()?,
            threshold: side.threshold,
            brier: calibration::brier(&self.labels, &side.scores).map(|brier| brier.value).filter(|x| x.is_finite()),
            calibration_slope: side.slope.as_ref().map(|fitted| fitted.value),
            calibration_intercept: side.intercept.as_ref().map(|fitted| fitted.value),
        })
    }
}

/// One model on a subset's records, with what several gates need of it.
pub(crate) struct Side {
    /// What the container answers.
    pub scores: Vec<f32>,
    /// The operating threshold.
    pub threshold: f64,
    /// For the AUC; `None` where a class has fewer than two records.
    pub placements: Option<Placements>,
    /// Slope of the recalibration, where it has one.
    pub slope: Option<calibration::Fitted>,
    /// Calibration in the large, where it has one.
    pub intercept: Option<calibration::Fitted>,
}

impl Side {
    fn new(contender: Contender<'_>, kept: &[usize], labels: &[bool]) -> Side {
        let all = &contender.scored.margins;
        let margins: Vec<f32> = kept.iter().filter_map(|row| all.get(*row).copied()).collect();
        let scores: Vec<f32> = margins.iter().copied().map(probability_of).collect();
        Side {
            threshold: contender.threshold,
            placements: Placements::new(labels, &scores),
            slope: calibration::slope(labels, &margins),
            intercept: calibration::intercept(labels, &margins),
            scores,
        }
    }
}
