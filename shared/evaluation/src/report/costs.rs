//! What both models' alerts cost.

use super::markup::{Element, el};
use super::table::{Cell, Column, Narrow, cell, folded, table};
use super::words::Style;
use crate::costs::{CostPoint, Costs, ModelCosts};

/// Costs at the operating and at the cheapest threshold, and the curve in numbers.
pub(crate) fn section(costs: &Costs) -> Element {
    let models = [Some(("Challenger", &costs.challenger)), costs.champion.as_ref().map(|own| ("Champion", own))];
    let rows = models.into_iter().flatten().flat_map(|(model, ModelCosts { operating, cheapest, .. })| {
        [row(format!("{model}, as deployed"), operating), row(format!("{model}, cheapest"), cheapest)]
    });
    let columns = [
        Column::Words("Model"),
        Column::Number("Threshold"),
        Column::Number("Cost of 1,000 records"),
        Column::Number("Recall"),
        Column::Number("False-positive rate"),
    ];
    let lead = format!("{} Nothing here counts for the verdict.", costs.note());
    el("section")
        .attr("aria-labelledby", "costs")
        .child(el("h2").attr("id", "costs").text("Costs"))
        .child(el("p").class("lead").text(lead))
        .child(table(Narrow::Stack, "Costs of both models", &columns, rows.collect()))
        .child(folded("Costs by threshold", [curve(costs)]))
}

fn row(name: String, point: &CostPoint) -> Vec<Cell> {
    let CostPoint { threshold, cost, recall, fpr } = *point;
    let [recall, fpr] = [recall, fpr].map(|share| Style::Share.value(share));
    let (threshold, cost) = (Style::Plain(4).value(threshold), Style::Plain(2).value(cost));
    vec![cell(name), cell(threshold), cell(cost), cell(recall), cell(fpr)]
}

/// Points of the curve between two rows of its table.
const EVERY: usize = 5;

fn curve(costs: &Costs) -> Element {
    let columns = [Column::Number("Threshold"), Column::Number("Challenger"), Column::Number("Champion")];
    let written = |point: &CostPoint| cell(Style::Plain(2).value(point.cost));
    let champion = costs.champion.as_ref().map(|champion| champion.curve.as_slice()).unwrap_or_default();
    let points = costs.challenger.curve.iter().enumerate().skip(EVERY - 1).step_by(EVERY);
    let rows = points.map(|(i, point)| {
        vec![cell(Style::Plain(2).value(point.threshold)), written(point), champion.get(i).and_then(written)]
    });
    table(Narrow::Scroll, "Costs of 1,000 records by threshold", &columns, rows.collect())
}
