"""The same calls for every server, and what of each answer is compared.

A step asks one thing and returns what must be the same everywhere; an error is compared by its code and status. What
differs by nature is left out: request ids, times, version ids, ETags, and the words of a message.
"""

import base64
import datetime
import hashlib
from dataclasses import dataclass
from typing import Callable

from botocore.exceptions import ClientError

MODEL = "fraud-v427"
ROLE = "arn:aws:iam::111122223333:role/meridian-fraud-endpoint"
IMAGE = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5"
BODY = b"the bytes of a model"
NAMESPACE = "Meridian/compare"


@dataclass
class Step:
    """One question to every server."""

    name: str
    service: str
    emulators: tuple
    ask: Callable

    def answer(self, server) -> dict:
        """What a server says, as far as it is compared."""
        try:
            said = self.ask(server, server.client(self.service))
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            return {"error": error.response["Error"]["Code"], "status": status}
        return said if isinstance(said, dict) else {"ok": said if said is not None else True}


STEPS: list[Step] = []
BOTH, MOTO, MINISTACK = ("ministack", "moto"), ("moto",), ("ministack",)


def step(service: str, emulators: tuple):
    """Makes a function a step; its name says what it asks."""

    def made(ask):
        STEPS.append(Step(ask.__name__, service, emulators, ask))
        return ask

    return made


def sha256(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


# --- S3: conditional writes, checksums, versions, listings ---


@step("s3", BOTH)
def s3_put_if_none_match_of_a_new_key(at, s3):
    said = s3.put_object(Bucket=at.bucket, Key="ledger/1", Body=BODY, IfNoneMatch="*")
    at.kept["etag"], at.kept["version"] = said["ETag"], said["VersionId"]
    return {"etag_is_quoted": said["ETag"].startswith('"'), "has_a_version": bool(said["VersionId"])}


@step("s3", BOTH)
def s3_put_if_none_match_of_a_key_that_is_there(at, s3):
    s3.put_object(Bucket=at.bucket, Key="ledger/1", Body=b"other", IfNoneMatch="*")


@step("s3", BOTH)
def s3_put_if_match_of_another_etag(at, s3):
    s3.put_object(Bucket=at.bucket, Key="ledger/1", Body=b"other", IfMatch='"0123456789abcdef0123456789abcdef"')


@step("s3", BOTH)
def s3_put_if_match_of_a_key_that_is_not_there(at, s3):
    s3.put_object(Bucket=at.bucket, Key="ledger/none", Body=b"other", IfMatch='"0123456789abcdef0123456789abcdef"')


@step("s3", BOTH)
def s3_put_if_match_of_the_etag(at, s3):
    said = s3.put_object(Bucket=at.bucket, Key="ledger/1", Body=b"second", IfMatch=at.kept["etag"])
    return {"another_etag": said["ETag"] != at.kept["etag"], "another_version": said["VersionId"] != at.kept["version"]}


@step("s3", BOTH)
def s3_get_the_first_version_again(at, s3):
    said = s3.get_object(Bucket=at.bucket, Key="ledger/1", VersionId=at.kept["version"])
    return {"body": said["Body"].read().decode(), "etag_is_its_own": said["ETag"] == at.kept["etag"]}


@step("s3", BOTH)
def s3_get_the_current_version(at, s3):
    said = s3.get_object(Bucket=at.bucket, Key="ledger/1")
    return {"body": said["Body"].read().decode(), "length": said["ContentLength"]}


@step("s3", BOTH)
def s3_put_with_the_right_sha256(at, s3):
    said = s3.put_object(Bucket=at.bucket, Key="releases/a", Body=BODY, ChecksumSHA256=sha256(BODY))
    return {"sha256": said.get("ChecksumSHA256"), "type": said.get("ChecksumType")}


@step("s3", BOTH)
def s3_put_with_a_wrong_sha256(at, s3):
    s3.put_object(Bucket=at.bucket, Key="releases/b", Body=BODY, ChecksumSHA256=sha256(b"other"))


@step("s3", BOTH)
def s3_put_with_a_sha256_that_is_none(at, s3):
    s3.put_object(Bucket=at.bucket, Key="releases/b", Body=BODY, ChecksumSHA256="bm9uZQ==")


@step("s3", BOTH)
def s3_head_with_checksums(at, s3):
    said = s3.head_object(Bucket=at.bucket, Key="releases/a", ChecksumMode="ENABLED")
    return {"sha256": said.get("ChecksumSHA256"), "type": said.get("ChecksumType"), "length": said["ContentLength"]}


@step("s3", BOTH)
def s3_head_without_asking_for_checksums(at, s3):
    said = s3.head_object(Bucket=at.bucket, Key="releases/a")
    return {"sha256": said.get("ChecksumSHA256"), "type": said.get("ChecksumType")}


@step("s3", BOTH)
def s3_get_a_key_that_is_not_there(at, s3):
    s3.get_object(Bucket=at.bucket, Key="releases/none")


@step("s3", BOTH)
def s3_head_a_key_that_is_not_there(at, s3):
    s3.head_object(Bucket=at.bucket, Key="releases/none")


@step("s3", BOTH)
def s3_get_from_a_bucket_that_is_not_there(at, s3):
    s3.get_object(Bucket="fraud-models-nowhere", Key="a")


@step("s3", BOTH)
def s3_put_under_a_key_that_is_too_long(at, s3):
    s3.put_object(Bucket=at.bucket, Key="k" * 1025, Body=BODY)


@step("s3", BOTH)
def s3_list_in_the_order_of_bytes(at, s3):
    for key in ("list/b", "list/B", "list/a/1", "list/a", "list/é", "list/a-"):
        s3.put_object(Bucket=at.bucket, Key=key, Body=b"1")
    said = s3.list_objects_v2(Bucket=at.bucket, Prefix="list/")
    return {"keys": [own["Key"] for own in said["Contents"]], "count": said["KeyCount"], "more": said["IsTruncated"]}


@step("s3", BOTH)
def s3_list_in_pages(at, s3):
    keys, token = [], {}
    while True:
        said = s3.list_objects_v2(Bucket=at.bucket, Prefix="list/", MaxKeys=4, **token)
        keys.append([own["Key"] for own in said.get("Contents", [])])
        if not said["IsTruncated"]:
            return {"pages": keys}
        token = {"ContinuationToken": said["NextContinuationToken"]}


@step("s3", BOTH)
def s3_list_after_a_key(at, s3):
    said = s3.list_objects_v2(Bucket=at.bucket, Prefix="list/", StartAfter="list/a-")
    return {"keys": [own["Key"] for own in said["Contents"]], "start_after": said.get("StartAfter")}


@step("s3", BOTH)
def s3_list_nothing(at, s3):
    said = s3.list_objects_v2(Bucket=at.bucket, Prefix="none/")
    return {"contents": said.get("Contents"), "count": said["KeyCount"], "max": said["MaxKeys"]}


# --- SNS ---


@step("sns", BOTH)
def sns_publish(at, sns):
    return {"id_length": len(sns.publish(TopicArn=at.topic, Subject="JP is deferred", Message="why")["MessageId"])}


@step("sns", BOTH)
def sns_publish_to_a_topic_that_is_not_there(at, sns):
    sns.publish(TopicArn=at.topic + "-none", Message="why")


@step("sns", BOTH)
def sns_publish_with_a_subject_of_101_characters(at, sns):
    sns.publish(TopicArn=at.topic, Subject="s" * 101, Message="why")


@step("sns", BOTH)
def sns_publish_with_a_subject_of_two_lines(at, sns):
    sns.publish(TopicArn=at.topic, Subject="one\ntwo", Message="why")


@step("sns", BOTH)
def sns_publish_nothing(at, sns):
    sns.publish(TopicArn=at.topic, Message="")


@step("sns", BOTH)
def sns_publish_more_than_256_kb(at, sns):
    sns.publish(TopicArn=at.topic, Message="m" * (256 * 1024 + 1))


# --- CloudWatch: statistics, and alarms ---


def period(at) -> datetime.datetime:
    """A whole minute that is over, the same for all steps of a server."""
    return at.kept.setdefault("minute", at.now().replace(second=0, microsecond=0) - datetime.timedelta(minutes=10))


def ask(at, cloudwatch, stat: str, name="Latency", minutes=3):
    start = period(at)
    stat = {"Metric": {"Namespace": NAMESPACE, "MetricName": name, "Dimensions": []}, "Period": 60, "Stat": stat}
    said = cloudwatch.get_metric_data(
        MetricDataQueries=[{"Id": "q", "MetricStat": stat}], StartTime=start,
        EndTime=start + datetime.timedelta(minutes=minutes), ScanBy="TimestampAscending",
    )
    result = said["MetricDataResults"][0]
    minutes = [round((own - start).total_seconds() / 60) for own in result["Timestamps"]]
    return {"minutes": minutes, "values": [round(value, 6) for value in result["Values"]]}


@step("cloudwatch", BOTH)
def cloudwatch_put_values_with_counts(at, cloudwatch):
    start = period(at)
    data = [
        {"MetricName": "Latency", "Timestamp": start, "Values": [10.0, 20.0, 30.0], "Counts": [90.0, 9.0, 1.0]},
        {"MetricName": "Latency", "Timestamp": start + datetime.timedelta(minutes=2), "Value": 5.0},
    ]
    said = cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)
    return {"status": said["ResponseMetadata"]["HTTPStatusCode"]}


for _stat in ("Sum", "SampleCount", "Average", "Minimum", "Maximum", "p99", "TC(15:)", "PR(:15)"):
    def _of_statistic(at, cloudwatch, stat=_stat):
        return ask(at, cloudwatch, stat)

    _of_statistic.__name__ = f"cloudwatch_statistic_{_stat}"
    step("cloudwatch", BOTH)(_of_statistic)


@step("cloudwatch", BOTH)
def cloudwatch_statistic_of_a_metric_that_is_not_there(at, cloudwatch):
    return ask(at, cloudwatch, "Sum", name="None")


@step("cloudwatch", BOTH)
def cloudwatch_put_into_a_namespace_of_aws(at, cloudwatch):
    cloudwatch.put_metric_data(Namespace="AWS/SageMaker", MetricData=[{"MetricName": "Invocations", "Value": 1.0}])


@step("cloudwatch", BOTH)
def cloudwatch_put_a_datum_without_a_value(at, cloudwatch):
    cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=[{"MetricName": "Nothing"}])


def alarm(name: str, **other) -> dict:
    return {
        "AlarmName": name, "Namespace": NAMESPACE, "MetricName": "Latency", "Period": 60, "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2, "Threshold": 20.0, "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    } | other


@step("cloudwatch", BOTH)
def cloudwatch_put_an_alarm_of_a_percentile(at, cloudwatch):
    cloudwatch.put_metric_alarm(**alarm("p99", ExtendedStatistic="p99", EvaluateLowSampleCountPercentile="ignore"))
    said = cloudwatch.describe_alarms(AlarmNames=["p99"])["MetricAlarms"][0]
    names = (
        "MetricName", "Namespace", "ExtendedStatistic", "Statistic", "Period", "EvaluationPeriods", "DatapointsToAlarm",
        "Threshold", "ComparisonOperator", "TreatMissingData", "EvaluateLowSampleCountPercentile", "ActionsEnabled",
    )
    return {name: said.get(name) for name in names}


@step("cloudwatch", BOTH)
def cloudwatch_an_alarm_that_is_new_has_no_data(at, cloudwatch):
    cloudwatch.put_metric_alarm(**alarm("new", MetricName="Unheard", Statistic="Sum", TreatMissingData="missing"))
    return {"state": cloudwatch.describe_alarms(AlarmNames=["new"])["MetricAlarms"][0]["StateValue"]}


@step("cloudwatch", BOTH)
def cloudwatch_alarms_that_are_not_there_are_left_out(at, cloudwatch):
    said = cloudwatch.describe_alarms(AlarmNames=["new", "none"], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return {"metric": [own["AlarmName"] for own in said["MetricAlarms"]], "composite": said["CompositeAlarms"]}


@step("cloudwatch", BOTH)
def cloudwatch_an_alarm_of_two_statistics(at, cloudwatch):
    cloudwatch.put_metric_alarm(**alarm("two", Statistic="Sum", ExtendedStatistic="p99"))


@step("cloudwatch", BOTH)
def cloudwatch_an_alarm_with_a_period_of_15_seconds(at, cloudwatch):
    cloudwatch.put_metric_alarm(**alarm("odd", Statistic="Sum", Period=15))


@step("cloudwatch", BOTH)
def cloudwatch_an_alarm_with_a_strange_operator(at, cloudwatch):
    cloudwatch.put_metric_alarm(**alarm("strange", Statistic="Sum", ComparisonOperator="Above"))


# --- SageMaker: models, configurations, endpoints, and the registry; of the emulators only moto has it ---


@step("sagemaker", MOTO)
def sagemaker_create_a_model(at, sagemaker):
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{at.bucket}/releases/a", "Environment": {"A": "1"}}
    said = sagemaker.create_model(ModelName=MODEL, PrimaryContainer=container, ExecutionRoleArn=ROLE)
    return {"arn": said["ModelArn"].replace(at.account, "ACCOUNT")}


@step("sagemaker", MOTO)
def sagemaker_create_the_model_again(at, sagemaker):
    sagemaker.create_model(ModelName=MODEL, PrimaryContainer={"Image": IMAGE}, ExecutionRoleArn=ROLE)


@step("sagemaker", MOTO)
def sagemaker_describe_the_model(at, sagemaker):
    said = sagemaker.describe_model(ModelName=MODEL)
    container = {name: said["PrimaryContainer"].get(name) for name in ("Image", "ModelDataUrl", "Environment")}
    return container | {"role": said["ExecutionRoleArn"]}


@step("sagemaker", MOTO)
def sagemaker_describe_a_model_that_is_not_there(at, sagemaker):
    sagemaker.describe_model(ModelName="none")


def variant(model: str) -> dict:
    return {
        "VariantName": "AllTraffic", "ModelName": model, "InitialInstanceCount": 2, "InstanceType": "ml.m5.xlarge",
        "InitialVariantWeight": 1.0,
    }


@step("sagemaker", MOTO)
def sagemaker_create_a_configuration(at, sagemaker):
    said = sagemaker.create_endpoint_config(EndpointConfigName=MODEL, ProductionVariants=[variant(MODEL)])
    return {"arn": said["EndpointConfigArn"].replace(at.account, "ACCOUNT")}


@step("sagemaker", MOTO)
def sagemaker_create_the_configuration_again(at, sagemaker):
    sagemaker.create_endpoint_config(EndpointConfigName=MODEL, ProductionVariants=[variant(MODEL)])


@step("sagemaker", MOTO)
def sagemaker_create_a_configuration_of_a_model_that_is_not_there(at, sagemaker):
    sagemaker.create_endpoint_config(EndpointConfigName="other", ProductionVariants=[variant("none")])


@step("sagemaker", MOTO)
def sagemaker_create_a_configuration_with_a_name_of_64_characters(at, sagemaker):
    sagemaker.create_endpoint_config(EndpointConfigName="n" * 64, ProductionVariants=[variant(MODEL)])


@step("sagemaker", MOTO)
def sagemaker_describe_the_configuration(at, sagemaker):
    said = sagemaker.describe_endpoint_config(EndpointConfigName=MODEL)["ProductionVariants"][0]
    return {name: said.get(name) for name in variant(MODEL)}


@step("sagemaker", MOTO)
def sagemaker_describe_a_configuration_that_is_not_there(at, sagemaker):
    sagemaker.describe_endpoint_config(EndpointConfigName="none")


@step("sagemaker", MOTO)
def sagemaker_create_an_endpoint(at, sagemaker):
    said = sagemaker.create_endpoint(EndpointName="compared", EndpointConfigName=MODEL)
    return {"arn": said["EndpointArn"].replace(at.account, "ACCOUNT")}


@step("sagemaker", MOTO)
def sagemaker_describe_the_new_endpoint(at, sagemaker):
    said = sagemaker.describe_endpoint(EndpointName="compared")
    return {"status": said["EndpointStatus"], "config": said["EndpointConfigName"]}


@step("sagemaker", MOTO)
def sagemaker_create_the_endpoint_again(at, sagemaker):
    sagemaker.create_endpoint(EndpointName="compared", EndpointConfigName=MODEL)


@step("sagemaker", MOTO)
def sagemaker_create_an_endpoint_of_a_configuration_that_is_not_there(at, sagemaker):
    sagemaker.create_endpoint(EndpointName="other", EndpointConfigName="none")


@step("sagemaker", MOTO)
def sagemaker_update_an_endpoint_that_is_being_created(at, sagemaker):
    sagemaker.update_endpoint(EndpointName="compared", EndpointConfigName=MODEL)


@step("sagemaker", MOTO)
def sagemaker_describe_an_endpoint_that_is_not_there(at, sagemaker):
    sagemaker.describe_endpoint(EndpointName="none")


def package(at, number: int) -> dict:
    container = {"Image": IMAGE, "ImageDigest": "sha256:" + "e" * 64, "ModelDataUrl": f"s3://{at.bucket}/releases/a"}
    served = {"Containers": [container], "SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"]}
    return {
        "ModelPackageGroupName": at.group, "ModelPackageDescription": f"v{number}", "InferenceSpecification": served,
        "ModelApprovalStatus": "PendingManualApproval", "ClientToken": f"token-{number}",
        "CustomerMetadataProperties": {"version": f"v{number}"},
    }


@step("sagemaker", MOTO)
def sagemaker_create_two_package_versions(at, sagemaker):
    arns = [sagemaker.create_model_package(**package(at, number))["ModelPackageArn"] for number in (426, 427)]
    at.kept["packages"] = arns
    return {"arns": [arn.replace(at.account, "ACCOUNT") for arn in arns]}


@step("sagemaker", MOTO)
def sagemaker_create_a_package_version_with_a_token_again(at, sagemaker):
    again = sagemaker.create_model_package(**package(at, 427))["ModelPackageArn"]
    return {"the_same": again == at.kept["packages"][1]}


@step("sagemaker", MOTO)
def sagemaker_create_a_package_version_in_no_group(at, sagemaker):
    sagemaker.create_model_package(**package(at, 428) | {"ModelPackageGroupName": "none"})


@step("sagemaker", MOTO)
def sagemaker_describe_a_package_version(at, sagemaker):
    said = sagemaker.describe_model_package(ModelPackageName=at.kept["packages"][1])
    names = (
        "ModelPackageGroupName", "ModelPackageVersion", "ModelPackageDescription", "ModelPackageStatus",
        "ModelApprovalStatus", "ModelPackageName", "CustomerMetadataProperties",
    )
    return {name: said.get(name) for name in names}


@step("sagemaker", MOTO)
def sagemaker_approve_a_package_version(at, sagemaker):
    arn = at.kept["packages"][0]
    sagemaker.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="as good as v425",
        CustomerMetadataProperties={"auc": "0.91"},
    )
    said = sagemaker.describe_model_package(ModelPackageName=arn)
    return {name: said.get(name) for name in ("ModelApprovalStatus", "ApprovalDescription", "CustomerMetadataProperties")}


@step("sagemaker", MOTO)
def sagemaker_list_package_versions(at, sagemaker):
    said = sagemaker.list_model_packages(ModelPackageGroupName=at.group)["ModelPackageSummaryList"]
    return {"versions": [own["ModelPackageVersion"] for own in said]}


@step("sagemaker", MOTO)
def sagemaker_list_approved_package_versions(at, sagemaker):
    said = sagemaker.list_model_packages(ModelPackageGroupName=at.group, ModelApprovalStatus="Approved")
    return {"versions": [own["ModelPackageVersion"] for own in said["ModelPackageSummaryList"]]}


@step("sagemaker", MOTO)
def sagemaker_describe_a_package_version_that_is_not_there(at, sagemaker):
    sagemaker.describe_model_package(ModelPackageName=at.kept["packages"][0][:-1] + "99")


# --- CodePipeline; moto knows pipelines, and neither executions nor jobs ---


@step("codepipeline", MOTO)
def codepipeline_start_a_pipeline_that_is_not_there(at, codepipeline):
    codepipeline.start_pipeline_execution(name="none")


@step("codepipeline", MOTO)
def codepipeline_answer_a_job_that_is_not_there(at, codepipeline):
    codepipeline.put_job_success_result(jobId="11111111-2222-4333-8444-555555555555")
