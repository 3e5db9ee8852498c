//! How much may happen, and where.

use crate::world::{Fault, Live, Quality, Seconds, Setting, Showing, Strike, Timing, fleet};
use jiff::SignedDuration;
use meridian_domain::Takeover;
use std::sync::Arc;

/// 03:02 UTC on the reference night, a full minute.
pub(super) const START: Seconds = 1_795_143_720;
/// Every region's canary: its last decision falls when the counts of its first minute have come.
const BAKE: Seconds = 360;

/// What may still happen beside the wave itself: of what goes wrong so much of each kind and in all, and what people do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Left {
    /// Of what goes wrong, in all.
    pub total: u8,
    /// Faults of a region that begin.
    pub faults: u8,
    /// Steps of calls that are struck: killed, unanswered, refused, delivered late.
    pub strikes: u8,
    /// Calls that stand still between planning a step and doing it.
    pub stands: u8,
    /// Events that arrive twice.
    pub doubles: u8,
    /// Events that do not arrive when they should, but later or never.
    pub astray: u8,
    /// Executions that a person starts beside the one that runs: a second actor.
    pub actors: u8,
    /// Regions that hear nothing of each other for a while.
    pub parts: u8,
    /// Releases that arrive while the wave runs.
    pub nights: u8,
    /// Halts, and their lifting.
    pub people: u8,
}

/// The bounds of one exploration.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// What the figures call it.
    pub name: String,
    /// Regions, releases, how they behave.
    pub setting: Arc<Setting>,
    /// What may happen.
    pub left: Left,
    /// Faults that may begin, and where.
    pub faults: Vec<(usize, Fault)>,
    /// What may strike a step.
    pub strikes: Vec<Strike>,
    /// Which regions may hear nothing of a region any more: a bit each.
    pub parts: Vec<(usize, u8)>,
}

/// What may strike a step. Dying before a step is dying after the one before it.
const STRIKES: [Strike; 5] = [Strike::DiesAfter, Strike::Lost, Strike::TimedOut, Strike::Refused, Strike::Late(0)];

impl Bounds {
    /// `regions` regions and nothing that goes wrong.
    pub fn new(name: &str, regions: usize, releases: usize) -> Self {
        // Without the check at full load: its minutes are the clock's, and states are told apart by times relative to now.
        let mut fleet = fleet(regions, std::iter::repeat(BAKE), 120, 0);
        fleet.guardrail.warm_up = SignedDuration::ZERO;
        fleet.wave.region_patience = SignedDuration::from_secs(120);
        fleet.wave.lease = SignedDuration::from_secs(240);
        // Another execution would walk the same states once more.
        fleet.wave.tries = 1;
        fleet.judge.tries = 1;
        // Probation's quarters of an hour are the clock's too.
        fleet.wave.probation = SignedDuration::ZERO;
        let live = Live { silence: 70, verdict_delay: 0, ..Live::default() };
        let mut setting = Setting::new(fleet, releases, live, START);
        setting.timing =
            Timing { provisioning: 60, slow: 600, shifting: 60, rolling_back: 60, continuation: 60, turn: 0 };
        let left = Left::default();
        Self {
            name: name.to_owned(),
            setting: Arc::new(setting),
            left,
            faults: Vec::new(),
            strikes: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// Lets so much happen.
    pub fn with(mut self, left: Left) -> Self {
        self.left = left;
        if left.strikes > 0 {
            self.strikes = STRIKES.to_vec();
        }
        self
    }

    /// Of what strikes a step, only that its request arrives later.
    fn only_late(mut self) -> Self {
        self.strikes.retain(|strike| matches!(strike, Strike::Late(_)));
        self
    }

    /// Lets these faults begin in every region. The hub's is one fault, wherever it is laid.
    pub fn faulty(mut self, kinds: &[Fault]) -> Self {
        for region in 0..self.setting.targets.len() {
            let here = kinds.iter().filter(|kind| region == 0 || **kind != Fault::Hub);
            self.faults.extend(here.map(|kind| (region, *kind)));
        }
        self
    }

    /// Lets each of these partings happen, and the region after home take over where most regions say so.
    pub fn parted(mut self, ways: &[(usize, u8)]) -> Self {
        self.parts = ways.to_vec();
        self.adjusted(|setting| {
            let fleet = Arc::make_mut(&mut setting.fleet);
            fleet.deputies = fleet.regions.get(1).map(|region| region.name.clone()).into_iter().collect();
            fleet.takeover = Takeover::Auto;
            fleet.home_patience = SignedDuration::from_mins(4);
        })
    }

    /// The first release after the champion behaves so in a region.
    pub fn behaving(self, region: usize, quality: Quality) -> Self {
        self.adjusted(|setting| {
            if let Some(cell) = setting.quality.get_mut(region).and_then(|row| row.get_mut(1)) {
                *cell = quality;
            }
        })
    }

    /// The same bounds with a changed setting.
    pub fn adjusted(mut self, change: impl FnOnce(&mut Setting)) -> Self {
        change(Arc::make_mut(&mut self.setting));
        self
    }
}

/// One of anything that goes wrong.
pub const ONE: Left = Left {
    total: 1,
    faults: 1,
    strikes: 1,
    stands: 1,
    doubles: 1,
    astray: 1,
    parts: 0,
    actors: 0,
    nights: 0,
    people: 0,
};

/// The slices of the complete exploration.
pub fn slices() -> Vec<Bounds> {
    let among = |regions, name: &str, left| Bounds::new(name, regions, 2).faulty(&Fault::ALL).with(left);
    let three = |name: &str, left| among(3, name, left);
    let steps = Left { total: 2, faults: 0, strikes: 2, stands: 2, doubles: 2, astray: 2, ..ONE };
    let mut all = vec![
        three("one of anything", ONE),
        Bounds::new("one of anything, a second release", 3, 3).faulty(&Fault::ALL).with(Left { nights: 1, ..ONE }),
        three("one of anything, a halt lifted", Left { people: 2, ..ONE }),
        // In more regions these are too large to be explored in full.
        among(1, "one of anything, two actors, 1 region", Left { actors: 1, ..ONE }),
        among(2, "two faults, 2 regions", Left { total: 2, faults: 2, ..Left::default() }),
        among(2, "two of calls and events, 2 regions", steps),
        among(1, "two of them, two actors, 1 region", Left { actors: 1, ..steps }),
        beside(),
        parted("parted regions", Left { total: 1, parts: 1, ..Left::default() }),
        parted("parted regions, and a late request", Left { total: 2, parts: 1, strikes: 1, ..Left::default() })
            .only_late(),
        parted(
            "parted regions, and a call that stands still",
            Left { total: 2, parts: 1, stands: 1, ..Left::default() },
        ),
    ];
    for (what, quality) in bad_releases() {
        for region in 0..3 {
            let bounds = three(&format!("{what} in {}", region + 1), ONE);
            all.push(bounds.behaving(region, quality));
        }
    }
    for (what, change) in readings() {
        all.push(three(what, ONE).adjusted(|setting| change(&mut setting.live)));
    }
    all
}

/// Every way in which two of three regions hear nothing of each other, or one of the others.
const WAYS: [(usize, u8); 6] = [(0, 0b110), (1, 0b101), (2, 0b011), (0, 0b010), (0, 0b100), (1, 0b100)];

/// Three regions, the second of which the others let take over.
fn parted(name: &str, left: Left) -> Bounds {
    Bounds::new(name, 3, 2).parted(&WAYS).with(left)
}

/// A call that stands still anywhere while a fault begins and ends: what it has seen is not so any more.
fn beside() -> Bounds {
    let left = Left { total: 2, faults: 1, stands: 1, ..Left::default() };
    Bounds::new("a fault beside a call that stands still, 1 region", 1, 2).faulty(&Fault::ALL).with(left)
}

/// Releases that are bad in one region.
fn bad_releases() -> [(&'static str, Quality); 6] {
    let good = Quality::GOOD;
    [
        ("counts fail", Quality { first: Showing::Fail, ..good }),
        ("counts fail late", Quality { turns_at: 100, then: Showing::Fail, ..good }),
        ("counts too few", Quality { first: Showing::Thin, ..good }),
        ("green alarm", Quality { green_alarm: Some(70), ..good }),
        ("alarm after the shift", Quality { late_alarm: Some(90), ..good }),
        ("wrong answers", Quality { answers_right: false, ..good }),
    ]
}

/// A reading of AWS's behaviour.
type Reading = fn(&mut Live);

/// Other readings of what AWS's documentation leaves open.
fn readings() -> [(&'static str, Reading); 5] {
    [
        ("soak is watched", |live| live.soak_watched = true),
        ("says Updating while it rolls back", |live| live.shows_rolling_back = false),
        ("soak shows no phase", |live| live.soak_shows_baking = false),
        ("timers run while dark", |live| live.timers_run_while_dark = true),
        ("an update to the same is refused", |live| live.same_refused = true),
    ]
}
