"""One line of a record: what was asked of which operation, and what was answered, each decoded by its protocol."""

import base64
import datetime
import gzip
import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlsplit

from botocore import parsers
from shapes import DATETIMES, NUMBERS, service

# What every service is called in an X-Amz-Target, and under which name requests to it are signed.
TARGETS = {
    "SageMaker": "sagemaker",
    "CodePipeline_20150709": "codepipeline",
    "GraniteServiceVersion20100801": "cloudwatch",
    "AWSEvents": "events",
    "AnyScaleFrontendService": "application-autoscaling",
    "TrentService": "kms",
    "AmazonEC2ContainerRegistry_V20150921": "ecr",
    "ServiceQuotasV20190624": "service-quotas",
}
SIGNING = {"sagemaker-runtime": "sagemaker", "cloudwatch": "monitoring", "service-quotas": "servicequotas"}
# Headers that belong to HTTP, to signing or to the SDK, and to no operation. `expect` and the chunked encoding among them.
PLAIN = re.compile(
    r"host|user-agent|accept|accept-encoding|connection|content-length|content-type|content-encoding|date|expect"
    r"|transfer-encoding|x-amzn-trace-id|amz-sdk-.*|x-amz-(user-agent|date|security-token|content-sha256|target|te|trailer)"
    r"|x-amz-decoded-content-length|x-amzn-query-mode|smithy-protocol"
)
PLAIN_ANSWER = re.compile(
    r"date|content-length|content-type|connection|x-meridian-.*|x-amzn-requestid|x-amz-request-id|x-amz-id-2"
    r"|x-amzn-query-error|x-amzn-errortype|smithy-protocol"
)


class Unreadable(Exception):
    """A request or an answer that is not what its protocol says."""


@dataclass
class Exchange:
    """A request to one operation, with its answer."""

    service: str
    operation: str
    status: int
    headers: dict
    answer: bytes
    asked: object = None
    times: object = NUMBERS
    problems: list = field(default_factory=list)

    @property
    def model(self):
        return service(self.service).operation_model(self.operation)

    @property
    def silent(self) -> bool:
        """Whether the world's sign stands here for an answer that never comes."""
        return any(name in self.headers for name in ("x-meridian-hang", "x-meridian-killed"))


def read(line: dict) -> Exchange:
    """Finds the operation of a line and decodes its request."""
    headers = {name.lower(): value for name, value in line["headers"]}
    body = base64.b64decode(line["body"])
    if headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    found = _request(line, headers, body)
    found.status = line["status"]
    found.headers = {name.lower(): value for name, value in line["answer_headers"]}
    found.answer = base64.b64decode(line["answer"])
    signed = SIGNING.get(found.service, found.service)
    if line["service"] != signed:
        found.problems.append(f"signed for {line['service']}, not for {signed}")
    return found


def _request(line, headers, body) -> Exchange:
    uri = urlsplit(line["uri"])
    blank = {"status": 0, "headers": {}, "answer": b""}
    if "x-amz-target" in headers:
        prefix, _, operation = headers["x-amz-target"].rpartition(".")
        if prefix not in TARGETS:
            raise Unreadable(f"X-Amz-Target {headers['x-amz-target']} belongs to no service that is known here")
        return Exchange(TARGETS[prefix], _known(TARGETS[prefix], operation), asked=json.loads(body or b"{}"), **blank)
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        found = re.fullmatch(r"/service/([^/]+)/operation/([^/]+)", uri.path)
        if not found or found[1] not in TARGETS:
            raise Unreadable(f"{uri.path} is no path of rpc-v2-cbor")
        name = TARGETS[found[1]]
        return Exchange(name, _known(name, found[2]), asked=_cbor(body), times=DATETIMES, **blank)
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return _form(line["service"], body, blank)
    if line["service"] == "sagemaker":
        return _rest("sagemaker-runtime", line["method"], uri, headers, body, blank)
    return _rest("s3", line["method"], uri, headers, body, blank)


def _known(name: str, operation: str) -> str:
    if operation not in service(name).operation_names:
        raise Unreadable(f"{name} has no operation {operation}")
    return operation


def _cbor(body: bytes):
    if not body:
        return {}
    parser = parsers.RpcV2CBORParser()
    return parser.parse_data_item(parser.get_peekable_stream_from_bytes(body))


MAP_PART = re.compile(r"(\w+)\.entry\.(\d+)\.(Name|Value\.(\w+))")


def _maps(members: dict) -> dict:
    """Members with each map as one: `X.entry.1.Name` has the key and `X.entry.1.Value.Y` a member of the structure that it leads to."""
    flat = {key: text for key, text in members.items() if not MAP_PART.fullmatch(key)}
    for key in members:
        if (part := MAP_PART.fullmatch(key)) and part[4]:
            named = members.get(f"{part[1]}.entry.{part[2]}.Name")
            flat.setdefault(part[1], {}).setdefault(named, {})[part[4]] = members[key]
    return flat


def _form(signed, body, blank) -> Exchange:
    """The query protocol, of which flat members and maps are used here. Which service is asked, only the signature says."""
    name = signed if signed in ("sts", "iam") else "sns"
    members = _maps(dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)))
    operation, version = members.pop("Action", ""), members.pop("Version", "")
    if version != service(name).api_version:
        raise Unreadable(f"{name} has no version {version!r}")
    return Exchange(name, _known(name, operation), asked=members, **blank)


def _rest(name, method, uri, headers, body, blank) -> Exchange:
    query = dict(parse_qsl(uri.query, keep_blank_values=True))
    named = query.pop("x-id", None)
    fitting = []
    for operation, path, fixed, needed in _routes(name, method):
        found = path.fullmatch(uri.path) or path.fullmatch(uri.path.rstrip("/"))
        if found and fixed.items() <= query.items() and needed <= {*headers, *query}:
            # GetBucketNotification stands where GetBucketNotificationConfiguration does, and nobody means it any more.
            meant = not service(name).operation_model(operation).deprecated
            fitting.append((len(fixed), named == operation, meant, operation, found.groupdict(), fixed))
    if not fitting:
        raise Unreadable(f"{name} has no operation {method} {uri.path}?{uri.query}")
    *_, operation, labels, fixed = max(fitting, key=lambda fit: fit[:3])
    if named not in (None, operation):
        raise Unreadable(f"{method} {uri.path} is {operation}, and calls itself {named}")
    rest = {key: value for key, value in query.items() if key not in fixed}
    exchange = Exchange(name, operation, times=DATETIMES, **blank)
    exchange.asked = _members(exchange, labels, rest, headers, body)
    return exchange


@lru_cache
def _routes(name: str, method: str) -> list[tuple]:
    models = (service(name).operation_model(operation) for operation in service(name).operation_names)
    own = [(model.name, *model.http["requestUri"].partition("?")[::2]) for model in models if model.http["method"] == method]
    return [
        (operation, _path(path), dict(parse_qsl(fixed, keep_blank_values=True)), _needed(name, operation))
        for operation, path, fixed in own
    ]


def _needed(name: str, operation: str) -> set[str]:
    """What only this operation of several at the same path has: CopyObject is a PutObject with a header."""
    shape = service(name).operation_model(operation).input_shape
    members = [shape.members[member] for member in shape.required_members] if shape else []
    placed = [own.serialization for own in members if own.serialization.get("location") in ("header", "querystring")]
    return {own["name"].lower() if own["location"] == "header" else own["name"] for own in placed}


def _path(template: str):
    pieces = re.split(r"\{([^}]+)\}", template)
    named = (f"(?P<{piece.rstrip('+')}>{'.+' if piece.endswith('+') else '[^/]+'})" for piece in pieces[1::2])
    fixed = [re.escape(piece) for piece in pieces[::2]]
    return re.compile("".join(a + b for a, b in zip(fixed, [*named, ""], strict=True)))


def _members(exchange, labels, query, headers, body) -> dict:
    """The members of a REST request, from wherever they stand."""
    shape, asked = exchange.model.input_shape, {}
    texts = {"uri": {name: unquote(value) for name, value in labels.items()}, "querystring": query, "header": headers}
    for name, member in shape.members.items():
        place, key = member.serialization.get("location"), member.serialization.get("name", name)
        text = texts.get(place, {}).get(key.lower() if place == "header" else key)
        if text is not None:
            asked[name] = _text(member, text, exchange.problems)
    payload = shape.serialization.get("payload")
    if payload and shape.members[payload].type_name == "blob":
        asked[payload] = body
    known = {member.serialization.get("name", "").lower() for member in shape.members.values()}
    checksum = "x-amz-checksum-"
    for key in headers:
        if key not in known and not PLAIN.fullmatch(key):
            exchange.problems.append(f"the header {key} is no member of {exchange.operation}")
    for key in query:
        if key.lower() not in known:
            exchange.problems.append(f"the parameter {key} is no member of {exchange.operation}")
    if headers.get("x-amz-trailer", "").startswith(checksum) and "aws-chunked" not in headers.get("content-encoding", ""):
        exchange.problems.append("a trailer without chunks")
    return asked


def _text(shape, text: str, problems: list):
    """A value that a header, a path or an element holds as text."""
    try:
        match shape.type_name:
            case "integer" | "long":
                return int(text)
            case "float" | "double":
                return float(text)
            case "boolean":
                return {"true": True, "false": False}[text]
            case "timestamp":
                return _time(text)
    except (ValueError, KeyError, TypeError):
        problems.append(f"{text!r} is no {shape.type_name}")
    return text


def _time(text: str) -> datetime.datetime:
    if text[:1].isalpha():
        return parsedate_to_datetime(text)
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def answered(exchange: Exchange):
    """What a successful answer says, as a value in the model's own names; `None` where the model has none."""
    shape, model = exchange.model.output_shape, service(exchange.service)
    if shape is None:
        # The JSON protocols may answer an empty object; CBOR has no body then, and no type of one.
        if exchange.answer not in (b"", b"{}") or ("smithy-protocol" in exchange.headers and "content-type" in exchange.headers):
            exchange.problems.append(f"{exchange.operation} answers nothing, and this is {exchange.answer[:40]!r}")
        return None
    if "smithy-protocol" in exchange.headers:
        return _cbor(exchange.answer)
    match model.metadata["protocol"]:
        case "query":
            root = _tree(exchange.answer)
            result = root.find(f"{exchange.operation}Result")
            if root.tag != f"{exchange.operation}Response" or root.find("ResponseMetadata/RequestId") is None:
                raise Unreadable(f"an answer <{root.tag}> without a RequestId")
            return _element(shape, result, exchange.problems) if result is not None else {}
        case "rest-xml" | "rest-json":
            return _rest_answer(exchange, shape)
    return json.loads(exchange.answer or b"{}")


def _rest_answer(exchange, shape) -> dict:
    said, known = {}, set()
    for name, member in shape.members.items():
        if member.serialization.get("location") == "header":
            key = member.serialization["name"].lower()
            known.add(key)
            if key in exchange.headers:
                said[name] = _text(member, exchange.headers[key], exchange.problems)
    for key in exchange.headers:
        if key not in known and not PLAIN_ANSWER.fullmatch(key):
            exchange.problems.append(f"the answer's header {key} is no member of {shape.name}")
    payload = shape.serialization.get("payload")
    if payload and shape.members[payload].type_name == "blob":
        said[payload] = exchange.answer
    elif payload and shape.members[payload].type_name == "string":
        said[payload] = exchange.answer.decode()
    elif exchange.answer:
        target = shape.members[payload] if payload else shape
        inner = _element(target, _tree(exchange.answer), exchange.problems)
        said.update({payload: inner} if payload else inner)
    return said


def _tree(body: bytes):
    root = ElementTree.fromstring(body)
    for node in root.iter():
        node.tag = node.tag.partition("}")[2] if node.tag.startswith("{") else node.tag
    return root


def _element(shape, node, problems):
    """An element's value, as its shape says it is written."""
    match shape.type_name:
        case "structure":
            said, known = {}, set()
            for name, member in shape.members.items():
                if "location" in member.serialization:
                    continue
                flat = member.type_name == "list" and member.serialization.get("flattened")
                key = member.serialization.get("name") or (flat and member.member.serialization.get("name")) or name
                known.add(key)
                nodes = node.findall(key)
                if flat and nodes:
                    said[name] = [_element(member.member, inner, problems) for inner in nodes]
                elif nodes:
                    said[name] = _element(member, nodes[0], problems)
            strange = sorted({inner.tag for inner in node} - known)
            problems.extend(f"<{tag}> is no member of {shape.name}" for tag in strange)
            return said
        case "list":
            return [_element(shape.member, inner, problems) for inner in node]
        case "map":
            pairs = ((entry.find("key"), entry.find("value")) for entry in node.findall("entry"))
            return {key.text or "": _element(shape.value, value, problems) for key, value in pairs}
    return _text(shape, node.text or "", problems)
