"""Holds the one door for all regions, an accelerator or CloudFront, to what docs/routing.md promises; for check_routing.py."""

import pathlib
import re

PAGE = pathlib.Path("docs/routing.md")
FRONT = pathlib.Path("shared/handlers/src/front.rs")
RECORD = "AWS::Route53::RecordSet"
# What a way makes in the region that has the door, what in every region, and where the one record of the name leads.
DOORS = {
    "global-accelerator": (
        ["AWS::GlobalAccelerator::Accelerator", "AWS::GlobalAccelerator::Listener"],
        ["AWS::GlobalAccelerator::EndpointGroup"],
        "<Accelerator.DnsName>",
    ),
    "cloudfront": (["AWS::CloudFront::Distribution"], [], "<Edge.DomainName>"),
}
KINDS = {kind for here, everywhere, _ in DOORS.values() for kind in here + everywhere}
# AWS's own policies, whose ids are the same in every account: CachingDisabled, and AllViewer, which hands on Host too.
UNCACHED, ALL_OF_VIEWERS = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "216adef6-5c7f-47e4-b989-5492eafa07d3"
# The load balancer's check of its functions: every 10 s, a failure after 5 s, ill after three, well after three.
CHECK = {
    "HealthCheckEnabled": True,
    "HealthCheckIntervalSeconds": 10,
    "HealthCheckTimeoutSeconds": 5,
    "UnhealthyThresholdCount": 3,
    "HealthyThresholdCount": 3,
}


def plain(record):
    """Whether a record is chosen by nobody: the only one of its name."""
    return "SetIdentifier" not in record


def has_door(stack):
    return stack.region == (stack.parameters["DoorRegion"] or stack.parameters["HomeRegion"])


def wrong_checks(stack, accelerated):
    """An accelerator goes by the target groups' health, and functions are looked at only where it is said."""
    alive = re.search(r'const ALIVE: &str = "([^"]+)"', FRONT.read_text())[1]
    for group, function, path in (("ScoreTargets", "Proxy", alive), ("HealthTargets", "Status", "/health")):
        own = stack.resources.get(group, {}).get("Properties", {})
        found = {key: value for key, value in own.items() if key.startswith("HealthCheck") or key.endswith("ThresholdCount")}
        if found != ({**CHECK, "HealthCheckPath": path} if accelerated else {}):
            yield f"{group} is checked otherwise: {found}"
        if accelerated and CHECK["HealthCheckIntervalSeconds"] <= stack.resources[function]["Properties"]["Timeout"]:
            yield f"{group}: {function} may take longer than until the next check"


def wrong_edge(config, stack):
    """What is wrong with CloudFront's distribution."""
    origin, = config["Origins"]
    behaviour, viewers = config["DefaultCacheBehavior"], config["ViewerCertificate"]
    wanted = {
        "its name": (config["Aliases"], [stack.parameters["DomainName"]]),
        "where it leads": ([origin["DomainName"]], [r["Name"] for r in stack.of_type(RECORD).values() if not plain(r)]),
        "its certificate": (viewers["AcmCertificateArn"], stack.parameters["EdgeCertificateArn"]),
        "its least TLS": (viewers["MinimumProtocolVersion"], "TLSv1.2_2021"),
        "TLS to the regions": (origin["CustomOriginConfig"]["OriginProtocolPolicy"], "https-only"),
        "TLS to customers": (behaviour["ViewerProtocolPolicy"], "https-only"),
        "what it keeps": (behaviour["CachePolicyId"], UNCACHED),
        "what it hands on": (behaviour["OriginRequestPolicyId"], ALL_OF_VIEWERS),
        "whether it takes POST": ("POST" in behaviour["AllowedMethods"], True),
        "where it stands": (config["PriceClass"], "PriceClass_All"),
    }
    yield from (f"CloudFront, {what}: {is_!r}, not {must!r}" for what, (is_, must) in wanted.items() if is_ != must)


def wrong_door(stack):
    """What is wrong with one region's part of the door."""
    routing = stack.parameters["Routing"]
    here, everywhere, target = DOORS.get(routing, ([], [], None))
    wanted = sorted(everywhere + (here if has_door(stack) else []))
    found = sorted(r["Type"] for r in stack.resources.values() if r["Type"] in KINDS)
    if found != wanted:
        yield f"of a door there is {found}, not {wanted}"
        return
    records = [(r["ResourceRecords"], r["TTL"], "HealthCheckId" in r) for r in stack.of_type(RECORD).values() if plain(r)]
    if records != ([([target], "60", False)] if target and has_door(stack) else []):
        yield f"the one record of the name: {records}"
    for group in stack.of_type("AWS::GlobalAccelerator::EndpointGroup").values():
        listener = "<AcceleratorHttps>" if has_door(stack) else stack.parameters["AcceleratorListener"]
        leads = [(own["EndpointId"], own["ClientIPPreservationEnabled"]) for own in group["EndpointConfigurations"]]
        place = (group["ListenerArn"], group["EndpointGroupRegion"], group["TrafficDialPercentage"], leads)
        if place != (listener, stack.region, 100, [("<Balancer>", False)]):
            yield f"the endpoint group is {place}"
    for own in stack.of_type("AWS::GlobalAccelerator::Listener").values():
        if (own["AcceleratorArn"], own["Protocol"], own["PortRanges"]) != ("<Accelerator>", "TCP", [{"FromPort": 443, "ToPort": 443}]):
            yield f"the accelerator listens otherwise: {own}"
    for own in stack.of_type("AWS::CloudFront::Distribution").values():
        yield from wrong_edge(own["DistributionConfig"], stack)
    yield from wrong_checks(stack, routing == "global-accelerator")
    for balancer in stack.of_type("AWS::ElasticLoadBalancingV2::LoadBalancer").values():
        kept = [own["Value"] for own in balancer["LoadBalancerAttributes"] if own["Key"] == "client_keep_alive.seconds"]
        if kept != (["60"] if routing == "cloudfront" else []):
            yield f"the load balancer keeps connections for {kept}"


def wrong_doors(stacks):
    """A door is there once, at the customers' name, and no region has a record of that name beside it."""
    names = [r["Name"] for stack in stacks for r in stack.of_type(RECORD).values() if plain(r)]
    ways = {stack.parameters["Routing"] for stack in stacks}
    if names != [stacks[0].parameters["DomainName"]] * len(ways & DOORS.keys()):
        yield f"the records that are alone at their names are {names}"
    if {r["Name"] for stack in stacks for r in stack.of_type(RECORD).values() if not plain(r)} & set(names):
        yield "a region has a record at the door's name"


def wrong_times():
    """The page's tables of how long a failover takes: each bold line is the sum of the steps above it."""
    step = re.compile(r"\| (\**)(.+?)\** \| \**(\d+) s\** \| \**(\d+) s\** \| \**(\d+) s\** \|")
    tables = [[]]
    for line in PAGE.read_text().splitlines():
        if line.startswith("| step |"):
            tables.append([])
        elif found := step.fullmatch(line):
            tables[-1].append((found[1], found[2], [int(found[at]) for at in (3, 4, 5)]))
    results = {}
    for table in tables[1:]:
        total = [0, 0, 0]
        for bold, what, seconds in table:
            if not bold:
                total = [sum(both) for both in zip(total, seconds, strict=True)]
            elif total != seconds:
                yield f"{PAGE}, {what}: {seconds}, and the steps are {total} together"
            results.setdefault(what, seconds)
    if len(tables) != 4 or results.get("out of DNS, as above") != results.get("out of DNS"):
        yield f"{PAGE}: the tables of a failover's time are not there, or begin with different times"
    interval, failures = CHECK["HealthCheckIntervalSeconds"], CHECK["UnhealthyThresholdCount"]
    checked = [seconds for what, seconds in results.items() if what.startswith(f"the third failure in a row: 2 x {interval} s")]
    if failures != 3 or [[own[0], own[2]] for own in checked] != [[(failures - 1) * interval, failures * interval]]:
        yield f"{PAGE}: the load balancer's check is another in the template: {checked}"


def refusals(fleet):
    """What the template must not take of a fleet's home."""
    home = fleet.home
    by_accelerator = fleet.routed("proxy", home, "global-accelerator", {})
    by_edge = fleet.routed("api", home, "cloudfront", fleet.edge)
    elsewhere = "eu-west-1" if home == "us-east-1" else home
    listener, certificate = fleet.listener.partition("/listener")[0], fleet.edge["EdgeCertificateArn"]
    wrong = {
        "an accelerator before an API": ({**by_accelerator, "FrontKind": "api"}, "FrontKind=proxy"),
        "an accelerator without a name": ({**by_accelerator, "DomainName": ""}, "DomainName"),
        "an accelerator's ARN for its listener's": ({**by_accelerator, "AcceleratorListener": listener}, "AcceleratorListener"),
        "CloudFront without a certificate": ({**by_edge, "EdgeCertificateArn": ""}, "EdgeCertificateArn"),
        "CloudFront with a certificate of another region": (
            {**by_edge, "EdgeCertificateArn": certificate.replace("us-east-1", elsewhere)}, "EdgeCertificateArn"
        ),
        "CloudFront before regions without one": ({**by_edge, "CertificateArn": ""}, "CertificateArn"),
    }
    for what, (parameters, word) in wrong.items():
        if not any(word in words for words in fleet.stack(home, parameters).refused):
            yield f"template.yaml takes {what}"
    # Before the accelerator is there, a region is deployed without customers.
    away = "eu-west-1" if home != "eu-west-1" else "ap-southeast-2"
    early = fleet.stack(away, by_accelerator)
    if early.refused or any(r["Type"] in KINDS | {RECORD} for r in early.resources.values()):
        yield f"a region that does not know the accelerator's listener has a part of it, or is refused: {early.refused}"
