//! What counts say: silence is never a pass, a broken bound always a fail.

use crate::night::{counts, fleet};
use meridian_domain::{Evidence, FleetCounts, Verdict, judge};
use proptest::prelude::*;

fn arm() -> impl Strategy<Value = FleetCounts> {
    let few_or_many = || prop_oneof![0u64..400, any::<u32>().prop_map(u64::from)];
    (few_or_many(), few_or_many(), few_or_many(), few_or_many()).prop_map(
        |(requests, errors_4xx, errors_5xx, over_latency)| FleetCounts {
            requests,
            errors_4xx,
            errors_5xx,
            over_latency,
        },
    )
}

proptest! {
    #[test]
    fn an_arm_that_nobody_called_never_passes(green in arm(), blue in arm(), min_requests in 0u64..500, silent: bool) {
        let mut policy = fleet().judge;
        policy.min_requests = min_requests;
        let (green, blue) = if silent {
            (FleetCounts { requests: 0, ..green }, blue)
        } else {
            (green, FleetCounts { requests: 0, ..blue })
        };
        prop_assert_ne!(judge(&policy, Evidence { green, blue }).verdict, Verdict::Pass);
    }

    #[test]
    fn a_pass_has_enough_requests_and_every_bound_held(green in arm(), blue in arm()) {
        let policy = fleet().judge;
        let judgement = judge(&policy, Evidence { green, blue });
        let share = |count: u64| count as f64 / green.requests.max(1) as f64;
        let held = share(green.over_latency) <= policy.latency_share
            && share(green.errors_4xx) <= policy.max_4xx
            && share(green.errors_5xx) <= policy.max_5xx;
        let enough = green.requests >= policy.min_requests && blue.requests >= policy.min_requests;
        match judgement.verdict {
            Verdict::Pass => prop_assert!(held && enough),
            Verdict::Fail => prop_assert!(!held),
            Verdict::Inconclusive => prop_assert!(!enough),
        }
        prop_assert!(held || !enough || judgement.verdict == Verdict::Fail);
    }
}

#[test]
fn a_verdict_says_its_numbers() {
    let policy = fleet().judge;
    let verdict = |evidence| judge(&policy, evidence).to_string();
    assert_eq!(verdict(counts(299, 0)), "inconclusive: too few requests: green 299, blue 299, 300 needed of each");
    assert_eq!(verdict(counts(10_000, 101)), "fail: over 20ms 1.01 % of 10000 requests, allowed 1.00 %");
    assert!(verdict(counts(10_000, 100)).starts_with("pass: 10000 requests on green"));
}

#[test]
fn a_policy_that_asks_for_nothing_still_needs_traffic() {
    let mut policy = fleet().judge;
    policy.min_requests = 0;
    assert_eq!(judge(&policy, counts(0, 0)).verdict, Verdict::Inconclusive);
}

/// The first slow requests on cold caches must not condemn a release; as many as would break the bound at the smallest
/// accepted number do.
#[test]
fn a_handful_of_slow_first_requests_does_not_fail() {
    let policy = fleet().judge;
    assert_eq!(judge(&policy, counts(10, 3)).verdict, Verdict::Inconclusive);
    assert_eq!(judge(&policy, counts(10, 4)).verdict, Verdict::Fail);
}
