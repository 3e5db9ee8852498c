"""Holds template.yaml and samconfig.toml against fleet.toml and the code: what is written twice must say the same.

With --account it asks AWS instead whether the credentials at hand belong to fleet.toml's account.
"""

import json
import logging
import os
import pathlib
import re
import sys
import tomllib

from cfnlint.decode.cfn_yaml import load

PACE = pathlib.Path("shared/handlers/src/shadow_eval/pace.rs")
UNITS = {"s": 1, "m": 60, "h": 3600}

# The role that every stack lends to home's promote.
LENT = "LentRole"
# What the code asks of AWS, and where: function, or that role -> action -> places. A place is "own" (this region, or its bucket),
# "home", "fleet" (every region, or every region's bucket), "account" for what has no region, or "*"; then, for S3, the
# prefix. Read from the ports that each handler calls; shared/aws/src has one SDK operation for each.
CALLS = {
    # handlers/src/replication.rs and replication/wave.rs
    "replication": {
        # files::manifest, files::check; own_chain, and the hub's chain in home; Watch::has_attested
        "s3:GetObject": {"own releases", "own ledger", "fleet ledger"},
        "s3:ListBucket": {"own", "fleet"},  # published; every chain that is read
        "s3:PutObject": {"own ledger/own", "own ledger/home", "own waves"},  # attest; start; start_execution
        "sns:Publish": {"own"},  # page_refusal, report, page_late
        # The bucket's and the topic's key; home reads the other regions' ledgers
        "kms:Decrypt": {"own", "fleet"},
        "kms:GenerateDataKey": {"own"},
        "codepipeline:StartPipelineExecution": {"home"},  # start_execution
    },
    # handlers/src/shadow_eval.rs and shadow_eval/: home only, so its own region is home
    "shadow-eval": {
        # files::manifest and archives, golden records; held-out records; written and kept margins; the hub's chain and
        # home's own
        "s3:GetObject": {"own releases", "own holdouts", "own evaluations", "own ledger"},
        "s3:ListBucket": {"own"},
        # Desk::write_golden; Desk::write_report and scores::keep; Case::record
        "s3:PutObject": {"own releases/golden", "own evaluations", "own ledger/home"},
        "sagemaker:CreateModelPackage": {"own"},  # Case::register
        "sagemaker:UpdateModelPackage": {"own"},  # Case::approve, Case::reject
        "sns:Publish": {"own"},  # page_rejection
        "kms:Decrypt": {"own"},
        "kms:GenerateDataKey": {"own"},
        "codepipeline:PutJobSuccessResult": {"*"},  # job.rs
        "codepipeline:PutJobFailureResult": {"*"},
    },
    # handlers/src/promote/: what it does as itself, in home
    "promote": {
        "sts:AssumeRole": {"account"},  # Borrower::borrow: every region's lent role
        "sns:Publish": {"own"},  # Look::page, refuse_violations: home's topic
        "kms:Decrypt": {"own"},
        "kms:GenerateDataKey": {"own"},
        "codepipeline:PutJobSuccessResult": {"*"},  # job.rs
        "codepipeline:PutJobFailureResult": {"*"},
    },
    # The same, in each region, with the role that the region's stack lends; some of it in home only
    LENT: {
        # files::manifest, files::golden; Look::take: the hub's chain and the region's
        "s3:GetObject": {"own releases/manifests", "own releases/golden", "own ledger/own", "own ledger/home"},
        "s3:ListBucket": {"own"},
        "s3:PutObject": {"own ledger/own", "own ledger/home"},
        "sagemaker:DescribeModelPackage": {"own"},  # observe.rs, approved: in home
        "sagemaker:DescribeEndpoint": {"own"},  # Look::endpoint
        "sagemaker:UpdateEndpoint": {"own"},  # start_update
        "sagemaker:CreateEndpoint": {"own"},  # create_endpoint: a region's first release
        "sagemaker:InvokeEndpoint": {"own"},  # asked
        "sagemaker:CreateModel": {"own"},  # prepare
        "sagemaker:CreateEndpointConfig": {"own"},  # prepare
        "sagemaker:AddTags": {"own"},  # no call: what is created with tags asks for it
        "application-autoscaling:RegisterScalableTarget": {"own"},  # Look::scale
        "application-autoscaling:PutScalingPolicy": {"own"},
        "application-autoscaling:PutScheduledAction": {"own"},
        "application-autoscaling:DeleteScheduledAction": {"own"},
        "sagemaker:UpdateEndpointWeightsAndCapacities": {"own"},  # no call: Application Auto Scaling's, with the caller's rights
        "iam:PassRole": {"account"},  # no call: CreateModel hands the endpoint's role on
        "cloudwatch:PutMetricAlarm": {"own"},  # prepare, Act::Disarm
        "cloudwatch:DescribeAlarms": {"*"},  # Look::alarms
        "cloudwatch:GetMetricData": {"*"},  # evidence
        "cloudwatch:PutMetricData": {"*"},  # publish: verdict and heartbeat
        "kms:Decrypt": {"own"},
        "kms:GenerateDataKey": {"own"},
    },
    # handlers/src/rollback.rs: nothing but its own region (I6)
    "rollback": {
        "s3:GetObject": {"own ledger/own", "own releases/golden"},  # Look::take; Look::ask_golden
        "s3:ListBucket": {"own"},
        "s3:PutObject": {"own ledger/own"},  # Look::tell
        "sagemaker:DescribeEndpoint": {"own"},  # Look::endpoint
        "sagemaker:UpdateEndpoint": {"own"},  # Look::update
        "sagemaker:InvokeEndpoint": {"own"},  # Look::ask_golden
        "cloudwatch:DescribeAlarms": {"*"},  # alarm
        "cloudwatch:PutMetricData": {"*"},  # trip
        "sns:Publish": {"own"},
        "kms:Decrypt": {"own"},
        "kms:GenerateDataKey": {"own"},
    },
    # handlers/src/status.rs
    "status": {
        "s3:GetObject": {"own ledger/own", "own releases/golden"},  # serving; probe
        "s3:ListBucket": {"own"},
        "sagemaker:InvokeEndpoint": {"own"},  # look
        "kms:Decrypt": {"own"},
    },
}
# Where an action is not named as its operation is. PassRole is no operation; S3 and SNS call KMS in the function's name; the
# ports name AssumeRole, for both doors (LOAN).
OPERATIONS = {
    "sts:AssumeRole": None,
    "s3:ListBucket": "ListObjectsV2",
    "iam:PassRole": None,
    "kms:Decrypt": None,
    "kms:GenerateDataKey": None,
    "sagemaker:AddTags": None,
    "sagemaker:UpdateEndpointWeightsAndCapacities": None,
}

# A resource of the same stack.
OWN = "own"
REGIONS = {"${AWS::Region}": "own", "${HomeRegion}": "home", "*": "fleet", "": "account"}
BUCKETS = {"${ReleaseBucket}": "own", "${FleetBuckets}": "fleet"}


def seconds(text):
    return sum(int(n) * UNITS[unit] for n, unit in re.findall(r"(\d+)\s*([smh])", text))


def microseconds(text):
    """A duration under a second, as fleet.toml writes it."""
    number, unit = re.fullmatch(r"(\d+)\s*(ms|us)", text).groups()
    return int(number) * {"ms": 1000, "us": 1}[unit]


def listed(value):
    return value if isinstance(value, list) else [value]


def text(value):
    """A string, or what !Sub makes one of; OWN for a resource of the same stack."""
    if isinstance(value, dict):
        return value["Fn::Sub"] if "Fn::Sub" in value else OWN
    return value


def key(path):
    """An object key's pattern without the fleet's name: "ledger/own", "releases/golden", "waves"."""
    path = path.replace("/${FleetName}", "").replace("${AWS::Region}", "own")
    return path.removesuffix("*").removesuffix(".json").strip("/")


def place(resource):
    """Where an ARN lies, in the words of CALLS."""
    if resource in ("*", OWN):
        return resource
    # The colons of pseudo parameters do not separate.
    fields = re.split(r":(?![^{]*})", resource, maxsplit=5)
    service, region, name = fields[2], fields[3], fields[5]
    if service == "s3":
        bucket, _, path = name.partition("/")
        return f"{BUCKETS.get(bucket, bucket)} {key(path)}".strip()
    return REGIONS.get(region, region)


def rights(policies):
    """What policies allow: action -> places; and the prefixes that may be read and listed."""
    allowed, prefixes = {}, {"s3:GetObject": set(), "s3:ListBucket": set()}
    for policy in policies:
        for statement in policy.get("PolicyDocument", policy)["Statement"]:
            statement = statement["Fn::If"][1] if "Fn::If" in statement else statement
            resources = [text(resource) for resource in listed(statement["Resource"])]
            for action in listed(statement["Action"]):
                allowed.setdefault(action, set()).update(place(resource) for resource in resources)
                if action == "s3:GetObject":
                    prefixes[action].update(key(resource.partition("/")[2]) for resource in resources)
                if action == "s3:ListBucket":
                    listing = statement["Condition"]["StringLikeIfExists"]["s3:prefix"]
                    prefixes[action].update(key(text(prefix)) for prefix in listed(listing))
    return allowed, prefixes


def wrong_rights(policies):
    """Rights that the code needs and has not, or has and does not need."""
    for name, own in policies.items():
        allowed, prefixes = rights(own)
        calls = CALLS.get(name, {})
        for action in sorted(allowed.keys() | calls.keys()):
            needs, has = calls.get(action, set()), allowed.get(action, set())
            for where in sorted(needs - has):
                yield f"template.yaml, {name}: the code needs {action} ({where}), and no policy allows it"
            for where in sorted(has - needs):
                yield f"template.yaml, {name}: a policy allows {action} ({where}), and no code needs it"
        # Without the right to list, S3 answers 403 where 404 is meant.
        for prefix in sorted(prefixes["s3:GetObject"] ^ prefixes["s3:ListBucket"]):
            yield f"template.yaml, {name}: {prefix!r} can be read and not listed, or listed and not read"
    known = {OPERATIONS.get(a, a.split(":")[1]) for calls in CALLS.values() for a in calls} - {None}
    sources = "".join(path.read_text() for path in pathlib.Path("shared/aws/src").glob("*.rs"))
    made = set(re.findall(r'Call::new\([^"()]*"(\w+)"\)', sources))
    for operation in sorted(made ^ known):
        yield f"{operation}: called in shared/aws/src or named in CALLS of {sys.argv[0]}, and not both"


def wrong_translation():
    """What SAM makes of the template: two resources of one name, for one, pass every linter."""
    from samcli.yamlhelper import yaml_parse
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    template = yaml_parse(pathlib.Path("template.yaml").read_text())
    template["Globals"]["Function"]["CodeUri"] = "s3://built/code"
    try:
        resources = Translator({}, Parser()).translate(template, {})["Resources"]
    except InvalidDocumentException as error:
        yield from (f"template.yaml, as SAM reads it: {cause.message}" for cause in error.causes)
        return
    paths = set(resources["Front"]["Properties"]["Body"]["paths"])
    if paths != {"/health", "/score"}:
        yield f"template.yaml, Front: SAM makes the paths {sorted(paths)} of it, not /health and /score"


def wrong_account(fleet):
    import boto3  # comes with the SAM CLI; only this question needs it
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        account = boto3.client("sts", region_name=fleet["fleet"]["home"]).get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        yield f"the account is not known: {error}"
        return
    if account != fleet["fleet"]["account"]:
        yield f"these credentials belong to account {account}, fleet.toml names {fleet['fleet']['account']}"


def main():
    fleet = tomllib.loads(pathlib.Path("fleet.toml").read_text())
    config = tomllib.loads(pathlib.Path("samconfig.toml").read_text())
    template = load("template.yaml")
    faults = []
    if "--account" in sys.argv:
        faults.extend(wrong_account(fleet))
        for fault in faults:
            print(f"check-deployment: {fault}", file=sys.stderr)
        return 1 if faults else 0

    def hold(what, here, there):
        if here != there:
            faults.append(f"{what}: {here!r}, but fleet.toml says {there!r}")

    deployed, replicas = {}, {}
    for name, environment in config.items():
        if isinstance(environment, dict) and "deploy" in environment:
            parameters = dict(p.split("=", 1) for p in environment["deploy"]["parameters"]["parameter_overrides"])
            deployed[environment["global"]["parameters"]["region"]] = parameters["ReleaseBucket"]
            copies = [value.split("=") for key, value in parameters.items() if re.fullmatch(r"Replica\d", key)]
            if copies:
                replicas[environment["global"]["parameters"]["region"]] = dict(copies)
            hold(f"samconfig.toml, {name}: HomeRegion", parameters["HomeRegion"], fleet["fleet"]["home"])
            hold(f"samconfig.toml, {name}: FleetName", parameters["FleetName"], fleet["fleet"]["name"])
            role = parameters.get("EndpointRoleName", fleet["fleet"]["execution_role"])
            hold(f"samconfig.toml, {name}: EndpointRoleName", role, fleet["fleet"]["execution_role"])
    buckets = {r["name"]: r["bucket"] for r in fleet["region"]}
    hold("samconfig.toml, region and bucket", deployed, buckets)
    home = fleet["fleet"]["home"]
    away = {region: bucket for region, bucket in buckets.items() if region != home}
    hold("samconfig.toml, Replica1 to Replica5", replicas, {home: away})

    defaults = {name: p.get("Default") for name, p in template["Parameters"].items()}
    hold("template.yaml, FleetName", defaults["FleetName"], fleet["fleet"]["name"])
    hold("template.yaml, HomeRegion", defaults["HomeRegion"], fleet["fleet"]["home"])
    hold("template.yaml, EndpointName", defaults["EndpointName"], fleet["fleet"]["endpoint"])
    hold("template.yaml, VariantName", defaults["VariantName"], fleet["fleet"]["variant"])
    judge = fleet["judge"]
    hold("template.yaml, LatencyBound (µs)", defaults["LatencyBound"], microseconds(judge["latency_bound"]))
    hold("template.yaml, Max4xx", defaults["Max4xx"], judge["max_4xx"])
    hold("template.yaml, Max5xx", defaults["Max5xx"], judge["max_5xx"])
    hold("template.yaml, ScoreRate", defaults["ScoreRate"], sum(r["peak_rps"] for r in fleet["region"]))
    hold("template.yaml, PipelineName", defaults["PipelineName"], fleet["fleet"]["pipeline"])
    hold("template.yaml, EndpointRoleName", defaults["EndpointRoleName"], fleet["fleet"]["execution_role"])
    pattern = re.compile(re.escape(defaults["FleetBuckets"]).replace(r"\*", ".*"))
    for region in fleet["region"]:
        if not pattern.fullmatch(region["bucket"]):
            faults.append(f"template.yaml, FleetBuckets: {defaults['FleetBuckets']!r} leaves out {region['bucket']!r}")

    # A call of shadow-eval begins no step after ENOUGH; each step then has twice as long.
    enough = re.search(r"ENOUGH: SignedDuration = SignedDuration::from_secs\((\d+)\)", PACE.read_text())
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

    if functions["shadow-eval"]["Timeout"] < 3 * int(enough[1]):
        faults.append(f"template.yaml, shadow-eval: a timeout under 3 x {enough[1]} s (ENOUGH in {PACE}) may cut a step short")

    faults.extend(wrong_translation())
    lent = template["Resources"][LENT]["Properties"]["Policies"]
    faults.extend(wrong_rights({name: function["Policies"] for name, function in functions.items()} | {LENT: lent}))
    for statement in lent[0]["PolicyDocument"]["Statement"]:
        # Of what knows no resource, the region must be asked for, or one region's role would act in all of them.
        region = statement.get("Condition", {}).get("StringEquals", {}).get("aws:RequestedRegion")
        if statement.get("Resource") == "*" and region != {"Ref": "AWS::Region"}:
            faults.append(f"template.yaml, {LENT}.{statement['Sid']}: it allows the same in every region")
    for name, function in functions.items():
        for event in function.get("Events", {}).values():
            if event["Type"] in ("EventBridgeRule", "Schedule") and "DeadLetterConfig" not in event["Properties"]:
                faults.append(f"template.yaml, {name}: a rule without a dead-letter queue loses events after a day")

    for path in sorted(pathlib.Path("events").glob("*/*.json")):
        if path.parent.name != "hostile" and path.parent.name not in functions:
            faults.append(f"{path}: no function {path.parent.name}")
        json.loads(path.read_text())

    for fault in faults:
        print(f"check-deployment: {fault}", file=sys.stderr)
    if not faults:
        print(f"check-deployment: template, samconfig, fleet and code agree ({len(deployed)} regions, {len(functions)} functions)")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
