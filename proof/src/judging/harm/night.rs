//! One night with a faulty release: when each region is off it again, under Meridian and under what users have today.
//!
//! All of them walk the same plan, with the same canaries and the same minutes of counts, and stop at the first region in which
//! they find the release bad. A region that serves already does so until it is rolled back by itself. One whose counts did not
//! decide is rolled back, and Meridian tries it again once the others have had their turn.

use super::days::{Days, Law, SLOT, found};
use super::fault::{Course, Fault, Kind};
use super::{requests, until_canary};
use crate::judging::peers::alarm::Alarm;
use crate::judging::planned::{Planned, Wave, again};
use crate::judging::streams::{Arm, Counts, Drawn, Metric, Minute, Site};
use crate::judging::trial::{Timing, peers};
use crate::judging::waves::Setting;
use crate::judging::{Study, guards, minutes};
use crate::random::stream;
use meridian_domain::Verdict;
use meridian_domain::plan::{PROVISIONING, SHIFT};
use meridian_domain::stakes::Exposure;
use meridian_judge::RegionEvidence;
use std::borrow::Cow;

/// Minutes that are simulated from the wave's start on.
pub const DAY: u32 = 24 * 60;
/// In the path of the streams of earlier days.
const DAYS: u64 = 2;
/// SageMaker's shift back, where it still watches.
const BACK: u32 = 1;
/// Minutes over its bound that the alarm over the whole endpoint takes, and its evaluation.
const ENDPOINT_ALARM: u32 = 6;
/// The bound of that alarm.
const BOUND: f64 = 0.01;
/// Minutes until a person who was told acts.
pub const PERSON: u32 = 30;

/// Whether SageMaker still watches an update's alarms in soak *(live)*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It does: what is found in soak is back at once.
    Watched,
    /// It does not: soak ends first, and then the endpoint is updated anew.
    Unwatched,
}

/// What a finding of probation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probation {
    /// Probation does not run.
    Off,
    /// A person is told, and rolls the region back half an hour later.
    Tell,
    /// The region rolls itself back.
    Act,
}

/// One region's minutes, counted from the first of one of its canaries.
pub struct Region<'a> {
    turn: Cow<'a, Planned>,
    /// The wave starts so many minutes before.
    since_start: u32,
    /// Usual requests of each minute.
    requests: Cow<'a, [f64]>,
    canary: Drawn,
    shifted: (Site, Drawn),
    fault: Fault,
    /// The slot after which probation finds it.
    probation: Option<usize>,
}

/// What everybody's nights have in common.
pub struct Night<'a> {
    pub study: &'a Study<'a>,
    pub setting: &'a Setting,
    pub turns: &'a [Planned],
    pub wave: Wave,
    /// Requests of each turn's region, minute by minute.
    pub requests: &'a [Vec<f64>],
    pub since_start: &'a [u32],
    pub law: Law,
    /// Earlier days that probation compares with.
    pub days: usize,
}

/// When Meridian found a fault in one region, in minutes from its canary on; what it finds by itself, without probation.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    /// And it was back so soon, by reading.
    early: Option<(u32, u32, u32)>,
    /// The wave stops here.
    stops: bool,
    /// The canary was rolled back because its counts did not decide: nothing was found.
    undecided: bool,
}

/// What Meridian does in one region, and when: roll it back in its canary or in its probation, or leave it.
#[derive(Clone, Copy, Debug)]
pub struct Response {
    found: Found,
    probation: Option<u32>,
    bake: u32,
    soak: u32,
}

impl Response {
    /// The first minute in which green answers nobody; none where it goes on.
    pub fn off(&self, reading: Reading, probation: Probation) -> Option<u32> {
        let early = self.found.early.map(|(_, watched, unwatched)| match reading {
            Reading::Watched => watched,
            Reading::Unwatched => unwatched,
        });
        let person = match probation {
            Probation::Off => None,
            Probation::Tell => Some(PERSON),
            Probation::Act => Some(0),
        };
        let late = self.probation.zip(person).map(|(at, person)| back_by_update(at + person, self.bake, self.soak));
        early.into_iter().chain(late).min()
    }

    /// When it was first known to be bad.
    pub fn found_at(&self) -> Option<u32> {
        let early = self.found.early.filter(|_| !self.found.undecided);
        early.map(|(at, ..)| at).into_iter().chain(self.probation).min()
    }
}

/// A new update, which SageMaker takes no sooner than soak is over.
fn back_by_update(at: u32, bake: u32, soak: u32) -> u32 {
    at.max(bake + soak) + minutes(PROVISIONING + SHIFT)
}

impl Night<'_> {
    /// Draws what every region would count.
    pub fn regions(&self, number: u64, fault: Fault) -> Vec<Region<'_>> {
        let turns = self.turns.iter().zip(self.since_start).zip(self.requests);
        turns
            .map(|((turn, since_start), requests)| {
                self.region(number, fault, Cow::Borrowed(turn), *since_start, Cow::Borrowed(requests.as_slice()))
            })
            .collect()
    }

    fn region<'a>(
        &'a self,
        number: u64,
        fault: Fault,
        turn: Cow<'a, Planned>,
        since_start: u32,
        requests: Cow<'a, [f64]>,
    ) -> Region<'a> {
        let (place, soak) = (&turn.place, self.study.soak_minutes());
        let bake = place.site.bake;
        let excess = |minute: u32| fault.excess_at(place.first_stream(), minute, bake);
        let effect = |minute: u32| fault.effect(self.setting.usual, excess(minute));
        let canary = self.setting.draw_changing(self.study, number, place, effect);
        // Green's first minutes are warm-up, and the check begins after them.
        let shifted = self.setting.draw_shifted(self.study, number, place, soak, |minute| effect(bake + minute));
        let mut region = Region { turn, since_start, requests, canary, shifted, fault, probation: None };
        region.probation = self.probation(number, &region);
        region
    }

    /// The slot after which probation finds the fault. Without one it draws nothing: wrong findings have a table of their own.
    fn probation(&self, number: u64, region: &Region<'_>) -> Option<usize> {
        let from = self.probation_from(region);
        let slots: Vec<f64> =
            region.requests.get(from as usize..)?.chunks(SLOT as usize).map(|slot| slot.iter().sum()).collect();
        let excess: Vec<f64> = (0..).zip(&slots).map(|(slot, _)| region.excess_at(from + slot * SLOT)).collect();
        if excess.iter().all(|excess| *excess <= 0.0) {
            return None;
        }
        let days = Days {
            usual: self.setting.usual,
            dispersion: self.study.fleet.judge.dispersion,
            law: self.law,
            count: self.days,
            requests: &slots,
        };
        let mut random = stream(self.study.seed, &[number, region.turn.place.stream, DAYS]);
        let metric = region.fault.kind.metric();
        let counts = metric.name().parse().ok().map(|name| (name, days.draw(&mut random, metric, &excess)));
        found(&self.setting.policy, self.study.fleet.wave.probation_alpha, self.setting.regions, counts)
    }

    /// The region's first slot: they begin with the quarters of an hour.
    fn probation_from(&self, region: &Region<'_>) -> u32 {
        let verdict = region.turn.place.site.bake + minutes(Exposure::of(&self.study.fleet.guardrail).until_verdict);
        region.since_start(verdict).next_multiple_of(SLOT) - region.since_start
    }

    /// Meridian, canary by canary: each region's first, and the further tries of those whose counts did not decide. What it does not
    /// start is left out.
    pub fn meridian<'a>(&'a self, number: u64, regions: Vec<Region<'a>>) -> Vec<(Region<'a>, Response)> {
        let tries = self.study.fleet.wave.tries;
        let (mut before, mut canaries, mut due) = (Vec::new(), Vec::new(), regions);
        for nth in 1..=tries {
            for region in std::mem::take(&mut due) {
                let response = self.response(&region, &mut before);
                let shown = before.last().filter(|_| response.found.undecided && nth < tries);
                due.extend(shown.and_then(|shown| self.again(number, &region, shown)));
                canaries.push((region, response));
                if response.found.stops {
                    return canaries;
                }
            }
        }
        canaries
    }

    /// The further try of a region whose canary showed this.
    fn again<'a>(&'a self, number: u64, last: &Region<'_>, shown: &RegionEvidence) -> Option<Region<'a>> {
        let turn = again(self.study.fleet, &last.turn, shown, self.wave)?;
        let (since_start, requests) = (until_canary(&turn), requests(self.study, &turn));
        Some(self.region(number, last.fault, Cow::Owned(turn), since_start, Cow::Owned(requests)))
    }

    fn response(&self, region: &Region<'_>, before: &mut Vec<RegionEvidence>) -> Response {
        let found = self.found(region, before);
        let at = |slot: usize| {
            let slots = u32::try_from(slot + 1).unwrap_or(u32::MAX);
            self.probation_from(region) + slots.saturating_mul(SLOT) + self.study.timing.delay
        };
        let probation = region.probation.filter(|_| !found.stops && !found.undecided).map(at);
        Response { found, probation, bake: region.turn.place.site.bake, soak: self.study.soak_minutes() }
    }

    fn found(&self, region: &Region<'_>, before: &mut Vec<RegionEvidence>) -> Found {
        let (study, timing, site) = (self.study, self.study.timing, &region.turn.place.site);
        let bench = self.setting.bench(study);
        let alarm = |counts: &Counts| {
            let first = guards::first(&region.turn.alarms, self.setting.metrics(), counts);
            first.map(|(minute, _)| timing.seen_at(minute))
        };
        let watched = bench.watch(site, &region.canary, before);
        let open = (watched.last.verdict != Verdict::Pass).then(|| timing.last_look(site.bake));
        let bad = [alarm(&region.canary.canary), watched.wave_failed].into_iter().flatten().min();
        // A try is a stratum of its own in what is pooled, whatever it says.
        before.push(watched.evidence);
        if let Some(at) = bad.into_iter().chain(open).min() {
            let stops = bad == Some(at);
            return Found { early: Some((at, at + BACK, at + BACK)), stops, undecided: !stops };
        }
        let exposure = Exposure::of(&study.fleet.guardrail);
        let (bake, soak) = (site.bake, study.soak_minutes());
        let verdict = bake + minutes(exposure.until_verdict);
        let (shifted_site, shifted) = &region.shifted;
        let checked = bench.fails_after_shift(shifted_site, &self.checked(shifted));
        let full_load = checked.then(|| (verdict, verdict + BACK, verdict + minutes(exposure.way_back)));
        let by_update = |at: u32| back_by_update(at, bake, soak);
        let in_soak = alarm(&shifted.canary).map(|at| (bake + at, bake + at + BACK, by_update(bake + at)));
        let endpoint = self.endpoint_alarm(region).map(|at| (at, by_update(at), by_update(at)));
        let early = [full_load, in_soak, endpoint].into_iter().flatten();
        let earliest = early.reduce(|one, other| (one.0.min(other.0), one.1.min(other.1), one.2.min(other.2)));
        Found { early: earliest, stops: earliest.is_some_and(|(at, ..)| at <= verdict), undecided: false }
    }

    /// The minutes that the check at full load compares.
    fn checked(&self, shifted: &Drawn) -> Drawn {
        let (skip, length) = (self.study.timing.warm_up as usize, self.study.full_load_minutes() as usize);
        let part = |minutes: &Vec<Minute>| minutes.iter().skip(skip).take(length).copied().collect();
        Drawn { before: shifted.before.clone(), canary: shifted.canary.iter().map(part).collect() }
    }

    /// When the alarm over the whole endpoint rings: it sees a rate over its bound, and nothing of alerts.
    fn endpoint_alarm(&self, region: &Region<'_>) -> Option<u32> {
        let fault = region.fault;
        if fault.kind == Kind::Alerts {
            return None;
        }
        let base = self.setting.usual.rate(fault.kind.metric(), crate::judging::streams::Effect::NONE);
        let is_over = |minute: &u32| base + region.excess_at(*minute) > BOUND;
        let last = u32::try_from(region.requests.len()).unwrap_or(u32::MAX);
        (region.turn.place.site.bake..last).find(is_over).map(|minute| minute + ENDPOINT_ALARM)
    }

    /// The seed's alarms, which SageMaker watches: when each region is back.
    pub fn alarms(&self, regions: &[Region<'_>], reading: Reading) -> Vec<Option<u32>> {
        walk(regions, |region| {
            let (timing, bake) = (self.study.timing, region.turn.place.site.bake);
            let canary = self.seeds_alarm(&region.canary.canary, timing).map(|at| (at + BACK, true));
            let soak = || self.seeds_alarm(&region.shifted.1.canary, timing).map(|at| (bake + at + BACK, false));
            canary.or_else(|| if reading == Reading::Watched { soak() } else { None })
        })
    }

    /// p99 and 4xx as the seed has them, and 5xx likewise, which the seed leaves out.
    fn seeds_alarm(&self, counts: &Counts, timing: Timing) -> Option<u32> {
        let of = |metric| {
            self.setting.metrics().iter().zip(counts).find(|(own, _)| **own == metric).map(|(_, minutes)| minutes)
        };
        let green = |minutes: Option<&Vec<Minute>>, at: usize| {
            minutes.and_then(|minutes| minutes.get(at)).map_or(Arm::default(), |minute| minute.green)
        };
        let slow = of(Metric::LatencyOver(20));
        let first = |errors: Option<&Vec<Minute>>| {
            let length = errors.map_or(0, Vec::len);
            Alarm::ONE_OF_ONE.first((0..length).map(|at| (green(errors, at), green(slow, at))))
        };
        let first = [of(Metric::Errors4xx), of(Metric::Errors5xx)].into_iter().filter_map(first).min();
        first.map(|minute| timing.seen_at(minute))
    }

    /// Kayenta, once, at the canary's end.
    pub fn kayenta(&self, regions: &[Region<'_>]) -> Vec<Option<u32>> {
        walk(regions, |region| {
            let (timing, bake) = (self.study.timing, region.turn.place.site.bake);
            let at = peers(self.setting.metrics(), &region.canary.canary, timing, bake).kayenta?;
            Some((at + BACK, true))
        })
    }

    /// A bake without a judge: no region is rolled back, whatever the counts say.
    pub fn fixed(&self, regions: &[Region<'_>]) -> Vec<Option<u32>> {
        walk(regions, |_| None)
    }
}

/// Region by region until one is rolled back in its canary: the minute that `back` says, and whether the wave stops there.
fn walk(regions: &[Region<'_>], back: impl Fn(&Region<'_>) -> Option<(u32, bool)>) -> Vec<Option<u32>> {
    let mut offs = Vec::new();
    for region in regions {
        let ended = back(region);
        offs.push(ended.map(|(minute, _)| minute));
        if ended.is_some_and(|(_, stops)| stops) {
            break;
        }
    }
    offs
}

impl Region<'_> {
    /// The excess of a minute.
    fn excess_at(&self, minute: u32) -> f64 {
        let place = &self.turn.place;
        self.fault.excess_at(place.first_stream(), minute, place.site.bake)
    }

    /// Bad answers beyond the champion's, from one minute to another, where green answers until `off`.
    fn harm_between(&self, from: u32, upto: u32, off: Option<u32>) -> f64 {
        let site = &self.turn.place.site;
        let last = off.unwrap_or(u32::MAX).min(upto).min(DAY.saturating_sub(self.since_start));
        let minute = |(minute, requests): (u32, &f64)| {
            let share = if minute < site.bake { site.canary } else { 1.0 };
            share * requests * self.excess_at(minute)
        };
        (0..).zip(self.requests.iter()).skip(from as usize).take(last.saturating_sub(from) as usize).map(minute).sum()
    }

    /// Bad answers of the day, until the minute `off` where the region is rolled back.
    pub fn harm(&self, off: Option<u32>) -> f64 {
        self.harm_between(0, u32::MAX, off)
    }

    /// What it cost from the shift to the verdict at full load, so many seconds later.
    pub fn harm_to_verdict(&self, response: &Response, reading: Reading, verdict: u32) -> f64 {
        let (bake, off) = (self.turn.place.site.bake, response.off(reading, Probation::Off));
        let (whole, part) = (bake + verdict / 60, f64::from(verdict % 60) / 60.0);
        self.harm_between(bake, whole, off) + part * self.harm_between(whole, whole + 1, off)
    }

    /// The same, and the way back where it was found by then: what policy bounds.
    pub fn harm_with_way_back(&self, response: &Response, reading: Reading, verdict: u32) -> f64 {
        let bake = self.turn.place.site.bake;
        let off = response.off(reading, Probation::Off).filter(|_| response.found.stops || response.found.undecided);
        self.harm_between(bake, off.unwrap_or(bake + verdict), off)
    }

    /// What the plan printed of such a fault until the verdict at full load: of one that its canary has, what this may let through;
    /// of one that comes later, or of which no canary shows anything, all traffic.
    pub fn printed(&self) -> f64 {
        let name = self.fault.kind.metric().name();
        let harm = self.turn.harm.iter().find(|harm| harm.metric.as_str() == name);
        let in_canary = harm.filter(|_| self.fault.course == Course::AtOnce);
        in_canary.map_or(self.turn.unproved, |harm| harm.let_through) as f64
    }

    /// Minutes from the wave's start.
    pub fn since_start(&self, minute: u32) -> u32 {
        self.since_start + minute
    }
}
