//! Which region states met which kinds of fault: a million trivial histories would prove nothing.

use crate::world::{Fault, Phase, Region, Strike};
use meridian_messages::layout::{Cells, columns};
use std::fmt;

/// A region's state, as the cross table counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// At rest, on a release that is not the wave's.
    Before,
    /// Green comes up.
    Provisioning,
    /// The canary takes its share.
    Canary,
    /// All traffic is on its way to green.
    Shifting,
    /// All traffic is on green: blue soaks, or green is still watched.
    Soaking,
    /// The guardrail rolls it back.
    RollingBack,
    /// `rollback` rolls it back by an update of its own.
    Returning,
    /// At rest, on the newest release.
    Arrived,
    /// `UpdateRollbackFailed`: which bytes serve is unknown.
    Broken,
}

impl State {
    /// All, in the order of the table.
    pub const ALL: [Self; 9] = [
        Self::Before,
        Self::Provisioning,
        Self::Canary,
        Self::Shifting,
        Self::Soaking,
        Self::RollingBack,
        Self::Returning,
        Self::Arrived,
        Self::Broken,
    ];

    /// The state of a region while `newest` is the newest release.
    pub fn of(region: &Region, newest: usize) -> Self {
        match &region.update {
            _ if region.broken => Self::Broken,
            None if region.blue == newest => Self::Arrived,
            None => Self::Before,
            Some(update) if !update.guarded => Self::Returning,
            Some(update) => match update.phase {
                Phase::Provisioning => Self::Provisioning,
                Phase::Baking => Self::Canary,
                Phase::Shifting => Self::Shifting,
                Phase::Watched | Phase::Soaking => Self::Soaking,
                Phase::RollingBack => Self::RollingBack,
            },
        }
    }
}

/// What happens to an event on its way to a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// It never arrives.
    Lost,
    /// It arrives twice.
    Doubled,
    /// It arrives late.
    Delayed,
    /// The function stands still between planning and doing.
    Paused,
}

const FAULTS: usize = Fault::ALL.len();
const STRIKES: [Strike; 7] = [
    Strike::Lost,
    Strike::TimedOut,
    Strike::Throttled,
    Strike::Refused,
    Strike::DiesBefore,
    Strike::DiesAfter,
    Strike::Late(0),
];
const DELIVERIES: [(Delivery, &str); 4] = [
    (Delivery::Lost, "event lost"),
    (Delivery::Doubled, "event doubled"),
    (Delivery::Delayed, "event delayed"),
    (Delivery::Paused, "function stands still"),
];
const KINDS: usize = FAULTS + STRIKES.len() + DELIVERIES.len();

/// The cross table: how often a region in a state met a kind of fault that held, or struck, then.
#[derive(Clone, Debug)]
pub struct Coverage {
    cells: [[u64; State::ALL.len()]; KINDS],
}

impl Default for Coverage {
    fn default() -> Self {
        Self { cells: [[0; State::ALL.len()]; KINDS] }
    }
}

impl Coverage {
    fn count(&mut self, kind: usize, state: State) {
        if let Some(cell) = self.cells.get_mut(kind).and_then(|row| row.get_mut(state as usize)) {
            *cell += 1;
        }
    }

    /// A fault held in a region in that state.
    pub fn fault(&mut self, fault: Fault, state: State) {
        self.count(fault as usize, state);
    }

    /// A step that concerned a region in that state was struck.
    pub fn strike(&mut self, strike: Strike, state: State) {
        let kind = STRIKES.iter().position(|other| std::mem::discriminant(other) == std::mem::discriminant(&strike));
        if let Some(kind) = kind {
            self.count(FAULTS + kind, state);
        }
    }

    /// An event that concerned a region in that state.
    pub fn delivery(&mut self, delivery: Delivery, state: State) {
        if let Some(kind) = DELIVERIES.iter().position(|(other, _)| *other == delivery) {
            self.count(FAULTS + STRIKES.len() + kind, state);
        }
    }

    /// Kinds in words, with their row.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, &[u64; State::ALL.len()])> {
        let words = Fault::ALL.iter().map(|fault| fault.words());
        let words = words.chain(STRIKES.iter().map(|strike| strike.words()));
        words.chain(DELIVERIES.iter().map(|(_, words)| *words)).zip(&self.cells)
    }

    /// The emptiest cell.
    pub fn minimum(&self) -> u64 {
        self.cells.iter().flatten().copied().min().unwrap_or(0)
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = std::iter::once(String::new()).chain(State::ALL.map(|state| format!("{state:?}").to_lowercase()));
        let rows =
            self.rows().map(|(words, row)| std::iter::once(words.to_owned()).chain(row.map(|cell| cell.to_string())));
        let all = std::iter::once(head.collect()).chain(rows.map(Vec::from_iter));
        columns(all, Cells::Numbers).iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}
