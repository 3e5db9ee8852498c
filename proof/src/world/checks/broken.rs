//! What broke an invariant, as data, and its one sentence.

use super::Ending;
use crate::world::{Setting, Stand, Who};
use meridian_domain::{Actor, Chain, ChainError, Record, StepKind, Violation};
use std::fmt;

/// What is wrong. Regions and releases are the setting's numbers.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "a field is the region, the release or the thing that the variant is about")]
pub enum Broken {
    /// These regions are mid-shift at once.
    MidShift { regions: Vec<usize> },
    /// Something is wrong with a release in a region.
    Release { region: usize, release: usize, what: Wrong },
    /// An endpoint is to be created where there is one.
    EndpointExists,
    /// The region's alarm rings, and it does not roll back; `blind` where its ledger is not readable.
    NotRolledBack { region: usize, blind: bool },
    /// A region is to be scaled in a fleet whose policy has no scaling.
    NoScaling,
    /// An entry does not follow from the one before.
    ChainBroken { chain: Chain, fault: ChainError },
    /// Repeated and late events change how this region ends, or else the projection of the hub's chain.
    EventsMatter { region: Option<usize> },
    /// A wave creates or notes something in the region and has not just seen that it holds the lease.
    Unleased { region: usize },
    /// The wave acts in the region, whose chain had told it that another home has replaced its own.
    Replaced { region: usize, actor: Actor },
    /// The wave writes about the region, and another has written there since it looked.
    StaleLook { region: usize, actor: Actor, record: Box<Record> },
    /// The audit refuses what was planned.
    Refused { step: StepKind, notes: Vec<Violation> },
    /// A page was declined, and no ledger was asked to take it as owed.
    Unheard,
    /// A wave pages, and has not just read whether its other delivery did.
    PagedUnread,
    /// What must come about does not.
    Liveness(Liveness),
}

/// What is wrong with a release in a region.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is the region, the release or the thing that the variant is about")]
pub enum Wrong {
    /// It takes traffic and is not approved, or not attested there.
    NotApproved,
    /// It starts within a freeze.
    Frozen,
    /// It starts, and the region `before` does not serve it, or `serves` it and has not judged it at full load.
    OutOfOrder { before: usize, serves: bool },
    /// It takes traffic after the region's captured requests have shown that it fails.
    ShadowFailed,
    /// It is on record as judged at full load, and `failed` there, or its counts had not come yet.
    FullLoad { failed: bool },
    /// It is on record as confirmed or settled, and does not serve.
    NotServing { settled: bool },
    /// It is kept where nothing runs, and no active region serves it, proved.
    KeptUnshown,
    /// The region is updated to it while the rollback target does not serve, or is not proved to.
    NoWayBack,
    /// It is started more than a minute after it was stopped.
    Stopped(Stop),
    /// The region is updated to it, by a wave or by its `own` rollback, and its ledger has no intent.
    NoIntent { own: bool },
    /// The update is on record as started, and SageMaker has taken none.
    NeverTaken,
    /// The update stays open in the ledger.
    NeverClosed,
    /// It serves, and the ledger names another one, or none.
    OtherOnRecord { named: Option<usize> },
    /// It gets more canaries than policy has tries.
    NoTryLeft,
    /// Its canary goes on without a decision to proceed.
    NotLetThrough,
    /// A wave updates the region to it and has not just seen that it holds the lease.
    Unleased { actor: Actor },
    /// It does not serve: an execution that ends well says that it does, or else a wave's end on record.
    SaidToServe { execution: Option<usize> },
}

/// What stops a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The hub's ledger condemns it.
    Condemned,
    /// A region reverted it, because of the release.
    Evidence,
    /// The fleet or the region is halted.
    Halt,
}

/// How a history or a call may not end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is the region or the thing that the variant is about")]
pub enum Liveness {
    /// The regions end on these releases, and no halt, condemnation or wave's end is on record.
    EndsUnsaid { releases: Vec<Option<usize>> },
    /// A try is open and no execution goes on with it.
    OpenTry,
    /// The fleet is not on the newest release and nobody was paged.
    EndsUnpaged { ending: Ending },
    /// A page is still owed.
    PageOwed,
    /// One region alone was ill, and another one is left behind too.
    OtherBehind { ill: usize, other: usize },
    /// One region alone was ill, and people were paged too often.
    PagedOften { ill: usize, pages: usize },
    /// Home is elsewhere by what most regions said, and this region does not say so.
    OtherHome { region: usize, home: usize },
    /// The faults are over, and the executions do not come to rest.
    NeverRests { stands: Vec<Stand> },
    /// The region's endpoint does not come to rest.
    EndpointMoves { region: usize },
    /// A call does not end.
    NeverEnds { who: Who },
}

impl Broken {
    /// `I1` to `I14`, `audit`, or `L` for liveness.
    pub fn invariant(&self) -> &'static str {
        match self {
            Self::MidShift { .. } => "I1",
            Self::Release { what, .. } => what.invariant(),
            Self::EndpointExists => "I5",
            Self::NotRolledBack { .. } => "I6",
            Self::NoScaling | Self::ChainBroken { .. } => "I8",
            Self::EventsMatter { .. } => "I10",
            Self::Unleased { .. } | Self::Replaced { .. } | Self::StaleLook { .. } => "I11",
            Self::Refused { .. } => "audit",
            Self::Unheard | Self::PagedUnread => "I14",
            Self::Liveness(_) => "L",
        }
    }

    /// The sentence, with the setting's names for regions and releases.
    pub fn words(&self, setting: &Setting) -> impl fmt::Display {
        fmt::from_fn(move |f| self.write(f, setting))
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, setting: &Setting) -> fmt::Result {
        let title = |region: &usize| setting.title(*region);
        match self {
            Self::MidShift { regions } => {
                let titles: Vec<&str> = regions.iter().map(title).collect();
                write!(f, "{} are mid-shift at once", titles.join(" and "))
            }
            Self::Release { region, release, what } => what.write(f, setting, title(region), setting.version(*release)),
            Self::EndpointExists => write!(f, "an endpoint is to be created where there is one"),
            Self::NotRolledBack { region, blind: true } => {
                write!(f, "{}'s alarm rings, and rollback does not act without its ledger", title(region))
            }
            Self::NotRolledBack { region, blind: false } => {
                write!(f, "{}'s alarm rings, there is a way back, and rollback does not take it", title(region))
            }
            Self::NoScaling => write!(f, "a region is to be scaled in a fleet without [scaling]"),
            Self::ChainBroken { chain, fault } => write!(f, "{chain}: {fault}"),
            Self::EventsMatter { region: None } => {
                write!(f, "repeated and late events leave another projection of the hub's chain")
            }
            Self::EventsMatter { region: Some(region) } => {
                write!(f, "repeated and late events leave another end in {}", title(region))
            }
            Self::Unleased { region } => write!(
                f,
                "something is created or noted in {} by a wave that has not just seen that it holds the lease and is home's",
                title(region)
            ),
            Self::Replaced { region, actor } => {
                write!(f, "{actor} acts in {}, which had told it that another home has replaced its own", title(region))
            }
            Self::StaleLook { region, actor, record } => {
                let region = title(region);
                write!(
                    f,
                    "{actor} decides about {region} by a look that is older than another's entry there: {record:?}"
                )
            }
            Self::Refused { step, notes } => write!(f, "the audit refuses {step:?}: {notes:?}"),
            Self::Unheard => write!(f, "a page was declined, and no ledger was asked to take it as owed"),
            Self::PagedUnread => write!(f, "a wave pages and has not just read whether people were told already"),
            Self::Liveness(what) => what.write(f, setting),
        }
    }
}

impl From<Liveness> for Broken {
    fn from(what: Liveness) -> Self {
        Self::Liveness(what)
    }
}

impl Wrong {
    /// This, said of a release in a region.
    pub fn of(self, region: usize, release: usize) -> Broken {
        Broken::Release { region, release, what: self }
    }

    fn invariant(&self) -> &'static str {
        match self {
            Self::NotApproved => "I2",
            Self::Frozen | Self::OutOfOrder { .. } | Self::ShadowFailed | Self::FullLoad { .. } | Self::KeptUnshown => {
                "I3"
            }
            Self::NotServing { .. } => "I4",
            Self::NoWayBack => "I5",
            Self::Stopped(_) => "I7",
            Self::NoIntent { .. } | Self::NeverTaken | Self::NeverClosed | Self::OtherOnRecord { .. } => "I8",
            Self::NoTryLeft | Self::NotLetThrough => "I9",
            Self::Unleased { .. } => "I11",
            Self::SaidToServe { .. } => "I13",
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, setting: &Setting, region: &str, release: &str) -> fmt::Result {
        match self {
            Self::NotApproved => write!(f, "{release} takes traffic without approval or attestation"),
            Self::Frozen => write!(f, "{region} is frozen and starts"),
            Self::OutOfOrder { before, serves } => {
                let before = setting.title(*before);
                match serves {
                    true => write!(
                        f,
                        "{region} starts {release} and nobody has judged it at full load in {before}, before it"
                    ),
                    false => write!(f, "{region} starts {release} while {before}, before it, does not serve it"),
                }
            }
            Self::ShadowFailed => write!(f, "{release} takes traffic, and its shadow had failed"),
            Self::FullLoad { failed: true } => {
                write!(f, "{release} failed at full load in {region} and is told as judged")
            }
            Self::FullLoad { failed: false } => {
                write!(f, "{release} is told as judged at full load in {region} before its counts came")
            }
            Self::NotServing { settled } => {
                let what = if *settled { "settled" } else { "confirmed" };
                write!(f, "{region} is {what} on {release} and does not serve it")
            }
            Self::KeptUnshown => write!(f, "{region} keeps {release}, and no active region serves it, proved"),
            Self::NoWayBack => write!(f, "{region} is updated and does not serve, proved, what it rolls back to"),
            Self::Stopped(Stop::Condemned) => write!(f, "{release} was condemned and is started"),
            Self::Stopped(Stop::Evidence) => {
                write!(f, "{release} is started although evidence in a region condemned it")
            }
            Self::Stopped(Stop::Halt) => write!(f, "{release} is started in a halted fleet"),
            Self::NoIntent { own } => {
                let what = if *own { "rolls back by itself" } else { "is updated" };
                write!(f, "{region} {what} and its ledger has no intent")
            }
            Self::NeverTaken => write!(f, "{region}'s update to {release} is on record as started, and nobody took it"),
            Self::NeverClosed => write!(f, "{region}'s ledger has an update that nobody closes"),
            Self::OtherOnRecord { named } => {
                let named = named.map_or("nothing", |named| setting.version(named));
                write!(f, "{region}'s ledger says that it serves {named}, and it serves {release}")
            }
            Self::NoTryLeft => write!(f, "{region} gets another canary of {release} than policy's tries"),
            Self::NotLetThrough => write!(f, "{region}'s canary of {release} goes on and nobody let it through"),
            Self::Unleased { actor } => {
                write!(
                    f,
                    "{region} is updated by {actor}, which has not just seen that it holds the lease and is home's"
                )
            }
            Self::SaidToServe { execution } => {
                match execution {
                    Some(number) => write!(f, "wave-{} says", number + 1)?,
                    None => write!(f, "a wave's end says")?,
                }
                write!(f, " that {region} serves its release, and it does not")
            }
        }
    }
}

impl Liveness {
    fn write(&self, f: &mut fmt::Formatter<'_>, setting: &Setting) -> fmt::Result {
        let title = |region: &usize| setting.title(*region);
        match self {
            Self::EndsUnsaid { releases } => {
                write!(f, "the fleet ends on {releases:?}, not halted, not condemned, and no wave says so")
            }
            Self::OpenTry => write!(f, "a try is open and no execution goes on with it"),
            Self::EndsUnpaged { ending } => write!(f, "the fleet ends {ending:?} and nobody was paged"),
            Self::PageOwed => write!(f, "a page is owed for ever"),
            Self::OtherBehind { ill, other } => {
                write!(f, "{} alone was ill, and {} is left behind too", title(ill), title(other))
            }
            Self::PagedOften { ill, pages } => {
                write!(f, "{} alone was ill, and people were paged {pages} times", title(ill))
            }
            Self::NeverRests { stands } => {
                write!(f, "the faults are long over and the world does not come to rest: {stands:?}")
            }
            Self::OtherHome { region, home } => {
                write!(f, "home is {}, and {} does not say so", title(home), title(region))
            }
            Self::EndpointMoves { region } => write!(f, "{}'s endpoint never comes to rest", title(region)),
            Self::NeverEnds { who } => write!(f, "a call takes no end: {who:?}"),
        }
    }
}
