"""What a deleted stack left in the account, for CloudFormation to import: the next deployment goes on with the same bucket, ledger and
key. Without, it fails, because they exist already.

usage: scripts/import_retained.py ENVIRONMENT [ReleaseKey=ID [LOGICAL=IDENTIFIER ...]]

ENVIRONMENT is one of samconfig.toml. Asks no account: writes target/import/ENVIRONMENT/template.json and resources.json, and prints
the commands that import them. What has no name of its own is imported where its identifier is given: AccessLogs, PipelineArtifacts,
SigningKey; otherwise the deployment makes another one.
"""

import json
import pathlib
import sys

from stack import Fleet, Written

# A type's primary identifier, as CloudFormation asks for it.
IDENTIFIED_BY = {
    "AWS::IAM::Role": "RoleName",
    "AWS::KMS::Alias": "AliasName",
    "AWS::KMS::Key": "KeyId",
    "AWS::S3::Bucket": "BucketName",
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SageMaker::ModelPackageGroup": "ModelPackageGroupArn",
}
# The property that gives one a name: for a group it is not the identifier.
NAMED_BY = IDENTIFIED_BY | {"AWS::SageMaker::ModelPackageGroup": "ModelPackageGroupName"}
# Without these nothing of a region's past can be read.
NEEDED = {"Releases", "ReleasesPolicy", "ReleaseKey", "ReleaseKeyAlias"}


def retained(stack):
    """The resources that a stack leaves behind: logical name -> resource."""
    return {name: own for name, own in stack.resources.items() if "DeletionPolicy" in own}


def named(value):
    """The logical names that a value refers to."""
    if isinstance(value, list):
        return set().union(*map(named, value))
    if not isinstance(value, dict):
        return set()
    match value:
        case {"Ref": str(name)}:
            return {name}
        case {"Fn::GetAtt": str(path)}:
            return {path.split(".")[0]}
        case {"Fn::GetAtt": [name, *_]}:
            return {name}
        case {"Fn::Sub": text}:
            pattern, own = (text, {}) if isinstance(text, str) else text
            parts = {part.split("}")[0] for part in pattern.split("${")[1:]}
            return {part.split(".")[0] for part in parts if part not in own and not part.startswith("!")} | named(list(own.values()))
    return named(list(value.values()))


def identifier(stack, name, given):
    """What a retained resource is known by; none where nobody can know."""
    own = stack.resources[name]
    key = IDENTIFIED_BY[own["Type"]]
    if name in given:
        return given[name]
    if own["Type"] == "AWS::SageMaker::ModelPackageGroup":
        account, group = stack.parameters["AWS::AccountId"], own["Properties"]["ModelPackageGroupName"]
        return f"arn:aws:sagemaker:{stack.region}:{account}:model-package-group/{group}"
    match own["Properties"].get(key):
        case {"Ref": str(of)}:
            return identifier(stack, of, given)
        case value:
            return value


def documents(stack, given):
    """The template with what is imported, and the list of it. A property that names what is made later is the deployment's to set."""
    known = {name: identifier(stack, name, given) for name in retained(stack)}
    known = {name: own for name, own in known.items() if own is not None}
    resources = {}
    for name in known:
        own = {key: value for key, value in stack.resources[name].items() if key != "DependsOn"}
        own["Properties"] = {key: value for key, value in own["Properties"].items() if named(value) <= known.keys()}
        resources[name] = own
    listed = [
        {
            "ResourceType": resources[name]["Type"],
            "LogicalResourceId": name,
            "ResourceIdentifier": {IDENTIFIED_BY[resources[name]["Type"]]: own},
        }
        for name, own in known.items()
    ]
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}, listed


def wrong_with(fleet):
    """What of a fleet's stacks could not be deployed again after they were deleted."""
    for region, parameters in fleet.deployed.items():
        stack = fleet.stack(region, parameters, Written)
        kept = retained(stack)
        for name, own in stack.resources.items():
            of = own["Properties"].get({"AWS::S3::BucketPolicy": "Bucket", "AWS::KMS::Alias": "TargetKeyId"}.get(own["Type"]), {})
            if of.get("Ref") in kept and name not in kept:
                yield f"{region}, {name}: a deleted stack keeps {of['Ref']} without it"
        if unknown := sorted({own["Type"] for own in kept.values()} - IDENTIFIED_BY.keys()):
            yield f"{region}: {', '.join(unknown)} is kept, and scripts/import_retained.py does not say what it is known by"
            continue
        _, listed = documents(stack, {"ReleaseKey": "00000000-0000-0000-0000-000000000000"})
        # What has a name of its own exists already when the stack is made again.
        names = {name for name, own in kept.items() if isinstance(own["Properties"].get(NAMED_BY.get(own["Type"])), str)}
        if missing := sorted((NEEDED | names) - {own["LogicalResourceId"] for own in listed}):
            yield f"{region}: {', '.join(missing)} would not be imported before it is deployed again"


def commands(stack, folder, environment):
    """What imports the documents of a folder, and deploys the rest."""
    of = f"--region {stack.region} --stack-name {stack.parameters['AWS::StackName']}"
    change = f"{of} --change-set-name retained"
    yield (
        f"aws cloudformation create-change-set {change} --change-set-type IMPORT --capabilities CAPABILITY_NAMED_IAM "
        f"--template-body file://{folder}/template.json --resources-to-import file://{folder}/resources.json"
    )
    yield f"aws cloudformation wait change-set-create-complete {change}"
    yield f"aws cloudformation execute-change-set {change}"
    yield f"aws cloudformation wait stack-import-complete {of}"
    yield f"make deploy ENV={environment}"


def main():
    if len(sys.argv) < 2 or not all("=" in own for own in sys.argv[2:]):
        sys.exit(__doc__)
    fleet, environment, given = Fleet.chosen(), sys.argv[1], dict(own.split("=", 1) for own in sys.argv[2:])
    if environment not in fleet.environments:
        sys.exit(f"import-retained: samconfig.toml has no environment {environment}: it has {', '.join(fleet.environments)}")
    stack = fleet.stack(*fleet.environments[environment], Written)
    if unknown := sorted(given.keys() - retained(stack).keys()):
        sys.exit(f"import-retained: {', '.join(unknown)}: this stack keeps {', '.join(sorted(retained(stack)))}")
    if "ReleaseKey" not in given:
        sys.exit(
            "import-retained: give ReleaseKey=ID, what follows the last / of\n"
            f"aws s3api get-bucket-encryption --region {stack.region} --bucket {stack.parameters['ReleaseBucket']} --output text --query "
            "'ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.KMSMasterKeyID'"
        )
    folder = pathlib.Path("target/import", environment)
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in zip(("template", "resources"), documents(stack, given)):
        (folder / f"{name}.json").write_text(json.dumps(document, indent=1))
    print(*commands(stack, folder, environment), sep="\n")


if __name__ == "__main__":
    main()
