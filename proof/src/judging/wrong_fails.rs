//! How often is a release that is as good as the champion called bad?

use super::Study;
use super::bursts::Bursts;
use super::report::{Cell, Table};
use super::share::Share;
use super::streams::{Effect, Site, Stream, Usual};
use super::trial::{Peers, peers};
use crate::random::stream;

/// One row: a whole wave under one burst model.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    alarm: Share,
    alarm_3_of_5: Share,
    kayenta: Share,
    kayenta_often: Share,
}

impl Row {
    fn add(&mut self, wave: &[Peers]) {
        let any = |failed: fn(&Peers) -> Option<u32>| wave.iter().any(|peers| failed(peers).is_some());
        self.alarm.add(any(|peers| peers.alarm));
        self.alarm_3_of_5.add(any(|peers| peers.alarm_3_of_5));
        self.kayenta.add(any(|peers| peers.kayenta));
        self.kayenta_often.add(any(|peers| peers.kayenta_often));
    }
}

/// The table: every burst model, over whole waves of the fleet.
pub fn table(study: &Study<'_>) -> Table {
    let mut rows = Vec::new();
    for (hour, sites) in [("03:00 UTC", study.at_night()), ("peaks", study.at_peaks())] {
        for base in [0.001, 0.005] {
            for bursts in Bursts::all() {
                let row = run(study, &sites, Usual::errors(base), bursts);
                rows.push(vec![
                    Cell::text(hour),
                    Cell::text(super::report::per_cent(base)),
                    Cell::text(bursts),
                    Cell::share(row.alarm),
                    Cell::share(row.alarm_3_of_5),
                    Cell::share(row.kayenta),
                    Cell::share(row.kayenta_often),
                ]);
            }
        }
    }
    Table {
        title: "Wrong fails: waves of an equal release that are failed somewhere".to_owned(),
        note: format!("{} waves a row.", study.runs),
        columns: vec![
            "traffic",
            "base rate",
            "bursts",
            "AWS alarm 1 of 1",
            "AWS alarm 3 of 5",
            "Kayenta at the end",
            "Kayenta every 5 min",
        ],
        rows,
    }
}

fn run(study: &Study<'_>, sites: &[Site], usual: Usual, bursts: Bursts) -> Row {
    let mut row = Row::default();
    for wave in 0..study.runs {
        let outcomes: Vec<Peers> = (0..)
            .zip(sites)
            .map(|(place, site)| {
                let mut random = stream(study.seed, &[wave, place]);
                let stream = Stream { site, usual, effect: Effect::NONE, bursts, metrics: &study.metrics };
                let drawn = stream.draw(&mut random, 0, site.bake);
                peers(&study.metrics, &drawn.canary, study.timing, site.bake)
            })
            .collect();
        row.add(&outcomes);
    }
    row
}
