//! What a plan gives as its reason before a decision: gates, steps, waits.

use super::*;
use meridian_judge::{CapturedFinding, CapturedGate, CapturedVerdict};

fn page_on_record() -> PageOnRecord {
    let end = WaveEnd::NotOn { region: au(), version: old(), why: Box::new(Fault::NoAnswer.into()) };
    PageOnRecord { at: at("03:58:12"), why: end.into() }
}

pub(super) fn gates() -> Vec<Gate> {
    let others = [
        Gate::Frozen(frozen()),
        Gate::InFailover { region: au() },
        Gate::Lights { region: au() },
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
        Gate::NotShadowed { region: au(), version: new() },
        Gate::ShadowShort { region: au(), version: new(), verdict: CapturedVerdict::NothingCaptured, records: 0 },
        Gate::ShadowShort { region: au(), version: new(), verdict: CapturedVerdict::TooFew, records: 12 },
        Gate::ShadowFailed { region: au(), version: new(), failed: captured_findings() },
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
        Gate::StillRegistered { why: unseen() },
        Gate::RolledBackWithoutWay,
    ];
    let unseen = every_unseen().into_iter().map(Gate::Unseen);
    stopped().into_iter().map(|own| Gate::Stopped(Box::new(own))).chain(others).chain(unseen).collect()
}

/// What each gate on captured requests found.
fn captured_findings() -> Vec<CapturedFinding> {
    let gates = [
        CapturedGate::AlertRate,
        CapturedGate::ScoreShift,
        CapturedGate::Answered,
        CapturedGate::Covered,
        CapturedGate::Reasons,
        CapturedGate::Served,
    ];
    let found = |gate| CapturedFinding {
        gate,
        verdict: Verdict::Fail,
        records: 2100,
        challenger: Some(0.04),
        champion: Some(0.012),
        difference: 0.5,
        interval: [0.4, 0.6],
        allowed: 0.1,
        feature: (gate == CapturedGate::Covered).then(|| "amount_sum_pos_24h".to_owned()),
    };
    gates.map(found).into()
}

pub(super) fn files() -> Vec<FileFault> {
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
        Malformed::Unread { quoted: "expected value at line 1 column 1".to_owned() },
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
            allowed: fleet().images,
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

pub(super) fn steps() -> Vec<Step> {
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
        Act::Deregister,
        Act::NoteDeferral,
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
        Step::IsBack { region: au(), version: new() },
        Step::FallsSilent { region: au(), why: unseen() },
        Step::InTheWay { region: au(), why: Gate::NotTaken },
        Step::AnswersAgain { region: au() },
        Step::JudgeReplaced { region: au() },
        Step::ReadyForFailover { region: au() },
        Step::Carries { region: au(), from: name(JP), least: 3 },
        Step::ReadyToCarry { region: au(), from: name(JP) },
        Step::Keeps { region: au(), version: new() },
        Step::PutOut { region: au(), version: new() },
        Step::Lights { region: au(), version: new() },
        Step::NeedsInstances { region: au(), has: 2, least: 3 },
        Step::LacksInstances { region: au(), has: 2, least: 3, why: Some(unseen()) },
        Step::LacksInstances { region: au(), has: 2, least: 3, why: None },
        Step::UsualScaling { region: au(), least: 2, most: 6 },
        Step::ScalingSet { region: au() },
        Step::ScalingNotSet { region: au(), version: new(), why: unseen() },
        Step::SoakOver { region: au() },
        Step::AllClear { version: new(), pages: vec![page_on_record()] },
        Step::WaveOver,
    ];
    let acts = acts.map(|act| Step::Act { act, region: au(), version: new() });
    acts.into_iter().chain(own).collect()
}

pub(super) fn proofs() -> [Proof; 2] {
    [Proof::Wrong { right: 9, asked: 10, version: new() }, Proof::Unasked { why: unseen() }]
}

pub(super) fn lagging() -> Vec<Lagging> {
    vec![
        Lagging::Deferred(boxed("dark")),
        Lagging::Halted(boxed("its alarm rang")),
        Lagging::LedgerUnseen,
        Lagging::NoEndpoint,
        Lagging::NotKept,
        Lagging::EndpointUnseen { why: unseen() },
        Lagging::EndpointNotRead,
        Lagging::BytesUnknown(FAILED),
        Lagging::NamesConfig { config: resource("fraud-v426") },
        Lagging::EndpointIs(EndpointStatus::OutOfService),
        Lagging::RollingBack,
        Lagging::Soaks,
        Lagging::Unproved,
        Lagging::GoldenUnasked { why: unseen() },
        Lagging::GoldenWrong { right: 9, asked: 10 },
        Lagging::DidNotThen,
    ]
}

pub(super) fn waits() -> Vec<Wait> {
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
