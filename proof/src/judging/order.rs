//! What the order of a wave gains at 03:00 UTC, when Dublin sleeps and Sydney is at its peak.

use super::Study;
use super::bursts::Bursts;
use super::report::{Cell, Table, per_cent};
use super::report::{Promise, Standing};
use super::share::Share;
use super::streams::{Effect, Usual};
use super::waves::{Place, Setting};

/// Minutes before a region's canary: green is provisioned.
const PROVISIONING: u32 = 3;
/// Minutes after its bake: the shift.
const SHIFT: u32 = 1;

/// One order's figures.
#[derive(Clone, Debug, Default)]
struct Row {
    first: Share,
    found: Share,
    /// Minutes of the wave until it is stopped.
    minutes: Vec<u32>,
    /// Regions that had shifted to the bad release by then, over all waves; all of them where it is never stopped.
    shifted: u64,
}

/// Fixed order beside the order by the traffic of the hour.
pub fn answer(study: &Study<'_>) -> (Table, Promise) {
    let mut rows = Vec::new();
    let (mut better, mut worse, mut found) = (true, false, Vec::new());
    for (base, effect) in [(0.001, 2.0), (0.001, 3.0), (0.001, 5.0), (0.005, 1.5), (0.005, 2.0), (0.005, 3.0)] {
        let fixed = Place::all(study.at_night(), Effect::errors(effect));
        let [fixed, signal] = [fixed.clone(), by_traffic(fixed)].map(|places| run(study, base, &places));
        better &= signal.first.hits >= fixed.first.hits;
        worse |= signal.first.upper() < fixed.first.lower();
        found.push(format!("{} against {}", per_cent(signal.first.value()), per_cent(fixed.first.value())));
        for (order, mut row) in [("fixed", fixed), ("signal", signal)] {
            row.minutes.sort_unstable();
            let median = row.minutes.get(row.minutes.len() / 2).map(|minutes| f64::from(*minutes));
            rows.push(vec![
                Cell::text(per_cent(base)),
                Cell::text(effect),
                Cell::text(order),
                Cell::share(row.first),
                Cell::share(row.found),
                Cell::number(median, 0),
                Cell::number(Some(row.shifted as f64 / study.wave_runs() as f64), 2),
            ]);
        }
    }
    let table = Table {
        title: "The order of the wave at 03:00 UTC".to_owned(),
        note: format!(
            "A fault everywhere, reference fleet; \"signal\" goes by the traffic of the hour, and the first region bakes as \
             long as home would. Provisioning {PROVISIONING} min and shift {SHIFT} min a region; {} waves a row.",
            study.wave_runs()
        ),
        columns: Table::names([
            "base",
            "effect",
            "order",
            "found in the first region",
            "found",
            "median min",
            "regions shifted",
        ]),
        rows,
    };
    let promise = Promise {
        claim: "the signal order finds a fault in its first region at least as often as the fixed one".to_owned(),
        standing: Standing::of(better, !worse),
        found: found.join(", "),
    };
    (table, promise)
}

/// The region with the most traffic first; bakes stay with their places, for the first has nothing carried to it.
fn by_traffic(places: Vec<Place>) -> Vec<Place> {
    let bakes: Vec<u32> = places.iter().map(|place| place.site.bake).collect();
    let mut places = places;
    places.sort_by(|one, other| other.site.rps.total_cmp(&one.site.rps));
    places.iter_mut().zip(bakes).for_each(|(place, bake)| place.site.bake = bake);
    places
}

fn run(study: &Study<'_>, base: f64, places: &[Place]) -> Row {
    let setting = Setting::new(study, Usual::errors(base), Bursts::Both(study.fleet.judge.dispersion));
    let mut row = Row::default();
    for number in 0..study.wave_runs() {
        let wave = setting.wave(study, number, places);
        let stopped = wave.iter().position(|seen| seen.judge.wave_failed.is_some());
        row.found.add(stopped.is_some());
        row.first.add(stopped == Some(0));
        row.shifted += stopped.unwrap_or(places.len()) as u64;
        if let Some((seen, at)) = stopped.and_then(|at| Some((wave.get(at)?, at))) {
            let before: u32 = places.iter().take(at).map(|place| PROVISIONING + place.site.bake + SHIFT).sum();
            row.minutes.push(before + PROVISIONING + seen.judge.wave_failed.unwrap_or_default());
        }
    }
    row
}
