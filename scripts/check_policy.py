"""Scans what CloudFormation would make in every region for known weaknesses, with checkov.

Every finding is mended or stands in policy-exceptions.toml with its reason; a reason without a finding is an error too.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import tomllib

from stack import ways

SCANNER = pathlib.Path(".tools/policy/bin/checkov")
EXCEPTIONS = pathlib.Path(__file__).with_name("policy-exceptions.toml")


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


def main():
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for way, stacks in ways().items():
            for stack in stacks:
                path = pathlib.Path(folder) / f"{way}-{stack.region}.json"
                path.write_text(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": stack.resources}))
                paths.append(str(path))
        findings, passed = scanned(paths)
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
