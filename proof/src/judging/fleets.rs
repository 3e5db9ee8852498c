//! The regions that are simulated: the reference fleet at its peaks and at an hour, and a table of single regions.

use super::Study;
use super::report::{Cell, Table, per_cent};
use super::streams::{Metric, Site};
use jiff::Timestamp;
use meridian_domain::Fleet;
use meridian_domain::plan::CanarySize;

/// The regions of a fleet, each with its traffic at an hour, or at its own daily peak.
pub fn sites(fleet: &Fleet, at: Option<Timestamp>) -> Vec<Site> {
    let minutes = |bake: jiff::SignedDuration| u32::try_from(bake.as_mins()).unwrap_or(0);
    let site = |region: &meridian_domain::Region| Site {
        title: region.title.clone(),
        rps: at.map_or(region.peak_rps, |at| region.usual_rps(at)),
        canary: CanarySize::wished(region.canary_percent.min, region.instances).share(),
        bake: minutes(region.bake),
        instances: region.instances,
    };
    fleet.regions.iter().map(site).collect()
}

/// The fleet's regions as they are simulated.
pub(super) fn table(study: &Study<'_>) -> Table {
    let timing = study.timing;
    let row = |(night, peak): (Site, Site)| {
        let compared = timing.visible(timing.last_look(night.bake)).saturating_sub(timing.warm_up as usize);
        vec![
            Cell::text(night.title),
            Cell::Number(night.rps, 0),
            Cell::Number(peak.rps, 0),
            Cell::text(per_cent(night.canary)),
            Cell::Number(f64::from(night.bake), 0),
            Cell::Number(compared as f64, 0),
        ]
    };
    let metrics: Vec<String> = Metric::of(&study.fleet.judge).into_iter().map(Metric::name).collect();
    Table {
        title: "The fleet".to_owned(),
        note: format!(
            "Judged by {}. Counts come {} minutes late; the last look falls {} minutes before SageMaker's timer ends; the \
             first {} of a canary are warm-up.",
            metrics.join(", "),
            timing.delay,
            timing.decide_before_end,
            timing.warm_up
        ),
        columns: Table::names([
            "region",
            "requests/s at 03:00 UTC",
            "at its peak",
            "canary",
            "bake min",
            "compared min",
        ]),
        rows: study.at_night().into_iter().zip(study.at_peaks()).map(row).collect(),
    }
}
