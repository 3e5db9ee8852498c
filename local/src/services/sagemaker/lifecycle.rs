//! How an update goes on by itself: provisioning, canary, shift, soak; and how a guardrail turns it back.
//!
//! SageMaker's own timer carries it from stage to stage: silence is consent. While the region's control plane is dark,
//! nothing moves; when it returns, alarms are looked at first.

use crate::services::cloudwatch::types::AlarmState;
use crate::services::s3::bucket::Version;
use crate::services::sagemaker::endpoint::{Due, Endpoint, Phase, Update};
use crate::services::sagemaker::models::split_s3_url;
use crate::services::sagemaker::types::EndpointStatus;
use crate::world::customers::traffic::Newest;
use crate::world::fault::FaultKind;
use crate::world::log::{Stage, What};
use crate::world::queue::Event;
use crate::world::random::Random;
use crate::world::state::World;
use jiff::SignedDuration;
use meridian_domain::{Bounds, RegionName};

impl World {
    fn endpoint_mut(&mut self, region: &RegionName, name: &str) -> Option<&mut Endpoint> {
        self.regions.get_mut(region)?.sagemaker.endpoints.get_mut(name)
    }

    fn update_mut(&mut self, region: &RegionName, name: &str) -> Option<&mut Update> {
        self.endpoint_mut(region, name)?.update.as_mut()
    }

    /// Whether the region's control plane is dark now.
    pub(crate) fn is_dark(&self, region: &RegionName) -> bool {
        let dark = self.faults.iter().filter(|scheduled| scheduled.fault.kind == FaultKind::Dark);
        dark.into_iter().any(|scheduled| scheduled.holds_in(region, self.now))
    }

    /// Begins a phase that lasts for `duration`, and tells it.
    pub(crate) fn enter(&mut self, region: &RegionName, name: &str, phase: Phase, duration: SignedDuration) {
        let (now, due) = (self.now, self.later(duration));
        let dark = self.is_dark(region);
        self.tokens += 1;
        let token = self.tokens;
        let Some(update) = self.update_mut(region, name) else { return };
        update.phase = phase;
        update.since = now;
        update.due = due;
        update.token = token;
        update.frozen = dark.then_some(duration);
        self.queue.push(due, Event::UpdateDue(Due { region: region.clone(), endpoint: name.to_owned(), token }));
        self.tell_stage(region, name);
        self.deployment_event(region, name);
    }

    fn tell_stage(&mut self, region: &RegionName, name: &str) {
        let Some(endpoint) = self.endpoint_mut(region, name) else { return };
        let Some(update) = &endpoint.update else { return };
        let reason = match &update.phase {
            Phase::RollingBack(reason) => Some(reason.clone()),
            _ => None,
        };
        let what = What::EndpointStage {
            endpoint: name.to_owned(),
            stage: update.stage(),
            status: endpoint.status,
            old_config: endpoint.blue.as_ref().map(|capacity| capacity.config.clone()),
            new_config: update.target.config.clone(),
            percent: (update.share * 100.0).round() as u32,
            reason,
        };
        self.record(region, what);
    }

    /// How long instances that are asked for now take to come.
    pub(crate) fn provisioning(&self, region: &RegionName, name: &str) -> SignedDuration {
        let Bounds { min, max } = self.config.timing.provisioning;
        let moment = self.now.as_millisecond().to_string();
        let mut random = Random::labelled(self.config.seed, ["provisioning", region.as_str(), name, &moment]);
        SignedDuration::from_secs(random.between(min.as_secs(), max.as_secs()))
    }

    /// A phase's time is up.
    pub(crate) fn update_due(&mut self, due: &Due) {
        let (region, name) = (&due.region, due.endpoint.as_str());
        let now = self.now;
        let Some(update) = self.update_mut(region, name) else { return };
        if update.token != due.token || update.frozen.is_some() {
            return;
        }
        let overdue = update.overdue(now);
        // Alarms are looked at before the timer's word counts.
        self.guard(region);
        match self.update_mut(region, name) {
            Some(update) if update.token == due.token => {}
            _ => return,
        }
        if overdue {
            self.turn_back(region, name, "The deployment ran longer than MaximumExecutionTimeoutInSeconds.".to_owned());
            return;
        }
        self.go_on(region, name);
    }

    fn go_on(&mut self, region: &RegionName, name: &str) {
        let Some(update) = self.update_mut(region, name) else { return };
        match update.phase.clone() {
            Phase::Provisioning => match self.load(region, name) {
                Ok(()) if self.endpoint_mut(region, name).is_some_and(|endpoint| endpoint.blue.is_none()) => {
                    self.finish(region, name);
                }
                Ok(()) => self.next_step(region, name),
                Err(reason) => self.turn_back(region, name, reason),
            },
            Phase::Activating => self.activated(region, name),
            Phase::Baking if update.shifted() => {
                let wait = update.termination_wait;
                self.terminate(region, name, wait);
            }
            Phase::Baking => self.next_step(region, name),
            Phase::Terminating => self.finish(region, name),
            Phase::RollingBack(reason) => self.turned_back(region, name, reason),
        }
    }

    /// The next traffic step: at once, but the last one takes a while.
    fn next_step(&mut self, region: &RegionName, name: &str) {
        let shifting = self.config.timing.shifting;
        let Some(update) = self.update_mut(region, name) else { return };
        let last = update.done + 1 >= update.steps.len();
        if last {
            self.enter(region, name, Phase::Activating, shifting);
        } else {
            self.activated(region, name);
        }
    }

    /// A traffic step is done: green has its new share, and is watched with it.
    fn activated(&mut self, region: &RegionName, name: &str) {
        self.count_traffic(region);
        let now = self.now;
        let Some(update) = self.update_mut(region, name) else { return };
        let before = std::mem::replace(&mut update.share, update.steps.get(update.done).copied().unwrap_or(1.0));
        update.target.newest = Some(Newest { since: now, share: 1.0 - before / update.share });
        update.done += 1;
        let (wait, termination_wait) = match update.shifted() {
            true => (update.final_wait, Some(update.termination_wait)),
            false => (update.wait, None),
        };
        match termination_wait {
            Some(termination_wait) if wait.is_zero() => self.terminate(region, name, termination_wait),
            _ => self.enter(region, name, Phase::Baking, wait),
        }
    }

    /// All traffic is on green: blue stays for a while, if it is to.
    fn terminate(&mut self, region: &RegionName, name: &str, wait: SignedDuration) {
        if wait.is_zero() {
            self.finish(region, name);
        } else {
            self.enter(region, name, Phase::Terminating, wait);
        }
    }

    /// The target serves alone.
    fn finish(&mut self, region: &RegionName, name: &str) {
        self.count_traffic(region);
        let now = self.now;
        let Some(endpoint) = self.endpoint_mut(region, name) else { return };
        let Some(mut update) = endpoint.update.take() else { return };
        // An endpoint's first instances had no traffic yet.
        update.target.newest.get_or_insert(Newest { since: now, share: 1.0 });
        let old = endpoint.blue.replace(update.target);
        endpoint.stray = None;
        endpoint.status = EndpointStatus::InService;
        endpoint.modified = now;
        self.settled(region, name, Stage::InService, old.map(|capacity| capacity.config), None);
        self.keep_bounds(region, name);
    }

    /// Turns an update back, or gives a first capacity up.
    fn turn_back(&mut self, region: &RegionName, name: &str, reason: String) {
        self.count_traffic(region);
        let live = &self.config.live;
        let shown =
            if live.rollback_shows_rolling_back { EndpointStatus::RollingBack } else { EndpointStatus::Updating };
        let rolling_back = self.config.timing.rolling_back;
        let Some(endpoint) = self.endpoint_mut(region, name) else { return };
        if endpoint.blue.is_none() {
            endpoint.status = EndpointStatus::Failed;
            endpoint.failure_reason = Some(reason.clone());
            endpoint.update = None;
            self.settled(region, name, Stage::Failed, None, Some(reason));
            return;
        }
        endpoint.status = shown;
        if let Some(update) = &mut endpoint.update {
            update.share = 0.0;
        }
        self.enter(region, name, Phase::RollingBack(reason), rolling_back);
        self.status_event(region, name);
    }

    /// The rollback is over: in service, on the old configuration.
    fn turned_back(&mut self, region: &RegionName, name: &str, reason: String) {
        let now = self.now;
        let leaves_reason = self.config.live.rollback_leaves_failure_reason;
        if self.cannot_roll_back(region) {
            self.rollback_fails(region, name, reason);
            return;
        }
        let Some(endpoint) = self.endpoint_mut(region, name) else { return };
        let given_up = endpoint.update.take().map(|update| update.target.config);
        endpoint.status = EndpointStatus::InService;
        endpoint.modified = now;
        endpoint.failure_reason = leaves_reason.then(|| reason.clone());
        self.settled(region, name, Stage::InService, given_up, Some(reason));
        self.keep_bounds(region, name);
    }

    fn cannot_roll_back(&mut self, region: &RegionName) -> bool {
        let now = self.now;
        let fault = self
            .faults
            .iter_mut()
            .find(|scheduled| scheduled.fault.kind == FaultKind::RollbackFails && scheduled.holds_in(region, now));
        fault.map(|scheduled| scheduled.spend()).is_some()
    }

    /// Both capacities are left behind the endpoint.
    fn rollback_fails(&mut self, region: &RegionName, name: &str, reason: String) {
        self.count_traffic(region);
        let now = self.now;
        let Some(endpoint) = self.endpoint_mut(region, name) else { return };
        endpoint.stray = endpoint.update.take().map(|update| update.target);
        let given_up = endpoint.stray.as_ref().map(|capacity| capacity.config.clone());
        endpoint.status = EndpointStatus::UpdateRollbackFailed;
        endpoint.modified = now;
        let reason = format!("The update was rolled back, and the rollback failed: {reason}");
        endpoint.failure_reason = Some(reason.clone());
        self.settled(region, name, Stage::RollbackFailed, given_up, Some(reason));
    }

    fn settled(&mut self, region: &RegionName, name: &str, stage: Stage, old: Option<String>, reason: Option<String>) {
        let Some(endpoint) = self.endpoint_mut(region, name) else { return };
        let (status, config) = (endpoint.status, endpoint.config().to_owned());
        let what = What::EndpointStage {
            endpoint: name.to_owned(),
            stage,
            status,
            old_config: old,
            new_config: config,
            percent: if stage == Stage::InService { 100 } else { 0 },
            reason,
        };
        self.record(region, what);
        self.status_event(region, name);
        self.deployment_event(region, name);
    }

    /// Green's instances fetch the archive, and what is to lie beside it, from the region's own bucket, as it is now.
    fn load(&mut self, region: &RegionName, name: &str) -> Result<(), String> {
        let url = self.update_mut(region, name).map(|update| update.target.model_data_url.clone()).unwrap_or_default();
        let version = self.model_data(region, &url)?;
        let beside = self.beside(region, name);
        for own in &beside {
            self.model_data(region, own)?;
        }
        self.authorise_instances(region, name, &url, &beside)?;
        self.models.load(version.digest, &version.body).map_err(|error| {
            format!("The primary container for the production variant did not pass the ping health check: {error}")
        })?;
        if let Some(update) = self.update_mut(region, name) {
            update.target.archive = Some(version.digest);
        }
        Ok(())
    }

    fn model_data(&self, region: &RegionName, url: &str) -> Result<Version, String> {
        let found = split_s3_url(url).and_then(|(bucket, key)| self.bucket(region, bucket).ok()?.current(key).cloned());
        found.ok_or_else(|| format!("Could not download model data from {url}."))
    }

    /// Turns back every update of a region that names an alarm which is in `ALARM`.
    pub(crate) fn guard(&mut self, region: &RegionName) {
        if self.is_dark(region) {
            return;
        }
        let late = self.config.live.alarms_watched_during_termination_wait;
        let Some(state) = self.regions.get(region) else { return };
        let in_alarm = |alarm: &&String| state.alarms.state(alarm) == Some(AlarmState::Alarm);
        let tripped: Vec<(String, String)> = state
            .sagemaker
            .endpoints
            .iter()
            .filter_map(|(name, endpoint)| {
                let update = endpoint.update.as_ref().filter(|update| update.watched(late))?;
                update.alarms.iter().find(in_alarm).map(|alarm| (name.clone(), alarm.clone()))
            })
            .collect();
        for (name, alarm) in tripped {
            let reason = format!("The alarm {alarm} went into ALARM: traffic was shifted back to the old fleet.");
            self.turn_back(region, &name, reason);
        }
    }

    /// The control plane goes dark: every update of the region stands still.
    pub(crate) fn freeze(&mut self, region: &RegionName) {
        let now = self.now;
        let Some(state) = self.regions.get_mut(region) else { return };
        let updates = state.sagemaker.endpoints.values_mut().filter_map(|endpoint| endpoint.update.as_mut());
        for update in updates.filter(|update| update.frozen.is_none()) {
            update.frozen = Some(update.due.duration_since(now).max(SignedDuration::ZERO));
        }
    }

    /// The control plane returns: alarms are looked at, then updates go on with what was left of their phase.
    pub(crate) fn thaw(&mut self, region: &RegionName) {
        self.guard(region);
        let (now, timers_ran) = (self.now, self.config.live.timers_run_while_dark);
        let Some(state) = self.regions.get_mut(region) else { return };
        let mut dues = Vec::new();
        for (name, endpoint) in &mut state.sagemaker.endpoints {
            let Some(update) = &mut endpoint.update else { continue };
            let Some(left) = update.frozen.take() else { continue };
            if !timers_ran {
                update.due = now.saturating_add(left).unwrap_or(update.due);
            }
            self.tokens += 1;
            update.token = self.tokens;
            let due = Due { region: region.clone(), endpoint: name.clone(), token: update.token };
            dues.push((update.due.max(now), due));
        }
        for (at, due) in dues {
            self.queue.push(at, Event::UpdateDue(due));
        }
    }
}
