//! `meridian holdout`: the records on which challengers are evaluated, which are the fleet's and no publisher's.

use crate::aws::{self, Session, read};
use crate::operator::{Operator, Told};
use meridian_desk::read_features;
use meridian_handlers::holdout::{Approval, approve};
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
    let (records, features) = (read(&arguments.records)?.into(), read_features(&arguments.features)?);
    let operator = &arguments.operator;
    let told = |words| Told { command: "holdout approve", region: None, until: None, words };
    let file = arguments.records.display();
    if let Some(code) = operator.confirm(&told(format!("releases published from now on are evaluated on {file}")))? {
        return Ok(code);
    }
    let Operator { who, why, .. } = operator;
    match session.run(approve(&session.ports, &session.fleet, who, records, &features, why.clone())) {
        Ok(Approval::Recorded(holdout)) => {
            let (digest, rows, positives) = (holdout.sha256, holdout.rows, holdout.positives);
            Ok(operator.done(&told(format!(
                "approved: releases published from now on are evaluated on {digest} ({rows} records, {positives} positives)"
            )))?)
        }
        Ok(Approval::Stood(approved)) => {
            let words = format!("these records were approved at {:.0} by {} already", approved.since, approved.by);
            Ok(operator.done(&told(words))?)
        }
        Err(error) if error.is_input() => Err(error.into()),
        Err(error) => {
            session.with_credentials()?;
            Ok(aws::failed(&error))
        }
    }
}
