mod exact;

use super::*;
use meridian_domain::reason::{
    ErrorKind, ExecutionEnd, FailureDetail, Fault, FileFault, Gate, GateRuling, IllService, OperationName, RegionState,
    Return, Revert, ServiceFailure, Shortage, Step, Unseen, WaveEnd, WayBackReason,
};
use meridian_domain::{EndpointStatus, Exposure, Fleet, PageOnRecord, ReleaseId, Sha256, Verdict};
use meridian_judge::CapturedVerdict;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

const START: &str = "<!-- pages:start -->";
const END: &str = "<!-- pages:end -->";

fn fleet() -> Fleet {
    Fleet::parse(include_str!("../../../../local/fleets/reference/fleet.toml")).unwrap()
}

fn jp() -> RegionName {
    "ap-northeast-1".parse().unwrap()
}

/// The longest name that a fleet, a release or an execution may have.
fn long_fleet() -> Fleet {
    let mut fleet = fleet();
    fleet.name = "f".repeat(20).parse().unwrap();
    for region in &mut fleet.regions {
        region.title = "Asia Pacific with a title that nobody would put into a table".to_owned();
    }
    fleet
}

fn v(version: &str) -> Version {
    version.parse().unwrap()
}

/// EU serves the release, and BR's ledger cannot be read.
fn exposed() -> Vec<(RegionName, Exposure)> {
    let since = "2026-11-20T03:36:12Z".parse().unwrap();
    let back = Some("fraud-v426-9f707fe16b72-c7fa".parse().unwrap());
    let [eu, br] = ["eu-west-1", "sa-east-1"].map(|region| region.parse().unwrap());
    vec![(eu, Exposure::Serves { since, back }), (br, Exposure::Unknown)]
}

/// Every advice, in the order of its enum.
fn advices(region: &RegionName, version: &Version) -> Vec<Advice> {
    let (region, version) = (|| region.clone(), || version.clone());
    vec![
        Advice::LimitCaller,
        Advice::AllClear,
        Advice::CheckHealth { region: region(), version: version(), serves: true },
        Advice::CheckHealth { region: region(), version: version(), serves: false },
        Advice::MendRegion { region: region(), version: version(), serves: true },
        Advice::MendRegion { region: region(), version: version(), serves: false },
        Advice::CloseUpdate { region: region(), version: version(), serves: true },
        Advice::ReadEvidence { region: region(), version: version(), elsewhere: exposed() },
        Advice::FindRegionCause { region: region(), version: version() },
        Advice::CompareRequests { region: region(), version: version() },
        Advice::FindCause,
        Advice::MendCause,
        Advice::LiftFirst,
        Advice::DeleteEndpoint,
        Advice::KeepCustomersAway { region: region() },
        Advice::WatchInstances,
        Advice::CatchUp { region: region() },
        Advice::LookAtEndpoints,
        Advice::ReadPipeline { again: true },
        Advice::ReadPipeline { again: false },
        Advice::LookAtBucket,
        Advice::ReadRollbackLog,
        Advice::CompareCallers,
        Advice::WeighRollback { region: region() },
        Advice::LookAtEndpoint,
        Advice::LightByHand,
        Advice::FindOutWhatItDoes,
        Advice::ReadPromoteLog,
        Advice::WaitForSoak,
        Advice::UpdateByHand,
        Advice::RecoverByHand,
    ]
}

/// What a plan with this advice says.
fn why(advice: &Advice, region: &RegionName, version: &Version) -> Reason {
    let (region, version, back) = (|| region.clone(), || version.clone(), || v("v426"));
    let alarm = || WayBackReason::Alarm { alarm: "fraud-p99".to_owned(), alike: None };
    let silent = || Fault::Silent { since: "2026-11-20T03:47:00Z".parse().unwrap(), service: IllService::ControlPlane };
    let plan = match advice {
        Advice::LimitCaller => {
            let tally = meridian_judge::Tally { total: 10_000, bad: 400 };
            return Reason::CallersAlike { region: region(), green: tally, blue: tally };
        }
        Advice::AllClear => {
            let of = |advice: &Advice| PageOnRecord {
                at: "2026-11-20T03:58:12Z".parse().unwrap(),
                why: why(advice, &region(), &version()),
            };
            let health = Advice::CheckHealth { region: region(), version: version(), serves: true };
            let pages = vec![of(&health), of(&Advice::RecoverByHand)];
            return Step::AllClear { version: version(), pages }.into();
        }
        Advice::CheckHealth { .. } => {
            let state = RegionState::Stays { version: back() };
            let why = Reason::LeftBehind { why: Box::new(silent().into()), state };
            WaveEnd::Deferred { region: region(), why: Box::new(why) }
        }
        Advice::MendRegion { .. } => {
            let gate = Gate::NoRollbackAlarm { alarm: "fraud-rollback".to_owned() };
            WaveEnd::Deferred { region: region(), why: Box::new(gate.into()) }
        }
        Advice::CloseUpdate { .. } => {
            let gate = Gate::MidShift { version: version(), wave: "wave-1".parse().unwrap() };
            WaveEnd::Deferred { region: region(), why: Box::new(gate.into()) }
        }
        Advice::ReadEvidence { .. } => {
            let why = Revert::AlarmRang(alarm()).into();
            WaveEnd::RolledBack { region: region(), version: version(), over: true, why: Box::new(why) }
        }
        Advice::FindRegionCause { .. } => {
            let unclear = Fault::UnclearReturn(Box::new(Revert::TimerEnded.into()));
            let why =
                Reason::LeftBehind { why: Box::new(unclear.into()), state: RegionState::Stays { version: back() } };
            WaveEnd::Deferred { region: region(), why: Box::new(why) }
        }
        Advice::CompareRequests { .. } => {
            let (verdict, records) = (CapturedVerdict::TooFew, 12);
            let short = Gate::ShadowShort { region: region(), version: version(), verdict, records };
            let why = Reason::LeftBehind { why: Box::new(short.into()), state: RegionState::Stays { version: back() } };
            WaveEnd::Deferred { region: region(), why: Box::new(why) }
        }
        Advice::FindCause => {
            let why = Box::new(Revert::TimerEnded.into());
            WaveEnd::NotOn { region: region(), version: version(), why }
        }
        Advice::MendCause => {
            let why = Box::new(Gate::NotApproved { version: version() }.into());
            WaveEnd::NotPromoted { region: region(), version: version(), why }
        }
        Advice::LiftFirst => {
            let said = Reason::Said { words: "incident 4711".to_owned(), by: None };
            let stopped = meridian_domain::reason::Stopped::FleetHalted(Box::new(said));
            WaveEnd::NotJudged { region: region(), version: version(), stopped }
        }
        Advice::DeleteEndpoint => {
            WaveEnd::NoFirstRelease { region: region(), why: Box::new(Fault::CreationEndless.into()) }
        }
        Advice::KeepCustomersAway { .. } => {
            return Step::LacksInstances { region: region(), has: 2, least: 3, why: None }.into();
        }
        Advice::WatchInstances => {
            let why = Unseen::ScalingNotOnRecord;
            return Step::ScalingNotSet { region: region(), version: version(), why }.into();
        }
        Advice::CatchUp { .. } => {
            return meridian_domain::reason::Lag {
                region: region(),
                serves: v("v424"),
                behind: 3,
                newest: version().to_string(),
                hours: 70,
                allowed: 2,
                allowed_age: jiff::SignedDuration::from_hours(72),
            }
            .into();
        }
        Advice::LookAtEndpoints => {
            let lagging = vec![(region(), meridian_domain::reason::Lagging::NoEndpoint)];
            WaveEnd::Incomplete { version: version(), lagging, overrides: Vec::new() }
        }
        Advice::ReadPipeline { again } => {
            let how = if *again { ExecutionEnd::Failed } else { ExecutionEnd::Stopped };
            WaveEnd::Lost { version: version(), how, lagging: vec![region()], again: *again }
        }
        Advice::LookAtBucket => {
            let (from, to, unread) = (version(), back(), Unseen::LedgerNotRead);
            return Return::Unread { region: region(), from, to, why: alarm(), unread }.into();
        }
        Advice::ReadRollbackLog => {
            return Return::Unwritten { region: region(), from: version(), to: back() }.into();
        }
        Advice::CompareCallers => return Return::Leaves { region: region(), version: version() }.into(),
        Advice::WeighRollback { .. } => {
            let worse = meridian_domain::WorseThanBefore {
                metric: "5xx".parse().unwrap(),
                today: meridian_judge::Tally { total: 340_000, bad: 512 },
                expected: 170.0,
                tolerated: 1.3,
                days: 14,
            };
            return Return::WorseThanBefore { region: region(), version: version(), worse }.into();
        }
        Advice::LightByHand => return Return::NotLit { region: region(), version: version() }.into(),
        Advice::LookAtEndpoint => {
            return Return::NowhereToGo { region: region(), version: version(), why: alarm() }.into();
        }
        Advice::FindOutWhatItDoes => {
            let from = Some(version());
            return Return::RollsBackFrom { region: region(), from, to: back(), why: alarm() }.into();
        }
        Advice::ReadPromoteLog => {
            let (from, to) = (version(), back());
            return Return::RolledBack { region: region(), from, to, why: WayBackReason::Guardrail }.into();
        }
        Advice::WaitForSoak => {
            return Return::RingsInSoak { region: region(), version: version(), why: alarm() }.into();
        }
        Advice::UpdateByHand => return Return::Broken { region: region(), status: EndpointStatus::Failed }.into(),
        Advice::RecoverByHand => {
            return Return::BytesUnknown { region: region(), status: EndpointStatus::UpdateRollbackFailed }.into();
        }
    };
    plan.into()
}

fn image() -> Image {
    Image { repository: "sagemaker-xgboost".parse().unwrap(), digest: Sha256::of(b"image"), version: None }
}

/// One page of each kind at least.
fn samples(fleet: &Fleet, version: &Version) -> Vec<Notice> {
    let region = jp();
    let plans = advices(&region, version).into_iter();
    let mut all: Vec<Notice> =
        plans.map(|advice| Notice::Plan { why: why(&advice, &region, version), advice }).collect();
    let bucket = fleet.region(&region).unwrap().bucket.to_string();
    let name = version.to_string();
    all.push(Notice::ReplicasLate {
        version: version.clone(),
        late: vec![region.clone()],
        archive: "releases/archives/4b1d.tar.gz".to_owned(),
        image: image(),
    });
    all.push(Notice::NotReplicated(vec![Unreplicated {
        key: "releases/archives/4b1d.tar.gz".to_owned(),
        bucket,
        event: "OperationFailedReplication".to_owned(),
        reason: None,
    }]));
    all.push(Notice::ChainAltered {
        chain: Chain::Region(region),
        kept: KeptHead { seq: 12, hash: Sha256::of(b"entry") },
        departure: Departure::Missing,
    });
    let since = "2026-11-20T03:36:12Z".parse().unwrap();
    let others = ["ap-southeast-2", "sa-east-1"].map(|name| name.parse().unwrap());
    all.push(Notice::Home(HomeNotice::Lost { since, with: others.to_vec() }));
    all.push(Notice::Home(HomeNotice::Taken { from: "eu-west-1".parse().unwrap() }));
    for home in ["eu-west-1", "sa-east-1"] {
        all.push(Notice::Home(HomeNotice::Answers { home: home.parse().unwrap(), since }));
    }
    all.push(Notice::StandsIn { from: "eu-west-1".parse().unwrap(), with: others.to_vec() });
    let (file, expected, found) = (|| "releases/manifests/4b1d".to_owned(), Sha256::of(b"a"), Sha256::of(b"b"));
    for what in [
        FileFault::Unsigned { file: file(), region: jp() },
        FileFault::Altered { file: file(), region: jp(), expected, found },
        FileFault::TooLarge { file: file(), region: jp(), most: 1 << 20 },
        FileFault::NoImage { image: image(), region: jp() },
    ] {
        all.push(Notice::BytesRefused { release: name.clone(), what });
    }
    let refused = ServiceFailure {
        kind: ErrorKind::Refused,
        region: jp(),
        operation: OperationName::ListObjectsV2,
        detail: Box::new(FailureDetail::Said("AccessDenied".to_owned())),
    };
    for why in [JobFailure::Panicked, JobFailure::Unseen(refused.into())] {
        all.push(Notice::JobFailed { job: "job-1".to_owned(), why });
    }
    for cause in [RejectedFor::Worse, RejectedFor::Unclear, RejectedFor::Bytes, RejectedFor::Content] {
        let (why, evidence) = (EvaluationReason::NothingRequired, None);
        all.push(Notice::EvaluationRejected { version: name.clone(), cause, why, evidence });
    }
    all
}

#[test]
fn every_kind_of_page_has_a_sample() {
    let kinds: BTreeSet<PageKind> = samples(&fleet(), &v("v427")).iter().map(Notice::kind).collect();
    assert_eq!(kinds, PageKind::ALL.iter().copied().collect());
}

#[test]
fn every_page_as_json_has_one_member_that_says_what_it_is() {
    for notice in samples(&fleet(), &v("v427")) {
        let json = serde_json::to_value(&notice).unwrap();
        assert_eq!(json.as_object().map(serde_json::Map::len), Some(1), "{json}");
    }
}

#[test]
fn every_page_has_a_short_subject_and_the_four_paragraphs() {
    let execution: Actor = "e".repeat(40).parse().unwrap();
    for (fleet, version) in [(fleet(), v("v427")), (long_fleet(), v(&"v".repeat(20)))] {
        let voice = Voice::of(&fleet);
        let pages = samples(&fleet, &version);
        let advices = advices(&jp(), &version);
        // Every advice with every reason, whatever a planner may put together.
        let mixed = advices.iter().flat_map(|of| {
            let why = why(of, &jp(), &version);
            advices.iter().map(move |advice| Notice::Plan { why: why.clone(), advice: advice.clone() })
        });
        let words = |words: String| Notice::Plan { why: Reason::Said { words, by: None }, advice: Advice::MendCause };
        let hostile =
            [words("x".repeat(300)), words("a word ".repeat(100)), words("one\n\ntwo\n\n\n\nthree".to_owned())];
        for notice in pages.into_iter().chain(mixed).chain(hostile) {
            for sender in [Sender::Wave(execution.clone()), Sender::Region] {
                let page = voice.page(&notice, &jp(), &sender);
                let (subject, length) = (&page.subject, page.subject.chars().count());
                assert!(length <= LONGEST_SUBJECT, "{length}: {subject}");
                assert!(subject.starts_with(&format!("[{}] ", fleet.name)) && !subject.contains('\n'), "{subject}");
                let parts: Vec<&str> = page.message.split("\n\n").collect();
                let [what, now, to_do, runbook] = parts[..] else { panic!("{}", page.message) };
                assert!(what.ends_with(['.', ')']), "{what}");
                assert!(now.starts_with("Now: ") && now.ends_with('.'), "{now}");
                assert!(to_do.starts_with("To do: ") && to_do.ends_with('.'), "{to_do}");
                let (path, from) = runbook.split_once('\n').unwrap();
                assert!(path.starts_with("Runbook: docs/") && from.contains("ap-northeast-1"), "{runbook}");
                let sent = if sender == Sender::Region { "Sent by the region itself" } else { "Wave e" };
                assert!(from.contains(sent), "{from}");
            }
        }
    }
}

#[test]
fn a_subject_is_cut_at_a_word() {
    let long = format!("[fraud] {}", "eleven char ".repeat(12));
    let cut = subject(&long);
    assert!(cut.len() <= LONGEST_SUBJECT && (cut.ends_with(" eleven...") || cut.ends_with(" char...")), "{cut}");
    assert_eq!(subject("[fraud] JP is deferred"), "[fraud] JP is deferred");
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A heading as a link's anchor.
fn anchor(heading: &str) -> String {
    heading.to_lowercase().replace(' ', "-")
}

#[test]
fn every_section_that_a_page_names_is_in_its_runbook() {
    for kind in PageKind::ALL {
        let Some(section) = kind.section() else { continue };
        let text = std::fs::read_to_string(root().join(kind.runbook().path())).unwrap();
        assert!(text.lines().any(|line| line == format!("## {section}")), "{kind}: no section {section:?}");
    }
}

/// The table of docs/runbook.md: rows as the code has them, texts as a page has them.
fn table() -> String {
    let fleet = fleet();
    let voice = Voice::of(&fleet);
    let samples = samples(&fleet, &v("v427"));
    let mut text =
        "| subject | kind | sent by | when | now | to do | runbook |\n|---|---|---|---|---|---|---|\n".to_owned();
    for kind in PageKind::ALL {
        let notice = samples.iter().find(|notice| notice.kind() == *kind).unwrap();
        let subject = voice.page(notice, &jp(), &Sender::Region).subject;
        let subject = subject.trim_start_matches("[fraud] ");
        let (now, to_do) = (voice.holds_now(notice, &jp()), voice.steps(notice, &jp()).replace('\n', " "));
        let urgent = if kind.is_urgent() { "**Urgent.** " } else { "" };
        let advice = if kind.is_advice() { " (advice, nobody is paged)" } else { "" };
        let path = kind.runbook().path().trim_start_matches("docs/");
        let read_on = match (kind.section(), path) {
            (Some(section), "runbook.md") => format!("[{section}](#{})", anchor(section)),
            (Some(section), path) => format!("[{section}]({path}#{})", anchor(section)),
            (None, "runbook.md") => "this page".to_owned(),
            (None, path) => format!("[{}]({path})", path.trim_start_matches("runbooks/").trim_end_matches(".md")),
        };
        let (from, when) = (kind.sent_by(), kind.when());
        writeln!(text, "| `{subject}`{advice} | `{kind}` | {from} | {when} | {now} | {urgent}{to_do} | {read_on} |")
            .unwrap();
    }
    text
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a person asks for the table to be written anew")]
fn the_runbooks_table_of_pages_is_generated() {
    let path = root().join("docs/runbook.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(START).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let fresh = format!("{before}{START}\n\n{}\n{END}{after}", table());
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(&path, &fresh).unwrap();
        return;
    }
    assert!(fresh == text, "docs/runbook.md is stale: UPDATE_PAGES=1 cargo test -p meridian-messages pages");
}
