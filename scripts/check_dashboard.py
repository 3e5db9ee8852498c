"""The fleet's page (FleetPage in template.yaml) is JSON that shows every region, and metrics and alarms that exist.

A dashboard accepts any name and stays empty: so names are held against the code's and the alarms' here.
"""

import json
import pathlib
import re
import sys

from stack import Fleet

# Metrics that AWS makes of what the template declares, with their dimensions, and that neither an alarm nor the code names.
OF_AWS = {
    ("AWS/Lambda", "Invocations", ("FunctionName",)),
    ("AWS/ApiGateway", "Count", ("ApiName", "Stage")),
    ("AWS/ApiGateway", "5XXError", ("ApiName", "Stage")),
    ("AWS/S3", "ReplicationLatency", ("DestinationBucket", "RuleId", "SourceBucket")),
    ("AWS/SageMaker", "Invocations", ("EndpointName", "VariantName")),
    ("AWS/SNS", "NumberOfNotificationsFailed", ("TopicName",)),
}
# The judge's own: shared/domain/src/fleet/alarms.rs.
OF_JUDGE = {"VERDICT": "EndpointName", "HEARTBEAT": "EndpointName"}
CODE = pathlib.Path("shared/domain/src/fleet/alarms.rs")


def known(stacks):
    """Every metric that there is: namespace, name, sorted dimensions."""
    metrics = set(OF_AWS)
    for stack in stacks:
        for alarm in stack.of_type("AWS::CloudWatch::Alarm").values():
            dimensions = tuple(sorted(d["Name"] for d in alarm["Dimensions"]))
            metrics.add((alarm["Namespace"], alarm["MetricName"], dimensions))
    source = CODE.read_text()

    def constant(name):
        return re.search(rf'const {name}: &str = "([^"]+)"', source)[1]

    metrics |= {(constant("NAMESPACE"), constant(name), (dimension,)) for name, dimension in OF_JUDGE.items()}
    return metrics


def values(stacks):
    """What dimensions may say: names of the fleet's own things."""
    own = {name: {stack.parameters[name] for stack in stacks} for name in ("EndpointName", "VariantName", "FleetName")}
    fleet = next(iter(own.pop("FleetName")))
    home = next(stack for stack in stacks if stack.region == stack.parameters["HomeRegion"])
    rules = home.resources["Releases"]["Properties"].get("ReplicationConfiguration", {}).get("Rules", [])
    buckets = {stack.parameters["ReleaseBucket"] for stack in stacks}
    apis = [own for stack in stacks for own in stack.of_type("AWS::ApiGateway::RestApi").values()]
    proxies = [stack.resources["Proxy"]["Properties"] for stack in stacks if "Proxy" in stack.resources]
    return own | {
        "ApiName": {own.get("Name", f"meridian-{fleet}") for own in apis},
        "Stage": {own["StageName"] for stack in stacks for own in stack.of_type("AWS::ApiGateway::Stage").values()},
        "FunctionName": {own["FunctionName"] for own in proxies},
        "QueueName": {stack.resources["DeadLetters"]["Properties"]["QueueName"] for stack in stacks},
        "TopicName": {stack.resources["OnCall"]["Properties"]["TopicName"] for stack in stacks},
        "SourceBucket": {home.parameters["ReleaseBucket"]},
        "DestinationBucket": buckets,
        "RuleId": {rule["Id"] for rule in rules},
    }


def series(widget):
    """A widget's metrics: namespace, name, dimensions with their values."""
    for metric in widget["properties"].get("metrics", []):
        words = [word for word in metric if isinstance(word, str)]
        if words:
            yield words[0], words[1], dict(zip(words[2::2], words[3::2], strict=True))


def wrong(widgets, stacks):
    regions = {stack.region for stack in stacks}
    titles = {}
    metrics, allowed = known(stacks), values(stacks)
    alarms = {
        (stack.region, r["Properties"]["AlarmName"])
        for stack in stacks
        for r in stack.resources.values()
        if r["Type"].endswith("Alarm")
    }
    for widget in widgets:
        properties = widget["properties"]
        title = properties.get("title", properties.get("markdown"))
        shown = {properties["region"]} if "region" in properties else set()
        for namespace, name, dimensions in series(widget):
            if (namespace, name, tuple(sorted(dimensions))) not in metrics:
                yield f"{title}: nobody makes {namespace} {name} with {sorted(dimensions)}"
            for dimension, value in dimensions.items():
                if value not in allowed[dimension]:
                    yield f"{title}: {dimension} is {value!r}, not of {sorted(allowed[dimension])}"
        for arn in properties.get("alarms", []):
            fields = arn.split(":", 6)
            shown.add(fields[3])
            if (fields[3], fields[6]) not in alarms:
                yield f"{title}: there is no alarm {fields[6]} in {fields[3]}"
        for region in shown & regions:
            titles.setdefault(title, set()).add(region)
    for title in ("Requests a minute", "Share of errors", "p99 of the model, microseconds", "The judge", "Lost", "Alarms"):
        if titles.get(title) != regions:
            yield f"{title}: shown for {sorted(titles.get(title, []))}, not for {sorted(regions)}"


def shown(stacks):
    """The widgets of each fleet page that the stacks make."""
    pages = [r for stack in stacks for r in stack.of_type("AWS::CloudWatch::Dashboard").values()]
    return [json.loads(page["DashboardBody"])["widgets"] for page in pages]


def wrong_with(fleet):
    for way, stacks in fleet.ways.items():
        try:
            pages = shown(stacks)
        except ValueError as error:
            yield f"{way}: FleetPage is no JSON: {error}"
            continue
        if len(pages) != 1:
            yield f"{way}: {len(pages)} pages"
        for widgets in pages:
            yield from (f"{way}: {fault}" for fault in wrong(widgets, stacks))
    if {region["name"] for region in fleet.policy["region"]} != fleet.deployed.keys():
        yield "samconfig.toml and fleet.toml name other regions"


def main():
    fleet = Fleet.chosen()
    faults = list(wrong_with(fleet))
    for fault in faults:
        print(f"check-dashboard: {fault}", file=sys.stderr)
    if not faults:
        widgets, stacks = shown(fleet.stacks)[0], fleet.stacks
        print(f"check-dashboard: {len(widgets)} widgets show {len(stacks)} regions' own metrics and alarms, with each front and each door")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
