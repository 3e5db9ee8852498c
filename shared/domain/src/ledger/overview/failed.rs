//! Executions that failed before a wave's end, as home's chain says why: evaluation rejected the release, or a job failed that its handler
//! left without an answer.

use super::{OpenPage, PageCause};
use crate::fleet::names::{Actor, RegionName, ReleaseId};
use crate::ledger::history::HubHistory;
use crate::ledger::verdict::Verdict;
use crate::ledger::{Entry, Record};
use jiff::Timestamp;

/// Releases that evaluation rejected, each open until a release whose wave was started later is approved, or a person has put it in
/// quarantine. Publishing again makes a new release.
pub(super) fn rejected(home: &RegionName, entries: &[Entry], hub: &HubHistory) -> Vec<OpenPage> {
    let mut pages: Vec<OpenPage> = Vec::new();
    for entry in entries {
        let Record::Rejected { release, why } = &entry.record else { continue };
        let is_doubled = pages.iter().any(|page| page.is_of_rejected(release));
        if is_doubled || hub.barred(release).is_some() || has_successor(release, hub) {
            continue;
        }
        let (version, verdict) = (hub.versions.get(release).cloned(), verdict(release, entries));
        let cause = PageCause::Rejected { release: *release, version, verdict, why: Box::new(why.clone()) };
        pages.push(OpenPage { region: home.clone(), since: entry.at, cause });
    }
    pages
}

/// Whether a release is approved whose first wave was started after that of `release`.
fn has_successor(release: &ReleaseId, hub: &HubHistory) -> bool {
    let mut later = hub.started.iter().skip_while(|(own, _)| own != release).skip(1);
    later.any(|(own, _)| hub.approved.contains(own))
}

/// What the gates said; none where nothing could be compared.
fn verdict(release: &ReleaseId, entries: &[Entry]) -> Option<Verdict> {
    entries.iter().rev().find_map(|entry| match &entry.record {
        Record::Evaluated { release: own, verdict, .. } if own == release => Some(*verdict),
        _ => None,
    })
}

/// The job that failed last, open until another execution has ended its wave, or its own has with nobody left behind: jobs are answered
/// again.
pub(super) fn failed_job(home: &RegionName, entries: &[Entry]) -> Option<OpenPage> {
    let mut open: Option<(Timestamp, &Actor, PageCause)> = None;
    for entry in entries {
        match &entry.record {
            Record::JobFailed { execution, why } => {
                let since = open.filter(|(_, own, _)| *own == execution).map_or(entry.at, |(since, ..)| since);
                open = Some((since, execution, PageCause::JobFailed(why.clone())));
            }
            Record::WaveEnded { execution, lagging, .. } => {
                open = open.filter(|(_, own, _)| *own == execution && !lagging.is_empty());
            }
            _ => {}
        }
    }
    open.map(|(since, _, cause)| OpenPage { region: home.clone(), since, cause })
}

impl OpenPage {
    fn is_of_rejected(&self, release: &ReleaseId) -> bool {
        matches!(&self.cause, PageCause::Rejected { release: own, .. } if own == release)
    }
}
