//! A region that does not lend its role to home's `promote` is ill, and ill alone: it is left behind, and the others go on.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

mod support;

use meridian_domain::reason::{ErrorKind, Fault, OperationName, Return, Unseen, WayBackReason};
use meridian_domain::{Reason, Record};
use meridian_local::night::{Explained, Report, Scenario, Site};
use meridian_local::world::{self, FaultKind};
use support::{Simulated, region, simulated};

const NIGHT: &str = r#"
title = "a region does not lend its role"
start = "2026-11-20T02:59:00Z"
lasts = "2h"

[[publish]]
at = "03:00"
version = "v427"
model = "good"

[expect]
serves = { eu-west-1 = "v427", ap-southeast-2 = "v427", ap-northeast-1 = "v426", sa-east-1 = "v427" }
pages = 1
executions = ["failed"]
"#;

/// The second wave begins before the roles that the first one assumed have expired. AU's, from 03:55, ends in the middle of AU's canary.
const TWO_WAVES: &str = r#"
title = "a region lends its role once, and not again"
start = "2026-11-20T02:59:00Z"
lasts = "4h"

[[publish]]
at = "03:00"
version = "v427"
model = "good"

[[publish]]
at = "04:20"
version = "v428"
model = "good"

[[fault]]
kind = "unavailable"
operation = "AssumeRole"
region = "ap-southeast-2"
from = "04:15"
until = "05:45"

[timing]
provisioning = "3m"

[expect]
serves = { eu-west-1 = "v428", ap-southeast-2 = "v427", ap-northeast-1 = "v428", sa-east-1 = "v428" }
pages = 2
executions = ["succeeded", "failed"]
"#;

const AU: &str = "ap-southeast-2";
const JP: &str = "ap-northeast-1";
const BR: &str = "sa-east-1";

/// As the scenario says, with proof, and no customer was sent elsewhere.
fn is_as_expected(story: &str, report: &Report) {
    assert!(report.as_expected, "{:?}\n{story}", report.unexpected);
    for end in &report.fleet {
        assert!(end.confirmed_by_endpoint, "{}\n{story}", end.region);
        assert_eq!(end.health_changes, 0, "{}\n{story}", end.region);
    }
}

#[test]
fn a_region_that_trusts_somebody_else_is_deferred_at_once() {
    let mut site = Site::repository().unwrap();
    let role = format!("arn:aws:iam::111122223333:role/meridian-fraud-lent-{JP}");
    let stack = site.deployment.stacks.get_mut(&region(JP)).unwrap();
    stack.roles.get_mut(&role).unwrap().trust.clear();
    let Simulated { story, report, .. } = simulated(site, &Scenario::parse("unlent", NIGHT).unwrap()).unwrap();
    is_as_expected(&story, &report);
    let records = || report.ledger["home"].iter().map(|entry| &entry.record);
    let refused = |why: &Reason| {
        matches!(why, Reason::Fault(Fault::Unseen(Unseen::Ledger { failure, .. }))
            if failure.operation == OperationName::AssumeRole && failure.kind == ErrorKind::Refused)
    };
    let jp_is_ill =
        |own: &Record| matches!(own, Record::RegionIll { region, why, .. } if region.as_str() == JP && refused(why));
    let left = |own: &Record| matches!(own, Record::Deferred { region, .. } if region.as_str() == JP);
    assert!(records().any(jp_is_ill) && records().any(left), "{:?}", report.ledger["home"]);
}

/// The judge has no way to say "proceed", and the silence rolls the canary back (I9). AU says so itself, and home that it goes
/// on without AU.
#[test]
fn a_canary_rolls_back_where_a_role_expires_and_is_not_renewed() {
    let scenario = Scenario::parse("unrenewed", TWO_WAVES).unwrap();
    let Simulated { story, report, .. } = simulated(Site::repository().unwrap(), &scenario).unwrap();
    is_as_expected(&story, &report);
    let silent = |halt: &Explained| {
        matches!(&halt.reason, Reason::Return(Return::RolledBack { why: WayBackReason::JudgeSilent, .. }))
    };
    let au = report.fleet.iter().find(|end| end.region.as_str() == AU).unwrap();
    assert!(au.halt.as_ref().is_some_and(silent), "{au:?}\n{story}");
}

/// An assumed role outlasts a short illness of the region's STS: nobody notices.
#[test]
fn a_loan_outlasts_an_sts_that_is_away_for_a_while() {
    let mut scenario = Scenario::load("good-night").unwrap();
    for place in [JP, BR] {
        scenario.fault.push(world::Fault {
            region: Some(region(place)),
            operation: Some("AssumeRole".to_owned()),
            from: Some("03:10".parse().unwrap()),
            until: Some("03:57".parse().unwrap()),
            ..world::Fault::of(FaultKind::TimeOut)
        });
    }
    let Simulated { story, report, .. } = simulated(Site::repository().unwrap(), &scenario).unwrap();
    is_as_expected(&story, &report);
}
