//! What people are told once what they were paged for is over: when a wave ends with every region on its release, and never while
//! anything stands that a page was about.

use super::{Next, Plan, Sight};
use crate::fleet::names::ReleaseId;
use crate::fleet::{Fleet, Region};
use crate::ledger::Chain;
use crate::ledger::advice::Advice;
use crate::ledger::history::RegionHistory;
use crate::ledger::reason::pages::PageOnRecord;
use crate::ledger::reason::{Seen, Step};
use jiff::Timestamp;

/// The pages that are over, and of each of their chains the time up to which that is so.
pub(super) struct AllClear {
    pages: Vec<PageOnRecord>,
    pub(super) cleared: Vec<(Chain, Timestamp)>,
}

impl AllClear {
    /// Of a wave whose last look has found every region on its release: none is halted, deferred or elsewhere. None where nobody was
    /// paged since the last one, or where anything else stands.
    pub(super) fn due(fleet: &Fleet, sight: &Sight) -> Option<Self> {
        let hub = &sight.hub;
        if hub.halt.is_some() || hub.barred(&sight.release).is_some() {
            return None;
        }
        let mut chains = vec![(Chain::Home, hub.pages.as_slice())];
        for region in &fleet.regions {
            let history = sight.regions.get(&region.name).and_then(Seen::known)?;
            if !rests(fleet, region, history, &sight.release) {
                return None;
            }
            chains.push((Chain::Region(region.name.clone()), history.pages.as_slice()));
        }
        // What came after a later release's wave began is that wave's.
        let of_later = hub.started_after(&sight.release);
        let mut over = Self { pages: Vec::new(), cleared: Vec::new() };
        for (chain, pages) in chains {
            let pages = hub.uncleared(&chain, pages).filter(|page| of_later.is_none_or(|later| page.at < later));
            let pages: Vec<PageOnRecord> = pages.cloned().collect();
            over.cleared.extend(pages.iter().map(|page| page.at).max().map(|latest| (chain, latest)));
            over.pages.extend(pages);
        }
        over.pages.sort_by_key(|page| page.at);
        (!over.pages.is_empty()).then_some(over)
    }

    /// Tells people so: one message for all pages.
    pub(super) fn tell(&self, fleet: &Fleet, sight: &Sight) -> Plan {
        let next = Next::Advise { region: fleet.home.clone(), advice: Advice::AllClear };
        Plan::new(next, Step::AllClear { version: sight.version.clone(), pages: self.pages.clone() })
    }
}

/// Whether nothing stands in a region that serves `release`: proved, at full load, with nothing open, found or still to be told.
fn rests(fleet: &Fleet, region: &Region, history: &RegionHistory, release: &ReleaseId) -> bool {
    history.is_evidence(fleet, region, release)
        && history.update.is_none()
        && history.owed.is_empty()
        && history.found_worse(release).is_none()
}
