//! The ledger: append-only, hash-chained entries of every intent and outcome, and what they add up to.

mod caller;

pub use caller::Caller;

use crate::advice::Advice;
use crate::audit::{StepKind, Violation};
use crate::callers::Compared;
use crate::endpoint::Target;
use crate::fleet::Floor;
use crate::heads::{Departure, KeptHead};
use crate::holdout::Holdout;
use crate::judge::{Judgement, Tally};
use crate::keys::Chain;
use crate::names::{Actor, Epoch, RegionName, ReleaseId, Sha256, Version};
use crate::overrides::Rule;
use crate::plan::{Bake, WaveOrder};
use crate::quarantine::Object;
use crate::reason::{Fault, Reason};
use crate::times;
use crate::verdict::{Cause, Decision, Verdict};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// One entry of one chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Position in its chain, from 0.
    pub seq: u64,
    /// When what it says was done. A rollback does not wait for the ledger (I6): its entry may follow later.
    pub at: Timestamp,
    /// When it was written, by the writer's clock: never before the entry before it.
    pub written: Timestamp,
    /// Hash of the entry before; of nothing for the first.
    pub prev: Sha256,
    /// Who wrote it, in its own words.
    pub actor: Actor,
    /// As whom the writer acted in the account.
    pub caller: Caller,
    /// What it says.
    #[serde(flatten)]
    pub record: Record,
}

/// What an entry says. Intents stand before the call, outcomes after it (I8).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    // The hub's chain.
    /// A wave was started for a release that the fleet has attested.
    WaveStarted {
        /// The release.
        release: ReleaseId,
        /// Its human name.
        version: Version,
        /// The pipeline execution.
        execution: Actor,
        /// Regions whose replica did not arrive in time.
        late: Vec<RegionName>,
        /// In which order it walks, and why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<WaveOrder>,
    },
    /// The order of a wave whose start did not say it: an execution that a person started.
    WaveOrdered {
        /// The pipeline execution.
        execution: Actor,
        /// In which order it walks, and why. The first word stands.
        order: WaveOrder,
    },
    /// A hold-out was approved: releases that home attests from now on are evaluated on it. The entry's actor says who.
    HoldoutApproved {
        /// The records.
        holdout: Holdout,
        /// Why it takes the place of the one before.
        why: String,
    },
    /// The release stands in the model registry.
    Registered {
        /// The release.
        release: ReleaseId,
        /// Package ARN.
        package: String,
    },
    /// Shadow evaluation's verdict.
    Evaluated {
        /// The release.
        release: ReleaseId,
        /// The release that it was compared with.
        champion: Option<ReleaseId>,
        /// Digest of the held-out set.
        holdout: Sha256,
        /// What the numbers say.
        verdict: Verdict,
        /// What decided it.
        why: Reason,
        /// Digest of the golden records, where there are any.
        golden: Option<Sha256>,
    },
    /// The package was approved: regions may start.
    Approved {
        /// The release.
        release: ReleaseId,
    },
    /// The package was rejected.
    Rejected {
        /// The release.
        release: ReleaseId,
        /// The reason.
        why: Reason,
    },
    /// One actor holds the fleet.
    LeaseTaken {
        /// Its generation.
        epoch: Epoch,
        /// Until when, unless renewed.
        until: Timestamp,
    },
    /// The holder goes on.
    LeaseRenewed {
        /// Its generation.
        epoch: Epoch,
        /// The end.
        until: Timestamp,
    },
    /// The holder is done.
    LeaseReleased {
        /// Its generation.
        epoch: Epoch,
    },
    /// A region's control plane does not answer.
    RegionIll {
        /// The region it is about.
        region: RegionName,
        /// The wave's execution.
        execution: Actor,
        /// What it answered, or what is in the way.
        why: Reason,
    },
    /// A region that was ill answers again.
    RegionWell {
        /// The region it is about.
        region: RegionName,
        /// The wave's execution.
        execution: Actor,
    },
    /// A region was left behind in this wave; the others go on.
    Deferred {
        /// The region it is about.
        region: RegionName,
        /// In which wave.
        execution: Actor,
        /// The release that it did not get.
        release: ReleaseId,
        /// Why, and what is known of its state.
        why: Reason,
    },
    /// Evidence says that the release is bad: nobody takes it any more.
    Condemned {
        /// The release.
        release: ReleaseId,
        /// Where it was seen.
        region: RegionName,
        /// The reason.
        why: Reason,
    },
    /// A person sets a rule aside for a while; the entry's actor says who. A later one of the same rule and region takes
    /// its place, and one that ends when it is written ends it.
    Overridden {
        /// Which rule.
        what: Rule,
        /// For which region; none for every one.
        region: Option<RegionName>,
        /// The reason.
        why: String,
        /// Until when: from then on it counts for nothing.
        until: Timestamp,
    },
    /// A person takes a release, or a file that releases are made of, out of consideration; the entry's actor says who.
    Quarantined {
        /// The object it is about.
        object: Object,
        /// The releases that are or hold it, as far as they were published by then.
        releases: Vec<ReleaseId>,
        /// The reason.
        why: String,
    },
    /// A person ends a quarantine.
    QuarantineLifted {
        /// Of what.
        object: Object,
        /// The reason.
        why: String,
    },
    /// People were told that a region is further from its peers than policy allows.
    SkewTold {
        /// The region that is behind.
        region: RegionName,
        /// The newest release that another region serves, or is about to.
        newest: ReleaseId,
        /// How far.
        why: Reason,
    },
    /// The audit refused a step: a defect of the planner, or of what it was shown. Nothing of the step was done.
    StepRefused {
        /// The wave's execution.
        execution: Actor,
        /// The step.
        step: StepKind,
        /// What it would have broken.
        notes: Vec<Violation>,
    },
    /// People were told that callers send in a region what neither release can read: no release is at fault.
    CallersTold {
        /// The wave's execution: it is said once in each.
        execution: Actor,
        /// Where it was seen.
        region: RegionName,
        /// What the challenger answered in the compared minutes: requests, and 4xx among them.
        green: Tally,
        /// What the champion answered in the same.
        blue: Tally,
    },
    /// A wave ended.
    WaveEnded {
        /// The release.
        release: ReleaseId,
        /// The pipeline execution.
        execution: Actor,
        /// Regions that do not serve the release.
        lagging: Vec<RegionName>,
    },

    // A region's chain.
    /// Every file of the release lies in this region's bucket with the digest that the manifest names.
    Attested {
        /// The release.
        release: ReleaseId,
        /// Its human name.
        version: Version,
    },
    /// The release's bytes here are not what its manifest says: not attested as they are, and people were told.
    Refused {
        /// The release.
        release: ReleaseId,
        /// Which file, and what was found.
        why: Reason,
        /// True if no repeat mends it: the release is not looked at again.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        last: bool,
    },
    /// A neighbour's chain does not hold an entry any more that this region saw there, and people were told.
    ChainDeparted {
        /// The chain it is about.
        chain: Chain,
        /// The entry that was seen.
        kept: KeptHead,
        /// What stands in its place.
        departure: Departure,
    },
    /// S3 reported objects that it did not replicate, and people were told.
    NotReplicated {
        /// Each object's key, and the bucket that it did not reach.
        objects: Vec<(String, String)>,
    },
    /// An update is about to be asked for.
    UpdateIntended {
        /// Where to.
        target: Target,
        /// Where the region can roll back to (I5); none for a first release.
        back: Option<Target>,
        /// The wave, or the rollback.
        execution: Actor,
        /// The lease's generation; none for a rollback, which needs no lease (I6).
        epoch: Option<Epoch>,
        /// The canary's bake and share; none for a rollback, which has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bake: Option<Bake>,
    },
    /// SageMaker accepted the update.
    UpdateStarted {
        /// The wave, or the rollback.
        execution: Actor,
    },
    /// The canary takes traffic.
    CanaryStarted {
        /// The wave.
        execution: Actor,
        /// The first moment.
        from: Timestamp,
        /// When SageMaker's own timer ends.
        ends: Timestamp,
    },
    /// What policy makes of the evidence.
    Decided {
        /// The wave.
        execution: Actor,
        /// The decision.
        decision: Decision,
        /// The reason.
        why: Reason,
        /// The judgement, where counts were judged.
        judgement: Option<Judgement>,
        /// What a revert is laid to; none where the canary goes on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<Cause>,
    },
    /// Shifted, and the golden records were answered with the target's scores (I4): "on v427" means this.
    Confirmed {
        /// What serves.
        target: Target,
        /// The wave.
        execution: Actor,
        /// Golden records asked, all answered right.
        golden: u32,
    },
    /// What the first minutes at full load said, against blue's last hour: only then does another region start (I3). One
    /// that fails is no such record but a decision to revert.
    FullLoadJudged {
        /// What serves.
        target: Target,
        /// The wave.
        execution: Actor,
        /// What it rests on; or why nothing was judged.
        why: Reason,
        /// The judgement; none where the counts did not arrive, or there is no blue to compare with.
        judgement: Option<Judgement>,
    },
    /// Soak is over: `InService` on the target.
    Settled {
        /// What serves.
        target: Target,
        /// The wave.
        execution: Actor,
    },
    /// How many instances the region is to have is about to be registered.
    ScalingIntended {
        /// The wave.
        execution: Actor,
        /// What is registered.
        floor: Floor,
    },
    /// It was registered.
    ScalingSet {
        /// The wave.
        execution: Actor,
    },
    /// The wait for instances that were asked for before an update is over.
    InstancesAwaited {
        /// The wave.
        execution: Actor,
        /// Whether they came.
        there: bool,
    },
    /// The region rolled back.
    Reverted {
        /// The release that it left.
        from: Target,
        /// What serves now.
        to: Target,
        /// The reason.
        why: Reason,
    },
    /// The region leaves a release whose 4xx its callers may have caused: nothing but the region itself rolls back.
    ClientErrors {
        /// The release that it leaves.
        target: Target,
        /// What was compared; none where the counts did not come.
        compared: Option<Compared>,
    },
    /// SageMaker could not roll an update back: fleets of both configurations may answer, and which bytes serve is unknown
    /// (I13). Nothing starts here until the golden records prove what serves.
    BytesUnknown {
        /// Who saw it: the wave, or the region's rollback.
        execution: Actor,
        /// What SageMaker says of the endpoint.
        why: Fault,
    },
    /// The people on call were to be told and the page did not go out: whoever looks next sends it.
    PageOwed {
        /// What they were to be told.
        why: Reason,
        /// What they were to do.
        advice: Advice,
    },
    /// A page that was owed went out.
    PageSent {
        /// What they were told.
        why: Reason,
    },

    // Either chain.
    /// What all entries before this one add up to was written beside the chain: who reads the chain later begins here.
    Checkpointed {
        /// Which form it has: [`FORM`](crate::checkpoint::FORM) of the code that wrote it.
        form: u32,
        /// The digest of its stored bytes.
        history: Sha256,
    },
    /// Nothing starts until it is lifted.
    Halted {
        /// The reason.
        why: Reason,
    },
    /// A halt is over.
    Lifted {
        /// The reason.
        why: String,
    },
}

impl Entry {
    /// The stored bytes: compact JSON in field order.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings, numbers and maps of strings always serialise.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads an entry back. Only the very bytes that [`Entry::to_bytes`] writes are one: a field more, or a space, would
    /// not show in the hash that the next entry carries.
    ///
    /// # Errors
    /// Bytes that are no entry, or not in its stored form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EntryError> {
        let entry: Self = serde_json::from_slice(bytes).map_err(|error| EntryError::Malformed(error.to_string()))?;
        if entry.to_bytes() == bytes { Ok(entry) } else { Err(EntryError::Form { seq: entry.seq }) }
    }

    /// What the next entry names as `prev`.
    pub fn hash(&self) -> Sha256 {
        Sha256::of(&self.to_bytes())
    }
}

/// An entry as it lies in its bucket.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The entry, as it was written. Shared: a chain's entries are read again and again.
    pub entry: Arc<Entry>,
    /// When S3 stored it, by S3's own clock.
    pub at: Timestamp,
    /// The digest of the stored bytes.
    hash: Sha256,
}

impl Stored {
    /// An entry that was stored at `at`.
    pub fn new(entry: Entry, at: Timestamp) -> Self {
        let hash = entry.hash();
        Self { entry: Arc::new(entry), at, hash }
    }

    /// Reads an entry back from what lies in its bucket.
    ///
    /// # Errors
    /// As [`Entry::from_bytes`].
    pub fn read(bytes: &[u8], at: Timestamp) -> Result<Self, EntryError> {
        let entry = Arc::new(Entry::from_bytes(bytes)?);
        Ok(Self { entry, at, hash: Sha256::of(bytes) })
    }

    /// What the next entry names as `prev`.
    pub fn hash(&self) -> Sha256 {
        self.hash
    }

    /// True if it says that it was written after it was stored.
    pub fn is_from_the_future(&self) -> bool {
        times::is_future(self.entry.written, self.at)
    }
}

/// Stored bytes that are no entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Not an entry's JSON.
    #[error("not a ledger entry: {0}")]
    Malformed(String),
    /// The same values in another form.
    #[error("ledger entry {seq} is not formatted as Meridian writes it: it was altered by hand")]
    Form {
        /// The entry.
        seq: u64,
    },
}

/// A chain that is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// An entry is missing or stands twice.
    #[error("ledger entry {found} found where {expected} is expected: an entry was removed or added by hand")]
    Sequence {
        /// The sequence number that belongs here.
        expected: u64,
        /// The one that was found.
        found: u64,
    },
    /// An entry does not follow from the one before.
    #[error("ledger entry {seq} does not have the hash of the entry before it: the chain was altered")]
    Hash {
        /// The entry.
        seq: u64,
    },
}

/// The end of a chain: what the next entry must carry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The next sequence number.
    pub next: u64,
    /// The hash of the last entry.
    pub prev: Sha256,
    /// When the last entry was written, as far as that can be believed.
    pub written: Timestamp,
}

impl Default for Head {
    fn default() -> Self {
        Self { next: 0, prev: Sha256::OF_NOTHING, written: Timestamp::UNIX_EPOCH }
    }
}

impl Head {
    /// Goes on past `entry`, if it is the next one.
    ///
    /// # Errors
    /// An entry that does not follow.
    pub fn follow(&mut self, entry: &Entry) -> Result<(), ChainError> {
        self.pass(entry, || entry.hash())
    }

    /// Goes on past a stored entry, if it is the next one.
    ///
    /// # Errors
    /// An entry that does not follow.
    pub fn follow_stored(&mut self, stored: &Stored) -> Result<(), ChainError> {
        self.pass(&stored.entry, || stored.hash)
    }

    fn pass(&mut self, entry: &Entry, hash: impl FnOnce() -> Sha256) -> Result<(), ChainError> {
        if entry.seq != self.next {
            return Err(ChainError::Sequence { expected: self.next, found: entry.seq });
        }
        if entry.prev != self.prev {
            return Err(ChainError::Hash { seq: entry.seq });
        }
        *self = Self { next: entry.seq + 1, prev: hash(), written: self.written.max(entry.written) };
        Ok(())
    }

    /// Goes on past a stored entry, if it is the next one, and answers it with times that can be believed: written no later
    /// than S3's own clock says, and no earlier than the entry before; done no later than it was written. An entry from the
    /// future so costs its own times, and no other's.
    ///
    /// # Errors
    /// An entry that does not follow.
    pub fn believe<'s>(&mut self, stored: &'s Stored) -> Result<Cow<'s, Entry>, ChainError> {
        let before = self.written;
        self.follow_stored(stored)?;
        let said = if stored.is_from_the_future() { stored.at } else { stored.entry.written };
        self.written = said.max(before);
        let (entry, written) = (&*stored.entry, self.written);
        let at = entry.at.min(written);
        if (at, written) == (entry.at, entry.written) {
            return Ok(Cow::Borrowed(entry));
        }
        Ok(Cow::Owned(Entry { at, written, ..entry.clone() }))
    }

    /// The entry that says `record`, done and written at `at`, at this end of the chain. A clock that went back does not make
    /// it older than the entry before.
    pub fn entry(&self, at: Timestamp, actor: Actor, record: Record) -> Entry {
        let (written, caller) = (at.max(self.written), Caller::Unverified);
        Entry { seq: self.next, at, written, prev: self.prev, actor, caller, record }
    }
}
