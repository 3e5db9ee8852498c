//! A reason of every kind: none is told as nothing, and the full stop is whoever's who writes the text around it.

use crate::given::{
    AU, BR, EU, JP, actor, at, fleet, frozen, name, overridden, release, resource, said, throttled, version,
};
use jiff::SignedDuration;
use meridian_domain::WorseThanBefore;
use meridian_domain::alarms::LeftBehind;
use meridian_domain::plan::{Act, Bake};
use meridian_domain::quarantine::{Object, Quarantine};
use meridian_domain::reason::{
    AtFullLoad, Barred, Canary, ErrorKind, EvaluationReason, ExecutionEnd, FailureDetail, Fault, FileFault, FullLoad,
    Gate, IllService, Lag, Lagging, NextTry, OperationName, Proceed, Proof, Quiet, Refusal, RegionState, Retry, Return,
    Revert, ServiceFailure, Sign, SilentRegion, Step, Stopped, Traffic, Undecided, Unseen, Wait, WaveEnd,
    WayBackReason,
};
use meridian_domain::{Beside, Compared};
use meridian_domain::{
    Chain, ChainError, EndpointStatus, ImageVersion, KeyId, Malformed, ManifestFault, PageOnRecord, Reason, RegionName,
    Sha256, SignatureFault, Verdict, Version,
};
use meridian_judge::{Grounds, Tally};
use meridian_messages::Voice;
use std::collections::BTreeSet;

mod details;
mod plans;
mod readers;

use details::details;
use plans::{files, gates, lagging, proofs, steps, waits};
use readers::readers;

const FAILED: EndpointStatus = EndpointStatus::UpdateRollbackFailed;

fn au() -> RegionName {
    name(AU)
}

fn new() -> Version {
    version("v427")
}

fn old() -> Version {
    version("v426")
}

fn unseen() -> Unseen {
    throttled(AU, OperationName::DescribeEndpoint).into()
}

fn every_unseen() -> Vec<Unseen> {
    let (chain, fault) = (Chain::Region(au()), ChainError::Hash { seq: 7 });
    let failure = || throttled(AU, OperationName::DescribeEndpoint);
    let kinds = [
        ErrorKind::Throttled,
        ErrorKind::NotFound,
        ErrorKind::Conflict,
        ErrorKind::Refused,
        ErrorKind::Unreachable,
        ErrorKind::TooLarge,
    ];
    let services = kinds.map(|kind| ServiceFailure { kind, ..failure() }.into());
    let own = [
        Unseen::NotAsked,
        Unseen::LedgerNotRead,
        Unseen::EndpointNotRead,
        Unseen::Ledger { chain: chain.clone(), failure: failure() },
        Unseen::Altered { region: au(), chain: chain.clone(), fault },
        Unseen::Altered { region: au(), chain, fault: ChainError::Sequence { expected: 7, found: 8 } },
        Unseen::HomeMoved { to: au() },
        FileFault::NotGolden { file: "golden.json".to_owned(), region: au(), line: 1, column: 2 }.into(),
        Unseen::NoAlarm { alarm: alarm() },
        Unseen::NoCanaryOnRecord,
        Unseen::NothingOnRecord,
        Unseen::ScalingNotOnRecord,
    ];
    let detailed =
        details().into_iter().map(|detail| Unseen::from(ServiceFailure { detail: Box::new(detail), ..failure() }));
    services.into_iter().chain(detailed).chain(own).collect()
}

fn alarm() -> String {
    "fraud-endpoint-latency".to_owned()
}

fn boxed(words: &str) -> Box<Reason> {
    Box::new(said(words))
}

fn tally() -> Tally {
    Tally { total: 1_000, bad: 4 }
}

fn compared(beside: Beside) -> Option<Compared> {
    Some(Compared { beside, green: tally(), blue: tally() })
}

fn stopped() -> Vec<Stopped> {
    let (object, releases, why) = (Object::Release(release("v427")), vec![release("v427")], "odd".to_owned());
    let quarantine = Quarantine { object, releases, since: at("03:00:00"), who: actor("maria"), why };
    vec![
        Stopped::FleetHalted(boxed("incident")),
        Stopped::RegionHalted { region: au(), why: boxed("its alarm rang") },
        Stopped::Barred { version: new(), by: Barred::Condemned { why: boxed("slow") } },
        Stopped::Barred { version: new(), by: Barred::Quarantined(quarantine) },
        Stopped::WaveOver,
        Stopped::FrozenTooLong { frozen: frozen(), held: SignedDuration::from_hours(30) },
    ]
}

fn worse() -> WorseThanBefore {
    let today = Tally { total: 340_000, bad: 512 };
    WorseThanBefore { metric: "5xx".parse().unwrap(), today, expected: 170.0, tolerated: 1.3, days: 14 }
}

fn way_backs() -> Vec<WayBackReason> {
    vec![
        WayBackReason::Alarm { alarm: alarm(), alike: None },
        WayBackReason::ClientErrors,
        WayBackReason::Undecided,
        WayBackReason::Unproved,
        WayBackReason::Guardrail,
        WayBackReason::JudgeSilent,
        WayBackReason::JudgeUnseen,
        WayBackReason::Unexplained,
        WayBackReason::ProvedAgain(Fault::TwoReleases(FAILED)),
        WayBackReason::WorseThanBefore(worse()),
        WayBackReason::LeftBehind(LeftBehind { wave: actor("wave-1"), since: at("03:15:00") }),
    ]
}

fn reverts() -> Vec<Revert> {
    let silent = || SilentRegion { region: name(JP), fault: Fault::NoAnswer };
    let signs = vec![
        Sign::Failed(Grounds::default()),
        Sign::GreenGuard { alarm: alarm() },
        Sign::SilentWithOthers { silent: silent(), others: vec![name(BR)] },
        Sign::SilentAlone(silent()),
        Sign::NoCapacity { reason: "no capacity".to_owned() },
        Sign::OtherGuard { alarm: alarm() },
        Sign::EndpointAlarm,
    ];
    let own = [
        Revert::Worse(Grounds::default()),
        Revert::WorseAtFullLoad(Grounds::default()),
        Revert::Undecided(Grounds::default()),
        Revert::CountsUnseen { why: unseen() },
        Revert::TimerEnded,
        Revert::NoEvidence { version: new() },
        Revert::Signs(Vec::new()),
    ];
    own.into_iter()
        .chain(signs.into_iter().map(|sign| Revert::Signs(vec![sign])))
        .chain(proofs().map(Revert::Unproved))
        .chain(stopped().into_iter().map(Revert::Stopped))
        .chain(way_backs().into_iter().map(Revert::AlarmRang))
        .collect()
}

/// What comes after a try that did not decide.
fn next_tries() -> [NextTry; 5] {
    let (from, until) = (at("04:15:00"), at("07:00:00"));
    let bake = Bake { wait: SignedDuration::from_mins(20), percent: 50 };
    [
        NextTry::Planned(Retry { bake, from, chance: 0.994 }),
        NextTry::UsedUp,
        NextTry::Over { until },
        NextTry::NotLikely { chance: 0.31, until },
        NextTry::Persons,
    ]
}

fn faults() -> Vec<Fault> {
    let undecided = |next| Fault::Undecided(Undecided { why: boxed("too little"), nth: 1, of: 2, next });
    let mut faults = steady_faults();
    faults.extend(next_tries().map(undecided));
    faults
}

fn silent(service: IllService) -> Fault {
    Fault::Silent { since: at("03:15:00"), service }
}

fn steady_faults() -> Vec<Fault> {
    vec![
        Fault::Unseen(unseen()),
        silent(IllService::ControlPlane),
        silent(IllService::Ledger),
        silent(IllService::Runtime),
        silent(IllService::Metrics),
        silent(IllService::Roles),
        silent(IllService::Scaling),
        Fault::NoAnswer,
        Fault::EndpointIs(EndpointStatus::Failed),
        Fault::TwoReleases(FAILED),
        Fault::ReplicaLate,
        Fault::NotLetThrough { version: new() },
        Fault::SageMakerReturned,
        Fault::NeverStarted,
        Fault::UnclearReturn(boxed("slow")),
        Fault::ToldToGoBack(boxed("slow")),
        Fault::NobodyDecided,
        Fault::EndpointNotThere,
        Fault::CreationEndless,
        Fault::FirstReleaseRings { alarm: alarm() },
    ]
}

fn full_loads() -> [FullLoad; 4] {
    [
        FullLoad::Judged(Grounds::default()),
        FullLoad::FirstRelease,
        FullLoad::UpdateNotOnRecord,
        FullLoad::Unseen { why: unseen() },
    ]
}

fn returns() -> Vec<Return> {
    let (from, why) = (new, || WayBackReason::Unexplained);
    let after = |compared| Return::LeavesAfter { region: au(), version: new(), compared };
    vec![
        Return::RollsBack { region: au(), to: old(), why: None },
        Return::RollsBack { region: au(), to: old(), why: Some(boxed("slow")) },
        Return::RollsBackFrom { region: au(), from: None, to: old(), why: why() },
        Return::RollsBackFrom { region: au(), from: Some(from()), to: old(), why: why() },
        Return::RolledBack { region: au(), from: from(), to: old(), why: why() },
        Return::Unwritten { region: au(), from: from(), to: old() },
        Return::Unread { region: au(), from: from(), to: old(), why: why(), unread: unseen() },
        Return::Stays { region: au(), version: old() },
        Return::Leaves { region: au(), version: new() },
        after(None),
        after(compared(Beside::SameMinutes)),
        after(compared(Beside::BeforeShift)),
        Return::NowhereToGo { region: au(), version: new(), why: why() },
        Return::RingsInSoak { region: au(), version: new(), why: why() },
        Return::WorseThanBefore { region: au(), version: new(), worse: worse() },
        Return::Broken { region: au(), status: EndpointStatus::Failed },
        Return::NotLit { region: au(), version: new() },
        Return::Foreign { region: au(), version: new(), config: resource("fraud-by-hand") },
        Return::BytesUnknown { region: au(), status: FAILED },
        Return::GoesToProved { region: au(), version: old() },
        Return::UnderWay,
    ]
}

fn quiets() -> Vec<Quiet> {
    vec![
        Quiet::NoEndpoint,
        Quiet::Keeps { version: new() },
        Quiet::Lighting { version: new() },
        Quiet::Alarm,
        Quiet::Callers { compared: None },
        Quiet::Callers { compared: compared(Beside::SameMinutes) },
        Quiet::TooFewDays { days: 6, needed: 7 },
        Quiet::LikeBefore { days: 14 },
        Quiet::WorseTold { version: new() },
        Quiet::DaysUnread { why: unseen() },
        Quiet::Unseen { region: au(), why: unseen() },
        Quiet::Changing,
        Quiet::NothingOnRecord,
        Quiet::AwaitsInstances { has: 2, least: 3 },
        Quiet::Echo,
        Quiet::ForeignConfig,
        Quiet::Halted,
        Quiet::HaltedWithoutWay,
        Quiet::CallersWithoutWay,
        Quiet::FirstNotMade,
        Quiet::FirstInCreation,
        Quiet::NotStarted,
        Quiet::EndedWell,
        Quiet::WrongWithoutWay,
        Quiet::GoldenUnasked { why: unseen() },
        Quiet::GoldenWrong { right: 9, asked: 10, version: new() },
        Quiet::Asked,
        Quiet::OtherUpdate,
        Quiet::UnderWay,
        Quiet::UnderWayToldByWave,
        Quiet::UnderWayAlone,
        Quiet::UnderWayUnwritten,
        Quiet::RolledBackWithoutWay,
        Quiet::JudgeAtWork,
        Quiet::GuardrailTold,
        Quiet::AlarmWithoutLedger { why: unseen() },
        Quiet::NoWayBesideAlarms,
        Quiet::WayUnseen { why: unseen() },
        Quiet::NotOnTarget { region: au() },
        Quiet::NothingProved,
    ]
}

fn ends() -> Vec<WaveEnd> {
    let (region, version) = (au, new);
    let complete = |then, overrides| WaveEnd::Complete { version: version(), then, overrides };
    let rolled_back = |over| WaveEnd::RolledBack { region: au(), version: new(), over, why: boxed("slow") };
    let all = lagging().into_iter().map(|why| (au(), why)).collect();
    let own = [
        WaveEnd::Serves { region: region(), version: version() },
        WaveEnd::Keeps { region: region(), version: version() },
        WaveEnd::Superseded { region: region(), version: version(), newer: "v428".to_owned() },
        rolled_back(true),
        rolled_back(false),
        WaveEnd::NotOn { region: region(), version: version(), why: boxed("slow") },
        WaveEnd::NotPromoted { region: region(), version: version(), why: boxed("slow") },
        WaveEnd::Deferred { region: region(), why: boxed("dark") },
        WaveEnd::NoFirstRelease { region: region(), why: boxed("dark") },
        complete(false, Vec::new()),
        complete(true, vec![overridden()]),
        WaveEnd::Incomplete { version: version(), lagging: all, overrides: vec![overridden()] },
    ];
    let lost = |how| WaveEnd::Lost { version: new(), how, lagging: vec![au(), name(JP)], again: true };
    let every = {
        use ExecutionEnd::{Cancelled, Failed, Stopped, Succeeded, Superseded};
        [Succeeded, Failed, Stopped, Superseded, Cancelled]
    };
    let not_judged = |stopped| WaveEnd::NotJudged { region: au(), version: new(), stopped };
    own.into_iter()
        .chain(stopped().into_iter().map(WaveEnd::Stopped))
        .chain(stopped().into_iter().map(not_judged))
        .chain(every.map(lost))
        .chain(full_loads().map(|found| WaveEnd::FullLoad { region: au(), found }))
        .collect()
}

fn others() -> Vec<Reason> {
    let lag = Lag {
        region: name(JP),
        serves: old(),
        behind: 3,
        newest: "v427".to_owned(),
        hours: 50,
        allowed: 2,
        allowed_age: SignedDuration::from_hours(48),
    };
    vec![
        said("stop the line"),
        said("stop the line").by(&actor("maria")),
        Refusal { operation: OperationName::UpdateEndpoint, detail: FailureDetail::NotText }.into(),
        EvaluationReason::NothingRequired.into(),
        Reason::Several(vec![said("slow"), Fault::NoAnswer.into()]),
        Reason::LeftBehind { why: boxed("dark"), state: RegionState::Stays { version: old() } },
        Proceed::Passes(Grounds::default()).into(),
        Proceed::RelyOn(vec![name(EU), au()]).into(),
        lag.into(),
        Reason::CallersAlike { region: au(), green: tally(), blue: Tally::default() },
    ]
}

fn every() -> Vec<Reason> {
    fn reasons<T: Into<Reason>>(all: impl IntoIterator<Item = T>) -> impl Iterator<Item = Reason> {
        all.into_iter().map(Into::into)
    }
    reasons(gates())
        .chain(reasons(files()))
        .chain(reasons(readers()))
        .chain(reasons(steps()))
        .chain(reasons(waits()))
        .chain(reasons(way_backs()))
        .chain(reasons(reverts()))
        .chain(reasons(faults()))
        .chain(reasons(full_loads()))
        .chain(reasons(returns()))
        .chain(reasons(quiets()))
        .chain(reasons(ends()))
        .chain(others())
        .collect()
}

#[test]
fn a_reason_of_every_kind_is_here() {
    let kind = |why: &Reason| serde_json::to_value(why).unwrap().as_object().unwrap().keys().next().unwrap().clone();
    let here: BTreeSet<String> = every().iter().map(kind).collect();
    assert_eq!(here, Reason::kinds().iter().map(|kind| (*kind).to_owned()).collect());
}

#[test]
fn every_reason_is_a_sentence_without_its_full_stop() {
    let fleet = fleet();
    for why in every() {
        let (words, headline) = (Voice::of(&fleet).why(&why), Voice::of(&fleet).headline(&why));
        assert!(!words.is_empty() && words.trim() == words, "{why:?}: {words:?}");
        assert!(!words.ends_with(['.', ':', ';', ',']), "{why:?}: {words}");
        assert!(!words.contains(['\n']) && !words.contains("  "), "{why:?}: {words}");
        assert!(!headline.is_empty(), "{why:?}: {words}");
        let kept = serde_json::to_string(&why).unwrap();
        assert_eq!(serde_json::from_str::<Reason>(&kept).unwrap(), why, "a reason reads back as it was written");
    }
}
