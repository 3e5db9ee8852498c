//! What did not come out as a scenario says, or breaks what must hold in every night: as data, and in words.

use crate::night::scenario::Ending;
use crate::world::Fault;
use jiff::Timestamp;
use meridian_domain::{Chain, ChainError, RegionName};
use serde::Serialize;
use std::fmt;

/// What a scenario calls the release of a region that cannot be seen when the night is over.
pub(super) const UNKNOWN: &str = "unknown";

/// One thing that did not come out as it should, as data and in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The sentence, for people.
    pub words: String,
    /// The same as data, for machines.
    #[serde(flatten)]
    pub what: Unexpected,
}

impl From<Unexpected> for Problem {
    fn from(what: Unexpected) -> Self {
        Self { words: what.to_string(), what }
    }
}

/// What did not come out as it should.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Unexpected {
    /// A region serves another version than the scenario expects.
    OtherVersion {
        /// AWS's name for the region.
        region: RegionName,
        /// What people call it.
        title: String,
        /// What it serves; none where that is unknown.
        version: Option<String>,
        /// What it should serve.
        expected: String,
    },
    /// A region's endpoint does not confirm what its ledger says.
    Unconfirmed {
        /// AWS's name for the region.
        region: RegionName,
        /// What people call it.
        title: String,
        /// What its ledger says.
        version: String,
        /// The endpoint's status.
        status: String,
    },
    /// A region serves its release since later than the scenario expects.
    Late {
        /// AWS's name for the region.
        region: RegionName,
        /// What people call it.
        title: String,
        /// Since when; none where it serves nothing on record.
        since: Option<Timestamp>,
        /// By when it should.
        expected: Timestamp,
    },
    /// More or fewer pages.
    Pages {
        /// So many were sent.
        sent: usize,
        /// So many were expected.
        expected: usize,
    },
    /// More or fewer messages that page nobody.
    Advice {
        /// So many were sent.
        sent: usize,
        /// So many were expected.
        expected: usize,
    },
    /// The pipeline's executions ended otherwise.
    Executions {
        /// How they ended.
        endings: Vec<Ending>,
        /// How they should have.
        expected: Vec<Ending>,
    },
    /// The scenario does not say what a region serves in the end.
    NothingExpected {
        /// AWS's name for the region.
        region: RegionName,
        /// What people call it.
        title: String,
    },
    /// A region that serves is out of automatic scaling, which policy wants.
    Unscaled {
        /// AWS's name for the region.
        region: RegionName,
        /// What people call it.
        title: String,
    },
    /// A scheduled fault never made a difference.
    FaultUnmet {
        /// The fault as the scenario schedules it.
        fault: Box<Fault>,
    },
    /// I1: regions were between canary and full shift together.
    MidShiftTogether {
        /// Those that were mid-shift, sorted by name.
        regions: Vec<RegionName>,
        /// When it came to more than one.
        at: Timestamp,
    },
    /// I1: a wave started a region while another one was mid-shift.
    StartedBeside {
        /// The region that was started.
        region: RegionName,
        /// The other one.
        other: RegionName,
        /// When the start was put on record.
        at: Timestamp,
    },
    /// The entries of a chain do not follow from each other.
    ChainBroken {
        /// The chain that an auditor would refuse.
        chain: Chain,
        /// What is wrong with the first entry that does not follow.
        error: ChainError,
    },
}

impl Unexpected {
    /// True where an invariant is broken, which no scenario can expect.
    pub fn breaks_invariant(&self) -> bool {
        match self {
            Self::MidShiftTogether { .. } | Self::StartedBeside { .. } | Self::ChainBroken { .. } => true,
            Self::OtherVersion { .. }
            | Self::Unconfirmed { .. }
            | Self::Late { .. }
            | Self::Pages { .. }
            | Self::Advice { .. }
            | Self::Executions { .. }
            | Self::NothingExpected { .. }
            | Self::Unscaled { .. }
            | Self::FaultUnmet { .. } => false,
        }
    }
}

impl fmt::Display for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherVersion { title, version, expected, .. } => {
                write!(f, "{title} serves {}, expected {expected}", version.as_deref().unwrap_or(UNKNOWN))
            }
            Self::Unconfirmed { title, version, status, .. } => {
                write!(f, "{title}'s ledger says {version}, its endpoint is {status} elsewhere")
            }
            Self::Late { title, since: Some(since), expected, .. } => {
                write!(f, "{title} was late: since {since}, expected by {expected}")
            }
            Self::Late { title, since: None, expected, .. } => {
                write!(f, "{title} serves nothing on record, expected by {expected}")
            }
            Self::Pages { sent, expected } => write!(f, "{sent} pages were sent, expected {expected}"),
            Self::Advice { sent, expected } => write!(f, "{sent} advices were sent, expected {expected}"),
            Self::Executions { endings, expected } => {
                write!(f, "the executions ended {endings:?}, expected {expected:?}")
            }
            Self::NothingExpected { title, .. } => write!(f, "expect.serves does not say what {title} serves"),
            Self::Unscaled { title, .. } => write!(f, "{title} does not scale any more"),
            Self::FaultUnmet { fault } => write!(f, "the fault {:?} never made a difference", fault.describe()),
            Self::MidShiftTogether { regions, at } => {
                let regions: Vec<&str> = regions.iter().map(RegionName::as_str).collect();
                write!(f, "I1: {} were mid-shift together at {at}", regions.join(" and "))
            }
            Self::StartedBeside { region, other, at } => {
                write!(f, "I1: {region} was started at {at} while {other} was mid-shift")
            }
            Self::ChainBroken { chain, error } => write!(f, "chain {chain}: {error}"),
        }
    }
}
