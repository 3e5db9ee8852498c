//! Home that answers nobody: on record in each region, and asked about once, by one deputy.

use super::*;
use meridian_domain::Binding;
use meridian_domain::lost_home::HomeSeen;
use meridian_handlers::context::Context;
use meridian_local::world::What;

const AU: &str = "ap-southeast-2";
/// The reference fleet's deputy.
const JP: &str = "ap-northeast-1";
const BR: &str = "sa-east-1";

fn lost() -> World {
    let world = World::default();
    world.dark.borrow_mut().insert(name(HOME));
    world
}

fn back(world: &World) {
    world.dark.borrow_mut().remove(&name(HOME));
}

/// The sweeps of these regions, each five minutes of so many.
fn sweeps(world: &World, regions: &[&str], minutes: i64) {
    for _ in 0..minutes / 5 {
        regions.iter().for_each(|region| drop(look(world, region)));
        world.pass(SignedDuration::from_mins(5));
    }
}

fn seen(world: &World, region: &str) -> Vec<HomeSeen> {
    let seen = |record| if let Record::HomeSeen { seen, .. } = record { Some(seen) } else { None };
    world.records(&name(region), Chain::Region(name(region))).into_iter().filter_map(seen).collect()
}

fn asked(with: &[&str]) -> HomeSeen {
    HomeSeen::Asked { with: with.iter().map(|region| name(region)).collect() }
}

fn page(since: Timestamp, with: &[&str]) -> Sent {
    let with = with.iter().map(|region| name(region)).collect();
    Sent::of(Notice::Home(HomeNotice::Lost { since, with }), &name(JP), &Sender::Region)
}

/// What people were told and not paged for.
fn advice(world: &World) -> Vec<String> {
    let local = lock(&world.local);
    let sent = local.log().iter().filter_map(|event| match &event.what {
        What::AdviceSent { subject, .. } => Some(subject.clone()),
        _ => None,
    });
    sent.collect()
}

/// A context under a policy with other deputies.
fn under(deputies: &str, region: &str) -> Context {
    let text = crate::world::FLEET.replace("deputies = [\"ap-northeast-1\"]", deputies);
    Context::new(&text, name(region)).unwrap()
}

#[test]
fn a_lost_home_is_on_record_everywhere_and_the_deputy_asks_once_after_home_patience() {
    let (world, since) = (lost(), World::default().now());
    sweeps(&world, &OTHERS, 15);
    assert_eq!((seen(&world, JP), world.pages()), (vec![HomeSeen::Silent], vec![]));
    sweeps(&world, &OTHERS, 60);
    assert_eq!(seen(&world, JP), [HomeSeen::Silent, asked(&[AU, BR])]);
    for region in [AU, BR] {
        assert_eq!(seen(&world, region), [HomeSeen::Silent], "{region}");
    }
    assert_eq!(world.pages(), [page(since, &[AU, BR])]);
    // Its own topic took it: home's answers nobody.
    assert_eq!((world.paged_through(JP), world.paged_through(HOME)), (1, 0));
}

/// A network that parts the deputy from home is no lost home: of three regions one says so.
#[test]
fn nobody_asks_while_home_answers_most_other_regions() {
    let world = lost();
    sweeps(&world, &[JP], 60);
    assert_eq!((seen(&world, JP), world.pages()), (vec![HomeSeen::Silent], vec![]));
    sweeps(&world, &[AU, JP], 5);
    assert_eq!(seen(&world, JP), [HomeSeen::Silent, asked(&[AU])]);
}

#[test]
fn a_home_that_answers_again_is_told_to_whoever_was_asked_and_may_be_lost_again() {
    let (world, since) = (lost(), World::default().now());
    sweeps(&world, &OTHERS, 25);
    back(&world);
    sweeps(&world, &OTHERS, 25);
    assert_eq!(seen(&world, JP), [HomeSeen::Silent, asked(&[AU, BR]), HomeSeen::Answers]);
    assert_eq!(seen(&world, AU), [HomeSeen::Silent, HomeSeen::Answers]);
    let told =
        Sent::of(Notice::Home(HomeNotice::Answers { home: name(HOME), since }), &name(JP), &Sender::Region).subject;
    assert_eq!((world.pages(), advice(&world)), (vec![page(since, &[AU, BR])], vec![told]));
    world.dark.borrow_mut().insert(name(HOME));
    let again = world.now();
    sweeps(&world, &OTHERS, 25);
    assert_eq!(world.pages(), [page(since, &[AU, BR]), page(again, &[AU, BR])]);
}

/// Nothing was asked of anybody: nobody need hear that it is over.
#[test]
fn a_home_that_was_silent_for_a_moment_is_told_to_nobody() {
    let world = lost();
    sweeps(&world, &OTHERS, 10);
    back(&world);
    sweeps(&world, &OTHERS, 30);
    assert_eq!(seen(&world, JP), [HomeSeen::Silent, HomeSeen::Answers]);
    assert!(world.pages().is_empty() && advice(&world).is_empty());
}

#[test]
fn a_question_that_no_topic_took_is_asked_at_the_next_sweep() {
    let world = lost();
    sweeps(&world, &OTHERS, 15);
    world.fault("Publish", Fault::Fails(ErrorKind::Throttled));
    sweeps(&world, &OTHERS, 5);
    assert_eq!((seen(&world, JP), world.pages()), (vec![HomeSeen::Silent], vec![]));
    sweeps(&world, &OTHERS, 10);
    assert_eq!((seen(&world, JP).len(), world.pages().len()), (2, 1));
}

/// What died between the page and its record asks again, rather than never.
#[test]
fn a_question_that_is_not_on_record_is_asked_again() {
    let world = lost();
    sweeps(&world, &OTHERS, 15);
    world.fault("PutEntry", Fault::Fails(ErrorKind::Unreachable));
    sweeps(&world, &OTHERS, 10);
    assert_eq!((seen(&world, JP).len(), world.pages().len()), (2, 2));
}

/// The first has been lost with home. The one after it waits so much longer, and asks unless it reads that somebody has.
#[test]
fn a_later_deputy_asks_where_an_earlier_one_has_not() {
    const TWO: &str = "deputies = [\"ap-northeast-1\", \"sa-east-1\"]";
    let sweeps = |world: &World, regions: &[&str], minutes: i64| {
        for _ in 0..minutes / 5 {
            for region in regions {
                run(handle(world, &under(TWO, region), &ReplicationEvent::Sweep)).unwrap();
            }
            world.pass(SignedDuration::from_mins(5));
        }
    };
    let world = lost();
    world.dark.borrow_mut().insert(name(JP));
    sweeps(&world, &[AU, BR], 30);
    assert_eq!((seen(&world, BR), world.pages()), (vec![HomeSeen::Silent], vec![]));
    sweeps(&world, &[AU, BR], 5);
    assert_eq!((seen(&world, BR).last(), world.pages().len()), (Some(&asked(&[AU])), 1));
    let world = lost();
    sweeps(&world, &[AU, BR, JP], 60);
    assert_eq!((seen(&world, BR), world.pages().len()), (vec![HomeSeen::Silent], 1));
}

#[test]
fn without_deputies_nobody_looks() {
    let world = lost();
    for region in OTHERS {
        run(handle(&world, &under("deputies = []", region), &ReplicationEvent::Sweep)).unwrap();
        assert_eq!(world.records(&name(region), Chain::Region(name(region))), []);
    }
}

/// Rights that are wrong, and a bucket that has too much to do, are no lost home.
#[test]
fn a_bucket_that_refuses_or_throttles_is_not_silent() {
    for (kind, expected) in
        [(ErrorKind::Unreachable, vec![HomeSeen::Silent]), (ErrorKind::Refused, vec![]), (ErrorKind::Throttled, vec![])]
    {
        let world = World::default();
        // Before it, the region's own chain is read.
        world.between("ListObjectsV2", 1, move |world| world.fault("ListObjectsV2", Fault::Fails(kind)));
        sweeps(&world, &[JP], 5);
        assert_eq!(seen(&world, JP), expected, "{kind:?}");
    }
}

/// Home itself has no home to miss.
#[test]
fn home_does_not_look_at_itself() {
    let looks = |deputies: &str| {
        let world = World::default();
        run(handle(&world, &under(deputies, HOME), &ReplicationEvent::Sweep)).unwrap();
        world.called(HOME, "ListObjectsV2")
    };
    assert_eq!(looks("deputies = [\"ap-northeast-1\"]"), looks("deputies = []"));
}

/// By whoever is deployed as before: what was asked for is done.
#[test]
fn nobody_is_asked_to_move_a_home_that_has_moved() {
    let world = lost();
    sweeps(&world, &OTHERS, 10);
    let why = "the region is gone".to_owned();
    let moved = Record::HomeMoved { binding: Binding, from: name(HOME), to: name(BR), lost: true, why };
    world.write(&name(BR), Chain::Home, "maria", moved);
    sweeps(&world, &OTHERS, 60);
    assert_eq!((seen(&world, JP), world.pages()), (vec![HomeSeen::Silent], vec![]));
}

/// The new home asked for the move, and tells when the old one is there to be told. Another loss of it is another one.
#[test]
fn a_home_that_was_left_is_told_of_when_it_answers_again() {
    let world = lost();
    sweeps(&world, &OTHERS, 25);
    let sweep = |policy: &dyn Fn(&str) -> Context| {
        OTHERS.iter().for_each(|region| drop(run(handle(&world, &policy(region), &ReplicationEvent::Sweep)).unwrap()));
        world.pass(SignedDuration::from_mins(5));
    };
    let moved = |region: &str| {
        Context::new(&crate::world::FLEET.replace("home = \"eu-west-1\"", "home = \"ap-northeast-1\""), name(region))
            .unwrap()
    };
    sweep(&moved);
    assert_eq!((seen(&world, JP).len(), advice(&world).len()), (2, 0));
    back(&world);
    sweep(&moved);
    sweep(&moved);
    assert_eq!(seen(&world, JP).last(), Some(&HomeSeen::Answers));
    assert_eq!(seen(&world, AU), [HomeSeen::Silent, HomeSeen::Answers]);
    assert_eq!((advice(&world).len(), world.pages().len()), (1, 1));
    world.dark.borrow_mut().insert(name(HOME));
    sweeps(&world, &OTHERS, 25);
    assert_eq!(world.pages().len(), 2);
}

/// What was asked ends with its answer, also where policy names no deputy any more.
#[test]
fn a_question_is_answered_where_nobody_is_a_deputy_any_more() {
    let world = lost();
    sweeps(&world, &OTHERS, 25);
    back(&world);
    run(handle(&world, &under("deputies = []", JP), &ReplicationEvent::Sweep)).unwrap();
    assert_eq!((seen(&world, JP).last(), advice(&world).len()), (Some(&HomeSeen::Answers), 1));
}
