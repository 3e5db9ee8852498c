//! How far regions are apart: in releases, and in hours. A region that is further behind than policy allows is worth a
//! page, once for each release that the others move on to; it never keeps anybody from starting, for that would only make
//! more regions old.

use super::{Plan, View};
use crate::endpoint::Seen;
use crate::fleet::{Fleet, Kind, Region};
use crate::history::HubHistory;
use crate::ledger::Record;
use crate::names::ReleaseId;
use crate::overrides::Rule;
use crate::plan::Sight;
use crate::runbook::Runbook;
use jiff::Timestamp;

/// A region that is too far behind.
struct Lag<'a> {
    region: &'a Region,
    newest: ReleaseId,
    why: String,
}

impl View<'_> {
    /// The next thing to tell people about regions that are too far behind, now or once `coming` is served somewhere.
    pub(super) fn skew(&self, coming: Option<ReleaseId>) -> Option<Plan> {
        let lag =
            self.fleet.regions.iter().find_map(|region| too_far(self.fleet, region, self.sight, coming, self.now))?;
        let advice = format!(
            "Nothing stops for it. Find out why {} lags (its ledger and the last Verify-Fleet say so), start a new \
             execution once it is well, or say that it may lag: meridian override skew --region {}.",
            lag.region.title, lag.region.name
        );
        if let Some(page) = self.page_once(&lag.region.name, lag.why.clone(), Runbook::RegionalFault.after(advice)) {
            return Some(page);
        }
        let record = Record::SkewTold { region: lag.region.name.clone(), newest: lag.newest, why: lag.why.clone() };
        Some(self.tell_hub(record, lag.why))
    }
}

/// Whether `region` is further behind than policy allows, and nobody has been told or has said that it may be.
fn too_far<'a>(
    fleet: &Fleet,
    region: &'a Region,
    sight: &Sight,
    coming: Option<ReleaseId>,
    now: Timestamp,
) -> Option<Lag<'a>> {
    let hub = &sight.hub;
    if region.kind == Kind::Joining || hub.overridden(Rule::Skew, &region.name, now).is_some() {
        return None;
    }
    let history = sight.regions.get(&region.name).and_then(Seen::known)?;
    let own = place(hub, &history.serving.as_ref()?.target.release);
    let others = fleet.regions.iter().filter(|other| other.name != region.name).filter_map(|other| {
        let history = sight.regions.get(&other.name).and_then(Seen::known)?;
        Some(history.serving.as_ref()?.target.release)
    });
    let newest = others.chain(coming).max_by_key(|release| place(hub, release))?;
    if hub.skew_told.contains(&(region.name.clone(), newest)) {
        return None;
    }
    let ahead: Vec<&(ReleaseId, Timestamp)> = hub
        .line
        .iter()
        .skip(own)
        .take(place(hub, &newest).saturating_sub(own))
        .filter(|(release, _)| !hub.condemned.contains_key(release))
        .collect();
    let since = ahead.first().map(|(_, at)| *at)?;
    let behind = ahead.len();
    let old = now.duration_since(since);
    let policy = &fleet.wave;
    let too_many = behind > usize::try_from(policy.skew_releases).unwrap_or(usize::MAX);
    if !too_many && old <= policy.skew {
        return None;
    }
    let version = &history.serving.as_ref()?.target.version;
    let newer = hub.versions.get(&newest).map_or_else(|| newest.short(), ToString::to_string);
    let why = format!(
        "{} lags: it serves {version}, {behind} releases behind {newer}, and the first of them was approved {} hours ago \
         (allowed: {} releases, {:#})",
        region.title,
        old.as_hours(),
        policy.skew_releases,
        policy.skew
    );
    Some(Lag { region, newest, why })
}

/// How many releases were approved up to and with this one; none for one that no approval names.
fn place(hub: &HubHistory, release: &ReleaseId) -> usize {
    hub.line.iter().position(|(own, _)| own == release).map_or(0, |at| at + 1)
}
