//! What people do: halt, lift, and start another execution where that can change anything.

use super::World;
use meridian_domain::{Actor, Record};

impl World {
    /// A person halts the fleet, and tells the others.
    pub fn halt(&mut self) {
        self.tell(|_| "a person halts the fleet".to_owned());
        self.person(None, Record::Halted { why: "a person said so".to_owned() });
        self.tally.pages += 1;
    }

    /// A person lifts every halt.
    pub fn lift(&mut self) {
        self.tell(|_| "a person lifts every halt".to_owned());
        if self.hub.history.halt.is_some() {
            self.person(None, Record::Lifted { why: "mended".to_owned() });
        }
        for region in 0..self.regions.len() {
            if self.regions.get(region).is_some_and(|place| place.chain.history.halt.is_some()) {
                self.person(Some(region), Record::Lifted { why: "mended".to_owned() });
            }
        }
    }

    fn person(&mut self, region: Option<usize>, record: Record) {
        let person: Actor = "operator".parse().unwrap_or_else(|_| unreachable!("an actor"));
        let now = self.now;
        match region.and_then(|region| self.regions.get_mut(region)) {
            Some(place) => place.chain.append(now, &person, record),
            None => self.hub.append(now, &person, record),
        }
    }

    /// Whether a halt stands, the hub's or any region's.
    pub fn is_halted(&self) -> bool {
        self.hub.history.halt.is_some() || self.regions.iter().any(|place| place.chain.history.halt.is_some())
    }

    /// Whether a new execution of a release could change anything: nothing is halted, and it is not condemned.
    pub fn may_start(&self, release: usize) -> bool {
        let id = self.setting.releases.get(release).map(|(id, _)| *id);
        let condemned = id.is_some_and(|id| self.hub.history.condemned.contains_key(&id));
        !condemned && !self.is_halted()
    }
}
