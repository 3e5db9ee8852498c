"""Holds the routing of template.yaml to what docs/routing.md promises, for every value of Routing and every region.

Linters look at one stack; a name's records come from all of them, and Route 53 refuses what does not fit together. What one
region has for all of them, an accelerator or CloudFront, is held by check_doors.py.
"""

import pathlib
import re
import sys

from check_doors import DOORS, plain, refusals, wrong_door, wrong_doors, wrong_times
from stack import EDGE, LISTENER, PROXY, Stack, environments

CONFIG = pathlib.Path("local/src/world/config.rs")
POLICIES = ("Region", "Weight", "Failover", "GeoLocation")
ROUTED = ("AWS::Route53::RecordSet", "AWS::Route53::HealthCheck", "AWS::ApiGateway::DomainName")
# An example of each way: the regions' own parameters, in samconfig.toml's order, over those that stand there.
EXAMPLES = {
    "none": [{}] * 4,
    "latency": [{}] * 4,
    "geolocation": [
        {"GeoContinent1": "EU", "GeoContinent2": "AF", "GeoCountry1": "*"},
        {"GeoContinent1": "OC"},
        {"GeoContinent1": "AS", "GeoCountry1": "JP"},
        {"GeoContinent1": "SA", "GeoCountry1": "BR", "GeoCountry2": "PT"},
    ],
    "failover": [{"FailoverPlace": "primary"}, {"FailoverPlace": "standby"}, {}, {}],
    "weighted": [{"Weight": "200"}, {"Weight": "100"}, {"Weight": "0"}, {}],
    "global-accelerator": [{}] + [{"AcceleratorListener": LISTENER}] * 3,
    "cloudfront": [EDGE] * 4,
}


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
        case "Region" if sorted(values) != sorted(stack.region for stack in stacks):
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


def main():
    health = health_of_local_world()
    deployed = list(environments().values())
    faults = []

    def hold(what, stacks):
        for stack in stacks:
            faults.extend(f"{what}, {stack.region}: {fault}" for fault in wrong_region(stack, health))
        faults.extend(f"{what}: {fault}" for fault in [*wrong_name(stacks), *wrong_doors(stacks)])

    hold("samconfig.toml", [Stack(region, own) for region, own in deployed])
    for routing, examples in EXAMPLES.items():
        for front in (PROXY,) if routing == "global-accelerator" else ({}, PROXY):
            stacks = [
                Stack(region, {**own, **front, "Routing": routing, **example})
                for (region, own), example in zip(deployed, examples, strict=False)
            ]
            hold(f"Routing={routing}, FrontKind={front.get('FrontKind', 'api')}", stacks)
    # Regions behind one name may change their fronts one after the other.
    mixed = [Stack(region, own | (PROXY if at % 2 else {})) for at, (region, own) in enumerate(deployed)]
    hold("two regions with each front", mixed)
    # The door stays where it is when home moves: the second region has it, and leads nobody by its own parameter.
    for routing in DOORS:
        own = {**PROXY, **EDGE, "Routing": routing, "DoorRegion": deployed[1][0], "AcceleratorListener": LISTENER}
        hold(f"{routing}, not in home", [Stack(region, {**parameters, **own}) for region, parameters in deployed])
    faults.extend(refusals(deployed[0]))
    faults.extend(wrong_times())
    ways = Stack("eu-west-1", {"Routing": "none"}).template["Parameters"]["Routing"]["AllowedValues"]
    if set(ways) != EXAMPLES.keys():
        faults.append(f"Routing allows {ways}, but {sorted(EXAMPLES)} are tried here")
    for fault in faults:
        print(f"check-routing: {fault}", file=sys.stderr)
    if not faults:
        print(f"check-routing: {len(ways)} ways of routing fit together over {len(deployed)} regions")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
