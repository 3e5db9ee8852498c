//! Gain and lift: how much of the fraud is among the records with the highest scores.

use super::super::markup::Element;
use super::super::svg::{ACROSS, Plot, Scale, UP};
use super::super::table::{Column, Narrow, cell, folded, table};
use super::super::words::{Style, short_percent};
use super::{Model, decades, figure as framed, legend, models, shares, stroke};
use crate::evaluation::{Evaluation, ModelCurves};

const FIFTHS: [f64; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
/// Shares of the records that are told in numbers.
const TOLD: [f64; 6] = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2];
/// The left end of the axis.
const LOWEST: f64 = 0.001;

/// Gain of both models, worked out from the ROC curve and the held-out set's share of positives.
pub(super) fn figure(evaluation: &Evaluation) -> Element {
    let positive = evaluation.positives as f64 / evaluation.rows.max(1) as f64;
    let mut plot = Plot::new(Scale::log((LOWEST, 1.0), ACROSS), Scale::linear((0.0, 1.0), UP))
        .x_axis("Highest scores, share of records, logarithmic", &decades(LOWEST))
        .y_axis("Share of the positives", &shares(&FIFTHS))
        .line("chance", &chance());
    for (model, curves) in of(evaluation) {
        let points: Vec<(f64, f64)> = gains(curves, positive).filter(|(share, _)| *share >= LOWEST).collect();
        plot = plot.line(&model.stroke(), &points);
    }
    let title = "Gain and lift";
    let picture =
        plot.draw(|_| legend(models(evaluation), stroke)).svg("gain", title, &described(evaluation, positive));
    let caption = "The share of the positives that is among the records with the highest scores; the dotted line is guessing. Lift \
                   is how many times as many positives these records hold as others drawn by chance.";
    framed(title, picture, caption, numbers(evaluation, positive))
}

/// As many positives as records: a curve on a logarithmic axis.
fn chance() -> Vec<(f64, f64)> {
    (0..=60).map(|step| LOWEST.powf(1.0 - f64::from(step) / 60.0)).map(|share| (share, share)).collect()
}

fn of(evaluation: &Evaluation) -> impl Iterator<Item = (Model, &ModelCurves)> {
    let champion = evaluation.curves.champion.as_ref().map(|curves| (Model::Champion, curves));
    champion.into_iter().chain([(Model::Challenger, &evaluation.curves.challenger)])
}

/// (share of the records, share of the positives) at every point of a ROC curve.
fn gains(curves: &ModelCurves, positive: f64) -> impl Iterator<Item = (f64, f64)> {
    curves.roc.iter().map(move |[fpr, recall]| (recall * positive + fpr * (1.0 - positive), *recall))
}

/// The share of the positives among a share of the records, between the curve's points in proportion.
fn gain(curves: &ModelCurves, positive: f64, share: f64) -> Option<f64> {
    let points: Vec<(f64, f64)> = gains(curves, positive).collect();
    let after = points.partition_point(|(x, _)| *x <= share);
    let (x1, y1) = *points.get(after.checked_sub(1)?)?;
    Some(points.get(after).map_or(y1, |(x2, y2)| y1 + (y2 - y1) * (share - x1) / (x2 - x1)))
}

fn described(evaluation: &Evaluation, positive: f64) -> String {
    let said = |(model, curves): (Model, &ModelCurves)| {
        let gain = gain(curves, positive, 0.01)?;
        Some(format!("{}: {} of the positives are in the highest 1 %.", model.name(), short_percent(gain)))
    };
    of(evaluation).filter_map(said).collect::<Vec<_>>().join(" ")
}

fn numbers(evaluation: &Evaluation, positive: f64) -> Element {
    let rows = TOLD.map(|share| {
        let gain = |curves: &ModelCurves| gain(curves, positive, share);
        let gained = |curves| cell(Style::Share.value(gain(curves)?));
        let lift = |curves| cell(Style::Plain(1).value(gain(curves)? / share));
        let (new, old) = (&evaluation.curves.challenger, evaluation.curves.champion.as_ref());
        vec![cell(short_percent(share)), old.and_then(gained), gained(new), old.and_then(lift), lift(new)]
    });
    let columns = [
        Column::Words("Highest scores"),
        Column::Number("Champion’s gain"),
        Column::Number("Challenger’s gain"),
        Column::Number("Champion’s lift"),
        Column::Number("Challenger’s lift"),
    ];
    folded("The numbers", [table(Narrow::Scroll, "Gain and lift in numbers", &columns, rows.into())])
}

#[cfg(test)]
mod tests {
    use super::gain;
    use crate::evaluation::ModelCurves;

    #[test]
    fn gain_counts_records_of_both_classes() {
        let curves = ModelCurves { roc: vec![[0.0, 0.0], [0.0, 0.5], [1.0, 1.0]], ..ModelCurves::default() };
        // A tenth is positive: the first twentieth of the records holds half of the positives.
        assert_eq!([0.025, 0.05, 1.0].map(|share| gain(&curves, 0.1, share)), [Some(0.25), Some(0.5), Some(1.0)]);
        assert_eq!(gain(&ModelCurves::default(), 0.1, 0.5), None);
    }
}
