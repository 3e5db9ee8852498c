//! How a region's turn ends badly: rolled back, condemned, refused. And how a wave releases the lease.

use super::{Finish, Next, Plan, Sight, View};
use crate::fleet::names::RegionName;
use crate::fleet::{Fleet, Region};
use crate::ledger::advice::{Advice, Exposure};
use crate::ledger::history::OpenUpdate;
use crate::ledger::reason::{Fault, Gate, Reason, Seen, Step, WaveEnd};
use crate::ledger::verdict::Decision;
use crate::ledger::{Chain, Record};
use jiff::Timestamp;

impl<'a> View<'a> {
    /// The endpoint names the old configuration again: first why, then that it is so.
    pub(super) fn has_returned(&self, update: &OpenUpdate) -> Plan {
        if update.is_decided(Decision::Revert) { self.record_return(update) } else { self.explain(update) }
    }

    pub(super) fn record_return(&self, update: &OpenUpdate) -> Plan {
        let Some(back) = update.back.clone() else {
            return self.refuse(Gate::RolledBackWithoutWay);
        };
        let why = match &update.decision {
            Some((Decision::Revert, why)) => why.clone(),
            _ if update.was_taken() => Fault::SageMakerReturned.into(),
            _ => match &self.sight.refused {
                Some(refusal) if self.is_ours(update) => refusal.clone().into(),
                _ => Fault::NeverStarted.into(),
            },
        };
        let step = Step::IsBack { region: self.name(), version: back.version.clone() };
        self.tell(Record::Reverted { from: update.target.clone(), to: back, why }, step)
    }

    /// Evidence against the release in this region: it stops everywhere (I7).
    pub(super) fn condemn(&self, why: &Reason) -> Plan {
        self.condemn_for(self.region, why)
    }

    /// Evidence against the release in any region, also where the wave that found it died before it could say so, or left
    /// that region behind meanwhile.
    pub(super) fn condemn_on_evidence(&self) -> Option<Plan> {
        self.evidence_anywhere().map(|(region, why)| self.condemn_for(region, why))
    }

    /// The first region that has evidence against the release, and that evidence.
    pub(super) fn evidence_anywhere(&self) -> Option<(&'a Region, &'a Reason)> {
        self.fleet.regions.iter().find_map(|region| {
            let history = self.sight.regions.get(&region.name).and_then(Seen::known)?;
            Some((region, history.evidence_against(&self.sight.release)?))
        })
    }

    pub(super) fn condemn_for(&self, region: &Region, why: &Reason) -> Plan {
        let history = self.sight.regions.get(&region.name).and_then(Seen::known);
        let over = history.is_some_and(|history| history.returned.contains_key(&self.sight.release));
        let (region, version) = (region.name.clone(), self.version());
        let end = WaveEnd::RolledBack { region: region.clone(), version, over, why: Box::new(why.clone()) };
        if self.sight.hub.condemned.contains_key(&self.sight.release) {
            return self.fail(end);
        }
        let elsewhere = self.exposed().filter(|(other, _)| *other != region).collect();
        let advice = Advice::ReadEvidence { region: region.clone(), version: self.version(), elsewhere };
        if let Some(page) = self.page_once(&region, end.clone(), advice) {
            return page;
        }
        self.tell_hub(Record::Condemned { release: self.sight.release, region, why: why.clone() }, end)
    }

    /// The regions whose customers may meet the release now, in the fleet's order.
    fn exposed(&self) -> impl Iterator<Item = (RegionName, Exposure)> {
        self.fleet.regions.iter().filter_map(|region| {
            let history = self.sight.regions.get(&region.name).and_then(Seen::known);
            let exposure = history.map_or(Some(Exposure::Unknown), |history| history.exposure(&self.sight.release));
            Some((region.name.clone(), exposure?))
        })
    }

    /// Something went wrong and nothing shows that the release is bad: the wave stops all the same.
    pub(super) fn stop(&self, why: impl Into<Reason>) -> Plan {
        self.fail_with_page(self.not_on(why), Advice::FindCause)
    }

    /// The region's update was rolled back, and nothing shows whose fault that is: the region is left behind, and the next one
    /// goes on behind its own canary. Where the reason reaches beyond the region, or the wave has met as many of these as policy
    /// allows, a person looks first.
    pub(super) fn unclear(&self, decided: Option<&Reason>, why: impl Into<Reason>) -> Plan {
        let beyond = decided.is_some_and(Reason::reaches_beyond_region);
        let hub = &self.sight.hub;
        let stopped =
            self.halted().or_else(|| self.barred()).is_some() || hub.ended.contains_key(&self.sight.execution);
        let earlier = hub.unclear_returns(&self.sight.execution, &self.region.name);
        if beyond || stopped || earlier.saturating_add(1) >= self.fleet.wave.unclear_returns {
            return self.stop(why);
        }
        let advice = |region, version| Advice::FindRegionCause { region, version };
        self.defer_for(Fault::UnclearReturn(Box::new(why.into())), advice)
    }

    pub(super) fn not_on(&self, why: impl Into<Reason>) -> WaveEnd {
        WaveEnd::NotOn { region: self.name(), version: self.version(), why: Box::new(why.into()) }
    }

    /// What does not pass by waiting.
    pub(super) fn refuse(&self, why: impl Into<Reason>) -> Plan {
        let (region, version, why) = (self.name(), self.version(), Box::new(why.into()));
        self.fail_with_page(WaveEnd::NotPromoted { region, version, why }, Advice::MendCause)
    }

    pub(super) fn fail_with_page(&self, end: WaveEnd, advice: Advice) -> Plan {
        // Whoever halted has paged already, unless a page is owed; and so has a wave that has ended.
        let told = self.halted().or_else(|| self.halted_here()).is_some() && !owes_pages(self.sight, self.now);
        let known = told || self.sight.hub.ended.contains_key(&self.sight.execution);
        let page = self.page_once(&self.region.name, end.clone(), advice).filter(|_| !known);
        page.unwrap_or_else(|| self.fail(end))
    }

    /// The wave is over: says so once, releases the lease, ends the action.
    pub(super) fn fail(&self, end: WaveEnd) -> Plan {
        let lagging = self.fleet.regions.iter().map(|region| &region.name).filter(|name| {
            let history = self.sight.regions.get(*name).and_then(Seen::known);
            !history.is_some_and(|history| history.serves(&self.sight.release))
        });
        let ended = Ended { lagging: lagging.cloned().collect(), cleared: Vec::new() };
        end_wave(self.fleet, self.sight, self.now, ended, &end).unwrap_or_else(|| Plan::finish(Finish::Failed, end))
    }
}

/// True if a region's people were to be told something and the page did not go out in time.
fn owes_pages(sight: &Sight, now: Timestamp) -> bool {
    sight.regions.values().filter_map(Seen::known).any(|history| history.owes_overdue(now))
}

/// What is said of a wave that ends.
pub(super) struct Ended {
    /// Regions that do not serve its release.
    pub lagging: Vec<RegionName>,
    /// Chains whose pages up to then are over, and people were told so.
    pub cleared: Vec<(Chain, Timestamp)>,
}

/// Records the end of the wave, then releases the lease; nothing where both are done.
pub(super) fn end_wave(fleet: &Fleet, sight: &Sight, now: Timestamp, ended: Ended, end: &WaveEnd) -> Option<Plan> {
    if !sight.hub.ended.contains_key(&sight.execution) {
        // Whoever pages ends the wave in the same call: one that dies before pages again.
        let told = end.place(&fleet.home).and_then(|region| sight.paged.get(region));
        let paged = told.is_some_and(|page| page.is_same_as(&end.clone().into()));
        let page = paged.then(|| Box::new(end.clone()));
        let (release, execution) = (sight.release, sight.execution.clone());
        let Ended { lagging, cleared } = ended;
        let record = Record::WaveEnded { release, execution, lagging, page, cleared, again: false };
        return Some(Plan::new(Next::TellHub(record), end.clone()));
    }
    let held = sight.hub.lease.as_ref().filter(|lease| lease.holder == sight.execution && lease.until > now)?;
    Some(Plan::new(Next::TellHub(Record::LeaseReleased { epoch: held.epoch }), Step::WaveOver))
}
