//! `meridian home`: home moves to another region. In peace the hub's ledger ends where it was with that word, and goes on in the new home's
//! bucket: whoever is still deployed as the old one can add nothing to it ([`JournalError::Moved`]), and so starts nothing (I8, I11). Where
//! the old home does not answer, it goes on from the copy that another region keeps, and the old one is told later.

mod taken;
mod told;

pub use told::at_home;
pub(crate) use told::{is_replaced, moved_from, others, tell};

use crate::journal::{Journal, JournalError};
use crate::operator_commands::UnknownRegion;
use crate::ports::{Artifacts, Clock, Ledger};
use crate::restore::{self, RestoreError};
use futures_util::future::join_all;
use jiff::Timestamp;
use meridian_domain::plan::open_wave;
use meridian_domain::resume::resume;
use meridian_domain::{Actor, Chain, Entry, Fleet, HomeMove, HubHistory, Lease, RegionName, Version};
use meridian_messages::operator::{HomeHandedOver, HomeTakenOver, SAID_BY_THE_REGIONS, refused};
use taken::{Taken, Word, take};

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
    /// A policy that names a region that never was home.
    #[error("{}", refused::no_hub(.0))]
    NoHub(RegionName),
    /// The move that made it home has died on its way: not all of the hub's chain is there.
    #[error("{}", refused::move_unfinished(.from, .to))]
    Unfinished {
        /// The region that was home.
        from: RegionName,
        /// The region that is to be.
        to: RegionName,
    },
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
/// repeat copies what is missing. A deputy that stands ready goes on; nothing starts anywhere else until it is deployed as home.
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
    // A home that was lost and taken over need not know it.
    let latest = find(ports, fleet).await.ok().and_then(|found| found.moved);
    is_home_here(ports, fleet, latest.as_ref(), to).await?;
    let mut hub = Journal::<HubHistory>::whole(ports, &fleet.home, Chain::Home).await?;
    if hub.head().next == 0 {
        return Err(HomeError::NoHub(fleet.home.clone()));
    }
    if let Some(unfinished) = latest.filter(|own| own.to == fleet.home && hub.history().moved.as_ref() != Some(own)) {
        return Err(HomeError::Unfinished { from: unfinished.from, to: unfinished.to });
    }
    let mut tries = 1;
    while hub.history().moved_from(&fleet.home).is_none() {
        may_move(fleet, hub.history(), ports.now())?;
        // Another hub's chain there is refused before anything is written.
        restore::is_beginning_of(ports, to, &Chain::Home, &entries(ports, &fleet.home).await?).await?;
        let (since, _) = told::since(ports, fleet).await;
        let moved = move_of(fleet, to, false, (actor, why), since).record();
        match hub.append_exclusive_from(ports, actor, since, moved).await {
            Err(error) if error.is_conflict() && tries < ATTEMPTS => tries += 1,
            written => written.map(drop)?,
        }
    }
    if let Some(moved) = hub.history().moved_from(&fleet.home).filter(|own| own.to != *to) {
        return Err(HomeError::MovedBefore(moved.to.clone()));
    }
    let all = entries(ports, &fleet.home).await?;
    let copied = restore::write(ports, fleet, to, &Chain::Home, &all).await?;
    told::everybody(ports, fleet, hub.history().moved.as_ref()).await?;
    Ok(HomeHandedOver { entries: all.len(), copied })
}

/// Takes home over in `to`, by the policy of the home that was, which is lost. Where its bucket answers all the same, its chain ends there
/// with that word, as in peace, and goes on whole; where not, it goes on from the copy that another region keeps, which lacks what the old
/// home wrote after the last sweep. A wave that it left open has ended by this, lost: within `wave.until` the new home goes on with it.
///
/// # Errors
/// The fleet has no such region, or it is home; home has moved elsewhere; there is no whole copy; or a bucket did not take it, and the same
/// command goes on. Given again later, it tells the old home, which may answer by then.
pub async fn take_over<P: Artifacts + Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    to: &RegionName,
    actor: &Actor,
    why: &str,
) -> Result<HomeTakenOver, HomeError> {
    let Taken { source, moved, wave } = take(ports, fleet, to, &Word { actor, why, said: None }).await?;
    let knows = match end(ports, fleet, &moved).await {
        Ok(()) => true,
        Err(HomeError::Journal(_)) => false,
        Err(error) => return Err(error),
    };
    told::everybody(ports, fleet, Some(&moved)).await?;
    Ok(HomeTakenOver { source, wave, knows })
}

/// The same by the word of most regions, each of which has it on record: the old home, and a region that has not heard, are told by the
/// waves that start here, and meet it in any other region's chain. The move that is put on record is later than that word.
///
/// # Errors
/// As [`take_over`].
pub(crate) async fn take_over_as_said<P: Artifacts + Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    actor: &Actor,
    said: &HomeMove,
) -> Result<HomeMove, HomeError> {
    let word = Word { actor, why: SAID_BY_THE_REGIONS, said: Some(said) };
    take(ports, fleet, &said.to, &word).await.map(|taken| taken.moved)
}

fn move_of(fleet: &Fleet, to: &RegionName, lost: bool, (by, why): (&Actor, &str), since: Timestamp) -> HomeMove {
    HomeMove { from: fleet.home.clone(), to: to.clone(), lost, by: by.clone(), why: why.to_owned(), since }
}

/// Home has not gone on from the one that the policy names, but to `to`. One that has not heard of it is told.
async fn is_home_here<P: Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    latest: Option<&HomeMove>,
    to: &RegionName,
) -> Result<(), HomeError> {
    let is_own = |own: &&HomeMove| own.to == fleet.home || own.from == fleet.home && own.to == *to;
    let Some(other) = latest.filter(|own| !is_own(own)) else { return Ok(()) };
    if entries(ports, &fleet.home).await.is_ok_and(|own| !own.is_empty()) {
        let moved = HomeMove { from: fleet.home.clone(), ..other.clone() };
        // What it does not take now, it does not take from the command that is given next either.
        if let Err(error) = end(ports, fleet, &moved).await {
            tracing::warn!(%error, "the home of before is not told that it is home no more");
        }
    }
    Err(HomeError::MovedBefore(other.to.clone()))
}

/// Ends the old home's chain in its bucket, with the word by which it has moved: whoever is deployed as that home starts nothing any more.
async fn end<P: Ledger + Clock>(ports: &P, fleet: &Fleet, moved: &HomeMove) -> Result<(), HomeError> {
    let mut old = Journal::<HubHistory>::whole(ports, &fleet.home, Chain::Home).await?;
    if old.history().moved_from(&fleet.home).is_none() {
        match old.append_done(ports, &moved.by, moved.since, moved.record()).await {
            // Somebody was first.
            Err(JournalError::Moved { .. }) => {}
            written => written?,
        }
    }
    match old.history().moved_from(&fleet.home).filter(|own| own.to != moved.to) {
        Some(other) => Err(HomeError::MovedBefore(other.to.clone())),
        None => Ok(()),
    }
}

fn history_of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> HubHistory {
    let mut history = HubHistory::default();
    entries.into_iter().for_each(|entry| history.apply(entry));
    history
}

/// Who is home, as far as the regions' buckets answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HomeFound {
    /// The region.
    pub home: RegionName,
    /// How it came to be home; none where home never moved.
    pub moved: Option<HomeMove>,
    /// Regions whose buckets do not answer.
    pub silent: Vec<RegionName>,
}

/// Finds who is home, by whichever hub's chain in the regions' buckets knows of the latest move: whatever the policy at hand says.
///
/// # Errors
/// The policy's home does not answer, and no other region's bucket knows of a move.
pub async fn find(ports: &impl Ledger, fleet: &Fleet) -> Result<HomeFound, JournalError> {
    let (mut moved, mut holders, mut silent) = (None::<HomeMove>, Vec::new(), Vec::new());
    let mut unheard = None;
    let regions = fleet.regions.iter().map(|region| &region.name);
    // One that does not answer keeps nobody waiting for the next.
    let looks = regions.map(async |region| (region, Journal::<HubHistory>::open(ports, region, Chain::Home).await));
    for (region, hub) in join_all(looks).await {
        match hub {
            Ok(hub) if hub.head().next == 0 => {}
            Ok(hub) => {
                holders.push(region);
                moved = [moved, hub.history().moved.clone()].into_iter().flatten().max_by_key(|own| own.since);
            }
            Err(error) => {
                silent.push(region.clone());
                unheard = unheard.or(Some(error).filter(|_| *region == fleet.home));
            }
        }
    }
    let home = match (&moved, unheard) {
        (Some(moved), _) => &moved.to,
        (None, Some(error)) => return Err(error),
        // A policy may name a region that never was home.
        (None, None) if holders.contains(&&fleet.home) => &fleet.home,
        (None, None) => holders.first().copied().unwrap_or(&fleet.home),
    };
    Ok(HomeFound { home: home.clone(), moved, silent })
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
