"""The steps of Application Auto Scaling, of an endpoint that serves. Of the emulators moto has it."""

import re
from pathlib import Path

from steps import MOTO, step
from steps_sagemaker import IMAGE, ROLE, variant

ARCHIVE = Path(__file__).parents[2] / "local/models/v426.tar.gz"
KEY = "releases/archives/compared/model.tar.gz"
RESOURCE = "endpoint/scaled/variant/AllTraffic"
NAMESPACE, DIMENSION = "sagemaker", "sagemaker:variant:DesiredInstanceCount"


def of(resource=RESOURCE) -> dict:
    return {"ServiceNamespace": NAMESPACE, "ResourceId": resource, "ScalableDimension": DIMENSION}


def unregistered() -> dict:
    return of("endpoint/scaled/variant/Other")


@step("application-autoscaling", MOTO)
def scaling_endpoint_comes_into_service(at, scaling):
    sagemaker = at.client("sagemaker")
    at.client("s3").put_object(Bucket=at.bucket, Key=KEY, Body=ARCHIVE.read_bytes())
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{at.bucket}/{KEY}"}
    sagemaker.create_model(ModelName="scaled", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    sagemaker.create_endpoint_config(EndpointConfigName="scaled", ProductionVariants=[variant("scaled")])
    sagemaker.create_endpoint(EndpointName="scaled", EndpointConfigName="scaled")
    said = at.settled("scaled")
    return {"status": said["EndpointStatus"], "why": said.get("FailureReason")}


@step("application-autoscaling", MOTO)
def scaling_describe_where_nothing_is_registered(at, scaling):
    return {
        "targets": scaling.describe_scalable_targets(ServiceNamespace=NAMESPACE)["ScalableTargets"],
        "policies": scaling.describe_scaling_policies(ServiceNamespace=NAMESPACE)["ScalingPolicies"],
        "schedules": scaling.describe_scheduled_actions(ServiceNamespace=NAMESPACE)["ScheduledActions"],
    }


@step("application-autoscaling", MOTO)
def scaling_register_a_variant_that_is_not_there(at, scaling):
    scaling.register_scalable_target(**of("endpoint/none/variant/AllTraffic"), MinCapacity=2, MaxCapacity=4)


@step("application-autoscaling", MOTO)
def scaling_register_without_bounds(at, scaling):
    scaling.register_scalable_target(**of())


@step("application-autoscaling", MOTO)
def scaling_register_with_bounds_the_wrong_way_round(at, scaling):
    scaling.register_scalable_target(**of(), MinCapacity=4, MaxCapacity=2)


@step("application-autoscaling", MOTO)
def scaling_register_a_dimension_that_is_none(at, scaling):
    scaling.register_scalable_target(**of() | {"ScalableDimension": "sagemaker:variant:None"}, MinCapacity=2, MaxCapacity=4)


@step("application-autoscaling", MOTO)
def scaling_register_in_a_namespace_that_is_none(at, scaling):
    scaling.register_scalable_target(**of() | {"ServiceNamespace": "none"}, MinCapacity=2, MaxCapacity=4)


def described(at, scaling, **more) -> list[dict]:
    names = ("ServiceNamespace", "ResourceId", "ScalableDimension", "MinCapacity", "MaxCapacity", "SuspendedState")
    said = scaling.describe_scalable_targets(ServiceNamespace=NAMESPACE, **more)["ScalableTargets"]
    return [{name: own.get(name) for name in names} for own in said]


@step("application-autoscaling", MOTO)
def scaling_register(at, scaling):
    arn = scaling.register_scalable_target(**of(), MinCapacity=2, MaxCapacity=4)["ScalableTargetARN"]
    return {"arn": arn.replace(at.account, "ACCOUNT").rpartition("/")[0]}


@step("application-autoscaling", MOTO)
def scaling_describe_what_is_registered(at, scaling):
    return {"targets": described(at, scaling, ResourceIds=[RESOURCE])}


@step("application-autoscaling", MOTO)
def scaling_acts_with_a_role_of_its_service(at, scaling):
    said = scaling.describe_scalable_targets(ServiceNamespace=NAMESPACE, ResourceIds=[RESOURCE])["ScalableTargets"]
    return {"role": said[0].get("RoleARN", "").replace(at.account, "ACCOUNT")}


@step("application-autoscaling", MOTO)
def scaling_register_again_with_one_bound_keeps_the_other(at, scaling):
    scaling.register_scalable_target(**of(), MaxCapacity=6)
    return {"targets": described(at, scaling, ResourceIds=[RESOURCE])}


@step("application-autoscaling", MOTO)
def scaling_describe_targets_that_are_not_registered(at, scaling):
    return {"targets": described(at, scaling, ResourceIds=[unregistered()["ResourceId"]])}


@step("application-autoscaling", MOTO)
def scaling_describe_targets_of_another_service(at, scaling):
    return {"targets": scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]}


def tracking(target: float) -> dict:
    metric = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    return {"TargetValue": target, "PredefinedMetricSpecification": metric, "ScaleInCooldown": 300, "ScaleOutCooldown": 60}


def without_id(at, arn: str) -> str:
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", arn.replace(at.account, "ACCOUNT"))


def put_policy(scaling, target=600.0, name="track", kind="TargetTrackingScaling", **resource) -> str:
    said = scaling.put_scaling_policy(
        **resource or of(), PolicyName=name, PolicyType=kind, TargetTrackingScalingPolicyConfiguration=tracking(target)
    )
    return said["PolicyARN"]


@step("application-autoscaling", MOTO)
def scaling_put_a_policy(at, scaling):
    at.kept["policy"] = put_policy(scaling)
    return {"arn": without_id(at, at.kept["policy"])}


@step("application-autoscaling", MOTO)
def scaling_put_the_policy_again_changes_it(at, scaling):
    return {"the_same": put_policy(scaling, 900.0) == at.kept["policy"]}


def policies(scaling, **more) -> list[dict]:
    names = ("PolicyName", "ResourceId", "ScalableDimension", "PolicyType", "TargetTrackingScalingPolicyConfiguration")
    said = scaling.describe_scaling_policies(ServiceNamespace=NAMESPACE, **more)["ScalingPolicies"]
    return [{name: own.get(name) for name in names} for own in said]


@step("application-autoscaling", MOTO)
def scaling_describe_the_policies(at, scaling):
    return {"policies": policies(scaling)}


@step("application-autoscaling", MOTO)
def scaling_describe_policies_by_name_and_resource(at, scaling):
    return {
        "resource": len(policies(scaling, ResourceId=RESOURCE)),
        "other_resource": len(policies(scaling, ResourceId=unregistered()["ResourceId"])),
        "name": len(policies(scaling, PolicyNames=["track"])),
        "other_name": len(policies(scaling, PolicyNames=["none"])),
    }


@step("application-autoscaling", MOTO)
def scaling_put_a_policy_of_what_is_not_registered(at, scaling):
    put_policy(scaling, **unregistered())


@step("application-autoscaling", MOTO)
def scaling_put_a_policy_of_a_type_that_is_none(at, scaling):
    put_policy(scaling, name="strange", kind="None")


def put_schedule(scaling, least: int, schedule="cron(0 2 * * ? *)", name="floor", **resource):
    scaling.put_scheduled_action(
        **resource or of(), ScheduledActionName=name, Schedule=schedule, Timezone="Europe/Dublin",
        ScalableTargetAction={"MinCapacity": least, "MaxCapacity": 6},
    )


@step("application-autoscaling", MOTO)
def scaling_put_a_schedule_and_change_it(at, scaling):
    put_schedule(scaling, 3)
    put_schedule(scaling, 4)
    names = ("ScheduledActionName", "ResourceId", "ScalableDimension", "Schedule", "Timezone", "ScalableTargetAction")
    said = scaling.describe_scheduled_actions(ServiceNamespace=NAMESPACE)["ScheduledActions"]
    arns = [without_id(at, own["ScheduledActionARN"]) for own in said]
    return {"schedules": [{name: own.get(name) for name in names} for own in said], "arns": arns}


@step("application-autoscaling", MOTO)
def scaling_describe_schedules_by_name_and_resource(at, scaling):
    def count(**more) -> int:
        return len(scaling.describe_scheduled_actions(ServiceNamespace=NAMESPACE, **more)["ScheduledActions"])

    return {
        "resource": count(ResourceId=RESOURCE), "other_resource": count(ResourceId=unregistered()["ResourceId"]),
        "name": count(ScheduledActionNames=["floor"]), "other_name": count(ScheduledActionNames=["none"]),
    }


@step("application-autoscaling", MOTO)
def scaling_put_a_schedule_of_what_is_not_registered(at, scaling):
    put_schedule(scaling, 3, **unregistered())


@step("application-autoscaling", MOTO)
def scaling_put_a_schedule_that_is_none(at, scaling):
    put_schedule(scaling, 3, schedule="at night", name="strange")


@step("application-autoscaling", MOTO)
def scaling_delete_a_schedule(at, scaling):
    scaling.delete_scheduled_action(**of(), ScheduledActionName="floor")
    own = {"ScheduledActionNames": ["floor"], "ResourceId": RESOURCE}
    return {"left": len(scaling.describe_scheduled_actions(ServiceNamespace=NAMESPACE, **own)["ScheduledActions"])}


@step("application-autoscaling", MOTO)
def scaling_delete_a_schedule_that_is_not_there(at, scaling):
    scaling.delete_scheduled_action(**of(), ScheduledActionName="none")


@step("application-autoscaling", MOTO)
def scaling_deregister_takes_everything_with_it(at, scaling):
    scaling.deregister_scalable_target(**of())
    return {"targets": described(at, scaling, ResourceIds=[RESOURCE]), "policies": len(policies(scaling, ResourceId=RESOURCE))}


@step("application-autoscaling", MOTO)
def scaling_deregister_what_is_not_registered(at, scaling):
    scaling.deregister_scalable_target(**of())
