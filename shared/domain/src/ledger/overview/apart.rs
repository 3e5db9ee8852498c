//! Regions that serve another release than the others, where no entry says why.

use super::needs::{Need, WAVE_IS_SILENT, silent_since};
use super::{Hub, Overview, RegionSeen, lags_behind};
use crate::fleet::endpoint::Target;
use crate::fleet::names::{RegionName, ReleaseId};
use crate::fleet::{Kind, Region};
use crate::ledger::history::{HubHistory, RegionHistory};
use crate::ledger::overrides::Rule;
use crate::ledger::{Entry, Record};
use jiff::Timestamp;

/// Regions that do not serve the newest release that another one serves, and of which nothing on record says why. A joining region may
/// lag. While a wave is on its way the regions' turns come, and a wave that is silent is told by itself.
pub(super) fn apart(
    overview: &Overview,
    (entries, hub): Hub<'_>,
    seen: &[RegionSeen<'_>],
    histories: &[Option<RegionHistory>],
) -> Vec<Need> {
    if has_wave(overview, hub) {
        return Vec::new();
    }
    let mut serving: Vec<(&Region, &RegionHistory, &Target)> = Vec::new();
    for (one, history) in seen.iter().zip(histories) {
        let Some(history) = history.as_ref().filter(|_| one.region.kind != Kind::Joining) else { continue };
        // A release that no region may start is told with the regions that serve it.
        let target = history.target().filter(|target| hub.barred(&target.release).is_none());
        serving.extend(target.map(|target| (one.region, history, target)));
    }
    let served = |release: &ReleaseId| serving.iter().filter(|(.., own)| own.release == *release).count();
    let targets = serving.iter().map(|(.., target)| *target);
    let newest = targets.max_by_key(|target| (hub.place(&target.release), served(&target.release)));
    let Some(newest) = newest else { return Vec::new() };
    let unexplained = serving.iter().filter(|(region, history, target)| {
        target.release != newest.release
            && !is_explained(region, history, hub, overview.at, &newest.release)
            && !was_left_behind(entries, &region.name, &newest.release)
    });
    let need = |(region, _, target): &(&Region, &RegionHistory, &Target)| Need::Differs {
        region: region.name.clone(),
        version: target.version.clone(),
        newest: newest.version.clone(),
    };
    unexplained.map(need).collect()
}

/// Whether a wave holds the lease, or held it until lately, or is silent.
fn has_wave(overview: &Overview, hub: &HubHistory) -> bool {
    let holds = hub.lease.as_ref().is_some_and(|lease| overview.at.duration_since(lease.until) <= WAVE_IS_SILENT);
    holds || overview.wave.as_ref().is_some_and(|wave| silent_since(hub, wave, overview.at).is_some())
}

/// Whether the region's own chain says why it does not serve `newest`, a person has said that it may lag, or it is told that it lags.
fn is_explained(region: &Region, history: &RegionHistory, hub: &HubHistory, at: Timestamp, newest: &ReleaseId) -> bool {
    let changes = history.update.is_some() || history.halt.is_some() || history.unknown.is_some();
    let left = history.returned.contains_key(newest) || history.blamed.contains_key(newest);
    let may_lag = hub.overridden(Rule::Skew, &region.name, at).is_some();
    changes || left || may_lag || lags_behind(region, hub, history, at).is_some()
}

/// Whether the last word of home's chain on this release and region is that a wave went on, or ended, without the region.
fn was_left_behind(entries: &[Entry], region: &RegionName, newest: &ReleaseId) -> bool {
    let last = entries.iter().rev().find_map(|entry| match &entry.record {
        Record::Deferred { region: own, release, .. } if own == region && release == newest => Some(true),
        Record::WaveStarted { release, late, .. } if release == newest && late.contains(region) => Some(true),
        Record::WaveEnded { release, lagging, .. } if release == newest => Some(lagging.contains(region)),
        _ => None,
    });
    last == Some(true)
}
