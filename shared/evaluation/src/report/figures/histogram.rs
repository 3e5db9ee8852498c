//! Score histograms: where each model puts positives and negatives.

use super::super::markup::{Element, el};
use super::super::svg::{ACROSS, BOTTOM, Plot, Scale, TOP, Tick, UP, bar, line, segment};
use super::super::table::{Column, Narrow, cell, folded, table};
use super::super::words::count;
use super::{Model, figure, legend, models, stroke};
use crate::evaluation::{Evaluation, ModelCurves};

/// One class of records.
struct Class {
    id: &'static str,
    heading: &'static str,
    of: fn(&ModelCurves) -> &[u64],
}

const CLASSES: [Class; 2] = [
    Class { id: "positives", heading: "Scores of the positives", of: |curves| &curves.positives },
    Class { id: "negatives", heading: "Scores of the negatives", of: |curves| &curves.negatives },
];

/// A figure for each class.
pub(super) fn figures(evaluation: &Evaluation) -> impl Iterator<Item = Element> {
    CLASSES.iter().map(|class| figure_of(evaluation, class))
}

fn figure_of(evaluation: &Evaluation, class: &Class) -> Element {
    let challenger = (class.of)(&evaluation.curves.challenger);
    let champion = evaluation.curves.champion.as_ref().map(class.of);
    let most = challenger.iter().chain(champion.into_iter().flatten()).copied().max().unwrap_or(0).max(1);
    let (y, ticks, axis) = heights(most);
    let tenths: Vec<Tick> = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0].map(|at| Tick::new(at, format!("{at:.1}"))).into();
    let mut plot = Plot::new(Scale::linear((0.0, 1.0), ACROSS), y).x_axis("Score", &tenths).y_axis(axis, &ticks);
    plot = plot.draw(|plot| columns(plot, challenger));
    if let Some(champion) = champion {
        plot = plot.draw(|plot| outline(plot, champion));
    }
    let thresholds =
        [(Model::Challenger, Some(&evaluation.challenger)), (Model::Champion, evaluation.champion.as_ref())];
    for (model, numbers) in thresholds {
        let Some(numbers) = numbers else { continue };
        let x = plot.x.at(numbers.threshold);
        plot = plot.draw(|_| segment(&format!("threshold {}", model.class()), (x, TOP), (x, BOTTOM)));
    }
    let title = class.heading;
    let picture = plot.draw(|_| legend(models(evaluation), sample)).svg(class.id, title, &described(evaluation, class));
    let caption = match champion {
        Some(_) => {
            "Bars: the challenger; dashed outline: the champion. The upright lines are the operating thresholds."
        }
        None => "Bars: the challenger. The upright line is the operating threshold.",
    };
    figure(title, picture, caption, numbers(challenger, champion, title))
}

/// What stands for a model: a bar's colour, or the dashed line.
fn sample(model: Model, (x, y): (f64, f64)) -> Element {
    match model {
        Model::Challenger => bar("column", (x + 4.0, y - 5.0), (18.0, 10.0)),
        Model::Champion => stroke(model, (x, y)),
    }
}

/// The axis of counts: logarithmic where a few bins would flatten all others.
fn heights(most: u64) -> (Scale, Vec<Tick>, &'static str) {
    if most > 200 {
        let powers = (0..=most.ilog10()).map(|power| 10_u64.pow(power));
        let ticks = powers.map(|power| Tick::new(power as f64, count(power))).collect();
        return (Scale::log((0.5, 1.3 * most as f64), UP), ticks, "Records, logarithmic");
    }
    let step = [1, 2, 5, 10, 20, 50].into_iter().find(|step| most / step <= 5).unwrap_or(50);
    let ticks = (0..=most / step).map(|i| Tick::new((i * step) as f64, count(i * step))).collect();
    (Scale::linear((0.0, 1.15 * most as f64), UP), ticks, "Records")
}

/// The left and right edge of a bin, in pixels.
fn edges(plot: &Plot, bin: usize, bins: usize) -> (f64, f64) {
    let at = |edge: usize| plot.x.at(edge as f64 / bins as f64);
    (at(bin), at(bin + 1))
}

fn columns(plot: &Plot, counts: &[u64]) -> Element {
    let bars = counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(bin, count)| {
        let ((left, right), top) = (edges(plot, bin, counts.len()), plot.y.at(*count as f64));
        bar("column", (left + 0.5, top), (right - left - 1.0, BOTTOM - top))
    });
    el("g").children(bars)
}

fn outline(plot: &Plot, counts: &[u64]) -> Element {
    let corners = counts.iter().enumerate().flat_map(|(bin, count)| {
        let ((left, right), top) = (edges(plot, bin, counts.len()), plot.y.at(*count as f64));
        [(left, top), (right, top)]
    });
    line("stroke champion", corners)
}

fn described(evaluation: &Evaluation, class: &Class) -> String {
    let said = |who: &str, curves: &ModelCurves, threshold: f64| {
        let counts = (class.of)(curves);
        let all: u64 = counts.iter().sum();
        format!(
            "{who}: {} records, most of them with scores {}; its threshold is {threshold}.",
            count(all),
            densest(counts)
        )
    };
    let champion = evaluation.curves.champion.as_ref().zip(evaluation.champion.as_ref());
    let champion = champion.map(|(curves, numbers)| said("Champion", curves, numbers.threshold));
    let challenger = said("Challenger", &evaluation.curves.challenger, evaluation.challenger.threshold);
    champion.into_iter().chain([challenger]).collect::<Vec<_>>().join(" ")
}

/// The tenth of the scores with the most records.
fn densest(counts: &[u64]) -> String {
    let tenths = tenths(counts);
    let most = tenths.iter().copied().max().unwrap_or(0);
    let at = tenths.iter().position(|count| *count == most).unwrap_or(0) as f64 / 10.0;
    format!("from {at:.1} to {:.1}", at + 0.1)
}

/// The counts by tenths of the scores.
fn tenths(counts: &[u64]) -> Vec<u64> {
    counts.chunks(counts.len().div_ceil(10).max(1)).map(|bins| bins.iter().sum()).collect()
}

fn numbers(challenger: &[u64], champion: Option<&[u64]>, caption: &str) -> Element {
    let champion = champion.map(tenths);
    let rows = tenths(challenger).into_iter().enumerate().map(|(i, challenger)| {
        let before = champion.as_ref().and_then(|counts| counts.get(i)).map(|found| count(*found));
        let from = i as f64 / 10.0;
        vec![cell(format!("{from:.1} to {:.1}", from + 0.1)), before.and_then(cell), cell(count(challenger))]
    });
    let columns = [Column::Words("Score"), Column::Number("Champion"), Column::Number("Challenger")];
    folded("The numbers", [table(Narrow::Scroll, caption, &columns, rows.collect())])
}
