//! What people do: halt, lift, and start another execution where that can change anything; and what a region's own functions write
//! that no history runs.

use super::{Seconds, World, stamp};
use jiff::Timestamp;
use meridian_domain::{Actor, Reason, Record, RegionName, Rule};
use meridian_judge::{CapturedCounts, CapturedJudgement, CapturedVerdict};

impl World {
    /// A person halts the fleet, and tells the others.
    pub fn halt(&mut self) {
        self.tell(|_| "a person halts the fleet".to_owned());
        self.person(None, Record::Halted { why: Reason::Said { words: "a person said so".to_owned(), by: None } });
        self.tally.pages += 1;
    }

    /// A person lifts every halt.
    pub fn lift(&mut self) {
        self.tell(|_| "a person lifts every halt".to_owned());
        if self.hub().history.halt.is_some() {
            self.person(None, Record::Lifted { why: "mended".to_owned() });
        }
        for region in 0..self.regions.len() {
            if self.regions.get(region).is_some_and(|place| place.chain.history.halt.is_some()) {
                self.person(Some(region), Record::Lifted { why: "mended".to_owned() });
            }
        }
    }

    /// A person sets a rule aside until a moment, for one region or for every one.
    pub fn set_aside(&mut self, what: Rule, region: Option<usize>, until: Seconds) {
        let name = |region: usize| self.setting.fleet.regions.get(region).map(|policy| policy.name.clone());
        let record = Record::Overridden {
            what,
            region: region.and_then(name),
            why: "a person said so".to_owned(),
            until: stamp(until),
        };
        self.tell(|setting| {
            let place = region.map_or("every region", |region| setting.title(region));
            format!("a person sets the {what} aside for {place}")
        });
        self.person(None, record);
    }

    /// A region's shadow on captured requests comes to this, for every release but the champion.
    pub fn shadow(&mut self, region: usize, verdict: CapturedVerdict) {
        self.tell(|setting| format!("{}: its captured requests say: {verdict}", setting.title(region)));
        let setting = self.setting.clone();
        let Some((champion, _)) = setting.releases.first() else { return };
        for (release, version) in setting.releases.iter().skip(1) {
            let (release, version, champion) = (*release, version.clone(), *champion);
            let (counts, gates, undecided) = (CapturedCounts::default(), Vec::new(), Vec::new());
            let judgement = CapturedJudgement { verdict, counts, gates, undecided };
            self.person(Some(region), Record::Shadowed { release, version, champion, judgement });
        }
    }

    fn person(&mut self, region: Option<usize>, record: Record) {
        let person: Actor = "operator".parse().unwrap_or_else(|_| unreachable!("an actor"));
        let now = self.now;
        match region.and_then(|region| self.regions.get_mut(region)) {
            Some(place) => place.chain.append(now, &person, record),
            None => {
                let home = self.home();
                if let Some(hub) = self.hubs.get_mut(home) {
                    hub.append(now, &person, record);
                }
            }
        }
    }

    /// Whether a rule was set aside in a region at a moment.
    pub(super) fn is_set_aside(&self, what: Rule, region: &RegionName, at: Timestamp) -> bool {
        self.hubs.iter().any(|hub| hub.history.overridden(what, region, at).is_some())
    }

    /// Whether a halt stands, the hub's or any region's.
    pub fn is_halted(&self) -> bool {
        self.hub().history.halt.is_some() || self.regions.iter().any(|place| place.chain.history.halt.is_some())
    }

    /// Whether a new execution of a release could change anything: nothing is halted, and it is not condemned.
    pub fn may_start(&self, release: usize) -> bool {
        let id = self.setting.releases.get(release).map(|(id, _)| *id);
        let condemned = id.is_some_and(|id| self.hub().history.condemned.contains_key(&id));
        !condemned && !self.is_halted()
    }
}
