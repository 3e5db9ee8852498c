//! A wave whose execution CodePipeline ended while its end is not on record: a job that nobody answered, or a person at the console.

use crate::fleet::names::{Actor, RegionName, ReleaseId};
use crate::fleet::{Fleet, Kind, Region};
use crate::ledger::Record;
use crate::ledger::history::{HubHistory, RegionHistory};
use crate::ledger::reason::{ExecutionEnd, WaveEnd};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The newest release's last wave, where neither its end is on record nor anything that says why it ends short of the fleet.
pub fn open_wave(hub: &HubHistory) -> Option<(ReleaseId, &Actor)> {
    let (release, _) = hub.newest()?;
    let wave = hub.waves.get(&release)?;
    (!hub.ended.contains_key(wave) && hub.barred(&release).is_none()).then_some((release, wave))
}

/// An execution of the pipeline that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedExecution {
    /// Which one.
    pub execution: Actor,
    /// The release that it walked with.
    pub release: ReleaseId,
    /// How it ended.
    pub how: ExecutionEnd,
}

/// True for an execution of whose end nobody need hear more: it is on record, a failed job of it was told, or home started it, whose own
/// open wave is looked at by itself.
pub fn is_accounted_for(hub: &HubHistory, execution: &Actor) -> bool {
    let own = hub.waves.values().any(|wave| wave == execution) || hub.resumed.contains_key(execution);
    own || hub.ended.contains_key(execution) || hub.failed_jobs.contains(execution)
}

/// True where the end of an execution is not on record, and nothing on record says why its release goes no further: it is the newest that
/// keeps its place.
pub fn ends_open(hub: &HubHistory, lost: &EndedExecution) -> bool {
    hub.newest().is_some_and(|(newest, _)| newest == lost.release) && !hub.ended.contains_key(&lost.execution)
}

/// The end of an execution, the open wave's or a person's, to be put on record where it [`ends_open`]. Its page goes out before: none
/// where people know already, or no region waits for the release any more. Home goes on once after its own: what is lost again is a
/// person's to look at.
pub fn lost_wave(
    fleet: &Fleet,
    hub: &HubHistory,
    regions: &BTreeMap<RegionName, &RegionHistory>,
    lost: &EndedExecution,
    now: Timestamp,
) -> Option<Record> {
    let EndedExecution { execution: wave, release, how } = lost;
    let version = hub.versions.get(release).filter(|_| ends_open(hub, lost))?;
    let own = |region: &Region| regions.get(&region.name);
    let lags = |region: &&Region| !own(region).is_some_and(|own| own.has(release));
    let waits = |region: &&Region| {
        let left = hub.deferred.contains_key(&(wave.clone(), region.name.clone()));
        let halted = own(region).is_some_and(|own| own.halt.is_some());
        lags(region) && !left && !halted && region.kind != Kind::Joining
    };
    let names = |which: &dyn Fn(&&Region) -> bool| -> Vec<RegionName> {
        fleet.regions.iter().filter(which).map(|region| region.name.clone()).collect()
    };
    let (lagging, waiting) = (names(&lags), names(&waits));
    // Whoever halted the fleet knows, and so do those whom a job's failure was told: they start the next execution.
    let fleet_halted = hub.halt.is_some() || regions.values().any(|own| own.halts_fleet());
    let is_over = waiting.is_empty() || fleet_halted || hub.failed_jobs.contains(wave);
    let ours = hub.waves.get(release) == Some(wave);
    let in_time = hub.first_started(release).is_some_and(|started| now < started + fleet.wave.until);
    let may_try = |region: &Region| own(region).is_none_or(|own| own.tries_left(fleet, release));
    let is_some_tried = fleet.regions.iter().filter(waits).any(may_try);
    let again = !is_over && ours && *how == ExecutionEnd::Failed && in_time && is_some_tried && !hub.lost_before(wave);
    // A region that this wave left, and that halted for it, has paged.
    let told = is_over || regions.values().any(|own| own.halt.is_some() && own.return_of(release, wave).is_some());
    let end = WaveEnd::Lost { version: version.clone(), how: *how, lagging: waiting, again };
    let page = (!told).then(|| Box::new(end));
    Some(Record::WaveEnded { release: *release, execution: wave.clone(), lagging, page, cleared: Vec::new(), again })
}
