//! The histories hold, and a planner with a defect is caught, with a short story.

use super::script::START;
use super::*;
use crate::world::{Fault, Quality, Request, Showing, World, freezes};
use meridian_domain::plan::{Act, Finish, Next, Plan, Sight};
use meridian_domain::{Decision, Kind, Record, Rule, Seen};

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
        // Of a canary: what is confirmed and told to go back breaks nothing but the end that a wave must come to.
        let canary = |region| {
            !sight.regions[region].known().and_then(|own| own.update.as_ref()).is_some_and(|own| own.confirmed)
        };
        if matches!(&plan.next, Next::TellRegion(region, Record::Decided { decision: Decision::Revert, .. }) if canary(region))
        {
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

#[test]
fn a_planner_that_takes_a_failure_at_full_load_for_evidence_is_caught() {
    fn defect(sight: &Sight, mut plan: Plan) -> Plan {
        if let Next::TellRegion(region, Record::Decided { decision: Decision::Revert, judgement, why, .. }) = &plan.next
        {
            let open = sight.regions[region].known().and_then(|history| history.update.clone()).expect("an update");
            if open.confirmed && judgement.is_some() {
                let (target, execution, why) = (open.target, open.execution, why.clone());
                let record = Record::FullLoadJudged { target, execution, why, judgement: judgement.clone() };
                plan.next = Next::TellRegion(region.clone(), record);
            }
        }
        plan
    }
    assert_eq!(caught(defect).0, "I3");
}

#[test]
fn a_planner_that_does_not_wait_for_the_counts_at_full_load_is_caught() {
    fn defect(sight: &Sight, mut plan: Plan) -> Plan {
        let waits = plan.next == Next::Wait && plan.why.contains("at full load until");
        let open = sight.regions.iter().find_map(|(name, seen)| {
            let open = seen.known()?.update.clone()?;
            (waits && open.confirmed && open.execution == sight.execution).then(|| (name.clone(), open))
        });
        if let (Some((region, open)), Some(Seen::Known(judgement))) = (open, &sight.judged) {
            let (target, execution, why) = (open.target, open.execution, String::new());
            let record = Record::FullLoadJudged { target, execution, why, judgement: Some(judgement.clone()) };
            plan.next = Next::TellRegion(region, record);
        }
        plan
    }
    assert_eq!(caught(defect).0, "I3");
}

/// What shows at full load alone stops there too, and the region goes back whichever way AWS leaves open.
#[test]
fn a_release_that_is_bad_at_full_load_reaches_no_second_region() {
    for soak_watched in [false, true] {
        let quality = Quality { full_load: Showing::Fail, ..Quality::GOOD };
        let items = vec![Item::Behaves { region: 0, release: 1, quality }];
        let usual = Script::draw(1, 1);
        let live = crate::world::Live { soak_watched, ..usual.live };
        let script = Script { items, regions: 3, full_load: 120, live, by_traffic: false, events_only: false, ..usual };
        let told = story(&script);
        assert_eq!(told.ended.words(), "condemned", "{:#?}", told.lines);
        assert!(!told.lines.iter().any(|line| line.contains("AU: SageMaker starts")), "{:#?}", told.lines);
        assert!(
            told.lines
                .iter()
                .any(|line| line.contains("InService again on v426") || line.contains("InService on v426"))
        );
    }
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

/// A quiet night of three regions, with no minutes at full load.
fn quiet_night() -> Script {
    let usual = Script::draw(1, 1);
    let (live, riders) = (crate::world::Live::default(), Vec::new());
    Script { items: Vec::new(), regions: 3, riders, freeze: None, live, by_traffic: false, events_only: false, ..usual }
}

fn freeze(name: &str) -> Option<usize> {
    let place = freezes().iter().position(|freeze| freeze.name == name);
    assert!(place.is_some(), "{name}");
    place
}

#[test]
fn a_standby_region_follows_all_at_once_on_the_evidence_of_the_others() {
    let told = story(&Script { riders: vec![Kind::Standby], ..quiet_night() });
    assert_eq!(told.ended.words(), "on the newest release");
    let at = |words: &str| told.lines.iter().position(|line| line.contains(words));
    assert!(at("JP: v427's canary").is_none(), "{:#?}", told.lines);
    let (shifts, follows) = (at("AU: all traffic is on v427"), at("JP: all traffic is on v427, and is watched"));
    assert!(shifts.is_some() && shifts < follows, "{:#?}", told.lines);
}

#[test]
fn a_joining_region_that_lags_holds_up_nobody() {
    let dark = Item::Holds { fault: Fault::Dark, region: 2, from: 0, lasts: 4 * 3600 };
    let told = story(&Script { riders: vec![Kind::Joining], items: vec![dark], ..quiet_night() });
    assert_eq!(told.ended.words(), "on the newest release", "{:#?}", told.lines);
    assert!(told.lines.iter().any(|line| line.contains("AU: InService on v427")));
}

#[test]
fn a_frozen_region_stays_as_it_is_and_nobody_is_woken_unless_a_person_lets_it_start() {
    let frozen = Script { freeze: freeze("ap-southeast-2-00:00"), ..quiet_night() };
    let told = story(&frozen);
    assert_eq!(told.ended.words(), "stopped", "{:#?}", told.lines);
    assert_eq!(told.ended.tally.pages, 0, "{:#?}", told.lines);
    assert!(!told.lines.iter().any(|line| line.contains("AU: SageMaker starts")), "{:#?}", told.lines);
    assert!(told.lines.iter().any(|line| line.contains("JP: InService on v427")), "{:#?}", told.lines);
    let let_through = Item::SetsAside { rule: Rule::Freeze, region: Some(1), from: 0, lasts: 4 * 3600 };
    let told = story(&Script { items: vec![let_through], ..frozen });
    assert_eq!(told.ended.words(), "on the newest release", "{:#?}", told.lines);
}

#[test]
fn a_region_that_starts_in_a_freeze_is_caught() {
    let breach = |name| {
        let setting = Script { freeze: freeze(name), ..quiet_night() }.setting();
        let mut world = World::new(std::sync::Arc::new(setting), START + 60, false);
        let looked = world.now;
        world.regions[0].configured = 0b11;
        world.arrive(1);
        world.start_next();
        // Late, so that nothing is asked of its caller.
        let request = Request { region: 0, release: 1, execution: Some(0), epoch: 1, looked, late: true };
        world.request(request);
        world.breach.map(|breach| (breach.invariant, breach.what))
    };
    assert_eq!(breach("eu-west-1-03:10"), None);
    assert_eq!(breach("eu-west-1-03:00"), Some(("I3", "EU is frozen and starts".to_owned())));
}
