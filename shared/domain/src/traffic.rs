//! A region's usual traffic: how many requests a second its customers make at an hour.

use crate::fleet::Region;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Share of the daily peak by hour of the region's local time; between hours it is a straight line. Two in the
/// afternoon is the peak.
const PROFILE: [f64; 24] = [
    0.27, 0.24, 0.23, 0.23, 0.24, 0.27, 0.34, 0.45, 0.58, 0.71, 0.83, 0.92, 0.97, 0.99, 1.00, 0.98, 0.94, 0.88, 0.81,
    0.73, 0.63, 0.52, 0.41, 0.33,
];

/// Requests per second at a moment of a region that has `peak_rps` at its daily peak.
///
/// An assumption, not a measurement: where real counts of the last hour are at hand, they come first.
pub fn usual_rps(peak_rps: f64, zone: &TimeZone, at: Timestamp) -> f64 {
    let local = at.to_zoned(zone.clone());
    let share = |hour: usize| PROFILE.get(hour % 24).copied().unwrap_or(1.0);
    let hour = usize::try_from(local.hour()).unwrap_or(0);
    let part = f64::from(local.minute()) / 60.0;
    peak_rps * (share(hour) * (1.0 - part) + share(hour + 1) * part)
}

impl Region {
    /// Its customers' time zone. A fleet that was read from a file names only zones that exist; another falls back to UTC.
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// Requests per second that it usually has at a moment.
    pub fn usual_rps(&self, at: Timestamp) -> f64 {
        usual_rps(self.peak_rps, &self.zone(), at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sydney_peaks_while_dublin_sleeps() -> Result<(), jiff::Error> {
        let at: Timestamp = "2026-11-20T03:00:00Z".parse()?;
        let rate = |peak, zone| Ok::<f64, jiff::Error>(usual_rps(peak, &TimeZone::get(zone)?, at));
        assert_eq!(rate(200.0, "Australia/Sydney")?, 200.0);
        assert!(rate(600.0, "Europe/Dublin")? < 150.0);
        assert!(rate(100.0, "America/Sao_Paulo")? >= 20.0);
        Ok(())
    }
}
