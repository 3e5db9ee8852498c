//! Calls that are repeated, die, overlap or find the world changed: one package, one verdict, one page.

use super::*;

/// The kinds of call that a job makes. The first of each is faulted; the next call must end what this one began.
const CALLS: [&str; 5] = ["GetObject", "CreateModelPackage", "PutObject", "PutEntry", "UpdateModelPackage"];

#[test]
fn a_silent_service_is_asked_again_and_condemns_nobody() {
    for operation in CALLS {
        for fault in [Fault::Fails(ErrorKind::Unreachable), Fault::AnswerLost] {
            let world = world();
            let release = published(&world, spec("v427"));
            world.fault(operation, fault);
            let first = evaluate(&world, release).unwrap();
            // A ledger entry whose answer was lost is found at once, and margins that are not kept hold nobody up; all else
            // waits for the next call.
            let goes_on = ["PutEntry", "PutObject"].contains(&operation);
            assert!(first["outcome"] == "again" || goes_on, "{operation} {fault:?}: {first}");
            assert_eq!(evaluate(&world, release).unwrap()["outcome"], "approved", "{operation} {fault:?}");
            assert_eq!(kinds(&world), ["registered", "evaluated", "approved"], "{operation} {fault:?}");
            assert!(world.pages().is_empty());
        }
    }
}

#[test]
fn the_ledger_names_the_chosen_golden_records() {
    let world = world();
    let release = published(&world, spec("v427"));
    // A call dies with everything written and nothing on record; somebody changes the golden records.
    world.fault("PutEntry", Fault::AnswerLost);
    world.fault("PutEntry", Fault::Fails(ErrorKind::Unreachable));
    assert_eq!(evaluate(&world, release).unwrap()["outcome"], "again");
    let key = keys::golden(release);
    let good = world.object(&name(HOME), &key).unwrap();
    world.put(&name(HOME), &key, "{}");
    let error = evaluate(&world, release).unwrap_err();
    assert!(matches!(&error, HandlerError::Failed(Failure::OtherGolden { .. })), "{error}");
    let digest = Sha256::of(&good);
    world.put(&name(HOME), &key, good);
    assert_eq!(evaluate(&world, release).unwrap()["outcome"], "approved");
    let hub: Journal<HubHistory> = run(Journal::open(&world, &name(HOME), Chain::Home)).unwrap();
    assert_eq!(hub.history().golden.get(&release), Some(&digest));
}

/// Calls the job, as CodePipeline and Lambda do, until it has an answer that ends it: what asks to be called again is called with
/// another job, and a call that failed with the same.
fn until_ruled(world: &World, release: ReleaseId, first: &str) -> String {
    let (mut token, mut own): (Option<String>, _) = (None, first.to_owned());
    for _ in 0..8 {
        let Ok(reply) = run(handle(world, &context(HOME), &job_of(&own, release, token.as_deref()))) else { continue };
        if reply["outcome"] != "again" {
            return reply["outcome"].as_str().unwrap().to_owned();
        }
        token = world.answers.borrow().last().unwrap().how.token();
        own = world.job();
    }
    panic!("no ruling: {:?}", world.answers)
}

/// A release that is approved, one that is rejected, and one that cannot be evaluated: how each of them ends.
fn endings() -> [(PublishSpec, &'static str, &'static [&'static str], usize); 3] {
    [
        (spec("v427"), "approved", &["registered", "evaluated", "approved"], 0),
        (spec("v429"), "rejected", &["registered", "evaluated", "rejected"], 1),
        (unusable(), "rejected", &["registered", "rejected"], 1),
    ]
}

/// A release that is not approved is read like one that is: only what is written differs.
fn differs(outcome: &str) -> impl Fn(&&'static str) -> bool {
    let approved = outcome == "approved";
    move |operation| approved || !["GetObject", "CreateModelPackage"].contains(operation)
}

fn unusable() -> PublishSpec {
    PublishSpec { archive: Bytes::from_static(b"no archive"), ..spec("v427") }
}

/// Every call of a kind, not only the first: wherever a call dies, the next one ends what it began.
#[test]
fn a_call_that_dies_leaves_one_package_one_verdict_one_page() {
    for (spec, outcome, records, pages) in endings() {
        for operation in
            CALLS.into_iter().filter(differs(outcome)).chain(["Publish", "PutJobSuccessResult", "PutJobFailureResult"])
        {
            for nth in 0.. {
                let world = world();
                let release = published(&world, spec.clone());
                (0..nth).for_each(|_| world.fault(operation, Fault::NotYet));
                world.fault(operation, Fault::AnswerLost);
                assert_eq!(until_ruled(&world, release, &world.job()), outcome, "{operation} {nth}");
                assert_eq!(kinds(&world), records, "{operation} {nth}");
                assert_eq!(world.packages().len(), 1, "{operation} {nth}");
                if !world.faults.borrow().is_empty() {
                    break;
                }
                // Nobody can know whether a page whose answer was lost has arrived.
                let pages = pages + usize::from(operation == "Publish");
                assert_eq!(world.pages().len(), pages, "{operation} {nth}");
                assert!(nth < 40, "{operation} is called for ever");
            }
        }
    }
}

/// A doubled call that runs from its beginning to its end between two steps of the first one, wherever that is.
#[test]
fn a_call_inside_of_another_one_comes_to_the_same_ruling() {
    for (spec, outcome, records, pages) in endings() {
        for operation in CALLS.into_iter().filter(differs(outcome)).chain(["ListObjectsV2", "Publish"]) {
            for nth in 0.. {
                let world = world();
                let release = published(&world, spec.clone());
                let ran = std::rc::Rc::new(std::cell::Cell::new(false));
                let (flag, job) = (ran.clone(), world.job());
                let same = job.clone();
                world.between(operation, nth, move |world| {
                    flag.set(true);
                    let reply = run(handle(world, &context(HOME), &job_of(&same, release, None))).unwrap();
                    assert_eq!(reply["outcome"], outcome);
                });
                assert_eq!(until_ruled(&world, release, &job), outcome, "{operation} {nth}");
                if !ran.get() {
                    break;
                }
                assert_eq!(kinds(&world), records, "{operation} {nth}");
                assert_eq!(world.packages().len(), 1, "{operation} {nth}");
                // Both send it where the second runs while the first one sends it or writes that down.
                let most = pages * if ["Publish", "PutEntry"].contains(&operation) { 2 } else { 1 };
                let told = world.pages().len();
                assert!((pages..=most).contains(&told), "{operation} {nth}: {told} pages");
                assert!(nth < 40, "{operation} is called for ever");
            }
        }
    }
}

#[test]
fn a_rejection_is_paged_once_while_the_ledger_refuses_writes() {
    let world = world();
    let release = published(&world, unusable());
    world.fault("PutEntry", Fault::NotYet);
    for _ in 0..5 {
        world.fault("PutEntry", Fault::Fails(ErrorKind::Unreachable));
    }
    assert_eq!(until_ruled(&world, release, &world.job()), "rejected");
    assert_eq!(world.pages().len(), 1);
    assert_eq!(kinds(&world), ["registered", "rejected"]);
    assert_eq!(world.answers.borrow()[0].how, Answered::Again("register.2.told".to_owned()));
}

#[test]
fn the_page_of_a_rejection_is_never_lost() {
    let world = world();
    let release = published(&world, unusable());
    world.mute(ErrorKind::Unreachable);
    assert_eq!(until_ruled(&world, release, &world.job()), "rejected");
    assert_eq!(world.pages().len(), 1);
}

#[test]
fn patience_ends_with_the_name_of_the_service() {
    let world = world();
    let release = published(&world, spec("v427"));
    let call = |token: &str| {
        world.fault("GetObject", Fault::Fails(ErrorKind::Throttled));
        run(handle(&world, &context(HOME), &job(&world, release, Some(token))))
    };
    assert_eq!(call("register.59").unwrap()["outcome"], "again");
    assert_eq!(world.answers.borrow()[0].how, Answered::Again("register.60".to_owned()));
    let error = call("register.60").unwrap_err();
    assert!(matches!(&error, HandlerError::Failed(Failure::NoRuling(EvaluationReason::GivenUp { .. }))), "{error}");
}

/// A call has written its report and dies before the ledger has its verdict.
fn interrupted(world: &World, release: ReleaseId) {
    world.fault("PutEntry", Fault::NotYet);
    world.fault("PutEntry", Fault::Fails(ErrorKind::Unreachable));
    assert_eq!(evaluate(world, release).unwrap()["outcome"], "again");
    assert_eq!(kinds(world), ["registered"]);
    assert!(world.object(&name(HOME), &keys::evaluation_json(release)).is_some());
}

#[test]
fn a_report_against_another_champion_is_written_over() {
    let world = world();
    let release = published(&world, spec("v427"));
    interrupted(&world, release);
    let html = keys::evaluation_html(release);
    let page = || String::from_utf8(world.object(&name(HOME), &html).unwrap().to_vec()).unwrap();
    assert!(page().contains("v426"));
    let second = published(&world, PublishSpec { version: "v428".parse().unwrap(), ..spec("v426") });
    serves(&world, second, "v428");
    let reply = evaluate(&world, release).unwrap();
    assert_eq!(reply["outcome"], "approved");
    let EvaluationReason::Passed { champion: Some(champion), .. } = found(&reply) else { panic!("{reply}") };
    assert_eq!(champion.version.as_str(), "v428");
    assert_eq!(document(&world, release)["inputs"]["champion"]["name"], "v428");
    assert!(page().contains("v428") && !page().contains("v426"), "the page still compares with v426");
    let records = world.records(&name(HOME), Chain::Home);
    assert!(matches!(&records[2], Record::Evaluated { champion, .. } if *champion == Some(second)), "{records:?}");
}

#[test]
fn a_verdict_under_another_policy_is_given_anew() {
    let world = world();
    let release = published(&world, spec("v427"));
    interrupted(&world, release);
    assert_eq!(document(&world, release)["verdict"], "pass");
    let reply = run(handle(&world, &strict("min_auc = 0.99"), &job(&world, release, None))).unwrap();
    assert_eq!(reply["outcome"], "rejected");
    assert_eq!(document(&world, release)["verdict"], "fail");
    assert_eq!(kinds(&world), ["registered", "evaluated", "rejected"]);
}

/// The ledger's last word on the evaluation is the one that the ruling follows.
#[test]
fn a_verdict_that_changed_before_the_ruling_is_recorded_anew() {
    let world = world();
    let release = published(&world, spec("v427"));
    world.fault("UpdateModelPackage", Fault::Fails(ErrorKind::Unreachable));
    assert_eq!(evaluate(&world, release).unwrap()["outcome"], "again");
    let reply = run(handle(&world, &strict("min_auc = 0.99"), &job(&world, release, None))).unwrap();
    assert_eq!(reply["outcome"], "rejected");
    assert_eq!(kinds(&world), ["registered", "evaluated", "evaluated", "rejected"]);
}

#[test]
fn neither_forged_reports_nor_margins_pass_a_challenger() {
    let good = world();
    let passed = published(&good, spec("v427"));
    assert_eq!(evaluate(&good, passed).unwrap()["outcome"], "approved");
    let world = world();
    let release = published(&world, spec("v429"));
    let report = |release, key: fn(ReleaseId) -> String| (key(release), key(passed));
    for (at, from) in [report(release, keys::evaluation_json), report(release, keys::evaluation_html)] {
        let forged = good.object(&name(HOME), &from).unwrap();
        world.put(&name(HOME), &at, forged);
    }
    // The good model's margins, relabelled and sealed as a careful forger would.
    let mut forged = good.object(&name(HOME), &margins("v427")).unwrap().to_vec();
    forged[8..40].copy_from_slice(Sha256::of(&sample("v429.tar.gz")).as_bytes());
    let end = forged.len() - 32;
    let seal = Sha256::of(&forged[..end]);
    forged[end..].copy_from_slice(seal.as_bytes());
    world.put(&name(HOME), &margins("v429"), forged.clone());
    assert_eq!(evaluate(&world, release).unwrap()["outcome"], "rejected");
    assert_eq!(document(&world, release)["verdict"], "fail");
    assert!(world.object(&name(HOME), &margins("v429")).unwrap() != forged, "the forged margins still lie there");
}

#[test]
fn margins_that_cannot_be_read_send_no_job_round_in_circles() {
    let world = world();
    let first = published(&world, spec("v427"));
    assert_eq!(evaluate(&world, first).unwrap()["outcome"], "approved");
    let release = published(&world, spec("v429"));
    // Slow reads of both manifests and of the records; then the champion's margins are there and cannot be read.
    (0..3).for_each(|_| world.fault("GetObject", Fault::Slow(60)));
    world.fault("GetObject", Fault::Fails(ErrorKind::Refused));
    assert_eq!(evaluate(&world, release).unwrap()["outcome"], "rejected");
}

/// Home moves, and what it approved where it was needs no second evaluation where it is.
#[test]
fn an_approved_release_gets_a_package_where_home_is_now() {
    let world = world();
    let release = published(&world, spec("v427"));
    assert_eq!(evaluate(&world, release).unwrap()["outcome"], "approved");
    // Home has come back from elsewhere: the registry that it had there is not this one.
    let moved = |from: &str, to: &str| Record::HomeMoved {
        binding: Binding,
        lost: false,
        from: name(from),
        to: name(to),
        why: "a drill".to_owned(),
    };
    world.write(&name(HOME), Chain::Home, "maria", moved(HOME, "ap-northeast-1"));
    world.write(&name(HOME), Chain::Home, "maria", moved("ap-northeast-1", HOME));
    let hub = || run(Journal::<HubHistory>::open(&world, &name(HOME), Chain::Home)).unwrap().history().clone();
    assert!(hub().packages.is_empty());
    world.fault("UpdateModelPackage", Fault::Fails(ErrorKind::Unreachable));
    assert_eq!(evaluate(&world, release).unwrap()["outcome"], "again");
    assert!(hub().packages.is_empty(), "without its verdict it is no package of the wave's");
    let reads = world.reads.borrow().len();
    assert_eq!(evaluate(&world, release).unwrap()["outcome"], "approved");
    assert_eq!(hub().packages.len(), 1);
    assert_eq!(world.packages()[0].model_approval_status, ModelApprovalStatus::Approved);
    let read = world.reads.borrow()[reads..].iter().any(|key| key.starts_with("holdouts/"));
    assert!(!read, "nothing is evaluated twice");
}
