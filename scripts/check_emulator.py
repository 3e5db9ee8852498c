"""Deploys every region's stack into a public emulator's CloudFormation and looks at what came of it.

The table of docs/local-world.md says what came up as declared, what only exists, and what the emulator does not know;
this compares it with what happens. --write writes it anew.
"""

import contextlib
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
from stack import ACCOUNT, Stack, environments

EMULATOR = pathlib.Path(".tools/emulator/bin/python")
PAGE = pathlib.Path("docs/local-world.md")
BEGIN, END = "<!-- emulator -->\n```text\n", "```\n"
NAME = "meridian-fraud"
UP_IN, DONE_IN = 60, 120  # seconds


class Emulator:
    """The emulator's process, on a port of its own, and clients of it."""

    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        own = {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": self.url.rsplit(":", 1)[1],
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
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
            aws_access_key_id=ACCOUNT,
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


class Region:
    """One region's stack in the emulator."""

    def __init__(self, emulator, region, parameters):
        self.stack = Stack(region, parameters)
        self.client = lambda service: emulator.client(service, region)
        self.url, self.parameters = emulator.url, parameters
        self.bucket = f"built-{region}"
        s3 = self.client("s3")
        s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": region})
        s3.put_object(Bucket=self.bucket, Key="code", Body=code())
        self.formation = self.client("cloudformation")

    def create(self, template):
        body = json.dumps(template).replace('"S3Bucket": "built"', f'"S3Bucket": "{self.bucket}"')
        self.client("s3").put_object(Bucket=self.bucket, Key="template.json", Body=body.encode())
        self.formation.create_stack(
            StackName=NAME,
            TemplateURL=f"{self.url}/{self.bucket}/template.json",
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in self.parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        )

    def deploy(self):
        """Makes the stack without the types that the emulator does not know, and names those."""
        template = self.stack.template
        # The emulator takes a condition's !Ref AWS::Region for a word, and knows no !Split there.
        template["Conditions"] = {
            name: {"Fn::Equals": ["yes", "yes" if self.stack.holds(name) else "no"]} for name in template["Conditions"]
        }
        unknown = set()
        try:
            self.create(template)
        except ClientError as error:
            named = re.search(r"Unrecognized resource types: \[([^\]]*)\]", str(error))
            if named is None:
                raise
            unknown = set(named[1].split(", "))
            gone = {name for name, r in template["Resources"].items() if r["Type"] in unknown}
            kept = {name: without(r, gone) for name, r in template["Resources"].items() if name not in gone}
            self.create({**template, "Resources": kept})
        until = time.monotonic() + DONE_IN
        while (status := self.formation.describe_stacks(StackName=NAME)["Stacks"][0]["StackStatus"]) == "CREATE_IN_PROGRESS":
            if time.monotonic() > until:
                raise TimeoutError(f"{self.stack.region}: the stack is still being created")
            time.sleep(0.2)
        if status != "CREATE_COMPLETE":
            events = self.formation.describe_stack_events(StackName=NAME)["StackEvents"]
            failed = {e["LogicalResourceId"]: e.get("ResourceStatusReason") for e in events if "FAILED" in e["ResourceStatus"]}
            raise ValueError(f"{self.stack.region}: {status}: {failed}")
        return unknown

    def drift(self):
        """What the emulator's own drift detection says: logical name -> status."""
        detection = self.formation.detect_stack_drift(StackName=NAME)["StackDriftDetectionId"]
        while True:
            status = self.formation.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
            if status["DetectionStatus"] != "DETECTION_IN_PROGRESS":
                break
            time.sleep(0.1)
        found, more = {}, {}
        while more is not None:
            page = self.formation.describe_stack_resource_drifts(StackName=NAME, **more)
            found |= {d["LogicalResourceId"]: d["StackResourceDriftStatus"] for d in page["StackResourceDrifts"]}
            more = {"NextToken": page["NextToken"]} if "NextToken" in page else None
        return found

    def look(self):
        """Each resource that was to be made, with its type and what became of it."""
        unknown = self.deploy()
        pages = self.formation.get_paginator("list_stack_resources").paginate(StackName=NAME)
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


def table():
    seen = {}
    with tempfile.TemporaryDirectory() as folder:
        emulator = Emulator(folder)
        try:
            emulator.wait()
            zones = emulator.client("route53", "us-east-1")
            zone = zones.create_hosted_zone(Name="example.com", CallerReference="once")["HostedZone"]["Id"]
            order = sorted(environments().values(), key=lambda e: e[0] == e[1]["HomeRegion"])
            for region, parameters in order:
                own = {**parameters, "HostedZoneId": zone.rsplit("/", 1)[-1]}
                for kind, outcome in Region(emulator, region, own).look():
                    seen[kind, outcome] = seen.get((kind, outcome), 0) + 1
        finally:
            emulator.stop()
    return "".join(f"{kind:<36}{count:>4}  {outcome}\n" for (kind, outcome), count in sorted(seen.items()))


def main():
    now, page = table(), PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    quoted, _, after = rest.partition(END)
    if "--write" in sys.argv:
        PAGE.write_text(before + BEGIN + now + END + after)
    elif quoted != now:
        print(f"check-emulator: {PAGE} does not show what happens now:\n{now}", file=sys.stderr)
        return 1
    print(f"check-emulator: the emulator makes of {len(environments())} regions' stacks what {PAGE} says")
    return 0


if __name__ == "__main__":
    sys.exit(main())
