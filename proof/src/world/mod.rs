//! The world behind the ports: endpoints, alarms, ledgers and pipeline as a pure state machine.
//!
//! Nothing here decides or executes anything: the functions' own handlers do ([`crate::driver`]). This module is what AWS
//! makes of their calls ([`World::answer`]) and what goes wrong beside them. Its *truth* (what really serves, who really
//! called) is known to the checks in [`checks`] and to nobody who acts.
//!
//! Random histories ([`crate::histories`]) and the bounded model ([`crate::model`]) drive it.

mod alarms;
mod answers;
mod calls;
pub mod checks;
mod counts;
mod decisive;
mod endpoint;
mod fleets;
mod homes;
mod ledger;
mod past;
mod people;
mod pipeline;
mod setting;
mod time;

pub use calls::{Caller, Done, Strike, TIME_OUT, Who};
pub use checks::{Breach, Broken, Liveness, Wrong};
pub use decisive::Prints;
pub use endpoint::{Phase, Request, Taken, Update};
pub use fleets::{fleet, freezes};
pub use ledger::Chain;
pub use past::Past;
pub use pipeline::{Execution, Job, Stand};
pub use setting::{Lie, Live, Quality, Setting, Showing, Timing};
pub use time::{Seconds, stamp};

use bytes::Bytes;
use jiff::Timestamp;
use meridian_domain::{HubHistory, RegionHistory};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What goes wrong in a region, or with what is called there, for as long as it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// SageMaker's control plane is gone: its calls time out and updates stand still.
    Dark,
    /// SageMaker's control plane throttles every call; updates go on.
    Throttled,
    /// CloudWatch does not answer: no beat, no verdict, no alarm can be read.
    Signals,
    /// The canary's counts cannot be read.
    Counts,
    /// The region's ledger takes no entry.
    Writes,
    /// The region's ledger cannot be read.
    Reads,
    /// The endpoint does not answer golden records.
    Golden,
    /// The region's topic declines pages. In home: home's functions may page through no topic, as where their right to is gone.
    Pages,
    /// New instances take an hour to come up.
    Slow,
    /// The next rollback of SageMaker's own fails: `UpdateRollbackFailed`.
    Rollback,
    /// Every call of `promote` for this region dies at once: the judge is dead.
    Judge,
    /// The chain of the hub that policy names neither reads nor writes.
    Hub,
    /// The rollback alarm rings, whatever serves.
    Alarm,
    /// SageMaker maintains the endpoint where nothing else updates it: `SystemUpdating`.
    Maintenance,
}

impl Fault {
    /// All kinds, in the order of the tables.
    pub const ALL: [Self; 14] = [
        Self::Dark,
        Self::Throttled,
        Self::Signals,
        Self::Counts,
        Self::Writes,
        Self::Reads,
        Self::Golden,
        Self::Pages,
        Self::Slow,
        Self::Rollback,
        Self::Judge,
        Self::Hub,
        Self::Alarm,
        Self::Maintenance,
    ];

    /// The kinds by which a service of a region is ill, and nothing is said of a release.
    pub const ILLNESSES: [Self; 8] = [
        Self::Dark,
        Self::Throttled,
        Self::Signals,
        Self::Counts,
        Self::Writes,
        Self::Reads,
        Self::Golden,
        Self::Pages,
    ];

    fn bit(self) -> u16 {
        1 << self as u16
    }

    /// What a table and a story call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Dark => "control plane dark",
            Self::Throttled => "throttled",
            Self::Signals => "CloudWatch gone",
            Self::Counts => "counts missing",
            Self::Writes => "ledger not writable",
            Self::Reads => "ledger not readable",
            Self::Golden => "golden records unanswered",
            Self::Pages => "pages declined",
            Self::Slow => "slow provisioning",
            Self::Rollback => "rollback fails",
            Self::Judge => "judge dead",
            Self::Hub => "hub's ledger gone",
            Self::Alarm => "rollback alarm rings",
            Self::Maintenance => "endpoint in maintenance",
        }
    }
}

/// The faults that hold now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Faults(u16);

impl Faults {
    /// Whether `fault` holds.
    pub fn has(self, fault: Fault) -> bool {
        self.0 & fault.bit() != 0
    }

    fn set(&mut self, fault: Fault, on: bool) {
        self.0 = if on { self.0 | fault.bit() } else { self.0 & !fault.bit() };
    }

    /// Whether none holds.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// One region as it is, whatever its ledger says of it.
#[derive(Clone, Debug)]
pub struct Region {
    /// The release whose fleet serves (of an update: blue).
    pub blue: usize,
    /// The update in flight.
    pub update: Option<Update>,
    /// `UpdateRollbackFailed`: which bytes serve is unknown.
    pub broken: bool,
    /// Releases whose model was created here, a bit each.
    pub modelled: u8,
    /// Releases whose configuration was created here, a bit each.
    pub configured: u8,
    /// The region's ledger, with the state that its entries result in.
    pub chain: Chain<RegionHistory>,
    /// The heartbeat alarm's last datapoint.
    pub beat: Seconds,
    /// Whether the heartbeat alarm takes silence for an alarm.
    pub armed: bool,
    /// Whether the heartbeat alarm rings.
    pub silent: bool,
    /// Since when it does not, if it has rung.
    pub quiet_since: Seconds,
    /// Whether the verdict alarm rings.
    pub verdict: bool,
    /// When a verdict that was published makes it ring.
    pub verdict_due: Option<Seconds>,
    /// Whether one of the green alarms rings.
    pub green: bool,
    /// Whether the composite rollback alarm rings.
    pub alarm: bool,
    /// Since when, if it does.
    pub rings_since: Seconds,
    /// When the release that takes all traffic began to.
    pub took_over: Seconds,
    /// The last canary: of which release, and since when it took traffic.
    pub canary: Option<(usize, Seconds)>,
    /// The release that the last canary was compared with.
    pub champion: usize,
    /// The verdict alarm's description: the way back stands in it.
    pub note: Option<Arc<str>>,
    /// Since when the region's ledger can be read.
    pub readable_since: Seconds,
    /// Since when the region's control plane answers.
    pub answers_since: Seconds,
    /// The faults that hold here now.
    pub faults: Faults,
    /// When each release last took all traffic here: never, or until then (`Seconds::MAX`: it does now).
    pub served: [Option<Seconds>; RELEASES],
    /// How often an update was called for here by someone whose lease had run out by then.
    pub stray: u32,
    /// When SageMaker last took an update to each release.
    pub taken: [Option<Seconds>; RELEASES],
}

/// Releases that a world may have: the champion and two more.
pub const RELEASES: usize = 3;
/// Regions that a fleet has at most here.
pub const MOST_REGIONS: usize = 8;

/// The whole simulated fleet at one moment: endpoints, ledgers, alarms, the pipeline, and what is under way between them.
#[derive(Clone, Debug)]
pub struct World {
    /// What stays the same in the whole run: fleet, releases, files, times.
    pub setting: Arc<Setting>,
    /// The world's time.
    pub now: Seconds,
    /// The hub's chain as each region's bucket has it, with the state that its entries result in: empty where home never was.
    pub hubs: Vec<Chain<HubHistory>>,
    /// The regions, in promotion order.
    pub regions: Vec<Region>,
    /// The pipeline's executions, in the order in which they were started.
    pub executions: Vec<Execution>,
    /// Requests that the network has not delivered yet, and when it does.
    pub in_flight: Vec<(Seconds, Request)>,
    /// Regions whose alarm or endpoint changed: a bit each, until `rollback` is told.
    pub woken: u8,
    /// What the run has found wrong, first thing first.
    pub breach: Option<Breach>,
    /// Counters of what happened.
    pub tally: Tally,
    /// Which pages went out, by digests of their subjects. Calls side by side may both send one that is owed.
    pub subjects: BTreeSet<u64>,
    /// The story so far, where one is told.
    pub story: Option<Vec<String>>,
    /// The newest release whose manifest has arrived in home.
    pub arrived: usize,
    /// What `replication` keeps of its neighbour's chains, in each region's bucket.
    pub kept: BTreeMap<(usize, String), Bytes>,
    /// The regions between which and each region nothing comes through: a bit each.
    pub parted: [u8; MOST_REGIONS],
    /// Functions that are called next, in so many seconds.
    pub called: Vec<(Seconds, Who)>,
}

/// What a run is measured by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls of functions.
    pub calls: u32,
    /// Port calls that were asked.
    pub asked: u32,
    /// Pages that went out.
    pub pages: u32,
    /// Pages that were declined when no ledger could take them as owed.
    pub lost: u32,
    /// Updates that SageMaker took from a caller whose lease had run out meanwhile (I11's remaining race).
    pub strays: u32,
    /// Of these: from a home that another had replaced in the region since the call read its chain.
    pub replaced: u32,
    /// Moves of home that a hub's chain has on record.
    pub moves: u32,
    /// Port calls that an injected disturbance met.
    pub struck: u32,
    /// When the last page went out.
    pub last_page: Seconds,
}

impl World {
    /// 03:02: the champion serves everywhere, the later releases are attested, approved and waiting.
    pub fn new(setting: Arc<Setting>, start: Seconds, telling: bool) -> Self {
        let mut hubs = vec![Chain::default(); setting.targets.len()];
        if let Some(home) = hubs.get_mut(setting.home()) {
            home.clone_from(&setting.hub);
        }
        let regions = setting.regions.iter().map(|chain| Region {
            blue: 0,
            update: None,
            broken: false,
            modelled: 1,
            configured: 1,
            chain: chain.clone(),
            beat: 0,
            armed: false,
            silent: false,
            quiet_since: 0,
            verdict: false,
            verdict_due: None,
            took_over: start,
            canary: None,
            champion: 0,
            note: None,
            readable_since: Seconds::MIN,
            answers_since: Seconds::MIN,
            green: false,
            alarm: false,
            rings_since: 0,
            faults: Faults::default(),
            served: [Some(Seconds::MAX), None, None],
            stray: 0,
            taken: [None; RELEASES],
        });
        let regions = regions.collect();
        Self {
            hubs,
            regions,
            now: start,
            executions: Vec::new(),
            in_flight: Vec::new(),
            woken: 0,
            breach: None,
            tally: Tally::default(),
            subjects: BTreeSet::new(),
            story: telling.then(Vec::new),
            arrived: 0,
            kept: BTreeMap::new(),
            parted: [0; MOST_REGIONS],
            called: Vec::new(),
            setting,
        }
    }

    /// Now, as the planner is told it.
    pub fn timestamp(&self) -> Timestamp {
        stamp(self.now)
    }

    /// Adds a line to the story, where one is told.
    pub fn tell(&mut self, line: impl FnOnce(&Setting) -> String) {
        let Some(story) = &mut self.story else { return };
        let line = line(&self.setting);
        story.push(format!("{}  {line}", stamp(self.now).strftime("%H:%M:%S")));
    }

    /// A fault begins or ends in a region.
    pub fn fault(&mut self, region: usize, fault: Fault, on: bool) {
        let now = self.now;
        let Some(place) = self.regions.get_mut(region) else { return };
        let dark = fault == Fault::Dark && place.faults.has(Fault::Dark) != on;
        place.faults.set(fault, on);
        match fault {
            Fault::Reads if !on => place.readable_since = now,
            Fault::Dark | Fault::Throttled if !on => place.answers_since = now,
            _ => {}
        }
        let words = if on { "begins" } else { "is over" };
        self.tell(|setting| format!("{}: {} {words}", setting.title(region), fault.words()));
        match (dark, on) {
            (true, true) => self.freeze(region),
            (true, false) => self.thaw(region),
            _ => {}
        }
    }

    /// Whether any region's ledger takes an entry of a call.
    fn takes_entries(&self, caller: &Caller) -> bool {
        let from = self.runs_in(caller.who);
        let takes = |(region, place): (usize, &Region)| {
            let reached = !self.are_parted(from, region) && place.could_be_read(caller.looked);
            reached && !place.faults.has(Fault::Writes)
        };
        self.regions.iter().enumerate().any(takes)
    }
}
