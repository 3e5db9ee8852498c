//! Who may do what, by the template's roles and policies.

use crate::{TEMPLATE, behind_proxies, deployed, proxied, region, with};
use meridian_deployment::{
    AssumingService, Ceiling, Context, Denial, Denied, Deployment, Grant, Principal, Request, SentKey, Stack,
};

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
    assert_eq!(write("LentRole", key, false).unwrap_err().why, refused_by("NothingIsOverwritten"));
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
fn asked(region: &str, role: &str, action: &str, resource: &str, new: bool) -> Denial {
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

const NOT_REFUSED: Denial = Denial::NoPolicyAllows;

fn refused_by(sid: &str) -> Denial {
    Denial::ExplicitDeny { owner: "ReleasesPolicy".to_owned(), sid: sid.to_owned() }
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
fn publishers_do_not_set_the_exam_nor_write_waves() {
    let put = |role, key, new| asked("eu", role, "s3:PutObject", key, new);
    let exam = "/holdouts/1.csv.gz";
    assert_eq!(put("meridian-fraud-approver", exam, true), NOT_REFUSED);
    assert_eq!(put("meridian-fraud-approver", exam, false), refused_by("NothingIsOverwritten"));
    assert_eq!(put("meridian-fraud-publisher", exam, true), refused_by("HoldoutsOnlyByApprovers"));
    let approval = "/ledger/fraud/home/00000000000000000001.json";
    assert_eq!(put("meridian-fraud-approver", approval, true), NOT_REFUSED);
    assert_eq!(put("meridian-fraud-publisher", approval, true), refused_by("LedgerOnlyByFunctionsAndOperators"));
    for role in ["admin", "meridian-fraud-publisher", "meridian-fraud-approver", "meridian-fraud-ShadowEvalRole-0A1B"] {
        assert_eq!(put(role, "/waves/fraud.json", false), refused_by("WavesOnlyByReplicationAndOperators"), "{role}");
    }
    // Who starts the pipeline: home's `replication`, and operators who try it.
    for role in ["meridian-fraud-ReplicationRole-0A1B", "meridian-fraud-operator"] {
        assert_eq!(put(role, "/waves/fraud.json", false), NOT_REFUSED, "{role}");
    }
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
    let mut roles = deployed.stacks[&region("eu-west-1")].roles.clone();
    roles.retain(|_, own| own.logical != "EndpointRole");
    // Its own instances', and what home's roles may do there.
    roles.extend(
        deployed.stacks[&region("ap-northeast-1")]
            .roles
            .clone()
            .into_iter()
            .filter(|(_, own)| own.logical == "EndpointRole"),
    );
    let ask = |logical: &str, action: &str, key: &str| {
        let role = roles.values().find(|own| own.logical == logical).unwrap();
        let mut context = Context::from([
            ("aws:principalarn".to_owned(), vec![role.arn.clone()]),
            ("aws:principalaccount".to_owned(), vec!["111122223333".to_owned()]),
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
    // Home pages through Tokyo's topic, and reads nothing else with that.
    assert!(ask("PromoteRole", "kms:Decrypt", &own).is_err());
    assert!(!TEMPLATE.contains("kms:ResourceAliases"));
}

/// Whether the role of a function in one region is lent Tokyo's; with `open`, everybody may ask for it.
fn assumes(from: &str, function: &str, external_id: &str, open: bool) -> Result<Vec<Grant>, Denied> {
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
fn a_region_lends_its_role_to_the_promote_of_home_and_its_deputies_and_to_nobody_else() {
    let grants = assumes("eu-west-1", "PromoteRole", "fraud", false).unwrap();
    let grants: Vec<String> = grants.iter().map(Grant::to_string).collect();
    let role = "arn:aws:iam::111122223333:role/meridian-fraud-lent-";
    let borrow = format!("PromoteRole.Borrow: sts:AssumeRole on {role}*");
    assert_eq!(grants, [borrow, format!("LentRole.Lend: sts:AssumeRole on {role}ap-northeast-1")]);
    // What the role trusts decides, whatever the policies of the role that assumes it say.
    for open in [false, true] {
        assert!(assumes("eu-west-1", "PromoteRole", "cards", open).is_err());
        for function in ["ReplicationRole", "RollbackRole", "ShadowEvalRole", "StatusRole", "LentRole"] {
            assert!(assumes("eu-west-1", function, "fraud", open).is_err(), "{function}");
        }
        assert!(assumes("ap-northeast-1", "PromoteRole", "fraud", false).is_ok(), "the deputy");
        for away in ["ap-southeast-2", "sa-east-1"] {
            assert!(assumes(away, "PromoteRole", "fraud", open).is_err(), "{away}");
        }
    }
}

/// The roles that a service named in their trust policy cannot assume with the keys that it is known to send.
fn shut_out(deployed: &Deployment) -> Vec<String> {
    let mut all = Vec::new();
    for role in deployed.stacks.values().flat_map(|stack| stack.roles.values()) {
        for name in role.trusted_services() {
            let known = AssumingService::ALL.into_iter().find(|own| own.principal() == name);
            all.extend(match known.map(|service| deployed.assumable_by(service, &role.arn)) {
                Some(Ok(())) => None,
                Some(Err(denied)) => Some(format!("{}: {denied}", role.logical)),
                None => Some(format!("{} trusts {name}, of which nothing is known", role.logical)),
            });
        }
    }
    all
}

#[test]
fn every_service_can_assume_the_roles_that_trust_it() {
    let parameters = [("EndpointRoleInTurn", "meridian-fraud-endpoint-b")];
    for deployed in [deployed(), proxied(), behind_proxies(&parameters)] {
        assert_eq!(shut_out(&deployed), Vec::<String>::new());
    }
}

#[test]
fn a_trust_policy_that_asks_for_an_unsent_key_is_found() {
    for role in ["ScoreRole", "PipelineRole", "CopyRole", "EndpointRole"] {
        let mut deployed = deployed();
        let topics = deployed.stacks[&region("eu-west-1")].policies.iter();
        let asks = topics.filter(|(own, ..)| own == "OnCallFromAlarms").map(|own| own.2[0].conditions.clone());
        let asks: Vec<_> = asks.flatten().collect();
        assert!(!asks.is_empty());
        let roles = deployed.stacks.values_mut().flat_map(|stack| stack.roles.values_mut());
        let mut service = String::new();
        for own in roles.filter(|own| own.logical == role) {
            own.trust.iter_mut().for_each(|statement| statement.conditions.extend(asks.clone()));
            service = own.trusted_services().next().unwrap().to_owned();
            // Where the service did send the key, it would be let in.
            assert!(own.admits(&service, &[SentKey::SourceAccount]).is_ok(), "{role}");
        }
        let found = shut_out(&deployed);
        assert!(found.iter().all(|own| own.starts_with(&format!("{role}: "))), "{found:?}");
        assert!(!found.is_empty(), "{service} cannot assume {role}");
    }
}

const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/meridian-boundary";

fn sample_boundary() -> Ceiling {
    Ceiling::boundary("boundary", BOUNDARY, include_str!("../../../../docs/policies/boundary.json")).unwrap()
}

#[test]
fn every_role_has_the_boundary_that_the_account_asks_for() {
    assert!(deployed().stacks.values().flat_map(|stack| stack.roles.values()).all(|role| role.boundary.is_none()));
    for deployed in [with(&[("PermissionsBoundary", BOUNDARY)]), behind_proxies(&[("PermissionsBoundary", BOUNDARY)])] {
        let mut roles = deployed.stacks.values().flat_map(|stack| stack.roles.values());
        assert!(roles.all(|role| role.boundary.as_deref() == Some(BOUNDARY)), "{:#?}", deployed.stacks);
    }
}

/// Whoever got hold of a role and changed its policies to allow everything still did no more than this.
#[test]
fn a_role_beneath_the_boundary_gains_nothing_by_policies_of_its_own() {
    let role = Principal::Role("arn:aws:iam::111122223333:role/meridian-fraud-PromoteRole-0A1B2C".to_owned());
    let passed = |service: &str| Context::from([("iam:passedtoservice".to_owned(), vec![service.to_owned()])]);
    let plain = Context::new();
    let asked = |action, resource, context: &Context| {
        sample_boundary().lets(&Request { principal: &role, action, resource, context }).map(|grant| grant.sid)
    };
    assert_eq!(asked("s3:GetObject", "arn:aws:s3:::fraud-models-eu/x", &plain).as_deref(), Ok("Files"));
    let endpoint_role = "arn:aws:iam::111122223333:role/meridian-example-endpoint";
    assert!(asked("iam:PassRole", endpoint_role, &passed("sagemaker.amazonaws.com")).is_ok());
    for (action, resource, context) in [
        ("iam:PassRole", endpoint_role, passed("ec2.amazonaws.com")),
        ("iam:CreateRole", "arn:aws:iam::111122223333:role/x", plain.clone()),
        ("iam:PutRolePolicy", endpoint_role, plain.clone()),
        ("iam:CreateServiceLinkedRole", endpoint_role, plain.clone()),
        ("sts:AssumeRole", "arn:aws:iam::111122223333:role/admin", plain.clone()),
        ("s3:DeleteObject", "arn:aws:s3:::fraud-models-eu/ledger/fraud/1.json", plain.clone()),
        ("s3:PutBucketPolicy", "arn:aws:s3:::fraud-models-eu", plain.clone()),
        ("sagemaker:DeleteEndpoint", "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/fraud", plain.clone()),
        ("kms:ScheduleKeyDeletion", "*", plain.clone()),
        (
            "lambda:UpdateFunctionCode",
            "arn:aws:lambda:eu-west-1:111122223333:function:meridian-fraud-promote",
            plain.clone(),
        ),
        ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:111122223333:function:payments", plain.clone()),
        ("sns:Publish", "arn:aws:sns:eu-west-1:111122223333:customers", plain.clone()),
        ("dynamodb:GetItem", "*", plain.clone()),
    ] {
        let why = asked(action, resource, &context).unwrap_err().why;
        assert_eq!(why, Denial::NoCeilingAllows { ceiling: "boundary".to_owned() }, "{action} {resource}");
    }
}

/// An administrator of the account is beneath these too, but for the role that is for emergencies.
#[test]
fn the_sample_control_policy_keeps_evidence_keys_endpoints_and_regions() {
    let control = Ceiling::control("scp", include_str!("../../../../docs/policies/scp.json")).unwrap();
    let endpoint = "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/fraud";
    let key = "arn:aws:kms:eu-west-1:111122223333:key/50d6d8e2-2cb2-49b6-895a-650362569c62";
    let entry = "arn:aws:s3:::fraud-models-eu/ledger/fraud/home/1.json";
    let (home, elsewhere) = ("eu-west-1", "us-west-2");
    for (role, action, resource, region, refused) in [
        ("admin", "sagemaker:UpdateEndpoint", endpoint, home, Some("EndpointsOnlyByTheFleet")),
        ("admin", "sagemaker:DeleteEndpoint", endpoint, home, Some("EndpointsOnlyByTheFleet")),
        ("admin", "sagemaker:DescribeEndpoint", endpoint, home, None),
        ("meridian-fraud-lent-eu-west-1", "sagemaker:UpdateEndpoint", endpoint, home, None),
        ("meridian-fraud-RollbackRole-0A1B2C", "sagemaker:UpdateEndpoint", endpoint, home, None),
        ("break-glass", "sagemaker:UpdateEndpoint", endpoint, home, None),
        ("admin", "s3:DeleteObjectVersion", entry, home, Some("EvidenceStays")),
        ("meridian-fraud-lent-eu-west-1", "s3:DeleteObject", entry, home, Some("EvidenceStays")),
        ("break-glass", "s3:DeleteObjectVersion", entry, home, None),
        ("admin", "s3:DeleteObject", "arn:aws:s3:::someones-own/x", home, None),
        ("admin", "kms:ScheduleKeyDeletion", key, home, Some("KeysStay")),
        ("meridian-deploy", "kms:PutKeyPolicy", key, home, None),
        ("admin", "s3:PutObject", entry, elsewhere, Some("OnlyInTheFleetsRegions")),
        ("meridian-deploy", "lambda:CreateFunction", "*", elsewhere, Some("OnlyInTheFleetsRegions")),
        ("admin", "cloudwatch:GetMetricData", "*", elsewhere, None),
    ] {
        let arn = format!("arn:aws:iam::111122223333:role/{role}");
        let context = Context::from([
            ("aws:principalarn".to_owned(), vec![arn.clone()]),
            ("aws:requestedregion".to_owned(), vec![region.to_owned()]),
        ]);
        let principal = Principal::Role(arn);
        let answer = control.lets(&Request { principal: &principal, action, resource, context: &context });
        let why = refused.map(|sid| Denial::ExplicitDeny { owner: "scp".to_owned(), sid: sid.to_owned() });
        assert_eq!(answer.err().map(|denied| denied.why), why, "{role}: {action} in {region}");
    }
}

/// IAM User Guide, "IAM and AWS STS quotas": a managed policy has at most 6,144 characters; Organizations' quotas: a control policy at
/// most 5,120. Neither counts white space.
#[test]
fn the_sample_policies_fit_into_an_account() {
    for (document, most) in [
        (include_str!("../../../../docs/policies/boundary.json"), 6144),
        (include_str!("../../../../docs/policies/scp.json"), 5120),
    ] {
        assert!(document.chars().filter(|own| !own.is_whitespace()).count() <= most);
    }
}
