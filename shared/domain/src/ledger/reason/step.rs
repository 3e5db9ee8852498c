//! What a step of a wave is for, and what is waited for.

use super::{Gate, Reason, Unseen};
use crate::fleet::Bake;
use crate::fleet::names::{Actor, RegionName, ResourceName, Version};
use crate::ledger::Act;
use crate::ledger::overrides::Override;
use crate::ledger::reason::pages::PageOnRecord;
use jiff::Timestamp;
use meridian_judge::{Grounds, Verdict};
use serde::{Deserialize, Serialize};

/// Why a wave's step is planned now: the observation that makes it due, or the step after which it comes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a field is the region, the release or the thing that the variant is about")]
pub enum Step {
    /// It comes next outside the ledger.
    Act { act: Act, region: RegionName, version: Version },
    /// The lease is renewed: it is half used.
    LeaseHalfUsed,
    /// The lease is acquired: nobody holds it.
    LeaseFree,
    /// The wave's order is recorded.
    Order,
    /// Everything is ready: the intent is recorded.
    Ready { region: RegionName, version: Version, first: bool, canary: Option<Canary>, overrides: Vec<Override> },
    /// An update, or a creation, is found running whose answer was lost.
    FoundRunning,
    /// So many per cent of the region's requests go to the release from now on.
    CanaryTakesTraffic { region: RegionName, version: Version, percent: u32 },
    /// Every golden record was answered with the release's scores.
    Proved { golden: u32, version: Version },
    /// An earlier wave's release turns out to have served all along.
    WasServing { region: RegionName, version: Version },
    /// An earlier update has ended.
    LastUpdateEnded { region: RegionName },
    /// The region serves what it served before: its update is undone.
    IsBack { region: RegionName, version: Version },
    /// Policy's patience with a region that does not answer begins.
    FallsSilent { region: RegionName, why: Unseen },
    /// The same, with one whose open update is in the way.
    InTheWay { region: RegionName, why: Gate },
    /// A region that had fallen silent answers.
    AnswersAgain { region: RegionName },
    /// The region's halt is over: it had lost its judge, which died with the home before.
    JudgeReplaced { region: RegionName },
    /// The region could carry another region's customers too.
    ReadyForFailover { region: RegionName },
    /// The region is to carry another's customers: it registers the instances for that.
    Carries { region: RegionName, from: RegionName, least: u32 },
    /// The region can carry them.
    ReadyToCarry { region: RegionName, from: RegionName },
    /// The region, where nothing runs, has what an endpoint of the release needs.
    Keeps { region: RegionName, version: Version },
    /// Nothing runs in the region any more: its endpoint was taken away.
    PutOut { region: RegionName, version: Version },
    /// The region makes its endpoint, to carry another region's customers.
    Lights { region: RegionName, version: Version },
    /// The region needs more instances, should another region's customers come.
    NeedsInstances { region: RegionName, has: u32, least: u32 },
    /// The region has not got the instances that it needs; `why` where they could not be asked for.
    LacksInstances { region: RegionName, has: u32, least: u32, why: Option<Unseen> },
    /// The region's usual bounds from now on.
    UsualScaling { region: RegionName, least: u32, most: u32 },
    /// The usual bounds of the region's scaling are registered.
    ScalingSet { region: RegionName },
    /// The usual bounds of the region's scaling could not be registered in time.
    ScalingNotSet { region: RegionName, version: Version, why: Unseen },
    /// The region has served the release for as long as its old instances are kept.
    SoakOver { region: RegionName },
    /// Every region serves the wave's release, and what these pages said is over.
    AllClear { version: Version, pages: Vec<PageOnRecord> },
    /// The wave releases the lease.
    WaveOver,
}

/// A canary that was chosen, and by which traffic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Canary {
    /// How long, and which share.
    pub bake: Bake,
    /// What it was chosen by.
    pub by: Traffic,
}

/// Which traffic a canary was chosen by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Traffic {
    /// What the region served in the last hour, requests a second.
    Measured(f64),
    /// What it usually serves at this hour.
    Usual,
    /// The same, because the counts could not be read.
    Unseen {
        /// Why the counts could not be read.
        why: Unseen,
    },
}

/// What must happen before the wave's next step. The region or the release that it is about is a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a field is the region, the release or the thing that the variant is about")]
pub enum Wait {
    /// Home's own services, which do not answer or refuse.
    Home { why: Unseen },
    /// The lease, which another wave holds until then.
    LeaseHeld { holder: Actor, until: Timestamp },
    /// The region's number of instances changes.
    Scaling { region: RegionName },
    /// The endpoint, which is `Updating` for another reason than this wave.
    OtherUpdate { region: RegionName },
    /// An update in progress that no intent of this wave is on record for.
    ForeignUpdate { region: RegionName },
    /// What keeps the region from starting may pass.
    Gate { region: Option<RegionName>, gate: Gate },
    /// The end of a region's freeze, near enough for the wave to wait.
    Freeze { region: RegionName, frozen: crate::fleet::Frozen },
    /// A freeze of the whole fleet.
    FleetFreeze { frozen: crate::fleet::Frozen },
    /// Green's instances are being provisioned.
    Provisioning { region: RegionName },
    /// The first endpoint's instances.
    FirstProvisioning { region: RegionName },
    /// The region's first endpoint, which SageMaker is creating.
    Endpoint { region: RegionName },
    /// The first endpoint, which is made with another configuration.
    EndpointOf { region: RegionName, config: ResourceName },
    /// The canary's counts, which do not decide yet.
    Canary { since: Timestamp, verdict: Verdict, grounds: Grounds },
    /// The counts, which cannot be read just now.
    Counts { why: Unseen },
    /// The shift, which SageMaker's timer brings at `at`.
    Shift { at: Timestamp },
    /// Traffic on its way.
    Traffic { region: RegionName, version: Version },
    /// Traffic on its way in steps.
    TrafficInSteps { region: RegionName, until: Timestamp },
    /// The golden records, which have not proved what serves.
    Proof(super::Proof),
    /// The way back, which SageMaker was told.
    Return { region: RegionName, why: Option<Box<Reason>> },
    /// The check at full load.
    FullLoad { region: RegionName, due: Timestamp, seen: AtFullLoad },
    /// A region without a canary follows.
    Follows { region: RegionName, version: Version },
    /// A region that does not answer.
    Silent { region: RegionName, since: Timestamp },
    /// A region that finds out itself which bytes it serves.
    Bytes { region: RegionName, why: super::Fault },
    /// Instances for a failover.
    Instances { region: RegionName, has: u32, least: u32 },
    /// The region's scaling, which is not registered yet.
    ScalingUnset { region: RegionName, why: Unseen },
    /// The first release's proof: its alarm, or its golden records.
    FirstProof(Box<Reason>),
    /// A region that the wave's last look finds on its way, or cannot see.
    Lag { region: RegionName, why: super::Lagging },
}

/// What was seen at full load so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtFullLoad {
    /// No minute's counts have arrived.
    Nothing,
    /// The counts so far were judged.
    Judged {
        /// The judge's verdict so far.
        verdict: Verdict,
        /// What it rests on.
        grounds: Grounds,
    },
    /// The counts cannot be read.
    Unseen {
        /// Why they cannot be read.
        why: Unseen,
    },
}

/// What the check at full load ended with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FullLoad {
    /// Its counts were judged, on these grounds.
    Judged(Grounds),
    /// A first release has no blue beside it.
    FirstRelease,
    /// The update that brought it is not on record any more.
    UpdateNotOnRecord,
    /// The counts cannot be read.
    Unseen {
        /// Why they cannot be read.
        why: Unseen,
    },
}

/// Why a canary goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proceed {
    /// Its own counts pass.
    Passes(Grounds),
    /// There is no canary here; these regions have shown evidence.
    RelyOn(Vec<RegionName>),
}
