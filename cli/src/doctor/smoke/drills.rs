//! What is tried, one thing after the other, each on what the one before left.

use super::super::readings::Readings;
use super::throwaway::{LOOK, PATIENCE, Throwaway};
use crate::interrupt::{Interrupt, Interrupted};
use jiff::{SignedDuration, Timestamp};
use meridian_desk::Progress;
use meridian_domain::alarms::{self, AlarmState, HEARTBEAT, VERDICT, guard_names, guards};
use meridian_domain::{ConfigSpec, EndpointStatus, ResourceName, Routing, ScalingSpec, UpdateSpec, VariantPhase};
use meridian_handlers::ports::{Answer, Clock, Endpoints, ErrorKind, MetricPoint, Scaling, Signals};
use meridian_messages::smoke::{Came, Drill, Drilled};
use std::io;

/// How long a canary is watched, and how long blue waits after the shift: enough to see each.
const BAKE: SignedDuration = SignedDuration::from_mins(3);
const SOAK: SignedDuration = SignedDuration::from_mins(10);
/// Between two requests about a configuration that SageMaker does not know yet, and how many.
const RETRY: SignedDuration = SignedDuration::from_secs(5);
const RETRIES: u32 = 60;

/// What a drill could not go on for.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    #[error(transparent)]
    Port(#[from] meridian_handlers::ports::PortError),
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
    #[error("the endpoint is gone: somebody else deletes it")]
    Gone,
    #[error("its alarms do not become quiet: they are looked at, or written, by somebody else too")]
    Loud,
}

/// What the judge does in a drill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judge {
    /// There is none, and no guard.
    Absent,
    Content,
    Reverts,
    FallsSilent,
    RevertsBefore,
    RevertsInSoak,
}

/// Where an update stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Provisioning,
    Canary,
    Shift,
    Soak,
}

/// What was seen of an update until it came to rest.
#[derive(Debug, Default)]
struct Course {
    took: SignedDuration,
    provisioning: SignedDuration,
    noticed: Option<SignedDuration>,
    rests_on: Option<ResourceName>,
    is_refused: bool,
    left_reason: bool,
    showed_rolling_back: bool,
    soak_showed_baking: Option<bool>,
    /// From the shift until it showed no bake any more.
    baked: Option<SignedDuration>,
    /// Of a judge that fell silent: so many periods more than it should CloudWatch took to hear that.
    looked_back: Option<u32>,
}

impl Course {
    fn came(&self, to: &ResourceName, from: &ResourceName) -> Came {
        match &self.rests_on {
            _ if self.is_refused => Came::Refused,
            Some(config) if config == to => Came::Arrived { took: self.took, provisioning: self.provisioning },
            Some(config) if config == from => Came::WentBack { noticed: self.noticed, took: self.took },
            _ => Came::Stuck,
        }
    }
}

/// Tries everything. `tell` hears of each drill as it ends.
///
/// # Errors
/// A service does not answer, or somebody else meddles.
pub async fn all(
    own: &Throwaway<'_>,
    progress: &Progress,
    tell: impl Fn(&Drilled) -> io::Result<()>,
) -> Result<(Vec<Drilled>, Readings), DrillError> {
    let [mut serves, mut other, third] = own.configs.clone();
    let (mut told, mut readings) = (Vec::new(), Readings::default());
    let mut note = |drill, came| {
        let drilled = Drilled { drill, came };
        tell(&drilled)?;
        told.push(drilled);
        Ok::<(), DrillError>(())
    };
    // A run before this one may have died.
    own.clean().await;
    progress.say("making an endpoint");
    let (first, unknown) = own.first(&[&serves, &other, &third]).await?;
    readings.new_configuration_unknown_seconds = (!first.is_refused).then_some(unknown);
    let well = first.rests_on.as_ref() == Some(&serves.name);
    note(Drill::First, first.came(&serves.name, &other.name))?;
    if !well {
        return Ok((told, readings));
    }
    let begun = own.ports.now();
    note(Drill::Golden, own.ask_golden().await?)?;
    progress.say("waiting for its metrics");
    let counted = own.counted(&serves.name, begun).await?;
    readings.metric_delay_seconds = counted.first.and_then(seconds);
    readings.metric_complete_seconds = counted.all.and_then(seconds);
    note(Drill::Counted, counted.came())?;
    for (drill, judge) in [
        (Drill::Good, Judge::Content),
        (Drill::Revert, Judge::Reverts),
        (Drill::Silence, Judge::FallsSilent),
        (Drill::Ringing, Judge::RevertsBefore),
        (Drill::InSoak, Judge::RevertsInSoak),
        (Drill::Same, Judge::Absent),
    ] {
        let to = if drill == Drill::Same { serves.clone() } else { other.clone() };
        progress.say("updating it");
        let course = own.update(&to, judge).await?;
        match drill {
            Drill::Good => {
                readings.soak_shows_baking = course.soak_showed_baking;
                // Where the whole wait is shown as a bake, nobody sees how long the last one is.
                let own = course.soak_showed_baking == Some(false);
                readings.final_bake_seconds = course.baked.and_then(seconds).filter(|_| own);
            }
            Drill::Silence => readings.extra_evaluation_periods = course.looked_back,
            Drill::Revert => {
                readings.rollback_shows_rolling_back = Some(course.showed_rolling_back);
                readings.rollback_leaves_failure_reason = Some(course.left_reason);
            }
            Drill::InSoak => {
                // One that did not come to rest says neither.
                readings.alarms_watched_during_termination_wait =
                    course.rests_on.as_ref().map(|config| *config == serves.name);
            }
            Drill::Same => readings.same_configuration_refused = Some(course.is_refused),
            _ => {}
        }
        note(drill, course.came(&to.name, &serves.name))?;
        if course.rests_on.as_ref() == Some(&other.name) {
            std::mem::swap(&mut serves, &mut other);
        }
    }
    if let Some(scaling) = own.scaling() {
        own.ports.scale(&own.region.name, &scaling).await?;
        let course = own.update(&third, Judge::Absent).await?;
        note(Drill::OtherType, course.came(&third.name, &serves.name))?;
    }
    Ok((told, readings))
}

impl Throwaway<'_> {
    /// The endpoint with the first of its configurations; and for how many seconds SageMaker did not know that one.
    async fn first(&self, configs: &[&ConfigSpec]) -> Result<(Course, u32), DrillError> {
        let (ports, region, endpoint) = (self.ports, &self.region.name, &self.fleet.endpoint);
        ports.create_model(region, &self.model).await?;
        let mut unknown = 0;
        for (place, config) in configs.iter().enumerate() {
            ports.create_config(region, config).await?;
            if place > 0 {
                continue;
            }
            let made = ports.now();
            let create = || ports.create_endpoint(region, endpoint, &config.name);
            if !known(self, create).await? {
                return Ok((Course { is_refused: true, ..Course::default() }, 0));
            }
            unknown = seconds(ports.now().duration_since(made)).unwrap_or(u32::MAX);
        }
        Ok((self.follow(Judge::Absent).await?, unknown))
    }

    async fn ask_golden(&self) -> Result<Came, DrillError> {
        let mut right = 0;
        for record in &self.golden.records {
            let accept = self.golden.answer.accept();
            let answer = self.ports.invoke(&self.region.name, &self.fleet.endpoint, &record.payload, accept).await?;
            right += usize::from(self.golden.is_right(record, &answer));
        }
        Ok(Came::Answered { right, asked: self.golden.records.len() })
    }

    /// Bounds that add no instance.
    fn scaling(&self) -> Option<ScalingSpec> {
        let policy = self.fleet.scaling.as_ref()?;
        let usual = policy.usual(&self.fleet, &self.region, self.ports.now());
        let spec = policy.spec(&self.fleet, &self.region, &usual);
        Some(ScalingSpec { least: 1, most: super::throwaway::INSTANCES, nightly: None, ..spec })
    }

    /// An update to a configuration, as a wave asks for it, but for its times.
    async fn update(&self, to: &ConfigSpec, judge: Judge) -> Result<Course, DrillError> {
        let guarded = judge != Judge::Absent;
        if guarded {
            self.arm(to, judge).await?;
        }
        let canary = Routing::Canary { instances: 1, bake: BAKE };
        let spec = UpdateSpec {
            endpoint: self.fleet.endpoint.clone(),
            config: to.name.clone(),
            routing: if guarded { canary } else { Routing::AllAtOnce },
            termination_wait: if guarded { SOAK } else { SignedDuration::ZERO },
            max_execution: SignedDuration::from_hours(1),
            rollback_alarms: if guarded { guard_names(&self.fleet) } else { Vec::new() },
        };
        if !known(self, || self.ports.update(&self.region.name, &spec)).await? {
            return Ok(Course { is_refused: true, ..Course::default() });
        }
        self.follow(judge).await
    }

    /// Writes the guards, and waits until they are as the drill wants them.
    async fn arm(&self, to: &ConfigSpec, judge: Judge) -> Result<(), DrillError> {
        let (ports, region) = (self.ports, &self.region.name);
        let rings = judge == Judge::RevertsBefore;
        ports.put_alarms(region, &guards(&self.fleet, &self.region, &to.name, None)).await?;
        self.publish(HEARTBEAT, 1.0, alarms::priming(ports.now())).await?;
        let verdict = alarms::verdict_name(&self.fleet);
        for _ in 0..PATIENCE {
            self.interrupt.get().map_or(Ok(()), Interrupt::check)?;
            self.publish(VERDICT, f64::from(u8::from(rings)), [ports.now()]).await?;
            self.publish(HEARTBEAT, 1.0, [ports.now()]).await?;
            ports.sleep(LOOK).await;
            let views = ports.alarms(region, &guard_names(&self.fleet)).await?;
            let is_as_wanted = |view: &meridian_domain::AlarmView| {
                (view.state == AlarmState::Alarm) == (rings && view.name == verdict)
            };
            if views.iter().all(is_as_wanted) {
                return Ok(());
            }
        }
        Err(DrillError::Loud)
    }

    async fn publish(&self, name: &'static str, value: f64, at: impl IntoIterator<Item = Timestamp>) -> Answer<()> {
        let point = |at| MetricPoint { name, endpoint: self.fleet.endpoint.clone(), value, at };
        let points: Vec<MetricPoint> = at.into_iter().map(point).collect();
        self.ports.publish(&self.region.name, &points).await
    }

    /// When the alarm for silence rang; none where it has not since the last beat.
    async fn heard(&self, last_beat: Timestamp) -> Answer<Option<Timestamp>> {
        let found = self.ports.alarms(&self.region.name, &[alarms::heartbeat_name(&self.fleet)]).await?;
        let rings = found.into_iter().find(|view| view.state == AlarmState::Alarm);
        Ok(rings.and_then(|view| view.since).filter(|at| *at > last_beat))
    }

    /// Looks until it is at rest, and does what the judge does.
    async fn follow(&self, judge: Judge) -> Result<Course, DrillError> {
        let (ports, region) = (self.ports, &self.region.name);
        let begun = ports.now();
        let mut course = Course::default();
        let (mut stage, mut since) = (Stage::Provisioning, begun);
        let (mut beats, mut acted): (_, Option<Timestamp>) = (judge != Judge::Absent, None);
        let (mut last_beat, mut bakes) = (begun, false);
        for _ in 0..PATIENCE {
            self.interrupt.get().map_or(Ok(()), Interrupt::check)?;
            if beats {
                last_beat = ports.now();
                self.publish(HEARTBEAT, 1.0, [last_beat]).await?;
            }
            let view = ports.describe(region, &self.fleet.endpoint).await?.ok_or(DrillError::Gone)?;
            let now = ports.now();
            let phase = view.pending.as_ref().and_then(|pending| pending.phase);
            course.took = now.duration_since(begun);
            course.showed_rolling_back |= view.status == EndpointStatus::RollingBack;
            let is_over = view.status == EndpointStatus::InService && view.pending.is_none();
            let turns = is_over || view.status == EndpointStatus::RollingBack || phase == Some(VariantPhase::Deleting);
            if let Some(acted) = acted.filter(|_| turns && course.noticed.is_none()) {
                course.noticed = Some(now.duration_since(acted));
            }
            if is_over {
                course.left_reason = view.failure.is_some();
                course.rests_on = Some(view.config);
                return Ok(course);
            }
            if view.status.needs_a_person() {
                return Ok(course);
            }
            let next = next(stage, phase);
            if next != stage {
                (stage, since) = (next, now);
                if stage == Stage::Canary {
                    course.provisioning = now.duration_since(begun);
                }
            }
            if stage == Stage::Soak && course.baked.is_none() {
                bakes |= phase == Some(VariantPhase::Baking);
                course.baked = (bakes && phase != Some(VariantPhase::Baking)).then(|| now.duration_since(since));
            }
            if judge == Judge::FallsSilent && course.looked_back.is_none() {
                course.looked_back = self.heard(last_beat).await?.and_then(|at| alarms::looked_back(last_beat, at));
            }
            let half = now.duration_since(since) >= SOAK / 2;
            if stage == Stage::Soak && half && acted.is_none() {
                course.soak_showed_baking = Some(phase == Some(VariantPhase::Baking));
            }
            let acts = match judge {
                Judge::Reverts | Judge::FallsSilent => stage == Stage::Canary,
                Judge::RevertsInSoak => stage == Stage::Soak && half,
                _ => false,
            };
            if acts && acted.is_none() {
                acted = Some(now);
                beats = judge != Judge::FallsSilent;
                if beats {
                    self.publish(VERDICT, 1.0, [now]).await?;
                }
            }
            ports.sleep(LOOK).await;
        }
        Ok(course)
    }
}

/// Whole seconds.
fn seconds(duration: SignedDuration) -> Option<u32> {
    u32::try_from(duration.as_secs()).ok()
}

/// Traffic moves once for the canary, where SageMaker shows it, and once after the bake.
fn next(stage: Stage, phase: Option<VariantPhase>) -> Stage {
    match (stage, phase) {
        (Stage::Provisioning, Some(VariantPhase::Baking)) => Stage::Canary,
        (Stage::Canary, Some(VariantPhase::ActivatingTraffic)) => Stage::Shift,
        (Stage::Shift, phase) if phase != Some(VariantPhase::ActivatingTraffic) => Stage::Soak,
        _ => stage,
    }
}

/// Asks until SageMaker knows the configuration; whether it took the request.
async fn known<F: Future<Output = Answer<()>>>(own: &Throwaway<'_>, ask: impl Fn() -> F) -> Result<bool, DrillError> {
    for _ in 0..RETRIES {
        match ask().await {
            Ok(()) => return Ok(true),
            Err(error) if error.kind == ErrorKind::NotFound => own.ports.sleep(RETRY).await,
            Err(error) if matches!(error.kind, ErrorKind::Refused | ErrorKind::Conflict) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
}
