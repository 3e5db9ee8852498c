//! What several regions show together: a fault in one of them, and a small fault in all.

use super::Study;
use super::bursts::Bursts;
use super::report::{Cell, Promise, Standing, Table, per_cent};
use super::share::Share;
use super::streams::{Effect, Site, Usual};
use super::waves::{Place, Setting};

/// The region with the fault, by its place in the fleet's order: the second, after a healthy home.
const FAULTY: usize = 1;
/// Of AU alone's share, what may be lost among healthy regions.
const MASKED: f64 = 0.1;
/// Under this share nothing is promised: a tenth of little is nothing.
const FROM: f64 = 0.1;
/// How much worse the challenger is in one region, and everywhere.
const ONE: f64 = 2.0;
const EVERYWHERE: f64 = 1.5;

/// The faulty region's canary and bake: as the fleet has it, and so that its own traffic can show the fault.
fn variants(study: &Study<'_>) -> Vec<(String, Vec<Site>, f64)> {
    let mut variants = Vec::new();
    for (canary, bake, base) in [
        (None, None, 0.001),
        (None, None, 0.005),
        (Some(0.25), Some(15), 0.005),
        (Some(0.25), Some(30), 0.001),
        (Some(0.25), Some(30), 0.005),
    ] {
        let mut sites = study.at_peaks();
        let Some(site) = sites.get_mut(FAULTY) else { continue };
        site.canary = canary.unwrap_or(site.canary);
        site.bake = bake.unwrap_or(site.bake);
        let words = format!("{} {:.0}/s, {} for {} min", site.title, site.rps, per_cent(site.canary), site.bake);
        variants.push((words, sites, base));
    }
    variants
}

/// One row: the faulty region among healthy ones, and by itself.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    /// Stopped in the wave, by its own verdict or the pooled one.
    among: Share,
    /// Its own verdict, which no other region has a part in.
    own: Share,
    /// First in its wave: nothing to pool with yet.
    first: Share,
    /// A fleet of this region alone, which has all of alpha.
    fleet: Share,
    /// The wave stopped in a region before it, which is healthy.
    before: Share,
}

/// A fault in one region only is not hidden by the healthy ones before it.
pub fn one_faulty(study: &Study<'_>) -> (Table, Promise) {
    let mut rows = Vec::new();
    let (mut kept, mut possible, mut found) = (true, true, Vec::new());
    for (words, sites, base) in variants(study) {
        let mut places = Place::all(sites, Effect::NONE);
        let Some(faulty) = places.get_mut(FAULTY) else { continue };
        faulty.effect = Effect::errors(ONE);
        let row = run(study, base, &places);
        if row.own.value() >= FROM {
            let lost = 1.0 - row.among.value() / row.own.value();
            let error = 2.0 * (row.own.value() / row.own.of as f64).sqrt() / row.own.value();
            kept &= lost <= MASKED;
            possible &= lost - error <= MASKED;
            found.push(format!("{} of {}", per_cent(row.among.value()), per_cent(row.own.value())));
        }
        let shares = [row.among, row.own, row.first, row.fleet, row.before].map(Cell::share);
        rows.push([Cell::text(words), Cell::text(per_cent(base))].into_iter().chain(shares).collect());
    }
    let table = Table {
        title: "A fault in one region only".to_owned(),
        note: format!(
            "4xx {ONE} times as many in the second region alone, all regions at their peaks, default policy, counts that burst \
             as much as declared; {} waves a row. \"By itself\" three times: its own verdict (the same share of alpha), the \
             first of a wave (nothing to pool with), a fleet of one region (all of alpha).",
            study.wave_runs()
        ),
        columns: Table::names([
            "region",
            "base",
            "in the wave",
            "own verdict",
            "first of its wave",
            "own fleet",
            "stopped before it",
        ]),
        rows,
    };
    let promise = Promise {
        claim: "a fault in one region is found among healthy ones within 10 % of how often it is found by itself"
            .to_owned(),
        standing: Standing::of(kept && !found.is_empty(), possible),
        found: found.join(", "),
    };
    (table, promise)
}

fn run(study: &Study<'_>, base: f64, places: &[Place]) -> Row {
    let bursts = Bursts::Both(study.fleet.judge.dispersion);
    let setting = Setting::new(study, Usual::errors(base), bursts);
    let mut alone = setting.clone();
    alone.regions = 1;
    let mut row = Row::default();
    for number in 0..study.wave_runs() {
        let wave = setting.wave(study, number, places.get(..=FAULTY).unwrap_or(places));
        let (Some(seen), Some(place)) = (wave.get(FAULTY), places.get(FAULTY)) else { continue };
        row.among.add(seen.judge.wave_failed.is_some());
        row.own.add(seen.judge.region_failed.is_some());
        row.before.add(wave.iter().take(FAULTY).any(|seen| seen.judge.wave_failed.is_some()));
        row.first.add(setting.region(study, number, place, &[]).judge.wave_failed.is_some());
        row.fleet.add(alone.region(study, number, place, &[]).judge.wave_failed.is_some());
    }
    row
}

/// A small fault everywhere is found by the regions together.
pub fn small_everywhere(study: &Study<'_>) -> (Table, Promise) {
    let mut rows = Vec::new();
    let (mut kept, mut possible, mut found) = (true, true, Vec::new());
    for (words, sites) in
        [("03:00 UTC", study.at_night()), ("peaks", study.at_peaks()), ("peaks, 25 %, 30 min each", wide(study))]
    {
        for base in [0.001, 0.005] {
            let places = Place::all(sites.clone(), Effect::errors(EVERYWHERE));
            let setting = Setting::new(study, Usual::errors(base), Bursts::Both(study.fleet.judge.dispersion));
            let mut wave_found = Share::default();
            let mut own = vec![Share::default(); places.len()];
            for number in 0..study.wave_runs() {
                let wave = setting.wave(study, number, &places);
                wave_found.add(wave.iter().any(|seen| seen.judge.wave_failed.is_some()));
                own.iter_mut().zip(&wave).for_each(|(share, seen)| share.add(seen.judge.region_failed.is_some()));
            }
            let best = own.iter().copied().max_by_key(|share| share.hits).unwrap_or_default();
            kept &= wave_found.hits > best.hits || best.hits == best.of || wave_found.hits == 0;
            possible &= wave_found.hits >= best.hits;
            found.push(format!("{} against {}", per_cent(wave_found.value()), per_cent(best.value())));
            let cells = [wave_found, best].into_iter().chain(own).map(Cell::share);
            rows.push([Cell::text(words), Cell::text(per_cent(base))].into_iter().chain(cells).collect());
        }
    }
    let titles = study.fleet.regions.iter().map(|region| region.title.clone());
    let table = Table {
        title: "A small fault everywhere".to_owned(),
        note: format!(
            "4xx {EVERYWHERE} times as many in every region, default policy, counts that burst as much as declared; {} waves a \
             row. The wave is stopped by the pooled verdict or by a region's own.",
            study.wave_runs()
        ),
        columns: Table::names(["traffic", "base", "wave stopped", "best single region"])
            .into_iter()
            .chain(titles)
            .collect(),
        rows,
    };
    let promise = Promise {
        claim: "a fault of 1.5 times everywhere is stopped in more waves than by any single region's own test"
            .to_owned(),
        standing: Standing::of(kept, possible),
        found: found.join(", "),
    };
    (table, promise)
}

/// The fleet with canaries that can show a small fault.
fn wide(study: &Study<'_>) -> Vec<Site> {
    study.at_peaks().into_iter().map(|site| Site { canary: 0.25, bake: 30, ..site }).collect()
}
