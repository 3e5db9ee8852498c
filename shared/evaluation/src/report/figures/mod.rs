//! The figures: both models in one picture, the challenger drawn through, the champion dashed.
//!
//! Each figure is a picture with a name and a description, a caption, and its numbers as a table that is folded away.

mod calibration;
pub(crate) mod cost;
mod gain;
mod histogram;
mod precision;
mod roc;

use super::markup::{Element, el};
use super::svg::{RIGHT, Tick, diamond, dot, segment, words};
use super::words::short_percent;
use crate::evaluation::Evaluation;

/// Every figure of the page; none where there is nothing to draw.
pub(crate) fn all(evaluation: &Evaluation) -> Vec<Element> {
    // Scores of which some are not numbers have no curves.
    if evaluation.curves.challenger.roc.is_empty() {
        return Vec::new();
    }
    let mut figures =
        vec![roc::whole(evaluation), roc::low(evaluation), precision::figure(evaluation), gain::figure(evaluation)];
    figures.extend(calibration::figure(evaluation));
    figures.extend(histogram::figures(evaluation));
    figures
}

/// A picture with a heading above, a caption below and its numbers folded away.
fn figure(heading: &str, picture: Element, caption: &str, numbers: Element) -> Element {
    el("figure").child(el("h3").text(heading)).child(picture).child(el("figcaption").text(caption)).child(numbers)
}

/// One of the two models in a figure.
#[derive(Clone, Copy, PartialEq)]
enum Model {
    Challenger,
    Champion,
}

impl Model {
    /// Its class in `style.css`.
    fn class(self) -> &'static str {
        match self {
            Model::Challenger => "challenger",
            Model::Champion => "champion",
        }
    }

    /// What it is called.
    fn name(self) -> &'static str {
        match self {
            Model::Challenger => "Challenger",
            Model::Champion => "Champion",
        }
    }

    /// `champion 0.9176`: the model and its number, within a sentence.
    fn said(self, number: &str) -> String {
        format!("{} {number}", self.class())
    }

    /// The class of a line of its.
    fn stroke(self) -> String {
        format!("stroke {}", self.class())
    }

    /// Its mark: round, or standing on a corner.
    fn mark(self, at: (f64, f64)) -> Element {
        match self {
            Model::Challenger => dot("mark challenger", at, 4.0),
            Model::Champion => diamond("mark champion", at, 5.0),
        }
    }
}

/// What stands for whom, in a row above the axes.
fn legend(models: impl IntoIterator<Item = Model>, sample: fn(Model, (f64, f64)) -> Element) -> Element {
    let entries = models.into_iter().map(|model| {
        let x = match model {
            Model::Champion => RIGHT - 190.0,
            Model::Challenger => RIGHT - 92.0,
        };
        el("g").child(sample(model, (x, 8.0))).child(words("legend", "start", (x + 27.0, 12.0), model.name()))
    });
    el("g").children(entries.collect::<Vec<_>>())
}

/// A stretch of a model's line with its mark.
fn marked(model: Model, (x, y): (f64, f64)) -> Element {
    el("g").child(stroke(model, (x, y))).child(model.mark((x + 11.0, y)))
}

/// A stretch of a model's line.
fn stroke(model: Model, (x, y): (f64, f64)) -> Element {
    segment(&model.stroke(), (x, y), (x + 22.0, y))
}

/// The models that were compared, the champion first.
fn models(evaluation: &Evaluation) -> impl Iterator<Item = Model> {
    evaluation.champion.is_some().then_some(Model::Champion).into_iter().chain([Model::Challenger])
}

/// Marks at shares of an axis from 0 to 1.
fn shares(at: &[f64]) -> Vec<Tick> {
    at.iter().map(|share| Tick::new(*share, short_percent(*share))).collect()
}

/// Marks at the powers of ten from `lowest` to 1, as percentages.
fn decades(lowest: f64) -> Vec<Tick> {
    let count = (-lowest.log10()).round().clamp(0.0, 12.0) as i32;
    shares(&(-count..=0).map(|power| 10_f64.powi(power)).collect::<Vec<_>>())
}
