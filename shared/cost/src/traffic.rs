//! A year's usual traffic, sampled: every quarter of an hour of twelve days, one of each month, so that daylight saving is
//! in it.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::{Fleet, RegionName};
use std::collections::BTreeMap;

/// Samples a day.
const A_DAY: i32 = 96;
/// Minutes between two of them.
const STEP: i64 = 15;

/// Requests a second of each region's customers.
#[derive(Clone)]
pub(crate) struct Traffic {
    /// The first moment of each sampled day, UTC.
    pub days: Vec<Timestamp>,
    /// When the samples are of.
    pub moments: Vec<Timestamp>,
    samples: BTreeMap<RegionName, Vec<f64>>,
}

impl Traffic {
    /// The year of `date`.
    pub fn of(fleet: &Fleet, date: Date) -> Self {
        let days: Vec<Timestamp> = (1..=12)
            .filter_map(|month| Date::new(date.year(), month, 15).ok())
            .filter_map(|day| day.to_zoned(TimeZone::UTC).ok())
            .map(|day| day.timestamp())
            .collect();
        let moments: Vec<Timestamp> =
            days.iter().flat_map(|day| (0..A_DAY).map(|step| *day + SignedDuration::from_mins(STEP) * step)).collect();
        let of = |region: &meridian_domain::Region| moments.iter().map(|at| region.usual_rps(*at)).collect();
        let samples = fleet.regions.iter().map(|region| (region.name.clone(), of(region))).collect();
        Self { days, moments, samples }
    }

    /// The samples of several regions' customers together.
    pub fn together<'a>(&self, regions: impl Iterator<Item = &'a RegionName>) -> Vec<f64> {
        let mut sum = vec![0.0; self.moments.len()];
        for samples in regions.filter_map(|region| self.samples.get(region)) {
            for (total, sample) in sum.iter_mut().zip(samples) {
                *total += sample;
            }
        }
        sum
    }
}

/// Their mean; 0 of none.
pub(crate) fn mean(samples: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = u32::try_from(samples.len()).unwrap_or(u32::MAX);
    if count == 0 { 0.0 } else { samples.sum::<f64>() / f64::from(count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_years_samples_have_summer_time_and_winter_time() {
        let fleet = Fleet::parse(include_str!("../../../local/fleets/reference/fleet.toml")).unwrap();
        let traffic = Traffic::of(&fleet, "2026-11-20".parse().unwrap());
        assert_eq!(traffic.days.len(), 12);
        let dublin = traffic.together(fleet.regions.iter().take(1).map(|region| &region.name));
        assert_eq!(dublin.len(), 12 * 96);
        // 13:00 UTC is 13:00 in Dublin's January and 14:00, the peak, in its July.
        let at_one = |month: usize| dublin[month * 96 + 13 * 4];
        assert_eq!((at_one(0), at_one(6)), (594.0, 600.0));
        let both = traffic.together(fleet.regions.iter().take(2).map(|region| &region.name));
        assert!(both.iter().zip(&dublin).all(|(both, dublin)| both > dublin));
    }
}
