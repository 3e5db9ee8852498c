"""Holds fleets' files (fleet.toml and samconfig.toml in each of the folders that are given) to the template: every check of
`make check-template` that only reads, cfn-lint over stacks with their parameters put in, SAM's own reading of samconfig.toml, and the
policy scanner over every region's stack.

It prints a line for each fleet. Of a stack cfn-lint takes about a second.
"""

import json
import pathlib
import sys
import tempfile

import check_dashboard
import check_deployment
import check_policy
import check_routing
import check_tags
from cfnlint.config import ConfigMixIn
from cfnlint.runner import Runner
from samcli.cli.types import CfnParameterOverridesType
from samcli.lib.config.samconfig import SamConfig
from stack import Fleet, Written

CHECKS = {
    "check-deployment": check_deployment.wrong_with,
    "check-routing": check_routing.wrong_with,
    "check-tags": check_tags.wrong_with,
    "check-dashboard": check_dashboard.wrong_with,
}


def wrong_by_linter(fleet):
    """What cfn-lint finds in the stacks of all regions."""
    for region, parameters in fleet.deployed.items():
        stack = fleet.stack(region, parameters, Written)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(stack.document(), file)
            file.flush()
            for match in Runner(ConfigMixIn([], templates=[file.name], regions=[region])).run():
                yield f"{region}, {'/'.join(map(str, match.path or []))}: {match.message} ({match.rule.id})"


def wrong_by_sam(fleet):
    """Where SAM's own reader of samconfig.toml takes something else from it than what all these checks are held to."""
    config = SamConfig(str(fleet.folder))
    for name, (region, parameters) in fleet.environments.items():
        given = config.get_all(["deploy"], "parameters", name)["parameter_overrides"]
        taken = CfnParameterOverridesType().convert(given, None, None)
        for parameter in sorted(taken.keys() | parameters.keys()):
            own, sams = parameters.get(parameter), taken.get(parameter)
            if own != sams:
                yield f"{region}: {parameter} is {sams!r} to SAM and {own!r} to the checks"


def wrong(fleet):
    """What is wrong with a fleet by itself."""
    faults = [f"{name}: {fault}" for name, check in CHECKS.items() for fault in check(fleet)]
    faults += [f"cfn-lint: {fault}" for fault in wrong_by_linter(fleet)]
    faults += [f"samconfig.toml: {fault}" for fault in wrong_by_sam(fleet)]
    return faults


def main():
    folders = [pathlib.Path(folder) for folder in sys.argv[1:]]
    if not folders:
        sys.exit("check-fleets: name the folders of fleets, each with its fleet.toml and samconfig.toml")
    ill, stacks = set(), {}

    def say(folder, fault):
        print(f"check-fleets: {folder.resolve().name}: {fault}", file=sys.stderr)
        ill.add(folder)

    for at, folder in enumerate(folders):
        try:
            fleet = Fleet(folder)
            faults = wrong(fleet)
            stacks |= {f"{at}-{stack.region}": stack for stack in fleet.stacks}
        except Exception as error:
            raise RuntimeError(f"check-fleets: {folder}") from error
        for fault in faults:
            say(folder, fault)
        print(f"{folder.resolve().name}: {len(fleet.deployed)} regions, {len(faults)} faults", flush=True)
    # All in one run: the scanner takes longer to start than to read a stack.
    findings, _, passed = check_policy.new_in(stacks)
    for name, fault in findings:
        at, region = name.split("-", 1)
        say(folders[int(at)], f"check-policy: {region}: {fault}")
    print(f"check-policy: {passed} checks passed over {len(stacks)} stacks, {len(findings)} findings")
    print(f"check-fleets: {len(folders) - len(ill)} of {len(folders)} fleets go with the template")
    return 1 if ill else 0


if __name__ == "__main__":
    sys.exit(main())
