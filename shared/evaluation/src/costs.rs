//! What a model's alerts cost, where somebody says what a miss and a false alarm cost.

use crate::contender::Contender;
use crate::holdout::HeldOut;
use meridian_xgboost::probability_of;
use serde::{Deserialize, Serialize};

/// Thresholds that are tried: as many as four decimals write.
const STEPS: u32 = 10_000;
/// Of these, one in so many is a point of the curve.
const POINT: u32 = 100;

/// What one wrong answer costs, in any unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prices {
    /// A positive without an alert.
    pub miss: f64,
    /// An alert on a negative.
    pub false_alarm: f64,
}

/// What both models cost on the held-out records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    /// What one wrong answer costs.
    pub prices: Prices,
    /// The challenger's, at its own threshold.
    pub challenger: ModelCosts,
    /// The champion; absent for a first release.
    pub champion: Option<ModelCosts>,
}

/// What one model's wrong answers cost, by where alerts begin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelCosts {
    /// At its operating threshold.
    pub operating: CostPoint,
    /// At the threshold of four decimals that costs least on these records, the lowest of them.
    pub cheapest: CostPoint,
    /// At every hundredth.
    pub curve: Vec<CostPoint>,
}

/// What a model costs with a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostPoint {
    /// Score at and above which a record is an alert.
    pub threshold: f64,
    /// Of 1,000 records.
    pub cost: f64,
    /// Share of the positives that alert.
    pub recall: f64,
    /// Share of the negatives that alert.
    pub fpr: f64,
}

impl Costs {
    /// What both models cost; `None` where a score is no number, or the records are of one class.
    pub fn of(
        challenger: Contender<'_>,
        champion: Option<Contender<'_>>,
        holdout: &HeldOut,
        prices: Prices,
    ) -> Option<Costs> {
        let of = |contender: Contender<'_>| {
            Ranked::new(holdout.labels(), &contender.scored.margins)?.costs(contender.threshold, prices)
        };
        Some(Costs { prices, challenger: of(challenger)?, champion: champion.map(of).unwrap_or_default() })
    }

    /// Each model's costs by the part that it plays, the challenger's first.
    pub fn models(&self) -> impl Iterator<Item = (&str, &ModelCosts)> {
        let champion = self.champion.as_ref().map(|champion| ("champion", champion));
        std::iter::once(("challenger", &self.challenger)).chain(champion)
    }
}

/// The scores of each class, lowest first.
struct Ranked {
    positives: Vec<f64>,
    negatives: Vec<f64>,
}

impl Ranked {
    fn new(labels: &[bool], margins: &[f32]) -> Option<Ranked> {
        let scores = margins.iter().map(|margin| f64::from(probability_of(*margin)));
        let (positives, negatives): (Vec<_>, Vec<_>) = scores.zip(labels).partition(|(_, label)| **label);
        let sorted = |class: Vec<(f64, &bool)>| {
            let mut scores: Vec<f64> = class.into_iter().map(|(score, _)| score).collect();
            scores.sort_unstable_by(f64::total_cmp);
            scores
        };
        let ranked = Ranked { positives: sorted(positives), negatives: sorted(negatives) };
        let is_told = |class: &[f64]| !class.is_empty() && class.iter().all(|score| score.is_finite());
        (is_told(&ranked.positives) && is_told(&ranked.negatives)).then_some(ranked)
    }

    fn costs(&self, threshold: f64, prices: Prices) -> Option<ModelCosts> {
        let points: Vec<CostPoint> =
            (1..STEPS).map(|step| self.at(f64::from(step) / f64::from(STEPS), prices)).collect();
        Some(ModelCosts {
            operating: self.at(threshold, prices),
            cheapest: points.iter().copied().min_by(|one, other| one.cost.total_cmp(&other.cost))?,
            curve: points.into_iter().skip(POINT as usize - 1).step_by(POINT as usize).collect(),
        })
    }

    fn at(&self, threshold: f64, prices: Prices) -> CostPoint {
        let below = |class: &[f64]| class.partition_point(|score| *score < threshold) as f64;
        let (positives, negatives) = (self.positives.len() as f64, self.negatives.len() as f64);
        let (misses, alarms) = (below(&self.positives), negatives - below(&self.negatives));
        CostPoint {
            threshold,
            cost: 1000.0 * (prices.miss * misses + prices.false_alarm * alarms) / (positives + negatives),
            recall: (positives - misses) / positives,
            fpr: alarms / negatives,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICES: Prices = Prices { miss: 10.0, false_alarm: 1.0 };

    #[test]
    fn the_cheapest_threshold_is_the_lowest_of_equal_cost() {
        // Probabilities 0.5 and about 0.73 of positives, 0.27 and 0.62 of negatives.
        let ranked = Ranked::new(&[true, true, false, false], &[0.0, 1.0, -1.0, 0.5]).unwrap();
        let costs = ranked.costs(0.7, PRICES).unwrap();
        assert_eq!((costs.operating.cost, costs.operating.recall, costs.operating.fpr), (2_500.0, 0.5, 0.0));
        assert_eq!((costs.cheapest.threshold, costs.cheapest.cost), (0.269, 250.0));
        assert_eq!((costs.curve.len(), costs.curve[0].threshold, costs.curve[0].cost), (99, 0.01, 500.0));
    }

    #[test]
    fn scores_that_are_no_numbers_cost_nothing_that_could_be_told() {
        assert!(Ranked::new(&[true, false], &[f32::NAN, 1.0]).is_none());
        assert!(Ranked::new(&[true, true], &[0.0, 1.0]).is_none());
    }
}
