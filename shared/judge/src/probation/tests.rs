use super::*;
use proptest::prelude::*;

const REQUESTS: u64 = 100_000;

/// A day of slots at this many bad ones in each.
fn day(slots: usize, bad: u64) -> Vec<Tally> {
    vec![Tally { total: REQUESTS, bad }; slots]
}

/// Days that differ by a tenth, and today's slots.
fn counts(days: usize, today: Vec<Tally>) -> ProbationCounts {
    let days = (0..days).map(|number| day(96, if number % 2 == 0 { 90 } else { 110 })).collect();
    ProbationCounts { days, today }
}

/// The tolerance is beyond policy's, and that of hours beyond that of a day.
fn is_beyond(told: &ProbationJudgement) -> bool {
    let (day, hours) = (told.tolerated, told.tolerated_at_once);
    if day > 1.0 { day >= 1.25 && hours >= day } else { day <= 0.8 && hours <= day }
}

fn judged(name: &str, counts: ProbationCounts) -> ProbationJudgement {
    let mut policy = JudgePolicy::default();
    let alerts = crate::policy::MetricPolicy { two_sided: true, ..Default::default() };
    policy.metrics.insert("alerts".parse().unwrap(), alerts);
    let metrics = BTreeMap::from([(name.parse().unwrap(), counts)]);
    probation(&policy, 0.01, 4, &metrics).remove(0)
}

#[test]
fn a_day_like_the_others_shows_nothing() {
    let told = judged("5xx", counts(14, day(96, 110)));
    assert_eq!(told.finding, ProbationFinding::Nothing, "{told:?}");
    assert_eq!((told.days, told.today.total), (14, 96 * REQUESTS));
    assert!((told.expected - 9_600.0).abs() < 1e-6 && told.tolerated > 1.4, "{told:?}");
}

#[test]
fn three_times_as_many_are_found_within_hours() {
    let told = judged("5xx", counts(14, day(96, 300)));
    let ProbationFinding::Worse { slot } = told.finding else { panic!("{told:?}") };
    assert!(slot < 8, "{told:?}");
    // What is found stays found, however the day ends.
    let mut today = day(96, 300);
    today[slot + 1..].iter_mut().for_each(|slot| slot.bad = 0);
    assert_eq!(judged("5xx", counts(14, today)).finding, told.finding);
}

/// A fault that begins at noon is found as soon as one that was there from the start, but for two slots: good hours count for nothing.
#[test]
fn hours_without_a_fault_do_not_hide_one() {
    let slot = |begins: usize| {
        let today = [day(begins, 100), day(96 - begins, 300)].concat();
        match judged("5xx", counts(14, today)).finding {
            ProbationFinding::Worse { slot } => slot - begins,
            other => panic!("{other:?}"),
        }
    };
    assert!(slot(0) < 8 && slot(40) <= slot(0) + 2, "{} {}", slot(0), slot(40));
    // And it is told by the hours that show it: three times as many as usual.
    let told = judged("5xx", counts(14, [day(40, 100), day(20, 300)].concat()));
    assert_eq!(told.today, Tally { total: 20 * REQUESTS, bad: 6_000 }, "{told:?}");
    assert!((told.expected - 2_000.0).abs() < 1e-6, "{told:?}");
}

#[test]
fn under_seven_days_nothing_is_said() {
    let told = judged("5xx", counts(6, day(96, 90_000)));
    assert_eq!(told.finding, ProbationFinding::TooFewDays { needed: 7 });
    let mut with_gaps = counts(8, day(96, 90_000));
    with_gaps.days[..2].iter_mut().for_each(|day| day[..20].fill(Tally::default()));
    assert_eq!(judged("5xx", with_gaps).days, 6, "a day without a fifth of its slots is none");
}

/// The same days, and those that differ more: the same fault is found in the former only.
#[test]
fn days_that_differ_more_show_less() {
    let noisy = |day: usize| if day.is_multiple_of(2) { 20 } else { 180 };
    let mut counts = counts(14, day(96, 210));
    assert!(matches!(judged("5xx", counts.clone()).finding, ProbationFinding::Worse { .. }));
    counts.days = (0..14).map(|number| day(96, noisy(number))).collect();
    let told = judged("5xx", counts);
    assert_eq!(told.finding, ProbationFinding::Nothing, "{told:?}");
    assert!(told.day_scatter > 0.8, "{told:?}");
}

#[test]
fn fewer_days_must_show_more() {
    let of = |days| judged("5xx", counts(days, Vec::new())).tolerated;
    assert!(of(7) > of(14) && of(14) > of(28), "{} {} {}", of(7), of(14), of(28));
}

/// One hour in ten is five times as bad on any day: one more is nothing new.
#[test]
fn an_ill_hour_is_known_from_other_days() {
    let ill = |number: usize, slot: usize| if (slot / 4 + number).is_multiple_of(10) { 500 } else { 100 };
    let with_ill_hours = |number| (0..96).map(|slot| Tally { total: REQUESTS, bad: ill(number, slot) }).collect();
    let mut counts = counts(14, with_ill_hours(20));
    counts.days = (0..14).map(with_ill_hours).collect();
    let told = judged("5xx", counts.clone());
    assert_eq!(told.finding, ProbationFinding::Nothing, "{told:?}");
    counts.days = (0..14).map(|_| day(96, 140)).collect();
    assert!(
        matches!(judged("5xx", counts).finding, ProbationFinding::Worse { .. }),
        "such an hour alone would be a finding"
    );
}

#[test]
fn fewer_alerts_are_as_wrong_as_more() {
    let found = |name, bad| matches!(judged(name, counts(14, day(96, bad))).finding, ProbationFinding::Worse { .. });
    assert!(found("alerts", 20) && found("alerts", 300));
    assert!(judged("alerts", counts(14, day(96, 20))).tolerated < 0.8, "down to which a day is like the others");
    assert!(!found("5xx", 20), "fewer errors are no fault");
}

#[test]
fn what_callers_send_is_no_finding() {
    let told = judged("4xx", counts(14, day(96, 900)));
    assert_eq!(told.finding, ProbationFinding::Callers);
    assert!(told.e_value > 1e6, "it is told all the same: {told:?}");
}

/// Nothing bad on any day before: how days differ is unknown, and some tens of bad answers are a finding all the same.
#[test]
fn the_first_errors_ever_are_found() {
    let mut counts = counts(7, day(8, 500));
    counts.days = vec![day(96, 0); 7];
    assert!(matches!(judged("5xx", counts.clone()).finding, ProbationFinding::Worse { .. }));
    counts.today = vec![Tally { total: REQUESTS, bad: 1 }];
    assert_eq!(judged("5xx", counts).finding, ProbationFinding::Nothing);
}

proptest! {
    /// Whatever is counted: numbers, and no panic.
    #[test]
    fn a_judgement_has_numbers(
        days in prop::collection::vec(prop::collection::vec((0u64..2_000_000, 0.0f64..1.0), 0..20), 0..12),
        today in prop::collection::vec((0u64..2_000_000, 0.0f64..1.0), 0..20),
    ) {
        let tally = |(total, share): &(u64, f64)| Tally { total: *total, bad: (*total as f64 * share.powi(4)) as u64 };
        let list = |slots: &Vec<(u64, f64)>| slots.iter().map(tally).collect::<Vec<_>>();
        let counts = ProbationCounts { days: days.iter().map(list).collect(), today: list(&today) };
        for name in ["5xx", "alerts", "4xx"] {
            let told = judged(name, counts.clone());
            let numbers = [told.expected, told.day_scatter, told.dispersion, told.tolerated_at_once, told.e_value];
            prop_assert!(numbers.iter().all(|number| number.is_finite()), "{told:?}");
            prop_assert!(is_beyond(&told) && told.dispersion >= 2.0 && told.e_value >= 1.0, "{told:?}");
        }
    }

    /// More bad answers today are never found later.
    #[test]
    fn worse_days_are_found_no_later(bad in 100u64..2_000, more in 1u64..2_000) {
        let slot = |bad| match judged("5xx", counts(14, day(96, bad))).finding {
            ProbationFinding::Worse { slot } => slot,
            _ => usize::MAX,
        };
        prop_assert!(slot(bad + more) <= slot(bad));
    }
}
