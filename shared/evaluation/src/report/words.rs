//! Numbers, gates and verdicts as people read them.

use crate::evaluation::{Gate, is_count};
use crate::wording::capital;
use meridian_judge::{GateMode, Verdict};

/// Where there is no number.
pub(crate) const NONE: &str = "–";
/// A number and its unit stay on one line.
const NBSP: char = '\u{a0}';
/// A hyphen is not a minus sign: it is shorter, and lines break after it.
const MINUS: char = '−';

/// How a number is written.
#[derive(Clone, Copy)]
pub(crate) enum Style {
    /// With this many decimals.
    Plain(usize),
    /// A share as a percentage; a difference of two shares as percentage points.
    Share,
}

impl Style {
    /// `0.9177`, `1.12 %`.
    pub(crate) fn value(self, value: f64) -> String {
        match self {
            _ if !value.is_finite() => NONE.to_owned(),
            Style::Plain(decimals) => fixed(value, decimals),
            Style::Share => format!("{}{NBSP}%", fixed(100.0 * value, 2)),
        }
    }

    /// `+0.0012`, `−0.07 points`: always with its sign.
    pub(crate) fn change(self, change: f64) -> String {
        let text = match self {
            _ if !change.is_finite() => return NONE.to_owned(),
            Style::Plain(decimals) => fixed(change, decimals),
            Style::Share => format!("{}{NBSP}points", fixed(100.0 * change, 2)),
        };
        if text.starts_with(MINUS) || is_zero(&text) { text } else { format!("+{text}") }
    }

    /// `−0.0012 to +0.0031`.
    pub(crate) fn interval(self, [low, high]: [f64; 2]) -> String {
        format!("{} to {}", self.bare_change(low), self.change(high))
    }

    /// A change without its unit, where the unit follows later.
    fn bare_change(self, change: f64) -> String {
        let text = self.change(change);
        text.split(NBSP).next().unwrap_or_default().to_owned()
    }
}

fn is_zero(text: &str) -> bool {
    !text.contains(|c: char| c.is_ascii_digit() && c != '0')
}

/// Fixed decimals with a real minus sign; what rounds to zero has none.
fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    if value < 0.0 && !is_zero(&text) { format!("{MINUS}{text}") } else { text }
}

/// `10,000`.
pub(crate) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share for an axis or a short sentence: `0.1 %`, `12 %`.
pub(crate) fn short_percent(share: f64) -> String {
    let percent = 100.0 * share;
    let decimals = match percent {
        percent if percent >= 10.0 || percent == 0.0 => 0,
        percent if percent >= 1.0 => 1,
        percent if percent >= 0.1 => 2,
        _ => 3,
    };
    let text = format!("{percent:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{NBSP}%")
}

/// Confidence of an interval: `95 %`, `99.97 %`.
pub(crate) fn level(level: f64) -> String {
    let text = format!("{:.2}", 100.0 * level);
    format!("{}{NBSP}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// What a gate is called on the page.
pub(crate) fn title(gate: &str) -> String {
    match gate {
        "leak_feature" => "Leak: one feature alone",
        "leak_gain" => "Leak: gain of AUC",
        "leak_records" => "Leak: records trained on",
        "holdout_size" => "Hold-out: records",
        "holdout_repeats" => "Hold-out: repeated records",
        "holdout_label_rate" => "Hold-out: positives",
        "finite" => "Finite scores",
        "constant" => "Scores differ",
        "missing" => "Missing values",
        "auc" => "AUC",
        "false_positive_rate" => "False-positive rate",
        "recall" => "Recall",
        "false_positive_rate_at_alert_rate" => "False-positive rate at the champion’s alert rate",
        "recall_at_alert_rate" => "Recall at the champion’s alert rate",
        "calibration_slope" => "Calibration slope",
        "calibration_intercept" => "Calibration in the large",
        "brier" => "Brier score",
        "score_shift" => "Score shift (PSI)",
        "score_distance" => "Score distance (KS)",
        "top_reasons" => "Top reasons",
        other => return capital(&other.replace('_', " ")),
    }
    .to_owned()
}

/// What a verdict does to the challenger, after its name.
pub(crate) fn headline(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "may be approved",
        Verdict::Fail => "is rejected",
        Verdict::Inconclusive => "is not approved",
    }
}

/// How a gate's numbers are written.
pub(crate) fn style(gate: &str) -> Style {
    match gate {
        "false_positive_rate"
        | "recall"
        | "false_positive_rate_at_alert_rate"
        | "recall_at_alert_rate"
        | "leak_records"
        | "holdout_repeats"
        | "holdout_label_rate" => Style::Share,
        _ if is_count(gate) => Style::Plain(0),
        "calibration_slope" | "calibration_intercept" | "score_shift" | "score_distance" | "top_reasons" => {
            Style::Plain(3)
        }
        "brier" => Style::Plain(5),
        _ => Style::Plain(4),
    }
}

impl Gate {
    /// The gate's numbers as people read them, with units: the challenger's, the champion's, their difference (above 0 the challenger
    /// is worse), its interval, and what is allowed.
    pub fn in_figures(&self) -> [Option<String>; 5] {
        let style = style(&self.name);
        let noun = match self.name.as_str() {
            "holdout_size" => " records",
            "finite" => " not finite",
            "missing" => " columns",
            "constant" => " apart",
            _ => "",
        };
        let value = |style: Style, number: Option<f64>| number.map(|number| format!("{}{noun}", style.value(number)));
        if self.name == "leak_feature" {
            // What is judged of one feature is its share of the model's lead on chance, and not its AUC.
            let lead = |share: f64| format!("{} of the model's lead", Style::Share.value(share));
            let share = |share: Option<f64>| share.map(lead);
            return [share(self.difference), None, None, None, share(self.allowed)];
        }
        let difference = self.difference.map(|difference| style.change(difference));
        let interval = self.interval.map(|interval| style.interval(interval));
        [value(style, self.challenger), value(style, self.champion), difference, interval, value(style, self.allowed)]
    }
}

/// Worst first: what blocks, then what failed without blocking, then what stays open.
pub(crate) fn severity(gate: &Gate) -> u8 {
    match (gate.verdict, gate.mode) {
        (Verdict::Fail, GateMode::Required) => 0,
        (Verdict::Fail, _) => 1,
        (Verdict::Inconclusive, GateMode::Required) => 2,
        (Verdict::Inconclusive, _) => 3,
        (Verdict::Pass, _) => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(Style::Plain(4).value(0.91766), "0.9177");
        assert_eq!(Style::Share.value(0.01119), "1.12\u{a0}%");
        assert_eq!(Style::Share.value(f64::NAN), "–");
        assert_eq!(Style::Plain(4).change(0.0626), "+0.0626");
        assert_eq!(Style::Plain(4).change(-0.00001), "0.0000");
        assert_eq!(Style::Share.change(-0.0007), "−0.07\u{a0}points");
        assert_eq!(Style::Share.interval([-0.001, 0.002]), "−0.10 to +0.20\u{a0}points");
        assert_eq!([7, 1000, 1_234_567].map(count), ["7", "1,000", "1,234,567"]);
        assert_eq!(
            [0.0, 0.0001, 0.001, 0.0112, 0.1, 1.0].map(short_percent).join(" ").replace('\u{a0}', ""),
            "0% 0.01% 0.1% 1.1% 10% 100%"
        );
        assert_eq!(level(0.9996), "99.96\u{a0}%");
    }
}
