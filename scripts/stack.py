"""What CloudFormation would make of template.yaml in one region: SAM's translation, with a region's parameters put in."""

import copy
import functools
import logging
import os
import pathlib
import re
import tomllib

ACCOUNT = "111122223333"
# What !Ref AWS::NoValue is: the property is left out.
ABSENT = object()


def listed(value):
    """A policy names one thing, or a list of them."""
    return value if isinstance(value, list) else [value]


def environments():
    """samconfig.toml's environments: name -> region and parameters."""
    config = tomllib.loads(pathlib.Path("samconfig.toml").read_text())
    found = {}
    for name, environment in config.items():
        if isinstance(environment, dict) and "deploy" in environment:
            given = environment["deploy"]["parameters"]["parameter_overrides"]
            parameters = dict(parameter.split("=", 1) for parameter in given)
            found[name] = (environment["global"]["parameters"]["region"], parameters)
    return found


# What FrontKind=proxy needs of a region besides; an example.
PROXY = {
    "FrontKind": "proxy",
    "Callers": f"checkout={'0a' * 32},checkout={'0b' * 32},mobile={'0c' * 32}",
    "VpcId": "vpc-0123456789abcdef0",
    "Subnet1": "subnet-0123456789abcdef0",
    "Subnet2": "subnet-0123456789abcdef1",
}


# What Routing=global-accelerator needs in the regions without the accelerator, and Routing=cloudfront everywhere; examples.
LISTENER = f"arn:aws:globalaccelerator::{ACCOUNT}:accelerator/01234567-89ab-cdef-0123-456789abcdef/listener/0a1b2c3d"
EDGE = {"EdgeCertificateArn": f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/11111111-2222-3333-4444-555555555555"}


def fronts():
    """Every region's stack with each front: the front's name -> stacks, in samconfig.toml's order."""
    deployed = environments().values()
    return {
        "api": [Stack(region, own) for region, own in deployed],
        "proxy": [Stack(region, {**own, **PROXY}) for region, own in deployed],
    }


def ways():
    """Every region's stack in each way that makes other resources: both fronts, and one door for all regions."""
    deployed = environments().values()
    accelerator = {**PROXY, "Routing": "global-accelerator", "AcceleratorListener": LISTENER}
    return fronts() | {
        "global-accelerator": [Stack(region, {**own, **accelerator}) for region, own in deployed],
        "cloudfront": [Stack(region, {**own, **EDGE, "Routing": "cloudfront"}) for region, own in deployed],
    }


@functools.cache
def _translated():
    from samcli.yamlhelper import yaml_parse
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    template = yaml_parse(pathlib.Path("template.yaml").read_text())
    template["Globals"]["Function"]["CodeUri"] = "s3://built/code"
    return Translator({}, Parser()).translate(template, {})


def translated():
    """What SAM makes of the template: plain CloudFormation."""
    return copy.deepcopy(_translated())


class Stack:
    """One region's stack. A resource of the stack is known by its logical name: "<Front>", "<Front.Arn>"."""

    def __init__(self, region, parameters):
        self.template = translated()
        self.region = region
        self.parameters = {
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
            "AWS::Region": region,
            "AWS::StackName": "meridian-fraud",
            "AWS::URLSuffix": "amazonaws.com",
            **{name: p["Default"] for name, p in self.template["Parameters"].items() if "Default" in p},
            **parameters,
        }
        self.refused = self._refused()
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
        for name, value in self.parameters.items():
            known = self.template["Parameters"].get(name)
            if known is None:
                against += [f"{name}: no such parameter"] if not name.startswith("AWS::") else []
            elif "AllowedValues" in known and str(value) not in map(str, known["AllowedValues"]):
                against.append(f"{name}: {value!r} is none of {known['AllowedValues']}")
            elif not re.fullmatch(known.get("AllowedPattern", "(?s:.*)"), str(value)):
                against.append(f"{name}: {value!r} does not fit {known['AllowedPattern']}")
        for rule in self.template.get("Rules", {}).values():
            if self.value(rule.get("RuleCondition", True)):
                against += [a["AssertDescription"] for a in rule["Assertions"] if not self.value(a["Assert"])]
        return against

    @functools.cache
    def holds(self, condition):
        return self.value(self.template["Conditions"][condition])

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
