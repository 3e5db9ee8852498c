//! What a faulty release costs: bad answers beyond the champion's until the last one, within a day of the wave's start.

mod days;
mod fault;
mod night;
mod probation;

use super::bursts::Bursts;
use super::least::Least;
use super::planned::{self, Planned, Wave};
use super::report::{Cell, Promise, Report, Standing, Table, per_cent};
use super::share::Share;
use super::streams::{Effect, Usual};
use super::waves::Setting;
use super::{NIGHT, Study, each, minutes};
use days::Law;
use fault::{Course, Fault, Kind};
use jiff::SignedDuration;
use meridian_domain::stakes::Exposure;
use night::{DAY, Night, PERSON, Probation, Reading, Region, Response};

/// Bad answers per request beyond the champion's.
const EXCESSES: [f64; 6] = [0.000_2, 0.001, 0.005, 0.02, 0.1, 1.0];
/// The champion's share of 4xx and of 5xx, each.
const BASE: f64 = 0.001;
/// How days differ: an assumption.
const LAW: Law = Law { day: 0.05, spell: 0.1 };
/// Earlier days that probation compares with.
const EARLIER: usize = 14;
/// Waves whose harm until the check at full load is within what the plan printed, at least.
const WITHIN_PLAN: f64 = 0.95;
/// Where the alarms find less than this share, Meridian's harm is to be this part of theirs at most.
const SELDOM: f64 = 0.5;
const TENTH: f64 = 0.1;
/// And nowhere more than so many times theirs.
const NOWHERE: f64 = 1.5;
/// Rows that a broken promise names.
const TOLD: usize = 5;
/// Nights a row under which a median is no proof.
const ENOUGH: u64 = 100;

/// The reference night, with everything that its rows have in common.
struct Stage<'a> {
    study: &'a Study<'a>,
    setting: Setting,
    turns: Vec<Planned>,
    wave: Wave,
    requests: Vec<Vec<f64>>,
    since_start: Vec<u32>,
}

impl<'a> Stage<'a> {
    fn of(study: &'a Study<'a>) -> Self {
        let usual = Usual::errors(BASE);
        let setting = Setting::new(study, usual, Bursts::Both(study.fleet.judge.dispersion));
        let turns = planned::wave(study.fleet, NIGHT, usual);
        let wave = Wave::of(study.fleet, NIGHT, &turns);
        let since_start = turns.iter().map(until_canary).collect();
        let requests = turns.iter().map(|turn| requests(study, turn)).collect();
        Stage { study, setting, turns, wave, requests, since_start }
    }

    fn night(&self, law: Law, days: usize) -> Night<'_> {
        let Stage { study, setting, turns, wave, requests, since_start } = self;
        Night { study, setting, turns, wave: *wave, requests, since_start, law, days }
    }
}

/// From the wave's start to a canary's first request.
fn until_canary(turn: &Planned) -> u32 {
    u32::try_from(turn.canary.duration_since(NIGHT).as_mins()).unwrap_or(0)
}

/// A region's usual requests, minute by minute from its canary on.
fn requests(study: &Study<'_>, turn: &Planned) -> Vec<f64> {
    let place = usize::try_from(turn.place.first_stream()).unwrap_or(usize::MAX);
    let Some(region) = study.fleet.regions.get(place) else { return Vec::new() };
    let at = |minute: u32| turn.canary + SignedDuration::from_mins(i64::from(minute));
    (0..DAY).map(|minute| 60.0 * region.usual_rps(at(minute))).collect()
}

/// The fleet's harm in the nights of one row, ascending.
#[derive(Clone, Debug, Default)]
struct Costs(Vec<f64>);

impl Costs {
    fn of(nights: impl Iterator<Item = f64>) -> Self {
        let mut costs: Vec<f64> = nights.collect();
        costs.sort_unstable_by(f64::total_cmp);
        Costs(costs)
    }

    fn quantile(&self, share: f64) -> f64 {
        let at = ((self.0.len() as f64 * share).ceil() as usize).saturating_sub(1);
        self.0.get(at).copied().unwrap_or_default()
    }

    fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// Median, and what 5 and 1 of 100 nights are over.
    fn cell(&self) -> Cell {
        let [median, most, nearly_all] = [0.5, 0.95, 0.99].map(|share| self.quantile(share).round());
        Cell::text(format!("{median} / {most} / {nearly_all}"))
    }
}

/// What one night cost under everybody.
#[derive(Clone, Copy, Debug)]
struct Cost {
    act: f64,
    tell: f64,
    off: f64,
    alarms: f64,
    kayenta: f64,
    fixed: f64,
    found: bool,
    within_plan: bool,
    within_policy: bool,
}

fn cost(night: &Night<'_>, number: u64, fault: Fault, reading: Reading) -> Cost {
    let regions = night.regions(number, fault);
    let sum = |offs: &[Option<u32>]| -> f64 { regions.iter().zip(offs).map(|(region, off)| region.harm(*off)).sum() };
    let alarms = night.alarms(&regions, reading);
    let [alarms_cost, kayenta, fixed] = [sum(&alarms), sum(&night.kayenta(&regions)), sum(&night.fixed(&regions))];
    let canaries = night.meridian(number, regions);
    let meridian = |probation| {
        canaries.iter().map(|(region, response)| region.harm(response.off(reading, probation))).sum::<f64>()
    };
    let until_verdict = Exposure::of(&night.study.fleet.guardrail).until_verdict;
    let (verdict, seconds) = (minutes(until_verdict), until_verdict.as_secs() as u32);
    let within_plan = |(region, response): &(Region<'_>, Response)| {
        region.harm_to_verdict(response, reading, seconds) <= region.printed()
    };
    let allowed = night.setting.policy.harm as f64;
    Cost {
        act: meridian(Probation::Act),
        tell: meridian(Probation::Tell),
        off: meridian(Probation::Off),
        alarms: alarms_cost,
        kayenta,
        fixed,
        found: alarms.iter().any(Option::is_some),
        within_plan: canaries.iter().all(within_plan),
        within_policy: canaries
            .iter()
            .all(|(region, response)| region.harm_with_way_back(response, reading, verdict) <= allowed),
    }
}

/// A fault, and what it costs with each way of finding it.
struct Row {
    fault: Fault,
    place: String,
    act: Costs,
    tell: Costs,
    off: Costs,
    alarms: Costs,
    kayenta: Costs,
    fixed: Costs,
    found: Share,
    within_plan: Share,
    within_policy: Share,
}

impl Row {
    fn run(stage: &Stage<'_>, fault: Fault, reading: Reading) -> Row {
        let night = stage.night(LAW, EARLIER);
        let nights = each(stage.study.runs, |number| cost(&night, number, fault, reading));
        let costs = |of: fn(&Cost) -> f64| Costs::of(nights.iter().map(of));
        let [mut found, mut within_plan, mut within_policy] = [Share::default(); 3];
        for night in &nights {
            found.add(night.found);
            within_policy.add(night.within_policy);
            within_plan.add(night.within_plan);
        }
        Row {
            fault,
            place: format!("{} {}, {}, {}", per_cent(fault.excess), fault.kind, place(stage, fault), fault.course),
            act: costs(|cost| cost.act),
            tell: costs(|cost| cost.tell),
            off: costs(|cost| cost.off),
            alarms: costs(|cost| cost.alarms),
            kayenta: costs(|cost| cost.kayenta),
            fixed: costs(|cost| cost.fixed),
            found,
            within_plan,
            within_policy,
        }
    }

    fn cells(&self, stage: &Stage<'_>) -> Vec<Cell> {
        let Fault { kind, excess, course, .. } = self.fault;
        vec![
            Cell::text(kind),
            Cell::text(place(stage, self.fault)),
            Cell::text(course),
            Cell::text(per_cent(excess)),
            self.act.cell(),
            Cell::number(Some(self.tell.median()), 0),
            Cell::number(Some(self.off.median()), 0),
            self.alarms.cell(),
            Cell::share(self.found),
            self.kayenta.cell(),
            Cell::number(Some(self.fixed.median()), 0),
            Cell::share(self.within_plan),
            Cell::share(self.within_policy),
        ]
    }
}

/// Where a fault is.
fn place(stage: &Stage<'_>, fault: Fault) -> String {
    let only = fault.only.and_then(|only| stage.turns.iter().find(|turn| turn.place.stream == only));
    only.map_or_else(|| "everywhere".to_owned(), |turn| turn.place.site.title.clone())
}

/// Every fault: everywhere, or in the wave's last region only.
fn faults(stage: &Stage<'_>) -> Vec<Fault> {
    let last = stage.turns.last().map(|turn| turn.place.stream);
    let mut faults = Vec::new();
    for kind in Kind::ALL {
        for only in [None, last] {
            for course in Course::ALL {
                faults.extend(EXCESSES.map(|excess| Fault { kind, excess, course, only }));
            }
        }
    }
    faults
}

/// The tables, and what is promised.
pub(super) fn report(study: &Study<'_>) -> Report {
    let stage = Stage::of(study);
    let (mut tables, mut promises) = (Vec::new(), Vec::new());
    for reading in [Reading::Watched, Reading::Unwatched] {
        let rows: Vec<Row> = faults(&stage).into_iter().map(|fault| Row::run(&stage, fault, reading)).collect();
        tables.push(table(&stage, reading, &rows));
        promises.extend(promised(&stage, reading, &rows));
    }
    let (quiet, quiets) = probation::quiet(&stage);
    let (power, powers) = probation::power(&stage);
    tables.extend([quiet, power]);
    promises.extend([quiets].into_iter().chain(powers));
    Report { runs: study.runs, seed: study.seed, fleet: plan_table(&stage), tables, promises }
}

fn words(reading: Reading) -> &'static str {
    match reading {
        Reading::Watched => "alarms are watched in soak",
        Reading::Unwatched => "alarms are not watched in soak",
    }
}

fn promised(stage: &Stage<'_>, reading: Reading, rows: &[Row]) -> Vec<Promise> {
    let told = words(reading);
    let claim = |upto: &str, what: &str| {
        format!("harm from the shift to {upto} is within {what} in at least 95 % of waves: {told}")
    };
    let mut plan = Least::of(claim("the verdict at full load", "what `plan` printed"), WITHIN_PLAN);
    rows.iter().for_each(|row| plan.add(row.within_plan, &row.place));
    let upto = "the verdict at full load, and of the way back where it finds the fault,";
    let mut policy = Least::of(claim(upto, "what policy allows, of faults that the canary had too,"), WITHIN_PLAN);
    let in_canary = rows.iter().filter(|row| row.fault.course == Course::AtOnce);
    in_canary.for_each(|row| policy.add(row.within_policy, &row.place));
    let usual = |row: &Row| stage.setting.usual.rate(row.fault.kind.metric(), Effect::NONE);
    let unseen: Vec<&Row> =
        rows.iter().filter(|row| row.fault.excess >= usual(row) && row.found.value() < SELDOM).collect();
    let every = rows.iter().collect::<Vec<&Row>>();
    let runs = stage.study.runs;
    let tenth = "where a fault at least doubles the usual rate and the alarms find it in under half of the nights, Meridian's median harm is at most a tenth of theirs";
    let nowhere = "nowhere is Meridian's median harm more than 1.5 times that of the alarms at an equal canary share";
    let mut promises = vec![plan.promise(), policy.promise()];
    for (claim, rows, times) in [(tenth, &unseen, TENTH), (nowhere, &every, NOWHERE)] {
        let act = format!("{claim}, probation at `act`: {told}");
        let tell = format!("{claim}, probation at `tell`, a person after {PERSON} minutes: {told}");
        promises.push(at_most(runs, act, rows, times, |row| &row.act));
        promises.push(at_most(runs, tell, rows, times, |row| &row.tell));
    }
    promises
}

/// That the median harm is nowhere more than so many times the alarms', but for a part of one answer.
fn at_most(runs: u64, claim: String, rows: &[&Row], times: f64, of: fn(&Row) -> &Costs) -> Promise {
    let ratio = |row: &Row| of(row).median() / row.alarms.median().max(1.0);
    let mut over: Vec<&&Row> = rows.iter().filter(|row| ratio(row) > times).collect();
    over.sort_unstable_by(|one, other| ratio(other).total_cmp(&ratio(one)));
    let worst = over.iter().take(TOLD).map(|row| format!("{:.2} times: {}", ratio(row), row.place));
    let worst = worst.collect::<Vec<_>>().join("; ");
    Promise {
        claim,
        standing: Standing::of(runs >= ENOUGH && over.is_empty(), runs < ENOUGH || over.is_empty()),
        found: format!(
            "more in {} of {} rows{}{worst}",
            over.len(),
            rows.len(),
            if over.is_empty() { "" } else { ": " }
        ),
    }
}

fn table(stage: &Stage<'_>, reading: Reading, rows: &[Row]) -> Table {
    Table {
        title: format!("What a fault costs where {}", words(reading)),
        note: format!(
            "Bad answers of the fleet beyond the champion's within a day of 03:00 UTC, usual rate {}, bursts as declared: median / 95 % / 99 % \
             of {} nights. Meridian with a probation that acts; the medians with one that tells a person, who acts after 30 minutes, \
             and without one. The seed's alarms, with 5xx, which the seed leaves out, and the share of nights in which they ring; \
             Kayenta at the canary's end; a bake without a judge. \"In plan\": waves whose harm up to the verdict at full load is within \
             what `plan` printed for each region.",
            per_cent(BASE),
            stage.study.runs
        ),
        columns: Table::names([
            "fault",
            "where",
            "when",
            "excess",
            "Meridian, act",
            "tell",
            "no probation",
            "alarms",
            "they ring",
            "Kayenta",
            "fixed bake",
            "in plan",
            "in policy",
        ]),
        rows: rows.iter().map(|row| row.cells(stage)).collect(),
    }
}

/// The wave that everybody walks, with the harm that the plan prints.
fn plan_table(stage: &Stage<'_>) -> Table {
    let row = |turn: &Planned| {
        let site = &turn.place.site;
        let printed = |kind: Kind| turn.harm.iter().find(|harm| harm.metric.as_str() == kind.metric().name());
        let answers = |kind| Cell::number(printed(kind).map(|harm| harm.answers as f64), 0);
        let let_through = |kind| Cell::number(printed(kind).map(|harm| harm.let_through as f64), 0);
        let head = [Cell::text(&site.title), Cell::text(turn.canary.strftime("%H:%M")), Cell::Number(site.rps, 0)];
        let tail = [Cell::text(per_cent(site.canary)), Cell::Number(f64::from(site.bake), 0)];
        let harm = [Kind::Errors, Kind::Alerts].into_iter().flat_map(|kind| [answers(kind), let_through(kind)]);
        head.into_iter().chain(tail).chain(harm).chain([Cell::Number(turn.unproved as f64, 0)]).collect()
    };
    Table {
        title: "The wave".to_owned(),
        note: "As the planner walks it, with what `plan` prints, in answers: the harm bound of an equal release, the most that a canary lets \
               through, and all traffic until the verdict at full load."
            .to_owned(),
        columns: Table::names([
            "region",
            "canary from",
            "requests/s",
            "canary",
            "bake min",
            "harm, 5xx",
            "let through",
            "harm, alerts",
            "let through",
            "at load",
        ]),
        rows: stage.turns.iter().map(row).collect(),
    }
}
