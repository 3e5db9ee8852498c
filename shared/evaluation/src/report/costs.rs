//! What both models' alerts cost.

use super::figures;
use super::markup::{Element, el};
use super::table::{Cell, Column, Narrow, cell, table};
use super::words::Style;
use crate::costs::{CostPoint, Costs, ModelCosts};

/// Costs at the operating and at the cheapest threshold, and the curve.
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
    // What is too large to be drawn is still a table.
    let drawn = figures::cost::figure(costs).unwrap_or_else(|| figures::cost::numbers(costs));
    let lead = format!("{} Nothing here counts for the verdict.", costs.note());
    el("section")
        .attr("aria-labelledby", "costs")
        .child(el("h2").attr("id", "costs").text("Costs"))
        .child(el("p").class("lead").text(lead))
        .child(table(Narrow::Stack, "Costs of both models", &columns, rows.collect()))
        .child(el("div").class("figures").child(drawn))
}

fn row(name: String, point: &CostPoint) -> Vec<Cell> {
    let CostPoint { threshold, cost, recall, fpr } = *point;
    let [recall, fpr] = [recall, fpr].map(|share| Style::Share.value(share));
    let (threshold, cost) = (Style::Plain(4).value(threshold), Style::Plain(2).value(cost));
    vec![cell(name), cell(threshold), cell(cost), cell(recall), cell(fpr)]
}
