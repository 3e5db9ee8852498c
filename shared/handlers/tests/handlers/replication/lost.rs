//! A wave whose execution CodePipeline has ended goes on in another one, by home's sweep, and people are told.

use super::*;
use crate::world::quiet;
use meridian_domain::Advice;
use meridian_domain::reason::{ExecutionEnd, WaveEnd};

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
