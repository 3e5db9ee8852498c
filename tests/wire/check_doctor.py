"""Lets `meridian doctor` look at a public emulator in which everything that it knows is as the template makes it, then
breaks one thing after the other.

usage: check_doctor.py MERIDIAN FLEET LOGS

What the doctor says must be what was done. The emulator has neither SageMaker nor CodePipeline nor quotas: those checks are
left out.
Prints one line for each look and exits 1 where one is wrong.
"""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import boto3
from servers import emulator


class Account:
    """The emulator's account, as the fleet's regions see it."""

    def __init__(self, server, policy: dict):
        self.server, self.policy = server, policy
        self.account, self.name = policy["fleet"]["account"], policy["fleet"]["name"]
        self.regions = {region["name"]: region for region in policy["region"]}
        self.home, self.role = policy["fleet"]["home"], policy["fleet"]["execution_role"]
        self.deputies = policy["fleet"].get("deputies", [])
        self.keys: dict[str, str] = {}

    def client(self, service: str, region: str):
        return boto3.client(
            service, endpoint_url=self.server.endpoint, region_name=region,
            aws_access_key_id=self.account, aws_secret_access_key="not-a-secret",
        )

    def s3(self, region: str):
        return self.client("s3", region)

    def bucket(self, region: str) -> str:
        return self.regions[region]["bucket"]

    def build(self):
        """Every region, home's replication last."""
        for region in self.regions:
            s3, bucket = self.s3(region), self.bucket(region)
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
            rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/meridian-fraud"}}
            s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
            self.block(region, True)
            self.keep(region)
            s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
            self.topic(region)
            self.alarms(region)
            kms = self.client("kms", region)
            self.keys[region] = kms.create_key()["KeyMetadata"]["KeyId"]
            kms.create_alias(AliasName=f"alias/meridian-{self.name}", TargetKeyId=self.keys[region])
        self.replicate({})
        iam = self.client("iam", self.home)
        for region in self.regions:
            iam.create_role(RoleName=f"{self.role}-{region}", AssumeRolePolicyDocument=self.trust("sagemaker"))
            iam.create_role(RoleName=self.lent(region), AssumeRolePolicyDocument=self.lend(self.home))

    def lent(self, region: str) -> str:
        return f"meridian-{self.name}-lent-{region}"

    def lend(self, home: str) -> str:
        """The trust policy of a lent role."""
        arn = f"arn:aws:iam::{self.account}"
        condition = {
            "ArnLike": {"aws:PrincipalArn": f"{arn}:role/meridian-{self.name}-PromoteRole-*"},
            "StringEquals": {"aws:PrincipalTag/meridian:region": [home, *self.deputies], "sts:ExternalId": self.name},
        }
        statement = {"Effect": "Allow", "Principal": {"AWS": f"{arn}:root"}, "Action": "sts:AssumeRole", "Condition": condition}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    def lends(self, region: str, home: str):
        iam, document = self.client("iam", self.home), self.lend(home)
        iam.update_assume_role_policy(RoleName=self.lent(region), PolicyDocument=document)

    def trust(self, service: str) -> str:
        principal = {"Service": f"{service}.amazonaws.com"}
        return json.dumps({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}]})

    def trusts(self, service: str):
        iam, document = self.client("iam", self.home), self.trust(service)
        iam.update_assume_role_policy(RoleName=f"{self.role}-{self.home}", PolicyDocument=document)

    def block(self, region: str, on: bool):
        names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        block = {name: True for name in names} | {"RestrictPublicBuckets": on}
        self.s3(region).put_public_access_block(Bucket=self.bucket(region), PublicAccessBlockConfiguration=block)

    def keep(self, region: str, without=""):
        """The bucket's policy; without the denial of that name."""
        arn = f"arn:aws:s3:::{self.bucket(region)}"
        kept = [f"{arn}/{prefix}/*" for prefix in ("ledger", "releases", "holdouts", "waves", "evaluations")]
        others = {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{self.account}:role/meridian-*"}}
        protects = [f"s3:{own}" for own in (
            "PutBucketPolicy", "DeleteBucketPolicy", "PutLifecycleConfiguration", "PutReplicationConfiguration",
            "PutBucketVersioning", "PutEncryptionConfiguration",
        )]
        new = {"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}}
        denials = {
            "tls": {"Action": "s3:*", "Resource": [arn, f"{arn}/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            "overwrites": {"Action": "s3:PutObject", "Resource": kept[:3], "Condition": new},
            "writers": {"Action": "s3:PutObject", "Resource": kept, "Condition": others},
            "protection": {"Action": protects, "Resource": arn, "Condition": others},
            "deletes": {"Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"], "Resource": kept},
        }
        statements = [{"Effect": "Deny", "Principal": "*"} | own for name, own in denials.items() if name != without]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.s3(region).put_bucket_policy(Bucket=self.bucket(region), Policy=policy)

    def topic(self, region: str):
        key = {"KmsMasterKeyId": f"arn:aws:kms:{region}:{self.account}:alias/meridian-{self.name}"}
        sns = self.client("sns", region)
        topic = sns.create_topic(Name=f"meridian-{self.name}-oncall", Attributes=key)["TopicArn"]
        # The emulator takes mail as confirmed.
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="oncall@example.com")

    def alarms(self, region: str, latency=20_000.0):
        cloudwatch, prefix = self.client("cloudwatch", region), f"{self.name}-endpoint"
        for name, threshold in (("latency", latency), ("4xx", 0.01), ("5xx", 0.01)):
            cloudwatch.put_metric_alarm(
                AlarmName=f"{prefix}-{name}", Namespace="AWS/SageMaker", MetricName=name, Statistic="Average", Period=60,
                EvaluationPeriods=5, Threshold=threshold, ComparisonOperator="GreaterThanThreshold",
                TreatMissingData="notBreaching",
            )
        rule = " OR ".join(f'ALARM("{prefix}-{name}")' for name in ("latency", "4xx", "5xx"))
        cloudwatch.put_composite_alarm(AlarmName=f"{self.name}-rollback", AlarmRule=rule)

    def replicate(self, change: dict):
        rules = []
        for priority, (region, own) in enumerate(item for item in self.regions.items() if item[0] != self.home):
            rules.append({
                "ID": own["title"], "Status": "Enabled", "Priority": priority, "Filter": {"Prefix": "releases/"},
                "DeleteMarkerReplication": {"Status": "Disabled"},
                "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
                "Destination": {
                    "Bucket": f"arn:aws:s3:::{own['bucket']}",
                    "EncryptionConfiguration": {"ReplicaKmsKeyID": f"arn:aws:kms:{region}:{self.account}:key/{self.keys[region]}"},
                    "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
                    "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}},
                },
            } | change)
        role = f"arn:aws:iam::{self.account}:role/replication"
        configuration = {"Role": role, "Rules": rules}
        self.s3(self.home).put_bucket_replication(Bucket=self.bucket(self.home), ReplicationConfiguration=configuration)


# What is done to the account, and how it is undone; which check must notice it, in which region.
def breaks(account: Account) -> list[tuple]:
    home, title = account.home, account.regions[account.home]["title"]
    s3, bucket = account.s3(home), account.bucket(home)

    def versioning(status):
        return lambda: s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})

    sns, topic = account.client("sns", home), f"arn:aws:sns:{home}:{account.account}:meridian-{account.name}-oncall"

    def keyless():
        sns.set_topic_attributes(TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue="")

    def unheard():
        for own in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
            sns.unsubscribe(SubscriptionArn=own["SubscriptionArn"])

    def unconfirmed():
        unheard()
        # Port 9 answers nobody: what is sent there to be confirmed is not.
        sns.subscribe(TopicArn=topic, Protocol="https", Endpoint="https://127.0.0.1:9/")

    def topic_again():
        sns.delete_topic(TopicArn=topic)
        account.topic(home)

    kms, key = account.client("kms", home), account.keys[home]
    return [
        ("key", title, lambda: kms.disable_key(KeyId=key), lambda: kms.enable_key(KeyId=key)),
        ("role", title, lambda: account.trusts("lambda"), lambda: account.trusts("sagemaker")),
        ("lent role", title, lambda: account.lends(home, "us-east-1"), lambda: account.lends(home, home)),
        ("bucket", title, versioning("Suspended"), versioning("Enabled")),
        ("public access", title, lambda: account.block(home, False), lambda: account.block(home, True)),
        ("TLS only", title, lambda: account.keep(home, without="tls"), lambda: account.keep(home)),
        ("deletes", title, lambda: account.keep(home, without="deletes"), lambda: account.keep(home)),
        ("overwrites", title, lambda: account.keep(home, without="overwrites"), lambda: account.keep(home)),
        ("writers", title, lambda: account.keep(home, without="writers"), lambda: account.keep(home)),
        ("protection", title, lambda: account.keep(home, without="protection"), lambda: account.keep(home)),
        ("topic", title, lambda: sns.delete_topic(TopicArn=topic), lambda: account.topic(home)),
        ("topic", title, keyless, topic_again),
        ("topic", title, unheard, topic_again),
        ("topic", title, unconfirmed, topic_again),
        ("alarm", title, lambda: account.alarms(home, 25_000.0), lambda: account.alarms(home)),
        ("replication", title, lambda: account.replicate({"Status": "Disabled"}), lambda: account.replicate({})),
    ]


# What an emulator without SageMaker, CodePipeline and Service Quotas cannot say, and what needs a ledger.
ELSEWHERE = {"endpoint", "bytes", "image", "model", "pipeline", "package group", "ledger", "quota"}


def look(meridian: str, account: Account, fleet: str) -> tuple[int, list[dict]]:
    """What the doctor says, without what the emulator does not have."""
    keys = {"AWS_ACCESS_KEY_ID": account.account, "AWS_SECRET_ACCESS_KEY": "not-a-secret", "PATH": os.environ["PATH"]}
    command = [meridian, "doctor", "--json", "--fleet", fleet, "--endpoint-url", account.server.endpoint]
    ran = subprocess.run(command, env=keys, capture_output=True, text=True)
    if not ran.stdout:
        raise SystemExit(f"the doctor said nothing: {ran.stderr}")
    found = json.loads(ran.stdout)["findings"]
    return ran.returncode, [own for own in found if own["check"] not in ELSEWHERE]


def main() -> int:
    meridian, fleet, logs = sys.argv[1:]
    policy, problems = tomllib.loads(Path(fleet).read_text()), 0
    with emulator("ministack", Path(logs).resolve() / "doctor.log", policy["fleet"]["account"]) as server:
        account = Account(server, policy)
        account.build()

        def expect(what: str, wanted: set):
            nonlocal problems
            code, found = look(meridian, account, fleet)
            wrong = {(own["check"], own["place"]) for own in found if own["outcome"] in ("wrong", "unknown")}
            fine = sum(own["outcome"] == "fine" for own in found)
            good = wrong == wanted and fine > 0
            problems += not good
            print(f"{'as done' if good else 'OTHER':8} {what}: {fine} fine, {sorted(wrong)}")
            for own in found if not good else []:
                if own["outcome"] != "fine":
                    print(f"         {own}")

        expect("as the template makes it", set())
        for check, place, broken, mended in breaks(account):
            broken()
            expect(f"{check} broken in {place}", {(check, place)})
            mended()
        expect("mended", set())
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
