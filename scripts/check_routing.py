"""Holds the routing of template.yaml to what docs/routing.md promises, for every value of Routing and every region.

Linters look at one stack; a name's records come from all of them, and Route 53 refuses what does not fit together. What one
region has for all of them, an accelerator or CloudFront, is held by check_doors.py.
"""

import pathlib
import re
import sys

from check_doors import DOORS, plain, refusals, wrong_door, wrong_doors, wrong_times
from stack import Fleet, translated

CONFIG = pathlib.Path("local/src/world/config.rs")
POLICIES = ("Region", "Weight", "Failover", "GeoLocation")
ROUTED = ("AWS::Route53::RecordSet", "AWS::Route53::HealthCheck", "AWS::ApiGateway::DomainName")
# Places of one region after the other; a region beyond these serves none.
PLACES = [
    {"GeoContinent1": "EU", "GeoContinent2": "AF", "GeoCountry1": "*"},
    {"GeoContinent1": "OC"},
    {"GeoContinent1": "AS", "GeoCountry1": "JP"},
    {"GeoContinent1": "SA", "GeoCountry1": "BR", "GeoCountry2": "PT"},
    {"GeoContinent1": "NA"},
    {"GeoCountry1": "CA", "GeoCountry2": "MX"},
]


def examples(fleet):
    """An example of each way: the regions' own parameters, in samconfig.toml's order, over those that stand there."""
    regions = fleet.deployed.keys()
    alike = [{}] * len(regions)
    ways = {
        "none": alike,
        "latency": alike,
        "geolocation": (PLACES + alike)[: len(regions)],
        "failover": ([{"FailoverPlace": "primary"}, {"FailoverPlace": "standby"}] + alike)[: len(regions)],
        "weighted": ([{"Weight": "200"}, {"Weight": "100"}, {"Weight": "0"}] + alike)[: len(regions)],
        "global-accelerator": [{} if region == fleet.home else {"AcceleratorListener": fleet.listener} for region in regions],
        "cloudfront": [fleet.edge for _ in regions],
    }
    if len(regions) == 1:
        # There is no other region to go to.
        ways.pop("failover")
    return ways


def policy(record):
    """How a record is chosen: the field that says so, and its value."""
    found = [(field, record[field]) for field in POLICIES if field in record]
    return found[0] if len(found) == 1 else ("", found)


def wrong_region(stack, health):
    """What is wrong with one region's part."""
    yield from stack.refused
    routing = stack.parameters["Routing"]
    proxy = stack.parameters["FrontKind"] == "proxy"
    routed = {kind: stack.of_type(kind) for kind in ROUTED}
    yield from wrong_door(stack)
    if routing == "global-accelerator":
        yield from (f"{kind} is made beside an accelerator" for kind in ROUTED[1:] if routed[kind])
        return
    if routing == "none":
        yield from (f"{kind} is made without routing" for kind in ROUTED if routed[kind])
        return
    check = routed["AWS::Route53::HealthCheck"].get("HealthCheck", {}).get("HealthCheckConfig", {})
    wanted = {
        "Type": "HTTPS",
        "FullyQualifiedDomainName": "<Balancer.DNSName>" if proxy else f"<Front>.execute-api.{stack.region}.amazonaws.com",
        "Port": 443,
        "ResourcePath": "/health" if proxy else "/live/health",
        "RequestInterval": health[0],
        "FailureThreshold": health[1],
        "EnableSNI": True,
    }
    if check != wanted:
        yield f"the health check is {check}, not {wanted}"
    for name, record in routed["AWS::Route53::RecordSet"].items():
        if plain(record):
            continue
        if record["Name"] != ("origin." if routing == "cloudfront" else "") + stack.parameters["DomainName"]:
            yield f"{name} is of another name: {record['Name']}"
        if not policy(record)[0]:
            yield f"{name} has {len(policy(record)[1])} routing policies"
        if record["HealthCheckId"] != "<HealthCheck>" or record["TTL"] != "60":
            yield f"{name}: not the region's health check, or not a TTL of 60 s"
        if record["ResourceRecords"] != ["<Balancer.DNSName>" if proxy else "<CustomDomain.RegionalDomainName>"]:
            yield f"{name} leads elsewhere than to the region's own front"
    certificate = stack.parameters["CertificateArn"].split(":")
    if certificate[3:4] != [stack.region]:
        yield f"CertificateArn is not of {stack.region}"


def wrong_name(stacks):
    """What is wrong with the name that all regions' records make."""
    records = [r for stack in stacks for r in stack.of_type("AWS::Route53::RecordSet").values() if not plain(r)]
    if not records:
        return
    same = {(r["HostedZoneId"], r["Name"], r["Type"], policy(r)[0]) for r in records}
    if len(same) > 1:
        yield f"one name's records differ in zone, name, type or policy: {sorted(same)}"
    identifiers = [r["SetIdentifier"] for r in records]
    if len(set(identifiers)) < len(identifiers):
        yield f"identifiers are not unique: {identifiers}"
    values = [str(policy(r)[1]) for r in records]
    match policy(records[0])[0]:
        # A region that is new, or about to leave, is deployed with Routing=none (docs/runbooks/regions.md).
        case "Region" if sorted(values) != sorted(stack.region for stack in stacks if stack.parameters["Routing"] != "none"):
            yield f"not every region has a record of its own: {values}"
        case "Failover" if sorted(values) != ["PRIMARY", "SECONDARY"]:
            yield f"FailoverPlace: one region is primary and one standby, not {values}"
        case "GeoLocation" if len(set(values)) < len(values):
            yield f"a place is served by two regions: {values}"
        case "Weight" if all(value == "0" for value in values):
            yield "every weight is 0"


def health_of_local_world():
    """The interval and the threshold with which the local world asks."""
    source = CONFIG.read_text()
    interval = re.search(r"health_check: SignedDuration::from_secs\((\d+)\)", source)
    threshold = re.search(r"health_threshold: (\d+)", source)
    return int(interval[1]), int(threshold[1])


def wrong_with(fleet):
    """What is wrong with a fleet's routing, as samconfig.toml has it and in every other way."""
    health = health_of_local_world()

    def wrong(what, stacks):
        for stack in stacks:
            yield from (f"{what}, {stack.region}: {fault}" for fault in wrong_region(stack, health))
        yield from (f"{what}: {fault}" for fault in [*wrong_name(stacks), *wrong_doors(stacks)])

    yield from wrong("samconfig.toml", fleet.stacks)
    for routing, own in examples(fleet).items():
        for front in ("proxy",) if routing == "global-accelerator" else ("api", "proxy"):
            regions = zip(fleet.deployed, own, strict=True)
            stacks = [fleet.stack(region, fleet.routed(front, region, routing, example)) for region, example in regions]
            yield from wrong(f"Routing={routing}, FrontKind={front}", stacks)
    # Regions behind one name may change their fronts one after the other.
    fronts = [("api", "proxy")[at % 2] for at in range(len(fleet.deployed))]
    regions = zip(fleet.deployed, fronts, strict=True)
    mixed = [fleet.stack(region, fleet.routed(front, region, "latency", {})) for region, front in regions]
    yield from wrong("regions with each front", mixed)
    # The door stays where it is when home moves: another region has it, and leads nobody by its own parameter.
    for door in [region for region in fleet.deployed if region != fleet.home][:1]:
        for routing in DOORS:
            own = {**fleet.edge, "DoorRegion": door, "AcceleratorListener": fleet.listener}
            stacks = [fleet.stack(region, fleet.routed("proxy", region, routing, own)) for region in fleet.deployed]
            yield from wrong(f"{routing}, not in home", stacks)
    yield from refusals(fleet)


def main():
    fleet = Fleet.chosen()
    faults = [*wrong_with(fleet), *wrong_times()]
    ways, tried = translated()["Parameters"]["Routing"]["AllowedValues"], examples(fleet).keys()
    if set(ways) - tried - {"failover"}:
        faults.append(f"Routing allows {ways}, but {sorted(tried)} are tried here")
    for fault in faults:
        print(f"check-routing: {fault}", file=sys.stderr)
    if not faults:
        print(f"check-routing: {len(tried)} ways of routing fit together over {len(fleet.stacks)} regions")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
