//! A second pair of eyes: every plan is held against the invariants before it is executed, in production too.
//!
//! The planner keeps these by construction; the audit does not trust it. It shares no code with the planner's choices,
//! only the facts that both look at.

use crate::endpoint::{Seen, Target};
use crate::fleet::Fleet;
use crate::ledger::Record;
use crate::names::RegionName;
use crate::plan::{Act, Next, Plan, Sight};
use crate::verdict::{Decision, Verdict};
use jiff::Timestamp;
use std::fmt;

/// A plan that would break an invariant. It is not executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Which invariant, `I1` to `I13`.
    pub invariant: &'static str,
    /// What would break it.
    pub what: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.what)
    }
}

/// Holds one step of a wave against the invariants. An empty answer lets it go.
pub fn audit(fleet: &Fleet, sight: &Sight, plan: &Plan, now: Timestamp) -> Vec<Note> {
    let audit = Audit { fleet, sight, now };
    match &plan.next {
        Next::Do(Act::Update, region, target) => audit.update(region, target),
        Next::Do(Act::Prepare, ..) => audit.lease().into_iter().collect(),
        Next::TellRegion(region, Record::Confirmed { .. } | Record::Settled { .. }) => audit.proof(region),
        Next::TellRegion(_, Record::Decided { decision: Decision::Proceed, judgement, .. }) => {
            let passed = judgement.as_ref().is_some_and(|judgement| judgement.verdict == Verdict::Pass);
            note(passed, "I9", "a canary would proceed without a passing verdict")
        }
        Next::TellRegion(_, Record::UpdateIntended { back, .. }) => {
            note(back.is_some(), "I5", "an update would start without a way back")
        }
        _ => Vec::new(),
    }
}

fn note(holds: bool, invariant: &'static str, what: impl Into<String>) -> Vec<Note> {
    if holds { Vec::new() } else { vec![Note { invariant, what: what.into() }] }
}

struct Audit<'a> {
    fleet: &'a Fleet,
    sight: &'a Sight,
    now: Timestamp,
}

impl Audit<'_> {
    fn update(&self, region: &RegionName, target: &Target) -> Vec<Note> {
        let mut notes = self.mid_shift(region);
        let history = self.sight.regions.get(region).and_then(Seen::known);
        let attested = history.is_some_and(|history| history.attested.contains(&target.release));
        notes.extend(note(attested, "I2", format!("{region} has not attested {}", target.version)));
        let approved = self.sight.hub.approved.contains(&target.release);
        notes.extend(note(approved, "I2", format!("{} is not approved", target.version)));
        notes.extend(self.order(region));
        let update = history.and_then(|history| history.update.as_ref());
        let intended = update.is_some_and(|update| update.target == *target);
        notes.extend(note(intended, "I8", format!("no intent for {} stands in {region}'s ledger", target.version)));
        let back = update.is_some_and(|update| update.back.is_some());
        notes.extend(note(back, "I5", format!("{region} has no way back")));
        notes.extend(self.lease());
        notes
    }

    fn mid_shift(&self, region: &RegionName) -> Vec<Note> {
        let others = self.fleet.regions.iter().map(|other| &other.name).filter(|other| *other != region);
        others
            .filter(|other| !self.deferred(other))
            .flat_map(|other| match self.sight.regions.get(other) {
                Some(Seen::Known(history)) => {
                    let moving = history.update.as_ref().is_some_and(|update| !update.confirmed);
                    note(!moving, "I1", format!("{other} is mid-shift"))
                }
                _ => note(false, "I13", format!("{other} cannot be seen and is not deferred")),
            })
            .collect()
    }

    fn order(&self, region: &RegionName) -> Vec<Note> {
        self.fleet
            .before(region)
            .filter(|before| !self.deferred(&before.name))
            .flat_map(|before| {
                let history = self.sight.regions.get(&before.name).and_then(Seen::known);
                let confirmed = history.is_some_and(|history| history.confirmed.contains_key(&self.sight.release));
                note(confirmed, "I3", format!("{} has no evidence for {}", before.name, self.sight.version))
            })
            .collect()
    }

    fn deferred(&self, region: &RegionName) -> bool {
        self.sight.hub.deferred.contains_key(&(self.sight.execution.clone(), region.clone()))
    }

    fn lease(&self) -> Vec<Note> {
        let held = self.sight.hub.lease.as_ref();
        let ours = held.is_some_and(|lease| lease.holder == self.sight.execution && lease.until > self.now);
        note(ours, "I11", "the fleet's lease is not held by this wave")
    }

    fn proof(&self, region: &RegionName) -> Vec<Note> {
        let proved = self.sight.golden.get(region).is_some_and(|golden| golden.proves());
        note(proved, "I4", format!("{region}'s golden records were not all answered right"))
    }
}
