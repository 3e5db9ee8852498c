//! How large is the harm bound of a release that is as good as the champion, and how large must `harm` be that it passes?

use super::Study;
use super::bursts::Bursts;
use super::least::Least;
use super::report::{Cell, Promise, Table, per_cent};
use super::share::Share;
use super::streams::{Effect, Metric, Usual};
use super::waves::{Place, Setting};
use meridian_domain::stakes::Exposure;

/// Seconds from the shift to the verdict at full load, where no way back follows.
const UNTIL_VERDICT: f64 = 300.0;
/// Of one metric without a way back, and with one.
const ALONE: (u64, u64) = (500, 2_000);
const AT_NIGHT: &str = "03:00 UTC";
/// A dispersion wider than declared.
const BEYOND: f64 = 5.0;
/// The share of waves that is promised to pass.
const PROMISED: f64 = 0.999;
const BASES: [f64; 7] = [0.0, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01];
/// The largest usual rate for which it is promised.
const UP_TO: f64 = 0.005;

/// Each wave's largest harm bound over its regions.
#[derive(Clone, Debug, Default)]
struct Row {
    /// Of 5xx, without a way back.
    alone: Vec<u64>,
    /// Of 5xx, with one.
    back: Vec<u64>,
    /// Of every metric, with one.
    all: Vec<u64>,
}

impl Row {
    fn run(study: &Study<'_>, setting: &Setting, places: &[Place]) -> Row {
        let mut row = Row::default();
        for number in 0..study.runs {
            let (mut alone, mut back, mut all) = (0, 0, 0);
            for place in places {
                for (metric, harm) in setting.harm(study, number, place) {
                    if metric == Metric::Errors5xx {
                        alone = alone.max((harm.excess * place.site.rps * UNTIL_VERDICT).ceil() as u64);
                        back = back.max(harm.answers);
                    }
                    all = all.max(harm.answers);
                }
            }
            row.alone.push(alone);
            row.back.push(back);
            row.all.push(all);
        }
        [&mut row.alone, &mut row.back, &mut row.all].into_iter().for_each(|bounds| bounds.sort_unstable());
        row
    }
}

impl Row {
    fn of_one(&self) -> [Cell; 6] {
        let of = |bounds: &[u64], allowed| {
            [quantile(bounds, 0.5), quantile(bounds, PROMISED), Cell::share(within(bounds, allowed))]
        };
        let ([a, b, c], [d, e, f]) = (of(&self.alone, ALONE.0), of(&self.back, ALONE.1));
        [a, b, c, d, e, f]
    }

    fn of_all(&self, harm: u64) -> [Cell; 4] {
        let [median, most, nearly_all] = [0.5, 0.99, PROMISED].map(|share| quantile(&self.all, share));
        [median, most, nearly_all, Cell::share(within(&self.all, harm))]
    }
}

/// How many of these waves pass where so much is allowed.
fn within(bounds: &[u64], allowed: u64) -> Share {
    let hits = bounds.partition_point(|bound| *bound <= allowed);
    Share { hits: hits as u64, of: bounds.len() as u64 }
}

/// The bound under which this share of the waves is.
fn quantile(bounds: &[u64], share: f64) -> Cell {
    let at = ((bounds.len() as f64 * share).ceil() as usize).saturating_sub(1);
    Cell::number(bounds.get(at).map(|bound| *bound as f64), 0)
}

/// The bounds of one metric and of all of them, and what is promised of each.
pub fn answer(study: &Study<'_>) -> [(Table, Promise); 2] {
    let (declared, harm) = (study.fleet.judge.dispersion, study.fleet.judge.harm);
    let scope = format!("in all regions, usual rates up to {}, bursts up to {declared}", per_cent(UP_TO));
    let claim = |what: String| format!("at least 99.9 % of equal releases are within {what} {scope}");
    let mut one =
        Least::of(claim(format!("{} bad answers of one metric, at night, without a way back,", ALONE.0)), PROMISED);
    let mut all = Least::of(
        claim(format!("the {harm} bad answers that policy allows of each metric, with a way back,")),
        PROMISED,
    );
    let (mut ones, mut alls) = (Vec::new(), Vec::new());
    for (hour, sites) in [(AT_NIGHT, study.at_night()), ("peaks", study.at_peaks())] {
        let places = Place::all(sites, Effect::NONE);
        for (base, bursts) in BASES.into_iter().flat_map(|base| models(declared).map(move |bursts| (base, bursts))) {
            let row = Row::run(study, &Setting::new(study, Usual::errors(base), bursts), &places);
            let place = format!("{hour}, base {}, {bursts}", per_cent(base));
            if base <= UP_TO && bursts != Bursts::Both(BEYOND) {
                if hour == AT_NIGHT {
                    one.add(within(&row.alone, ALONE.0), &place);
                }
                all.add(within(&row.all, harm), &place);
            }
            let head = || vec![Cell::text(hour), Cell::text(per_cent(base)), Cell::text(bursts)];
            ones.push(head().into_iter().chain(row.of_one()).collect());
            alls.push(head().into_iter().chain(row.of_all(harm)).collect());
        }
    }
    [(table_of_one(study, ones), one.promise()), (table_of_all(study, alls), all.promise())]
}

/// Bursts as declared, and wider.
fn models(declared: f64) -> [Bursts; 5] {
    let [shared, both, instance] = [Bursts::Shared(declared), Bursts::Both(declared), Bursts::Instance(declared)];
    [Bursts::Poisson, shared, both, instance, Bursts::Both(BEYOND)]
}

fn table_of_one(study: &Study<'_>, rows: Vec<Vec<Cell>>) -> Table {
    let exposure = Exposure::of(&study.fleet.guardrail);
    Table {
        title: "The harm bound of an equal release, one metric".to_owned(),
        note: format!(
            "The largest of a wave's regions, 5xx alone, in answers: {UNTIL_VERDICT} s until the verdict at full load; and then \
             as policy has it, {:#} until that verdict and {:#} of a way back where it finds the excess. {} waves a row.",
            exposure.until_verdict, exposure.way_back, study.runs
        ),
        columns: Table::names([
            "traffic",
            "base",
            "bursts",
            "median",
            "99.9 %",
            "within 500",
            "way back: median",
            "way back: 99.9 %",
            "within 2000",
        ]),
        rows,
    }
}

fn table_of_all(study: &Study<'_>, rows: Vec<Vec<Cell>>) -> Table {
    let metrics: Vec<String> = Metric::of(&study.fleet.judge).into_iter().map(Metric::name).collect();
    Table {
        title: "The harm bound of an equal release, every metric".to_owned(),
        note: format!(
            "The same with a way back: the largest of {}. Alerts are 2 % of the requests, and fewer are as bad as more: they ask \
             for the most. {} waves a row.",
            metrics.join(", "),
            study.runs
        ),
        columns: Table::names(["traffic", "base", "bursts", "median", "99 %", "99.9 %", "within policy"]),
        rows,
    }
}
