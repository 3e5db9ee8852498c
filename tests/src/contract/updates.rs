//! Whole updates, looked at every minute: what happens by itself after `UpdateEndpoint`, and what turns it back.

use crate::stage::{Simulated, Stage};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::alarms::{HEARTBEAT, VERDICT, guard_names, guards, heartbeat_name, priming, verdict_name};
use meridian_domain::{AlarmState, ResourceName, Routing, UpdateSpec};
use meridian_handlers::ports::{MetricPoint, Ports};
use std::error::Error;

const SOAK: SignedDuration = SignedDuration::from_mins(5);
/// Of minutes: longer than any of these updates takes.
const LONGEST: i64 = 40;
/// Minutes that are looked at after an update's end.
const AFTER: usize = 3;

/// What happens to an update, in minutes after its start.
#[derive(Clone, Copy, Debug)]
pub enum Trip {
    /// Nothing happens to it.
    Never,
    /// The verdict is revert from then on.
    Verdict(i64),
    /// The judge has no beat from then on.
    Silence(i64),
}

/// An update of home from `v426` to `v427`.
#[derive(Clone, Copy, Debug)]
pub struct Tour {
    /// How traffic moves.
    pub routing: Routing,
    /// With the alarms of a wave, and a judge whose heart beats; or without both, as a rollback.
    pub guarded: bool,
    /// What happens to it.
    pub trip: Trip,
}

impl Tour {
    /// Takes the update to its end: what each look at endpoint and alarms shows. Times are relative to the start, and
    /// configurations are told by their versions.
    ///
    /// # Errors
    /// A port fails, or the update does not end.
    pub async fn take<P: Ports, W: Simulated>(&self, stage: &Stage<P, W>) -> Result<Vec<String>, Box<dyn Error>> {
        let (ports, home) = (&stage.ports, stage.home());
        let spec = self.prepare(stage).await?;
        if let Trip::Verdict(before @ ..0) = self.trip {
            publish(stage, VERDICT, [ports.now()]).await?;
            // Between two of the moments at which alarms of whole minutes are looked at, and the update with them.
            ports.sleep(SignedDuration::from_mins(-before) + SignedDuration::from_secs(10)).await;
            self.beat(stage, before).await?;
        }
        let start = ports.now();
        ports.update(home, &spec).await?;
        let (mut looks, mut rest) = (Vec::new(), 0);
        for minute in 0..LONGEST {
            let (look, ended) = look(stage, start).await?;
            looks.push(look);
            rest += usize::from(ended);
            if rest == AFTER {
                return Ok(looks);
            }
            self.beat(stage, minute).await?;
            if matches!(self.trip, Trip::Verdict(at) if at == minute) {
                publish(stage, VERDICT, [ports.now()]).await?;
            }
            ports.sleep(SignedDuration::from_mins(1)).await;
        }
        Err(format!("the update does not end: {looks:#?}").into())
    }

    async fn prepare<P: Ports, W: Simulated>(&self, stage: &Stage<P, W>) -> Result<UpdateSpec, Box<dyn Error>> {
        let (ports, home) = (&stage.ports, stage.home());
        let spec = stage.prepare("v427", self.routing).await?;
        if !self.guarded {
            // Whether they ring is nothing to an update that does not name them: the heartbeat's does, without a beat.
            ports.put_alarms(home, &guards(&stage.fleet, stage.policy()?, &spec.config, None)).await?;
            ports.sleep(SignedDuration::from_secs(20)).await;
            return Ok(spec);
        }
        publish(stage, HEARTBEAT, priming(ports.now())).await?;
        let champion = stage.target("v426")?.config;
        ports.put_alarms(home, &guards(&stage.fleet, stage.policy()?, &spec.config, Some(&champion))).await?;
        Ok(UpdateSpec { termination_wait: SOAK, rollback_alarms: guard_names(&stage.fleet), ..spec })
    }

    /// The judge looks, and beats up to its next look.
    async fn beat<P: Ports, W: Simulated>(&self, stage: &Stage<P, W>, minute: i64) -> Result<(), Box<dyn Error>> {
        let silent = matches!(self.trip, Trip::Silence(from) if minute >= from);
        if !self.guarded || silent {
            return Ok(());
        }
        let now = stage.ports.now();
        publish(stage, HEARTBEAT, (0..=6).map(|period| now + SignedDuration::from_secs(10 * period))).await
    }
}

async fn publish<P: Ports, W: Simulated>(
    stage: &Stage<P, W>,
    name: &'static str,
    times: impl IntoIterator<Item = Timestamp>,
) -> Result<(), Box<dyn Error>> {
    let point = |at| MetricPoint { name, endpoint: stage.fleet.endpoint.clone(), value: 1.0, at };
    Ok(stage.ports.publish(stage.home(), &times.into_iter().map(point).collect::<Vec<_>>()).await?)
}

/// What endpoint and alarms show, and whether the update is over.
async fn look<P: Ports, W: Simulated>(stage: &Stage<P, W>, start: Timestamp) -> Result<(String, bool), Box<dyn Error>> {
    let (ports, home) = (&stage.ports, stage.home());
    let view = ports.describe(home, &stage.fleet.endpoint).await?.ok_or("the endpoint is gone")?;
    let pending = view.pending.as_ref().map(|pending| {
        let since = pending.phase_since.map(|since| since.duration_since(start));
        format!("{} {:?} since {since:?}", version(stage, &pending.config), pending.phase)
    });
    let names = [verdict_name(&stage.fleet), heartbeat_name(&stage.fleet)];
    let mut ringing = ports.alarms(home, &names).await?;
    ringing.retain(|alarm| alarm.state == AlarmState::Alarm);
    ringing.sort_by(|one, other| one.name.cmp(&other.name));
    let ringing: Vec<String> = ringing.into_iter().map(|alarm| alarm.name).collect();
    let told = format!(
        "{:?}: {:?} on {}, pending {pending:?}, failure {:?}, in ALARM {ringing:?}",
        ports.now().duration_since(start),
        view.status,
        version(stage, &view.config),
        view.failure,
    );
    Ok((told, pending.is_none()))
}

fn version<P: Ports, W: Simulated>(stage: &Stage<P, W>, config: &ResourceName) -> &'static str {
    let is = |version: &&str| stage.target(version).is_ok_and(|target| target.config == *config);
    ["v426", "v427"].into_iter().find(is).unwrap_or("?")
}
