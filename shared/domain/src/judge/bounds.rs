//! Absolute bounds alone: the judge that `promote` asks until it reads counts by the minute.
//!
//! The first judge: absolute bounds only. It says `Pass` when green and blue each saw enough requests and green broke no
//! bound, `Inconclusive` under that number, `Fail` when a bound is broken. A judge that compares the two arms comes in
//! behind the same function.

use crate::endpoint::FleetCounts;
use crate::fleet::JudgePolicy;
use crate::verdict::Verdict;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One region's evidence: the same minutes of both arms, bound to one release and one configuration by the entry that
/// records it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The challenger's arm.
    pub green: FleetCounts,
    /// The champion's arm.
    pub blue: FleetCounts,
}

/// A verdict with its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// What the counts say.
    pub verdict: Verdict,
    /// In words, numbers included.
    pub why: String,
    /// The counts.
    pub evidence: Evidence,
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.verdict, self.why)
    }
}

/// Judges one region's canary.
pub fn judge(policy: &JudgePolicy, evidence: Evidence) -> Judgement {
    let Evidence { green, blue } = evidence;
    // No traffic is never a pass, whatever a policy that was not read from a file says.
    let needed = policy.min_requests.max(1);
    let broken = bounds(policy, green).into_iter().find(|bound| bound.is_broken(green.requests, needed));
    let (verdict, why) = match broken {
        Some(bound) => (Verdict::Fail, bound.words(green.requests)),
        None if green.requests < needed || blue.requests < needed => {
            let why =
                format!("too few requests: green {}, blue {}, {needed} needed of each", green.requests, blue.requests);
            (Verdict::Inconclusive, why)
        }
        None => (Verdict::Pass, passed(green)),
    };
    Judgement { verdict, why, evidence }
}

/// One bound: a count that must not be more than a share of the requests.
struct Bound {
    name: String,
    count: u64,
    share: f64,
}

impl Bound {
    /// Broken where even the smallest accepted number of requests could not have hidden the count: below that number a
    /// handful of slow first requests must not condemn a release.
    fn is_broken(&self, requests: u64, min_requests: u64) -> bool {
        self.count as f64 > self.share * requests.max(min_requests) as f64
    }

    fn words(&self, requests: u64) -> String {
        let found = 100.0 * self.count as f64 / (requests.max(1)) as f64;
        format!("{} {found:.2} % of {requests} requests, allowed {:.2} %", self.name, 100.0 * self.share)
    }
}

fn bounds(policy: &JudgePolicy, green: FleetCounts) -> [Bound; 3] {
    [
        Bound {
            name: format!("over {:#}", policy.latency_bound),
            count: green.over_latency,
            share: policy.latency_share,
        },
        Bound { name: "5xx".to_owned(), count: green.errors_5xx, share: policy.max_5xx },
        Bound { name: "4xx".to_owned(), count: green.errors_4xx, share: policy.max_4xx },
    ]
}

fn passed(green: FleetCounts) -> String {
    let share = |count: u64| 100.0 * count as f64 / green.requests.max(1) as f64;
    format!(
        "{} requests on green, 5xx {:.2} %, 4xx {:.2} %, over the latency bound {:.2} %",
        green.requests,
        share(green.errors_5xx),
        share(green.errors_4xx),
        share(green.over_latency)
    )
}
