//! How long each part of a bench's job takes.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Instant;

/// What a part of a job comes to.
pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// Seconds by phase; one that ran more than once counts as one.
#[derive(Default)]
pub struct Phases(pub BTreeMap<&'static str, f64>);

impl Phases {
    /// Does some work, and adds what it took to a phase.
    pub fn time<T>(&mut self, name: &'static str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
        let start = Instant::now();
        let result = work()?;
        *self.0.entry(name).or_default() += start.elapsed().as_secs_f64();
        Ok(result)
    }
}
