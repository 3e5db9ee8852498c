"""Rung 0 of docs/first-account.md, part of `make check-account`: IAM Access Analyzer reads every policy that the stacks make, and says what
AWS itself finds wrong with it. It changes nothing, costs nothing, and needs access-analyzer:ValidatePolicy.

What CloudFormation knows only once a resource is made stands there as an example of its kind.
"""

import json
import re
import sys

from stack import Fleet

# A type's ARN; most are REGION's and ACCOUNT's.
EXAMPLES = {
    "AWS::KMS::Key": "kms:REGION:ACCOUNT:key/00000000-0000-0000-0000-000000000000",
    "AWS::S3::Bucket": "s3:::example",
    "AWS::SNS::Topic": "sns:REGION:ACCOUNT:example",
    "AWS::SQS::Queue": "sqs:REGION:ACCOUNT:example",
    "AWS::Lambda::Function": "lambda:REGION:ACCOUNT:function:example",
    "AWS::IAM::Role": "iam::ACCOUNT:role/example",
}
# Of a suggestion the policy does not get worse.
FOUND = ("ERROR", "SECURITY_WARNING")


def shown(stack, text):
    """A document with examples in the place of what is not made yet."""

    def example(match):
        logical, _, attribute = match[1].partition(".")
        kind = stack.resources.get(logical, {}).get("Type", "")
        if attribute == "Arn" and kind not in EXAMPLES:
            return match[0]
        arn = "arn:aws:" + EXAMPLES.get(kind, "")
        arn = arn.replace("REGION", stack.region).replace("ACCOUNT", stack.parameters["AWS::AccountId"])
        return arn if attribute == "Arn" or kind == "AWS::SNS::Topic" else "example"

    return re.sub(r"<(\w+(?:\.\w+)?)>", example, text)


def policies(stack):
    """Each policy of a stack: whose, its document, and how Access Analyzer is to read it."""
    resource = lambda kind: {"policyType": "RESOURCE_POLICY", "validatePolicyResourceType": kind}  # noqa: E731
    for name, own in stack.of_type("AWS::IAM::Role").items():
        yield f"{name}, who may assume it", own["AssumeRolePolicyDocument"], resource("AWS::IAM::AssumeRolePolicyDocument")
        for policy in own.get("Policies", []):
            yield f"{name}, {policy['PolicyName']}", policy["PolicyDocument"], {"policyType": "IDENTITY_POLICY"}
    for name, own in stack.of_type("AWS::S3::BucketPolicy").items():
        yield name, own["PolicyDocument"], resource("AWS::S3::Bucket")
    for kind in ("AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"):
        for name, own in stack.of_type(kind).items():
            yield name, own["PolicyDocument"], {"policyType": "RESOURCE_POLICY"}
    for name, own in stack.of_type("AWS::KMS::Key").items():
        yield name, own["KeyPolicy"], {"policyType": "RESOURCE_POLICY"}


def wrong_with(fleet):
    """What Access Analyzer finds in the stacks of all regions."""
    for stack in fleet.stacks:
        pages = fleet.client("accessanalyzer", stack.region).get_paginator("validate_policy")
        for whose, document, kind in policies(stack):
            for page in pages.paginate(policyDocument=shown(stack, json.dumps(document)), **kind):
                for found in page["findings"]:
                    if found["findingType"] in FOUND:
                        yield f"{stack.region}, {whose}: {found['findingDetails']} ({found['issueCode']}, {found['learnMoreLink']})"


def unread(fleet):
    """Policies that Access Analyzer could not read: something stands in them that is no example."""
    for stack in fleet.stacks:
        for whose, document, _ in policies(stack):
            if left := re.findall("<[^>]*>", shown(stack, json.dumps(document))):
                yield f"{stack.region}, {whose}: {', '.join(left)} has no example in scripts/analyse_policies.py"


def main():
    from botocore.exceptions import BotoCoreError, ClientError

    fleet = Fleet.chosen()
    try:
        faults = list(wrong_with(fleet))
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"check-account: IAM Access Analyzer was not asked: {error}")
    for fault in faults:
        print(f"check-account: {fault}", file=sys.stderr)
    if not faults:
        read = sum(1 for stack in fleet.stacks for _ in policies(stack))
        print(f"check-account: IAM Access Analyzer finds nothing wrong with {read} policies")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
