//! A reason of every kind: none is told as nothing, and the full stop is whoever's who writes the text around it.

use crate::given::{
    AU, BR, EU, JP, actor, at, fleet, frozen, name, overridden, release, resource, said, throttled, version,
};
use jiff::SignedDuration;
use meridian_domain::callers::{Beside, Compared};
use meridian_domain::plan::{Act, Bake};
use meridian_domain::probation::WorseThanBefore;
use meridian_domain::quarantine::{Barred, Object, Quarantine};
use meridian_domain::reason::{
    AtFullLoad, Canary, ErrorKind, EvaluationReason, Fault, FileFault, FullLoad, Gate, Lag, Lagging, NextTry, Proceed,
    Proof, Quiet, Refusal, RegionState, Retry, Return, Revert, ServiceFailure, Sign, SilentRegion, Step, Stopped,
    Traffic, Undecided, Unseen, Wait, WaveEnd, WayBackReason,
};
use meridian_domain::{
    Chain, ChainError, EndpointStatus, ImageVersion, KeyId, Malformed, ManifestFault, Reason, RegionName, Sha256,
    SignatureFault, Verdict, Version,
};
use meridian_judge::{Grounds, Tally};
use meridian_messages::Voice;
use std::collections::BTreeSet;

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
    throttled(AU, "DescribeEndpoint").into()
}

fn every_unseen() -> Vec<Unseen> {
    let (chain, fault) = (Chain::Region(au()), ChainError::Hash { seq: 7 });
    let failure = || throttled(AU, "DescribeEndpoint");
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
        FileFault::NotGolden { file: "golden.json".to_owned(), region: au(), line: 1, column: 2 }.into(),
        Unseen::NoAlarm { alarm: alarm() },
        Unseen::NoCanaryOnRecord,
        Unseen::NothingOnRecord,
        Unseen::ScalingNotOnRecord,
    ];
    services.into_iter().chain(own).collect()
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

fn gates() -> Vec<Gate> {
    let others = [
        Gate::Frozen(frozen()),
        Gate::NotConfirmed { before: name(EU), version: new() },
        Gate::NotJudgedAtFullLoad { before: name(EU), version: new() },
        Gate::LeftAgain { before: name(EU), version: new() },
        Gate::NoEvidence { version: new() },
        Gate::MidShift { version: new(), wave: actor("wave-1") },
        Gate::RegistryUnseen { why: unseen() },
        Gate::NotApproved { version: new() },
        Gate::ApprovedOutsideLedger { version: new() },
        Gate::RollbackOpen { region: au() },
        Gate::OwnWayBack { region: au() },
        Gate::BytesUnknown { region: au(), why: Fault::TwoReleases(FAILED) },
        Gate::NotAttested { region: au(), version: new() },
        Gate::AlarmsUnseen { why: unseen() },
        Gate::NoRollbackAlarm { alarm: alarm() },
        Gate::RollbackAlarmRings { alarm: alarm() },
        Gate::GuardRings { alarm: alarm() },
        Gate::NoProvedWayBack { region: au(), config: resource("fraud-v425") },
        Gate::LeftoverUnproved { version: new() },
        Gate::GoldenUnasked { why: unseen() },
        Gate::EndpointGone { version: new(), endpoint: resource("fraud"), config: resource("fraud-v427") },
        Gate::EndpointGoneSince { endpoint: resource("fraud") },
        Gate::NotTaken,
        Gate::WentBackWithoutWay,
    ];
    let unseen = every_unseen().into_iter().map(Gate::Unseen);
    stopped().into_iter().map(|own| Gate::Stopped(Box::new(own))).chain(others).chain(unseen).collect()
}

fn files() -> Vec<FileFault> {
    let (file, region, digest) = (|| "releases/archives/4b1d".to_owned(), au, Sha256::of(b"archive"));
    let (id, key, now) = (release("v427"), || "training".parse::<KeyId>().unwrap(), at("03:00:00"));
    let (expected, found) = (id, release("v426"));
    let signatures = [
        SignatureFault::TooLong { release: id },
        SignatureFault::Malformed { release: id, line: 3, column: 1 },
        SignatureFault::Untrusted { release: id, trusted: vec![key()] },
        SignatureFault::TooEarly { key: key(), from: now, now },
        SignatureFault::TooLate { key: key(), until: now, now },
        SignatureFault::OtherRelease { key: key(), release: id },
        SignatureFault::OtherFiles { key: key(), release: id },
    ];
    let malformed = [
        Malformed::Unread { error: "expected value at line 1 column 1".to_owned() },
        Malformed::Schema { found: 2 },
        Malformed::ArchiveKey { key: file() },
        Malformed::ArchiveSize { bytes: 9, most: 8 },
        Malformed::Threshold,
        Malformed::NoFeatures,
        Malformed::FeatureCount { features: 9, most: 8 },
        Malformed::FeatureName { name: String::new(), longest: 256 },
        Malformed::Created { at: now },
        Malformed::ProvenanceMoment,
        Malformed::ProvenanceOrder,
        Malformed::Materials { materials: 65, most: 64 },
    ];
    let manifests = [
        ManifestFault::Digest { expected, found },
        ManifestFault::Image {
            release: id,
            repository: "mallory/xgboost".parse().unwrap(),
            digest,
            version: ImageVersion::V1_7,
            allowed: "sagemaker-xgboost".to_owned(),
        },
        ManifestFault::Fleet { release: id, expected: "fraud".parse().unwrap(), found: "churn".parse().unwrap() },
        ManifestFault::Future { release: id, version: new(), created: now, now },
    ];
    let own = [
        FileFault::Missing { file: file(), region: region() },
        FileFault::Altered { file: file(), region: region(), expected: digest, found: Sha256::of(b"other") },
        FileFault::Longer { file: file(), region: region(), expected: 7 },
        FileFault::TooLarge { file: file(), region: region(), most: 7 },
        FileFault::ReaderPanicked { file: file(), region: region() },
        FileFault::Unsigned { file: file(), region: region() },
        FileFault::NotGolden { file: file(), region: region(), line: 1, column: 2 },
    ];
    let malformed = malformed.into_iter().map(|what| ManifestFault::Malformed { release: id, what });
    let manifests = malformed.chain(manifests).map(FileFault::from);
    own.into_iter().chain(manifests).chain(signatures.map(FileFault::from)).collect()
}

fn steps() -> Vec<Step> {
    let bake = Bake { wait: SignedDuration::from_mins(4), percent: 10 };
    let canary = |by| Some(Canary { bake, by });
    let ready =
        |first, canary| Step::Ready { region: au(), version: new(), first, canary, overrides: vec![overridden()] };
    let acts = [
        Act::Prepare,
        Act::Update,
        Act::Create,
        Act::Beat,
        Act::Look,
        Act::Measure,
        Act::AskGolden,
        Act::Trip,
        Act::Disarm,
        Act::Scale,
    ];
    let own = vec![
        Step::LeaseHalfUsed,
        Step::LeaseFree,
        Step::Order,
        ready(true, None),
        ready(false, canary(Traffic::Measured(20.0))),
        ready(false, canary(Traffic::Usual)),
        ready(false, canary(Traffic::Unseen { why: unseen() })),
        Step::FoundRunning,
        Step::CanaryTakesTraffic { region: au(), version: new(), percent: 10 },
        Step::Proved { golden: 10, version: new() },
        Step::WasServing { region: au(), version: new() },
        Step::LastUpdateEnded { region: au() },
        Step::IsBack { region: au(), version: old() },
        Step::FallsSilent { region: au(), why: unseen() },
        Step::InTheWay { region: au(), why: Gate::NotTaken },
        Step::AnswersAgain { region: au() },
        Step::ReadyForFailover { region: au() },
        Step::NeedsInstances { region: au(), has: 2, least: 3 },
        Step::LacksInstances { region: au(), has: 2, least: 3, why: Some(unseen()) },
        Step::LacksInstances { region: au(), has: 2, least: 3, why: None },
        Step::UsualScaling { region: au(), least: 2, most: 6 },
        Step::ScalingSet { region: au() },
        Step::ScalingNotSet { region: au(), version: new(), why: unseen() },
        Step::SoakOver { region: au() },
        Step::WaveOver,
    ];
    let acts = acts.map(|act| Step::Act { act, region: au(), version: new() });
    acts.into_iter().chain(own).collect()
}

fn proofs() -> [Proof; 2] {
    [Proof::Wrong { right: 9, asked: 10, version: new() }, Proof::Unasked { why: unseen() }]
}

fn lagging() -> Vec<Lagging> {
    vec![
        Lagging::Deferred(boxed("dark")),
        Lagging::Halted(boxed("its alarm rang")),
        Lagging::LedgerUnseen,
        Lagging::NoEndpoint,
        Lagging::EndpointUnseen { why: unseen() },
        Lagging::EndpointNotRead,
        Lagging::BytesUnknown(FAILED),
        Lagging::NamesConfig { config: resource("fraud-v426") },
        Lagging::EndpointIs(EndpointStatus::OutOfService),
        Lagging::GoingBack,
        Lagging::Soaks,
        Lagging::Unproved,
        Lagging::GoldenUnasked { why: unseen() },
        Lagging::GoldenWrong { right: 9, asked: 10 },
        Lagging::DidNotThen,
    ]
}

fn waits() -> Vec<Wait> {
    let time = at("03:21:00");
    let full_load = |seen| Wait::FullLoad { region: au(), due: time, seen };
    let judged = AtFullLoad::Judged { verdict: Verdict::Inconclusive, grounds: Grounds::default() };
    let own = [
        Wait::Home { why: unseen() },
        Wait::LeaseHeld { holder: actor("wave-0"), until: time },
        Wait::Scaling { region: au() },
        Wait::OtherUpdate { region: au() },
        Wait::ForeignUpdate { region: au() },
        Wait::Gate { region: None, gate: Gate::NotTaken },
        Wait::Gate { region: Some(au()), gate: Gate::NotTaken },
        Wait::Freeze { region: au(), frozen: frozen() },
        Wait::FleetFreeze { frozen: frozen() },
        Wait::Provisioning { region: au() },
        Wait::FirstProvisioning { region: au() },
        Wait::Endpoint { region: au() },
        Wait::EndpointOf { region: au(), config: resource("fraud-v425") },
        Wait::Canary { since: time, verdict: Verdict::Pass, grounds: Grounds::default() },
        Wait::Counts { why: unseen() },
        Wait::Shift { at: time },
        Wait::Traffic { region: au(), version: new() },
        Wait::TrafficInSteps { region: au(), until: time },
        Wait::Return { region: au(), why: None },
        Wait::Return { region: au(), why: Some(boxed("slow")) },
        full_load(AtFullLoad::Nothing),
        full_load(judged),
        full_load(AtFullLoad::Unseen { why: unseen() }),
        Wait::Follows { region: au(), version: new() },
        Wait::Silent { region: au(), since: time },
        Wait::Bytes { region: au(), why: Fault::TwoReleases(FAILED) },
        Wait::Instances { region: au(), has: 2, least: 3 },
        Wait::ScalingUnset { region: au(), why: unseen() },
        Wait::FirstProof(Box::new(Fault::FirstReleaseRings { alarm: alarm() }.into())),
    ];
    let lags = lagging().into_iter().map(|why| Wait::Lag { region: au(), why });
    own.into_iter().chain(proofs().map(Wait::Proof)).chain(lags).collect()
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
        WayBackReason::Unexplained,
        WayBackReason::ProvedAgain(Fault::TwoReleases(FAILED)),
        WayBackReason::WorseThanBefore(worse()),
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

fn steady_faults() -> Vec<Fault> {
    vec![
        Fault::Unseen(unseen()),
        Fault::Silent { since: at("03:15:00") },
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
        Return::GoesBack { region: au(), to: old(), why: None },
        Return::GoesBack { region: au(), to: old(), why: Some(boxed("slow")) },
        Return::GoesBackFrom { region: au(), from: None, to: old(), why: why() },
        Return::GoesBackFrom { region: au(), from: Some(from()), to: old(), why: why() },
        Return::WentBack { region: au(), from: from(), to: old(), why: why() },
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
        Return::BytesUnknown { region: au(), status: FAILED },
        Return::GoesToProved { region: au(), version: old() },
        Return::UnderWay,
    ]
}

fn quiets() -> Vec<Quiet> {
    vec![
        Quiet::NoEndpoint,
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
        Quiet::WentBackWithoutWay,
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
    let not_judged = |stopped| WaveEnd::NotJudged { region: au(), version: new(), stopped };
    own.into_iter()
        .chain(stopped().into_iter().map(WaveEnd::Stopped))
        .chain(stopped().into_iter().map(not_judged))
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
        Refusal { operation: "UpdateEndpoint".to_owned(), message: "ResourceLimitExceeded".to_owned() }.into(),
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
