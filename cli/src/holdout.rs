//! `meridian holdout`: the records on which challengers are evaluated, which are the fleet's and no publisher's.

use crate::aws::{Session, read};
use crate::operator::{CommandEffect, Operator};
use meridian_desk::read_features;
use meridian_handlers::holdout::{Approval, ApprovalError, approve};
use meridian_messages::operator as sentences;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `meridian holdout`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
                        meridian holdout approve holdout.csv.gz --features features.txt \\\n      \
                        --who maria --why \"October's labels\"")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Evaluate releases that are published from now on, on these records.
    Approve(Approve),
}

/// Arguments of `meridian holdout approve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
                        meridian holdout approve holdout.csv.gz --features features.txt \\\n      \
                        --who maria --why \"October's labels\"\n\n\
                        The records are stored in home's bucket under holdouts/, and the hub's ledger keeps who approved \
                        them and why. Releases that home has attested already are still evaluated on the hold-out before.\n\n\
                        Exit code: 0 it is on record; 1 AWS did not take it; 2 wrong input, and nothing was written.")]
struct Approve {
    /// Labelled records: columns `label`, `customer_region` and the features, as CSV compressed with gzip.
    #[arg(value_name = "FILE")]
    records: PathBuf,
    /// The callers' features, one name a line: the records must hold them all.
    #[arg(long, value_name = "FILE")]
    features: PathBuf,
    #[command(flatten)]
    operator: Operator,
}

/// Approves a hold-out; says so.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let Command::Approve(arguments) = &arguments.command;
    // What is wrong with the records is said first, without credentials too.
    let session = Session::open(&arguments.operator.place)?;
    let (records, features) = (read(&arguments.records)?, read_features(&arguments.features)?);
    let operator = &arguments.operator;
    let (fleet, who) = (&session.fleet, &operator.who);
    operator.carry_out(&session, ApprovalError::is_input, |ports| {
        let (records, why) = (records.clone().into(), operator.why.clone());
        let approval = session.run(approve(ports, fleet, who, records, &features, why))?;
        let (changes, words) = match approval {
            Approval::Recorded(holdout) => (true, sentences::holdout_approved(&holdout)),
            Approval::Stood(approved) => (false, sentences::holdout_stands(&approved)),
        };
        Ok(CommandEffect { command: "holdout approve", region: None, until: None, words, changes })
    })
}
