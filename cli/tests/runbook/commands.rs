//! Every command of the runbooks, in the order in which they are typed, with what its page says that it shows.

use crate::desk::Desk;
use serde_json::Value;
use std::path::Path;

/// What is done with a command.
#[derive(Clone, Copy)]
pub enum Check {
    /// Typed before each of the others: it sets what they use.
    Sets,
    /// Typed; what it prints holds each of these.
    Says(&'static [&'static str]),
    /// Typed; what it prints, or has done, is checked.
    Shows(fn(&Desk, &str)),
    /// No runbook's: makes what the next one is about.
    Prepares,
    /// Not typed, for this reason.
    NotTyped(&'static str),
}

const NO_SERVICE: &str = "the local world has no logs, queues and action executions";
const NO_CERTIFICATES: &str = "the local world has no ACM";
const NO_STACKS: &str = "the local world has no stacks to describe, and asks its own /health";
const BUILDS: &str = "it builds or deploys from a checkout, and asks no night";
const NO_REPLICATION: &str = "the local world's rules are the template's: they can be deleted, and not put back";
const TESTED: &str = "it is part of the tests itself";
const NAMED: &str = "named only: typed with its options elsewhere";

/// In the order in which they are typed: what changes the endpoint comes last, because the night stands still and an update in it
/// never ends.
pub const COMMANDS: &[(&str, Check)] = &[
    ("REGION=ap-northeast-1", Check::Sets),
    ("BUCKET=fraud-models-jp", Check::Sets),
    // May I sleep?
    ("target/release/meridian status", Check::Shows(all_is_well)),
    ("meridian status", Check::Shows(all_is_well)),
    ("meridian history", Check::Says(&["EU  eu-west-1", "JP  ap-northeast-1", "whole chain verified"])),
    ("target/release/meridian history", Check::Says(&["EU  eu-west-1", "JP  ap-northeast-1", "whole chain verified"])),
    (
        "target/release/meridian history --region $REGION --at 2026-11-20T03:47Z",
        Check::Says(&["What served fraud on 2026-11-20 at 03:47:00 UTC", "JP  ap-northeast-1", "v426", "way back"]),
    ),
    (
        "target/release/meridian history --region $REGION --since 2h",
        Check::Says(&["JP  update to v427", "JP  on v427: 200 of 200 golden records", "JP  settled on v427"]),
    ),
    ("meridian history --region JP", Check::Says(&["JP  ap-northeast-1", "v427", "way back", "v426"])),
    ("meridian plan", Check::Shows(a_row_a_region)),
    (
        "aws sagemaker delete-endpoint --region sa-east-1 --endpoint-name fraud",
        Check::NotTyped("a pilot light's endpoint, and the night has none"),
    ),
    ("meridian plan --failover", Check::Says(&["to lose a region", "EU    AU (active)", "BR    JP (active)"])),
    // The ledger without the command line.
    ("aws s3 sync s3://$BUCKET/ledger/fraud/$REGION/ ledger/$REGION/ --region $REGION", Check::Shows(entries_of_jp)),
    (
        "aws s3 sync s3://fraud-models-eu/ledger/fraud/home/ ledger/home/ --region eu-west-1",
        Check::Shows(entries_of_home),
    ),
    ("for entry in ledger/$REGION/*.json; do cat \"$entry\"; echo; done | tail -20", Check::Shows(entries_are_read)),
    // What stands where.
    (
        "aws sagemaker describe-endpoint --region $REGION --endpoint-name fraud --query '{status: EndpointStatus, config: \
         EndpointConfigName, why: FailureReason, pending: PendingDeploymentSummary}'",
        Check::Shows(endpoint_is_the_ledgers),
    ),
    (
        "aws cloudwatch describe-alarms --region $REGION --alarm-types MetricAlarm CompositeAlarm --alarm-name-prefix fraud- \
         --query '[MetricAlarms, CompositeAlarms][].{name: AlarmName, state: StateValue, why: StateReason}'",
        Check::Shows(alarms_are_quiet),
    ),
    ("aws s3 cp s3://$BUCKET/KEY - --region $REGION | sha256sum", Check::Shows(digest_is_the_keys)),
    ("aws s3 cp s3://fraud-models-eu/KEY - --region eu-west-1 | sha256sum", Check::Shows(digest_is_the_keys)),
    (
        "aws s3api head-object --bucket fraud-models-eu --key KEY --region eu-west-1 --query ReplicationStatus",
        Check::Says(&["\"COMPLETED\""]),
    ),
    (
        "aws s3api head-object --bucket fraud-models-jp --key KEY --region ap-northeast-1 --query '{status: ReplicationStatus, \
         etag: ETag}'",
        Check::Says(&["\"status\": \"REPLICA\"", "\"etag\": "]),
    ),
    (
        "aws s3api get-bucket-replication --bucket fraud-models-eu --region eu-west-1",
        Check::Shows(replicates_to_every_bucket),
    ),
    ("aws s3api put-bucket-replication", Check::NotTyped(NO_REPLICATION)),
    (
        "aws kms describe-key --key-id alias/meridian-fraud --region ap-northeast-1 --query 'KeyMetadata.KeyState'",
        Check::Says(&["\"Enabled\""]),
    ),
    (
        "aws ecr describe-images --repository-name sagemaker-xgboost --image-ids imageDigest=sha256:DIGEST --region ap-northeast-1",
        Check::Says(&["\"imageDigest\": \"sha256:"]),
    ),
    // A new execution.
    ("sha256sum fleet.toml", Check::Shows(policy_is_the_waves)),
    ("aws s3 cp s3://fraud-models-eu/waves/fraud.json - --region eu-west-1", Check::Shows(wave_key_is_of_v427)),
    (
        "aws codepipeline start-pipeline-execution --region eu-west-1 --name fraud-promotion --variables \
         name=release,value=RELEASE name=policy,value=POLICY name=version,value=VERSION",
        Check::Shows(execution_is_listed),
    ),
    (
        "aws codepipeline list-pipeline-executions --region eu-west-1 --pipeline-name fraud-promotion --max-items 5",
        Check::Says(&["\"pipelineExecutionId\"", "\"status\": \"Succeeded\""]),
    ),
    // What people say.
    (
        "target/release/meridian override freeze --region $REGION --for 4h --who $USER --why \"the fix must go out\"",
        Check::Says(&["the freeze is set aside for ap-northeast-1 until 2026-11-20T08:25:00Z"]),
    ),
    (
        "target/release/meridian quarantine v427 --who $USER --why \"published from an unknown machine\"",
        Check::Says(&["is in quarantine; releases that it concerns: 1"]),
    ),
    (
        "target/release/meridian quarantine v427 --lift --who $USER --why \"it was the training job\"",
        Check::Says(&["is no longer in quarantine; releases that it concerns: 1"]),
    ),
    (
        "target/release/meridian halt --who $USER --why \"card scheme incident 4711\"",
        Check::Shows(|desk, said| halted(desk, said, "card scheme incident 4711")),
    ),
    ("meridian lift --region home --who $USER --why 'the next halt'", Check::Prepares),
    (
        "target/release/meridian halt --who $USER --why \"v427 is not ours\"",
        Check::Shows(|desk, said| halted(desk, said, "v427 is not ours")),
    ),
    ("meridian lift --region home --who $USER --why 'the next halt'", Check::Prepares),
    // The night stands still: the region that is asked never gets its instances.
    (
        "meridian failover --from JP --to AU --who $USER --why \"...\" --dry-run",
        Check::Says(&["AU makes itself ready for JP's customers"]),
    ),
    ("timeout 5 meridian failover --from JP --to AU --who $USER --why 'a drill' || true", Check::Prepares),
    (
        "meridian failback --region JP --who $USER --why \"...\"",
        Check::Says(&["JP is in service", "AU scales as usual again"]),
    ),
    ("meridian halt --region $REGION --who $USER --why 'callers send broken requests'", Check::Prepares),
    (
        "target/release/meridian lift --region $REGION --who $USER --why \"the caller that sent broken requests is mended\"",
        Check::Shows(lifted),
    ),
    (
        "aws sagemaker update-endpoint --region $REGION --endpoint-name fraud --endpoint-config-name CONFIG \
         --retain-all-variant-properties",
        Check::Shows(update_is_taken),
    ),
    (
        "meridian restore --chain AU --dry-run",
        Check::Says(&["chain ap-southeast-2", "that EU keeps of it, up to 2026-11-20 "]),
    ),
    // Afterwards nobody adds to this home's ledger.
    (
        "meridian home move --to JP --who $USER --why \"...\" --dry-run",
        Check::Says(&["would be written", "JP is home: the hub's ledger of "]),
    ),
    (
        "meridian home move --to JP --lost --who $USER --why \"...\"",
        Check::Says(&["JP is home: the hub's ledger of ", "goes on in its bucket, whole", "starts nothing any more"]),
    ),
    ("meridian home show", Check::Says(&["JP is home since 2026-11-20 "])),
    // Not typed.
    ("meridian lift", Check::NotTyped(NAMED)),
    ("meridian history --at", Check::NotTyped(NAMED)),
    (
        "aws s3control create-job",
        Check::NotTyped("named only: its options are a page of AWS's, and the local world has no batches"),
    ),
    ("make check", Check::NotTyped(TESTED)),
    ("make check-template", Check::NotTyped(TESTED)),
    ("cargo test -p meridian-deployment samconfig", Check::NotTyped(TESTED)),
    ("make sam-build", Check::NotTyped(BUILDS)),
    ("make deploy ENV=\"au br jp\"", Check::NotTyped(BUILDS)),
    (
        "curl -i $(aws cloudformation describe-stacks --region $REGION --stack-name meridian-fraud --query \
         'Stacks[0].Outputs[?OutputKey==`HealthUrl`].OutputValue' --output text)",
        Check::NotTyped(NO_STACKS),
    ),
    (
        "aws codepipeline list-action-executions --region eu-west-1 --pipeline-name fraud-promotion --filter \
         pipelineExecutionId=EXECUTION",
        Check::Says(&["\"actionName\": \"Verify-Fleet\"", "\"status\": \"Succeeded\""]),
    ),
    ("SINCE=$(($(date +%s) - 3600))000", Check::NotTyped(NO_SERVICE)),
    (
        "aws logs filter-log-events --region eu-west-1 --log-group-name /aws/lambda/meridian-fraud-promote --start-time $SINCE",
        Check::NotTyped(NO_SERVICE),
    ),
    (
        "aws logs filter-log-events --region $REGION --log-group-name /aws/lambda/meridian-fraud-rollback --start-time $SINCE",
        Check::NotTyped(NO_SERVICE),
    ),
    (
        "QUEUE=$(aws sqs get-queue-url --region $REGION --queue-name meridian-fraud-dead-letters --query QueueUrl --output text)",
        Check::NotTyped(NO_SERVICE),
    ),
    (
        "aws acm describe-certificate --region $REGION --certificate-arn $CERTIFICATE --query \
         'Certificate.[Status,NotAfter,RenewalSummary]'",
        Check::NotTyped(NO_CERTIFICATES),
    ),
    (
        "aws sqs receive-message --region $REGION --queue-url $QUEUE --max-number-of-messages 10 --message-attribute-names All",
        Check::NotTyped(NO_SERVICE),
    ),
    ("aws sqs purge-queue --region $REGION --queue-url $QUEUE", Check::NotTyped(NO_SERVICE)),
];

fn json(said: &str) -> Value {
    serde_json::from_str(said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// "answers may I sleep on one screen": the answer first, each region, the wave.
fn all_is_well(_: &Desk, said: &str) {
    assert!(
        said.contains("Nothing needs you.") && said.contains("ended 0") && said.contains("every region promoted"),
        "{said}"
    );
    for title in ["EU", "AU", "JP", "BR"] {
        let row = said.lines().find(|line| line.starts_with(&format!("{title} "))).unwrap_or_else(|| panic!("{said}"));
        assert!(row.contains("v427") && row.contains("InService") && row.ends_with("OK"), "{row}");
    }
    assert!(said.lines().count() <= 24, "more than a screen:\n{said}");
}

fn entries(folder: &Path) -> usize {
    std::fs::read_dir(folder)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|extension| extension == "json"))
        .count()
}

/// Whatever the machine's clock says: a region that may start has its hour, and one that policy freezes now says until when.
fn a_row_a_region(_: &Desk, said: &str) {
    assert!(said.contains("The next wave of fraud"), "{said}");
    for title in ["EU", "AU", "JP", "BR"] {
        let row = said.lines().find(|line| line.starts_with(&format!("{title}  ")));
        let told = row.is_some_and(|row| row.contains(" there)") || row.contains("stays as it is: frozen by"));
        assert!(told, "no row of {title} in:\n{said}");
    }
}

fn entries_of_jp(desk: &Desk, said: &str) {
    assert!(said.contains("download: s3://fraud-models-jp/ledger/fraud/ap-northeast-1/"), "{said}");
    assert!(entries(&desk.folder.path().join("ledger/ap-northeast-1")) > 5);
}

fn entries_of_home(desk: &Desk, _: &str) {
    assert!(entries(&desk.folder.path().join("ledger/home")) > 5);
}

/// `record` says what an entry is, `at` when; the last of a well region is its settling.
fn entries_are_read(_: &Desk, said: &str) {
    let entries: Vec<Value> = said.lines().filter(|line| !line.trim().is_empty()).map(json).collect();
    assert!(entries.iter().all(|entry| entry["record"].is_string() && entry["at"].is_string()), "{said}");
    assert!(entries.iter().any(|entry| entry["record"] == "confirmed"), "{said}");
}

/// "compare `config` with the last `confirmed` entry in the region's ledger".
fn endpoint_is_the_ledgers(desk: &Desk, said: &str) {
    let (seen, status) = (json(said), json(&desk.types("meridian status --json")));
    assert_eq!(seen["status"], "InService", "{said}");
    assert_eq!(seen["config"], status["regions"][2]["account"]["answers"][0]["config"], "{said}");
    assert!(seen["why"].is_null() && seen["pending"].is_null(), "{said}");
}

fn alarms_are_quiet(_: &Desk, said: &str) {
    let alarms = json(said);
    let alarms = alarms.as_array().unwrap();
    assert!(alarms.len() > 3 && alarms.iter().all(|own| own["name"].as_str().unwrap().contains("fraud-")), "{said}");
    assert!(alarms.iter().all(|own| own["state"] != "ALARM" && own["why"].is_string()), "{said}");
}

/// An archive's key is its digest.
fn digest_is_the_keys(desk: &Desk, said: &str) {
    let digest = said.split_whitespace().next().unwrap();
    assert!(digest.len() == 64 && desk.values["KEY"].contains(digest), "{said}: {}", desk.values["KEY"]);
}

fn replicates_to_every_bucket(_: &Desk, said: &str) {
    for bucket in ["fraud-models-au", "fraud-models-jp", "fraud-models-br"] {
        assert!(said.contains(&format!("arn:aws:s3:::{bucket}\"")), "{bucket}: {said}");
    }
}

fn policy_is_the_waves(desk: &Desk, said: &str) {
    assert_eq!(said.split_whitespace().next(), Some(desk.values["POLICY"].as_str()));
}

fn wave_key_is_of_v427(_: &Desk, said: &str) {
    let key = json(said);
    assert_eq!(key["version"], "v427", "{said}");
    assert!(["release", "policy"].iter().all(|digest| key[digest].as_str().unwrap().len() == 64), "{said}");
}

fn execution_is_listed(desk: &Desk, said: &str) {
    let started = json(said)["pipelineExecutionId"].as_str().unwrap().to_owned();
    let list = "aws codepipeline list-pipeline-executions --region eu-west-1 --pipeline-name fraud-promotion";
    let list = json(&desk.types(list));
    let own =
        list["pipelineExecutionSummaries"].as_array().unwrap().iter().find(|own| own["pipelineExecutionId"] == started);
    assert!(own.is_some(), "{started} is not among {list}");
}

/// "stops every start at once", and is told by the screen with what ends it.
fn halted(desk: &Desk, said: &str, why: &str) {
    assert!(said.contains("the fleet is halted") && said.contains("nothing starts until it is lifted"), "{said}");
    let (code, screen) = desk.tried("meridian status");
    assert_eq!(code, Some(1), "{screen}");
    let screen = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(screen.contains(why) && screen.contains("meridian lift --region home"), "{screen}");
    assert!(screen.contains("next: nothing starts in any region until the halt of the fleet is lifted"), "{screen}");
}

fn lifted(desk: &Desk, said: &str) {
    assert!(said.contains("the halt is lifted") && said.contains("callers send broken requests"), "{said}");
    assert!(desk.types("meridian status").contains("Nothing needs you."));
}

fn update_is_taken(desk: &Desk, said: &str) {
    assert!(json(said)["EndpointArn"].as_str().unwrap().ends_with(":endpoint/fraud"), "{said}");
    let seen = "aws sagemaker describe-endpoint --region $REGION --endpoint-name fraud --query EndpointStatus";
    assert_eq!(json(&desk.types(seen)), "Updating");
}
