//! What can be wrong with a `[[freeze]]`.

use crate::fleet::names::RegionName;
use jiff::SignedDuration;
use serde::Serialize;

/// What is wrong with a `[[freeze]]`.
#[derive(Clone, Debug, PartialEq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum FreezeProblem {
    /// More freezes than a planner can walk through.
    #[error("freeze.name: {name:?} is one too many: at most {most}")]
    TooMany {
        /// The first that is too many.
        name: String,
        /// Freezes at most.
        most: usize,
    },
    /// An empty name, or another freeze's.
    #[error("freeze.name: {0:?} must be a name of its own: records say it")]
    Name(String),
    /// No reason is given.
    #[error("freeze.why is empty: say it to the person who meets it at night")]
    NoWhy,
    /// The fleet has no such region.
    #[error("freeze.regions: {0} is not one of the [[region]] blocks")]
    UnknownRegion(RegionName),
    /// An empty list of regions.
    #[error("freeze.regions is empty: leave it out to mean every region")]
    NoRegions,
    /// With the freezes before it, no update fits into a year.
    #[error(
        "freeze: {name:?} leaves {region} no {needed:#} in a year in which an update could start and end (its bake and soak); \
         shorten it, or take the region out of the fleet"
    )]
    NoRoom {
        /// Name of the freeze that leaves too little time.
        name: String,
        /// The first region that it leaves too little.
        region: RegionName,
        /// What an update takes there: the region's bake and its soak.
        needed: SignedDuration,
    },
    /// Not a time zone.
    #[error("freeze.time_zone: {0:?} is not an IANA time zone")]
    TimeZone(String),
    /// Neither once nor recurring.
    #[error(
        "freeze: say either days (with from and to as times of day, where it is not the whole day), \
         or from and until with their dates"
    )]
    NeitherOnceNorRecurring,
    /// An empty list of days.
    #[error("freeze.days is empty: name the days that it holds on")]
    NoDays,
    /// Not a day.
    #[error(
        "freeze.days: {0:?} is neither a weekday (\"fri\"), nor a day of the month (\"1\", \"last\"), nor a date \
         (\"12-24\"), nor a range of one kind (\"12-20..01-02\")"
    )]
    Days(String),
    /// Not a time of day.
    #[error("freeze.{field}: {text:?} is not a time of day such as \"17:00\"")]
    TimeOfDay {
        /// `from` or `to`.
        field: &'static str,
        /// What stands there.
        text: String,
    },
    /// Not a date with a time.
    #[error("freeze.{field}: {text:?} is not a moment such as \"2026-11-26 18:00\"")]
    Moment {
        /// `from` or `until`.
        field: &'static str,
        /// What stands there.
        text: String,
    },
    /// It ends before it begins.
    #[error("freeze.until: {until} is not after from, {from}")]
    EndsBeforeItBegins {
        /// The end, as written.
        until: String,
        /// The beginning, as written.
        from: String,
    },
}
