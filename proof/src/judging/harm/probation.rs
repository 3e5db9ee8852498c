//! Probation by itself: how often it finds something in days like the others, and how soon it finds a fault.

use super::days::{Days, Law, SLOT, found};
use super::fault::{Course, Fault, Kind};
use super::night::{Region, Response};
use super::{LAW, NIGHT, Stage};
use crate::judging::each;
use crate::judging::least::Least;
use crate::judging::report::{Cell, Promise, Table};
use crate::judging::share::Share;
use crate::random::stream;
use jiff::Timestamp;

/// How days may differ, from as good as not to a lot.
const LAWS: [Law; 4] = [Law { day: 0.0, spell: 0.0 }, LAW, Law { day: 0.1, spell: 0.2 }, Law { day: 0.2, spell: 0.4 }];
/// Earlier days: the fewest, as long as CloudWatch keeps minutes, and four weeks.
const EARLIER: [usize; 3] = [7, 14, 28];
/// Fleet-days without a finding, at least.
const QUIET: f64 = 0.99;
/// In the path of the streams.
const QUIET_DAYS: u64 = 3;
/// A fault everywhere is to be found so many minutes after the wave's start, and so often.
const EVERYWHERE: (u32, f64) = (120, 0.9);
/// One in the last region alone is to be found by noon so often.
const ALONE: f64 = 0.8;
const NOON: Timestamp = super::super::NOON;

/// Days like the others.
pub fn quiet(stage: &Stage<'_>) -> (Table, Promise) {
    let study = stage.study;
    let slots: Vec<Vec<f64>> = stage.requests.iter().map(|minutes| slots(minutes)).collect();
    let mut promise = Least::of(
        "at most one fleet-day in a hundred has a finding of probation where the release is as good as the champion"
            .to_owned(),
        QUIET,
    );
    let mut rows = Vec::new();
    for law in LAWS {
        for count in EARLIER {
            let is_quiet = |number: u64| {
                let mut random = stream(study.seed, &[number, QUIET_DAYS]);
                slots.iter().all(|requests| {
                    let dispersion = study.fleet.judge.dispersion;
                    let days = Days { usual: stage.setting.usual, dispersion, law, count, requests };
                    let none = vec![0.0; requests.len()];
                    let metrics = stage.setting.metrics().iter().zip(stage.setting.names());
                    let counts: Vec<_> =
                        metrics.map(|(metric, name)| (name.clone(), days.draw(&mut random, *metric, &none))).collect();
                    found(&stage.setting.policy, study.fleet.wave.probation_alpha, slots.len(), counts).is_none()
                })
            };
            let mut share = Share::default();
            each(study.runs, is_quiet).into_iter().for_each(|quiet| share.add(quiet));
            promise.add(share, &format!("{law}, {count} days"));
            let wrong = Share { hits: share.of - share.hits, of: share.of };
            rows.push(vec![Cell::text(law), Cell::Number(count as f64, 0), Cell::bounded(wrong)]);
        }
    }
    let table = Table {
        title: "Probation where nothing is wrong".to_owned(),
        note: format!(
            "Fleet-days with a finding in any region, of {}, with the upper 95 % bound. Days differ by a factor of their own and by one for \
             each two hours, of these standard deviations, each region and metric by itself.",
            study.runs
        ),
        columns: Table::names(["days / hours differ by", "earlier days", "fleet-days with a finding"]),
        rows,
    };
    (table, promise.promise())
}

fn slots(minutes: &[f64]) -> Vec<f64> {
    minutes.chunks(SLOT as usize).map(|slot| slot.iter().sum()).collect()
}

/// How often a fault is known in time, by whatever finds it first.
pub fn power(stage: &Stage<'_>) -> (Table, [Promise; 2]) {
    let study = stage.study;
    let last = stage.turns.last().map(|turn| turn.place.stream);
    let noon = u32::try_from(NOON.duration_since(NIGHT).as_mins()).unwrap_or(0);
    let claim = |what: &str, share: f64| {
        format!(
            "a fault of {what} in at least {:.0} % of nights, where days differ by {LAW} and {} are known",
            100.0 * share,
            super::EARLIER
        )
    };
    let mut promises = [
        Least::of(
            claim("twice a 0.1 % rate everywhere is found within two hours of the wave's start", EVERYWHERE.1),
            EVERYWHERE.1,
        ),
        Least::of(claim("three times a 0.1 % rate in the last region alone is found by noon", ALONE), ALONE),
    ];
    let mut rows = Vec::new();
    for law in LAWS {
        for count in EARLIER {
            let night = stage.night(law, count);
            let known = |excess: f64, only, by: u32| {
                let fault = Fault { kind: Kind::Errors, excess, course: Course::AtOnce, only };
                let is_known = |number| {
                    let canaries = night.meridian(number, night.regions(number, fault));
                    let in_time = |(region, response): &(Region<'_>, Response)| {
                        response.found_at().is_some_and(|at| region.since_start(at) <= by)
                    };
                    canaries.iter().any(in_time)
                };
                let mut share = Share::default();
                each(study.runs, is_known).into_iter().for_each(|known| share.add(known));
                share
            };
            let [everywhere, alone] = [known(0.001, None, EVERYWHERE.0), known(0.002, last, noon)];
            if law == LAW && count == super::EARLIER {
                let place = format!("{count} days");
                promises.iter_mut().zip([everywhere, alone]).for_each(|(promise, share)| promise.add(share, &place));
            }
            rows.push(vec![
                Cell::text(law),
                Cell::Number(count as f64, 0),
                Cell::share(everywhere),
                Cell::share(alone),
            ]);
        }
    }
    let table = Table {
        title: "How soon a fault is known".to_owned(),
        note: format!(
            "5xx, usual rate 0.1 %, by the canary, the check at full load, an alarm or probation, whichever is first; {} nights a cell.",
            study.runs
        ),
        columns: Table::names([
            "days / hours differ by",
            "earlier days",
            "twice everywhere, by 05:00",
            "three times in the last region, by 12:00",
        ]),
        rows,
    };
    (table, promises.map(Least::promise))
}
