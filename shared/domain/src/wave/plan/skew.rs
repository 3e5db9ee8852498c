//! How far regions are apart: in releases, and in hours. A region that is further behind than policy allows is worth a
//! page, once for each release that the others move on to; it never keeps anybody from starting, for that would only make
//! more regions old.

use super::{Plan, View};
use crate::fleet::endpoint::Target;
use crate::fleet::names::ReleaseId;
use crate::fleet::{Kind, Region};
use crate::ledger::Record;
use crate::ledger::advice::Advice;
use crate::ledger::overrides::Rule;
use crate::ledger::reason::{Lag, Seen};

impl View<'_> {
    /// The next thing to tell people about regions that are too far behind, now or once `coming` is served somewhere.
    pub(super) fn skew(&self, coming: Option<ReleaseId>) -> Option<Plan> {
        let (newest, lag) = self.laggard(coming)?;
        let region = lag.region.clone();
        if let Some(page) = self.page_once(&region, lag.clone(), Advice::CatchUp { region: region.clone() }) {
            return Some(page);
        }
        Some(self.tell_hub(Record::SkewTold { region, newest, why: lag.clone().into() }, lag))
    }

    /// The first region that is further behind the newest release that is served, or is coming, than policy allows.
    fn laggard(&self, coming: Option<ReleaseId>) -> Option<(ReleaseId, Lag)> {
        let hub = &self.sight.hub;
        let serving = self.fleet.regions.iter().filter_map(|region| {
            let history = self.sight.regions.get(&region.name).and_then(Seen::known)?;
            Some((region, history.target()?))
        });
        let served = serving.clone().map(|(_, target)| target.release);
        let newest = served.chain(coming).max_by_key(|release| hub.place(release))?;
        let mut serving = serving.filter(|(_, target)| target.release != newest);
        serving.find_map(|(region, target)| Some((newest, self.too_far(region, target, newest)?)))
    }

    /// Whether `region` is further behind than policy allows, and nobody has been told or has said that it may be.
    fn too_far(&self, region: &Region, serves: &Target, newest: ReleaseId) -> Option<Lag> {
        let (hub, policy) = (&self.sight.hub, &self.fleet.wave);
        let own = hub.place(&serves.release);
        let mut ahead = hub
            .line
            .iter()
            .skip(own)
            .take(hub.place(&newest).saturating_sub(own))
            .filter(|approval| hub.barred(&approval.release).is_none());
        let since = ahead.next()?.at;
        let behind = 1 + ahead.count();
        let old = self.now.duration_since(since);
        let too_many = behind > usize::try_from(policy.skew_releases).unwrap_or(usize::MAX);
        let may_lag = region.kind == Kind::Joining || hub.overridden(Rule::Skew, &region.name, self.now).is_some();
        if !too_many && old <= policy.skew || may_lag || hub.skew_told.contains(&(region.name.clone(), newest)) {
            return None;
        }
        Some(Lag {
            region: region.name.clone(),
            serves: serves.version.clone(),
            behind,
            newest: hub.versions.get(&newest).map_or_else(|| newest.short(), ToString::to_string),
            hours: old.as_hours(),
            allowed: policy.skew_releases,
            allowed_age: policy.skew,
        })
    }
}
