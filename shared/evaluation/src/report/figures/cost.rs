//! What alerts cost by threshold, where somebody said what a miss and a false alarm cost.

use super::super::markup::Element;
use super::super::svg::{ACROSS, Plot, Scale, Tick, UP, diamond, dot};
use super::super::table::{Column, Narrow, cell, folded, table};
use super::super::words::Style;
use super::{Model, figure as framed, legend, marked};
use crate::costs::{CostPoint, Costs, ModelCosts};

const FIFTHS: [f64; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];

/// The cost of 1,000 records of both models by threshold, with the thresholds that are deployed and those that cost least.
/// `None` where a cost is too large to be a number.
pub(crate) fn figure(costs: &Costs) -> Option<Element> {
    let models: Vec<(Model, &ModelCosts)> = of(costs).collect();
    let top = top(&models)?;
    let cost_ticks: Vec<Tick> = FIFTHS.iter().map(|share| Tick::new(share * top, short_cost(share * top))).collect();
    let thresholds: Vec<Tick> = FIFTHS.iter().map(|at| Tick::new(*at, Style::Plain(1).value(*at))).collect();
    let mut plot = Plot::new(Scale::linear((0.0, 1.0), ACROSS), Scale::linear((0.0, top), UP))
        .x_axis("Threshold", &thresholds)
        .y_axis("Cost of 1,000 records", &cost_ticks);
    for (model, costs) in &models {
        plot = plot.line(&model.stroke(), &line(costs, top));
    }
    // Marks lie on top of both lines.
    for (model, costs) in &models {
        plot = plot
            .draw(|plot| cheapest_mark(*model, plot.pixel(place(&costs.cheapest))))
            .draw(|plot| model.mark(plot.pixel(place(&costs.operating))));
    }
    let title = "Costs by threshold";
    let picture = plot.draw(|_| legend(models.iter().map(|(model, _)| *model), marked)).svg(
        "cost-curve",
        title,
        &described(&models),
    );
    let caption = "What 1,000 records cost with each threshold: misses to the right, false alarms to the left. Filled marks are \
                   the operating thresholds, hollow marks the cheapest ones. Costs above the axis are not drawn.";
    Some(framed(title, picture, caption, numbers(costs)))
}

/// The models that were compared, the champion first.
fn of(costs: &Costs) -> impl Iterator<Item = (Model, &ModelCosts)> {
    let champion = costs.champion.as_ref().map(|champion| (Model::Champion, champion));
    champion.into_iter().chain([(Model::Challenger, &costs.challenger)])
}

fn place(point: &CostPoint) -> (f64, f64) {
    (point.threshold, point.cost)
}

/// A model's mark, larger and not filled.
fn cheapest_mark(model: Model, at: (f64, f64)) -> Element {
    let class = format!("hollow {}", model.class());
    match model {
        Model::Challenger => dot(&class, at, 5.5),
        Model::Champion => diamond(&class, at, 7.0),
    }
}

/// Every point of a model, the marked ones among them, by threshold.
fn points(costs: &ModelCosts) -> Vec<(f64, f64)> {
    let all = costs.curve.iter().chain([&costs.operating, &costs.cheapest]);
    let mut points: Vec<(f64, f64)> = all.map(place).collect();
    points.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    points
}

/// The points from where the line is within the axis for good.
fn line(costs: &ModelCosts, top: f64) -> Vec<(f64, f64)> {
    let points = points(costs);
    let start = points.iter().rposition(|(_, cost)| *cost > top).map_or(0, |outside| outside + 1);
    points.into_iter().skip(start).collect()
}

/// The upper end of the axis: round, and not below any cost from the lowest marked threshold on. At lower thresholds every
/// record alerts, and what that costs would press everything else down.
fn top(models: &[(Model, &ModelCosts)]) -> Option<f64> {
    let marked = models.iter().flat_map(|(_, costs)| [costs.operating.threshold, costs.cheapest.threshold]);
    let lowest = marked.fold(1.0, f64::min);
    let costs = models.iter().flat_map(|(_, costs)| points(costs));
    let most = costs.filter(|(threshold, _)| *threshold >= lowest).map(|(_, cost)| cost).fold(0.0, f64::max);
    if most == 0.0 {
        return Some(1.0);
    }
    let unit = 10_f64.powf(most.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|step| step * unit).find(|top| *top >= most && top.is_finite())
}

/// A cost for an axis: `250`, `12k`, `1.5M`, `4e9`.
fn short_cost(cost: f64) -> String {
    // Fifths of a round number have at most two digits; what more there is comes of binary fractions.
    let rounded = |value: f64| format!("{value:.2e}").parse().unwrap_or(value).to_string();
    match cost {
        0.0 => "0".to_owned(),
        cost if !(0.001..1e9).contains(&cost) => short_power(cost),
        cost if cost >= 1e6 => format!("{}M", rounded(cost / 1e6)),
        cost if cost >= 1e4 => format!("{}k", rounded(cost / 1e3)),
        cost => rounded(cost),
    }
}

/// `4e9`, `1.2e-5`.
fn short_power(cost: f64) -> String {
    let text = format!("{cost:.1e}");
    text.replacen(".0e", "e", 1)
}

fn described(models: &[(Model, &ModelCosts)]) -> String {
    let [cost, threshold] = [Style::Plain(2), Style::Plain(4)];
    let said = |(model, ModelCosts { operating, cheapest, .. }): &(Model, &ModelCosts)| {
        format!(
            "{}: 1,000 records cost {} at the operating threshold {}, and {} at the cheapest threshold {}.",
            model.name(),
            cost.value(operating.cost),
            threshold.value(operating.threshold),
            cost.value(cheapest.cost),
            threshold.value(cheapest.threshold)
        )
    };
    models.iter().map(said).collect::<Vec<_>>().join(" ")
}

/// Points of the curve between two rows of its table.
const EVERY: usize = 5;

/// The curve in numbers.
pub(crate) fn numbers(costs: &Costs) -> Element {
    let columns = [Column::Number("Threshold"), Column::Number("Champion"), Column::Number("Challenger")];
    let written = |point: &CostPoint| cell(Style::Plain(2).value(point.cost));
    let champion = costs.champion.as_ref().map(|champion| champion.curve.as_slice()).unwrap_or_default();
    let points = costs.challenger.curve.iter().enumerate().skip(EVERY - 1).step_by(EVERY);
    let rows = points.map(|(i, point)| {
        vec![cell(Style::Plain(2).value(point.threshold)), champion.get(i).and_then(written), written(point)]
    });
    folded("The numbers", [table(Narrow::Scroll, "Costs of 1,000 records by threshold", &columns, rows.collect())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::costs::Prices;

    fn point(threshold: f64, cost: f64) -> CostPoint {
        CostPoint { threshold, cost, recall: 0.5, fpr: 0.1 }
    }

    /// A curve that is high on the left, lowest at 0.5, and rises to the right.
    fn model() -> ModelCosts {
        let curve = [(0.1, 9_000.0), (0.3, 900.0), (0.6, 450.0), (0.9, 1_150.0)];
        let curve = curve.map(|(threshold, cost)| point(threshold, cost)).into();
        ModelCosts { operating: point(0.8, 800.0), cheapest: point(0.5, 400.0), curve }
    }

    #[test]
    fn the_axis_holds_every_mark_and_what_lies_right_of_them() {
        let model = model();
        let top = top(&[(Model::Challenger, &model)]).unwrap();
        assert_eq!(top, 2_000.0);
        let line = line(&model, top);
        assert_eq!(line, [(0.3, 900.0), (0.5, 400.0), (0.6, 450.0), (0.8, 800.0), (0.9, 1_150.0)]);
    }

    #[test]
    fn costs_that_are_no_numbers_are_not_drawn() {
        let infinite = ModelCosts { operating: point(0.8, f64::INFINITY), ..model() };
        assert_eq!(top(&[(Model::Challenger, &infinite)]), None);
        let free = ModelCosts { operating: point(0.8, 0.0), cheapest: point(0.8, 0.0), curve: Vec::new() };
        assert_eq!(top(&[(Model::Challenger, &free)]), Some(1.0));
    }

    #[test]
    fn a_cost_on_an_axis_is_short() {
        let costs = [0.0, 0.2 * 2.0, 0.6 * 2_500.0, 0.4 * 50_000.0, 1.2e6, 4e9, 6e-5].map(short_cost);
        assert_eq!(costs, ["0", "0.4", "1500", "20k", "1.2M", "4e9", "6e-5"]);
    }

    #[test]
    fn both_models_are_described_for_those_who_do_not_see() {
        let prices = Prices { miss: 10.0, false_alarm: 1.0 };
        let costs = Costs { prices, challenger: model(), champion: Some(model()) };
        let drawn = figure(&costs).unwrap().to_string();
        assert!(drawn.contains("aria-describedby=\"cost-curve-description\""), "{drawn}");
        let said =
            "1,000 records cost 800.00 at the operating threshold 0.8000, and 400.00 at the cheapest threshold 0.5000.";
        assert!(drawn.contains(&format!("Champion: {said} Challenger: {said}")), "{drawn}");
        assert_eq!((drawn.matches("hollow c").count(), drawn.matches("class=\"stroke").count()), (2, 4));
    }
}
