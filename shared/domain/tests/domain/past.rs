//! What counts of past days say to a plan.

use crate::night::{AU, EU, name};
use meridian_domain::RegionName;
use meridian_domain::plan::{dispersion, dispersions, last_hours};
use meridian_domain::replay::Row;
use meridian_judge::{Arm, MetricName, MinuteCounts};

fn row(region: &str, metric: &MetricName, minute: i64, green: Option<(u64, u64)>, blue: Option<(u64, u64)>) -> Row {
    let arm = |counts: Option<(u64, u64)>| counts.map(|(total, bad)| Arm::new(total, bad));
    let counts = MinuteCounts { minute, green: arm(green), blue: arm(blue) };
    Row { line: 1, region: name(region), metric: metric.clone(), counts }
}

fn rate(region: &RegionName, rows: &[Row], metric: &MetricName) -> Option<f64> {
    last_hours(rows)[region].rates.get(metric).copied()
}

#[test]
fn the_last_hour_is_sixty_minutes_of_the_regions_own_counts() {
    let (errors, other) = (MetricName::errors_5xx(), MetricName::errors_4xx());
    let mut rows = Vec::new();
    for minute in 0..120 {
        // An hour of other traffic before it, and another region beside it.
        let (total, bad) = if minute < 60 { (60_000, 6_000) } else { (600, 3) };
        rows.push(row(EU, &errors, minute, Some((200, 90)), Some((total, bad))));
        rows.push(row(AU, &errors, minute, None, Some((1_200, 12))));
    }
    // A metric that arrived in part counts too few requests, and has its own rate.
    rows.push(row(EU, &other, 119, None, Some((500, 5))));
    let hours = last_hours(&rows);
    assert_eq!(hours.len(), 2);
    // Both arms are the region's traffic; blue alone says how it usually errs.
    assert_eq!(hours[&name(EU)].rps, Some(800.0 / 60.0));
    assert_eq!(rate(&name(EU), &rows, &errors), Some(180.0 / 36_000.0));
    assert_eq!(rate(&name(EU), &rows, &other), Some(0.01));
    assert_eq!((hours[&name(AU)].rps, rate(&name(AU), &rows, &errors)), (Some(20.0), Some(0.01)));
}

#[test]
fn nothing_bad_seen_is_no_zero_rate_and_no_traffic_is_no_rate() {
    let errors = MetricName::errors_5xx();
    let rows: Vec<Row> = (0..10).map(|minute| row(EU, &errors, minute, None, Some((100, 0)))).collect();
    assert_eq!(rate(&name(EU), &rows, &errors), Some(0.5 / 1000.0));
    assert_eq!(last_hours(&rows)[&name(EU)].rps, Some(1000.0 / 600.0));
    let idle: Vec<Row> = (0..10).map(|minute| row(EU, &errors, minute, None, Some((0, 0)))).collect();
    assert_eq!((rate(&name(EU), &idle, &errors), last_hours(&idle)[&name(EU)].rps), (None, Some(0.0)));
    let green: Vec<Row> = (0..10).map(|minute| row(EU, &errors, minute, Some((100, 50)), None)).collect();
    assert_eq!(rate(&name(EU), &green, &errors), None, "green's rate is not the champion's");
}

/// Blue's minutes alone, each metric in each region by itself.
#[test]
fn scatter_is_estimated_per_region_and_metric() {
    let (errors, other) = (MetricName::errors_5xx(), MetricName::errors_4xx());
    let mut rows = Vec::new();
    for minute in 0..240 {
        rows.push(row(EU, &errors, minute, Some((100, 99)), Some((100, if minute % 2 == 0 { 0 } else { 8 }))));
        rows.push(row(AU, &errors, minute, None, Some((100, 4))));
    }
    rows.extend((0..100).map(|minute| row(EU, &other, minute, None, Some((100, 4)))));
    let found = dispersions(&rows);
    let keys: Vec<_> = found.iter().map(|(region, metric, _)| (region.as_str(), metric.as_str())).collect();
    assert_eq!(keys, [(AU, "5xx"), (EU, "5xx")]);
    assert_eq!((found[0].2.estimate, found[0].2.proposed), (0.0, 1.0));
    // 0 and 8: each pair's first count is 4 off its mean, 16 where 2 were expected.
    assert_eq!(found[1].2.estimate, 8.0);
}

/// Two kinds of pairs whose squares and expectations are known.
#[test]
fn scatter_is_observed_over_expected_squares() {
    // (100, 4) beside (300, 4): expected 2 of 8 in the first, so a square of 4 where 1.5 is expected; (100, 2) beside
    // (100, 2): 0 where 1 is.
    let arms = |pair: i64| if pair % 2 == 0 { [(100, 4), (300, 4)] } else { [(100, 2), (100, 2)] };
    let minutes = (0..120i64).flat_map(|pair| {
        let [first, second] = arms(pair).map(|(total, bad)| Arm::new(total, bad));
        [(2 * pair, first), (2 * pair + 1, second)]
    });
    let found = dispersion(minutes).unwrap();
    let error = (60.0f64 * (4.0 - 1.6 * 1.5f64).powi(2) + 60.0 * (0.0 - 1.6f64).powi(2)).sqrt() / 150.0;
    assert_eq!(found.pairs, 120);
    assert!((found.estimate - 1.6).abs() < 1e-12, "{found:?}");
    assert!((found.upper - (1.6 + 1.645 * error)).abs() < 1e-12, "{found:?}");
    assert!((found.proposed - 1.8).abs() < 1e-12, "{found:?}");
}

#[test]
fn minutes_without_a_request_are_no_minutes() {
    let arm = |minute: i64| if minute % 3 == 0 { Arm::new(0, 0) } else { Arm::new(1000, 5) };
    assert_eq!(dispersion((0..360).map(|minute| (minute, arm(minute)))).unwrap().pairs, 120);
    let alternate = |minute: i64| if minute % 2 == 0 { Arm::new(0, 0) } else { Arm::new(1000, 5) };
    assert!(dispersion((0..400).map(|minute| (minute, alternate(minute)))).is_none(), "no two are neighbours");
}
