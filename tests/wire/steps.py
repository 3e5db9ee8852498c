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


# --- STS ---


def role(at) -> str:
    return f"arn:aws:iam::{at.account}:role/meridian-fraud-lent-eu-west-1"


def lasting(at, sts, seconds: int) -> dict:
    said = sts.assume_role(RoleArn=role(at), RoleSessionName="promote.eu-west-1", DurationSeconds=seconds)
    lent, user = said["Credentials"], said["AssumedRoleUser"]
    return {
        "key": f"{lent['AccessKeyId'][:4]} and {len(lent['AccessKeyId']) - 4} more",
        "minutes": round((lent["Expiration"] - at.now()).total_seconds() / 60),
        "user": user["Arn"].split(":", 5)[5],
        "id": f"{user['AssumedRoleId'][:4]}:{user['AssumedRoleId'].split(':')[-1]}",
    }


@step("sts", BOTH)
def sts_a_role_for_an_hour(at, sts):
    return lasting(at, sts, 3600)


@step("sts", BOTH)
def sts_a_role_for_a_quarter_of_an_hour(at, sts):
    return lasting(at, sts, 900)


@step("sts", BOTH)
def sts_a_role_for_a_minute(at, sts):
    return lasting(at, sts, 60)


@step("sts", BOTH)
def sts_a_session_with_a_name_of_two_words(at, sts):
    sts.assume_role(RoleArn=role(at), RoleSessionName="two words")


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
