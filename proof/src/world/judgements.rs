//! What the judge says, made once by the judge himself from counts that lead to it.

use super::setting::{Showing, reference};
use meridian_judge::{Arm, Judgement, MinuteCounts, RegionCounts, RegionEvidence, Watch, WatchStage, judge};
use std::sync::LazyLock;

/// Minutes of counts.
const MINUTES: i64 = 20;

static PASS: LazyLock<Judgement> = LazyLock::new(|| of(5_000, 0));
static FAIL: LazyLock<Judgement> = LazyLock::new(|| of(5_000, 250));
static THIN: LazyLock<Judgement> = LazyLock::new(|| of(5, 0));

impl Showing {
    /// The judgement that the planner is given.
    pub(super) fn judgement(self) -> &'static Judgement {
        match self {
            Showing::Pass => &PASS,
            Showing::Fail => &FAIL,
            Showing::Thin => &THIN,
        }
    }
}

/// The judge's word, when his time is up, on so many requests a minute of each arm and so many slow ones of green. What is
/// pooled is left out: histories give every region its own verdict.
fn of(requests: u64, slow: u64) -> Judgement {
    let fleet = reference();
    let mut counts = RegionCounts::default();
    for metric in fleet.judge.required() {
        for minute in 0..MINUTES {
            let green = Arm::new(requests, if metric.is_latency() { slow } else { 0 });
            counts.take(&metric, MinuteCounts { minute, green: Some(green), blue: Some(Arm::new(requests, 0)) });
        }
    }
    let watch = Watch { warm_up: 0, last_look: MINUTES, due: true, stage: WatchStage::Canary };
    let full = judge(&fleet.judge, fleet.regions.len(), &counts, watch, &[]);
    Judgement { evidence: RegionEvidence::default(), pooled: Vec::new(), ..full }
}
