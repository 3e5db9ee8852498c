//! The whole fleet at one moment: what serves, what is in progress, and what a person has to do about it.

mod altered;
mod apart;
mod arrivals;
mod failed;
mod instead;
mod needs;
mod next;
mod pages;
mod unheard;

pub use instead::Instead;
pub use needs::{Need, OffRecord};
pub use next::Next;
pub use pages::{OpenPage, PageCause};
pub use unheard::Unheard;

use super::account::{Account, Interruption, Phase, Underway, account};
use super::history::{Carries, Evacuated, HubHistory, RegionHistory};
use super::overrides::{Override, Rule};
use super::{Entry, Record};
use crate::fleet::endpoint::{EndpointStatus, EndpointView};
use crate::fleet::names::{Actor, RegionName, ReleaseId, Version};
use crate::fleet::{Fleet, Frozen, Kind, Region};
use crate::ledger::advice::Exposure;
use crate::ledger::projection::Projection;
use crate::ledger::reason::{Barred, Reason, Seen};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// A condemned release that serves nowhere is told for so long.
const CONDEMNED_LATELY: SignedDuration = SignedDuration::from_hours(7 * 24);
/// What interrupted a release that serves is told for so long.
const INTERRUPTED_LATELY: SignedDuration = SignedDuration::from_hours(24);

/// Home's chain, and what it adds up to.
type Hub<'a> = (&'a [Entry], &'a HubHistory);

/// What was seen of one region.
#[derive(Clone, Debug)]
pub struct RegionSeen<'a> {
    /// The region as policy has it.
    pub region: &'a Region,
    /// Whether it is the fleet's home.
    pub is_home: bool,
    /// Its chain; none where that cannot be read or believed.
    pub entries: Option<&'a [Entry]>,
    /// Its endpoint as SageMaker shows it; none where there is no endpoint.
    pub endpoint: Seen<Option<EndpointView>>,
    /// Whether its rollback alarm is in ALARM.
    pub alarm: Seen<bool>,
    /// The freeze by which policy lets no update start there now; an override may set it aside.
    pub frozen: Option<Frozen>,
    /// Alarms that page by themselves and are in ALARM, as far as CloudWatch says: lost events, and functions that fail.
    pub paging: Vec<String>,
}

/// The fleet at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overview {
    /// The moment that it tells of.
    pub at: Timestamp,
    /// What a person has to do, the most urgent first; empty where that is nothing.
    pub needs: Vec<Need>,
    /// Each region, in the fleet's order.
    pub regions: Vec<RegionRow>,
    /// The wave that was started or ended last; none where none was, or the hub's chain cannot be read.
    pub wave: Option<WaveRow>,
    /// Releases that are condemned: lately, or that customers may still meet.
    pub condemned: Vec<CondemnedRow>,
    /// Rules that people have set aside until later.
    pub overrides: Vec<Override>,
    /// Regions to which customers are moved, or away from which.
    pub failovers: Vec<FailoverRow>,
    /// Pages whose cause is not over, the oldest first. A document has them with their kinds, which are those of the messages.
    #[serde(skip)]
    pub pages: Vec<OpenPage>,
    /// What comes next; empty where the hub's chain cannot be read, or nothing is heard of the wave.
    pub next: Vec<Next>,
}

/// One region as `meridian status` shows it: its ledger beside SageMaker and CloudWatch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegionRow {
    /// AWS's name of the region.
    pub region: RegionName,
    /// What its ledger says; none where that cannot be read or believed.
    pub account: Option<Account>,
    /// What SageMaker says of its endpoint; none where it does not answer, or there is no endpoint.
    pub status: Option<EndpointStatus>,
    /// Whether its rollback alarm is in ALARM; none where CloudWatch does not say.
    pub alarm: Option<bool>,
    /// What its endpoint names instead of what its ledger says, which then does not serve; none where both agree, or one is unknown.
    pub instead: Option<Instead>,
}

impl RegionRow {
    /// The update that is still on its way. Soak ends with the old instances, which is not on record: it is over once SageMaker calls
    /// the endpoint in service, and a region's first release has none.
    pub fn in_progress(&self) -> Option<&Underway> {
        let update = self.account.as_ref()?.update.as_ref()?;
        let alone = self.status == Some(EndpointStatus::InService) || update.from.is_none();
        (update.phase != Phase::Soak || !alone).then_some(update)
    }

    /// When what serves last shared the region with another release, or may have, where that ended lately: `since` alone would say that
    /// nothing happened.
    pub fn interrupted_lately(&self, at: Timestamp) -> Option<&Interruption> {
        let answers = &self.account.as_ref().filter(|_| self.instead.is_none())?.answers;
        let interrupted = answers.iter().find_map(|answer| answer.interrupted.as_ref())?;
        (at.duration_since(interrupted.until) < INTERRUPTED_LATELY).then_some(interrupted)
    }
}

/// The wave that was started or ended last.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WaveRow {
    /// The release that it promotes.
    pub release: ReleaseId,
    /// Its human name.
    pub version: Version,
    /// The pipeline's execution.
    pub execution: Actor,
    /// Why it goes on to no further region, whether or not its end is on record; none where it may go on.
    pub stopped: Option<WaveStop>,
    /// The regions that it has left behind while it runs, and why.
    pub left: Vec<(RegionName, Reason)>,
    /// When it ended, and the regions that lag; none while its end is not on record.
    pub ended: Option<(Timestamp, Vec<RegionName>)>,
    /// Where it has neither ended nor shown lately that it runs; none where it has.
    pub unheard: Option<Unheard>,
}

impl WaveRow {
    /// Whether it goes on, as far as its ledgers show.
    pub fn is_under_way(&self) -> bool {
        self.ended.is_none() && self.unheard.is_none() && self.stopped.is_none()
    }
}

/// Why a wave goes on to no further region.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WaveStop {
    /// Evaluation rejected its release: no region began, and its pipeline has failed without a wave's end on record.
    Rejected {
        /// The gates that failed, or what kept it from being evaluated.
        why: Box<Reason>,
    },
    /// No region may start its release any more.
    Barred(Barred),
}

/// One region's half of a failover that is not over.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FailoverRow {
    /// AWS's name of the region.
    pub region: RegionName,
    /// The customers that it carries or is to carry beside its own.
    pub carries: Option<Carries>,
    /// Where its own customers are sent.
    pub evacuated: Option<Evacuated>,
}

/// A release that no region starts again, with the evidence that condemned it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CondemnedRow {
    /// SHA-256 of its manifest.
    pub release: ReleaseId,
    /// Its human name.
    pub version: Version,
    /// When it was condemned first.
    pub since: Timestamp,
    /// What the evidence says.
    pub why: Reason,
    /// The regions whose customers may meet it.
    pub exposed: Vec<(RegionName, Exposure)>,
}

/// The fleet at `at`, by its chains and what was seen. `hub`: home's chain, where it can be read and believed.
pub fn overview(fleet: &Fleet, hub: Option<&[Entry]>, seen: &[RegionSeen<'_>], at: Timestamp) -> Overview {
    let sums = hub.map(sum::<HubHistory>);
    let histories: Vec<Option<RegionHistory>> = seen.iter().map(|one| one.entries.map(sum::<RegionHistory>)).collect();
    let regions = seen.iter().zip(&histories).map(|(one, history)| row(one, history.as_ref(), hub, at)).collect();
    let mut overview = Overview {
        at,
        needs: Vec::new(),
        regions,
        wave: None,
        condemned: Vec::new(),
        overrides: Vec::new(),
        failovers: failovers(seen, &histories),
        pages: Vec::new(),
        next: Vec::new(),
    };
    if let Some((entries, sums)) = hub.zip(sums.as_ref()) {
        overview.wave = wave(entries, sums, seen, &histories, at);
        overview.condemned = condemned(entries, sums, seen, &histories, at);
        overview.overrides = sums.overrides.iter().filter(|own| own.until > at).cloned().collect();
        let places = places(seen, &histories, &overview.regions);
        overview.next = next::next(fleet, sums, overview.wave.as_ref(), &places, at);
    }
    let hub = hub.zip(sums.as_ref());
    overview.pages = open_pages(&overview, hub, seen, &histories);
    overview.needs = needs::needs(&overview, hub, seen, &histories);
    overview
}

fn failovers(seen: &[RegionSeen<'_>], histories: &[Option<RegionHistory>]) -> Vec<FailoverRow> {
    let known = seen.iter().zip(histories).filter_map(|(one, history)| Some((one, history.as_ref()?)));
    let moved = known.filter(|(_, history)| history.is_in_failover());
    let row = |(one, history): (&RegionSeen<'_>, &RegionHistory)| FailoverRow {
        region: one.region.name.clone(),
        carries: history.carries().cloned(),
        evacuated: history.evacuated.clone(),
    };
    moved.map(row).collect()
}

fn places<'a>(
    seen: &'a [RegionSeen<'_>],
    histories: &'a [Option<RegionHistory>],
    rows: &'a [RegionRow],
) -> Vec<next::Place<'a>> {
    let all = seen.iter().zip(histories).zip(rows);
    let place = |((one, history), row): ((&'a RegionSeen<'_>, &'a Option<RegionHistory>), &'a RegionRow)| next::Place {
        region: &one.region.name,
        history: history.as_ref(),
        account: row.account.as_ref(),
        frozen: one.frozen.as_ref(),
    };
    all.map(place).collect()
}

fn open_pages(
    overview: &Overview,
    hub: Option<Hub<'_>>,
    seen: &[RegionSeen<'_>],
    histories: &[Option<RegionHistory>],
) -> Vec<OpenPage> {
    let mut open = Vec::new();
    for ((one, history), row) in seen.iter().zip(histories).zip(&overview.regions) {
        let (region, account) = (&one.region.name, row.account.as_ref());
        if let (Some(entries), Some(history), Some(account)) = (one.entries, history, account) {
            open.extend(pages::of_region(region, entries, history, account));
        }
        if let Some(history) = history {
            open.extend(arrivals::refused(one, history, hub, seen));
            open.extend(arrivals::not_replicated(history, hub, seen, histories));
            open.extend(altered::altered(one, history, hub, seen));
            open.extend(pages::of_lost_home(region, history, hub, seen));
        }
        let Some((entries, sums)) = hub else { continue };
        if one.is_home {
            open.extend(failed::rejected(region, entries, sums));
            open.extend(failed::failed_job(region, entries));
        }
        open.extend(pages::of_hub(region, entries, sums));
        let newest = history.as_ref().and_then(|history| lags_behind(one.region, sums, history, overview.at));
        open.extend(newest.and_then(|newest| pages::of_lag(region, newest, entries)));
    }
    if let Some((entries, sums)) = hub {
        open.extend(overview.condemned.iter().filter_map(|row| pages::of_condemned(row, entries)));
        open.extend(pages::of_wave_ends(entries, sums));
    }
    open.sort_by_key(|page| page.since);
    open
}

/// The newest release of which people were told that the region lags behind it, where it does: not while it may, nor behind one that no
/// region starts any more.
fn lags_behind<'a>(
    region: &Region,
    hub: &'a HubHistory,
    history: &RegionHistory,
    at: Timestamp,
) -> Option<&'a ReleaseId> {
    let serving = &history.target()?.release;
    if region.kind == Kind::Joining || hub.overridden(Rule::Skew, &region.name, at).is_some() {
        return None;
    }
    let told = hub.skew_told.iter().filter(|(own, newest)| *own == region.name && hub.barred(newest).is_none());
    let newest = told.map(|(_, newest)| newest).max_by_key(|newest| hub.place(newest));
    newest.filter(|newest| hub.place(serving) < hub.place(newest))
}

fn sum<P: Projection + Default>(entries: &[Entry]) -> P {
    let mut sums = P::default();
    entries.iter().for_each(|entry| sums.apply(entry));
    sums
}

fn row(seen: &RegionSeen<'_>, history: Option<&RegionHistory>, hub: Option<&[Entry]>, at: Timestamp) -> RegionRow {
    let account = seen.entries.map(|entries| account(seen.region, entries, hub, at));
    let view = seen.endpoint.known().and_then(Option::as_ref);
    let updates = account.as_ref().is_some_and(|account| account.update.is_some());
    let instead = seen.entries.zip(history).zip(view);
    RegionRow {
        region: seen.region.name.clone(),
        account,
        status: view.map(|view| view.status),
        alarm: seen.alarm.known().copied(),
        instead: instead.and_then(|((entries, history), view)| instead::of(view, entries, history, updates)),
    }
}

fn wave(
    entries: &[Entry],
    hub: &HubHistory,
    seen: &[RegionSeen<'_>],
    histories: &[Option<RegionHistory>],
    at: Timestamp,
) -> Option<WaveRow> {
    let last = entries.iter().rev().find_map(|entry| match &entry.record {
        Record::WaveStarted { release, execution, .. } | Record::WaveEnded { release, execution, .. } => {
            Some((release, execution))
        }
        _ => None,
    });
    let is_over = last.is_none_or(|(_, execution)| hub.ended.contains_key(execution));
    let (release, execution) = if is_over { again(hub, histories).or(last) } else { last }?;
    let version = hub.versions.get(release)?;
    let ends = |entry: &&Entry| matches!(&entry.record, Record::WaveEnded { execution: own, .. } if own == execution);
    let ended = hub.ended.get(execution).cloned();
    let ended = ended.zip(entries.iter().find(ends)).map(|(lagging, entry)| (entry.at, lagging));
    let rejected = hub.rejected.get(release).map(|why| WaveStop::Rejected { why: Box::new(why.clone()) });
    let stopped = rejected.or_else(|| hub.barred(release).map(WaveStop::Barred));
    let left = hub.left_behind_by(execution).filter(|_| ended.is_none());
    let left = left.map(|(region, why)| (region.clone(), why.clone())).collect();
    let chains = std::iter::once(entries).chain(seen.iter().filter_map(|one| one.entries));
    let runs = ended.is_none() && !matches!(stopped, Some(WaveStop::Rejected { .. }));
    let unheard = if runs { unheard::of(execution, hub, chains, at) } else { None };
    let (release, version, execution) = (*release, version.clone(), execution.clone());
    Some(WaveRow { release, version, execution, stopped, left, ended, unheard })
}

/// The execution that holds the lease and has not ended, with its release: one that a person starts is no wave's start on record.
fn again<'a>(hub: &'a HubHistory, histories: &'a [Option<RegionHistory>]) -> Option<(&'a ReleaseId, &'a Actor)> {
    let holder = &hub.lease.as_ref().filter(|lease| !hub.ended.contains_key(&lease.holder))?.holder;
    let mut updates = histories.iter().flatten().filter_map(|history| history.update.as_ref());
    let updated = updates.find(|update| update.execution == *holder).map(|update| &update.target.release);
    // Until it updates a region, the newest release is what it can be about.
    Some((updated.or(hub.line.last().map(|newest| &newest.release))?, holder))
}

fn condemned(
    entries: &[Entry],
    hub: &HubHistory,
    seen: &[RegionSeen<'_>],
    histories: &[Option<RegionHistory>],
    at: Timestamp,
) -> Vec<CondemnedRow> {
    let rows = hub.condemned.iter().filter_map(|(release, why)| {
        let first = |entry: &&Entry| matches!(&entry.record, Record::Condemned { release: own, .. } if own == release);
        let since = entries.iter().find(first)?.at;
        let exposed = seen.iter().zip(histories).filter_map(|(one, history)| {
            let exposure = history.as_ref().map_or(Some(Exposure::Unknown), |history| history.exposure(release));
            Some((one.region.name.clone(), exposure?))
        });
        let (version, exposed): (_, Vec<_>) = (hub.versions.get(release)?.clone(), exposed.collect());
        let told = !exposed.is_empty() || at.duration_since(since) < CONDEMNED_LATELY;
        told.then(|| CondemnedRow { release: *release, version, since, why: why.clone(), exposed })
    });
    let mut rows: Vec<CondemnedRow> = rows.collect();
    rows.sort_by_key(|row| row.since);
    rows
}
