"""Looks into a served night with boto3 and the AWS CLI, as "Looking into a night" of docs/local-world.md says that anybody can.

usage: look_in.py FLEET

FLEET is the night's policy. The night is tokyo-dark, served, and stands still at 03:46: a minute later
Tokyo's control plane goes dark. Where it is, and with which keys it is asked, boto3 finds in the environment that the night
names when it opens. The CLI's commands are that page's own, read out of it. Prints what was looked at; an answer that is not
as it should be ends it with a traceback.
"""

import base64
import hashlib
import json
import os
import shlex
import subprocess
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
PAGE = Path(__file__).parents[2] / "docs/local-world.md"
# Beside the Python that runs this.
AWS = Path(sys.executable).with_name("aws")


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
    asked = urllib.request.Request(f"{os.environ['AWS_ENDPOINT_URL']}/_clock/outside/sleep", body, {"content-type": "application/json"})
    with urllib.request.urlopen(asked) as answer:
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
    prefix = f"ledger/{NAME}/{chain}/"
    # Below `copies/` is what this region keeps of its neighbours' chains, which are no entries of its own.
    keys = [item["Key"] for item in listed(region, prefix) if not item["Key"].startswith(f"{prefix}copies/")]
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
    assert confirmed and confirmed[-1]["at"].startswith("2026-11-20T03:18"), confirmed
    # Tokyo is told to update at 03:43, and has proved nothing yet.
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


def the_rules_of_a_bus_and_what_they_take_can_be_read():
    events = client("events", TOKYO)
    rules = {own["Name"]: own for own in events.list_rules()["Rules"]}
    manifest = rules[f"meridian-{NAME}-replication-manifest"]["EventPattern"]
    event = {
        "id": "1", "detail-type": "Object Created", "source": "aws.s3", "account": POLICY["account"], "region": TOKYO,
        "time": "2026-11-20T03:46:00Z", "resources": [f"arn:aws:s3:::{BUCKETS[TOKYO]}"],
        "detail": {"bucket": {"name": BUCKETS[TOKYO]}, "object": {"key": "releases/manifests/1.json"}},
    }
    assert events.test_event_pattern(EventPattern=manifest, Event=json.dumps(event))["Result"], manifest
    event["detail"]["object"]["key"] = "ledger/1.json"
    assert not events.test_event_pattern(EventPattern=manifest, Event=json.dumps(event))["Result"], manifest
    sweep = events.describe_rule(Name=f"meridian-{NAME}-rollback-sweep")
    assert (sweep["ScheduleExpression"], sweep["State"]) == ("rate(5 minutes)", "ENABLED"), sweep
    called = events.list_targets_by_rule(Rule=sweep["Name"])["Targets"]
    assert [own["Arn"].rpartition(":")[2] for own in called] == [f"meridian-{NAME}-rollback"], called
    assert refused(events.describe_rule, Name="none") == "ResourceNotFoundException"


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
    assert refused(client("athena").list_data_catalogs) == "UnknownOperationException"


@cache
def typed() -> list[list[str]]:
    """The lines that the page gives to type for looking into a night, each in its words."""
    section = PAGE.read_text().split("\n## Looking into a night\n")[1].split("\n## ")[0]
    blocks = [rest.split("```")[0] for rest in section.split("```sh\n")[1:]]
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [shlex.split(line) for line in lines if line.strip()]


def option(line: list[str], name: str) -> str:
    return line[line.index(name) + 1]


def what_the_page_exports_is_what_the_night_names():
    serve = next(line for line in typed() if "--serve" in line)
    assert (option(serve, "--scenario"), option(serve, "--at")) == ("tokyo-dark", "03:47"), serve
    exported = dict(word.split("=", 1) for line in typed() if line[0] == "export" for word in line[1:])
    assert exported["AWS_ENDPOINT_URL"] == f"http://127.0.0.1:{option(serve, '--port')}", exported
    # All but the port, which is any that was free.
    exported["AWS_ENDPOINT_URL"] = os.environ["AWS_ENDPOINT_URL"]
    assert exported == {name: os.environ.get(name) for name in exported}, exported


def aws(words: list[str]) -> subprocess.CompletedProcess:
    """A command of the AWS CLI, which asks nobody but the night."""
    own = os.environ | {"AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": ""}
    return subprocess.run([AWS, *words], env=own, capture_output=True, text=True, timeout=120)


def the_pages_commands(dark: bool):
    """Each as the page has it; in the dark Tokyo's must fail, and the others must not."""
    asked = set()
    for program, *words in typed():
        if program != "aws":
            continue
        region, done = option(words, "--region"), aws(words)
        kind = tuple(words[:2])
        asked.add((*kind, region))
        if dark and region == TOKYO:
            assert done.returncode != 0 and "(ServiceUnavailable)" in done.stderr, (words, done)
            continue
        assert done.returncode == 0, (words, done)
        if kind == ("sagemaker", "describe-endpoint"):
            said = json.loads(done.stdout)
            version, status = ("v427", "InService") if region == HOME else ("v426", "Updating")
            assert (said["EndpointName"], said["EndpointStatus"]) == (ENDPOINT, status), said
            assert said["EndpointConfigName"].startswith(f"{ENDPOINT}-{version}-"), said
        else:
            assert kind == ("s3", "ls"), f"{PAGE} has a new command, and nothing here knows its answer: {words}"
            # Day, time, size and key of each object.
            objects = [tuple(line.split(maxsplit=3)[2:]) for line in done.stdout.splitlines()]
            there = [(str(item["Size"]), item["Key"]) for item in listed(HOME, f"ledger/{NAME}/home/")]
            assert objects == there and len(objects) > 3, (objects, there)
    looks = {("sagemaker", "describe-endpoint", HOME), ("sagemaker", "describe-endpoint", TOKYO), ("s3", "ls", HOME)}
    assert asked == looks, f"{PAGE} says {asked}"


def the_pages_commands_are_answered():
    the_pages_commands(dark=False)


def the_pages_commands_end_as_it_says():
    the_pages_commands(dark=True)


def main():
    looks = [
        both_regions_answer, the_ledger_can_be_read_and_its_chain_holds, the_releases_bytes_are_the_manifests_in_both_regions,
        cloudwatch_counts_the_customers_of_each_region, topic_pipeline_and_registry_can_be_read,
        the_rules_of_a_bus_and_what_they_take_can_be_read,
        an_error_has_the_code_that_aws_gives_it, what_the_page_exports_is_what_the_night_names, the_pages_commands_are_answered,
    ]
    # As long as it stands still, and again at each minute of the dark. The page's night stands still at 03:47.
    dark = tokyos_control_plane_is_dark_and_nothing_else_is
    moments = [(at(3, 46), look) for look in looks]
    moments += [(at(3, 47), dark), (at(3, 47), the_pages_commands_end_as_it_says), (at(3, 48), dark)]
    for moment, look in moments:
        wait_until(moment)
        look()
        print(f"{moment:%H:%M}  {look.__name__.replace('_', ' ')}")
    version = aws(["--version"]).stdout.split()[0]
    print(f"boto3 {boto3.__version__}, {version}: {len(moments)} looks")


if __name__ == "__main__":
    main()
