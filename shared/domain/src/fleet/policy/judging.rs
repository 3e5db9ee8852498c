//! What must hold of `[judge]`.

use super::lines::{Check, PolicyReader};
use super::{FieldRule, FleetError};
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

/// What must hold of each number. A comparison with NaN is false.
fn checks(policy: &JudgePolicy) -> [Check; 14] {
    let level = |value: f64| (1e-6..=0.2).contains(&value);
    [
        (policy.min_requests > 0, "min_requests", FieldRule::MinRequests),
        (policy.latency_bound > SignedDuration::ZERO, "latency_bound", FieldRule::AboveZeroSeconds),
        (share(policy.latency_share), "latency_share", FieldRule::Share),
        (share(policy.max_4xx), "max_4xx", FieldRule::Share),
        (share(policy.max_5xx), "max_5xx", FieldRule::Share),
        (level(policy.alpha), "alpha", FieldRule::Level),
        (share(policy.bounds_share), "bounds_share", FieldRule::Share),
        (share(policy.pooled_share), "pooled_share", FieldRule::Share),
        (share(policy.planned_share), "planned_share", FieldRule::Share),
        (level(policy.pass_alpha), "pass_alpha", FieldRule::Level),
        ((1.0..=100.0).contains(&policy.tolerance_fail), "tolerance_fail", FieldRule::ToleranceFail),
        (policy.harm > 0, "harm", FieldRule::Harm),
        (policy.min_minutes > 0, "min_minutes", FieldRule::AboveZero),
        (scatter(policy.dispersion), "dispersion", FieldRule::Dispersion),
    ]
}

fn own_checks(metric: &MetricPolicy) -> [Check; 2] {
    [
        (metric.max.is_none_or(share), "max", FieldRule::Share),
        (metric.dispersion.is_none_or(scatter), "dispersion", FieldRule::Dispersion),
    ]
}

fn share(value: f64) -> bool {
    value > 0.0 && value < 1.0
}

fn scatter(value: f64) -> bool {
    (1.0..=1000.0).contains(&value)
}
