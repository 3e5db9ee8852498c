//! Whether home goes on with a release whose last wave left tries open, or was lost.

use crate::fleet::Fleet;
use crate::fleet::names::{RegionName, ReleaseId, Version};
use crate::ledger::Resumed;
use crate::ledger::history::{HubHistory, RegionHistory};
use jiff::Timestamp;

/// An execution that is due: it tries again what the last one left undecided, or goes on where that was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resume {
    /// The release that is tried again.
    pub release: ReleaseId,
    /// Its human name.
    pub version: Version,
    /// Which execution it goes on after, and the how manieth it is.
    pub resumed: Resumed,
    /// The regions with a try that is open, and those that a lost wave never left behind.
    pub regions: Vec<RegionName>,
}

/// The execution that is due, by the hub's chain: the newest release's last wave has ended, whatever it left behind is on record, and
/// a try is open whose time has come; or it was lost. None while anybody holds the lease, and none of a release that is halted or barred.
pub fn resume(fleet: &Fleet, hub: &HubHistory, now: Timestamp) -> Option<Resume> {
    let (release, _) = hub.newest()?;
    let after = hub.waves.get(&release)?;
    let until = hub.first_started(&release)? + fleet.wave.until;
    let lagging = hub.ended.get(after)?;
    let left = |region: &RegionName| hub.deferred.get(&(after.clone(), region.clone()));
    let lost = hub.lost.contains(after);
    let on_record = lost || lagging.iter().all(|region| left(region).is_some());
    let held = hub.lease.as_ref().is_some_and(|lease| lease.until > now);
    if !on_record || held || now >= until || hub.halt.is_some() || hub.barred(&release).is_some() {
        return None;
    }
    let open =
        |region: &&RegionName| left(region).map_or(lost, |why| why.open_try().is_some_and(|retry| retry.from <= now));
    let regions: Vec<RegionName> = lagging.iter().filter(open).cloned().collect();
    let resumed = Resumed { after: after.clone(), attempt: hub.attempt(after).saturating_add(1) };
    (!regions.is_empty()).then_some(Resume { release, version: hub.versions.get(&release)?.clone(), resumed, regions })
}

impl Resume {
    /// What makes CodePipeline find the same execution again.
    pub fn token(&self) -> String {
        format!("{}-{}", self.release, self.resumed.attempt)
    }

    /// The regions to which it goes on by what their own chains say: nothing is halted that reaches beyond its region, and these are
    /// neither halted nor on the release by now, nor has a person's execution used their tries up meanwhile.
    pub fn open_in<'a>(
        &self,
        fleet: &Fleet,
        regions: impl Iterator<Item = (&'a RegionName, &'a RegionHistory)> + Clone,
    ) -> Vec<&'a RegionName> {
        if regions.clone().any(|(_, own)| own.halts_fleet()) {
            return Vec::new();
        }
        let open = |(name, own): &(&RegionName, &RegionHistory)| {
            let left = own.tries_left(fleet, &self.release);
            self.regions.contains(name) && own.halt.is_none() && !own.serves(&self.release) && left
        };
        regions.filter(open).map(|(name, _)| name).collect()
    }

    /// Whether the regions' own chains leave it something to do.
    pub fn is_due_in<'a>(
        &self,
        fleet: &Fleet,
        regions: impl Iterator<Item = (&'a RegionName, &'a RegionHistory)> + Clone,
    ) -> bool {
        !self.open_in(fleet, regions).is_empty()
    }
}
