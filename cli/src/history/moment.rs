//! Moments as people type them: UTC, unless they say otherwise.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::edge;
use std::str::FromStr;

/// Reads a moment.
///
/// # Errors
/// A text that is none.
pub fn moment(text: &str) -> Result<Timestamp, String> {
    let utc = |time: DateTime| time.to_zoned(TimeZone::UTC).ok().map(|time| time.timestamp());
    let read = text.parse::<Timestamp>().ok().or_else(|| text.parse::<DateTime>().ok().and_then(utc));
    read.filter(|at| edge::is_usual_moment(*at)).ok_or_else(|| {
        format!("{text:?} is no moment: expected one such as 2026-11-20T03:47:00Z, or 2026-11-20T03:47 for UTC")
    })
}

/// Where a story begins: a moment, or so long before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    At(Timestamp),
    Ago(SignedDuration),
}

impl Since {
    /// The moment, for a story that ends at `until`.
    ///
    /// # Errors
    /// It lies before all time.
    pub fn before(self, until: Timestamp) -> Result<Timestamp, jiff::Error> {
        match self {
            Since::At(at) => Ok(at),
            Since::Ago(time) => until.checked_sub(time),
        }
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ago = edge::duration(text).map(Since::Ago);
        ago.or_else(|duration| moment(text).map(Since::At).map_err(|moment| format!("{moment}; {duration}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn moments_are_utc_unless_they_say_otherwise() {
        let quarter = at("2026-11-20T03:47:00Z");
        for text in [
            "2026-11-20T03:47:00Z",
            "2026-11-20T03:47Z",
            "2026-11-20T03:47",
            "2026-11-20 03:47",
            "2026-11-20 03:47:00",
            "2026-11-20T12:47+09:00",
        ] {
            assert_eq!(moment(text), Ok(quarter), "{text}");
        }
        for text in ["", "03:47", "yesterday", "2026-11-31T00:00Z"] {
            let error = moment(text).unwrap_err();
            assert!(error.contains(&format!("{text:?}")) && error.contains("2026-11-20T03:47"), "{error}");
        }
    }

    #[test]
    fn a_duration_is_reckoned_from_the_end() {
        let until = at("2026-11-20T05:47:00Z");
        let before = |text: &str| text.parse::<Since>().unwrap().before(until).unwrap();
        assert_eq!(before("2h"), at("2026-11-20T03:47:00Z"));
        assert_eq!(before("3d"), at("2026-11-17T05:47:00Z"));
        assert_eq!(before("2026-11-20T03:00Z"), at("2026-11-20T03:00:00Z"));
        assert!("soon".parse::<Since>().unwrap_err().contains("no duration: expected one such as 90s, 15m, 4h or 3d"));
        assert!("400d".parse::<Since>().unwrap_err().contains("not between 0s and a year"));
    }
}
