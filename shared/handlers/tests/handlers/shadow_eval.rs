//! Releases held against the champion, on records that people approved.

use crate::world::{Answered, FLEET, Fault, Sent, World, context, features, fleet, name, quiet, run, sample, signer};
use bytes::Bytes;
use meridian_domain::reason::{EvaluationReason, Failure, FileFault, GateRuling, Misfit, ModelRole};
use meridian_domain::{
    Binding, Chain, Holdout, HubHistory, Image, Manifest, Provenance, Reason, Record, ReleaseId, Sha256, Target, keys,
};
use meridian_handlers::context::{Context, HandlerError};
use meridian_handlers::events::{Action, PipelineJob, UserParameters};
use meridian_handlers::files;
use meridian_handlers::journal::Journal;
use meridian_handlers::ports::{ErrorKind, FailureKind};
use meridian_handlers::publish::{PublishSpec, publish};
use meridian_handlers::shadow_eval::handle;
use meridian_local::services::sagemaker::{DescribeModelPackageOutput, ModelApprovalStatus};
use meridian_messages::pages::{ComparedWith, Evidence, Notice, RejectedFor, Sender};
use serde_json::{Value, json};

mod begun;
mod captured;
mod exam;
mod repeats;

const HOME: &str = "eu-west-1";

fn spec(version: &str) -> PublishSpec {
    PublishSpec {
        version: version.parse().unwrap(),
        archive: sample(&format!("{version}.tar.gz")),
        features: features(),
        feature_files: Vec::new(),
        operating_threshold: 0.81,
        answer: meridian_domain::AnswerForm::default(),
        image: Image { repository: "sagemaker-xgboost".parse().unwrap(), digest: Sha256::of(b"image"), version: None },
        provenance: Provenance::default(),
    }
}

fn published(world: &World, spec: PublishSpec) -> ReleaseId {
    let version = spec.version.clone();
    let release = run(publish(world, &fleet(), world.now(), spec, &signer())).unwrap();
    world.write(&name(HOME), Chain::Region(name(HOME)), "replication", Record::Attested { release, version });
    release
}

/// Records that the fleet's people have approved.
fn approved(world: &World, records: Bytes) -> Sha256 {
    let holdout = Holdout { sha256: Sha256::of(&records), bytes: records.len() as u64, rows: 10_000, positives: 325 };
    world.put(&name(HOME), &keys::holdout(holdout.sha256), records);
    let record = Record::HoldoutApproved { holdout, why: "drawn in May".to_owned() };
    world.write(&name(HOME), Chain::Home, "ana", record);
    holdout.sha256
}

/// A world in which the pipeline calls, and nobody has approved anything.
fn unapproved() -> World {
    World::with_jobs(quiet("2026-03-12T03:00:00Z"), 8)
}

/// A world in which nothing serves, and the records to evaluate on are approved.
fn empty() -> World {
    let world = unapproved();
    approved(&world, sample("holdout.csv.gz"));
    world
}

/// A world in which home serves v426.
fn world() -> World {
    let world = empty();
    let release = published(&world, spec("v426"));
    serves(&world, release, "v426");
    world
}

/// Home serves this release from now on.
fn serves(world: &World, release: ReleaseId, version: &str) {
    let fleet = fleet();
    let target = Target::of(&fleet, fleet.region(&name(HOME)).unwrap(), release, &version.parse().unwrap());
    let record = Record::Settled { target, execution: "wave".parse().unwrap() };
    world.write(&name(HOME), Chain::Region(name(HOME)), "promote", record);
}

/// Home under a policy with another line in `[evaluation]`.
fn strict(line: &str) -> Context {
    let policy = FLEET.replace("[evaluation]\n", &format!("[evaluation]\n{line}\n"));
    assert_ne!(policy, FLEET);
    Context::new(&policy, name(HOME)).unwrap()
}

/// The next job of the pipeline, to evaluate a release.
fn job(world: &World, release: ReleaseId, continuation: Option<&str>) -> PipelineJob {
    job_of(&world.job(), release, continuation)
}

fn job_of(job: &str, release: ReleaseId, continuation: Option<&str>) -> PipelineJob {
    let fleet = fleet();
    PipelineJob {
        job: job.to_owned(),
        continuation: continuation.map(str::to_owned),
        parameters: UserParameters {
            fleet: fleet.name,
            action: Action::Register,
            release,
            policy: Sha256::of(b"policy"),
            pipeline: fleet.pipeline,
            execution: "execution-1".parse().unwrap(),
        },
    }
}

/// Why a reply rules as it does.
fn found(reply: &Value) -> EvaluationReason {
    match serde_json::from_value(reply["reason"].clone()) {
        Ok(Reason::Evaluation(found)) => found,
        other => panic!("{other:?}"),
    }
}

fn evaluate(world: &World, release: ReleaseId) -> Result<Value, HandlerError> {
    run(handle(world, &context(HOME), &job(world, release, None)))
}

/// The page of a release that wave `execution-1` rejects.
fn rejection(version: &str, cause: RejectedFor, why: EvaluationReason, evidence: Option<Evidence>) -> Sent {
    let notice = Notice::EvaluationRejected { version: version.to_owned(), cause, why, evidence };
    Sent::of(notice, &name(HOME), &Sender::Wave("execution-1".parse().unwrap()))
}

/// What the gates held a release against that alerts like the champion, and where their report lies.
fn evidence(world: &World, release: ReleaseId) -> Evidence {
    let settled = |record: Record| match record {
        Record::Settled { target, .. } => Some(target),
        _ => None,
    };
    let own = world.records(&name(HOME), Chain::Region(name(HOME)));
    let serving = own.into_iter().find_map(settled).unwrap();
    let report = keys::evaluation_html(release);
    let console = "https://eu-west-1.console.aws.amazon.com/s3/object/fraud-models-eu?region=eu-west-1";
    Evidence {
        threshold: 0.81,
        champion: Some(ComparedWith { release: serving.release, version: serving.version, threshold: 0.81 }),
        link: format!("{console}&prefix={report}"),
        url: format!("s3://fraud-models-eu/{report}"),
    }
}

fn kinds(world: &World) -> Vec<&'static str> {
    let kind = |record: &Record| match record {
        Record::HoldoutApproved { .. } => "",
        Record::Registered { .. } => "registered",
        Record::Evaluated { .. } => "evaluated",
        Record::Approved { .. } => "approved",
        Record::Rejected { .. } => "rejected",
        Record::JobFailed { .. } => "job failed",
        other => panic!("{other:?}"),
    };
    world.records(&name(HOME), Chain::Home).iter().map(kind).filter(|kind| !kind.is_empty()).collect()
}

#[test]
fn a_good_release_is_approved_once() {
    let world = world();
    let release = published(&world, spec("v427"));
    for _ in 0..2 {
        let reply = evaluate(&world, release).unwrap();
        assert_eq!(reply["outcome"], "approved");
        let EvaluationReason::Passed { challenger, champion: Some(champion), records: 10_000 } = found(&reply) else {
            panic!("{reply}")
        };
        assert_eq!(champion.version.as_str(), "v426");
        assert!(challenger.auc > champion.rates.auc && challenger.fpr > champion.rates.fpr, "{reply}");
        // People read the reason in the pipeline.
        let answers = world.answers.borrow();
        let answer = answers.last().unwrap();
        assert_eq!((&answer.how, Some(answer.said.as_str())), (&Answered::Succeeded, reply["why"].as_str()));
    }
    assert_eq!(kinds(&world), ["registered", "evaluated", "approved"]);
    assert_eq!(package(&world, release).model_approval_status, ModelApprovalStatus::Approved);
    assert!(world.pages().is_empty());
    let golden = run(files::golden(&world, &name(HOME), release)).unwrap();
    assert_eq!(golden.records.len(), 200);
    for key in [keys::evaluation_html(release), keys::evaluation_json(release)] {
        assert!(world.object(&name(HOME), &key).is_some());
    }
    assert_eq!(world.answers.borrow().len(), 2);
}

/// Anybody may start an execution of anything: what nobody is known to have signed is not read.
#[test]
fn a_release_that_home_has_not_attested_is_not_evaluated() {
    let world = world();
    let release = run(publish(&world, &fleet(), world.now(), spec("v427"), &signer())).unwrap();
    world.reads.borrow_mut().clear();
    let error = evaluate(&world, release).unwrap_err();
    assert!(matches!(error, HandlerError::Failed(Failure::Unattested { release: own }) if own == release), "{error}");
    assert!(!world.reads.borrow().contains(&keys::manifest(release)));
    assert_eq!((kinds(&world).len(), world.packages().len()), (0, 0));
}

#[test]
fn a_worse_release_is_rejected_with_the_reason_and_one_page() {
    let world = world();
    let release = published(&world, spec("v429"));
    for _ in 0..2 {
        let reply = evaluate(&world, release).unwrap();
        assert_eq!(reply["outcome"], "rejected");
        let EvaluationReason::NotPassed { rulings, .. } = found(&reply) else { panic!("{reply}") };
        let Some(GateRuling { gate, region: None, challenger: Some(challenger), champion: Some(champion), .. }) =
            rulings.first()
        else {
            panic!("{reply}")
        };
        assert!(gate == "auc" && challenger < champion, "{reply}");
        // People read the reason in the registry and in the pipeline.
        assert_eq!(package(&world, release).approval_description.as_deref(), reply["why"].as_str());
        let answers = world.answers.borrow();
        let answer = answers.last().unwrap();
        assert_eq!(answer.how, Answered::Failed(FailureKind::JobFailed));
        assert_eq!(Some(answer.said.as_str()), reply["why"].as_str());
    }
    assert_eq!(kinds(&world), ["registered", "evaluated", "rejected"]);
    assert_eq!(package(&world, release).model_approval_status, ModelApprovalStatus::Rejected);
    assert_eq!(world.pages().len(), 1);
    assert!(world.object(&name(HOME), &keys::golden(release)).is_none());
}

#[test]
fn a_first_release_has_no_champion() {
    let world = empty();
    let release = published(&world, spec("v426"));
    let reply = evaluate(&world, release).unwrap();
    assert!(matches!(found(&reply), EvaluationReason::Passed { champion: None, .. }), "{reply}");
}

#[test]
fn files_that_cannot_be_evaluated_reject_the_release() {
    let refused = |change: &dyn Fn(&mut PublishSpec), expected: fn(&EvaluationReason) -> bool| {
        let world = world();
        let mut bad = spec("v427");
        change(&mut bad);
        let release = published(&world, bad);
        let reply = evaluate(&world, release).unwrap();
        assert_eq!(reply["outcome"], "rejected", "{reply}");
        assert!(expected(&found(&reply)), "{reply}");
        assert_eq!(kinds(&world), ["registered", "rejected"]);
        assert_eq!(package(&world, release).model_approval_status, ModelApprovalStatus::Rejected);
        assert_eq!(world.pages(), [rejection("v427", RejectedFor::Content, found(&reply), None)]);
    };
    refused(&|spec| spec.archive = spec.archive.slice(..50_000), |why| {
        matches!(why, EvaluationReason::Unreadable { .. })
    });
    refused(&|spec| spec.archive = Bytes::from_static(b"not an archive"), |why| {
        matches!(why, EvaluationReason::NotGzip { .. })
    });
    let other_features: fn(&EvaluationReason) -> bool = |why| matches!(why, EvaluationReason::Features { .. });
    refused(&|spec| spec.features.swap(0, 1), other_features);
    refused(&|spec| drop(spec.features.pop()), other_features);
}

#[test]
fn bytes_that_were_changed_reject_the_release() {
    let world = world();
    let release = published(&world, spec("v427"));
    let archive = keys::archive(Sha256::of(&sample("v427.tar.gz")));
    world.put(&name(HOME), &archive, sample("v429.tar.gz"));
    let reply = evaluate(&world, release).unwrap();
    assert!(
        matches!(found(&reply), EvaluationReason::File(FileFault::Longer { .. } | FileFault::Altered { .. })),
        "{reply}"
    );
    assert_eq!(world.pages(), [rejection("v427", RejectedFor::Bytes, found(&reply), None)]);
}

#[test]
fn a_column_that_only_the_champion_needs_is_reported_as_its() {
    let world = empty();
    let mut features = features();
    features.push("only_the_champion_takes".to_owned());
    let champion = published(&world, PublishSpec { features, ..spec("v426") });
    serves(&world, champion, "v426");
    let release = published(&world, spec("v427"));
    let reply = evaluate(&world, release).unwrap();
    let EvaluationReason::Columns { role: ModelRole::Champion, version, misfit: Misfit::Named { missing, .. } } =
        found(&reply)
    else {
        panic!("{reply}")
    };
    assert_eq!((version.as_str(), missing.first), ("v426", vec!["only_the_champion_takes".to_owned()]));
}

#[test]
fn too_few_positives_reject_a_release_as_unclear() {
    let world = world();
    let release = published(&world, spec("v427"));
    let ctx = strict("min_positives = 1000000");
    let reply = run(handle(&world, &ctx, &job(&world, release, None))).unwrap();
    assert_eq!(reply["outcome"], "rejected");
    let evidence = evidence(&world, release);
    assert_eq!(world.pages(), [rejection("v427", RejectedFor::Unclear, found(&reply), Some(evidence))]);
    assert_eq!(package(&world, release).customer_metadata_properties["verdict"], "inconclusive");
}

fn archives(world: &World) -> Vec<String> {
    let reads = world.reads.borrow();
    let names = [
        ("v426", keys::archive(Sha256::of(&sample("v426.tar.gz")))),
        ("v427", keys::archive(Sha256::of(&sample("v427.tar.gz")))),
        ("v429", keys::archive(Sha256::of(&sample("v429.tar.gz")))),
    ];
    let name = |key: &String| names.iter().find(|(_, archive)| archive == key).map(|(name, _)| (*name).to_owned());
    reads.iter().filter_map(name).collect()
}

/// What home's registry says of a release.
fn package(world: &World, release: ReleaseId) -> DescribeModelPackageOutput {
    let is_its = |own: &DescribeModelPackageOutput| own.customer_metadata_properties["release"] == release.to_string();
    world.packages().into_iter().find(is_its).unwrap()
}

fn manifest(world: &World, release: ReleaseId) -> Manifest {
    run(files::manifest(world, &name(HOME), release)).unwrap()
}

/// Where the margins of a sample model on the sample records are kept.
fn margins(version: &str) -> String {
    let world = World::default();
    let release = published(&world, spec(version));
    let manifest = manifest(&world, release);
    keys::margins(&manifest, Sha256::of(&sample("holdout.csv.gz")))
}

#[test]
fn a_champion_is_scored_once_and_a_challenger_from_its_archive() {
    let world = world();
    let first = published(&world, spec("v427"));
    assert_eq!(evaluate(&world, first).unwrap()["outcome"], "approved");
    assert_eq!(archives(&world), ["v426", "v427"]);
    // Another release with the same records, against the same champion. Publishing looks at an archive that is there.
    let another = Provenance { training_job: Some("another".parse().unwrap()), ..Provenance::default() };
    let again = published(&world, PublishSpec { provenance: another, ..spec("v427") });
    world.reads.borrow_mut().clear();
    assert_eq!(evaluate(&world, again).unwrap()["outcome"], "approved");
    assert_eq!(archives(&world), ["v427"]);
    // The next night: v427 serves, and is not scored again.
    serves(&world, first, "v427");
    let next = published(&world, spec("v429"));
    world.reads.borrow_mut().clear();
    assert_eq!(evaluate(&world, next).unwrap()["outcome"], "rejected");
    assert_eq!(archives(&world), ["v429"]);
    // Records that nobody was scored on.
    let mut records = sample("holdout.csv.gz").to_vec();
    packed_at_another_time(&mut records);
    approved(&world, records.into());
    let other = published(&world, spec("v426"));
    world.reads.borrow_mut().clear();
    assert!(evaluate(&world, other).is_ok());
    assert_eq!(archives(&world), ["v427", "v426"]);
}

/// Other bytes, the same records: gzip's header holds the time of packing (RFC 1952, 2.3.1).
fn packed_at_another_time(gzip: &mut [u8]) {
    gzip[4] ^= 1;
}

#[test]
fn damaged_or_foreign_margins_are_computed_again() {
    let usual = world();
    let release = published(&usual, spec("v427"));
    assert_eq!(evaluate(&usual, release).unwrap()["outcome"], "approved");
    let report = usual.object(&name(HOME), &keys::evaluation_json(release)).unwrap();
    let kept = usual.object(&name(HOME), &margins("v426")).unwrap();
    let others = usual.object(&name(HOME), &margins("v427")).unwrap();
    let mut damaged = kept.to_vec();
    damaged[200] ^= 1;
    for wrong in [Bytes::from(damaged), others, Bytes::new(), Bytes::from_static(b"{}")] {
        let world = world();
        assert_eq!(published(&world, spec("v427")), release);
        world.put(&name(HOME), &margins("v426"), wrong);
        assert_eq!(evaluate(&world, release).unwrap()["outcome"], "approved");
        assert_eq!(archives(&world), ["v426", "v427"]);
        assert!(world.object(&name(HOME), &keys::evaluation_json(release)).unwrap() == report, "another report");
        assert!(world.object(&name(HOME), &margins("v426")).unwrap() == kept, "the wrong margins still lie there");
    }
}

#[test]
fn a_call_out_of_time_says_how_far_it_came_and_the_next_goes_on() {
    let world = world();
    let release = published(&world, spec("v427"));
    let mut token: Option<String> = None;
    let mut outcomes = Vec::new();
    for _ in 0..3 {
        // Every read of an archive takes longer than a call may work: manifest, report and manifests come before it.
        for _ in 0..20 {
            world.fault("GetObject", Fault::Slow(20));
        }
        let reply = run(handle(&world, &context(HOME), &job(&world, release, token.as_deref()))).unwrap();
        outcomes.push(reply["outcome"].as_str().unwrap().to_owned());
        if reply["outcome"] == "again" {
            assert!(matches!(found(&reply), EvaluationReason::ChallengerIsNext), "{reply}");
        }
        token = world.answers.borrow().last().unwrap().how.token();
        world.faults.borrow_mut().clear();
        if reply["outcome"] != "again" {
            break;
        }
    }
    assert_eq!(outcomes, ["again", "approved"]);
    assert_eq!(world.answers.borrow()[0].how, Answered::Again("register.2".to_owned()));
    assert_eq!(archives(&world), ["v426", "v427"]);
    assert_eq!(kinds(&world), ["registered", "evaluated", "approved"]);
}

#[test]
fn the_package_has_the_numbers_and_the_page_links_the_report() {
    let world = world();
    let release = published(&world, spec("v429"));
    let reply = evaluate(&world, release).unwrap();
    assert_eq!(reply["outcome"], "rejected");
    let metadata = package(&world, release).customer_metadata_properties;
    let evidence = evidence(&world, release);
    assert_eq!(metadata["evaluation"], evidence.url);
    assert_eq!((metadata["verdict"].as_str(), metadata["champion"].as_str()), ("fail", "v426"));
    let auc = |key: &str| metadata[key].parse::<f64>().unwrap();
    assert!((0.85..0.86).contains(&auc("auc")) && (0.91..0.92).contains(&auc("champion_auc")), "{metadata:?}");
    assert_eq!(world.pages(), [rejection("v429", RejectedFor::Worse, found(&reply), Some(evidence))]);
}

fn document(world: &World, release: ReleaseId) -> Value {
    serde_json::from_slice(&world.object(&name(HOME), &keys::evaluation_json(release)).unwrap()).unwrap()
}

#[test]
fn the_report_compares_reasons_and_says_how_to_repeat_it() {
    let world = world();
    let release = published(&world, PublishSpec { operating_threshold: 0.8, ..spec("v427") });
    assert!(evaluate(&world, release).is_ok());
    let document = document(&world, release);
    assert_eq!(document["reasons_shift"]["rows"], meridian_xgboost::SAMPLE_ROWS);
    assert_eq!(document["warnings"], serde_json::json!([]));
    let repeat: Vec<&str> = document["repeat"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let archive = keys::archive(Sha256::of(&sample("v426.tar.gz")));
    assert!(
        repeat.contains(&format!("aws s3 cp --region eu-west-1 s3://fraud-models-eu/{archive} v426.tar.gz").as_str())
    );
    assert_eq!(
        *repeat.last().unwrap(),
        "meridian evaluate --challenger v427.tar.gz --champion v426.tar.gz --holdout holdout.csv.gz --label label \
         --region-column customer_region --features features.txt --image 3.0-5 --policy fleet.toml --threshold 0.8 \
         --champion-threshold 0.81"
    );
}

#[test]
fn an_evaluation_in_the_form_of_another_version_is_made_again() {
    let world = world();
    let release = published(&world, spec("v429"));
    let keys = [keys::evaluation_json(release), keys::evaluation_html(release)];
    for key in &keys {
        let old = Bytes::from_static(br#"{"schema": 1, "verdict": "pass"}"#);
        world.put(&name(HOME), &key.clone(), old);
    }
    assert_eq!(evaluate(&world, release).unwrap()["outcome"], "rejected");
    let document = document(&world, release);
    assert_eq!((&document["schema"], &document["verdict"]), (&3.into(), &"fail".into()));
}
