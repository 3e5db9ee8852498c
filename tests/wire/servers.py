"""The servers that are compared: the local world's door, and public emulators, each a process of its own on the loopback
interface, in the same state before the first step: one versioned bucket, one topic, one package group."""

import datetime
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import boto3
from botocore.config import Config

REGION = "eu-west-1"
# Seconds until a server must listen.
PATIENCE = 60


class Server:
    """One server, as its clients see it."""

    def __init__(self, name: str, endpoint: str, place: dict):
        self.name, self.endpoint, self.clock = name, endpoint, place.get("clock")
        self.account = place.get("account", "000000000000")
        self.bucket = place.get("buckets", {}).get(REGION, "fraud-models-eu")
        self.topic = place.get("topic")
        self.group = place.get("package_group", "fraud")
        self.pipeline = place.get("pipeline", "fraud-promotion")
        # What steps hand on to later ones.
        self.kept: dict = {}
        self.client = cache(self._client)

    def _client(self, service: str):
        settings = Config(
            retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=30,
            parameter_validation=False,
        )
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name=REGION, config=settings,
            aws_access_key_id="000000000000", aws_secret_access_key="not-a-secret",
        )

    def now(self) -> datetime.datetime:
        """The server's present."""
        if self.clock is None:
            return datetime.datetime.now(datetime.UTC)
        with urllib.request.urlopen(self.clock) as answer:
            return datetime.datetime.fromisoformat(json.load(answer)["now"].replace("Z", "+00:00"))

    def made(self) -> dict:
        """What the template has made in the world, as its door says it."""
        events, cloudwatch = self.client("events"), self.client("cloudwatch")
        rules = events.list_rules()["Rules"]
        alarms = cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        return {
            "rules": [rule | {"targets": events.list_targets_by_rule(Rule=rule["Name"])["Targets"]} for rule in rules],
            "metric": alarms["MetricAlarms"],
            "composite": alarms["CompositeAlarms"],
            "pipeline": self.client("codepipeline").get_pipeline(name=self.pipeline)["pipeline"],
        }

    def make(self, made: dict):
        """The same in an emulator, where it knows such things."""
        events, cloudwatch = self.client("events"), self.client("cloudwatch")
        for rule in made["rules"]:
            kept = ("Name", "EventPattern", "ScheduleExpression", "Description", "State")
            events.put_rule(**{name: rule[name] for name in kept if name in rule})
            events.put_targets(Rule=rule["Name"], Targets=rule["targets"])
        if self.name == "moto":
            self._make_pipeline(made["pipeline"])
            return
        state = ("StateValue", "StateReason", "StateReasonData", "StateUpdatedTimestamp", "StateTransitionedTimestamp")
        answered = ("AlarmArn", *state)
        for alarm in made["metric"]:
            cloudwatch.put_metric_alarm(**{name: value for name, value in alarm.items() if name not in answered})
        for alarm in made["composite"]:
            cloudwatch.put_composite_alarm(**{name: value for name, value in alarm.items() if name not in answered})

    def _make_pipeline(self, pipeline: dict):
        """moto asks whether the role is there, and trusts CodePipeline."""
        role = pipeline["roleArn"].rpartition("/")[2]
        trust = {"Effect": "Allow", "Principal": {"Service": "codepipeline.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        arn = self.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        self.client("codepipeline").create_pipeline(pipeline=pipeline | {"roleArn": arn})

    def settled(self, endpoint: str) -> dict:
        """An endpoint that is made. In the world it takes its time, which passes while somebody sleeps at the clock."""
        while True:
            said = self.client("sagemaker").describe_endpoint(EndpointName=endpoint)
            if self.clock is None or said["EndpointStatus"] != "Creating":
                return said
            until = (self.now() + datetime.timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
            request = urllib.request.Request(
                f"{self.clock}/sleep", json.dumps({"until": until}).encode(), {"content-type": "application/json"}
            )
            urllib.request.urlopen(request).close()

    def prepare(self):
        """What the world has from the start."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        self.topic = self.client("sns").create_topic(Name="meridian-fraud-oncall")["TopicArn"]
        self.account = self.topic.split(":")[4]
        if self.name == "moto":
            self.client("sagemaker").create_model_package_group(ModelPackageGroupName=self.group)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def emulator(name: str, log: Path, account: str | None = None):
    """Runs an emulator until the block ends, and stops exactly that process. With an account, it is left empty."""
    port, tools = _free_port(), Path(sys.executable).parent
    command = {
        "moto": [tools / "moto_server", "-H", "127.0.0.1", "-p", str(port)],
        "ministack": [tools / "ministack"],
    }[name]
    quiet = {"HOME": str(log.parent), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    environment = quiet | {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port)}
    environment |= {"MINISTACK_ACCOUNT_ID": account} if account else {}
    with log.open("w") as out, subprocess.Popen(
        list(map(str, command)), env=environment, cwd=log.parent, stdin=subprocess.DEVNULL, stdout=out, stderr=out
    ) as process:
        try:
            _wait_for(port, process, log)
            server = Server(name, f"http://127.0.0.1:{port}", {})
            if account is None:
                server.prepare()
            yield server
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for(port: int, process, log: Path):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"{process.args[0]} does not listen:\n{log.read_text()[-2000:]}")
