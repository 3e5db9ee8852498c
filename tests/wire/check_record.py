"""Holds recorded calls and answers against botocore's own models of the services.

usage: check_record.py [--answers] [--cover OPERATION,...] RECORD...

A record is what `meridian night --wire --record FILE` writes. Of every request: the operation exists, the members are
known, the required ones are there, and each has the type, the bounds, the pattern and one of the values that the model
names. Of every answer the same; of an error, that the operation declares it or every operation of the service may answer
it. botocore's own validator and parsers must take them too. Prints what was seen and every violation; exits 1 where there
is a violation, or an operation of --cover that nobody called. --answers leaves out the requests: somebody asked wrongly
on purpose.
"""

import argparse
import io
import json
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict

import botocore
from botocore import parsers
from botocore.exceptions import ParamValidationError
from botocore.validate import ParamValidator
from exchange import DATETIMES, NUMBERS, Exchange, Unreadable, answered, read
from shapes import UNREADABLE, Walk, service

# What every operation may answer, by AWS's pages "Common Errors" of the services; ValidationException is what SageMaker and
# CodePipeline say there for ValidationError, and the query protocol's word for a throttled call is Throttling.
COMMON = {
    "AccessDeniedException": 403, "ExpiredTokenException": 403, "IncompleteSignature": 403, "InternalFailure": 500,
    "MalformedHttpRequestException": 400, "NotAuthorized": 401, "OptInRequired": 403, "RequestAbortedException": 400,
    "RequestEntityTooLargeException": 413, "RequestExpired": 403, "RequestTimeoutException": 408, "ServiceUnavailable": 503,
    "ThrottlingException": 400, "UnknownOperationException": 404, "UnrecognizedClientException": 403, "ValidationError": 400,
}
OF_SERVICE = {
    "sagemaker": {"ValidationException": 400, "ResourceNotFound": 400},
    "cloudwatch": {"ValidationException": 400},
    "events": {"ValidationException": 400},
    "sns": {"Throttling": 400, "InvalidClientTokenId": 403, "SignatureDoesNotMatch": 403},
    "sts": {"Throttling": 400, "AccessDenied": 403, "InvalidClientTokenId": 403, "ExpiredToken": 403},
}
# S3's page "Error responses". It shares none with the list above.
OF_S3 = {
    "AccessDenied": 403, "BadDigest": 400, "ConditionalRequestConflict": 409, "ExpiredToken": 400, "IncompleteBody": 400,
    "InternalError": 500, "InvalidArgument": 400, "InvalidRequest": 400, "InvalidToken": 400, "KeyTooLongError": 400,
    "MethodNotAllowed": 405, "NoSuchBucket": 404, "NoSuchBucketPolicy": 404, "NoSuchKey": 404, "NoSuchVersion": 404,
    "NotImplemented": 501, "PreconditionFailed": 412, "ReplicationConfigurationNotFoundError": 404, "RequestTimeout": 400, "ServiceUnavailable": 503, "SignatureDoesNotMatch": 403,
    "SlowDown": 503,
}


# What the models say and the services do not do.
KNOWN = {
    ("sagemaker.DescribeModelPackage", "answer", "(all of it): ModelPackageName is missing (DescribeModelPackageOutput)"):
        "a version of a group has no name of its own: AWS's own examples leave it out",
}


def check_request(exchange: Exchange):
    """What is wrong with a request."""
    shape = exchange.model.input_shape
    walk = Walk(exchange.times)
    walk.value(shape, exchange.asked)
    try:
        report = ParamValidator().validate(exchange.asked, shape)
        theirs = report.generate_report() if report.has_errors() else ""
    except ParamValidationError as error:
        theirs = str(error)
    if theirs and not walk.problems:
        walk.no("", f"botocore refuses it: {theirs}")
    return exchange.problems + walk.problems


def check_answer(exchange: Exchange):
    """What is wrong with an answer, and the code that it carries where it is an error."""
    exchange.problems = []
    # botocore reads an object as a stream.
    streamed = exchange.model.has_streaming_output and exchange.status < 300
    body = io.BytesIO(exchange.answer) if streamed else exchange.answer
    whole = {"body": body, "headers": exchange.headers, "status_code": exchange.status}
    parsed = parsers.create_parser(_protocol(exchange)).parse(whole, exchange.model.output_shape)
    if exchange.status >= 300:
        return _error(exchange, parsed), parsed["Error"]["Code"]
    expected = exchange.model.http.get("responseCode", 200)
    walk = Walk(DATETIMES if _protocol(exchange) != "json" else NUMBERS)
    if exchange.status != expected:
        walk.no("", f"status {exchange.status}, not {expected}")
    said = answered(exchange)
    if said is not None:
        walk.value(exchange.model.output_shape, said)
    return exchange.problems + walk.problems, None


def _protocol(exchange: Exchange) -> str:
    """The SDK speaks CBOR with CloudWatch, boto3 may speak JSON: the answer says which."""
    if "smithy-protocol" in exchange.headers:
        return "smithy-rpc-v2-cbor"
    named = service(exchange.service).metadata["protocol"]
    return "json" if named == "smithy-rpc-v2-cbor" else named


def _error(exchange: Exchange, parsed) -> list[str]:
    code, status, problems = parsed["Error"]["Code"], exchange.status, []
    declared = {shape.metadata.get("error", {}).get("code", shape.name): shape for shape in exchange.model.error_shapes}
    common = OF_S3 if exchange.service == "s3" else COMMON | OF_SERVICE.get(exchange.service, {})
    if code == str(status) and not exchange.answer:
        # The answer to a HEAD has no body to say more in.
        return problems
    expected = common.get(code)
    if code in declared:
        # Where a model says nothing of the status, the JSON protocols answer 400.
        expected = declared[code].metadata.get("error", {}).get("httpStatusCode", 400)
    elif expected is None:
        problems.append(f"the error {code} is none of {exchange.operation}'s, and not a common one")
    if expected is not None and status != expected:
        problems.append(f"the error {code} comes with status {status}, not {expected}")
    if not parsed["Error"].get("Message"):
        problems.append(f"the error {code} says nothing")
    return problems


class Tally:
    """What was seen."""

    def __init__(self, answers_only: bool):
        self.answers_only = answers_only
        self.requests, self.answers, self.silent = Counter(), Counter(), Counter()
        self.errors: dict[tuple, Counter] = defaultdict(Counter)
        self.violations: dict[tuple, list[str]] = defaultdict(list)
        self.known: dict[tuple, list[str]] = defaultdict(list)

    def add(self, line: dict, place: str):
        """One line of a record."""
        try:
            exchange = read(line)
        except (Unreadable, ValueError) as error:
            self.violations["(unknown)", "request", str(error)].append(place)
            return
        name = (exchange.service, exchange.operation)
        self.requests[name] += 1
        if not self.answers_only:
            self._note(name, "request", check_request(exchange), place)
        if exchange.silent:
            self.silent[name] += 1
            return
        self.answers[name] += 1
        try:
            problems, code = check_answer(exchange)
        except (Unreadable, ValueError, parsers.ResponseParserError, ElementTree.ParseError) as error:
            problems, code = [f"cannot be read: {error}"], None
        if code:
            self.errors[name][code] += 1
        self._note(name, "answer", problems, place)

    def _note(self, name, side, problems, place):
        for problem in problems:
            key = (".".join(name), side, problem)
            (self.known if key in KNOWN else self.violations)[key].append(place)

    def table(self):
        """Prints what was seen and what was wrong."""
        print(f"botocore {botocore.__version__}")
        print(f"{'service':18} {'operation':24} {'requests':>8} {'answers':>8} {'silent':>7}  errors")
        for name in sorted(self.requests):
            errors = ", ".join(f"{code} x{count}" for code, count in sorted(self.errors[name].items()))
            counts = f"{self.requests[name]:8} {self.answers[name]:8} {self.silent[name]:7}"
            print(f"{name[0]:18} {name[1]:24} {counts}  {errors}".rstrip())
        print(f"{len(self.requests)} operations, {self.requests.total()} requests and {self.answers.total()} answers held")
        for text in sorted(UNREADABLE):
            print(f"pattern not checked: {text}")
        for (name, side, problem), places in sorted(self.known.items()):
            print(f"known: {name} {side}: {problem} ({len(places)} times): {KNOWN[name, side, problem]}")
        for (name, side, problem), places in sorted(self.violations.items()):
            print(f"VIOLATION {name} {side}: {problem} ({len(places)} times, first in {places[0]})")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cover", default="", help="operations that must have been called, with commas between")
    parser.add_argument("--answers", action="store_true", help="hold the answers only")
    parser.add_argument("records", nargs="+")
    arguments = parser.parse_args()
    tally = Tally(arguments.answers)
    for path in arguments.records:
        with open(path) as record:
            for number, text in enumerate(record, 1):
                tally.add(json.loads(text), f"{path}:{number}")
    tally.table()
    seen = {operation for _, operation in tally.requests}
    missing = sorted(set(filter(None, arguments.cover.split(","))) - seen)
    for operation in missing:
        print(f"MISSING {operation}: nobody called it")
    return 1 if missing or tally.violations else 0


if __name__ == "__main__":
    sys.exit(main())
