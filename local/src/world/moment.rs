//! Moments of a night, as scenarios write them.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A moment of the night, as a scenario writes it: `03:47`, `03:47:30` (UTC, the first one at or after the world's
/// start), or a full timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Moment {
    /// A time of day in UTC.
    Daily(civil::Time),
    /// One certain moment.
    At(Timestamp),
}

impl Moment {
    /// The moment, in a world that starts at `start`.
    pub fn after(self, start: Timestamp) -> Timestamp {
        match self {
            Moment::At(at) => at,
            Moment::Daily(time) => {
                let midnight = start.to_zoned(TimeZone::UTC).date();
                let today = midnight.to_datetime(time).to_zoned(TimeZone::UTC).map_or(start, |zoned| zoned.timestamp());
                if today < start {
                    today.saturating_add(SignedDuration::from_hours(24)).unwrap_or(today)
                } else {
                    today
                }
            }
        }
    }
}

/// A text that is not a moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a moment such as \"03:47\" or \"2026-11-20T03:47:00Z\"")]
pub struct MomentError(String);

impl FromStr for Moment {
    type Err = MomentError;
    fn from_str(text: &str) -> Result<Self, MomentError> {
        let daily = text.parse().map(Moment::Daily);
        // A full timestamp would also parse as a time of day, without its date.
        if text.contains('T') {
            text.parse().map(Moment::At).map_err(|_| MomentError(text.to_owned()))
        } else {
            daily.map_err(|_| MomentError(text.to_owned()))
        }
    }
}

impl TryFrom<String> for Moment {
    type Error = MomentError;
    fn try_from(text: String) -> Result<Self, MomentError> {
        text.parse()
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Moment::Daily(time) => time.fmt(f),
            Moment::At(at) => at.fmt(f),
        }
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> String {
        moment.to_string()
    }
}
