//! The repository's own template, with the settings of the reference fleet.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

use meridian_deployment::{Clocked, Deployment, PipelineAction, PublicAccess, Rule, Settings, Stack, Trigger};
use meridian_domain::{Fleet, RegionName};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

mod isolation;
mod rights;

const TEMPLATE: &str = include_str!("../../../../template.yaml");
const SAMCONFIG: &str = include_str!("../../../../local/fleets/reference/samconfig.toml");
const FLEET: &str = include_str!("../../../../local/fleets/reference/fleet.toml");

fn deployed() -> Deployment {
    with(&[])
}

/// The same with these parameters in every region.
fn with(parameters: &[(&str, &str)]) -> Deployment {
    let fleet = Fleet::parse(FLEET).unwrap();
    let mut settings = Settings::parse(SAMCONFIG, &fleet).unwrap();
    for environment in settings.environments.values_mut() {
        let own = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        environment.parameters.extend(own);
    }
    Deployment::of(TEMPLATE, &settings).unwrap()
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
    let subnets = ["Subnet1", "Subnet2"].map(|name| (name, "subnet-0123456789abcdef0"));
    let callers = format!("checkout={}", "0a".repeat(32));
    let front = [("FrontKind", "proxy"), ("Callers", &callers), ("VpcId", "vpc-0123456789abcdef0")];
    with(&front.into_iter().chain(subnets).chain(routing.iter().copied()).collect::<Vec<_>>())
}

fn region(name: &str) -> RegionName {
    name.parse().unwrap()
}

#[test]
fn home_and_its_deputy_have_the_pipeline_with_a_stage_for_each_region() {
    let deployed = deployed();
    let pipeline = deployed.stacks[&region("eu-west-1")].pipeline.clone().unwrap();
    let deputy = deployed.stacks[&region("ap-northeast-1")].pipeline.clone().unwrap();
    // Each has its source in its own bucket.
    assert_eq!((deputy.name, &deputy.stages[1..]), (pipeline.name.clone(), &pipeline.stages[1..]));
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
fn a_bucket_is_as_the_template_says_or_by_s3s_defaults() {
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
fn a_removed_statement_is_gone_from_the_shown_policy() {
    let less = deployed().without("ReleasesPolicy", "OnlyOverTls");
    let bucket = &less.stacks[&region("eu-west-1")].buckets["fraud-models-eu"];
    assert!(!bucket.policy.as_ref().unwrap().to_string().contains("OnlyOverTls"));
    let logs = less.stacks[&region("eu-west-1")].buckets.values().find(|own| own.encryption.key.is_none()).unwrap();
    assert!(logs.policy.as_ref().unwrap().to_string().contains("OnlyOverTls"), "another bucket's stays");
}

#[test]
fn a_region_has_its_functions_rules_and_alarms() {
    let deployed = deployed();
    let functions = |name| deployed.stacks[&region(name)].functions.keys().cloned().collect::<Vec<_>>();
    assert_eq!(functions("sa-east-1"), ["promote", "replication", "rollback", "status"]);
    // A deputy has what home has.
    assert_eq!(functions("ap-northeast-1"), functions("eu-west-1"));
    let stack = &deployed.stacks[&region("ap-northeast-1")];
    let promote = &stack.functions["promote"];
    assert_eq!((promote.timeout, promote.memory), (60, 256));
    let rates: Vec<&str> =
        stack.rules.iter().filter(|rule| rule.trigger == Trigger::Rate(300)).map(|rule| rule.name.as_str()).collect();
    assert_eq!(rates, ["meridian-fraud-replication-sweep", "meridian-fraud-rollback-sweep"]);
    assert_eq!(stack.composites[0].any_of.len(), 2);
}

#[test]
fn a_proxys_load_balancer_leads_to_front_and_its_regions_health() {
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

/// An accelerator and CloudFront change how customers come, and nothing behind a region's API or proxy.
#[test]
fn one_door_stands_in_home_and_leaves_the_regions_as_they_are() {
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
    let page = include_str!("../../../../docs/local-world.md");
    let listed = page.split("<!-- unmodelled -->\n```text\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(listed.lines().collect::<Vec<_>>(), lines, "docs/local-world.md should list:\n{}", lines.join("\n"));
}

/// Each region's health check has an alarm in us-east-1, and its change, once the region was in DNS, reaches the topic there.
#[test]
fn a_region_that_leaves_dns_is_heard_of_from_outside_it() {
    let fleet = Fleet::parse(FLEET).unwrap();
    let deployment = Deployment::of(include_str!("../../../../outside.yaml"), &Settings::outside(&fleet)).unwrap();
    let (place, stack) = deployment.stacks.first_key_value().unwrap();
    assert_eq!((place.as_str(), deployment.stacks.len()), ("us-east-1", 1));
    let watched = stack.alarms.iter().map(|alarm| (alarm.metric.as_str(), alarm.dimensions[0].1.as_str()));
    let regions = fleet.regions.iter().map(|region| ("HealthCheckStatus", region.name.as_str()));
    assert_eq!(watched.collect::<BTreeSet<_>>(), regions.collect::<BTreeSet<_>>());
    let told = |from: &str, to: &str| {
        let alarm = &stack.alarms[0];
        let detail = json!({
            "alarmName": alarm.name, "configuration": {"description": alarm.description},
            "previousState": {"value": from}, "state": {"value": to},
        });
        let event =
            json!({"source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", "detail": detail});
        let takes = |rule: &&Rule| matches!(&rule.trigger, Trigger::Event(pattern) if pattern.matches(&event));
        let targets = stack.rules.iter().filter(takes).flat_map(|rule| &rule.targets);
        targets.map(|target| (target.arn.clone(), target.input(&event))).collect::<Vec<_>>()
    };
    let topic = stack.topics[0].arn.clone();
    let left = stack.alarms[0].description.clone().unwrap();
    assert_eq!(told("OK", "ALARM"), [(topic.clone(), left)]);
    assert_eq!(told("ALARM", "OK"), [(topic, format!("{} is well: the region is in DNS.", stack.alarms[0].name))]);
    // One that has not served yet was never in DNS.
    assert_eq!(told("INSUFFICIENT_DATA", "ALARM"), []);
}

/// A registry has one configuration for its copies, whoever made it.
#[test]
fn no_stack_replaces_the_registrys_own_copies_unasked() {
    let fleet = Fleet::parse(FLEET).unwrap();
    let initial = Deployment::of(TEMPLATE, &Settings::of_fleet(&fleet)).unwrap();
    for (region, stack) in deployed().stacks.iter().chain(&initial.stacks) {
        assert!(!stack.created.values().any(|kind| kind == "AWS::ECR::ReplicationConfiguration"), "{region}");
    }
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
    let operator = refused(
        "StringLikeIfExists:\n                  s3:prefix: [releases/*, !Sub",
        "IpAddress:\n                  s3:prefix: [releases/*, !Sub",
    );
    assert!(operator.contains("the condition operator IpAddress is not known here"), "{operator}");
    let suspended = refused(
        "Properties:\n      BucketName: !Ref ReleaseBucket\n      VersioningConfiguration: {Status: Enabled}",
        "Properties:\n      BucketName: !Ref ReleaseBucket",
    );
    assert!(suspended.contains("S3 takes it of a bucket that keeps versions only"), "{suspended}");
    let rate = refused("Schedule: rate(5 minutes)", "Schedule: cron(0 * * * ? *)");
    assert!(rate.contains("is not of the form rate(5 minutes)"), "{rate}");
}
