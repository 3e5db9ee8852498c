//! What must hold of `[judge]`.

use super::FleetError;
use super::lines::{Check, PolicyReader};
use jiff::SignedDuration;
use meridian_judge::{JudgePolicy, MetricPolicy};

/// The first thing that does not hold of the table, or of a table of `[judge.metrics]`.
pub(super) fn check(reader: &PolicyReader<'_>, policy: &JudgePolicy) -> Result<(), FleetError> {
    reader.first_broken("judge", &checks(policy))?;
    policy.metrics.iter().try_for_each(|(name, metric)| {
        let name = if name.as_str().contains('.') { format!("\"{name}\"") } else { name.to_string() };
        reader.first_broken(&format!("judge.metrics.{name}"), &own_checks(metric))
    })
}

/// What must hold of each number, and what to say where it does not. A comparison with NaN is false.
fn checks(policy: &JudgePolicy) -> [Check; 14] {
    let level = |value: f64| (1e-6..=0.2).contains(&value);
    [
        (policy.min_requests > 0, "min_requests", "must be above 0: no traffic is never a pass"),
        (policy.latency_bound > SignedDuration::ZERO, "latency_bound", "must be above 0s"),
        (share(policy.latency_share), "latency_share", "must be between 0 and 1"),
        (share(policy.max_4xx), "max_4xx", "must be between 0 and 1"),
        (share(policy.max_5xx), "max_5xx", "must be between 0 and 1"),
        (level(policy.alpha), "alpha", "must be between 0.000001 and 0.2"),
        (share(policy.bounds_share), "bounds_share", "must be between 0 and 1"),
        (share(policy.pooled_share), "pooled_share", "must be between 0 and 1"),
        (share(policy.planned_share), "planned_share", "must be between 0 and 1"),
        (level(policy.pass_alpha), "pass_alpha", "must be between 0.000001 and 0.2"),
        (
            (1.0..=100.0).contains(&policy.tolerance_fail),
            "tolerance_fail",
            "must be 1 to 100: a ratio of green's rate to blue's",
        ),
        (
            policy.harm > 0,
            "harm",
            "must be above 0: no count of requests rules out that a release costs one bad answer",
        ),
        (policy.min_minutes > 0, "min_minutes", "must be above 0"),
        (scatter(policy.dispersion), "dispersion", "must be 1 to 1000: the variance of a minute's count over its mean"),
    ]
}

fn own_checks(metric: &MetricPolicy) -> [Check; 2] {
    [
        (metric.max.is_none_or(share), "max", "must be between 0 and 1"),
        (
            metric.dispersion.is_none_or(scatter),
            "dispersion",
            "must be 1 to 1000: the variance of a minute's count over its mean",
        ),
    ]
}

fn share(value: f64) -> bool {
    value > 0.0 && value < 1.0
}

fn scatter(value: f64) -> bool {
    (1.0..=1000.0).contains(&value)
}
