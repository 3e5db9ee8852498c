//! The verdict's words, numbers included.

use crate::counts::MetricName;
use crate::metric::{Found, Harm, Metric};
use crate::outcome::MetricJudgement;
use crate::policy::JudgePolicy;
use crate::region::Ruling;
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
        let mut parts = Vec::new();
        if ruling.wave == Verdict::Fail && ruling.verdict != Verdict::Fail {
            let failing = metrics.iter().filter(|metric| metric.wave == Verdict::Fail);
            let names: Vec<&str> = failing.map(|metric| metric.metric.as_str()).collect();
            parts.push(format!("{} is worse, pooled over {} regions", names.join(" and "), before + 1));
        }
        parts.extend(unknown.iter().map(|name| format!("{name} is in no policy: name it in [judge.metrics]")));
        let is_cause = |metric: &&MetricJudgement| metric.verdict == ruling.verdict;
        let (own, left_out): (Vec<_>, Vec<_>) =
            metrics.iter().filter(is_cause).partition(|metric| metric.left_out.is_none());
        let left_out = left_out.into_iter().filter(|metric| metric.verdict == Verdict::Fail);
        parts.extend(own.into_iter().chain(left_out).map(|metric| metric.why.clone()));
        if parts.is_empty() { "no metric has a say".to_owned() } else { parts.join("; ") }
    }

    /// One metric's verdict.
    pub(super) fn metric(policy: &JudgePolicy, metric: &Metric, told: &MetricJudgement, found: &Found) -> String {
        let name = &told.metric;
        if found.over_bound {
            let (served, allowed) = (metric.state.sums.served, percent(metric.gauge.max));
            return format!(
                "{name} {} of {} requests on green, allowed {allowed}",
                percent(served.rate()),
                served.total
            );
        }
        if found.evidence.missing && told.verdict != Verdict::Fail {
            let lost = match (told.green.total, told.blue.total) {
                (0, _) | (_, 0) => "no minute has both arms",
                _ => "too many minutes are missing",
            };
            return format!("{name}: {lost}");
        }
        let rates = format!("{name} {} on green, {} on blue", percent(told.green.rate()), percent(told.blue.rate()));
        let ratio = match (told.effect, told.interval) {
            (Some(effect), (low, Some(high))) => format!("{effect:.2} times as many ({low:.2} to {high:.2})"),
            (_, (low, Some(high))) => format!("{low:.2} to {high:.2} times as many"),
            (_, (low, None)) => format!("{low:.2} times as many or more"),
        };
        let meaning = match told.verdict {
            Verdict::Fail => format!("worse than {} times", policy.tolerance_fail),
            Verdict::Pass if found.negligible => {
                format!("green is under {}", percent(Some(policy.negligible)))
            }
            Verdict::Pass => format!("{} times is ruled out", policy.tolerance_region),
            Verdict::Inconclusive => return format!("{rates}, {ratio}: {}", Self::open(policy, metric, told, found)),
        };
        format!("{rates}, {ratio}: {meaning}")
    }

    /// Why nothing is concluded.
    fn open(policy: &JudgePolicy, metric: &Metric, told: &MetricJudgement, found: &Found) -> String {
        let least = told.green.total.min(told.blue.total);
        match () {
            () if found.evidence.scattered => {
                let shown = metric.witness().dispersion().unwrap_or_default();
                let whose = if metric.name.is_client_errors() {
                    "green's part of the 4xx scatters"
                } else {
                    "blue's minutes scatter"
                };
                format!(
                    "{whose} {shown:.1} times as much as chance, {} are declared: nothing is concluded",
                    metric.gauge.dispersion
                )
            }
            () if told.left_out.is_some() => format!("left out, {}", told.left_out.as_deref().unwrap_or_default()),
            () if found.harm == Harm::Suspected => {
                "green's own minutes scatter too much for a failure, and for a pass".to_owned()
            }
            () if least < policy.min_requests.max(1) => {
                format!("too few requests: {least}, {} needed of each arm", policy.min_requests.max(1))
            }
            () => format!("{} times is not ruled out yet", policy.tolerance_region),
        }
    }
}

fn percent(rate: Option<f64>) -> String {
    rate.map_or_else(|| "none".to_owned(), |rate| format!("{} %", three_digits(100.0 * rate)))
}

/// Two decimals, or three digits where the number is small.
fn three_digits(number: f64) -> String {
    if number == 0.0 || number >= 0.1 { format!("{number:.2}") } else { format!("{number:.4}") }
}
