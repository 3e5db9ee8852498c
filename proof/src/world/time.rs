//! The world's time.

use jiff::Timestamp;

/// Seconds since 1970, as every time of the world.
pub type Seconds = i64;

/// A time of the world as the domain has it.
pub fn stamp(at: Seconds) -> Timestamp {
    Timestamp::from_second(at).unwrap_or(Timestamp::MAX)
}
