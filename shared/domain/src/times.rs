//! Times that somebody else wrote, bounded by a clock that is trusted: whoever reads a time from outside asks here first.

use jiff::{SignedDuration, Timestamp};

/// How far two honest clocks may be apart.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// True if `said` lies further ahead of `now` than honest clocks are apart.
pub fn is_future(said: Timestamp, now: Timestamp) -> bool {
    said.duration_since(now) > TOLERANCE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_minutes_ahead_is_a_clock_and_more_is_not() {
        let now: Timestamp = "2026-11-20T03:00:00Z".parse().unwrap();
        assert!(!is_future(now + TOLERANCE, now) && !is_future(Timestamp::MIN, now));
        assert!(is_future(now + TOLERANCE + SignedDuration::from_secs(1), now));
        assert!(is_future(Timestamp::MAX, now) && is_future(Timestamp::MAX, Timestamp::MIN));
    }
}
