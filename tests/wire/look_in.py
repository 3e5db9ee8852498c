"""Looks into a served night with boto3, as README.md's "Looking into a night" says that anybody can.

usage: look_in.py FLEET

FLEET is the policy that the night lives by. The night is tokyo-dark, served, and stands still at 03:46: a minute later
Tokyo's control plane goes dark. Where it is, and with which keys it is asked, boto3 finds in the environment that the night
names when it opens. Prints what was looked at; an answer that is not as it should be ends it with a traceback.
"""

import base64
import hashlib
import json
import os
import sys
import tomllib
import urllib.request
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

FLEET = tomllib.loads(Path(sys.argv[1]).read_text())
POLICY = FLEET["fleet"]
NAME, ENDPOINT, HOME, TOKYO = POLICY["name"], POLICY["endpoint"], "eu-west-1", "ap-northeast-1"
BUCKETS = {region["name"]: region["bucket"] for region in FLEET["region"]}
NIGHT = datetime(2026, 11, 20, tzinfo=UTC)


@cache
def client(service: str, region: str = HOME):
    """Nothing but the service and the region: the rest is the environment's."""
    return boto3.client(service, region_name=region)


def refused(ask, **members) -> str:
    """The code of the error that a call must end with."""
    try:
        answer = ask(**members)
    except ClientError as error:
        said = error.response["Error"]
        # The answer to a HEAD has no body to say more in.
        assert said["Message"], said
        return said["Code"]
    raise AssertionError(f"it was answered: {answer}")


def at(hour: int, minute: int) -> datetime:
    return NIGHT + timedelta(hours=hour, minutes=minute)


def wait_until(moment: datetime):
    """Sleeps at the night's clock: the night goes on until then, and stands still again."""
    body = json.dumps({"until": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}).encode()
    with urllib.request.urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/_clock/outside/sleep", body) as answer:
        now = datetime.fromisoformat(json.load(answer)["now"])
    assert now == moment, (now, moment)


def endpoint(region: str) -> dict:
    return client("sagemaker", region).describe_endpoint(EndpointName=ENDPOINT)


def serves(region: str, version: str, status: str):
    said = endpoint(region)
    assert said["EndpointConfigName"].startswith(f"{ENDPOINT}-{version}-"), said
    assert said["EndpointStatus"] == status and said["LastModifiedTime"] <= at(3, 50), said
    assert said["ProductionVariants"][0]["CurrentInstanceCount"] >= 2, said


def both_regions_answer():
    serves(HOME, "v427", "InService")
    serves(TOKYO, "v426", "Updating")
    pending = endpoint(TOKYO)["PendingDeploymentSummary"]
    assert pending["EndpointConfigName"].startswith(f"{ENDPOINT}-v427-"), pending


def tokyos_control_plane_is_dark_and_nothing_else_is():
    serves(HOME, "v427", "InService")
    assert refused(client("sagemaker", TOKYO).describe_endpoint, EndpointName=ENDPOINT) == "ServiceUnavailable"
    # Endpoint, bucket and metrics of Tokyo do not know.
    assert scored(TOKYO) > 0 and ledger(TOKYO, TOKYO)
    assert invocations(TOKYO)


def scored(region: str) -> float:
    """A score for a payment with no feature known."""
    manifest, _ = newest_manifest(region)
    payload = ",".join("" for _ in manifest["features"])
    said = client("sagemaker-runtime", region).invoke_endpoint(EndpointName=ENDPOINT, ContentType="text/csv", Body=payload)
    assert said["InvokedProductionVariant"] == POLICY["variant"], said
    return float(said["Body"].read())


def listed(region: str, prefix: str, **paging) -> list[dict]:
    pages = client("s3", region).get_paginator("list_objects_v2").paginate(
        Bucket=BUCKETS[region], Prefix=prefix, PaginationConfig=paging
    )
    return [item for page in pages for item in page.get("Contents", [])]


def body(region: str, key: str) -> bytes:
    return client("s3", region).get_object(Bucket=BUCKETS[region], Key=key)["Body"].read()


def ledger(region: str, chain: str) -> list[dict]:
    """A chain's entries, each held against the one before."""
    keys = [item["Key"] for item in listed(region, f"ledger/{NAME}/{chain}/")]
    assert keys == [f"ledger/{NAME}/{chain}/{seq:020}.json" for seq in range(len(keys))], keys
    entries, before = [], None
    for seq, key in enumerate(keys):
        stored = body(region, key)
        entry = json.loads(stored)
        assert entry["seq"] == seq and (before is None or entry["prev"] == before), entry
        before = hashlib.sha256(stored).hexdigest()
        entries.append(entry)
    return entries


def the_ledger_can_be_read_and_its_chain_holds():
    hub = [entry["record"] for entry in ledger(HOME, "home")]
    assert {"wave_started", "evaluated", "approved", "lease_taken"} <= set(hub), hub
    confirmed = [entry for entry in ledger(HOME, HOME) if entry["record"] == "confirmed"]
    assert confirmed and confirmed[-1]["at"].startswith("2026-11-20T03:23"), confirmed
    # Tokyo is told to update at 03:45, and has proved nothing yet.
    tokyo = [entry["record"] for entry in ledger(TOKYO, TOKYO)]
    assert "update_intended" in tokyo and "canary_started" not in tokyo, tokyo
    prefix = f"ledger/{NAME}/home/"
    paged = [item["Key"] for item in listed(HOME, prefix, PageSize=3)]
    assert len(paged) > 3 and paged == [item["Key"] for item in listed(HOME, prefix)], paged


def newest_manifest(region: str) -> tuple[dict, str]:
    """The newest release's manifest, and its key."""
    objects = listed(region, "releases/manifests/")
    key = max(objects, key=lambda item: item["LastModified"])["Key"]
    return json.loads(body(region, key)), key


def the_releases_bytes_are_the_manifests_in_both_regions():
    manifest, key = newest_manifest(HOME)
    assert (manifest["version"], manifest["fleet"]) == ("v427", NAME), manifest
    assert newest_manifest(TOKYO) == (manifest, key)
    archive = manifest["archive"]
    wanted = base64.b64encode(bytes.fromhex(archive["sha256"])).decode()
    for region in (HOME, TOKYO):
        s3, where = client("s3", region), {"Bucket": BUCKETS[region], "Key": archive["key"]}
        head = s3.head_object(**where, ChecksumMode="ENABLED")
        assert (head["ContentLength"], head["ChecksumSHA256"]) == (archive["bytes"], wanted), head
        assert head["ReplicationStatus"] == ("COMPLETED" if region == HOME else "REPLICA"), head
        # boto3 reckons the checksum of what it reads, and fails where it is another.
        got = s3.get_object(**where, ChecksumMode="ENABLED")
        assert hashlib.sha256(got["Body"].read()).hexdigest() == archive["sha256"]
        assert (got["ETag"], got["VersionId"]) == (head["ETag"], head["VersionId"])
        assert "ChecksumSHA256" not in s3.head_object(**where)


def invocations(region: str) -> list[float]:
    """Of the ten minutes before 03:40, each."""
    dimensions = [{"Name": "EndpointName", "Value": ENDPOINT}, {"Name": "VariantName", "Value": POLICY["variant"]}]
    metric = {"Namespace": "AWS/SageMaker", "MetricName": "Invocations", "Dimensions": dimensions}
    query = {"Id": "served", "Label": "served", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    said = client("cloudwatch", region).get_metric_data(
        MetricDataQueries=[query], StartTime=at(3, 30), EndTime=at(3, 40), ScanBy="TimestampAscending"
    )
    own = said["MetricDataResults"][0]
    assert own["StatusCode"] == "Complete", own
    assert own["Timestamps"] == [at(3, 30 + minute) for minute in range(10)], own
    return own["Values"]


def cloudwatch_counts_the_customers_of_each_region():
    dublin, tokyo = invocations(HOME), invocations(TOKYO)
    # Four in the morning, and one in the afternoon.
    peaks = {region["name"]: 60 * region["peak_rps"] for region in FLEET["region"]}
    assert all(0.15 < count / peaks[HOME] < 0.35 for count in dublin), dublin
    assert all(0.9 < count / peaks[TOKYO] < 1.1 for count in tokyo), tokyo
    said = client("cloudwatch", TOKYO).describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    states = {own["AlarmName"]: own["StateValue"] for own in said["MetricAlarms"] + said["CompositeAlarms"]}
    assert states[f"{NAME}-heartbeat"] in ("OK", "INSUFFICIENT_DATA") and "ALARM" not in states.values(), states


def topic_pipeline_and_registry_can_be_read():
    topic = f"arn:aws:sns:{HOME}:{POLICY['account']}:meridian-{NAME}-oncall"
    attributes = client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    assert (attributes["TopicArn"], attributes["Owner"]) == (topic, POLICY["account"]), attributes
    said = client("codepipeline").get_pipeline(name=POLICY["pipeline"])["pipeline"]
    actions = [action["name"] for stage in said["stages"] for action in stage["actions"]]
    promotions = [f"Promote-{region['title']}" for region in FLEET["region"]]
    assert actions[-1] == "Verify-Fleet" and [own for own in actions if own in promotions] == promotions, actions
    assert said["executionMode"] == "QUEUED", said
    packages = client("sagemaker").list_model_packages(ModelPackageGroupName=NAME)["ModelPackageSummaryList"]
    assert packages[0]["ModelApprovalStatus"] == "Approved", packages
    package = client("sagemaker").describe_model_package(ModelPackageName=packages[0]["ModelPackageArn"])
    assert package["ModelPackageVersion"] == packages[0]["ModelPackageVersion"], package
    floors = client("application-autoscaling").describe_scheduled_actions(ServiceNamespace="sagemaker")["ScheduledActions"]
    assert {own["Timezone"] for own in floors} == {"Europe/Dublin"} and len(floors) == 2, floors


def an_error_has_the_code_that_aws_gives_it():
    s3, sagemaker = client("s3"), client("sagemaker")
    none = {"Bucket": BUCKETS[HOME], "Key": "releases/none"}
    assert refused(s3.get_object, **none) == "NoSuchKey"
    assert refused(s3.head_object, **none) == "404"
    assert refused(s3.list_objects_v2, Bucket="fraud-models-nowhere") == "NoSuchBucket"
    # boto3 makes classes of the codes that a service's model declares.
    try:
        s3.get_object(**none)
    except s3.exceptions.NoSuchKey as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 404, error.response
    assert refused(sagemaker.describe_endpoint, EndpointName="none") == "ValidationException"
    assert refused(client("sns").get_topic_attributes, TopicArn=f"arn:aws:sns:{HOME}:{POLICY['account']}:none") == "NotFound"
    assert refused(client("codepipeline").get_pipeline, name="none") == "PipelineNotFoundException"
    # A region that is not the fleet's, and a service that the world does not open, say so.
    assert refused(client("sagemaker", "us-east-1").describe_endpoint, EndpointName=ENDPOINT) == "UnrecognizedClientException"
    assert refused(client("events").list_rules) == "UnknownOperationException"


def main():
    looks = [
        both_regions_answer, the_ledger_can_be_read_and_its_chain_holds, the_releases_bytes_are_the_manifests_in_both_regions,
        cloudwatch_counts_the_customers_of_each_region, topic_pipeline_and_registry_can_be_read,
        an_error_has_the_code_that_aws_gives_it,
    ]
    # As long as it stands still, and again at each minute of the dark.
    for moment, look in [(at(3, 46), look) for look in looks] + [
        (at(3, minute), tokyos_control_plane_is_dark_and_nothing_else_is) for minute in (47, 48)
    ]:
        wait_until(moment)
        look()
        print(f"{moment:%H:%M}  {look.__name__.replace('_', ' ')}")
    print(f"boto3 {boto3.__version__}: {len(looks) + 2} looks")


if __name__ == "__main__":
    main()
