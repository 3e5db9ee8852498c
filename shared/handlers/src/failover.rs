//! `meridian failover`: one region's customers are sent to another, once that one can carry them; and `meridian failback`.
//!
//! The region that is to carry them makes itself ready by its own means ([`crate::rollback`]); then the other one's `/health`
//! answers 503, and Route 53 sends its customers away. Neither region's control plane, nor home, is needed for that.

use crate::journal::{Journal, JournalError};
use crate::operator_commands::UnknownRegion;
use crate::ports::{Clock, Ledger};
use jiff::Timestamp;
use meridian_domain::failover::FailoverStep;
use meridian_domain::{Actor, Chain, Fleet, Record, RegionHistory, RegionName, ScalingPolicy};
use meridian_messages::operator::{FailoverStands, refused};

/// A failover that a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failover {
    /// The region whose customers are sent away.
    pub from: RegionName,
    /// The region that is to carry them.
    pub to: RegionName,
    /// The person's reason, written into both ledgers as it was given.
    pub why: String,
}

/// Which look of one command it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// The first: it asks the region.
    First,
    /// A later one: what somebody has ended meanwhile is not asked for anew.
    Later,
}

/// Why nothing was moved.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FailoverError {
    /// The fleet has no such region.
    #[error(transparent)]
    Region(#[from] UnknownRegion),
    /// Both are one region.
    #[error("{}", refused::same_region(.0))]
    SameRegion(RegionName),
    /// Nothing was ever proved to serve, or is kept to serve, where the customers are to go.
    #[error("{}", refused::serves_nothing(.0))]
    ServesNothing(RegionName),
    /// The region that is to carry them is halted, or what serves there is unknown.
    #[error("{}", refused::unfit(.0))]
    Unfit(RegionName),
    /// One of the two is in another failover.
    #[error("{}", refused::another_failover(.region, .of))]
    Another {
        /// Which of the two.
        region: RegionName,
        /// The region whose customers are moved by that.
        of: RegionName,
    },
    /// Somebody ended it between two looks.
    #[error("{}", refused::ended_meanwhile(.0))]
    EndedMeanwhile(RegionName),
    /// No failover of this region is on record.
    #[error("{}", refused::no_failover(.0))]
    None(RegionName),
    /// A chain could not be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl FailoverError {
    /// True if asking otherwise helps, false where a service is to blame.
    pub fn is_input(&self) -> bool {
        !matches!(self, FailoverError::Journal(_))
    }
}

/// Takes a failover as far as it goes now: asks the region that is to carry the customers, or, once that one is ready, sends them away
/// from the other. To be asked again while it [`Waits`](FailoverStands::Waits); a repeat changes nothing.
///
/// # Errors
/// The regions cannot be those of a failover; or a chain could not be read or written, which of a region that is dead loses nothing: its
/// customers leave it by its health.
pub async fn failover<P: Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    actor: &Actor,
    failover: &Failover,
    look: Look,
) -> Result<FailoverStands, FailoverError> {
    let Failover { from, to, why } = failover;
    if from == to {
        return Err(FailoverError::SameRegion(to.clone()));
    }
    UnknownRegion::check(fleet, from)?;
    let mut carrying = chain_of(ports, fleet, to).await?;
    let left = chain_of(ports, fleet, from).await;
    if let Ok(left) = &left {
        if left.history().evacuated.as_ref().is_some_and(|own| own.to == *to) {
            return Ok(FailoverStands::Stood);
        }
        is_in_no_other(left.history(), from, None)?;
    }
    is_fit(carrying.history(), from, to)?;
    let (now, short) = (ports.now(), short(fleet, failover, ports.now()));
    if carrying.history().carries().is_none() && look == Look::Later {
        return Err(FailoverError::EndedMeanwhile(from.clone()));
    }
    let asked = FailoverStep::Asked { from: from.clone(), why: why.clone() };
    let is_asked = |history: &RegionHistory| is_asked(history, now);
    if carrying.append_unless(ports, actor, Record::Failover(asked), is_asked).await? {
        return Ok(FailoverStands::Asked { short });
    }
    if carrying.history().carries().is_none_or(|own| own.ready.is_none()) {
        return Ok(FailoverStands::Waits { short });
    }
    let step = FailoverStep::Evacuated { to: to.clone(), why: why.clone() };
    match left?.append_exclusive(ports, actor, Record::Failover(step)).await {
        Ok(_) => Ok(FailoverStands::Moved),
        // Somebody else has just written there: the next look sees what.
        Err(error) if error.is_conflict() => Ok(FailoverStands::Waits { short }),
        Err(error) => Err(error.into()),
    }
}

/// A region may carry the customers of `from`: it serves what is known, and carries nobody else's.
fn is_fit(history: &RegionHistory, from: &RegionName, to: &RegionName) -> Result<(), FailoverError> {
    if history.target().is_none() {
        return Err(FailoverError::ServesNothing(to.clone()));
    }
    if history.halt.is_some() || history.unknown.is_some() {
        return Err(FailoverError::Unfit(to.clone()));
    }
    is_in_no_other(history, to, Some(from))
}

/// The region's own customers are its own, and it carries nobody else's but those of `from`.
fn is_in_no_other(
    history: &RegionHistory,
    region: &RegionName,
    from: Option<&RegionName>,
) -> Result<(), FailoverError> {
    let evacuated = history.evacuated.as_ref().map(|_| region);
    let carries = history.carries().map(|own| &own.from).filter(|own| Some(*own) != from);
    match evacuated.or(carries) {
        Some(of) => Err(FailoverError::Another { region: region.clone(), of: of.clone() }),
        None => Ok(()),
    }
}

/// Whether somebody has asked the region already, and what it was made ready for is not another hour's traffic.
fn is_asked(history: &RegionHistory, now: Timestamp) -> bool {
    let is_stale = |ready: Timestamp| now.duration_since(ready) > ScalingPolicy::HOLDS;
    history.carries().is_some_and(|own| !own.ready.is_some_and(is_stale))
}

/// The instances that a region needs for another's customers, and those that policy lets it have, where these are fewer.
fn short(fleet: &Fleet, Failover { from, to, .. }: &Failover, now: Timestamp) -> Option<(u32, u32)> {
    let (policy, region) = fleet.scaling.as_ref().zip(fleet.region(to))?;
    let needed = policy.needed_to_carry(fleet, region, from, now);
    (needed > region.most()).then(|| (needed, region.most()))
}

/// What an end of a failover has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedBack {
    /// The regions that had been asked to carry the customers.
    pub carried: Vec<RegionName>,
    /// The regions whose ledger does not answer: what they have on record of it stays.
    pub unread: Vec<RegionName>,
}

/// Ends a failover of `region`: its customers may come again, and whoever was asked to carry them scales as usual. A region whose ledger
/// does not answer, its own too, keeps the others from nothing.
///
/// # Errors
/// No failover of it is on record in any chain; or nothing could be written.
pub async fn failback<P: Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    region: &RegionName,
    actor: &Actor,
    why: &str,
) -> Result<FailedBack, FailoverError> {
    UnknownRegion::check(fleet, region)?;
    let (mut ended, mut readmitted, mut failed) = (FailedBack { carried: Vec::new(), unread: Vec::new() }, false, None);
    for other in fleet.regions.iter().map(|region| &region.name) {
        let is_own = other == region;
        match end_in(ports, fleet, (other, region), actor, why).await {
            Ok(wrote) if is_own => readmitted = wrote,
            Ok(wrote) => ended.carried.extend(wrote.then(|| other.clone())),
            Err(error) => {
                ended.unread.push(other.clone());
                failed.get_or_insert(error);
            }
        }
    }
    match failed {
        _ if readmitted || !ended.carried.is_empty() => Ok(ended),
        Some(error) => Err(error),
        None => Err(FailoverError::None(region.clone())),
    }
}

/// Ends what a region's chain says of a failover of `region`; false where it says nothing of it.
async fn end_in<P: Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    (place, region): (&RegionName, &RegionName),
    actor: &Actor,
    why: &str,
) -> Result<bool, FailoverError> {
    let mut chain = chain_of(ports, fleet, place).await?;
    let why = why.to_owned();
    let written = if place == region {
        let is_in = |history: &RegionHistory| history.evacuated.is_none();
        chain.append_unless(ports, actor, Record::Failover(FailoverStep::Readmitted { why }), is_in).await?
    } else {
        let is_over = |history: &RegionHistory| history.carries().is_none_or(|own| own.from != *region);
        chain.append_unless(ports, actor, Record::Failover(FailoverStep::Over { why }), is_over).await?
    };
    Ok(written)
}

async fn chain_of(
    ports: &impl Ledger,
    fleet: &Fleet,
    region: &RegionName,
) -> Result<Journal<RegionHistory>, FailoverError> {
    UnknownRegion::check(fleet, region)?;
    Ok(Journal::open(ports, region, Chain::Region(region.clone())).await?)
}
