//! CloudWatch: what is asked in CBOR, and what is made of the counts.

use crate::common::{Seen, region, server, start};
use axum::response::{IntoResponse, Response};
use ciborium::Value;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::{AlarmState, ReleaseId, ServingRole, Sha256, alarms};
use meridian_handlers::ports::{CountsQuery, ErrorKind, MetricPoint, Signals};

fn answer(body: Value) -> Response {
    let mut bytes = Vec::new();
    ciborium::into_writer(&body, &mut bytes).unwrap();
    ([("smithy-protocol", "rpc-v2-cbor"), ("content-type", "application/cbor")], bytes).into_response()
}

fn map<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    Value::Map(pairs.map(|(name, value)| (name.into(), value)).to_vec())
}

fn list(values: impl IntoIterator<Item = Value>) -> Value {
    Value::Array(values.into_iter().collect())
}

fn body(seen: &Seen) -> Value {
    assert_eq!(seen.header("content-encoding"), "", "one value is far below the size from which the SDK compresses");
    ciborium::from_reader(&seen.body[..]).unwrap()
}

/// The value under `path`: names of maps, numbers of lists.
fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('/').fold(value, |value, step| match value {
        Value::Array(items) => &items[step.parse::<usize>().unwrap()],
        Value::Map(pairs) => {
            let pair = pairs.iter().find(|(name, _)| name.as_text() == Some(step));
            &pair.unwrap_or_else(|| panic!("no {step} in {path}")).1
        }
        other => panic!("no {step} in {other:?}"),
    })
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    at(value, path).as_text().unwrap()
}

fn number(value: &Value, path: &str) -> f64 {
    match at(value, path) {
        Value::Integer(integer) => i128::from(*integer) as f64,
        other => other.as_float().unwrap(),
    }
}

fn time(at: Timestamp) -> Value {
    Value::Tag(1, Box::new(Value::Integer(at.as_second().into())))
}

#[tokio::test]
async fn a_metric_is_published_by_the_second() {
    let server = server(|_| answer(map([]))).await;
    let ports = server.ports().await;
    let metric =
        MetricPoint { name: alarms::HEARTBEAT, endpoint: ports.fleet().endpoint.clone(), value: 1.0, at: start() };
    ports.publish(&region(), &[metric]).await.unwrap();
    let sent = server.calls().remove(0);
    assert!(sent.uri.path().ends_with("/operation/PutMetricData"), "{}", sent.uri);
    let sent = body(&sent);
    assert_eq!(text(&sent, "Namespace"), "Meridian");
    assert_eq!(text(&sent, "MetricData/0/MetricName"), alarms::HEARTBEAT);
    assert_eq!(text(&sent, "MetricData/0/Dimensions/0/Value"), "fraud");
    assert_eq!(number(&sent, "MetricData/0/StorageResolution"), 1.0);
}

#[tokio::test]
async fn the_guards_are_written_as_specified() {
    let server = server(|_| answer(map([]))).await;
    let ports = server.ports().await;
    let guards = alarms::guards(
        ports.fleet(),
        &ports.fleet().regions[0],
        &"fraud-v427".parse().unwrap(),
        Some(&"fraud-v426".parse().unwrap()),
    );
    ports.put_alarms(&region(), &guards).await.unwrap();
    let sent: Vec<Value> = server.calls().iter().map(body).collect();
    assert_eq!(sent.len(), 5);
    let [latency, client_errors, .., heartbeat] = sent.as_slice() else { panic!("five alarms") };
    assert_eq!(text(latency, "ExtendedStatistic"), "p99");
    assert_eq!(number(latency, "Threshold"), 20_000.0);
    assert_eq!(text(latency, "Dimensions/2/Value"), "fraud-v427");
    assert_eq!(text(latency, "TreatMissingData"), "notBreaching");
    // Metric math, and nothing beside it that CloudWatch refuses together with it.
    assert_eq!(text(client_errors, "Metrics/0/MetricStat/Metric/Dimensions/2/Value"), "fraud-v427");
    assert_eq!(text(client_errors, "Metrics/1/MetricStat/Metric/Dimensions/2/Value"), "fraud-v426");
    assert_eq!(
        (text(client_errors, "Metrics/2/Expression"), number(client_errors, "Threshold")),
        ("green - blue", 0.01)
    );
    let shown: Vec<bool> =
        (0..3).map(|at_| at(client_errors, &format!("Metrics/{at_}/ReturnData")).as_bool().unwrap()).collect();
    assert_eq!(shown, [false, false, true]);
    let names: Vec<&str> = client_errors.as_map().unwrap().iter().filter_map(|(name, _)| name.as_text()).collect();
    for alone in ["Namespace", "MetricName", "Dimensions", "Period", "Statistic", "ExtendedStatistic"] {
        assert!(!names.contains(&alone), "{names:?}");
    }
    assert_eq!(text(heartbeat, "Statistic"), "Maximum");
    assert_eq!(text(heartbeat, "ComparisonOperator"), "LessThanThreshold");
    assert_eq!(text(heartbeat, "TreatMissingData"), "breaching");
    let specified = guards.last().unwrap();
    assert_eq!(number(heartbeat, "DatapointsToAlarm"), f64::from(specified.datapoints));
    assert_eq!(number(heartbeat, "Period"), f64::from(specified.period));
}

#[tokio::test]
async fn metric_and_composite_alarms_are_both_seen() {
    let alarm = |name: &str, state: &str| map([("AlarmName", name.into()), ("StateValue", state.into())]);
    let page = map([
        ("MetricAlarms", list([alarm("fraud-verdict", "INSUFFICIENT_DATA")])),
        ("CompositeAlarms", list([alarm("fraud-rollback", "ALARM")])),
    ]);
    let server = server(move |_| answer(page.clone())).await;
    let names = ["fraud-verdict", "fraud-rollback", "fraud-gone"].map(str::to_owned);
    let seen = server.ports().await.alarms(&region(), &names).await.unwrap();
    let seen: Vec<_> = seen.iter().map(|alarm| (alarm.name.as_str(), alarm.state)).collect();
    assert_eq!(seen, [("fraud-verdict", AlarmState::InsufficientData), ("fraud-rollback", AlarmState::Alarm)]);
    let asked = body(&server.calls()[0]);
    assert_eq!((text(&asked, "AlarmTypes/0"), text(&asked, "AlarmTypes/1")), ("MetricAlarm", "CompositeAlarm"));
}

fn query(from: Timestamp) -> CountsQuery {
    CountsQuery {
        endpoint: "fraud".parse().unwrap(),
        variant: "main".parse().unwrap(),
        config: "fraud-v427".parse().unwrap(),
        release: ReleaseId(Sha256::of(b"v427")),
        role: ServingRole::First,
        from,
        to: start() + SignedDuration::from_mins(3),
        metrics: ["4xx", "latency_over_20ms", "alerts"].map(|name| name.parse().unwrap()).to_vec(),
    }
}

fn series(id: &str, status: &str, values: [f64; 2]) -> Value {
    let minutes = [0, 1].map(|minute| time(start() + SignedDuration::from_mins(minute)));
    map([
        ("Id", id.into()),
        ("StatusCode", status.into()),
        ("Timestamps", list(minutes)),
        ("Values", list(values.map(Value::Float))),
    ])
}

#[tokio::test]
async fn minutes_are_gathered_over_pages_and_only_those_asked_for() {
    let server = server(|seen| {
        let asked: Value = ciborium::from_reader(&seen.body[..]).unwrap();
        let first = asked.as_map().unwrap().iter().all(|(name, _)| name.as_text() != Some("NextToken"));
        if first {
            let series = [series("q0", "PartialData", [100.0, 200.0]), series("q1", "Complete", [0.0, 2.0])];
            answer(map([("MetricDataResults", list(series)), ("NextToken", "more".into())]))
        } else {
            let series = [
                series("q0", "Complete", [100.0, 207.0]),
                series("q2", "Complete", [100.0, 206.0]),
                series("q3", "Complete", [9.0, 3.0]),
            ];
            answer(map([("MetricDataResults", list(series))]))
        }
    })
    .await;
    let ports = server.ports().await;
    // Half a minute in: the first minute began before it, and CloudWatch answers it all the same.
    let served = ports.counts(&region(), &query(start() + SignedDuration::from_secs(30))).await.unwrap();
    let minutes = |metric: &str| -> Vec<(u64, u64)> {
        served.minutes(&metric.parse().unwrap()).map(|(_, arm)| (arm.total, arm.bad)).collect()
    };
    assert_eq!(minutes("4xx"), [(207, 2)]);
    assert_eq!(minutes("latency_over_20ms"), [(206, 3)]);
    assert_eq!(minutes("alerts"), [], "this container says nothing of itself");
    let asked = body(&server.calls()[0]);
    assert_eq!(text(&asked, "MetricDataQueries/3/MetricStat/Stat"), "TC(20000:)");
    assert_eq!(text(&asked, "MetricDataQueries/0/MetricStat/Metric/Dimensions/2/Name"), "EndpointConfigName");
    assert_eq!(text(&asked, "MetricDataQueries/5/MetricStat/Metric/Namespace"), "Meridian/Model");
    assert_eq!(text(&asked, "MetricDataQueries/5/MetricStat/Metric/Dimensions/0/Name"), "Release");
    assert_eq!(number(&asked, "MetricDataQueries/0/MetricStat/Period"), 60.0);
}

#[tokio::test]
async fn a_metric_that_could_not_be_read_is_not_zero() {
    let page = map([("MetricDataResults", list([series("q0", "InternalError", [0.0, 0.0])]))]);
    let server = server(move |_| answer(page.clone())).await;
    let error = server.ports().await.counts(&region(), &query(start())).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable);
}
