//! Reasons in words, where the words depend on what happened.

use crate::given::{AU, BR, EU, JP, actor, at, fleet, frozen, name, overridden, resource, said, version};
use jiff::SignedDuration;
use meridian_domain::plan::Bake;
use meridian_domain::reason::{
    Canary, Fault, Gate, Lag, Lagging, Proceed, Proof, RegionState, Return, Revert, Sign, SilentRegion, Step, Stopped,
    Traffic, Unseen, Wait, WaveEnd, WayBackReason,
};
use meridian_domain::{EndpointStatus, Reason};
use meridian_messages::Voice;

fn told(why: impl Into<Reason>) -> String {
    Voice::of(&fleet()).why(&why.into())
}

fn silent(region: &str, fault: Fault) -> SilentRegion {
    SilentRegion { region: name(region), fault }
}

#[test]
fn a_region_is_told_by_its_title_or_by_its_name_where_the_fleet_has_none() {
    assert_eq!(told(Wait::Endpoint { region: name(AU) }), "AU's endpoint comes");
    assert_eq!(told(Wait::Endpoint { region: name("eu-north-1") }), "eu-north-1's endpoint comes");
}

#[test]
fn who_said_a_persons_words_stands_behind_them() {
    let said = Reason::Said { words: "card scheme incident".to_owned(), by: Some(actor("maria")) };
    let why = Box::new(Gate::Stopped(Box::new(Stopped::FleetHalted(Box::new(said)))).into());
    let end = WaveEnd::NotPromoted { region: name(EU), version: version("v427"), why };
    assert_eq!(told(end), "EU is not promoted to v427: the fleet is halted: card scheme incident (maria)");
}

#[test]
fn what_comes_before_the_first_colon_is_the_headline() {
    let fleet = fleet();
    let (region, version, why) = (name(EU), version("v427"), Box::new(said("slow: very")));
    let why = WaveEnd::RolledBack { region, version, over: true, why }.into();
    assert_eq!(Voice::of(&fleet).why(&why), "EU took v427 back: slow: very");
    assert_eq!(Voice::of(&fleet).headline(&why), "EU took v427 back");
    assert_eq!(Voice::of(&fleet).headline(&Step::AskGolden.into()), "which model answers");
}

#[test]
fn every_sign_of_a_return_is_named() {
    let since = at("03:15:00");
    let ledger = Fault::Unseen(Unseen::Ledger("no answer".to_owned()));
    for (signs, words) in [
        (vec![], "SageMaker took it back, and no guard rings any more"),
        (
            vec![Sign::GreenGuard { alarm: "fraud-green-5xx".to_owned() }, Sign::EndpointAlarm],
            "the guard fraud-green-5xx tripped; the alarm over the whole endpoint rings",
        ),
        (vec![Sign::OtherGuard { alarm: "fraud-heartbeat".to_owned() }], "the guard fraud-heartbeat tripped"),
        (
            vec![Sign::NoCapacity { reason: "InsufficientInstanceCapacity".to_owned() }],
            "SageMaker found no instances: InsufficientInstanceCapacity",
        ),
        (
            vec![Sign::SilentAlone(silent(JP, Fault::Silent { since }))],
            "JP's control plane does not answer since 03:15:00 UTC, and no other region is known to be silent",
        ),
        (
            vec![Sign::SilentWithOthers { silent: silent(JP, ledger), others: vec![name(BR)] }],
            "JP: its ledger cannot be seen: no answer, and nor does BR's: that is no fault of one region",
        ),
    ] {
        assert_eq!(told(Revert::Signs(signs)), words);
    }
}

#[test]
fn what_is_known_of_a_region_that_is_left_behind_comes_last() {
    let (old, new) = (|| version("v426"), || version("v427"));
    for (state, words) in [
        (
            RegionState::WasProved { version: new() },
            "it was proved to serve v427; its state is unknown until it answers",
        ),
        (RegionState::WasMoving { version: new() }, "it was moving to v427; its state is unknown until it answers"),
        (
            RegionState::WasGoingBack { version: old() },
            "the update was told to go back to v426; its state is unknown until it answers",
        ),
        (
            RegionState::Undecided { version: new() },
            "its update to v427 is under way and undecided; its state is unknown until it answers",
        ),
        (
            RegionState::NeverStarted { from: old(), to: new() },
            "it was on v426, and its update to v427 was never seen to start",
        ),
        (RegionState::BytesUnknown, "which bytes it serves is unknown"),
        (RegionState::Stays { version: old() }, "it stays on v426"),
        (RegionState::ServesNothing, "it serves nothing yet"),
        (RegionState::Unknown, "what it serves is unknown"),
        (RegionState::UnknownUntilItAnswers, "its state is unknown until it answers"),
    ] {
        let why = Box::new(Fault::NoAnswer.into());
        assert_eq!(told(Reason::LeftBehind { why, state }), format!("it does not answer; {words}"));
    }
}

#[test]
fn a_freeze_is_told_with_its_end_wherever_it_is_told() {
    let peak = "frozen by \"peak\" until 2026-11-20 09:00 UTC (card volumes peak)";
    let left = || Reason::LeftBehind {
        why: Box::new(Gate::Frozen(frozen()).into()),
        state: RegionState::Stays { version: version("v426") },
    };
    assert_eq!(told(left()), format!("{peak}; it stays on v426"));
    let lagging = vec![(name(JP), Lagging::Deferred(Box::new(left())))];
    let end = WaveEnd::Incomplete { version: version("v427"), lagging, overrides: Vec::new() };
    assert_eq!(told(end), format!("not every region serves v427: JP: deferred, {peak}; it stays on v426"));
    assert_eq!(told(Wait::FleetFreeze { frozen: frozen() }), format!("the fleet is {peak}: the wave holds"));
    assert_eq!(told(Wait::Freeze { region: name(JP), frozen: frozen() }), format!("JP is {peak}"));
}

#[test]
fn a_region_that_is_ready_says_how_its_canary_was_chosen_and_what_was_set_aside() {
    let ready = |first, by: Option<Traffic>, overrides| {
        let bake = Bake { wait: SignedDuration::from_mins(4), percent: 10 };
        let canary = by.map(|by| Canary { bake, by });
        told(Step::Ready { region: name(AU), version: version("v427"), first, canary, overrides })
    };
    assert_eq!(ready(true, None, Vec::new()), "AU is ready for v427, its first release: there is no way back");
    for (by, words) in [
        (Traffic::Measured(19.6), "20 requests/s measured"),
        (Traffic::Usual, "usual traffic"),
        (Traffic::Unseen { error: "throttled".to_owned() }, "usual traffic, for the counts cannot be read: throttled"),
    ] {
        let expected = format!(
            "AU is ready for v427; its canary of 10 % bakes 4m ({words}); maria overrides the freeze until 2026-11-20 04:00 UTC: \
             the fix must go out"
        );
        assert_eq!(ready(false, Some(by), vec![overridden()]), expected);
    }
}

#[test]
fn a_waves_end_names_who_lags_and_who_may() {
    let complete = |then| told(WaveEnd::Complete { version: version("v427"), then, overrides: Vec::new() });
    assert_eq!(complete(false), "every region serves v427");
    assert_eq!(complete(true), "every region served v427 when the wave ended");
    let lagging = vec![
        (name(AU), Lagging::EndpointUnseen { error: "no answer".to_owned() }),
        (name(JP), Lagging::Unproved),
        (name(BR), Lagging::GoldenWrong { right: 9, asked: 10 }),
        (name(EU), Lagging::NamesConfig { config: resource("fraud-v426") }),
    ];
    assert_eq!(
        told(WaveEnd::Incomplete { version: version("v427"), lagging, overrides: vec![overridden()] }),
        "not every region serves v427: AU: its endpoint cannot be seen: no answer; JP: it names the release's configuration, \
         but nobody proved it; BR: 9 of 10 golden records were answered right; EU: it names configuration fraud-v426; maria \
         overrides the freeze until 2026-11-20 04:00 UTC: the fix must go out"
    );
    assert_eq!(told(Wait::Lag { region: name(BR), why: Lagging::GoingBack }), "BR is going back");
    assert_eq!(told(Wait::Lag { region: name(BR), why: Lagging::Soaks }), "BR soaks");
}

#[test]
fn what_a_wave_waits_for_is_said_with_its_names_and_times() {
    let until = at("03:02:01");
    for (why, words) in [
        (Wait::LeaseHeld { holder: actor("wave-0"), until }, "the fleet is held by wave-0 until 03:02:01 UTC"),
        (Wait::Provisioning { region: name(AU) }, "AU's new fleet is being provisioned"),
        (Wait::OtherUpdate { region: name(EU) }, "another update of EU is running"),
        (Wait::TrafficInSteps { region: name(AU), until }, "AU's traffic moves step by step until 03:02:01 UTC"),
        (
            Wait::Instances { region: name(AU), has: 2, least: 3 },
            "AU has 2 instances and needs 3, should another region's customers come",
        ),
        (Wait::Proof(Proof::Unasked { error: "no answer".to_owned() }), "golden records cannot be asked: no answer"),
    ] {
        assert_eq!(told(why), words);
    }
}

#[test]
fn who_comes_first_and_who_is_in_the_way_is_said_by_name() {
    let gate = Gate::NotJudgedAtFullLoad { before: name(EU), version: version("v427") };
    assert_eq!(told(gate), "EU comes first, and v427 was not judged there at full load");
    let why = Gate::MidShift { version: version("v427"), wave: actor("wave-1") };
    let in_the_way = Step::InTheWay { region: name(JP), why };
    assert_eq!(told(in_the_way), "JP is in the way: wave-1's update to v427 has not come to its end");
    let gone =
        Gate::EndpointGone { version: version("v426"), endpoint: resource("fraud"), config: resource("fraud-v426") };
    assert_eq!(
        told(gone),
        "its ledger says that v426 serves, and there is no endpoint fraud: create it with configuration fraud-v426"
    );
    let rely = Proceed::RelyOn([EU, AU, JP].map(name).into());
    assert_eq!(told(rely), "no canary of its own: it rides on the evidence of EU, AU, JP");
}

#[test]
fn a_way_back_says_from_what_to_what_and_why() {
    let (from, to) = (|| version("v427"), || version("v426"));
    let alarm = || WayBackReason::Alarm("alarm fraud-endpoint-latency rings".to_owned());
    let back = |from| told(Return::GoesBackFrom { region: name(AU), from, to: to(), why: alarm() });
    assert_eq!(back(Some(from())), "AU goes back from v427 to v426: alarm fraud-endpoint-latency rings");
    assert_eq!(back(None), "AU goes back to v426: alarm fraud-endpoint-latency rings");
    let unwritten = Return::Unwritten { region: name(EU), from: from(), to: to() };
    assert_eq!(told(unwritten), "EU went back from v427 to v426: its ledger could not be written then");
    let again = WayBackReason::ProvedAgain(Fault::TwoReleases(EndpointStatus::UpdateRollbackFailed));
    assert_eq!(
        told(again),
        "its endpoint is UpdateRollbackFailed, and fleets of two releases may answer; its golden records prove it now"
    );
    assert_eq!(
        told(Revert::AlarmRang(alarm())),
        "the rollback alarm rang during the update: alarm fraud-endpoint-latency rings"
    );
}

#[test]
fn a_region_that_lags_is_told_with_what_policy_allows() {
    let lag = Lag {
        region: name(JP),
        serves: version("v426"),
        behind: 3,
        newest: "v427".to_owned(),
        hours: 50,
        allowed: 2,
        allowed_age: SignedDuration::from_hours(48),
    };
    assert_eq!(
        told(lag),
        "JP lags: it serves v426, 3 releases behind v427, and the first of them was approved 50 hours ago (allowed: 2 \
         releases, 48h)"
    );
}
