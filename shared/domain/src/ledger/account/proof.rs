//! What proves that a configuration serves its release's bytes, as far as it was on record at a moment.

use crate::fleet::endpoint::Target;
use crate::ledger::reason::Reason;
use crate::ledger::verdict::Verdict;
use crate::ledger::{Entry, Record};
use jiff::Timestamp;
use serde::Serialize;

/// The proofs of one configuration in one region: none that was given before the region last left it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Proof {
    /// When the region had read every file of the release with the digest that its manifest names (I2).
    pub attested: Option<Timestamp>,
    /// When home approved the release.
    pub approved: Option<Timestamp>,
    /// Its canary here, when it came.
    pub canary: Option<CanaryTimes>,
    /// When its golden records were answered with its scores (I4).
    pub golden: Option<Golden>,
    /// What its first minutes with all traffic said.
    pub full_load: Option<FullLoad>,
    /// When it was seen in service on it with soak over.
    pub settled: Option<Timestamp>,
    /// When, and why, evidence condemned the release.
    pub condemned: Option<(Timestamp, Reason)>,
}

/// When a canary took its share, by SageMaker's timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CanaryTimes {
    /// When the canary first took traffic.
    pub from: Timestamp,
    /// When the timer ended.
    pub ends: Timestamp,
}

/// Golden records that were asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Golden {
    /// When that was written down.
    pub at: Timestamp,
    /// How many, all of them answered right.
    pub asked: u32,
}

/// The check at full load.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FullLoad {
    /// When it was written down.
    pub at: Timestamp,
    /// What the counts say; none where nothing was judged.
    pub verdict: Option<Verdict>,
    /// What it rests on, or why nothing was judged.
    pub why: Reason,
}

/// What the region's entries and the hub's had proved of `target`.
pub(super) fn of(target: &Target, region: &[Entry], hub: Option<&[Entry]>) -> Proof {
    let mut proof = Proof::default();
    region.iter().for_each(|entry| proof.see(target, entry));
    proof.canary = canary(target, region);
    hub.into_iter().flatten().for_each(|entry| proof.see(target, entry));
    proof
}

/// The canary with which `target` came last, where it was not left since.
fn canary(target: &Target, region: &[Entry]) -> Option<CanaryTimes> {
    let (mut is_own, mut last) = (false, None);
    for entry in region {
        match &entry.record {
            Record::UpdateIntended { target: to, .. } | Record::EndpointIntended { target: to, .. } => {
                is_own = to == target;
            }
            Record::CanaryStarted { from, ends, .. } if is_own => last = Some(CanaryTimes { from: *from, ends: *ends }),
            Record::Reverted { from, .. } if from == target => last = None,
            _ => {}
        }
    }
    last
}

impl Proof {
    fn see(&mut self, target: &Target, entry: &Entry) {
        let at = entry.at;
        match &entry.record {
            Record::Attested { release, .. } if *release == target.release => {
                self.attested.get_or_insert(at);
            }
            Record::Approved { release, .. } if *release == target.release => {
                self.approved.get_or_insert(at);
            }
            Record::Condemned { release, why, .. } if *release == target.release => {
                self.condemned.get_or_insert_with(|| (at, why.clone()));
            }
            Record::Confirmed { target: proved, golden, .. } if proved == target => {
                self.golden.get_or_insert(Golden { at, asked: *golden });
            }
            Record::FullLoadJudged { target: judged, why, judgement, .. } if judged == target => {
                let verdict = judgement.as_ref().map(|judgement| judgement.verdict);
                self.full_load = Some(FullLoad { at, verdict, why: why.clone() });
            }
            Record::Settled { target: settled, .. } if settled == target => {
                self.settled.get_or_insert(at);
            }
            Record::Reverted { from, .. } if from == target => {
                (self.golden, self.full_load, self.settled) = (None, None, None);
            }
            _ => {}
        }
    }
}
