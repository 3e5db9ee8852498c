//! What a region's chain says of a failover that is not over.

use super::RegionHistory;
use crate::fleet::names::{Actor, RegionName};
use crate::ledger::Entry;
use crate::ledger::failover::FailoverStep;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Another region's customers, whom this region was asked to carry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carries {
    /// The region whose customers they are.
    pub from: RegionName,
    /// Who asked: a person, or the region itself by policy.
    pub by: Actor,
    /// That person's reason, or that the regions' looks were.
    pub why: String,
    /// When that was.
    pub since: Timestamp,
    /// Since when it can.
    pub ready: Option<Timestamp>,
    /// True once they were sent back: what was registered for them is still to be taken back.
    pub over: bool,
}

/// A region whose customers a person sent away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evacuated {
    /// The region that was made ready for them.
    pub to: RegionName,
    /// Who sent them.
    pub by: Actor,
    /// That person's reason.
    pub why: String,
    /// When that was.
    pub since: Timestamp,
}

/// A region whose endpoint does not answer this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    /// When that was first put on record.
    pub since: Timestamp,
    /// When it was last.
    pub last: Timestamp,
    /// Looks in a row.
    pub looks: u32,
    /// True once this region was asked to carry its customers.
    pub asked: bool,
}

/// A look that comes sooner after another is a call that was delivered twice.
const BETWEEN_LOOKS: SignedDuration = SignedDuration::from_mins(4);
/// Once policy has enough of them, so often a look is put on record.
const REPEATED: SignedDuration = SignedDuration::from_mins(30);
/// Two sweeps more, and who looked does not look any more.
const FRESH: SignedDuration = SignedDuration::from_mins(40);

impl Missed {
    /// Whether another look at `now` that it does not answer adds to these.
    pub fn goes_on(&self, threshold: u32, now: Timestamp) -> bool {
        let since = now.duration_since(self.last);
        since >= if self.looks < threshold { BETWEEN_LOOKS } else { REPEATED }
    }

    /// True if it was missed lately: a region that looks no more says nothing.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now.duration_since(self.last) <= FRESH
    }
}

impl RegionHistory {
    /// The customers that this region is to carry, where they were not sent back yet.
    pub fn carries(&self) -> Option<&Carries> {
        self.carries.as_ref().filter(|own| !own.over)
    }

    /// True if customers are moved to this region or away from it.
    pub fn is_in_failover(&self) -> bool {
        self.evacuated.is_some() || self.carries().is_some()
    }

    fn is_free_for(&self, from: &RegionName) -> bool {
        self.carries().is_none_or(|own| own.from == *from && own.ready.is_some())
    }

    /// What proved it ready does not serve any more.
    pub(super) fn unready(&mut self) {
        if let Some(carries) = &mut self.carries {
            carries.ready = None;
        }
    }

    pub(super) fn failover(&mut self, entry: &Entry, step: &FailoverStep) {
        let (by, since) = (entry.actor.clone(), entry.at);
        match step {
            // Said twice, it does not begin again; asked anew of a region that was ready once, it does.
            FailoverStep::Asked { from, why } if self.is_free_for(from) => {
                let (from, why) = (from.clone(), why.clone());
                self.missed.entry(from.clone()).and_modify(|missed| missed.asked = true);
                self.carries = Some(Carries { from, by, why, since, ready: None, over: false });
            }
            FailoverStep::Missed { region } => {
                let asked = self.carries().is_some_and(|own| own.from == *region);
                let first = Missed { since, last: since, looks: 0, asked };
                let missed = self.missed.entry(region.clone()).or_insert_with(|| first.clone());
                if !missed.is_fresh(since) {
                    *missed = Missed { asked: missed.asked, ..first };
                }
                (missed.looks, missed.last) = (missed.looks + 1, since);
            }
            FailoverStep::Answers { region } => _ = self.missed.remove(region),
            FailoverStep::Ready { .. } => {
                if let Some(carries) = self.carries.as_mut().filter(|own| !own.over) {
                    carries.ready.get_or_insert(since);
                }
            }
            FailoverStep::Over { .. } => {
                let raised = self.scaled.as_ref().is_some_and(|own| own.floor.failover);
                self.carries = self.carries.take().filter(|_| raised).map(|own| Carries { over: true, ..own });
            }
            FailoverStep::Evacuated { to, why } if self.evacuated.is_none() => {
                self.evacuated = Some(Evacuated { to: to.clone(), by, why: why.clone(), since });
            }
            FailoverStep::Readmitted { .. } => self.evacuated = None,
            FailoverStep::Asked { .. } | FailoverStep::Evacuated { .. } => {}
        }
    }

    /// What was registered for another region's customers is taken back.
    pub(super) fn scaled_as_usual(&mut self) {
        let usual = self.scaled.as_ref().is_some_and(|own| own.set && !own.floor.failover);
        self.carries.take_if(|own| own.over && usual);
    }
}
