//! The hub's chain in a region that takes home over, as far as it can be had, and what becomes of the wave that was open.

use super::{HomeError, can_be_home, end, entries, find, history_of, is_home_here, move_of, told};
use crate::journal::{Journal, JournalError};
use crate::ports::{Artifacts, Clock, Ledger};
use crate::restore::{self, Copy, RestoreError};
use futures_util::future::join;
use meridian_domain::plan::{EndedExecution, lost_wave, open_wave};
use meridian_domain::reason::ExecutionEnd;
use meridian_domain::{
    Actor, Chain, Entry, Fleet, HomeMove, HubHistory, Record, RegionHistory, RegionName, ReleaseId, Version,
};
use meridian_messages::operator::HubSource;
use std::collections::BTreeMap;

/// By whose word home moves after a loss.
pub(super) struct Word<'a> {
    pub actor: &'a Actor,
    pub why: &'a str,
    /// What most regions say; none where it is a person's word, who may end the old home's chain too.
    pub said: Option<&'a HomeMove>,
}

/// What a home that takes over has.
pub(super) struct Taken {
    pub source: HubSource,
    pub moved: HomeMove,
    /// The version of the wave that was open, and whether it goes on.
    pub wave: Option<(Version, bool)>,
}

/// The hub's chain, in the new home's bucket.
pub(super) async fn take<P: Artifacts + Ledger + Clock>(
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

/// The last move of home that any bucket knows of, or the copy that is kept of the hub's chain.
async fn latest(ports: &impl Ledger, fleet: &Fleet, copy: Option<&Copy>) -> Option<HomeMove> {
    let found = find(ports, fleet).await.ok().and_then(|found| found.moved);
    let copied = copy.and_then(|copy| history_of(&copy.entries).moved);
    [found, copied].into_iter().flatten().max_by_key(|own| own.since)
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

/// What the old home had on record: all that came before its move.
fn before(entries: &[Entry], moved: &HomeMove) -> HubHistory {
    let last = entries.iter().enumerate().rev().find_map(|(at, entry)| match &entry.record {
        Record::HomeMoved { from, to, .. } => Some((at, (from, to) == (&moved.from, &moved.to))),
        _ => None,
    });
    let until = last.filter(|(_, is_own)| *is_own).map_or(entries.len(), |(at, _)| at);
    history_of(entries.iter().take(until))
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
