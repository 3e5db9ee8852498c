//! What a replay names: what decided a verdict, and at which minute.

use meridian_domain::replay::{Replay, Setting, WaveGrounds, read, replay};
use meridian_domain::stakes::Exposure;
use meridian_domain::{JudgePolicy, Verdict};
use meridian_judge::PooledFailure;

/// Minutes of one metric in one region: requests of green and of blue, and bad ones.
fn metric(
    minutes: std::ops::Range<i64>,
    region: &str,
    metric: &str,
    green: (u64, u64),
    blue: (u64, u64),
) -> Vec<String> {
    let line = |minute| {
        format!(
            r#"{{"minute":{minute},"region":"{region}","metric":"{metric}","green":{{"total":{},"bad":{}}},"blue":{{"total":{},"bad":{}}}}}"#,
            green.0, green.1, blue.0, blue.1
        )
    };
    minutes.map(line).collect()
}

/// The metrics of one region minute by minute, as a file has them.
fn interleaved(metrics: &[Vec<String>]) -> String {
    let minutes = metrics.iter().map(Vec::len).max().unwrap_or(0);
    let lines = (0..minutes).flat_map(|at| metrics.iter().filter_map(move |metric| metric.get(at).cloned()));
    lines.collect::<Vec<_>>().join("\n")
}

fn judged(regions: &[String]) -> Replay {
    let policy = JudgePolicy::default();
    let setting = Setting { policy: &policy, regions: Vec::new(), warm_up: 1, exposure: Exposure::default() };
    replay(&setting, &read(&regions.join("\n")).unwrap()).unwrap()
}

const BLUE: (u64, u64) = (32_400, 33);

fn region(from: i64, name: &str, bad_4xx: u64, bad_5xx: u64) -> String {
    let minutes = from..from + 26;
    interleaved(&[
        metric(minutes.clone(), name, "4xx", (3_600, bad_4xx), BLUE),
        metric(minutes, name, "5xx", (3_600, bad_5xx), BLUE),
    ])
}

fn deciding(replay: &Replay, at: usize) -> &str {
    replay.regions[at].deciding().unwrap().metric.as_str()
}

fn decided(replay: &Replay) -> &str {
    replay.wave.metric.as_ref().unwrap().as_str()
}

/// The metrics and the number of regions of a failure that only the pool shows.
fn pooled_failure(replay: &Replay) -> (Vec<&str>, usize) {
    let WaveGrounds::Failed { grounds, .. } = &replay.wave.grounds else { panic!("{:?}", replay.wave) };
    let Some(PooledFailure { metrics, regions }) = &grounds.pooled else { panic!("{grounds:?}") };
    (metrics.iter().map(|metric| metric.as_str()).collect(), *regions)
}

/// Of two metrics that fail the one with the most evidence, of one that fails itself, whatever stands beside it.
#[test]
fn a_failure_names_the_metric_that_shows_the_most_harm() {
    for (bad_4xx, bad_5xx, name) in [(30, 20, "4xx"), (20, 30, "5xx"), (3, 20, "5xx"), (20, 3, "4xx")] {
        let replay = judged(&[region(0, "eu-west-1", bad_4xx, bad_5xx)]);
        assert_eq!((replay.wave.verdict, decided(&replay), deciding(&replay, 0)), (Verdict::Fail, name, name));
    }
}

/// What no region can tell is told by the pool: the metric is the pooled one, and no region's own verdict.
#[test]
fn a_pooled_failure_names_the_pooled_metric() {
    let names = ["eu-west-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1"];
    let faint = |at: usize, name: &&str| {
        let minutes = 36 * i64::try_from(at).unwrap();
        let minutes = minutes..minutes + 26;
        let blue = (32_400, 65);
        interleaved(&[
            metric(minutes.clone(), name, "4xx", (3_600, 6), blue),
            metric(minutes, name, "5xx", (3_600, 12), blue),
        ])
    };
    let regions: Vec<String> = names.iter().enumerate().map(|(at, name)| faint(at, name)).collect();
    let replay = judged(&regions);
    assert_eq!((replay.wave.verdict, decided(&replay)), (Verdict::Fail, "5xx"), "{:?}", replay.wave);
    assert_eq!(pooled_failure(&replay).0, ["5xx"]);
    assert!(replay.regions.iter().all(|region| region.judgement.verdict != Verdict::Fail));
    assert!(replay.wave.pooled.iter().any(|pooled| pooled.regions > 1));
    // One region alone cannot say it.
    assert_ne!(judged(&regions[..1]).wave.verdict, Verdict::Fail);
}

/// Two regions in which another metric each is the worse one, and both pass: the wave's metric is the one of both together.
#[test]
fn a_pooled_failure_names_the_metric_with_most_evidence() {
    let replay = judged(&[region(0, "eu-west-1", 5, 3), region(36, "sa-east-1", 3, 4)]);
    assert_eq!((replay.wave.verdict, decided(&replay), deciding(&replay, 1)), (Verdict::Pass, "4xx", "5xx"));
}

/// Four faint regions at once: the wave has failed as soon as they show it together, before any of them ends.
#[test]
fn a_pooled_failure_is_told_at_its_minute() {
    let faint = |name: &&str| metric(0..26, name, "5xx", (3_600, 13), (32_400, 65));
    let regions: Vec<_> = ["eu-west-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1"].iter().map(faint).collect();
    let replay = judged(&[interleaved(&regions)]);
    assert_eq!(replay.wave.verdict, Verdict::Fail);
    let minute = replay.wave.decided_at_minute;
    assert!(minute < 15, "{minute}: {:?}", replay.wave);
    assert_eq!(pooled_failure(&replay), (vec!["5xx"], 4));
    assert!(replay.regions.iter().all(|region| region.decided_at_minute == 25), "no region failed by itself before");
}

/// Latencies at another load say nothing: what is left out decides only where it is all there is.
#[test]
fn what_is_left_out_decides_nothing_beside_what_counts() {
    let latency = |minute: i64| {
        format!(
            r#"{{"minute":{minute},"region":"eu-west-1","metric":"latency_over_20ms","green":{{"total":3600,"bad":30,"instances":3}},"blue":{{"total":32400,"bad":33,"instances":3}}}}"#
        )
    };
    let latency: Vec<String> = (0..26).map(latency).collect();
    let thin = metric(0..26, "eu-west-1", "5xx", (20, 0), (180, 0));
    let both = judged(&[interleaved(&[latency.clone(), thin])]);
    let [counted, left_out] = both.regions[0].judgement.metrics.as_slice() else { panic!("{both:?}") };
    assert!(left_out.left_out.is_some() && counted.e_value < left_out.e_value);
    assert_eq!(deciding(&both, 0), "5xx");
    assert_eq!(deciding(&judged(&[interleaved(&[latency])]), 0), "latency_over_20ms");
}

#[test]
fn a_waves_verdict_names_passed_open_and_missing_regions() {
    let good = region(0, "eu-west-1", 3, 3);
    let thin = |bad| {
        let minutes = 36..62;
        interleaved(&[
            metric(minutes.clone(), "sa-east-1", "4xx", (1, 0), (9, 0)),
            metric(minutes, "sa-east-1", "5xx", (1, bad), (9, bad)),
        ])
    };
    let both = judged(&[good.clone(), region(36, "sa-east-1", 3, 3)]);
    assert_eq!(both.wave.grounds, WaveGrounds::EveryRegion);
    let open = judged(&[good.clone(), thin(0)]);
    assert_eq!(open.wave.verdict, Verdict::Inconclusive);
    let sao_paulo = || vec!["sa-east-1".parse().unwrap()];
    assert_eq!(open.wave.grounds, WaveGrounds::Open { regions: sao_paulo() });
    let lost = interleaved(&[metric(36..62, "sa-east-1", "5xx", (3_600, 3), (0, 0))]);
    let missing = judged(&[good, lost]);
    let lacks = WaveGrounds::Missing { regions: sao_paulo() };
    assert_eq!((missing.wave.verdict, missing.wave.grounds), (Verdict::Inconclusive, lacks));
}

/// Both regions' rows may be mixed: each look pools what the other has shown so far.
#[test]
fn regions_that_bake_at_once_are_pooled_with_each_other() {
    let one = metric(0..26, "eu-west-1", "5xx", (3_600, 3), BLUE);
    let two = metric(0..26, "sa-east-1", "5xx", (3_600, 3), BLUE);
    let replay = judged(&[interleaved(&[one, two])]);
    assert_eq!(replay.wave.verdict, Verdict::Pass);
    let regions: Vec<usize> = replay
        .regions
        .iter()
        .map(|region| region.judgement.pooled.iter().map(|own| own.regions).max().unwrap())
        .collect();
    assert_eq!(regions, [2, 2]);
}

#[test]
fn a_file_whose_regions_policy_names_is_no_warning() {
    let policy = JudgePolicy::default();
    let rows = read(&region(0, "eu-west-1", 3, 3)).unwrap();
    let warnings = |regions: &[&str]| {
        let regions = regions.iter().map(|name| name.parse().unwrap()).collect();
        replay(&Setting { policy: &policy, regions, warm_up: 1, exposure: Exposure::default() }, &rows)
            .unwrap()
            .warnings
    };
    assert_eq!(warnings(&["eu-west-1"]).len(), 1, "latency alone: {:?}", warnings(&["eu-west-1"]));
    assert_eq!(warnings(&[]).len(), 1);
    assert_eq!(warnings(&["sa-east-1"]).len(), 2);
}
