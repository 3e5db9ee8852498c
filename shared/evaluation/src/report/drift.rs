//! Which features moved since the reference.

use super::markup::{Element, el};
use super::table::{Column, Narrow, cell, name, table};
use super::words::Style;
use crate::drift::Drift;

/// The features that differ most.
pub(crate) fn section(drift: &Drift) -> Element {
    let section = el("section")
        .attr("aria-labelledby", "drift")
        .child(el("h2").attr("id", "drift").text("Drift by feature"))
        .child(el("p").class("lead").text(drift.note()));
    if drift.most.is_empty() {
        return section;
    }
    let rows = drift.most.iter().map(|feature| {
        vec![
            name(&feature.feature),
            cell(Style::Plain(4).value(feature.psi)),
            cell(Style::Plain(4).value(feature.noise)),
            cell(Style::Share.value(feature.missing_before)),
            cell(Style::Share.value(feature.missing_after)),
            cell(feature.meaning()),
        ]
    });
    let columns = [
        Column::Words("Feature"),
        Column::Number("PSI"),
        Column::Number("By chance, at most"),
        Column::Number("Missing before"),
        Column::Number("Missing now"),
        Column::Words("Meaning"),
    ];
    section.child(table(Narrow::Stack, "The features that differ most from the reference", &columns, rows.collect()))
}
