//! How often does a release that is as good as the champion reach every region in the same night?
//!
//! A region is reached where its canary passes at the last look, or one of its further tries does once the others have had their
//! turn, no alarm of its update goes off until soak ends, and the check at full load does not fail. The alarms over the whole
//! endpoint are left out: they see both releases alike, and a wave does not start while one is on.

use super::bursts::Bursts;
use super::least::Least;
use super::planned::{Planned, Wave, again, wave};
use super::report::{Cell, Promise, Report, Table, per_cent};
use super::share::Share;
use super::streams::{Metric, Site, Usual};
use super::waves::Setting;
use super::{NIGHT, NOON, Study, each, guards};
use jiff::Timestamp;
use meridian_domain::{Fleet, OrderPolicy, Verdict};
use meridian_judge::RegionEvidence;
use std::fmt;
use std::str::FromStr;

/// Usual shares of 4xx and of 5xx, each.
const BASES: [f64; 8] = [0.0, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01];
/// A dispersion wider than declared.
const BEYOND: f64 = 5.0;
/// The largest usual rate for which something is promised of it. Under it, what is promised of bursts as declared is told by itself:
/// above it the champion is as bad as the bounds allow.
const UP_TO: f64 = 0.005;
/// What is promised of bursts as declared, and of wider ones.
const PROMISED: (f64, f64) = (0.999, 0.99);

/// Under which guardrail and in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As `fleet.toml` has it.
    Delivered,
    /// The first seed's canary: 10 % for 30 minutes, one of ten instances.
    Seed,
    /// The delivered guardrail, the region with the most traffic first.
    Signal,
}

impl Way {
    /// Every way, in the order of the tables.
    pub const ALL: [Way; 3] = [Way::Delivered, Way::Seed, Way::Signal];

    /// What a command line calls it.
    pub fn name(self) -> &'static str {
        match self {
            Way::Delivered => "delivered",
            Way::Seed => "seed",
            Way::Signal => "signal",
        }
    }

    /// The further try of a region whose canary did not decide. The seed's canary is always the same one.
    fn again(self, fleet: &Fleet, turn: &Planned, shown: &RegionEvidence, wave: Wave) -> Option<Planned> {
        match self {
            Way::Delivered | Way::Signal => again(fleet, turn, shown, wave),
            Way::Seed => (wave.ends < wave.until).then(|| turn.at(turn.place.site.clone())),
        }
    }

    fn wave(self, fleet: &Fleet, starts: Timestamp, usual: Usual) -> Vec<Planned> {
        match self {
            Way::Delivered => wave(fleet, starts, usual),
            Way::Signal => wave(&Fleet { order: OrderPolicy::Signal, ..fleet.clone() }, starts, usual),
            Way::Seed => {
                let mut turns = wave(fleet, starts, usual);
                for turn in &mut turns {
                    turn.place.site = Site { canary: 0.1, bake: 30, instances: 10, ..turn.place.site.clone() };
                }
                turns
            }
        }
    }
}

/// A name that no guardrail has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no guardrail: ask for one of {known}", known = Way::ALL.map(Way::name).join(", "))]
pub struct WayError(String);

impl FromStr for Way {
    type Err = WayError;
    fn from_str(text: &str) -> Result<Self, WayError> {
        Way::ALL.into_iter().find(|known| known.name() == text).ok_or_else(|| WayError(text.to_owned()))
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a night ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Delivered,
    /// In a further try of a region at least.
    DeliveredInTries,
    /// An alarm of an update went off: green's 5xx, and any other.
    ServerErrors,
    OtherAlarm,
    /// A canary failed.
    Failed,
    /// A region's canaries said too little, as many as policy gives it.
    Inconclusive,
    /// The check at full load failed.
    FullLoad,
}

/// How one region's turn ends.
enum Turned {
    Delivered,
    /// Its counts did not decide: what they showed.
    Undecided(RegionEvidence),
    /// The wave ends there.
    Ended(End),
}

/// The nights of one row.
#[derive(Clone, Debug, Default)]
struct Row {
    nights: Vec<End>,
}

impl Row {
    fn share(&self, ends: &[End]) -> Share {
        let hits = self.nights.iter().filter(|night| ends.contains(night)).count();
        Share { hits: hits as u64, of: self.nights.len() as u64 }
    }
}

/// A night of one row.
struct Night<'a> {
    study: &'a Study<'a>,
    setting: &'a Setting,
    way: Way,
    wave: Wave,
}

impl Night<'_> {
    /// One night: every region's turn, and then the further tries of those whose counts did not decide.
    fn run(&self, number: u64, turns: &[Planned]) -> End {
        let (mut before, mut open) = (Vec::with_capacity(turns.len()), Vec::new());
        for turn in turns {
            match self.turn(number, turn, &mut before) {
                Turned::Delivered => {}
                Turned::Undecided(shown) => open.push((turn, shown)),
                Turned::Ended(end) => return end,
            }
        }
        let mut ends = if open.is_empty() { End::Delivered } else { End::DeliveredInTries };
        for (turn, shown) in open {
            match self.tries(number, turn.clone(), shown, &mut before) {
                End::DeliveredInTries => {}
                // The others are tried all the same.
                End::Inconclusive => ends = End::Inconclusive,
                end => return end,
            }
        }
        ends
    }

    fn tries(
        &self,
        number: u64,
        mut turn: Planned,
        mut shown: RegionEvidence,
        before: &mut Vec<RegionEvidence>,
    ) -> End {
        let fleet = self.study.fleet;
        for _ in 1..fleet.wave.tries {
            let Some(next) = self.way.again(fleet, &turn, &shown, self.wave) else { break };
            match self.turn(number, &next, before) {
                Turned::Delivered => return End::DeliveredInTries,
                Turned::Undecided(again) => (turn, shown) = (next, again),
                Turned::Ended(end) => return end,
            }
        }
        End::Inconclusive
    }

    fn turn(&self, number: u64, turn: &Planned, before: &mut Vec<RegionEvidence>) -> Turned {
        let (study, setting, place) = (self.study, self.setting, &turn.place);
        let canary = setting.draw(study, number, place);
        if let Some(end) = alarm(guards::first(&turn.alarms, setting.metrics(), &canary.canary)) {
            return Turned::Ended(end);
        }
        let bench = setting.bench(study);
        let watched = bench.watch(&place.site, &canary, before);
        if watched.wave_failed.is_some() {
            return Turned::Ended(End::Failed);
        }
        // A try is a stratum of its own in what is pooled, whatever it says.
        before.push(watched.evidence.clone());
        if watched.last.verdict != Verdict::Pass {
            return Turned::Undecided(watched.evidence);
        }
        let (site, mut after) = setting.draw_shifted(study, number, place, study.soak_minutes(), |_| place.effect);
        if let Some(end) = alarm(guards::first(&turn.alarms, setting.metrics(), &after.canary)) {
            return Turned::Ended(end);
        }
        after.canary.iter_mut().for_each(|minutes| minutes.truncate(study.full_load_minutes() as usize));
        let failed = bench.fails_after_shift(&site, &after);
        if failed { Turned::Ended(End::FullLoad) } else { Turned::Delivered }
    }
}

fn alarm(first: Option<(usize, Metric)>) -> Option<End> {
    let (_, watched) = first?;
    Some(if watched == Metric::Errors5xx { End::ServerErrors } else { End::OtherAlarm })
}

/// The ends that have a column, in the columns' order.
const ENDS: [End; 6] =
    [End::DeliveredInTries, End::ServerErrors, End::OtherAlarm, End::Failed, End::Inconclusive, End::FullLoad];

/// One way's rows, and what is promised of it.
fn nights_of(study: &Study<'_>, way: Way) -> (Vec<Vec<Cell>>, [Promise; 3]) {
    let declared = study.fleet.judge.dispersion;
    let mut rows = Vec::new();
    let claim = |share: f64, bursts: String, bases: f64| {
        format!(
            "at least {} of equal releases reach every region in the same night: {way}, bursts {bursts}, usual rates up to {}",
            Cell::text(format!("{:.1} %", 100.0 * share)),
            per_cent(bases)
        )
    };
    let last = BASES.last().copied().unwrap_or_default();
    let mut within = Least::of(claim(PROMISED.0, format!("up to {declared}"), last), PROMISED.0);
    let mut usual_rates = Least::of(claim(PROMISED.0, format!("up to {declared}"), UP_TO), PROMISED.0);
    let mut beyond = Least::of(claim(PROMISED.1, format!("of {BEYOND}"), UP_TO), PROMISED.1);
    for (hour, starts) in [("03:00", NIGHT), ("12:00", NOON)] {
        for base in BASES {
            let usual = Usual::errors(base);
            let turns = way.wave(study.fleet, starts, usual);
            for bursts in [Bursts::Poisson, Bursts::Both(declared), Bursts::Both(BEYOND)] {
                let setting = Setting::new(study, usual, bursts);
                let wave = Wave::of(study.fleet, starts, &turns);
                let night = Night { study, setting: &setting, way, wave };
                let nights = each(study.runs, |number| night.run(number, &turns));
                let row = Row { nights };
                let place = format!("{hour} UTC, base {}, {bursts}", per_cent(base));
                let delivered = row.share(&[End::Delivered, End::DeliveredInTries]);
                if bursts != Bursts::Both(BEYOND) {
                    within.add(delivered, &place);
                    if base <= UP_TO {
                        usual_rates.add(delivered, &place);
                    }
                } else if base <= UP_TO {
                    beyond.add(delivered, &place);
                }
                let head = [Cell::text(way), Cell::text(hour), Cell::text(per_cent(base)), Cell::text(bursts)];
                let shares = ENDS.into_iter().map(|end| Cell::share(row.share(&[end])));
                rows.push(head.into_iter().chain([Cell::share(delivered)]).chain(shares).collect());
            }
        }
    }
    (rows, [within.promise(), usual_rates.promise(), beyond.promise()])
}

/// The table, and what is promised.
pub(super) fn report(study: &Study<'_>, ways: &[Way]) -> Report {
    let (harm, tries) = (study.fleet.judge.harm, study.fleet.wave.tries);
    let (mut rows, mut promises) = (Vec::new(), Vec::new());
    for way in ways.iter().copied() {
        let (own, kept) = nights_of(study, way);
        rows.extend(own);
        promises.extend(kept);
    }
    let table = Table {
        title: "Does an equal release arrive?".to_owned(),
        note: format!(
            "Nights in which it reaches every region, and why it did not in the others: an alarm of an update until soak ends, a \
             canary that failed, a region none of whose {tries} canaries had a harm bound within {harm} answers, the check at full load. \
             {} nights a row.",
            study.runs
        ),
        columns: Table::names([
            "guardrail",
            "UTC",
            "base",
            "bursts",
            "arrives",
            "of it, in a further try",
            "5xx alarm",
            "other alarm",
            "failed",
            "inconclusive",
            "full load",
        ]),
        rows,
    };
    Report { runs: study.runs, seed: study.seed, fleet: plan_table(study, ways), tables: vec![table], promises }
}

/// The waves as they are planned, where the usual rate is one in a thousand.
fn plan_table(study: &Study<'_>, ways: &[Way]) -> Table {
    let mut rows = Vec::new();
    for way in ways.iter().copied() {
        for starts in [NIGHT, NOON] {
            for turn in way.wave(study.fleet, starts, Usual::errors(0.001)) {
                let site = turn.place.site;
                rows.push(vec![
                    Cell::text(way),
                    Cell::text(site.title),
                    Cell::text(turn.canary.strftime("%H:%M")),
                    Cell::Number(site.rps, 0),
                    Cell::text(per_cent(site.canary)),
                    Cell::Number(f64::from(site.bake), 0),
                ]);
            }
        }
    }
    Table {
        title: "The waves".to_owned(),
        note: "As the planner walks them where the usual rate is 0.1 %; the canary's start in UTC. \"delivered\": as `fleet.toml` has it; \
               \"seed\": one of ten instances for 30 minutes; \"signal\": the delivered guardrail, by traffic."
            .to_owned(),
        columns: Table::names(["guardrail", "region", "canary from", "requests/s", "canary", "bake min"]),
        rows,
    }
}
