//! Home that is lost under `takeover = "auto"`: most regions say who is home, and it is, once, whatever parts them.

use super::*;
use meridian_domain::{Fleet, HubHistory, Projection, RegionHistory};
use meridian_handlers::context::Context;
use meridian_handlers::home::{at_home, take_over};
use meridian_handlers::journal::Journal;
use proptest::prelude::*;
use std::collections::BTreeSet;

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

/// What happens next in a network that parts regions from each other. Regions by their place in [`REGIONS`].
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Nothing comes from the one to the other any more, nor back; or it does again.
    Parts(usize, usize),
    Sweeps(usize),
    /// Whoever takes itself for home there does something in a region.
    Acts {
        home: usize,
        place: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let place = || 0..REGIONS.len();
    prop_oneof![
        2 => (place(), place()).prop_map(|(one, other)| Step::Parts(one, other)),
        6 => place().prop_map(Step::Sweeps),
        3 => (place(), place()).prop_map(|(home, place)| Step::Acts { home, place }),
    ]
}

/// As a wave does: by the hub's chain it is home, it tells the region, and writes what it does there.
fn acts(world: &World, home: &str, place: &str) {
    let Ok(hub) = run(Journal::<HubHistory>::open(world, &name(home), Chain::Home)) else { return };
    let is_home = hub.history().home().map_or(home == HOME, |own| *own == name(home));
    let Ok(chain) = run(Journal::<RegionHistory>::open(world, &name(place), Chain::Region(name(place)))) else {
        return;
    };
    let knows_better = chain.history().moved.as_ref().filter(|own| own.is_later(hub.history().moved.as_ref()));
    if !is_home || hub.head().next == 0 || knows_better.is_some_and(|own| own.to != name(home)) {
        return;
    }
    let mut chain = chain.acting_for(&name(home));
    if let Some(moved) = hub.history().moved.as_ref().filter(|own| own.is_later(chain.history().moved.as_ref())) {
        let _ = run(chain.append_done(world, &moved.by, moved.since, moved.record()));
    }
    let _ = run(chain.append(world, &home.parse().unwrap(), Record::Lifted { why: "a step".to_owned() }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// I11: in each region the steps of one home end where those of the next begin, and those of a home that was replaced do not come back.
    #[test]
    fn no_region_takes_a_step_of_a_home_that_another_has_replaced_there(
        steps in proptest::collection::vec(step(), 1..60)
    ) {
        let world = lost();
        world.dark.borrow_mut().clear();
        let mut parted = BTreeSet::new();
        for step in steps {
            let from = match step {
                Step::Parts(one, other) => {
                    let pair = (one.min(other), one.max(other));
                    if one != other && !parted.remove(&pair) {
                        parted.insert(pair);
                    }
                    continue;
                }
                Step::Sweeps(region) | Step::Acts { home: region, .. } => region,
            };
            let reaches = |to: &usize| !parted.contains(&(from.min(*to), from.max(*to)));
            let dark = (0..REGIONS.len()).filter(|to| !reaches(to)).map(|to| name(REGIONS[to])).collect();
            *world.dark.borrow_mut() = dark;
            match step {
                Step::Acts { home, place } => acts(&world, REGIONS[home], REGIONS[place]),
                _ => drop(run(handle(&world, &under_auto(REGIONS[from]), &ReplicationEvent::Sweep))),
            }
            world.pass(SignedDuration::from_mins(2));
            world.dark.borrow_mut().clear();
        }
        for region in REGIONS {
            let mut home = name(HOME);
            let mut since = None;
            for entry in world.entries(&name(region), &Chain::Region(name(region))) {
                if let Record::HomeMoved { to, .. } = &entry.record {
                    if since.is_none_or(|since| entry.at > since) {
                        (home, since) = (to.clone(), Some(entry.at));
                    }
                } else if matches!(entry.record, Record::Lifted { .. }) {
                    prop_assert_eq!(entry.actor.to_string(), home.to_string(), "in {}", region);
                }
            }
        }
    }
}
