//! Probation in the sweep: which counts are asked for, and what is written and sent.

use super::*;
use crate::world::Sent;
use jiff::Timestamp;
use meridian_domain::probation::SLOT;
use meridian_domain::reason::{Quiet, Return, WayBackReason};
use meridian_domain::{Advice, Reason, ReleaseId, ServingRole};
use meridian_judge::{MetricName, Tally};
use meridian_messages::pages::{Notice, Sender};
use serde_json::json;
use std::collections::BTreeSet;

/// AU serves v427 since 03:00, judged at full load. So many earlier days are known, and v427 answers this share of its requests 5xx
/// beyond the usual. It is 06:17.
fn on_probation(days: u32, errors: f64) -> World {
    let worse = json!({ "release": "v427", "errors_5xx": errors, "from": "03:00" });
    on_probation_with(days, worse)
}

/// The same where it behaves so.
fn on_probation_with(days: u32, worse: Value) -> World {
    let world = world_of(WorldConfig {
        before: Some(serde_json::from_value(json!({ "days": days })).unwrap()),
        behaviours: vec![serde_json::from_value(worse).unwrap()],
        ..quiet("2026-03-12T03:00:00Z")
    });
    let (execution, why) = ("wave-1".parse().unwrap(), Reason::Said { words: "fine".to_owned(), by: None });
    let record = Record::FullLoadJudged { target: target("v427"), execution, why, judgement: None };
    world.write(&name(AU), chain(), "wave-1", record);
    world.pass(SignedDuration::from_mins(197));
    world
}

fn releases(versions: [&str; 2]) -> Vec<ReleaseId> {
    BTreeSet::from(versions.map(|version| target(version).release)).into_iter().collect()
}

/// Why a reply says that there is nothing to do.
fn quiet_for(reply: &Value) -> Quiet {
    match serde_json::from_value(reply["reason"].clone()) {
        Ok(Reason::Quiet(quiet)) => quiet,
        other => panic!("{other:?}"),
    }
}

fn found(world: &World) -> usize {
    news(world).iter().filter(|record| matches!(record, Record::ProbationFound { .. })).count()
}

#[test]
fn a_sweep_pages_once_for_a_release_that_is_worse_than_before() {
    let world = on_probation(14, 0.004);
    for _ in 0..2 {
        look(&world).unwrap();
    }
    world.pass(SLOT);
    look(&world).unwrap();
    assert_eq!((found(&world), world.pages().len(), world.updates.borrow().len()), (1, 1, 0));
    let asked = world.days_asked.borrow();
    assert_eq!(asked.len(), 1, "what is found is not asked for again");
    assert_eq!((asked[0].slot, asked[0].to), (SLOT, "2026-03-12T06:15:00Z".parse().unwrap()));
    assert_eq!(asked[0].from, "2026-02-26T03:15:00Z".parse().unwrap());
    assert_eq!(asked[0].releases, releases(["v426", "v427"]), "what is tried and what it replaced");
    assert_eq!(asked[0].roles, [ServingRole::First]);
}

#[test]
fn a_page_of_probation_names_the_numbers_and_what_to_do() {
    let world = on_probation(14, 0.004);
    look(&world).unwrap();
    let found = news(&world).into_iter().find_map(|record| match record {
        Record::ProbationFound { worse, .. } => Some(worse),
        _ => None,
    });
    let worse = found.unwrap();
    let since: Timestamp = "2026-03-12T03:15:00Z".parse().unwrap();
    let served = run(world.ports.slots(&name(AU), &world.days_asked.borrow()[0])).unwrap();
    let errors = MetricName::errors_5xx();
    // The first quarter of an hour shows it: those before, which v427 served too, are none of the day before.
    let (_, first) = served.minutes(&errors).find(|(at, _)| *at == since).unwrap();
    let today = Tally { total: first.total, bad: first.bad };
    assert_eq!((&worse.metric, worse.today, worse.days), (&errors, today, 14));
    assert!(worse.tolerated < 20.0, "{worse:?}");
    let why = Return::WorseThanBefore { region: name(AU), version: "v427".parse().unwrap(), worse }.into();
    let notice = Notice::Plan { why, advice: Advice::WeighRollback { region: name(AU) } };
    assert_eq!(world.pages(), [Sent::of(notice, &name(AU), &Sender::Region)]);
}

/// What a model decides is judged after the shift too, though each earlier day served another one.
#[test]
fn a_model_that_declines_more_customers_than_those_before_is_found() {
    let world = on_probation_with(14, json!({ "release": "v427", "alert_factor": 3.0, "from": "03:00" }));
    look(&world).unwrap();
    let worse = news(&world).into_iter().find_map(|record| match record {
        Record::ProbationFound { worse, .. } => Some(worse),
        _ => None,
    });
    let worse = worse.unwrap();
    assert!(["alerts", "score_over_0.9"].contains(&worse.metric.as_str()), "{worse:?}");
    assert!(worse.today.bad as f64 > 2.0 * worse.expected && worse.days == 14, "{worse:?}");
}

#[test]
fn too_few_earlier_days_are_said_in_the_reply() {
    let world = on_probation(6, 0.004);
    let reply = look(&world).unwrap();
    assert_eq!(reply["outcome"], "done");
    assert!(matches!(quiet_for(&reply), Quiet::TooFewDays { days: 6, .. }), "{reply}");
    assert_eq!((found(&world), world.pages().len()), (0, 0));
}

#[test]
fn a_release_like_the_days_before_is_left_alone() {
    let world = on_probation(14, 0.0);
    let reply = look(&world).unwrap();
    assert_eq!(quiet_for(&reply), Quiet::LikeBefore { days: 14 });
    assert_eq!((found(&world), world.pages().len()), (0, 0));
}

/// By the same means as for an alarm, and the page and the ledger say why.
#[test]
fn at_act_a_sweep_rolls_the_region_back() {
    let world = on_probation(14, 0.004);
    let act = FLEET.replacen("probation_action = \"tell\"", "probation_action = \"act\"", 1);
    let context = Context::new(&act, name(AU)).unwrap();
    let sweep = || run(handle(&world, &context, &RollbackEvent::Sweep)).unwrap();
    sweep();
    assert_eq!(world.updates.borrow()[0].config, target("v426").config);
    in_service(&world, "v426");
    sweep();
    let for_probation = |record: &Record| {
        let Record::Reverted { why: Reason::Return(why), .. } = record else { return false };
        matches!(why, Return::RollsBackFrom { why: WayBackReason::WorseThanBefore(_), .. })
    };
    assert!(news(&world).iter().any(for_probation), "{:?}", news(&world));
    assert_eq!((found(&world), world.pages().len()), (1, 1));
}

/// I6: a rollback for an alarm waits for no counts.
#[test]
fn a_ringing_alarm_asks_for_no_earlier_days() {
    let world = on_probation(14, 0.004);
    alarm(&world, AlarmState::Alarm);
    look(&world).unwrap();
    assert_eq!((world.days_asked.borrow().len(), world.updates.borrow().len()), (0, 1));
}

#[test]
fn days_that_cannot_be_read_cost_one_look() {
    let world = on_probation(14, 0.004);
    world.fault("GetMetricData", Fault::Fails(ErrorKind::Throttled));
    let reply = look(&world).unwrap();
    assert!(matches!(quiet_for(&reply), Quiet::DaysUnread { .. }), "{reply}");
    assert_eq!(world.pages().len(), 0);
    world.pass(SLOT);
    look(&world).unwrap();
    assert_eq!((found(&world), world.pages().len()), (1, 1));
}
