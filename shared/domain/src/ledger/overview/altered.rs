//! Chains that lack an entry which a neighbour saw there: open until it is back.

use super::{Hub, OpenPage, PageCause, RegionSeen};
use crate::ledger::heads::KeptHead;
use crate::ledger::history::RegionHistory;
use crate::ledger::{Chain, Entry, Record};
use jiff::Timestamp;

/// The chains of which `own` has paged that they were altered, and that cannot be read or do not show the entry that was kept.
pub(super) fn altered(
    own: &RegionSeen<'_>,
    history: &RegionHistory,
    hub: Option<Hub<'_>>,
    seen: &[RegionSeen<'_>],
) -> Vec<OpenPage> {
    let mut pages = Vec::new();
    for (chain, kept) in &history.departed {
        let place = seen.iter().find(|one| match chain {
            Chain::Home => one.is_home,
            Chain::Region(region) => one.region.name == *region,
        });
        // Nobody restores the chain of a region that is not the fleet's any more.
        let Some((place, told)) = place.zip(told(own.entries.unwrap_or_default(), chain, kept)) else { continue };
        let entries = match chain {
            Chain::Home => hub.map(|(entries, _)| entries),
            Chain::Region(_) => place.entries,
        };
        if !entries.is_some_and(|entries| holds(entries, kept)) {
            pages.push(OpenPage { region: place.region.name.clone(), since: told.0, cause: told.1 });
        }
    }
    pages
}

/// When people were told of it, and of what.
fn told(entries: &[Entry], chain: &Chain, kept: &KeptHead) -> Option<(Timestamp, PageCause)> {
    entries.iter().find_map(|entry| match &entry.record {
        Record::ChainDeparted { chain: own, kept: seen, departure } if own == chain && seen == kept => {
            let (chain, kept, departure) = (chain.clone(), *kept, *departure);
            Some((entry.at, PageCause::ChainAltered { chain, kept, departure }))
        }
        _ => None,
    })
}

/// Whether a chain has the very entry that was kept. The next one carries its stored bytes' hash: an entry from the future is read with
/// other times than it was stored with.
fn holds(entries: &[Entry], kept: &KeptHead) -> bool {
    let mut from = entries.iter().skip_while(|entry| entry.seq < kept.seq);
    let Some(own) = from.next().filter(|own| own.seq == kept.seq) else { return false };
    from.next().map_or_else(|| own.hash(), |next| next.prev) == kept.hash
}
