"""Every resource of template.yaml that can carry tags says whose it is and where: what a region costs is summed by them."""

import sys

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from stack import Fleet

# SAM makes these and gives them no tags. The stack's own, in samconfig.toml, reach them.
BY_STACK = {"AWS::ApiGateway::RestApi", "AWS::Events::Rule"}


def tag_property(kind, region):
    """The property that holds a resource's tags; None where it can carry none."""
    tagging = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, kind).schema.get("tagging", {})
    return tagging.get("tagProperty", "/properties/Tags").rsplit("/", 1)[-1] if tagging.get("taggable") else None


def pairs(tags):
    return {tag["Key"]: tag["Value"] for tag in tags} if isinstance(tags, list) else tags


def wrong(stack, stack_tags):
    wanted = {"meridian:fleet": stack.parameters["FleetName"], "meridian:region": stack.region}
    if stack_tags != wanted:
        yield f"samconfig.toml, {stack.region}: the stack's tags are {stack_tags}, not {wanted}"
    for name, resource in stack.resources.items():
        field = tag_property(resource["Type"], stack.region)
        if field is None:
            continue
        tags = pairs(resource["Properties"].get(field, []))
        if resource["Type"] in BY_STACK:
            if tags:
                yield f"{name} carries tags now: {resource['Type']} is no exception any more"
        elif any(tags.get(key) != value for key, value in wanted.items()):
            yield f"template.yaml, {name} ({resource['Type']}): tags {tags}, not {wanted}"


def wrong_with(fleet):
    for stacks in fleet.ways.values():
        for name, stack in zip(fleet.environments, stacks, strict=True):
            given = fleet.config[name]["deploy"]["parameters"].get("tags", [])
            yield from wrong(stack, dict(tag.split("=", 1) for tag in given))


def main():
    fleet = Fleet.chosen()
    faults = list(wrong_with(fleet))
    for fault in faults:
        print(f"check-tags: {fault}", file=sys.stderr)
    if not faults:
        stacks = [stack for stacks in fleet.ways.values() for stack in stacks]
        tagged = sum(1 for stack in stacks for r in stack.resources.values() if tag_property(r["Type"], stack.region))
        print(f"check-tags: {tagged} resources of {len(fleet.stacks)} regions, with each front and each door, carry fleet and region")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
