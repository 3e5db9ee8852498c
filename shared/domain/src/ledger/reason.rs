//! Why something was decided, as data: what, where, since when, which counts. Nothing compares or searches a sentence, because none
//! is kept: `meridian-messages` makes them, for people, when they read.
//!
//! A text in here is a name, or what somebody else said: a person, AWS, a library. A library's words are called `quoted`, and stand
//! beside the kind of what is wrong. What an adapter found by itself is a [`FailureDetail`].

mod barred;
mod detail;
mod evaluation;
mod event;
mod failure;
mod file;
mod gate;
mod job;
mod kinds;
mod operation;
pub mod pages;
mod reading;
mod region;
mod revert;
mod same;
mod step;
mod tries;
mod unseen;
mod wave;
mod way_back;

pub use barred::Barred;
pub use detail::{AnswerPart, BoundKind, FailureDetail, StatusOwner};
pub use evaluation::{ChampionRates, EvaluationReason, GateRuling, HeldOutRates, Misfit, ModelRole, Names, Shortage};
pub use event::{EventFault, EventKind, Excerpt, ExpectedField, FoundEvent, FoundField};
pub use failure::{Failure, LeftUndone};
pub use file::FileFault;
pub use gate::Gate;
pub use job::JobFailure;
pub use operation::OperationName;
pub use reading::{
    FeatureFault, HoldoutFault, HoldoutTypes, HoldoutUnit, ModelFault, ParquetFault, ReaderDeath, UnreadableFault,
    ValueFault,
};
pub use region::{Fault, RegionState, SilentRegion};
pub use revert::{Proof, Revert, Sign};
pub use step::{AtFullLoad, Canary, FullLoad, Proceed, Step, Traffic, Wait};
pub use tries::{NextTry, Retry, Undecided};
pub use unseen::{ErrorKind, IllService, Seen, ServiceFailure, Unseen};
pub use wave::{ExecutionEnd, Lag, Lagging, WaveEnd};
pub use way_back::{Quiet, Return, WayBackReason};

use crate::fleet::Frozen;
use crate::fleet::names::{Actor, RegionName, Version};
use jiff::SignedDuration;
use meridian_judge::Tally;
use serde::{Deserialize, Serialize};

/// Why a step is planned, a region waits, or something ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A person's own words.
    Said {
        /// The person's words, as they were given.
        words: String,
        /// Who said them, where the entry's actor does not.
        by: Option<Actor>,
    },
    /// AWS refuses a request, and will at every repeat.
    Refused(Refusal),
    /// Several reasons, the deciding one first.
    Several(Vec<Reason>),
    /// What is wrong with a file of the release.
    File(FileFault),
    /// Why evaluation approved or rejected a release, with the gates' numbers.
    Evaluation(EvaluationReason),
    /// What keeps a region from starting.
    Gate(Gate),
    /// Why a step of a wave is planned now.
    Step(Step),
    /// What must happen before the wave's next step.
    Wait(Wait),
    /// Why a canary goes on.
    Proceed(Proceed),
    /// Why an update is rolled back.
    Revert(Revert),
    /// What is wrong with a region, or with its update.
    Fault(Fault),
    /// What the check at full load said.
    FullLoad(FullLoad),
    /// A region is left behind: why, and what is known of its state.
    LeftBehind {
        /// Why it is left behind.
        why: Box<Reason>,
        /// What is known of its state.
        state: RegionState,
    },
    /// Why a region rolls back by its own means.
    WayBack(WayBackReason),
    /// How it is rolled back by its own means.
    Return(Return),
    /// Why a region's own watch has nothing to do.
    Quiet(Quiet),
    /// How a region's turn, or the wave, ends.
    Wave(WaveEnd),
    /// What is said of a region that lags behind its peers.
    Lag(Lag),
    /// Callers send what neither release can read.
    CallersAlike {
        /// The region it is about.
        region: RegionName,
        /// The challenger's answers.
        green: Tally,
        /// The champion's in the same minutes.
        blue: Tally,
    },
}

/// A request that AWS refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The operation that was refused.
    pub operation: OperationName,
    /// What AWS answered, or what is wrong with its answer.
    pub detail: FailureDetail,
}

/// What stops a whole wave, wherever it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// A person halted the fleet.
    FleetHalted(Box<Reason>),
    /// A region is halted.
    RegionHalted {
        /// The region it is about.
        region: RegionName,
        /// Why the region is halted.
        why: Box<Reason>,
    },
    /// No region may start the release.
    Barred {
        /// The release's human name.
        version: Version,
        /// What bars it.
        by: Barred,
    },
    /// The wave has ended: what comes for it now is late.
    WaveOver,
    /// The whole fleet is frozen, and the wave has waited for as long as policy lets it.
    FrozenTooLong {
        /// The freeze that holds.
        frozen: Frozen,
        /// How long the wave has held.
        held: SignedDuration,
    },
}

impl Reason {
    /// The same; a person's words name who said them.
    #[must_use]
    pub fn by(&self, actor: &Actor) -> Self {
        match self {
            Self::Said { words, by: None } => Self::Said { words: words.clone(), by: Some(actor.clone()) },
            other => other.clone(),
        }
    }

    /// Whether a region was left behind because its update was rolled back and nothing showed whose fault that was.
    pub fn is_unclear_return(&self) -> bool {
        matches!(self, Self::LeftBehind { why, .. } if matches!(**why, Self::Fault(Fault::UnclearReturn(_))))
    }

    /// What is said of a region that was left behind because its canary's counts did not decide.
    pub fn undecided(&self) -> Option<&Undecided> {
        match self {
            Self::LeftBehind { why, .. } => match &**why {
                Self::Fault(Fault::Undecided(undecided)) => Some(undecided),
                _ => None,
            },
            _ => None,
        }
    }

    /// The try that is still open of a region that was left behind.
    pub fn open_try(&self) -> Option<&Retry> {
        match &self.undecided()?.next {
            NextTry::Planned(retry) => Some(retry),
            _ => None,
        }
    }

    /// Whether a region's halt for this reason keeps every region from starting: a person's does, and one that rests on evidence
    /// against the release. What ails a region by itself is that region's (I7).
    pub fn halts_fleet(&self) -> bool {
        match self {
            Self::Return(told) => told.speaks_against_release(),
            Self::WayBack(why) => why.speaks_against_release(),
            _ => true,
        }
    }

    /// Whether what ended one region's update says something of other regions too.
    pub fn reaches_beyond_region(&self) -> bool {
        match self {
            Self::Revert(revert) => revert.reaches_beyond_region(),
            // AWS would refuse the next region's too.
            Self::Refused(_) => true,
            _ => false,
        }
    }
}

macro_rules! reasons {
    ($($from:ident => $variant:ident),* $(,)?) => {$(
        impl From<$from> for Reason {
            fn from(why: $from) -> Self {
                Self::$variant(why)
            }
        }
    )*};
}

reasons!(FileFault => File, EvaluationReason => Evaluation, Gate => Gate, Step => Step, Wait => Wait, Proceed => Proceed, Revert => Revert, Fault => Fault,
    FullLoad => FullLoad, Refusal => Refused, WayBackReason => WayBack, Return => Return, Quiet => Quiet, WaveEnd => Wave, Lag => Lag);
