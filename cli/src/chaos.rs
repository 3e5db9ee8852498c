//! `meridian chaos`: random nights in the whole world, and what must hold in each of them.

use crate::interrupt::Interrupt;
use crate::terminal;
use meridian_desk::Progress;
use meridian_local::chaos::ChaosNight;
use meridian_local::night::{Functions, NightError};
use meridian_proof::judging::each;
use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

/// Arguments of `meridian chaos`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    meridian chaos --nights 100\n  \
    meridian chaos --seed 7 --print 417\n  \
    meridian chaos --nights 5 --wire\n\n\
    Exit code: 0 every night kept what must hold; 1 one did not, and its scenario is written; 2 wrong input.")]
pub struct Arguments {
    /// Nights to play, each with one to three mishaps.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    nights: u64,
    /// Where randomness begins. The same seed gives the same nights on every machine.
    #[arg(long, value_name = "S", default_value_t = 1, value_parser = terminal::whole_number)]
    seed: u64,
    /// Write this night of the seed as a scenario to standard output, as it was drawn, and play none.
    #[arg(long, value_name = "NUMBER", value_parser = terminal::whole_number)]
    print: Option<u64>,
    /// Run the functions as the real release binaries, over HTTP in AWS's own protocols. It takes longer.
    #[arg(long)]
    wire: bool,
    /// Folder of the function binaries, for --wire [default: beside this program].
    #[arg(long, value_name = "DIR", requires = "wire")]
    binaries: Option<PathBuf>,
    /// Folder for the scenarios of nights that broke something.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
}

/// What came of one night.
enum Outcome {
    /// It kept what must hold.
    Kept { everywhere: bool, pages: usize },
    /// It did not: the night with the least that still breaks it, what is broken, and where its scenario lies.
    Broke { night: Box<ChaosNight>, broken: Vec<String>, path: PathBuf },
    /// It could not be played, and why.
    NotPlayed { number: u64, why: String },
}

/// Plays the nights. Each that breaks something is written as a scenario, as small as it gets, and the exit code is 1.
pub fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, Box<dyn Error>> {
    if let Some(number) = arguments.print {
        terminal::text(&ChaosNight::draw(arguments.seed, number).to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    let outcomes = Runner::new(arguments, quiet)?.run()?;
    tell(&mut terminal::stdout(), arguments, &outcomes, quiet)?;
    let kept = outcomes.iter().all(|outcome| matches!(outcome, Outcome::Kept { .. }));
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(out: &mut impl Write, arguments: &Arguments, outcomes: &[Outcome], quiet: bool) -> io::Result<()> {
    let wire = if arguments.wire { " --wire" } else { "" };
    let mut broke = 0;
    for outcome in outcomes {
        match outcome {
            Outcome::Kept { .. } => continue,
            Outcome::NotPlayed { number, why } => writeln!(out, "night {number} could not be played: {why}")?,
            Outcome::Broke { night, broken, path } => {
                writeln!(out, "night {} broke what must hold:", night.number)?;
                broken.iter().try_for_each(|line| writeln!(out, "  {line}"))?;
                let (path, seed) = (path.display(), night.night_seed());
                writeln!(out, "  see it: meridian night --scenario {path} --seed {seed}{wire}")?;
            }
        }
        broke += 1;
    }
    if !quiet {
        summary(out, outcomes)?;
    }
    let verdict = match broke {
        0 => "each kept what must hold".to_owned(),
        broke => format!("{broke} did not keep what must hold"),
    };
    let nights = if outcomes.len() == 1 { "night" } else { "nights" };
    writeln!(out, "{} {nights} of seed {}: {verdict}", outcomes.len(), arguments.seed)
}

/// What came of the nights that kept what must hold, so that one sees that they were no quiet ones.
fn summary(out: &mut impl Write, outcomes: &[Outcome]) -> io::Result<()> {
    let (mut everywhere, mut paged) = (0_usize, BTreeMap::<usize, usize>::new());
    for outcome in outcomes {
        let Outcome::Kept { everywhere: all, pages } = outcome else { continue };
        everywhere += usize::from(*all);
        *paged.entry(*pages).or_default() += 1;
    }
    let kept: usize = paged.values().sum();
    writeln!(out, "the release reached every region in {everywhere} of {kept}")?;
    let pages: Vec<String> = paged.iter().map(|(pages, nights)| format!("{pages} in {nights}")).collect();
    writeln!(out, "pages: {}", pages.join(", "))
}

/// Plays nights, and says how many it has played.
struct Runner<'a> {
    arguments: &'a Arguments,
    functions: Functions,
    interrupt: Interrupt,
    progress: Progress,
    done: AtomicU64,
}

impl<'a> Runner<'a> {
    fn new(arguments: &'a Arguments, quiet: bool) -> Result<Self, Box<dyn Error>> {
        let functions = match arguments.wire {
            true => Functions::Binaries(crate::night::binaries(arguments.binaries.as_deref())?),
            false => Functions::InProcess,
        };
        let (interrupt, progress) = (Interrupt::catch()?, terminal::progress(quiet));
        Ok(Runner { arguments, functions, interrupt, progress, done: AtomicU64::new(0) })
    }

    fn run(&self) -> Result<Vec<Outcome>, Box<dyn Error>> {
        let nights = each(self.arguments.nights, |number| {
            self.interrupt.check().ok()?;
            self.progress.share("playing nights", self.done.fetch_add(1, Ordering::Relaxed), self.arguments.nights);
            let played = self.outcome(&ChaosNight::draw(self.arguments.seed, number));
            Some(played.unwrap_or_else(|error| Outcome::NotPlayed { number, why: error.to_string() }))
        });
        self.interrupt.check()?;
        Ok(nights.into_iter().flatten().collect())
    }

    fn outcome(&self, night: &ChaosNight) -> Result<Outcome, NightError> {
        let write = |path: &Path| {
            let path = path.to_owned();
            move |source| NightError::Write { path, source }
        };
        let passing = tempfile::tempdir().map_err(write(&std::env::temp_dir()))?;
        let played = night.play(self.functions.clone(), passing.path())?;
        if played.broken.is_empty() {
            return Ok(Outcome::Kept { everywhere: played.is_everywhere(), pages: played.report.pages.len() });
        }
        let night = night.shrunk(&played.broken, &self.functions, passing.path())?;
        let broken = night.play(self.functions.clone(), passing.path())?.broken;
        let path = self.arguments.out.join(format!("{}.toml", night.name()));
        std::fs::create_dir_all(&self.arguments.out).map_err(write(&self.arguments.out))?;
        std::fs::write(&path, night.to_string()).map_err(write(&path))?;
        let broken = broken.iter().map(ToString::to_string).collect();
        Ok(Outcome::Broke { night: Box::new(night), broken, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        chaos: Arguments,
    }

    fn told(given: &[&str], outcomes: &[Outcome], quiet: bool) -> String {
        let line = ["chaos", "--seed", "7"].iter().chain(given);
        let (arguments, mut out) = (Line::parse_from(line).chaos, Vec::new());
        tell(&mut out, &arguments, outcomes, quiet).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nights_that_kept_what_must_hold_are_counted_by_their_pages() {
        let kept = |everywhere, pages| Outcome::Kept { everywhere, pages };
        let outcomes = [kept(true, 0), kept(false, 1), kept(true, 0)];
        let expected = "the release reached every region in 2 of 3\npages: 0 in 2, 1 in 1\n\
                        3 nights of seed 7: each kept what must hold\n";
        assert_eq!(told(&[], &outcomes, false), expected);
        assert_eq!(told(&[], &outcomes, true), "3 nights of seed 7: each kept what must hold\n");
    }

    #[test]
    fn a_night_that_broke_something_names_the_command_that_shows_it() {
        let (night, path) = (Box::new(ChaosNight::draw(7, 4)), PathBuf::from("chaos-7-4.toml"));
        let broke = [Outcome::Broke { night, broken: vec!["I14: 7 pages".to_owned()], path }];
        let expected = "night 4 broke what must hold:\n  I14: 7 pages\n  see it: meridian night --scenario chaos-7-4.toml --seed 11\n\
                        1 night of seed 7: 1 did not keep what must hold\n";
        assert_eq!(told(&[], &broke, true), expected);
        assert!(told(&["--wire"], &broke, true).contains("--seed 11 --wire\n"));
    }
}
