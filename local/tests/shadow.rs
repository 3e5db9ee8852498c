//! Nights in which every region holds a release against what its own customers asked, before one of them is answered by it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helpers are tests too")]

use meridian_domain::{Entry, Record};
use meridian_judge::{CapturedGate, CapturedVerdict};
use meridian_local::night::{self, Functions, Options, Report, Scenario};

const EU: &str = "eu-west-1";
const BR: &str = "sa-east-1";
const REGIONS: [&str; 4] = [EU, "ap-southeast-2", "ap-northeast-1", BR];

/// A night of one release under a policy with a shadow, and how it has to end.
fn night(shadow: &str, publish: &str, expect: &str) -> Scenario {
    Scenario::parse("shadow", &text(shadow, publish, expect)).unwrap()
}

fn text(shadow: &str, publish: &str, expect: &str) -> String {
    format!(
        "title = \"a shadow on captured requests\"\nstart = \"2026-11-20T02:59:00Z\"\nlasts = \"2h\"\n\
         [timing]\nprovisioning = \"3m\"\n\
         [policy.shadow]\ncapture_percent = 50\nhours = 12\nleast = 2000\n{shadow}\n{publish}\n[expect]\n{expect}\n"
    )
}

fn simulated(scenario: &Scenario) -> (Report, String) {
    let out = tempfile::tempdir().unwrap();
    let options = Options { seed: 7, functions: Functions::InProcess, out: out.path().to_owned(), record: None };
    let mut story = String::new();
    let report = night::run(scenario, &options, &mut |line| story.push_str(&format!("{}\n", line.plain()))).unwrap();
    (report, story)
}

/// A region's entries of the night.
fn entries<'a>(report: &'a Report, region: &str) -> Vec<&'a Entry> {
    let chains = report.ledger.iter().filter(|(chain, _)| chain.contains(region));
    chains.flat_map(|(_, entries)| entries).filter(|entry| entry.at > report.from).collect()
}

/// Whether a region began an update in the night.
fn started(report: &Report, region: &str) -> bool {
    entries(report, region).iter().any(|own| matches!(own.record, Record::UpdateIntended { .. }))
}

/// Whether a region was proved to serve a version in the night.
fn confirmed(report: &Report, region: &str, version: &str) -> bool {
    let is_it =
        |record: &Record| matches!(record, Record::Confirmed { target, .. } if target.version.as_str() == version);
    entries(report, region).iter().any(|own| is_it(&own.record))
}

/// What a region's captured requests say of the night's release, and the gates that failed.
fn verdicts(report: &Report, region: &str) -> Vec<(CapturedVerdict, Vec<CapturedGate>)> {
    let said = entries(report, region).into_iter().filter_map(|own| match &own.record {
        Record::Shadowed { judgement, .. } => {
            Some((judgement.verdict, judgement.failed().map(|gate| gate.gate).collect()))
        }
        _ => None,
    });
    said.collect()
}

fn serves(version: &str) -> String {
    let each = REGIONS.map(|region| format!("{region} = {version:?}"));
    format!("serves = {{ {} }}", each.join(", "))
}

#[test]
fn every_region_starts_after_its_own_requests_were_scored() {
    let publish = "[[publish]]\nat = \"03:00\"\nversion = \"v427\"\nmodel = \"good\"";
    let expect = format!("{}\npages = 0\nexecutions = [\"succeeded\"]", serves("v427"));
    for deliver_twice in [false, true] {
        let scenario = Scenario { deliver_twice, ..night("nothing_captured = \"stop\"", publish, &expect) };
        let (report, story) = simulated(&scenario);
        assert!(report.as_expected, "{:?}\n{story}", report.unexpected);
        for region in REGIONS {
            let entries = entries(&report, region);
            let shadows: Vec<_> = entries.iter().filter(|own| matches!(own.record, Record::Shadowed { .. })).collect();
            let [shadow] = &shadows[..] else { panic!("{region} has {} verdicts\n{story}", shadows.len()) };
            let Record::Shadowed { judgement, .. } = &shadow.record else { panic!("a shadow") };
            assert_eq!(judgement.verdict, CapturedVerdict::Pass, "{region}: {judgement:?}");
            let start = entries.iter().find(|own| matches!(own.record, Record::UpdateIntended { .. }));
            assert!(start.is_some_and(|start| shadow.seq < start.seq), "{region}\n{story}");
        }
    }
}

/// v429 passes on records that flatter it; what customers really ask shows what it is, before one of them is answered by it.
#[test]
fn a_release_flattered_by_its_records_meets_no_customer() {
    let publish = "[[approve]]\nat = \"02:59:10\"\nrecords = \"flattering\"\nwho = \"mallory\"\nwhy = \"newer labels\"\n\
                   [[publish]]\nat = \"03:00\"\nversion = \"v429\"\nmodel = \"bad\"";
    let expect = format!("{}\npages = 1\nexecutions = [\"failed\"]", serves("v426"));
    let (report, story) = simulated(&night("on_regional_fail = \"stop\"", publish, &expect));
    assert!(report.as_expected, "{:?}\n{story}", report.unexpected);
    let found = verdicts(&report, EU);
    assert!(matches!(&found[..], [(CapturedVerdict::Fail, failed)] if !failed.is_empty()), "{found:?}\n{story}");
    let started = REGIONS.iter().flat_map(|region| entries(&report, region));
    assert!(started.into_iter().all(|own| !matches!(own.record, Record::UpdateIntended { .. })), "{story}");
}

/// Held-out records do not show what v431 makes of an amount in cents; the requests of Brazil's customers do, before one of them
/// is answered by it.
#[test]
fn a_region_whose_customers_send_another_unit_waits_alone() {
    for deliver_twice in [false, true] {
        let scenario = Scenario { deliver_twice, ..Scenario::load("currency-in-brazil").unwrap() };
        let (report, story) = simulated(&scenario);
        assert!(report.as_expected, "{:?}\n{story}", report.unexpected);
        for region in REGIONS {
            let (verdict, starts) = match region {
                BR => ((CapturedVerdict::Fail, vec![CapturedGate::AlertRate, CapturedGate::ScoreShift]), false),
                _ => ((CapturedVerdict::Pass, vec![]), true),
            };
            assert_eq!(verdicts(&report, region), [verdict], "{region}\n{story}");
            assert_eq!(started(&report, region), starts, "{region}\n{story}");
        }
    }
}

/// The same night without a shadow, and the same in which Brazil's customers send the usual unit.
#[test]
fn without_a_shadow_that_release_reaches_those_customers() {
    let night = Scenario::load("currency-in-brazil").unwrap();
    let without_shadow = Scenario { policy: toml::Table::new(), ..night.clone() };
    let usual_unit = Scenario { feature: Vec::new(), ..night };
    for (scenario, verdicts_in_br) in [(without_shadow, 0), (usual_unit, 1)] {
        let (report, story) = simulated(&scenario);
        assert_eq!(verdicts(&report, BR).len(), verdicts_in_br, "{story}");
        assert!(started(&report, BR), "{story}");
        assert!(confirmed(&report, BR, "v431"), "{story}");
    }
}

#[test]
fn a_change_of_no_known_feature_or_region_is_refused_by_name() {
    let change = |feature: &str| {
        let change = format!("[[feature]]\nfeature = {feature:?}\nregion = \"sa-west-1\"\nfactor = 100.0");
        text("", &change, &format!("{}\npages = 0\nexecutions = []", serves("v426")))
    };
    let misspelt = Scenario::parse("unit", &change("amount_sum_pos_365")).unwrap_err().to_string();
    let expected = "\"amount_sum_pos_365\": a feature of local/models/features.txt; did you mean amount_sum_pos_365d?";
    assert!(misspelt.contains(expected), "{misspelt}");
    let elsewhere = Scenario::parse("unit", &change("amount_sum_pos_365d")).unwrap();
    let out = tempfile::tempdir().unwrap();
    let options = Options { seed: 7, functions: Functions::InProcess, out: out.path().to_owned(), record: None };
    let unknown = night::run(&elsewhere, &options, &mut |_| {}).unwrap_err().to_string();
    assert!(unknown.contains("feature: region sa-west-1 is not in the fleet; did you mean sa-east-1?"), "{unknown}");
}
