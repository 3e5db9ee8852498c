//! A release that serves everybody, and the days before: when a region looks, what it finds, and what follows.

use crate::night::{EU, Night, at, name, release};
use crate::plans::Says;
use crate::sights::{on_probation, worse_than_before};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::lookout::ArmMinutes;
use meridian_domain::plan::{Act, Next};
use meridian_domain::probation::{ProbationLook, SLOT};
use meridian_domain::reason::{Quiet, Return, WayBackReason};
use meridian_domain::{Advice, Epoch, ProbationAction, Reason, Record};
use meridian_judge::{Arm, ProbationFinding};
use std::collections::BTreeSet;

/// EU serves v427 since 03:02, judged at full load; nothing is in flight. Its first slot is the one at 03:15.
fn night() -> Night {
    let mut night = Night::confirmed_in(&[EU]);
    night.now = at("03:32:00");
    night
}

fn due(night: &Night) -> Option<ProbationLook> {
    ProbationLook::due(&night.fleet, &night.region(EU), night.history(EU), night.now)
}

/// The days when a region looks, by the clock of its first one.
fn looks_at(night: &mut Night, times: &[&str]) -> Vec<bool> {
    let looks = times.iter().map(|time| {
        night.now = time.parse().unwrap();
        due(night).is_some()
    });
    looks.collect()
}

#[test]
fn a_region_looks_once_after_each_quarter_of_an_hour() {
    let mut night = night();
    let mut sweeps: Vec<Timestamp> = Vec::new();
    for minute in 0..(26 * 60) / 5 {
        night.now = at("03:04:10") + SignedDuration::from_mins(5 * minute);
        sweeps.extend(due(&night).map(|_| night.now));
    }
    assert_eq!(sweeps.len(), 96, "a day has so many quarters of an hour");
    assert_eq!(sweeps.first(), Some(&at("03:34:10")), "the first slot ends at 03:30, and its counts come by 03:32");
    assert!(sweeps.windows(2).all(|pair| pair[1].duration_since(pair[0]) == SLOT));
}

#[test]
fn probation_ends_with_its_time() {
    let mut night = night();
    let times = ["2026-11-21T03:17:00Z", "2026-11-21T03:21:59Z", "2026-11-21T03:32:00Z"];
    assert_eq!(looks_at(&mut night, &times), [true, true, false]);
    night.fleet.wave.probation = SignedDuration::from_hours(2);
    let times = ["2026-11-20T05:17:00Z", "2026-11-20T05:32:00Z"];
    assert_eq!(looks_at(&mut night, &times), [true, false]);
}

#[test]
fn nothing_is_on_probation_that_policy_or_the_ledger_leaves_out() {
    let mut off = night();
    off.fleet.wave.probation = SignedDuration::ZERO;
    assert_eq!(due(&off), None, "probation = \"0s\"");
    // Not judged at full load.
    let mut early = Night::new();
    let target = early.target(EU, "v427");
    early.tell(EU, Record::Confirmed { target, execution: "wave-1".parse().unwrap(), golden: 10 });
    early.now = at("03:32:00");
    assert_eq!(due(&early), None);
    // The next canary is on its way.
    let mut next = night();
    let (target, back) = (next.target(EU, "v428"), Some(next.target(EU, "v427")));
    let (execution, epoch) = ("wave-2".parse().unwrap(), Some(Epoch(2)));
    next.tell(EU, Record::UpdateIntended { target, back, execution, epoch, bake: None });
    assert_eq!(due(&next), None);
    // Back on the release before: it has proved itself.
    let mut back = night();
    let (from, to) = (back.target(EU, "v427"), back.target(EU, "v426"));
    back.tell(EU, Record::Reverted { from, to, why: WayBackReason::Unexplained.into() });
    assert_eq!(due(&back), None);
    assert!(due(&night()).is_some());
}

/// What a region with these 5xx of 10,000 requests a slot counted on each earlier day, and today.
fn served(night: &Night, days: i32, usual: u64, today: u64) -> ArmMinutes {
    let (look, mut served) = (due(night).unwrap(), ArmMinutes::default());
    let first = at("03:15:00");
    for metric in ProbationLook::metrics(&night.fleet.judge) {
        let own = |bad| Arm::new(10_000, if metric.as_str() == "5xx" { bad } else { 20 });
        for (day, place) in (1..=days).flat_map(|day| (0..96).map(move |place| (day, place))) {
            // Days differ by a tenth.
            let bad = usual * (95 + 10 * u64::from(day % 2 == 0)) / 100;
            served.put(&metric, first - SignedDuration::from_hours(24) * day + SLOT * place, own(bad));
        }
        let mut at = first;
        while at < look.span.to {
            served.put(&metric, at, own(today));
            at += SLOT;
        }
    }
    served
}

#[test]
fn the_same_hours_of_earlier_days_are_compared() {
    let mut night = night();
    night.now = at("05:17:00");
    let finding = |today| {
        let look = due(&night).unwrap();
        let found = look.judge(&night.fleet, &served(&night, 14, 20, today));
        let own = found.judged.into_iter().find(|own| own.metric.as_str() == "5xx").unwrap();
        assert_eq!(own.days, 14);
        own.finding
    };
    assert_eq!(finding(21), ProbationFinding::Nothing);
    assert!(matches!(finding(80), ProbationFinding::Worse(_)));
    let look = due(&night).unwrap();
    assert_eq!((look.span.from, look.span.to), ("2026-11-06T03:15:00Z".parse().unwrap(), at("05:15:00")));
    let served = ["v426", "v427"].map(|version| night.target(EU, version).release);
    assert_eq!(look.releases, BTreeSet::from(served), "whose containers speak of those days");
}

/// CloudWatch refuses more than 500 questions, and then nothing would be compared: of many releases the latest are asked.
#[test]
fn of_many_releases_the_latest_speak() {
    let night = night();
    let mut history = night.history(EU).clone();
    let releases: Vec<_> = (0..60).map(|number| release(&format!("v{number}"))).collect();
    for (hours, own) in (0..).zip(&releases) {
        history.confirmed.insert(*own, "wave-0".parse().unwrap());
        history.attested_at.insert(*own, night.now - SignedDuration::from_hours(hours + 24));
    }
    let look = ProbationLook::due(&night.fleet, &night.region(EU), &history, night.now).unwrap();
    assert!((32..=34).contains(&look.releases.len()), "{}", look.releases.len());
    assert!(look.releases.contains(&releases[0]) && !look.releases.contains(&releases[59]));
}

#[test]
fn too_few_days_are_said_and_nothing_follows() {
    let mut night = night();
    let few = due(&night).unwrap().judge(&night.fleet, &served(&night, 6, 20, 2_000));
    night.own.probation = Some(few);
    let before = night.history(EU).clone();
    let plan = night.next_of_rollback(EU);
    assert!(plan.finish().is_some(), "{plan:?}");
    assert_eq!(plan.why, Reason::Quiet(Quiet::TooFewDays { days: 6, needed: 7 }));
    assert_eq!(*night.history(EU), before, "nothing is written");
}

/// Nothing is rolled back; and however often it is found, seen again or delivered twice, one page goes out.
#[test]
fn at_tell_people_are_paged_once() {
    let mut night = night();
    night.own.probation = Some(on_probation(ProbationAction::Tell, 14, true));
    let page = night.next_of_rollback(EU);
    let found = night.history(EU).worse.clone().unwrap();
    assert_eq!((found.release, found.worse), (release("v427"), worse_than_before()));
    let region = name(EU);
    let advice = Advice::WeighRollback { region: region.clone() };
    assert_eq!(page.next, Next::Page { region, advice });
    assert!(matches!(&page.why, Reason::Return(Return::WorseThanBefore { .. })), "{page:?}");
    night.own_sent(EU, page);
    assert_eq!(night.history(EU).owed, []);
    // The same call, another one at once, and one that finds it again later.
    let is_over = |night: &mut Night| {
        let plan = night.next_of_rollback(EU);
        let told = matches!(plan.why, Reason::Quiet(Quiet::WorseTold { .. }));
        assert!(plan.finish().is_some() && told, "{plan:?}");
        night.new_call();
    };
    is_over(&mut night);
    is_over(&mut night);
    night.pass("15m");
    is_over(&mut night);
    assert!(night.history(EU).previous.is_some() && night.history(EU).halt.is_none());
    assert_eq!(due(&night), None, "found once, it is not asked for again");
}

/// The pager is dead: the page stays owed, and goes out once.
#[test]
fn a_page_of_probation_that_is_not_sent_stays_owed() {
    let mut night = night();
    night.own.probation = Some(on_probation(ProbationAction::Tell, 14, true));
    let lost = night.next_of_rollback(EU);
    assert!(lost.pages(), "{lost:?}");
    night.own.paged = true;
    assert!(night.next_of_rollback(EU).finish().is_some() && night.history(EU).owes(&lost.why));
    night.new_call();
    night.own.probation = None;
    night.pass("1m");
    let page = night.next_of_rollback(EU);
    assert_eq!(page.why, lost.why);
    night.own_sent(EU, page);
    assert_eq!(night.history(EU).owed, []);
    assert!(night.next_of_rollback(EU).finish().is_some());
    night.new_call();
    assert!(night.next_of_rollback(EU).finish().is_some(), "it goes out once");
}

/// By the same path as for an alarm: intent, update, page and halt, return.
#[test]
fn at_act_the_region_rolls_back_and_says_why() {
    let mut night = night();
    night.own.probation = Some(on_probation(ProbationAction::Act, 14, true));
    assert!(night.next_of_rollback(EU).does(Act::Update));
    night.taken_back(EU, "v426");
    let page = night.next_of_rollback(EU);
    night.own_sent(EU, page);
    assert!(night.next_of_rollback(EU).finish().is_some());
    let why = WayBackReason::WorseThanBefore(worse_than_before());
    let halt = night.history(EU).halt.clone().unwrap();
    assert!(matches!(&halt, Reason::Return(Return::RollsBackFrom { why: own, .. }) if *own == why), "{halt:?}");
    night.new_call();
    night.in_service(EU, "v426");
    night.own.probation = None;
    assert!(night.next_of_rollback(EU).finish().is_some(), "it paged before");
    assert_eq!(night.history(EU).returned[&release("v427")].why, halt);
    assert_eq!(night.history(EU).worse, None);
    night.new_call();
    assert!(night.next_of_rollback(EU).finish().is_some(), "nor does a later call page");
}

/// A call that dies right after it wrote what it found: the next one, which looks at no day, goes on.
#[test]
fn what_is_on_record_at_act_is_finished_by_the_next_call() {
    let mut night = night();
    let (region, target, worse) = (name(EU), night.target(EU, "v427"), worse_than_before());
    night.tell(EU, Record::ProbationFound { region, target, worse, action: ProbationAction::Act });
    assert!(night.next_of_rollback(EU).does(Act::Update));
}

/// I5: the release before stays on record as the way back, for as long as probation may ask for it.
#[test]
fn the_way_back_stays_while_the_release_is_on_probation() {
    let mut night = night();
    night.own.probation = Some(on_probation(ProbationAction::Act, 14, false));
    let (before, begins) = (night.history(EU).clone(), night.now);
    for looked in 0..96 {
        night.now = begins + SLOT * looked;
        let plan = night.next_of_rollback(EU);
        let quiet = matches!(plan.why, Reason::Quiet(Quiet::LikeBefore { days: 14 }));
        assert!(plan.finish().is_some() && quiet, "{plan:?}");
    }
    assert_eq!(*night.history(EU), before);
    assert_eq!(before.previous, Some(night.target(EU, "v426")));
    assert!(due(&Night { now: at("23:47:00"), ..night }).is_some());
}
