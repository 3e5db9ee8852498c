//! The histories hold, and a planner with a defect is caught, with a short story.

use super::*;
use crate::world::{Quality, Showing};
use meridian_domain::plan::{Act, Finish, Next, Plan, Sight};
use meridian_domain::{Decision, Record};

#[test]
fn random_histories_keep_every_invariant_and_are_not_trivial() {
    let summary = simulate(7, 1500);
    assert!(summary.failure.is_none(), "{summary}");
    assert!(summary.medians().0 >= 200, "{:?}", summary.medians());
    assert_eq!(summary.runs, 1500);
}

#[test]
fn a_seed_tells_the_same_history_again() {
    let script = Script::draw(3, 14);
    assert_eq!(script, Script::draw(3, 14));
    assert_eq!(story(&script).lines, story(&script).lines);
}

/// What a planner with `defect` breaks, and the smallest of the scripts that show it.
fn caught(defect: fn(&Sight, Plan) -> Plan) -> (&'static str, Script, Vec<String>) {
    let breach = |script: &Script| {
        let mut setting = script.setting();
        setting.meddle = Some(defect);
        run_with(script, setting, None, true)
    };
    let broken = (0..400).map(|number| Script::draw(11, number)).find(|script| breach(script).ended.breach.is_some());
    let script = shrink::smaller(broken.expect("the defect is found"), |script| breach(script).ended.breach.is_some());
    let told = breach(&script);
    (told.ended.breach.expect("it still breaks").invariant, script, told.lines)
}

#[test]
fn a_planner_that_never_decides_to_revert_is_caught() {
    fn defect(sight: &Sight, mut plan: Plan) -> Plan {
        if matches!(&plan.next, Next::TellRegion(_, Record::Decided { decision: Decision::Revert, .. })) {
            let region = sight.regions.keys().next().cloned().expect("a region");
            plan.next = match sight.regions[&region].known().and_then(|history| history.serving.clone()) {
                Some(serving) if !sight.done.contains(&Act::Beat) => Next::Do(Act::Beat, region, serving.target),
                _ => Next::Wait,
            };
        }
        plan
    }
    let (invariant, script, lines) = caught(defect);
    assert_eq!(invariant, "I9", "{lines:#?}");
    assert!(script.items.len() <= 3, "{:?}", script.items);
}

#[test]
fn a_planner_that_updates_without_an_intent_is_caught() {
    fn defect(_: &Sight, mut plan: Plan) -> Plan {
        if let Next::TellRegion(region, Record::UpdateIntended { target, epoch: Some(_), .. }) = &plan.next {
            plan.next = Next::Do(Act::Update, region.clone(), target.clone());
        }
        plan
    }
    let (invariant, script, lines) = caught(defect);
    assert!(invariant == "I8" && script.items.is_empty() && script.regions == 1, "{invariant} {script:?}");
    assert!(lines.len() < 12, "{lines:#?}");
}

#[test]
fn a_planner_that_takes_a_failed_region_for_a_finished_one_is_caught() {
    fn defect(_: &Sight, mut plan: Plan) -> Plan {
        if plan.next == Next::Finish(Finish::Failed) {
            plan.next = Next::Finish(Finish::Done);
        }
        plan
    }
    assert_eq!(caught(defect).0, "I13");
}

#[test]
fn a_planner_that_confirms_what_it_has_not_asked_is_caught() {
    fn defect(sight: &Sight, mut plan: Plan) -> Plan {
        if let Next::TellRegion(_, Record::Decided { decision: Decision::Proceed, .. }) = &plan.next {
            let Next::TellRegion(region, _) = plan.next.clone() else { return plan };
            let open = sight.regions[&region].known().and_then(|history| history.update.clone()).expect("an update");
            let record = Record::Confirmed { target: open.target, execution: open.execution, golden: 10 };
            plan.next = Next::TellRegion(region, record);
        }
        plan
    }
    assert_eq!(caught(defect).0, "I4");
}

/// A release that is bad in the first region stops there: no other region ever leaves the champion.
#[test]
fn a_bad_release_reaches_no_second_region() {
    let quality = Quality { first: Showing::Fail, ..Quality::GOOD };
    let items = vec![Item::Behaves { region: 0, release: 1, quality }];
    let script = Script { items, regions: 3, by_traffic: false, events_only: false, ..Script::draw(1, 1) };
    let told = story(&script);
    assert_eq!(told.ended.words(), "condemned");
    assert!(!told.lines.iter().any(|line| line.contains("AU: SageMaker starts")), "{:#?}", told.lines);
}
