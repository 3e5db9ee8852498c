//! What keeps a region from starting: the preflight's typed refusals.

use super::{Stopped, Unseen};
use crate::fleet::Frozen;
use crate::fleet::names::{Actor, RegionName, ResourceName, Version};
use meridian_judge::{CapturedFinding, CapturedVerdict};
use serde::{Deserialize, Serialize};

/// What keeps a region from starting, or a start from going on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a field is the region, the release or the thing that the variant is about")]
pub enum Gate {
    /// The whole wave is stopped (I7).
    Stopped(Box<Stopped>),
    /// A freeze holds here.
    Frozen(Frozen),
    /// Customers are moved to this region or away from it.
    InFailover { region: RegionName },
    /// The region, where nothing ran, makes its endpoint itself.
    Lights { region: RegionName },
    /// An earlier region has not confirmed the release (I3).
    NotConfirmed { before: RegionName, version: Version },
    /// An earlier region serves the release, and its first minutes at full load were not judged (I3).
    NotJudgedAtFullLoad { before: RegionName, version: Version },
    /// An earlier region has left the release (I3).
    LeftAgain { before: RegionName, version: Version },
    /// A region without a canary of its own has no evidence to rely on (I3).
    NoEvidence { version: Version },
    /// Another region's update is open (I1).
    MidShift { version: Version, wave: Actor },
    /// Another region's ledger, or this one's, cannot be seen (I13).
    Unseen(Unseen),
    /// The registry cannot be read: home's own trouble.
    RegistryUnseen { why: Unseen },
    /// The registry does not say `Approved`.
    NotApproved { version: Version },
    /// The registry says `Approved`, and the ledger does not: somebody overrode evaluation.
    ApprovedOutsideLedger { version: Version },
    /// The region's own way back is in progress.
    RollbackOpen { region: RegionName },
    /// The region rolls back by its own means first.
    OwnWayBack { region: RegionName },
    /// Which bytes the region serves is unknown (I13).
    BytesUnknown { region: RegionName, why: super::Fault },
    /// The release's bytes were not proved in this region (I2).
    NotAttested { region: RegionName, version: Version },
    /// The region's shadow on captured requests has no verdict yet.
    NotShadowed { region: RegionName, version: Version },
    /// The region captured too little to judge the release on.
    ShadowShort { region: RegionName, version: Version, verdict: CapturedVerdict, records: u64 },
    /// On the requests that the region captured the release does something other than the champion.
    ShadowFailed { region: RegionName, version: Version, failed: Vec<CapturedFinding> },
    /// The region's alarms cannot be read.
    AlarmsUnseen { why: Unseen },
    /// The rollback alarm does not exist.
    NoRollbackAlarm { alarm: String },
    /// The rollback alarm is in ALARM before the start.
    RollbackAlarmRings { alarm: String },
    /// A guardrail alarm is still in ALARM, though it was rewritten and primed.
    GuardRings { alarm: String },
    /// The endpoint names what the ledger never proved: there is no way back (I5).
    NoProvedWayBack { region: RegionName, config: ResourceName },
    /// An earlier wave let this release through and never proved it; its endpoint does not answer as it.
    LeftoverUnproved { version: Version },
    /// The golden records cannot be asked.
    GoldenUnasked { why: Unseen },
    /// The ledger says that a release serves, and there is no endpoint.
    EndpointGone { version: Version, endpoint: ResourceName, config: ResourceName },
    /// The ledger confirmed a release once, and there is no endpoint.
    EndpointGoneSince { endpoint: ResourceName },
    /// The update was asked for, and SageMaker does not take it.
    NotTaken,
    /// Its instance type changes, and its variant could not be taken out of automatic scaling.
    StillRegistered { why: Unseen },
    /// An update was rolled back that had no way back.
    RolledBackWithoutWay,
}
