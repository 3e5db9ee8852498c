//! How a night ended, as far as deaths may not change it.

use meridian_domain::RegionHistory;
use meridian_local::night::{Ending, Report};
use std::collections::{BTreeMap, BTreeSet};

/// A night's end, without its times, its words and the number of tries that it took.
#[derive(Debug, PartialEq)]
pub struct Projection {
    fleet: Vec<String>,
    regions: BTreeMap<String, String>,
    hub: String,
    executions: Vec<(Ending, Option<String>)>,
    pages: BTreeSet<String>,
    ends: Vec<Place>,
}

/// Where a region is in the end.
#[derive(Debug, PartialEq)]
struct Place {
    /// The version that its ledger says; none where its control plane is dark.
    serves: Option<String>,
    /// Its endpoint says so too.
    proved: bool,
    /// Something is left to do there.
    owes: bool,
}

impl Place {
    /// Proved and done with, or as usual; one that is dark in the end of the usual night too may be dark, and owes nothing more.
    fn is_settled(&self, usual: &Self) -> bool {
        let dark = self.serves.is_none() && usual.serves.is_none();
        self == usual || (!self.owes && (self.proved || dark))
    }
}

impl Projection {
    pub fn of(report: &Report) -> Self {
        let fleet = report.fleet.iter();
        let hub = &report.hub;
        Projection {
            fleet: fleet
                .clone()
                .map(|end| format!("{} {:?} {} {}", end.title, end.version, end.status, end.halt.is_some()))
                .collect(),
            regions: report.regions.iter().map(|(name, history)| (name.to_string(), region(history))).collect(),
            hub: format!(
                "approved {:?} rejected {:?} condemned {:?} deferred {:?} ended {:?}",
                hub.approved,
                hub.rejected.keys(),
                hub.condemned.keys(),
                hub.deferred.keys(),
                hub.ended
            ),
            executions: report.executions.iter().map(|end| (end.ending, end.failed_at.clone())).collect(),
            // A page may come twice: nobody can know whether one that was not answered for went out.
            pages: report.pages.iter().map(|page| page.subject.clone()).collect(),
            ends: fleet
                .map(|end| {
                    let history = report.regions.get(&end.region);
                    let open = history.and_then(|history| history.update.as_ref()).is_some_and(|open| !open.confirmed);
                    let owes = history.is_some_and(|history| !history.owed.is_empty());
                    Place { serves: end.version.clone(), proved: end.confirmed_by_endpoint, owes: open || owes }
                })
                .collect(),
        }
    }

    /// Every region is settled; somebody was paged where they differ; every execution is over.
    pub fn ends_well(&self, usual: &Self) -> bool {
        let settled = self.ends.iter().zip(&usual.ends).all(|(end, usual)| end.is_settled(usual));
        let alike = self.ends.windows(2).all(|pair| pair[0].serves == pair[1].serves);
        let over = self.executions.iter().all(|(ending, _)| *ending != Ending::Running);
        settled && over && (alike || !self.pages.is_empty())
    }
}

fn region(history: &RegionHistory) -> String {
    let config = |target: &meridian_domain::Target| target.config.to_string();
    let update = history.update.as_ref().map(|update| (config(&update.target), update.confirmed));
    let returned = history.returned.iter().map(|(release, left)| (release.short(), &left.wave, left.cause));
    format!(
        "attested {:?} serving {:?} previous {:?} update {update:?} confirmed {:?} returned {:?} halted {} owed {}",
        history.attested.iter().map(|release| release.short()).collect::<Vec<_>>(),
        history.serving.as_ref().map(|serving| config(&serving.target)),
        history.previous.as_ref().map(config),
        history.confirmed.iter().map(|(release, wave)| (release.short(), wave)).collect::<Vec<_>>(),
        returned.collect::<Vec<_>>(),
        history.halt.is_some(),
        history.owed.len(),
    )
}
