//! Random histories: fleets, releases, faults, lost and doubled and delayed events, deaths at any step, two actors at
//! once, people. Each is a [`Script`] drawn from a seed, run in a [`World`](crate::world::World) behind the ports of
//! the real handlers, and every invariant is held against the truth. A script that breaks one is shrunk to what it needs.

mod calls;
mod coverage;
mod draw;
mod ended;
mod illness;
mod parted;
mod repeats;
mod run;
mod script;
mod shrink;
mod words;

use std::fmt;

pub use coverage::{Coverage, State};
pub use ended::{Ended, RandomHistory};
pub use run::{LIMIT, run, run_with, story};
pub use script::{Item, Script, Whose};
pub use shrink::{Failure, shrink};

/// What many histories came to.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Histories that were run.
    pub runs: u64,
    /// Port calls of each, for the median.
    asked: Vec<u32>,
    /// Calls of functions in each, for the median.
    calls: Vec<u32>,
    /// How each ended.
    pub endings: std::collections::BTreeMap<&'static str, u64>,
    /// Histories by the update's state and the fault that met it.
    pub coverage: Coverage,
    /// The most steps that any history took after its faults had stopped.
    pub longest_calm: u32,
    /// Updates taken from a caller whose lease had run out.
    pub strays: u64,
    /// Of these: from a home that another had replaced in the region since the call read its chain.
    pub replaced: u64,
    /// Histories in which home moved.
    pub moved: u64,
    /// The first failure.
    pub failure: Option<Failure>,
}

impl Summary {
    /// Adds one history.
    pub fn add(&mut self, ended: &Ended) {
        self.runs += 1;
        self.asked.push(ended.tally.asked);
        self.calls.push(ended.tally.calls);
        *self.endings.entry(ended.words()).or_default() += 1;
        self.longest_calm = self.longest_calm.max(ended.calm_steps);
        self.strays += u64::from(ended.tally.strays);
        self.replaced += u64::from(ended.tally.replaced);
        self.moved += u64::from(ended.tally.moves > 0);
    }

    /// Whether every invariant held, in one line.
    pub fn verdict(&self) -> String {
        let held = if self.failure.is_some() { "an invariant was broken" } else { "no invariant was broken" };
        format!("{} histories: {held}", self.runs)
    }

    /// Port calls in the median history, and calls of functions.
    pub fn medians(&self) -> (u32, u32) {
        let median = |all: &[u32]| {
            let mut all = all.to_vec();
            let middle = all.len() / 2;
            if all.is_empty() { 0 } else { *all.select_nth_unstable(middle).1 }
        };
        (median(&self.asked), median(&self.calls))
    }

    /// Port calls of all histories.
    pub fn asked(&self) -> u64 {
        self.asked.iter().map(|asked| u64::from(*asked)).sum()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (asked, calls) = self.medians();
        writeln!(f, "{}", self.verdict())?;
        writeln!(
            f,
            "port calls in the median history: {asked}, by {calls} calls of functions; in all {}",
            self.asked()
        )?;
        writeln!(f, "updates taken from a caller whose lease had run out (I11's remaining race): {}", self.strays)?;
        writeln!(
            f,
            "of these from a home that another had replaced there: {}; histories in which home moved: {}",
            self.replaced, self.moved
        )?;
        writeln!(f, "most steps after the last fault: {} (stated bound: {LIMIT})", self.longest_calm)?;
        for (ending, count) in &self.endings {
            writeln!(f, "{count:>12}  {ending}")?;
        }
        writeln!(
            f,
            "\nRegion states that met each kind of fault; fewest: {}\n\n{}",
            self.coverage.minimum(),
            self.coverage
        )?;
        match &self.failure {
            Some(failure) => write!(f, "{failure}"),
            None => Ok(()),
        }
    }
}

/// Runs `runs` histories from `seed` on, and stops at the first that breaks an invariant, shrunk. Says how many are done.
pub fn simulate(seed: u64, runs: u64, mut done: impl FnMut(u64)) -> Summary {
    let mut summary = Summary::default();
    for number in 0..runs {
        done(number);
        let script = Script::draw(seed, number);
        let ended = run(&script, Some(&mut summary.coverage));
        summary.add(&ended);
        if ended.breach.is_some() {
            summary.failure = Some(shrink(&script));
            break;
        }
    }
    summary
}

#[cfg(test)]
mod tests;
