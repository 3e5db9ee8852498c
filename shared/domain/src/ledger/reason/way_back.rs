//! A region's own way back: why it goes, how it goes, and why there is nothing to do.

use super::{Reason, Unseen};
use crate::fleet::alarms::LeftBehind;
use crate::fleet::endpoint::EndpointStatus;
use crate::fleet::names::{RegionName, ResourceName, Version};
use crate::ledger::{Compared, WorseThanBefore};
use serde::{Deserialize, Serialize};

/// Why a region rolls back by its own means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WayBackReason {
    /// Its rollback alarm is in ALARM.
    Alarm {
        /// The alarm that set it off, or the rollback alarm itself where CloudWatch does not say.
        alarm: String,
        /// What two releases answered alike, where that shows that the region is ill and neither of them is why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        alike: Option<Compared>,
    },
    /// Its 4xx rose with the release, and are not shown to be its callers'.
    ClientErrors,
    /// It was shifted without a decision to proceed (I9).
    Undecided,
    /// Its golden records are not answered with the release's scores (I4).
    Unproved,
    /// SageMaker rolled the update back, and no judge had said so: it was silent, or an alarm came first.
    Guardrail,
    /// SageMaker rolled the update back while the judge was silent: the heartbeat alarm is not OK, or was not when the
    /// canary began.
    JudgeSilent,
    /// SageMaker rolled the update back, and whether a judge looked at it could not be seen.
    JudgeUnseen,
    /// The alarm is quiet by now, and nothing else says why.
    Unexplained,
    /// Which bytes it served was unknown, and its golden records prove it now.
    ProvedAgain(super::Fault),
    /// Probation found its release worse than the same hours of the days before, and policy says `act`.
    WorseThanBefore(WorseThanBefore),
    /// The wave left the region behind while its ledger did not answer.
    LeftBehind(LeftBehind),
}

impl WayBackReason {
    /// Whether it speaks against the release: counts do, unless the region is shown to be ill, and so do golden records (I7).
    pub fn speaks_against_release(&self) -> bool {
        match self {
            Self::Alarm { alike, .. } => alike.is_none(),
            // Where the judge was not silent, an alarm that watches green came first.
            Self::ClientErrors | Self::Unproved | Self::Guardrail | Self::WorseThanBefore(_) => true,
            Self::Undecided
            | Self::JudgeSilent
            | Self::JudgeUnseen
            | Self::Unexplained
            | Self::ProvedAgain(_)
            | Self::LeftBehind(_) => false,
        }
    }
}

impl Return {
    /// Whether what a region does says something of the release, and so of other regions. An alarm on what served before the
    /// wave says nothing of the wave's.
    pub fn speaks_against_release(&self) -> bool {
        match self {
            Self::RollsBackFrom { why, .. }
            | Self::RolledBack { why, .. }
            | Self::Unread { why, .. }
            | Self::RingsInSoak { why, .. } => why.speaks_against_release(),
            // Without a ledger a region rolls back for an alarm alone.
            Self::Unwritten { .. } => true,
            Self::RollsBack { .. }
            | Self::Stays { .. }
            | Self::Leaves { .. }
            | Self::LeavesAfter { .. }
            | Self::NowhereToGo { .. }
            | Self::Broken { .. }
            | Self::NotLit { .. }
            | Self::Foreign { .. }
            | Self::BytesUnknown { .. }
            | Self::GoesToProved { .. }
            | Self::WorseThanBefore { .. }
            | Self::UnderWay => false,
        }
    }
}

/// What a region's own watch does, and tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a field is the region, the release or the thing that the variant is about")]
pub enum Return {
    /// It is rolled back.
    RollsBack { region: RegionName, to: Version, why: Option<Box<Reason>> },
    /// It is rolled back from this to that, and nobody had decided so.
    RollsBackFrom { region: RegionName, from: Option<Version>, to: Version, why: WayBackReason },
    /// SageMaker rolled it back from this to that.
    RolledBack { region: RegionName, from: Version, to: Version, why: WayBackReason },
    /// It rolled back while its ledger could not be written.
    Unwritten { region: RegionName, from: Version, to: Version },
    /// It is rolled back while its ledger cannot be read.
    Unread { region: RegionName, from: Version, to: Version, why: WayBackReason, unread: Unseen },
    /// It stays where it is: an intended update never started.
    Stays { region: RegionName, version: Version },
    /// It leaves a release whose 4xx its callers may have caused.
    Leaves { region: RegionName, version: Version },
    /// The same, with what was compared.
    LeavesAfter { region: RegionName, version: Version, compared: Option<Compared> },
    /// Its alarm is in ALARM, and there is nowhere to roll back to.
    NowhereToGo { region: RegionName, version: Version, why: WayBackReason },
    /// Its alarm is in ALARM while the release soaks.
    RingsInSoak { region: RegionName, version: Version, why: WayBackReason },
    /// Its release is worse than the same hours of the days before.
    WorseThanBefore { region: RegionName, version: Version, worse: WorseThanBefore },
    /// Its endpoint has failed: which bytes serve is unknown.
    Broken { region: RegionName, status: EndpointStatus },
    /// Its endpoint, made to carry another region's customers, is not proved: none of them comes here.
    NotLit { region: RegionName, version: Version },
    /// Its endpoint names another configuration than its ledger says: nobody here asked for it (I13).
    Foreign { region: RegionName, version: Version, config: ResourceName },
    /// SageMaker could not roll back: which bytes serve is unknown (I13).
    BytesUnknown { region: RegionName, status: EndpointStatus },
    /// It goes to what served last with proof.
    GoesToProved { region: RegionName, version: Version },
    /// Its way back is in progress.
    UnderWay,
}

/// Why a region's own watch has nothing to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a field is the region, the release or the thing that the variant is about")]
pub enum Quiet {
    /// There is no endpoint.
    NoEndpoint,
    /// There is to be no endpoint before the region is to carry another's customers.
    Keeps { version: Version },
    /// The region's endpoint is being made.
    Lighting { version: Version },
    /// The rollback alarm is quiet.
    Alarm,
    /// The region's 4xx are its callers'.
    Callers { compared: Option<Compared> },
    /// Probation: fewer earlier days than a judgement needs.
    TooFewDays { days: usize, needed: usize },
    /// Probation: the release is like the days before.
    LikeBefore { days: usize },
    /// Probation: the release is worse than the days before, and people know.
    WorseTold { version: Version },
    /// Probation: the counts of the days cannot be read.
    DaysUnread { why: Unseen },
    /// The region cannot be seen just now.
    Unseen { region: RegionName, why: Unseen },
    /// The endpoint is changing.
    Changing,
    /// The region waits for instances for another region's customers.
    AwaitsInstances { has: u32, least: u32 },
    /// The ledger does not know what serves.
    NothingOnRecord,
    /// The alarm still looks at minutes of the release that the region has just left.
    Echo,
    /// The endpoint names a configuration that the ledger does not know.
    ForeignConfig,
    /// The region is halted already.
    Halted,
    /// The same, and there is no way back.
    HaltedWithoutWay,
    /// Its 4xx may be its callers', and there is no way back.
    CallersWithoutWay,
    /// The region's first endpoint could not be made: the wave says so.
    FirstNotMade,
    /// The region's first endpoint is being made: there is nothing to roll back to.
    FirstInCreation,
    /// The wave's update has not started.
    NotStarted,
    /// The wave's update has ended well.
    EndedWell,
    /// The endpoint answers wrong, and there is no way back.
    WrongWithoutWay,
    /// The golden records cannot be asked.
    GoldenUnasked { why: Unseen },
    /// The golden records are not answered as this yet.
    GoldenWrong { right: u32, asked: u32, version: Version },
    /// The way back was asked for.
    Asked,
    /// Another update is running.
    OtherUpdate,
    /// The way back is in progress.
    UnderWay,
    /// The same, and the wave has said why.
    UnderWayToldByWave,
    /// The same, and nothing else is halted.
    UnderWayAlone,
    /// The same, and the ledger's entries follow.
    UnderWayUnwritten,
    /// The update was rolled back although it had no way back.
    RolledBackWithoutWay,
    /// The wave's judge is at work, and says why the update was rolled back.
    JudgeAtWork,
    /// The guardrail was told.
    GuardrailTold,
    /// The alarm is quiet, and the ledger cannot be read.
    AlarmWithoutLedger { why: Unseen },
    /// The ledger cannot be read, and no way back is written beside the alarms.
    NoWayBesideAlarms,
    /// Neither the ledger nor the way back beside the alarms can be read.
    WayUnseen { why: Unseen },
    /// The ledger cannot be read, and the region is not on what it would roll back from.
    NotOnTarget { region: RegionName },
    /// The ledger knows of nothing that was proved to serve here.
    NothingProved,
}
