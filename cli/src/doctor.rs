//! `meridian doctor`: what is wrong with an account before a wave finds it.

mod account;
mod answer;
mod bucket;
mod document;
mod facts;
mod findings;
mod fleet;
mod ping;
mod policy;
mod probe;
mod readings;
mod region;
mod services;
mod signing;
mod smoke;
mod table;
#[cfg(test)]
mod tests;
mod watch;

use crate::aws::{Place, Session};
use crate::operator::Consent;
use crate::terminal;
use document::Document;
use findings::{Placed, all_well};
use meridian_desk::Progress;
use meridian_messages::Voice;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `meridian doctor`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
                        meridian doctor\n  \
                        meridian doctor --all --json > findings.json\n  \
                        meridian doctor --probe --dry-run\n  \
                        meridian doctor --ping\n  \
                        meridian doctor --smoke AU --dry-run\n\n\
                        Reads, and changes nothing, unless asked for --probe, --ping or --smoke. Exit code: 0 nothing is wrong; 1 something is wrong, or was not \
                        answered; 2 wrong input, or no credentials. What is not checked is listed, and not counted.")]
pub struct Arguments {
    /// One JSON document instead of a table.
    #[arg(long)]
    json: bool,
    /// Show what is fine too.
    #[arg(long)]
    all: bool,
    /// Make SageMaker do in this region what a wave relies on, with an endpoint of its own that is deleted afterwards: canaries that
    /// arrive, go back, fall silent. Takes about two hours and costs a few dollars, which it says first. Needs, beside what doctor
    /// reads with, the rights to make, update and delete models, configurations, endpoints, alarms and scalable targets, and to pass the
    /// instances' role.
    #[arg(long, value_name = "REGION", conflicts_with_all = ["probe", "ping"], group = "measures")]
    smoke: Option<String>,
    /// Send a small file to every region, and make an alarm ring in each: how long replication takes, and whether a page reaches
    /// somebody. Needs, beside what doctor reads with, the publisher's right to write releases/ in home's bucket, and
    /// cloudwatch:SetAlarmState.
    #[arg(long)]
    probe: bool,
    /// Start home's pipeline with no release: how often it calls its first action again within ten minutes, and whether promote may
    /// look into every region. Promotes nothing; costs cents. Needs, beside what doctor reads with, an operator's right to write waves/ in
    /// home's bucket (OperatorRoles of the template), codepipeline:StartPipelineExecution, codepipeline:GetPipelineExecution and codepipeline:ListActionExecutions.
    #[arg(long, conflicts_with = "probe", group = "measures")]
    ping: bool,
    /// Where --smoke and --ping write what AWS did, beside what the other wrote there: meridian night --live-facts reads it.
    #[arg(long, value_name = "FILE", default_value = "live-facts.toml", requires = "measures")]
    facts: PathBuf,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    place: Place,
}

/// Consent to nothing.
#[derive(Debug, thiserror::Error)]
#[error("--yes and --dry-run are for --probe, --ping and --smoke: without these doctor changes nothing")]
struct NothingToConfirm;

/// Asks every region of the fleet, and says what is wrong and what mends it.
pub fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, Box<dyn Error>> {
    let waits = arguments.smoke.is_some() || arguments.probe || arguments.ping;
    if arguments.consent.is_said() && !waits {
        return Err(NothingToConfirm.into());
    }
    let session = if waits { Session::waiting(&arguments.place) } else { Session::open(&arguments.place) }?;
    session.with_credentials()?;
    if let Some(region) = &arguments.smoke {
        return smoke::run(&session, region, &arguments.facts, &arguments.consent, arguments.json, quiet);
    }
    if arguments.ping {
        return ping::run(&session, &arguments.facts, &arguments.consent, arguments.json, quiet);
    }
    if arguments.probe {
        return probe::run(&session, &arguments.consent, arguments.json, quiet);
    }
    let findings = session.run(ask(&session, !arguments.place.is_elsewhere(), &terminal::progress(quiet)));
    let well = all_well(findings.iter().map(|own| &own.finding));
    let voice = Voice::of(&session.fleet);
    if arguments.json {
        terminal::document(&Document::of(&session.fleet, well, &findings))?;
    } else if quiet {
        table::counts(&mut terminal::stdout(), &findings)?;
    } else {
        table::write(&mut terminal::stdout(), voice, &findings, arguments.all, terminal::columns())?;
    }
    if well {
        return Ok(ExitCode::SUCCESS);
    }
    session.tell_refused_credentials();
    Ok(ExitCode::from(1))
}

async fn ask(session: &Session, clock: bool, progress: &Progress) -> Vec<Placed> {
    let (fleet, mut placed) = (&session.fleet, Vec::new());
    for (done, region) in (0..).zip(&fleet.regions) {
        progress.share(&format!("asking {}", region.name), done, fleet.regions.len() as u64);
        let facts = facts::region(&session.ports, fleet, region).await;
        let mut findings = region::judge(fleet, region, &facts, clock);
        if region.name == fleet.home {
            findings.extend(fleet::judge(fleet, region, &facts, &facts::home(&session.ports).await));
        }
        placed.extend(findings.into_iter().map(|finding| Placed { place: region.name.clone(), finding }));
    }
    placed
}
