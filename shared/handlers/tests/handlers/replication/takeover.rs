//! Home that is lost under `takeover = "auto"`: most regions say who is home, and it is, once, whatever parts them.

use super::*;
use meridian_domain::{Fleet, HubHistory, Projection, RegionHistory};
use meridian_handlers::context::Context;
use meridian_handlers::home::{at_home, take_over};
use meridian_handlers::journal::Journal;

const AU: &str = "ap-southeast-2";
const JP: &str = "ap-northeast-1";
const BR: &str = "sa-east-1";
const REGIONS: [&str; 4] = [HOME, AU, JP, BR];

/// Two deputies, the first of which most regions let take over.
fn under_auto(region: &str) -> Context {
    let policy = crate::world::FLEET
        .replace("deputies = [\"ap-northeast-1\"]", "deputies = [\"ap-northeast-1\", \"sa-east-1\"]")
        .replace("home_patience = \"14m\"", "home_patience = \"4m\"")
        .replace("takeover = \"ask\"", "takeover = \"auto\"");
    Context::new(&policy, name(region)).unwrap()
}

fn auto() -> Fleet {
    (*under_auto(HOME).fleet).clone()
}

fn sweep(world: &World, region: &str) {
    run(handle(world, &under_auto(region), &ReplicationEvent::Sweep)).unwrap();
}

fn sweeps(world: &World, regions: &[&str], minutes: i64) {
    for _ in 0..minutes / 5 {
        regions.iter().for_each(|region| sweep(world, region));
        world.pass(SignedDuration::from_mins(5));
    }
}

/// Home has a ledger, of which BR keeps a copy, and is lost.
fn lost() -> World {
    let world = World::default();
    world.write(&name(HOME), Chain::Home, "ana", Record::Lifted { why: "one".to_owned() });
    sweeps(&world, &REGIONS, 5);
    world.dark.borrow_mut().insert(name(HOME));
    world
}

fn own_chain(world: &World, region: &str) -> Journal<RegionHistory> {
    run(Journal::open(world, &name(region), Chain::Region(name(region)))).unwrap()
}

fn home_of(world: &World, region: &str) -> Option<String> {
    own_chain(world, region).history().home().map(ToString::to_string)
}

fn has_hub(world: &World, region: &str) -> bool {
    let region = name(region);
    let hub = run(Journal::<HubHistory>::open(world, &region, Chain::Home));
    hub.is_ok_and(|hub| hub.history().home() == Some(&region))
}

#[test]
fn the_deputy_that_most_regions_name_takes_over_and_pages_once() {
    let world = lost();
    sweeps(&world, &[JP, AU, BR], 5);
    assert_eq!(home_of(&world, JP), None, "it is silent for less than home_patience");
    sweeps(&world, &[JP, AU, BR], 5);
    for region in [AU, JP, BR] {
        assert_eq!(home_of(&world, region).as_deref(), Some(JP), "{region}");
    }
    assert!(!has_hub(&world, JP), "the others had not said so when it looked");
    sweeps(&world, &[JP, AU, BR], 30);
    assert!(has_hub(&world, JP) && !has_hub(&world, BR));
    let hub = world.records(&name(JP), Chain::Home);
    assert!(matches!(&hub[..], [Record::Lifted { .. }, Record::HomeMoved { lost: true, .. }]), "{hub:#?}");
    let page = Sent::of(Notice::Home(HomeNotice::Taken { from: name(HOME) }), &name(JP), &Sender::Region);
    let subjects: Vec<_> = world.pages().into_iter().map(|page| page.subject).collect();
    assert_eq!(subjects, [page.subject]);
    assert_eq!(run(at_home(&world, &auto())).home, name(JP));
}

#[test]
fn the_home_that_was_hears_of_it_when_it_is_back_and_starts_nothing() {
    let world = lost();
    world.dark.borrow_mut().clear();
    let release = released(&world, "v427");
    world.dark.borrow_mut().insert(name(HOME));
    sweeps(&world, &[JP, AU, BR], 20);
    world.dark.borrow_mut().clear();
    for _ in 0..2 {
        for region in [HOME, AU, JP, BR] {
            world.replicate(&name(region));
            sweep(&world, region);
        }
    }
    assert_eq!(home_of(&world, HOME).as_deref(), Some(JP));
    assert_eq!((world.started.borrow().len(), attested(&world, HOME)), (0, 1), "{release}");
}

/// Who is home is on record everywhere: a topic that takes nothing leaves no fleet without one.
#[test]
fn topics_that_decline_the_word_keep_no_home_waiting() {
    let world = lost();
    for _ in 0..4 {
        world.mute(ErrorKind::Refused);
        sweeps(&world, &[JP, AU, BR], 5);
    }
    assert!(has_hub(&world, JP));
    assert_eq!(world.pages(), []);
    assert!(world.called(JP, "ListPipelineExecutions") > 0, "it looks at its own pipeline as home does");
}

/// Half of the regions may be cut off from the other half: neither takes over, and people are asked.
#[test]
fn two_of_four_regions_are_no_majority_and_people_are_asked() {
    let world = lost();
    world.dark.borrow_mut().insert(name(BR));
    sweeps(&world, &[JP, AU], 30);
    assert!(!has_hub(&world, JP));
    assert_eq!(world.pages().len(), 1);
    assert!(world.pages()[0].subject.contains("can take over"), "{:?}", world.pages());
    world.dark.borrow_mut().remove(&name(BR));
    sweeps(&world, &[BR, JP, AU], 10);
    assert!(has_hub(&world, JP), "what has been said is gone on with");
}

/// A person's command and the regions' word may cross, and clocks differ by minutes: the command given again is later than any word.
#[test]
fn a_command_that_the_regions_word_has_crossed_goes_on_when_it_is_given_again() {
    for to in [JP, BR] {
        let world = lost();
        let (fleet, maria) = (auto(), "maria".parse().unwrap());
        let take = || run(take_over(&world, &fleet, &name(to), &maria, "Dublin burns"));
        take().unwrap();
        // AU's clock is ahead, and it had not heard of it.
        let why = "they have said so".to_owned();
        let said = Record::HomeMoved { binding: Binding, from: name(HOME), to: name(JP), lost: true, why };
        world.pass(SignedDuration::from_mins(3));
        world.write(&name(AU), Chain::Region(name(AU)), "replication", said);
        sweeps(&world, &[JP, AU, BR], 10);
        take().unwrap();
        sweeps(&world, &[JP, AU, BR], 10);
        for region in [AU, JP, BR] {
            assert_eq!(home_of(&world, region).as_deref(), Some(to), "{region}");
        }
        assert!(has_hub(&world, to), "{to}");
    }
}
