//! Who is home in truth, and what of the hub's ledger lies in each region's bucket; regions between which nothing comes through.

use super::{Broken, Chain, MOST_REGIONS, Who, World, checks, stamp};
use bytes::Bytes;
use meridian_domain::{Chain as Name, HubHistory, Stored};

impl World {
    /// The region that is home: by the latest move that any hub's chain knows of.
    pub fn home(&self) -> usize {
        let moves = self.hubs.iter().filter_map(|hub| hub.history.moved.as_ref());
        let latest = moves.max_by_key(|moved| moved.since);
        latest.map_or_else(|| self.setting.home(), |moved| self.setting.region_of(&moved.to))
    }

    /// The hub's chain where home is.
    pub fn hub(&self) -> &Chain<HubHistory> {
        self.hub_in(self.home())
    }

    /// The hub's chain in a region's bucket.
    pub fn hub_in(&self, region: usize) -> &Chain<HubHistory> {
        // Regions are the world's own indices.
        #[allow(clippy::indexing_slicing)]
        &self.hubs[region]
    }

    /// The hub's chain that an execution acts by.
    pub fn hub_of(&self, execution: usize) -> &Chain<HubHistory> {
        self.hub_in(self.executions.get(execution).map_or_else(|| self.home(), |own| own.home))
    }

    /// The region in which a function runs.
    pub fn runs_in(&self, who: Who) -> usize {
        match who {
            Who::Region(region) | Who::Replication(region, _) => region,
            Who::Wave(job) => self.executions.get(job.execution).map_or(self.setting.home(), |own| own.home),
        }
    }

    /// Nothing comes through any more between a region and those of `others`, a bit each; or it does again.
    pub fn part(&mut self, region: usize, others: u8, on: bool) {
        let set = |place: &mut u8, bits: u8| *place = if on { *place | bits } else { *place & !bits };
        let others = others & !(1 << region);
        let now = self.now;
        for (other, parted) in self.parted.iter_mut().enumerate().take(MOST_REGIONS) {
            if other == region {
                set(parted, others);
            } else if others & (1 << other) != 0 {
                set(parted, 1 << region);
            }
            if let (Some(place), false) = (self.regions.get_mut(other), on) {
                (place.readable_since, place.answers_since) = (now, now);
            }
        }
        self.tell(|setting| {
            let names = (0..setting.targets.len()).filter(|other| others & (1 << other) != 0);
            let names: Vec<_> = names.map(|other| setting.title(other)).collect();
            let words = if on { "nothing comes through to" } else { "is connected again with" };
            format!("{} {words} {}", setting.title(region), names.join(", "))
        });
    }

    /// Whatever is parted is connected again.
    pub fn join(&mut self) {
        for region in 0..self.regions.len() {
            let others = self.parted.get(region).copied().unwrap_or(0);
            if others != 0 {
                self.part(region, others, false);
            }
        }
    }

    /// Whether any region hears nothing of another.
    pub fn is_parted(&self) -> bool {
        self.parted.iter().any(|parted| *parted != 0)
    }

    /// Whether nothing comes through between two regions.
    pub fn are_parted(&self, one: usize, other: usize) -> bool {
        self.parted.get(one).is_some_and(|parted| parted & (1 << other) != 0)
    }

    /// An object is created in a region's bucket, of a key that nothing has yet: false where something has. Entries of the hub's chain are
    /// put back so, in any order.
    pub(super) fn create(&mut self, region: usize, key: &str, body: &Bytes) -> bool {
        let prefix = Name::Home.prefix(&self.setting.fleet.name);
        let name = key.strip_prefix(&prefix).and_then(|name| name.strip_suffix(".json"));
        let Some(seq) = name.and_then(|seq| seq.parse::<u64>().ok()) else {
            let place = (region, key.to_owned());
            let is_new = !self.kept.contains_key(&place);
            self.kept.entry(place).or_insert_with(|| body.clone());
            return is_new;
        };
        let Ok(stored) = Stored::read(body, stamp(self.now)) else { return false };
        debug_assert_eq!(stored.entry.seq, seq, "an entry lies under its own number");
        match self.hubs.get_mut(region).and_then(|hub| hub.put_back(stored)) {
            None => false,
            Some(Ok(())) => true,
            Some(Err(fault)) => {
                checks::breach(self, Broken::ChainBroken { chain: Name::Home, fault });
                true
            }
        }
    }
}
