//! What comes next, as far as the ledgers say it.

use super::{WaveRow, WaveStop};
use crate::fleet::names::{RegionName, ReleaseId, Version};
use crate::fleet::{Fleet, Frozen};
use crate::ledger::Chain;
use crate::ledger::account::Account;
use crate::ledger::history::{HomeMove, HubHistory, RegionHistory};
use crate::ledger::overrides::Rule;
use crate::ledger::reason::Reason;
use crate::ledger::resume::resume;
use jiff::Timestamp;
use serde::Serialize;

/// What the fleet does next by itself, or what it waits for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// Nothing starts in any region before the halts in these chains are lifted.
    Lift {
        /// Home's chain, or a region's.
        chains: Vec<Chain>,
    },
    /// The wave goes on to these regions, in this order.
    Regions {
        /// The wave's release.
        version: Version,
        /// The regions that have not begun.
        regions: Vec<RegionName>,
    },
    /// A region that the wave has not begun is frozen: nothing starts there before its freeze is over.
    Held {
        /// The region that waits.
        region: RegionName,
        /// The freeze that holds there.
        frozen: Frozen,
    },
    /// Every region has had its turn: the wave ends once the regions in progress are done.
    WaveEnds {
        /// The wave's release.
        version: Version,
    },
    /// Home tries a region again by itself.
    Try {
        /// The region whose canary did not decide.
        region: RegionName,
        /// The release that it is tried with.
        version: Version,
        /// The first moment at which it may start.
        from: Timestamp,
    },
    /// Home goes on to these regions by itself with another execution: the last one was lost.
    GoesOn {
        /// The wave's release.
        version: Version,
        /// The regions that wait for it.
        regions: Vec<RegionName>,
    },
    /// These regions get the wave's release with a new execution, or the next release with its wave.
    CatchUp {
        /// The wave's release.
        version: Version,
        /// The regions that do not serve it.
        regions: Vec<RegionName>,
    },
    /// A region that lags is in a failover: a new execution starts nothing there before that is over.
    InFailover {
        /// The region that does not serve the wave's release.
        region: RegionName,
        /// The wave's release.
        version: Version,
    },
    /// A region that lags is frozen: a new execution starts nothing there before its freeze is over.
    Frozen {
        /// The region that does not serve the wave's release.
        region: RegionName,
        /// The wave's release.
        version: Version,
        /// The freeze that holds there.
        frozen: Frozen,
    },
    /// Nothing starts by the home that was asked about: another region is home.
    HomeMoved(HomeMove),
    /// The next release that is published starts a wave.
    Release,
}

/// One region, as far as its chain can be read.
pub(super) struct Place<'a> {
    pub region: &'a RegionName,
    pub history: Option<&'a RegionHistory>,
    pub account: Option<&'a Account>,
    pub frozen: Option<&'a Frozen>,
}

impl Place<'_> {
    /// Whether an update to `release` is open here.
    fn gets(&self, release: &ReleaseId) -> bool {
        let update = self.account.and_then(|account| account.update.as_ref());
        update.is_some_and(|update| update.to.release == *release)
    }

    fn serves(&self, release: &ReleaseId) -> bool {
        self.history.is_some_and(|history| history.serves(release))
    }

    fn is_halted(&self) -> bool {
        self.history.is_some_and(|history| history.halt.is_some())
    }

    fn is_in_failover(&self) -> bool {
        self.history.is_some_and(RegionHistory::is_in_failover)
    }

    /// The freeze that keeps a start out at `at`, unless somebody has set it aside.
    fn kept_out(&self, hub: &HubHistory, at: Timestamp) -> Option<&Frozen> {
        self.frozen.filter(|_| hub.overridden(Rule::Freeze, self.region, at).is_none())
    }
}

/// What comes next at `at`: nothing by itself where nothing is heard of the wave. `places`: every region, in the fleet's order.
pub(super) fn next(
    fleet: &Fleet,
    hub: &HubHistory,
    wave: Option<&WaveRow>,
    places: &[Place<'_>],
    at: Timestamp,
) -> Vec<Next> {
    if let Some(moved) = hub.moved_from(&fleet.home) {
        return vec![Next::HomeMoved(moved.clone())];
    }
    let fleet_halt = hub.halt.is_some().then_some(Chain::Home);
    let own = places.iter().filter(|place| place.history.is_some_and(RegionHistory::halts_fleet));
    let chains: Vec<Chain> =
        fleet_halt.into_iter().chain(own.map(|place| Chain::Region(place.region.clone()))).collect();
    if !chains.is_empty() {
        return vec![Next::Lift { chains }];
    }
    match wave {
        None => vec![Next::Release],
        Some(wave) if wave.ended.is_some() => after(fleet, hub, wave, places, at),
        Some(wave) => match &wave.stopped {
            // Whether it still runs is unknown: a freeze holds all the same.
            None if wave.unheard.is_some() => {
                let next = running(hub, wave, places, at);
                next.into_iter().filter(|next| matches!(next, Next::Held { .. })).collect()
            }
            Some(WaveStop::Barred(_)) if wave.unheard.is_some() => Vec::new(),
            None => running(hub, wave, places, at),
            Some(WaveStop::Barred(_)) => vec![Next::WaveEnds { version: wave.version.clone() }],
            Some(WaveStop::Rejected { .. }) => vec![Next::Release],
        },
    }
}

/// In the wave's own order: regions that are neither halted nor in a failover, and that it has neither begun nor left behind. Those
/// that are frozen begin nothing.
fn running(hub: &HubHistory, wave: &WaveRow, places: &[Place<'_>], at: Timestamp) -> Vec<Next> {
    let waits = |place: &&Place<'_>| {
        let begun = place.gets(&wave.release) || place.serves(&wave.release);
        let left = hub.deferred.contains_key(&(wave.execution.clone(), place.region.clone()));
        !begun && !left && !place.is_halted() && !place.is_in_failover()
    };
    let mut waiting: Vec<&Place<'_>> = places.iter().filter(waits).collect();
    if let Some(order) = hub.order(&wave.execution) {
        waiting.sort_by_key(|place| order.iter().position(|own| own == place.region));
    }
    let (mut regions, mut held) = (Vec::new(), Vec::new());
    for place in waiting {
        let region = place.region.clone();
        match place.kept_out(hub, at) {
            Some(frozen) => held.push(Next::Held { region, frozen: frozen.clone() }),
            None => regions.push(region),
        }
    }
    let version = wave.version.clone();
    let goes_on = match (regions.is_empty(), held.is_empty()) {
        (false, _) => Some(Next::Regions { version, regions }),
        (true, true) => Some(Next::WaveEnds { version }),
        (true, false) => None,
    };
    goes_on.into_iter().chain(held).collect()
}

/// After a wave's end: what it left open and no other execution brings now, then the next release.
fn after(fleet: &Fleet, hub: &HubHistory, wave: &WaveRow, places: &[Place<'_>], at: Timestamp) -> Vec<Next> {
    let (version, mut next) = (|| wave.version.clone(), Vec::new());
    let (resumed, mut goes_on, mut behind) = (resumed(fleet, hub, wave, places, at), Vec::new(), Vec::new());
    // A release that may not start again is caught up by a newer one alone.
    let lagging = wave.ended.iter().flat_map(|(_, lagging)| lagging).filter(|_| wave.stopped.is_none());
    for region in lagging {
        let place = places.iter().find(|place| place.region == region);
        if place.is_some_and(|place| place.serves(&wave.release) || place.gets(&wave.release)) {
            continue;
        }
        let left = hub.deferred.get(&(wave.execution.clone(), region.clone()));
        match left.and_then(Reason::open_try) {
            Some(retry) => next.push(Next::Try { region: region.clone(), version: version(), from: retry.from }),
            None => match place.and_then(|place| place.kept_out(hub, at)) {
                Some(frozen) => {
                    next.push(Next::Frozen { region: region.clone(), version: version(), frozen: frozen.clone() });
                }
                None if place.is_some_and(Place::is_in_failover) => {
                    next.push(Next::InFailover { region: region.clone(), version: version() });
                }
                None if resumed.contains(&region) => goes_on.push(region.clone()),
                None => behind.push(region.clone()),
            },
        }
    }
    next.extend((!goes_on.is_empty()).then(|| Next::GoesOn { version: version(), regions: goes_on }));
    next.extend((!behind.is_empty()).then(|| Next::CatchUp { version: version(), regions: behind }));
    next.push(Next::Release);
    next
}

/// The regions to which home goes on by itself after the wave, once nobody holds the lease.
fn resumed<'a>(
    fleet: &Fleet,
    hub: &HubHistory,
    wave: &WaveRow,
    places: &[Place<'a>],
    at: Timestamp,
) -> Vec<&'a RegionName> {
    let free = hub.lease.as_ref().map_or(at, |lease| lease.until.max(at));
    let due = resume(fleet, hub, free).filter(|due| due.resumed.after == wave.execution);
    let known = places.iter().filter_map(|place| Some((place.region, place.history?)));
    due.map(|due| due.open_in(fleet, known)).unwrap_or_default()
}
