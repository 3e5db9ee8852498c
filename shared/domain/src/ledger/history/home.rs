//! Home, as its own chain has it once a person has moved it, and as other regions see it.

use super::RegionHistory;
use super::hub::HubHistory;
use crate::fleet::names::{Actor, RegionName};
use crate::ledger::home_seen::HomeSeen;
use crate::ledger::{Binding, Entry, Record};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The last move of home.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HomeMove {
    /// The region that was home before.
    pub from: RegionName,
    /// The region that has been home since.
    pub to: RegionName,
    /// True where the home before was lost: it may not know.
    pub lost: bool,
    /// Who moved it.
    pub by: Actor,
    /// That person's reason.
    pub why: String,
    /// When that was.
    pub since: Timestamp,
}

impl HomeMove {
    /// What an entry says of a move; none where it is of something else.
    pub fn of(entry: &Entry) -> Option<Self> {
        let Record::HomeMoved { from, to, lost, why, binding: _ } = &entry.record else { return None };
        let (from, to, by, why) = (from.clone(), to.clone(), entry.actor.clone(), why.clone());
        Some(Self { from, to, lost: *lost, by, why, since: entry.at })
    }

    /// True if home moved in this way after it did in the `other`.
    pub fn is_later(&self, other: Option<&Self>) -> bool {
        other.is_none_or(|other| self.since > other.since)
    }

    /// True if `other` is of the same way.
    pub fn is_way_of(&self, other: &Self) -> bool {
        (&self.from, &self.to) == (&other.from, &other.to)
    }

    /// What the hub's chain says of it; who moved it is the entry's actor.
    pub fn record(&self) -> Record {
        let Self { from, to, lost, why, by: _, since: _ } = self.clone();
        Record::HomeMoved { binding: Binding, from, to, lost, why }
    }
}

/// A home that does not answer a region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SilentHome {
    /// When that was put on record.
    pub since: Timestamp,
    /// True once this region has asked people to move home to it.
    pub asked: bool,
}

impl RegionHistory {
    /// Since when `home` has not answered here; none where it does, as far as is on record.
    pub fn misses(&self, home: &RegionName) -> Option<&SilentHome> {
        self.silent_homes.get(home)
    }

    /// Of two moves the later counts, in whichever order they are heard of.
    pub(super) fn home_moved(&mut self, to: Option<HomeMove>) {
        if let Some(to) = to.filter(|to| to.is_later(self.moved.as_ref())) {
            self.moved = Some(to);
        }
    }

    pub(super) fn home_seen(&mut self, at: Timestamp, home: &RegionName, seen: &HomeSeen) {
        let first = SilentHome { since: at, asked: false };
        match seen {
            HomeSeen::Silent => _ = self.silent_homes.entry(home.clone()).or_insert(first),
            HomeSeen::Asked { .. } => self.silent_homes.entry(home.clone()).or_insert(first).asked = true,
            HomeSeen::Answers => _ = self.silent_homes.remove(home),
        }
    }
}

impl HubHistory {
    /// The move by which `home` is home no more: it acts on nothing any longer, whatever its own policy says.
    pub fn moved_from(&self, home: &RegionName) -> Option<&HomeMove> {
        self.moved.as_ref().filter(|own| own.to != *home)
    }

    /// From now on another region is home. Model packages stand in the registry of the one that was.
    pub(super) fn moves(&mut self, to: Option<HomeMove>) {
        self.moved = to;
        self.packages.clear();
    }
}
