//! Operator commands for the whole fleet, recorded in the ledger: stop every start (`meridian halt`), or set one rule aside
//! for a while (`meridian override`). The entry's actor is the operator.

use crate::journal::{Journal, JournalError};
use crate::ports::{Clock, Ledger};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::Reason;
use meridian_domain::{
    Actor, Chain, Fleet, FleetName, HubHistory, Projection, Record, RegionHistory, RegionName, Rule,
};
use meridian_messages::operator::refused;

/// The longest time for which a rule may be set aside: what holds for longer is policy, and belongs in `fleet.toml`, where
/// it is read and reviewed.
pub const LONGEST_OVERRIDE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A region that the fleet does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", refused::no_such_region(.region, .fleet, .known))]
pub struct UnknownRegion {
    /// The region that was named.
    pub region: RegionName,
    /// The fleet, as its policy names it.
    pub fleet: FleetName,
    /// The regions that may be named, in the policy's order.
    pub known: Vec<RegionName>,
}

impl UnknownRegion {
    pub(crate) fn check(fleet: &Fleet, region: &RegionName) -> Result<(), Self> {
        match fleet.region(region) {
            Some(_) => Ok(()),
            None => Err(Self {
                region: region.clone(),
                fleet: fleet.name.clone(),
                known: fleet.regions.iter().map(|region| region.name.clone()).collect(),
            }),
        }
    }
}

/// Why an operator's command was not recorded.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OperatorCommandError {
    /// The fleet has no such region.
    #[error(transparent)]
    Region(#[from] UnknownRegion),
    /// An order is overridden for one region, or for none.
    #[error("{}", refused::whole_order())]
    WholeOrder,
    /// It would last longer than one person may decide.
    #[error("{}", refused::override_too_long(LONGEST_OVERRIDE, *until))]
    TooLong {
        /// The end that was asked for.
        until: Timestamp,
    },
    /// The chain could not be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl OperatorCommandError {
    /// True if the input is wrong, false if a service failed.
    pub fn is_input(&self) -> bool {
        !matches!(self, OperatorCommandError::Journal(_))
    }
}

/// Halts: no region of the fleet starts, and a canary in progress is rolled back, until the halt is lifted. Written to
/// the hub's chain, or to `region`'s own where home does not answer: a halt in any chain stops every start. Returns the
/// earlier halt's reason if there is one.
///
/// # Errors
/// The fleet has no such region; or the chain could not be read or written.
pub async fn halt<P: Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    region: Option<&RegionName>,
    actor: &Actor,
    why: String,
) -> Result<Option<Reason>, OperatorCommandError> {
    let why = Reason::Said { words: why, by: Some(actor.clone()) };
    match region {
        None => {
            let journal = Journal::<HubHistory>::open(ports, &fleet.home, Chain::Home).await?;
            halt_in(ports, journal, |history| history.halt.clone(), actor, why).await
        }
        Some(region) => {
            UnknownRegion::check(fleet, region)?;
            let journal = Journal::<RegionHistory>::open(ports, region, Chain::Region(region.clone())).await?;
            halt_in(ports, journal, |history| history.halt.clone(), actor, why).await
        }
    }
}

async fn halt_in<P: Ledger + Clock, H: Projection>(
    ports: &P,
    mut journal: Journal<H>,
    halt: impl Fn(&H) -> Option<Reason>,
    actor: &Actor,
    why: Reason,
) -> Result<Option<Reason>, OperatorCommandError> {
    let written =
        journal.append_unless(ports, actor, Record::Halted { why }, |history| halt(history).is_some()).await?;
    Ok(if written { None } else { halt(journal.history()) })
}

/// A rule to be set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// The rule that shall not count.
    pub what: Rule,
    /// The region; every region if none is named.
    pub region: Option<RegionName>,
    /// The person's reason, written into the ledger as it was given.
    pub why: String,
    /// The end. Now or earlier ends an earlier override of the same rule and region.
    pub until: Timestamp,
}

/// Sets a rule aside, on record in the hub's chain.
///
/// # Errors
/// A region that the fleet does not have, the whole order, or too long a time; or the chain could not be read or written.
pub async fn set_aside<P: Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    actor: &Actor,
    set_aside: SetAside,
) -> Result<(), OperatorCommandError> {
    let SetAside { what, region, why, until } = set_aside;
    match &region {
        Some(region) => UnknownRegion::check(fleet, region)?,
        None if what == Rule::Order => return Err(OperatorCommandError::WholeOrder),
        None => {}
    }
    if until.duration_since(ports.now()) > LONGEST_OVERRIDE {
        return Err(OperatorCommandError::TooLong { until });
    }
    let mut journal = Journal::<HubHistory>::open(ports, &fleet.home, Chain::Home).await?;
    Ok(journal.append(ports, actor, Record::Overridden { what, region, why, until }).await?)
}
