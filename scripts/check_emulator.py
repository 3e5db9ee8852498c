"""Deploys every region's stack into a public emulator's CloudFormation and looks at what came of it.

The table of docs/local-world.md says what came up as declared, what only exists, and what the emulator does not know, of the fleet that
Meridian is delivered with; this compares it with what happens. --write writes it anew. Where this run is about another fleet, nothing of
that one may be missing or differ from what is declared, but as the table says.
"""

import contextlib
import copy
import io
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from emulator_readers import READERS
from stack import REFERENCE, Fleet

EMULATOR = pathlib.Path(".tools/emulator/bin/python")
PAGE = pathlib.Path("docs/local-world.md")
BEGIN, END = "<!-- emulator -->\n```text\n", "```\n"
UP_IN, DONE_IN = 60, 120  # seconds
# How all that differs from what is declared does not come out.
FINE = ("as declared", "exists", "not known to the emulator")


class Emulator:
    """The emulator's process, on a port of its own, and clients of it."""

    def __init__(self, folder, account):
        self.account = account
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        own = {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": self.url.rsplit(":", 1)[1],
            "MINISTACK_ACCOUNT_ID": account,
            "LOG_LEVEL": "WARNING",
            "TMPDIR": folder,
            "HOME": folder,
            "PATH": os.environ["PATH"],
        }
        self.log = pathlib.Path(folder) / "log"
        self.process = subprocess.Popen(
            [str(EMULATOR.absolute()), "-m", "ministack"],
            env=own, stdout=self.log.open("w"), stderr=subprocess.STDOUT, cwd=folder,
        )

    def wait(self):
        until = time.monotonic() + UP_IN
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.url}/_localstack/health", timeout=1).read()
                return
            time.sleep(0.1)
        raise TimeoutError(f"the emulator is not up: {self.log.read_text()[-2000:]}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def client(self, service, region):
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id=self.account,
            aws_secret_access_key="of-no-use",
            config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
        )


def code():
    """A function's archive: the emulator is asked to make functions, not to run them."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("bootstrap", "#!/bin/sh\n")
    return archive.getvalue()


def without(value, gone):
    """A part of a template without what names resources that are left out."""
    if isinstance(value, list):
        return [without(item, gone) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("Ref") in gone:
        return {"Ref": "AWS::NoValue"}
    return {key: without(item, gone) for key, item in value.items()}


def made(create, stack):
    """Has `create` make a stack of its template without the types that the emulator does not know, and names those."""
    template = copy.deepcopy(stack.template)
    # The emulator takes a condition's !Ref AWS::Region for a word, and knows no !Split there.
    template["Conditions"] = {
        name: {"Fn::Equals": ["yes", "yes" if stack.holds(name) else "no"]} for name in template["Conditions"]
    }
    try:
        create(template)
    except ClientError as error:
        named = re.search(r"Unrecognized resource types: \[([^\]]*)\]", str(error))
        if named is None:
            raise
        unknown = set(named[1].split(", "))
        gone = {name for name, r in template["Resources"].items() if r["Type"] in unknown}
        kept = {name: without(r, gone) for name, r in template["Resources"].items() if name not in gone}
        create({**template, "Resources": kept})
        return unknown
    return set()


class Region:
    """One region's stack in the emulator."""

    def __init__(self, emulator, stack, parameters):
        self.stack, region = stack, stack.region
        self.name = stack.parameters["AWS::StackName"]
        self.client = lambda service: emulator.client(service, region)
        self.url, self.log, self.parameters = emulator.url, emulator.log, parameters
        self.bucket = f"built-{region}"
        s3 = self.client("s3")
        # us-east-1 is where S3 makes a bucket that names no place, and takes its own name for none.
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=self.bucket, **place)
        s3.put_object(Bucket=self.bucket, Key="code", Body=code())
        self.formation = self.client("cloudformation")

    def create(self, template):
        body = json.dumps(template).replace('"S3Bucket": "built"', f'"S3Bucket": "{self.bucket}"')
        self.client("s3").put_object(Bucket=self.bucket, Key="template.json", Body=body.encode())
        self.formation.create_stack(
            StackName=self.name,
            TemplateURL=f"{self.url}/{self.bucket}/template.json",
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in self.parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        )

    def deploy(self):
        """Makes the stack without the types that the emulator does not know, and names those."""
        unknown = made(self.create, self.stack)
        until = time.monotonic() + DONE_IN
        while (status := self.formation.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"]) == "CREATE_IN_PROGRESS":
            if time.monotonic() > until:
                raise TimeoutError(f"{self.stack.region}: the stack is still being created")
            time.sleep(0.2)
        if status != "CREATE_COMPLETE":
            events = self.formation.describe_stack_events(StackName=self.name)["StackEvents"]
            failed = {e["LogicalResourceId"]: e.get("ResourceStatusReason") for e in events if "FAILED" in e["ResourceStatus"]}
            raise ValueError(f"{self.stack.region}: {status}: {failed}; the emulator logs {self.log.read_text()[-2000:]}")
        return unknown

    def drift(self):
        """What the emulator's own drift detection says: logical name -> status."""
        detection = self.formation.detect_stack_drift(StackName=self.name)["StackDriftDetectionId"]
        while True:
            status = self.formation.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
            if status["DetectionStatus"] != "DETECTION_IN_PROGRESS":
                break
            time.sleep(0.1)
        found, more = {}, {}
        while more is not None:
            page = self.formation.describe_stack_resource_drifts(StackName=self.name, **more)
            found |= {d["LogicalResourceId"]: d["StackResourceDriftStatus"] for d in page["StackResourceDrifts"]}
            more = {"NextToken": page["NextToken"]} if "NextToken" in page else None
        return found

    def look(self):
        """Each resource that was to be made, with its type and what became of it."""
        unknown = self.deploy()
        pages = self.formation.get_paginator("list_stack_resources").paginate(StackName=self.name)
        made = {r["LogicalResourceId"]: r for page in pages for r in page["StackResourceSummaries"]}
        physical = {name: r["PhysicalResourceId"] for name, r in made.items() if "PhysicalResourceId" in r}
        drift = self.drift()
        for name, resource in self.stack.resources.items():
            kind = resource["Type"]
            if kind in unknown:
                yield kind, "not known to the emulator"
            elif made.get(name, {}).get("ResourceStatus") != "CREATE_COMPLETE":
                yield kind, f"NOT MADE: {name}"
            elif kind in READERS:
                wrong = READERS[kind](self.client, physical[name], resource["Properties"], physical)
                yield kind, f"differs from what is declared: {', '.join(wrong)}" if wrong else "as declared, read back"
            elif name in drift:
                yield kind, "as declared, by drift detection" if drift[name] == "IN_SYNC" else f"{drift[name]}: {name}"
            else:
                yield kind, "exists"


def outcomes(fleet):
    """What came of every region's stack: (type, outcome) -> how many."""
    seen = {}
    with tempfile.TemporaryDirectory() as folder:
        emulator = Emulator(folder, fleet.account)
        try:
            emulator.wait()
            zones = emulator.client("route53", "us-east-1")
            zone = zones.create_hosted_zone(Name="example.com", CallerReference="once")["HostedZone"]["Id"]
            for region in sorted(fleet.deployed, key=lambda region: region == fleet.home):
                own = {**fleet.deployed[region], "HostedZoneId": zone.rsplit("/", 1)[-1]}
                for kind, outcome in Region(emulator, fleet.stack(region, own), own).look():
                    seen[kind, outcome] = seen.get((kind, outcome), 0) + 1
        finally:
            emulator.stop()
    return seen


def table(seen):
    return "".join(f"{kind:<36}{count:>4}  {outcome}\n" for (kind, outcome), count in sorted(seen.items()))


def main():
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    quoted, _, after = rest.partition(END)
    now = table(outcomes(Fleet(REFERENCE)))
    if "--write" in sys.argv:
        PAGE.write_text(before + BEGIN + now + END + after)
    elif quoted != now:
        print(f"check-emulator: {PAGE} does not show what happens now:\n{now}", file=sys.stderr)
        return 1
    fleet = Fleet.chosen()
    if not fleet.is_reference():
        known = {(line[:36].rstrip(), line[42:]) for line in now.splitlines()}
        seen = outcomes(fleet).items()
        if new := {both: count for both, count in seen if both not in known and not both[1].startswith(FINE)}:
            print(f"check-emulator: of {fleet.folder}, this does not come up as declared:\n{table(new)}", file=sys.stderr)
            return 1
    print(f"check-emulator: the emulator makes of {len(fleet.deployed)} regions' stacks what {PAGE} says")
    return 0


if __name__ == "__main__":
    sys.exit(main())
