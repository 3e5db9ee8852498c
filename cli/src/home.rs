//! `meridian home`: which region runs the pipeline, and its hand-over to another.

use crate::aws::{Place, Session};
use crate::operator::{self, CommandEffect, Operator};
use crate::terminal;
use meridian_handlers::home::{HomeError, HomeFound, find, hand_over, take_over};
use meridian_messages::Voice;
use std::process::ExitCode;

/// Arguments of `meridian home`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
                        meridian home show\n  \
                        meridian home move --to JP --who maria --why \"a drill\" --dry-run")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Hand home over to another region, with the hub's ledger.
    Move(Move),
    /// Which region is home, by what lies in the regions' buckets: with any of the fleet's fleet.toml, and also while home is lost.
    Show(Show),
}

/// Arguments of `meridian home move`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
                        meridian home move --to JP --who maria --why \"a drill\"\n\n\
                        Give it with the fleet.toml that is deployed, while no wave runs. The hub's ledger ends where it is with that word, \
                        and is copied into the new home's bucket; the old home starts nothing any more. A deputy goes on \
                        within five minutes with what was evaluated; for new releases change home in fleet.toml and deploy every region \
                        (docs/runbooks/lost-home.md). Given again, the command goes on \
                        where it was. With --lost, a wave under way is no hindrance, and where the old home's bucket does not answer, its ledger goes on \
                        from the copy that another region keeps, at most five minutes old: then give the command again, with the same \
                        fleet.toml, as soon as it answers.\n\n\
                        Exit code: 0 it is handed over; 1 AWS did not take it; 2 wrong input, or a wave is under way.")]
struct Move {
    /// The region that is to be home, by its title or AWS's name.
    #[arg(long, value_name = "REGION")]
    to: String,
    /// The home that was is lost: take over from it, whatever it was doing.
    #[arg(long)]
    lost: bool,
    #[command(flatten)]
    operator: Operator,
}

/// Arguments of `meridian home show`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
                        meridian home show --fleet my-fleet/fleet.toml\n\n\
                        Exit code: 0 it is shown; 1 the hub's ledger does not answer; 2 wrong input.")]
struct Show {
    #[command(flatten)]
    place: Place,
}

/// Shows who is home, or hands home over.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    match &arguments.command {
        Command::Move(arguments) => hand_it_over(arguments),
        Command::Show(arguments) => show(arguments),
    }
}

fn hand_it_over(Move { to, lost, operator }: &Move) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let session = operator.session_by_policy()?;
    let to = operator::region(&session.fleet, to)?;
    // Home moves on from where it is by now; a command that is given again is about the same move.
    let found = session.run(find(&session.ports, &session.fleet)).ok();
    let from = found.as_ref().map(|found| match &found.moved {
        Some(moved) if moved.to == to => &moved.from,
        _ => &found.home,
    });
    let fleet = &from.map_or_else(|| (*session.fleet).clone(), |from| session.fleet.at_home(from));
    let who = &operator.who;
    operator.carry_out(&session, HomeError::is_input, |ports| {
        let (voice, why) = (Voice::of(fleet), &operator.why);
        let words = if *lost {
            voice.home_taken_over(&to, &session.run(take_over(ports, fleet, &to, who, why))?)
        } else {
            voice.home_handed_over(&to, session.run(hand_over(ports, fleet, &to, who, why))?)
        };
        Ok(CommandEffect { command: "home move", region: Some(&to), until: None, words, changes: true })
    })
}

fn show(Show { place }: &Show) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let session = Session::open(place)?;
    session.with_credentials()?;
    match session.run(find(&session.ports, &session.fleet)) {
        Ok(HomeFound { home, moved, silent }) => {
            terminal::say(&Voice::of(&session.fleet).home_shown(&home, moved.as_ref(), &silent))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Ok(session.failed(&error)),
    }
}
