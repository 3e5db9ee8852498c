"""What CloudFormation would make of template.yaml in one region: SAM's translation, with a region's parameters put in.

A fleet's files lie in the repository's folder, or in the one that MERIDIAN_FLEET_DIR names.
"""

import functools
import json
import logging
import math
import os
import pathlib
import re
import tomllib

# The fleet that Meridian is delivered with. The product's own pages show this one, whatever the repository's folder holds.
REFERENCE = pathlib.Path("local/fleets/reference")
# What !Ref AWS::NoValue is: the property is left out.
ABSENT = object()
# What samconfig.toml says of one way of routing.
OF_ONE_ROUTING = {
    "Weight", "FailoverPlace", "GeoContinent1", "GeoContinent2", "GeoCountry1", "GeoCountry2", "DoorRegion", "AcceleratorListener",
}


def listed(value):
    """A policy names one thing, or a list of them."""
    return value if isinstance(value, list) else [value]


def number(value):
    """A number that a parameter is given as text; what is no number stays as it is."""
    try:
        return json.loads(str(value))
    except ValueError:
        return value


def within(value, known):
    """Whether a parameter's value is a number within its bounds."""
    own = number(value)
    return isinstance(own, (int, float)) and known.get("MinValue", -math.inf) <= own <= known.get("MaxValue", math.inf)


class Fleet:
    """A fleet's files, fleet.toml and samconfig.toml, and the stacks that are made of them.

    Every front and every routing is tried with every fleet: examples stand in for what a fleet does not say.
    """

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.policy = tomllib.loads((self.folder / "fleet.toml").read_text())
        self.config = tomllib.loads((self.folder / "samconfig.toml").read_text())
        self.account = self.policy["fleet"]["account"]
        # Region -> account.
        self.accounts = {own["name"]: own.get("account", self.account) for own in self.policy["region"]}
        # samconfig.toml's environments: name -> region and parameters.
        self.environments, self._names, self.profiles = {}, {}, {}
        for name, environment in self.config.items():
            if isinstance(environment, dict) and "deploy" in environment:
                given = environment["deploy"]["parameters"]["parameter_overrides"]
                region = environment["global"]["parameters"]["region"]
                self.environments[name] = (region, dict(parameter.split("=", 1) for parameter in given))
                self._names[region] = environment["global"]["parameters"]["stack_name"]
                self.profiles[region] = environment["global"]["parameters"].get("profile")
        # Region -> parameters.
        self.deployed = dict(self.environments.values())

    @classmethod
    def chosen(cls):
        """The fleet that this run is about."""
        return cls(os.environ.get("MERIDIAN_FLEET_DIR") or ".")

    def is_reference(self):
        """Whether its files are those that Meridian is delivered with."""
        names = ("fleet.toml", "samconfig.toml")
        return all((self.folder / name).read_bytes() == (REFERENCE / name).read_bytes() for name in names)

    @functools.cached_property
    def home(self):
        by_default = translated()["Parameters"]["HomeRegion"]["Default"]
        homes = {own.get("HomeRegion", by_default) for own in self.deployed.values()}
        if len(homes) != 1 or not homes <= self.deployed.keys():
            raise SystemExit(
                f"{self.folder / 'samconfig.toml'}: HomeRegion is {', '.join(sorted(homes))}, and the environments are "
                f"{', '.join(self.deployed)}: name one of them, the same in each"
            )
        return homes.pop()

    def stack(self, region, parameters, kind=None):
        """The stack of a region with these parameters."""
        name = self._names.get(region, self._names[self.home])
        return (kind or Stack)(region, parameters, self.accounts.get(region, self.account), name)

    def client(self, service, region):
        """Asks AWS about a region's stack: in another account with the profile of its number, as the command line does."""
        import boto3  # comes with the SAM CLI

        account = self.accounts[region]
        return boto3.Session(profile_name=None if account == self.account else account).client(service, region_name=region)

    @functools.cached_property
    def stacks(self):
        """Every region's stack as samconfig.toml has it."""
        return [self.stack(region, own) for region, own in self.deployed.items()]

    def given(self, region):
        """What samconfig.toml says of a region; empty is not said."""
        return {name: value for name, value in self.deployed[region].items() if value}

    def named(self, region):
        """What every routing but none needs: the fleet's own name, or an example."""
        own = {name: value for any_region in self.deployed for name, value in self.given(any_region).items()}
        return {
            "DomainName": own.get("DomainName", "fraud.example.com"),
            "HostedZoneId": own.get("HostedZoneId", "Z0123456789EXAMPLE"),
            "CertificateArn": f"arn:aws:acm:{region}:{self.accounts.get(region, self.account)}:certificate/11111111-2222-3333-4444-555555555555",
        }

    def proxy(self, region):
        """What FrontKind=proxy needs of a region besides; an example."""
        return {
            "FrontKind": "proxy",
            "CertificateArn": self.named(region)["CertificateArn"],
            "Callers": f"checkout={'0a' * 32},checkout={'0b' * 32},mobile={'0c' * 32}",
            "VpcId": "vpc-0123456789abcdef0",
            "Subnet1": "subnet-0123456789abcdef0",
            "Subnet2": "subnet-0123456789abcdef1",
        }

    @property
    def listener(self):
        """What Routing=global-accelerator needs in the regions without the accelerator; an example."""
        return f"arn:aws:globalaccelerator::{self.account}:accelerator/01234567-89ab-cdef-0123-456789abcdef/listener/0a1b2c3d"

    @property
    def edge(self):
        """What Routing=cloudfront needs everywhere; an example."""
        return {"EdgeCertificateArn": f"arn:aws:acm:us-east-1:{self.account}:certificate/11111111-2222-3333-4444-555555555555"}

    def with_front(self, front, region):
        """A region's own parameters, with this front."""
        own = self.given(region)
        if front == "proxy":
            return {**self.proxy(region), **own, "FrontKind": "proxy"}
        # An accelerator leads to load balancers only.
        routing = {"Routing": "none"} if own.get("Routing") == "global-accelerator" else {}
        return {**own, **routing, "FrontKind": "api"}

    def routed(self, front, region, routing, example):
        """The same with another routing, and what that one needs."""
        own = {name: value for name, value in self.with_front(front, region).items() if name not in OF_ONE_ROUTING}
        return {**self.named(region), **own, "Routing": routing, **example}

    @functools.cached_property
    def fronts(self):
        """Every region's stack with each front: the front's name -> stacks, in samconfig.toml's order."""
        return {
            front: [self.stack(region, self.with_front(front, region)) for region in self.deployed] for front in ("api", "proxy")
        }

    @functools.cached_property
    def ways(self):
        """Every region's stack in each way that makes other resources: both fronts, and one door for all regions."""
        own_front = {region: self.given(region).get("FrontKind", "api") for region in self.deployed}
        listener = {"AcceleratorListener": self.listener}
        return self.fronts | {
            "global-accelerator": [
                self.stack(region, self.routed("proxy", region, "global-accelerator", listener)) for region in self.deployed
            ],
            "cloudfront": [
                self.stack(region, self.routed(front, region, "cloudfront", self.edge)) for region, front in own_front.items()
            ],
        }


@functools.cache
def translated():
    """What SAM makes of the template: plain CloudFormation. All stacks share it: it must not be changed."""
    from samcli.yamlhelper import yaml_parse
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    # SAM asks for a region, and makes the same of the template in each.
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    template = yaml_parse(pathlib.Path("template.yaml").read_text())
    template["Globals"]["Function"]["CodeUri"] = "s3://built/code"
    return Translator({}, Parser()).translate(template, {})


class Stack:
    """One region's stack. A resource of the stack is known by its logical name: "<Front>", "<Front.Arn>"."""

    def __init__(self, region, parameters, account, name):
        self.template = translated()
        self.region = region
        self._holds = {}
        self.parameters = {
            "AWS::AccountId": account,
            "AWS::Partition": "aws",
            "AWS::Region": region,
            "AWS::StackName": name,
            "AWS::URLSuffix": "amazonaws.com",
            **{name: p["Default"] for name, p in self.template["Parameters"].items() if "Default" in p},
            **parameters,
        }
        self.refused = self._refused()
        for name, value in self.parameters.items():
            if self.template["Parameters"].get(name, {}).get("Type") == "Number":
                self.parameters[name] = number(value)
        self.resources = {
            name: self.value(resource)
            for name, resource in self.template["Resources"].items()
            if "Condition" not in resource or self.holds(resource["Condition"])
        }

    def of_type(self, kind):
        return {name: r["Properties"] for name, r in self.resources.items() if r["Type"] == kind}

    def _refused(self):
        """What the template's rules say against these parameters, and parameters that it does not know or allow."""
        against = []
        declared = self.template["Parameters"]
        against += [f"{name}: it has no default and is not given" for name in declared.keys() - self.parameters.keys()]
        for name, value in self.parameters.items():
            known = declared.get(name)
            if known is None:
                against += [f"{name}: no such parameter"] if not name.startswith("AWS::") else []
            elif "AllowedValues" in known and str(value) not in map(str, known["AllowedValues"]):
                against.append(f"{name}: {value!r} is none of {known['AllowedValues']}")
            elif not re.fullmatch(known.get("AllowedPattern", "(?s:.*)"), str(value)):
                against.append(f"{name}: {value!r} does not fit {known['AllowedPattern']}")
            elif len(str(value)) > known.get("MaxLength", math.inf):
                against.append(f"{name}: it is longer than {known['MaxLength']} characters")
            elif known["Type"] == "Number" and not within(value, known):
                against.append(f"{name}: {value!r} is no number, or is out of bounds")
        for rule in self.template.get("Rules", {}).values():
            if self.value(rule.get("RuleCondition", True)):
                against += [a["AssertDescription"] for a in rule["Assertions"] if not self.value(a["Assert"])]
        return against

    def holds(self, condition):
        if condition not in self._holds:
            self._holds[condition] = self.value(self.template["Conditions"][condition])
        return self._holds[condition]

    def value(self, value):
        """A value with its functions carried out."""
        if isinstance(value, list):
            return [v for v in (self.value(item) for item in value) if v is not ABSENT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (function, argument), = value.items()
            if function == "Condition" and isinstance(argument, str):
                return self.holds(argument)
            if function == "Ref" or function.startswith("Fn::"):
                return self._call(function, argument)
        values = {key: self.value(item) for key, item in value.items() if key != "Condition" or not isinstance(item, str)}
        return {key: item for key, item in values.items() if item is not ABSENT}

    def _call(self, function, argument):
        match function:
            case "Ref":
                return ABSENT if argument == "AWS::NoValue" else self.parameters.get(argument, f"<{argument}>")
            case "Fn::GetAtt":
                return f"<{argument if isinstance(argument, str) else '.'.join(argument)}>"
            case "Fn::Sub":
                return self._substituted(argument)
            case "Fn::If":
                return self.value(argument[1 if self.holds(argument[0]) else 2])
            case "Fn::Equals":
                return str(self.value(argument[0])) == str(self.value(argument[1]))
            case "Fn::Not":
                return not self.value(argument[0])
            case "Fn::And":
                return all([self.value(item) for item in argument])
            case "Fn::Or":
                return any([self.value(item) for item in argument])
            case "Fn::Join":
                return argument[0].join(str(item) for item in self.value(argument[1]))
            case "Fn::Split":
                return self.value(argument[1]).split(argument[0])
            case "Fn::Select":
                return self.value(argument[1])[int(argument[0])]
        raise ValueError(f"{function} is not carried out here")

    def _substituted(self, argument):
        pattern, own = (argument, {}) if isinstance(argument, str) else (argument[0], self.value(argument[1]))

        def replaced(match):
            name = match[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            return str(own.get(name, self.parameters.get(name, f"<{name}>")))

        return re.sub(r"\${([^}]+)}", replaced, pattern)


class Written(Stack):
    """A stack as plain CloudFormation: parameters and conditions are put in, references to its own resources stay."""

    def document(self):
        for resource in self.resources.values():
            if "DependsOn" in resource:
                resource["DependsOn"] = [name for name in listed(resource["DependsOn"]) if name in self.resources]
        return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": self.resources}

    def _call(self, function, argument):
        if function == "Fn::GetAtt" or (function == "Ref" and argument in self.template["Resources"]):
            return {function: argument}
        if function == "Fn::Join":
            separator, parts = argument[0], self.value(argument[1])
            return {function: [separator, parts]} if any(isinstance(part, dict) for part in parts) else separator.join(map(str, parts))
        return super()._call(function, argument)

    def _substituted(self, argument):
        pattern, own = (argument, {}) if isinstance(argument, str) else (argument[0], self.value(argument[1]))
        left = {}

        def replaced(match):
            name = match[1]
            value = own.get(name, self.parameters.get(name))
            if isinstance(value, dict):
                left[name] = value
            return match[0] if value is None or name in left or name.startswith("!") else str(value)

        text = re.sub(r"\${([^}]+)}", replaced, pattern)
        return {"Fn::Sub": [text, left] if left else text} if "${" in text else text
