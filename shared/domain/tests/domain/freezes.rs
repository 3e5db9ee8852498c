//! `[[freeze]]`: nothing starts within a window, by the clock that counts there; and what a person sets aside.

use crate::night::{AU, BR, EU, JP, Night, actor, at, good, name, release, ringing, said, version};
use crate::plans::Says;
use crate::problems::{GOOD, is_malformed, minutes};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::plan::{Act, Finish};
use meridian_domain::reason::{Gate, Lagging, RegionState, Step, Stopped, Wait, WaveEnd};
use meridian_domain::{
    Decision, Fleet, FleetError, FreezeProblem, Frozen, Head, Override, Reason, Record, Rule, Violation, audit,
};

/// The repository's fleet with no freeze but this one.
fn frozen(table: &str) -> Fleet {
    Fleet::parse(&with(table)).unwrap()
}

fn with(table: &str) -> String {
    let own = GOOD.find("[[freeze]]").map_or(GOOD, |start| &GOOD[..start]);
    format!("{own}\n[[freeze]]\nname = \"peak\"\nwhy = \"card volumes peak\"\n{table}\n")
}

fn night(table: &str) -> Night {
    Night { fleet: frozen(table), ..Night::new() }
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A freeze, and moments at which it does and does not hold in a region.
#[test]
fn a_window_keeps_the_clock_of_its_zone() {
    for (table, region, held, free) in [
        // Sydney is at UTC+11 in November: 13:00 to 16:00 there is 02:00 to 05:00 UTC.
        (
            "days = [\"fri\"]\nfrom = \"13:00\"\nto = \"16:00\"",
            AU,
            &["2026-11-20T02:00:00Z", "2026-11-20T04:59:59Z"][..],
            &["2026-11-20T01:59:59Z", "2026-11-20T05:00:00Z", "2026-11-19T03:00:00Z"][..],
        ),
        // One clock for all, said by name.
        (
            "days = [\"fri\"]\nfrom = \"13:00\"\nto = \"16:00\"\ntime_zone = \"America/New_York\"",
            AU,
            &["2026-11-20T18:00:00Z"],
            &["2026-11-20T02:00:00Z"],
        ),
        // Over midnight, and over the end of the week.
        (
            "days = [\"fri..mon\"]\nfrom = \"22:00\"\nto = \"02:00\"\ntime_zone = \"UTC\"",
            EU,
            &["2026-11-20T22:00:00Z", "2026-11-24T01:59:00Z", "2026-11-22T00:30:00Z"],
            &["2026-11-20T01:00:00Z", "2026-11-24T02:00:00Z", "2026-11-24T22:30:00Z"],
        ),
        // Whole days of the year, over its end.
        (
            "days = [\"12-20..01-02\"]\ntime_zone = \"UTC\"",
            EU,
            &["2026-12-20T00:00:00Z", "2027-01-02T23:59:59Z"],
            &["2026-12-19T23:59:59Z", "2027-01-03T00:00:00Z"],
        ),
        // The last days of a month, however long it is.
        (
            "days = [\"last\", \"1\"]\ntime_zone = \"UTC\"",
            EU,
            &["2026-11-30T12:00:00Z", "2027-02-28T12:00:00Z", "2026-12-01T12:00:00Z"],
            &["2026-11-29T12:00:00Z", "2026-12-30T12:00:00Z", "2026-12-02T00:00:00Z"],
        ),
        // Dublin puts its clocks back on 25 October 2026 at 02:00: 01:30 comes twice, and the window takes in both.
        (
            "from = \"2026-10-25 01:30\"\nuntil = \"2026-10-25 01:45\"",
            EU,
            &["2026-10-25T00:30:00Z", "2026-10-25T01:44:00Z"],
            &["2026-10-25T00:29:00Z", "2026-10-25T01:45:00Z"],
        ),
        // ... and forward on 28 March: 09:00 is 08:00 UTC from then on.
        (
            "days = [\"sat\", \"sun\"]\nfrom = \"09:00\"\nto = \"10:00\"",
            EU,
            &["2026-03-28T09:30:00Z", "2026-03-29T08:30:00Z"],
            &["2026-03-28T08:30:00Z", "2026-03-29T09:30:00Z"],
        ),
    ] {
        let fleet = frozen(table);
        let holds = |at: &str| fleet.frozen(&name(region), moment(at), moment(at)).is_some();
        for at in held {
            assert!(holds(at), "{table}: it should hold in {region} at {at}");
        }
        for at in free {
            assert!(!holds(at), "{table}: it should not hold in {region} at {at}");
        }
    }
}

#[test]
fn windows_that_follow_each_other_end_together() {
    let fleet = frozen("days = [\"12-24..12-26\"]\ntime_zone = \"UTC\"");
    let at = moment("2026-12-24T12:00:00Z");
    let frozen = fleet.frozen(&name(EU), at, at).unwrap();
    assert_eq!((frozen.name.as_str(), frozen.until), ("peak", moment("2026-12-27T00:00:00Z")));
}

/// A freeze that is wrong, and the text on whose line the error stands.
#[test]
fn a_freeze_that_is_wrong_is_refused_on_its_line() {
    use FreezeProblem as Problem;
    let days = |text: &str| Problem::Days(text.to_owned());
    let (from, until) = ("2026-11-27".to_owned(), "2026-11-26".to_owned());
    let no_room = || Problem::NoRoom { name: "peak".to_owned(), region: name(EU), needed: minutes(23) };
    let line_of = |text: &str, line: &str| {
        text.lines().collect::<Vec<_>>().iter().rposition(|own| own.contains(line)).map(|at| at + 1)
    };
    for (table, problem, line) in [
        ("days = [\"friday\"]", days("friday"), "friday"),
        ("days = [\"02-30\"]", days("02-30"), "02-30"),
        ("days = [\"mon..12-24\"]", days("mon..12-24"), "mon..12-24"),
        ("days = [\"0\"]", days("0"), "\"0\""),
        ("days = []", Problem::NoDays, "[[freeze]]"),
        ("days = [\"fri\"]\nfrom = \"5pm\"", Problem::TimeOfDay { field: "from", text: "5pm".to_owned() }, "5pm"),
        ("from = \"17:00\"\nto = \"18:00\"", Problem::NeitherOnceNorRecurring, "[[freeze]]"),
        (
            "days = [\"fri\"]\nfrom = \"2026-11-26\"\nuntil = \"2026-11-27\"",
            Problem::NeitherOnceNorRecurring,
            "[[freeze]]",
        ),
        ("from = \"2026-11-27\"\nuntil = \"2026-11-26\"", Problem::EndsBeforeItBegins { until, from }, "until"),
        (
            "from = \"tomorrow\"\nuntil = \"2026-11-26\"",
            Problem::Moment { field: "from", text: "tomorrow".to_owned() },
            "tomorrow",
        ),
        ("days = [\"fri\"]\ntime_zone = \"Mars/Olympus\"", Problem::TimeZone("Mars/Olympus".to_owned()), "Mars"),
        ("days = [\"fri\"]\nregions = [\"us-east-1\"]", Problem::UnknownRegion(name("us-east-1")), "regions"),
        ("days = [\"fri\"]\nregions = []", Problem::NoRegions, "[[freeze]]"),
        ("days = [\"mon..sun\"]", no_room(), "[[freeze]]"),
        ("days = [\"mon..sun\"]\nfrom = \"00:20\"\nto = \"00:00\"", no_room(), "[[freeze]]"),
    ] {
        let text = with(table);
        let expected = FleetError { line: line_of(&text, line), problem: problem.into() };
        assert_eq!(Fleet::parse(&text).unwrap_err(), expected, "{table}");
    }
    let text = with("days = [\"fri\"]\nbecause = \"x\"");
    let error = Fleet::parse(&text).unwrap_err();
    assert!(is_malformed(&error.problem, "freeze.because"), "{error}");
    assert_eq!(error.line, line_of(&text, "because"), "{error}");
    // Twenty minutes a day are too few for Dublin's bake; an hour is enough.
    assert!(Fleet::parse(&with("days = [\"mon..sun\"]\nfrom = \"01:00\"\nto = \"00:00\"")).is_ok());
}

const ONLY_JP: &str = "regions = [\"ap-northeast-1\"]\nfrom = \"2026-11-20 11:00\"\nuntil = \"2026-11-20 18:00\"";
const ALL: &str = "from = \"2026-11-20 00:00\"\nuntil = \"2026-11-20 06:00\"\ntime_zone = \"UTC\"";

/// What is on record of JP, which [`ONLY_JP`] freezes.
fn left_frozen() -> Reason {
    let frozen = Frozen {
        name: "peak".to_owned(),
        why: "card volumes peak".to_owned(),
        from: at("02:00:00"),
        until: at("09:00:00"),
    };
    Reason::LeftBehind {
        why: Box::new(Gate::Frozen(frozen).into()),
        state: RegionState::Stays { version: version("v426") },
    }
}

/// EU and AU serve v427, and it is JP's turn, which [`ONLY_JP`] freezes.
fn frozen_in_jp() -> Night {
    Night { fleet: frozen(ONLY_JP), ..Night::confirmed_in(&[EU, AU]) }
}

#[test]
fn a_frozen_region_lags_on_record_unpaged_and_others_go_on() {
    let mut night = frozen_in_jp();
    assert_eq!(night.next(JP).finish(), Some(Finish::Deferred), "neither a page nor an act before it");
    let why = &night.sight.hub.deferred[&(actor("wave-1"), name(JP))];
    assert_eq!(*why, left_frozen());
    night.starts(BR);
}

#[test]
fn the_wave_ends_naming_a_frozen_region_without_a_page() {
    let mut night = Night { fleet: frozen(ONLY_JP), ..Night::confirmed_in(&[EU, AU, BR]) };
    assert_eq!(night.next(JP).finish(), Some(Finish::Deferred));
    night.new_call();
    let end = night.next_of_verify();
    assert_eq!(end.finish(), Some(Finish::Failed), "and no page before it: {end:?}");
    assert_eq!(end.lagging(), [(name(JP), Lagging::Deferred(Box::new(left_frozen())))]);
}

#[test]
fn an_update_that_would_run_into_a_freeze_does_not_start() {
    let mut night = frozen_in_jp();
    // The freeze begins at 02:00 UTC; JP's bake and soak take eighteen minutes.
    night.now = at("01:43:00");
    assert_eq!(night.next(JP).finish(), Some(Finish::Deferred));
    let mut night = frozen_in_jp();
    night.now = at("01:41:00");
    night.starts(JP);
}

#[test]
fn a_freeze_that_is_nearly_over_is_waited_for() {
    let mut night = frozen_in_jp();
    night.now = at("08:58:00");
    let plan = night.next(JP);
    assert!(plan.waits() && matches!(plan.why, Reason::Wait(Wait::Freeze { .. })), "{plan:?}");
    night.pass("2m");
    night.starts(JP);
}

#[test]
fn a_freeze_of_the_whole_fleet_holds_the_wave_until_it_ends() {
    let mut night = night(ALL);
    let plan = night.next(EU);
    assert!(plan.waits() && matches!(plan.why, Reason::Wait(Wait::FleetFreeze { .. })), "{plan:?}");
    assert!(night.sight.hub.deferred.is_empty());
    night.now = at("06:00:00");
    night.starts(EU);
}

#[test]
fn a_wave_whose_time_runs_out_in_a_freeze_ends_with_one_page() {
    let mut night = night("from = \"2026-11-20 00:00\"\nuntil = \"2026-11-23 00:00\"\ntime_zone = \"UTC\"");
    night.now = night.sight.since + night.fleet.wave.hold - SignedDuration::from_secs(1);
    assert!(night.next(EU).waits());
    night.pass("1s");
    assert_eq!(night.refused(EU).finish(), Some(Finish::Failed));
    night.new_call();
    assert_eq!(night.next(EU).finish(), Some(Finish::Failed), "no second page");
}

#[test]
fn a_canary_under_way_goes_on_in_a_freeze() {
    let mut night = Night::baking(JP);
    night.fleet = frozen(ONLY_JP);
    night.due(JP);
    assert!(night.next(JP).does(Act::Look));
    night.looked(good());
    night.next(JP);
    assert!(night.history(JP).update.as_ref().unwrap().is_decided(Decision::Proceed));
}

/// I6: a freeze says nothing about rolling back.
#[test]
fn a_rollback_ignores_a_freeze() {
    let mut night = Night::confirmed_in(&[EU, AU, JP, BR]);
    night.fleet = frozen(ALL);
    night.own.alarm = Some(ringing("alarm fraud-endpoint-latency rings"));
    assert!(night.next_of_rollback(JP).does(Act::Update));
}

fn overridden(what: Rule, region: Option<&str>, until: Timestamp) -> Record {
    let why = "the fix must go out".to_owned();
    Record::Overridden { what, region: region.map(name), why, until }
}

/// Written by a person.
fn tell(night: &mut Night, record: Record) {
    let entry = Head::default().entry(night.now, actor("maria"), record);
    night.hub_mut().apply(&entry);
}

#[test]
fn an_overridden_freeze_lets_a_region_start_saying_who_and_why() {
    for region in [Some(JP), None] {
        let mut night = frozen_in_jp();
        tell(&mut night, overridden(Rule::Freeze, region, at("04:00:00")));
        assert!(night.next(JP).does(Act::Prepare));
        night.did(Act::Prepare);
        let start = night.plan(JP);
        assert!(night.next(JP).does(Act::Update));
        let (what, region, why) = (Rule::Freeze, region.map(name), "the fix must go out".to_owned());
        let own = Override { what, region, who: actor("maria"), why, until: at("04:00:00") };
        let Reason::Step(Step::Ready { overrides, .. }) = start.why else { panic!("{start:?}") };
        assert_eq!(overrides, [own]);
    }
}

#[test]
fn an_override_counts_for_its_rule_its_region_and_its_time_only() {
    for record in [
        overridden(Rule::Freeze, Some(JP), at("03:02:00")),
        overridden(Rule::Freeze, Some(AU), at("09:00:00")),
        overridden(Rule::Order, Some(JP), at("09:00:00")),
    ] {
        let mut night = frozen_in_jp();
        tell(&mut night, record.clone());
        assert_eq!(night.next(JP).finish(), Some(Finish::Deferred), "{record:?}");
    }
}

#[test]
fn a_later_override_takes_the_place_of_an_earlier_one() {
    let mut night = frozen_in_jp();
    tell(&mut night, overridden(Rule::Freeze, Some(JP), at("09:00:00")));
    let now = night.now;
    tell(&mut night, overridden(Rule::Freeze, Some(JP), now));
    assert_eq!(night.sight.hub.overrides.len(), 1);
    assert_eq!(night.next(JP).finish(), Some(Finish::Deferred));
}

/// I3 set aside for one region; nothing else is.
#[test]
fn an_overridden_order_starts_one_region_without_evidence() {
    let mut night = Night::confirmed_in(&[EU]);
    tell(&mut night, overridden(Rule::Order, Some(JP), at("09:00:00")));
    assert_eq!(night.refused(BR).finish(), Some(Finish::Failed));
    let mut night = Night::confirmed_in(&[EU]);
    tell(&mut night, overridden(Rule::Order, Some(JP), at("09:00:00")));
    night.starts(JP);
    // A condemnation, a missing approval, a halt: no override has a word for them.
    for stopped in [
        Record::Condemned { release: release("v427"), region: name(EU), why: said("slow") },
        Record::Halted { why: said("stop the line") },
    ] {
        let mut night = Night::confirmed_in(&[EU]);
        for what in [Rule::Order, Rule::Freeze, Rule::Skew] {
            tell(&mut night, overridden(what, None, at("09:00:00")));
        }
        tell(&mut night, stopped);
        assert_eq!(night.next(AU).finish(), Some(Finish::Failed));
    }
}

#[test]
fn a_halted_fleet_says_who_halted_it() {
    let mut night = Night::new();
    tell(&mut night, Record::Halted { why: said("card scheme incident") });
    let end = night.next(EU);
    assert_eq!(end.finish(), Some(Finish::Failed), "{end:?}");
    let said = Reason::Said { words: "card scheme incident".to_owned(), by: Some(actor("maria")) };
    let halted = Gate::Stopped(Box::new(Stopped::FleetHalted(Box::new(said))));
    let (region, version, why) = (name(EU), version("v427"), Box::new(halted.into()));
    assert_eq!(end.why, WaveEnd::NotPromoted { region, version, why }.into());
}

/// The audit shares nothing with the planner's own look at freezes.
#[test]
fn the_audit_refuses_a_start_in_a_freeze_unless_overridden() {
    let mut night = Night::confirmed_in(&[EU, AU]);
    let plan = night.next_after(JP, &[Act::Prepare]);
    assert!(plan.does(Act::Update), "{plan:?}");
    night.fleet = frozen(ONLY_JP);
    let frozen = Violation::Frozen { region: name(JP) };
    assert_eq!(audit(&night.fleet, &night.sight, &plan, night.now), [frozen]);
    tell(&mut night, overridden(Rule::Freeze, Some(JP), at("04:00:00")));
    assert_eq!(audit(&night.fleet, &night.sight, &plan, night.now), []);
}
