//! Gates and customer regions.

use super::markup::{Element, el};
use super::svg::{Scale, bar, dot, px, segment};
use super::table::{Cell, Column, Narrow, cell, folded, name, table};
use super::words::{self, Style, count, severity, title};
use crate::evaluation::{Evaluation, Gate, ModelNumbers, RegionNumbers};
use crate::wording::{Line, capital};
use meridian_judge::{GateMode, Verdict};

/// A verdict as a mark, a word and a colour, so that none of them is needed alone.
pub(crate) fn badge(verdict: Verdict) -> Element {
    let (class, mark) = marks(verdict);
    let mark = el("span").attr("aria-hidden", "true").text(mark);
    el("span").class(format!("badge {class}")).child(mark).text(' ').text(verdict)
}

/// Class in `style.css` and sign of a verdict.
pub(crate) fn marks(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Pass => ("pass", "✓"),
        Verdict::Fail => ("fail", "✗"),
        Verdict::Inconclusive => ("open", "?"),
    }
}

/// How many of each verdict: `9 pass, 2 fail`.
pub(crate) fn tally<'a>(gates: impl Iterator<Item = &'a Gate> + Clone) -> String {
    let of = |verdict| gates.clone().filter(move |gate| gate.verdict == verdict).count();
    let counts = [Verdict::Fail, Verdict::Inconclusive, Verdict::Pass].map(|verdict| (of(verdict), verdict));
    in_words(&counts)
}

fn in_words(counts: &[(usize, Verdict)]) -> String {
    let said = counts.iter().filter(|(count, _)| *count > 0).map(|(count, verdict)| format!("{count} {verdict}"));
    said.collect::<Vec<_>>().join(", ")
}

/// How to read the bars.
const BARS: &str = " Each bar is the confidence interval of how much worse the challenger is, in units of its gate’s margin. \
                    The dotted line is “no worse”, the solid line the margin: a gate passes where its interval ends left \
                    of the margin.";

/// The gates on all records.
pub(crate) fn whole(evaluation: &Evaluation) -> Element {
    let mut gates: Vec<&Gate> = evaluation.gates.iter().filter(|gate| gate.region.is_none()).collect();
    gates.sort_by_key(|gate| severity(gate));
    let rows = gates
        .iter()
        .map(|gate| vec![named(gate), Some(badge(gate.verdict)), judged(gate), cell(capital(&gate.reason()))]);
    let drawn = gates.iter().any(|gate| forest(gate).is_some());
    let columns = [Column::Words("Gate"), Column::Words("Verdict"), Column::Words("Worse by"), Column::Words("Why")];
    el("section")
        .attr("aria-labelledby", "gates")
        .child(el("h2").attr("id", "gates").text("Gates"))
        .child(el("p").class("lead").text(format!("All records: {}.", tally(gates.iter().copied()))).text(if drawn {
            BARS
        } else {
            ""
        }))
        .child(table(Narrow::Stack, "Gates on all records", &columns, rows.collect()))
}

/// A gate's title, and whether it decides anything.
fn named(gate: &Gate) -> Cell {
    let name = el("span").text(title(&gate.name));
    Some(match gate.mode {
        GateMode::Required => name,
        _ => name.text(' ').child(el("small").text("(advisory)")),
    })
}

/// What was judged: the difference, its interval and its margin, drawn and in numbers.
fn judged(gate: &Gate) -> Cell {
    let difference = gate.difference?;
    let style = words::style(&gate.name);
    let number = el("span").class("figure").text(style.change(difference));
    let interval = gate.interval.map(|interval| {
        let level = gate.level.map_or_else(String::new, |level| format!("{}: ", words::level(level)));
        el("small").text(format!("{level}{}", style.interval(interval)))
    });
    Some(el("div").class("judged").children(forest(gate)).child(number).children(interval))
}

const FOREST: (f64, f64) = (120.0, 20.0);

/// The interval between "no worse" and "worse by the margin". Its numbers stand beside it, so it is hidden from a screen
/// reader.
fn forest(gate: &Gate) -> Option<Element> {
    let (difference, allowed) = (gate.difference?, gate.allowed.filter(|allowed| *allowed > 0.0)?);
    let [low, high] = gate.interval.unwrap_or([difference, difference]);
    let scale = Scale::linear((-1.5 * allowed, 2.5 * allowed), (4.0, FOREST.0 - 4.0));
    let middle = FOREST.1 / 2.0;
    let upright = |class: &str, at: f64| segment(class, (scale.at(at), 2.0), (scale.at(at), FOREST.1 - 2.0));
    let (class, _) = marks(gate.verdict);
    let beyond = bar("beyond", (scale.at(allowed), 2.0), (FOREST.0 - scale.at(allowed), FOREST.1 - 4.0));
    let picture = el("svg")
        .class("forest")
        .attr("viewBox", format!("0 0 {} {}", px(FOREST.0), px(FOREST.1)))
        .attr("aria-hidden", "true")
        .child(beyond)
        .child(upright("zero", 0.0))
        .child(upright("margin", allowed))
        .child(segment(&format!("interval {class}"), (scale.at(low), middle), (scale.at(high), middle)))
        .child(dot(&format!("point {class}"), (scale.at(difference), middle), 3.5));
    Some(picture)
}

/// How many regions stand where: `2 fail, 2 inconclusive`.
pub(crate) fn regions_tally(evaluation: &Evaluation) -> String {
    let verdicts: Vec<Verdict> =
        evaluation.regions.iter().filter_map(|region| Region::of(region, &evaluation.gates).verdict()).collect();
    let of = |verdict| verdicts.iter().filter(|found| **found == verdict).count();
    let counts = [Verdict::Fail, Verdict::Inconclusive, Verdict::Pass].map(|verdict| (of(verdict), verdict));
    in_words(&counts)
}

/// The customer regions, worst first; `None` where the held-out set names none.
pub(crate) fn regions(evaluation: &Evaluation) -> Option<Element> {
    if evaluation.regions.is_empty() {
        return None;
    }
    let change = arrow(evaluation);
    Some(
        el("section")
            .attr("aria-labelledby", "regions")
            .child(el("h2").attr("id", "regions").text("Customer regions"))
            .child(el("p").class("lead").text(format!(
                "The same models on each region’s records, the worst first.{change} Intervals are widened for the number of \
                 regions and gates. Only a required gate that fails in a region keeps a release back: too few positives are \
                 inconclusive, and most regions have few."
            )))
            .children(tables(("Region", "Customer regions", "region"), &evaluation.regions, &evaluation.gates)),
    )
}

/// The values of each column of slices, worst first.
pub(crate) fn slices(evaluation: &Evaluation) -> impl Iterator<Item = Element> {
    evaluation.slices.iter().enumerate().map(|(index, slices)| {
        let id = format!("slices-{index}");
        let floor = evaluation.policy.min_region_positives;
        let change = arrow(evaluation);
        el("section")
            .attr("aria-labelledby", &id)
            .child(el("h2").attr("id", &id).text("Slices by ").child(el("span").class("name").text(&slices.column)))
            .child(el("p").class("lead").text(format!(
                "The same models on the records of each value, the worst first.{change} Nothing here counts for the verdict. \
                 Values with fewer than {floor} positives or negatives are shown and not judged."
            )))
            .children(tables(("Value", "Slices", "value"), &slices.regions, &slices.gates))
    })
}

fn arrow(evaluation: &Evaluation) -> &'static str {
    if evaluation.champion.is_some() {
        " An arrow leads from the champion’s number to the challenger’s."
    } else {
        ""
    }
}

/// A row for each region, the worst first, and every gate folded away.
fn tables(
    (heading, caption, what): (&'static str, &str, &str),
    regions: &[RegionNumbers],
    gates: &[Gate],
) -> Vec<Element> {
    let mut found: Vec<Region> = regions.iter().map(|region| Region::of(region, gates)).collect();
    // The evaluation's order, by name, within equal verdicts.
    found.sort_by_key(|region| region.gates.iter().map(|gate| severity(gate)).min().unwrap_or(u8::MAX));
    let columns = [
        Column::Words(heading),
        Column::Words("Verdict"),
        Column::Number("Records"),
        Column::Number("Positives"),
        Column::Number("AUC"),
        Column::Words("AUC worse by"),
        Column::Number("False-positive rate"),
    ];
    let asked = gates.iter().filter(|gate| gate.region.is_some());
    let every = asked.clone().next().is_some().then(|| {
        let summary = format!("Every gate in every {what}: {}", tally(asked));
        folded(&summary, [every_gate(heading, &format!("Every gate in every {what}"), &found)])
    });
    let rows = found.iter().map(Region::row).collect();
    [table(Narrow::Scroll, caption, &columns, rows)].into_iter().chain(every).collect()
}

/// A region with what was asked about it.
struct Region<'a> {
    numbers: &'a RegionNumbers,
    gates: Vec<&'a Gate>,
}

impl<'a> Region<'a> {
    fn of(numbers: &'a RegionNumbers, gates: &'a [Gate]) -> Region<'a> {
        let here = |gate: &&Gate| gate.region.as_deref() == Some(numbers.region.as_str());
        Region { numbers, gates: gates.iter().filter(here).collect() }
    }

    /// What the region's gates say together: beside required gates an advisory one condemns nothing, and a gate that says nothing
    /// leaves the region open.
    fn verdict(&self) -> Option<Verdict> {
        let is_required = |gate: &&Gate| gate.mode == GateMode::Required;
        let all_advisory = !self.gates.iter().any(is_required);
        let counts = |gate: &&&Gate| all_advisory || is_required(gate) || gate.verdict != Verdict::Fail;
        let counted = self.gates.iter().filter(counts);
        (!self.gates.is_empty()).then(|| Verdict::all(counted.map(|gate| gate.verdict)))
    }

    /// The verdict, and what stands behind it.
    fn ruling(&self) -> Cell {
        Some(el("div").class("ruling").child(badge(self.verdict()?)).children(self.not_passed()))
    }

    fn row(&self) -> Vec<Cell> {
        let RegionNumbers { region, rows, positives, challenger, champion } = self.numbers;
        let both = |style: Style, of: fn(&ModelNumbers) -> f64| {
            let after = challenger.as_ref().map(|numbers| style.value(of(numbers)))?;
            let before = champion.as_ref().map(|numbers| style.value(of(numbers)));
            Some(before.map_or_else(|| after.clone(), |before| format!("{before} → {after}")))
        };
        let auc = self.gates.iter().find(|gate| gate.name == "auc");
        vec![
            name(region),
            self.ruling(),
            cell(count(*rows)),
            cell(count(*positives)),
            both(Style::Plain(4), |numbers| numbers.auc).and_then(cell),
            auc.and_then(|gate| judged(gate)),
            both(Style::Share, |numbers| numbers.fpr).and_then(cell),
        ]
    }

    /// The gates that did not pass, by name; `all 9 inconclusive` where that is all there is to say.
    fn not_passed(&self) -> Option<Element> {
        let of = |verdict| self.gates.iter().filter(move |gate| gate.verdict == verdict);
        let open = of(Verdict::Inconclusive).count();
        let mut failed: Vec<String> = of(Verdict::Fail).map(|gate| title(&gate.name)).collect();
        if failed.len() > 4 {
            let more = failed.split_off(3).len();
            failed.push(format!("{more} more"));
        }
        let open = match open {
            0 => None,
            open if open == self.gates.len() && open > 2 => Some(format!("all {open} inconclusive")),
            1 | 2 => {
                let names: Vec<String> = of(Verdict::Inconclusive).map(|gate| title(&gate.name)).collect();
                Some(format!("inconclusive: {}", names.join(", ")))
            }
            open => Some(format!("{open} of {} inconclusive", self.gates.len())),
        };
        let failed = (!failed.is_empty()).then(|| format!("fail: {}", failed.join(", ")));
        let parts: Vec<String> = failed.into_iter().chain(open).collect();
        (!parts.is_empty()).then(|| el("small").text(capital(&parts.join("; "))))
    }
}

fn every_gate(heading: &'static str, caption: &str, regions: &[Region]) -> Element {
    let rows = regions.iter().flat_map(|region| {
        region.gates.iter().map(|gate| {
            vec![
                name(&region.numbers.region),
                named(gate),
                Some(badge(gate.verdict)),
                cell(Line::from(*gate).written()),
            ]
        })
    });
    let columns = [Column::Words(heading), Column::Words("Gate"), Column::Words("Verdict"), Column::Words("Why")];
    table(Narrow::Stack, caption, &columns, rows.collect())
}
