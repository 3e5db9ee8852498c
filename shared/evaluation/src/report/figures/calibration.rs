//! Calibration: how many positives a score promises, and how many there were.

use super::super::markup::{Element, el};
use super::super::svg::{ACROSS, Plot, Scale, UP, segment};
use super::super::table::{Column, Narrow, cell, folded, table};
use super::super::words::{count, short_percent};
use super::{Model, decades, figure as framed, legend};
use crate::evaluation::{CalibrationBin, Evaluation};

/// The figure; `None` where no model has a bin (no score is finite).
pub(super) fn figure(evaluation: &Evaluation) -> Option<Element> {
    let challenger = evaluation.curves.challenger.calibration.as_slice();
    let champion = evaluation.curves.champion.as_ref().map(|curves| curves.calibration.as_slice());
    let models: Vec<(Model, &[CalibrationBin])> = champion
        .map(|bins| (Model::Champion, bins))
        .into_iter()
        .chain([(Model::Challenger, challenger)])
        .filter(|(_, bins)| !bins.is_empty())
        .collect();
    if models.is_empty() {
        return None;
    }
    let lowest = lowest(&models);
    let scale = |range| Scale::log((lowest, 1.0), range);
    let mut plot = Plot::new(scale(ACROSS), scale(UP))
        .x_axis("Mean score", &decades(lowest))
        .y_axis("Share of positives", &decades(lowest))
        .line("chance", &[(lowest, lowest), (1.0, 1.0)]);
    for (model, bins) in &models {
        for bin in *bins {
            plot = plot.draw(|plot| point(plot, *model, bin));
        }
    }
    let picture = plot
        .draw(|_| legend(models.iter().map(|(model, _)| *model), |model, (x, y)| model.mark((x + 14.0, y))))
        .svg("calibration", "Calibration", &described(evaluation));
    let caption = "Tenths of the records by score: what the scores promise against what was found, with 95 % intervals. On \
                   the line a score is a probability; below it, it promises too many positives. Tenths without a positive \
                   stand on the lower edge.";
    Some(framed("Calibration", picture, caption, numbers(&models)))
}

/// A tenth with its interval; the two models stand beside each other, so that neither covers the other.
fn point(plot: &Plot, model: Model, bin: &CalibrationBin) -> Element {
    let (x, y) = plot.pixel((bin.predicted, bin.observed));
    let x = if model == Model::Challenger { x + 1.5 } else { x - 1.5 };
    let [low, high] = bin.interval.map(|end| plot.y.at(end));
    let whisker = segment(&format!("whisker {}", model.class()), (x, low), (x, high));
    el("g").child(whisker).child(model.mark((x, y)))
}

/// The power of ten below everything that is above 0; between a millionth and a hundredth.
fn lowest(models: &[(Model, &[CalibrationBin])]) -> f64 {
    let values = models.iter().flat_map(|(_, bins)| bins.iter()).flat_map(|bin| [bin.predicted, bin.observed]);
    let least = values.filter(|value| *value > 0.0).fold(1.0, f64::min);
    10_f64.powf(least.log10().floor()).clamp(1e-6, 1e-2)
}

fn described(evaluation: &Evaluation) -> String {
    let highest = |bins: &[CalibrationBin]| bins.last().copied();
    let said = |who: &str, bin: CalibrationBin| {
        let (predicted, observed) = (short_percent(bin.predicted), short_percent(bin.observed));
        format!("{who}: in the highest tenth scores promise {predicted} positives and {observed} were found.")
    };
    let champion = evaluation.curves.champion.as_ref().and_then(|curves| highest(&curves.calibration));
    let challenger = highest(&evaluation.curves.challenger.calibration);
    let lines = [champion.map(|bin| said("Champion", bin)), challenger.map(|bin| said("Challenger", bin))];
    lines.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn numbers(models: &[(Model, &[CalibrationBin])]) -> Element {
    let rows = models.iter().flat_map(|(model, bins)| {
        bins.iter().enumerate().map(move |(i, bin)| {
            let [low, high] = bin.interval.map(short_percent);
            vec![
                cell(format!("{} {}", model.name(), i + 1)),
                cell(count(bin.rows)),
                cell(short_percent(bin.predicted)),
                cell(short_percent(bin.observed)),
                cell(format!("{low} to {high}")),
            ]
        })
    });
    let columns = [
        Column::Words("Bin"),
        Column::Number("Records"),
        Column::Number("Promised"),
        Column::Number("Found"),
        Column::Number("95 % interval"),
    ];
    folded("The numbers", [table(Narrow::Scroll, "Calibration by tenths of the records", &columns, rows.collect())])
}
