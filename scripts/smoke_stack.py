"""Rung 1 of docs/first-account.md: a fleet of one region and of its own is deployed, each of its functions called, and it is deleted; what
the deletion leaves is imported, the fleet deployed again, called again, and all of it taken away.

usage: scripts/smoke_stack.py REGION [--dry-run] [--yes] [--emulator]

REGION is one of fleet.toml. Nothing of the fleet's own is touched. With --emulator in a public emulator of AWS, which is started for it and
knows neither SageMaker nor CodePipeline.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError
from check_emulator import Emulator, made
from import_retained import documents, identifier, retained
from pack_functions import packed_template
from stack import Fleet, Written

MERIDIAN = pathlib.Path("target/release/meridian")
# What each function is asked, and a word of what it says to it where nothing was released yet. promote takes a pipeline's jobs alone.
ASKED = {
    "replication": ("events/replication/sweep.json", ""),
    "shadow-eval": ("events/shadow-eval/sweep.json", ""),
    "rollback": ("events/rollback/sweep.json", ""),
    "status": ("events/status/health.json", "503"),
    "promote": (None, "CodePipeline job"),
}
WAIT = {"Delay": 2, "MaxAttempts": 900}  # half an hour


class Refused(Exception):
    """It cannot begin, or did not end as it must."""


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise Refused(f"{command[0]}: {done.stderr.strip() or done.stdout.strip()}")


def throwaway(fleet, region, folder):
    """A fleet of that one region, in files of its own."""
    own = next((own for own in fleet.policy["region"] if own["name"] == region), None)
    if own is None:
        raise Refused(f"{region} is not in fleet.toml: it has {', '.join(fleet.accounts)}")
    if not MERIDIAN.is_file():
        raise Refused(f"{MERIDIAN} is missing: make build")
    key = folder / "key.pem"
    run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(key))
    run("openssl", "pkey", "-in", str(key), "-pubout", "-out", str(folder / "key.pub"))
    name = f"{fleet.policy['fleet']['name'][:12]}-smoke"
    run(
        str(MERIDIAN), "init", "--name", name, "--account", fleet.accounts[region], "--public-key", str(folder / "key.pub"),
        "--region", f"{region}=100,bucket={name}-{fleet.accounts[region]}", "--out", str(folder / "fleet"),
    )
    return Fleet(folder / "fleet")


def deployer(identity):
    """The role that asks, for the bucket's policy: nobody else may take that away again."""
    arn = identity["Arn"]
    if ":assumed-role/" not in arn:
        raise Refused(f"the bucket's policy lets a role alone take it away again, and {arn} is none: assume one")
    # The session does not say the role's path.
    return "*" + arn.split("/")[1]


class Throwaway:
    """The fleet's one stack, and what it is made with."""

    def __init__(self, client, fleet, folder, emulator, binaries):
        self.client, self.fleet, self.folder, self.emulator, self.binaries = client, fleet, folder, emulator, binaries
        (self.region, parameters), = fleet.deployed.items()
        self.parameters = {name: value for name, value in parameters.items() if value}
        if not emulator:
            self.parameters["DeployerRoles"] = deployer(client("sts").get_caller_identity())
        self.stack = fleet.stack(self.region, self.parameters)
        self.name = self.stack.parameters["AWS::StackName"]
        self.built = f"{self.stack.parameters['FleetName']}-built-{self.stack.parameters['AWS::AccountId']}"
        self.formation, self.s3 = client("cloudformation"), client("s3")
        # Types that the emulator does not know; logical name -> what CloudFormation calls it; what stays: logical name -> type and that.
        self.unknown, self.made, self.given, self.kept = set(), {}, {}, {}
        programs = packed_template(pathlib.Path("template.yaml").read_text())[1]
        # Logical name -> program, of the functions that this fleet has.
        self.functions = {logical: program for program, logical in programs.items() if logical in self.stack.resources}

    def will(self):
        return (
            f"{self.region}: the stack {self.name} of a fleet of its own is deployed, its {len(self.functions)} functions are called, and it "
            f"is deleted, twice, with what it leaves: buckets, roles and a key, which AWS deletes after a week (cents). It needs the rights of "
            f"whoever deploys, lambda:InvokeFunction, and to delete these"
        )

    def written(self):
        return self.fleet.stack(self.region, self.parameters, Written)

    # Its parts, in their order.

    def bring(self):
        """The functions' archives and the template, where CloudFormation fetches them."""
        out = self.folder / "package"
        command = [sys.executable, "scripts/pack_functions.py", str(out), "--zips", "smoke", *self.binaries, *(["--here"] if self.emulator else [])]
        run(*command, env={"MERIDIAN_FLEET_DIR": str(self.fleet.folder), "PYTHONPATH": "scripts", "PATH": "/usr/bin:/bin"})
        place = {} if self.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        self.s3.create_bucket(Bucket=self.built, **place)
        for path in out.parent.glob("meridian-*-smoke-*.zip"):
            function = path.name.removeprefix("meridian-").split("-smoke-")[0]
            self.s3.put_object(Bucket=self.built, Key=f"{function}.zip", Body=path.read_bytes())

    def url(self, template, key):
        for logical, program in self.functions.items():
            if logical in template["Resources"]:
                template["Resources"][logical]["Properties"]["Code"] = {"S3Bucket": self.built, "S3Key": f"{program}.zip"}
        self.s3.put_object(Bucket=self.built, Key=key, Body=json.dumps(template).encode())
        return self.s3.meta.endpoint_url.replace("https://s3", f"https://{self.built}.s3") + (
            f"/{key}" if not self.emulator else f"/{self.built}/{key}"
        )

    def ask(self, operation, template):
        getattr(self.formation, operation)(
            StackName=self.name,
            TemplateURL=self.url(template, "template.json"),
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in self.parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        )

    def make(self, operation, waiter):
        """The stack as the template has it, new or over what is imported."""
        ask = lambda template: self.ask(operation, template)  # noqa: E731
        if self.emulator:
            self.unknown = made(ask, self.stack)
        else:
            ask(json.loads(json.dumps(self.stack.template)))
        self.until(waiter)

    def deploy(self):
        self.make("create_stack", "stack_create_complete")
        self.know()
        return f"{len(self.made)} resources"

    def know(self):
        """What the stack has made, and what of that its deletion leaves."""
        pages = self.formation.get_paginator("list_stack_resources").paginate(StackName=self.name)
        self.made = {r["LogicalResourceId"]: r["PhysicalResourceId"] for page in pages for r in page["StackResourceSummaries"]}
        written = self.written()
        stays = {name: r["Type"] for name, r in retained(written).items() if name in self.made}
        # A bucket's policy is known by its bucket.
        self.given = {name: self.made[name] for name, kind in stays.items() if kind != "AWS::S3::BucketPolicy"}
        self.kept = {name: (kind, identifier(written, name, self.given)) for name, kind in stays.items()}

    def call(self):
        """Asks every function; each must answer in its own words."""
        for logical, program in self.functions.items():
            name, (path, word) = self.made[logical], ASKED[program]
            event = pathlib.Path(path).read_bytes() if path else b"{}"
            answer = self.client("lambda").invoke(FunctionName=name, Payload=event)
            words = answer["Payload"].read().decode()
            own = json.loads(words)
            kind = own.get("errorType", "") if isinstance(own, dict) else ""
            # The emulator lacks services that the functions ask; promote refuses what is no job.
            failed = "FunctionError" in answer and program != "promote" and not self.emulator
            if failed or word not in words or kind.startswith("Runtime.") or kind.startswith("Sandbox."):
                raise Refused(f"{name} does not answer as it must: {words[:400]}")
        return ", ".join(sorted(self.functions.values()))

    def delete(self):
        self.formation.delete_stack(StackName=self.name)
        self.until("stack_delete_complete")
        missing = [name for name, (kind, own) in self.kept.items() if not self.is_there(kind, own)]
        if missing:
            raise Refused(f"the deletion took {', '.join(missing)}, which must stay")
        return f"{len(self.kept)} stay: {', '.join(sorted(self.kept))}"

    def again(self):
        """Imports what stayed, and makes the rest."""
        template, listed = documents(self.written(), self.given)
        # The emulator imports no bucket's policy: it writes it anew.
        left_out = self.unknown | ({"AWS::S3::BucketPolicy"} if self.emulator else set())
        listed = [own for own in listed if own["ResourceType"] not in left_out]
        names = {own["LogicalResourceId"] for own in listed}
        template["Resources"] = {name: own for name, own in template["Resources"].items() if name in names}
        change = {"StackName": self.name, "ChangeSetName": "retained"}
        self.formation.create_change_set(
            **change, ChangeSetType="IMPORT", TemplateURL=self.url(template, "import.json"), ResourcesToImport=listed,
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        try:
            self.formation.get_waiter("change_set_create_complete").wait(**change, WaiterConfig=WAIT)
        except WaiterError as error:
            reason = self.formation.describe_change_set(**change).get("StatusReason")
            raise Refused(f"what stays cannot be imported: {reason or error}") from error
        self.formation.execute_change_set(**change)
        self.until("stack_import_complete")
        self.make("update_stack", "stack_update_complete")
        return f"{len(listed)} of {len(self.kept)} imported"

    def until(self, waiter):
        try:
            self.formation.get_waiter(waiter).wait(StackName=self.name, WaiterConfig=WAIT)
        except WaiterError as error:
            events = self.formation.describe_stack_events(StackName=self.name)["StackEvents"]
            failed = {e["LogicalResourceId"]: e.get("ResourceStatusReason") for e in events if "FAILED" in e["ResourceStatus"]}
            raise Refused(f"{waiter}: {failed or error}") from error

    # What stays.

    def is_there(self, kind, own):
        try:
            match kind:
                case "AWS::S3::Bucket":
                    self.s3.head_bucket(Bucket=own)
                case "AWS::S3::BucketPolicy":
                    self.s3.get_bucket_policy(Bucket=own)
                case "AWS::KMS::Key":
                    return self.client("kms").describe_key(KeyId=own)["KeyMetadata"]["KeyState"] == "Enabled"
                case "AWS::KMS::Alias":
                    self.client("kms").describe_key(KeyId=own)
                case "AWS::IAM::Role":
                    self.client("iam").get_role(RoleName=own)
                case "AWS::SageMaker::ModelPackageGroup":
                    self.client("sagemaker").describe_model_package_group(ModelPackageGroupName=own.rpartition("/")[2])
                case _:
                    raise Refused(f"{own}: nobody here knows how to look for {kind}")
        except ClientError as error:
            if any(word in error.response["Error"]["Code"] for word in ("404", "NoSuch", "NotFound", "ValidationException")):
                return False
            raise
        return True

    def empty(self, bucket):
        pages = self.s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
        for page in pages:
            for own in page.get("Versions", []) + page.get("DeleteMarkers", []):
                self.s3.delete_object(Bucket=bucket, Key=own["Key"], VersionId=own["VersionId"])
        self.s3.delete_bucket(Bucket=bucket)

    def take(self, kind, own):
        match kind:
            case "AWS::S3::Bucket":
                self.empty(own)
            case "AWS::S3::BucketPolicy":
                self.s3.delete_bucket_policy(Bucket=own)
            case "AWS::KMS::Key":
                self.client("kms").schedule_key_deletion(KeyId=own, PendingWindowInDays=7)
            case "AWS::KMS::Alias":
                self.client("kms").delete_alias(AliasName=own)
            case "AWS::IAM::Role":
                iam = self.client("iam")
                for policy in iam.list_role_policies(RoleName=own)["PolicyNames"]:
                    iam.delete_role_policy(RoleName=own, PolicyName=policy)
                iam.delete_role(RoleName=own)
            case "AWS::SageMaker::ModelPackageGroup":
                self.client("sagemaker").delete_model_package_group(ModelPackageGroupName=own.rpartition("/")[2])

    def take_away(self):
        """Deletes all of it; what could not be, with AWS's words."""
        left = []

        def tried(what, work):
            try:
                work()
            except (BotoCoreError, ClientError, Refused) as error:
                left.append(f"{what} was not deleted: {error}")

        def look():
            """A run before this one may have died anywhere: what has a name of its own is looked for by it."""
            try:
                self.know()
            except ClientError:
                pass  # no stack
            written = self.written()
            for name, own in retained(written).items():
                named = identifier(written, name, {})
                if name not in self.kept and named is not None and own["Type"] not in self.unknown:
                    self.kept[name] = (own["Type"], named)
            kind, alias = self.kept["ReleaseKeyAlias"]
            if "ReleaseKey" not in self.kept and self.is_there(kind, alias):
                key = self.client("kms").describe_key(KeyId=alias)["KeyMetadata"]["KeyId"]
                self.kept["ReleaseKey"] = ("AWS::KMS::Key", key)

        def stack():
            self.formation.delete_stack(StackName=self.name)
            self.until("stack_delete_complete")

        if "ReleaseKey" not in self.kept:
            tried("what a run before left", look)
        tried(self.name, stack)
        order = ["AWS::S3::BucketPolicy", "AWS::S3::Bucket", "AWS::KMS::Alias"]
        rank = lambda kind: order.index(kind) if kind in order else len(order)  # noqa: E731
        stays = [*self.kept.values(), ("AWS::S3::Bucket", self.built)]
        for kind, own in sorted(stays, key=lambda both: rank(both[0])):
            tried(own, lambda kind=kind, own=own: self.is_there(kind, own) and self.take(kind, own))
        return left


def climb(own):
    """Each part with what came of it; whatever went wrong, nothing stays that can be taken away."""
    parts = [("deployed", own.deploy), ("functions that answer", own.call), ("deleted", own.delete), ("deployed again", own.again)]
    well = True
    try:
        own.bring()
        for what, part in [*parts, ("functions that answer", own.call)]:
            begun = time.monotonic()
            print(f"  ok     {what}: {part()} ({time.monotonic() - begun:.0f} s)", flush=True)
    except (Exception, KeyboardInterrupt) as error:  # whatever it was, what was made is taken away
        print(f"  wrong  {error or 'stopped'}", flush=True)
        well = False
    for line in (left := own.take_away()):
        print(f"  wrong  {line}")
    if not left:
        print("  ok     all of it is taken away")
    return 0 if well and not left else 1


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("region")
    arguments.add_argument("--dry-run", action="store_true")
    arguments.add_argument("--yes", action="store_true")
    arguments.add_argument("--emulator", action="store_true")
    arguments.add_argument("--binaries", help="where the functions lie, if not where make sam-build or make build leaves them")
    given = arguments.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp())
    emulator = None
    try:
        fleet = Fleet.chosen()
        own = throwaway(fleet, given.region, folder)
        boundary = fleet.given(given.region).get("PermissionsBoundary") if given.region in fleet.deployed else None
        own.deployed[given.region] |= {"PermissionsBoundary": boundary} if boundary else {}
        if given.emulator:
            emulator = Emulator(folder, own.account)
            emulator.wait()
            client = lambda service: emulator.client(service, given.region)  # noqa: E731
        else:
            client = lambda service: fleet.client(service, given.region)  # noqa: E731
        stack = Throwaway(client, own, folder, emulator is not None, ["--binaries", given.binaries] if given.binaries else [])
        print(stack.will())
        if given.dry_run or not (given.yes or input("Go on? [y/N] ").strip().lower() == "y"):
            print("Nothing was made.")
            return 0 if given.dry_run else 1
        return climb(stack)
    except Refused as error:
        print(f"smoke-stack: {error}", file=sys.stderr)
        return 2
    finally:
        if emulator:
            emulator.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
