//! A region that has shifted: is it proved, judged at full load, and scaled?

use super::*;

/// EU shifted to v427 on a decision, and soaked; nobody has asked it yet which model answers.
fn shifted() -> (World, ReleaseId) {
    let (world, release) = world();
    let (new, back) = (target(EU, release, "v427"), target(EU, ReleaseId(Sha256::of(b"v426")), "v426"));
    let execution = || WAVE.parse().unwrap();
    let (from, ends) = (world.now(), world.now() + SignedDuration::from_mins(30));
    let (why, decision) = (Proceed::RelyOn(vec![name(BR)]).into(), Decision::Proceed);
    world.serves(&new, EU, "v427.tar.gz");
    for record in [
        Record::UpdateIntended {
            target: new,
            back: Some(back),
            execution: execution(),
            epoch: Some(Epoch(1)),
            bake: None,
        },
        Record::CanaryStarted { execution: execution(), from, ends },
        Record::Decided { execution: execution(), decision, why, judgement: None, cause: None },
    ] {
        tell(&world, EU, record);
    }
    world.pass(SignedDuration::from_mins(30));
    (world, release)
}

#[test]
fn golden_records_stop_after_the_first_wrong_answers() {
    let (world, release) = shifted();
    golden(&world, release, 1.0 - v427_says());
    let ended = call(&world, release);
    assert_eq!((&ended["outcome"], world.called(EU, "InvokeEndpoint")), (&json!("waiting"), 16));
    assert!(
        matches!(reason_of(&ended), Reason::Wait(Wait::Proof(Proof::Wrong { right: 0, asked: 40, .. }))),
        "{ended}"
    );
    golden(&world, release, v427_says());
    call(&world, release);
    assert_eq!((confirmed(&world), world.called(EU, "InvokeEndpoint")), (1, 16 + 40));
}

#[test]
fn an_unanswered_golden_record_is_not_a_wrong_answer() {
    let (world, release) = shifted();
    world.fault("InvokeEndpoint", Fault::Fails(ErrorKind::Unreachable));
    let ended = call(&world, release);
    assert_eq!(ended["outcome"], "waiting");
    assert!(matches!(reason_of(&ended), Reason::Wait(Wait::Proof(Proof::Unasked { .. }))), "{ended}");
    call(&world, release);
    assert_eq!(confirmed(&world), 1);
}

/// The action ends once the first minutes at full load are judged; counts that never come are said not to have come.
#[test]
fn a_region_is_done_once_it_was_judged_at_full_load() {
    let (world, release) = shifted();
    assert_eq!(call(&world, release)["outcome"], "waiting");
    assert_eq!(confirmed(&world), 1);
    world.pass(SignedDuration::from_mins(9));
    uncounted(&world);
    let ended = call(&world, release);
    assert_eq!(ended["outcome"], "done", "{ended}");
    let own = world.records(&name(EU), Chain::Region(name(EU)));
    let [.., Record::FullLoadJudged { .. }, Record::ScalingIntended { floor, .. }, Record::ScalingSet { .. }] =
        &own[..]
    else {
        panic!("{own:#?}")
    };
    let all = DescribeScalableTargets { service_namespace: "sagemaker".to_owned(), ..Default::default() };
    let scaled = world.ask(&name(EU), all).unwrap().scalable_targets;
    assert_eq!(scaled.iter().map(|own| own.min_capacity).collect::<Vec<_>>(), [floor.least]);
}

/// What is declined there is told, and the region is done all the same.
#[test]
fn scaling_that_is_declined_pages_and_ends_no_wave() {
    let (world, release) = shifted();
    call(&world, release);
    world.pass(SignedDuration::from_mins(9));
    world.fault("RegisterScalableTarget", Fault::Fails(ErrorKind::Refused));
    assert_eq!(call(&world, release)["outcome"], "waiting", "policy is patient with it");
    world.pass(SignedDuration::from_mins(3));
    world.fault("RegisterScalableTarget", Fault::Fails(ErrorKind::Refused));
    assert_eq!(call(&world, release)["outcome"], "done");
    let pages = world.pages();
    assert_eq!(pages.len(), 1, "{pages:?}");
}
