"""How `make deploy` deploys outside.yaml: the arguments of `sam deploy`, one a line; none where Route 53 checks no region's health."""

import sys

from botocore.exceptions import ClientError  # comes with the SAM CLI
from stack import Fleet

# Route 53 counts here alone.
PLACE = "us-east-1"


def check(fleet, stack):
    """The id of a region's health check, as its stack says; none where it has none."""
    try:
        own = fleet.client("cloudformation", stack.region).describe_stacks(StackName=stack.parameters["AWS::StackName"])
    except ClientError as error:
        sys.exit(f"deploy: {stack.region}'s stack does not say its health check's id: {error}: deploy that region first")
    outputs = {output["OutputKey"]: output["OutputValue"] for output in own["Stacks"][0].get("Outputs", [])}
    return outputs.get("HealthCheckId")


def arguments(fleet):
    stacks = fleet.stacks
    name = stacks[0].parameters["FleetName"]
    checks = [f"{stack.region}={own}" for stack in stacks if (own := check(fleet, stack))]
    if not checks:
        print("deploy: Route 53 checks no region's health here: nobody outside hears that one leaves DNS", file=sys.stderr)
        return []
    mails = [mail for own in fleet.deployed.values() if (mail := own.get("OnCallEmail"))]
    edges = [edge for own in fleet.deployed.values() if (edge := own.get("EdgeCertificateArn"))]
    given = {"FleetName": name, **{f"Check{n}": own for n, own in enumerate(checks, 1)}, **({"OnCallEmail": mails[0]} if mails else {}), **({"EdgeCertificateArn": edges[0]} if edges else {})}
    return [
        "--stack-name", f"{stacks[0].parameters['AWS::StackName']}-outside", "--region", PLACE, "--tags", f"meridian:fleet={name}",
        "--parameter-overrides", *(f"{key}={value}" for key, value in given.items()),
    ]


if __name__ == "__main__":
    print(*arguments(Fleet(".")), sep="\n", end="")
