//! What the hub's chain adds up to: the lease, releases and waves.

use super::home::HomeMove;
use crate::fleet::names::{Actor, Epoch, RegionName, ReleaseId, Sha256, Version};
use crate::ledger::holdout::ApprovedHoldout;
use crate::ledger::overrides::Override;
use crate::ledger::quarantine::Quarantine;
use crate::ledger::reason::pages::{self, PageOnRecord};
use crate::ledger::reason::{Fault, Reason, WaveEnd};
use crate::ledger::{Chain, Entry, Record, Resumed, WaveOrder, holdout};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Who holds the lease, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The lease's generation, one more than that of the lease before.
    pub epoch: Epoch,
    /// The pipeline execution that holds it.
    pub holder: Actor,
    /// Until when, unless renewed.
    pub until: Timestamp,
}

impl Lease {
    fn is(&self, epoch: Epoch, holder: &Actor) -> bool {
        self.epoch == epoch && self.holder == *holder
    }
}

/// A release that regions may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovedRelease {
    /// SHA-256 of its manifest.
    pub release: ReleaseId,
    /// When its training finished, as its manifest says, but no later than its approval: this orders releases.
    pub came: Timestamp,
    /// When it was approved.
    pub at: Timestamp,
}

/// The hub's chain, added up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HubHistory {
    /// The last generation that anyone held.
    pub epoch: Epoch,
    /// Who holds the lease; it may have expired.
    pub lease: Option<Lease>,
    /// Releases for which a wave was started, with the last execution.
    pub waves: BTreeMap<ReleaseId, Actor>,
    /// Releases in the order in which they got their first wave, and when that was.
    pub started: Vec<(ReleaseId, Timestamp)>,
    /// Waves that go on with what an earlier one of the same release left open.
    pub resumed: BTreeMap<Actor, Resumed>,
    /// In which order each wave walks.
    pub orders: BTreeMap<Actor, WaveOrder>,
    /// Human names of the releases met.
    pub versions: BTreeMap<ReleaseId, Version>,
    /// Hold-outs in the order of their approval.
    pub holdouts: Vec<ApprovedHoldout>,
    /// ARNs of the releases' model packages.
    pub packages: BTreeMap<ReleaseId, String>,
    /// Evaluated releases and what decided it.
    pub evaluated: BTreeMap<ReleaseId, Reason>,
    /// Digests of the golden records that evaluation wrote.
    pub golden: BTreeMap<ReleaseId, Sha256>,
    /// Releases that evaluation approved.
    pub approved: BTreeSet<ReleaseId>,
    /// Approved releases in the order in which they came: what was evaluated late is not newer for that.
    pub line: Vec<ApprovedRelease>,
    /// Rules that people have set aside; some may have expired.
    pub overrides: Vec<Override>,
    /// Regions of which people were told that they are too far behind, and behind which release.
    pub skew_told: BTreeSet<(RegionName, ReleaseId)>,
    /// Waves in which people were told that callers send what no release can read.
    pub callers_told: BTreeSet<Actor>,
    /// Rejected releases and why.
    pub rejected: BTreeMap<ReleaseId, Reason>,
    /// Releases that evidence condemned, and why.
    pub condemned: BTreeMap<ReleaseId, Reason>,
    /// What people have taken out of consideration.
    pub quarantined: Vec<Quarantine>,
    /// Regions that do not answer: since when, in which wave.
    pub ill: BTreeMap<RegionName, (Actor, Timestamp)>,
    /// Regions that a wave left behind, and why.
    #[serde(with = "pairs")]
    pub deferred: BTreeMap<(Actor, RegionName), Reason>,
    /// The latest pages that waves sent.
    pub pages: Vec<PageOnRecord>,
    /// Chains whose pages up to then are over, and people were told so.
    pub cleared: BTreeMap<Chain, Timestamp>,
    /// Ended waves and the regions that lag.
    pub ended: BTreeMap<Actor, Vec<RegionName>>,
    /// Those of them that were lost, and after which home starts another execution by itself.
    pub lost: BTreeSet<Actor>,
    /// Waves of which a job failed that its handler left without an answer.
    pub failed_jobs: BTreeSet<Actor>,
    /// Why nothing may start.
    pub halt: Option<Reason>,
    /// The last move of home.
    pub moved: Option<HomeMove>,
}

impl HubHistory {
    /// The projection after one more entry.
    pub fn apply(&mut self, entry: &Entry) {
        match &entry.record {
            Record::WaveStarted { release, version, execution, late, order, resumes, policy: _ } => {
                self.order_wave(execution, order.as_ref());
                if let Some(resumed) = resumes {
                    self.resume(execution, resumed);
                }
                if self.waves.insert(*release, execution.clone()).is_none() {
                    self.started.push((*release, entry.at));
                }
                self.versions.insert(*release, version.clone());
                late.iter().for_each(|region| self.replica_late(execution, region, entry.at));
            }
            Record::WaveOrdered { execution, order } => self.order_wave(execution, Some(order)),
            Record::HoldoutApproved { holdout, why } => {
                let (by, why) = (entry.actor.clone(), why.clone());
                self.holdouts.push(ApprovedHoldout { holdout: *holdout, since: entry.at, by, why });
            }
            Record::HomeMoved { .. } => self.moves(HomeMove::of(entry)),
            Record::Registered { release, package } => {
                self.packages.insert(*release, package.clone());
            }
            Record::Evaluated { release, why, golden, .. } => {
                self.evaluated.insert(*release, why.clone());
                self.golden.extend(golden.map(|golden| (*release, golden)));
            }
            Record::Approved { release, created } => {
                self.approve(ApprovedRelease { release: *release, came: entry.at.min(*created), at: entry.at });
            }
            Record::Rejected { release, why } => {
                self.rejected.insert(*release, why.clone());
            }
            Record::LeaseTaken { epoch, until } if *epoch > self.epoch => {
                self.epoch = *epoch;
                self.lease = Some(Lease { epoch: *epoch, holder: entry.actor.clone(), until: *until });
            }
            // A late entry of an earlier holder changes nothing (I11).
            Record::LeaseRenewed { epoch, until } => {
                if let Some(lease) = self.lease.as_mut().filter(|lease| lease.is(*epoch, &entry.actor)) {
                    lease.until = lease.until.max(*until);
                }
            }
            Record::LeaseReleased { epoch } => {
                self.lease = self.lease.take().filter(|lease| !lease.is(*epoch, &entry.actor));
            }
            // Said twice, an illness does not begin again.
            Record::RegionIll { region, execution, .. } if !self.is_ill(region, execution) => {
                self.ill.insert(region.clone(), (execution.clone(), entry.at));
            }
            Record::RegionWell { region, .. } => {
                self.ill.remove(region);
            }
            Record::Deferred { region, execution, why, paged, release: _ } => {
                if *paged {
                    self.deferred_with_page(region, why, entry.at);
                }
                self.deferred.entry((execution.clone(), region.clone())).or_insert_with(|| why.clone());
            }
            Record::Condemned { release, why, .. } => {
                self.condemned.entry(*release).or_insert_with(|| why.clone());
            }
            Record::WaveEnded { execution, lagging, page, cleared, again, release: _ } => {
                if let Some(end) = page {
                    pages::put(&mut self.pages, entry.at, (**end).clone());
                }
                if *again || matches!(page.as_deref(), Some(WaveEnd::Lost { again: true, .. })) {
                    self.lost.insert(execution.clone());
                }
                // One that was delivered twice may be written late.
                for (chain, until) in cleared {
                    let known = self.cleared.entry(chain.clone()).or_insert(*until);
                    *known = (*known).max(*until);
                }
                self.ended.insert(execution.clone(), lagging.clone());
            }
            Record::JobFailed { execution, .. } => {
                self.failed_jobs.insert(execution.clone());
            }
            Record::Overridden { what, region, why, until } => {
                self.overrides.retain(|other| (other.what, &other.region) != (*what, region));
                let (region, who, why) = (region.clone(), entry.actor.clone(), why.clone());
                self.overrides.push(Override { what: *what, region, who, why, until: *until });
            }
            Record::Quarantined { object, releases, why } => self.quarantine(Quarantine {
                object: object.clone(),
                releases: releases.clone(),
                since: entry.at,
                who: entry.actor.clone(),
                why: why.clone(),
            }),
            Record::QuarantineLifted { object, .. } => self.lift_quarantine(object),
            Record::SkewTold { region, newest, why } => {
                pages::put(&mut self.pages, entry.at, why.clone());
                self.skew_told.insert((region.clone(), *newest));
            }
            Record::CallersTold { execution, .. } => {
                self.callers_told.insert(execution.clone());
            }
            // Only people halt the whole fleet.
            Record::Halted { why } => self.halt = Some(why.by(&entry.actor)),
            Record::Lifted { .. } => self.halt = None,
            _ => {}
        }
    }

    fn replica_late(&mut self, execution: &Actor, region: &RegionName, at: Timestamp) {
        let why = Reason::Fault(Fault::ReplicaLate);
        self.deferred_with_page(region, &why, at);
        self.deferred.insert((execution.clone(), region.clone()), why);
    }

    fn deferred_with_page(&mut self, region: &RegionName, why: &Reason, at: Timestamp) {
        let end = WaveEnd::Deferred { region: region.clone(), why: Box::new(why.clone()) };
        pages::put(&mut self.pages, at, end);
    }

    /// Those of a chain's `pages` of which nobody has said yet that they are over.
    pub fn uncleared<'a>(&self, chain: &Chain, pages: &'a [PageOnRecord]) -> impl Iterator<Item = &'a PageOnRecord> {
        let until = self.cleared.get(chain).copied();
        pages.iter().filter(move |page| until.is_none_or(|until| page.at > until))
    }

    /// Approved twice, a release keeps its place in the line.
    fn approve(&mut self, approved: ApprovedRelease) {
        if self.approved.insert(approved.release) {
            let place = self.line.partition_point(|other| other.came <= approved.came);
            self.line.insert(place, approved);
        }
    }

    /// The hold-out on which a release that home attested at `published` is evaluated: the newest that was approved by then.
    pub fn holdout(&self, published: Timestamp) -> Option<&ApprovedHoldout> {
        holdout::newest_by(&self.holdouts, published)
    }

    /// How many regions but this one a wave has left behind because they rolled back without a known cause.
    pub fn unclear_returns(&self, wave: &Actor, but: &RegionName) -> u32 {
        let of_wave = self.deferred.iter().filter(|((own, region), _)| own == wave && region != but);
        let left = of_wave.filter(|(_, why)| why.is_unclear_return());
        u32::try_from(left.count()).unwrap_or(u32::MAX)
    }

    /// How many approved releases came up to and with this one; none for one that no approval names.
    pub(crate) fn place(&self, release: &ReleaseId) -> usize {
        self.line.iter().position(|approval| approval.release == *release).map_or(0, |at| at + 1)
    }

    /// When the first wave of a release after this one was started.
    pub fn started_after(&self, release: &ReleaseId) -> Option<Timestamp> {
        self.started.iter().skip_while(|(own, _)| own != release).nth(1).map(|(_, at)| *at)
    }

    /// When a release's first wave was started.
    pub fn first_started(&self, release: &ReleaseId) -> Option<Timestamp> {
        self.started.iter().find(|(own, _)| own == release).map(|(_, at)| *at)
    }

    /// Which execution of its release a wave is, from 1, a person's not counted.
    pub(crate) fn attempt(&self, wave: &Actor) -> u32 {
        self.resumed.get(wave).map_or(1, |resumed| resumed.attempt)
    }

    /// Whether an earlier wave that this one goes on after was lost.
    pub(crate) fn lost_before(&self, wave: &Actor) -> bool {
        let mut earlier = std::iter::successors(self.resumed.get(wave), |resumed| self.resumed.get(&resumed.after));
        earlier.any(|resumed| self.lost.contains(&resumed.after))
    }

    /// The regions that a wave left behind, and why.
    pub fn left_behind_by(&self, wave: &Actor) -> impl Iterator<Item = (&RegionName, &Reason)> {
        let of_wave = self.deferred.iter().filter(move |((own, _), _)| own == wave);
        of_wave.map(|((_, region), why)| (region, why))
    }

    /// What the earlier wave left behind stays behind, but for regions with a try that is open.
    fn resume(&mut self, execution: &Actor, resumed: &Resumed) {
        let stays: Vec<(RegionName, Reason)> = self
            .left_behind_by(&resumed.after)
            .filter(|(_, why)| why.open_try().is_none())
            .map(|(region, why)| (region.clone(), why.clone()))
            .collect();
        for (region, why) in stays {
            self.deferred.entry((execution.clone(), region)).or_insert(why);
        }
        self.resumed.entry(execution.clone()).or_insert_with(|| resumed.clone());
    }

    /// The order that a wave recorded.
    pub fn order(&self, execution: &Actor) -> Option<&[RegionName]> {
        self.orders.get(execution).map(|order| order.regions.as_slice())
    }

    /// A wave's order never changes: the first word stands.
    fn order_wave(&mut self, execution: &Actor, order: Option<&WaveOrder>) {
        if let Some(order) = order {
            self.orders.entry(execution.clone()).or_insert_with(|| order.clone());
        }
    }

    fn is_ill(&self, region: &RegionName, execution: &Actor) -> bool {
        self.ill.get(region).is_some_and(|(wave, _)| wave == execution)
    }
}

/// A map whose keys are pairs, as a list of pairs: JSON's own maps have strings for keys.
mod pairs {
    use serde::de::{Deserialize, Deserializer};
    use serde::ser::{Serialize, Serializer};
    use std::collections::BTreeMap;

    pub(super) fn serialize<K, V, S>(map: &BTreeMap<K, V>, serializer: S) -> Result<S::Ok, S::Error>
    where
        K: Serialize,
        V: Serialize,
        S: Serializer,
    {
        serializer.collect_seq(map)
    }

    pub(super) fn deserialize<'de, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Vec::<(K, V)>::deserialize(deserializer).map(BTreeMap::from_iter)
    }
}
