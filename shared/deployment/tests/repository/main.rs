//! The repository's own template, with the repository's own settings.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

use meridian_deployment::{
    Clocked, Context, Denied, Deployment, Grant, PipelineAction, Principal, PublicAccess, Request, Settings, Stack,
    Trigger,
};
use meridian_domain::{Fleet, RegionName};
use std::collections::{BTreeMap, BTreeSet};

const TEMPLATE: &str = include_str!("../../../template.yaml");
const SAMCONFIG: &str = include_str!("../../../samconfig.toml");
const FLEET: &str = include_str!("../../../fleet.toml");

fn deployed() -> Deployment {
    let fleet = Fleet::parse(FLEET).unwrap();
    Deployment::of(TEMPLATE, &Settings::parse(SAMCONFIG, &fleet.account).unwrap()).unwrap()
}

/// The same with a proxy in front of every region.
fn proxied() -> Deployment {
    behind_proxies(&[])
}

/// The same with customers led there by an accelerator.
fn accelerated() -> Deployment {
    let listener = "arn:aws:globalaccelerator::111122223333:accelerator/0a1b/listener/0c2d";
    behind_proxies(&[("Routing", "global-accelerator"), ("AcceleratorListener", listener)])
}

/// The same with CloudFront before them.
fn edged() -> Deployment {
    let certificate = "arn:aws:acm:us-east-1:111122223333:certificate/11111111-2222-3333-4444-555555555555";
    behind_proxies(&[("Routing", "cloudfront"), ("EdgeCertificateArn", certificate)])
}

fn behind_proxies(routing: &[(&'static str, &str)]) -> Deployment {
    let fleet = Fleet::parse(FLEET).unwrap();
    let mut settings = Settings::parse(SAMCONFIG, &fleet.account).unwrap();
    let subnets = ["Subnet1", "Subnet2"].map(|name| (name, "subnet-0123456789abcdef0"));
    let callers = format!("checkout={}", "0a".repeat(32));
    let front = [("FrontKind", "proxy"), ("Callers", &callers), ("VpcId", "vpc-0123456789abcdef0")];
    for environment in settings.environments.values_mut() {
        let own = front
            .into_iter()
            .chain(subnets)
            .chain(routing.iter().copied())
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        environment.parameters.extend(own);
    }
    Deployment::of(TEMPLATE, &settings).unwrap()
}

fn region(name: &str) -> RegionName {
    name.parse().unwrap()
}

#[test]
fn samconfig_deploys_what_the_fleet_would_have() {
    let fleet = Fleet::parse(FLEET).unwrap();
    let (settings, mut wanted) = (Settings::parse(SAMCONFIG, &fleet.account).unwrap(), Settings::of_fleet(&fleet));
    let regions = |settings: &Settings| settings.environments.keys().cloned().collect::<Vec<_>>();
    assert_eq!(regions(&settings), regions(&wanted), "samconfig.toml, regions");
    for (region, wanted) in &wanted.environments {
        for (key, value) in &settings.environments[region].parameters {
            let wanted = wanted.parameters.get(key).filter(|_| key != "Routing");
            assert_eq!(value, wanted.unwrap_or(value), "samconfig.toml, {region}: {key}");
        }
    }
    // Which images are copied, and may be fetched, is no policy.
    for (region, environment) in &mut wanted.environments {
        let images = settings.environments[region].parameters.get_key_value("ImagePrefix");
        environment.parameters.extend(images.map(|(key, value)| (key.clone(), value.clone())));
    }
    // What it leaves to the template's defaults.
    let from_file = deployed();
    let from_fleet = Deployment::of(TEMPLATE, &wanted).unwrap();
    assert_eq!(from_file.stacks.len(), fleet.regions.len());
    for (region, stack) in &from_fleet.stacks {
        // But for the fleet's name in DNS, which is no policy.
        let mut own = from_file.stacks[region].clone();
        own.created.clone_from(&stack.created);
        own.unmodelled.clone_from(&stack.unmodelled);
        assert_eq!(own, *stack, "{region}");
    }
}

#[test]
fn home_has_the_pipeline_with_a_stage_for_each_region() {
    let deployed = deployed();
    let pipeline = deployed.stacks[&region("eu-west-1")].pipeline.clone().unwrap();
    let names: Vec<&str> = pipeline.stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(names, ["Source", "Register", "Promote-EU", "Promote-AU", "Promote-JP", "Promote-BR", "Verify-Fleet"]);
    let PipelineAction::Invoke { function, parameters, .. } = &pipeline.stages[3].action else { panic!("no function") };
    assert_eq!(function, "meridian-fraud-promote");
    assert!(parameters.contains(r##""region":"ap-southeast-2","release":"#{variables.release}""##), "{parameters}");
    assert!(deployed.stacks[&region("sa-east-1")].pipeline.is_none());
}

#[test]
fn the_pipelines_declaration_is_the_templates() {
    let deployed = deployed();
    let stack = &deployed.stacks[&region("eu-west-1")];
    let pipeline = stack.pipeline.clone().unwrap();
    assert_eq!((pipeline.kind.as_str(), pipeline.mode.as_str(), pipeline.store.as_str()), ("V2", "QUEUED", "S3"));
    let key = stack.keys[0].arn.clone();
    assert_eq!(pipeline.artifact_key, Some((key.clone(), "KMS".to_owned())));
    assert!(pipeline.stages.iter().all(|stage| stage.on_failure.is_none()));
    let source = &pipeline.stages[0].declared;
    assert_eq!((source.kind.category.as_str(), source.kind.version.as_str()), ("Source", "1"));
    assert_eq!((source.outputs.as_slice(), source.inputs.len()), (["Wave".to_owned()].as_slice(), 0));
    assert_eq!(source.configuration["PollForSourceChanges"], "false");
    assert_eq!(stack.topics[0].key, Some(key));
    assert!(stack.topics[0].subscribed.is_empty(), "by whom is no business of a repository");
    assert_eq!(stack.package_groups[0].arn, "arn:aws:sagemaker:eu-west-1:111122223333:model-package-group/fraud");
}

#[test]
fn a_bucket_is_set_up_as_the_template_says_and_by_s3s_defaults_where_it_says_nothing() {
    let deployed = deployed();
    let home = &deployed.stacks[&region("eu-west-1")];
    let releases = &home.buckets["fraud-models-eu"];
    assert!(releases.is_versioned() && releases.encryption.bucket_key);
    assert_eq!(
        (releases.encryption.algorithm.as_str(), &releases.encryption.key),
        ("aws:kms", &Some(home.keys[0].arn.clone()))
    );
    let closed = PublicAccess { block_acls: true, ignore_acls: true, block_policy: true, restrict: true };
    assert_eq!(releases.public, closed);
    let rule = &releases.replication[2];
    let copied_with = &deployed.stacks[&region("sa-east-1")].keys[0].arn;
    assert_eq!(rule.key.as_ref(), Some(copied_with), "by its id, for an alias can be moved");
    assert_eq!((rule.enabled, rule.priority, rule.kms_objects.as_deref()), (true, Some(3), Some("Enabled")));
    let on = Some(Clocked { status: "Enabled".to_owned(), minutes: Some(15) });
    assert_eq!((&rule.time_control, &rule.metrics), (&on, &on));
    let statements = releases.policy.as_ref().unwrap()["Statement"].as_array().unwrap();
    assert_eq!(statements[0]["Resource"][0], "arn:aws:s3:::fraud-models-eu", "resolved");
    // Without the sections, S3 encrypts with its own key, and closes the bucket.
    let fleet = Fleet::parse(FLEET).unwrap();
    let at = TEMPLATE.find("\n  Releases:\n").unwrap();
    let bare = TEMPLATE[at..].replacen("BucketEncryption:", "Unknown:", 1).replacen(
        "PublicAccessBlockConfiguration:",
        "Not:",
        1,
    );
    let bare = Deployment::of(&(TEMPLATE[..at].to_owned() + &bare), &Settings::of_fleet(&fleet)).unwrap();
    let bare = &bare.stacks[&region("eu-west-1")].buckets["fraud-models-eu"];
    assert_eq!((bare.encryption.algorithm.as_str(), bare.public), ("AES256", closed));
}

#[test]
fn a_statement_that_is_taken_out_is_gone_from_the_policy_that_is_shown() {
    let less = deployed().without("ReleasesPolicy", "OnlyOverTls");
    let bucket = &less.stacks[&region("eu-west-1")].buckets["fraud-models-eu"];
    assert!(!bucket.policy.as_ref().unwrap().to_string().contains("OnlyOverTls"));
    let logs = less.stacks[&region("eu-west-1")].buckets.values().find(|own| own.encryption.key.is_none()).unwrap();
    assert!(logs.policy.as_ref().unwrap().to_string().contains("OnlyOverTls"), "another bucket's stays");
}

#[test]
fn a_region_has_its_functions_rules_and_alarms() {
    let deployed = deployed();
    let stack = &deployed.stacks[&region("ap-northeast-1")];
    assert_eq!(stack.functions.keys().collect::<Vec<_>>(), ["promote", "replication", "rollback", "status"]);
    let promote = &stack.functions["promote"];
    assert_eq!((promote.timeout, promote.memory), (60, 256));
    let rates: Vec<&str> =
        stack.rules.iter().filter(|rule| rule.trigger == Trigger::Rate(300)).map(|rule| rule.name.as_str()).collect();
    assert_eq!(rates, ["meridian-fraud-replication-sweep", "meridian-fraud-rollback-sweep"]);
    assert_eq!(stack.composites[0].any_of.len(), 2);
}

#[test]
fn a_proxys_load_balancer_leads_to_the_front_and_to_the_health_of_its_region() {
    let deployed = proxied();
    let stack = &deployed.stacks[&region("sa-east-1")];
    assert_eq!((&stack.api, &stack.score), (&None, &None));
    let leads = |method: &str, path: &str| {
        let rule = stack.balanced.iter().find(|rule| rule.takes(method, path))?;
        stack.functions.values().find(|own| own.arn == rule.function).map(|own| own.binary.as_str())
    };
    assert_eq!((leads("POST", "/score"), leads("GET", "/score")), (Some("front"), Some("front")));
    assert_eq!((leads("GET", "/health"), leads("HEAD", "/health")), (Some("status"), Some("status")));
    assert_eq!((leads("POST", "/health"), leads("GET", "/"), leads("POST", "/score/x")), (None, None, None));
    let front = &stack.functions["front"];
    assert_eq!(front.environment["MERIDIAN_LOG"], "warn");
    assert!(front.environment["MERIDIAN_CALLERS"].starts_with("checkout=0a0a"));
    let role = &stack.roles[&front.role];
    let may: Vec<_> = role.statements.iter().flat_map(|own| &own.actions).collect();
    // It asks the model, and reads its own region's ledger and manifests for what a record must look like.
    assert_eq!(may, ["sagemaker:InvokeEndpoint", "s3:GetObject", "s3:ListBucket", "kms:Decrypt"]);
    // And with the other front there is nothing of it.
    let api = self::deployed();
    let stack = &api.stacks[&region("sa-east-1")];
    assert!(stack.balanced.is_empty() && !stack.functions.contains_key("front") && stack.score.is_some());
}

/// An accelerator and CloudFront change how customers come, and nothing behind a region's front.
#[test]
fn one_door_for_all_regions_stands_in_home_and_leaves_the_rest_of_every_region_as_it_is() {
    let kinds = |stack: &Stack, service: &str| -> Vec<String> {
        let own = stack.created.values().filter(|kind| kind.contains(service));
        own.map(|kind| kind.rsplit(':').next().unwrap().to_owned()).collect()
    };
    let plain = proxied();
    for (deployment, service, home, away) in [
        (accelerated(), "::GlobalAccelerator::", ["Accelerator", "EndpointGroup", "Listener"].as_slice(), 1),
        (edged(), "::CloudFront::", &["Distribution"], 0),
    ] {
        for (region, stack) in &deployment.stacks {
            let mut found = kinds(stack, service);
            found.sort();
            if region.as_str() == "eu-west-1" {
                assert_eq!(found, home);
            } else {
                assert_eq!(found.len(), away, "{region}: {found:?}");
            }
            let mut own = stack.clone();
            own.created.clone_from(&plain.stacks[region].created);
            own.unmodelled.clone_from(&plain.stacks[region].unmodelled);
            assert_eq!(own, plain.stacks[region], "{region}");
        }
    }
}

/// `Logical (Type)`, or `Logical.path[0].member`, as a type and a path without numbers.
fn kind_of(stack: &Stack, entry: &str) -> (String, Option<String>) {
    if let Some((_, kind)) = entry.split_once(" (") {
        return (kind.trim_end_matches(')').to_owned(), None);
    }
    let (logical, path) = entry.split_once('.').unwrap();
    let plain: Vec<&str> = path.split('.').map(|part| part.split('[').next().unwrap()).collect();
    (stack.created[logical].clone(), Some(plain.join(".")))
}

#[test]
fn what_the_local_world_makes_nothing_of_is_listed() {
    let mut kinds: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for deployment in [deployed(), proxied(), accelerated(), edged()] {
        for stack in deployment.stacks.values() {
            for entry in &stack.unmodelled {
                let (kind, path) = kind_of(stack, entry);
                kinds.entry(kind).or_default().extend(path);
            }
        }
    }
    let mut lines = Vec::new();
    for (kind, paths) in kinds {
        lines.push(kind);
        lines.extend(paths.into_iter().map(|path| format!("  {path}")));
    }
    let page = include_str!("../../../docs/local-world.md");
    let listed = page.split("<!-- unmodelled -->\n```text\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(listed.lines().collect::<Vec<_>>(), lines, "docs/local-world.md should list:\n{}", lines.join("\n"));
}

/// Whether a role may write an object of home's bucket, as S3 would ask.
fn write(role: &str, key: &str, conditional: bool) -> Result<Vec<Grant>, Denied> {
    let deployed = deployed();
    let roles = &deployed.stacks[&region("eu-west-1")].roles;
    let arn = roles.values().find(|own| own.logical == role).unwrap().arn.clone();
    let mut context = Context::from([
        ("aws:securetransport".to_owned(), vec!["true".to_owned()]),
        ("aws:principalarn".to_owned(), vec![arn.clone()]),
        ("s3:resourceaccount".to_owned(), vec!["111122223333".to_owned()]),
        ("s3:objectcreationoperation".to_owned(), vec!["true".to_owned()]),
    ]);
    if conditional {
        context.insert("s3:if-none-match".to_owned(), vec!["*".to_owned()]);
    }
    let (principal, resource) = (Principal::Role(arn), format!("arn:aws:s3:::fraud-models-eu/{key}"));
    deployed.authorise(&Request {
        principal: &principal,
        action: "s3:PutObject",
        resource: &resource,
        context: &context,
    })
}

#[test]
fn nothing_under_releases_or_ledger_is_written_over() {
    let key = "ledger/fraud/home/00000000000000000001.json";
    assert!(write("LentRole", key, true).is_ok());
    let denied = write("LentRole", key, false).unwrap_err().to_string();
    assert!(denied.contains("with an explicit deny in ReleasesPolicy.NothingIsOverwritten"), "{denied}");
    let golden = "releases/golden/1.json";
    assert!(write("ShadowEvalRole", golden, true).is_ok());
    assert!(write("ShadowEvalRole", golden, false).is_err());
}

#[test]
fn a_function_writes_nothing_that_is_another_ones() {
    assert!(write("ShadowEvalRole", "evaluations/1/report.json", false).is_ok());
    assert!(write("LentRole", "evaluations/1/report.json", true).is_err());
    // promote has nothing but what is lent to it.
    assert!(write("PromoteRole", "ledger/fraud/home/1.json", true).is_err());
    assert!(write("RollbackRole", "ledger/fraud/eu-west-1/1.json", true).is_ok());
    assert!(write("RollbackRole", "ledger/fraud/home/1.json", true).is_err());
    assert!(write("StatusRole", "ledger/fraud/eu-west-1/1.json", true).is_err());
}

/// What a role of the account that no stack has made is told where it asks for something of a bucket; `new` is a conditional
/// write. Where no policy of the bucket refuses it, the role's own policies decide, and here it has none.
fn asked(region: &str, role: &str, action: &str, resource: &str, new: bool) -> String {
    let arn = format!("arn:aws:iam::111122223333:role/{role}");
    let mut context = Context::from([
        ("aws:securetransport".to_owned(), vec!["true".to_owned()]),
        ("aws:principalarn".to_owned(), vec![arn.clone()]),
        ("s3:objectcreationoperation".to_owned(), vec!["true".to_owned()]),
    ]);
    context.extend(new.then(|| ("s3:if-none-match".to_owned(), vec!["*".to_owned()])));
    let resource = format!("arn:aws:s3:::fraud-models-{region}{resource}");
    let principal = Principal::Role(arn);
    let denied =
        deployed().authorise(&Request { principal: &principal, action, resource: &resource, context: &context });
    denied.unwrap_err().why
}

const NOT_REFUSED: &str = "because no policy allows it";

fn refused_by(sid: &str) -> String {
    format!("with an explicit deny in ReleasesPolicy.{sid}")
}

#[test]
fn nothing_that_a_verdict_or_a_wave_rests_on_is_deleted() {
    for prefix in ["ledger", "releases", "holdouts", "waves", "evaluations"] {
        for action in ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ReplicateDelete"] {
            for role in ["meridian-fraud-deployer", "meridian-fraud-publisher", "meridian-fraud-operator", "admin"] {
                let why = asked("eu", role, action, &format!("/{prefix}/fraud/1.json"), false);
                assert_eq!(why, refused_by("NothingIsDeleted"), "{role}: {action} under {prefix}/");
            }
        }
    }
}

#[test]
fn only_the_publisher_creates_releases_and_only_at_home() {
    for key in ["/releases/archives/1.tar.gz", "/releases/manifests/1.json", "/releases/what-comes-later/1"] {
        let put = |region, role, new| asked(region, role, "s3:PutObject", key, new);
        assert_eq!(put("eu", "meridian-fraud-publisher", true), NOT_REFUSED);
        assert_eq!(put("eu", "meridian-fraud-publisher", false), refused_by("NothingIsOverwritten"));
        for role in ["admin", "meridian-fraud-operator", "meridian-fraud-approver", "meridian-fraud-deployer"] {
            assert_eq!(put("eu", role, true), refused_by("ReleasesOnlyByPublishers"), "{role}");
        }
        assert_eq!(put("jp", "meridian-fraud-publisher", true), refused_by("ReleasesOnlyByReplication"));
    }
    let golden = asked("eu", "meridian-fraud-publisher", "s3:PutObject", "/releases/golden/1.json", true);
    assert_eq!(golden, refused_by("GoldenOnlyByShadowEval"));
    for role in ["admin", "meridian-fraud-publisher", "meridian-fraud-deployer"] {
        let copied = asked("jp", role, "s3:ReplicateObject", "/releases/manifests/1.json", false);
        assert_eq!(copied, refused_by("CopiesOnlyByTheFleet"), "{role}");
    }
    let copied =
        asked("jp", "meridian-fraud-CopyRole-0A1B2C", "s3:ReplicateObject", "/releases/manifests/1.json", false);
    assert_eq!(copied, NOT_REFUSED);
}

#[test]
fn who_publishes_does_not_set_the_exam_and_nobody_but_replication_writes_waves() {
    let put = |role, key, new| asked("eu", role, "s3:PutObject", key, new);
    let exam = "/holdouts/1.csv.gz";
    assert_eq!(put("meridian-fraud-approver", exam, true), NOT_REFUSED);
    assert_eq!(put("meridian-fraud-approver", exam, false), refused_by("NothingIsOverwritten"));
    assert_eq!(put("meridian-fraud-publisher", exam, true), refused_by("HoldoutsOnlyByApprovers"));
    let approval = "/ledger/fraud/home/00000000000000000001.json";
    assert_eq!(put("meridian-fraud-approver", approval, true), NOT_REFUSED);
    assert_eq!(put("meridian-fraud-publisher", approval, true), refused_by("LedgerOnlyByFunctionsAndOperators"));
    for role in ["admin", "meridian-fraud-publisher", "meridian-fraud-operator", "meridian-fraud-ShadowEvalRole-0A1B"] {
        assert_eq!(put(role, "/waves/fraud.json", false), refused_by("WavesOnlyByReplication"), "{role}");
    }
    assert_eq!(put("meridian-fraud-ReplicationRole-0A1B", "/waves/fraud.json", false), NOT_REFUSED);
    let replication = write("ReplicationRole", "waves/fraud.json", false).unwrap();
    assert_eq!(replication[0].sid, "WriteWave");
}

#[test]
fn only_the_deployer_changes_what_protects_a_bucket() {
    for region in ["eu", "au", "jp", "br"] {
        for action in [
            "s3:PutBucketPolicy",
            "s3:DeleteBucketPolicy",
            "s3:DeleteBucket",
            "s3:PutLifecycleConfiguration",
            "s3:PutReplicationConfiguration",
            "s3:PutBucketVersioning",
            "s3:PutEncryptionConfiguration",
            "s3:PutBucketObjectLockConfiguration",
        ] {
            assert_eq!(asked(region, "meridian-fraud-deployer", action, "", false), NOT_REFUSED, "{action}");
            for role in
                ["admin", "meridian-fraud-operator", "meridian-fraud-publisher", "meridian-fraud-PromoteRole-0A"]
            {
                let why = asked(region, role, action, "", false);
                assert_eq!(why, refused_by("ProtectionOnlyByDeployers"), "{region}, {role}: {action}");
            }
        }
        // Where Object Lock is on, it is the deployer's too to let a version go before its time.
        let bypass = asked(region, "admin", "s3:BypassGovernanceRetention", "/ledger/fraud/home/1.json", false);
        assert_eq!(bypass, refused_by("ProtectionOnlyByDeployers"));
    }
}

/// A key of somebody else's to which the fleet's alias was moved: what lies beside it in the account is not the fleet's.
#[test]
fn a_right_to_a_key_does_not_follow_an_alias() {
    let mut deployed = deployed();
    let tokyo = deployed.stacks.get_mut(&region("ap-northeast-1")).unwrap();
    let own = tokyo.keys[0].arn.clone();
    let other = own.replace("/", "/0");
    let mut account = tokyo.policies.iter().find(|(_, arns, _)| arns.contains(&own)).unwrap().clone();
    account.1 = vec![other.clone()];
    account.2.retain(|own| own.sid == "Account");
    tokyo.policies.push(account);
    let roles = deployed.stacks[&region("eu-west-1")].roles.clone();
    let ask = |logical: &str, action: &str, key: &str| {
        let role = roles.values().find(|own| own.logical == logical).unwrap();
        let mut context = Context::from([
            ("aws:principalarn".to_owned(), vec![role.arn.clone()]),
            ("kms:resourcealiases".to_owned(), vec!["alias/meridian-fraud".to_owned()]),
        ]);
        context.extend(role.tags.iter().map(|(tag, value)| (format!("aws:principaltag/{tag}"), vec![value.clone()])));
        let principal = Principal::Role(role.arn.clone());
        deployed.authorise(&Request { principal: &principal, action, resource: key, context: &context })
    };
    for (role, action) in [
        ("EndpointRole", "kms:Decrypt"),
        ("ReplicationRole", "kms:Decrypt"),
        ("CopyRole", "kms:Encrypt"),
        ("CopyRole", "kms:GenerateDataKey"),
    ] {
        assert_eq!(ask(role, action, &own).unwrap()[0].owner, "ReleaseKey", "{role}");
        assert!(ask(role, action, &other).is_err(), "{role} may use {other}");
    }
    assert!(ask("PromoteRole", "kms:Decrypt", &own).is_err());
    assert!(!TEMPLATE.contains("kms:ResourceAliases"));
}

#[test]
fn what_no_template_can_mean_is_refused_with_its_place() {
    let fleet = Fleet::parse(FLEET).unwrap();
    let refused = |from: &str, to: &str| {
        assert!(TEMPLATE.contains(from), "{from}");
        let changed = TEMPLATE.replacen(from, to, 1);
        Deployment::of(&changed, &Settings::of_fleet(&fleet)).unwrap_err().to_string()
    };
    let unknown = refused("!GetAtt ReleaseKey.Arn", "!GetAtt ReleaseKee.Arn");
    assert!(unknown.contains("there is no parameter or resource ReleaseKee"), "{unknown}");
    let operator = refused("StringLikeIfExists:", "IpAddress:");
    assert!(operator.contains("the condition operator IpAddress is not known here"), "{operator}");
    let suspended = refused(
        "Properties:\n      BucketName: !Ref ReleaseBucket\n      VersioningConfiguration: {Status: Enabled}",
        "Properties:\n      BucketName: !Ref ReleaseBucket",
    );
    assert!(suspended.contains("S3 takes it of a bucket that keeps versions only"), "{suspended}");
    let rate = refused("Schedule: rate(5 minutes)", "Schedule: cron(0 * * * ? *)");
    assert!(rate.contains("is not of the form rate(5 minutes)"), "{rate}");
}

/// Whether the role of a function in one region is lent Tokyo's; with `open`, everybody may ask for it.
fn borrows(from: &str, function: &str, external_id: &str, open: bool) -> Result<Vec<Grant>, Denied> {
    let mut deployed = deployed();
    let of = |stack: &Stack, logical: &str| stack.roles.values().find(|own| own.logical == logical).unwrap().clone();
    let borrow = of(&deployed.stacks[&region("eu-west-1")], "PromoteRole").statements;
    let borrow = borrow.into_iter().find(|own| own.sid == "Borrow").unwrap();
    let stack = deployed.stacks.get_mut(&region(from)).unwrap();
    let role = of(stack, function);
    if open {
        stack.roles.get_mut(&role.arn).unwrap().statements.push(borrow);
    }
    let mut context = Context::from([
        ("aws:principalarn".to_owned(), vec![role.arn.clone()]),
        ("sts:externalid".to_owned(), vec![external_id.to_owned()]),
    ]);
    context.extend(role.tags.iter().map(|(tag, value)| (format!("aws:principaltag/{tag}"), vec![value.clone()])));
    deployed.authorise(&Request {
        principal: &Principal::Role(role.arn),
        action: "sts:AssumeRole",
        resource: "arn:aws:iam::111122223333:role/meridian-fraud-lent-ap-northeast-1",
        context: &context,
    })
}

#[test]
fn a_region_lends_its_role_to_homes_promote_and_to_nobody_else() {
    let grants = borrows("eu-west-1", "PromoteRole", "fraud", false).unwrap();
    let grants: Vec<String> = grants.iter().map(Grant::to_string).collect();
    let role = "arn:aws:iam::111122223333:role/meridian-fraud-lent-";
    let borrow = format!("PromoteRole.Borrow: sts:AssumeRole on {role}*");
    assert_eq!(grants, [borrow, format!("LentRole.Lend: sts:AssumeRole on {role}ap-northeast-1")]);
    // What the role trusts decides, whatever the borrower's own policies say.
    for open in [false, true] {
        assert!(borrows("eu-west-1", "PromoteRole", "cards", open).is_err());
        for function in ["ReplicationRole", "RollbackRole", "ShadowEvalRole", "StatusRole", "LentRole"] {
            assert!(borrows("eu-west-1", function, "fraud", open).is_err(), "{function}");
        }
        for away in ["ap-northeast-1", "ap-southeast-2", "sa-east-1"] {
            assert!(borrows(away, "PromoteRole", "fraud", open).is_err(), "{away}");
        }
    }
}
