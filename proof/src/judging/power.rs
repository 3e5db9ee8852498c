//! How often, and how soon, is a release that is worse called bad?

use super::Study;
use super::bursts::Bursts;
use super::report::{Cell, Promise, Standing, Table, per_cent};
use super::share::Share;
use super::streams::{Effect, Site, Usual};
use super::waves::{Place, Seen, Setting};
use meridian_domain::Verdict;

/// Of the best single look's power, what is promised.
const PROMISED: f64 = 0.85;
/// ... wherever the best single look has at least so much.
const FROM: f64 = 0.5;
/// Runs after which a cell ends where everybody agrees.
const FIRST: u64 = 100;
/// A cell whose runs do not say on which side of the promise it is gets twice as many, so often.
const DOUBLINGS: u32 = 5;

const TRAFFIC: [f64; 7] = [1200.0, 600.0, 200.0, 150.0, 100.0, 20.0, 5.0];
const CANARIES: [f64; 3] = [0.10, 0.25, 0.50];
const BASES: [f64; 2] = [0.001, 0.005];
const EFFECTS: [f64; 6] = [1.0, 1.5, 2.0, 3.0, 5.0, 10.0];
/// Long enough for the seed's home; a table of other bakes would be a table of other traffic.
const BAKE: u32 = 30;

/// One cell of the table: one region alone.
#[derive(Clone, Debug, Default)]
struct Cells {
    judge: Share,
    pass: Share,
    fixed: Share,
    alarm: Share,
    alarm_3_of_5: Share,
    kayenta: Share,
    /// Minutes to the judge's `Fail`.
    minutes: Vec<u32>,
}

impl Cells {
    fn run(study: &Study<'_>, setting: &Setting, place: &Place) -> Cells {
        let mut cells = Cells::default();
        let level = setting.region_level();
        let mut enough = study.power_runs();
        let most = enough << DOUBLINGS;
        for number in 0..most {
            if number == FIRST && cells.is_settled() || number == enough && !cells.is_in_doubt() {
                break;
            }
            enough <<= u32::from(number == enough);
            cells.add(&setting.region(study, number, place, &[]), level);
        }
        cells.minutes.sort_unstable();
        cells
    }

    fn add(&mut self, seen: &Seen, level: f64) {
        self.judge.add(seen.judge.region_failed.is_some());
        self.pass.add(seen.judge.last.verdict == Verdict::Pass);
        self.fixed.add(seen.fixed <= level);
        self.alarm.add(seen.peers.alarm.is_some());
        self.alarm_3_of_5.add(seen.peers.alarm_3_of_5.is_some());
        self.kayenta.add(seen.peers.kayenta.is_some());
        self.minutes.extend(seen.judge.region_failed);
    }

    /// Nobody finds it, or everybody does: more runs would say the same.
    fn is_settled(&self) -> bool {
        let same = |share: Share| share.hits == 0 || share.hits == share.of;
        same(self.judge) && same(self.fixed) && self.judge.hits == self.fixed.hits
    }

    /// Two standard errors of the ratio do not say on which side of the promise it is.
    fn is_in_doubt(&self) -> bool {
        let promised = self.fixed.value() >= FROM;
        promised && self.ratio().is_some_and(|ratio| (ratio - PROMISED).abs() <= 2.0 * self.error())
    }

    /// Standard error of the ratio. The two are seen on the same minutes: their difference errs by less than either, at most
    /// so much.
    fn error(&self) -> f64 {
        (self.judge.value() * (1.0 - self.judge.value()) / self.judge.of as f64).sqrt() / self.fixed.value()
    }

    /// Minutes within which this share of the detections came.
    fn within(&self, share: f64) -> Option<f64> {
        let last = self.minutes.len().checked_sub(1)?;
        self.minutes.get((last as f64 * share).round() as usize).map(|minutes| f64::from(*minutes))
    }

    fn row(&self, head: [Cell; 4]) -> Vec<Cell> {
        let figures = [
            Cell::share(self.judge),
            Cell::share(self.fixed),
            Cell::number(self.ratio(), 2),
            Cell::number(self.within(0.5), 0),
            Cell::number(self.within(0.9), 0),
            Cell::share(self.pass),
            Cell::share(self.alarm),
            Cell::share(self.alarm_3_of_5),
            Cell::share(self.kayenta),
        ];
        head.into_iter().chain(figures).collect()
    }

    fn ratio(&self) -> Option<f64> {
        (self.fixed.hits > 0).then(|| self.judge.hits as f64 / self.fixed.hits as f64)
    }
}

const COLUMNS: [&str; 13] = [
    "requests/s",
    "canary",
    "base",
    "effect",
    "judge",
    "best single look",
    "ratio",
    "median min",
    "P90 min",
    "judge passes",
    "AWS alarm 1 of 1",
    "AWS alarm 3 of 5",
    "Kayenta, end",
];

/// The weakest cell of a promise.
#[derive(Clone, Debug, Default)]
struct Weakest {
    ratio: Option<f64>,
    place: String,
    kept: bool,
    open: bool,
    cells: u32,
}

impl Weakest {
    fn new() -> Self {
        Weakest { kept: true, open: true, ..Weakest::default() }
    }

    fn add(&mut self, cells: &Cells, place: impl FnOnce() -> String) {
        let Some(ratio) = cells.ratio().filter(|_| cells.fixed.value() >= FROM) else { return };
        self.cells += 1;
        self.kept &= ratio >= PROMISED;
        self.open &= ratio + 2.0 * cells.error() >= PROMISED;
        if self.ratio.is_none_or(|least| ratio < least) {
            (self.ratio, self.place) = (Some(ratio), place());
        }
    }

    fn promise(self, claim: String) -> Promise {
        let least = self.ratio.map_or_else(|| "none".to_owned(), per_cent);
        Promise {
            claim,
            standing: Standing::of(self.kept && self.cells > 0, self.open),
            found: format!("{} such cells, the weakest has {least}: {}", self.cells, self.place),
        }
    }
}

/// The scatter that policy declares, and the one that the counts have.
#[derive(Clone, Copy, Debug)]
struct Scatter {
    declared: f64,
    bursts: Bursts,
    words: &'static str,
}

const SCATTERS: [Scatter; 3] = [
    Scatter { declared: 1.0, bursts: Bursts::Poisson, words: "dispersion 1 declared, Poisson counts" },
    Scatter { declared: 2.0, bursts: Bursts::Both(2.0), words: "dispersion 2 declared, counts that burst as much" },
    Scatter { declared: 2.0, bursts: Bursts::Poisson, words: "dispersion 2 declared, Poisson counts" },
];

/// Power over the whole table.
pub fn grid(study: &Study<'_>) -> Vec<(Table, Promise)> {
    SCATTERS.iter().map(|scatter| grid_of(study, *scatter)).collect()
}

fn grid_of(study: &Study<'_>, scatter: Scatter) -> (Table, Promise) {
    let mut rows = Vec::new();
    let mut weakest = Weakest::new();
    for (rps, canary) in TRAFFIC.into_iter().flat_map(|rps| CANARIES.map(|canary| (rps, canary))) {
        for (base, effect) in BASES.into_iter().flat_map(|base| EFFECTS.map(|effect| (base, effect))) {
            let site = Site { title: format!("{rps}/s"), rps, canary, bake: BAKE, instances: 2 };
            let place = Place { site, effect: Effect::errors(effect), stream: 0 };
            let setting = Setting::new(study, Usual::errors(base), scatter.bursts).declared(scatter.declared);
            let cells = Cells::run(study, &setting, &place);
            weakest.add(&cells, || {
                format!("{rps}/s, canary {}, base {}, {effect} times", per_cent(canary), per_cent(base))
            });
            let head =
                [Cell::Number(rps, 0), Cell::text(per_cent(canary)), Cell::text(per_cent(base)), Cell::text(effect)];
            rows.push(cells.row(head));
        }
    }
    let table = Table {
        title: format!("Power: {}", scatter.words),
        note: format!(
            "One region of {}, 30 minutes of bake, the challenger's 4xx so many times the champion's; {} canaries a row, \
             {FIRST} where all of them agree, and up to {} where fewer leave the promise in doubt. Ratio: the judge's share over the best single look's at the same alpha and \
             dispersion.",
            study.fleet.regions.len(),
            study.power_runs(),
            study.power_runs() << DOUBLINGS
        ),
        columns: Table::names(COLUMNS),
        rows,
    };
    let claim = format!("at least 85 % of the best single look's power wherever that has 50 % ({})", scatter.words);
    (table, weakest.promise(claim))
}

/// Power of the reference fleet's own regions at 03:00 UTC, at the policy's own dispersion.
pub fn at_night(study: &Study<'_>) -> (Table, Promise) {
    let declared = study.fleet.judge.dispersion;
    let mut rows = Vec::new();
    let mut weakest = Weakest::new();
    for (stream, site) in (0..).zip(study.at_night()) {
        for (base, effect) in BASES.into_iter().flat_map(|base| EFFECTS.map(|effect| (base, effect))) {
            let place = Place { site: site.clone(), effect: Effect::errors(effect), stream };
            let setting = Setting::new(study, Usual::errors(base), Bursts::Both(declared));
            let cells = Cells::run(study, &setting, &place);
            weakest.add(&cells, || format!("{}, base {}, {effect} times", site.title, per_cent(base)));
            let region = format!("{} {:.0}/s {} min", site.title, site.rps, site.bake);
            let head =
                [Cell::text(region), Cell::text(per_cent(site.canary)), Cell::text(per_cent(base)), Cell::text(effect)];
            rows.push(cells.row(head));
        }
    }
    let mut columns = Table::names(COLUMNS);
    if let Some(first) = columns.first_mut() {
        *first = "region".to_owned();
    }
    let table = Table {
        title: "Power of the reference fleet at 03:00 UTC".to_owned(),
        note: "Each region by itself with its own bake, under the default policy; counts burst as much as is declared."
            .to_owned(),
        columns,
        rows,
    };
    let claim = "at least 85 % of the best single look's power wherever that has 50 % (reference fleet, 03:00 UTC)";
    (table, weakest.promise(claim.to_owned()))
}
