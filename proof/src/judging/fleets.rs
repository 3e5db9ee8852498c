//! The regions that are simulated: the reference fleet at its peaks and at an hour, and a table of single regions.

use super::streams::Site;
use jiff::Timestamp;
use meridian_domain::Fleet;

/// The regions of a fleet, each with its traffic at an hour, or at its own daily peak.
pub fn sites(fleet: &Fleet, at: Option<Timestamp>) -> Vec<Site> {
    let canary = f64::from(fleet.guardrail.canary_percent) / 100.0;
    let minutes = |bake: jiff::SignedDuration| u32::try_from(bake.as_mins()).unwrap_or(0);
    let site = |region: &meridian_domain::Region| Site {
        title: region.title.clone(),
        rps: at.map_or(region.peak_rps, |at| region.usual_rps(at)),
        canary,
        bake: minutes(region.bake),
        instances: region.instances,
    };
    fleet.regions.iter().map(site).collect()
}
