//! What the ledger says of one region at one moment: which configurations may have answered, and what proves it.
//!
//! The entries up to the moment say what was known then; those after it say what was found out later (when a canary had
//! begun, how an update ended), and are used where they tell more. Where they do not, two configurations may have
//! answered, and both are named (I13).

mod answers;
mod around;
mod interruption;
mod proof;
mod unasked;

pub use around::{Deferral, Halt, Illness};
pub use interruption::Interruption;
pub use proof::{CanaryTimes, FullLoad, Golden, Proof};

use crate::fleet::Region;
use crate::fleet::endpoint::Target;
use crate::fleet::names::Actor;
use crate::ledger::Entry;
use crate::ledger::history::{OpenUpdate, RegionHistory};
use crate::ledger::reason::Reason;
use crate::ledger::verdict::Decision;
use jiff::Timestamp;
use serde::Serialize;

/// One region at one moment, by its own chain and the hub's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Account {
    /// How much is known.
    pub state: State,
    /// Every configuration that may have answered a customer at that moment, the proved one first. Instances that only
    /// stood warm are not among them.
    pub answers: Vec<Answer>,
    /// What it kept to serve, with nothing running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<Target>,
    /// Where the region would have rolled back to.
    pub way_back: Option<Target>,
    /// The update that was open.
    pub update: Option<Underway>,
    /// Since when it was unknown which bytes serve, and why.
    pub unknown: Option<crate::ledger::history::Unknown>,
    /// What kept starts out: the region's own halt and the whole fleet's.
    pub halts: Vec<Halt>,
    /// The wave that had left the region behind.
    pub deferred: Option<Deferral>,
    /// Its control plane did not answer, as home saw it.
    pub ill: Option<Illness>,
    /// False where the hub's chain could not be read: approvals, deferrals, illness and the fleet's halt are unknown then.
    pub hub_known: bool,
}

/// How much is known of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// No release had been proved here, and none was on its way.
    Nothing,
    /// One configuration answered.
    One,
    /// A canary: two answered, each its share.
    Two,
    /// One or the other may have answered, or both: the ledger cannot tell them apart at that moment.
    Either,
    /// The ledger itself says that it was unknown.
    Unknown,
}

/// A configuration that may have answered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// Release, model and configuration.
    #[serde(flatten)]
    pub target: Target,
    /// How much of the traffic.
    pub share: Share,
    /// Per cent of the traffic, in a canary.
    pub percent: Option<u32>,
    /// Since when it served, proved; none for one that was not, or not yet.
    pub since: Option<Timestamp>,
    /// By which wave, rollback or installation; none where no entry says it: whoever wrote that it serves had only found it so.
    pub by: Option<Actor>,
    /// When it last shared the region with another release since then, or may have.
    pub interrupted: Option<Interruption>,
    /// What proved it by then.
    pub proof: Proof,
}

/// How much of the traffic a configuration answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// All instances are one release's.
    All,
    /// A part: see `percent`.
    Part,
    /// None, some or all of it.
    Perhaps,
}

/// Where an open update stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Intended; that SageMaker took it is not on record.
    Asked,
    /// Taken; no canary is on record. Nobody may have seen it.
    Provisioning,
    /// Taken, and known by a later entry to have had no traffic yet.
    BeforeCanary,
    /// The canary took its share.
    Canary,
    /// SageMaker's timer had ended, and the rest of the traffic was on its way.
    Shifting,
    /// Golden records had proved the new release; the old instances stayed warm.
    Soak,
    /// Told to roll back, or on its way back.
    RollingBack,
    /// It rolled back with no decision on record: a later entry says that it has, and not since when.
    RolledBackUnseen,
    /// The region's first instances, not proved yet.
    First,
}

/// An update that was open.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Underway {
    /// How far the update had come.
    pub phase: Phase,
    /// What it was leaving.
    pub from: Option<Target>,
    /// Where it was going.
    pub to: Target,
    /// The wave, or the rollback.
    pub by: Actor,
    /// When it was intended; none for one that was found out afterwards.
    pub intended: Option<Timestamp>,
    /// When its canary began and its timer ended, as far as any entry says.
    pub canary: Option<Canary>,
    /// What had been decided by then, and why.
    pub decided: Option<(Decision, Reason)>,
    /// The later entry that says how it ended; none where none does.
    pub ended: Option<Entry>,
}

impl Account {
    /// Since when it was as `state` says, and by which wave, rollback or installation; none where no entry says it. A return that was
    /// only found began at the latest then.
    pub fn began(&self) -> Option<(Timestamp, Option<&Actor>)> {
        match self.state {
            State::Nothing => None,
            State::One => self.answers.iter().find_map(|answer| Some((answer.since?, answer.by.as_ref()))),
            State::Two | State::Either => {
                let update = self.update.as_ref()?;
                Some((update.began()?, Some(&update.by)))
            }
            State::Unknown => self.unknown.as_ref().map(|unknown| (unknown.since, None)),
        }
    }
}

impl Underway {
    /// When its phase began. The time of a decision to roll back is not kept, and of an unseen rollback nothing is known.
    fn began(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Canary => self.canary.map(|canary| canary.from),
            Phase::Shifting => self.canary.map(|canary| canary.ends),
            Phase::RollingBack => self.intended.filter(|_| self.decided.is_none()),
            Phase::Soak | Phase::RolledBackUnseen => None,
            Phase::Asked | Phase::Provisioning | Phase::BeforeCanary | Phase::First => self.intended,
        }
    }
}

/// A canary's times and share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Canary {
    /// When it began to take traffic.
    pub from: Timestamp,
    /// When SageMaker's own timer ended.
    pub ends: Timestamp,
    /// Per cent of the traffic: as planned, or what policy says where nothing was.
    pub percent: u32,
}

/// A region's chain, cut at a moment.
struct Cut<'a> {
    region: &'a Region,
    at: Timestamp,
    after: &'a [Entry],
    history: RegionHistory,
}

/// What `entries`, the region's whole chain, and `hub`, home's whole one where it could be read, say of `region` at `at`.
pub fn account(region: &Region, entries: &[Entry], hub: Option<&[Entry]>, at: Timestamp) -> Account {
    let (before, after) = entries.split_at(until(entries, at));
    let (mut history, mut found) = (RegionHistory::default(), None);
    for entry in before {
        found = unasked::brought_back(&history, entry).then_some(entry).or(found);
        history.apply(entry);
    }
    let cut = Cut { region, at, after, history };
    let hub_before = hub.map(|hub| hub.split_at(until(hub, at)).0);
    let update = cut.underway();
    let mut account = Account {
        state: State::Nothing,
        answers: Vec::new(),
        kept: cut.history.kept.as_ref().map(|kept| kept.target.clone()),
        way_back: cut.way_back(),
        unknown: cut.history.unknown.clone(),
        halts: around::halts(before, hub_before),
        deferred: hub_before.and_then(|hub| around::deferral(&region.name, before, hub)),
        ill: hub_before.and_then(|hub| around::illness(&region.name, before, hub)),
        hub_known: hub.is_some(),
        update: None,
    };
    let answers = cut.answers(update.as_ref());
    account.state = cut.state(update.as_ref(), answers.len());
    let answer = |(target, share, percent): (Target, Share, Option<u32>)| {
        let serving = cut.history.serving.as_ref().filter(|serving| serving.target == target);
        Answer {
            share,
            percent,
            since: serving.map(|serving| serving.since),
            by: serving.filter(|own| !unasked::is_by(own, found)).map(|serving| serving.by.clone()),
            interrupted: serving.and_then(|own| interruption::last(before, &own.target, own.since)),
            proof: proof::of(&target, before, hub_before),
            target,
        }
    };
    account.answers = answers.into_iter().map(answer).collect();
    account.update = update;
    account
}

/// How many entries of a chain had been written by then. Two writers' clocks may differ: the chain's order stands.
fn until(entries: &[Entry], at: Timestamp) -> usize {
    entries.iter().position(|entry| entry.at > at).unwrap_or(entries.len())
}

impl Cut<'_> {
    fn open(&self) -> Option<&OpenUpdate> {
        self.history.update.as_ref()
    }

    /// What `rollback` would have rolled back to.
    fn way_back(&self) -> Option<Target> {
        match self.open() {
            // A way back is in progress itself, and has none.
            Some(update) if update.epoch.is_none() => None,
            Some(update) => update.back.clone(),
            None => self.history.previous.clone(),
        }
    }
}
