//! What entries say.

use crate::fleet::endpoint::Target;
use crate::fleet::names::{Actor, Epoch, RegionName, ReleaseId, Sha256, Version};
use crate::fleet::{Bake, Floor, ProbationAction};
use crate::ledger::advice::Advice;
use crate::ledger::failover::FailoverStep;
use crate::ledger::heads::{Departure, KeptHead};
use crate::ledger::holdout::Holdout;
use crate::ledger::home_seen::HomeSeen;
use crate::ledger::overrides::Rule;
use crate::ledger::quarantine::Object;
use crate::ledger::reason::{Fault, JobFailure, Reason, WaveEnd};
use crate::ledger::verdict::{Cause, Decision, Verdict};
use crate::ledger::{Binding, Chain, Compared, NewerRecord, WaveOrder, WorseThanBefore};
use jiff::Timestamp;
use meridian_judge::{CapturedJudgement, Judgement, Tally};
use serde::{Deserialize, Serialize};

/// An execution that goes on with the tries that an earlier one of the same release left open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// The earlier one. What it left behind for another reason is left behind in this one too.
    pub after: Actor,
    /// Which of the release's executions this is, from 2: part of the token by which it is found again.
    pub attempt: u32,
}

/// What an entry says. Intents stand before the call, outcomes after it (I8).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    // The hub's chain.
    /// A wave was started for a release that the fleet has attested.
    WaveStarted {
        /// The release that the wave promotes.
        release: ReleaseId,
        /// Its human name.
        version: Version,
        /// The pipeline execution.
        execution: Actor,
        /// Regions whose replica did not arrive in time, and of which people were told.
        late: Vec<RegionName>,
        /// In which order it walks, and why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<WaveOrder>,
        /// The execution that it goes on after; none for a release's first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resumes: Option<Resumed>,
        /// SHA-256 of the `fleet.toml` by which it walks: its jobs carry the same, and are refused where a function has another.
        /// None where no wave walked: what was installed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        policy: Option<Sha256>,
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
        /// The records that were approved.
        holdout: Holdout,
        /// Why it takes the place of the one before.
        why: String,
    },
    /// A person moved home: whoever is home by this chain's last word goes on with it, and nobody else. The entry's actor says who.
    HomeMoved {
        /// Functions of before, which do not know it, stop here.
        binding: Binding,
        /// The region that has been home.
        from: RegionName,
        /// The region that is home from now on; the chain goes on in its bucket.
        to: RegionName,
        /// True where the home before was lost: it may not know.
        lost: bool,
        /// The person's reason.
        why: String,
    },
    /// The release stands in the model registry.
    Registered {
        /// The release that the package stands for.
        release: ReleaseId,
        /// ARN of the model package.
        package: String,
    },
    /// Shadow evaluation's verdict on the hold-out, before any region starts.
    Evaluated {
        /// The challenger that was evaluated.
        release: ReleaseId,
        /// The release that it was compared with.
        champion: Option<ReleaseId>,
        /// Digest of the held-out set.
        holdout: Sha256,
        /// What the numbers say.
        verdict: Verdict,
        /// The gates that decided it, with their numbers.
        why: Reason,
        /// Digest of the golden records, where there are any.
        golden: Option<Sha256>,
    },
    /// The package was approved: regions may start.
    Approved {
        /// The release that regions may start.
        release: ReleaseId,
        /// When its training finished, as its manifest says.
        created: Timestamp,
    },
    /// The package was rejected.
    Rejected {
        /// The release that no region may start.
        release: ReleaseId,
        /// What evaluation found.
        why: Reason,
    },
    /// One actor has acquired the lease.
    LeaseTaken {
        /// The lease's generation, one more than the last.
        epoch: Epoch,
        /// Until when, unless renewed.
        until: Timestamp,
    },
    /// The holder goes on.
    LeaseRenewed {
        /// The lease's generation.
        epoch: Epoch,
        /// Until when, unless renewed again.
        until: Timestamp,
    },
    /// The holder is done.
    LeaseReleased {
        /// The lease's generation.
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
        /// Whether the wave paged for it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        paged: bool,
    },
    /// Evidence says that the release is bad: nobody takes it any more.
    Condemned {
        /// The release that is bad.
        release: ReleaseId,
        /// Where it was seen.
        region: RegionName,
        /// What the evidence says.
        why: Reason,
    },
    /// A person sets a rule aside for a while; the entry's actor says who. A later one of the same rule and region takes
    /// its place, and one that ends when it is written ends it.
    Overridden {
        /// The rule that does not count.
        what: Rule,
        /// For which region; none for every one.
        region: Option<RegionName>,
        /// The person's reason.
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
        /// The person's reason.
        why: String,
    },
    /// A person ends a quarantine.
    QuarantineLifted {
        /// What counts again.
        object: Object,
        /// The person's reason.
        why: String,
    },
    /// People were told that a region is further from its peers than policy allows.
    SkewTold {
        /// The region that is behind.
        region: RegionName,
        /// The newest release that another region serves, or is about to.
        newest: ReleaseId,
        /// How far it is behind.
        why: Reason,
    },
    /// A job of the pipeline failed that its handler left without an answer, and people were told.
    JobFailed {
        /// The wave's execution.
        execution: Actor,
        /// What kept the handler from answering it.
        why: Box<JobFailure>,
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
    /// A wave is over, whether or not every region serves its release.
    WaveEnded {
        /// The release that the wave promoted.
        release: ReleaseId,
        /// The pipeline execution.
        execution: Actor,
        /// Regions that do not serve the release.
        lagging: Vec<RegionName>,
        /// What people were paged for when it ended; none where nobody was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        page: Option<Box<WaveEnd>>,
        /// Chains whose pages up to then are over, and people were told so.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        cleared: Vec<(Chain, Timestamp)>,
        /// True if home starts another execution of the release by itself. Entries of before say it in their `page` alone.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        again: bool,
    },

    // A region's chain.
    /// Every file of the release lies in this region's bucket with the digest that the manifest names.
    Attested {
        /// The release whose files were checked.
        release: ReleaseId,
        /// Its human name.
        version: Version,
    },
    /// What the requests that this region captured say of a release, before any customer is answered by it: the first word stands.
    Shadowed {
        /// The challenger, which scored the requests again.
        release: ReleaseId,
        /// Its human name.
        version: Version,
        /// The release that served here, and answered the requests.
        champion: ReleaseId,
        /// Counts and verdicts; names of features, and no value of one (I12).
        judgement: CapturedJudgement,
    },
    /// The release's bytes here are not what its manifest says: not attested as they are, and people were told.
    Refused {
        /// The release that is not attested.
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
        /// What is to serve.
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
    /// A pilot light is about to make its endpoint, of what it keeps.
    EndpointIntended {
        /// What is to serve.
        target: Target,
        /// The region's own hand.
        execution: Actor,
    },
    /// SageMaker accepted the update.
    UpdateStarted {
        /// The wave, or the rollback.
        execution: Actor,
    },
    /// The canary takes traffic.
    CanaryStarted {
        /// The wave whose canary it is.
        execution: Actor,
        /// The first moment.
        from: Timestamp,
        /// When SageMaker's own timer ends.
        ends: Timestamp,
    },
    /// What policy makes of the evidence.
    Decided {
        /// The wave, or the rollback, whose update it is.
        execution: Actor,
        /// What happens to the update.
        decision: Decision,
        /// What the decision rests on.
        why: Reason,
        /// The judgement, where counts were judged.
        judgement: Option<Judgement>,
        /// What a revert is laid to; none where the canary goes on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<Cause>,
    },
    /// Shifted, and the golden records were answered with the target's scores (I4): "on v427" means this.
    Confirmed {
        /// What serves, proved.
        target: Target,
        /// The wave, or the rollback, whose update it was.
        execution: Actor,
        /// Golden records asked, all answered right.
        golden: u32,
    },
    /// What the first minutes at full load said, against blue's last hour: only then does another region start (I3). One
    /// that fails is no such record but a decision to revert.
    FullLoadJudged {
        /// What serves, at full load.
        target: Target,
        /// The wave that brought it.
        execution: Actor,
        /// What it rests on; or why nothing was judged.
        why: Reason,
        /// The judgement; none where the counts did not arrive, or there is no blue to compare with.
        judgement: Option<Judgement>,
    },
    /// Soak is over: `InService` on the target.
    Settled {
        /// What serves, with soak over.
        target: Target,
        /// The wave that brought it.
        execution: Actor,
    },
    /// A pilot light without an endpoint keeps a release: its files are attested here, its model and configuration created. Nothing serves.
    Kept {
        /// What its endpoint would serve.
        target: Target,
        /// The wave that brought it; or the region, where the endpoint that served it was seen to be gone.
        execution: Actor,
    },
    /// How many instances the region is to have is about to be registered.
    ScalingIntended {
        /// The wave that has it registered.
        execution: Actor,
        /// The bounds of the number of instances, and what for.
        floor: Floor,
    },
    /// What the intent before it says was registered with Application Auto Scaling.
    ScalingSet {
        /// The wave that had it registered.
        execution: Actor,
    },
    /// The wait for instances that were asked for before an update is over.
    InstancesAwaited {
        /// The wave that waited.
        execution: Actor,
        /// False where the region went on without them.
        there: bool,
    },
    /// Customers are moved to this region or away from it.
    Failover(FailoverStep),
    /// Whether home's ledger answers this region, where policy names deputies.
    HomeSeen {
        /// The region that is home by this region's policy.
        home: RegionName,
        /// What it saw.
        #[serde(flatten)]
        seen: HomeSeen,
    },
    /// The region's halt is over: its judge died with the home before, and another home judges from now on.
    JudgeReplaced {
        /// The wave that goes on.
        execution: Actor,
    },
    /// The region rolled back.
    Reverted {
        /// The release that it left.
        from: Target,
        /// The release that it rolled back to, in service.
        to: Target,
        /// Why the region rolled back.
        why: Reason,
    },
    /// The region leaves a release whose 4xx its callers may have caused: nothing but the region itself rolls back.
    ClientErrors {
        /// The release that it leaves.
        target: Target,
        /// What was compared; none where the counts did not come.
        compared: Option<Compared>,
    },
    /// Probation found the release that serves worse than the same hours of the days before. Where policy says `tell`, a page is owed
    /// with it.
    ProbationFound {
        /// The region it is about.
        region: RegionName,
        /// What serves, and was found worse.
        target: Target,
        /// The metric, with today's counts and what the days before lead to expect.
        worse: WorseThanBefore,
        /// What policy makes of it.
        action: ProbationAction,
    },
    /// SageMaker could not roll an update back: instances of both configurations may answer, and which bytes serve is unknown
    /// (I13). Nothing starts here until the golden records prove what serves.
    BytesUnknown {
        /// Who saw it: the wave, or the region's rollback.
        execution: Actor,
        /// What SageMaker says of the endpoint.
        why: Fault,
        /// The region that has paged for it; none where the wave saw it first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        paged: Option<RegionName>,
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
        /// Which form it has: [`FORM`](crate::ledger::checkpoint::FORM) of the code that wrote it.
        form: u32,
        /// The digest of its stored bytes.
        history: Sha256,
    },
    /// Nothing starts until it is lifted.
    Halted {
        /// Why nothing may start.
        why: Reason,
    },
    /// A halt is over.
    Lifted {
        /// The person's reason.
        why: String,
    },
    /// Of a kind that this code does not know. Never written, and read by [`Entry::from_bytes`](crate::ledger::Entry::from_bytes) alone.
    #[serde(skip_deserializing)]
    Newer(NewerRecord),
}
