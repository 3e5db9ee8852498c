//! Why an update is rolled back. Every cause of a revert of a wave's update is here.

use super::{Barred, SilentRegion, Stopped, Unseen};
use crate::fleet::names::Version;
use crate::ledger::verdict::Cause;
use meridian_judge::Grounds;
use serde::{Deserialize, Serialize};

/// Why an update is told to roll back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revert {
    /// The judge found the canary worse.
    Worse(Grounds),
    /// The release is worse at full load.
    WorseAtFullLoad(Grounds),
    /// The last decision was due, and the counts did not show that going on is safe (I9).
    Undecided(Grounds),
    /// The last decision was due, and the counts could not be read (I9).
    CountsUnseen {
        /// Why the counts could not be read.
        why: Unseen,
    },
    /// SageMaker's timer ended before anybody had decided (I9).
    TimerEnded,
    /// After the shift the endpoint did not answer the golden records with the release's scores (I4).
    Unproved(Proof),
    /// The wave was stopped while the canary was in progress (I7).
    Stopped(Stopped),
    /// No active region shows evidence that a region without a canary could rely on (I3).
    NoEvidence {
        /// The release that has no evidence.
        version: Version,
    },
    /// The region's alarm was in ALARM while the update was in flight.
    AlarmRang(super::WayBackReason),
    /// SageMaker rolled the update back, or the region stopped answering: by the signs seen, the deciding one first.
    Signs(Vec<Sign>),
}

impl Revert {
    /// What the revert is laid to.
    pub fn cause(&self) -> Cause {
        match self {
            Revert::Worse(_) | Revert::WorseAtFullLoad(_) => Cause::Release,
            Revert::Stopped(Stopped::Barred { by: Barred::Condemned { .. }, .. }) => Cause::Release,
            Revert::Signs(signs) => signs.first().map_or(Cause::Unclear, Sign::cause),
            Revert::AlarmRang(super::WayBackReason::Alarm { alike: Some(_), .. }) => Cause::Region,
            Revert::Undecided(_) => Cause::Undecided,
            Revert::CountsUnseen { .. }
            | Revert::TimerEnded
            | Revert::Unproved(_)
            | Revert::Stopped(_)
            | Revert::NoEvidence { .. }
            | Revert::AlarmRang(_) => Cause::Unclear,
        }
    }

    /// Whether this says something of other regions too: the release answers wrong, the wave was stopped, or several regions
    /// are ill at once.
    pub fn reaches_beyond_region(&self) -> bool {
        match self {
            Revert::Worse(_)
            | Revert::WorseAtFullLoad(_)
            | Revert::Unproved(Proof::Wrong { .. })
            | Revert::NoEvidence { .. } => true,
            Revert::Stopped(Stopped::RegionHalted { why, .. }) => why.halts_fleet(),
            Revert::Stopped(_) => true,
            Revert::Signs(signs) => matches!(signs.first(), Some(Sign::SilentWithOthers { .. })),
            Revert::Undecided(_)
            | Revert::CountsUnseen { .. }
            | Revert::TimerEnded
            | Revert::Unproved(Proof::Unasked { .. })
            | Revert::AlarmRang(_) => false,
        }
    }
}

/// What the golden records said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// They were answered, and not all with the release's scores.
    Wrong {
        /// Golden records answered with the release's scores.
        right: u32,
        /// Golden records that were asked.
        asked: u32,
        /// As which release.
        version: Version,
    },
    /// They could not be asked.
    Unasked {
        /// Why they could not be asked.
        why: Unseen,
    },
}

/// One sign of what is wrong with a region whose update is rolled back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// The judge's counts say `Fail`.
    Failed(Grounds),
    /// A guardrail alarm is in ALARM that watches green alone.
    GreenGuard {
        /// Name of the alarm.
        alarm: String,
    },
    /// The region is silent, and others are silent with it: not a single-region fault.
    SilentWithOthers {
        /// The region, and since when.
        silent: SilentRegion,
        /// What people call the others.
        others: Vec<crate::fleet::names::RegionName>,
    },
    /// This region alone does not answer.
    SilentAlone(SilentRegion),
    /// SageMaker found no instances.
    NoCapacity {
        /// What SageMaker says: `FailureReason` of `DescribeEndpoint`.
        reason: String,
    },
    /// Another guardrail alarm is in ALARM: the verdict's, or the heartbeat's.
    OtherGuard {
        /// Name of the alarm.
        alarm: String,
    },
    /// The alarm over the whole endpoint rings: green may be bad, or blue.
    EndpointAlarm,
}

impl Sign {
    /// What the sign says by itself: the table of [`diagnose`](crate::wave::plan::diagnose).
    pub fn cause(&self) -> Cause {
        match self {
            Sign::Failed(_) | Sign::GreenGuard { .. } => Cause::Release,
            Sign::SilentAlone(_) | Sign::NoCapacity { .. } => Cause::Region,
            Sign::SilentWithOthers { .. } | Sign::OtherGuard { .. } | Sign::EndpointAlarm => Cause::Unclear,
        }
    }
}
