//! How a region's turn ends badly: gone back, condemned, refused. And how a wave lets go of the fleet.

use super::{Finish, Next, Plan, Sight, View};
use crate::endpoint::Seen;
use crate::fleet::Region;
use crate::history::OpenUpdate;
use crate::ledger::Record;
use crate::names::RegionName;
use crate::runbook::Runbook;
use crate::verdict::Decision;
use jiff::Timestamp;

impl View<'_> {
    /// The endpoint names the old configuration again: first why, then that it is so.
    pub(super) fn has_returned(&self, update: &OpenUpdate) -> Plan {
        if update.is_decided(Decision::Revert) { self.record_return(update) } else { self.explain(update) }
    }

    pub(super) fn record_return(&self, update: &OpenUpdate) -> Plan {
        let Some(back) = update.back.clone() else {
            return self.refuse("its update went back although it had no way back");
        };
        let why = match &update.decision {
            Some((Decision::Revert, why)) => why.clone(),
            _ if update.was_taken() => "SageMaker took the update back".to_owned(),
            _ => match &self.sight.refused {
                Some(why) if self.is_ours(update) => why.clone(),
                _ => "the update was intended and never seen to start".to_owned(),
            },
        };
        let words = format!("{} is back on {}", self.title(), back.version);
        self.tell(Record::Reverted { from: update.target.clone(), to: back, why }, words)
    }

    /// Evidence against the release in this region: it stops everywhere (I7).
    pub(super) fn condemn(&self, why: &str) -> Plan {
        self.condemn_for(self.region, why)
    }

    /// Evidence against the release in any region, also where the wave that found it died before it could say so, or left
    /// that region behind meanwhile.
    pub(super) fn condemn_on_evidence(&self) -> Option<Plan> {
        let (region, why) = self.fleet.regions.iter().find_map(|region| {
            let history = self.sight.regions.get(&region.name).and_then(Seen::known)?;
            Some((region, history.evidence_against(&self.sight.release)?))
        })?;
        Some(self.condemn_for(region, why))
    }

    fn condemn_for(&self, region: &Region, why: &str) -> Plan {
        let title = &region.title;
        let history = self.sight.regions.get(&region.name).and_then(Seen::known);
        let returned = history.is_some_and(|history| history.returned.contains_key(&self.sight.release));
        let took = if returned { "took" } else { "is to take" };
        let words = format!("{title} {took} {} back: {why}", self.sight.version);
        if self.sight.hub.condemned.contains_key(&self.sight.release) {
            return self.fail(words);
        }
        let advice = format!(
            "The wave stopped; regions after {title} never saw {v}. Read the ledger's evidence, then retrain or publish anew; {v} is not promoted again.",
            v = self.sight.version
        );
        if let Some(page) = self.page_once(&region.name, words.clone(), Runbook::ModelFault.after(advice)) {
            return page;
        }
        let region = region.name.clone();
        self.tell_hub(Record::Condemned { release: self.sight.release, region, why: why.to_owned() }, words)
    }

    /// Something went wrong and nothing shows that the release is bad: the wave stops all the same.
    pub(super) fn stop(&self, why: &str) -> Plan {
        let words = format!("{} is not on {}: {why}", self.title(), self.sight.version);
        let advice = "The wave stopped; regions after this one are as they were. The release is not condemned: find the cause, then start a new execution.";
        self.fail_with_page(words, &Runbook::RegionalFault.after(advice))
    }

    /// What does not pass by waiting.
    pub(super) fn refuse(&self, why: &str) -> Plan {
        let words = format!("{} is not promoted to {}: {why}", self.title(), self.sight.version);
        let advice = "Nothing was changed. Mend the cause, then start a new execution.";
        self.fail_with_page(words, &Runbook::Pages.after(advice))
    }

    pub(super) fn fail_with_page(&self, words: String, advice: &str) -> Plan {
        // Whoever halted has paged already, unless a page is owed; and so has a wave that has ended.
        let told = self.halted().is_some() && !owes_pages(self.sight);
        let known = told || self.sight.hub.ended.contains_key(&self.sight.execution);
        let page = self.page_once(&self.region.name, words.clone(), advice).filter(|_| !known);
        page.unwrap_or_else(|| self.fail(words))
    }

    /// The wave is over: says so once, lets go of the fleet, ends the action.
    pub(super) fn fail(&self, words: String) -> Plan {
        let lagging = self.fleet.regions.iter().map(|region| &region.name).filter(|name| {
            let history = self.sight.regions.get(*name).and_then(Seen::known);
            !history.is_some_and(|history| history.serves(&self.sight.release))
        });
        let lagging = lagging.cloned().collect();
        let_go(self.sight, self.now, lagging, &words).unwrap_or_else(|| Plan::finish(Finish::Failed, words))
    }
}

/// True where a region's people were to be told something and the page did not go out.
pub(super) fn owes_pages(sight: &Sight) -> bool {
    sight.regions.values().filter_map(Seen::known).any(|history| !history.owed.is_empty())
}

/// The end of a wave on record, then the lease; nothing where both are done.
pub(super) fn let_go(sight: &Sight, now: Timestamp, lagging: Vec<RegionName>, words: &str) -> Option<Plan> {
    if !sight.hub.ended.contains_key(&sight.execution) {
        let record = Record::WaveEnded { release: sight.release, execution: sight.execution.clone(), lagging };
        return Some(Plan::new(Next::TellHub(record), words));
    }
    let held = sight.hub.lease.as_ref().filter(|lease| lease.holder == sight.execution && lease.until > now)?;
    Some(Plan::new(Next::TellHub(Record::LeaseReleased { epoch: held.epoch }), "the wave is over"))
}
