//! The ROC curve, whole and where a fraud team works: a few false alarms in a thousand.

use super::super::markup::Element;
use super::super::svg::{ACROSS, Plot, Scale, UP};
use super::super::table::{Column, Narrow, cell, folded, table};
use super::super::words::{Style, short_percent};
use super::{Model, decades, figure, legend, marked, shares};
use crate::evaluation::{Evaluation, ModelCurves, ModelNumbers};

const FIFTHS: [f64; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];

/// The curve on plain axes.
pub(super) fn whole(evaluation: &Evaluation) -> Element {
    let plot = Plot::new(Scale::linear((0.0, 1.0), ACROSS), Scale::linear((0.0, 1.0), UP))
        .x_axis("False-positive rate", &shares(&FIFTHS))
        .y_axis("Recall", &shares(&FIFTHS))
        .line("chance", &[(0.0, 0.0), (1.0, 1.0)]);
    let picture = curves(plot, evaluation).svg("roc", "ROC curve", &described(evaluation));
    let areas: Vec<String> =
        models(evaluation).map(|(model, _, numbers)| model.said(&format!("{:.4}", numbers.auc))).collect();
    let caption = format!(
        "Recall against false-positive rate over all thresholds; the marks are the operating thresholds, the dotted line is \
         guessing. Area under the curve: {}.",
        areas.join(", ")
    );
    figure(
        "ROC curve",
        picture,
        &caption,
        rates(evaluation, "The ROC curve in numbers", &[0.05, 0.1, 0.2, 0.3, 0.5, 0.8]),
    )
}

/// The curve with equal ratios of false-positive rates equally far apart.
pub(super) fn low(evaluation: &Evaluation) -> Element {
    let lowest = lowest_rate(evaluation);
    let plot = Plot::new(Scale::log((lowest, 1.0), ACROSS), Scale::linear((0.0, 1.0), UP))
        .x_axis("False-positive rate, logarithmic", &decades(lowest))
        .y_axis("Recall", &shares(&FIFTHS));
    let title = "ROC curve at low false-positive rates";
    let picture = curves(plot, evaluation).svg("roc-low", title, &described(evaluation));
    let caption = "The same curve with its left edge drawn out: recall where false alarms are rare enough to be worked \
                   through. At the far left a few records decide it.";
    let at = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05];
    figure(
        "At low false-positive rates",
        picture,
        caption,
        rates(evaluation, "Recall at low false-positive rates", &at),
    )
}

/// Both curves, the challenger's above.
fn curves(plot: Plot, evaluation: &Evaluation) -> Plot {
    let mut plot = plot;
    for (model, curves, _) in models(evaluation) {
        let points: Vec<(f64, f64)> = curves.roc.iter().map(|[x, y]| (*x, *y)).collect();
        plot = plot.line(&model.stroke(), &points);
    }
    for (model, _, numbers) in models(evaluation) {
        plot = plot.draw(|plot| model.mark(plot.pixel((numbers.fpr, numbers.recall))));
    }
    plot.draw(|_| legend(super::models(evaluation), marked))
}

/// The champion, where there is one, then the challenger, which is drawn over it.
fn models(evaluation: &Evaluation) -> impl Iterator<Item = (Model, &ModelCurves, &ModelNumbers)> {
    let champion = evaluation.curves.champion.as_ref().zip(evaluation.champion.as_ref());
    let champion = champion.map(|(curves, numbers)| (Model::Champion, curves, numbers));
    champion.into_iter().chain([(Model::Challenger, &evaluation.curves.challenger, &evaluation.challenger)])
}

/// The power of ten below the lowest false-positive rate that one negative makes; at least a thousandth is shown.
fn lowest_rate(evaluation: &Evaluation) -> f64 {
    let negatives = evaluation.rows.saturating_sub(evaluation.positives).max(1) as f64;
    10_f64.powf(-negatives.log10().floor()).clamp(1e-6, 1e-3)
}

fn described(evaluation: &Evaluation) -> String {
    let said = |(model, _, numbers): (Model, &ModelCurves, &ModelNumbers)| {
        let (fpr, recall) = (short_percent(numbers.fpr), short_percent(numbers.recall));
        format!(
            "{}: AUC {:.4}; at its threshold of {} recall {recall} at a false-positive rate of {fpr}.",
            model.name(),
            numbers.auc,
            numbers.threshold
        )
    };
    models(evaluation).map(said).collect::<Vec<_>>().join(" ")
}

/// Recall of both models at false-positive rates that people ask for.
fn rates(evaluation: &Evaluation, caption: &str, at: &[f64]) -> Element {
    let rows = at.iter().map(|rate| {
        let recall = |curves: &ModelCurves| Style::Share.value(recall_at(&curves.roc, *rate));
        vec![
            cell(short_percent(*rate)),
            evaluation.curves.champion.as_ref().and_then(|curves| cell(recall(curves))),
            cell(recall(&evaluation.curves.challenger)),
        ]
    });
    let columns = [
        Column::Words("False-positive rate"),
        Column::Number("Champion’s recall"),
        Column::Number("Challenger’s recall"),
    ];
    folded("The numbers", [table(Narrow::Scroll, caption, &columns, rows.collect())])
}

/// Recall at a false-positive rate, between the curve's points in proportion. NaN where the curve has none.
fn recall_at(roc: &[[f64; 2]], rate: f64) -> f64 {
    let after = roc.partition_point(|[x, _]| *x <= rate);
    match (after.checked_sub(1).and_then(|before| roc.get(before)), roc.get(after)) {
        (Some([x1, y1]), Some([x2, y2])) => y1 + (y2 - y1) * (rate - x1) / (x2 - x1),
        (Some([_, y]), None) => *y,
        (None, _) => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::recall_at;

    #[test]
    fn recall_is_read_off_the_curve() {
        let roc = [[0.0, 0.0], [0.0, 0.4], [0.5, 0.8], [1.0, 1.0]];
        assert_eq!([0.0, 0.25, 0.5, 1.0].map(|rate| recall_at(&roc, rate)), [0.4, 0.6000000000000001, 0.8, 1.0]);
        assert!(recall_at(&[], 0.1).is_nan());
    }
}
