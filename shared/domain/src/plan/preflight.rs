//! What must hold before a region's update is asked for.

use super::View;
use crate::alarms::{AlarmState, composite_name};
use crate::endpoint::{EndpointView, Seen, Target};
use crate::history::{OpenUpdate, RegionHistory};

/// Why a region cannot start.
pub(super) enum Objection {
    /// It may pass: look again.
    NotYet(String),
    /// It does not pass by waiting: the wave stops.
    Never(String),
}

impl View<'_> {
    /// The first thing that keeps this region from starting, or the way back that it has.
    pub(super) fn preflight(&self, endpoint: &EndpointView, history: &RegionHistory) -> Result<Target, Objection> {
        self.no_halt()?;
        self.order()?;
        self.nobody_mid_shift()?;
        self.approval()?;
        if !history.attested.contains(&self.sight.release) {
            let why = format!("{} has not attested {} yet", self.title(), self.sight.version);
            return Err(Objection::NotYet(why));
        }
        self.quiet_alarms()?;
        way_back(endpoint, history).ok_or_else(|| {
            Objection::Never(format!(
                "{} serves configuration {}, which its ledger did not confirm: there is no proved way back",
                self.title(),
                endpoint.config
            ))
        })
    }

    fn no_halt(&self) -> Result<(), Objection> {
        if let Some(why) = &self.sight.hub.halt {
            return Err(Objection::Never(format!("the fleet is halted: {why}")));
        }
        for region in &self.fleet.regions {
            let history = self.sight.regions.get(&region.name).and_then(Seen::known);
            if let Some(why) = history.and_then(|history| history.halt.as_ref()) {
                return Err(Objection::Never(format!("{} is halted: {why}", region.title)));
            }
        }
        Ok(())
    }

    /// I3: fresh evidence from every region before this one, or its recorded deferral.
    fn order(&self) -> Result<(), Objection> {
        for before in self.fleet.before(&self.region.name) {
            if self.is_deferred(&before.name) {
                continue;
            }
            let confirmed = match self.sight.regions.get(&before.name) {
                Some(Seen::Known(history)) => history.confirmed.contains_key(&self.sight.release),
                Some(Seen::Unknown(why)) => {
                    return Err(Objection::NotYet(format!("{} cannot be seen: {why}", before.title)));
                }
                None => false,
            };
            if !confirmed {
                let why = format!("{} comes first and has not confirmed {}", before.title, self.sight.version);
                return Err(Objection::Never(why));
            }
        }
        Ok(())
    }

    /// I1: no other region that is not deferred is between its update and its confirmation.
    fn nobody_mid_shift(&self) -> Result<(), Objection> {
        let others = self.fleet.regions.iter().filter(|region| region.name != self.region.name);
        for other in others.filter(|region| !self.is_deferred(&region.name)) {
            let history = self.sight.regions.get(&other.name).and_then(Seen::known);
            if history.and_then(|history| history.update.as_ref()).is_some_and(is_mid_shift) {
                return Err(Objection::NotYet(format!("{} is mid-shift", other.title)));
            }
        }
        Ok(())
    }

    fn approval(&self) -> Result<(), Objection> {
        let version = &self.sight.version;
        match &self.sight.approved {
            Seen::Known(true) if self.sight.hub.approved.contains(&self.sight.release) => Ok(()),
            Seen::Known(true) => Err(Objection::Never(format!(
                "the registry says Approved for {version} but the ledger has no approval: somebody overrode the gate"
            ))),
            Seen::Known(false) => Err(Objection::Never(format!("{version} is not Approved in the model registry"))),
            Seen::Unknown(why) => Err(Objection::NotYet(format!("the model registry cannot be read: {why}"))),
        }
    }

    fn quiet_alarms(&self) -> Result<(), Objection> {
        let composite = composite_name(self.fleet);
        match &self.sight.alarms {
            Seen::Unknown(why) => Err(Objection::NotYet(format!("the alarms cannot be read: {why}"))),
            Seen::Known(alarms) => match alarms.iter().find(|alarm| alarm.name == composite) {
                None => {
                    Err(Objection::Never(format!("the rollback alarm {composite} does not exist; deploy the stack")))
                }
                Some(alarm) if alarm.state == AlarmState::Alarm => {
                    Err(Objection::NotYet(format!("the rollback alarm {composite} is in ALARM before the start")))
                }
                Some(_) => Ok(()),
            },
        }
    }

    pub(super) fn is_deferred(&self, region: &crate::RegionName) -> bool {
        self.sight.hub.deferred.contains_key(&(self.sight.execution.clone(), region.clone()))
    }

    /// Guards that still ring once they were rewritten and primed for this target.
    pub(super) fn ringing_guard(&self) -> Option<String> {
        let guards = crate::alarms::guard_names(self.fleet);
        let alarms = self.sight.alarms.known()?;
        let ringing = alarms.iter().find(|alarm| alarm.state == AlarmState::Alarm && guards.contains(&alarm.name))?;
        Some(ringing.name.clone())
    }
}

/// I5: what the endpoint names now, if the ledger proved it.
fn way_back(endpoint: &EndpointView, history: &RegionHistory) -> Option<Target> {
    let serving = history.serving.as_ref()?;
    (serving.target.config == endpoint.config).then(|| serving.target.clone())
}

/// Between the update and its confirmation. Soak does not count.
pub(crate) fn is_mid_shift(update: &OpenUpdate) -> bool {
    !update.confirmed
}
