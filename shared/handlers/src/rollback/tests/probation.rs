//! Probation, as the sweep lives it: which counts are asked for, and what is written and sent.

use super::*;
use crate::testing::FLEET;
use meridian_domain::lookout::FleetMinutes;
use meridian_domain::probation::SLOT;
use meridian_judge::Arm;

/// AU serves v427 since 03:00, judged at full load. So many earlier days are known, and each of today's slots of 10,000 requests has
/// `today` of them answered 5xx, where 10 are usual. It is 06:17.
fn on_probation(days: i32, today: u64) -> World {
    let world = world();
    let (execution, why) = ("wave-1".parse().unwrap(), Reason::Said { words: "fine".to_owned(), by: None });
    let record = Record::FullLoadJudged { target: target("v427"), execution, why, judgement: None };
    world.write(&name(AU), chain(), "wave-1", record);
    let (first, mut served): (Timestamp, _) = ("2026-03-12T03:15:00Z".parse().unwrap(), FleetMinutes::default());
    for (day, place) in (0..=days).flat_map(|day| (0..96).map(move |place| (day, place))) {
        let at = first - SignedDuration::from_hours(24) * day + SLOT * place;
        served.put(&MetricName::errors_5xx(), at, Arm::new(10_000, if day == 0 { today } else { 10 }));
    }
    *world.days.borrow_mut() = served;
    *world.now.borrow_mut() = "2026-03-12T06:17:00Z".parse().unwrap();
    world
}

fn found(world: &World) -> usize {
    news(world).iter().filter(|record| matches!(record, Record::ProbationFound { .. })).count()
}

#[test]
fn a_sweep_pages_once_for_a_release_that_is_worse_than_before() {
    let world = on_probation(14, 50);
    for _ in 0..2 {
        look(&world).unwrap();
    }
    *world.now.borrow_mut() += SLOT;
    look(&world).unwrap();
    assert_eq!((found(&world), world.pages.borrow().len(), world.updates.borrow().len()), (1, 1, 0));
    let asked = world.days_asked.borrow();
    assert_eq!(asked.len(), 1, "what is found is not asked for again");
    assert_eq!((asked[0].slot, asked[0].to), (SLOT, "2026-03-12T06:15:00Z".parse().unwrap()));
    assert_eq!(asked[0].from, "2026-02-26T03:15:00Z".parse().unwrap());
    assert!(asked[0].metrics.iter().all(|own| !own.is_of_containers()), "{:?}", asked[0].metrics);
}

#[test]
fn a_page_of_probation_names_the_numbers_and_what_to_do() {
    let world = on_probation(14, 50);
    look(&world).unwrap();
    let pages = world.pages.borrow();
    assert_eq!(pages[0].subject, "[fraud] AU: v427 is worse than the days before");
    for words in
        ["5xx: 600 of 120000 requests", "120 usual", "14 earlier days", "roll AU back by hand", "docs/runbook.md"]
    {
        assert!(pages[0].message.contains(words), "{words}: {}", pages[0].message);
    }
}

#[test]
fn too_few_earlier_days_are_said_in_the_reply() {
    let world = on_probation(6, 50);
    let reply = look(&world).unwrap();
    assert!(reply["outcome"].as_str().unwrap().contains("6 earlier days"), "{reply}");
    assert_eq!((found(&world), world.pages.borrow().len()), (0, 0));
}

#[test]
fn a_release_like_the_days_before_is_left_alone() {
    let world = on_probation(14, 11);
    let reply = look(&world).unwrap();
    assert!(reply["outcome"].as_str().unwrap().contains("no worse than"), "{reply}");
    assert_eq!((found(&world), world.pages.borrow().len()), (0, 0));
}

/// By the same means as for an alarm, and the page and the ledger say why.
#[test]
fn at_act_a_sweep_rolls_the_region_back() {
    let world = on_probation(14, 50);
    let act = FLEET.replacen("probation_action = \"tell\"", "probation_action = \"act\"", 1);
    let context = Context::new(&act, name(AU)).unwrap();
    let sweep = || run(handle(&world, &context, &RollbackEvent::Sweep)).unwrap();
    sweep();
    assert_eq!(world.updates.borrow()[0].config, target("v426").config);
    in_service(&world, "v426");
    sweep();
    let reverted = news(&world).into_iter().find(|record| matches!(record, Record::Reverted { .. })).unwrap();
    let why = serde_json::to_string(&reverted).unwrap();
    assert!(why.contains("worse_than_before"), "{why}");
    assert_eq!((found(&world), world.pages.borrow().len()), (1, 1));
}

/// I6: a rollback for an alarm waits for no counts.
#[test]
fn a_ringing_alarm_asks_for_no_earlier_days() {
    let world = on_probation(14, 50);
    alarm(&world, AlarmState::Alarm);
    look(&world).unwrap();
    assert_eq!((world.days_asked.borrow().len(), world.updates.borrow().len()), (0, 1));
}

#[test]
fn days_that_cannot_be_read_cost_one_look() {
    let world = on_probation(14, 50);
    world.fault("GetMetricData", Fault::Fails(ErrorKind::Throttled));
    let reply = look(&world).unwrap();
    assert!(reply["outcome"].as_str().unwrap().contains("cannot be read"), "{reply}");
    assert_eq!(world.pages.borrow().len(), 0);
    *world.now.borrow_mut() += SLOT;
    look(&world).unwrap();
    assert_eq!((found(&world), world.pages.borrow().len()), (1, 1));
}
