"""Holds template.yaml and samconfig.toml against fleet.toml: what is written twice must say the same."""

import json
import pathlib
import re
import sys
import tomllib

from cfnlint.decode.cfn_yaml import load

UNITS = {"s": 1, "m": 60, "h": 3600}


def seconds(text):
    return sum(int(n) * UNITS[unit] for n, unit in re.findall(r"(\d+)\s*([smh])", text))


def main():
    fleet = tomllib.loads(pathlib.Path("fleet.toml").read_text())
    config = tomllib.loads(pathlib.Path("samconfig.toml").read_text())
    template = load("template.yaml")
    faults = []

    def hold(what, here, there):
        if here != there:
            faults.append(f"{what}: {here!r}, but fleet.toml says {there!r}")

    deployed = {}
    for name, environment in config.items():
        if isinstance(environment, dict) and "deploy" in environment:
            parameters = dict(p.split("=", 1) for p in environment["deploy"]["parameters"]["parameter_overrides"])
            deployed[environment["global"]["parameters"]["region"]] = parameters["ReleaseBucket"]
            hold(f"samconfig.toml, {name}: HomeRegion", parameters["HomeRegion"], fleet["fleet"]["home"])
            hold(f"samconfig.toml, {name}: FleetName", parameters["FleetName"], fleet["fleet"]["name"])
    hold("samconfig.toml, region and bucket", deployed, {r["name"]: r["bucket"] for r in fleet["region"]})

    defaults = {name: p.get("Default") for name, p in template["Parameters"].items()}
    hold("template.yaml, FleetName", defaults["FleetName"], fleet["fleet"]["name"])
    hold("template.yaml, HomeRegion", defaults["HomeRegion"], fleet["fleet"]["home"])
    hold("template.yaml, EndpointName", defaults["EndpointName"], fleet["fleet"]["endpoint"])
    hold("template.yaml, PipelineName", defaults["PipelineName"], fleet["fleet"]["pipeline"])
    buckets = re.compile(re.escape(defaults["FleetBuckets"]).replace(r"\*", ".*"))
    for region in fleet["region"]:
        if not buckets.fullmatch(region["bucket"]):
            faults.append(f"template.yaml, FleetBuckets: {defaults['FleetBuckets']!r} leaves out {region['bucket']!r}")

    lease = seconds(fleet["wave"]["lease"])
    functions = {
        r["Metadata"]["BuildProperties"]["Binary"]: r["Properties"]
        for r in template["Resources"].values()
        if r["Type"] == "AWS::Serverless::Function"
    }
    packages = sorted(p.parent.name for p in pathlib.Path("functions").glob("*/Cargo.toml"))
    if sorted(functions) != packages:
        faults.append(f"template.yaml builds {sorted(functions)}, functions/ holds {packages}")
    for name in ("promote", "rollback"):
        if functions[name]["Timeout"] >= lease:
            faults.append(f"template.yaml, {name}: a timeout of {functions[name]['Timeout']} s outlives the {lease} s lease")

    for path in sorted(pathlib.Path("events").glob("*/*.json")):
        if path.parent.name != "hostile" and path.parent.name not in functions:
            faults.append(f"{path}: no function {path.parent.name}")
        json.loads(path.read_text())

    for fault in faults:
        print(f"check-deployment: {fault}", file=sys.stderr)
    if not faults:
        print(f"check-deployment: template, samconfig and fleet agree ({len(deployed)} regions, {len(functions)} functions)")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
