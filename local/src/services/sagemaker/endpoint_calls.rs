//! `CreateEndpoint`, `UpdateEndpoint`, `DescribeEndpoint`.

use crate::services::sagemaker::endpoint::{Capacity, Endpoint, Phase, Update};
use crate::services::sagemaker::models::{SageMaker, check_name};
use crate::services::sagemaker::types::{
    AutoRollbackConfig, BlueGreenUpdatePolicy, CapacitySize, CreateEndpoint, CreateEndpointOutput, DeploymentConfig,
    DescribeEndpoint, DescribeEndpointOutput, EndpointStatus, RollingUpdatePolicy, TrafficRoutingConfig,
    UpdateEndpoint, UpdateEndpointOutput,
};
use crate::world::config::LiveFacts;
use crate::world::error::ApiError;
use crate::world::operation::Operation;
use crate::world::service::Service;
use crate::world::state::World;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;

impl Operation for CreateEndpoint {
    const SERVICE: Service = Service::SageMaker;
    const OPERATION: OperationName = OperationName::CreateEndpoint;
    type Output = CreateEndpointOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<CreateEndpointOutput, ApiError> {
        check_name("endpointName", &self.endpoint_name)?;
        let endpoint_arn = world.arn("sagemaker", region, &format!("endpoint/{}", self.endpoint_name));
        let target = world.new_capacity(region, &self.endpoint_config_name)?;
        let now = world.now;
        let endpoints = &mut world.region_mut(region)?.sagemaker.endpoints;
        if endpoints.contains_key(&self.endpoint_name) {
            return Err(ApiError::validation(format!("Cannot create already existing endpoint \"{endpoint_arn}\".")));
        }
        let endpoint = Endpoint {
            created: now,
            modified: now,
            status: EndpointStatus::Creating,
            blue: None,
            stray: None,
            first_config: self.endpoint_config_name.clone(),
            update: None,
            failure_reason: None,
            last_deployment: None,
            coming: None,
            asked: 0,
        };
        endpoints.insert(self.endpoint_name.clone(), endpoint);
        world.begin_update(region, &self.endpoint_name, target, &Routing::default());
        Ok(CreateEndpointOutput { endpoint_arn })
    }
}

impl Operation for UpdateEndpoint {
    const SERVICE: Service = Service::SageMaker;
    const OPERATION: OperationName = OperationName::UpdateEndpoint;
    type Output = UpdateEndpointOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<UpdateEndpointOutput, ApiError> {
        let endpoint_arn = world.arn("sagemaker", region, &format!("endpoint/{}", self.endpoint_name));
        let same_refused = world.config.live.same_configuration_refused;
        let endpoint = world.endpoint(region, &self.endpoint_name)?;
        let takes = match endpoint.status {
            EndpointStatus::InService => endpoint.coming.is_none(),
            EndpointStatus::UpdateRollbackFailed => world.config.live.update_taken_after_failed_rollback,
            _ => false,
        };
        let Some(blue) = endpoint.blue.clone().filter(|_| takes) else {
            return Err(ApiError::validation(format!("Cannot update in-progress endpoint \"{endpoint_arn}\".")));
        };
        if same_refused && blue.config == self.endpoint_config_name {
            let message = format!("Endpoint \"{endpoint_arn}\" already has that endpoint configuration.");
            return Err(ApiError::validation(message));
        }
        if world.changes_type_of_registered(region, &self.endpoint_name, &blue, &self.endpoint_config_name) {
            return Err(ApiError::validation(format!(
                "Cannot update endpoint \"{endpoint_arn}\": the instance type of variant {} may not change while it is \
                 registered as a scalable target. Deregister it first.",
                blue.variant
            )));
        }
        let mut target = world.new_capacity(region, &self.endpoint_config_name)?;
        let excluded = |property: &str| {
            self.exclude_retained_variant_properties.iter().any(|own| own.variant_property_type == property)
        };
        if self.retain_all_variant_properties == Some(true) && target.variant == blue.variant {
            target.instances =
                if excluded("DesiredInstanceCount") { target.instances } else { blue.instances + blue.lost };
            target.weight = if excluded("DesiredWeight") { target.weight } else { blue.weight };
            target.capture = if excluded("DataCaptureConfig") { target.capture } else { blue.capture };
        }
        let deployment = self.deployment_config.unwrap_or_default();
        let routing = Routing::of(&deployment, target.instances, &world.config.live)?;
        let alarms = &world.region(region)?.alarms;
        if let Some(missing) = routing.alarms.iter().find(|alarm| alarms.state(alarm).is_none()) {
            return Err(ApiError::validation(format!(
                "Alarm \"{missing}\" in AutoRollbackConfiguration does not exist."
            )));
        }
        if !routing.alarms.is_empty() {
            world.authorise_guard(region, &self.endpoint_config_name)?;
        }
        if let Some(endpoint) = world.region_mut(region)?.sagemaker.endpoints.get_mut(&self.endpoint_name) {
            endpoint.last_deployment = Some(deployment);
        }
        world.begin_update(region, &self.endpoint_name, target, &routing);
        Ok(UpdateEndpointOutput { endpoint_arn })
    }
}

impl Operation for DescribeEndpoint {
    const SERVICE: Service = Service::SageMaker;
    const OPERATION: OperationName = OperationName::DescribeEndpoint;
    type Output = DescribeEndpointOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<DescribeEndpointOutput, ApiError> {
        let endpoint = world.endpoint(region, &self.endpoint_name)?;
        let updating = endpoint.blue.is_some();
        let shows_baking = world.config.live.soak_shows_baking;
        let pending = endpoint.update.as_ref().filter(|_| updating).map(|update| update.summary(shows_baking));
        Ok(DescribeEndpointOutput {
            endpoint_arn: world.arn("sagemaker", region, &format!("endpoint/{}", self.endpoint_name)),
            endpoint_config_name: endpoint.config().to_owned(),
            production_variants: endpoint.blue.iter().map(|capacity| capacity.summary_with(endpoint.coming)).collect(),
            endpoint_status: endpoint.status,
            failure_reason: endpoint.failure_reason.clone(),
            creation_time: endpoint.created.into(),
            last_modified_time: endpoint.modified.into(),
            last_deployment_config: endpoint.last_deployment.clone(),
            pending_deployment_summary: pending,
            endpoint_name: self.endpoint_name,
        })
    }
}

/// A deployment's configuration, understood.
#[derive(Clone, Debug)]
pub(crate) struct Routing {
    steps: Vec<f64>,
    wait: SignedDuration,
    final_wait: SignedDuration,
    termination_wait: SignedDuration,
    limit: Option<SignedDuration>,
    alarms: Vec<String>,
}

impl Default for Routing {
    /// All at once, nothing watched.
    fn default() -> Self {
        Routing {
            steps: vec![1.0],
            wait: SignedDuration::ZERO,
            final_wait: SignedDuration::ZERO,
            termination_wait: SignedDuration::ZERO,
            limit: None,
            alarms: Vec::new(),
        }
    }
}

impl Routing {
    /// Holds a configuration against the API reference's bounds (`BlueGreenUpdatePolicy`, `TrafficRoutingConfig`).
    fn of(deployment: &DeploymentConfig, instances: u32, live: &LiveFacts) -> Result<Self, ApiError> {
        let mut routing = Routing::default();
        if let Some(AutoRollbackConfig { alarms }) = &deployment.auto_rollback_configuration {
            if alarms.is_empty() || alarms.len() > 10 {
                return Err(ApiError::validation("AutoRollbackConfiguration must name 1 to 10 alarms"));
            }
            routing.alarms = alarms.iter().map(|alarm| alarm.alarm_name.clone()).collect();
        }
        if let Some(rolling) = &deployment.rolling_update_policy {
            if deployment.blue_green_update_policy.is_some() {
                return Err(ApiError::validation("Give either BlueGreenUpdatePolicy or RollingUpdatePolicy, not both"));
            }
            return routing.rolling(rolling, instances);
        }
        let Some(policy) = &deployment.blue_green_update_policy else { return Ok(routing) };
        let BlueGreenUpdatePolicy { traffic_routing_configuration: traffic, .. } = policy;
        let wait = seconds("WaitIntervalInSeconds", Some(traffic.wait_interval_in_seconds), 0, 3600)?;
        let termination = seconds("TerminationWaitInSeconds", policy.termination_wait_in_seconds, 0, 3600)?;
        let limit = policy.maximum_execution_timeout_in_seconds;
        routing.limit = match limit {
            None => None,
            limit => Some(seconds("MaximumExecutionTimeoutInSeconds", limit, 600, 28_800)?),
        };
        routing.wait = wait;
        routing.termination_wait = termination;
        routing.steps = steps(traffic, instances)?;
        routing.final_wait = match traffic.routing_type.as_str() {
            "ALL_AT_ONCE" => wait,
            _ => SignedDuration::from_secs(i64::from(live.final_bake_seconds)),
        };
        Ok(routing)
    }
}

impl Routing {
    /// Batches of one capacity (`RollingUpdatePolicy`): each takes its share of the traffic with it and is watched; nothing
    /// stays warm. The way back is the same for the world: how a rolling way back may fail is a fault's to say.
    fn rolling(mut self, policy: &RollingUpdatePolicy, instances: u32) -> Result<Self, ApiError> {
        self.wait = seconds("WaitIntervalInSeconds", Some(policy.wait_interval_in_seconds), 0, 3600)?;
        self.final_wait = self.wait;
        self.limit = match policy.maximum_execution_timeout_in_seconds {
            None => None,
            limit => Some(seconds("MaximumExecutionTimeoutInSeconds", limit, 600, 28_800)?),
        };
        self.steps = evenly(share("MaximumBatchSize", Some(&policy.maximum_batch_size), instances, 0.05)?);
        Ok(self)
    }
}

/// Shares that grow by `step` to the whole.
fn evenly(step: f64) -> Vec<f64> {
    let before = (1..).map(|n| f64::from(n) * step).take_while(|share| *share < 0.999);
    before.chain([1.0]).collect()
}

fn share(member: &str, size: Option<&CapacitySize>, instances: u32, least: f64) -> Result<f64, ApiError> {
    let size = size.ok_or_else(|| ApiError::validation(format!("{member} is required")))?;
    let all = f64::from(instances.max(1));
    // Capacity is whole instances, a share of them at least one: so of two "25 %" is a half *(live: or refused)*.
    let (asked, share) = match size.capacity_type.as_str() {
        "CAPACITY_PERCENT" => {
            let asked = f64::from(size.value) / 100.0;
            (asked, (asked * all).floor().max(1.0) / all)
        }
        "INSTANCE_COUNT" => (f64::from(size.value) / all, f64::from(size.value) / all),
        other => return Err(ApiError::validation(format!("{other} is not a capacity type"))),
    };
    if asked > 0.0 && asked >= least && asked <= 0.5 {
        return Ok(share);
    }
    let message =
        format!("{member} must be at most 50 % of the variant's instances (and at least {} %)", least * 100.0);
    Err(ApiError::validation(message))
}

fn seconds(member: &str, given: Option<i64>, low: i64, high: i64) -> Result<SignedDuration, ApiError> {
    let given = given.unwrap_or(0);
    if (low..=high).contains(&given) {
        return Ok(SignedDuration::from_secs(given));
    }
    Err(ApiError::validation(format!("{member} must be between {low} and {high}, but is {given}")))
}

/// Green's shares, step by step.
fn steps(traffic: &TrafficRoutingConfig, instances: u32) -> Result<Vec<f64>, ApiError> {
    match traffic.routing_type.as_str() {
        "ALL_AT_ONCE" => Ok(vec![1.0]),
        "CANARY" => Ok(vec![share("CanarySize", traffic.canary_size.as_ref(), instances, 0.0)?, 1.0]),
        "LINEAR" => Ok(evenly(share("LinearStepSize", traffic.linear_step_size.as_ref(), instances, 0.1)?)),
        other => Err(ApiError::validation(format!("{other} is not a traffic routing type"))),
    }
}

impl SageMaker {
    /// Instances to be made of a configuration's first variant.
    fn capacity(&self, config: &str) -> Option<Capacity> {
        let found = self.configs.get(config)?;
        let variant = found.request.production_variants.first()?;
        let model = self.models.get(variant.model_name.as_deref()?)?;
        Some(Capacity {
            lost: 0,
            config: config.to_owned(),
            variant: variant.variant_name.clone(),
            instances: variant.initial_instance_count.unwrap_or(1),
            weight: variant.initial_variant_weight.unwrap_or(1.0),
            labels: self.labels(found),
            model_data_url: model.request.primary_container.model_data_url.clone().unwrap_or_default(),
            capture: found.request.data_capture_config.clone(),
            archive: None,
            newest: None,
        })
    }
}

impl World {
    fn endpoint(&self, region: &RegionName, name: &str) -> Result<&Endpoint, ApiError> {
        self.region(region)?.sagemaker.endpoints.get(name).ok_or_else(|| {
            let arn = self.arn("sagemaker", region, &format!("endpoint/{name}"));
            ApiError::validation(format!("Could not find endpoint \"{arn}\"."))
        })
    }

    /// Instances to be made of a configuration, once the control plane knows it.
    pub(crate) fn new_capacity(&self, region: &RegionName, config: &str) -> Result<Capacity, ApiError> {
        let sagemaker = &self.region(region)?.sagemaker;
        let settling = SignedDuration::from_secs(i64::from(self.config.live.new_configuration_unknown_seconds));
        let known = sagemaker.configs.get(config).is_some_and(|own| self.now.duration_since(own.created) >= settling);
        sagemaker.capacity(config).filter(|_| known).ok_or_else(|| self.no_such_config(region, config))
    }

    fn begin_update(&mut self, region: &RegionName, name: &str, target: Capacity, routing: &Routing) {
        let now = self.now;
        let Some(endpoint) = self.regions.get_mut(region).and_then(|own| own.sagemaker.endpoints.get_mut(name)) else {
            return;
        };
        if endpoint.blue.is_some() {
            endpoint.status = EndpointStatus::Updating;
        }
        endpoint.modified = now;
        endpoint.failure_reason = None;
        endpoint.update = Some(Update {
            target,
            started: now,
            steps: routing.steps.clone(),
            done: 0,
            wait: routing.wait,
            final_wait: routing.final_wait,
            termination_wait: routing.termination_wait,
            limit: routing.limit,
            alarms: routing.alarms.clone(),
            share: 0.0,
            phase: Phase::Provisioning,
            since: now,
            due: Timestamp::MAX,
            frozen: None,
            token: 0,
        });
        let provisioning = self.provisioning(region, name);
        self.enter(region, name, Phase::Provisioning, provisioning);
        self.status_event(region, name);
    }
}
