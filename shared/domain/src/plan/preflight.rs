//! What must hold before a region's update is asked for.

use super::View;
use crate::alarms::{AlarmState, composite_name};
use crate::endpoint::{EndpointView, Seen, Target};
use crate::fleet::{Frozen, Kind, Region};
use crate::history::{OpenUpdate, RegionHistory};
use crate::names::{Actor, RegionName};
use crate::overrides::Rule;

/// Why a region cannot start.
pub(super) enum Objection<'a> {
    /// It may pass: look again, for as long as policy is patient with the region.
    NotYet(String),
    /// Home itself cannot be seen: no region is to blame, and none can start. Look again.
    Home(String),
    /// Another region cannot be seen: it has policy's patience, then it is left behind.
    Neighbour(&'a Region, String),
    /// Another region's update is open: the same.
    MidShift(&'a Region, String),
    /// Policy lets nothing start here now.
    Frozen(Frozen),
    /// It does not pass by waiting: the wave stops.
    Never(String),
}

impl<'a> View<'a> {
    /// The first thing that keeps this region from starting, or the way back that it has: none for its first release.
    pub(super) fn preflight(
        &self,
        endpoint: Option<&EndpointView>,
        history: &RegionHistory,
    ) -> Result<Option<Target>, Objection<'a>> {
        self.nothing_stopped()?;
        if let Some(frozen) = self.freeze_of(self.region) {
            return Err(Objection::Frozen(frozen));
        }
        self.order()?;
        self.evidence_to_ride_on(history)?;
        self.nobody_mid_shift()?;
        self.approval()?;
        if history.update.as_ref().is_some_and(|update| update.epoch.is_none()) {
            return Err(Objection::NotYet(format!("{}'s rollback has not come to its end", self.title())));
        }
        if let Some(unknown) = &history.unknown {
            return Err(Objection::NotYet(format!(
                "nobody knows which bytes {} serves: {}",
                self.title(),
                unknown.why
            )));
        }
        if !history.attested.contains(&self.sight.release) {
            let why = format!("{} has not attested {} yet", self.title(), self.sight.version);
            return Err(Objection::NotYet(why));
        }
        self.quiet_alarms()?;
        let Some(endpoint) = endpoint else { return Ok(None) };
        way_back(endpoint, history).map(Some).ok_or_else(|| {
            Objection::Never(format!(
                "{} serves configuration {}, which its ledger did not confirm: there is no proved way back",
                self.title(),
                endpoint.config
            ))
        })
    }

    /// No halt, no condemnation, no quarantine; and this wave has not ended: what comes for it now is late, and another may have walked
    /// since (I10).
    fn nothing_stopped(&self) -> Result<(), Objection<'a>> {
        let hub = &self.sight.hub;
        let version = &self.sight.version;
        let barred = hub.barred(&self.sight.release).map(|barred| format!("{version} {barred}"));
        let ended = hub.ended.contains_key(&self.sight.execution).then(|| "this wave has ended".to_owned());
        match self.halted().or(barred).or(ended) {
            Some(why) => Err(Objection::Never(why)),
            None => Ok(()),
        }
    }

    /// I3: fresh evidence from every region before this one, or its recorded deferral.
    fn order(&self) -> Result<(), Objection<'a>> {
        if self.sight.hub.overridden(Rule::Order, &self.region.name, self.now).is_some() {
            return Ok(());
        }
        let earlier = self.sight.before(self.fleet, &self.region.name);
        // Nobody waits for a region that is only being brought in.
        let counts = |before: &&Region| before.kind != Kind::Joining && !self.is_deferred(&before.name);
        for before in earlier.filter(counts) {
            let history = self.known(before)?;
            let (title, version) = (&before.title, &self.sight.version);
            if !history.serves(&self.sight.release) {
                return Err(Objection::Never(format!("{title} comes first and has not confirmed {version}")));
            }
            if !history.is_evidence(self.fleet, before, &self.sight.release) {
                let why = format!("{title} comes first, and {version} was not judged there at full load");
                return Err(Objection::Never(why));
            }
            if self.sight.left(before, history) {
                let why = format!("{} comes first and does not serve {} any more", before.title, self.sight.version);
                return Err(Objection::Never(why));
            }
        }
        Ok(())
    }

    /// A region without evidence of its own starts on an active's: the deferral of every one of them is none (I3). Its first
    /// release moves no customer, and needs none.
    fn evidence_to_ride_on(&self, history: &RegionHistory) -> Result<(), Objection<'a>> {
        if self.region.kind == Kind::Active || history.is_new() || !self.shown_by().is_empty() {
            return Ok(());
        }
        let why = format!("no active region has shown evidence for {}, and it has none of its own", self.sight.version);
        Err(Objection::NotYet(why))
    }

    /// I1: no other region that is not deferred is between its update and its confirmation.
    fn nobody_mid_shift(&self) -> Result<(), Objection<'a>> {
        let others = self.fleet.regions.iter().filter(|region| region.name != self.region.name);
        for other in others.filter(|region| !self.is_deferred(&region.name)) {
            let update = self.known(other)?.update.as_ref().filter(|update| self.is_mid_shift(&other.name, update));
            // The wave that left it behind may be an earlier one.
            if let Some(update) = update.filter(|update| !self.left_behind(&update.execution, &other.name)) {
                let (version, wave) = (&update.target.version, &update.execution);
                return Err(Objection::MidShift(
                    other,
                    format!("{wave}'s update to {version} has not come to its end"),
                ));
            }
        }
        Ok(())
    }

    /// Between the update and its confirmation. Soak does not count, nor does an intent that came to nothing.
    pub(super) fn is_mid_shift(&self, region: &RegionName, update: &OpenUpdate) -> bool {
        !update.confirmed && !self.came_to_nothing(region, update)
    }

    /// An intent that its wave has let go of: SageMaker is not known to have taken it, the wave does not hold the fleet any
    /// more, and the endpoint is seen in service on what it would have left.
    fn came_to_nothing(&self, region: &RegionName, update: &OpenUpdate) -> bool {
        let lease = self.sight.hub.lease.as_ref().filter(|lease| lease.until > self.now);
        let left = match self.sight.endpoints.get(region).and_then(Seen::known) {
            Some(Some(endpoint)) => update.back.as_ref().is_some_and(|back| endpoint.rests_on(back)),
            Some(None) => update.is_first(),
            None => false,
        };
        !update.was_taken() && lease.is_none_or(|lease| lease.holder != update.execution) && left
    }

    /// Another region's ledger; one that cannot be seen is in the way (I13).
    fn known(&self, other: &'a Region) -> Result<&'a RegionHistory, Objection<'a>> {
        match self.sight.regions.get(&other.name) {
            Some(Seen::Known(history)) => Ok(history),
            Some(Seen::Unknown(why)) => Err(Objection::Neighbour(other, format!("its ledger cannot be seen: {why}"))),
            None => Err(Objection::Neighbour(other, "its ledger was not read".to_owned())),
        }
    }

    fn approval(&self) -> Result<(), Objection<'a>> {
        let version = &self.sight.version;
        match &self.sight.approved {
            Seen::Known(true) if self.sight.hub.approved.contains(&self.sight.release) => Ok(()),
            Seen::Known(true) => Err(Objection::Never(format!(
                "the registry says Approved for {version} but the ledger has no approval: somebody overrode the gate"
            ))),
            Seen::Known(false) => Err(Objection::Never(format!("{version} is not Approved in the model registry"))),
            Seen::Unknown(why) => Err(Objection::Home(format!("the model registry cannot be read: {why}"))),
        }
    }

    fn quiet_alarms(&self) -> Result<(), Objection<'a>> {
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

    pub(super) fn is_deferred(&self, region: &RegionName) -> bool {
        self.left_behind(&self.sight.execution, region)
    }

    fn left_behind(&self, wave: &Actor, region: &RegionName) -> bool {
        self.sight.hub.deferred.contains_key(&(wave.clone(), region.clone()))
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
