//! `meridian`: judge and score models, publish a release, halt and lift, and play a night on one machine.
//! It may know every crate: it asks, and shows what they answer.

mod aws;
mod chaos;
mod compare;
mod cost;
mod doctor;
mod evaluate;
mod failback;
mod failover;
mod fitted;
mod halt;
mod history;
mod holdout;
mod home;
mod init;
mod interrupt;
mod judge;
mod lift;
mod manual;
mod night;
mod operator;
mod overrides;
mod plan;
mod publish;
mod quarantine;
mod restore;
mod score;
mod simulate;
mod status;
mod summary;
mod terminal;

use clap::{Parser, Subcommand};
use interrupt::Interrupted;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Promotes one nightly model region by region, rolls it back when it misbehaves, and can prove which bytes every region
/// serves.
#[derive(Debug, Parser)]
#[command(name = "meridian", version = concat!(env!("CARGO_PKG_VERSION"), " (", env!("MERIDIAN_BUILD"), ")"))]
#[command(after_help = "Examples:\n  \
    meridian night --scenario tokyo-dark      a bad night, on this machine\n  \
    meridian status                           may I sleep?\n  \
    meridian history --at 2026-11-20T03:47Z   which bytes served then\n\n\
    Each command has examples and its exit codes in its own help: meridian plan --help")]
struct Arguments {
    /// Print only what was asked for: the verdict or the result, no progress, no warnings and no explanations. Errors, documents
    /// for machines and the exit code stay.
    #[arg(long, short, global = true)]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the files of a new fleet: fleet.toml and samconfig.toml.
    Init(init::Arguments),
    /// What is wrong with an account, before a wave finds it; reads, and changes nothing.
    Doctor(doctor::Arguments),
    /// Run a night of the whole system on this machine and tell its story.
    Night(night::Arguments),
    /// Play random nights with up to three mishaps at once, and hold each to what must hold in every night.
    Chaos(chaos::Arguments),
    /// Judge a model on held-out records, by the gates that the pipeline asks.
    Evaluate(Box<evaluate::Arguments>),
    /// Judge several models against one champion on the same records: a table with a row for each.
    Compare(Box<compare::Arguments>),
    /// Judge a wave's counts, green against blue, as a canary is judged.
    Judge(judge::Arguments),
    /// What the next wave would do, and why, before it does.
    Plan(plan::Arguments),
    /// What the fleet costs in a month, against one region, and what less, another front or another routing would save.
    Cost(cost::Arguments),
    /// Score records; print margins and probabilities as CSV.
    Score(score::Arguments),
    /// Write a release into home's bucket: the archive first, the manifest last.
    Publish(publish::Arguments),
    /// May I sleep? The whole fleet on one screen, and what needs you.
    Status(status::Arguments),
    /// Which bytes served a region at a moment, and why, by the ledger; or what was written since.
    History(history::Arguments),
    /// Say on which records releases are evaluated: the fleet's hold-out.
    Holdout(holdout::Arguments),
    /// Halt the fleet: nothing starts anywhere until the halt is lifted.
    Halt(halt::Arguments),
    /// Take a release, or a file of releases, out of consideration, on record; or end that.
    Quarantine(quarantine::Arguments),
    /// What the decisions are worth, over many seeded runs.
    Simulate(simulate::Arguments),
    /// End a halt: waves may start again there.
    Lift(lift::Arguments),
    /// Send one region's customers to another, once that one can carry them.
    Failover(failover::Arguments),
    /// Let a region's customers come back after a failover.
    Failback(failback::Arguments),
    /// Which region is home; or hand home over to another.
    Home(home::Arguments),
    /// Put a chain of the ledger back into its bucket, from another region's copy.
    Restore(restore::Arguments),
    /// Set a freeze, the skew bound or the order aside for a while, on record.
    Override(overrides::Arguments),
    /// Print a shell's completions.
    Completions(manual::Completions),
    /// Write the man pages into a folder.
    Man(manual::Man),
}

/// Bad input: clap's own exit code for wrong arguments too.
const BAD_INPUT: u8 = 2;

fn main() -> ExitCode {
    // A file that somebody else wrote is read by this program in a process of its own.
    if let Some(code) = meridian_evaluation::isolated::serve() {
        return code;
    }
    let Arguments { quiet, command } = Arguments::parse();
    let outcome = match command {
        Command::Init(arguments) => init::run(&arguments, quiet),
        Command::Doctor(arguments) => doctor::run(&arguments, quiet),
        Command::Night(arguments) => night::run(&arguments, quiet),
        Command::Chaos(arguments) => chaos::run(&arguments, quiet),
        Command::Evaluate(arguments) => evaluate::run(&arguments, quiet),
        Command::Compare(arguments) => compare::run(&arguments, quiet),
        Command::Judge(arguments) => judge::run(&arguments, quiet),
        Command::Plan(arguments) => plan::run(&arguments, quiet),
        Command::Cost(arguments) => cost::run(&arguments, quiet),
        Command::Score(arguments) => score::run(&arguments, quiet),
        Command::Publish(arguments) => publish::run(&arguments, quiet),
        Command::Status(arguments) => status::run(&arguments, quiet),
        Command::History(arguments) => history::run(&arguments, quiet),
        Command::Holdout(arguments) => holdout::run(&arguments),
        Command::Halt(arguments) => halt::run(&arguments),
        Command::Quarantine(arguments) => quarantine::run(&arguments),
        Command::Simulate(arguments) => simulate::run(&arguments, quiet),
        Command::Lift(arguments) => lift::run(&arguments),
        Command::Failover(arguments) => failover::run(&arguments),
        Command::Failback(arguments) => failback::run(&arguments),
        Command::Restore(arguments) => restore::run(&arguments),
        Command::Home(arguments) => home::run(&arguments),
        Command::Override(arguments) => overrides::run(&arguments),
        Command::Completions(arguments) => manual::completions::<Arguments>(&arguments),
        Command::Man(arguments) => manual::man::<Arguments>(&arguments),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => match error.downcast_ref::<Interrupted>() {
            Some(by) => by.code(),
            None => {
                terminal::error(&error.to_string());
                ExitCode::from(BAD_INPUT)
            }
        },
    }
}
