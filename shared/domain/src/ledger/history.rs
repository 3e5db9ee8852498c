//! What the ledger's entries add up to: the projections that the planner reads.

mod exposure;
mod failover;
mod home;
mod hub;
mod kept;
mod shadow;
mod standing;
mod tries;
mod update;

pub use failover::{Carries, Evacuated, Missed};
pub use home::{HomeMove, SilentHome};
pub use hub::{ApprovedRelease, HubHistory, Lease};
pub use shadow::Shadow;
pub use tries::Try;
pub use update::OpenUpdate;

use crate::fleet::endpoint::Target;
use crate::fleet::names::{Actor, RegionName, ReleaseId, Version};
use crate::fleet::{Fleet, Floor, ProbationAction, Region};
use crate::ledger::advice::Advice;
use crate::ledger::heads::KeptHead;
use crate::ledger::reason::pages::{self, PageOnRecord};
use crate::ledger::reason::{Fault, Reason};
use crate::ledger::verdict::{Cause, Decision, Verdict};
use crate::ledger::{Chain, Entry, Record, WorseThanBefore, reason};
use jiff::{SignedDuration, Timestamp};
use meridian_judge::{Judgement, RegionEvidence};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One region's chain, added up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RegionHistory {
    /// Releases whose every file lies here, digest-checked.
    pub attested: BTreeSet<ReleaseId>,
    /// When each was attested.
    pub attested_at: BTreeMap<ReleaseId, Timestamp>,
    /// Releases whose bytes here are wrong, and what is wrong with them.
    pub refused: BTreeMap<ReleaseId, Reason>,
    /// Those of them that no repeat mends.
    pub refused_last: BTreeSet<ReleaseId>,
    /// What S3 did not replicate from here, by destination: keys, and when that was first said.
    pub unreplicated: BTreeMap<String, BTreeMap<String, Timestamp>>,
    /// Entries that this region saw in a neighbour's chain and that are not there any more: people were told.
    pub departed: BTreeMap<Chain, KeptHead>,
    /// What serves, as far as it was confirmed, since when and by whose decision.
    pub serving: Option<Serving>,
    /// What a pilot light would serve, while it has no endpoint.
    pub kept: Option<Serving>,
    /// What served before, to roll back to.
    pub previous: Option<Target>,
    /// The update in flight, or one whose end nobody has recorded yet.
    pub update: Option<OpenUpdate>,
    /// Releases confirmed here, with the wave: the evidence that the next region asks for (I3).
    pub confirmed: BTreeMap<ReleaseId, Actor>,
    /// Releases whose check at full load is on record here, and did not fail.
    pub full_load: BTreeSet<ReleaseId>,
    /// What the canary of each release showed that was let through here: later regions pool it.
    pub evidence: BTreeMap<ReleaseId, RegionEvidence>,
    /// Canaries of each release that were rolled back because their counts did not decide, first one first.
    pub tries: BTreeMap<ReleaseId, Vec<Try>>,
    /// Releases that the region left again, the last time that it did.
    pub returned: BTreeMap<ReleaseId, Return>,
    /// The times before, of other waves: each wave brings a release once.
    pub returned_before: BTreeMap<ReleaseId, Vec<Return>>,
    /// Releases that a revert here was laid to, and why: also while the way back is in progress, or fails.
    pub blamed: BTreeMap<ReleaseId, Reason>,
    /// When it last left a release.
    pub returned_at: Option<Timestamp>,
    /// Why nothing may start here.
    pub halt: Option<Reason>,
    /// Since when it is unknown which bytes serve here, and why (I13).
    pub unknown: Option<Unknown>,
    /// Pages that did not go out yet.
    pub owed: Vec<Owed>,
    /// The latest pages that the region itself sent, and that a later release ends.
    pub pages: Vec<PageOnRecord>,
    /// How many instances it was last to have.
    pub scaled: Option<Scaled>,
    /// True if an update to another shape took, or was to take, the endpoint out of automatic scaling, and nothing was registered since.
    pub deregistered: bool,
    /// The release that the region leaves for 4xx that its callers may have caused.
    pub spares: Option<ReleaseId>,
    /// What probation found of a release that serves here: once is enough.
    pub worse: Option<WorseOnRecord>,
    /// What captured requests say of each release.
    pub shadowed: BTreeMap<ReleaseId, Shadow>,
    /// Another region's customers, whom this region was asked to carry.
    pub carries: Option<Carries>,
    /// Set while the region's own customers are sent elsewhere.
    pub evacuated: Option<Evacuated>,
    /// Regions whose endpoints do not answer this one.
    pub missed: BTreeMap<RegionName, Missed>,
    /// Homes whose ledgers do not answer here: policy's, and any that it has left since.
    pub silent_homes: BTreeMap<RegionName, SilentHome>,
    /// The last move of home that the region was told of: whoever acts for another home adds nothing to its chain.
    pub moved: Option<HomeMove>,
}

/// A release that probation found worse than the days before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorseOnRecord {
    /// The release that serves.
    pub release: ReleaseId,
    /// The metric, with today's counts and what the days before lead to expect.
    pub worse: WorseThanBefore,
    /// What policy made of it.
    pub action: ProbationAction,
}

impl WorseOnRecord {
    /// What people are owed where policy leaves it to them.
    fn page(&self, region: &RegionName, version: &Version, at: Timestamp) -> Option<Owed> {
        let advice = Advice::WeighRollback { region: region.clone() };
        let (region, version, worse) = (region.clone(), version.clone(), self.worse.clone());
        let why = reason::Return::WorseThanBefore { region, version, worse }.into();
        (self.action == ProbationAction::Tell).then_some(Owed { why, advice, at })
    }
}

/// A region's scaling, as the ledger has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scaled {
    /// What was registered, or was about to be.
    pub floor: Floor,
    /// The wave that registers it.
    pub execution: Actor,
    /// When that was intended.
    pub at: Timestamp,
    /// True once it is known to be registered.
    pub set: bool,
    /// When the wait for the instances was over, where an update waited for them.
    pub awaited: Option<Timestamp>,
}

/// A page that did not go out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Owed {
    /// What the people on call were to be told.
    pub why: Reason,
    /// What they were to do.
    pub advice: Advice,
    /// When it was put on record.
    pub at: Timestamp,
}

/// A call that is still running pages no later than this after it has put the page on record, and Lambda repeats a call that
/// failed after a minute.
const ABOUT_TO_PAGE: SignedDuration = SignedDuration::from_secs(30);

impl Owed {
    /// Whether it did not go out, for all that is known: the call that put it on record has had its time to send it.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        now.duration_since(self.at) >= ABOUT_TO_PAGE
    }
}

/// A region of which it is unknown which bytes serve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unknown {
    /// The time from which it holds.
    pub since: Timestamp,
    /// What SageMaker says of the endpoint.
    pub why: Fault,
}

/// A release that a region left again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Return {
    /// The wave that had brought it.
    pub wave: Actor,
    /// Why it was left.
    pub why: Reason,
    /// What that is laid to; none where nobody decided it.
    pub cause: Option<Cause>,
}

/// What serves in a region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Serving {
    /// Which release under which configuration.
    pub target: Target,
    /// The time from which it holds.
    pub since: Timestamp,
    /// By whose decision: a wave, a rollback, an installation.
    pub by: Actor,
}

impl RegionHistory {
    /// True if the region is halted for something that keeps the others from starting too.
    pub fn halts_fleet(&self) -> bool {
        self.halt.as_ref().is_some_and(Reason::halts_fleet)
    }

    /// The projection after one more entry.
    pub fn apply(&mut self, entry: &Entry) {
        match &entry.record {
            Record::Attested { release, .. } => {
                self.attested.insert(*release);
                self.attested_at.entry(*release).or_insert(entry.at);
                self.refused.remove(release);
            }
            Record::Shadowed { release, judgement, .. }
                if !self.shadowed.get(release).is_some_and(Shadow::is_decided) =>
            {
                self.shadowed.insert(*release, Shadow::of(judgement, entry.at));
            }
            Record::Refused { release, why, last } => {
                self.refused_last.extend(last.then_some(*release));
                self.refused.entry(*release).or_insert_with(|| why.clone());
            }
            Record::ChainDeparted { chain, kept, .. } => {
                self.departed.insert(chain.clone(), *kept);
            }
            Record::NotReplicated { objects } => {
                for (key, destination) in objects {
                    let keys = self.unreplicated.entry(destination.clone()).or_default();
                    keys.entry(key.clone()).or_insert(entry.at);
                }
            }
            Record::UpdateIntended { target, back, execution, epoch, bake } => {
                self.intended(OpenUpdate {
                    bake: *bake,
                    ..OpenUpdate::new(target, back.as_ref(), execution, *epoch, entry.at)
                });
            }
            Record::EndpointIntended { target, execution } => {
                self.intended(OpenUpdate::new(target, None, execution, None, entry.at));
            }
            Record::UpdateStarted { execution } => self.on_update(execution, |update| update.started = true),
            Record::CanaryStarted { execution, from, ends } => self.on_update(execution, |update| {
                update.started = true;
                update.canary.get_or_insert((*from, *ends));
            }),
            Record::Decided { execution, decision, why, judgement, cause } => {
                self.decided(execution, (*decision, why), *cause, judgement.as_ref());
                self.keep_evidence(execution, judgement.as_ref());
            }
            Record::Confirmed { target, execution, .. } if !self.has_left(target, execution) => {
                let is_lit = self.lighting().is_some_and(|update| update.target == *target);
                self.confirmed.insert(target.release, execution.clone());
                self.unknown = None;
                self.update.take_if(|_| is_lit);
                if let Some(update) = self.update.as_mut().filter(|update| update.target == *target) {
                    update.confirmed = true;
                    update.confirmed_at.get_or_insert(entry.at);
                }
                self.serve(target, entry.at, execution);
            }
            Record::FullLoadJudged { target, execution, judgement, .. } if !self.has_left(target, execution) => {
                let failed = judgement.as_ref().is_some_and(|judgement| judgement.verdict == Verdict::Fail);
                self.full_load.extend((!failed).then_some(target.release));
            }
            Record::Settled { target, execution } if !self.has_left(target, execution) => {
                self.update.take_if(|update| update.target == *target);
                self.serve(target, entry.at, execution);
            }
            Record::Kept { target, execution } => self.keep(target, entry.at, execution),
            Record::ScalingIntended { execution, floor } => self.scaling_intended(execution, floor, entry.at),
            Record::InstancesAwaited { execution, .. } => {
                self.on_scaling(execution, |scaled| _ = scaled.awaited.get_or_insert(entry.at));
            }
            Record::ScalingSet { execution } => {
                self.on_scaling(execution, |scaled| scaled.set = true);
                self.deregistered &= !self.scaled.as_ref().is_some_and(|scaled| scaled.set);
                self.scaled_as_usual();
            }
            Record::Failover(step) => self.failover(entry, step),
            Record::HomeSeen { home, seen } => self.home_seen(entry.at, home, seen),
            Record::HomeMoved { .. } => self.home_moved(HomeMove::of(entry)),
            Record::Reverted { from, to, why } => self.roll_back(entry, from, to, why),
            Record::ClientErrors { target, .. } => self.spares = Some(target.release),
            Record::ProbationFound { region, target, worse, action } if self.found_worse(&target.release).is_none() => {
                let found = WorseOnRecord { release: target.release, worse: worse.clone(), action: *action };
                self.owed.extend(found.page(region, &target.version, entry.at));
                self.worse = Some(found);
            }
            Record::BytesUnknown { why, paged, .. } => {
                if let (Some(region), Fault::TwoReleases(status)) = (paged, why) {
                    let told = reason::Return::BytesUnknown { region: region.clone(), status: *status };
                    self.paged(entry.at, &told.into());
                }
                self.unready();
                self.unknown.get_or_insert_with(|| Unknown { since: entry.at, why: why.clone() });
            }
            Record::PageOwed { why, advice } if !self.owes(why) && self.owed_return(why).is_none() => {
                self.owed.push(Owed { why: why.clone(), advice: advice.clone(), at: entry.at });
            }
            Record::PageSent { why } => {
                self.owed.retain(|owed| !owed.why.is_same_as(why));
                self.paged(entry.at, why);
            }
            Record::Halted { why } => {
                self.paged(entry.at, why);
                self.halt = Some(why.clone());
            }
            Record::Lifted { .. } | Record::JudgeReplaced { .. } => self.halt = None,
            _ => {}
        }
    }

    /// A region pages before it writes down what for, or owes the page: then it is none until it went out.
    fn paged(&mut self, at: Timestamp, why: &Reason) {
        if pages::is_ended_by_a_release(why) && !self.owes(why) {
            pages::put(&mut self.pages, at, why.clone());
        }
    }

    fn scaling_intended(&mut self, execution: &Actor, floor: &Floor, at: Timestamp) {
        // Said twice, patience does not begin again.
        let again = self.scaled.as_ref().filter(|own| own.floor == *floor && own.execution == *execution);
        if again.is_none() {
            let (floor, execution) = (floor.clone(), execution.clone());
            self.scaled = Some(Scaled { floor, execution, at, set: false, awaited: None });
        }
    }

    /// The region goes from one target to another: what was registered for another shape is not any more.
    fn reshaped(&mut self, from: &Target, to: &Target) {
        if !to.has_shape_of(&from.config) {
            (self.scaled, self.deregistered) = (None, true);
        }
    }

    fn on_scaling(&mut self, execution: &Actor, change: impl FnOnce(&mut Scaled)) {
        if let Some(scaled) = self.scaled.as_mut().filter(|own| own.execution == *execution) {
            change(scaled);
        }
    }

    /// True if no release has ever been proved to serve here, or is kept to serve: the next one is the region's first.
    pub fn is_new(&self) -> bool {
        let ran = self.serving.is_some() || self.previous.is_some() || self.kept.is_some();
        !ran && self.confirmed.is_empty() && self.returned.is_empty()
    }

    /// The open update that is to bring this region its first release; one that nobody has decided against.
    pub fn first_update(&self) -> Option<&OpenUpdate> {
        self.update.as_ref().filter(|update| update.is_first() && update.decision.is_none() && self.serving.is_none())
    }

    /// True if a page did not go out that the call which owes it has had its time to send.
    pub fn owes_overdue(&self, now: Timestamp) -> bool {
        self.owed.iter().any(|owed| owed.is_overdue(now))
    }

    /// True if the page that says this did not go out yet.
    pub fn owes(&self, why: &Reason) -> bool {
        self.owed.iter().any(|owed| owed.why.is_same_as(why))
    }

    /// The page of the return that `why` tells of, which did not go out yet. Two calls side by side may see different reasons for it: the
    /// first word stands.
    pub fn owed_return(&self, why: &Reason) -> Option<&Owed> {
        let from = pages::rolled_back_from(why)?;
        self.owed.iter().find(|owed| pages::rolled_back_from(&owed.why) == Some(from))
    }

    /// What probation found of `release` since it was brought here.
    pub fn found_worse(&self, release: &ReleaseId) -> Option<&WorseOnRecord> {
        self.worse.as_ref().filter(|found| found.release == *release)
    }

    /// True if `release` serves here, proved, and is to stay. One that was confirmed once and replaced since, or that was
    /// told to roll back after it was confirmed, is not.
    pub fn serves(&self, release: &ReleaseId) -> bool {
        let named = self.serving.as_ref().is_some_and(|serving| serving.target.release == *release);
        let leaves = self.update.as_ref().is_some_and(|update| {
            let told = update.target.release == *release && update.is_decided(Decision::Revert);
            told || update.rolls_back(release)
        });
        named && self.confirmed.contains_key(release) && self.unknown.is_none() && !leaves
    }

    /// True if `release` serves here, and what policy wants to see of it at full load is on record: the evidence that the
    /// next region asks for (I3).
    pub fn is_evidence(&self, fleet: &Fleet, region: &Region, release: &ReleaseId) -> bool {
        self.serves(release) && (!region.is_judged_at_full_load(fleet) || self.full_load.contains(release))
    }

    /// Why `release` is bad, by this region's own evidence: it left it for that, or was told to.
    pub fn evidence_against(&self, release: &ReleaseId) -> Option<&Reason> {
        let returned = self.returned.get(release).filter(|left| left.cause == Some(Cause::Release));
        returned.map(|left| &left.why).or(self.blamed.get(release))
    }

    /// Whether the region has itself paged that `release` was rolled back, since `wave` left it there again.
    pub fn told_of_return(&self, release: &ReleaseId, version: &Version, wave: &Actor) -> bool {
        let left = self.returned.get(release).is_some_and(|left| left.wave == *wave);
        left && self.told_since_return().any(|from| from == version)
    }

    /// True if a call of the region is about to page that it was rolled back from `version`.
    pub fn is_about_to_tell(&self, version: &Version, now: Timestamp) -> bool {
        let under_way = self.owed.iter().filter(|owed| !owed.is_overdue(now));
        under_way.filter_map(|owed| pages::rolled_back_from(&owed.why)).any(|from| from == version)
    }

    /// The versions of which the region has paged, since its last return, that they were rolled back.
    pub fn told_since_return(&self) -> impl Iterator<Item = &Version> {
        let since = self.returned_at;
        let late = self.pages.iter().filter(move |page| since.is_some_and(|since| page.at >= since));
        late.filter_map(|page| pages::rolled_back_from(&page.why))
    }

    /// How the region left a release that `wave` had brought.
    pub fn return_of(&self, release: &ReleaseId, wave: &Actor) -> Option<&Return> {
        let before = self.returned_before.get(release).into_iter().flatten();
        self.returned.get(release).into_iter().chain(before).find(|left| left.wave == *wave)
    }

    /// A wave that has left the target again has nothing more to say about it: its word is late.
    fn has_left(&self, target: &Target, execution: &Actor) -> bool {
        self.return_of(&target.release, execution).is_some()
    }

    /// What let the canary through is evidence for the regions after this one.
    fn keep_evidence(&mut self, execution: &Actor, judgement: Option<&Judgement>) {
        let update = self.update.as_ref().filter(|update| update.execution == *execution);
        let through = update.filter(|update| update.is_decided(Decision::Proceed));
        if let Some((update, judgement)) = through.zip(judgement) {
            self.evidence.insert(update.target.release, judgement.evidence.clone());
        }
    }

    /// `promote` and `rollback` may both write the same return: the second changes nothing.
    fn roll_back(&mut self, entry: &Entry, from: &Target, to: &Target, why: &Reason) {
        self.unknown = None;
        self.spares = None;
        self.worse.take_if(|found| found.release == from.release);
        let update = self.update.take_if(|update| update.target == *from || update.target == *to);
        let never_ran = update.as_ref().is_some_and(|update| update.epoch.is_some() && !update.was_taken());
        let serving = self.serving.as_ref().map(|serving| &serving.target);
        if update.is_none() && serving == Some(to) && self.returned.contains_key(&from.release) {
            return;
        }
        // A rollback's own update is no wave's: the wave is the one that had brought the release.
        let wave = update.as_ref().and_then(|update| match update.epoch {
            Some(_) => Some(&update.execution),
            None => update.leaves.as_ref().map(|(_, wave)| wave),
        });
        let wave = wave.or(self.confirmed.get(&from.release)).unwrap_or(&entry.actor).clone();
        let cause = update.and_then(|update| update.cause);
        let left = Return { wave, why: why.clone(), cause };
        if let Some(before) = self.returned.insert(from.release, left.clone()).filter(|before| before.wave != left.wave)
        {
            let others = self.returned_before.entry(from.release).or_default();
            others.retain(|other| other.wave != before.wave && other.wave != left.wave);
            others.push(before);
        }
        let moves = serving != Some(to);
        self.unready();
        self.returned_at = Some(entry.at);
        self.confirmed.remove(&from.release);
        self.full_load.remove(&from.release);
        self.evidence.remove(&from.release);
        // One step back, never two: an alarm that still rings from the canary must not take the champion away too.
        if !never_ran {
            self.previous = None;
        }
        self.reshaped(from, to);
        if moves {
            self.serving = Some(Serving { target: to.clone(), since: entry.at, by: entry.actor.clone() });
        }
    }

    fn on_update(&mut self, execution: &Actor, change: impl FnOnce(&mut OpenUpdate)) {
        if let Some(update) = self.update.as_mut().filter(|update| update.execution == *execution) {
            change(update);
        }
    }

    fn serve(&mut self, target: &Target, since: Timestamp, by: &Actor) {
        if self.serving.as_ref().is_some_and(|serving| serving.target == *target) {
            return;
        }
        let now = Serving { target: target.clone(), since, by: by.clone() };
        self.kept = None;
        self.previous = self.serving.replace(now).map(|before| before.target);
    }
}
