"""Holds template.yaml against fleet.toml and the code where no test does: times, prefixes, queues, and what SAM makes of it.

What samconfig.toml must say for a fleet is held by shared/deployment/tests/repository, what roles must allow by
local/tests/rights.rs. With --account it asks AWS instead whether the credentials at hand belong to fleet.toml's account, and to the role
that every stack takes for its deployer.
"""

import fnmatch
import functools
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import analyse_policies
import import_retained
from cfnlint.decode.cfn_yaml import load
from stack import Fleet, listed, translated

PACE = pathlib.Path("shared/handlers/src/shadow_eval/pace.rs")
UNITS = {"s": 1, "m": 60, "h": 3600}

# The role that every stack lends to home's promote.
LENT = "LentRole"

# What belongs to one kind of front alone, by resource types and by the template's names.
OF_API = ("AWS::ApiGateway::", "ScoreRole", "StatusHealthPermissionlive")
OF_PROXY = ("AWS::ElasticLoadBalancingV2::", "AWS::EC2::", "Proxy", "ScoreTargets", "HealthTargets")


def seconds(text):
    return sum(float(n) * UNITS[unit.lower()] for n, unit in re.findall(r"(?i)([\d.]+)\s*([smh])", text))


def text(value):
    return value["Fn::Sub"] if isinstance(value, dict) else value


def prefix(path):
    """An object key's pattern without the fleet's name: "ledger/own", "releases/golden", "waves"."""
    path = path.replace("/${FleetName}", "").replace("${AWS::Region}", "own")
    return path.removesuffix("*").removesuffix(".json").strip("/")


def wrong_prefixes(name, policies):
    """Without the right to list, S3 answers 403 where 404 is meant."""
    read, listable = set(), set()
    for policy in policies:
        for statement in policy.get("PolicyDocument", policy)["Statement"]:
            statement = statement["Fn::If"][1] if "Fn::If" in statement else statement
            actions = listed(statement["Action"])
            if "s3:GetObject" in actions:
                read.update(prefix(text(arn).partition("/")[2]) for arn in listed(statement["Resource"]))
            if "s3:ListBucket" in actions:
                patterns = statement["Condition"]["StringLikeIfExists"]["s3:prefix"]
                listable.update(prefix(text(pattern)) for pattern in listed(patterns))
    for own in sorted(read ^ listable):
        yield f"template.yaml, {name}: {own!r} can be read and not listed, or listed and not read"


def wrong_translation():
    """What SAM makes of the template: two resources of one name, for one, pass every linter."""
    from samtranslator.model.exceptions import InvalidDocumentException

    try:
        resources = translated()["Resources"]
    except InvalidDocumentException as error:
        yield from (f"template.yaml, as SAM reads it: {cause.message}" for cause in error.causes)
        return
    paths = set(resources["Front"]["Properties"]["Body"]["paths"])
    if paths != {"/health", "/score"}:
        yield f"template.yaml, Front: SAM makes the paths {sorted(paths)} of it, not /health and /score"


def wrong_fronts(fleet):
    """A region has the one front or the other, whole."""
    for front, stacks in fleet.fronts.items():
        for stack in stacks:
            yield from (f"FrontKind={front}, {stack.region}: {words}" for words in stack.refused)
            words = {name: (r["Type"], name) for name, r in stack.resources.items()}
            for kind, own in (("api", OF_API), ("proxy", OF_PROXY)):
                of_kind = [name for name, both in words.items() if any(word.startswith(own) for word in both)]
                if kind != front and of_kind:
                    yield f"FrontKind={front}, {stack.region}: {of_kind} belong to {kind}"
                if kind == front and len(of_kind) < 4:
                    yield f"FrontKind={front}, {stack.region}: of its front there is only {of_kind}"
            if front == "proxy":
                listener, = stack.of_type("AWS::ElasticLoadBalancingV2::Listener").values()
                if listener["Protocol"] != "HTTPS" or "TLS13-1-2" not in listener["SslPolicy"]:
                    yield f"{stack.region}: the load balancer takes other than TLS 1.2 and 1.3"
                policies = stack.resources["ProxyRole"]["Properties"]["Policies"]
                statements = [s for policy in policies for s in policy["PolicyDocument"]["Statement"]]
                endpoint = f"arn:aws:sagemaker:{stack.region}:{fleet.accounts[stack.region]}:endpoint/{stack.parameters['EndpointName']}"
                asks = [(s["Action"], s["Resource"]) for s in statements if s["Action"].startswith("sagemaker:")]
                # What a record must look like stands in the region's own ledger and manifests.
                others = {s["Action"] for s in statements} - {"s3:GetObject", "s3:ListBucket", "kms:Decrypt"}
                if asks != [("sagemaker:InvokeEndpoint", endpoint)] or others != {"sagemaker:InvokeEndpoint"}:
                    yield f"{stack.region}: the proxy may do more or less than ask its endpoint and read its ledger: {statements}"
    for name in fleet.proxy(fleet.home).keys() - {"FrontKind"}:
        if not fleet.stack(fleet.home, {**fleet.with_front("proxy", fleet.home), name: ""}).refused:
            yield f"template.yaml takes FrontKind=proxy without {name}"


def wrong_accounts(fleet):
    """Each stack goes into the account that fleet.toml has for its region, and knows the others."""
    accounts, home = fleet.accounts, fleet.accounts[fleet.home]
    several = ",".join(sorted(set(accounts.values()))) if len(set(accounts.values())) > 1 else ""
    for region, own in fleet.deployed.items():
        account = accounts[region]
        wanted = {"FleetAccounts": several, "HomeAccount": home if account != home else ""}
        for name, value in wanted.items():
            if ",".join(sorted(own.get(name, "").split(","))) != value:
                yield f"samconfig.toml, {region}: {name} is {own.get(name, '')!r}, and fleet.toml's accounts want {value!r}"
        if several and own.get("Routing") != "none":
            yield f"samconfig.toml, {region}: several accounts need Routing=none; one name's records lie in one zone, of one account"
        profile = account if account != fleet.account else None
        if several and fleet.profiles[region] != profile:
            yield f"samconfig.toml, {region}: profile is {fleet.profiles[region]!r}, and its account wants {profile!r}"
    for name, value in fleet.deployed[fleet.home].items():
        if name.startswith("Replica") and value:
            region, _, _, *account = value.split("=")
            if (account or [home]) != [accounts.get(region, home)]:
                yield f"samconfig.toml, {fleet.home}: {name} ends with {account or 'no account'}, and fleet.toml has {accounts.get(region)}"


def wrong_moves(fleet):
    """Another region can become home while the old one is as it was: what knows no regions has other names there."""
    def worldwide(stack):
        kinds = {"AWS::IAM::Role": "RoleName", "AWS::IAM::ManagedPolicy": "ManagedPolicyName", "AWS::CloudWatch::Dashboard": "DashboardName"}
        return {own[name] for kind, name in kinds.items() for own in stack.of_type(kind).values() if name in own}

    deployed, home = fleet.deployed, fleet.home
    old = worldwide(fleet.stack(home, deployed[home]))
    for region, own in deployed.items():
        moved = fleet.stack(region, {**deployed[home], **own, "HomeRegion": region})
        if region != home and (taken := sorted(old & worldwide(moved))):
            yield f"{region} cannot become home: {', '.join(taken)} would be made twice"


def wrong_build(fleet):
    """Functions are built for the processors that they are deployed to."""
    built = fleet.config.get("default", {}).get("build", {}).get("parameters", {}).get("parameter_overrides", [])
    built = dict(own.split("=", 1) for own in built)
    for region, own in fleet.deployed.items():
        wanted, made = (fleet.stack(region, given).parameters["Architecture"] for given in (own, built))
        if wanted != made:
            yield f"samconfig.toml: {region} runs {wanted}, and `sam build` is told to make {made}"


def wrong_signatures(fleet):
    """A policy that functions would refuse keeps even rollback from starting: it must not be deployed."""
    for stack in fleet.stacks:
        if (key := stack.parameters["PolicyKey"]) and not is_signed(fleet.folder, key):
            yield (
                f"{stack.region}: PolicyKey has not signed this fleet.toml, and its functions would not start: "
                "openssl pkeyutl -sign -rawin -inkey KEY.pem -in fleet.toml -out fleet.toml.sig"
            )


def is_signed(folder, key):
    # What functions take: P-256's uncompressed points, and Ed25519 (shared/domain/src/fleet/signing/key.rs).
    if not key.startswith(("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE", "MCowBQYDK2VwAyEA")):
        return False
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as pem:
        print(f"-----BEGIN PUBLIC KEY-----\n{key}\n-----END PUBLIC KEY-----", file=pem, flush=True)
        files = ["-in", folder / "fleet.toml", "-sigfile", folder / "fleet.toml.sig"]
        verify = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", pem.name, *files]
        return subprocess.run(verify, capture_output=True).returncode == 0


def wrong_account(fleet):
    from botocore.exceptions import BotoCoreError, ClientError  # comes with the SAM CLI; only this question needs it

    callers = {}
    for stack in fleet.stacks:
        account = fleet.accounts[stack.region]
        try:
            callers[account] = callers.get(account) or fleet.client("sts", stack.region).get_caller_identity()
        except (BotoCoreError, ClientError) as error:
            yield f"{stack.region}: the account is not known: {error}"
            return
        # `sam deploy` keeps a parameter that samconfig.toml no longer has.
        kept = "" if "PolicyKey" in fleet.deployed[stack.region] else deployed_key(fleet, stack)
        if kept and not is_signed(fleet.folder, kept):
            yield f"{stack.region}: its stack keeps a PolicyKey that has not signed this fleet.toml: sign it, or write PolicyKey= to give it up"
    for account, caller in callers.items():
        if caller["Account"] != account:
            yield f"these credentials belong to account {caller['Account']}, fleet.toml names {account}"
    for stack in fleet.stacks:
        region, deployers = stack.region, stack.parameters["DeployerRoles"]
        caller = callers[fleet.accounts[region]]
        if not is_deployer(caller["Arn"], deployers):
            yield (
                f"{region}: these credentials are {caller['Arn']}'s, and DeployerRoles is {deployers}: this deployment would lock itself "
                "out of the bucket's policy; name the role that deploys, with its path, in every environment of samconfig.toml"
            )


def deployed_key(fleet, stack):
    """The PolicyKey that a stack has now; none where it is not there yet."""
    from botocore.exceptions import ClientError

    try:
        told = fleet.client("cloudformation", stack.region).describe_stacks(StackName=stack.parameters["AWS::StackName"])
    except ClientError:
        return ""
    own = told["Stacks"][0].get("Parameters", [])
    return next((given["ParameterValue"] for given in own if given["ParameterKey"] == "PolicyKey"), "")


def is_deployer(caller, pattern):
    """Whether a caller, as STS tells of it, is one of the deployer's roles. STS leaves out a role's path."""
    _, _, resource = caller.partition(":assumed-role/")
    role = resource.partition("/")[0]
    return bool(role) and fnmatch.fnmatchcase(role, pattern.rpartition("/")[2].replace("[", "[[]"))


@functools.cache
def template():
    return load("template.yaml")


def functions():
    """The functions' properties by the names of their programs."""
    resources = template()["Resources"].values()
    return {r["Metadata"]["BuildProperties"]["Binary"]: r["Properties"] for r in resources if r["Type"] == "AWS::Serverless::Function"}


def wrong_with(fleet):
    """What of the template does not go with a fleet."""
    lease = seconds(fleet.policy["wave"]["lease"])
    for name in ("promote", "rollback"):
        if functions()[name]["Timeout"] >= lease:
            yield f"template.yaml, {name}: a timeout of {functions()[name]['Timeout']} s outlives the {lease:g} s lease"
    for stack in fleet.stacks:
        yield from (f"samconfig.toml, {stack.region}: {words}" for words in stack.refused)
    yield from wrong_fronts(fleet)
    yield from wrong_moves(fleet)
    yield from wrong_build(fleet)
    yield from wrong_accounts(fleet)
    yield from wrong_signatures(fleet)
    yield from import_retained.wrong_with(fleet)
    yield from analyse_policies.unread(fleet)


def wrong_with_any():
    """What is wrong with the template whatever the fleet."""
    # A call of shadow-eval begins no step after ENOUGH; each step then has twice as long.
    enough = re.search(r"ENOUGH: SignedDuration = SignedDuration::from_secs\((\d+)\)", PACE.read_text())
    packages = sorted(p.parent.name for p in pathlib.Path("functions").glob("*/Cargo.toml"))
    if sorted(functions()) != packages:
        yield f"template.yaml builds {sorted(functions())}, functions/ holds {packages}"
    if functions()["shadow-eval"]["Timeout"] < 3 * int(enough[1]):
        yield f"template.yaml, shadow-eval: a timeout under 3 x {enough[1]} s (ENOUGH in {PACE}) may cut a step short"
    lent = template()["Resources"][LENT]["Properties"]["Policies"]
    for name, policies in ({name: own.get("Policies", []) for name, own in functions().items()} | {LENT: lent}).items():
        yield from wrong_prefixes(name, policies)
    for statement in lent[0]["PolicyDocument"]["Statement"]:
        # Of what knows no resource, the region must be asked for, or one region's role would act in all of them.
        region = statement.get("Condition", {}).get("StringEquals", {}).get("aws:RequestedRegion")
        if statement.get("Resource") == "*" and region != {"Ref": "AWS::Region"}:
            yield f"template.yaml, {LENT}.{statement['Sid']}: it allows the same in every region"
    for name, function in functions().items():
        for event in function.get("Events", {}).values():
            if event["Type"] in ("EventBridgeRule", "Schedule") and "DeadLetterConfig" not in event["Properties"]:
                yield f"template.yaml, {name}: a rule without a dead-letter queue loses events after a day"
    for path in sorted(pathlib.Path("events").glob("*/*.json")):
        if path.parent.name != "hostile" and path.parent.name not in functions():
            yield f"{path}: no function {path.parent.name}"
        json.loads(path.read_text())


def told(faults):
    for fault in faults:
        print(f"check-deployment: {fault}", file=sys.stderr)
    return 1 if faults else 0


def main():
    if "--account" in sys.argv:
        return told(list(wrong_account(Fleet.chosen())))
    # What follows looks at stacks, which are made of the translation.
    faults = list(wrong_translation()) or [*wrong_with_any(), *wrong_with(Fleet.chosen())]
    if not faults:
        print(f"check-deployment: template, fleet and code agree ({len(functions())} functions)")
    return told(faults)


if __name__ == "__main__":
    sys.exit(main())
