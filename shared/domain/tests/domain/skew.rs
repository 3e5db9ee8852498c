//! How far regions may be apart without a page: in releases and in hours.

use crate::night::{AU, BR, EU, JP, Night, actor, name, release, said, version};
use crate::plans::Says;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::plan::{Act, Finish};
use meridian_domain::reason::WaveEnd;
use meridian_domain::{Fleet, Head, Reason, Record, Rule, Violation, audit};
use std::sync::Arc;

/// These were approved, one after another, a night each; the last of them now. JP serves v426, the others the last but one.
fn behind(approved: &[&str]) -> Night {
    let mut night = Night::new();
    night.sight.hub = Arc::default();
    let nights = i64::try_from(approved.len()).unwrap();
    for (ago, text) in (0..nights).rev().zip(approved) {
        let at = night.now - SignedDuration::from_hours(24 * ago);
        write(&mut night, at, Record::Approved { release: release(text), created: at });
    }
    if let [.., before, _] = approved {
        for region in [EU, AU, BR] {
            let target = night.target(region, before);
            night.tell(region, Record::Attested { release: release(before), version: version(before) });
            night.tell(region, Record::Confirmed { target, execution: actor("wave-0"), golden: 10 });
            night.in_service(region, before);
        }
    }
    night
}

fn write(night: &mut Night, at: Timestamp, record: Record) {
    night.hub_mut().apply(&Head::default().entry(at, actor("maria"), record));
}

fn with_skew(mut night: Night, hours: i64) -> Night {
    night.fleet.wave.skew = SignedDuration::from_hours(hours);
    night
}

/// Whether people are told of a region that is too far behind before EU starts, which it does without another word.
fn tells_before_start(night: &mut Night) -> bool {
    let first = night.next(EU);
    let tells = first.pages();
    if tells {
        assert!(matches!(first.why, Reason::Lag(_)), "{first:?}");
        night.sent(first);
    }
    night.starts(EU);
    tells
}

#[test]
fn a_region_too_far_behind_is_paged_once_and_not_waited_for() {
    let mut night = with_skew(behind(&["v426", "v424", "v425", "v427"]), 1000);
    let page = night.next(EU);
    assert!(page.pages(), "{page:?}");
    let Reason::Lag(lag) = &page.why else { panic!("{page:?}") };
    assert_eq!((&lag.region, &lag.serves, lag.behind), (&name(JP), &version("v426"), 3));
    night.sent(page);
    night.starts(EU);
    assert!(night.sight.hub.skew_told.contains(&(name(JP), release("v427"))));
    // Another execution of the same release says nothing new.
    let mut again = with_skew(behind(&["v426", "v424", "v425", "v427"]), 1000);
    again.hub_mut().skew_told = night.hub_mut().skew_told.clone();
    assert!(!tells_before_start(&mut again));
}

#[test]
fn as_many_releases_as_policy_allows_are_nobodys_page() {
    let mut night = with_skew(behind(&["v426", "v425", "v427"]), 1000);
    assert!(!tells_before_start(&mut night));
    // A condemned release is one that nobody could have taken.
    let mut night = with_skew(behind(&["v426", "v424", "v425", "v427"]), 1000);
    night.hub(Record::Condemned { release: release("v424"), region: name(EU), why: said("slow") });
    assert!(!tells_before_start(&mut night));
}

#[test]
fn a_region_too_many_hours_behind_is_paged() {
    for (hours, tells) in [(23, true), (25, false)] {
        let mut night = with_skew(behind(&["v426", "v425", "v427"]), hours);
        assert_eq!(tells_before_start(&mut night), tells, "{hours}");
    }
}

#[test]
fn a_fleet_that_is_old_together_is_not_apart() {
    let mut night = with_skew(behind(&["v426", "v427"]), 1);
    for region in [EU, AU, BR] {
        let target = night.target(region, "v426");
        night.tell(region, Record::Settled { target, execution: actor("wave-0") });
    }
    night.pass("4h");
    let page = night.next_of_verify();
    let incomplete = matches!(page.why, Reason::Wave(WaveEnd::Incomplete { .. }));
    assert!(page.pages() && incomplete, "not every region serves it; nobody lags behind another: {page:?}");
    night.sent(page);
    assert_eq!(night.next_of_verify().finish(), Some(Finish::Failed), "and no other page");
    assert!(night.sight.hub.skew_told.is_empty());
}

#[test]
fn the_waves_end_names_a_region_that_became_too_old_meanwhile() {
    let mut night = with_skew(Night::confirmed_in(&[EU, AU, BR]), 1);
    night.hub(Record::Deferred {
        region: name(JP),
        execution: actor("wave-1"),
        release: release("v427"),
        why: said("dark"),
        paged: false,
    });
    night.pass("2h");
    let page = night.next_of_verify();
    assert!(page.pages() && matches!(&page.why, Reason::Lag(lag) if lag.region == name(JP)), "{page:?}");
    night.sent(page);
    assert_eq!(night.next_of_verify().finish(), Some(Finish::Failed));
    night.new_call();
    assert_eq!(night.next_of_verify().finish(), Some(Finish::Failed), "and no second page");
}

#[test]
fn an_override_of_the_skew_silences_one_region_while_it_counts() {
    for (region, until, tells) in [(JP, "1h", false), (AU, "1h", true), (JP, "0s", true)] {
        let mut night = with_skew(behind(&["v426", "v424", "v425", "v427"]), 1000);
        let (now, why) = (night.now, "its quota comes on Monday".to_owned());
        let until = now + until.parse::<SignedDuration>().unwrap();
        write(&mut night, now, Record::Overridden { what: Rule::Skew, region: Some(name(region)), why, until });
        assert_eq!(tells_before_start(&mut night), tells, "{region} for {until}");
    }
}

#[test]
fn a_region_that_joins_lags_in_silence() {
    let text = include_str!("../../../../local/fleets/reference/fleet.toml").replacen(
        "name = \"sa-east-1\"",
        "name = \"sa-east-1\"\nkind = \"joining\"",
        1,
    );
    let mut night = Night { fleet: Fleet::parse(&text).unwrap(), ..behind(&["v426", "v424", "v425", "v427"]) };
    night.fleet.wave.skew = SignedDuration::from_hours(1000);
    for (region, serves) in [(JP, "v425"), (BR, "v426")] {
        let target = night.target(region, serves);
        night.tell(region, Record::Settled { target, execution: actor("wave-0") });
    }
    assert!(!tells_before_start(&mut night));
}

#[test]
fn the_audit_refuses_to_widen_the_skew_untold() {
    let mut night = with_skew(behind(&["v426", "v424", "v425", "v427"]), 1000);
    let page = night.next(EU);
    night.sent(page);
    let plan = night.next_after(EU, &[Act::Prepare]);
    assert!(plan.does(Act::Update), "{plan:?}");
    assert_eq!(audit(&night.fleet, &night.sight, &plan, night.now), []);
    night.hub_mut().skew_told.clear();
    let behind = Violation::TooFarBehind { region: name(JP) };
    assert_eq!(audit(&night.fleet, &night.sight, &plan, night.now), [behind]);
}

/// What was approved and serves nowhere yet is nothing to be behind of.
#[test]
fn releases_that_no_region_serves_do_not_count() {
    let mut night = with_skew(behind(&["v426", "v425", "v427"]), 1000);
    for newer in ["v428", "v429", "v430"] {
        let at = night.now;
        write(&mut night, at, Record::Approved { release: release(newer), created: at });
    }
    // Else the wave had moved nothing, and a newer release took its place.
    night.serves(EU, "v427");
    let page = night.next_of_verify();
    assert!(page.pages() && matches!(page.why, Reason::Wave(WaveEnd::Incomplete { .. })), "{page:?}");
    assert!(night.sight.hub.skew_told.is_empty());
    night.serves(EU, "v430");
    assert!(matches!(night.next_of_verify().why, Reason::Lag(_)), "one of them serves");
}
