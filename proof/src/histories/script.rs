//! What happens in one history beyond the ordinary: a list of items, each of which may be taken away.

use super::coverage::State;
use super::draw::Draw;
use crate::random::stream;
use crate::world::{Fault, Live, Quality, Seconds, Setting, Showing, Strike, freezes};
use jiff::SignedDuration;
use meridian_domain::{Kind, NothingCaptured, OrderPolicy, RegionalFail, Rule, ShadowPolicy, Style, Takeover};
use meridian_judge::{CapturedMargins, CapturedVerdict};

/// Whose event or step is meant: the first one at or after the item's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Whose {
    /// `promote`'s, for any region.
    Wave,
    /// `rollback`'s in a region.
    Region(usize),
    /// Anyone's that concerns a region in this state.
    In(State),
}

/// One thing that happens. Times are seconds since the history began: `from` when it begins to hold, or to wait for its
/// event or step.
#[allow(missing_docs)] // The fields' names say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A fault holds for a while.
    Holds { fault: Fault, region: usize, from: Seconds, lasts: Seconds },
    /// A port call is struck, `after` so many that are let pass.
    Strikes { strike: Strike, whose: Whose, from: Seconds, after: u8 },
    /// A function stands still before a port call, `after` so many that are let pass.
    Pauses { whose: Whose, from: Seconds, by: Seconds, after: u8 },
    /// An event is lost.
    Loses { whose: Whose, from: Seconds },
    /// An event arrives a second time.
    Doubles { whose: Whose, from: Seconds, after: Seconds },
    /// An event arrives late.
    Delays { whose: Whose, from: Seconds, by: Seconds },
    /// The next release arrives.
    Arrives { from: Seconds },
    /// A person starts a new execution of the newest release: behind the others, or at once.
    Reruns { from: Seconds, at_once: bool },
    /// A person halts the fleet.
    Halts { from: Seconds },
    /// A person lifts every halt.
    Lifts { from: Seconds },
    /// A person sets a rule aside for a while, in one region or in every one.
    SetsAside { rule: Rule, region: Option<usize>, from: Seconds, lasts: Seconds },
    /// A release is not as it should be in one region.
    Behaves { region: usize, release: usize, quality: Quality },
    /// A region's replica of the first release never comes.
    Lacks { region: usize },
    /// Nothing comes through between a region and `others`, a bit each.
    Parts { region: usize, others: u8, from: Seconds, lasts: Seconds },
    /// A region's captured requests say this of every release but the champion.
    Shadows { region: usize, verdict: CapturedVerdict, from: Seconds },
}

impl Item {
    /// When it begins, and when it is over.
    pub fn span(&self) -> (Seconds, Seconds) {
        match *self {
            Item::Holds { from, lasts, .. } | Item::Parts { from, lasts, .. } => (from, from + lasts),
            Item::Pauses { from, by, .. } | Item::Delays { from, by, .. } => (from, from + A_WHILE + by),
            Item::Doubles { from, after, .. } => (from, from + A_WHILE + after),
            Item::Strikes { from, .. } | Item::Loses { from, .. } => (from, from + A_WHILE),
            Item::Arrives { from }
            | Item::Reruns { from, .. }
            | Item::Shadows { from, .. }
            | Item::Halts { from }
            | Item::Lifts { from }
            | Item::SetsAside { from, .. } => (from, from),
            Item::Behaves { .. } | Item::Lacks { .. } => (0, 0),
        }
    }
}

/// A history to be: everything that decides it.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// The seed that it was drawn from.
    pub seed: u64,
    /// Which history of that seed.
    pub number: u64,
    /// Regions, 1 to 8.
    pub regions: usize,
    /// Each region's bake.
    pub bakes: [Seconds; 8],
    /// Soak after the shift.
    pub soak: Seconds,
    /// Minutes at full load that are judged before the next region, in seconds.
    pub full_load: Seconds,
    /// AWS's open behaviour.
    pub live: Live,
    /// Whether waves walk by the traffic of the hour and not as listed.
    pub by_traffic: bool,
    /// The kinds of the last regions, which show no evidence of their own: as many as it has.
    pub riders: Vec<Kind>,
    /// Whether regions ask for a shadow on captured requests, and what policy makes of one that says nothing or fails.
    pub shadow: Option<(NothingCaptured, RegionalFail)>,
    /// Which of the [freezes](crate::world::freezes) is policy.
    pub freeze: Option<usize>,
    /// Deputies, which the regions let take over: the ones after home, as many as these.
    pub deputies: usize,
    /// What happens, and when.
    pub items: Vec<Item>,
    /// Whether only events are disturbed: the end must be as if nothing had been (I10).
    pub events_only: bool,
}

/// When histories begin: 03:02 UTC on a night of the year that the reference night is in.
pub const START: Seconds = 1_795_143_720;

/// An item waits for its event or step no longer than this: a region is swept every five minutes.
const A_WHILE: Seconds = 310;

impl Script {
    /// History `number` of `seed`.
    pub fn draw(seed: u64, number: u64) -> Self {
        let mut draw = Draw(stream(seed, &[number]));
        let regions = draw.of(&[1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 5, 6, 7, 8]);
        let mut bakes = [0; 8];
        for bake in bakes.iter_mut() {
            *bake = draw.of(&[480, 540, 600, 660, 720, 840]);
        }
        let live = Live {
            soak_watched: draw.one_in(2),
            shows_rolling_back: draw.one_in(2),
            soak_shows_baking: draw.one_in(2),
            timers_run_while_dark: draw.one_in(2),
            same_refused: draw.one_in(2),
            silence: draw.seconds(50, 91),
            verdict_delay: draw.of(&[0, 10, 20]),
        };
        let soak = draw.of(&[0, 120, 300, 600]);
        let full_load = draw.of(&[0, 0, 60, 120]);
        let events_only = draw.one_in(16);
        // A new execution's order depends on its hour, and so on every delay before it.
        let by_traffic = draw.one_in(4) && !events_only;
        let items = Vec::new();
        let (riders, freeze, shadow) = (Vec::new(), None, None);
        let mut script = Self {
            seed,
            number,
            regions,
            bakes,
            soak,
            full_load,
            live,
            by_traffic,
            riders,
            shadow,
            freeze,
            deputies: 0,
            items,
            events_only,
        };
        script.fill(&mut draw);
        script.govern(&mut Draw(stream(seed, &[number, 1])));
        script.shadow(&mut Draw(stream(seed, &[number, 2])));
        script.fall_ill(&mut Draw(stream(seed, &[number, 3])));
        script.part(&mut Draw(stream(seed, &[number, 4])));
        script
    }

    /// Policy beyond the ordinary, from numbers of its own: in some histories regions that ride on the others' evidence, a
    /// freeze, people who set rules aside.
    fn govern(&mut self, draw: &mut Draw) {
        if self.regions > 1 && draw.one_in(5) {
            let kinds: [&[Kind]; 6] = [
                &[Kind::WarmStandby],
                &[Kind::PilotLight],
                &[Kind::WarmStandby, Kind::PilotLight],
                &[Kind::Joining],
                &[Kind::WarmStandby, Kind::Joining],
                &[Kind::WarmStandby, Kind::WarmStandby],
            ];
            self.riders = draw.of(&kinds).iter().copied().take(self.regions - 1).collect();
        }
        // What a freeze keeps from starting depends on the minute, and so on every delay before it.
        if self.events_only {
            return;
        }
        if draw.one_in(6) {
            self.freeze = Some(draw.index(freezes().len()));
        }
        while draw.one_in(if self.freeze.is_some() { 2 } else { 8 }) {
            let rule = draw.of(&[Rule::Freeze, Rule::Freeze, Rule::Order, Rule::Skew]);
            let region = (!draw.one_in(3)).then(|| draw.index(self.regions));
            let (from, lasts) = (draw.seconds(0, 5400), 60 * draw.length());
            self.items.push(Item::SetsAside { rule, region, from, lasts });
        }
        if self.regions > 1 && draw.one_in(12) {
            self.items.push(Item::Lacks { region: 1 + draw.index(self.regions - 1) });
        }
        // A region's callers are gone until some minute: its first canary says too little, and a later one may pass.
        if draw.one_in(6) {
            let (region, until) = (draw.index(self.regions), START + draw.seconds(600, 7200));
            let quality = Quality { starved_until: until, ..Quality::GOOD };
            self.items.push(Item::Behaves { region, release: 1, quality });
        }
    }

    /// In some histories a shadow on captured requests, from numbers of its own: mostly one that passes, some that fail, come late or
    /// never.
    fn shadow(&mut self, draw: &mut Draw) {
        // Whether it is there in time depends on every delay before it.
        if self.events_only || !draw.one_in(5) {
            return;
        }
        let nothing = [NothingCaptured::GoOn, NothingCaptured::GoOn, NothingCaptured::Leave, NothingCaptured::Stop];
        self.shadow =
            Some((draw.of(&nothing), draw.of(&[RegionalFail::Leave, RegionalFail::Leave, RegionalFail::Stop])));
        for region in 0..self.regions {
            let verdict = match draw.below(8) {
                0 => continue,
                1 => draw.of(&[CapturedVerdict::TooFew, CapturedVerdict::NothingCaptured]),
                2 => CapturedVerdict::Fail,
                _ => CapturedVerdict::Pass,
            };
            let from = if draw.one_in(3) { draw.seconds(0, 5400) } else { 0 };
            self.items.push(Item::Shadows { region, verdict, from });
        }
    }

    fn fill(&mut self, draw: &mut Draw) {
        let wave: Seconds = self.bakes.iter().take(self.regions).map(|bake| bake + 330 + self.judged()).sum();
        let mut horizon = wave + self.soak;
        if draw.one_in(4) {
            // Where only lateness is looked at, no release comes before the first late event has arrived: which of the two
            // was first would decide whether the wave before it starts at all, and that is no repeat's doing.
            let from = draw.seconds(if self.events_only { 60 } else { 0 }, horizon);
            self.items.push(Item::Arrives { from });
            horizon += wave / 2;
        }
        if !self.events_only && draw.one_in(3) {
            return self.gather(draw);
        }
        let mut count = 1 + draw.below(4);
        while draw.one_in(4) && count < 12 {
            count += 1;
        }
        for _ in 0..count {
            let item = if self.events_only { self.event(draw, horizon) } else { self.any(draw, (0, horizon), None) };
            self.items.push(item);
        }
    }

    /// Disturbances gathered around a moment that is rare otherwise: a canary that rolls back, a rollback that fails, an
    /// alarm after the shift.
    fn gather(&mut self, draw: &mut Draw) {
        let region = draw.index(self.regions);
        let bake = self.bakes.get(region).copied().unwrap_or(0);
        let begins: Seconds = self.bakes.iter().take(region).map(|bake| bake + 290 + self.judged()).sum();
        let around = match draw.below(4) {
            0 => {
                let after = draw.seconds(20, 400);
                let quality = Quality { late_alarm: Some(after), ..Quality::GOOD };
                self.items.push(Item::Behaves { region, release: 1, quality });
                self.rarely(draw, State::Returning, begins + 240 + bake + after)
            }
            1 if self.full_load > 0 => {
                let quality = Quality { full_load: Showing::Fail, ..Quality::GOOD };
                self.items.push(Item::Behaves { region, release: 1, quality });
                begins + 250 + bake + self.judged()
            }
            which => {
                let quality = Quality { first: Showing::Fail, ..Quality::GOOD };
                self.items.push(Item::Behaves { region, release: 1, quality });
                if which == 2 {
                    self.items.push(Item::Holds { fault: Fault::Rollback, region, from: 0, lasts: begins + 3600 });
                }
                self.rarely(draw, State::RollingBack, begins + 200)
            }
        };
        for _ in 0..=draw.below(4) {
            let span = (around - 60, around + if draw.one_in(2) { 120 } else { 600 });
            let item = self.any(draw, span, Some(region));
            self.items.push(item);
        }
    }

    /// Strikes or stops one of the few steps that are taken in a state that comes at about `around`, every other time.
    fn rarely(&mut self, draw: &mut Draw, state: State, around: Seconds) -> Seconds {
        if draw.one_in(2) {
            let (whose, from) = (Whose::In(state), around - 120);
            self.items.push(match draw.below(5) {
                0 => Item::Pauses { whose, from, by: draw.seconds(1, 75), after: draw.few() },
                1 => Item::Delays { whose, from, by: draw.seconds(1, 1200) },
                2 => Item::Loses { whose, from },
                _ => Item::Strikes { strike: draw.strike(), whose, from, after: draw.few() },
            });
        }
        around
    }

    /// Seconds that a region takes until it is judged at full load: minutes are whole, and their counts come two later.
    pub(super) fn judged(&self) -> Seconds {
        if self.full_load > 0 { self.full_load + 150 } else { 0 }
    }

    fn whose(&self, draw: &mut Draw) -> Whose {
        if draw.one_in(3) { Whose::Region(draw.index(self.regions)) } else { Whose::Wave }
    }

    /// Nothing but repeats and lateness within what a function's deadline allows, and releases that are as they are.
    fn event(&self, draw: &mut Draw, horizon: Seconds) -> Item {
        let (whose, from) = (self.whose(draw), draw.seconds(0, horizon));
        match draw.below(8) {
            0..=3 => Item::Doubles { whose, from, after: draw.seconds(0, 400) },
            4..=6 => {
                let by = if whose == Whose::Wave { draw.seconds(1, 10) } else { draw.seconds(1, 600) };
                Item::Delays { whose, from, by }
            }
            // Whether few counts decide depends on the traffic of the minute, and so on every delay before it.
            _ => {
                let quality = Quality { first: Showing::Fail, ..Quality::GOOD };
                Item::Behaves { region: draw.index(self.regions), release: 1, quality }
            }
        }
    }

    /// Anything, within a span of time, mostly about `where_` if that is given.
    fn any(&self, draw: &mut Draw, span: (Seconds, Seconds), where_: Option<usize>) -> Item {
        let from = draw.seconds(span.0.max(0), span.1.max(1));
        let region = where_.filter(|_| !draw.one_in(4)).unwrap_or_else(|| draw.index(self.regions));
        let whose = match where_ {
            Some(region) if !draw.one_in(3) => Whose::Region(region),
            _ => self.whose(draw),
        };
        match draw.below(32) {
            0..=12 => Item::Holds { fault: draw.of(&Fault::ALL), region, from, lasts: draw.length() },
            13..=18 => Item::Strikes { strike: draw.strike(), whose, from, after: draw.few() },
            19 | 20 => Item::Pauses { whose, from, by: draw.seconds(1, 75), after: draw.few() },
            21 => Item::Loses { whose, from },
            22 | 23 => Item::Doubles { whose, from, after: draw.seconds(0, 900) },
            24 => Item::Delays { whose, from, by: draw.seconds(1, 1200) },
            25 => Item::Reruns { from, at_once: draw.one_in(2) },
            26 if draw.one_in(2) => Item::Halts { from },
            26 | 27 => Item::Lifts { from },
            _ => Item::Behaves { region, release: 1 + draw.index(2), quality: draw.quality() },
        }
    }

    /// The world's setting.
    pub fn setting(&self) -> Setting {
        let bakes = self.bakes.iter().copied();
        let mut fleet = crate::world::fleet(self.regions, bakes, self.soak, self.full_load);
        if self.by_traffic {
            fleet.order = OrderPolicy::Signal;
        }
        let first = fleet.regions.len().saturating_sub(self.riders.len());
        for (region, kind) in fleet.regions.iter_mut().skip(first).zip(&self.riders) {
            region.kind = *kind;
            region.style = Style::AllAtOnce;
        }
        fleet.freezes = self.freeze.and_then(|at| freezes().get(at)).cloned().into_iter().collect();
        fleet.shadow = self.shadow.map(|(nothing_captured, on_regional_fail)| ShadowPolicy {
            capture_percent: 10,
            hours: 6,
            least: 2000,
            nothing_captured,
            on_regional_fail,
            keep: 2,
            margins: CapturedMargins::default(),
        });
        if self.deputies > 0 {
            let names = fleet.regions.iter().skip(1).take(self.deputies).map(|region| region.name.clone());
            fleet.deputies = names.collect();
            fleet.takeover = Takeover::Auto;
            fleet.home_patience = SignedDuration::from_mins(4);
        }
        let releases = 2 + usize::from(self.items.iter().any(|item| matches!(item, Item::Arrives { .. })));
        let mut setting = Setting::new(fleet, releases, self.live, START);
        for item in &self.items {
            if let Item::Behaves { region, release, quality } = item
                && let Some(cell) = setting.quality.get_mut(*region).and_then(|row| row.get_mut(*release))
            {
                *cell = *quality;
            }
            if let Item::Lacks { region } = item {
                setting.lacks(*region, 1);
            }
        }
        setting
    }

    /// When the last of its disturbances is over.
    pub fn calm(&self) -> Seconds {
        START + self.items.iter().map(|item| item.span().1).max().unwrap_or(0)
    }
}
