"""Reads resources back through their services' own APIs: what differs from the template, where its drift detection looks away.

A reader gets a way to make clients, the resource's physical id, its declared properties and every physical id of the stack.
"""

import json
import re

from botocore.exceptions import ClientError


def named(value, physical):
    """A declared value with the names of the stack's resources put in; what is read of them (ARNs) stays a pattern."""
    if isinstance(value, (list, tuple)):
        return [named(item, physical) for item in value]
    if isinstance(value, dict):
        return {key: named(item, physical) for key, item in value.items()}
    if isinstance(value, str):
        return re.sub(r"<(\w+)>", lambda m: physical.get(m[1], m[0]), value)
    return value


def same(declared, seen):
    """Whether what was seen is what was declared: a string with "<Name.Attribute>" in it is compared around that."""
    if isinstance(declared, dict):
        return isinstance(seen, dict) and declared.keys() == seen.keys() and all(same(v, seen[k]) for k, v in declared.items())
    if isinstance(declared, (list, tuple)):
        return isinstance(seen, (list, tuple)) and len(declared) == len(seen) and all(map(same, declared, seen))
    if isinstance(declared, str) and "<" in declared:
        parts = re.split(r"<\w+\.\w+>", declared)
        return re.fullmatch(".+".join(map(re.escape, parts)), str(seen)) is not None
    if isinstance(declared, bool):
        return str(declared).lower() == str(seen).lower()
    if isinstance(declared, (int, float)):
        return float(declared) == float(seen)
    return declared == seen


def differing(declared, seen, physical):
    """What differs, in words of the declaration."""
    return [key for key, value in declared.items() if not same(named(value, physical), seen.get(key))]


def answer(call, **arguments):
    """A call's answer, empty where there is nothing of the kind."""
    try:
        return call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"].startswith(("NoSuch", "ServerSideEncryptionConfigurationNotFound", "Replication")):
            return {}
        raise


def bucket_policy(client, _, properties, physical):
    seen = client("s3").get_bucket_policy(Bucket=named(properties["Bucket"], physical))["Policy"]
    return differing({"Policy": properties["PolicyDocument"]}, {"Policy": json.loads(seen)}, physical)


def key(client, own, properties, physical):
    kms = client("kms")
    policy = json.loads(kms.get_key_policy(KeyId=own, PolicyName="default")["Policy"])
    rotates = kms.get_key_rotation_status(KeyId=own)["KeyRotationEnabled"]
    declared = {"KeyPolicy": properties["KeyPolicy"], "EnableKeyRotation": properties.get("EnableKeyRotation", False)}
    return differing(declared, {"KeyPolicy": policy, "EnableKeyRotation": rotates}, physical)


def alarm(client, own, properties, physical):
    seen = client("cloudwatch").describe_alarms(AlarmNames=[own])["MetricAlarms"][0]
    declared = {key: value for key, value in properties.items() if key != "Tags"}
    return differing(declared, seen, physical)


def topic_policy(client, _, properties, physical):
    topic = named(properties["Topics"][0], physical)
    seen = client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    return differing({"Policy": properties["PolicyDocument"]}, {"Policy": json.loads(seen)}, physical)


def queue_policy(client, _, properties, physical):
    queue = named(properties["Queues"][0], physical)
    seen = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]["Policy"]
    return differing({"Policy": properties["PolicyDocument"]}, {"Policy": json.loads(seen)}, physical)


def record(client, _, properties, physical):
    pages = client("route53").list_resource_record_sets(HostedZoneId=properties["HostedZoneId"])
    name, identifier = properties["Name"], properties.get("SetIdentifier")
    own = [r for r in pages["ResourceRecordSets"] if (r["Name"].rstrip("."), r.get("SetIdentifier")) == (name, identifier)]
    if len(own) != 1:
        return ["number of records"]
    # The check that the record names is of a type that the emulator does not know.
    declared = {key: value for key, value in properties.items() if key in ("Type", "TTL", "Region", "Weight", "Failover", "GeoLocation")}
    return differing(declared, {**own[0], "TTL": str(own[0]["TTL"])}, physical)


def domain(client, own, properties, physical):
    seen = client("apigateway").get_domain_name(domainName=own)
    renamed = {"DomainName": "domainName", "SecurityPolicy": "securityPolicy", "RegionalCertificateArn": "regionalCertificateArn"}
    return differing({field: properties[name] for name, field in renamed.items()}, seen, physical)


def failed_calls(client, _, properties, physical):
    function = named(properties["FunctionName"], physical)
    seen = client("lambda").get_function_event_invoke_config(FunctionName=function, Qualifier=properties["Qualifier"])
    declared = {key: properties[key] for key in ("MaximumRetryAttempts", "DestinationConfig")}
    return differing(declared, seen, physical)


def role(client, own, properties, physical):
    iam, wrong = client("iam"), []
    trust = iam.get_role(RoleName=own)["Role"]["AssumeRolePolicyDocument"]
    wrong += differing({"Trust": properties["AssumeRolePolicyDocument"]}, {"Trust": trust}, physical)
    for policy in properties.get("Policies", []):
        seen = iam.get_role_policy(RoleName=own, PolicyName=policy["PolicyName"])["PolicyDocument"]
        wrong += differing({policy["PolicyName"]: policy["PolicyDocument"]}, {policy["PolicyName"]: seen}, physical)
    return wrong


def rule(client, own, properties, physical):
    events = client("events")
    name = own.rsplit("/", 1)[-1]
    seen = events.describe_rule(Name=name)
    declared = {"State": properties.get("State", "ENABLED")}
    if "EventPattern" in properties:
        declared["EventPattern"] = properties["EventPattern"]
        seen["EventPattern"] = json.loads(seen["EventPattern"])
    else:
        declared["ScheduleExpression"] = properties["ScheduleExpression"]
    seen["Targets"] = events.list_targets_by_rule(Rule=name)["Targets"]
    return differing({**declared, "Targets": properties["Targets"]}, seen, physical)


def bucket(client, own, properties, physical):
    """What was asked of the bucket, each part by the call that answers it, in a shape that both can be brought to."""
    s3 = client("s3")
    default = answer(s3.get_bucket_encryption, Bucket=own).get("ServerSideEncryptionConfiguration", {}).get("Rules", [{}])[0]
    notes = s3.get_bucket_notification_configuration(Bucket=own)
    copies = answer(s3.get_bucket_replication, Bucket=own).get("ReplicationConfiguration", {}).get("Rules", [])
    seen = {
        "versions": s3.get_bucket_versioning(Bucket=own).get("Status"),
        "encryption": default.get("ApplyServerSideEncryptionByDefault"),
        "public access": answer(s3.get_public_access_block, Bucket=own).get("PublicAccessBlockConfiguration"),
        "lifecycle": [
            (r["ID"], r["Status"]) for r in answer(s3.get_bucket_lifecycle_configuration, Bucket=own).get("Rules", [])
        ],
        "logging": s3.get_bucket_logging(Bucket=own).get("LoggingEnabled", {}).get("TargetBucket"),
        "eventbridge": "EventBridgeConfiguration" in notes,
        "notifications": [e for c in notes.get("LambdaFunctionConfigurations", []) for e in c["Events"]],
        "copies": [(r["Filter"]["Prefix"], r["Destination"]["Bucket"]) for r in copies],
    }
    wanted = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
    noted = properties.get("NotificationConfiguration", {})
    declared = {
        "versions": properties.get("VersioningConfiguration", {}).get("Status"),
        "encryption": wanted["ServerSideEncryptionByDefault"],
        "public access": properties["PublicAccessBlockConfiguration"],
        "lifecycle": [(r["Id"], r["Status"]) for r in properties["LifecycleConfiguration"]["Rules"]],
        "logging": properties.get("LoggingConfiguration", {}).get("DestinationBucketName"),
        "eventbridge": "EventBridgeConfiguration" in noted,
        "notifications": [c["Event"] for c in noted.get("LambdaConfigurations", [])],
        "copies": [
            (r["Filter"]["Prefix"], r["Destination"]["Bucket"])
            for r in properties.get("ReplicationConfiguration", {}).get("Rules", [])
        ],
    }
    return differing(declared, seen, physical)


def paths(client, own, properties, _):
    resources = client("apigateway").get_resources(restApiId=own, limit=100)["items"]
    seen = {(r["path"], method.lower()) for r in resources for method in r.get("resourceMethods", {})}
    declared = {(path, method) for path, item in properties["Body"]["paths"].items() for method in item}
    return [] if seen == declared else ["paths"]


READERS = {
    "AWS::ApiGateway::DomainName": domain,
    "AWS::ApiGateway::RestApi": paths,
    "AWS::Events::Rule": rule,
    "AWS::IAM::Role": role,
    "AWS::S3::Bucket": bucket,
    "AWS::CloudWatch::Alarm": alarm,
    "AWS::KMS::Key": key,
    "AWS::Lambda::EventInvokeConfig": failed_calls,
    "AWS::Route53::RecordSet": record,
    "AWS::S3::BucketPolicy": bucket_policy,
    "AWS::SNS::TopicPolicy": topic_policy,
    "AWS::SQS::QueuePolicy": queue_policy,
}
