//! `meridian doctor --ping`: sends an execution through the pipeline that promotes nothing, and says how it was carried.

use super::readings::{FactsFile, Readings};
use crate::aws::Session;
use crate::operator::{Consent, DECLINED, Went};
use crate::terminal;
use jiff::SignedDuration;
use meridian_aws::inspect::PipelineAction;
use meridian_cost::{PriceKind, PriceTable};
use meridian_domain::overview::Need;
use meridian_domain::reason::ExecutionEnd;
use meridian_domain::{Actor, Chain};
use meridian_handlers::overview;
use meridian_handlers::ping::{LASTS, start};
use meridian_handlers::ports::{Clock, ErrorKind, Pipeline, PortError};
use meridian_messages::ping::{Pinged, PingedAction, wave_is_on, wave_unknown, will_ping};
use serde::Serialize;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

/// Between two looks, and how many: an hour.
const LOOK: SignedDuration = SignedDuration::from_secs(10);
const LOOKS: u32 = 360;

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    execution: &'a Actor,
    well: bool,
    /// Whether the execution went through to its end.
    ended: Option<ExecutionEnd>,
    actions: &'a [PingedAction],
}

/// A wave that would have to wait, or may be there.
#[derive(Debug, thiserror::Error)]
enum NotNow {
    #[error("{}", wave_is_on(.0))]
    WaveIsOn(String),
    #[error("{}", wave_unknown())]
    Unknown,
}

/// Somebody has to see how it ends.
#[derive(Debug, thiserror::Error)]
#[error("{execution} is started, and how it ends is not known: {source}")]
struct NotFollowed {
    execution: Actor,
    source: PortError,
}

/// An execution that was started, and what came of it.
struct Sent {
    execution: Actor,
    ended: Option<ExecutionEnd>,
    actions: Vec<PingedAction>,
}

/// Asks, starts, waits, and tells.
pub fn run(
    session: &Session,
    facts: &Path,
    consent: &Consent,
    json: bool,
    quiet: bool,
) -> Result<ExitCode, Box<dyn Error>> {
    let fleet = &session.fleet;
    let facts = FactsFile::open(facts)?;
    let seen = session.run(overview::look(&session.ports, fleet, session.now()));
    if let Some(wave) = seen.wave.filter(|wave| wave.is_under_way()) {
        return Err(NotNow::WaveIsOn(wave.version.to_string()).into());
    }
    if seen.needs.contains(&Need::Ledger { chain: Chain::Home }) {
        return Err(NotNow::Unknown.into());
    }
    // Each action's minute that it begins is paid whole.
    let minutes = LASTS.as_mins() as usize + fleet.regions.len() + 3;
    let table = PriceTable::built_in()?;
    let price = table.price(PriceKind::Pipeline, fleet.home.as_str(), "").map(|price| price.usd * minutes as f64);
    let will = will_ping(fleet.pipeline.as_str(), fleet.regions.len(), LASTS, price);
    let work = |writes: bool| writes.then(|| session.run(sent(session, quiet || json))).transpose();
    let sent = match consent.carry_out(work, |_| Some(format!("{will}. Go on?")))? {
        Ok(Went::Done(Some(sent))) => sent,
        Ok(Went::Declined(_)) => {
            terminal::say(&format!("Nothing was started. {will}"))?;
            return Ok(ExitCode::from(DECLINED));
        }
        Ok(_) => {
            terminal::say(&format!("Nothing was started. {will}"))?;
            return Ok(ExitCode::SUCCESS);
        }
        Err(error) => return Ok(session.failed(&*error)),
    };
    let code = told(&sent, json)?;
    facts.write(&Readings { pipeline_calls_seconds: sent.longest(), ..Readings::default() })?;
    Ok(code)
}

impl Sent {
    fn is_well(&self) -> bool {
        self.ended == Some(ExecutionEnd::Succeeded) && self.actions.iter().all(PingedAction::is_well)
    }

    /// The longest time between two calls.
    fn longest(&self) -> Option<u32> {
        self.actions.iter().find_map(|own| match own.pinged {
            Some(Pinged::Called { longest, .. }) => Some(longest),
            _ => None,
        })
    }
}

fn told(sent: &Sent, json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let Sent { execution, ended, actions } = sent;
    let well = sent.is_well();
    if json {
        terminal::document(&Document { schema: 1, execution, well, ended: *ended, actions })?;
    } else {
        for own in actions {
            terminal::say(&format!("  {:<6} {}", if own.is_well() { "ok" } else { "wrong" }, own.words()))?;
        }
        if ended.is_none() {
            terminal::error(&format!("{execution} has not ended within the hour: see it in CodePipeline's console"));
        }
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Starts an execution with no release, and waits for its end.
async fn sent(session: &Session, quiet: bool) -> Result<Sent, Box<dyn Error>> {
    let (fleet, ports) = (&session.fleet, &session.ports);
    let progress = terminal::progress(quiet);
    let execution = start(ports, fleet, session.policy).await?;
    let mut ended = None;
    for look in 0..LOOKS {
        progress.share("waiting for the pipeline", u64::from(look), u64::from(LOOKS));
        // One that has only just begun may not be known yet.
        ports.sleep(LOOK).await;
        match ports.execution(&fleet.home, &fleet.pipeline, &execution).await {
            Ok(view) => ended = view.ended,
            Err(error) if error.is_regional() || error.kind == ErrorKind::NotFound => {}
            Err(source) => return Err(NotFollowed { execution, source }.into()),
        }
        if ended.is_some() {
            break;
        }
    }
    match ports.inspect_execution(&execution).await {
        Ok(actions) => Ok(Sent { execution, ended, actions: actions.into_iter().map(pinged).collect() }),
        Err(source) => Err(NotFollowed { execution, source }.into()),
    }
}

fn pinged(own: PipelineAction) -> PingedAction {
    let pinged = own.summary.as_deref().and_then(|summary| serde_json::from_str(summary).ok());
    PingedAction { action: own.name, status: own.status, pinged, said: own.failure }
}
