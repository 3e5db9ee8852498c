//! What one call of `promote` has seen: the sight that the planner reads, and how far each chain was read.

use super::wave_call::silent;
use super::{Seconds, World};
use meridian_domain::plan::{Golden, Sight};
use meridian_domain::{Actor, EndpointView, HubHistory, Record, RegionHistory, Seen};
use std::collections::{BTreeMap, BTreeSet};

/// What one call of `promote` has seen.
#[derive(Clone, Debug)]
pub struct WaveLook {
    /// What the planner reads.
    pub sight: Sight,
    /// When the call began to look.
    pub looked: Seconds,
    /// Entries of the hub's chain that were read.
    pub(super) hub_seen: usize,
    /// Each region's chain.
    pub(super) journals: Vec<Journal>,
}

/// One region's chain as a call reads it.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal {
    /// Entries that were read.
    pub(super) seen: usize,
    /// What they add up to, while the sight says `Unknown`.
    pub(super) parked: Option<RegionHistory>,
    /// Whether this call could open the chain.
    pub(super) open: bool,
}

impl WaveLook {
    pub(super) fn new(world: &World) -> Self {
        let setting = &world.setting;
        let (release, version) = setting.releases.first().cloned().unwrap_or_else(|| unreachable!("a champion serves"));
        let mut regions = BTreeMap::new();
        for (policy, history) in setting.fleet.regions.iter().zip(&setting.regions) {
            regions.insert(policy.name.clone(), Seen::Known(history.clone()));
        }
        Self {
            looked: world.now,
            hub_seen: 0,
            journals: vec![Journal { open: true, ..Journal::default() }; regions.len()],
            sight: Sight {
                release,
                version,
                execution: setting.rollbacks.first().cloned().unwrap_or_else(|| unreachable!("a fleet has a region")),
                since: world.timestamp(),
                hub: setting.hub.clone(),
                regions,
                endpoints: BTreeMap::new(),
                approved: Seen::Known(true),
                alarms: silent(),
                judged: None,
                hour: None,
                golden: BTreeMap::new(),
                refused: None,
                unscaled: None,
                done: BTreeSet::new(),
                paged: BTreeSet::new(),
                advised: false,
            },
        }
    }

    pub(super) fn slot(&mut self, world: &World, region: usize) -> Option<(&mut Journal, &mut Seen<RegionHistory>)> {
        let name = &world.setting.fleet.regions.get(region)?.name;
        Some((self.journals.get_mut(region)?, self.sight.regions.get_mut(name)?))
    }

    /// Opens a region's chain, or finds that it cannot.
    pub(super) fn open(&mut self, world: &World, region: usize, readable: bool) {
        if !readable {
            self.park(world, region);
        } else if !self.is_behind(world, region) && self.is_known(region) {
            return;
        }
        let Some((journal, seen)) = self.slot(world, region) else { return };
        journal.open = readable;
        if readable {
            if let Some(history) = journal.parked.take() {
                *seen = Seen::Known(history);
            }
            self.read_on(world, region, None);
        }
    }

    /// The sight says `Unknown`; what was read waits for the next call.
    pub(super) fn park(&mut self, world: &World, region: usize) {
        let Some((journal, seen)) = self.slot(world, region) else { return };
        if let Seen::Known(history) = std::mem::replace(seen, silent()) {
            journal.parked = Some(history);
        }
    }

    /// What was read is known all the same.
    pub(super) fn unpark(&mut self, world: &World, region: usize) {
        let Some((journal, seen)) = self.slot(world, region) else { return };
        if let Some(history) = journal.parked.take() {
            *seen = Seen::Known(history);
        }
    }

    /// Whether the sight has what was read of a region's chain, and may read it.
    fn is_known(&self, region: usize) -> bool {
        self.journals.get(region).is_some_and(|journal| journal.open && journal.parked.is_none())
    }

    pub(super) fn is_open(&self, region: usize) -> bool {
        self.journals.get(region).is_some_and(|journal| journal.open)
    }

    /// Whether another has written to a region's chain since it was read.
    pub(super) fn is_behind(&self, world: &World, region: usize) -> bool {
        let seen = self.journals.get(region).map(|journal| journal.seen);
        seen != world.regions.get(region).map(|place| place.chain.entries.len())
    }

    pub(super) fn read_on(&mut self, world: &World, region: usize, own: Option<(&Actor, &Record)>) -> bool {
        let Some(chain) = world.regions.get(region).map(|place| &place.chain) else { return false };
        let Some((journal, seen)) = self.slot(world, region) else { return false };
        // What an earlier step of this call could not write, a later one may.
        if let Some(history) = journal.parked.take() {
            *seen = Seen::Known(history);
        }
        let Seen::Known(history) = seen else { return false };
        chain.read_on(history, &mut journal.seen, own)
    }

    pub(super) fn history(&self, world: &World, region: usize) -> Option<&RegionHistory> {
        let name = &world.setting.fleet.regions.get(region)?.name;
        self.sight.regions.get(name)?.known()
    }

    pub(super) fn set_endpoint(&mut self, world: &World, region: usize, seen: Seen<Option<EndpointView>>) {
        if let Some(policy) = world.setting.fleet.regions.get(region) {
            self.sight.endpoints.insert(policy.name.clone(), seen);
        }
    }

    pub(super) fn set_golden(&mut self, world: &World, region: usize, golden: Seen<Golden>) {
        if let Some(policy) = world.setting.fleet.regions.get(region) {
            self.sight.golden.insert(policy.name.clone(), golden);
        }
    }

    /// What it knows of the hub.
    pub fn hub(&self) -> &HubHistory {
        &self.sight.hub
    }
}
