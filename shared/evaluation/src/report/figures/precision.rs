//! Precision against recall: how many of the alerts that people work through are fraud.

use super::super::markup::Element;
use super::super::svg::{ACROSS, Plot, Scale, UP};
use super::super::table::{Column, Narrow, cell, folded, table};
use super::super::words::{Style, short_percent};
use super::{Model, figure as framed, legend, marked, models, shares};
use crate::evaluation::{Evaluation, ModelCurves, ModelNumbers};

const FIFTHS: [f64; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];

/// Precision of both models, worked out from the ROC curve and the held-out set's share of positives.
pub(super) fn figure(evaluation: &Evaluation) -> Element {
    let set = Shares::of(evaluation);
    let top = set.top(evaluation);
    let mut plot = Plot::new(Scale::linear((0.0, 1.0), ACROSS), Scale::linear((0.0, top), UP))
        .x_axis("Recall", &shares(&FIFTHS))
        .y_axis("Precision", &shares(&FIFTHS.map(|share| share * top)))
        .line("chance", &[(0.0, set.positive), (1.0, set.positive)]);
    for model in models(evaluation) {
        let Some((curves, numbers)) = of(model, evaluation) else { continue };
        plot = plot.line(&model.stroke(), &set.curve(curves, top)).draw(|plot| {
            model.mark(plot.pixel((numbers.recall, set.precision(numbers.fpr, numbers.recall).unwrap_or(0.0))))
        });
    }
    let title = "Precision and recall";
    let picture =
        plot.draw(|_| legend(models(evaluation), marked)).svg("precision", title, &described(evaluation, &set));
    let caption = "The share of alerts that are positives, as the threshold falls and recall grows; the marks are the operating \
                   thresholds, the dotted line is guessing. Precision holds for the held-out set’s mix of positives and \
                   negatives; at a recall below 10 % it may leave the axis.";
    framed(title, picture, caption, numbers(evaluation, &set))
}

fn of(model: Model, evaluation: &Evaluation) -> Option<(&ModelCurves, &ModelNumbers)> {
    match model {
        Model::Challenger => Some((&evaluation.curves.challenger, &evaluation.challenger)),
        Model::Champion => evaluation.curves.champion.as_ref().zip(evaluation.champion.as_ref()),
    }
}

/// What part of the held-out set is positive, and what part is not.
struct Shares {
    positive: f64,
    negative: f64,
}

impl Shares {
    fn of(evaluation: &Evaluation) -> Shares {
        let positive = evaluation.positives as f64 / evaluation.rows.max(1) as f64;
        Shares { positive, negative: 1.0 - positive }
    }

    /// Precision at a point of the ROC curve; `None` where nothing alerts.
    fn precision(&self, fpr: f64, recall: f64) -> Option<f64> {
        let right = recall * self.positive;
        let alerts = right + fpr * self.negative;
        (alerts > 0.0).then(|| right / alerts)
    }

    /// (recall, precision) at every point of a ROC curve where something alerts, up to `top`.
    fn curve(&self, curves: &ModelCurves, top: f64) -> Vec<(f64, f64)> {
        let point = |[fpr, recall]: &[f64; 2]| Some((*recall, self.precision(*fpr, *recall)?));
        curves.roc.iter().filter_map(point).filter(|(_, precision)| *precision <= top).collect()
    }

    /// The upper end of the axis: round, and above every precision that more than a tenth of the positives reach. What a
    /// handful of alerts did would press everything else down.
    fn top(&self, evaluation: &Evaluation) -> f64 {
        let both = models(evaluation).filter_map(|model| of(model, evaluation));
        let reached = both.flat_map(|(curves, numbers)| {
            let points = curves.roc.iter().copied().chain([[numbers.fpr, numbers.recall]]);
            points.filter(|[_, recall]| *recall >= 0.1).filter_map(|[fpr, recall]| self.precision(fpr, recall))
        });
        let most = reached.fold(0.0, f64::max);
        [0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5].into_iter().find(|top| *top >= most).unwrap_or(1.0)
    }

    /// Precision at the first point of the curve that reaches a recall.
    fn at_recall(&self, curves: &ModelCurves, least: f64) -> Option<f64> {
        let [fpr, recall] = curves.roc.iter().find(|[_, recall]| *recall >= least)?;
        self.precision(*fpr, *recall)
    }
}

fn described(evaluation: &Evaluation, set: &Shares) -> String {
    let said = |model: Model| {
        let (_, numbers) = of(model, evaluation)?;
        let precision = set.precision(numbers.fpr, numbers.recall)?;
        let (precision, recall) = (short_percent(precision), short_percent(numbers.recall));
        Some(format!(
            "{}: at its threshold {precision} of the alerts are positives, and {recall} of the positives alert.",
            model.name()
        ))
    };
    let lines: Vec<String> = models(evaluation).filter_map(said).collect();
    if lines.is_empty() { "No model alerts at its threshold.".to_owned() } else { lines.join(" ") }
}

fn numbers(evaluation: &Evaluation, set: &Shares) -> Element {
    let precision = |curves: &ModelCurves, recall| cell(Style::Share.value(set.at_recall(curves, recall)?));
    let rows = [0.1, 0.2, 0.4, 0.6, 0.8].map(|recall| {
        let champion = evaluation.curves.champion.as_ref();
        vec![
            cell(short_percent(recall)),
            champion.and_then(|curves| precision(curves, recall)),
            precision(&evaluation.curves.challenger, recall),
        ]
    });
    let columns =
        [Column::Words("Recall"), Column::Number("Champion’s precision"), Column::Number("Challenger’s precision")];
    folded("The numbers", [table(Narrow::Scroll, "Precision in numbers", &columns, rows.into())])
}

#[cfg(test)]
mod tests {
    use super::Shares;

    #[test]
    fn precision_counts_alerts() {
        let set = Shares { positive: 0.01, negative: 0.99 };
        assert_eq!((set.precision(0.0, 0.0), set.precision(0.0, 0.5)), (None, Some(1.0)));
        assert_eq!(set.precision(1.0, 1.0), Some(0.01));
    }
}
