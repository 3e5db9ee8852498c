//! Pages of releases that did not arrive as they were published: a region refuses their bytes, or S3 did not replicate them.

use super::{Hub, OpenPage, PageCause, RegionSeen};
use crate::fleet::keys;
use crate::fleet::names::{RegionName, ReleaseId, Version};
use crate::ledger::Record;
use crate::ledger::history::RegionHistory;
use crate::ledger::reason::Reason;
use jiff::Timestamp;

/// The releases that the region of `own` does not attest, as far as it has paged for them: what every region refuses alike is paged by
/// home alone. One that is wrongly signed is open until a person puts it in quarantine: a later release does not say who wrote it.
pub(super) fn refused(
    own: &RegionSeen<'_>,
    history: &RegionHistory,
    hub: Option<Hub<'_>>,
    seen: &[RegionSeen<'_>],
) -> Vec<OpenPage> {
    let region = &own.region.name;
    let mut pages = Vec::new();
    for entry in own.entries.unwrap_or_default() {
        let Record::Refused { release, why: Reason::File(fault), .. } = &entry.record else { continue };
        let is_barred = hub.is_some_and(|(_, sums)| sums.barred(release).is_some());
        let is_over = is_barred || !fault.is_signature() && is_past(hub, region, entry.at);
        let was_paged = own.is_home || !fault.is_everywhere();
        if was_paged && history.refused.contains_key(release) && !is_over {
            let (release, version, why) = (*release, version(release, seen), Box::new(fault.clone()));
            let cause = PageCause::Refused { release, version, why };
            pages.push(OpenPage { region: region.clone(), since: entry.at, cause });
        }
    }
    pages
}

/// The regions that objects of this one did not reach, by S3's own word, and that do not show that they have them now.
pub(super) fn not_replicated(
    history: &RegionHistory,
    hub: Option<Hub<'_>>,
    seen: &[RegionSeen<'_>],
    histories: &[Option<RegionHistory>],
) -> Vec<OpenPage> {
    let mut pages = Vec::new();
    for (bucket, objects) in &history.unreplicated {
        // A bucket of no region of the fleet holds up nobody.
        let place = seen.iter().zip(histories).find(|(one, _)| one.region.bucket.as_str() == bucket.as_str());
        let Some((to, there)) = place else { continue };
        let region = &to.region.name;
        let is_over = |key: &str, since: Timestamp| {
            there.as_ref().is_some_and(|there| has_arrived(there, key, since)) || is_past(hub, region, since)
        };
        let open = objects.iter().filter(|(key, since)| !is_over(key.as_str(), **since)).map(|(_, since)| *since);
        pages.extend(open.min().map(|since| {
            let cause = PageCause::NotReplicated { bucket: bucket.clone() };
            OpenPage { region: region.clone(), since, cause }
        }));
    }
    pages
}

/// Whether a region's attestations show that an object has arrived that was missing at `since`. An archive's key does not say whose it
/// is, and golden records are not among what a region attests.
fn has_arrived(history: &RegionHistory, key: &str, since: Timestamp) -> bool {
    match keys::release_of(key) {
        Some(release) if key == keys::golden(release) => false,
        Some(release) => history.attested.contains(&release),
        None => history.attested_at.values().any(|at| *at > since),
    }
}

/// Whether a release whose first wave came after `since` has reached the region.
fn is_past(hub: Option<Hub<'_>>, region: &RegionName, since: Timestamp) -> bool {
    let Some((entries, sums)) = hub else { return false };
    entries.iter().rev().any(|entry| match &entry.record {
        Record::WaveEnded { release, lagging, .. } => {
            !lagging.contains(region) && sums.first_started(release).is_some_and(|started| started > since)
        }
        _ => false,
    })
}

/// A release's human name, by a region that attests it.
fn version(release: &ReleaseId, seen: &[RegionSeen<'_>]) -> Option<Version> {
    let mut entries = seen.iter().filter_map(|one| one.entries).flatten();
    entries.find_map(|entry| match &entry.record {
        Record::Attested { release: own, version } if own == release => Some(version.clone()),
        _ => None,
    })
}
