//! Nights in which every region holds a release against what its own customers asked, before one of them is answered by it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helpers are tests too")]

use meridian_domain::{Entry, Record};
use meridian_judge::CapturedVerdict;
use meridian_local::night::{self, Functions, Options, Report, Scenario};

const EU: &str = "eu-west-1";
const REGIONS: [&str; 4] = [EU, "ap-southeast-2", "ap-northeast-1", "sa-east-1"];

/// A night of one release under a policy with a shadow, and how it has to end.
fn night(shadow: &str, publish: &str, expect: &str) -> Scenario {
    let text = format!(
        "title = \"a shadow on captured requests\"\nstart = \"2026-11-20T02:59:00Z\"\nlasts = \"2h\"\n\
         [timing]\nprovisioning = \"3m\"\n\
         [policy.shadow]\ncapture_percent = 50\nhours = 12\nleast = 2000\n{shadow}\n{publish}\n[expect]\n{expect}\n"
    );
    Scenario::parse("shadow", &text).unwrap()
}

fn lived(scenario: &Scenario) -> (Report, String) {
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

fn serves(version: &str) -> String {
    let each = REGIONS.map(|region| format!("{region} = {version:?}"));
    format!("serves = {{ {} }}", each.join(", "))
}

#[test]
fn every_region_starts_after_its_own_requests_speak_for_the_release() {
    let publish = "[[publish]]\nat = \"03:00\"\nversion = \"v427\"\nmodel = \"good\"";
    let expect = format!("{}\npages = 0\nexecutions = [\"succeeded\"]", serves("v427"));
    for deliver_twice in [false, true] {
        let scenario = Scenario { deliver_twice, ..night("nothing_captured = \"stop\"", publish, &expect) };
        let (report, story) = lived(&scenario);
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
fn a_release_that_passed_on_flattering_records_is_stopped_before_any_customer() {
    let publish = "[[approve]]\nat = \"02:59:10\"\nrecords = \"flattering\"\nwho = \"mallory\"\nwhy = \"newer labels\"\n\
                   [[publish]]\nat = \"03:00\"\nversion = \"v429\"\nmodel = \"bad\"";
    let expect = format!("{}\npages = 1\nexecutions = [\"failed\"]", serves("v426"));
    let (report, story) = lived(&night("on_regional_fail = \"stop\"", publish, &expect));
    assert!(report.as_expected, "{:?}\n{story}", report.unexpected);
    assert!(story.contains("v429 fails on EU's captured requests"), "{story}");
    let started = REGIONS.iter().flat_map(|region| entries(&report, region));
    assert!(started.into_iter().all(|own| !matches!(own.record, Record::UpdateIntended { .. })), "{story}");
}
