//! The verdict's words, numbers included.

use super::counts::MetricName;
use super::outcome::{MetricJudgement, Tally};
use super::region::Ruling;
use crate::fleet::{Gauge, JudgePolicy};
use crate::verdict::Verdict;
use std::collections::BTreeSet;

/// Makes sentences of verdicts.
pub(super) struct Words;

impl Words {
    /// The region's verdict: what decided it comes first.
    pub(super) fn of(
        ruling: Ruling,
        metrics: &[MetricJudgement],
        unknown: &BTreeSet<MetricName>,
        before: usize,
    ) -> String {
        let mut parts: Vec<String> =
            unknown.iter().map(|name| format!("{name} is in no policy: name it in [judge.metrics]")).collect();
        let own = metrics.iter().filter(|metric| metric.verdict == ruling.verdict && metric.left_out.is_none());
        let bounds = metrics.iter().filter(|metric| metric.verdict == ruling.verdict && metric.left_out.is_some());
        let bounds = bounds.filter(|metric| metric.verdict == Verdict::Fail);
        parts.extend(own.chain(bounds).map(|metric| metric.why.clone()));
        if ruling.wave == Verdict::Fail && ruling.verdict != Verdict::Fail {
            let failing = metrics.iter().filter(|metric| metric.wave == Verdict::Fail);
            let names: Vec<&str> = failing.map(|metric| metric.metric.as_str()).collect();
            parts.insert(0, format!("{} is worse pooled over {} regions", names.join(" and "), before + 1));
        }
        if parts.is_empty() { "no metric has a say".to_owned() } else { parts.join("; ") }
    }

    /// One metric's verdict.
    pub(super) fn metric(
        policy: &JudgePolicy,
        gauge: Gauge,
        told: &MetricJudgement,
        served: Tally,
        over_bound: bool,
        missing: bool,
    ) -> String {
        let name = &told.metric;
        if over_bound {
            let allowed = percent(gauge.max);
            return format!(
                "{name}: {} of {} requests on green, allowed {allowed}",
                percent(served.rate()),
                served.total
            );
        }
        if missing && told.verdict != Verdict::Fail {
            let lost = match (told.green.total, told.blue.total) {
                (0, _) | (_, 0) => "no minute has both arms",
                _ => "minutes are missing",
            };
            return format!("{name}: {lost}; missing is not zero");
        }
        if let Some(why) = &told.left_out {
            return format!("{name}: left out: {why}");
        }
        let rates = format!(
            "{name}: {} of {} requests on green, {} of {} on blue",
            percent(told.green.rate()),
            told.green.total,
            percent(told.blue.rate()),
            told.blue.total
        );
        let (low, high) = told.interval;
        let interval = match high {
            Some(high) => format!("ratio {low:.2} to {high:.2}"),
            None => format!("ratio {low:.2} or more"),
        };
        let meaning = match told.verdict {
            Verdict::Fail => format!("worse than {} times as many", policy.tolerance_fail),
            Verdict::Pass => "not worse".to_owned(),
            Verdict::Inconclusive => format!("too little to rule out {} times as many", policy.tolerance_region),
        };
        format!("{rates}, {interval}: {meaning}")
    }
}

fn percent(rate: Option<f64>) -> String {
    rate.map_or_else(|| "none".to_owned(), |rate| format!("{:.3} %", 100.0 * rate))
}
