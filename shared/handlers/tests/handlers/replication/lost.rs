//! A wave whose execution CodePipeline has ended goes on in another one, by home's sweep, and people are told.

use super::*;
use crate::world::quiet;
use meridian_domain::Advice;
use meridian_domain::reason::{ExecutionEnd, WaveEnd};
use meridian_handlers::ports::{Artifacts, Pipeline, StartSpec};

/// CodePipeline gives a job up after 20 minutes.
fn with_time_out() -> World {
    let mut config = quiet("2026-03-12T03:00:00Z");
    config.timing.job_timeout = SignedDuration::from_mins(20);
    World::of(config)
}

/// A wave of v427, none of whose jobs anybody answers: CodePipeline gives the first one up.
fn given_up(world: &World) -> Actor {
    let (_, execution) = on_its_way(world);
    assert_eq!((look(world, HOME)["wave"].clone(), ends(world)), (Value::Null, vec![]), "it may still go on");
    world.pass(SignedDuration::from_mins(30));
    execution
}

/// The ends of waves that are on record.
fn ends(world: &World) -> Vec<(Actor, Option<WaveEnd>)> {
    let end = |record| match record {
        Record::WaveEnded { execution, page, .. } => Some((execution, page.map(|end| *end))),
        _ => None,
    };
    world.records(&name(HOME), Chain::Home).into_iter().filter_map(end).collect()
}

fn lost() -> WaveEnd {
    let lagging = fleet().regions.iter().map(|region| region.name.clone()).collect();
    WaveEnd::Lost { version: "v427".parse().unwrap(), how: ExecutionEnd::Failed, lagging, again: true }
}

#[test]
fn a_wave_that_codepipeline_gave_up_is_told_and_goes_on() {
    let world = with_time_out();
    let execution = given_up(&world);
    assert!(look(&world, HOME)["wave"].is_string());
    look(&world, HOME);
    assert_eq!(ends(&world), [(execution.clone(), Some(lost()))]);
    let notice = Notice::Plan { why: lost().into(), advice: Advice::ReadPipeline { again: true } };
    assert_eq!(world.pages(), [Sent::of(notice, &name(HOME), &Sender::Wave(execution))]);
    assert_eq!(world.started.borrow().len(), 2);
}

/// People first; and what cannot be known yet waits.
#[test]
fn a_lost_wave_waits_for_what_does_not_answer() {
    for operation in ["GetPipelineExecution", "Publish"] {
        let world = with_time_out();
        given_up(&world);
        match operation {
            "Publish" => world.mute(ErrorKind::Throttled),
            operation => world.fault(operation, Fault::Fails(ErrorKind::Throttled)),
        }
        assert_eq!((look(&world, HOME)["wave"].clone(), ends(&world)), (Value::Null, vec![]), "{operation}");
        look(&world, HOME);
        assert_eq!((ends(&world).len(), world.pages().len()), (1, 1), "{operation}");
    }
    let world = with_time_out();
    given_up(&world);
    world.mute(ErrorKind::Refused);
    assert!(look(&world, HOME)["wave"].is_string(), "topics that are gone keep nobody waiting");
    let owed = Record::PageOwed { why: lost().into(), advice: Advice::ReadPipeline { again: true } };
    let own = world.records(&name(HOME), Chain::Region(name(HOME)));
    assert_eq!(own.last(), Some(&owed), "home's rollback sends it at a sweep");
    let world = with_time_out();
    given_up(&world);
    world.dark.borrow_mut().insert(name("ap-northeast-1"));
    look(&world, HOME);
    assert_eq!(ends(&world), []);
}

/// An execution that a person starts.
fn a_persons(world: &World, release: &str) -> Actor {
    let source = run(world.replace(&name(HOME), &keys::wave(&fleet().name), Bytes::from("{}"))).unwrap();
    let variables =
        [("release", release), ("version", "v427")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let spec = StartSpec {
        pipeline: fleet().pipeline,
        token: release.to_owned(),
        variables: variables.into(),
        source: ("Source".to_owned(), source),
    };
    run(world.start(&name(HOME), &spec)).unwrap().parse().unwrap()
}

/// The wave of v427 is over, without any region.
fn left(world: &World) -> ReleaseId {
    let (release, version) = (ReleaseId(Sha256::of(b"v427")), "v427".parse().unwrap());
    let execution: Actor = "wave-1".parse().unwrap();
    let (late, lagging) = (vec![], fleet().regions.iter().map(|region| region.name.clone()).collect());
    let (order, resumes, policy, page, cleared) = (None, None, None, None, vec![]);
    let started = Record::WaveStarted { release, version, execution: execution.clone(), late, order, resumes, policy };
    world.write(&name(HOME), Chain::Home, "replication", started);
    world.write(
        &name(HOME),
        Chain::Home,
        "wave-1",
        Record::WaveEnded { release, execution, lagging, page, cleared, again: false },
    );
    release
}

/// The page about what a person's execution left, and its end.
fn told(world: &World, execution: &Actor) -> bool {
    let WaveEnd::Lost { version, how, lagging, .. } = lost() else { unreachable!() };
    let end = WaveEnd::Lost { version, how, lagging, again: false };
    let notice = Notice::Plan { why: end.clone().into(), advice: Advice::ReadPipeline { again: false } };
    let page = Sent::of(notice, &name(HOME), &Sender::Wave(execution.clone()));
    let (pages, last) = (world.pages(), ends(world).pop());
    assert!(pages.len() <= 1 && (pages == [page]) == (last == Some((execution.clone(), Some(end)))), "{pages:?}");
    !pages.is_empty()
}

#[test]
fn an_execution_that_a_person_started_is_told_once_when_it_dies() {
    let world = with_time_out();
    let execution = a_persons(&world, &left(&world).to_string());
    a_persons(&world, "ping");
    for minutes in [1, 29] {
        world.pass(SignedDuration::from_mins(minutes));
        look(&world, HOME);
        assert!(!told(&world, &execution), "one of them may still go on");
    }
    world.pass(SignedDuration::from_mins(12));
    look(&world, HOME);
    // That is said of no ping.
    look(&world, HOME);
    assert!(told(&world, &execution));
}

/// Its job's page may be on its way; and nobody needs to hear of it a day later, as when a fleet gets this function.
#[test]
fn an_execution_that_has_just_died_is_told_a_sweep_later_and_an_old_one_never() {
    let world = with_time_out();
    let execution = a_persons(&world, &left(&world).to_string());
    for (minutes, expected) in [(22, false), (5, true)] {
        world.pass(SignedDuration::from_mins(minutes));
        look(&world, HOME);
        assert_eq!(told(&world, &execution), expected, "{minutes}");
    }
    let world = with_time_out();
    let execution = a_persons(&world, &left(&world).to_string());
    world.pass(SignedDuration::from_hours(25));
    look(&world, HOME);
    assert!(!told(&world, &execution));
}

/// The answer was about the wave before.
#[test]
fn a_wave_that_started_meanwhile_is_not_ended_for_the_one_before() {
    let world = with_time_out();
    given_up(&world);
    world.between("GetPipelineExecution", 0, |world| {
        let started = Record::WaveStarted {
            release: ReleaseId(Sha256::of(b"v428")),
            version: "v428".parse().unwrap(),
            execution: "wave-2".parse().unwrap(),
            late: vec![],
            order: None,
            resumes: None,
            policy: None,
        };
        world.write(&name(HOME), Chain::Home, "replication", started);
    });
    look(&world, HOME);
    assert_eq!((ends(&world), world.pages()), (vec![], vec![]));
}
