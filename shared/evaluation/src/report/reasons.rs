//! What the models base their scores on, before and after.

use super::markup::{Element, el};
use super::svg::{bar, px};
use super::table::{Column, Narrow, cell, name, table};
use super::words::{Style, count, short_percent};
use crate::evaluation::{Evaluation, FeatureShare, ReasonsShift};

/// The section; `None` where the models were not explained.
pub(crate) fn section(evaluation: &Evaluation) -> Option<Element> {
    let shift = evaluation.reasons_shift.as_ref()?;
    let agreement = short_percent(shift.agreement);
    let lead = format!(
        "Over {} records, each explained by both models, {agreement} of a record’s five strongest reasons were the same. A \
         share is a feature’s part in all contributions to the scores (mean absolute SHAP value).",
        count(shift.rows)
    );
    let section = el("section")
        .attr("aria-labelledby", "reasons")
        .child(el("h2").attr("id", "reasons").text("Top reasons"))
        .child(el("p").class("lead").text(lead))
        .child(el("h3").text("Before and after"))
        .child(ranks(shift));
    if shift.moved.is_empty() {
        return Some(section);
    }
    let bars = "The upper bar is the champion’s share, the lower one the challenger’s.";
    Some(section.child(el("h3").text("Moved most")).child(el("p").class("lead").text(bars)).child(moved(shift)))
}

/// The most important features of both models, rank by rank.
fn ranks(shift: &ReasonsShift) -> Element {
    let longest = shift.before.iter().chain(&shift.after).map(|share| share.share).fold(0.0, f64::max);
    let rows = (0..shift.before.len().max(shift.after.len())).map(|rank| {
        let before = shift.before.get(rank).map(|share| feature(share, "champion", longest, None));
        let after = shift
            .after
            .get(rank)
            .map(|share| feature(share, "challenger", longest, Some(came_from(share, rank, &shift.before))));
        vec![cell(rank + 1), before, after]
    });
    let columns = [Column::Number("Rank"), Column::Words("Champion"), Column::Words("Challenger")];
    table(Narrow::Beside, "The most important features of both models", &columns, rows.collect())
}

/// Where a feature stood among the champion's.
fn came_from(share: &FeatureShare, rank: usize, before: &[FeatureShare]) -> String {
    match before.iter().position(|was| was.feature == share.feature) {
        Some(was) if was == rank => "as before".to_owned(),
        Some(was) => format!("was {}", was + 1),
        None => format!("was not among the {}", before.len()),
    }
}

fn feature(share: &FeatureShare, class: &str, longest: f64, note: Option<String>) -> Element {
    let percent = Style::Share.value(share.share);
    let said = note.map_or_else(|| percent.clone(), |note| format!("{percent}, {note}"));
    el("div")
        .class("feature")
        .child(el("span").class("name").text(&share.feature))
        .child(length(class, share.share, longest))
        .child(el("small").text(said))
}

/// The features whose share moved most.
fn moved(shift: &ReasonsShift) -> Element {
    let longest = shift.moved.iter().flat_map(|feature| [feature.before, feature.after]).fold(0.0, f64::max);
    let rows = shift.moved.iter().map(|feature| {
        let bars = el("div").class("pair");
        vec![
            name(&feature.feature),
            Some(bars.child(length("champion", feature.before, longest)).child(length(
                "challenger",
                feature.after,
                longest,
            ))),
            cell(Style::Share.value(feature.before)),
            cell(Style::Share.value(feature.after)),
            cell(Style::Share.change(feature.after - feature.before)),
        ]
    });
    let columns = [
        Column::Words("Feature"),
        Column::Words("Share"),
        Column::Number("Champion"),
        Column::Number("Challenger"),
        Column::Number("Change"),
    ];
    table(Narrow::Beside, "The features whose share moved most", &columns, rows.collect())
}

/// A bar. Its number stands beside it, so it is hidden from a screen reader.
fn length(class: &str, share: f64, longest: f64) -> Element {
    let width = if longest > 0.0 { 100.0 * share / longest } else { 0.0 };
    let svg = el("svg").class("length").attr("viewBox", format!("0 0 {} 8", px(100.0)));
    svg.attr("preserveAspectRatio", "none").attr("aria-hidden", "true").child(bar(class, (0.0, 0.0), (width, 8.0)))
}
