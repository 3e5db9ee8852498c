//! What a person has to do. What cannot be seen is never taken for fine (I13).

use super::instead::{self, Instead};
use super::{Hub, Overview, RegionRow, RegionSeen, WaveRow, apart, lags_behind};
use crate::fleet::endpoint::EndpointStatus;
use crate::fleet::names::{Actor, RegionName, ResourceName, Version};
use crate::fleet::{Kind, ProbationAction};
use crate::ledger::Chain;
use crate::ledger::account::Phase;
use crate::ledger::advice::Exposure;
use crate::ledger::history::{HubHistory, RegionHistory};
use crate::ledger::reason::{Reason, Seen, Unseen};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// A wave whose lease ran out so long ago goes on by itself no more.
pub(super) const WAVE_IS_SILENT: SignedDuration = SignedDuration::from_mins(15);

/// Something that a person has to do: the most urgent kind first.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a field is the region, the release or the time that the variant is about")]
pub enum Need {
    /// An endpoint does not serve, or could not be rolled back.
    Endpoint { region: RegionName, status: EndpointStatus },
    /// There is no endpoint, and the ledger says that this configuration serves.
    EndpointGone { region: RegionName, config: ResourceName },
    /// It is unknown which release serves.
    UnknownRelease { region: RegionName, since: Timestamp },
    /// Customers may meet a release that is condemned.
    Condemned { version: Version, exposed: Vec<(RegionName, Exposure)> },
    /// The rollback alarm is in ALARM, and the region is not rolling back, or its ledger cannot be read and nothing says whether it does.
    Alarm { region: RegionName, ledger_known: bool },
    /// The rollback alarm is not there or cannot be seen: whether it would ring is unknown.
    AlarmUnseen { region: RegionName, why: Unseen },
    /// An endpoint names a configuration that no entry of the ledger names, or is on its way to or from one. `expected`: what the ledger
    /// says that serves.
    NotOnRecord { region: RegionName, config: ResourceName, is: OffRecord, expected: Option<ResourceName> },
    /// An endpoint serves another configuration than the ledger says.
    ForeignConfig { region: RegionName, config: ResourceName, expected: ResourceName },
    /// A chain cannot be read, or is altered.
    Ledger { chain: Chain },
    /// An endpoint cannot be seen.
    EndpointUnseen { region: RegionName },
    /// Nothing may start: in one region, or anywhere.
    Halt { region: Option<RegionName>, fleet: bool, since: Timestamp, why: Box<Reason> },
    /// Probation found the release that serves worse than the days before, and policy leaves the rollback to people.
    WeighRollback { region: RegionName, version: Version },
    /// An alarm that pages by itself is in ALARM: an event was lost, or a function fails.
    PagingAlarm { region: RegionName, alarm: String },
    /// Pages that did not go out.
    PagesOwed { region: RegionName, count: usize },
    /// A wave that has neither ended nor been heard of.
    WaveSilent { version: Version, execution: Actor, since: Timestamp },
    /// A region is further behind than policy allows.
    Lags { region: RegionName, newest: Version },
    /// A region serves another release than the newest that another region serves, and no entry says why.
    Differs { region: RegionName, version: Version, newest: Version },
}

/// Where an endpoint stands with a configuration that is not on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OffRecord {
    /// It serves it.
    Serving,
    /// It is being updated to it.
    Coming,
    /// It is being updated from it to what the ledger says.
    Leaving,
}

/// Everything that a person has to do, the most urgent first. `hub`: home's chain, where it can be read.
pub(super) fn needs(
    overview: &Overview,
    hub: Option<Hub<'_>>,
    seen: &[RegionSeen<'_>],
    histories: &[Option<RegionHistory>],
) -> Vec<Need> {
    let mut needs = Vec::new();
    for ((one, history), row) in seen.iter().zip(histories).zip(&overview.regions) {
        let own = of_region(one, history.as_ref(), row);
        needs.extend(own.into_iter().filter(|need| !(need.is_unseen() && is_yet_to_come(one))));
    }
    for row in &overview.condemned {
        let exposed: Vec<_> =
            row.exposed.iter().filter(|(_, exposure)| *exposure != Exposure::InUpdate).cloned().collect();
        let (version, serves) = (row.version.clone(), exposed.iter().any(|(_, own)| *own != Exposure::Unknown));
        needs.extend(serves.then_some(Need::Condemned { version, exposed }));
    }
    match hub {
        None => needs.push(Need::Ledger { chain: Chain::Home }),
        Some(hub) => {
            needs.extend(of_hub(overview, hub.1, histories, seen));
            needs.extend(apart::apart(overview, hub, seen, histories));
        }
    }
    needs.sort_by_key(Need::rank);
    needs
}

/// Whether the region is only being brought in and no endpoint of it is seen: nobody has to find out tonight what else cannot be seen
/// there.
fn is_yet_to_come(seen: &RegionSeen<'_>) -> bool {
    seen.region.kind == Kind::Joining && !matches!(seen.endpoint, Seen::Known(Some(_)))
}

/// What a region's own chain, endpoint and alarms ask for. Without the chain, what is seen of the endpoint says little.
fn of_region(seen: &RegionSeen<'_>, history: Option<&RegionHistory>, row: &RegionRow) -> Vec<Need> {
    let region = || seen.region.name.clone();
    let mut needs = of_alarms(seen, row);
    let Some((history, account)) = history.zip(row.account.as_ref()) else {
        needs.push(Need::Ledger { chain: Chain::Region(region()) });
        return needs;
    };
    needs.extend(of_endpoint(seen, history, row));
    let unknown = history.unknown.as_ref();
    needs.extend(unknown.map(|unknown| Need::UnknownRelease { region: region(), since: unknown.since }));
    let halts = account.halts.iter().filter(|halt| !halt.fleet);
    needs.extend(halts.map(|halt| Need::Halt {
        region: Some(region()),
        fleet: halt.why.halts_fleet(),
        since: halt.at,
        why: Box::new(halt.why.clone()),
    }));
    // A region in an update leaves the release already, or gets the next one.
    let serving = history.serving.as_ref().map(|serving| &serving.target).filter(|_| account.update.is_none());
    let worse = serving.filter(|serving| {
        let found = history.found_worse(&serving.release);
        found.is_some_and(|found| found.action == ProbationAction::Tell)
    });
    needs.extend(worse.map(|serving| Need::WeighRollback { region: region(), version: serving.version.clone() }));
    let count = history.owed.len();
    needs.extend((count > 0).then(|| Need::PagesOwed { region: region(), count }));
    needs
}

/// What its endpoint shows beside its ledger. One that was never created is not gone.
fn of_endpoint(seen: &RegionSeen<'_>, history: &RegionHistory, row: &RegionRow) -> Option<Need> {
    let region = seen.region.name.clone();
    let serving = history.serving.as_ref().map(|serving| &serving.target.config);
    let view = match &seen.endpoint {
        Seen::Unknown(_) => return Some(Need::EndpointUnseen { region }),
        Seen::Known(None) if seen.region.kind == Kind::PilotLight && history.carries().is_none() => return None,
        Seen::Known(None) => return Some(Need::EndpointGone { region, config: serving?.clone() }),
        Seen::Known(Some(view)) => view,
    };
    if view.status.needs_a_person() {
        return Some(Need::Endpoint { region, status: view.status });
    }
    let not_on_record = |region, config: &ResourceName, is| {
        let (config, expected) = (config.clone(), serving.cloned());
        Some(Need::NotOnRecord { region, config, is, expected })
    };
    match &row.instead {
        Some(Instead { config, version: None }) => {
            let coming = view.pending.as_ref().map(|pending| &pending.config);
            let leaves = coming.is_some() && coming == serving;
            not_on_record(region, config, if leaves { OffRecord::Leaving } else { OffRecord::Serving })
        }
        Some(Instead { config, version: Some(_) }) => {
            Some(Need::ForeignConfig { region, config: config.clone(), expected: serving?.clone() })
        }
        None => {
            let coming = &view.pending.as_ref()?.config;
            let is_new = instead::version(seen.entries?, coming).is_none();
            if is_new { not_on_record(region, coming, OffRecord::Coming) } else { None }
        }
    }
}

/// What its alarms say. A region that rolls back already does what its rollback alarm asks for.
fn of_alarms(seen: &RegionSeen<'_>, row: &RegionRow) -> Vec<Need> {
    let region = || seen.region.name.clone();
    let update = row.account.as_ref().and_then(|account| account.update.as_ref());
    let leaves = update.is_some_and(|update| update.phase == Phase::RollingBack);
    let rollback = match &seen.alarm {
        Seen::Unknown(why) => Some(Need::AlarmUnseen { region: region(), why: why.clone() }),
        Seen::Known(rings) => {
            (*rings && !leaves).then(|| Need::Alarm { region: region(), ledger_known: row.account.is_some() })
        }
    };
    let paging = seen.paging.iter().map(|alarm| Need::PagingAlarm { region: region(), alarm: alarm.clone() });
    rollback.into_iter().chain(paging).collect()
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
    needs.extend(overview.wave.as_ref().and_then(|wave| {
        let since = silent_since(hub, wave, overview.at)?;
        Some(Need::WaveSilent { version: wave.version.clone(), execution: wave.execution.clone(), since })
    }));
    let lags = seen.iter().zip(histories).filter_map(|(one, history)| {
        let newest = lags_behind(one.region, hub, history.as_ref()?, overview.at)?;
        Some(Need::Lags { region: one.region.name.clone(), newest: hub.versions.get(newest)?.clone() })
    });
    needs.extend(lags);
    needs
}

/// Since when a wave has neither ended nor renewed its lease; none where it has, or may still do so.
pub(super) fn silent_since(hub: &HubHistory, wave: &WaveRow, at: Timestamp) -> Option<Timestamp> {
    let lease = hub.lease.as_ref().filter(|lease| wave.ended.is_none() && lease.holder == wave.execution)?;
    (at.duration_since(lease.until) > WAVE_IS_SILENT).then_some(lease.until)
}

impl Need {
    /// True if nothing is wrong as far as anything is seen.
    fn is_unseen(&self) -> bool {
        matches!(self, Self::Ledger { .. } | Self::EndpointUnseen { .. } | Self::AlarmUnseen { .. })
    }

    /// The order of urgency.
    fn rank(&self) -> u8 {
        match self {
            Self::Endpoint { .. } => 0,
            Self::EndpointGone { .. } => 1,
            Self::UnknownRelease { .. } => 2,
            Self::Condemned { .. } => 3,
            Self::Alarm { .. } => 4,
            Self::NotOnRecord { .. } | Self::ForeignConfig { .. } => 5,
            Self::Ledger { .. } => 6,
            Self::EndpointUnseen { .. } => 7,
            Self::AlarmUnseen { .. } => 8,
            Self::Halt { .. } => 9,
            Self::WeighRollback { .. } => 10,
            Self::PagingAlarm { .. } => 11,
            Self::PagesOwed { .. } => 12,
            Self::WaveSilent { .. } => 13,
            Self::Lags { .. } | Self::Differs { .. } => 14,
        }
    }
}
