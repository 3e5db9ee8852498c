//! `[shadow]`: a region starts on what its own captured requests say of the release, and by policy where they say nothing.

use crate::night::{AU, BR, EU, JP, Night, actor, name, release, version};
use crate::plans::Says;
use meridian_domain::plan::{Act, Finish, Next};
use meridian_domain::reason::{Gate, Wait};
use meridian_domain::{Advice, Fleet, Reason, Record, Violation, audit};
use meridian_judge::{CapturedCounts, CapturedFinding, CapturedGate, CapturedJudgement, CapturedVerdict, Verdict};

const GOOD: &str = include_str!("../../../../local/fleets/reference/fleet.toml");

/// EU, AU and JP serve v427; it is BR's turn, and policy has a shadow with these keys.
fn turn_of_br(keys: &str) -> Night {
    let fleet = Fleet::parse(&format!("{GOOD}\n[shadow]\ncapture_percent = 10\n{keys}")).unwrap();
    let mut night = Night { fleet, ..Night::confirmed_in(&[EU, AU, JP]) };
    // Its champion captures already.
    let champion = night.target(BR, "v426");
    night.tell(BR, Record::Confirmed { target: champion, execution: actor("installation"), golden: 10 });
    night.in_service(BR, "v426");
    night
}

fn failed() -> CapturedFinding {
    CapturedFinding {
        gate: CapturedGate::AlertRate,
        verdict: Verdict::Fail,
        records: 2100,
        challenger: Some(0.2),
        champion: Some(0.02),
        difference: 0.18,
        interval: [0.15, 0.21],
        allowed: 0.01,
        feature: None,
    }
}

/// What BR's captured requests say.
fn shadowed(night: &mut Night, verdict: CapturedVerdict) {
    let requests = if verdict == CapturedVerdict::NothingCaptured { 0 } else { 2100 };
    let counts = CapturedCounts { requests, records: requests, ..CapturedCounts::default() };
    let held = CapturedFinding { verdict: Verdict::Pass, ..failed() };
    let found = if verdict == CapturedVerdict::Fail { failed() } else { held };
    let least = if verdict == CapturedVerdict::TooFew { 5000 } else { 2000 };
    let judgement = CapturedJudgement::of(counts, [(found.gate, Some(found))], least);
    assert_eq!(judgement.verdict, verdict);
    let (release, version, champion) = (release("v427"), version("v427"), release("v426"));
    night.tell(BR, Record::Shadowed { release, version, champion, judgement });
}

fn left(night: &Night) -> Option<&Reason> {
    night.sight.hub.deferred.get(&(night.sight.execution.clone(), name(BR)))
}

#[test]
fn a_region_starts_on_its_own_shadow_and_waits_by_policy() {
    let mut night = turn_of_br("nothing_captured = \"leave\"");
    let waits = |night: &Night| {
        let gate = Gate::NotShadowed { region: name(BR), version: version("v427") };
        night.plan(BR).why == Wait::Gate { region: None, gate }.into()
    };
    night.sight.since = night.now;
    assert!(waits(&night));
    night.pass("2m 59s");
    assert!(waits(&night));
    shadowed(&mut night, CapturedVerdict::Pass);
    night.starts(BR);
}

/// The other regions have the release, one page names the region, and no customer was answered by it there.
#[test]
fn a_region_whose_shadow_fails_is_left_behind_with_one_page() {
    let mut night = turn_of_br("");
    shadowed(&mut night, CapturedVerdict::Fail);
    let page = night.next(BR);
    let advice = Advice::CompareRequests { region: name(BR), version: version("v427") };
    assert_eq!(page.next, Next::Page { region: name(BR), advice });
    night.sent(page);
    assert_eq!(night.next(BR).finish(), Some(Finish::Deferred));
    let gate = Gate::ShadowFailed { region: name(BR), version: version("v427"), failed: vec![failed()] };
    assert!(matches!(left(&night), Some(Reason::LeftBehind { why, .. }) if **why == gate.clone().into()));
    assert!(!night.sight.hub.condemned.contains_key(&release("v427")), "the others keep it");
}

#[test]
fn a_shadow_that_fails_stops_the_wave_where_policy_says_so() {
    let mut night = turn_of_br("on_regional_fail = \"stop\"");
    shadowed(&mut night, CapturedVerdict::Fail);
    assert_eq!((night.refused(BR).finish(), left(&night)), (Some(Finish::Failed), None));
}

/// Too few records, none, or no verdict after policy's patience.
#[test]
fn policy_says_what_a_shadow_without_a_word_does() {
    for (policy, finish) in [
        ("", None),
        ("nothing_captured = \"leave\"", Some(Finish::Deferred)),
        ("nothing_captured = \"stop\"", Some(Finish::Failed)),
    ] {
        for verdict in [Some(CapturedVerdict::NothingCaptured), Some(CapturedVerdict::TooFew), None] {
            let mut night = turn_of_br(policy);
            match verdict {
                Some(verdict) => shadowed(&mut night, verdict),
                None => {
                    night.sight.since = night.now;
                    night.pass("3m");
                }
            }
            match finish {
                None => night.starts(BR),
                ends => assert_eq!(night.refused(BR).finish(), ends, "{policy}: {verdict:?}"),
            }
        }
    }
}

/// The first word stands: whoever shadows twice changes nothing (I10).
#[test]
fn a_second_shadow_of_a_release_changes_nothing() {
    let mut night = turn_of_br("");
    shadowed(&mut night, CapturedVerdict::Fail);
    let once = night.history(BR).clone();
    shadowed(&mut night, CapturedVerdict::Pass);
    assert_eq!(*night.history(BR), once);
}

#[test]
fn a_fleet_without_shadow_asks_for_none() {
    let mut night = Night::confirmed_in(&[EU, AU, JP]);
    shadowed(&mut night, CapturedVerdict::Fail);
    night.starts(BR);
}

/// The audit shares no code with the preflight.
#[test]
fn the_audit_refuses_a_start_that_its_shadow_does_not_let() {
    let mut night = turn_of_br("nothing_captured = \"leave\"");
    shadowed(&mut night, CapturedVerdict::Pass);
    let plan = night.next_after(BR, &[Act::Prepare]);
    assert_eq!(audit(&night.fleet, &night.sight, &plan, night.now), []);
    let refused = |night: &Night| {
        let notes = audit(&night.fleet, &night.sight, &plan, night.now);
        notes == [Violation::ShadowNotPassed { region: name(BR), version: version("v427") }]
    };
    night.history_mut(BR).shadowed.clear();
    assert!(refused(&night));
    shadowed(&mut night, CapturedVerdict::Fail);
    assert!(refused(&night));
}

/// Once the release has answered customers there, its canary says more.
#[test]
fn a_shadow_looks_again_only_before_the_release_answers_anybody() {
    let mut night = turn_of_br("");
    let due = |night: &Night| night.history(BR).is_shadow_due(&release("v427"), night.now);
    assert!(due(&night));
    shadowed(&mut night, CapturedVerdict::TooFew);
    night.pass("59m");
    assert!(!due(&night));
    night.pass("1m");
    assert!(due(&night));
    night.starts(BR);
    assert!(night.history(BR).update.is_some() && !due(&night));
    shadowed(&mut night, CapturedVerdict::Pass);
    night.pass("2h");
    assert!(!due(&night));
}
