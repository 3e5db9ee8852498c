//! What is wrong with a region, and what is known of its state.

use super::{IllService, Unseen};
use crate::fleet::endpoint::EndpointStatus;
use crate::fleet::names::{RegionName, Version};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is wrong with a region, or with its update.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a field is the region, the release or the thing that the variant is about")]
pub enum Fault {
    /// It cannot be seen.
    Unseen(Unseen),
    /// A service of it has not answered since.
    Silent { since: Timestamp, service: IllService },
    /// Nothing more is known than that it does not answer.
    NoAnswer,
    /// Its endpoint has failed.
    EndpointIs(EndpointStatus),
    /// SageMaker could not roll an update back: instances of two releases may answer (I13).
    TwoReleases(EndpointStatus),
    /// Its replica did not arrive before the wave started.
    ReplicaLate,
    /// It serves a release that nobody let through (I9).
    NotLetThrough { version: Version },
    /// SageMaker rolled the update back, and nobody had decided so.
    SageMakerReturned,
    /// The update was intended and never seen to start.
    NeverStarted,
    /// Its update was rolled back, and nothing shows whose fault that was.
    UnclearReturn(Box<super::Reason>),
    /// Its canary's counts did not decide.
    Undecided(super::Undecided),
    /// Its update was told to roll back.
    ToldToGoBack(Box<super::Reason>),
    /// The update has no decision on record.
    NobodyDecided,
    /// Its first endpoint was asked for, and is not there.
    EndpointNotThere,
    /// Its first endpoint is being created without an end.
    CreationEndless,
    /// The rollback alarm is in ALARM on its first release.
    FirstReleaseRings { alarm: String },
}

/// A region's control plane that does not answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SilentRegion {
    /// The region it is about.
    pub region: RegionName,
    /// Since when, or what it answered.
    pub fault: Fault,
}

/// What is known of a region that is left behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a field is the release that the variant is about")]
pub enum RegionState {
    /// It was proved to serve this; unknown until it answers.
    WasProved { version: Version },
    /// It was moving to this; unknown until it answers.
    WasMoving { version: Version },
    /// Its update was told to roll back to this; unknown until it answers.
    WasRollingBack { version: Version },
    /// Its update to this is in progress and undecided; unknown until it answers.
    Undecided { version: Version },
    /// It was on one release, and its update to the other was never seen to start.
    NeverStarted { from: Version, to: Version },
    /// It stays on this.
    Stays { version: Version },
    /// It serves nothing yet.
    ServesNothing,
    /// A release served there, and somebody has taken its endpoint away.
    EndpointGone,
    /// Which bytes it serves is unknown.
    BytesUnknown,
    /// What it serves is unknown.
    Unknown,
    /// Unknown until it answers.
    UnknownUntilItAnswers,
}
