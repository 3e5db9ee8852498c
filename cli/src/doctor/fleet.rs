//! What regions have in common, judged.

use super::account;
use super::facts::{HomeFacts, RegionFacts};
use super::findings::Finding;
use super::region::{answered, as_made, deploy};
use super::signing;
use meridian_aws::inspect::{PipelineFacts, Rule};
use meridian_domain::{Fleet, OrderPolicy, Region};
use serde::Serialize;

/// What is replicated, and nothing else: the ledger is each region's own.
const REPLICATED: &str = "releases/";

/// The pipeline, the model registry, the instances' role, and the way to the other regions.
pub fn judge(fleet: &Fleet, home: &Region, facts: &RegionFacts, own: &HomeFacts) -> Vec<Finding> {
    let deploy = deploy(home);
    let others = fleet.regions.iter().filter(|region| region.name != home.name);
    let mut findings: Vec<Finding> = others
        .map(|region| {
            let none = format!("no rule copies to {}", region.bucket);
            let mend = as_made(&deploy, "Releases.ReplicationConfiguration");
            answered("replication", &facts.bucket.replication, &none, &mend, |rules| {
                replicated(region, rules, &none, &mend)
            })
        })
        .collect();
    let name = fleet.pipeline.as_str();
    let mend = as_made(&deploy, "Pipeline");
    findings.push(answered("pipeline", &own.pipeline, name, &mend, |pipeline| staged(fleet, pipeline, &deploy)));
    let mend = as_made(&deploy, "ModelPackages");
    findings.push(answered("package group", &own.package_group, fleet.name.as_str(), &mend, |()| {
        Finding::fine("package group", "the model registry has the fleet's group")
    }));
    findings.push(account::role(&fleet.execution_role, &own.role, "EndpointRole", &deploy));
    let in_turn = fleet.execution_role_in_turn.as_ref().zip(own.role_in_turn.as_ref());
    findings.extend(in_turn.map(|(name, own)| account::role(name, own, "EndpointRoleB", &deploy)));
    findings.extend(signing::judge(fleet, own));
    findings.push(network(fleet));
    findings.into_iter().map(|finding| finding.at(&home.title)).collect()
}

/// What serving containers can reach.
fn network(fleet: &Fleet) -> Finding {
    let open: Vec<&str> =
        fleet.regions.iter().filter(|region| region.vpc.is_none()).map(|region| region.title.as_str()).collect();
    if fleet.network_isolation {
        return Finding::fine("network", "serving containers reach nothing");
    }
    if open.is_empty() {
        return Finding::fine("network", "serving containers reach what their VPC lets them");
    }
    Finding::warning(
        "network",
        format!("serving containers in {} may send anything anywhere", open.join(", ")),
        "fleet.toml: network_isolation = true, or a vpc for each region whose only way out is CloudWatch's endpoint",
    )
}

fn replicated(region: &Region, rules: &[Rule], none: &str, mend: &str) -> Finding {
    let Some(rule) = rules.iter().find(|rule| rule.to == region.bucket.to_string()) else {
        return Finding::wrong("replication", none, mend);
    };
    let there = format!(":kms:{}:", region.name);
    let problem = [
        (!rule.enabled, "is not enabled"),
        (rule.prefix != REPLICATED, "does not copy releases/ and that alone"),
        (
            rule.key.as_ref().is_some_and(|key| key.contains(":alias/")),
            "names its key by an alias, which can be moved to another",
        ),
        (!rule.kms_objects, "leaves out what KMS encrypts, and the bucket encrypts all with it"),
        (!rule.key.as_ref().is_some_and(|key| key.contains(&there)), "names no key of that region"),
        (!rule.time_control, "has no replication time control"),
        (!rule.metrics, "reports nothing of what is late"),
    ];
    match problem.into_iter().find(|(wrong, _)| *wrong) {
        Some((_, what)) => Finding::wrong("replication", format!("the rule to {} {what}", region.title), mend),
        None => Finding::fine("replication", format!("releases/ to {}, timed and measured", region.title)),
    }
}

fn staged(fleet: &Fleet, pipeline: &PipelineFacts, deploy: &str) -> Finding {
    let promotes = fleet.regions.iter().enumerate().map(|(at, region)| match fleet.order {
        OrderPolicy::Fixed => format!("Promote-{}", region.title),
        OrderPolicy::Signal => format!("Promote-{}", at + 1),
    });
    let wanted: Vec<String> =
        ["Register".to_owned()].into_iter().chain(promotes).chain(["Verify-Fleet".to_owned()]).collect();
    // The source action comes first, under a name of its own.
    let found: Vec<&String> = pipeline.actions.iter().skip(1).map(|action| &action.name).collect();
    if pipeline.kind != "V2" || pipeline.mode != "QUEUED" {
        let what = format!(
            "it is {} and {}, not V2 and QUEUED: a newer execution would overtake",
            pipeline.kind, pipeline.mode
        );
        return Finding::wrong("pipeline", what, as_made(deploy, "Pipeline.ExecutionMode and PipelineType"));
    }
    if let Some((stage, does)) = pipeline.on_failure.first() {
        let what = format!("{stage} that fails does {does} by itself: what a wave does next is Meridian's to decide");
        return Finding::wrong("pipeline", what, as_made(deploy, "Pipeline.Stages (no OnFailure)"));
    }
    if !found.iter().copied().eq(wanted.iter()) {
        let shown: Vec<&str> = found.iter().map(|name| name.as_str()).collect();
        let what = format!("its actions are {}, not {}", shown.join(", "), wanted.join(", "));
        return Finding::wrong("pipeline", what, format!("make check says how the stages must read; then {deploy}"));
    }
    Finding::fine("pipeline", format!("V2, queued, {} actions in the fleet's order", found.len() + 1))
}

/// A service of which a part stands in one region for all.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Global {
    /// The service, with its setting where only that needs it.
    pub service: &'static str,
    /// AWS's name of the one region.
    pub region: &'static str,
    /// What stands there alone, and fails with it.
    pub in_one_region: &'static str,
    /// What goes on without it.
    pub goes_on: &'static str,
}

/// The fleet's dependencies that are not regional, with every way of routing. A region's way back needs none of them (I6).
pub const GLOBAL: [Global; 5] = [
    Global {
        service: "IAM",
        region: "us-east-1",
        in_one_region: "making and changing roles and policies",
        goes_on: "roles that exist: each region has its own copy; STS is asked in the region",
    },
    Global {
        service: "Route 53",
        region: "us-east-1",
        in_one_region: "changing records and health checks",
        goes_on: "answers, and failing over by health checks",
    },
    Global {
        service: "CloudFormation of IAM and Route 53",
        region: "us-east-1",
        in_one_region: "a deployment that makes either",
        goes_on: "everything that is deployed",
    },
    Global {
        service: "CloudFront (Routing=cloudfront)",
        region: "us-east-1",
        in_one_region: "changing the distribution, renewing its certificate",
        goes_on: "what is deployed, at every place of CloudFront's",
    },
    Global {
        service: "Global Accelerator (Routing=global-accelerator)",
        region: "us-west-2",
        in_one_region: "changing the accelerator, its listener and its groups",
        goes_on: "what is deployed, and failing over by load balancers' health",
    },
];
