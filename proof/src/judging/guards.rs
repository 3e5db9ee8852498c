//! The alarms that an update names for its automatic rollback, as `promote` writes them, over simulated minutes.
//!
//! Meridian's own two (verdict, heartbeat) are what its functions do, not what counts do: they stay quiet here.

use super::streams::{Arm, Counts, Metric, Minute};
use meridian_domain::AlarmSpec;
use meridian_domain::alarms::{Measured, SAGEMAKER, Watched};

/// The first minute at which one of these alarms is in ALARM, and what it watches. An arm without requests has no datapoint.
pub fn first(alarms: &[AlarmSpec], metrics: &[Metric], counts: &Counts) -> Option<(usize, Metric)> {
    alarms.iter().filter_map(|alarm| first_of(alarm, metrics, counts)).min()
}

fn first_of(alarm: &AlarmSpec, metrics: &[Metric], counts: &Counts) -> Option<(usize, Metric)> {
    let measured = match &alarm.watched {
        Watched::Metric(measured) | Watched::Excess { green: measured, .. } => measured,
    };
    let is_watched = of(measured)?;
    let (metric, minutes) = metrics.iter().zip(counts).find(|(metric, _)| is_watched(**metric))?;
    let mut last = vec![false; alarm.evaluation_periods.max(1) as usize];
    for (minute, counts) in minutes.iter().enumerate() {
        let place = minute % last.len();
        if let Some(oldest) = last.get_mut(place) {
            *oldest = breaches(alarm, measured, *counts);
        }
        if last.iter().filter(|breaching| **breaching).count() >= alarm.datapoints as usize {
            return Some((minute, *metric));
        }
    }
    None
}

/// Which of the simulated metrics SageMaker's one is.
fn of(measured: &Measured) -> Option<fn(Metric) -> bool> {
    match measured.metric {
        "Invocation4XXErrors" if measured.namespace == SAGEMAKER => Some(|metric| metric == Metric::Errors4xx),
        "Invocation5XXErrors" if measured.namespace == SAGEMAKER => Some(|metric| metric == Metric::Errors5xx),
        "ModelLatency" if measured.namespace == SAGEMAKER => Some(|metric| matches!(metric, Metric::LatencyOver(_))),
        _ => None,
    }
}

/// Whether a minute's datapoint is over the threshold; a missing one is not.
fn breaches(alarm: &AlarmSpec, measured: &Measured, Minute { green, blue }: Minute) -> bool {
    let over = |value: Option<f64>, threshold: f64| value.is_some_and(|value| value > threshold);
    match &alarm.watched {
        Watched::Excess { .. } => over(rate(green).zip(rate(blue)).map(|(green, blue)| green - blue), alarm.threshold),
        // A percentile is over the bound exactly where more than the rest of the requests are.
        Watched::Metric(_) => match percentile(measured.statistic) {
            Some(percentile) => over(rate(green), 1.0 - percentile),
            None => over(rate(green), alarm.threshold),
        },
    }
}

/// 0.99 of `p99`; none of an average.
fn percentile(statistic: &str) -> Option<f64> {
    Some(statistic.strip_prefix('p')?.parse::<f64>().ok()? / 100.0)
}

fn rate(arm: Arm) -> Option<f64> {
    (arm.total > 0).then(|| arm.bad as f64 / arm.total as f64)
}

#[cfg(test)]
mod tests {
    use super::super::planned;
    use super::super::streams::Usual;
    use super::*;
    use meridian_domain::Fleet;

    /// BR's alarms, which want five minutes in a row of errors and more of latency.
    fn alarms() -> Vec<AlarmSpec> {
        let fleet = Fleet::parse(include_str!("../../../local/fleets/reference/fleet.toml")).unwrap();
        let wave = planned::wave(&fleet, super::super::NIGHT, Usual::errors(0.001));
        wave.into_iter().find(|turn| turn.place.site.title == "BR").unwrap().alarms
    }

    /// Bad ones among 1,000 requests of each arm, minute by minute.
    fn first_minute(metric: Metric, green: &[u64], blue: u64) -> Option<usize> {
        let arm = |bad| Arm { total: 1_000, bad };
        let minutes = green.iter().map(|bad| Minute { green: arm(*bad), blue: arm(blue) }).collect();
        Some(first(&alarms(), &[metric], &vec![minutes])?.0)
    }

    #[test]
    fn errors_are_compared_with_blues() {
        for metric in [Metric::Errors4xx, Metric::Errors5xx] {
            assert_eq!(first_minute(metric, &[15; 20], 5), None, "1 % is not over 1 %");
            assert_eq!(first_minute(metric, &[16; 20], 5), Some(4));
            assert_eq!(first_minute(metric, &[16, 16, 16, 16, 5, 16, 16, 16, 16, 16], 5), Some(9), "five in a row");
            let alone = Minute { green: Arm { total: 1_000, bad: 900 }, blue: Arm::default() };
            assert_eq!(first(&alarms(), &[metric], &vec![vec![alone; 20]]), None, "no blue, no datapoint");
        }
    }

    #[test]
    fn a_percentile_is_over_its_bound_where_the_rest_is_larger() {
        assert_eq!(first_minute(Metric::LatencyOver(20), &[10; 20], 0), None);
        assert!(first_minute(Metric::LatencyOver(20), &[11; 20], 0) > Some(4), "instances may be cold first");
        assert_eq!(first_minute(Metric::Alerts, &[500; 20], 0), None, "nobody watches it");
    }
}
