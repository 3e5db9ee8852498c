//! `meridian home`: home moves to another region. In peace the hub's ledger ends where it was with that word, and goes on in the new home's
//! bucket: whoever is still deployed as the old one can add nothing to it ([`JournalError::Moved`]), and so starts nothing (I8, I11). Where
//! the old home does not answer, it goes on from the copy that another region keeps.

use crate::journal::{Journal, JournalError};
use crate::operator_commands::UnknownRegion;
use crate::ports::{Artifacts, Clock, Ledger};
use crate::restore::{self, Copy, RestoreError};
use jiff::Timestamp;
use meridian_domain::plan::{EndedExecution, lost_wave, open_wave};
use meridian_domain::reason::ExecutionEnd;
use meridian_domain::resume::resume;
use meridian_domain::{
    Actor, Binding, Chain, Entry, Fleet, HubHistory, Lease, Record, RegionHistory, RegionName, ReleaseId, Version,
};
use meridian_messages::operator::{HomeHandedOver, HomeTakenOver, refused};
use std::collections::BTreeMap;

/// How often a move is looked at anew because somebody else wrote.
const ATTEMPTS: u32 = 8;

/// Why home was not moved.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// The fleet has no such region.
    #[error(transparent)]
    Region(#[from] UnknownRegion),
    /// It is home.
    #[error("{}", refused::is_home(.0))]
    IsHome(RegionName),
    /// Home has moved elsewhere before.
    #[error("{}", refused::home_moved_before(.0))]
    MovedBefore(RegionName),
    /// A wave is not over.
    #[error("{}", refused::wave_under_way(.0))]
    WaveUnderWay(Version),
    /// An execution acts, a person's perhaps.
    #[error("{}", refused::lease_held(.holder, *.until))]
    LeaseHeld {
        /// Which one.
        holder: Actor,
        /// Until when, unless it renews it.
        until: Timestamp,
    },
    /// The hub's chain could not be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The chain could not be copied: another hub's lies in the new home's bucket, there is no whole copy, or a bucket does not answer.
    #[error(transparent)]
    Copy(#[from] RestoreError),
}

impl HomeError {
    /// True if asking otherwise, or later, helps; false where a service is to blame.
    pub fn is_input(&self) -> bool {
        match self {
            HomeError::Journal(_) => false,
            HomeError::Copy(error) => error.is_input(),
            _ => true,
        }
    }
}

/// Hands home over to `to`, by the policy of the home that is: ends its chain with that word, and copies it into the new home's bucket. A
/// repeat copies what is missing. Nothing starts anywhere until the new home is deployed.
///
/// # Errors
/// The fleet has no such region, or it is home; something is under way; or a bucket did not take it, and the same command goes on.
pub async fn hand_over<P: Artifacts + Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    to: &RegionName,
    actor: &Actor,
    why: &str,
) -> Result<HomeHandedOver, HomeError> {
    can_be_home(fleet, to)?;
    let mut hub = Journal::<HubHistory>::whole(ports, &fleet.home, Chain::Home).await?;
    let mut tries = 1;
    while hub.history().moved_from(&fleet.home).is_none() {
        may_move(fleet, hub.history(), ports.now())?;
        // Another hub's chain there is refused before anything is written.
        restore::is_beginning_of(ports, to, &Chain::Home, &entries(ports, &fleet.home).await?).await?;
        let moved = Record::HomeMoved { binding: Binding, to: to.clone(), lost: false, why: why.to_owned() };
        match hub.append_exclusive(ports, actor, moved).await {
            Err(error) if error.is_conflict() && tries < ATTEMPTS => tries += 1,
            written => written.map(drop)?,
        }
    }
    if let Some(moved) = hub.history().moved_from(&fleet.home).filter(|own| own.to != *to) {
        return Err(HomeError::MovedBefore(moved.to.clone()));
    }
    let all = entries(ports, &fleet.home).await?;
    let copied = restore::write(ports, fleet, to, &Chain::Home, &all).await?;
    Ok(HomeHandedOver { entries: all.len(), copied })
}

/// Takes home over in `to`, by the policy of the home that was, which does not answer: its chain goes on from the copy that another region
/// keeps. What the old home wrote after the last sweep is not in it, and it does not know that it is home no more. A wave that it left open
/// has ended by this, lost: the new home goes on with it.
///
/// # Errors
/// The fleet has no such region, or it is home; there is no whole copy; or a bucket did not take it, and the same command goes on.
pub async fn take_over<P: Artifacts + Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    to: &RegionName,
    actor: &Actor,
    why: &str,
) -> Result<HomeTakenOver, HomeError> {
    can_be_home(fleet, to)?;
    let Copy { holder, entries } = restore::copy_of(ports, fleet, &Chain::Home).await?;
    let mut copied = HubHistory::default();
    entries.iter().for_each(|entry| copied.apply(entry));
    if let Some(moved) = copied.moved_from(&fleet.home).filter(|own| own.to != *to) {
        return Err(HomeError::MovedBefore(moved.to.clone()));
    }
    let last = entries.last().map(|entry| entry.written);
    restore::write(ports, fleet, to, &Chain::Home, &entries).await?;
    let mut hub = Journal::<HubHistory>::whole(ports, to, Chain::Home).await?;
    let moved = Record::HomeMoved { binding: Binding, to: to.clone(), lost: true, why: why.to_owned() };
    let is_taken = |history: &HubHistory| history.moved.as_ref().is_some_and(|own| own.to == *to);
    hub.append_unless(ports, actor, moved, is_taken).await?;
    // A wave that is not the old home's is nobody's to end: this command is given again.
    let open = open_wave(&copied).filter(|_| copied.moved_from(&fleet.home).is_none());
    let ended = match open {
        Some(open) => left_open(ports, fleet, &copied, open).await,
        None => None,
    };
    let wave = ended.as_ref().and_then(|record| match record {
        Record::WaveEnded { release, again, .. } => Some((copied.versions.get(release)?.clone(), *again)),
        _ => None,
    });
    if let (Some(ended), Some((_, execution))) = (ended, open) {
        hub.append_unless(ports, actor, ended, |history| history.ended.contains_key(execution)).await?;
    }
    Ok(HomeTakenOver { holder, entries: entries.len(), last, wave })
}

fn can_be_home(fleet: &Fleet, to: &RegionName) -> Result<(), HomeError> {
    UnknownRegion::check(fleet, to)?;
    if *to == fleet.home { Err(HomeError::IsHome(to.clone())) } else { Ok(()) }
}

async fn entries(ports: &impl Ledger, region: &RegionName) -> Result<Vec<Entry>, RestoreError> {
    let stored = ports.entries(region, &Chain::Home, 0).await?;
    Ok(stored.iter().map(|own| (*own.entry).clone()).collect())
}

/// No wave is open or to be tried again tonight, and no execution acts.
fn may_move(fleet: &Fleet, hub: &HubHistory, now: Timestamp) -> Result<(), HomeError> {
    let open = open_wave(hub).and_then(|(release, _)| hub.versions.get(&release).cloned());
    if let Some(version) = open.or_else(|| Some(resume(fleet, hub, now)?.version)) {
        return Err(HomeError::WaveUnderWay(version));
    }
    match hub.lease.as_ref().filter(|lease| lease.until > now) {
        Some(Lease { holder, until, .. }) => Err(HomeError::LeaseHeld { holder: holder.clone(), until: *until }),
        None => Ok(()),
    }
}

/// The end of the wave that the old home left open, as far as the regions' chains can be read: told by what this command says, and no page.
/// `hub`: as the old home's copy has it.
async fn left_open<P: Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    hub: &HubHistory,
    (release, execution): (ReleaseId, &Actor),
) -> Option<Record> {
    let lost = EndedExecution { execution: execution.clone(), release, how: ExecutionEnd::Failed };
    let mut chains = BTreeMap::new();
    for region in &fleet.regions {
        if let Ok(chain) = Journal::<RegionHistory>::open(ports, &region.name, Chain::Region(region.name.clone())).await
        {
            chains.insert(region.name.clone(), chain);
        }
    }
    let regions = chains.iter().map(|(name, chain)| (name.clone(), chain.history())).collect();
    match lost_wave(fleet, hub, &regions, &lost, ports.now())? {
        Record::WaveEnded { release, execution, lagging, cleared, again, page: _ } => {
            Some(Record::WaveEnded { release, execution, lagging, page: None, cleared, again })
        }
        _ => None,
    }
}
