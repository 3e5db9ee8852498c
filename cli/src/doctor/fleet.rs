//! What regions have in common, judged.

use super::answer::answered;
use super::facts::{HomeFacts, RegionFacts};
use super::findings::Finding;
use super::signing;
use meridian_aws::inspect::{PipelineFacts, Rule};
use meridian_domain::{Fleet, OrderPolicy, Region};
use meridian_messages::doctor::{
    Check, Deployment, Mend, Network, PackageGroup, Pipeline, Property, Replication, RuleFault,
};

/// What is replicated, and nothing else: the ledger is each region's own.
const REPLICATED: &str = "releases/";

/// The pipeline, the model registry, and the way to the other regions.
pub fn judge(fleet: &Fleet, home: &Region, facts: &RegionFacts, own: &HomeFacts) -> Vec<Finding> {
    let made = |property| Mend::Deploy(Deployment::With(property));
    let others = fleet.regions.iter().filter(|region| region.name != home.name);
    let mut findings: Vec<Finding> = others
        .map(|region| {
            let none = Replication::NoRule { bucket: region.bucket.clone() };
            answered(Check::Replication, &facts.bucket.replication, none, made(Property::Replication), |rules| {
                replicated(region, rules)
            })
        })
        .collect();
    let absent = Pipeline::Absent { name: fleet.pipeline.clone() };
    findings.push(answered(Check::Pipeline, &own.pipeline, absent, made(Property::Pipeline), |pipeline| {
        staged(fleet, pipeline)
    }));
    let absent = PackageGroup::Absent { name: fleet.name.to_string() };
    findings.push(answered(Check::PackageGroup, &own.package_group, absent, made(Property::PackageGroup), |()| {
        Finding::fine(Check::PackageGroup, PackageGroup::There)
    }));
    findings.extend(signing::judge(fleet, own));
    findings.push(network(fleet));
    findings
}

/// What serving containers can reach.
fn network(fleet: &Fleet) -> Finding {
    if fleet.network_isolation {
        return Finding::fine(Check::Network, Network::Isolated);
    }
    let open = fleet.regions.iter().filter(|region| region.vpc.is_none());
    let regions: Vec<_> = open.map(|region| region.name.clone()).collect();
    if regions.is_empty() {
        return Finding::fine(Check::Network, Network::InVpcs);
    }
    Finding::warning(Check::Network, Network::Open { regions }, Mend::IsolateContainers)
}

fn replicated(region: &Region, rules: &[Rule]) -> Finding {
    let mend = Mend::Deploy(Deployment::With(Property::Replication));
    let Some(rule) = rules.iter().find(|rule| rule.to == region.bucket.to_string()) else {
        let none = Replication::NoRule { bucket: region.bucket.clone() };
        return Finding::wrong(Check::Replication, none, mend);
    };
    let there = format!(":kms:{}:", region.name);
    let problem = [
        (!rule.enabled, RuleFault::Disabled),
        (rule.prefix != REPLICATED, RuleFault::OtherPrefix),
        (rule.key.as_ref().is_some_and(|key| key.contains(":alias/")), RuleFault::KeyByAlias),
        (!rule.kms_objects, RuleFault::NoKmsObjects),
        (!rule.key.as_ref().is_some_and(|key| key.contains(&there)), RuleFault::OtherKey),
        (!rule.time_control, RuleFault::NoTimeControl),
        (!rule.metrics, RuleFault::NoMetrics),
    ];
    let to = region.name.clone();
    match problem.into_iter().find(|(wrong, _)| *wrong) {
        Some((_, fault)) => Finding::wrong(Check::Replication, Replication::Wrong { to, fault }, mend),
        None => Finding::fine(Check::Replication, Replication::AsMade { to }),
    }
}

fn staged(fleet: &Fleet, pipeline: &PipelineFacts) -> Finding {
    let wrong = |found, how| Finding::wrong(Check::Pipeline, found, Mend::Deploy(how));
    if pipeline.kind != "V2" || pipeline.mode != "QUEUED" {
        let found = Pipeline::OtherMode { kind: pipeline.kind.clone(), mode: pipeline.mode.clone() };
        return wrong(found, Deployment::With(Property::PipelineMode));
    }
    if let Some((stage, does)) = pipeline.on_failure.first() {
        let found = Pipeline::ActsByItself { stage: stage.clone(), does: does.clone() };
        return wrong(found, Deployment::With(Property::PipelineOnFailure));
    }
    // The source action comes first, under a name of its own.
    let found: Vec<String> = pipeline.actions.iter().skip(1).map(|action| action.name.clone()).collect();
    let expected = actions(fleet);
    if found != expected {
        return wrong(Pipeline::OtherActions { found, expected }, Deployment::Stages);
    }
    Finding::fine(Check::Pipeline, Pipeline::AsMade { actions: found.len() + 1 })
}

/// The actions behind the source, in the order in which a wave walks.
fn actions(fleet: &Fleet) -> Vec<String> {
    let promotes = fleet.regions.iter().enumerate().map(|(at, region)| match fleet.order {
        OrderPolicy::Fixed => format!("Promote-{}", region.title),
        OrderPolicy::Signal => format!("Promote-{}", at + 1),
    });
    ["Register".to_owned()].into_iter().chain(promotes).chain(["Verify-Fleet".to_owned()]).collect()
}
