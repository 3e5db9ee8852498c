//! `meridian doctor --probe`: sends a small file to every region and makes an alarm ring in each, and says what came.

use crate::aws::{Session, whole_second};
use crate::operator::{Consent, DECLINED, Went};
use crate::terminal;
use bytes::Bytes;
use jiff::SignedDuration;
use meridian_domain::{AlarmState, Region, keys};
use meridian_handlers::ports::{Artifacts, Clock, PortError, Signals};
use meridian_messages::probe::{Probed, REASON, did_it_come, will_probe};
use serde::Serialize;
use std::error::Error;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

/// Between two looks for the copies, and how many: replication time control promises a quarter of an hour.
const LOOK: SignedDuration = SignedDuration::from_secs(2);
const LOOKS: u32 = 600;

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    well: bool,
    regions: &'a [Probed],
}

/// Asks, sends, waits, and tells.
pub fn run(session: &Session, consent: &Consent, json: bool, quiet: bool) -> Result<ExitCode, Box<dyn Error>> {
    let fleet = &session.fleet;
    let key = format!("{}probes/{}", keys::RELEASES, session.now().as_second());
    let alarm = format!("meridian-{}-dead-letters", fleet.name);
    let will = will_probe(fleet.home.as_str(), fleet.regions.len(), &key);
    let work = |writes: bool| writes.then(|| session.run(sent(session, &key, &alarm, quiet || json))).transpose();
    let mut probed = match consent.carry_out(work, |_| Some(format!("{will}. Go on?")))? {
        Ok(Went::Done(Some(probed))) => probed,
        Ok(Went::Declined(_)) => {
            terminal::say(&format!("Nothing was done. {will}"))?;
            return Ok(ExitCode::from(DECLINED));
        }
        Ok(_) => {
            terminal::say(&format!("Nothing was done. {will}"))?;
            return Ok(ExitCode::SUCCESS);
        }
        Err(error) => return Ok(session.failed(&error)),
    };
    // Whether a person hears, persons alone know.
    if io::stdin().is_terminal() && !json {
        for (own, region) in probed.iter_mut().zip(&fleet.regions).filter(|(own, _)| !own.rang_before) {
            own.paged = Some(terminal::ask(&did_it_come(&region.title, &alarm))?);
        }
    }
    let well = probed.iter().all(Probed::is_well);
    if json {
        terminal::document(&Document { schema: 1, well, regions: &probed })?;
    } else {
        for (own, region) in probed.iter().zip(&fleet.regions) {
            terminal::say(&format!(
                "  {:<6} {}",
                if own.is_well() { "ok" } else { "wrong" },
                own.words(&region.title)
            ))?;
        }
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Writes the probe, makes the alarms ring, and waits for the copies. What one region refuses is said of that region.
async fn sent(session: &Session, key: &str, alarm: &str, quiet: bool) -> Result<Vec<Probed>, PortError> {
    let (fleet, ports) = (&session.fleet, &session.ports);
    let progress = terminal::progress(quiet);
    let begun = whole_second(ports.now());
    ports.create(&fleet.home, key, Bytes::from_static(REASON.as_bytes())).await?;
    let mut probed = Vec::new();
    for region in &fleet.regions {
        probed.push(rung(session, region, alarm).await);
    }
    for look in 0..LOOKS {
        progress.share("waiting for the copies", u64::from(look), u64::from(LOOKS));
        let absent = |own: &Probed| !own.is_there && own.trouble.is_none();
        for (own, region) in probed.iter_mut().zip(&fleet.regions).filter(|(own, _)| absent(own)) {
            match ports.list(&region.name, key, None).await {
                Ok(found) if found.iter().any(|found| found == key) => {
                    own.is_there = true;
                    own.replicated = Some(whole_second(ports.now()).duration_since(begun));
                }
                Ok(_) => {}
                Err(error) => own.trouble = Some(error.to_string()),
            }
        }
        if !probed.iter().any(absent) {
            break;
        }
        ports.sleep(LOOK).await;
    }
    Ok(probed)
}

/// Makes a region's alarm ring. One that rings already would tell nobody.
async fn rung(session: &Session, region: &Region, alarm: &str) -> Probed {
    let (ports, name) = (&session.ports, &region.name);
    let mut probed = Probed {
        region: name.to_string(),
        replicated: None,
        is_there: *name == session.fleet.home,
        rang_before: false,
        paged: None,
        trouble: None,
    };
    match ports.alarms(name, &[alarm.to_owned()]).await {
        Ok(found) => probed.rang_before = found.iter().any(|own| own.state == AlarmState::Alarm),
        Err(error) => probed.trouble = Some(error.to_string()),
    }
    if !probed.rang_before && probed.trouble.is_none() {
        probed.trouble = ports.ring(name, alarm, REASON).await.err().map(|error| error.to_string());
    }
    probed
}
