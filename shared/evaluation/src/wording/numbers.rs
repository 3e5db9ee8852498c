//! Numbers as sentences write them.

pub(super) fn decimal(number: f64) -> String {
    minus(&format!("{number:.4}"))
}

pub(super) fn two_decimals(number: f64) -> String {
    minus(&format!("{number:.2}"))
}

/// People read a minus sign, not a hyphen; and no "-0.00".
fn minus(number: &str) -> String {
    let zero = number.chars().all(|letter| "-0.".contains(letter));
    number.replace('-', if zero { "" } else { "\u{2212}" })
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// A difference of two shares; "1 % more" could be read as a ratio.
pub(super) fn points(difference: f64) -> String {
    format!("{:.2} points", 100.0 * difference)
}
