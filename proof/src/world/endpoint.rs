//! An endpoint's update: provisioning, canary, shift, soak, rollback. Silence is consent: SageMaker's own timer
//! carries an update on unless an alarm rings. `local/src/services/sagemaker/lifecycle.rs` is the same in full.

use super::{Fault, Region, Seconds, World, checks};
use meridian_domain::{EndpointStatus, EndpointView, Kind, PendingDeployment, VariantPhase};

/// What an update is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// Green instances come up.
    Provisioning,
    /// Green takes the canary's share.
    Baking,
    /// All traffic is on its way to green.
    Shifting,
    /// All traffic went to green at once, and is watched for the bake.
    Watched,
    /// All traffic is on green, blue stays warm.
    Soaking,
    /// All traffic is on blue, green is taken down.
    RollingBack,
}

/// An update in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Update {
    /// The release on its way.
    pub target: usize,
    /// What it does now.
    pub phase: Phase,
    /// When the phase began.
    pub since: Seconds,
    /// When the phase ends.
    pub due: Seconds,
    /// What was left of the phase when the control plane went dark.
    pub frozen: Option<Seconds>,
    /// Whether alarms turn it back.
    pub guarded: bool,
    /// Whether a share of the traffic goes first.
    pub canary: bool,
    /// The wave's execution; none for a rollback.
    pub execution: Option<usize>,
    /// Taken from a caller whose lease had run out when the request arrived.
    pub stray: bool,
    /// How long it is watched.
    pub bake: Seconds,
    /// How long blue stays warm after the shift.
    pub soak: Seconds,
}

/// How an update is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    /// The region, by its place in the fleet.
    pub region: usize,
    /// The release that is to serve, by its number.
    pub release: usize,
    /// The wave's execution; none for a rollback.
    pub execution: Option<usize>,
    /// The lease's generation that the caller knew.
    pub epoch: u64,
    /// Whether the caller had just seen that it holds the lease.
    pub fenced: bool,
    /// When its call last read who is home by the region's chain.
    pub read: Seconds,
    /// Whether the region's ledger let the caller read it and write to it.
    pub on_record: bool,
    /// Whether alarms turn the update back.
    pub guarded: bool,
    /// Whether a share of the traffic goes first.
    pub canary: bool,
    /// For so long the share is watched; without one, all of the traffic.
    pub bake: Seconds,
    /// How long blue stays warm after the shift.
    pub soak: Seconds,
    /// When the caller began to look.
    pub looked: Seconds,
    /// Whether the network delivers it late.
    pub late: bool,
}

/// What SageMaker says to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The update runs from now on.
    Yes,
    /// Another one runs, or the endpoint is in no state for it.
    Conflict,
    /// The configuration is not there.
    Unknown,
    /// The configuration serves already, and this world refuses that.
    Refused,
}

impl Region {
    /// Whether SageMaker's control plane takes calls.
    pub fn plane_answers(&self) -> bool {
        !self.faults.has(Fault::Dark) && !self.faults.has(Fault::Throttled)
    }

    /// The release that takes all traffic; none while traffic is split or which bytes serve is unknown.
    pub fn serves_alone(&self) -> Option<usize> {
        match &self.update {
            _ if self.broken => None,
            Some(update) => match update.phase {
                Phase::Provisioning | Phase::RollingBack => Some(self.blue),
                Phase::Watched | Phase::Soaking => Some(update.target),
                Phase::Baking | Phase::Shifting => None,
            },
            None => Some(self.blue),
        }
    }

    /// Whether an alarm that guards the update rings.
    fn guard_rings(&self) -> bool {
        self.verdict || self.green || (self.armed && self.silent)
    }
}

impl World {
    /// What `DescribeEndpoint` says.
    pub fn describe(&self, region: usize) -> Option<EndpointView> {
        let place = self.regions.get(region)?;
        if self.setting.kind(region) == Kind::PilotLight {
            return None;
        }
        let live = self.setting.live;
        let config = |release| self.setting.target(region, release).config.clone();
        let pending = place.update.as_ref().map(|update| {
            let phase = match update.phase {
                Phase::Provisioning => Some(VariantPhase::Creating),
                Phase::Baking | Phase::Watched => Some(VariantPhase::Baking),
                Phase::Shifting => Some(VariantPhase::ActivatingTraffic),
                Phase::Soaking => live.soak_shows_baking.then_some(VariantPhase::Baking),
                Phase::RollingBack => Some(VariantPhase::Deleting),
            };
            let phase_since = phase.map(|_| super::stamp(update.since));
            PendingDeployment { config: config(update.target), instances: None, phase, phase_since }
        });
        let status = match &place.update {
            _ if place.broken => EndpointStatus::UpdateRollbackFailed,
            Some(update) if update.phase == Phase::RollingBack && live.shows_rolling_back => {
                EndpointStatus::RollingBack
            }
            Some(_) => EndpointStatus::Updating,
            None if place.faults.has(Fault::Maintenance) => EndpointStatus::SystemUpdating,
            None => EndpointStatus::InService,
        };
        Some(EndpointView { status, config: config(place.blue), instances: None, pending, failure: None })
    }

    /// Whether a late request is let arrive. Without a canary nothing would stand between it and all of a region's traffic: in
    /// a region that goes over all at once it arrives only while its intent stands (docs/proof.md, "What is not there yet").
    pub fn may_arrive(&self, request: &Request) -> bool {
        let place = self.regions.get(request.region);
        let open = place.and_then(|place| place.chain.history.update.as_ref());
        let intended =
            open.is_some_and(|open| self.setting.release_of(&open.target) == request.release && !open.confirmed);
        !self.setting.goes_at_once(request.region) || intended
    }

    /// An update request arrives at SageMaker.
    pub fn request(&mut self, request: Request) -> Taken {
        let setting = self.setting.clone();
        let Request { region, release, execution, .. } = request;
        let Some(place) = self.regions.get(region) else { return Taken::Unknown };
        if place.update.is_some() || place.broken || place.faults.has(Fault::Maintenance) {
            return Taken::Conflict;
        }
        if place.configured & (1 << release) == 0 {
            return Taken::Unknown;
        }
        if place.blue == release && setting.live.same_refused {
            return Taken::Refused;
        }
        let stray = checks::on_request(self, &request);
        let slow = self.regions.get(region).is_some_and(|place| place.faults.has(Fault::Slow));
        let wait = if slow { setting.timing.slow } else { setting.timing.provisioning };
        let now = self.now;
        let update = Update {
            target: release,
            phase: Phase::Provisioning,
            since: now,
            due: now + wait,
            frozen: None,
            guarded: request.guarded,
            canary: request.canary,
            execution,
            stray,
            bake: request.bake,
            soak: request.soak,
        };
        if let Some(place) = self.regions.get_mut(region) {
            place.update = Some(update);
            // One that is in ALARM already counts from when it is next looked at.
            if place.verdict && update.guarded {
                place.verdict_due = Some(now + setting.live.verdict_delay);
            }
            place.stray += u32::from(stray);
            if let Some(taken) = place.taken.get_mut(release) {
                *taken = Some(now);
            }
        }
        self.tell(|setting| {
            let late = if stray { " (its caller's lease has run out)" } else { "" };
            format!("{}: SageMaker starts the update to {}{late}", setting.title(region), setting.version(release))
        });
        Taken::Yes
    }

    fn enter(&mut self, region: usize, phase: Phase, wait: Seconds) {
        let now = self.now;
        let Some(place) = self.regions.get_mut(region) else { return };
        let dark = place.faults.has(Fault::Dark);
        let Some(update) = &mut place.update else { return };
        let took_over = update.phase == Phase::Watched;
        update.phase = phase;
        update.since = now;
        update.due = now + wait;
        update.frozen = dark.then_some(wait);
        let target = update.target;
        if phase == Phase::Baking && place.blue != target {
            place.canary = Some((target, now));
            place.champion = place.blue;
        }
        if phase == Phase::Watched || phase == Phase::Soaking && !took_over {
            let blue = place.blue;
            place.stops_serving(blue, now);
            place.starts_serving(target, now);
        }
        self.tell(|setting| {
            let (title, version) = (setting.title(region), setting.version(target));
            match phase {
                Phase::Provisioning => format!("{title}: instances for {version} are being provisioned"),
                Phase::Baking => format!("{title}: {version}'s canary takes its share"),
                Phase::Shifting => format!("{title}: SageMaker's timer is over, all traffic moves to {version}"),
                Phase::Watched => format!("{title}: all traffic is on {version}, and is watched"),
                Phase::Soaking => format!("{title}: all traffic is on {version}, the old instances stay warm"),
                Phase::RollingBack => format!("{title}: SageMaker rolls back {version}"),
            }
        });
        checks::on_phase(self, region);
    }

    /// A phase's time is up. Alarms are looked at before the timer's word counts.
    pub fn phase_ends(&mut self, region: usize) {
        self.guard(region);
        let setting = self.setting.clone();
        let now = self.now;
        let Some(update) = self.regions.get(region).and_then(|place| place.update) else { return };
        if update.frozen.is_some() || update.due > now {
            return;
        }
        match update.phase {
            Phase::Provisioning if update.canary => self.enter(region, Phase::Baking, update.bake),
            Phase::Provisioning | Phase::Baking => self.enter(region, Phase::Shifting, setting.timing.shifting),
            Phase::Shifting if !update.canary && update.bake > 0 => self.enter(region, Phase::Watched, update.bake),
            Phase::Shifting | Phase::Watched if update.soak > 0 => self.enter(region, Phase::Soaking, update.soak),
            Phase::Shifting | Phase::Watched => {
                self.enter(region, Phase::Soaking, 0);
                self.finish(region);
            }
            Phase::Soaking => self.finish(region),
            Phase::RollingBack => self.returned(region),
        }
    }

    /// The target serves alone.
    fn finish(&mut self, region: usize) {
        let Some(place) = self.regions.get_mut(region) else { return };
        let Some(update) = place.update.take() else { return };
        place.blue = update.target;
        place.green = false;
        self.woken |= 1 << region;
        let version = update.target;
        self.tell(|setting| format!("{}: InService on {}", setting.title(region), setting.version(version)));
    }

    /// The rollback is over: in service, on the old configuration, or on one that is unknown.
    fn returned(&mut self, region: usize) {
        let Some(place) = self.regions.get_mut(region) else { return };
        place.update = None;
        place.green = false;
        self.woken |= 1 << region;
        if place.faults.has(Fault::Rollback) {
            place.broken = true;
            place.faults.set(Fault::Rollback, false);
            let (blue, now) = (place.blue, self.now);
            place.stops_serving(blue, now);
            return self.tell(|setting| format!("{}: UpdateRollbackFailed", setting.title(region)));
        }
        let blue = place.blue;
        self.tell(|setting| format!("{}: InService again on {}", setting.title(region), setting.version(blue)));
    }

    /// Turns the update back if an alarm that it names rings.
    pub fn guard(&mut self, region: usize) {
        let watched = self.setting.live.soak_watched;
        let wait = self.setting.timing.rolling_back;
        let now = self.now;
        let Some(place) = self.regions.get_mut(region) else { return };
        if place.faults.has(Fault::Dark) || !place.guard_rings() {
            return;
        }
        let Some(update) = place.update.filter(|update| update.guarded) else { return };
        let turns = match update.phase {
            Phase::Provisioning | Phase::Baking | Phase::Shifting | Phase::Watched => true,
            Phase::Soaking => watched,
            Phase::RollingBack => false,
        };
        if !turns {
            return;
        }
        if matches!(update.phase, Phase::Watched | Phase::Soaking) {
            let blue = place.blue;
            place.stops_serving(update.target, now);
            place.starts_serving(blue, now);
        }
        self.enter(region, Phase::RollingBack, wait);
    }

    /// The control plane goes dark: the update stands still.
    pub(super) fn freeze(&mut self, region: usize) {
        let now = self.now;
        let Some(update) = self.regions.get_mut(region).and_then(|place| place.update.as_mut()) else { return };
        update.frozen.get_or_insert((update.due - now).max(0));
    }

    /// The control plane returns: alarms are looked at, then the update goes on with what was left of its phase.
    pub(super) fn thaw(&mut self, region: usize) {
        let (now, ran) = (self.now, self.setting.live.timers_run_while_dark);
        if let Some(update) = self.regions.get_mut(region).and_then(|place| place.update.as_mut())
            && let Some(left) = update.frozen.take()
        {
            update.due = if ran { update.due.max(now) } else { now + left };
        }
        self.guard(region);
    }

    /// A person repairs a broken endpoint, as the page says: back on the configuration that the ledger names.
    pub fn repair(&mut self, region: usize) {
        let now = self.now;
        let named = self.regions.get(region).and_then(|place| place.chain.history.serving.as_ref());
        let Some(release) = named.map(|serving| self.setting.release_of(&serving.target)) else { return };
        let Some(place) = self.regions.get_mut(region).filter(|place| place.broken) else { return };
        place.broken = false;
        place.blue = release;
        place.starts_serving(release, now);
        self.tell(|setting| {
            format!("{}: a person updates it by hand to {}", setting.title(region), setting.version(release))
        });
    }
}

impl Region {
    fn stops_serving(&mut self, release: usize, now: Seconds) {
        if let Some(served) = self.served.get_mut(release).and_then(Option::as_mut) {
            *served = (*served).min(now);
        }
    }

    fn starts_serving(&mut self, release: usize, now: Seconds) {
        self.took_over = now;
        if let Some(served) = self.served.get_mut(release) {
            *served = Some(Seconds::MAX);
        }
    }
}
