//! The sentences of the judge's findings: every one once, and those of judged counts.

use meridian_domain::replay::{Replay, Setting, WaveGrounds, read, replay};
use meridian_domain::stakes::Exposure;
use meridian_judge::{
    Finding, Grounds, Harm, JudgePolicy, LeftOut, MetricGrounds, MetricName, PooledFailure, Scattered, Tally, Verdict,
    Witness,
};
use meridian_messages::judging;

fn name(text: &str) -> MetricName {
    text.parse().unwrap()
}

fn own(metric: &str, finding: Finding) -> MetricGrounds {
    let (green, blue) = (Tally { total: 90_000, bad: 75 }, Tally { total: 810_000, bad: 825 });
    let harm = Harm { excess: 0.001, answers: 60, way_back: 0, a_day: 17_280, failover: 120, dispersion: 2.0 };
    let (effect, interval) = (Some(0.818), (0.6, Some(1.094)));
    let (metric, harm, scattered) = (name(metric), Some(harm), None);
    MetricGrounds { metric, green, blue, effect, interval, harm, scattered, finding }
}

/// Twenty-six minutes of one metric in one region, or fewer, as a file has them.
fn judged(bad: u64, minutes: i64) -> Replay {
    let line = |minute| {
        format!(
            r#"{{"minute":{minute},"region":"eu-west-1","metric":"5xx","green":{{"total":3600,"bad":{bad}}},"blue":{{"total":32400,"bad":33}}}}"#
        )
    };
    let lines: Vec<String> = (0..minutes).map(line).collect();
    let policy = JudgePolicy::default();
    let exposure = Exposure::default();
    let setting = Setting { policy: &policy, regions: Vec::new(), warm_up: 1, exposure };
    replay(&setting, &read(&lines.join("\n")).unwrap()).unwrap()
}

#[test]
fn every_finding_has_its_sentence() {
    let open = "5xx 0.0833 % on green, 0.10 % on blue, 0.82 times as many (0.60 to 1.09): ";
    let served = Tally { total: 90_000, bad: 2_250 };
    for (finding, words) in [
        (Finding::Worse { than: 1.25 }, "worse than 1.25 times"),
        (Finding::StakesUnknown, "what is at stake is unknown"),
        (Finding::Suspected, "green's own minutes scatter too much: neither a failure nor a pass"),
        (Finding::TooFewRequests { needed: 100_000 }, "too few requests: 90000, 100000 needed on each side"),
        (
            Finding::LeftOut(LeftOut::Load { ratio: 1.0 / 9.0 }),
            "left out, an instance of green serves 0.11 times as many requests as one of blue; latencies are compared at \
             full load, after the shift",
        ),
        (
            Finding::LeftOut(LeftOut::CallersAtFullLoad),
            "left out, callers cause 4xx too; they are compared only in the same minutes, before the shift",
        ),
    ] {
        assert_eq!(judging::metric_grounds(&own("5xx", finding)), format!("{open}{words}"));
    }
    for (finding, words) in [
        (Finding::OverBound { served, allowed: 0.01 }, "5xx 2.50 % of 90000 requests on green, allowed 1.00 %"),
        (Finding::NoCommonMinutes, "5xx: no minute has both canary and baseline data"),
        (Finding::MinutesMissing, "5xx: too many minutes are missing"),
    ] {
        assert_eq!(judging::metric_grounds(&own("5xx", finding)), words);
    }
}

/// Answers first: what is at stake, and what policy allows.
#[test]
fn what_is_at_stake_is_said_in_answers() {
    let rates = "0.0833 % on green, 0.10 % on blue, 0.82 times as many (0.60 to 1.09)";
    let fault = "bad answers from a fault that these counts cannot show";
    for (finding, words) in [
        (Finding::HarmWithin { allowed: 4_000 }, format!("at most 60 {fault}, policy allows 4,000")),
        (Finding::HarmOver { allowed: 50 }, format!("at most 60 {fault}, policy allows 50")),
        (Finding::LookToCome { allowed: 1_234_567 }, format!("at most 60 {fault} so far, policy allows 1,234,567")),
    ] {
        assert_eq!(judging::metric_grounds(&own("5xx", finding)), format!("5xx: {words}; {rates}"));
    }
    for (of, whose) in
        [(Witness::Blue, "blue's minutes scatter"), (Witness::GreensPart, "green's part of the 4xx scatters")]
    {
        let scattered = Some(Scattered { of, shown: 12.68, declared: 2.0 });
        let grounds = MetricGrounds { scattered, ..own("5xx", Finding::HarmWithin { allowed: 4_000 }) };
        let words = format!(
            "; {whose} 12.7 times as much as chance, policy declares 2: the harm bound uses the measured scatter"
        );
        assert!(judging::metric_grounds(&grounds).ends_with(&words), "{}", judging::metric_grounds(&grounds));
    }
}

#[test]
fn a_ratio_without_an_upper_bound_has_a_sentence() {
    let of = |effect, interval| {
        let grounds = MetricGrounds { effect, interval, ..own("5xx", Finding::StakesUnknown) };
        judging::metric_grounds(&grounds)
    };
    assert!(of(Some(1.5), (0.5, None)).contains(" on blue, 0.50 times as many or more: "));
    assert!(of(None, (0.5, None)).contains(" on blue, 0.50 times as many or more: "));
    assert!(of(None, (0.5, Some(7.0))).contains(" on blue, 0.50 to 7.00 times as many: "));
    let nothing = MetricGrounds { green: Tally::default(), ..own("5xx", Finding::Suspected) };
    assert!(judging::metric_grounds(&nothing).starts_with("5xx none on green, 0.10 % on blue, "));
}

#[test]
fn what_decided_comes_first() {
    let pooled = Some(PooledFailure { metrics: vec![name("4xx"), name("5xx")], regions: 3 });
    let grounds = Grounds {
        pooled,
        unknown: vec![name("teapots")],
        metrics: vec![own("4xx", Finding::NoCommonMinutes), own("5xx", Finding::MinutesMissing)],
    };
    let words = "4xx and 5xx worse, pooled over 3 regions; teapots is not in the policy: add it to [judge.metrics]; \
                 4xx: no minute has both canary and baseline data; 5xx: too many minutes are missing";
    assert_eq!(judging::grounds(&grounds), words);
    assert_eq!(judging::verdict(Verdict::Inconclusive, &grounds), format!("inconclusive: {words}"));
    assert_eq!(judging::grounds(&Grounds::default()), "no metric could be judged");
}

#[test]
fn judged_counts_are_given_with_their_numbers() {
    let of = |bad, minutes| judging::metric(&judged(bad, minutes).regions[0].judgement.metrics[0]);
    let told = [(3, 26), (12, 26), (6, 4), (0, 26)].map(|(bad, minutes)| of(bad, minutes)).join("\n");
    let within = |harm: &str, rates: &str| {
        format!(
            "5xx: at most {harm} bad answers from a fault that these counts cannot show, policy allows 5,000; {rates}"
        )
    };
    let expected = [
        within("32", "0.0833 % on green, 0.10 % on blue, 0.82 times as many (0.60 to 1.09)"),
        "5xx 0.33 % on green, 0.10 % on blue, 3.27 times as many (1.58 to 6.12): worse than 1.25 times".to_owned(),
        within("1,420", "0.17 % on green, 0.10 % on blue, 1.64 times as many (0.81 to 3.00)"),
        within("0", "0.00 % on green, 0.10 % on blue, 0.00 times as many (0.00 to 0.05)"),
    ]
    .join("\n");
    assert_eq!(told, expected);
    let worse = judged(12, 26);
    assert_eq!(judging::judgement(&worse.regions[0].judgement), format!("fail: {}", of(12, 26)));
    assert_eq!(judging::wave(&worse.wave.grounds), format!("eu-west-1: {}", of(12, 26)));
}

#[test]
fn a_replayed_wave_says_where_it_was_decided() {
    let regions = || vec!["eu-west-1".parse().unwrap(), "sa-east-1".parse().unwrap()];
    let grounds = Grounds { metrics: vec![own("5xx", Finding::NoCommonMinutes)], ..Grounds::default() };
    let region = "eu-west-1".parse().unwrap();
    for (grounds, words) in [
        (WaveGrounds::Failed { region, grounds }, "eu-west-1: 5xx: no minute has both canary and baseline data"),
        (WaveGrounds::Missing { regions: regions() }, "data is missing in eu-west-1, sa-east-1"),
        (WaveGrounds::EveryRegion, "every region passes"),
        (WaveGrounds::Open { regions: regions() }, "too little data in eu-west-1, sa-east-1"),
    ] {
        assert_eq!(judging::wave(&grounds), words);
    }
}
