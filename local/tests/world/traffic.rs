use crate::support::*;
use meridian_domain::Fleet;
use meridian_local::services::EpochSeconds;
use meridian_local::services::cloudwatch::*;
use meridian_local::world::{Behaviour, World, WorldConfig};

/// One statistic of SageMaker's metric over the minutes in a stretch of time.
fn read(world: &mut World, metric: &str, stat: &str, config: Option<&str>, from: &str, to: &str) -> Vec<f64> {
    read_of(world, AU, metric, stat, config, from, to)
}

pub fn read_of(
    world: &mut World,
    region: &str,
    metric: &str,
    stat: &str,
    config: Option<&str>,
    from: &str,
    to: &str,
) -> Vec<f64> {
    let query = MetricDataQuery {
        id: "q".to_owned(),
        metric_stat: Some(MetricStat {
            metric: Metric {
                namespace: "AWS/SageMaker".to_owned(),
                metric_name: metric.to_owned(),
                dimensions: dimensions(config),
            },
            period: 60,
            stat: stat.to_owned(),
        }),
        expression: None,
        label: None,
        return_data: None,
    };
    let get = GetMetricData {
        metric_data_queries: vec![query],
        start_time: EpochSeconds::from(at(from)),
        end_time: EpochSeconds::from(at(to)),
        scan_by: Some("TimestampAscending".to_owned()),
    };
    call(world, region, get).unwrap().metric_data_results.remove(0).values
}

#[test]
fn traffic_becomes_metrics_per_fleet_once_its_minute_has_ended() {
    let mut world = world(night());
    run_until(&mut world, "03:01:04");
    assert!(read(&mut world, "Invocations", "Sum", None, "03:00:00", "03:02:00").is_empty());
    run_until(&mut world, "03:03:00");
    let whole = read(&mut world, "Invocations", "Sum", None, "03:00:00", "03:01:00");
    assert!((whole[0] - 12_000.0).abs() < 500.0, "Sydney is at its peak of 200 a second: {whole:?}");
    let fleet = read(&mut world, "Invocations", "SampleCount", Some("fraud-v426-cfg"), "03:00:00", "03:01:00");
    assert_eq!(fleet, whole);
    assert_eq!(read(&mut world, "Invocations", "Sum", None, "02:00:00", "03:00:00").len(), 60, "an hour of history");
}

/// A minute is shown soon after its end and revised when the last of its samples arrive.
#[test]
fn a_minute_is_revised_until_it_is_complete() {
    let mut world = world(night());
    let seen = |world: &mut _, time| {
        run_until(world, time);
        read(world, "Invocations", "Sum", None, "03:00:00", "03:01:00")[0]
    };
    let first = seen(&mut world, "03:01:05");
    assert_eq!(seen(&mut world, "03:02:59"), first);
    let complete = seen(&mut world, "03:03:00");
    assert!((first / complete - 0.9).abs() < 0.001, "{first} of {complete}");
    assert_eq!(seen(&mut world, "03:10:00"), complete);
}

#[test]
fn containers_say_what_they_answered_where_they_do() {
    for (emit, network_isolation) in [(true, false), (false, false), (true, true)] {
        let usual = night();
        let fleet = Fleet { network_isolation, ..usual.fleet.clone() };
        let mut world = world(WorldConfig { fleet, containers_emit: emit, ..usual });
        let metric = |name: &str, stat: &str| MetricDataQuery {
            id: name.to_lowercase(),
            metric_stat: Some(MetricStat {
                metric: Metric {
                    namespace: "Meridian/Model".to_owned(),
                    metric_name: name.to_owned(),
                    dimensions: vec![Dimension::new("Release", "a".repeat(64))],
                },
                period: 60,
                stat: stat.to_owned(),
            }),
            expression: None,
            label: None,
            return_data: None,
        };
        let get = GetMetricData {
            metric_data_queries: vec![metric("alerts", "Average"), metric("score", "TC(0.9:)")],
            start_time: EpochSeconds::from(at("02:00:00")),
            end_time: EpochSeconds::from(at("03:00:00")),
            scan_by: None,
        };
        let results = call(&mut world, AU, get).unwrap().metric_data_results;
        if !emit || network_isolation {
            assert!(results.iter().all(|result| result.values.is_empty()), "{results:?}");
            continue;
        }
        let mean = |at: usize| results[at].values.iter().sum::<f64>() / results[at].values.len() as f64;
        assert!((mean(0) - 0.02).abs() < 0.002, "{}", mean(0));
        assert!((mean(1) / 12_000.0 - 0.01).abs() < 0.002, "{}", mean(1));
    }
}

#[test]
fn a_canary_takes_its_share_and_latency_turns_into_counts() {
    let mut world = world(night());
    prepare_v427(&mut world, AU);
    call(&mut world, AU, canary("fraud-v427-cfg", &[])).unwrap();
    run_until(&mut world, "03:08:00");
    let (from, to) = ("03:04:00", "03:06:00");
    let green: f64 = read(&mut world, "Invocations", "Sum", Some("fraud-v427-cfg"), from, to).iter().sum();
    let whole: f64 = read(&mut world, "Invocations", "Sum", None, from, to).iter().sum();
    assert!((green / whole - 0.5).abs() < 0.01, "one instance of two: {green} of {whole}");
    let p99 = read(&mut world, "ModelLatency", "p99", Some("fraud-v427-cfg"), from, to);
    assert!(p99.iter().all(|p99| (13_000.0..16_500.0).contains(p99)), "{p99:?}");
    let over = read(&mut world, "ModelLatency", "TC(20000:)", None, from, to);
    let under = read(&mut world, "ModelLatency", "TC(:20000)", None, from, to);
    assert_eq!(over.iter().chain(&under).sum::<f64>(), whole);
    assert!(over.iter().sum::<f64>() < 0.001 * whole);
    let errors: f64 = read(&mut world, "Invocation4XXErrors", "Average", None, from, to).iter().sum();
    assert!(errors < 0.012, "an error rate is an average: {errors}");
}

/// A night on which v427, prepared in Sydney and called for at 03:00, behaves as told: from 03:03 on it is a canary of one
/// instance of ten, from 03:12 on it serves alone.
fn sydney(behaviour: &str) -> World {
    let behaviour = format!("release = \"v427\"\n{behaviour}");
    let behaviours = vec![toml::from_str::<Behaviour>(&behaviour).unwrap()];
    let mut config = WorldConfig { behaviours, ..night() };
    let own = config.fleet.regions.iter_mut().find(|own| own.name.as_str() == AU).unwrap();
    (own.instances, own.most_instances) = (10, Some(10));
    let mut world = world(config);
    prepare_v427(&mut world, AU);
    call(&mut world, AU, canary("fraud-v427-cfg", &[])).unwrap();
    run_until(&mut world, "03:20:00");
    world
}

fn sum(world: &mut World, metric: &str, stat: &str, config: &str, (from, to): (&str, &str)) -> f64 {
    read(world, metric, stat, Some(config), from, to).iter().sum()
}

/// 20 requests a second and instance, in the canary as at full load: only the canary's own instances carry its share.
#[test]
fn a_release_without_capacity_is_slow_from_its_canary_on() {
    let mut world = sydney("capacity_rps = 30");
    let mut slow = |minutes| {
        let over = sum(&mut world, "ModelLatency", "TC(20000:)", "fraud-v427-cfg", minutes);
        over / sum(&mut world, "ModelLatency", "SampleCount", "fraud-v427-cfg", minutes)
    };
    let canary = slow(("03:05:00", "03:10:00"));
    assert!(canary > 0.5, "{canary}");
    assert!(slow(("03:13:00", "03:16:00")) > 0.5);
}

#[test]
fn a_starved_canary_has_no_metrics_and_blue_has_its_requests() {
    let mut world = sydney("traffic = 0.0");
    let canary = ("03:05:00", "03:10:00");
    assert!(read(&mut world, "Invocations", "Sum", Some("fraud-v427-cfg"), canary.0, canary.1).is_empty());
    let blue = sum(&mut world, "Invocations", "Sum", "fraud-v426-cfg", canary);
    assert!((blue / 60_000.0 - 1.0).abs() < 0.02, "{blue}");
    assert!(sum(&mut world, "Invocations", "Sum", "fraud-v427-cfg", ("03:13:00", "03:14:00")) > 10_000.0);
}

/// p99 is several times as high in the minutes in which new instances are cold, as green's in a canary and blue's are not, and
/// again when the rest of them get their first requests.
#[test]
fn new_instances_are_slow_in_their_first_minutes() {
    let mut world = world(night());
    prepare_v427(&mut world, AU);
    call(&mut world, AU, canary("fraud-v427-cfg", &[])).unwrap();
    // The canary takes traffic at 03:03, the rest moves by 03:12.
    run_until(&mut world, "03:20:00");
    let p99 = |world: &mut _, config, from, to| read(world, "ModelLatency", "p99", Some(config), from, to);
    let green = p99(&mut world, "fraud-v427-cfg", "03:03:00", "03:15:00");
    let slow: Vec<usize> = (0..green.len()).filter(|minute| green[*minute] > 35_000.0).collect();
    assert_eq!(slow, [0, 9], "{green:?}");
    assert!(green.iter().all(|p99| *p99 > 35_000.0 || *p99 < 16_000.0), "{green:?}");
    let blue = p99(&mut world, "fraud-v426-cfg", "03:03:00", "03:11:00");
    assert!(blue.iter().all(|p99| *p99 < 16_000.0), "{blue:?}");
}

#[test]
fn a_scenario_says_how_cold_new_instances_are() {
    for (cold, cold_share, slow) in [("3m", 0.1, 3), ("0s", 0.1, 0), ("3m", 0.0, 0)] {
        let mut config = night();
        (config.timing.cold, config.timing.cold_share) = (cold.parse().unwrap(), cold_share);
        let mut world = world(config);
        prepare_v427(&mut world, AU);
        call(&mut world, AU, canary("fraud-v427-cfg", &[])).unwrap();
        run_until(&mut world, "03:11:00");
        let green = read(&mut world, "ModelLatency", "p99", Some("fraud-v427-cfg"), "03:03:00", "03:11:00");
        assert_eq!(green.iter().filter(|p99| **p99 > 35_000.0).count(), slow, "{cold}, {cold_share}: {green:?}");
    }
}

/// `TC` says nothing, or zero, of a range without samples, and fractions where CloudWatch interpolates.
#[test]
fn a_count_in_a_range_is_as_the_facts_are_read() {
    let counted = |change: fn(&mut WorldConfig), range: &str| {
        let mut config = night();
        change(&mut config);
        let mut world = world(config);
        run_until(&mut world, "03:03:00");
        read(&mut world, "ModelLatency", range, Some("fraud-v426-cfg"), "03:00:00", "03:01:00")
    };
    assert_eq!(counted(|_| (), "TC(1000000:)"), Vec::<f64>::new());
    assert_eq!(counted(|config| config.live.empty_range_is_absent = false, "TC(1000000:)"), [0.0]);
    let (whole, part) =
        (counted(|_| (), "TC(:20000)"), counted(|config| config.live.range_is_interpolated = true, "TC(:20000)"));
    assert!(part[0] < whole[0] && part[0].fract() > 0.0, "{part:?} of {whole:?}");
}
