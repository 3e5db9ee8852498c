//! Watches the world's log grow, and turns it into lines, ledger and facts as it happens.

use super::story::{Line, Narrator};
use crate::services::Operation;
use crate::services::s3::GetObject;
use crate::world::{What, World, WorldEvent};
use meridian_domain::{Chain, Entry, Fleet, Record, RegionName};
use std::collections::BTreeMap;

/// What was told so far.
#[derive(Debug)]
pub(super) struct Teller {
    fleet: Fleet,
    narrator: Narrator,
    seen: usize,
    /// The region in whose bucket the hub's chain goes on, once home has moved: what is written elsewhere is no part of it.
    hub: Option<RegionName>,
    /// Every chain that was written to, from its beginning.
    pub ledger: BTreeMap<Chain, Vec<Entry>>,
    /// Keys of evaluation pages written.
    pub pages_written: Vec<String>,
    /// What was told so far.
    pub lines: Vec<Line>,
}

impl Teller {
    pub fn new(fleet: Fleet, narrator: Narrator) -> Self {
        Self {
            fleet,
            narrator,
            seen: 0,
            hub: None,
            ledger: BTreeMap::new(),
            pages_written: Vec::new(),
            lines: Vec::new(),
        }
    }

    pub fn narrator(&mut self) -> &mut Narrator {
        &mut self.narrator
    }

    /// Tells what has happened since it was last asked.
    pub fn catch_up(&mut self, world: &mut World, tell: &mut dyn FnMut(&Line)) {
        while let Some(event) = world.log().get(self.seen).cloned() {
            self.seen += 1;
            let line = match &event.what {
                What::ObjectCreated { key, .. } => self.object(world, &event, key),
                What::BucketRestored { .. } => {
                    self.forget(world, &event.region);
                    self.narrator.event(&event)
                }
                _ => self.narrator.event(&event),
            };
            if let Some(line) = line {
                self.say(line, tell);
            }
        }
    }

    pub fn say(&mut self, line: Line, tell: &mut dyn FnMut(&Line)) {
        tell(&line);
        self.lines.push(line);
    }

    /// Leaves out what a region's bucket does not hold any more.
    fn forget(&mut self, world: &mut World, region: &RegionName) {
        let fleet = &self.fleet;
        let here = self.ledger.iter_mut().filter(|(chain, _)| chain.region(fleet) == region);
        for (chain, entries) in here {
            let mut held = |entry: &Entry| object(world, fleet, region, &chain.key(&fleet.name, entry.seq));
            entries.retain(|entry| held(entry).is_some_and(|body| body == entry.to_bytes()));
        }
    }

    fn object(&mut self, world: &mut World, event: &WorldEvent, key: &str) -> Option<Line> {
        // A report may be written twice: by a call and by its repeat.
        let page = key.starts_with("evaluations/") && key.ends_with(".html");
        if page && !self.pages_written.iter().any(|known| known == key) {
            self.pages_written.push(key.to_owned());
        }
        let chain = chain_of(&self.fleet, &event.region, key)?;
        let body = object(world, &self.fleet, &event.region, key)?;
        let entry: Entry = serde_json::from_slice(&body).ok()?;
        let moves = matches!(&entry.record, Record::HomeMoved { to, .. } if *to == event.region);
        if chain == Chain::Home && moves {
            self.hub = Some(event.region.clone());
        }
        let elsewhere = chain == Chain::Home && self.hub.as_ref().is_some_and(|hub| *hub != event.region);
        let known = self.ledger.entry(chain.clone()).or_default();
        let place = usize::try_from(entry.seq).ok()?;
        // Copied into another bucket, where the chain goes on.
        if elsewhere || known.get(place) == Some(&entry) {
            return None;
        }
        // It goes on from a copy that lacked the last entries.
        known.truncate(place);
        known.push(entry.clone());
        // Every region has the move on record: it is told once.
        let told = chain != Chain::Home && matches!(entry.record, Record::HomeMoved { .. });
        if told { None } else { self.narrator.entry(&event.region, &entry) }
    }
}

/// The chain that a ledger key in `region`'s bucket belongs to.
pub(super) fn chain_of(fleet: &Fleet, region: &RegionName, key: &str) -> Option<Chain> {
    let chains = [Chain::Home, Chain::Region(region.clone())];
    chains.into_iter().find(|chain| key.starts_with(&chain.prefix(&fleet.name)))
}

/// An object as it lies in the world, past all faults: the teller is no caller.
pub(super) fn object(world: &mut World, fleet: &Fleet, region: &RegionName, key: &str) -> Option<Vec<u8>> {
    let bucket = fleet.region(region)?.bucket.to_string();
    let get = GetObject { bucket, key: key.to_owned(), version_id: None };
    get.apply(world, region).ok().map(|object| object.body.to_vec())
}
