//! How often is a release that is as good as the champion called bad?

use super::Study;
use super::bursts::Bursts;
use super::report::{Cell, Promise, Standing, Table, per_cent};
use super::share::Share;
use super::streams::{Effect, Usual};
use super::trial::Peers;
use super::waves::{Place, Setting, Tried};

/// Wrong fails that are promised, at most: a share of waves.
const PROMISED: f64 = 0.01;
/// A dispersion for which nothing is promised.
const BEYOND: f64 = 10.0;

/// One row: whole waves under one burst model.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    judge: Share,
    tries: Share,
    full_load: Share,
    passed: Share,
    alarm: Share,
    alarm_3_of_5: Share,
    kayenta: Share,
    kayenta_often: Share,
}

impl Row {
    fn add(&mut self, wave: &Tried, full_load: bool) {
        let any = |failed: fn(&Peers) -> Option<u32>| wave.first.iter().any(|seen| failed(&seen.peers).is_some());
        let tries = wave.further.iter().any(|watched| watched.wave_failed.is_some());
        self.judge.add(full_load || tries || wave.first.iter().any(|seen| seen.judge.wave_failed.is_some()));
        self.tries.add(tries);
        self.full_load.add(full_load);
        self.passed.add(wave.passes);
        self.alarm.add(any(|peers| peers.alarm));
        self.alarm_3_of_5.add(any(|peers| peers.alarm_3_of_5));
        self.kayenta.add(any(|peers| peers.kayenta));
        self.kayenta_often.add(any(|peers| peers.kayenta_often));
    }

    fn cells(self, head: [Cell; 3]) -> Vec<Cell> {
        let peers = [self.alarm, self.alarm_3_of_5, self.kayenta, self.kayenta_often].map(Cell::share);
        let parts = [self.tries, self.full_load, self.passed].map(Cell::share);
        head.into_iter().chain([Cell::bounded(self.judge)]).chain(parts).chain(peers).collect()
    }
}

/// The table over every burst model, and the promise of few wrong fails.
pub fn answer(study: &Study<'_>) -> (Table, Promise) {
    let (rows, worst) = run(study, &Bursts::all(), study.runs);
    let note = format!(
        "Share of waves of an equal release that are failed in any region, absolute bounds, further tries and the check at full load included, \
         with its upper 95 % bound (Clopper-Pearson); {} waves of {} regions a row, looked at every minute, under the default policy. A region \
         whose counts do not decide gets the same canary again, {} in all. \"x5\": a minute's count has five times a Poisson count's \
         variance. \"Wave passes\": every region does, in one of its tries.",
        study.runs,
        study.fleet.regions.len(),
        study.fleet.wave.tries
    );
    (table("Wrong fails", note, rows), promise(worst))
}

/// What is not promised: bursts that are wider still.
pub fn beyond(study: &Study<'_>) -> Table {
    let (rows, _) = run(study, &Bursts::of(BEYOND), study.wave_runs());
    let note = format!(
        "The same where a minute's count has {BEYOND} times a Poisson count's variance, {} waves a row: nothing is promised \
         there.",
        study.wave_runs()
    );
    table("Wrong fails beyond what is promised", note, rows)
}

/// The rows of these models, and the worst of them with its words.
fn run(study: &Study<'_>, models: &[Bursts], waves: u64) -> (Vec<Vec<Cell>>, (Share, String)) {
    let mut rows = Vec::new();
    let mut worst = (Share::default(), String::new());
    for (hour, sites) in [("03:00 UTC", study.at_night()), ("peaks", study.at_peaks())] {
        let places = Place::all(sites, Effect::NONE);
        for (base, bursts) in [0.001, 0.005].into_iter().flat_map(|base| models.iter().map(move |model| (base, *model)))
        {
            let setting = Setting::new(study, Usual::errors(base), bursts);
            let mut row = Row::default();
            for wave in 0..waves {
                let full_load = places.iter().any(|place| setting.fails_after_shift(study, wave, place));
                row.add(&setting.wave_in_tries(study, wave, &places), full_load);
            }
            if worst.1.is_empty() || row.judge.hits > worst.0.hits {
                worst = (row.judge, format!("{hour}, base {}, {bursts}", per_cent(base)));
            }
            rows.push(row.cells([Cell::text(hour), Cell::text(per_cent(base)), Cell::text(bursts)]));
        }
    }
    (rows, worst)
}

fn promise((share, place): (Share, String)) -> Promise {
    Promise {
        claim: "at most 1 % of waves of an equal release fail, whatever the bursts".to_owned(),
        standing: Standing::of(share.upper() <= PROMISED, share.lower() <= PROMISED),
        found: format!("at worst {} of {}, upper bound {}: {place}", share.hits, share.of, per_cent(share.upper())),
    }
}

fn table(title: &str, note: String, rows: Vec<Vec<Cell>>) -> Table {
    Table {
        title: title.to_owned(),
        note,
        columns: Table::names([
            "traffic",
            "base",
            "bursts",
            "judge",
            "of it, in a further try",
            "of it, at full load",
            "wave passes",
            "AWS alarm 1 of 1",
            "AWS alarm 3 of 5",
            "Kayenta, end",
            "Kayenta, 5 min",
        ]),
        rows,
    }
}
