//! How a region's turn ends, and how the wave does.

use super::{FullLoad, Reason, Stopped, Unseen};
use crate::fleet::endpoint::EndpointStatus;
use crate::fleet::names::{RegionName, ResourceName, Version};
use crate::ledger::overrides::Override;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// How a region's turn, or the wave, ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a field is the region, the release or the thing that the variant is about")]
pub enum WaveEnd {
    /// The region serves the release.
    Serves { region: RegionName, version: Version },
    /// The region, where nothing runs, keeps the wave's release.
    Keeps { region: RegionName, version: Version },
    /// A newer release was approved before this wave moved anything.
    Superseded { region: RegionName, version: Version, newer: String },
    /// The wave is stopped.
    Stopped(Stopped),
    /// The region leaves, or has left, the release for being bad: it is condemned.
    RolledBack { region: RegionName, version: Version, over: bool, why: Box<Reason> },
    /// The region is not on the release, and nothing shows that the release is bad: the wave stops.
    NotOn { region: RegionName, version: Version, why: Box<Reason> },
    /// The region cannot start, and waiting does not help: the wave stops.
    NotPromoted { region: RegionName, version: Version, why: Box<Reason> },
    /// The region is left behind; the others go on.
    Deferred { region: RegionName, why: Box<Reason> },
    /// The region's first release came to nothing.
    NoFirstRelease { region: RegionName, why: Box<Reason> },
    /// The region serves the release, and its first minutes at full load said this.
    FullLoad { region: RegionName, found: FullLoad },
    /// The region serves the release, and the wave was stopped before that was judged at full load.
    NotJudged { region: RegionName, version: Version, stopped: Stopped },
    /// Every region serves the release, or served it when the wave ended.
    Complete { version: Version, then: bool, overrides: Vec<Override> },
    /// Not every region serves the release.
    Incomplete { version: Version, lagging: Vec<(RegionName, Lagging)>, overrides: Vec<Override> },
    /// CodePipeline ended the wave's execution before the wave did. `again`: home starts another one by itself.
    Lost { version: Version, how: ExecutionEnd, lagging: Vec<RegionName>, again: bool },
}

/// How an execution of the pipeline ended, in CodePipeline's words (`GetPipelineExecution`, `PipelineExecutionStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words are CodePipeline's")]
pub enum ExecutionEnd {
    Succeeded,
    Failed,
    Stopped,
    Superseded,
    Cancelled,
}

impl WaveEnd {
    /// The region that a page of this names: `home` where it is about the fleet. None of what nobody is paged for, or what a record of
    /// its own says.
    pub(crate) fn place<'a>(&'a self, home: &'a RegionName) -> Option<&'a RegionName> {
        match self {
            Self::RolledBack { region, .. }
            | Self::NotOn { region, .. }
            | Self::NotPromoted { region, .. }
            | Self::NoFirstRelease { region, .. }
            | Self::NotJudged { region, .. } => Some(region),
            Self::Incomplete { .. } | Self::Lost { .. } => Some(home),
            Self::Serves { .. }
            | Self::Keeps { .. }
            | Self::Superseded { .. }
            | Self::Stopped(_)
            | Self::Deferred { .. }
            | Self::FullLoad { .. }
            | Self::Complete { .. } => None,
        }
    }
}

/// Why a region does not serve the wave's release, or not yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a field is what the variant is about")]
pub enum Lagging {
    /// The wave left it behind.
    Deferred(Box<Reason>),
    /// It is halted.
    Halted(Box<Reason>),
    /// Its ledger cannot be seen.
    LedgerUnseen,
    /// It has no endpoint.
    NoEndpoint,
    /// It is to have none, and does not keep the release.
    NotKept,
    /// Its endpoint cannot be seen.
    EndpointUnseen { why: Unseen },
    /// Its endpoint was not asked.
    EndpointNotRead,
    /// Which bytes it serves is unknown.
    BytesUnknown(EndpointStatus),
    /// It names another configuration.
    NamesConfig { config: ResourceName },
    /// Its endpoint has failed.
    EndpointIs(EndpointStatus),
    /// It is rolling back.
    RollingBack,
    /// Its soak is not over.
    Soaks,
    /// It names the release's configuration, and nobody proved that it answers as the release.
    Unproved,
    /// Its golden records cannot be asked.
    GoldenUnasked { why: Unseen },
    /// Its golden records are answered wrong.
    GoldenWrong { right: u32, asked: u32 },
    /// It did not serve the release when the wave ended.
    DidNotThen,
}

/// A region that is further behind its peers than policy allows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lag {
    /// The region that is behind.
    pub region: RegionName,
    /// Human name of the release that serves there.
    pub serves: Version,
    /// By how many releases it is behind.
    pub behind: usize,
    /// The newest release that a peer serves, or is about to: its human name, or the beginning of its digest.
    pub newest: String,
    /// Hours since the first of them was approved.
    pub hours: i64,
    /// How many releases policy allows.
    pub allowed: u32,
    /// How old policy allows the first of them to be.
    pub allowed_age: SignedDuration,
}
