//! Random nights in the whole world: up to three mishaps at once, and what must hold in whatever comes of them.

mod checks;
mod draw;
mod shrink;

pub use checks::{Broken, broken};

use crate::night::{self, Functions, NightError, Options, Report, Scenario, ScenarioError};
use std::fmt;
use std::mem::discriminant;
use std::path::Path;
use toml::{Table, Value};

/// One thing that goes wrong: a table of a scenario's file.
#[derive(Clone, Debug, PartialEq)]
pub struct Mishap {
    /// `fault`, `behaviour`, `hand` or `failover`.
    table: &'static str,
    fields: Table,
}

impl Mishap {
    /// When it begins, as the file says; what holds from the start comes first.
    fn begins(&self) -> String {
        let begins = self.fields.get("from").or_else(|| self.fields.get("at"));
        begins.and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

impl fmt::Display for Mishap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "[[{}]]", self.table)?;
        self.fields.iter().try_for_each(|(name, value)| writeln!(f, "{name} = {value}"))
    }
}

/// What is unusual in a night.
#[derive(Clone, Debug, PartialEq)]
struct Trouble {
    mishaps: Vec<Mishap>,
    /// A fact that AWS does not document, and what it is in this night.
    reading: Option<(&'static str, Value)>,
    /// Whether every event arrives twice.
    twice: bool,
}

/// A random night: the wave of `good-night`, and what goes wrong in it.
#[derive(Clone, Debug, PartialEq)]
pub struct ChaosNight {
    /// Where all of its kind begin.
    pub seed: u64,
    /// Which one it is.
    pub number: u64,
    trouble: Trouble,
}

/// How a night was played, and what it broke.
#[derive(Debug)]
pub struct Played {
    /// The scenario, as its file reads.
    pub scenario: Scenario,
    /// How the night ended.
    pub report: Report,
    /// What must hold in every night and did not.
    pub broken: Vec<Broken>,
}

impl Played {
    /// Whether the release reached every region.
    pub fn is_everywhere(&self) -> bool {
        self.report.fleet.iter().all(|end| checks::arrived(&self.scenario, end))
    }
}

impl ChaosNight {
    /// Draws the `number`th night of a seed.
    pub fn draw(seed: u64, number: u64) -> Self {
        Self { seed, number, trouble: draw::draw(seed, number) }
    }

    /// What its scenario is called.
    pub fn name(&self) -> String {
        format!("chaos-{}-{}", self.seed, self.number)
    }

    /// What goes wrong in it.
    pub fn mishaps(&self) -> &[Mishap] {
        &self.trouble.mishaps
    }

    /// The seed of the night itself.
    pub fn night_seed(&self) -> u64 {
        self.seed.wrapping_add(self.number)
    }

    /// Plays it.
    ///
    /// # Errors
    /// The night could not be played: a person's own step did not work, say.
    pub fn play(&self, functions: Functions, out: &Path) -> Result<Played, NightError> {
        let scenario = self.scenario()?;
        let options = Options { seed: self.night_seed(), functions, out: out.to_owned(), record: None };
        let report = night::run(&scenario, &options, &mut |_| {})?;
        let broken = broken(&scenario, &report);
        Ok(Played { scenario, report, broken })
    }

    /// The night as its file says it.
    ///
    /// # Errors
    /// None, unless a draw writes what no scenario may say.
    pub fn scenario(&self) -> Result<Scenario, ScenarioError> {
        Scenario::parse(&self.name(), &self.to_string())
    }

    /// The night with the least going wrong that still breaks one of `was`.
    ///
    /// # Errors
    /// As [`ChaosNight::play`].
    pub fn shrunk(&self, was: &[Broken], functions: &Functions, out: &Path) -> Result<Self, NightError> {
        let breaks = |candidate: &Self| -> Result<bool, NightError> {
            let broken = candidate.play(functions.clone(), out)?.broken;
            Ok(broken.iter().any(|own| was.iter().any(|before| discriminant(own) == discriminant(before))))
        };
        shrink::smallest(self, breaks)
    }
}

/// A scenario's file.
impl fmt::Display for ChaosNight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Trouble { mishaps, reading, twice } = &self.trouble;
        writeln!(f, "title = \"Night {} of seed {}: {} at once\"", self.number, self.seed, count(mishaps.len()))?;
        writeln!(f, "start = \"2026-11-20T02:59:00Z\"\nlasts = \"5h\"")?;
        if *twice {
            writeln!(f, "deliver_twice = true")?;
        }
        writeln!(f, "\n[[publish]]\nat = \"03:00\"\nversion = \"v427\"\nmodel = \"good\"\n")?;
        mishaps.iter().try_for_each(|mishap| writeln!(f, "{mishap}"))?;
        if let Some((fact, value)) = reading {
            writeln!(f, "[live]\n{fact} = {value}\n")?;
        }
        writeln!(f, "# Whatever comes of it: `meridian chaos` holds it to what must hold in every night.")?;
        let serves: Vec<String> = draw::REGIONS.iter().map(|region| format!("{region} = \"v427\"")).collect();
        writeln!(f, "[expect]\nserves = {{ {} }}\npages = 0", serves.join(", "))
    }
}

fn count(mishaps: usize) -> String {
    if mishaps == 1 { "1 mishap".to_owned() } else { format!("{mishaps} mishaps") }
}
