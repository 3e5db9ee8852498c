//! An endpoint as its control plane shows it, and what is asked of it.

use crate::fleet::capture::CaptureSpec;
use crate::fleet::names::{ReleaseId, ResourceName, Version};
use crate::fleet::release::{File, Manifest};
use crate::fleet::serving_role::ServingRole;
use crate::fleet::{Bake, CanarySize, Fleet, Region, Style, Vpc};
use jiff::{SignedDuration, Timestamp};
use meridian_answer::AnswerForm;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// `EndpointStatus` of SageMaker's `DescribeEndpoint`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EndpointStatus {
    /// The first instances are being provisioned.
    Creating,
    /// An update, its soak included.
    Updating,
    /// SageMaker's own maintenance.
    SystemUpdating,
    /// An update is being rolled back.
    RollingBack,
    /// Serving. By itself it proves nothing: a guardrail rollback ends here too (I4).
    InService,
    /// It takes no requests.
    OutOfService,
    /// It is being deleted.
    Deleting,
    /// It could not be created.
    Failed,
    /// A rollback failed: which bytes serve is unknown.
    UpdateRollbackFailed,
}

impl EndpointStatus {
    /// True if it does not serve as it should, and nothing that SageMaker does by itself mends that.
    pub fn needs_a_person(self) -> bool {
        matches!(self, Self::OutOfService | Self::Deleting | Self::Failed | Self::UpdateRollbackFailed)
    }
}

/// `VariantStatus.Status` of a pending deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum VariantPhase {
    /// Green instances are being provisioned.
    Creating,
    /// The variant's capacity is being changed.
    Updating,
    /// Green's instances are being terminated.
    Deleting,
    /// Traffic is moving.
    ActivatingTraffic,
    /// Alarms are watched before the next step.
    Baking,
}

/// What `DescribeEndpoint` says.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointView {
    /// What SageMaker says that the endpoint does.
    pub status: EndpointStatus,
    /// The configuration that the endpoint names: the old one until an update has ended well.
    pub config: ResourceName,
    /// Instances that serve it now, where said.
    pub instances: Option<NonZeroU32>,
    /// `PendingDeploymentSummary`, present during an update.
    pub pending: Option<PendingDeployment>,
    /// Why the last update failed; may be absent even then.
    pub failure: Option<UpdateFailure>,
}

/// Why an update failed, each with SageMaker's own words: `FailureReason` of `DescribeEndpoint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpdateFailure {
    /// SageMaker found no instances.
    NoCapacity(String),
    /// Anything else.
    Other(String),
}

impl EndpointView {
    /// True if it is in service on `target`'s configuration, and no update runs.
    pub fn rests_on(&self, target: &Target) -> bool {
        self.status == EndpointStatus::InService && self.config == target.config
    }

    /// True while its instances change in number: it is `Updating` then too, with no deployment on its way *(live)*.
    pub fn is_scaling(&self) -> bool {
        self.status == EndpointStatus::Updating && self.pending.is_none()
    }

    /// True if it rests on `target`, or soaks after the shift to it, as far as it says.
    pub fn serves(&self, target: &Target) -> bool {
        let soaks = self.status == EndpointStatus::Updating
            && self.pending.as_ref().is_some_and(|pending| {
                pending.config == target.config && pending.phase != Some(VariantPhase::Deleting)
            });
        let scales = self.is_scaling() && self.config == target.config;
        soaks || scales || self.rests_on(target)
    }
}

/// An update in flight.
#[derive(Clone, Debug, PartialEq)]
pub struct PendingDeployment {
    /// The configuration on its way.
    pub config: ResourceName,
    /// Its instances now, where said.
    pub instances: Option<NonZeroU32>,
    /// What its variant is doing, where said.
    pub phase: Option<VariantPhase>,
    /// Since when it has been doing that.
    pub phase_since: Option<Timestamp>,
}

/// A model to create: immutable, its name is made of its content.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSpec {
    /// The name, made of the content.
    pub name: ResourceName,
    /// Image in the region's registry.
    pub image: String,
    /// `s3://` URL of the archive in the region's own bucket.
    pub model_data_url: String,
    /// The feature pipeline's files, told to the container as `MERIDIAN_FEATURE_FILES`: their paths, with colons between them.
    pub feature_files: Vec<FeatureFile>,
    /// Role of the instances.
    pub execution_role: String,
    /// The namespace of CloudWatch that it may write to, told to the container as `MERIDIAN_NAMESPACE`.
    pub namespace: &'static str,
    /// The release, told to the container as `MERIDIAN_RELEASE`.
    pub release: ReleaseId,
    /// Its human name, told as `MERIDIAN_VERSION`.
    pub version: Version,
    /// What the container is to answer, told as `MERIDIAN_ANSWER`, JSON, where it is not the score alone.
    pub answer: AnswerForm,
    /// Whether the container is cut off from every network.
    pub network_isolation: bool,
    /// Where the instances' network interfaces stand, unless in SageMaker's own VPC.
    pub vpc: Option<Vpc>,
}

/// A file that SageMaker puts beside the model before the container starts (`AdditionalModelDataSources`, `S3Object`): also where
/// the container is cut off from every network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureFile {
    /// Its name, and its channel's.
    pub name: String,
    /// `s3://` URL in the region's own bucket.
    pub url: String,
}

impl FeatureFile {
    /// Where the container finds it.
    pub fn path(&self) -> String {
        format!("/opt/ml/additional-model-data-sources/{0}/{0}", self.name)
    }
}

impl ModelSpec {
    /// What the container is told by its environment.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let answer = (!self.answer.is_usual()).then(|| serde_json::to_string(&self.answer).unwrap_or_default());
        let told = [
            ("MERIDIAN_RELEASE", self.release.to_string()),
            ("MERIDIAN_VERSION", self.version.to_string()),
            ("MERIDIAN_NAMESPACE", self.namespace.to_owned()),
        ];
        let paths: Vec<String> = self.feature_files.iter().map(FeatureFile::path).collect();
        let files = (!paths.is_empty()).then(|| ("MERIDIAN_FEATURE_FILES", paths.join(":")));
        told.into_iter().chain(answer.map(|form| ("MERIDIAN_ANSWER", form))).chain(files).collect()
    }
}

/// An endpoint configuration to create: immutable, its name is made of its content.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigSpec {
    /// The name, made of the content.
    pub name: ResourceName,
    /// The one variant's name, `variant` of `fleet.toml`.
    pub variant: ResourceName,
    /// Name of the model that serves.
    pub model: ResourceName,
    /// SageMaker's instance type, such as `ml.m6i.xlarge`.
    pub instance_type: String,
    /// Instances at the start; autoscaling's number is kept by updates (`RetainAllVariantProperties`).
    pub instances: u32,
    /// What is captured of the requests; none where nothing is.
    pub capture: Option<CaptureSpec>,
}

/// An update to start.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateSpec {
    /// The endpoint that is updated, by name.
    pub endpoint: ResourceName,
    /// The configuration to go to.
    pub config: ResourceName,
    /// How traffic moves to it: all at once, or a canary first.
    pub routing: Routing,
    /// How long blue stays warm after the shift (`TerminationWaitInSeconds`).
    pub termination_wait: SignedDuration,
    /// `MaximumExecutionTimeoutInSeconds`: an update that takes longer is rolled back.
    pub max_execution: SignedDuration,
    /// Alarms that send the traffic back; at most 10. Without any there is no automatic rollback.
    pub rollback_alarms: Vec<String>,
}

/// How traffic moves to green.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Routing {
    /// All traffic in one step.
    AllAtOnce,
    /// First a share, then, after the bake, the rest.
    Canary {
        /// Instances, at most half of them (`CanarySize`).
        instances: u32,
        /// The bake (`WaitIntervalInSeconds`).
        bake: SignedDuration,
    },
    /// In equal steps (`LINEAR`).
    Linear {
        /// Instances, at most half of them (`LinearStepSize`).
        instances: u32,
        /// Between two steps (`WaitIntervalInSeconds`).
        wait: SignedDuration,
    },
    /// At once, and then watched.
    AllAtOnceWatched {
        /// How long the alarms are watched (`WaitIntervalInSeconds`) before blue may go.
        bake: SignedDuration,
    },
    /// Instances are replaced in batches (`RollingUpdatePolicy`): no second set, and none stays warm.
    Rolling {
        /// Per cent of the capacity, 5 to 50 (`MaximumBatchSize`).
        batch: u32,
        /// Between two batches (`WaitIntervalInSeconds`).
        wait: SignedDuration,
    },
}

/// What serves, or is to serve, in one region: the names that follow from a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The release that these names are made for.
    pub release: ReleaseId,
    /// Its human name.
    pub version: Version,
    /// Model name in SageMaker.
    pub model: ResourceName,
    /// Configuration name in SageMaker.
    pub config: ResourceName,
    /// The role that its instances run with.
    #[serde(default, skip_serializing_if = "ServingRole::is_first")]
    pub role: ServingRole,
}

impl Target {
    /// The names of `release` in a region: fixed by the release's digest and by what else model and configuration hold, so
    /// that creating them again is a no-op, and a changed network or instance type is another model or configuration.
    pub fn of(fleet: &Fleet, region: &Region, release: ReleaseId, version: &Version) -> Self {
        Self::with_role(fleet, region, release, version, ServingRole::First)
    }

    /// The names of `release` in a region where `serving` serves: with the role that it does not run with. What serves already
    /// stays what it is.
    pub fn beside(
        fleet: &Fleet,
        region: &Region,
        release: ReleaseId,
        version: &Version,
        serving: Option<&Target>,
    ) -> Self {
        let of = |role| Self::with_role(fleet, region, release, version, role);
        let Some(serving) = serving.filter(|_| fleet.execution_role_in_turn.is_some()) else {
            return of(ServingRole::First);
        };
        let same = of(serving.role);
        if same == *serving { same } else { of(serving.role.other()) }
    }

    /// The same with one of the fleet's roles: another role is another model.
    pub(crate) fn with_role(
        fleet: &Fleet,
        region: &Region,
        release: ReleaseId,
        version: &Version,
        role: ServingRole,
    ) -> Self {
        // Put together in one text: the planner asks at every step, and formatting was a quarter of a simulation's time.
        let mut text = String::with_capacity(64);
        text.extend([fleet.name.as_str(), "-"]);
        // SageMaker's names have no dots.
        text.extend(version.as_str().chars().map(|char| if char == '.' { '-' } else { char }));
        text.push('-');
        release.0.push_digits(6, &mut text);
        if !role.is_first() {
            text.push('b');
        }
        if let Some(network) = &region.network {
            // Two digits: the longest names of a fleet and a version leave room for no more.
            text.push('-');
            network.push_digits(1, &mut text);
        }
        let model = ResourceName::of_names(&text);
        text.push('-');
        region.shape.push_digits(2, &mut text);
        Self { release, version: version.clone(), model, config: ResourceName::of_names(&text), role }
    }

    /// True if a configuration has this one's shape, by the digest that both names end with: the same instance type, the same
    /// number at the start, the same capture.
    pub fn has_shape_of(&self, config: &ResourceName) -> bool {
        fn shape(config: &ResourceName) -> Option<&str> {
            config.as_str().rsplit('-').next()
        }
        shape(&self.config) == shape(config)
    }

    /// The model to create in `region`.
    pub fn model_spec(&self, fleet: &Fleet, region: &Region, manifest: &Manifest) -> ModelSpec {
        let url = |file: &File| format!("s3://{}/{}", region.bucket, file.key);
        let feature_files = manifest.feature_files.iter();
        ModelSpec {
            name: self.model.clone(),
            image: manifest.image.uri(&region.account, &region.name),
            model_data_url: url(&manifest.archive),
            feature_files: feature_files
                .map(|own| FeatureFile { name: own.name().to_owned(), url: url(own) })
                .collect(),
            execution_role: fleet.execution_role_arn(&region.name, self.role),
            namespace: self.role.namespace(),
            release: self.release,
            version: self.version.clone(),
            answer: manifest.answer.clone(),
            network_isolation: fleet.network_isolation,
            vpc: region.vpc.clone(),
        }
    }

    /// The configuration to create.
    pub fn config_spec(&self, fleet: &Fleet, region: &Region) -> ConfigSpec {
        ConfigSpec {
            name: self.config.clone(),
            variant: fleet.variant.clone(),
            model: self.model.clone(),
            instance_type: fleet.instance_type.clone(),
            instances: region.instances,
            capture: fleet.capture(region, self.release),
        }
    }

    /// The guarded update that takes a region's instances, so many, to this target, with the canary that was planned for it.
    pub fn update_spec(&self, fleet: &Fleet, region: &Region, bake: Bake, instances: u32) -> UpdateSpec {
        UpdateSpec {
            endpoint: fleet.endpoint.clone(),
            config: self.config.clone(),
            routing: Self::routing(region, bake, instances),
            termination_wait: fleet.guardrail.soak,
            max_execution: fleet.guardrail.max_execution,
            rollback_alarms: crate::fleet::alarms::guard_names(fleet),
        }
    }

    fn routing(region: &Region, planned: Bake, instances: u32) -> Routing {
        let bake = planned.wait;
        let CanarySize { instances, .. } = CanarySize::of_share(planned.percent, instances);
        match region.style {
            Style::Canary => Routing::Canary { instances, bake },
            Style::Linear { .. } => Routing::Linear { instances, wait: bake },
            Style::Rolling { batch } => Routing::Rolling { batch, wait: bake },
            Style::AllAtOnce => Routing::AllAtOnceWatched { bake },
        }
    }

    /// The update that rolls a region back to this target: at once, for what serves now is worse than what is lost by haste.
    pub fn return_spec(&self, fleet: &Fleet) -> UpdateSpec {
        UpdateSpec {
            endpoint: fleet.endpoint.clone(),
            config: self.config.clone(),
            routing: Routing::AllAtOnce,
            termination_wait: SignedDuration::ZERO,
            max_execution: fleet.guardrail.max_execution,
            rollback_alarms: Vec::new(),
        }
    }
}
