//! Sentences of reasons that depend on what happened.

use crate::given::{AU, BR, EU, JP, actor, at, fleet, frozen, name, overridden, resource, said, throttled, version};
use jiff::SignedDuration;
use meridian_domain::plan::Bake;
use meridian_domain::reason::{
    Canary, Fault, Gate, IllService, Lag, Lagging, NextTry, OperationName, Proceed, Proof, RegionState, Retry, Return,
    Revert, Sign, SilentRegion, Step, Stopped, Traffic, Undecided, Unseen, Wait, WaveEnd, WayBackReason,
};
use meridian_domain::{Chain, EndpointStatus, Reason};
use meridian_messages::Voice;

fn told(why: impl Into<Reason>) -> String {
    Voice::of(&fleet()).why(&why.into())
}

fn silent(region: &str, fault: Fault) -> SilentRegion {
    SilentRegion { region: name(region), fault }
}

#[test]
fn a_region_has_its_title_or_else_its_name() {
    assert_eq!(told(Wait::Endpoint { region: name(AU) }), "AU's endpoint is being created");
    assert_eq!(told(Wait::Endpoint { region: name("eu-north-1") }), "eu-north-1's endpoint is being created");
}

#[test]
fn a_persons_words_are_followed_by_the_persons_name() {
    let said = Reason::Said { words: "card scheme incident".to_owned(), by: Some(actor("maria")) };
    let why = Box::new(Gate::Stopped(Box::new(Stopped::FleetHalted(Box::new(said)))).into());
    let end = WaveEnd::NotPromoted { region: name(EU), version: version("v427"), why };
    assert_eq!(told(end), "EU is not promoted to v427: the fleet is halted: card scheme incident (maria)");
}

#[test]
fn the_headline_is_what_comes_before_the_first_colon() {
    let fleet = fleet();
    let (region, version, why) = (name(EU), version("v427"), Box::new(said("slow: very")));
    let why = WaveEnd::RolledBack { region, version, over: true, why }.into();
    assert_eq!(Voice::of(&fleet).why(&why), "EU rolled back v427: slow: very");
    assert_eq!(Voice::of(&fleet).headline(&why), "EU rolled back v427");
    assert_eq!(Voice::of(&fleet).headline(&Step::WaveOver.into()), "the wave is over");
}

#[test]
fn every_sign_of_a_rollback_is_named() {
    let since = at("03:15:00");
    let failure = throttled(JP, OperationName::ListObjectsV2);
    let ledger = Fault::Unseen(Unseen::Ledger { chain: Chain::Region(name(JP)), failure });
    for (signs, words) in [
        (vec![], "SageMaker rolled it back, and no guardrail alarm is in ALARM any more"),
        (
            vec![Sign::GreenGuard { alarm: "fraud-green-5xx".to_owned() }, Sign::EndpointAlarm],
            "guardrail alarm fraud-green-5xx tripped; the alarm over the whole endpoint is in ALARM",
        ),
        (vec![Sign::OtherGuard { alarm: "fraud-heartbeat".to_owned() }], "guardrail alarm fraud-heartbeat tripped"),
        (
            vec![Sign::NoCapacity { reason: "InsufficientInstanceCapacity".to_owned() }],
            "SageMaker has no capacity: InsufficientInstanceCapacity",
        ),
        (
            vec![Sign::SilentAlone(silent(JP, Fault::Silent { since, service: IllService::Ledger }))],
            "JP's ledger (S3) had not answered since 03:15:00 UTC; no other region was known to be unreachable",
        ),
        (
            vec![Sign::SilentWithOthers { silent: silent(JP, ledger), others: vec![name(BR)] }],
            "JP: its ledger cannot be read: ledger chain ap-northeast-1: ListObjectsV2 in ap-northeast-1: throttled: ThrottlingException: \
             Rate exceeded, BR unreachable too: not a single-region fault",
        ),
    ] {
        assert_eq!(told(Revert::Signs(signs)), words);
    }
}

#[test]
fn a_deferred_regions_known_state_comes_last() {
    let (old, new) = (|| version("v426"), || version("v427"));
    for (state, words) in [
        (
            RegionState::WasProved { version: new() },
            "it was proved to serve v427; its state is unknown until it answers",
        ),
        (RegionState::WasMoving { version: new() }, "it was moving to v427; its state is unknown until it answers"),
        (
            RegionState::WasRollingBack { version: old() },
            "it was ordered to roll back to v426; its state is unknown until it answers",
        ),
        (
            RegionState::Undecided { version: new() },
            "its update to v427 is under way and undecided; its state is unknown until it answers",
        ),
        (
            RegionState::NeverStarted { from: old(), to: new() },
            "it was on v426, and its update to v427 was never seen to start",
        ),
        (RegionState::BytesUnknown, "its serving release is unknown"),
        (RegionState::Stays { version: old() }, "it stays on v426"),
        (RegionState::ServesNothing, "it serves nothing yet"),
        (RegionState::EndpointGone, "nothing serves there"),
        (RegionState::Unknown, "what it serves was not observed"),
        (RegionState::UnknownUntilItAnswers, "its state is unknown until it answers"),
    ] {
        let why = Box::new(Fault::NoAnswer.into());
        assert_eq!(told(Reason::LeftBehind { why, state }), format!("it does not answer; {words}"));
    }
}

/// JP may have answered since: what was known of it when it was deferred is not said of now.
#[test]
fn at_a_waves_end_a_deferral_is_told_in_the_past() {
    let fault = Fault::Silent { since: at("03:47:24"), service: IllService::ControlPlane };
    let silent: Reason = Revert::Signs(vec![Sign::SilentAlone(silent(JP, fault))]).into();
    for (why, state, words) in [
        (
            silent,
            RegionState::WasRollingBack { version: version("v426") },
            "JP's control plane had not answered since 03:47:24 UTC; no other region was known to be unreachable; it was ordered to \
             roll back to v426; its state was unknown then",
        ),
        (
            Fault::NoAnswer.into(),
            RegionState::Undecided { version: version("v427") },
            "it did not answer; its update to v427 was under way and undecided; its state was unknown then",
        ),
        (Fault::NoAnswer.into(), RegionState::BytesUnknown, "it did not answer; its serving release was unknown"),
    ] {
        let left = Reason::LeftBehind { why: Box::new(why), state };
        let lagging = vec![(name(JP), Lagging::Deferred(Box::new(left)))];
        let end = WaveEnd::Incomplete { version: version("v427"), lagging, overrides: Vec::new() };
        assert_eq!(told(end), format!("v427: 3 of 4 regions promoted: JP: deferred, {words}"));
    }
}

#[test]
fn an_undecided_region_is_given_with_what_comes_after() {
    let bake = Bake { wait: SignedDuration::from_mins(20), percent: 50 };
    let until = at("07:00:00");
    for (next, words) in [
        (
            NextTry::Planned(Retry { bake, from: at("04:15:00"), chance: 0.9999 }),
            "tried again from 04:15:00 UTC, 20m at 50 % of the traffic: an equal release passes with a chance of over 99.9 %",
        ),
        (NextTry::UsedUp, "not tried again tonight: policy allows 2"),
        (NextTry::Over { until }, "not tried again tonight: no try begins from 07:00:00 UTC on"),
        (
            NextTry::NotLikely { chance: 0.31, until },
            "not tried again tonight: no canary that policy allows before 07:00:00 UTC passes an equal release with a chance \
             above 31.0 %",
        ),
        (NextTry::Persons, "not tried again by itself: a person started this execution"),
    ] {
        let undecided = Undecided { why: Box::new(said("few callers")), nth: 1, of: 2, next };
        let why = Box::new(Fault::Undecided(undecided).into());
        let state = RegionState::Stays { version: version("v426") };
        let told = told(Reason::LeftBehind { why, state });
        assert_eq!(
            told,
            format!("the counts did not decide, try 1 of 2; {words}; counts: few callers; it stays on v426")
        );
    }
}

#[test]
fn a_freeze_is_always_given_with_its_end() {
    let peak = "frozen by \"peak\" until 2026-11-20 09:00 UTC (card volumes peak)";
    let left = || Reason::LeftBehind {
        why: Box::new(Gate::Frozen(frozen()).into()),
        state: RegionState::Stays { version: version("v426") },
    };
    assert_eq!(told(left()), format!("{peak}; it stays on v426"));
    let lagging = vec![(name(JP), Lagging::Deferred(Box::new(left())))];
    let end = WaveEnd::Incomplete { version: version("v427"), lagging, overrides: Vec::new() };
    assert_eq!(told(end), format!("v427: 3 of 4 regions promoted: JP: deferred, {peak}; it stays on v426"));
    assert_eq!(told(Wait::FleetFreeze { frozen: frozen() }), format!("the fleet is {peak}: the wave waits"));
    assert_eq!(told(Wait::Freeze { region: name(JP), frozen: frozen() }), format!("JP is {peak}"));
}

#[test]
fn a_ready_region_gives_its_canary_and_its_overrides() {
    let ready = |first, by: Option<Traffic>, overrides| {
        let bake = Bake { wait: SignedDuration::from_mins(4), percent: 10 };
        let canary = by.map(|by| Canary { bake, by });
        told(Step::Ready { region: name(AU), version: version("v427"), first, canary, overrides })
    };
    assert_eq!(ready(true, None, Vec::new()), "AU is ready for v427, its first release: no rollback target");
    for (by, words) in [
        (Traffic::Measured(19.6), "20 requests/s measured"),
        (Traffic::Usual, "usual traffic"),
        (
            Traffic::Unseen { why: Unseen::NothingOnRecord },
            "usual traffic, as the counts cannot be read: nothing is on record that serves",
        ),
    ] {
        let expected = format!(
            "AU is ready for v427; its canary of 10 % bakes 4m ({words}); maria overrides the freeze until 2026-11-20 04:00 UTC: \
             the fix must go out"
        );
        assert_eq!(ready(false, Some(by), vec![overridden()]), expected);
    }
}

#[test]
fn a_waves_end_names_the_regions_that_lag() {
    let complete = |then| told(WaveEnd::Complete { version: version("v427"), then, overrides: Vec::new() });
    assert_eq!(complete(false), "every region serves v427");
    assert_eq!(complete(true), "every region served v427 when the wave ended");
    let lagging = vec![
        (name(AU), Lagging::EndpointUnseen { why: throttled(AU, OperationName::DescribeEndpoint).into() }),
        (name(JP), Lagging::Unproved),
        (name(BR), Lagging::GoldenWrong { right: 9, asked: 10 }),
        (name(EU), Lagging::NamesConfig { config: resource("fraud-v426") }),
    ];
    assert_eq!(
        told(WaveEnd::Incomplete { version: version("v427"), lagging, overrides: vec![overridden()] }),
        "v427: 0 of 4 regions promoted: AU: its endpoint cannot be described: DescribeEndpoint in ap-southeast-2: throttled: \
         ThrottlingException: Rate exceeded; JP: its endpoint has the release's configuration, but no golden records prove the release; BR: 9 of 10 golden records were answered correctly; EU: its \
         endpoint has configuration fraud-v426; maria \
         overrides the freeze until 2026-11-20 04:00 UTC: the fix must go out"
    );
    assert_eq!(told(Wait::Lag { region: name(BR), why: Lagging::RollingBack }), "BR is rolling back");
    assert_eq!(told(Wait::Lag { region: name(BR), why: Lagging::Soaks }), "BR soaks");
}

#[test]
fn a_wait_is_given_with_names_and_times() {
    let until = at("03:02:01");
    for (why, words) in [
        (Wait::LeaseHeld { holder: actor("wave-0"), until }, "wave-0 holds the lease until 03:02:01 UTC"),
        (Wait::Provisioning { region: name(AU) }, "AU's new instances are being provisioned"),
        (Wait::OtherUpdate { region: name(EU) }, "another update of EU is in progress"),
        (Wait::TrafficInSteps { region: name(AU), until }, "AU's traffic is moving in steps until 03:02:01 UTC"),
        (Wait::Instances { region: name(AU), has: 2, least: 3 }, "AU has 2 of the 3 instances that a failover needs"),
        (Wait::Proof(Proof::Unasked { why: Unseen::NotAsked }), "golden records cannot be asked: not asked"),
    ] {
        assert_eq!(told(why), words);
    }
}

#[test]
fn a_gate_names_the_region_or_wave_that_blocks() {
    let gate = Gate::NotJudgedAtFullLoad { before: name(EU), version: version("v427") };
    assert_eq!(told(gate), "EU comes first and has not judged v427 at full load");
    let why = Gate::MidShift { version: version("v427"), wave: actor("wave-1") };
    let in_the_way = Step::InTheWay { region: name(JP), why };
    assert_eq!(told(in_the_way), "JP blocks the wave: wave-1's update to v427 has not ended");
    let gone =
        Gate::EndpointGone { version: version("v426"), endpoint: resource("fraud"), config: resource("fraud-v426") };
    assert_eq!(
        told(gone),
        "endpoint fraud does not exist, and its ledger says that v426 serves: create it with configuration fraud-v426"
    );
    let rely = Proceed::RelyOn([EU, AU, JP].map(name).into());
    assert_eq!(told(rely), "no canary here; uses the evidence of EU, AU and JP");
}

#[test]
fn a_rollback_gives_both_releases_and_the_reason() {
    let (from, to) = (|| version("v427"), || version("v426"));
    let alarm = || WayBackReason::Alarm { alarm: "fraud-endpoint-latency".to_owned(), alike: None };
    let back = |from| told(Return::RollsBackFrom { region: name(AU), from, to: to(), why: alarm() });
    assert_eq!(back(Some(from())), "AU rolls back from v427 to v426: alarm fraud-endpoint-latency is in ALARM");
    assert_eq!(back(None), "AU rolls back to v426: alarm fraud-endpoint-latency is in ALARM");
    let unwritten = Return::Unwritten { region: name(EU), from: from(), to: to() };
    assert_eq!(
        told(unwritten),
        "EU rolled back from v427 to v426: its ledger does not say why: somebody rolled it back by hand, or rollback could not write \
         there; rollback's log tells"
    );
    let foreign = Return::Foreign { region: name(AU), version: from(), config: resource("fraud-by-hand") };
    assert_eq!(
        told(foreign),
        "AU's endpoint was changed by hand: somebody updated it to configuration fraud-by-hand; its ledger says that v427 serves"
    );
    // What served meanwhile was unknown.
    let unknown = || WayBackReason::ProvedAgain(Fault::TwoReleases(EndpointStatus::UpdateRollbackFailed));
    let same = Return::RolledBack { region: name(JP), from: to(), to: to(), why: unknown() };
    assert!(told(same).starts_with("JP serves v426 again: its endpoint is UpdateRollbackFailed"));
    let again = WayBackReason::ProvedAgain(Fault::TwoReleases(EndpointStatus::UpdateRollbackFailed));
    assert_eq!(
        told(again),
        "its endpoint is UpdateRollbackFailed, and instances of two releases may answer; its golden records prove it now"
    );
    assert_eq!(
        told(Revert::AlarmRang(alarm())),
        "the rollback alarm went into ALARM during the update: alarm fraud-endpoint-latency is in ALARM"
    );
}

#[test]
fn a_lagging_region_is_given_with_what_policy_allows() {
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
        "JP is 3 releases behind v427: it serves v426, and the first release that it lacks was approved 50 hours ago (allowed: 2 \
         releases, 48h)"
    );
}
