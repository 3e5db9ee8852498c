"""The steps of EventBridge: the template's rules, and which events a pattern takes.

moto does not know TestEventPattern: there a rule has the pattern and a queue for a target, and the event is put on a bus.
"""

import json
from pathlib import Path

from steps import BOTH, MINISTACK, step

EVENTS = Path(__file__).parents[2] / "events"
# The emulator's own bus, and what is on it.
TRIED = "tried"
MANIFEST, SWEEP = "meridian-fraud-replication-manifest", "meridian-fraud-rollback-sweep"
ALARM, ENDPOINT = "meridian-fraud-rollback-alarm", "meridian-fraud-rollback-endpoint"


def rule_said(at, said: dict) -> dict:
    """A rule as far as it is compared; the pattern as what it means, not as it is written."""
    pattern = said.get("EventPattern")
    names = ("Name", "ScheduleExpression", "State", "EventBusName", "Description")
    arn = said["Arn"].replace(at.account, "ACCOUNT")
    return {name: said.get(name) for name in names} | {"Arn": arn, "EventPattern": pattern and json.loads(pattern)}


@step("events", BOTH)
def events_list_the_rules(at, events):
    said = events.list_rules()
    return {"rules": [rule_said(at, own) for own in said["Rules"]], "more": said.get("NextToken")}


@step("events", BOTH)
def events_list_the_rules_whose_names_begin_so(at, events):
    return {"rules": [own["Name"] for own in events.list_rules(NamePrefix="meridian-fraud-rollback")["Rules"]]}


@step("events", BOTH)
def events_list_the_rules_in_pages(at, events):
    pages, token = [], {}
    while True:
        said = events.list_rules(Limit=2, **token)
        pages.append([own["Name"] for own in said["Rules"]])
        if not said.get("NextToken"):
            return {"pages": pages}
        token = {"NextToken": said["NextToken"]}


@step("events", BOTH)
def events_list_the_rules_with_a_limit_of_0(at, events):
    return {"rules": len(events.list_rules(Limit=0)["Rules"])}


@step("events", BOTH)
def events_list_the_rules_of_a_bus_that_is_not_there(at, events):
    return {"rules": len(events.list_rules(EventBusName="none")["Rules"])}


for _rule in (MANIFEST, ALARM, ENDPOINT, SWEEP):
    def _of_rule(at, events, name=_rule):
        said = events.describe_rule(Name=name)
        return rule_said(at, said) | {"CreatedBy": said.get("CreatedBy", "").replace(at.account, "ACCOUNT")}

    _of_rule.__name__ = f"events_describe_{_rule}"
    step("events", BOTH)(_of_rule)


@step("events", BOTH)
def events_describe_a_rule_on_its_bus_by_arn(at, events):
    bus = f"arn:aws:events:eu-west-1:{at.account}:event-bus/default"
    return {"name": events.describe_rule(Name=SWEEP, EventBusName=bus)["Name"]}


@step("events", BOTH)
def events_describe_a_rule_that_is_not_there(at, events):
    events.describe_rule(Name="none")


@step("events", BOTH)
def events_describe_a_rule_on_a_bus_that_is_not_there(at, events):
    events.describe_rule(Name=SWEEP, EventBusName="none")


@step("events", BOTH)
def events_list_what_a_rule_calls(at, events):
    said = events.list_targets_by_rule(Rule=MANIFEST)
    return {"targets": said["Targets"], "more": said.get("NextToken")}


@step("events", BOTH)
def events_list_what_a_rule_calls_that_is_not_there(at, events):
    return {"targets": events.list_targets_by_rule(Rule="none")["Targets"]}


@step("events", BOTH)
def events_list_the_rules_that_call_a_function(at, events):
    called = events.list_targets_by_rule(Rule=SWEEP)["Targets"][0]["Arn"]
    said = events.list_rule_names_by_target(TargetArn=called)
    return {"rules": said["RuleNames"], "nobody": events.list_rule_names_by_target(TargetArn=called + "-none")["RuleNames"]}


# --- Which events a pattern takes ---


def queue(at) -> tuple[str, str]:
    """A queue and its ARN, for what a rule takes."""
    if "queue" not in at.kept:
        at.client("events").create_event_bus(Name=TRIED)
        url = at.client("sqs").create_queue(QueueName=TRIED)["QueueUrl"]
        named = at.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        at.kept["queue"] = (url, named["Attributes"]["QueueArn"])
    return at.kept["queue"]


def takes(at, events, pattern: str, event: dict) -> bool:
    """Whether a pattern takes an event, as a server says it or shows it."""
    if at.name != "moto":
        return events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"]
    url, arn = queue(at)
    events.put_rule(Name=TRIED, EventBusName=TRIED, EventPattern=pattern)
    events.put_targets(Rule=TRIED, EventBusName=TRIED, Targets=[{"Id": TRIED, "Arn": arn}])
    names = {"source": "Source", "detail-type": "DetailType", "resources": "Resources"}
    entry = {name: event[own] for own, name in names.items() if own in event}
    put = events.put_events(Entries=[entry | {"Detail": json.dumps(event["detail"]), "EventBusName": TRIED}])
    assert not put["FailedEntryCount"], put
    sqs = at.client("sqs")
    arrived = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in arrived:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return len(arrived) == 1


def fixtures(at_home: bool) -> dict[str, dict]:
    """The events of events/ that go over a bus, where they are from, or as if they were from this region."""
    found = {}
    for path in sorted(EVENTS.glob("*/*.json")):
        if path.parent.name not in ("replication", "rollback"):
            continue
        text = path.read_text()
        if at_home:
            for region, short in (("ap-southeast-2", "au"), ("ap-northeast-1", "jp"), ("sa-east-1", "br")):
                text = text.replace(region, "eu-west-1").replace(f"fraud-models-{short}", "fraud-models-eu")
        event = json.loads(text)
        if "detail-type" in event:
            found[f"{path.parent.name}/{path.stem}"] = event
    return found


for _rule in (MANIFEST, ALARM, ENDPOINT):
    for _at_home in (True, False):
        def _of_events(at, events, name=_rule, at_home=_at_home):
            pattern = events.describe_rule(Name=name)["EventPattern"]
            return {"takes": [name for name, event in fixtures(at_home).items() if takes(at, events, pattern, event)]}

        _of_events.__name__ = f"events_{_rule}_takes_{'of_home' if _at_home else 'of_all_regions'}"
        step("events", BOTH)(_of_events)


# What a pattern asks of a detail, and details.
FEATURES = {
    "text": ({"a": ["x", "y"]}, [{"a": "x"}, {"a": "X"}, {"a": "z"}, {"b": "x"}, {}, {"a": None}, {"a": ["z", "y"]}]),
    "several_members": ({"a": ["x"], "b": ["y"]}, [{"a": "x", "b": "y"}, {"a": "x"}, {"a": "x", "b": "z"}]),
    "number": ({"a": [300]}, [{"a": 300}, {"a": 300.0}, {"a": "300"}, {"a": 301}]),
    "truth_and_null": ({"a": [True, None]}, [{"a": True}, {"a": "true"}, {"a": 1}, {"a": None}, {"a": []}, {}]),
    "prefix": ({"a": [{"prefix": "re"}]}, [{"a": "releases"}, {"a": "are"}, {"a": "re"}, {"a": 1}, {}, {"a": ["x", "re"]}]),
    "suffix": ({"a": [{"suffix": ".json"}]}, [{"a": "m.json"}, {"a": "m.jsonl"}, {"a": None}]),
    "anything_but_text": ({"a": [{"anything-but": "x"}]}, [{"a": "x"}, {"a": "y"}, {"a": 1}, {}, {"a": None}]),
    "anything_but_texts": ({"a": [{"anything-but": ["x", "y"]}]}, [{"a": "y"}, {"a": "z"}, {"a": ["x", "z"]}, {"a": []}]),
    "anything_but_numbers": ({"a": [{"anything-but": [1, 2]}]}, [{"a": 1}, {"a": 2.0}, {"a": 3}, {"a": "1"}]),
    "exists": ({"a": [{"exists": True}]}, [{"a": "x"}, {"a": None}, {"a": []}, {"a": ["x"]}, {"a": {"b": 1}}, {}]),
    "does_not_exist": ({"a": [{"exists": False}]}, [{"a": "x"}, {"a": None}, {"a": []}, {"a": {"b": 1}}, {"c": 1}]),
    "a_matcher_or_a_value": (
        {"a": [{"prefix": "x"}, "y", {"exists": False}]}, [{"a": "xx"}, {"a": "y"}, {"b": 1}, {"a": "z"}],
    ),
    "a_mapping_in_a_mapping": ({"a": {"b": {"c": ["x"]}}}, [{"a": {"b": {"c": "x"}}}, {"a": {"b": "x"}}, {"a": "x"}]),
    "a_member_of_what_is_no_mapping": ({"a": {"b": [{"exists": False}]}}, [{"a": "x"}, {"a": {"c": 1}}, {"a": {"b": 1}}]),
    "mappings_in_a_list": (
        {"a": {"b": ["x"], "c": ["y"]}}, [{"a": [{"b": "x", "c": "y"}, {"b": "z"}]}, {"a": [{"b": "x"}, {"c": "y"}]}],
    ),
}
ENVELOPE = {
    "version": "0", "id": "00000000-0000-4000-8000-000000000001", "detail-type": "Compared", "source": "meridian.compared",
    "account": "111122223333", "time": "2026-11-20T03:00:00Z", "region": "eu-west-1",
    "resources": ["arn:aws:a", "arn:aws:b"],
}

for _feature, (_asked, _details) in FEATURES.items():
    def _of_feature(at, events, asked=_asked, details=_details):
        pattern = json.dumps({"source": ["meridian.compared"], "detail": asked})
        # An event has some detail: each has a member that no pattern asks for.
        event = {json.dumps(detail): ENVELOPE | {"detail": detail | {"other": 0}} for detail in details}
        return {"takes": [detail for detail, own in event.items() if takes(at, events, pattern, own)]}

    _of_feature.__name__ = f"events_pattern_{_feature}"
    step("events", BOTH)(_of_feature)


@step("events", BOTH)
def events_pattern_of_resources(at, events):
    event = ENVELOPE | {"detail": {"other": 0}}
    asked = {"one of them": ["arn:aws:b"], "another": ["arn:aws:c"], "a prefix": [{"prefix": "arn:aws:"}]}
    return {name: takes(at, events, json.dumps({"resources": own}), event) for name, own in asked.items()}


# Patterns that are none.
for _name, _pattern in {
    "that_is_not_json": "{",
    "that_is_a_list": "[]",
    "that_is_empty": "{}",
    "with_an_empty_mapping": '{"detail": {}}',
    "with_an_empty_list": '{"source": []}',
    "with_a_bare_value": '{"source": "aws.s3"}',
    "with_a_list_in_a_list": '{"source": [["aws.s3"]]}',
    "with_an_unknown_matcher": '{"source": [{"begins": "aws"}]}',
    "with_two_matchers_in_one": '{"source": [{"prefix": "aws", "suffix": "s3"}]}',
    "with_a_prefix_of_a_number": '{"source": [{"prefix": 1}]}',
    "with_exists_that_is_no_truth": '{"source": [{"exists": "yes"}]}',
    "with_anything_but_of_two_kinds": '{"source": [{"anything-but": ["x", 1]}]}',
    "with_anything_but_nothing": '{"source": [{"anything-but": []}]}',
    # Matchers of AWS's that the world does not know.
    "with_numeric": '{"detail": {"a": [{"numeric": [">", 1]}]}}',
    "with_equals_ignore_case": '{"source": [{"equals-ignore-case": "MERIDIAN.compared"}]}',
    "with_anything_but_a_prefix": '{"source": [{"anything-but": {"prefix": "aws."}}]}',
    "with_or": '{"$or": [{"source": ["aws.s3"]}, {"source": ["meridian.compared"]}]}',
}.items():
    def _of_pattern(at, events, pattern=_pattern):
        return {"takes": takes(at, events, pattern, ENVELOPE | {"detail": {"a": 2}})}

    _of_pattern.__name__ = f"events_pattern_{_name}"
    step("events", BOTH)(_of_pattern)

# Events that are none; moto has no place to say so.
for _name, _event in {
    "that_is_not_json": "{", "that_is_a_list": "[]", "without_an_id": None, "without_resources": None,
}.items():
    def _of_event(at, events, name=_name, event=_event):
        without = {own: value for own, value in ENVELOPE.items() if own != name.split("_")[-1]}
        said = events.test_event_pattern(EventPattern='{"account": ["111122223333"]}', Event=event or json.dumps(without))
        return {"takes": said["Result"]}

    _of_event.__name__ = f"events_an_event_{_name}"
    step("events", MINISTACK)(_of_event)
