//! The whole fleet at one moment: what serves, what is in progress, and what a person has to do about it.

mod next;
mod pages;

pub use next::Next;
pub use pages::{OpenPage, PageCause};

use super::account::{Account, Phase, account};
use super::history::{HubHistory, RegionHistory};
use super::overrides::Override;
use super::{Entry, Record};
use crate::fleet::Region;
use crate::fleet::endpoint::{EndpointStatus, EndpointView};
use crate::fleet::names::{Actor, RegionName, ReleaseId, ResourceName, Version};
use crate::ledger::Chain;
use crate::ledger::advice::Exposure;
use crate::ledger::projection::Projection;
use crate::ledger::reason::{Reason, Seen};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// A condemned release that serves nowhere is told for so long.
const CONDEMNED_LATELY: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A wave whose lease ran out so long ago goes on by itself no more.
const WAVE_IS_SILENT: SignedDuration = SignedDuration::from_mins(15);

/// What was seen of one region.
#[derive(Clone, Debug)]
pub struct RegionSeen<'a> {
    /// The region as policy has it.
    pub region: &'a Region,
    /// Its chain; none where that cannot be read or believed.
    pub entries: Option<&'a [Entry]>,
    /// Its endpoint as SageMaker shows it; none where there is no endpoint.
    pub endpoint: Seen<Option<EndpointView>>,
    /// Whether its rollback alarm is in ALARM.
    pub alarm: Seen<bool>,
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
    /// Pages whose cause is not over, the oldest first. A document has them with their kinds, which are those of the messages.
    #[serde(skip)]
    pub pages: Vec<OpenPage>,
    /// What comes next; empty where the hub's chain cannot be read.
    pub next: Vec<Next>,
}

/// One region's line.
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
    /// When it ended, and the regions that lag; none while it runs.
    pub ended: Option<(Timestamp, Vec<RegionName>)>,
}

/// A condemned release.
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

/// Something that a person has to do: the most urgent kind first.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a field is the region, the release or the time that the variant is about")]
pub enum Need {
    /// An endpoint does not serve, or could not be rolled back.
    Endpoint { region: RegionName, status: EndpointStatus },
    /// It is unknown which release serves.
    UnknownRelease { region: RegionName, since: Timestamp },
    /// Customers may meet a release that is condemned.
    Condemned { version: Version, exposed: Vec<(RegionName, Exposure)> },
    /// The rollback alarm is in ALARM, and the region is not rolling back.
    Alarm { region: RegionName },
    /// An endpoint serves another configuration than the ledger says.
    ForeignConfig { region: RegionName, config: ResourceName, expected: ResourceName },
    /// A chain cannot be read, or is altered.
    Ledger { chain: Chain },
    /// An endpoint cannot be seen.
    EndpointUnseen { region: RegionName },
    /// Nothing may start: in one region, or anywhere.
    Halt { region: Option<RegionName>, fleet: bool, since: Timestamp, why: Box<Reason> },
    /// Pages that did not go out.
    PagesOwed { region: RegionName, count: usize },
    /// A wave that has neither ended nor been heard of.
    WaveSilent { version: Version, execution: Actor, since: Timestamp },
    /// A region is further behind than policy allows.
    Lags { region: RegionName, newest: Version },
}

/// The fleet at `at`, by its chains and what was seen. `hub`: home's chain, where it can be read and believed.
pub fn overview(hub: Option<&[Entry]>, seen: &[RegionSeen<'_>], at: Timestamp) -> Overview {
    let sums = hub.map(sum::<HubHistory>);
    let histories: Vec<Option<RegionHistory>> = seen.iter().map(|one| one.entries.map(sum::<RegionHistory>)).collect();
    let regions = seen.iter().map(|one| row(one, hub, at)).collect();
    let mut overview = Overview {
        at,
        needs: Vec::new(),
        regions,
        wave: None,
        condemned: Vec::new(),
        overrides: Vec::new(),
        pages: Vec::new(),
        next: Vec::new(),
    };
    if let Some((entries, sums)) = hub.zip(sums.as_ref()) {
        overview.wave = wave(entries, sums);
        overview.condemned = condemned(entries, sums, seen, &histories, at);
        overview.overrides = sums.overrides.iter().filter(|own| own.until > at).cloned().collect();
        overview.next = next::next(sums, overview.wave.as_ref(), &places(seen, &histories, &overview.regions));
    }
    overview.pages = open_pages(&overview, hub.zip(sums.as_ref()), seen, &histories);
    overview.needs = needs(&overview, sums.as_ref(), seen, &histories);
    overview
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
    };
    all.map(place).collect()
}

fn open_pages(
    overview: &Overview,
    hub: Option<(&[Entry], &HubHistory)>,
    seen: &[RegionSeen<'_>],
    histories: &[Option<RegionHistory>],
) -> Vec<OpenPage> {
    let mut open = Vec::new();
    for ((one, history), row) in seen.iter().zip(histories).zip(&overview.regions) {
        let (region, account) = (&one.region.name, row.account.as_ref());
        if let (Some(entries), Some(history), Some(account)) = (one.entries, history, account) {
            open.extend(pages::of_region(region, entries, history, account));
        }
        let Some((entries, sums)) = hub else { continue };
        open.extend(pages::of_hub(region, entries, sums));
        let newest = history.as_ref().and_then(|history| lags_behind(region, sums, history));
        let newest = newest.filter(|newest| sums.barred(newest).is_none());
        open.extend(newest.and_then(|newest| pages::of_lag(region, newest, entries)));
    }
    if let Some((entries, _)) = hub {
        open.extend(overview.condemned.iter().filter_map(|row| pages::of_condemned(row, entries)));
    }
    open.sort_by_key(|page| page.since);
    open
}

/// The newest release of which people were told that the region lags behind it, where it does.
fn lags_behind<'a>(region: &RegionName, hub: &'a HubHistory, history: &RegionHistory) -> Option<&'a ReleaseId> {
    let serving = &history.serving.as_ref()?.target.release;
    let told = hub.skew_told.iter().filter(|(own, _)| own == region).map(|(_, newest)| newest);
    told.max_by_key(|newest| hub.place(newest)).filter(|newest| hub.place(serving) < hub.place(newest))
}

fn sum<P: Projection + Default>(entries: &[Entry]) -> P {
    let mut sums = P::default();
    entries.iter().for_each(|entry| sums.apply(entry));
    sums
}

fn row(seen: &RegionSeen<'_>, hub: Option<&[Entry]>, at: Timestamp) -> RegionRow {
    RegionRow {
        region: seen.region.name.clone(),
        account: seen.entries.map(|entries| account(seen.region, entries, hub, at)),
        status: seen.endpoint.known().and_then(Option::as_ref).map(|view| view.status),
        alarm: seen.alarm.known().copied(),
    }
}

fn wave(entries: &[Entry], hub: &HubHistory) -> Option<WaveRow> {
    // An execution that a person starts is no wave's start on record: its end names it.
    let (release, execution) = entries.iter().rev().find_map(|entry| match &entry.record {
        Record::WaveStarted { release, execution, .. } | Record::WaveEnded { release, execution, .. } => {
            Some((release, execution))
        }
        _ => None,
    })?;
    let version = hub.versions.get(release)?;
    let at = |entry: &&Entry| matches!(&entry.record, Record::WaveEnded { execution: own, .. } if own == execution);
    let ended = hub.ended.get(execution).cloned();
    let ended = ended.zip(entries.iter().find(at)).map(|(lagging, entry)| (entry.at, lagging));
    Some(WaveRow { release: *release, version: version.clone(), execution: execution.clone(), ended })
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

fn needs(
    overview: &Overview,
    hub: Option<&HubHistory>,
    seen: &[RegionSeen<'_>],
    histories: &[Option<RegionHistory>],
) -> Vec<Need> {
    let mut needs = Vec::new();
    for ((one, history), row) in seen.iter().zip(histories).zip(&overview.regions) {
        needs.extend(of_region(one, history.as_ref(), row));
    }
    for row in &overview.condemned {
        let exposed: Vec<_> =
            row.exposed.iter().filter(|(_, exposure)| *exposure != Exposure::InUpdate).cloned().collect();
        let (version, serves) = (row.version.clone(), exposed.iter().any(|(_, own)| *own != Exposure::Unknown));
        needs.extend(serves.then_some(Need::Condemned { version, exposed }));
    }
    match hub {
        None => needs.push(Need::Ledger { chain: Chain::Home }),
        Some(hub) => needs.extend(of_hub(overview, hub, histories, seen)),
    }
    needs.sort_by_key(Need::rank);
    needs
}

/// What a region's own chain, endpoint and alarm ask for.
fn of_region(seen: &RegionSeen<'_>, history: Option<&RegionHistory>, row: &RegionRow) -> Vec<Need> {
    let region = || seen.region.name.clone();
    let mut needs = Vec::new();
    let Some((history, account)) = history.zip(row.account.as_ref()) else {
        return vec![Need::Ledger { chain: Chain::Region(region()) }];
    };
    match &seen.endpoint {
        Seen::Unknown(_) => needs.push(Need::EndpointUnseen { region: region() }),
        Seen::Known(Some(view)) if view.status.needs_a_person() => {
            needs.push(Need::Endpoint { region: region(), status: view.status });
        }
        Seen::Known(Some(view)) => {
            let serving =
                history.serving.as_ref().filter(|own| account.update.is_none() && own.target.config != view.config);
            needs.extend(serving.map(|serving| Need::ForeignConfig {
                region: region(),
                config: view.config.clone(),
                expected: serving.target.config.clone(),
            }));
        }
        Seen::Known(None) => {}
    }
    let unknown = history.unknown.as_ref();
    needs.extend(unknown.map(|unknown| Need::UnknownRelease { region: region(), since: unknown.since }));
    let leaves = account.update.as_ref().is_some_and(|update| update.phase == Phase::RollingBack);
    needs.extend((row.alarm == Some(true) && !leaves).then(|| Need::Alarm { region: region() }));
    let halts = account.halts.iter().filter(|halt| !halt.fleet);
    needs.extend(halts.map(|halt| Need::Halt {
        region: Some(region()),
        fleet: halt.why.halts_fleet(),
        since: halt.at,
        why: Box::new(halt.why.clone()),
    }));
    let count = history.owed.len();
    needs.extend((count > 0).then(|| Need::PagesOwed { region: region(), count }));
    needs
}

/// What home's chain asks for.
fn of_hub(
    overview: &Overview,
    hub: &HubHistory,
    histories: &[Option<RegionHistory>],
    seen: &[RegionSeen<'_>],
) -> Vec<Need> {
    let mut needs = Vec::new();
    let halts = overview.regions.iter().filter_map(|row| row.account.as_ref()).flat_map(|account| &account.halts);
    let halt = halts.into_iter().find(|halt| halt.fleet);
    needs.extend(halt.map(|halt| Need::Halt {
        region: None,
        fleet: true,
        since: halt.at,
        why: Box::new(halt.why.clone()),
    }));
    if let Some(wave) = overview.wave.as_ref().filter(|wave| wave.ended.is_none()) {
        let until = hub.lease.as_ref().filter(|lease| lease.holder == wave.execution).map(|lease| lease.until);
        let silent = until.filter(|until| overview.at.duration_since(*until) > WAVE_IS_SILENT);
        needs.extend(silent.map(|since| Need::WaveSilent {
            version: wave.version.clone(),
            execution: wave.execution.clone(),
            since,
        }));
    }
    let lags = seen.iter().zip(histories).filter_map(|(one, history)| {
        let newest = lags_behind(&one.region.name, hub, history.as_ref()?)?;
        Some(Need::Lags { region: one.region.name.clone(), newest: hub.versions.get(newest)?.clone() })
    });
    needs.extend(lags);
    needs
}

impl Need {
    /// The order of urgency.
    fn rank(&self) -> u8 {
        match self {
            Self::Endpoint { .. } => 0,
            Self::UnknownRelease { .. } => 1,
            Self::Condemned { .. } => 2,
            Self::Alarm { .. } => 3,
            Self::ForeignConfig { .. } => 4,
            Self::Ledger { .. } => 5,
            Self::EndpointUnseen { .. } => 6,
            Self::Halt { .. } => 7,
            Self::PagesOwed { .. } => 8,
            Self::WaveSilent { .. } => 9,
            Self::Lags { .. } => 10,
        }
    }
}
