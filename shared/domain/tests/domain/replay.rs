//! A wave's counts from a file: what was read, what was said, and when.

use meridian_domain::edge::JsonKind;
use meridian_domain::replay::{
    CountsError, CountsExpected, CountsFound, CountsProblem, Replay, ReplayWarning, Setting, WaveGrounds, read, replay,
};
use meridian_domain::stakes::Exposure;
use meridian_domain::{Fleet, JudgePolicy, RegionName, Verdict};
use meridian_judge::Finding;

/// A line of counts.
fn line(minute: i64, region: &str, metric: &str, green: (u64, u64), blue: (u64, u64)) -> String {
    format!(
        r#"{{"minute":{minute},"region":"{region}","metric":"{metric}","green":{{"total":{},"bad":{}}},"blue":{{"total":{},"bad":{}}}}}"#,
        green.0, green.1, blue.0, blue.1
    )
}

fn wave(from: i64, to: i64, region: &str, green_bad: u64) -> String {
    let minutes = (from..to).map(|minute| line(minute, region, "5xx", (3_600, green_bad), (32_400, 33)));
    minutes.collect::<Vec<_>>().join("\n")
}

fn judged(text: &str) -> Result<Replay, CountsError> {
    let policy = JudgePolicy::default();
    replay(&Setting { policy: &policy, regions: Vec::new(), warm_up: 1, exposure: Exposure::default() }, &read(text)?)
}

fn verdicts(text: &str) -> (Verdict, Vec<Verdict>) {
    let replay = judged(text).unwrap();
    (replay.wave.verdict, replay.regions.iter().map(|region| region.judgement.verdict).collect())
}

#[test]
fn the_built_in_policy_is_the_one_that_is_delivered() {
    let delivered = Fleet::parse(include_str!("../../../../local/fleets/reference/fleet.toml")).unwrap().judge;
    assert_eq!(JudgePolicy { metrics: delivered.metrics.clone(), ..JudgePolicy::default() }, delivered);
}

#[test]
fn an_equal_wave_passes_and_a_faulty_one_fails() {
    let eu = wave(0, 30, "eu-west-1", 4);
    let equal = format!("{eu}\n{}", wave(36, 60, "ap-southeast-2", 4));
    assert_eq!(verdicts(&equal), (Verdict::Pass, vec![Verdict::Pass; 2]));
    let replay = judged(&format!("{eu}\n{}", wave(36, 60, "ap-southeast-2", 20))).unwrap();
    let regions: Vec<_> = replay.regions.iter().map(|it| (it.region.as_str(), it.judgement.verdict)).collect();
    assert_eq!(regions, [("eu-west-1", Verdict::Pass), ("ap-southeast-2", Verdict::Fail)]);
    assert_eq!(replay.wave.verdict, Verdict::Fail);
    let minute = replay.wave.decided_at_minute;
    assert!((37..48).contains(&minute), "decided at minute {minute}");
    let WaveGrounds::Failed { region, grounds } = &replay.wave.grounds else { panic!("{:?}", replay.wave) };
    let [own] = grounds.metrics.as_slice() else { panic!("{grounds:?}") };
    assert_eq!(
        (region.as_str(), own.metric.as_str(), own.finding),
        ("ap-southeast-2", "5xx", Finding::Worse { than: 1.25 })
    );
}

/// The minutes of a file may count from each canary's beginning, or from the wave's.
#[test]
fn a_canary_begins_where_green_first_served() {
    let from_zero = wave(0, 30, "eu-west-1", 4);
    let later = wave(100, 130, "eu-west-1", 4);
    let numbers = |text: &str| judged(text).unwrap().regions.remove(0).judgement;
    assert_eq!(numbers(&from_zero), numbers(&later));
    let before = (90..100).map(|minute| {
        format!(r#"{{"minute":{minute},"region":"eu-west-1","metric":"5xx","green":null,"blue":{{"total":36000,"bad":36}}}}"#)
    });
    let with_history = format!("{}\n{later}", before.collect::<Vec<_>>().join("\n"));
    assert_eq!(numbers(&with_history), numbers(&later), "minutes before a canary are compared with nothing");
}

#[test]
fn a_later_line_replaces_a_minute_and_a_repeat_does_nothing() {
    let once = wave(0, 30, "eu-west-1", 4);
    let again = format!("{once}\n{}", wave(0, 30, "eu-west-1", 4));
    let numbers = |text: &str| judged(text).unwrap().regions.remove(0).judgement;
    assert_eq!(numbers(&once), numbers(&again));
    let revised =
        format!("{}\n{}", line(2, "eu-west-1", "5xx", (3_600, 40), (32_400, 33)), wave(0, 30, "eu-west-1", 4));
    assert_eq!(numbers(&revised), numbers(&once), "what was revised away counts no more");
}

#[test]
fn a_lost_metric_or_a_region_without_traffic_passes_nothing() {
    let lost: String = (0..30)
        .map(|minute| format!("{{\"minute\":{minute},\"region\":\"eu-west-1\",\"metric\":\"4xx\",\"green\":{{\"total\":3600,\"bad\":4}}}}\n"))
        .collect();
    let replay = judged(&format!("{}\n{lost}", wave(0, 30, "eu-west-1", 4))).unwrap();
    assert_eq!(replay.wave.verdict, Verdict::Inconclusive);
    assert_eq!(replay.regions[0].judgement.verdict, Verdict::Inconclusive);
    let silent: String = (0..10).map(|minute| line(minute, "sa-east-1", "5xx", (0, 0), (6_000, 6)) + "\n").collect();
    let (wave_verdict, regions) = verdicts(&format!("{}\n{silent}", wave(0, 30, "eu-west-1", 4)));
    assert_eq!((wave_verdict, regions[1]), (Verdict::Inconclusive, Verdict::Inconclusive));
}

#[test]
fn regions_that_policy_does_not_name_are_judged_with_a_warning() {
    let policy = JudgePolicy::default();
    let regions: Vec<RegionName> = vec!["eu-west-1".parse().unwrap()];
    let setting = Setting { policy: &policy, regions, warm_up: 1, exposure: Exposure::default() };
    let rows = read(&wave(0, 30, "ap-south-1", 4)).unwrap();
    let absent = ["4xx", "latency_over_20ms"].map(|name| name.parse().unwrap());
    let foreign = "ap-south-1".parse().unwrap();
    assert_eq!(
        replay(&setting, &rows).unwrap().warnings,
        [ReplayWarning::Absent(absent.into()), ReplayWarning::Foreign(vec![foreign])]
    );
}

/// What is wrong with a field of a line.
fn wrong(field: &str, found: CountsFound, expected: CountsExpected) -> CountsProblem {
    CountsProblem::Field { field: field.to_owned(), found, expected }
}

fn value(text: &str) -> CountsFound {
    CountsFound::Value(text.to_owned())
}

#[test]
fn a_wrong_line_is_refused_with_its_number_and_problem() {
    let good = wave(0, 2, "eu-west-1", 4);
    let number = || CountsFound::Kind(JsonKind::Number);
    let of_5xx = |more: &str| format!("{{\"minute\":1,\"region\":\"eu-west-1\",\"metric\":\"5xx\",{more}}}");
    for (bad, problem) in [
        ("[]".to_owned(), CountsProblem::NotAnObject(JsonKind::List)),
        (
            "{\"region\":\"eu-west-1\",\"metric\":\"5xx\"}".to_owned(),
            wrong("minute", CountsFound::Missing, CountsExpected::Minutes),
        ),
        (
            "{\"minute\":1.5,\"region\":\"eu-west-1\",\"metric\":\"5xx\"}".to_owned(),
            wrong("minute", value("1.5"), CountsExpected::WholeNumber),
        ),
        (
            "{\"minute\":1,\"region\":\"Dublin\",\"metric\":\"5xx\"}".to_owned(),
            wrong("region", value("Dublin"), CountsExpected::Region),
        ),
        (
            "{\"minute\":1,\"region\":\"eu-west-1\",\"metric\":5}".to_owned(),
            wrong("metric", number(), CountsExpected::Metric),
        ),
        (
            "{\"minute\":1,\"region\":\"eu-west-1\",\"metric\":\"teapots\"}".to_owned(),
            CountsProblem::UnknownMetric("teapots".parse().unwrap()),
        ),
        (of_5xx("\"green\":{\"total\":5,\"bad\":6}"), CountsProblem::MoreBadThanAll { arm: "green", bad: 6, total: 5 }),
        (of_5xx("\"blue\":{\"total\":-5,\"bad\":6}"), wrong("blue.total", value("-5"), CountsExpected::Requests)),
        (of_5xx("\"blue\":{\"total\":5}"), wrong("blue.bad", CountsFound::Missing, CountsExpected::Requests)),
        (
            of_5xx("\"green\":{\"total\":5,\"bad\":0,\"instances\":0}"),
            wrong("green.instances", value("0"), CountsExpected::Instances),
        ),
        (of_5xx("\"gren\":null"), CountsProblem::UnknownField("gren".to_owned())),
        (of_5xx("\"green\":7"), wrong("green", number(), CountsExpected::Arm)),
    ] {
        assert_eq!(judged(&format!("{good}\n{bad}")).unwrap_err(), CountsError { line: 3, problem }, "{bad}");
    }
    let error = judged(&format!("{good}\n{{")).unwrap_err();
    assert!(error.line == 3 && matches!(error.problem, CountsProblem::NotJson { .. }), "{error}");
    assert_eq!(judged("\n").unwrap_err(), CountsError { line: 1, problem: CountsProblem::NoCounts });
}

#[test]
fn an_error_has_line_field_and_expected_value() {
    let number = || CountsFound::Kind(JsonKind::Number);
    for (problem, words) in [
        (CountsProblem::NotJson { column: 1, quoted: "EOF".to_owned() }, "line 3: not JSON at column 1"),
        (
            CountsProblem::NotAnObject(JsonKind::List),
            "a list; expected an object with minute, region, metric, green and blue",
        ),
        (
            wrong("minute", CountsFound::Missing, CountsExpected::Minutes),
            "minute: missing; expected a whole number of minutes",
        ),
        (wrong("minute", value("1.5"), CountsExpected::WholeNumber), "minute: 1.5; expected a whole number"),
        (wrong("region", value("Dublin"), CountsExpected::Region), "region: Dublin; expected an AWS region name"),
        (wrong("metric", number(), CountsExpected::Metric), "metric: a number; expected a metric's name"),
        (CountsProblem::UnknownMetric("teapots".parse().unwrap()), "metric: teapots is neither built in nor named"),
        (
            CountsProblem::MoreBadThanAll { arm: "green", bad: 6, total: 5 },
            "green.bad: 6; expected at most green.total, which is 5",
        ),
        (
            wrong("blue.total", value("-5"), CountsExpected::Requests),
            "blue.total: -5; expected a whole number of requests, 0 or more",
        ),
        (
            wrong("green.instances", value("0"), CountsExpected::Instances),
            "green.instances: 0; expected a whole number of at least 1",
        ),
        (CountsProblem::UnknownField("gren".to_owned()), "gren: unknown field; expected minute"),
        (wrong("green", number(), CountsExpected::Arm), "green: a number; expected an object"),
        (CountsProblem::NoCounts, "no counts; expected one JSON object a line"),
    ] {
        let text = CountsError { line: 3, problem }.to_string();
        assert!(text.contains(words), "{text}\ndoes not say: {words}");
    }
}
