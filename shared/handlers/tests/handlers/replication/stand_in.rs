//! A standby that makes itself ready without anybody's command: once it and another region have missed one for so long, and once.

use super::*;
use meridian_domain::failover::FailoverStep;
use meridian_domain::{AnswerForm, Cause, Decision, Fleet, Target};
use meridian_evaluation::{GoldenRecord, GoldenRecords};
use meridian_handlers::context::Context;
use meridian_handlers::ports::Endpoints;
use meridian_local::services::sagemaker::DeleteEndpoint;
use meridian_local::world::What;

const AU: &str = "ap-southeast-2";
const JP: &str = "ap-northeast-1";
const BR: &str = "sa-east-1";

/// BR is a standby that asks itself after two looks. Nobody asks about home.
fn policy() -> String {
    crate::world::FLEET
        .replace("takeover = \"ask\"", "failover_threshold = 2")
        .replace("deputies = [\"ap-northeast-1\"]", "deputies = []")
        .replace("name = \"sa-east-1\"", "name = \"sa-east-1\"\nkind = \"warm-standby\"")
}

/// v426 serves in every region, which has its golden records.
fn world() -> World {
    let (world, fleet) = (World::default(), Fleet::parse(&policy()).unwrap());
    for region in [HOME, AU, JP, BR] {
        let release = ReleaseId(Sha256::of(b"v426"));
        let target = Target::of(&fleet, fleet.region(&name(region)).unwrap(), release, &"v426".parse().unwrap());
        world.serves(&target, region, "v426.tar.gz");
        let payload = format!("0.125{}", ",7.5".repeat(399));
        let score = run(world.ports.invoke(&name(region), &fleet.endpoint, &payload, "text/csv")).unwrap();
        let record = GoldenRecord { payload, score: score.parse().unwrap(), reasons: Vec::new() };
        let golden = GoldenRecords { release: "v426".to_owned(), records: vec![record], answer: AnswerForm::default() };
        world.put(&name(region), &keys::golden(release), serde_json::to_vec(&golden).unwrap());
        let record = Record::Settled { target, execution: "wave".parse().unwrap() };
        world.write(&name(region), Chain::Region(name(region)), "promote", record);
    }
    world
}

fn sweeps(world: &World, regions: &[&str], times: u32) {
    for _ in 0..times {
        for region in regions {
            let context = Context::new(&policy(), name(region)).unwrap();
            run(handle(world, &context, &ReplicationEvent::Sweep)).unwrap();
        }
        world.pass(SignedDuration::from_mins(5));
    }
}

fn steps(world: &World, region: &str) -> Vec<FailoverStep> {
    let records = world.records(&name(region), Chain::Region(name(region)));
    records
        .into_iter()
        .filter_map(|record| if let Record::Failover(step) = record { Some(step) } else { None })
        .collect()
}

fn missed() -> FailoverStep {
    FailoverStep::Missed { region: name(HOME) }
}

fn answers() -> FailoverStep {
    FailoverStep::Answers { region: name(HOME) }
}

/// How often BR was asked.
fn asked(world: &World) -> usize {
    steps(world, BR).iter().filter(|step| matches!(step, FailoverStep::Asked { .. })).count()
}

fn advised(world: &World) -> usize {
    lock(&world.local).log().iter().filter(|event| matches!(event.what, What::AdviceSent { .. })).count()
}

fn dies(world: &World) {
    world.dark.borrow_mut().insert(name(HOME));
}

#[test]
fn a_standby_asks_itself_once_it_and_another_region_have_missed_one_for_so_long() {
    let world = world();
    sweeps(&world, &[AU, JP, BR], 1);
    assert!([AU, JP, BR].iter().all(|region| steps(&world, region).is_empty()), "all answer");
    dies(&world);
    sweeps(&world, &[AU, JP, BR], 1);
    assert_eq!((steps(&world, BR), asked(&world)), (vec![missed()], 0));
    sweeps(&world, &[AU, JP, BR], 1);
    let [first, second, FailoverStep::Asked { from, .. }] = &steps(&world, BR)[..] else {
        panic!("{:?}", steps(&world, BR))
    };
    assert_eq!((first, second, from), (&missed(), &missed(), &name(HOME)));
    assert_eq!(steps(&world, AU), [missed(), missed()], "it carries nobody, and says no more than policy needs");
    // Nobody is woken, and nothing is said again.
    sweeps(&world, &[AU, JP, BR], 4);
    assert_eq!((asked(&world), advised(&world), world.pages().len()), (1, 1, 0));
}

/// A network that parts the standby from another region is no dead region, and two looks are not one.
#[test]
fn nobody_asks_where_one_region_alone_misses_another_or_not_for_long() {
    let world = world();
    dies(&world);
    sweeps(&world, &[BR], 6);
    assert_eq!(asked(&world), 0);
    sweeps(&world, &[AU, BR], 1);
    assert_eq!(asked(&world), 0, "AU has looked once");
    sweeps(&world, &[AU, BR], 1);
    assert_eq!(asked(&world), 1);
}

/// I13: rights that are wrong, and questions that come too often, say nothing of the region.
#[test]
fn what_is_refused_or_throttled_is_no_dead_region() {
    let world = world();
    for failure in [ErrorKind::Refused, ErrorKind::Throttled] {
        (0..9).for_each(|_| world.fault("InvokeEndpoint", Fault::Fails(failure)));
        sweeps(&world, &[AU, JP, BR], 1);
        world.faults.borrow_mut().clear();
    }
    assert!([AU, JP, BR].iter().all(|region| steps(&world, region).is_empty()));
}

#[test]
fn looks_are_counted_anew_once_it_has_answered() {
    let world = world();
    dies(&world);
    sweeps(&world, &[AU, BR], 1);
    world.dark.borrow_mut().clear();
    sweeps(&world, &[AU, BR], 1);
    dies(&world);
    sweeps(&world, &[AU, BR], 1);
    assert_eq!((steps(&world, BR), asked(&world)), (vec![missed(), answers(), missed()], 0));
}

/// Who fails back has a reason: the same loss asks nobody again, the next one does.
#[test]
fn a_person_who_fails_back_is_not_overruled() {
    let world = world();
    dies(&world);
    sweeps(&world, &[AU, BR], 2);
    let over = FailoverStep::Over { why: "its customers wait".to_owned() };
    world.write(&name(BR), Chain::Region(name(BR)), "maria", Record::Failover(over));
    sweeps(&world, &[AU, BR], 4);
    assert_eq!(asked(&world), 1);
    world.dark.borrow_mut().clear();
    sweeps(&world, &[AU, BR], 1);
    dies(&world);
    sweeps(&world, &[AU, BR], 2);
    assert_eq!(asked(&world), 2);
}

/// The same where she had asked before anybody had missed it.
#[test]
fn nor_is_one_who_had_asked_before_it_was_missed() {
    let world = world();
    dies(&world);
    for step in [
        FailoverStep::Asked { from: name(HOME), why: "it is dead".to_owned() },
        FailoverStep::Missed { region: name(HOME) },
        FailoverStep::Over { why: "its customers wait".to_owned() },
    ] {
        world.write(&name(BR), Chain::Region(name(BR)), "maria", Record::Failover(step));
    }
    world.pass(SignedDuration::from_mins(5));
    sweeps(&world, &[AU, BR], 4);
    assert_eq!(asked(&world), 1);
}

/// A person has sent its customers to another region: nobody else makes itself ready.
#[test]
fn a_region_whose_customers_another_one_carries_is_a_persons() {
    let world = world();
    dies(&world);
    let step = FailoverStep::Asked { from: name(HOME), why: "it is dead".to_owned() };
    world.write(&name(JP), Chain::Region(name(JP)), "maria", Record::Failover(step));
    sweeps(&world, &[AU, BR], 4);
    assert_eq!(asked(&world), 0);
}

/// I10: a sweep that is delivered again looks again, and adds nothing.
#[test]
fn a_look_that_follows_another_at_once_is_none_more() {
    let world = world();
    dies(&world);
    for region in [AU, BR, AU, BR, BR, AU] {
        let context = Context::new(&policy(), name(region)).unwrap();
        run(handle(&world, &context, &ReplicationEvent::Sweep)).unwrap();
        world.pass(SignedDuration::from_secs(10));
    }
    assert_eq!((steps(&world, AU), steps(&world, BR)), (vec![missed()], vec![missed()]));
}

/// A region that looks no more has nothing to say; one that does says so twice an hour.
#[test]
fn what_a_region_saw_long_ago_does_not_count() {
    let world = world();
    dies(&world);
    sweeps(&world, &[AU], 2);
    world.dark.borrow_mut().clear();
    world.pass(SignedDuration::from_hours(2));
    dies(&world);
    sweeps(&world, &[BR], 4);
    assert_eq!(asked(&world), 0);
    // Nor does one look add to what is as old as that.
    sweeps(&world, &[AU, BR], 1);
    assert_eq!(asked(&world), 0);
    sweeps(&world, &[AU, BR], 1);
    assert_eq!(asked(&world), 1);
    sweeps(&world, &[AU], 24);
    assert_eq!(steps(&world, AU).len(), 4 + 4);
}

/// An advice that does not go out keeps no capacity from coming.
#[test]
fn a_standby_asks_itself_whether_or_not_anybody_can_be_told() {
    let world = world();
    dies(&world);
    world.mute(ErrorKind::Unreachable);
    sweeps(&world, &[AU, BR], 2);
    assert_eq!((asked(&world), advised(&world)), (1, 0));
}

/// An endpoint that somebody has taken away answers nobody either; a region that serves nothing yet is not lost.
#[test]
fn an_endpoint_that_is_not_there_is_missed() {
    let world = world();
    world.ask(&name(HOME), DeleteEndpoint { endpoint_name: "fraud".to_owned() }).unwrap();
    world.pass(SignedDuration::from_mins(10));
    sweeps(&world, &[AU, BR], 3);
    assert_eq!(asked(&world), 1);
}

/// What it would answer with was found bad where it served.
#[test]
fn a_standby_does_not_offer_what_another_region_has_left_as_bad() {
    let world = world();
    dies(&world);
    let (fleet, release) = (Fleet::parse(&policy()).unwrap(), ReleaseId(Sha256::of(b"v426")));
    let target = Target::of(&fleet, fleet.region(&name(AU)).unwrap(), release, &"v426".parse().unwrap());
    let (execution, why) =
        (|| "wave-1".parse::<Actor>().unwrap(), || Reason::Said { words: "slow".to_owned(), by: None });
    for record in [
        Record::UpdateIntended { target: target.clone(), back: None, execution: execution(), epoch: None, bake: None },
        Record::Decided {
            execution: execution(),
            decision: Decision::Revert,
            why: why(),
            judgement: None,
            cause: Some(Cause::Release),
        },
    ] {
        world.write(&name(AU), Chain::Region(name(AU)), "promote", record);
    }
    sweeps(&world, &[AU, JP, BR], 4);
    assert_eq!(asked(&world), 0);
}

#[test]
fn a_halted_standby_asks_nobody() {
    let world = world();
    let why = Reason::Said { words: "a look at it".to_owned(), by: None };
    world.write(&name(BR), Chain::Region(name(BR)), "maria", Record::Halted { why });
    dies(&world);
    sweeps(&world, &[AU, BR], 4);
    assert_eq!(asked(&world), 0);
}

#[test]
fn without_a_threshold_no_region_looks_at_another() {
    let world = world();
    let asked = || world.called(AU, "InvokeEndpoint");
    let before = asked();
    look(&world, BR);
    assert_eq!(asked(), before);
    sweeps(&world, &[BR], 1);
    assert_eq!(asked(), before + 1);
}
