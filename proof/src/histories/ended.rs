//! What a history came to.

use crate::world::checks::Ending;
use crate::world::{Breach, Tally, World};

/// How a history ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The first invariant that was broken.
    pub breach: Option<Breach>,
    /// What it came to, if to anything.
    pub ending: Option<Ending>,
    /// What it is measured by.
    pub tally: Tally,
    /// Steps after the faults had stopped.
    pub calm_steps: u32,
}

impl Ended {
    /// The ending in a table's words.
    pub fn words(&self) -> &'static str {
        match self.ending {
            Some(Ending::Newest) => "on the newest release",
            Some(Ending::OneRelease) => "back on one release",
            Some(Ending::Halted) => "halted",
            Some(Ending::Condemned) => "condemned",
            Some(Ending::Stopped) => "stopped",
            None => "broke an invariant",
        }
    }
}

/// One random history that has run, with its story.
#[derive(Clone, Debug)]
pub struct RandomHistory {
    /// How it ended: well, stopped by a rule, or with a broken invariant.
    pub ended: Ended,
    /// What happened, a line for each event.
    pub lines: Vec<String>,
    /// What it left behind.
    pub world: World,
}
