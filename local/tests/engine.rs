//! The scheduler, with a host that follows a script.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say what they expect by unwrapping it, in their helpers too"
)]

mod support;

use jiff::{SignedDuration, Timestamp};
use meridian_handlers::context::FunctionKind;
use meridian_local::engine::{Engine, EngineError, Host, Progress, SharedWorld, lock};
use meridian_local::host::in_process::{Actor, InProcess, Running, Stalled, block_on};
use meridian_local::services::sagemaker::DescribeEndpoint;
use meridian_local::world::{Fault, FaultKind, Invocation, InvocationEnd, InvocationId, When};
use serde_json::json;
use std::collections::BTreeSet;
use std::convert::Infallible;
use support::{EndedInvocation, at, ended_invocations, quiet, shared, start};

/// A host that writes down what it is asked, and lets each function sleep as its script says.
struct Scripted {
    world: SharedWorld,
    notes: Vec<(Timestamp, &'static str, InvocationId)>,
    script: fn(&Invocation) -> Progress,
}

impl Host for Scripted {
    type Error = Infallible;

    fn start(&mut self, invocation: &Invocation) -> Result<Progress, Infallible> {
        self.notes.push((lock(&self.world).now(), "start", invocation.id));
        Ok((self.script)(invocation))
    }

    fn resume(&mut self, id: InvocationId) -> Result<Progress, Infallible> {
        self.notes.push((lock(&self.world).now(), "resume", id));
        Ok(answered())
    }

    fn kill(&mut self, id: InvocationId) {
        self.notes.push((lock(&self.world).now(), "kill", id));
    }
}

impl Scripted {
    fn of(&self, wanted: &str) -> Vec<(Timestamp, InvocationId)> {
        self.notes.iter().filter(|(_, what, _)| *what == wanted).map(|(at, _, id)| (*at, *id)).collect()
    }
}

fn scripted(script: fn(&Invocation) -> Progress) -> Engine<Scripted> {
    let world = shared(quiet());
    Engine::new(world.clone(), Scripted { world, notes: Vec::new(), script })
}

fn answered() -> Progress {
    Progress::Ended(InvocationEnd::Answered(json!(null)))
}

#[test]
fn sleepers_wake_in_the_order_of_time_and_then_of_their_start() {
    let mut engine = scripted(|invocation| match invocation.function {
        FunctionKind::Replication => Progress::Sleeping { until: at("03:01:30") },
        _ => Progress::Sleeping { until: at("03:01:20") },
    });
    engine.run_until(at("03:01:35")).unwrap();
    assert_eq!(lock(engine.world()).now(), at("03:01:35"));
    let (started, resumed) = (engine.host().of("start"), engine.host().of("resume"));
    assert!(started.len() > 3 && started.is_sorted(), "{started:?}");
    // Sorted pairs: by time, and at one time by their start.
    assert!(resumed.is_sorted(), "{resumed:?}");
    assert_eq!(resumed.len(), started.len());
    let times: BTreeSet<Timestamp> = resumed.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, BTreeSet::from([at("03:01:20"), at("03:01:30")]));
}

#[test]
fn a_deadline_comes_before_a_waking_at_the_same_moment() {
    let mut engine = scripted(|invocation| Progress::Sleeping { until: invocation.deadline });
    engine.run_until(at("03:03:00")).unwrap();
    let host = engine.host();
    assert!(host.of("resume").is_empty());
    let ended = ended_invocations(engine.world());
    assert!(ended.len() > 3 && ended.len() == host.of("kill").len(), "{ended:?}");
    let world = lock(engine.world());
    for invocation in &ended {
        let timeout = world.function(&invocation.region, invocation.function).unwrap().timeout;
        assert_eq!(
            (invocation.how.as_str(), invocation.lasted.as_secs()),
            ("timed_out", i64::from(timeout)),
            "{invocation:?}"
        );
    }
}

#[test]
fn a_run_stops_where_the_world_is_as_wanted() {
    let mut engine = scripted(|_| answered());
    let stopped = engine.run_while(at("04:00:00"), |world| world.log().is_empty()).unwrap();
    assert!(stopped);
    let (first, now) = {
        let world = lock(engine.world());
        (world.log().first().map(|event| event.at), world.now())
    };
    assert_eq!(first, Some(now));
    let stopped = engine.run_while(at("03:06:00"), |_| true).unwrap();
    assert!(!stopped);
    assert_eq!(lock(engine.world()).now(), at("03:06:00"));
}

#[test]
fn a_function_that_waits_for_no_time_at_all_is_found_out() {
    struct Restless;
    impl Host for Restless {
        type Error = Infallible;
        fn start(&mut self, _: &Invocation) -> Result<Progress, Infallible> {
            Ok(Progress::Sleeping { until: start() })
        }
        fn resume(&mut self, _: InvocationId) -> Result<Progress, Infallible> {
            Ok(Progress::Sleeping { until: start() })
        }
        fn kill(&mut self, _: InvocationId) {}
    }
    let result = Engine::new(shared(quiet()), Restless).run_until(at("03:06:00"));
    assert!(matches!(result, Err(EngineError::Standstill { .. })), "{result:?}");
}

/// Runs functions in this process to 03:04.
fn run(world: &SharedWorld, act: fn(Invocation, Actor) -> Running) -> Vec<EndedInvocation> {
    let host = InProcess::new(world.clone(), |invocation: &Invocation, actor| act(invocation.clone(), actor));
    Engine::new(world.clone(), host).run_until(at("03:04:00")).unwrap();
    let ended = ended_invocations(world);
    assert!(ended.len() > 3, "{ended:?}");
    ended
}

fn is_replication(invocation: &EndedInvocation) -> bool {
    invocation.function == FunctionKind::Replication
}

#[test]
fn a_future_sleeps_in_virtual_time() {
    let ended = run(&shared(quiet()), |invocation, actor| {
        Box::pin(async move {
            let later = |seconds| actor.now() + SignedDuration::from_secs(seconds);
            actor.sleep_until(later(1)).await;
            actor.sleep_until(later(0)).await;
            if invocation.function == FunctionKind::Replication {
                return Ok(json!({ "now": actor.now() }));
            }
            actor.sleep_until(later(2)).await;
            Err("no".to_owned())
        })
    });
    for invocation in ended {
        let (seconds, how) = if is_replication(&invocation) { (1, "answered") } else { (3, "error") };
        assert_eq!((invocation.lasted.as_secs(), invocation.how.as_str()), (seconds, how), "{invocation:?}");
    }
}

#[test]
fn a_future_that_panics_fails_and_an_endless_one_times_out() {
    let ended = run(&shared(quiet()), |invocation, _| {
        Box::pin(async move {
            assert!(invocation.function == FunctionKind::Replication, "a test panics");
            std::future::pending().await
        })
    });
    for invocation in ended {
        let (seconds, how) = if is_replication(&invocation) { (90, "timed_out") } else { (0, "error") };
        assert_eq!((invocation.lasted.as_secs(), invocation.how.as_str()), (seconds, how), "{invocation:?}");
    }
}

#[test]
fn a_future_is_dropped_where_the_world_kills_it() {
    let mut config = quiet();
    config.faults.push(Fault {
        operation: Some("DescribeEndpoint".to_owned()),
        when: When::Before,
        ..Fault::of(FaultKind::Kill)
    });
    let ended = run(&shared(config), |invocation, actor| {
        Box::pin(async move {
            let describe = DescribeEndpoint { endpoint_name: "fraud".to_owned() };
            let _killed = actor.call(&invocation.region, describe);
            assert!(actor.killed());
            std::future::pending().await
        })
    });
    assert!(ended.iter().all(|invocation| invocation.how == "crashed" && invocation.lasted.is_zero()), "{ended:?}");
}

#[test]
fn somebody_outside_lets_time_pass() {
    let world = shared(quiet());
    let waited = block_on(&world, |actor| async move {
        let before = actor.now();
        actor.sleep_until(at("03:20:00")).await;
        actor.now().duration_since(before)
    });
    assert_eq!(waited, Ok(SignedDuration::from_mins(20)));
    assert_eq!(block_on(&world, |_| std::future::pending::<()>()), Err(Stalled));
}
