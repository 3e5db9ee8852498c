"""The steps of composite alarms: what a rule comes to, when it is looked at, and what CloudWatch says of it. moto knows no
PutCompositeAlarm. Members are told their states by SetAlarmState, so that nobody has to wait for a metric."""

import re
from itertools import product

from steps import MINISTACK, NAMESPACE, alarm, step

STATES = ("OK", "ALARM", "INSUFFICIENT_DATA")
TEMPLATES = "fraud-rollback"


def said_of(at, cloudwatch, name: str) -> dict:
    return cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0]


def state(at, cloudwatch, name: str) -> str:
    return said_of(at, cloudwatch, name)["StateValue"]


def reason(at, cloudwatch, name: str) -> str:
    """Why, without the account and the moment."""
    why = said_of(at, cloudwatch, name)["StateReason"].replace(at.account, "ACCOUNT")
    return re.sub(r" at \w+ \d\d \w+, \d{4} \d\d:\d\d:\d\d UTC$", " at MOMENT", why)


def tell(cloudwatch, **states: str):
    """Puts members into states."""
    for member, value in states.items():
        cloudwatch.set_alarm_state(AlarmName=member, StateValue=value, StateReason="told so")


def put(cloudwatch, rule: str, name="whole"):
    cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule=rule)


@step("cloudwatch", MINISTACK)
def composite_of_new_members_is_ok_at_once(at, cloudwatch):
    for member in ("one", "two"):
        quiet = {"MetricName": "Unheard", "Statistic": "Sum", "TreatMissingData": "missing", "Namespace": NAMESPACE}
        cloudwatch.put_metric_alarm(**alarm(member, **quiet))
    put(cloudwatch, "ALARM(one) OR ALARM(two)")
    return {"state": state(at, cloudwatch, "whole"), "reason": reason(at, cloudwatch, "whole")}


@step("cloudwatch", MINISTACK)
def composite_is_described(at, cloudwatch):
    cloudwatch.put_composite_alarm(AlarmName="described", AlarmRule='ALARM("one")', AlarmDescription="why")
    said = said_of(at, cloudwatch, "described")
    names = ("AlarmName", "AlarmRule", "AlarmDescription", "ActionsEnabled", "StateValue")
    return {name: said.get(name) for name in names} | {"arn": said["AlarmArn"].replace(at.account, "ACCOUNT")}


@step("cloudwatch", MINISTACK)
def composite_is_not_described_to_who_asks_for_no_type(at, cloudwatch):
    said = cloudwatch.describe_alarms(AlarmNames=["whole"])
    return {"metric": len(said["MetricAlarms"]), "composite": len(said.get("CompositeAlarms", []))}


# Each rule, under every pair of states of its members.
RULES = {
    "alarm": "ALARM(one)",
    "ok": "OK(one)",
    "insufficient_data": "INSUFFICIENT_DATA(one)",
    "not": "NOT ALARM(one)",
    "or": "ALARM(one) OR ALARM(two)",
    "and": 'ALARM("one") AND ALARM("two")',
    "and_before_or": "ALARM(one) OR OK(one) AND OK(two)",
    "or_in_brackets": "(ALARM(one) OR OK(one)) AND OK(two)",
    "not_before_and": "NOT ALARM(one) AND ALARM(two)",
    "not_of_brackets": "NOT (ALARM(one) AND ALARM(two))",
    "true": "TRUE OR ALARM(one)",
    "false": "FALSE AND NOT ALARM(one)",
    "by_arn": "ALARM(ARN:one) AND NOT OK(ARN:two)",
    "on_two_lines": "ALARM(one)\n  OR  ALARM( two )",
}
for _name, _rule in RULES.items():
    def _of_rule(at, cloudwatch, name=_name, rule=_rule):
        put(cloudwatch, rule.replace("ARN", f"arn:aws:cloudwatch:eu-west-1:{at.account}:alarm"), name)
        heard = {}
        for one, two in product(STATES, STATES):
            tell(cloudwatch, one=one, two=two)
            heard.setdefault(state(at, cloudwatch, name), []).append([one, two])
        return heard

    _of_rule.__name__ = f"composite_rule_{_name}"
    step("cloudwatch", MINISTACK)(_of_rule)


@step("cloudwatch", MINISTACK)
def composite_says_which_member_rang_and_which_ended_it(at, cloudwatch):
    tell(cloudwatch, one="OK", two="OK")
    said = []
    told = ("two", "ALARM"), ("one", "ALARM"), ("two", "OK"), ("one", "INSUFFICIENT_DATA"), ("one", "ALARM"), ("one", "OK")
    for member, value in told:
        tell(cloudwatch, **{member: value})
        said.append([state(at, cloudwatch, "whole"), reason(at, cloudwatch, "whole")])
    return {"said": said}


@step("cloudwatch", MINISTACK)
def composite_of_a_composite_follows_it(at, cloudwatch):
    tell(cloudwatch, one="OK", two="OK")
    put(cloudwatch, "ALARM(whole) AND NOT ALARM(two)", "above")
    said = []
    for states in ({"one": "ALARM"}, {"two": "ALARM"}, {"one": "OK"}, {"two": "OK"}):
        tell(cloudwatch, **states)
        said.append([state(at, cloudwatch, "whole"), state(at, cloudwatch, "above")])
    return {"said": said}


@step("cloudwatch", MINISTACK)
def composite_that_is_told_its_state_keeps_it_until_a_member_changes(at, cloudwatch):
    tell(cloudwatch, one="OK", two="OK")
    tell(cloudwatch, whole="ALARM")
    said = [state(at, cloudwatch, "whole"), reason(at, cloudwatch, "whole")]
    tell(cloudwatch, one="INSUFFICIENT_DATA")
    return {"told": said, "then": state(at, cloudwatch, "whole")}


@step("cloudwatch", MINISTACK)
def composite_that_is_rewritten_is_looked_at_at_once(at, cloudwatch):
    tell(cloudwatch, one="OK", two="OK")
    put(cloudwatch, "OK(one)")
    said = [state(at, cloudwatch, "whole"), reason(at, cloudwatch, "whole")]
    put(cloudwatch, "ALARM(one) OR ALARM(two)")
    return {"said": said, "again": state(at, cloudwatch, "whole")}


@step("cloudwatch", MINISTACK)
def composite_of_the_template_rings_with_each_of_its_members(at, cloudwatch):
    said = said_of(at, cloudwatch, TEMPLATES)
    members = re.findall(r'ALARM\("([^"]+)"\)', said["AlarmRule"])
    heard = {}
    for member in members:
        heard[member] = []
        for value in ("ALARM", "INSUFFICIENT_DATA", "OK"):
            tell(cloudwatch, **{member: value})
            heard[member].append([state(at, cloudwatch, TEMPLATES), reason(at, cloudwatch, TEMPLATES)])
    return {"rule": said["AlarmRule"], "heard": heard}


@step("cloudwatch", MINISTACK)
def composite_of_an_alarm_that_is_not_there(at, cloudwatch):
    put(cloudwatch, "ALARM(one) OR ALARM(none)", "strange")


for _name, _rule in {
    "without_a_rule": "",
    "with_a_word_that_is_none": "ALARM(one) XOR ALARM(two)",
    "with_half_a_rule": "ALARM(one) AND",
    "with_a_state_that_is_none": "BAD(one)",
    "with_a_bracket_too_many": "(ALARM(one)))",
    "of_an_alarm_without_a_name": "ALARM()",
    "in_small_letters": "alarm(one) or alarm(two)",
    # Of AWS's, and not known to the world.
    "of_at_least": "AT_LEAST(1, ALARM, (one, two))",
}.items():
    def _of_bad_rule(at, cloudwatch, rule=_rule):
        put(cloudwatch, rule, "strange")

    _of_bad_rule.__name__ = f"composite_{_name}"
    step("cloudwatch", MINISTACK)(_of_bad_rule)


@step("cloudwatch", MINISTACK)
def composite_of_a_metric_alarms_name(at, cloudwatch):
    put(cloudwatch, "ALARM(two)", "one")


@step("cloudwatch", MINISTACK)
def alarm_that_is_not_there_is_told_its_state(at, cloudwatch):
    tell(cloudwatch, none="OK")


@step("cloudwatch", MINISTACK)
def alarm_is_told_a_state_that_is_none(at, cloudwatch):
    tell(cloudwatch, one="BAD")
