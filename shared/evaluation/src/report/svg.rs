//! What the figures are drawn with: scales, a frame with axes, lines, bars and points.
//!
//! Colours and strokes are classes of `style.css`, so a figure follows the page into dark mode and onto paper. Coordinates
//! are rounded to a tenth of a pixel: equal numbers give equal bytes.

use super::markup::{Element, el};

/// Where a value stands along an axis.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    from: f64,
    to: f64,
    start: f64,
    length: f64,
    logarithmic: bool,
}

impl Scale {
    /// `from` and `to` are put at `start` and `end` (pixels), values between them in proportion.
    pub(crate) fn linear((from, to): (f64, f64), (start, end): (f64, f64)) -> Scale {
        Scale { from, to, start, length: end - start, logarithmic: false }
    }

    /// As [`Scale::linear`], with equal ratios equally far apart; `from` and `to` are above 0.
    pub(crate) fn log((from, to): (f64, f64), range: (f64, f64)) -> Scale {
        Scale { logarithmic: true, ..Scale::linear((from.ln(), to.ln()), range) }
    }

    /// The pixel of `value`; what lies outside the axis, or is not a number, stands at its nearer end.
    pub(crate) fn at(&self, value: f64) -> f64 {
        let value = if self.logarithmic { value.max(f64::MIN_POSITIVE).ln() } else { value };
        let span = self.to - self.from;
        let share = if span == 0.0 { 0.5 } else { (value - self.from) / span };
        let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        self.start + share * self.length
    }
}

/// A coordinate as it is written.
pub(crate) fn px(value: f64) -> String {
    let tenths = (value * 10.0).round() / 10.0;
    // No "-0".
    (tenths + 0.0).to_string()
}

/// A mark on an axis: where, and what stands beside it.
pub(crate) struct Tick {
    pub(crate) at: f64,
    pub(crate) label: String,
}

impl Tick {
    pub(crate) fn new(at: f64, label: impl Into<String>) -> Tick {
        Tick { at, label: label.into() }
    }
}

/// A line through points given in pixels.
pub(crate) fn line(class: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Element {
    let points: Vec<String> = points.into_iter().map(|(x, y)| format!("{},{}", px(x), px(y))).collect();
    el("polyline").class(class).attr("points", points.join(" "))
}

/// A straight line between two points.
pub(crate) fn segment(class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) -> Element {
    el("line").class(class).attr("x1", px(x1)).attr("y1", px(y1)).attr("x2", px(x2)).attr("y2", px(y2))
}

/// A filled rectangle; a negative height is none.
pub(crate) fn bar(class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) -> Element {
    let rect = el("rect").class(class).attr("x", px(x)).attr("y", px(y));
    rect.attr("width", px(width.max(0.0))).attr("height", px(height.max(0.0)))
}

/// A round mark.
pub(crate) fn dot(class: &str, (x, y): (f64, f64), radius: f64) -> Element {
    el("circle").class(class).attr("cx", px(x)).attr("cy", px(y)).attr("r", px(radius))
}

/// A square mark on its corner, to be told from a round one without colour.
pub(crate) fn diamond(class: &str, (x, y): (f64, f64), radius: f64) -> Element {
    let corners = [(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)];
    let points: Vec<String> = corners.iter().map(|(x, y)| format!("{},{}", px(*x), px(*y))).collect();
    el("polygon").class(class).attr("points", points.join(" "))
}

/// Words in a figure; `anchor` is `start`, `middle` or `end`.
pub(crate) fn words(class: &str, anchor: &str, (x, y): (f64, f64), text: &str) -> Element {
    el("text").class(class).attr("text-anchor", anchor).attr("x", px(x)).attr("y", px(y)).text(text)
}

/// A figure with two axes. All are drawn in one size, so that their letters are of one size too.
pub(crate) struct Plot {
    /// From left to right.
    pub(crate) x: Scale,
    /// From bottom to top.
    pub(crate) y: Scale,
    drawn: Vec<Element>,
}

/// Size of a figure, in its own pixels; the page scales it.
const SIZE: (f64, f64) = (380.0, 300.0);
/// Inner edges of the axes.
pub(crate) const LEFT: f64 = 50.0;
pub(crate) const RIGHT: f64 = 358.0;
pub(crate) const TOP: f64 = 28.0;
pub(crate) const BOTTOM: f64 = 254.0;
/// The horizontal and the vertical extent, as a scale takes them.
pub(crate) const ACROSS: (f64, f64) = (LEFT, RIGHT);
pub(crate) const UP: (f64, f64) = (BOTTOM, TOP);

impl Plot {
    pub(crate) fn new(x: Scale, y: Scale) -> Plot {
        Plot { x, y, drawn: Vec::new() }
    }

    /// Grid lines, labels and the axis' name, below.
    pub(crate) fn x_axis(mut self, name: &str, ticks: &[Tick]) -> Plot {
        for tick in ticks {
            let x = self.x.at(tick.at);
            self.drawn.push(segment("grid", (x, TOP), (x, BOTTOM)));
            self.drawn.push(words("tick", "middle", (x, BOTTOM + 17.0), &tick.label));
        }
        self.drawn.push(segment("axis", (LEFT, BOTTOM), (RIGHT, BOTTOM)));
        self.drawn.push(words("axis-name", "middle", ((LEFT + RIGHT) / 2.0, BOTTOM + 38.0), name));
        self
    }

    /// Grid lines and labels on the left, the axis' name above them, so that nobody has to turn the head.
    pub(crate) fn y_axis(mut self, name: &str, ticks: &[Tick]) -> Plot {
        for tick in ticks {
            let y = self.y.at(tick.at);
            self.drawn.push(segment("grid", (LEFT, y), (RIGHT, y)));
            self.drawn.push(words("tick", "end", (LEFT - 6.0, y + 4.0), &tick.label));
        }
        self.drawn.push(words("axis-name", "start", (0.0, 12.0), name));
        self
    }

    /// One more element on top, made with the plot's scales.
    pub(crate) fn draw(mut self, make: impl FnOnce(&Plot) -> Element) -> Plot {
        let element = make(&self);
        self.drawn.push(element);
        self
    }

    /// A line through points given in the plot's units.
    pub(crate) fn line(self, class: &str, points: &[(f64, f64)]) -> Plot {
        self.draw(|plot| line(class, points.iter().map(|point| plot.pixel(*point))))
    }

    /// The pixel of a point given in the plot's units.
    pub(crate) fn pixel(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.x.at(x), self.y.at(y))
    }

    /// The picture, with its name and its description for those who do not see it. `id` is unique on the page.
    pub(crate) fn svg(self, id: &str, title: &str, description: &str) -> Element {
        picture(id, SIZE, title, description).children(self.drawn)
    }
}

/// An empty picture of a size, named and described.
pub(crate) fn picture(id: &str, (width, height): (f64, f64), title: &str, description: &str) -> Element {
    let (title_id, description_id) = (format!("{id}-title"), format!("{id}-description"));
    el("svg")
        .attr("viewBox", format!("0 0 {} {}", px(width), px(height)))
        .attr("role", "img")
        .attr("aria-labelledby", &title_id)
        .attr("aria-describedby", &description_id)
        .child(el("title").attr("id", title_id).text(title))
        .child(el("desc").attr("id", description_id).text(description))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_keeps_what_it_cannot_place_inside() {
        let scale = Scale::linear((0.0, 2.0), (10.0, 110.0));
        let placed = [-1.0, 0.0, 1.0, 9.0, f64::NAN].map(|value| scale.at(value));
        assert_eq!(placed, [10.0, 10.0, 60.0, 110.0, 10.0]);
        let log = Scale::log((0.01, 1.0), (0.0, 100.0));
        assert_eq!([0.0, 0.01, 0.1, 1.0].map(|value| px(log.at(value))), ["0", "0", "50", "100"]);
        assert_eq!(Scale::linear((1.0, 1.0), (0.0, 10.0)).at(1.0), 5.0);
    }

    #[test]
    fn coordinates_are_short() {
        assert_eq!([1.25, -0.01, 3.0, 2.0 / 3.0].map(px), ["1.3", "0", "3", "0.7"]);
    }
}
