//! `[[freeze]]`: windows in which no region's update starts. An update in progress goes on, and a way back never waits (I6).
//!
//! Times are civil times of a zone, so a window keeps its clock through a change of daylight saving. Where a change makes
//! a time ambiguous, the window is the longer of the two.

use super::lines::Reader;
use super::{Fleet, FleetError, FreezeProblem, Region};
use crate::fleet::names::RegionName;
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Windows that follow each other are joined up to this many, to say when a freeze is over.
const JOINED: usize = 400;
/// So far ahead they are looked for at a time.
const AHEAD: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Freezes of a fleet at most: a planner walks through all of them.
const MOST: usize = 1000;

/// One `[[freeze]]`: why nothing starts, where, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Freeze {
    /// Its name, in records and pages.
    pub name: String,
    /// Why, for the person who meets it at night.
    pub why: String,
    /// The regions that it holds for, each with the zone whose clock counts there.
    zones: BTreeMap<RegionName, TimeZone>,
    when: When,
}

#[derive(Clone, Debug, PartialEq)]
enum When {
    Once { from: DateTime, until: DateTime },
    Recurring { days: Vec<Days>, from: Time, to: Option<Time> },
}

/// A stretch in which a region is frozen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// The freeze's name.
    pub name: String,
    /// Why, as policy says it.
    pub why: String,
    /// When it began, or begins.
    pub from: Timestamp,
    /// When the region is free again, by this and every other freeze.
    pub until: Timestamp,
}

impl Fleet {
    /// The first freeze of `region` that holds anywhere in `from..until`.
    pub fn frozen(&self, region: &RegionName, from: Timestamp, until: Timestamp) -> Option<Frozen> {
        first(&self.freezes, region, from, until)
    }

    /// The freeze that keeps an update from starting in `region` at `at`: one that holds, or begins before the soak of that update
    /// would be over.
    pub fn keeps_out(&self, region: &Region, at: Timestamp) -> Option<Frozen> {
        self.frozen(&region.name, at, at + region.bake + self.guardrail.soak)
    }
}

fn first(freezes: &[Freeze], region: &RegionName, from: Timestamp, until: Timestamp) -> Option<Frozen> {
    let met = freezes.iter().flat_map(|freeze| {
        freeze.windows(region, from, until).into_iter().map(move |(begins, ends)| (begins, ends, freeze))
    });
    let (begins, ends, freeze) = met.min_by_key(|(begins, ends, _)| (*begins, *ends))?;
    let mut over = ends;
    // Windows that begin in the next days are found at once, and joined; there may be more behind the last of them.
    'joined: for _ in 0..JOINED {
        let ahead = over.saturating_add(AHEAD).unwrap_or(over);
        let mut windows: Vec<_> = freezes.iter().flat_map(|freeze| freeze.windows(region, over, ahead)).collect();
        windows.sort_unstable();
        let before = over;
        for (begins, ends) in windows {
            if begins > over {
                break 'joined;
            }
            over = over.max(ends);
        }
        if over == before {
            break;
        }
    }
    Some(Frozen { name: freeze.name.clone(), why: freeze.why.clone(), from: begins, until: over })
}

impl Freeze {
    /// Every window of this freeze in `region` that holds at `from`, or begins before `until`.
    fn windows(&self, region: &RegionName, from: Timestamp, until: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let Some(zone) = self.zones.get(region) else { return Vec::new() };
        let bounds = |begins: DateTime, ends: DateTime| {
            let begins = zone.to_ambiguous_zoned(begins).earlier().ok()?.timestamp();
            let ends = zone.to_ambiguous_zoned(ends).later().ok()?.timestamp();
            (begins < ends && ends > from && (begins <= from || begins < until)).then_some((begins, ends))
        };
        match &self.when {
            When::Once { from, until } => bounds(*from, *until).into_iter().collect(),
            When::Recurring { days, from: clock, to } => {
                let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
                // A window may have begun the day before, and a change of the clock may move a day's bounds.
                let first = day(from).saturating_sub(2.days());
                let last = day(until).saturating_add(1.day());
                first
                    .series(1.day())
                    .take_while(|date| *date <= last)
                    .filter(|date| days.iter().any(|own| own.contains(*date)))
                    .filter_map(|date| {
                        let overnight = to.is_none_or(|to| to <= *clock);
                        let end = if overnight { date.checked_add(1.day()).ok()? } else { date };
                        bounds(date.to_datetime(*clock), end.to_datetime(to.unwrap_or(Time::midnight())))
                    })
                    .collect()
            }
        }
    }
}

/// Days of a recurrence: one, or a range with both ends in it, which may wrap around.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Days {
    /// `fri`, `mon..thu`.
    Week(Weekday, Weekday),
    /// `1`, `28..last`: days of each month; a month's last day counts as `LAST` too.
    Month(i8, i8),
    /// `12-24`, `12-20..01-02`: month and day of each year.
    Year((i8, i8), (i8, i8)),
}

/// The last day of a month, however many it has.
const LAST: i8 = 32;

impl Days {
    fn contains(self, date: Date) -> bool {
        match self {
            Days::Week(first, last) => {
                let back = |day: Weekday| (7 + day.to_monday_zero_offset() - first.to_monday_zero_offset()) % 7;
                back(date.weekday()) <= back(last)
            }
            Days::Month(first, last) => {
                let is_last = date.day() == date.days_in_month();
                let within = |day: i8| wraps(first, last, day);
                within(date.day()) || (is_last && within(LAST))
            }
            Days::Year(first, last) => wraps(first, last, (date.month(), date.day())),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let (first, last) = (first.trim(), last.trim());
        let week = || Some(Days::Week(weekday(first)?, weekday(last)?));
        let month = || Some(Days::Month(day_of_month(first)?, day_of_month(last)?));
        let year = || Some(Days::Year(day_of_year(first)?, day_of_year(last)?));
        week().or_else(month).or_else(year)
    }
}

fn wraps<T: PartialOrd>(first: T, last: T, day: T) -> bool {
    if first <= last { first <= day && day <= last } else { day >= first || day <= last }
}

fn weekday(text: &str) -> Option<Weekday> {
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let number = names.iter().position(|name| *name == text)?;
    Weekday::from_monday_zero_offset(i8::try_from(number).ok()?).ok()
}

fn day_of_month(text: &str) -> Option<i8> {
    if text == "last" {
        return Some(LAST);
    }
    text.parse().ok().filter(|day| (1..=31).contains(day))
}

/// A day that some year has: 29 February is one.
fn day_of_year(text: &str) -> Option<(i8, i8)> {
    let (month, day) = text.split_once('-')?;
    let date = Date::new(2024, month.parse().ok()?, day.parse().ok()?).ok()?;
    Some((date.month(), date.day()))
}

/// One `[[freeze]]` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FreezeTable {
    name: toml::Spanned<String>,
    why: toml::Spanned<String>,
    regions: Option<Vec<toml::Spanned<RegionName>>>,
    days: Option<Vec<toml::Spanned<String>>>,
    from: Option<toml::Spanned<String>>,
    to: Option<toml::Spanned<String>>,
    until: Option<toml::Spanned<String>>,
    time_zone: Option<toml::Spanned<String>>,
}

/// Every `[[freeze]]`, or the first thing that is wrong with one.
pub(super) fn read(
    reader: &Reader<'_>,
    tables: Vec<toml::Spanned<FreezeTable>>,
    regions: &[Region],
    soak: SignedDuration,
) -> Result<Vec<Freeze>, FleetError> {
    let mut freezes = Vec::new();
    let mut names = BTreeSet::new();
    for table in &tables {
        let name = &table.get_ref().name;
        if freezes.len() == MOST {
            return Err(reader.wrong(name, FreezeProblem::TooMany { name: name.get_ref().clone(), most: MOST }));
        }
        if name.get_ref().is_empty() || !names.insert(name.get_ref().clone()) {
            return Err(reader.wrong(name, FreezeProblem::Name(name.get_ref().clone())));
        }
        freezes.push(one(reader, table, regions)?);
    }
    // Said where the first window stands that leaves no room, alone or with those before it.
    let without_room =
        regions.iter().filter_map(|region| Some((first_without_room(&freezes, region, region.bake + soak)?, region)));
    if let Some((index, region)) = without_room.min_by_key(|(index, _)| *index)
        && let Some(table) = tables.get(index)
    {
        let (name, needed) = (table.get_ref().name.get_ref().clone(), region.bake + soak);
        return Err(reader.wrong(table, FreezeProblem::NoRoom { name, region: region.name.clone(), needed }));
    }
    Ok(freezes)
}

fn one(reader: &Reader<'_>, spanned: &toml::Spanned<FreezeTable>, all: &[Region]) -> Result<Freeze, FleetError> {
    let table = spanned.get_ref();
    if table.why.get_ref().trim().is_empty() {
        return Err(reader.wrong(&table.why, FreezeProblem::NoWhy));
    }
    let named = table.time_zone.as_ref().map(|zone| zone_of(reader, zone)).transpose()?;
    let mut zones = BTreeMap::new();
    let listed = |region: &&Region| match &table.regions {
        None => true,
        Some(own) => own.iter().any(|name| *name.get_ref() == region.name),
    };
    let known = |name: &RegionName| all.iter().any(|region| region.name == *name);
    if let Some(unknown) = table.regions.iter().flatten().find(|name| !known(name.get_ref())) {
        return Err(reader.wrong(unknown, FreezeProblem::UnknownRegion(unknown.get_ref().clone())));
    }
    for region in all.iter().filter(listed) {
        zones.insert(region.name.clone(), named.clone().unwrap_or_else(|| region.time_zone.clone()));
    }
    if zones.is_empty() {
        return Err(reader.wrong(spanned, FreezeProblem::NoRegions));
    }
    let (name, why) = (table.name.get_ref().clone(), table.why.get_ref().clone());
    Ok(Freeze { name, why, zones, when: when(reader, spanned)? })
}

fn zone_of(reader: &Reader<'_>, zone: &toml::Spanned<String>) -> Result<TimeZone, FleetError> {
    let wrong = |_| reader.wrong(zone, FreezeProblem::TimeZone(zone.get_ref().clone()));
    TimeZone::get(zone.get_ref()).map_err(wrong)
}

fn when(reader: &Reader<'_>, spanned: &toml::Spanned<FreezeTable>) -> Result<When, FleetError> {
    let table = spanned.get_ref();
    match (&table.days, &table.from, &table.to, &table.until) {
        (Some(days), from, to, None) => {
            let days = days.iter().map(|text| days_of(reader, text)).collect::<Result<Vec<_>, _>>()?;
            if days.is_empty() {
                return Err(reader.wrong(spanned, FreezeProblem::NoDays));
            }
            let from = from.as_ref().map_or(Ok(Time::midnight()), |from| clock(reader, "from", from))?;
            let to = to.as_ref().filter(|to| to.get_ref() != "24:00").map(|to| clock(reader, "to", to)).transpose()?;
            Ok(When::Recurring { days, from, to })
        }
        (None, Some(from), None, Some(until)) => {
            let (begins, ends) = (moment(reader, "from", from)?, moment(reader, "until", until)?);
            if ends <= begins {
                let problem =
                    FreezeProblem::EndsBeforeItBegins { until: until.get_ref().clone(), from: from.get_ref().clone() };
                return Err(reader.wrong(until, problem));
            }
            Ok(When::Once { from: begins, until: ends })
        }
        _ => Err(reader.wrong(spanned, FreezeProblem::NeitherOnceNorRecurring)),
    }
}

fn days_of(reader: &Reader<'_>, text: &toml::Spanned<String>) -> Result<Days, FleetError> {
    let found = text.get_ref();
    Days::parse(found).ok_or_else(|| reader.wrong(text, FreezeProblem::Days(found.clone())))
}

fn clock(reader: &Reader<'_>, field: &'static str, text: &toml::Spanned<String>) -> Result<Time, FleetError> {
    let found = text.get_ref();
    found.parse().map_err(|_| reader.wrong(text, FreezeProblem::TimeOfDay { field, text: found.clone() }))
}

fn moment(reader: &Reader<'_>, field: &'static str, text: &toml::Spanned<String>) -> Result<DateTime, FleetError> {
    let found = text.get_ref();
    found.parse().map_err(|_| reader.wrong(text, FreezeProblem::Moment { field, text: found.clone() }))
}

/// Windows of a freeze, with its place in the file.
type Placed = (Timestamp, Timestamp, usize);

/// The first freeze after which, with those before it, a year has no stretch of this length in which the region is free. The year is a
/// leap year, and long enough for every recurrence to come once.
fn first_without_room(freezes: &[Freeze], region: &Region, needed: SignedDuration) -> Option<usize> {
    let from = "2028-01-01T00:00:00Z".parse::<Timestamp>().ok()?;
    let until = from.checked_add(SignedDuration::from_hours(366 * 24)).ok()?;
    let placed = |(index, freeze): (usize, &Freeze)| {
        freeze.windows(&region.name, from, until).into_iter().map(move |(begins, ends)| (begins, ends, index))
    };
    let mut windows: Vec<Placed> = freezes.iter().enumerate().flat_map(placed).collect();
    windows.sort_unstable();
    let has_room = |count: usize| {
        let mut free_since = from;
        for (begins, ends, _) in windows.iter().filter(|(_, _, index)| *index < count) {
            if begins.duration_since(free_since) >= needed {
                return true;
            }
            free_since = free_since.max(*ends);
        }
        until.duration_since(free_since) >= needed
    };
    if has_room(freezes.len()) {
        return None;
    }
    // Each freeze only takes room: the first that leaves none is found by halving.
    let (mut enough, mut too_many) = (0, freezes.len());
    while enough < too_many {
        let middle = enough.midpoint(too_many);
        if has_room(middle + 1) { enough = middle + 1 } else { too_many = middle }
    }
    Some(too_many)
}
