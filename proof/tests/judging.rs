//! The judge's promises, at a number of seeded runs that fits into a test. docs/judge-table.md has the full figures.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests too")]

use meridian_domain::Fleet;
use meridian_proof::judging::report::{Report, Standing};
use meridian_proof::judging::{Question, Study, Way};
use serde_json::Value;

/// The reference fleet, each canary long enough to compare the three minutes that a failure needs.
fn fleet() -> Fleet {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../local/fleets/reference/fleet.toml")).unwrap();
    let mut fleet = Fleet::parse(&text).unwrap();
    for region in &mut fleet.regions {
        region.bake = region.bake.max(jiff::SignedDuration::from_mins(8));
    }
    fleet
}

fn report(runs: u64, seed: u64, questions: &[Question]) -> Report {
    Study::new(&fleet(), runs, seed).report(questions)
}

/// Every promise that these questions ask about: a few runs cannot show each, but none may be refuted.
fn hold(runs: u64, questions: &[Question]) {
    let report = report(runs, 7, questions);
    assert!(!report.promises.is_empty());
    for promise in &report.promises {
        assert_ne!(promise.standing, Standing::Broken, "{}: {}", promise.claim, promise.found);
    }
}

#[test]
fn the_same_seed_tells_the_same_report_and_another_seed_another() {
    let asked = [Question::OneRegion, Question::Latency];
    let told = |seed| serde_json::to_string(&report(30, seed, &asked)).unwrap();
    assert_eq!(told(1), told(1));
    assert_ne!(told(1), told(2));
}

/// 2,200 waves, 200 of each of the eleven burst models: all together fail less often than one in a hundred.
#[test]
fn few_waves_of_an_equal_release_fail_under_any_burst_model() {
    let report = serde_json::to_value(report(50, 7, &[Question::WrongFails])).unwrap();
    let rows = report["tables"][0]["rows"].as_array().unwrap();
    let sum = |name: &str| -> u64 { rows.iter().map(|row| row["judge"][name].as_u64().unwrap()).sum() };
    assert_eq!(sum("of"), 2_200);
    assert!(sum("hits") <= 11, "{} of 2,200 waves failed", sum("hits"));
    // The streams are no quieter than the peers' own noise: the seed's alarm goes off in most waves of many burst models.
    let alarms: Vec<&Value> = rows.iter().map(|row| &row["AWS alarm 1 of 1"]["share"]).collect();
    assert!(alarms.iter().filter(|share| share.as_f64() > Some(0.5)).count() > 5, "{alarms:?}");
}

#[test]
fn the_judge_has_most_of_the_power_of_the_best_single_look() {
    hold(1_000, &[Question::Night]);
}

#[test]
fn slower_models_and_models_that_decline_more_are_found() {
    hold(300, &[Question::Latency, Question::Alerts]);
}

#[test]
fn healthy_regions_mask_no_fault_and_together_find_small_ones() {
    hold(500, &[Question::OneRegion, Question::Everywhere]);
}

#[test]
fn the_order_by_traffic_finds_more_faults_in_the_first_region() {
    hold(500, &[Question::Order]);
}

#[test]
fn the_harm_bounds_of_equal_releases_are_within_what_is_allowed() {
    hold(40, &[Question::Passes]);
}

/// Few nights: which end is which, and that the table holds all of them. docs/judge-table.md has the promises.
#[test]
fn an_equal_release_arrives_whatever_its_usual_rate() {
    let report = serde_json::to_value(Study::new(&fleet(), 3, 7).delivery(&Way::ALL)).unwrap();
    let rows = report["tables"][0]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 3 * 2 * 8 * 3, "guardrails, hours, rates, bursts");
    let of = |row: &Value, end: &str| row[end]["hits"].as_u64().unwrap();
    for row in rows {
        let ends = ["arrives", "5xx alarm", "other alarm", "failed", "inconclusive", "full load"];
        assert_eq!(ends.map(|end| of(row, end)).iter().sum::<u64>(), 3, "{row}");
        match row["base"].as_str().unwrap() {
            "0 %" => assert_eq!(of(row, "arrives"), 3, "{row}"),
            // No alarm rolls it back for what the champion answers too.
            _ if row["bursts"] == "Poisson" => assert_eq!(of(row, "5xx alarm"), 0, "{row}"),
            _ => {}
        }
    }
}

/// A number of a report, which JSON has by itself or as a list of one.
fn number(cell: &Value) -> f64 {
    cell.as_f64().or_else(|| cell[0].as_f64()).unwrap()
}

/// Two nights a row: what looks longer never costs more, under either reading of soak.
#[test]
fn a_fault_costs_less_the_more_is_asked_about_it() {
    let report = serde_json::to_value(Study::new(&fleet(), 2, 7).harm()).unwrap();
    for table in 0..2 {
        let rows = report["tables"][table]["rows"].as_array().unwrap();
        assert_eq!(rows.len(), 3 * 2 * 4 * 6, "kinds, places, courses, excesses");
        for row in rows {
            let of = |who: &str| number(&row[who]);
            assert!(of("tell") <= of("no probation") && of("no probation") <= of("fixed bake") + 1.0, "{row}");
        }
        // All answers are bad, everywhere and at once: nobody needs a day to see that.
        let worst = rows.iter().find(|row| row["excess"] == "100 %").unwrap();
        assert!(number(&worst["tell"]) < 0.01 * number(&worst["fixed bake"]), "{worst}");
    }
}
