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

/// The end of the open wave, to be put on record once its execution has ended. Its page goes out before: none where a failed job of it was
/// told, or the halt of a region, and none where no region waits for the release any more. Home goes on once: what is lost again is a
/// person's to look at.
pub fn lost_wave(
    fleet: &Fleet,
    hub: &HubHistory,
    regions: &BTreeMap<RegionName, &RegionHistory>,
    how: ExecutionEnd,
    now: Timestamp,
) -> Option<Record> {
    let (release, wave) = open_wave(hub)?;
    let lags = |region: &&Region| !regions.get(&region.name).is_some_and(|own| own.serves(&release));
    let waits = |region: &&Region| {
        let left = hub.deferred.contains_key(&(wave.clone(), region.name.clone()));
        lags(region) && !left && region.kind != Kind::Joining
    };
    let names = |which: &dyn Fn(&&Region) -> bool| -> Vec<RegionName> {
        fleet.regions.iter().filter(which).map(|region| region.name.clone()).collect()
    };
    let (lagging, waiting) = (names(&lags), names(&waits));
    let halted = regions.values().any(|own| own.halt.is_some());
    let told = waiting.is_empty() || halted || hub.failed_jobs.contains(wave);
    let in_time = now < hub.first_started(&release)? + fleet.wave.until;
    let again = how == ExecutionEnd::Failed && in_time && !hub.lost_before(wave);
    let end = WaveEnd::Lost { version: hub.versions.get(&release)?.clone(), how, lagging: waiting, again };
    let page = (!told).then(|| Box::new(end));
    Some(Record::WaveEnded { release, execution: wave.clone(), lagging, page, cleared: Vec::new() })
}
