//! Which questions are asked of CloudWatch, and what their answers add up to.

use super::*;
use meridian_domain::Sha256;

fn query(metrics: &[&str]) -> CountsQuery {
    CountsQuery {
        endpoint: "fraud".parse().unwrap(),
        variant: "main".parse().unwrap(),
        config: "fraud-v427".parse().unwrap(),
        release: ReleaseId(Sha256::of(b"v427")),
        role: ServingRole::First,
        from: "2026-11-20T03:05:00Z".parse().unwrap(),
        to: "2026-11-20T03:07:00Z".parse().unwrap(),
        metrics: metrics.iter().map(|name| name.parse().unwrap()).collect(),
    }
}

fn survey(metrics: &[&str]) -> Survey {
    Survey::of(&query(metrics)).unwrap()
}

fn answer(survey: &mut Survey, metric: &str, statistic: &str, values: &[f64]) {
    let id = survey.questions().iter().find(|own| own.metric == metric && own.statistic == statistic);
    let id = id.unwrap().id.clone();
    let first: Timestamp = "2026-11-20T03:04:00Z".parse().unwrap();
    let minutes = (0..).map(|minute| first + SignedDuration::from_mins(minute)).zip(values.iter().copied());
    survey.add(&id, minutes).unwrap();
}

fn arms(survey: &Survey, metric: &str) -> Vec<(u64, u64)> {
    survey.minutes().minutes(&metric.parse().unwrap()).map(|(_, arm)| (arm.total, arm.bad)).collect()
}

#[test]
fn what_containers_say_is_read_where_their_role_may_write() {
    for (role, namespace) in [(ServingRole::First, "Meridian/Model"), (ServingRole::InTurn, "Meridian/Model/InTurn")] {
        let survey = Survey::of(&CountsQuery { role, ..query(&["alerts", "score_over_0.9"]) }).unwrap();
        assert!(survey.questions().iter().all(|own| own.namespace == namespace), "{survey:?}");
    }
    let own = Survey::of(&CountsQuery { role: ServingRole::InTurn, ..query(&["5xx"]) }).unwrap();
    assert!(own.questions().iter().all(|own| own.namespace == SAGEMAKER), "SageMaker's own are nobody's to write");
}

#[test]
fn minutes_outside_of_the_question_do_not_count() {
    let mut survey = survey(&["5xx"]);
    answer(&mut survey, "Invocations", "Sum", &[1000.0, 10.0, 20.0, 1000.0]);
    answer(&mut survey, "Invocation5XXErrors", "Sum", &[9.0, 1.0, 0.0, 9.0]);
    assert_eq!(arms(&survey, "5xx"), [(10, 1), (20, 0)]);
}

#[test]
fn a_minute_of_which_half_is_known_is_not_zero() {
    let mut survey = survey(&["latency_over_20ms"]);
    answer(&mut survey, "ModelLatency", "SampleCount", &[0.0, 10.0, 20.0]);
    assert!(survey.minutes().is_empty());
    answer(&mut survey, "ModelLatency", "TC(20000:)", &[0.0, 2.0]);
    assert_eq!(arms(&survey, "latency_over_20ms"), [(10, 2)]);
}

/// A model without one slow answer is not blind, and one of which no range can be counted is.
#[test]
fn an_absent_range_is_zero_where_its_other_side_is_answered() {
    let mut survey = survey(&["latency_over_20ms", "5xx"]);
    answer(&mut survey, "Invocations", "Sum", &[0.0, 10.0, 20.0]);
    answer(&mut survey, "ModelLatency", "SampleCount", &[0.0, 10.0, 20.0]);
    assert!(survey.minutes().is_empty(), "neither side, nor any count of errors");
    answer(&mut survey, "ModelLatency", "TC(:20000)", &[0.0, 10.0]);
    assert_eq!(arms(&survey, "latency_over_20ms"), [(10, 0)]);
    assert_eq!(arms(&survey, "5xx"), []);
}

#[test]
fn a_fraction_is_taken_for_the_nearest_count() {
    let mut survey = survey(&["latency_over_20ms"]);
    answer(&mut survey, "ModelLatency", "SampleCount", &[0.0, 10.0, 20.0]);
    answer(&mut survey, "ModelLatency", "TC(20000:)", &[0.0, 1.7, 0.4]);
    assert_eq!(arms(&survey, "latency_over_20ms"), [(10, 2), (20, 0)]);
}

#[test]
fn a_minute_that_is_answered_again_is_revised_and_counts_once() {
    let mut survey = survey(&["4xx"]);
    for revision in [0.0, 5.0] {
        answer(&mut survey, "Invocations", "Sum", &[0.0, 90.0 + revision]);
        answer(&mut survey, "Invocation4XXErrors", "Sum", &[0.0, revision]);
    }
    assert_eq!(arms(&survey, "4xx"), [(95, 5)]);
}

#[test]
fn each_question_is_asked_once_with_the_fleets_own_dimensions() {
    let survey = survey(&["4xx", "5xx", "latency_over_20ms", "latency_over_1.5s", "alerts", "score_over_0.9"]);
    let asked: Vec<(&str, &str, &str)> = survey
        .questions()
        .iter()
        .map(|own| (own.metric.as_str(), own.statistic.as_str(), own.dimensions[0].0))
        .collect();
    let wanted = [
        ("Invocations", "Sum", "EndpointName"),
        ("Invocation4XXErrors", "Sum", "EndpointName"),
        ("Invocation5XXErrors", "Sum", "EndpointName"),
        ("ModelLatency", "SampleCount", "EndpointName"),
        ("ModelLatency", "TC(20000:)", "EndpointName"),
        ("ModelLatency", "TC(:20000)", "EndpointName"),
        ("ModelLatency", "TC(1500000:)", "EndpointName"),
        ("ModelLatency", "TC(:1500000)", "EndpointName"),
        ("alerts", "SampleCount", "Release"),
        ("alerts", "Sum", "Release"),
        ("score", "SampleCount", "Release"),
        ("score", "TC(0.9:)", "Release"),
        ("score", "TC(:0.9)", "Release"),
    ];
    assert_eq!(asked, wanted);
}

fn of_slots(metrics: &[&str], releases: &[ReleaseId], roles: &[ServingRole]) -> Survey {
    let CountsQuery { endpoint, variant, from, to, metrics, .. } = query(metrics);
    let (slot, releases, roles) = (SignedDuration::from_mins(1), releases.to_vec(), roles.to_vec());
    Survey::of_slots(&SlotsQuery { endpoint, variant, slot, from, to, metrics, releases, roles }).unwrap()
}

#[test]
fn a_whole_endpoint_is_asked_without_its_configuration() {
    let survey = of_slots(&["5xx", "latency_over_20ms"], &[], &[]);
    assert_eq!((survey.questions().len(), survey.period()), (5, 60));
    let dimensions = [("EndpointName", "fraud".to_owned()), ("VariantName", "main".to_owned())];
    assert!(survey.questions().iter().all(|own| own.namespace == SAGEMAKER && own.dimensions == dimensions));
    assert!(of_slots(&["alerts"], &[], &[ServingRole::First]).questions().is_empty(), "nobody to ask");
}

/// Each day served another release, and none of them is known by half.
#[test]
fn what_containers_say_is_added_up_over_the_releases_that_served() {
    let releases = ["v426", "v427"].map(|version| ReleaseId(Sha256::of(version.as_bytes())));
    let roles = [ServingRole::First, ServingRole::InTurn];
    let mut survey = of_slots(&["alerts"], &releases, &roles);
    assert_eq!(survey.questions().len(), 8, "by release and role");
    let first: Timestamp = "2026-11-20T03:05:00Z".parse().unwrap();
    let mut answer = |release: &ReleaseId, statistic: &str, values: &[f64]| {
        let own = |own: &&Question| {
            own.namespace == "Meridian/Model"
                && own.statistic == statistic
                && own.dimensions[0].1 == release.to_string()
        };
        let id = survey.questions().iter().find(own).unwrap().id.clone();
        let minutes = (0..).map(|minute| first + SignedDuration::from_mins(minute)).zip(values.iter().copied());
        survey.add(&id, minutes).unwrap();
    };
    answer(&releases[0], "SampleCount", &[100.0, 40.0]);
    answer(&releases[0], "Sum", &[3.0, 1.0]);
    answer(&releases[1], "SampleCount", &[0.0, 60.0]);
    answer(&releases[1], "Sum", &[0.0]);
    assert_eq!(arms(&survey, "alerts"), [(100, 3)], "of the second minute only half is known");
}

#[test]
fn a_bound_that_is_none_is_named() {
    for (metric, expected) in [("latency_over_20", BoundKind::Time), ("score_over_high", BoundKind::Number)] {
        let error = Survey::of(&query(&[metric])).unwrap_err();
        assert_eq!(error, FailureDetail::NoBound { metric: metric.parse().unwrap(), expected });
    }
    assert!(survey(&["5xx"]).add("q9", std::iter::empty()).is_err());
}
