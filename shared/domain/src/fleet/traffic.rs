//! A region's usual traffic: how many requests a second its customers make at an hour.

use crate::fleet::Region;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

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
    let local = zone.to_datetime(at);
    let share = |hour: usize| PROFILE.get(hour % 24).copied().unwrap_or(1.0);
    let hour = usize::try_from(local.hour()).unwrap_or(0);
    let part = f64::from(local.minute()) / 60.0;
    peak_rps * (share(hour) * (1.0 - part) + share(hour + 1) * part)
}

/// What the clocks in `zone` show at a moment, such as `14:00`.
pub fn local_clock(zone: &TimeZone, at: Timestamp) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M").to_string()
}

impl Region {
    /// Requests per second that it usually has at a moment. What its clocks show decides: an hour that they repeat or
    /// leave out is repeated or left out.
    pub fn usual_rps(&self, at: Timestamp) -> f64 {
        usual_rps(self.peak_rps, &self.time_zone, at)
    }

    /// Mean of [`Self::usual_rps`] over the minutes from `from` to `to`; its value at `from` where there are none.
    pub fn mean_rps(&self, from: Timestamp, to: Timestamp) -> f64 {
        let (mut sum, mut minutes, mut at) = (0.0, 0u32, from);
        while at < to {
            (sum, minutes) = (sum + self.usual_rps(at), minutes + 1);
            let Ok(next) = at.checked_add(SignedDuration::from_mins(1)) else { break };
            at = next;
        }
        if minutes == 0 { self.usual_rps(from) } else { sum / f64::from(minutes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rps(peak: f64, zone: &str, at: &str) -> f64 {
        usual_rps(peak, &TimeZone::get(zone).unwrap(), at.parse().unwrap())
    }

    #[test]
    fn sydney_peaks_while_dublin_sleeps() {
        let night = "2026-11-20T03:00:00Z";
        assert_eq!(rps(200.0, "Australia/Sydney", night), 200.0);
        assert!(rps(600.0, "Europe/Dublin", night) < 150.0);
        assert!(rps(100.0, "America/Sao_Paulo", night) >= 20.0);
        assert_eq!(local_clock(&TimeZone::get("Australia/Sydney").unwrap(), night.parse().unwrap()), "14:00");
    }

    #[test]
    fn the_regions_own_clocks_decide_in_summer_and_in_winter() {
        // 13:00 UTC is 14:00 in Dublin's summer and 13:00 in its winter.
        assert_eq!(rps(600.0, "Europe/Dublin", "2026-07-20T13:00:00Z"), 600.0);
        assert_eq!(rps(600.0, "Europe/Dublin", "2026-11-20T13:00:00Z"), 594.0);
        // On the last Sunday of October the hour from one to two comes twice.
        let october = |time| rps(600.0, "Europe/Dublin", time);
        assert_eq!(october("2026-10-25T00:30:00Z"), october("2026-10-25T01:30:00Z"));
    }

    #[test]
    fn no_hour_is_above_the_peak_and_the_mean_is_the_curves() {
        let fleet = crate::fleet::Fleet::parse(include_str!("../../../../local/fleets/reference/fleet.toml")).unwrap();
        let region = &fleet.regions[2];
        let at = |minute| "2026-11-20T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute);
        assert!((0..1440).all(|m| region.usual_rps(at(m)) >= 0.2 * 150.0 && region.usual_rps(at(m)) <= 150.0));
        assert_eq!(region.mean_rps(at(60), at(60)), region.usual_rps(at(60)));
        let mean = region.mean_rps(at(0), at(1440));
        assert!((mean - 150.0 * PROFILE.iter().sum::<f64>() / 24.0).abs() < 1e-9, "{mean}");
    }
}
