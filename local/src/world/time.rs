//! Time as the wire has it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Seconds since 1970-01-01T00:00:00Z, with at most millisecond precision: AWS's JSON protocols write it as a number,
/// CBOR as the same number under tag 1 (which the HTTP door adds and takes off).
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EpochSeconds(pub f64);

impl EpochSeconds {
    /// The moment in the world's own type, to the millisecond; a number outside of its range becomes its nearest end.
    pub fn timestamp(self) -> Timestamp {
        // `as` saturates, and a NaN becomes 0: no number off the wire can fail here.
        let millis = (self.0 * 1000.0).round() as i64;
        let fallback = if millis < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Timestamp::from_millisecond(millis).unwrap_or(fallback)
    }
}

impl From<Timestamp> for EpochSeconds {
    fn from(at: Timestamp) -> Self {
        EpochSeconds(at.as_millisecond() as f64 / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_survive_the_wire() -> Result<(), jiff::Error> {
        let at: Timestamp = "2026-11-20T03:00:00.125Z".parse()?;
        assert_eq!(EpochSeconds::from(at).timestamp(), at);
        Ok(())
    }

    #[test]
    fn an_absurd_number_is_clamped() {
        assert_eq!(EpochSeconds(f64::INFINITY).timestamp(), Timestamp::MAX);
        assert_eq!(EpochSeconds(f64::NAN).timestamp(), Timestamp::UNIX_EPOCH);
    }
}
