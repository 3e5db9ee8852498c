//! What a page asks the person who reads it to do, as data.

use crate::fleet::names::{RegionName, ResourceName, Version};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What to do about what a page says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a field is the region or the release that the variant is about")]
pub enum Advice {
    /// Find the caller and limit it; the wave goes on.
    LimitCaller,
    /// Nothing: the causes of earlier pages are over.
    AllClear,
    /// A region that does not answer was left behind: check its service, then start a new execution.
    CheckHealth { region: RegionName, version: Version, serves: bool },
    /// A region in which something is missing that no waiting brings back was left behind: mend it, then start a new execution.
    MendRegion { region: RegionName, version: Version, serves: bool },
    /// A region whose update has no end was left behind: find out who started it.
    CloseUpdate { region: RegionName, version: Version, serves: bool },
    /// The release is condemned: read the evidence, publish again. `elsewhere`: the other regions whose customers may meet it.
    ReadEvidence { region: RegionName, version: Version, elsewhere: Vec<(RegionName, Exposure)> },
    /// A region that rolled back without a known cause was left behind: find it, then start a new execution.
    FindRegionCause { region: RegionName, version: Version },
    /// A region whose captured requests the release does not suit was left behind: find out what its callers send otherwise.
    CompareRequests { region: RegionName, version: Version },
    /// The wave stopped and the release is not condemned: find the cause, start again.
    FindCause,
    /// Nothing was changed: mend the cause, start again.
    MendCause,
    /// The wave stopped before the check at full load: start again once the halt is lifted.
    LiftFirst,
    /// A first release came to nothing: delete the endpoint, find the cause.
    DeleteEndpoint,
    /// The update goes on without instances for a failover.
    KeepCustomersAway { region: RegionName },
    /// The region's scaling was not registered.
    WatchInstances,
    /// A region lags: find out why, or override.
    CatchUp { region: RegionName },
    /// Regions lag of which nobody was told.
    LookAtEndpoints,
    /// A wave's execution ended before the wave: find out why. `again`: home starts another one by itself.
    ReadPipeline { again: bool },
    /// A region rolled back, using the rollback target stored with the verdict alarm.
    LookAtBucket,
    /// A region rolled back and could not write it down.
    ReadRollbackLog,
    /// A region leaves a release whose 4xx its callers may have caused.
    CompareCallers,
    /// A region's release is worse than the days before: a person decides whether it is rolled back.
    WeighRollback { region: RegionName },
    /// An alarm is in ALARM and no release is new.
    LookAtEndpoint,
    /// The endpoint that a pilot light has made is not proved: mend it, or delete it.
    LightByHand,
    /// A region rolls back by itself, and is halted: find out what the release does here.
    FindOutWhatItDoes,
    /// SageMaker rolled an update back that no judge had decided on.
    ReadPromoteLog,
    /// A region rolls back when its soak ends.
    WaitForSoak,
    /// An endpoint has failed.
    UpdateByHand,
    /// Which bytes serve is unknown; the region recovers by itself.
    RecoverByHand,
}

/// How customers of a region may meet a release, by the region's ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exposure {
    /// It serves there, proved.
    Serves {
        /// The time from which it holds.
        since: Timestamp,
        /// The configuration to go back to, where one is on record.
        back: Option<ResourceName>,
    },
    /// An update to it or from it is not over.
    InUpdate,
    /// The ledger cannot be read, or says that the serving release is unknown.
    Unknown,
}
