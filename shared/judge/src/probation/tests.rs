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

fn judged(name: &str, counts: ProbationCounts) -> ProbationJudgement {
    let mut policy = JudgePolicy::default();
    let alerts = crate::policy::MetricPolicy { two_sided: true, ..Default::default() };
    policy.metrics.insert("alerts".parse().unwrap(), alerts);
    let metrics = BTreeMap::from([(name.parse().unwrap(), counts)]);
    probation(&policy, 0.01, 4, &metrics).remove(0)
}

/// The window that shows it.
fn worse(name: &str, counts: ProbationCounts) -> WorseWindow {
    match judged(name, counts).finding {
        ProbationFinding::Worse(window) => window,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_day_like_the_others_shows_nothing() {
    let told = judged("5xx", counts(14, day(96, 110)));
    assert_eq!(told.finding, ProbationFinding::Nothing, "{told:?}");
    assert_eq!(told.days, 14);
    assert!((told.day_scatter - 0.1 * (14.0f64 / 13.0).sqrt()).abs() < 1e-9, "{told:?}");
}

#[test]
fn three_times_as_many_are_found_within_hours() {
    let found = worse("5xx", counts(14, day(96, 300)));
    assert!(found.slot < 8, "{found:?}");
    // What is found stays found, however the day ends.
    let mut today = day(96, 300);
    today[found.slot + 1..].iter_mut().for_each(|slot| slot.bad = 0);
    assert_eq!(worse("5xx", counts(14, today)), found);
}

/// The chance of a wrong finding is the caller's to say: a canary's alpha is another one.
#[test]
fn how_often_probation_may_be_wrong_is_not_the_canarys_alpha() {
    let metrics = BTreeMap::from([("5xx".parse().unwrap(), counts(14, day(96, 300)))]);
    let of = |alpha| probation(&JudgePolicy { alpha, ..JudgePolicy::default() }, 0.01, 4, &metrics);
    assert_eq!(of(1e-12), of(0.2));
    let strict = probation(&JudgePolicy::default(), 1e-12, 4, &metrics);
    assert_ne!(of(0.01), strict, "its own does count");
}

/// The chance to be wrong is shared by the metrics that may be found, and so not with callers' errors.
#[test]
fn the_chance_to_be_wrong_is_shared_by_what_may_be_found() {
    let slot = |names: &[&str], bad: u64| {
        let metrics = names.iter().map(|name| (name.parse().unwrap(), counts(14, day(96, bad)))).collect();
        let told = probation(&JudgePolicy::default(), 0.01, 4, &metrics);
        match told.into_iter().find(|own| own.metric.as_str() == "5xx").unwrap().finding {
            ProbationFinding::Worse(window) => window.slot,
            _ => 96,
        }
    };
    let later = |names: &[&str]| (200..260).filter(|bad| slot(names, *bad) > slot(&["5xx"], *bad)).count();
    assert_eq!(later(&["4xx", "5xx"]), 0);
    assert!(later(&["5xx", "latency_over_20ms"]) > 0);
}

/// A fault that begins at noon is found as soon as one that was there from the start, but for two slots: good hours count for nothing.
#[test]
fn hours_without_a_fault_do_not_hide_one() {
    let late = |begins: usize| worse("5xx", counts(14, [day(begins, 100), day(96 - begins, 300)].concat()));
    assert!(late(0).slot < 8 && late(40).slot - 40 <= late(0).slot + 2, "{:?} {:?}", late(0), late(40));
    // And it is told by the hours that show it: three times as many as usual, of which half as many again are tolerated.
    let WorseWindow { slot, today, expected, tolerated, chance } = late(40);
    let slots = (slot - 39) as u64;
    assert_eq!(today, Tally { total: slots * REQUESTS, bad: slots * 300 });
    assert!((expected - slots as f64 * 100.0).abs() < 1e-6 && chance < 1e-5, "{expected} {chance}");
    assert!((1.5..3.0).contains(&tolerated), "{tolerated}");
}

/// What a window tells as tolerated is the edge of a finding: one more is one, as many are none.
#[test]
fn as_many_as_are_tolerated_are_no_finding() {
    let first = worse("5xx", counts(14, day(1, 1_000)));
    let edge = (first.tolerated * first.expected).round() as u64;
    assert!(edge > 125, "{first:?}");
    assert_eq!(judged("5xx", counts(14, day(1, edge))).finding, ProbationFinding::Nothing);
    assert_eq!(worse("5xx", counts(14, day(1, edge + 1))).slot, 0);
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
    worse("5xx", counts.clone());
    counts.days = (0..14).map(|number| day(96, noisy(number))).collect();
    let told = judged("5xx", counts);
    assert_eq!(told.finding, ProbationFinding::Nothing, "{told:?}");
    assert!(told.day_scatter > 0.8, "{told:?}");
}

#[test]
fn fewer_days_must_show_more() {
    let of = |days| worse("5xx", counts(days, day(1, 5_000))).tolerated;
    assert!(of(7) > of(14) && of(14) > of(28), "{} {} {}", of(7), of(14), of(28));
}

/// However alike days are, a quarter more is tolerated, and what so many counts scatter by chance.
#[test]
fn where_days_are_alike_the_tolerance_decides() {
    let alike = |today| ProbationCounts { days: vec![day(96, 10_000); 14], today };
    assert_eq!(judged("5xx", alike(day(96, 12_500))).finding, ProbationFinding::Nothing);
    assert!((1.25..1.35).contains(&worse("5xx", alike(day(96, 14_000))).tolerated));
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
    // Such an hour alone would be a finding.
    counts.days = (0..14).map(|_| day(96, 140)).collect();
    worse("5xx", counts);
}

#[test]
fn fewer_alerts_are_as_wrong_as_more() {
    let found = |name, bad| matches!(judged(name, counts(14, day(96, bad))).finding, ProbationFinding::Worse(_));
    assert!(found("alerts", 20) && found("alerts", 300));
    assert!(worse("alerts", counts(14, day(96, 20))).tolerated < 0.8, "down to which hours are like the others");
    assert!(!found("5xx", 20), "fewer errors are no fault");
}

#[test]
fn what_callers_send_is_no_finding() {
    assert_eq!(judged("4xx", counts(14, day(96, 900))).finding, ProbationFinding::Callers);
}

/// Nothing bad on any day before: how days differ is unknown, and some tens of bad answers are a finding all the same.
#[test]
fn the_first_errors_ever_are_found() {
    let mut counts = counts(7, day(8, 500));
    counts.days = vec![day(96, 0); 7];
    assert_eq!(worse("5xx", counts.clone()).expected, 0.0);
    counts.today = vec![Tally { total: REQUESTS, bad: 1 }];
    assert_eq!(judged("5xx", counts.clone()).finding, ProbationFinding::Nothing);
    // One in two weeks hides no hundred in an hour.
    counts.days = vec![day(96, 0); 14];
    counts.days[3][50].bad = 1;
    counts.today = day(4, 25);
    worse("5xx", counts);
}

/// Each length's looks have its part of the chance, none is looked at before it is full, and all together have it all.
#[test]
fn looks_share_what_may_be_wrong() {
    for slots in [1, 4, 8, 9, 96] {
        for length in [1, 4, 16, 64].map(|slots| Length { slots }) {
            let (first, later) = length.levels(0.01, slots);
            let due: Vec<usize> = (0..slots).filter(|slot| length.is_due(*slot)).collect();
            let sum: f64 = due.iter().map(|slot| if *slot < FIRST { first } else { later }).sum();
            assert!(due.is_empty() || (sum - 0.01).abs() < 1e-12, "{length:?} of {slots}: {sum}");
            assert!(due.iter().all(|slot| slot + 1 >= length.slots), "{due:?}");
        }
    }
    let looks = |slots| (0..96).filter(|slot| Length { slots }.is_due(*slot)).count();
    assert_eq!([1, 4, 16, 64].map(looks), [96, 93, 41, 5]);
}

fn tally(total: u64, bad: u64) -> Tally {
    Tally { total, bad }
}

/// What a look may err: alpha over regions, lengths, halves and looks. At the edge the chance is just under it.
#[test]
fn a_look_errs_what_it_may() {
    let at = |own: ProbationCounts, names: &[&str]| {
        let metrics = names.iter().map(|name| (name.parse().unwrap(), own.clone())).collect();
        let told = probation(&JudgePolicy::default(), 0.01, 4, &metrics);
        told.into_iter().find(|own| own.metric.as_str() == "5xx").unwrap().finding
    };
    for (usual, looks) in [(0, 8.0), (8, 88.0)] {
        let level = 0.01 / 4.0 / 4.0 / 2.0 / looks;
        let of = |bad| counts(14, [day(usual, 100), day(1, bad)].concat());
        let first = (100..).find_map(|bad| match at(of(bad), &["5xx", "4xx"]) {
            ProbationFinding::Worse(window) => Some((bad, window)),
            _ => None,
        });
        let (bad, found) = first.unwrap();
        assert!(found.slot == usual && (0.8 * level..=level).contains(&found.chance), "{found:?} {level:e}");
        for more in 1..4 {
            let found = worse("5xx", of(bad + more));
            assert_eq!((found.tolerated * found.expected).round() as u64, bad - 1);
        }
    }
}

#[test]
fn the_window_that_shows_it_best_is_told() {
    let found = worse("5xx", counts(14, [day(3, 100), day(1, 2_000)].concat()));
    assert_eq!((found.slot, found.today.total), (3, REQUESTS));
}

/// Of two counts with the window's law, the part of today's in their sum, by enumeration.
#[test]
fn a_windows_chance_is_that_of_two_counts_given_their_sum() {
    let window = Window { today: tally(1_000, 9), before: tally(7_000, 21), expected: 3.0, declared: 2.0 };
    let usual = Usual { level: 0.01, variance: 0.5 };
    let ln_count = |count: u64, mean: f64, dispersion: f64| {
        let size = mean / (dispersion - 1.0);
        let count = count as f64;
        libm::lgamma(count + size) - libm::lgamma(size) - libm::lgamma(count + 1.0)
            + count * (1.0 - 1.0 / dispersion).ln()
    };
    for (ratio, dispersion) in [(1.25, 2.0), (0.8, 2.0), (1.0, 3.5)] {
        let ways: Vec<f64> = (0..=30)
            .map(|own| (ln_count(own, ratio * 3.0, dispersion) + ln_count(30 - own, 21.0, dispersion)).exp())
            .collect();
        let all: f64 = ways.iter().sum();
        let (above, below) = (ways[9..].iter().sum::<f64>() / all, ways[..=9].iter().sum::<f64>() / all);
        let near = |seen: f64, wanted: f64| assert!((seen / wanted - 1.0).abs() < 1e-9, "{ratio} {seen} {wanted}");
        near(window.chance(ratio, dispersion, Side::Above, 9), above);
        near(window.chance(ratio, dispersion, Side::Below, 9), below);
        if ratio == 1.0 {
            near(window.usually(usual, Side::Above, 9), above);
        }
    }
}

/// Eight days of two spells or four, factors and spells that are known: the variances and their degrees of freedom by hand.
#[test]
fn what_is_usual_is_known_by_hand() {
    let slot = |number: usize, slot: usize| {
        let day = if number.is_multiple_of(2) { 0.9 } else { 1.1 };
        let spell = if (number / 2 + slot / 8).is_multiple_of(2) { 0.8 } else { 1.2 };
        tally(100_000, (1_000.0 * day * spell) as u64)
    };
    let day = 0.01 * 8.0 / 7.0;
    let mean_square = 1_000.0f64.powi(2) * (0.81 + 1.21) / 2.0;
    for (spells, length) in [(2, 1), (2, 4), (4, 1), (4, 4)] {
        let slots = 8 * spells;
        let days = (0..8).map(|number| (0..slots).map(|place| slot(number, place)).collect()).collect();
        let counts = ProbationCounts { days, today: Vec::new() };
        let (mean, square) = (length as f64 * 1_000.0, (length as f64).powi(2) * mean_square);
        let windows = slots as f64 / length as f64;
        let beside = (0.04 * square * 8.0 / 7.0 * windows / (windows - 1.0) - 2.0 * mean) / square;
        let within = 7.0 * (spells as f64 - 1.0);
        let freedom = (day + beside).powi(2) / (day * day / 7.0 + beside * beside / within);
        let inflation = crate::student::upper_quantile(freedom, 1e-5) / crate::student::upper_quantile(1e9, 1e-5);
        let seen = Past::of(&counts, 2.0).usual(length, 1e-5).variance;
        let wanted = (day + beside) * inflation * inflation;
        assert!((seen / wanted - 1.0).abs() < 1e-9, "{spells} spells, {length}: {seen} {wanted}");
    }
}

/// Hours have their own rates, and a slot that is missing today is left out of the days too.
#[test]
fn hours_are_held_against_the_same_hours() {
    let usual = || [day(48, 20), day(48, 400)].concat();
    let of = |today| ProbationCounts { days: vec![usual(); 14], today };
    assert_eq!(judged("5xx", of(usual())).finding, ProbationFinding::Nothing);
    let found = worse("5xx", of([day(48, 20), day(48, 800)].concat()));
    assert!(found.slot == 48, "{found:?}");
    assert_eq!(judged("5xx", of(day(96, 20))).finding, ProbationFinding::Nothing);
    let mut gaps = of([day(1, 20), day(2, 0), day(1, 60)].concat());
    gaps.today[1..3].fill(Tally::default());
    gaps.today[0].bad = 60;
    let found = worse("5xx", gaps.clone());
    gaps.days.iter_mut().for_each(|day| day[1..3].fill(Tally::default()));
    assert_eq!(worse("5xx", gaps), found);
}

#[test]
fn slots_that_the_days_have_not_in_common_are_no_window() {
    let counts = counts(8, Vec::new());
    let past = Past::of(&counts, 2.0);
    assert!(past.window(0, &day(4, 5)).is_some());
    // Nobody has called today, or nobody ever called then.
    assert!(past.window(0, &[Tally::default(); 4]).is_none());
    assert!(past.window(96, &day(1, 5)).is_none());
}

#[test]
fn what_counts_scatter_by_chance_is_beside_the_tolerance() {
    let alike = |bad| ProbationCounts { days: vec![day(96, 10_000); 14], today: day(1, bad) };
    assert_eq!(judged("5xx", alike(12_900)).finding, ProbationFinding::Nothing);
    worse("5xx", alike(13_400));
}

#[test]
fn the_edges_of_what_is_counted() {
    let empty = ProbationCounts { days: vec![Vec::new(); 9], today: day(4, 500) };
    assert_eq!(judged("5xx", empty).days, 0);
    let mut with_gaps = counts(7, day(1, 100));
    with_gaps.days[0][..19].fill(Tally::default());
    assert_eq!(judged("5xx", with_gaps).days, 7, "four fifths are enough");
    let mut once = counts(7, day(1, 100));
    once.days.iter_mut().skip(1).flatten().for_each(|slot| slot.bad = 0);
    assert!((judged("5xx", once).day_scatter - 1.0).abs() < 1e-12);
    let of = |bad| ProbationCounts { days: vec![day(96, 0); 14], today: day(1, bad) };
    let first = (1..).find(|bad| matches!(judged("5xx", of(*bad)).finding, ProbationFinding::Worse(_)));
    assert_eq!(first, Some(9));
    assert_eq!(worse("5xx", of(30)).tolerated, 1.25);
}

/// One bad answer in two weeks says little of where the others will be: two are no finding, in whatever slots today's requests come.
#[test]
fn one_earlier_bad_answer_decides_nothing() {
    let mut days = vec![vec![tally(50_000, 0); 96]; 14];
    days[3][1].bad = 1;
    // In the earlier one's slot there are few requests today, and more in the others.
    let today = vec![tally(100_000, 2), tally(1_000, 0), tally(100_000, 0), tally(100_000, 0)];
    let found = judged("5xx", ProbationCounts { days, today });
    assert_eq!(found.finding, ProbationFinding::Nothing, "{found:?}");
}

/// Millions that scatter are counted by the hundred: the chance stays, and no finding is nearer.
#[test]
fn large_counts_are_counted_in_grains() {
    let of = |times: u64| {
        let (today, before) = (tally(times * 1_000, times * 19), tally(times * 14_000, times * 140));
        let window = Window { today, before, expected: times as f64 * 10.0, declared: 2.0 };
        let usual = Usual { level: 1e-5, variance: 0.02 };
        (window.usually(usual, Side::Above, today.bad), window.usually(usual, Side::Below, times * 4))
    };
    let ((above, below), (most_above, most_below)) = (of(1_000), of(1_000_000));
    assert!(above < 1e-4 && below < 1e-4, "{above} {below}");
    assert!(
        (1.0..1.2).contains(&(above / most_above)) && (1.0..1.2).contains(&(below / most_below)),
        "{above} {most_above} {below} {most_below}"
    );
}

fn any_total() -> impl Strategy<Value = u64> {
    prop_oneof![9 => 0u64..2_000_000, 1 => Just(u64::MAX / 2)]
}

proptest! {
    /// Whatever is counted: numbers, and no panic.
    #[test]
    fn a_judgement_has_numbers(
        days in prop::collection::vec(prop::collection::vec((any_total(), 0.0f64..1.0), 0..20), 0..12),
        today in prop::collection::vec((any_total(), 0.0f64..1.0), 0..20),
    ) {
        let tally = |(total, share): &(u64, f64)| Tally { total: *total, bad: (*total as f64 * share.powi(4)) as u64 };
        let list = |slots: &Vec<(u64, f64)>| slots.iter().map(tally).collect::<Vec<_>>();
        let counts = ProbationCounts { days: days.iter().map(list).collect(), today: list(&today) };
        for name in ["5xx", "alerts", "4xx"] {
            let told = judged(name, counts.clone());
            prop_assert!(told.day_scatter.is_finite(), "{told:?}");
            if let ProbationFinding::Worse(window) = told.finding {
                let numbers = [window.expected, window.tolerated, window.chance];
                prop_assert!(numbers.iter().all(|number| number.is_finite()), "{window:?}");
                prop_assert!(window.tolerated >= 1.25 || window.tolerated <= 0.8, "{window:?}");
            }
        }
    }

    /// More bad answers today are never found later.
    #[test]
    fn worse_days_are_found_no_later(bad in 100u64..2_000, more in 1u64..2_000) {
        let slot = |bad| match judged("5xx", counts(14, day(96, bad))).finding {
            ProbationFinding::Worse(window) => window.slot,
            _ => usize::MAX,
        };
        prop_assert!(slot(bad + more) <= slot(bad));
    }
}
