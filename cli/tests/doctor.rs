//! `meridian doctor` against a night that is served, and without anybody to ask.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test's helpers are tests too")]

use meridian_local::engine::lock;
use meridian_local::night::{Functions, Options, Scenario, Session, Site};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

const TEMPLATE: &str = include_str!("../../template.yaml");

/// A night that is served. Ends with the test.
struct Served(Child, String);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(scenario: &str, at: &str) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Command::new(env!("CARGO_BIN_EXE_meridian"))
        .args(["night", "--serve", "--scenario", scenario, "--at", at, "--out"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut story = BufReader::new(process.stdout.take().unwrap()).lines();
    let line = story.find_map(|line| line.ok().filter(|line| line.contains("The night is open at "))).unwrap();
    let url = line.split("The night is open at ").nth(1).unwrap();
    let url = url[..url.find(' ').unwrap()].to_owned();
    // Its pipe stays open: a story that nobody reads ends well.
    std::thread::spawn(move || story.for_each(drop));
    Served(process, url)
}

fn doctor(url: &str, keys: bool) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meridian"));
    command.env_clear().args([
        "doctor",
        "--json",
        "--fleet",
        "../local/fleets/reference/fleet.toml",
        "--endpoint-url",
        url,
    ]);
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", "/nonexistent");
    if keys {
        command.env("AWS_ACCESS_KEY_ID", "NOTAREALKEY").env("AWS_SECRET_ACCESS_KEY", "not-a-secret");
    }
    command.output().unwrap()
}

/// How one check of a region came out.
fn outcomes(document: &Value, place: &str, check: &str) -> Vec<String> {
    let all = document["findings"].as_array().unwrap().iter();
    let own = all.filter(|finding| finding["place"] == place && finding["check"] == check);
    own.map(|finding| finding["outcome"].as_str().unwrap().to_owned()).collect()
}

/// The checks that came out so, with their places.
fn those(document: &Value, outcome: &str) -> BTreeSet<(String, String)> {
    let text = |own: &Value| own.as_str().unwrap_or("all").to_owned();
    let all = document["findings"].as_array().unwrap().iter().filter(|finding| finding["outcome"] == outcome);
    all.map(|finding| (text(&finding["check"]), text(&finding["place"]))).collect()
}

fn pairs(checks: &[(&str, &[&str])]) -> BTreeSet<(String, String)> {
    let of = |(check, places): &(&str, &[&str])| -> Vec<(String, String)> {
        places.iter().map(|place| ((*check).to_owned(), (*place).to_owned())).collect()
    };
    checks.iter().flat_map(of).collect()
}

#[test]
fn a_healthy_fleet_passes_every_simulated_check() {
    let served = serve("good-night", "02:59:30");
    let output = doctor(&served.1, true);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{document:#}");
    assert_eq!(document["well"], true);
    let regional = [
        "services",
        "bucket",
        "encryption",
        "public access",
        "TLS only",
        "deletes",
        "overwrites",
        "writers",
        "protection",
        "events",
        "topic",
        "alarm",
        "rollback alarm",
        "endpoint",
        "ledger",
        "bytes",
        "image",
        "model",
        "key",
        "quota",
        "lent role",
        "role",
        "neighbour",
    ];
    let regional: Vec<(&str, &[&str])> = regional.iter().map(|check| (*check, EVERYWHERE)).collect();
    let home: [(&str, &[&str]); 4] =
        [("replication", &["EU"]), ("pipeline", &["EU"]), ("package group", &["EU"]), ("signing key", &["EU"])];
    assert_eq!(those(&document, "fine"), pairs(&[regional, home.to_vec()].concat()), "{document:#}");
    assert_eq!(outcomes(&document, "EU", "replication"), ["fine"; 3]);
    assert_eq!(those(&document, "not-checked"), pairs(&[("clock", EVERYWHERE)]), "{document:#}");
}

/// A template with one thing that is not as it should be. It is found by its own check, where it is, and by no other.
struct Defect {
    /// The resource, and what of its text is replaced with what.
    resource: &'static str,
    from: &'static str,
    to: &'static str,
    /// Which check finds it, and where.
    check: &'static str,
    places: &'static [&'static str],
    /// What it says of it, and of what mends it.
    words: &'static str,
    mend: &'static str,
}

const EVERYWHERE: &[&str] = &["EU", "AU", "JP", "BR"];
const HOME: &[&str] = &["EU"];

const fn defect(
    [resource, from, to]: [&'static str; 3],
    check: &'static str,
    places: &'static [&'static str],
    [words, mend]: [&'static str; 2],
) -> Defect {
    Defect { resource, from, to, check, places, words, mend }
}

const DEFECTS: &[Defect] = &[
    // S3 takes no replication rule of a bucket without versions: home's cannot be made.
    defect(
        ["Releases", "{Status: Enabled}", "{Status: !If [IsHome, Enabled, Suspended]}"],
        "bucket",
        &["AU", "JP", "BR"],
        ["versioning is Suspended", "with Releases.VersioningConfiguration as template.yaml has it"],
    ),
    defect(
        ["Releases", "{SSEAlgorithm: \"aws:kms\", KMSMasterKeyID: !GetAtt ReleaseKey.Arn}", "{SSEAlgorithm: AES256}"],
        "encryption",
        EVERYWHERE,
        ["it does not encrypt with KMS", "with Releases.BucketEncryption"],
    ),
    defect(
        ["Releases", "RestrictPublicBuckets: true", "RestrictPublicBuckets: false"],
        "public access",
        EVERYWHERE,
        ["may be made public: RestrictPublicBuckets off", "with Releases.PublicAccessBlockConfiguration"],
    ),
    defect(
        ["ReleasesPolicy", "\"aws:SecureTransport\": \"false\"", "\"aws:SecureTransport\": \"true\""],
        "TLS only",
        EVERYWHERE,
        ["does not refuse plain HTTP", "with ReleasesPolicy"],
    ),
    defect(
        ["ReleasesPolicy", "Action: [s3:DeleteObject, s3:DeleteObjectVersion, ", "Action: [s3:DeleteObject, "],
        "deletes",
        EVERYWHERE,
        ["s3:DeleteObjectVersion under ledger/", "with ReleasesPolicy (NothingIsDeleted)"],
    ),
    defect(
        ["ReleasesPolicy", "Action: s3:PutObject\n", "Action: s3:PutObjectAcl\n"],
        "overwrites",
        EVERYWHERE,
        ["deny everybody overwriting under ledger/", "with ReleasesPolicy (NothingIsOverwritten)"],
    ),
    defect(
        ["ReleasesPolicy", "role/${OperatorRoles}", "role/*"],
        "writers",
        EVERYWHERE,
        ["restrict who may write under ledger/", "with ReleasesPolicy (the statements ...OnlyBy...)"],
    ),
    defect(
        ["ReleasesPolicy", "role/${PublisherRoles}", "role/*"],
        "writers",
        HOME,
        ["restrict who may write under releases/", "with ReleasesPolicy (the statements ...OnlyBy...)"],
    ),
    defect(
        ["ReleasesPolicy", "s3:PutBucketVersioning", "s3:PutBucketTagging"],
        "protection",
        EVERYWHERE,
        [
            "does not refuse s3:PutBucketVersioning to all but the deployer",
            "with ReleasesPolicy (ProtectionOnlyByDeployers)",
        ],
    ),
    defect(
        [
            "Releases",
            "key/${Key}\n                    - Region: !Select [0, !Split [\"=\", !Ref Replica1]]",
            "alias/meridian-${FleetName}\n                    - Region: !Select [0, !Split [\"=\", !Ref Replica1]]",
        ],
        "replication",
        HOME,
        ["names its key by an alias, which can be moved", "with Releases.ReplicationConfiguration"],
    ),
    defect(
        ["Releases", "EventBridgeEnabled: true", "EventBridgeEnabled: false"],
        "events",
        EVERYWHERE,
        ["EventBridge notifications are disabled", "with Releases.NotificationConfiguration"],
    ),
    defect(
        ["OnCall", "KmsMasterKeyId: !GetAtt ReleaseKey.Arn", "DisplayName: fraud"],
        "topic",
        EVERYWHERE,
        ["it has no key", "with OnCall.KmsMasterKeyId"],
    ),
    defect(
        ["OnCall", "KmsMasterKeyId: !GetAtt ReleaseKey.Arn", "KmsMasterKeyId: alias/aws/sns"],
        "topic",
        EVERYWHERE,
        ["no alarm pages anybody", "with OnCall.KmsMasterKeyId"],
    ),
    defect(
        ["OnCall", "${FleetName}-oncall", "${FleetName}-asleep"],
        "topic",
        EVERYWHERE,
        ["there is none: arn:aws:sns:", "with OnCall as template.yaml has it"],
    ),
    defect(
        ["Releases", "Priority: 1\n              Status: Enabled", "Priority: 1\n              Status: Disabled"],
        "replication",
        HOME,
        ["the rule to AU is not enabled", "with Releases.ReplicationConfiguration"],
    ),
    defect(
        ["Releases", "- HasReplica2", "- HasReplica5"],
        "replication",
        HOME,
        ["no rule copies to fraud-models-jp", "with Releases.ReplicationConfiguration"],
    ),
    defect(
        ["Releases", "- HasReplica1", "- HasReplica5"],
        "replication",
        HOME,
        ["no rule copies to fraud-models-", "with Releases.ReplicationConfiguration"],
    ),
    defect(
        ["Releases", "Filter: {Prefix: releases/}", "Filter: {Prefix: releases/archives/}"],
        "replication",
        HOME,
        ["does not copy releases/ and that alone", "with Releases.ReplicationConfiguration"],
    ),
    defect(
        ["Releases", "SseKmsEncryptedObjects: {Status: Enabled}", "SseKmsEncryptedObjects: {Status: Disabled}"],
        "replication",
        HOME,
        ["leaves out what KMS encrypts", "with Releases.ReplicationConfiguration"],
    ),
    defect(
        ["Releases", "- Region: !Select [0, !Split [\"=\", !Ref Replica1]]", "- Region: !Ref AWS::Region"],
        "replication",
        HOME,
        ["names no key of that region", "with Releases.ReplicationConfiguration"],
    ),
    defect(
        ["Releases", "ReplicationTime: {Status: Enabled", "ReplicationTime: {Status: Disabled"],
        "replication",
        HOME,
        ["has no replication time control", "with Releases.ReplicationConfiguration"],
    ),
    defect(
        ["Releases", "Metrics: {Status: Enabled", "Metrics: {Status: Disabled"],
        "replication",
        HOME,
        ["reports nothing of what is late", "with Releases.ReplicationConfiguration"],
    ),
    defect(
        ["Pipeline", "ExecutionMode: QUEUED", "ExecutionMode: SUPERSEDED"],
        "pipeline",
        HOME,
        ["it is V2 and SUPERSEDED", "with Pipeline.ExecutionMode and PipelineType"],
    ),
    defect(
        [
            "Pipeline",
            "- Name: Register\n",
            "- OnFailure: {RetryConfiguration: {RetryMode: ALL_ACTIONS}}\n          Name: Register\n",
        ],
        "pipeline",
        HOME,
        ["Register that fails does RETRY by itself", "with Pipeline.Stages (no OnFailure)"],
    ),
    defect(
        ["Pipeline", "- Name: Verify-Fleet\n", "- OnFailure: {Result: ROLLBACK}\n          Name: Verify-Fleet\n"],
        "pipeline",
        HOME,
        ["Verify-Fleet that fails does ROLLBACK by itself", "with Pipeline.Stages (no OnFailure)"],
    ),
    defect(
        ["Pipeline", "- HasStage3", "- HasReplica5"],
        "pipeline",
        HOME,
        ["not Register, Promote-EU, Promote-AU, Promote-JP, Promote-BR, Verify-Fleet", "make check"],
    ),
    defect(
        ["ModelPackages", "Condition: RunsWaves", "Condition: HasReplica5"],
        "package group",
        HOME,
        ["there is none: fraud", "with ModelPackages as template.yaml has it"],
    ),
    defect(
        ["ReleaseKey", "EnableKeyRotation: true", "Enabled: false"],
        "key",
        EVERYWHERE,
        ["alias/meridian-fraud is Disabled", "aws kms enable-key --key-id arn:aws:kms:"],
    ),
    defect(
        ["ReleaseKeyAlias", "alias/meridian-${FleetName}", "alias/other-${FleetName}"],
        "key",
        EVERYWHERE,
        ["there is none: alias/meridian-fraud", "with ReleaseKeyAlias as template.yaml has it"],
    ),
    defect(
        ["EndpointRole", "RoleName: !Sub ${EndpointRoleName}-", "RoleName: !Sub other-"],
        "role",
        EVERYWHERE,
        ["there is none: meridian-fraud-endpoint", "with EndpointRole as template.yaml has it"],
    ),
    defect(
        ["EndpointRole", "{Service: sagemaker.amazonaws.com}", "{Service: lambda.amazonaws.com}"],
        "role",
        EVERYWHERE,
        ["SageMaker may not assume meridian-fraud-endpoint", "with EndpointRole.AssumeRolePolicyDocument"],
    ),
    defect(
        ["LentRole", "meridian-${FleetName}-lent-${AWS::Region}", "${FleetName}-lent-${AWS::Region}"],
        "lent role",
        EVERYWHERE,
        [
            "there is none: arn:aws:iam::111122223333:role/meridian-fraud-lent-",
            "with HomeRegion=eu-west-1 and LentRole",
        ],
    ),
    defect(
        ["LentRole", "- !Ref HomeRegion", "- !Ref AWS::Region"],
        "lent role",
        &["AU", "JP", "BR"],
        ["is not lent to eu-west-1, which is home", "with HomeRegion=eu-west-1 and LentRole"],
    ),
    defect(
        ["LentRole", "${AWS::StackName}-PromoteRole-*", "${AWS::StackName}-*"],
        "lent role",
        EVERYWHERE,
        ["is not promote's alone to assume", "with HomeRegion=eu-west-1 and LentRole"],
    ),
];

impl Defect {
    fn template(&self) -> String {
        let at = TEMPLATE.find(&format!("\n  {}:\n", self.resource)).unwrap();
        let (before, after) = TEMPLATE.split_at(at);
        assert!(after.contains(self.from), "{}: {}", self.resource, self.from);
        before.to_owned() + &after.replacen(self.from, self.to, 1)
    }
}

#[test]
fn each_defect_is_found_by_its_own_check() {
    let (scenario, out) = (Scenario::load("good-night").unwrap(), tempfile::tempdir().unwrap());
    let mut unsaid = Vec::new();
    for own in DEFECTS {
        let told = format!("{}, {} for {}", own.resource, own.to, own.from);
        let site = Site::of_template(&own.template()).unwrap();
        let options = Options { seed: 7, functions: Functions::InProcess, out: out.path().to_owned(), record: None };
        let mut night = Session::begin(site, &scenario, &options).unwrap();
        let url = night.open_door(0).unwrap().url();
        let output = doctor(&url, true);
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{told}: {document:#}");
        assert_eq!(those(&document, "wrong"), pairs(&[(own.check, own.places)]), "{told}: {document:#}");
        assert!(those(&document, "unknown").is_empty(), "{told}: {document:#}");
        for finding in document["findings"].as_array().unwrap().iter().filter(|own| own["outcome"] == "wrong") {
            let of = |member: &str| finding[member].as_str().unwrap().to_owned();
            if !(of("what").contains(own.words) && of("mend").contains(own.mend)) {
                unsaid.push(format!("{told}: {finding:#}"));
            }
        }
    }
    assert!(unsaid.is_empty(), "{}", unsaid.join("\n"));
}

#[test]
fn what_no_template_holds_is_found_too() {
    let (scenario, out) = (Scenario::load("good-night").unwrap(), tempfile::tempdir().unwrap());
    let options = Options { seed: 7, functions: Functions::InProcess, out: out.path().to_owned(), record: None };
    let mut night = Session::begin(Site::repository().unwrap(), &scenario, &options).unwrap();
    let [tokyo, sao_paulo] = ["ap-northeast-1", "sa-east-1"].map(|name| name.parse().unwrap());
    lock(night.world()).lose_images(&tokyo);
    lock(night.world()).borrow_images(&tokyo, &sao_paulo);
    lock(night.world()).limit_instances(&sao_paulo, 15);
    lock(night.world()).stop_hearing(&sao_paulo);
    let url = night.open_door(0).unwrap().url();
    let document: Value = serde_json::from_slice(&doctor(&url, true).stdout).unwrap();
    let wrong: [(&str, &[&str]); 4] = [("image", &["JP"]), ("model", &["JP"]), ("quota", &["BR"]), ("topic", &["BR"])];
    assert_eq!(those(&document, "wrong"), pairs(&wrong), "{document:#}");
    let mends = document["findings"].as_array().unwrap().iter().filter_map(|own| own["mend"].as_str());
    let said = mends.collect::<Vec<_>>().join("\n");
    assert!(said.contains("start-replication-backfill --destination region=ap-northeast-1,"), "{said}");
    assert!(said.contains("--desired-value 16 --region sa-east-1"), "{said}");
    assert!(said.contains("subscribe somebody to arn:aws:sns:sa-east-1:111122223333:meridian-fraud-oncall"), "{said}");
}

#[test]
fn a_region_whose_control_plane_is_dark_is_unknown_and_not_fine() {
    let served = serve("tokyo-dark", "03:47:10");
    let output = doctor(&served.1, true);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{document:#}");
    assert_eq!(outcomes(&document, "JP", "endpoint"), ["unknown"]);
    let services =
        document["findings"].as_array().unwrap().iter().find(|own| own["place"] == "JP" && own["check"] == "services");
    let services = services.unwrap();
    assert_eq!(services["what"], "no answer, or an error of its own, from SageMaker");
    let reason = json!({"found": {"not_answering": ["SageMaker"]}, "mend": "ask_for_services"});
    assert_eq!(services["reason"], reason, "what the texts are made of stands beside them");
    assert_eq!(outcomes(&document, "JP", "rollback alarm"), ["fine"], "CloudWatch goes on");
    assert_eq!(outcomes(&document, "BR", "endpoint"), ["fine"]);
}

#[test]
fn without_credentials_nothing_is_asked() {
    let output = doctor("http://127.0.0.1:9", false);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("there are no credentials"), "{said}");
}
