//! `meridian lift`: a person ends a halt, with a reason that the ledger keeps.

use crate::journal::{Journal, JournalError};
use crate::operator_commands::UnknownRegion;
use crate::ports::{Clock, Ledger};
use meridian_domain::{Actor, Chain, Fleet, HubHistory, Projection, Reason, Record, RegionHistory, RegionName};
use meridian_messages::operator::refused;

/// Why no halt was lifted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LiftError {
    /// No halt is in force in this chain.
    #[error("{}", refused::not_halted(.0))]
    NotHalted(Chain),
    /// The fleet has no such region.
    #[error(transparent)]
    Region(#[from] UnknownRegion),
    /// The chain could not be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl LiftError {
    /// True if asking otherwise helps, false where a service is to blame.
    pub fn is_input(&self) -> bool {
        !matches!(self, LiftError::Journal(_))
    }
}

/// Ends the halt of `region`'s own chain, or of the hub's where there is none. Answers why the halt had been set.
///
/// # Errors
/// Nothing is halted there; or the chain could not be read or written, which includes that somebody else has just written
/// to it: a halt that this person has not seen is not lifted.
pub async fn lift<P: Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    region: Option<&RegionName>,
    actor: &Actor,
    why: String,
) -> Result<Reason, LiftError> {
    match region {
        None => {
            let journal = Journal::<HubHistory>::open(ports, &fleet.home, Chain::Home).await?;
            lift_in(ports, journal, Chain::Home, |history| history.halt.clone(), actor, why).await
        }
        Some(region) => {
            UnknownRegion::check(fleet, region)?;
            let chain = Chain::Region(region.clone());
            let journal = Journal::<RegionHistory>::open(ports, region, chain.clone()).await?;
            lift_in(ports, journal, chain, |history| history.halt.clone(), actor, why).await
        }
    }
}

async fn lift_in<P: Ledger + Clock, H: Projection>(
    ports: &P,
    mut journal: Journal<H>,
    chain: Chain,
    halt: impl Fn(&H) -> Option<Reason>,
    actor: &Actor,
    why: String,
) -> Result<Reason, LiftError> {
    let halted = halt(journal.history()).ok_or(LiftError::NotHalted(chain))?;
    journal.append_exclusive(ports, actor, Record::Lifted { why }).await?;
    Ok(halted)
}
