//! What the roles of one region's stack open in another region.

use crate::{FLEET, TEMPLATE, behind_proxies, deployed};
use meridian_deployment::{Context, Deployment, Principal, Request, Role, Settings, Stack};
use meridian_domain::{Fleet, RegionName};
use std::collections::BTreeSet;

/// What a region has, by what it is called here, and its ARN. Actions that know no resource ask for `*`.
fn things(region: &RegionName, stack: &Stack) -> Vec<(&'static str, String)> {
    let bucket = format!("arn:aws:s3:::{}", stack.buckets.keys().next().unwrap());
    let account = &stack.account;
    let own = |service: &str, resource: &str| format!("arn:aws:{service}:{region}:{account}:{resource}");
    let role = |name: &str| format!("arn:aws:iam::{account}:role/meridian-fraud-{name}-{region}");
    vec![
        ("the bucket", bucket.clone()),
        ("an archive", format!("{bucket}/releases/archives/1.tar.gz")),
        ("a feature file", format!("{bucket}/releases/features/1/pipeline.yaml")),
        ("a manifest", format!("{bucket}/releases/manifests/1.json")),
        ("golden records", format!("{bucket}/releases/golden/1.json")),
        ("its ledger", format!("{bucket}/ledger/fraud/{region}/1.json")),
        ("the hub's ledger", format!("{bucket}/ledger/fraud/home/1.json")),
        ("a hold-out", format!("{bucket}/holdouts/1.csv.gz")),
        ("an evaluation", format!("{bucket}/evaluations/1/report.json")),
        ("a wave", format!("{bucket}/waves/fraud.json")),
        ("captured requests", format!("{bucket}/captured/fraud/main/1.jsonl")),
        ("its key", stack.keys[0].arn.clone()),
        ("its images", own("ecr", "repository/sagemaker-xgboost")),
        ("its endpoint", own("sagemaker", "endpoint/fraud")),
        ("a configuration", own("sagemaker", "endpoint-config/fraud-v427")),
        ("a model", own("sagemaker", "model/fraud-v427")),
        ("a package", own("sagemaker", "model-package/fraud/1")),
        ("the verdict alarm", own("cloudwatch", "alarm:fraud-verdict")),
        ("its scaling's alarms", own("cloudwatch", "alarm:TargetTracking-endpoint/fraud/variant/main-AlarmHigh")),
        ("its scaling", own("application-autoscaling", "scalable-target/1")),
        ("its topic", own("sns", "meridian-fraud-oncall")),
        ("a function", own("lambda", "function:meridian-fraud-rollback")),
        ("a function's log", own("logs", "log-group:/aws/lambda/meridian-fraud-rollback:log-stream:1")),
        ("an instance's log", own("logs", "log-group:/aws/sagemaker/Endpoints/fraud:log-stream:1")),
        ("the pipeline", own("codepipeline", "meridian-fraud")),
        ("dead letters", own("sqs", "meridian-fraud-dead-letters")),
        ("its instances' role", role("endpoint")),
        ("its lent role", role("lent")),
        ("anything", "*".to_owned()),
    ]
}

/// Whatever a condition may ask for and the asker could have.
fn context(role: &Role, region: &RegionName, stack: &Stack) -> Context {
    let of = |key: &str, values: &[&str]| (key.to_owned(), values.iter().map(|own| (*own).to_owned()).collect());
    let mut context = Context::from([
        of("aws:securetransport", &["true"]),
        of("aws:principalarn", &[&role.arn]),
        of("aws:principalaccount", &[role.arn.split(':').nth(4).unwrap()]),
        of("aws:requestedregion", &[region.as_str()]),
        of("aws:sourceaccount", &[&stack.account]),
        of("kms:viaservice", &[&format!("sns.{region}.amazonaws.com"), &format!("s3.{region}.amazonaws.com")]),
        of("s3:resourceaccount", &[&stack.account]),
        of("s3:objectcreationoperation", &["true"]),
        of("s3:if-none-match", &["*"]),
        of("sts:externalid", &["fraud"]),
        of("iam:passedtoservice", &["sagemaker.amazonaws.com"]),
        of("application-autoscaling:service-namespace", &["sagemaker"]),
        of("application-autoscaling:scalable-dimension", &["sagemaker:variant:DesiredInstanceCount"]),
    ]);
    context.extend(role.tags.iter().map(|(tag, value)| (format!("aws:principaltag/{tag}"), vec![value.clone()])));
    context
}

/// Conditions that ask for one of several values, each of which the asker may send.
const CHOICES: [(&str, &[&str]); 2] = [
    ("cloudwatch:namespace", &["Meridian", "Meridian/Model", "Meridian/Model/InTurn"]),
    ("s3:prefix", &["releases/", "ledger/fraud/eu-west-1/", "ledger/fraud/home/", "holdouts/"]),
];

fn is_allowed(deployed: &Deployment, role: &Role, region: &RegionName, action: &str, resource: &str) -> bool {
    let asks = |context: &Context| {
        let principal = Principal::Role(role.arn.clone());
        deployed.authorise(&Request { principal: &principal, action, resource, context }).is_ok()
    };
    let plain = context(role, region, &deployed.stacks[region]);
    let with_choice = |(key, values): &(&str, &[&str])| {
        values.iter().any(|value| {
            let mut context = plain.clone();
            context.insert((*key).to_owned(), vec![(*value).to_owned()]);
            asks(&context)
        })
    };
    asks(&plain) || CHOICES.iter().any(with_choice)
}

/// Every right that a role of one region's stack has in another region: role, action, and of what.
fn reach(deployed: &Deployment) -> BTreeSet<(String, String, &'static str)> {
    let roles = || deployed.stacks.values().flat_map(|stack| stack.roles.values());
    let actions: BTreeSet<&String> = roles().flat_map(|role| &role.statements).flat_map(|own| &own.actions).collect();
    assert!(actions.iter().all(|action| !action.contains('*')), "{actions:?}");
    // What a resource's own policy may let a role do, though no policy of the role's says so.
    let of_resources = deployed.stacks.values().flat_map(|stack| &stack.policies).flat_map(|(_, _, own)| own);
    let granted = of_resources.flat_map(|own| &own.actions).filter(|action| !action.contains('*'));
    let all = ["kms:PutKeyPolicy".to_owned(), "kms:ScheduleKeyDeletion".to_owned()];
    let actions: BTreeSet<&String> = actions.into_iter().chain(granted).chain(&all).collect();
    let mut found = BTreeSet::new();
    for (there, stack) in &deployed.stacks {
        let here = deployed.stacks.iter().filter(|(region, _)| *region != there);
        for role in here.flat_map(|(_, stack)| stack.roles.values()) {
            for (thing, arn) in things(there, stack) {
                let service = arn.split(':').nth(2).unwrap_or_default();
                let asked = |action: &&&String| {
                    let (prefix, _) = action.split_once(':').unwrap();
                    // A pattern for a bucket's name fits an object's too, which nobody lists.
                    let lists = action.as_str() == "s3:ListBucket" && thing != "the bucket";
                    service.is_empty() || !lists && (prefix == service || prefix == "sts" && service == "iam")
                };
                let allowed = actions.iter().filter(asked).filter(|own| is_allowed(deployed, role, there, own, &arn));
                found.extend(allowed.map(|action| (role.logical.clone(), (*action).clone(), thing)));
            }
        }
    }
    // What is allowed of anything is said once.
    let all: BTreeSet<_> =
        found.iter().filter(|own| own.2 == "anything").map(|own| (own.0.clone(), own.1.clone())).collect();
    found.retain(|(role, action, thing)| *thing == "anything" || !all.contains(&(role.clone(), action.clone())));
    found
}

/// What the design names, each with its reason.
const NAMED: &[(&str, &[&str], &[&str], &str)] = &[
    ("CopyRole", &["kms:Encrypt", "kms:GenerateDataKey"], &["its key"], "home copies releases, encrypted there"),
    (
        "CopyRole",
        &["s3:ReplicateObject", "s3:ReplicateTags"],
        &["an archive", "a feature file", "a manifest", "golden records"],
        "home copies releases, and nothing else",
    ),
    ("PromoteRole", &["sts:AssumeRole"], &["its lent role"], "home acts with what a region lends it"),
    ("PromoteRole", &["sns:Publish"], &["its topic"], "home pages there what its own topic does not take"),
    ("PromoteRole", &["kms:Decrypt", "kms:GenerateDataKey"], &["its key"], "the same, for that topic alone"),
    ("ShadowEvalRole", &["sns:Publish"], &["its topic"], "the same"),
    ("ShadowEvalRole", &["kms:Decrypt", "kms:GenerateDataKey"], &["its key"], "the same"),
    ("ReplicationRole", &["sns:Publish"], &["its topic"], "the same"),
    ("ReplicationRole", &["kms:Decrypt", "kms:GenerateDataKey"], &["its key"], "the same, and to read ledgers"),
    (
        "ReplicationRole",
        &["s3:GetObject"],
        &["its ledger", "the hub's ledger"],
        "home reads attestations, and each region keeps the ends of its neighbour's chains",
    ),
    ("ReplicationRole", &["s3:ListBucket"], &["the bucket"], "the same: without a prefix S3 says 404 in place of 403"),
    (
        "ReplicationRole",
        &["sagemaker:InvokeEndpoint"],
        &["its endpoint"],
        "each region asks it a golden record, which lies in every region: a standby learns so that it is dead",
    ),
    (
        "EndpointRole",
        &["cloudwatch:DescribeAlarms", "ecr:GetAuthorizationToken"],
        &["anything"],
        "SageMaker asks with it, and does not say how; the token opens what the role may open",
    ),
];

fn named(role: &str) -> BTreeSet<(String, String, &'static str)> {
    let of = |(owner, actions, things, _why): &(&str, &'static [&str], &'static [&'static str], &str)| {
        let owner = if *owner == "EndpointRole" { role.to_owned() } else { (*owner).to_owned() };
        let pairs = actions.iter().flat_map(|action| things.iter().map(move |thing| (*action, *thing)));
        pairs.map(move |(action, thing)| (owner.clone(), action.to_owned(), thing)).collect::<Vec<_>>()
    };
    NAMED.iter().flat_map(of).collect()
}

#[test]
fn a_role_of_one_region_opens_in_another_only_what_the_design_names() {
    assert_eq!(reach(&deployed()), named("EndpointRole"));
    let in_turn = behind_proxies(&[("EndpointRoleInTurn", "meridian-fraud-endpoint-b")]);
    let both: BTreeSet<_> = named("EndpointRole").into_iter().chain(named("EndpointRoleB")).collect();
    assert_eq!(reach(&in_turn), both);
}

/// The reference fleet with an account for each region.
fn in_four_accounts() -> Deployment {
    let mut text = FLEET.to_owned();
    for (region, account) in [("ap-southeast-2", 4), ("ap-northeast-1", 5), ("sa-east-1", 6)] {
        let name = format!("name = \"{region}\"\n");
        assert_eq!(text.matches(&name).count(), 1, "{region}");
        text = text.replace(&name, &format!("{name}account = \"{}\"\n", account.to_string().repeat(12)));
    }
    Deployment::of(TEMPLATE, &Settings::of_fleet(&Fleet::parse(&text).unwrap())).unwrap()
}

#[test]
fn a_role_of_one_account_opens_in_another_what_it_opens_in_another_region() {
    let spread = in_four_accounts();
    assert_eq!(spread.stacks.values().map(|own| own.account.as_str()).collect::<BTreeSet<_>>().len(), 4);
    // Nobody asks the endpoint of another account: policy refuses failover_threshold there.
    let mut named = named("EndpointRole");
    named.retain(|(_, action, _)| action != "sagemaker:InvokeEndpoint");
    assert_eq!(reach(&spread), named);
    // What one account says of another one is nothing without that one's word.
    let theirs = [("ReleasesPolicy", "FleetReadsLedger"), ("OnCallFromAlarms", "HomePages"), ("LentRole", "Lend")];
    for (owner, sid) in theirs {
        let less = reach(&spread.without(owner, sid));
        assert!(less.len() < named.len() && less.is_subset(&named), "{owner}.{sid}");
    }
}
