//! An endpoint's state: the capacity that serves and the update that runs.

use crate::services::s3::types::Digest;
use crate::services::sagemaker::types::{
    DataCaptureConfig, DeploymentConfig, EndpointStatus, PendingDeploymentSummary, ProductionVariantSummary,
    VariantStatus,
};
use crate::world::customers::traffic::{Newest, Serving};
use crate::world::log::Stage;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::RegionName;

#[derive(Debug)]
pub(crate) struct Endpoint {
    pub created: Timestamp,
    pub modified: Timestamp,
    pub status: EndpointStatus,
    /// The capacity that serves; none before the first one does.
    pub blue: Option<Capacity>,
    /// What a rollback that failed left of green, beside blue.
    pub stray: Option<Capacity>,
    /// The configuration that it was created with.
    pub first_config: String,
    pub update: Option<Update>,
    pub failure_reason: Option<String>,
    pub last_deployment: Option<DeploymentConfig>,
    /// So many instances are on their way to it, by autoscaling's word.
    pub coming: Option<u32>,
    /// Invocations so far: they alternate between blue and green by the canary's share.
    pub asked: u64,
}

/// Instances of one configuration.
#[derive(Clone, Debug)]
pub(crate) struct Capacity {
    pub config: String,
    pub variant: String,
    pub instances: u32,
    pub weight: f64,
    /// Instances that went with their zone, and are not made again yet.
    pub lost: u32,
    /// The release, by every name that it has.
    pub labels: Vec<String>,
    /// Where the archive is.
    pub model_data_url: String,
    /// What they capture of their requests.
    pub capture: Option<DataCaptureConfig>,
    /// What the instances fetched from there.
    pub archive: Option<Digest>,
    /// Those of them that took their first requests last.
    pub newest: Option<Newest>,
}

/// An update, or the creation of the first capacity.
#[derive(Debug)]
pub(crate) struct Update {
    pub target: Capacity,
    pub started: Timestamp,
    /// Green's shares of the traffic, 0 to 1, one step after the other; the last is 1.
    pub steps: Vec<f64>,
    /// How many steps are done.
    pub done: usize,
    /// Baking after every step but the last.
    pub wait: SignedDuration,
    /// Baking after the last step.
    pub final_wait: SignedDuration,
    pub termination_wait: SignedDuration,
    pub limit: Option<SignedDuration>,
    pub alarms: Vec<String>,
    /// Green's share now.
    pub share: f64,
    pub phase: Phase,
    pub since: Timestamp,
    /// When the phase ends.
    pub due: Timestamp,
    /// What was left of the phase when the control plane went dark.
    pub frozen: Option<SignedDuration>,
    /// Names the one queued event that may move this update on.
    pub token: u64,
}

/// What an update is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Provisioning,
    Activating,
    Baking,
    /// All traffic is on green; blue is kept for a while.
    Terminating,
    /// All traffic is on blue; green is being taken down.
    RollingBack(String),
}

impl Update {
    /// Whether all steps are done.
    pub fn shifted(&self) -> bool {
        self.done >= self.steps.len()
    }

    /// Whether alarms turn the update back now.
    pub fn watched(&self, in_termination_wait: bool) -> bool {
        match self.phase {
            Phase::Provisioning | Phase::Activating | Phase::Baking => true,
            Phase::Terminating => in_termination_wait,
            Phase::RollingBack(_) => false,
        }
    }

    /// Whether the update has run for longer than it may.
    pub fn overdue(&self, now: Timestamp) -> bool {
        let running = self.watched(false);
        running && self.limit.is_some_and(|limit| now.duration_since(self.started) >= limit)
    }

    /// The stage that a story tells.
    pub fn stage(&self) -> Stage {
        match self.phase {
            Phase::Provisioning => Stage::Provisioning,
            Phase::Activating => Stage::Shifting,
            Phase::Baking if !self.shifted() => Stage::Canary,
            Phase::Baking | Phase::Terminating => Stage::Soaking,
            Phase::RollingBack(_) => Stage::RollingBack,
        }
    }

    /// What `DescribeEndpoint` says of green.
    pub fn variant_status(&self, soak_shows_baking: bool) -> Option<VariantStatus> {
        let (status, message) = match self.phase {
            Phase::Provisioning => ("Creating", "Launching the new fleet"),
            Phase::Activating => ("ActivatingTraffic", "Activating traffic on the new fleet"),
            Phase::Baking => ("Baking", "Watching the new fleet"),
            Phase::Terminating if soak_shows_baking => ("Baking", "Waiting to terminate the old fleet"),
            Phase::Terminating => return None,
            Phase::RollingBack(_) => ("Deleting", "Taking the new fleet down"),
        };
        Some(VariantStatus {
            status: status.to_owned(),
            status_message: Some(message.to_owned()),
            start_time: Some(self.since.into()),
        })
    }

    /// What `DescribeEndpoint` says of the update. `soak_shows_baking` is the world's live fact: whether soak shows as
    /// `Baking`.
    pub fn summary(&self, soak_shows_baking: bool) -> PendingDeploymentSummary {
        let mut variant = self.target.summary();
        variant.variant_status.extend(self.variant_status(soak_shows_baking));
        PendingDeploymentSummary {
            endpoint_config_name: self.target.config.clone(),
            production_variants: vec![variant],
            start_time: Some(self.started.into()),
        }
    }
}

impl Capacity {
    /// Without a status.
    pub fn summary(&self) -> ProductionVariantSummary {
        ProductionVariantSummary {
            variant_name: self.variant.clone(),
            current_weight: self.weight,
            desired_weight: self.weight,
            current_instance_count: self.instances,
            desired_instance_count: self.instances + self.lost,
            variant_status: Vec::new(),
        }
    }

    /// The same while it is to have another number of instances.
    pub fn summary_with(&self, coming: Option<u32>) -> ProductionVariantSummary {
        ProductionVariantSummary {
            desired_instance_count: coming.unwrap_or(self.instances + self.lost),
            ..self.summary()
        }
    }

    /// A share of the traffic, on that share of the instances.
    fn canary(&self, share: f64) -> Serving {
        let instances = ((share * f64::from(self.instances)).round() as u32).max(self.instances.min(1));
        Serving { instances, ..self.serving(share) }
    }

    pub fn serving(&self, share: f64) -> Serving {
        let (config, labels) = (self.config.clone(), self.labels.clone());
        Serving { config, labels, instances: self.instances, share, newest: self.newest }
    }
}

impl Endpoint {
    /// The configuration that `DescribeEndpoint` names: the old one while an update runs.
    pub fn config(&self) -> &str {
        self.blue.as_ref().map_or(&self.first_config, |capacity| &capacity.config)
    }

    /// The instances of a configuration that takes traffic, or is about to.
    pub fn capacity(&self, config: &str) -> Option<&Capacity> {
        let target = self.update.as_ref().map(|update| &update.target);
        self.blue.iter().chain(&self.stray).chain(target).find(|own| own.config == config)
    }

    /// Green's share of the traffic, 0 to 1.
    pub fn share(&self) -> f64 {
        self.update.as_ref().map_or(0.0, |update| update.share)
    }

    /// The capacities that take traffic, blue first.
    pub fn serving(&self) -> Vec<Serving> {
        let share = self.share();
        let stray = if self.stray.is_some() { (1.0 - share) / 2.0 } else { 0.0 };
        let blue = self.blue.as_ref().map(|capacity| capacity.serving(1.0 - share - stray));
        let left = self.stray.as_ref().map(|capacity| capacity.serving(stray));
        let green = self.update.as_ref().map(|update| update.target.canary(share));
        blue.into_iter().chain(left).chain(green).filter(|capacity| capacity.share > 0.0).collect()
    }

    /// The capacity that answers the next invocation, where green gets this share of them.
    pub fn next_to_answer(&mut self, share: f64) -> Option<&Capacity> {
        let turn = |count: u64| (count as f64 * share).floor();
        let green = turn(self.asked + 1) > turn(self.asked);
        self.asked += 1;
        let target = self.update.as_ref().map(|update| &update.target);
        // What is left of a failed rollback answers every other request.
        let blue =
            if self.asked.is_multiple_of(2) { self.stray.as_ref().or(self.blue.as_ref()) } else { self.blue.as_ref() };
        if green { target } else { blue }
    }
}

/// Instances of a configuration that went with their zone.
#[derive(Clone, Debug)]
pub(crate) struct LostInstances {
    pub region: RegionName,
    pub endpoint: String,
    pub config: String,
    pub instances: u32,
}

/// Where an update is in the world.
#[derive(Clone, Debug)]
pub(crate) struct Due {
    pub region: RegionName,
    pub endpoint: String,
    /// Only the update's newest token counts.
    pub token: u64,
}
