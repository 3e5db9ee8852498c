//! Every sentence of an evaluation, made at its edge: what was found is data until somebody is to read it.

mod finding;
mod leak;
mod numbers;
mod unfit;

use crate::conclusion::{Reason, Warning};
use crate::costs::{Costs, Prices};
use crate::drift::{Drift, FeatureDrift};
use crate::evaluation::Gate;
use crate::finding::Finding;
use crate::remark::Remark;
use std::fmt;

impl Gate {
    /// What the gate found, with its numbers, in one sentence without a capital at its start.
    pub fn reason(&self) -> String {
        finding::sentence(self)
    }
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Gate(gate) => f.write_str(&gate.reason()),
            Reason::Also(gates) => write!(f, "also not passed: {}", in_words(gates)),
            Reason::FailedIn(regions) => {
                write!(f, "gates failed in these customer regions too: {}", regions.join(", "))
            }
            Reason::Regions { asked, passed } => {
                write!(f, "no gate failed in {asked} customer regions; in {passed} of them every gate passed by itself")
            }
            Reason::NothingRequired => f.write_str("no gate is required; require at least one in [evaluation]"),
        }
    }
}

/// Gates by their names.
fn in_words(gates: &[&str]) -> String {
    let names: Vec<String> = gates.iter().map(|key| key.replace('_', " ")).collect();
    names.join(", ")
}

impl fmt::Display for Warning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::ImplausibleGain(gate) => write!(
                f,
                "{}: a gain as large as this is more often a leak than progress; look for features that know the label",
                gate.reason()
            ),
            Warning::Gate(gate) => f.write_str(&gate.reason()),
            Warning::Slice { column, value, gates } => {
                let (column, value) = (column.escape_debug(), value.escape_debug());
                write!(f, "slices by `{column}`: {value} is worse at {}", in_words(gates))
            }
            Warning::SmallSlices { column, small, values, floor } => write!(
                f,
                "slices by `{}`: {small} of {values} values have fewer than {floor} positives or negatives, so they are shown \
                 and not judged",
                column.escape_debug()
            ),
            Warning::Remark(remark) => remark.fmt(f),
        }
    }
}

impl Costs {
    /// What was asked for, and what is to be known of the answer.
    pub fn note(&self) -> String {
        let Prices { miss, false_alarm } = self.prices;
        format!(
            "A miss costs {miss}, a false alarm {false_alarm}. The cheapest thresholds were chosen on these records, and cost a \
             little more on others."
        )
    }
}

impl Drift {
    /// How many features moved, and what that means.
    pub fn note(&self) -> String {
        let Drift { rows, features, moved, .. } = self;
        let moved = if *moved == 0 { "None".to_owned() } else { moved.to_string() };
        format!(
            "{moved} of {features} features moved since the {rows} records of the reference: a feature moved if its population \
             stability index (PSI) is at least {}, and more than chance explains. Nothing here counts for the verdict.",
            FeatureDrift::LEAST
        )
    }
}

impl FeatureDrift {
    /// What it comes to, in a word for a table.
    pub fn meaning(&self) -> &'static str {
        if self.is_moved() { "moved" } else { "steady" }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Remark::Model { model, caveat } => write!(f, "{model}: {caveat}"),
            Remark::ImageUnnamed { model, image } => write!(
                f,
                "{model}: its manifest does not say which version of the image serves it (`image.version`): it was evaluated \
                 as {image} serves it; publish it with `--image-version`"
            ),
            Remark::OtherFeatures { place, challenger, champion } => write!(
                f,
                "the challenger takes other features than the champion, or the same in another order (feature {place} is `{}`, \
                 was `{}`): they are served by position, so callers must change what they send in the same moment",
                challenger.escape_debug(),
                champion.escape_debug()
            ),
            Remark::NoSlices { column, most } => write!(
                f,
                "no slices by `{}`: it has more than {most} different values, or one of more than {most} bytes; write groups of \
                 its values into a column, and slice by that",
                column.escape_debug()
            ),
            Remark::ChampionsOwnFeatures { model, list, fault } => write!(
                f,
                "{list} is not the feature list of {model}: {fault}; the champion was scored with its own list"
            ),
        }
    }
}

/// A sentence of a list on the page.
pub(crate) struct Line {
    text: String,
    /// It starts with a name from outside, which is written as it is.
    is_named: bool,
}

impl Line {
    /// With a capital at its start, unless it starts with a name.
    pub fn written(&self) -> String {
        if self.is_named { self.text.clone() } else { capital(&self.text) }
    }
}

impl From<&Gate> for Line {
    fn from(gate: &Gate) -> Self {
        let region = gate.region.is_some();
        let is_named = match &gate.finding {
            Finding::TooFew { .. } => region,
            Finding::RegionColumns { empty } => region && !empty.is_empty(),
            _ => false,
        };
        Self { text: gate.reason(), is_named }
    }
}

impl From<&Reason<'_>> for Line {
    fn from(reason: &Reason<'_>) -> Self {
        match reason {
            Reason::Gate(gate) => Line::from(*gate),
            other => Self { text: other.to_string(), is_named: false },
        }
    }
}

impl From<&Warning<'_>> for Line {
    fn from(warning: &Warning<'_>) -> Self {
        match warning {
            Warning::Gate(gate) => Line::from(*gate),
            Warning::ImplausibleGain(_) | Warning::Slice { .. } | Warning::SmallSlices { .. } => {
                Self { text: warning.to_string(), is_named: false }
            }
            Warning::Remark(remark) => {
                let is_named = matches!(remark, Remark::Model { .. } | Remark::ImageUnnamed { .. });
                Self { text: remark.to_string(), is_named }
            }
        }
    }
}

/// With a capital at its start.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
