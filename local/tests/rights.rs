//! The policies of the template, replayed beneath the sample policies of docs/policies: what the functions and AWS's services do in all
//! nights is allowed, and what is allowed is needed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

mod support;

use meridian_deployment::{Ceiling, Grant};
use meridian_local::night::{self, Scenario, Site};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use support::simulated;

/// A statement: the role or resource whose policy it is in, and its name.
type Statement = (String, String);

/// Statements that no night can use, and why they stand there all the same.
const UNUSED: &[(&str, &str, &str)] = &[
    ("AccessLogsPolicy", "Deliver", "S3 delivers its access logs with it: the local world keeps none"),
    ("DeadLettersFromRules", "Rules", "EventBridge sends there what it gave up after a day: no night is that long"),
    ("EndpointRole", "Logs", "containers write their logs with it: the local world keeps none"),
    (
        "PromoteRole",
        "PromoteEventInvokeConfigOnFailureSQSPolicy",
        "Lambda sends there what failed three times: the local world has no queues",
    ),
    ("ReleaseKey", "FunctionsLog", "CloudWatch Logs encrypts with it: the local world keeps none"),
    ("ReplicationRole", "ReplicationEventInvokeConfigOnFailureSQSPolicy", "as PromoteRole"),
    ("RollbackRole", "RollbackEventInvokeConfigOnFailureSQSPolicy", "as PromoteRole"),
    ("ShadowEvalRole", "ShadowEvalEventInvokeConfigOnFailureSQSPolicy", "as PromoteRole"),
    ("StatusRole", "StatusEventInvokeConfigOnFailureSQSPolicy", "as PromoteRole"),
    ("boundary", "DeadLetters", "as PromoteRole"),
    ("boundary", "Locks", "a fleet whose objects are locked alone needs it"),
    ("boundary", "Logs", "as EndpointRole"),
    ("boundary", "Network", "instances in a VPC alone need it"),
];

/// Statements without which every night ends as it should, because something else does their work, later or elsewhere. Each
/// list can be missed at once.
const COVERED: [&[(&str, &str, &str)]; 3] = [
    &[
        ("RollbackEndpointAlarmPermission", "Permission", "the sweep looks at the alarm within five minutes"),
        ("ShadowManifestPermission", "Permission", "the sweep looks for manifests within five minutes"),
    ],
    &[
        ("RollbackEndpointChangedPermission", "Permission", "the sweep looks at the endpoint within five minutes"),
        ("ShadowSweepPermission", "Permission", "the manifest's event invokes the same function in every night"),
    ],
    &[
        (
            "ReplicationRole",
            "LookAtOthers",
            "a lost region answers no look, allowed or not; no night has one that answers in between",
        ),
        ("RollbackRole", "TripGuardrail", "the canary's own alarms ring as well in every night that has such a fault"),
    ],
];

/// Nights that need a statement which many other nights use: asked first, so that it is found soon. Every other night is still asked.
const NEEDED_IN: &[(&str, &str, &str)] = &[
    ("EndpointRole", "Metrics", "declines-more"),
    ("PromoteRole", "Keys", "home-partitioned"),
    ("PromoteRole", "Page", "bad-caller"),
    ("ReplicationRole", "Image", "image-late"),
    ("ReplicationRole", "ListReplica", "lost-replica"),
    ("ReplicationSweepPermission", "Permission", "messy-events"),
    ("RollbackRole", "Alarms", "late-alarm-in-soak"),
    ("RollbackSweepPermission", "Permission", "rollback-with-dead-ledger"),
    ("ScoreRole", "Ask", "declines-more"),
];

/// Does something to each item on two threads, and keeps what comes of it in order.
fn on_two_threads<T: Sync, U: Send>(items: &[T], each: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let next = AtomicUsize::new(0);
    let walk = || {
        let taken = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)).filter(|at| *at < items.len()));
        taken.map(|at| (at, each(&items[at]))).collect::<Vec<_>>()
    };
    let mut done: Vec<_> = std::thread::scope(|scope| {
        let (one, other) = (scope.spawn(walk), scope.spawn(walk));
        one.join().unwrap().into_iter().chain(other.join().unwrap()).collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, made)| made).collect()
}

/// The same deployment in an account that puts the sample policies above its roles.
fn beneath_ceilings(mut site: Site) -> Site {
    let arn = "arn:aws:iam::111122223333:policy/meridian-boundary";
    let roles = site.deployment.stacks.values_mut().flat_map(|stack| stack.roles.values_mut());
    roles.for_each(|role| role.boundary = Some(arn.to_owned()));
    let boundary = Ceiling::boundary("boundary", arn, include_str!("../../docs/policies/boundary.json")).unwrap();
    let control = Ceiling::control("scp", include_str!("../../docs/policies/scp.json")).unwrap();
    site.deployment.ceilings = vec![boundary, control];
    site
}

/// What each night takes place on.
fn sites() -> BTreeMap<&'static str, Site> {
    let site = |name| beneath_ceilings(Site::of_scenario(&Scenario::load(name).unwrap()).unwrap());
    night::names().into_iter().map(|name| (name, site(name))).collect()
}

/// What each night uses, the shortest story first: what a missing right breaks is found soonest there.
fn used(sites: &BTreeMap<&'static str, Site>) -> Vec<(&'static str, BTreeSet<Grant>)> {
    let names: Vec<_> = sites.keys().copied().collect();
    let nights = on_two_threads(&names, |name| simulated(sites[name].clone(), &Scenario::load(name).unwrap()).unwrap());
    let mut nights: Vec<_> = names.into_iter().zip(nights).collect();
    for (name, night) in &nights {
        assert!(night.report.as_expected, "{name}: {:?}\n{}", night.report.unexpected, night.story);
    }
    nights.sort_by_key(|(_, night)| night.story.len());
    nights.into_iter().map(|(name, night)| (name, night.grants)).collect()
}

fn statement(grant: &Grant) -> Statement {
    (grant.owner.clone(), grant.sid.clone())
}

fn named(list: &[(&str, &str, &str)]) -> BTreeSet<Statement> {
    list.iter().map(|(owner, sid, _why)| ((*owner).to_owned(), (*sid).to_owned())).collect()
}

#[test]
fn every_statement_is_needed_down_to_its_actions_and_resources() {
    let sites = sites();
    let used = used(&sites);
    // The same statement, action and resource, in whatever region.
    let part = |grant: &Grant| (statement(grant), grant.action.clone(), grant.number);
    let seen: BTreeSet<_> = used.iter().flat_map(|(_, grants)| grants).map(part).collect();
    let excepted = named(UNUSED);
    let site = beneath_ceilings(Site::repository().unwrap());
    let allowed = site.deployment.allowances();
    let idle: Vec<String> = allowed
        .iter()
        .filter(|grant| !seen.contains(&part(grant)) && !excepted.contains(&statement(grant)))
        .map(Grant::to_string)
        .collect();
    assert!(idle.is_empty(), "allowed, and needed by no night:\n{}", idle.join("\n"));
    let needless: Vec<_> = excepted.iter().filter(|own| seen.iter().any(|(one, ..)| one == *own)).collect();
    assert!(needless.is_empty(), "listed as unused, and used: {needless:?}");

    let ends_without = |name: &str, missing: &BTreeSet<Statement>| {
        let mut less = sites[name].clone();
        for (owner, sid) in missing {
            less.deployment = less.deployment.without(owner, sid);
        }
        simulated(less, &Scenario::load(name).unwrap()).is_ok_and(|night| night.report.as_expected)
    };
    let uses = |grants: &BTreeSet<Grant>, own: &Statement| grants.iter().any(|grant| statement(grant) == *own);

    // Without any one of them, a night that used it does not end as it should.
    let covered: BTreeSet<Statement> = COVERED.iter().flat_map(|list| named(list)).collect();
    let statements: BTreeSet<Statement> = seen.into_iter().map(|(one, ..)| one).collect();
    // Every role is beneath a boundary's statement: what a night lacks without it, the roles' own show.
    let is_above = |(owner, _): &&Statement| site.deployment.ceilings.iter().any(|ceiling| ceiling.name == *owner);
    let statements: Vec<Statement> = statements.difference(&covered).filter(|own| !is_above(own)).cloned().collect();
    let harmless = on_two_threads(&statements, |own| {
        let likely = |night: &str| {
            NEEDED_IN.iter().any(|(owner, sid, named)| (*owner, *sid, *named) == (&*own.0, &*own.1, night))
        };
        let (first, then): (Vec<_>, Vec<_>) = used.iter().partition(|(name, _)| likely(name));
        let mut nights = first.into_iter().chain(then).filter(|(_, grants)| uses(grants, own));
        nights.all(|(name, _)| ends_without(name, &BTreeSet::from([own.clone()]))).then(|| own.clone())
    });
    let harmless: Vec<_> = harmless.into_iter().flatten().collect();
    assert!(harmless.is_empty(), "without these nothing fails: {harmless:?}");

    // What a night does without all of a list, it does without any of it. One list a night, in turn: each is missed in a third of them.
    let tried: Vec<_> = COVERED.iter().cycle().map(|list| named(list)).zip(&used).collect();
    let needed = on_two_threads(&tried, |(list, (name, grants))| {
        let used: BTreeSet<_> = list.iter().filter(|own| uses(grants, own)).cloned().collect();
        (!used.is_empty() && !ends_without(name, &used)).then_some((*name, used))
    });
    let needed: Vec<_> = needed.into_iter().flatten().collect();
    assert!(needed.is_empty(), "listed as covered, and a night needs one of them: {needed:?}");
}

/// Rights that the delivered fleet does without: instances in a VPC make network interfaces with their role.
#[test]
fn instances_join_a_vpc_by_rights_that_only_such_a_fleet_has() {
    let vpc = r#"vpc = { subnets = ["subnet-01234567"], security_groups = ["sg-01234567"] }"#;
    let good_night = include_str!("../scenarios/good-night.toml");
    let night = format!("{good_night}\n[[policy.region]]\nname = \"ap-northeast-1\"\n{vpc}\n");
    let scenario = Scenario::parse("in-a-vpc", &night).unwrap();
    let site = beneath_ceilings(Site::of_scenario(&scenario).unwrap());
    let network = ("EndpointRole".to_owned(), "Network".to_owned());
    let usual = Site::repository().unwrap();
    assert!(!usual.deployment.allowances().iter().any(|grant| statement(grant) == network));

    let night = simulated(site.clone(), &scenario).unwrap();
    assert!(night.report.as_expected, "{:?}", night.report.unexpected);
    let used = |grant: &&Grant| statement(grant) == network;
    assert_eq!(night.grants.iter().filter(used).map(|grant| &grant.action).collect::<BTreeSet<_>>().len(), 9);

    let mut less = site;
    less.deployment = less.deployment.without(&network.0, &network.1);
    assert!(
        !simulated(less, &scenario).unwrap().report.as_expected,
        "Tokyo's instances joined a VPC without a right to"
    );
}

/// A service that a trust policy shuts out is found by a night: each of the roles that services assume, with the condition
/// that its service is not known to meet.
#[test]
fn a_service_that_cannot_assume_its_role_fails_the_night() {
    let scenario = Scenario::load("good-night").unwrap();
    for role in ["ScoreRole", "PipelineRole", "CopyRole", "EndpointRole"] {
        let mut site = Site::of_scenario(&scenario).unwrap();
        let policies = site.deployment.stacks.values().flat_map(|stack| &stack.policies);
        let asks = policies.filter(|(own, ..)| own == "OnCallFromAlarms").take(1);
        let asks: Vec<_> = asks.flat_map(|(.., statements)| statements[0].conditions.clone()).collect();
        assert!(!asks.is_empty());
        let roles = site.deployment.stacks.values_mut().flat_map(|stack| stack.roles.values_mut());
        for own in roles.filter(|own| own.logical == role) {
            own.trust.iter_mut().for_each(|statement| statement.conditions.extend(asks.clone()));
        }
        assert!(simulated(site, &scenario).is_ok_and(|night| !night.report.as_expected), "{role}");
    }
}
