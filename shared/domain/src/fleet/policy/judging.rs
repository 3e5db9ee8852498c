//! What must hold of `[judge]`.

use jiff::SignedDuration;
use meridian_judge::JudgePolicy;

/// What must hold of each number, and what to say where it does not. A comparison with NaN is false.
pub(super) fn checks(policy: &JudgePolicy) -> Vec<(bool, String)> {
    let share = |value: f64| value > 0.0 && value < 1.0;
    let level = |value: f64| (1e-6..=0.2).contains(&value);
    let scatter = |value: f64| (1.0..=1000.0).contains(&value);
    let fixed = [
        (policy.min_requests > 0, "judge.min_requests must be above 0: no traffic is never a pass"),
        (policy.latency_bound > SignedDuration::ZERO, "judge.latency_bound must be above 0s"),
        (share(policy.latency_share), "judge.latency_share must be between 0 and 1"),
        (share(policy.max_4xx), "judge.max_4xx must be between 0 and 1"),
        (share(policy.max_5xx), "judge.max_5xx must be between 0 and 1"),
        (level(policy.alpha), "judge.alpha must be between 0.000001 and 0.2"),
        (share(policy.bounds_share), "judge.bounds_share must be between 0 and 1"),
        (share(policy.pooled_share), "judge.pooled_share must be between 0 and 1"),
        (share(policy.planned_share), "judge.planned_share must be between 0 and 1"),
        (level(policy.pass_alpha), "judge.pass_alpha must be between 0.000001 and 0.2"),
        (
            (1.0..=100.0).contains(&policy.tolerance_fail),
            "judge.tolerance_fail must be 1 to 100: a ratio of green's rate to blue's",
        ),
        (
            policy.harm > 0,
            "judge.harm must be above 0: no count of requests rules out that a release costs one bad answer",
        ),
        (policy.min_minutes > 0, "judge.min_minutes must be above 0"),
        (
            scatter(policy.dispersion),
            "judge.dispersion must be 1 to 1000: the variance of a minute's count over its mean",
        ),
    ];
    let fixed = fixed.into_iter().map(|(holds, message)| (holds, message.to_owned()));
    let own = policy.metrics.iter().flat_map(|(name, metric)| {
        let table = if name.as_str().contains('.') { format!("\"{name}\"") } else { name.to_string() };
        [
            (metric.max.is_none_or(share), format!("judge.metrics.{table}.max must be between 0 and 1")),
            (
                metric.dispersion.is_none_or(scatter),
                format!(
                    "judge.metrics.{table}.dispersion must be 1 to 1000: the variance of a minute's count over its mean"
                ),
            ),
        ]
    });
    fixed.chain(own).collect()
}
