//! How far regions are apart: in releases, and in hours. A region that is further behind than policy allows is worth a
//! page, once for each release that the others move on to; it never keeps anybody from starting, for that would only make
//! more regions old.

use super::{Plan, View};
use crate::endpoint::{Seen, Target};
use crate::fleet::{Kind, Region};
use crate::history::HubHistory;
use crate::ledger::Record;
use crate::names::ReleaseId;
use crate::overrides::Rule;
use crate::runbook::Runbook;

/// A region that is too far behind.
struct Lag<'a> {
    region: &'a Region,
    newest: ReleaseId,
    why: String,
}

impl View<'_> {
    /// The next thing to tell people about regions that are too far behind, now or once `coming` is served somewhere.
    pub(super) fn skew(&self, coming: Option<ReleaseId>) -> Option<Plan> {
        let lag = self.laggard(coming)?;
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

    /// The first region that is further behind the newest release that is served, or is coming, than policy allows.
    fn laggard(&self, coming: Option<ReleaseId>) -> Option<Lag<'_>> {
        let hub = &self.sight.hub;
        let serving = self.fleet.regions.iter().filter_map(|region| {
            let history = self.sight.regions.get(&region.name).and_then(Seen::known)?;
            Some((region, &history.serving.as_ref()?.target))
        });
        let served = serving.clone().map(|(_, target)| target.release);
        let newest = served.chain(coming).max_by_key(|release| place(hub, release))?;
        let mut serving = serving.filter(|(_, target)| target.release != newest);
        serving.find_map(|(region, target)| self.too_far(region, target, newest))
    }

    /// Whether `region` is further behind than policy allows, and nobody has been told or has said that it may be.
    fn too_far<'a>(&self, region: &'a Region, serves: &Target, newest: ReleaseId) -> Option<Lag<'a>> {
        let (hub, policy) = (&self.sight.hub, &self.fleet.wave);
        let own = place(hub, &serves.release);
        let mut ahead = hub
            .line
            .iter()
            .skip(own)
            .take(place(hub, &newest).saturating_sub(own))
            .filter(|(release, _)| hub.barred(release).is_none());
        let since = ahead.next().map(|(_, at)| *at)?;
        let behind = 1 + ahead.count();
        let old = self.now.duration_since(since);
        let too_many = behind > usize::try_from(policy.skew_releases).unwrap_or(usize::MAX);
        let may_lag = region.kind == Kind::Joining || hub.overridden(Rule::Skew, &region.name, self.now).is_some();
        if !too_many && old <= policy.skew || may_lag || hub.skew_told.contains(&(region.name.clone(), newest)) {
            return None;
        }
        let newer = hub.versions.get(&newest).map_or_else(|| newest.short(), ToString::to_string);
        let why = format!(
            "{} lags: it serves {}, {behind} releases behind {newer}, and the first of them was approved {} hours ago \
             (allowed: {} releases, {:#})",
            region.title,
            serves.version,
            old.as_hours(),
            policy.skew_releases,
            policy.skew
        );
        Some(Lag { region, newest, why })
    }
}

/// How many releases were approved up to and with this one; none for one that no approval names.
fn place(hub: &HubHistory, release: &ReleaseId) -> usize {
    hub.line.iter().position(|(own, _)| own == release).map_or(0, |at| at + 1)
}
