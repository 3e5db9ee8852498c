//! `meridian home`: home moves to another region. In peace the hub's ledger ends where it was with that word, and goes on in the new home's
//! bucket: whoever is still deployed as the old one can add nothing to it ([`JournalError::Moved`]), and so starts nothing (I8, I11). Where
//! the old home does not answer, it goes on from the copy that another region keeps, and the old one is told later.

mod told;

pub use told::at_home;
pub(crate) use told::{is_replaced, moved_from, others, tell};

use crate::journal::{Journal, JournalError};
use crate::operator_commands::UnknownRegion;
use crate::ports::{Artifacts, Clock, Ledger};
use crate::restore::{self, Copy, RestoreError};
use futures_util::future::{join, join_all};
use jiff::Timestamp;
use meridian_domain::plan::{EndedExecution, lost_wave, open_wave};
use meridian_domain::reason::ExecutionEnd;
use meridian_domain::resume::resume;
use meridian_domain::{
    Actor, Chain, Entry, Fleet, HomeMove, HubHistory, Lease, Record, RegionHistory, RegionName, ReleaseId, Version,
};
use meridian_messages::operator::{HomeHandedOver, HomeTakenOver, HubSource, SAID_BY_THE_REGIONS, refused};
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

/// By whose word home moves after a loss.
struct Word<'a> {
    actor: &'a Actor,
    why: &'a str,
    /// What most regions say; none where it is a person's word, who may end the old home's chain too.
    said: Option<&'a HomeMove>,
}

/// What a home that takes over has.
struct Taken {
    source: HubSource,
    moved: HomeMove,
    /// The version of the wave that was open, and whether it goes on.
    wave: Option<(Version, bool)>,
}

/// The hub's chain, in the new home's bucket.
async fn take<P: Artifacts + Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    to: &RegionName,
    word: &Word<'_>,
) -> Result<Taken, HomeError> {
    can_be_home(fleet, to)?;
    // The copy first: a sweep copies what the old home may write meanwhile.
    let copy = restore::copy_of(ports, fleet, &Chain::Home).await;
    // Side by side: a region that does not answer costs its time once.
    let (latest, (since, told)) = join(latest(ports, fleet, copy.as_ref().ok()), told::since(ports, fleet)).await;
    is_home_here(ports, fleet, latest.as_ref(), to).await?;
    let moved = move_of(fleet, to, true, (word.actor, word.why), since);
    let is_way = |own: &HomeMove| own.is_way_of(&moved);
    let stands = |history: &HubHistory| history.moved.as_ref().is_some_and(is_way) && history.moved == latest;
    // A word of the regions that is later than the hub's would stand against it.
    let is_taken = |history: &HubHistory| {
        let own = history.moved.as_ref().filter(|own| is_way(own));
        own.is_some_and(|own| told.as_ref().is_none_or(|told| !told.is_later(Some(own))))
    };
    let (source, entries) = match Journal::<HubHistory>::whole(ports, to, Chain::Home).await {
        Ok(hub) if stands(hub.history()) => (HubSource::Stood, entries(ports, to).await?),
        // What is no chain yet is a copy that died on its way, and goes on.
        Ok(_) | Err(JournalError::Chain { .. }) => {
            let (source, entries) = last_known(ports, fleet, (&moved, word), copy, latest.as_ref()).await?;
            restore::write(ports, fleet, to, &Chain::Home, &entries).await?;
            (source, entries)
        }
        Err(error) => return Err(error.into()),
    };
    let mut hub = Journal::<HubHistory>::of(to, Chain::Home, &entries)?;
    if !is_taken(hub.history()) {
        hub.append_done(ports, word.actor, since, moved.record()).await?;
    }
    let moved = hub.history().moved.clone().unwrap_or(moved);
    let wave = end_wave(ports, fleet, word.actor, &mut hub, &before(&entries, &moved)).await?;
    Ok(Taken { source, moved, wave })
}

fn move_of(fleet: &Fleet, to: &RegionName, lost: bool, (by, why): (&Actor, &str), since: Timestamp) -> HomeMove {
    HomeMove { from: fleet.home.clone(), to: to.clone(), lost, by: by.clone(), why: why.to_owned(), since }
}

/// The last move of home that any bucket knows of, or the copy that is kept of the hub's chain.
async fn latest(ports: &impl Ledger, fleet: &Fleet, copy: Option<&Copy>) -> Option<HomeMove> {
    let found = find(ports, fleet).await.ok().and_then(|found| found.moved);
    let copied = copy.and_then(|copy| history_of(&copy.entries).moved);
    [found, copied].into_iter().flatten().max_by_key(|own| own.since)
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

/// The hub's chain as far as it can be had: the old home's own, which has ended then, where its bucket answers with no less than the copy.
async fn last_known<P: Artifacts + Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    (moved, word): (&HomeMove, &Word<'_>),
    copy: Result<Copy, RestoreError>,
    latest: Option<&HomeMove>,
) -> Result<(HubSource, Vec<Entry>), HomeError> {
    let old = entries(ports, &fleet.home).await.unwrap_or_default();
    // What made it home is the least that its chain has.
    let made_home = latest.filter(|own| own.to == fleet.home);
    let has_it = |known: &[Entry]| made_home.is_none_or(|own| history_of(known).moved.as_ref() == Some(own));
    let is_whole = copy.as_ref().map_or(!old.is_empty(), |copy| old.starts_with(&copy.entries));
    let Copy { holder, entries: known } = match (copy, made_home) {
        _ if is_whole && has_it(&old) => Copy { holder: fleet.home.clone(), entries: old },
        (Ok(copy), _) if has_it(&copy.entries) => copy,
        // Lost before anybody has copied it: the home before it has all up to the move.
        (_, Some(own)) => Copy { holder: own.from.clone(), entries: entries(ports, &own.from).await? },
        (Ok(copy), None) => copy,
        (Err(error), None) => return Err(error.into()),
    };
    // What is no chain, or another hub's there, is refused before anything is written.
    Journal::<HubHistory>::of(&holder, Chain::Home, &known)?;
    restore::is_beginning_of(ports, &moved.to, &Chain::Home, &known).await?;
    let last = known.last().map(|entry| entry.written);
    let copied = HubSource::Copy { holder: holder.clone(), entries: known.len(), last };
    if holder != fleet.home || word.said.is_some() {
        return Ok((copied, known));
    }
    match end(ports, fleet, moved).await {
        Ok(()) => {
            let whole = entries(ports, &fleet.home).await?;
            Ok((HubSource::Home { entries: whole.len() }, whole))
        }
        // It is read and takes no entry: it is told later, as one that does not answer.
        Err(HomeError::Journal(error)) => {
            tracing::warn!(%error, "the old home's ledger is not ended");
            Ok((copied, known))
        }
        Err(error) => Err(error),
    }
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

/// What the old home had on record: all that came before its move.
fn before(entries: &[Entry], moved: &HomeMove) -> HubHistory {
    let last = entries.iter().enumerate().rev().find_map(|(at, entry)| match &entry.record {
        Record::HomeMoved { from, to, .. } => Some((at, (from, to) == (&moved.from, &moved.to))),
        _ => None,
    });
    let until = last.filter(|(_, is_own)| *is_own).map_or(entries.len(), |(at, _)| at);
    history_of(entries.iter().take(until))
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

/// Ends the wave that the old home left open, once: its version, and whether the new home goes on with it.
async fn end_wave<P: Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    actor: &Actor,
    hub: &mut Journal<HubHistory>,
    before: &HubHistory,
) -> Result<Option<(Version, bool)>, JournalError> {
    let Some((release, wave)) = open_wave(before) else { return Ok(None) };
    let has_ended = |history: &HubHistory| history.ended.contains_key(wave);
    if !has_ended(hub.history())
        && let Some(end) = left_open(ports, fleet, before, (release, wave)).await
    {
        hub.append_unless(ports, actor, end, has_ended).await?;
    }
    let goes_on = hub.history().lost.contains(wave);
    // Later that is another wave's to say.
    let is_last =
        hub.history().waves.get(&release) == Some(wave) && hub.history().newest().is_some_and(|own| own.0 == release);
    Ok(before.versions.get(&release).filter(|_| is_last).map(|version| (version.clone(), goes_on)))
}

/// The end of a wave that the old home left open, as far as the regions' chains can be read: told by what the command says, and no page.
async fn left_open<P: Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    before: &HubHistory,
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
    match lost_wave(fleet, before, &regions, &lost, ports.now())? {
        Record::WaveEnded { release, execution, lagging, cleared, again, page: _ } => {
            Some(Record::WaveEnded { release, execution, lagging, page: None, cleared, again })
        }
        _ => None,
    }
}
