//! Pages whose cause the ledgers keep and do not say to be over.

use super::{CondemnedRow, Hub, RegionSeen};
use crate::fleet::ProbationAction;
use crate::fleet::endpoint::EndpointStatus;
use crate::fleet::names::{RegionName, ReleaseId, Version};
use crate::ledger::account::Account;
use crate::ledger::advice::{Advice, Exposure};
use crate::ledger::heads::{Departure, KeptHead};
use crate::ledger::history::{HubHistory, RegionHistory, Unknown};
use crate::ledger::reason::{Fault, FileFault, JobFailure, Reason, Return, WaveEnd};
use crate::ledger::verdict::Verdict;
use crate::ledger::{Chain, Entry, Record};
use jiff::Timestamp;
use serde::Serialize;

/// A page whose cause is on record and not over.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OpenPage {
    /// The region that it is about.
    pub region: RegionName,
    /// When its cause was put on record.
    pub since: Timestamp,
    /// What it was sent for.
    pub cause: PageCause,
}

/// What an open page was sent for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PageCause {
    /// A wave left the region behind, and none has caught it up since.
    LeftBehind {
        /// The release that the region did not get.
        version: Version,
        /// Why it was left behind.
        why: Box<Reason>,
    },
    /// The region's evidence condemned a release that customers may still meet.
    Condemned(Box<WaveEnd>),
    /// A wave ended short of the fleet, and nothing shows that its release is bad.
    Ended(Box<WaveEnd>),
    /// The region's own watch paged.
    Told(Box<Return>),
    /// The region owes the page: it did not go out yet.
    Owed {
        /// What the people on call are to be told.
        why: Box<Reason>,
        /// What they are to do.
        advice: Advice,
    },
    /// The region is further behind than policy allows.
    Lags(Box<Reason>),
    /// The region does not attest a release.
    Refused {
        /// SHA-256 of its manifest.
        release: ReleaseId,
        /// Its human name, where a region attests it.
        version: Option<Version>,
        /// What is wrong with which file.
        why: Box<FileFault>,
    },
    /// S3 did not replicate objects to the region.
    NotReplicated {
        /// The region's bucket.
        bucket: String,
    },
    /// A chain lacks an entry that a neighbour saw there.
    ChainAltered {
        /// Home's or a region's chain.
        chain: Chain,
        /// The entry that was seen before.
        kept: KeptHead,
        /// How the chain differed from it when that was found.
        departure: Departure,
    },
    /// Home does not answer a deputy nor most other regions, and nobody has moved it.
    HomeLost {
        /// The deputy, which asked people to move home there.
        deputy: RegionName,
    },
    /// Evaluation rejected a release, and no later one is approved.
    Rejected {
        /// SHA-256 of its manifest.
        release: ReleaseId,
        /// Its human name, where a wave was started for it.
        version: Option<Version>,
        /// What the gates said; none where nothing could be compared.
        verdict: Option<Verdict>,
        /// What evaluation found.
        why: Box<Reason>,
    },
    /// A job failed that its handler left without an answer.
    JobFailed(Box<JobFailure>),
}

/// What a region's own chain keeps open.
pub(super) fn of_region(
    region: &RegionName,
    entries: &[Entry],
    history: &RegionHistory,
    account: &Account,
) -> Vec<OpenPage> {
    let page = |since, cause| OpenPage { region: region.clone(), since, cause };
    let told = |told: Return| PageCause::Told(Box::new(told));
    let mut pages: Vec<OpenPage> = Vec::new();
    for owed in &history.owed {
        let cause = PageCause::Owed { why: Box::new(owed.why.clone()), advice: owed.advice.clone() };
        pages.push(page(owed.at, cause));
    }
    // Only its own watch pages when it halts; a person who halts tells nobody.
    for halt in account.halts.iter().filter(|halt| !halt.fleet && !history.owes(&halt.why)) {
        if let Reason::Return(why) = &halt.why {
            pages.push(page(halt.at, told(why.clone())));
        }
    }
    pages.extend(history.unknown.as_ref().filter(|unknown| has_told(entries, unknown)).map(|unknown| {
        let status = match &unknown.why {
            Fault::TwoReleases(status) | Fault::EndpointIs(status) => *status,
            _ => EndpointStatus::UpdateRollbackFailed,
        };
        page(unknown.since, told(Return::BytesUnknown { region: region.clone(), status }))
    }));
    pages.extend(worse(region, entries, history).map(|(since, why)| page(since, told(why))));
    pages
}

/// Whether the region's own watch has paged that its release is unknown.
fn has_told(entries: &[Entry], unknown: &Unknown) -> bool {
    let mut since = entries.iter().filter(|entry| entry.at >= unknown.since);
    since.any(|entry| matches!(&entry.record, Record::BytesUnknown { paged: Some(_), .. }))
}

/// What probation found of the release that serves, where policy leaves it to people, and the page went out.
fn worse(region: &RegionName, entries: &[Entry], history: &RegionHistory) -> Option<(Timestamp, Return)> {
    let serving = &history.serving.as_ref()?.target;
    let found = history.found_worse(&serving.release).filter(|found| found.action == ProbationAction::Tell)?;
    let (region, version) = (region.clone(), serving.version.clone());
    let why = Return::WorseThanBefore { region, version, worse: found.worse.clone() };
    let of_release = |entry: &&Entry| matches!(&entry.record, Record::ProbationFound { target, .. } if target.release == serving.release);
    let since = entries.iter().rev().find(of_release)?.at;
    (!history.owes(&why.clone().into())).then_some((since, why))
}

/// A home that a deputy has asked people to move, until it answers that deputy again or has moved.
pub(super) fn of_lost_home(
    deputy: &RegionName,
    history: &RegionHistory,
    hub: Option<Hub<'_>>,
    seen: &[RegionSeen<'_>],
) -> Option<OpenPage> {
    let home = &seen.iter().find(|one| one.is_home)?.region.name;
    let since = history.misses(home).filter(|own| own.asked)?.since;
    let has_moved = hub.is_some_and(|(_, hub)| hub.moved_from(home).is_some());
    let cause = PageCause::HomeLost { deputy: deputy.clone() };
    (!has_moved).then(|| OpenPage { region: home.clone(), since, cause })
}

/// What home's chain keeps open of a region.
pub(super) fn of_hub(region: &RegionName, entries: &[Entry], hub: &HubHistory) -> Option<OpenPage> {
    // Since when a wave has left the region behind with a page, at which release, and why.
    let mut left: Option<(Timestamp, ReleaseId, Reason)> = None;
    for entry in entries {
        let (release, why) = match &entry.record {
            Record::Deferred { region: own, release, why, paged: true, .. } if own == region => (*release, why.clone()),
            Record::WaveStarted { release, late, .. } if late.contains(region) => {
                (*release, Reason::Fault(Fault::ReplicaLate))
            }
            // The end of a wave of that release, or of a later one, without the region among those that lag has caught it up.
            Record::WaveEnded { release, lagging, .. } if !lagging.contains(region) => {
                left = left.filter(|(_, own, _)| hub.place(release) < hub.place(own));
                continue;
            }
            _ => continue,
        };
        let since = left.filter(|(_, own, _)| *own == release).map_or(entry.at, |(since, ..)| since);
        left = Some((since, release, why));
    }
    let (since, release, why) = left?;
    // One that is condemned since is not caught up with.
    if hub.condemned.contains_key(&release) {
        return None;
    }
    let cause = PageCause::LeftBehind { version: hub.versions.get(&release)?.clone(), why: Box::new(why) };
    Some(OpenPage { region: region.clone(), since, cause })
}

/// A condemned release that customers may still meet.
pub(super) fn of_condemned(row: &CondemnedRow, entries: &[Entry]) -> Option<OpenPage> {
    row.exposed.iter().any(|(_, exposure)| matches!(exposure, Exposure::Serves { .. })).then_some(())?;
    let region = entries.iter().find_map(|entry| match &entry.record {
        Record::Condemned { release, region, .. } if *release == row.release => Some(region.clone()),
        _ => None,
    })?;
    let over = !row.exposed.iter().any(|(own, _)| *own == region);
    let (version, why) = (row.version.clone(), Box::new(row.why.clone()));
    let end = WaveEnd::RolledBack { region: region.clone(), version, over, why };
    Some(OpenPage { region, since: row.since, cause: PageCause::Condemned(Box::new(end)) })
}

/// Pages of waves' ends that the hub keeps and that no all-clear has named, each region's latest. One is over once a wave of its release,
/// or of a later one, has ended with its regions on that, or once no region may start its release any more.
pub(super) fn of_wave_ends(entries: &[Entry], hub: &HubHistory) -> Vec<OpenPage> {
    let kept = |at: Timestamp| hub.uncleared(&Chain::Home, &hub.pages).any(|page| page.at == at);
    let mut open: Vec<(ReleaseId, Vec<RegionName>, OpenPage)> = Vec::new();
    for entry in entries {
        let Record::WaveEnded { release, lagging, page: told, .. } = &entry.record else { continue };
        open.retain(|(own, regions, _)| {
            hub.place(release) < hub.place(own) || regions.iter().any(|region| lagging.contains(region))
        });
        let Some(end) = told.as_ref().filter(|_| kept(entry.at)) else { continue };
        let regions = short_of(end);
        let Some(region) = regions.first().cloned() else { continue };
        open.retain(|(_, _, page)| page.region != region);
        open.push((*release, regions, OpenPage { region, since: entry.at, cause: PageCause::Ended(end.clone()) }));
    }
    let open = open.into_iter().filter(|(release, ..)| hub.barred(release).is_none());
    open.map(|(_, _, page)| page).collect()
}

/// The regions for which a wave's end was paged; none of an end whose page another record keeps open.
fn short_of(end: &WaveEnd) -> Vec<RegionName> {
    match end {
        WaveEnd::NotOn { region, .. }
        | WaveEnd::NotPromoted { region, .. }
        | WaveEnd::NoFirstRelease { region, .. }
        | WaveEnd::NotJudged { region, .. } => vec![region.clone()],
        WaveEnd::Incomplete { lagging, .. } => lagging.iter().map(|(region, _)| region.clone()).collect(),
        WaveEnd::Lost { lagging, .. } => lagging.clone(),
        WaveEnd::RolledBack { .. }
        | WaveEnd::Serves { .. }
        | WaveEnd::Keeps { .. }
        | WaveEnd::Superseded { .. }
        | WaveEnd::Stopped(_)
        | WaveEnd::Deferred { .. }
        | WaveEnd::FullLoad { .. }
        | WaveEnd::Complete { .. } => Vec::new(),
    }
}

/// A region of which people were told that it lags behind `newest`, and does.
pub(super) fn of_lag(region: &RegionName, newest: &ReleaseId, entries: &[Entry]) -> Option<OpenPage> {
    let (since, why) = entries.iter().find_map(|entry| match &entry.record {
        Record::SkewTold { region: own, newest: told, why } if own == region && told == newest => {
            Some((entry.at, why.clone()))
        }
        _ => None,
    })?;
    Some(OpenPage { region: region.clone(), since, cause: PageCause::Lags(Box::new(why)) })
}
