//! Two releases' answers side by side, where callers or the region may be what is wrong.

use meridian_domain::{Beside, Compared};
use meridian_judge::Tally;

/// Both releases answer 4xx alike: the callers cause them.
pub(crate) fn client_errors_alike(green: Tally, blue: Tally) -> String {
    format!(
        "callers send requests that neither release accepts: {} of the new release's answers are 4xx, {} of the old one's in the \
         same minutes",
        percent(green),
        percent(blue)
    )
}

/// Why a region rolls back for 4xx that its callers may have caused.
pub(crate) fn client_errors(compared: Option<&Compared>) -> String {
    match compared {
        None => "its 4xx rose, and no counts arrived that show whether the release causes them".to_owned(),
        Some(Compared { green, blue, beside: Beside::SameMinutes }) => {
            format!(
                "{} of its answers are 4xx, {} of the old release's in the same minutes",
                percent(*green),
                percent(*blue)
            )
        }
        Some(Compared { green, blue, beside: Beside::BeforeShift }) => format!(
            "at least {} of its answers in each minute after the shift are 4xx, at most {} of the old release's before it",
            percent(*green),
            percent(*blue)
        ),
    }
}

/// Both releases answered as badly: the region is ill.
pub(crate) fn ill_alike(Compared { green, blue, beside }: &Compared) -> String {
    let when = match beside {
        Beside::SameMinutes => "in the same minutes",
        Beside::BeforeShift => "before the shift",
    };
    format!("{} of the new release's answers were bad, {} of the old one's {when}", percent(*green), percent(*blue))
}

fn percent(tally: Tally) -> String {
    tally.rate().map_or_else(|| "none".to_owned(), |rate| format!("{:.2} %", rate * 100.0))
}
