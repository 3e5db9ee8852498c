//! Application Auto Scaling, as far as a night needs it: bounds that hold at once, and policies and schedules that are kept.
//! Schedules move nothing here.

use crate::services::autoscaling::scalables::Scalables;
use crate::services::autoscaling::types::{
    DeleteScheduledAction, DeregisterScalableTarget, DescribeScalableTargets, DescribeScalableTargetsOutput,
    DescribeScalingPolicies, DescribeScalingPoliciesOutput, DescribeScheduledActions, DescribeScheduledActionsOutput,
    Empty, NAMESPACE, PutScalingPolicy, PutScalingPolicyOutput, PutScheduledAction, RegisterScalableTarget,
    RegisterScalableTargetOutput, Scalable, ScalableTarget, ScalingPolicy, ScheduledAction, SuspendedState,
};
use crate::services::iam::ask::Ask;
use crate::services::sagemaker::types::EndpointStatus;
use crate::world::customers::traffic::Newest;
use crate::world::error::ApiError;
use crate::world::log::What;
use crate::world::operation::{Guarded, Operation};
use crate::world::queue::Event;
use crate::world::random::Random;
use crate::world::service::Service;
use crate::world::state::World;
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;

impl Scalable {
    /// `endpoint` and `variant` are there, and serve.
    pub fn is_in(&self, world: &World, region: &RegionName) -> Result<String, ApiError> {
        let (name, variant) = self.parts()?;
        let endpoint = world.region(region)?.sagemaker.endpoints.get(name);
        let blue = endpoint.and_then(|endpoint| endpoint.blue.as_ref()).filter(|blue| blue.variant == variant);
        match blue {
            Some(_) => Ok(name.to_owned()),
            None => Err(ApiError::validation(format!("No production variant found for {}", self.resource_id))),
        }
    }
}

/// The service that the service-linked role is for.
const LINKED: &str = "sagemaker.application-autoscaling.amazonaws.com";

/// The role with which Application Auto Scaling changes endpoints, one in an account.
fn service_linked_role(account: &str) -> String {
    format!(
        "arn:aws:iam::{account}:role/aws-service-role/{LINKED}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    )
}

fn unregistered(scalable: &Scalable) -> ApiError {
    let message = format!("No scalable target registered for {}", scalable.resource_id);
    ApiError::new("ObjectNotFoundException", 400, message)
}

impl World {
    fn scalables(&mut self, region: &RegionName) -> Result<&mut Scalables, ApiError> {
        Ok(&mut self.region_mut(region)?.scalables)
    }

    /// `scalingPolicy:ID:resource/sagemaker/RESOURCE:policyName/NAME`, and the same of a scheduled action.
    fn scaling_arn(&self, region: &RegionName, what: &str, scalable: &Scalable, member: &str, name: &str) -> String {
        let id = Random::labelled(self.config.seed, [what, &scalable.resource_id, name]).uuid();
        let resource = format!("{what}:{id}:resource/{NAMESPACE}/{}", scalable.resource_id);
        self.arn("autoscaling", region, &format!("{resource}:{member}/{name}"))
    }

    /// Whether an endpoint's variant is registered and follows a policy.
    pub(crate) fn scales(&self, region: &RegionName, endpoint: &str, variant: &str) -> bool {
        let resource = format!("endpoint/{endpoint}/variant/{variant}");
        let follows =
            self.regions.get(region).is_some_and(|own| own.scalables.policies.keys().any(|key| key.0 == resource));
        follows && self.is_registered(region, endpoint, variant)
    }

    /// Whether an endpoint's variant is registered.
    pub(crate) fn is_registered(&self, region: &RegionName, endpoint: &str, variant: &str) -> bool {
        let resource = format!("endpoint/{endpoint}/variant/{variant}");
        self.regions.get(region).is_some_and(|own| own.scalables.targets.contains_key(&resource))
    }

    /// Instances are added where an endpoint has fewer than its scalable target's least. An update suspends that.
    pub(crate) fn keep_bounds(&mut self, region: &RegionName, name: &str) {
        if let Some((_, least)) = self.scaled(region, name).map(|own| (own.instances, own.target.min_capacity)) {
            self.scale_out(region, name, least);
        }
    }

    /// An endpoint is to have so many instances, where it has fewer and none are coming.
    pub(super) fn scale_out(&mut self, region: &RegionName, name: &str, wanted: u32) {
        let due = self.later(self.provisioning(region, name));
        let shows = self.config.live.scaling_shows_updating;
        if self.scaled(region, name).is_none_or(|own| own.instances >= wanted) {
            return;
        }
        let Some(endpoint) = self.regions.get_mut(region).and_then(|own| own.sagemaker.endpoints.get_mut(name)) else {
            return;
        };
        endpoint.coming = Some(wanted);
        if shows {
            endpoint.status = EndpointStatus::Updating;
        }
        self.queue.push(due, Event::InstancesAdded { region: region.clone(), endpoint: name.to_owned() });
        self.status_event(region, name);
    }

    /// They serve; later than they were to, where the control plane is dark by then.
    pub(crate) fn instances_added(&mut self, region: &RegionName, name: &str) {
        if self.is_dark(region) {
            let again = self.later(self.provisioning(region, name));
            self.queue.push(again, Event::InstancesAdded { region: region.clone(), endpoint: name.to_owned() });
            return;
        }
        self.count_traffic(region);
        let now = self.now;
        let Some(place) = self.regions.get_mut(region) else { return };
        let Some(endpoint) = place.sagemaker.endpoints.get_mut(name) else { return };
        let Some((wanted, blue)) = endpoint.coming.take().zip(endpoint.blue.as_mut()) else { return };
        let instances = wanted.saturating_sub(blue.lost);
        let share = 1.0 - f64::from(blue.instances) / f64::from(instances.max(1));
        blue.newest = Some(Newest { since: now, share });
        blue.instances = instances;
        endpoint.status = EndpointStatus::InService;
        endpoint.modified = now;
        self.record(region, What::InstancesAdded { endpoint: name.to_owned(), instances });
        self.status_event(region, name);
        self.keep_bounds(region, name);
    }
}

impl Operation for RegisterScalableTarget {
    const SERVICE: Service = Service::ApplicationAutoScaling;
    const OPERATION: OperationName = OperationName::RegisterScalableTarget;
    type Output = RegisterScalableTargetOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<Self::Output, ApiError> {
        let endpoint = self.scalable.is_in(world, region)?;
        let role_arn = service_linked_role(world.account(region));
        let (now, arn) = (world.now, world.arn("application-autoscaling", region, "scalable-target/endpoint"));
        let known = world.scalables(region)?.targets.get(&self.scalable.resource_id).cloned();
        let bound = |given: Option<u32>, before: Option<u32>, name: &str| {
            given.or(before).ok_or_else(|| ApiError::validation(format!("{name} must be set for a new target")))
        };
        let least = bound(self.min_capacity, known.as_ref().map(|own| own.min_capacity), "MinCapacity")?;
        let most = bound(self.max_capacity, known.as_ref().map(|own| own.max_capacity), "MaxCapacity")?;
        if least > most {
            return Err(ApiError::validation(format!("MaxCapacity {most} is less than MinCapacity {least}")));
        }
        let target = ScalableTarget {
            scalable: self.scalable.clone(),
            min_capacity: least,
            max_capacity: most,
            role_arn,
            creation_time: known.map_or(now.into(), |own| own.creation_time),
            suspended_state: SuspendedState::default(),
            scalable_target_arn: arn.clone(),
        };
        let scalables = world.scalables(region)?;
        scalables.targets.insert(self.scalable.resource_id, target);
        scalables.linked = true;
        world.keep_bounds(region, &endpoint);
        Ok(RegisterScalableTargetOutput { scalable_target_arn: arn })
    }
}

impl Operation for DeregisterScalableTarget {
    const SERVICE: Service = Service::ApplicationAutoScaling;
    const OPERATION: OperationName = OperationName::DeregisterScalableTarget;
    type Output = Empty;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<Empty, ApiError> {
        self.scalable.parts()?;
        let scalables = world.scalables(region)?;
        let resource = &self.scalable.resource_id;
        if scalables.targets.remove(resource).is_none() {
            return Err(unregistered(&self.scalable));
        }
        scalables.policies.retain(|(own, _), _| own != resource);
        scalables.schedules.retain(|(own, _), _| own != resource);
        Ok(Empty {})
    }
}

impl Operation for PutScalingPolicy {
    const SERVICE: Service = Service::ApplicationAutoScaling;
    const OPERATION: OperationName = OperationName::PutScalingPolicy;
    type Output = PutScalingPolicyOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<Self::Output, ApiError> {
        self.scalable.parts()?;
        let tracking = &self.target_tracking_scaling_policy_configuration;
        let metric = &tracking.predefined_metric_specification.predefined_metric_type;
        if self.policy_type != "TargetTrackingScaling" || metric != "SageMakerVariantInvocationsPerInstance" {
            let message = format!("The local world tracks no {metric} by {}", self.policy_type);
            return Err(ApiError::validation(message));
        }
        let policy_arn = world.scaling_arn(region, "scalingPolicy", &self.scalable, "policyName", &self.policy_name);
        let now = world.now;
        let scalables = world.scalables(region)?;
        if !scalables.targets.contains_key(&self.scalable.resource_id) {
            return Err(unregistered(&self.scalable));
        }
        let key = (self.scalable.resource_id.clone(), self.policy_name.clone());
        let creation_time = scalables.policies.get(&key).map_or(now.into(), |own| own.creation_time);
        let policy = ScalingPolicy { put: self, policy_arn: policy_arn.clone(), creation_time };
        scalables.policies.insert(key, policy);
        Ok(PutScalingPolicyOutput { policy_arn })
    }
}

impl Operation for PutScheduledAction {
    const SERVICE: Service = Service::ApplicationAutoScaling;
    const OPERATION: OperationName = OperationName::PutScheduledAction;
    type Output = Empty;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<Empty, ApiError> {
        self.scalable.parts()?;
        let fields = self.schedule.strip_prefix("cron(").and_then(|rest| rest.strip_suffix(')'));
        if fields.is_none_or(|fields| fields.split(' ').count() != 6) {
            return Err(ApiError::validation(format!("The local world knows no schedule {}", self.schedule)));
        }
        let (member, name) = ("scheduledActionName", &self.scheduled_action_name);
        let scheduled_action_arn = world.scaling_arn(region, "scheduledAction", &self.scalable, member, name);
        let now = world.now;
        let scalables = world.scalables(region)?;
        if !scalables.targets.contains_key(&self.scalable.resource_id) {
            return Err(unregistered(&self.scalable));
        }
        let key = (self.scalable.resource_id.clone(), self.scheduled_action_name.clone());
        let creation_time = scalables.schedules.get(&key).map_or(now.into(), |own| own.creation_time);
        scalables.schedules.insert(key, ScheduledAction { put: self, scheduled_action_arn, creation_time });
        Ok(Empty {})
    }
}

impl Operation for DeleteScheduledAction {
    const SERVICE: Service = Service::ApplicationAutoScaling;
    const OPERATION: OperationName = OperationName::DeleteScheduledAction;
    type Output = Empty;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<Empty, ApiError> {
        self.scalable.parts()?;
        let key = (self.scalable.resource_id.clone(), self.scheduled_action_name);
        match world.scalables(region)?.schedules.remove(&key) {
            Some(_) => Ok(Empty {}),
            None => {
                let message = format!("No scheduled action {} for {}", key.1, key.0);
                Err(ApiError::new("ObjectNotFoundException", 400, message))
            }
        }
    }
}

/// Which of what is registered an operation asks for.
trait Asked<T> {
    /// Whether this is one of it.
    fn is_asked(&self, own: &T) -> bool;
}

/// Whether nothing is asked for in particular, or this.
fn among(names: &[String], own: &str) -> bool {
    names.is_empty() || names.iter().any(|name| name == own)
}

fn fits(scalable: &Scalable, namespace: &str, resource: Option<&String>, dimension: Option<&String>) -> bool {
    scalable.service_namespace == namespace
        && resource.is_none_or(|asked| *asked == scalable.resource_id)
        && dimension.is_none_or(|asked| *asked == scalable.scalable_dimension)
}

impl Asked<ScalableTarget> for DescribeScalableTargets {
    fn is_asked(&self, own: &ScalableTarget) -> bool {
        among(&self.resource_ids, &own.scalable.resource_id)
            && fits(&own.scalable, &self.service_namespace, None, self.scalable_dimension.as_ref())
    }
}

impl Asked<ScalingPolicy> for DescribeScalingPolicies {
    fn is_asked(&self, own: &ScalingPolicy) -> bool {
        let (resource, dimension) = (self.resource_id.as_ref(), self.scalable_dimension.as_ref());
        among(&self.policy_names, &own.put.policy_name)
            && fits(&own.put.scalable, &self.service_namespace, resource, dimension)
    }
}

impl Asked<ScheduledAction> for DescribeScheduledActions {
    fn is_asked(&self, own: &ScheduledAction) -> bool {
        let (resource, dimension) = (self.resource_id.as_ref(), self.scalable_dimension.as_ref());
        among(&self.scheduled_action_names, &own.put.scheduled_action_name)
            && fits(&own.put.scalable, &self.service_namespace, resource, dimension)
    }
}

/// Operations that list what a region has.
macro_rules! lists {
    ($($operation:ident -> $output:ident { $member:ident: $own:ident }, $action:literal;)*) => {$(
        impl Operation for $operation {
            const SERVICE: Service = Service::ApplicationAutoScaling;
            const OPERATION: OperationName = OperationName::$operation;
            type Output = $output;

            fn apply(self, world: &mut World, region: &RegionName) -> Result<$output, ApiError> {
                let all = world.scalables(region)?.$own.values().filter(|own| self.is_asked(own));
                Ok($output { $member: all.cloned().collect() })
            }
        }

        impl Guarded for $operation {
            fn asks(&self, _: &World, _: &RegionName) -> Vec<Ask> {
                vec![Ask::new($action, "*")]
            }
        }
    )*};
}

lists! {
    DescribeScalableTargets -> DescribeScalableTargetsOutput { scalable_targets: targets },
        "application-autoscaling:DescribeScalableTargets";
    DescribeScalingPolicies -> DescribeScalingPoliciesOutput { scaling_policies: policies },
        "application-autoscaling:DescribeScalingPolicies";
    DescribeScheduledActions -> DescribeScheduledActionsOutput { scheduled_actions: schedules },
        "application-autoscaling:DescribeScheduledActions";
}

/// What a change of scaling asks for (Service Authorization Reference, "Application Auto Scaling").
fn change(action: &'static str, scalable: &Scalable, world: &World, region: &RegionName) -> Ask {
    Ask::new(action, world.arn("application-autoscaling", region, "scalable-target/*"))
        .with("application-autoscaling:service-namespace", &scalable.service_namespace)
        .with("application-autoscaling:scalable-dimension", &scalable.scalable_dimension)
}

/// What Application Auto Scaling asks of SageMaker and CloudWatch with the caller's rights, and refuses the request without
/// (User Guide, "Permissions validation" and "Identity-based policy examples"). That the alarms' rights are asked on target
/// tracking's own names is assumed.
fn validated(scalable: &Scalable, world: &World, region: &RegionName) -> Vec<Ask> {
    let Ok((name, _)) = scalable.parts() else { return Vec::new() };
    let endpoint = world.arn("sagemaker", region, &format!("endpoint/{name}"));
    let alarm = format!("alarm:TargetTracking-{}-AlarmHigh", scalable.resource_id);
    let alarm = world.arn("cloudwatch", region, &alarm);
    let own = world.regions.get(region).and_then(|own| own.sagemaker.endpoints.get(name));
    let config = own.map(|own| world.arn("sagemaker", region, &format!("endpoint-config/{}", own.config())));
    let config = config.map(|config| Ask::new("sagemaker:DescribeEndpointConfig", config));
    let rest = [
        Ask::new("sagemaker:DescribeEndpoint", endpoint.clone()),
        Ask::new("sagemaker:UpdateEndpointWeightsAndCapacities", endpoint),
        Ask::new("cloudwatch:DescribeAlarms", "*"),
        Ask::new("cloudwatch:PutMetricAlarm", alarm.clone()),
        Ask::new("cloudwatch:DeleteAlarms", alarm),
    ];
    config.into_iter().chain(rest).collect()
}

impl Guarded for RegisterScalableTarget {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        let own = change("application-autoscaling:RegisterScalableTarget", &self.scalable, world, region);
        // The account's first registration makes the service-linked role (User Guide, "Service-linked roles").
        let account = world.account(region);
        let is_first =
            !world.regions.iter().any(|(place, own)| own.scalables.linked && world.account(place) == account);
        let link =
            || Ask::new("iam:CreateServiceLinkedRole", service_linked_role(account)).with("iam:AWSServiceName", LINKED);
        let linked = is_first.then(link);
        [own].into_iter().chain(linked).chain(validated(&self.scalable, world, region)).collect()
    }
}

impl Guarded for PutScalingPolicy {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        let own = change("application-autoscaling:PutScalingPolicy", &self.scalable, world, region);
        [own].into_iter().chain(validated(&self.scalable, world, region)).collect()
    }
}

impl Guarded for DeregisterScalableTarget {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        let own = change("application-autoscaling:DeregisterScalableTarget", &self.scalable, world, region);
        [own].into_iter().chain(validated(&self.scalable, world, region)).collect()
    }
}

impl Guarded for PutScheduledAction {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        vec![change("application-autoscaling:PutScheduledAction", &self.scalable, world, region)]
    }
}

impl Guarded for DeleteScheduledAction {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        vec![change("application-autoscaling:DeleteScheduledAction", &self.scalable, world, region)]
    }
}
