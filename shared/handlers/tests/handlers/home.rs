//! Home, moved to another region: in peace, and after a loss.

mod any_order;
mod told;

use crate::world::{Fault, World, context, fleet, name, run};
use jiff::SignedDuration;
use meridian_domain::resume::resume;
use meridian_domain::{Actor, Chain, Entry, Epoch, Fleet, HubHistory, Record, ReleaseId, Sha256};
use meridian_handlers::context::Context;
use meridian_handlers::home::{HomeError, find, hand_over, take_over};
use meridian_handlers::journal::{Journal, JournalError};
use meridian_handlers::operator_ports::OperatorPorts;
use meridian_handlers::ports::ErrorKind;
use meridian_handlers::replication::{ReplicationEvent, handle};
use meridian_handlers::restore::RestoreError;
use meridian_messages::operator::{HomeHandedOver, HomeTakenOver, HubSource};

const EU: &str = "eu-west-1";
const JP: &str = "ap-northeast-1";
const AU: &str = "ap-southeast-2";
const BR: &str = "sa-east-1";

fn maria() -> Actor {
    "maria".parse().unwrap()
}

fn to(world: &World, fleet: &Fleet, region: &str) -> Result<HomeHandedOver, HomeError> {
    run(hand_over(world, fleet, &name(region), &maria(), "a drill"))
}

/// EU is home, and two things are on record.
fn world() -> World {
    let world = World::default();
    says(&world, EU, "one");
    says(&world, EU, "two");
    world
}

fn says(world: &World, region: &str, why: &str) {
    world.write(&name(region), Chain::Home, "ana", Record::Lifted { why: why.to_owned() });
}

/// What whoever is deployed as home there can still write.
fn adds(world: &World, region: &str) -> Result<(), JournalError> {
    run(hub(world, region).append(world, &maria(), Record::Lifted { why: "later".to_owned() }))
}

/// BR comes before EU, and its sweep copies the hub's chain.
fn copied(world: &World) {
    run(handle(world, &context(BR), &ReplicationEvent::Sweep)).unwrap();
}

/// AU comes before JP, and its sweep copies the hub's chain from there.
fn kept_by_au(world: &World) {
    let policy = crate::world::FLEET.replacen("home = \"eu-west-1\"", "home = \"ap-northeast-1\"", 1);
    let holder = Context::new(&policy, name(AU)).unwrap();
    run(handle(world, &holder, &ReplicationEvent::Sweep)).unwrap();
}

fn moved_away(region: &str) -> Result<(), JournalError> {
    Err(JournalError::Moved { to: name(region) })
}

fn hub(world: &World, region: &str) -> Journal<HubHistory> {
    run(Journal::open(world, &name(region), Chain::Home)).unwrap()
}

fn keys_of(world: &World, region: &str) -> Vec<String> {
    world.keys(&name(region)).into_iter().filter(|key| key.contains("/home/")).collect()
}

#[test]
fn the_new_home_goes_on_with_the_ledger_and_the_old_one_adds_nothing_to_it() {
    let (world, fleet) = (world(), fleet());
    let went = to(&world, &fleet, JP).unwrap();
    assert_eq!(went, HomeHandedOver { entries: 3, copied: 3 });
    for key in keys_of(&world, EU) {
        assert_eq!(world.object(&name(JP), &key), world.object(&name(EU), &key), "{key}");
    }
    let moved = hub(&world, JP).history().moved.clone().unwrap();
    assert_eq!((moved.to, moved.lost, moved.by, moved.why.as_str()), (name(JP), false, maria(), "a drill"));
    assert_eq!((adds(&world, EU), adds(&world, JP)), (moved_away(JP), Ok(())));
    assert_eq!((keys_of(&world, EU).len(), keys_of(&world, JP).len()), (3, 4));
}

/// Whoever read the chain before the move finds its next place taken, and then what took it.
#[test]
fn a_stale_home_that_writes_after_the_move_is_refused_too() {
    let (world, fleet) = (world(), fleet());
    let mut stale = hub(&world, EU);
    to(&world, &fleet, JP).unwrap();
    let late = run(stale.append(&world, &"wave".parse().unwrap(), Record::Lifted { why: "late".to_owned() }));
    assert_eq!(late, moved_away(JP));
    assert_eq!(keys_of(&world, EU).len(), 3);
}

#[test]
fn a_move_that_died_goes_on_and_a_repeat_changes_nothing() {
    let (world, fleet) = (world(), fleet());
    world.fault("PutObject", Fault::Fails(ErrorKind::Unreachable));
    let error = to(&world, &fleet, JP).unwrap_err();
    assert!(!error.is_input(), "{error}");
    assert!(hub(&world, EU).history().moved.is_some(), "nothing starts from here on");
    assert!(to(&world, &fleet, JP).unwrap().copied > 0);
    assert_eq!(to(&world, &fleet, JP).unwrap().copied, 0);
    assert_eq!(keys_of(&world, JP), keys_of(&world, EU));
    // Not to a third one meanwhile: two would be home.
    assert!(matches!(to(&world, &fleet, AU), Err(HomeError::MovedBefore(region)) if region == name(JP)));
}

#[test]
fn home_does_not_move_on_from_where_it_never_arrived() {
    let (world, fleet) = (world(), fleet());
    let (of_au, of_br) = (Fleet { home: name(AU), ..fleet.clone() }, Fleet { home: name(BR), ..fleet.clone() });
    assert!(matches!(to(&world, &of_au, JP), Err(HomeError::NoHub(region)) if region == name(AU)));
    world.fault("PutObject", Fault::NotYet);
    world.fault("PutObject", Fault::Fails(ErrorKind::Unreachable));
    to(&world, &fleet, BR).unwrap_err();
    let on = to(&world, &of_br, AU);
    assert!(matches!(&on, Err(HomeError::Unfinished { from, .. }) if *from == name(EU)), "{on:?}");
    to(&world, &fleet, BR).unwrap();
    to(&world, &of_br, AU).unwrap();
}

#[test]
fn home_comes_back_with_what_was_written_elsewhere() {
    let (world, fleet) = (world(), fleet());
    to(&world, &fleet, JP).unwrap();
    adds(&world, JP).unwrap();
    let there = Fleet { home: name(JP), ..fleet };
    let went = to(&world, &there, EU).unwrap();
    assert_eq!((went.entries, went.copied), (5, 2));
    assert_eq!((adds(&world, EU), adds(&world, JP)), (Ok(()), moved_away(EU)));
}

/// Of a release whose execution a person started there may be no wave on record.
#[test]
fn home_does_not_move_while_an_execution_acts() {
    let (world, fleet) = (world(), fleet());
    let until = world.now() + SignedDuration::from_mins(10);
    world.write(&name(EU), Chain::Home, "execution-1", Record::LeaseTaken { epoch: Epoch(1), until });
    let error = to(&world, &fleet, JP).unwrap_err();
    assert!(matches!(&error, HomeError::LeaseHeld { holder, .. } if holder.as_str() == "execution-1"), "{error}");
    world.pass(SignedDuration::from_mins(11));
    assert!(to(&world, &fleet, JP).is_ok());
}

fn started() -> Record {
    Record::WaveStarted {
        release: ReleaseId(Sha256::of(b"v427")),
        version: "v427".parse().unwrap(),
        execution: "wave-1".parse().unwrap(),
        late: Vec::new(),
        order: None,
        resumes: None,
        policy: None,
    }
}

#[test]
fn home_does_not_move_under_a_wave() {
    let (world, fleet) = (world(), fleet());
    world.write(&name(EU), Chain::Home, "replication", started());
    let error = to(&world, &fleet, JP).unwrap_err();
    assert!(matches!(&error, HomeError::WaveUnderWay(version) if version.as_str() == "v427"), "{error}");
    assert!(error.is_input());
    assert!(keys_of(&world, JP).is_empty() && hub(&world, EU).history().moved.is_none());
}

#[test]
fn what_cannot_be_home_is_refused_before_anything_is_written() {
    let (world, fleet) = (world(), fleet());
    assert!(matches!(to(&world, &fleet, EU), Err(HomeError::IsHome(_))));
    assert!(matches!(to(&world, &fleet, "us-east-1"), Err(HomeError::Region(_))));
    says(&world, JP, "another hub's");
    let error = to(&world, &fleet, JP).unwrap_err();
    assert!(matches!(&error, HomeError::Copy(RestoreError::OtherEntry { seq: 0, .. })), "{error}");
    assert!(hub(&world, EU).history().moved.is_none());
    // A dry run says what it would do, and does nothing.
    let dry = OperatorPorts { ports: &world, writes: false };
    let went = run(hand_over(&dry, &fleet, &name(AU), &maria(), "a drill")).unwrap();
    assert_eq!((went.copied, keys_of(&world, AU).len()), (2, 0));
    assert!(hub(&world, EU).history().moved.is_none());
}

fn takes(world: &World, fleet: &Fleet, region: &str) -> Result<HomeTakenOver, HomeError> {
    run(take_over(world, fleet, &name(region), &maria(), "Dublin burns"))
}

fn copy(world: &World, entries: usize) -> HubSource {
    let last = hub_entries(world, EU).get(entries - 1).map(|entry| entry.written);
    HubSource::Copy { holder: name(BR), entries, last }
}

fn hub_entries(world: &World, region: &str) -> Vec<Entry> {
    world.entries(&name(region), &Chain::Home)
}

/// While `region` does not answer.
fn without<T>(world: &World, region: &str, what: impl FnOnce(&World) -> T) -> T {
    world.dark.borrow_mut().insert(name(region));
    let came = what(world);
    world.dark.borrow_mut().remove(&name(region));
    came
}

#[test]
fn a_lost_homes_ledger_goes_on_from_another_regions_copy() {
    let (world, fleet) = (world(), fleet());
    let taken = |world: &World| without(world, EU, |world| takes(world, &fleet, JP));
    assert!(matches!(taken(&world), Err(HomeError::Copy(RestoreError::NothingKept { .. }))));
    copied(&world);
    says(&world, EU, "after the last sweep");
    let went = taken(&world).unwrap();
    assert_eq!(went, HomeTakenOver { source: copy(&world, 2), wave: None, knows: false });
    assert_eq!(taken(&world).unwrap(), HomeTakenOver { source: HubSource::Stood, ..went });
    let there = hub(&world, JP);
    let moved = there.history().moved.clone().unwrap();
    assert_eq!((there.head().next, moved.to, moved.lost), (3, name(JP), true));
    assert_eq!((adds(&world, JP), adds(&world, EU)), (Ok(()), Ok(())), "the old home knows nothing of it");
    // And it is no home to move to any more: both have written.
    let there = Fleet { home: name(JP), ..fleet.clone() };
    let error = to(&world, &there, EU).unwrap_err();
    assert!(matches!(&error, HomeError::Copy(RestoreError::OtherEntry { seq: 2, .. })), "{error}");
    assert_eq!(adds(&world, JP), Ok(()), "nothing was written");
}

/// What it wrote meanwhile is in its own bucket alone.
#[test]
fn an_old_home_that_answers_again_is_told_by_the_same_command() {
    let (world, fleet) = (world(), fleet());
    copied(&world);
    without(&world, EU, |world| takes(world, &fleet, JP)).unwrap();
    adds(&world, EU).unwrap();
    adds(&world, JP).unwrap();
    let there = hub_entries(&world, JP);
    for _ in 0..2 {
        let went = takes(&world, &fleet, JP).unwrap();
        assert_eq!(went, HomeTakenOver { source: HubSource::Stood, wave: None, knows: true });
        assert_eq!((adds(&world, EU), hub_entries(&world, EU).len()), (moved_away(JP), 4));
    }
    assert_eq!(hub_entries(&world, JP), there);
    assert_eq!(adds(&world, JP), Ok(()));
}

#[test]
fn a_lost_home_whose_bucket_answers_loses_no_entry_and_starts_nothing() {
    for death in [None, Some(1), Some(2)] {
        let (world, fleet) = (world(), fleet());
        world.write(&name(EU), Chain::Home, "replication", started());
        copied(&world);
        says(&world, EU, "after the last sweep");
        let source = match death {
            None => HubSource::Home { entries: 5 },
            Some(after) => {
                (0..after).for_each(|_| world.fault("PutObject", Fault::NotYet));
                world.fault("PutObject", Fault::Fails(ErrorKind::Unreachable));
                takes(&world, &fleet, JP).unwrap_err();
                assert_eq!(adds(&world, EU), moved_away(JP), "nothing starts from here on");
                let dry = OperatorPorts { ports: &world, writes: false };
                assert!(run(take_over(&dry, &fleet, &name(JP), &maria(), "Dublin burns")).is_ok());
                HubSource::Home { entries: 5 }
            }
        };
        let wave = Some(("v427".parse().unwrap(), true));
        assert_eq!(takes(&world, &fleet, JP).unwrap(), HomeTakenOver { source, wave, knows: true });
        assert_eq!(hub_entries(&world, JP)[..5], hub_entries(&world, EU), "{death:?}");
        assert_eq!((adds(&world, EU), adds(&world, JP)), (moved_away(JP), Ok(())));
    }
}

/// Whoever asks need not know which fleet.toml is deployed, nor whether the old home lives.
#[test]
fn who_is_home_is_found_from_any_policy() {
    let (world, fleet) = (world(), fleet());
    let there = Fleet { home: name(JP), ..fleet.clone() };
    let found = |fleet| run(find(&world, fleet)).map(|found| (found.home, found.silent));
    let is = |region| Ok((name(region), Vec::new()));
    assert_eq!((found(&fleet), found(&there)), (is(EU), is(EU)));
    assert!(without(&world, EU, |_| found(&fleet)).is_err());
    copied(&world);
    without(&world, EU, |world| takes(world, &fleet, JP)).unwrap();
    assert_eq!((found(&fleet), found(&there)), (is(JP), is(JP)));
    assert_eq!(without(&world, EU, |_| found(&fleet)), Ok((name(JP), vec![name(EU)])));
    world.pass(SignedDuration::from_mins(11));
    to(&world, &there, AU).unwrap();
    // The old home hears late, and who is home by now.
    assert_eq!(adds(&world, EU), Ok(()));
    let late = takes(&world, &fleet, JP);
    assert!(matches!(&late, Err(HomeError::MovedBefore(region)) if *region == name(AU)), "{late:?}");
    assert_eq!(adds(&world, EU), moved_away(AU));
    assert_eq!((found(&fleet), found(&there)), (is(AU), is(AU)));
}

#[test]
fn home_is_not_taken_over_by_two_regions() {
    let (world, fleet) = (world(), fleet());
    copied(&world);
    without(&world, EU, |world| takes(world, &fleet, JP)).unwrap();
    let elsewhere = |world: &World| {
        let refused = takes(world, &fleet, AU);
        assert!(matches!(&refused, Err(HomeError::MovedBefore(region)) if *region == name(JP)), "{refused:?}");
        assert!(keys_of(world, AU).is_empty());
    };
    without(&world, EU, elsewhere);
    assert_eq!(adds(&world, EU), Ok(()), "nobody has told it");
    let in_peace = to(&world, &fleet, AU);
    assert!(matches!(&in_peace, Err(HomeError::MovedBefore(region)) if *region == name(JP)), "{in_peace:?}");
    assert_eq!(adds(&world, EU), moved_away(JP));
    elsewhere(&world);
    takes(&world, &fleet, JP).unwrap();
}

/// Home came back to EU from a JP that was lost and never heard of it: what JP's chain says of itself is older than that.
#[test]
fn a_take_over_of_before_is_not_taken_for_the_one_of_now() {
    for (has_written, answers) in [(false, true), (true, true), (false, false), (true, false)] {
        let (world, fleet) = (world(), fleet());
        to(&world, &fleet, JP).unwrap();
        kept_by_au(&world);
        let jp = Fleet { home: name(JP), ..fleet.clone() };
        world.pass(SignedDuration::from_mins(11));
        without(&world, JP, |world| takes(world, &jp, EU)).unwrap();
        adds(&world, EU).unwrap();
        copied(&world);
        if has_written {
            adds(&world, JP).unwrap();
        }
        let went =
            if answers { takes(&world, &fleet, JP) } else { without(&world, EU, |world| takes(world, &fleet, JP)) };
        if has_written {
            assert!(matches!(&went, Err(HomeError::Copy(RestoreError::OtherEntry { .. }))), "{went:?}");
            assert_eq!(adds(&world, EU), Ok(()), "home is where it was");
            continue;
        }
        assert_eq!(went.unwrap().knows, answers);
        assert_eq!(hub_entries(&world, JP)[..5], hub_entries(&world, EU)[..5], "nothing is lost");
    }
}

/// Before any sweep has copied its chain: the home before it has all that there is.
#[test]
fn a_home_that_is_lost_as_soon_as_it_is_home_is_taken_over_too() {
    let (world, fleet) = (world(), fleet());
    to(&world, &fleet, JP).unwrap();
    let there = Fleet { home: name(JP), ..fleet };
    let went = without(&world, JP, |world| takes(world, &there, BR)).unwrap();
    assert!(matches!(&went.source, HubSource::Copy { holder, entries: 3, .. } if *holder == name(EU)), "{went:?}");
    assert_eq!(adds(&world, BR), Ok(()));
}

/// It can be read, and takes no entry: what it goes on to write is not said to be in the new home's ledger.
#[test]
fn an_old_home_that_takes_no_entry_is_told_later() {
    let (world, fleet) = (world(), fleet());
    copied(&world);
    world.fault("PutEntry", Fault::Fails(ErrorKind::Unreachable));
    let went = takes(&world, &fleet, JP).unwrap();
    assert!(matches!(&went.source, HubSource::Copy { holder, .. } if *holder == name(EU)), "{went:?}");
    assert_eq!((adds(&world, EU), adds(&world, JP)), (moved_away(JP), Ok(())), "the last word of the command told it");
}

/// JP was home in peace, was lost, and comes back while BR is home: what its own chain says of itself is old.
#[test]
fn a_home_of_before_is_believed_only_as_far_as_the_chain_of_now_goes() {
    for has_written in [false, true] {
        let (world, fleet) = (world(), fleet());
        to(&world, &fleet, JP).unwrap();
        kept_by_au(&world);
        let (jp, br) = (Fleet { home: name(JP), ..fleet.clone() }, Fleet { home: name(BR), ..fleet.clone() });
        // S3 vouches for times, and of two moves in one moment none is later.
        world.pass(SignedDuration::from_secs(1));
        without(&world, JP, |world| takes(world, &jp, BR)).unwrap();
        world.pass(SignedDuration::from_secs(1));
        adds(&world, BR).unwrap();
        if has_written {
            adds(&world, JP).unwrap();
            let error = takes(&world, &br, JP).unwrap_err();
            assert!(matches!(&error, HomeError::Copy(RestoreError::OtherEntry { .. })), "{error}");
            assert_eq!(adds(&world, BR), Ok(()), "home is where it was");
            continue;
        }
        takes(&world, &br, JP).unwrap();
        assert_eq!(hub_entries(&world, JP), hub_entries(&world, BR), "nothing is lost");
        assert_eq!((adds(&world, BR), adds(&world, JP)), (moved_away(JP), Ok(())));
    }
}

/// Home's bucket was made anew, or its chain altered: the copy is what counts.
#[test]
fn an_old_home_that_has_less_than_the_copy_is_not_believed() {
    let (world, fleet) = (world(), fleet());
    copied(&world);
    let before = copy(&world, 2);
    world.alter(&name(EU), &Chain::Home, |entries| entries.truncate(0));
    says(&world, EU, "begun anew");
    assert_eq!(takes(&world, &fleet, JP).unwrap(), HomeTakenOver { source: before, wave: None, knows: true });
    assert_eq!((adds(&world, EU), adds(&world, JP)), (moved_away(JP), Ok(())));
}

#[test]
fn no_home_is_taken_over_where_another_hubs_ledger_lies() {
    let (world, fleet) = (world(), fleet());
    copied(&world);
    says(&world, AU, "another hub's");
    let error = takes(&world, &fleet, AU).unwrap_err();
    assert!(matches!(&error, HomeError::Copy(RestoreError::OtherEntry { seq: 0, .. })), "{error}");
    assert_eq!(adds(&world, EU), Ok(()), "home is still where it was");
}

/// EU handed over to JP, and JP is lost. AU keeps JP's chains.
#[test]
fn a_home_that_was_handed_over_can_be_lost_too() {
    let (world, fleet) = (world(), fleet());
    to(&world, &fleet, JP).unwrap();
    let there = Fleet { home: name(JP), ..fleet.clone() };
    kept_by_au(&world);
    // The fleet.toml of before knows a home that had moved when the copy was made.
    copied(&world);
    let stale = takes(&world, &fleet, BR);
    assert!(matches!(&stale, Err(HomeError::MovedBefore(region)) if *region == name(JP)), "{stale:?}");
    let went = without(&world, JP, |world| takes(world, &there, BR)).unwrap();
    assert!(matches!(&went.source, HubSource::Copy { holder, entries: 3, .. } if *holder == name(AU)), "{went:?}");
    assert_eq!(adds(&world, BR), Ok(()));
}

/// The wave that died with the old home has ended by the new one's word, and is gone on with.
#[test]
fn a_wave_that_was_lost_with_home_is_due_in_the_new_one() {
    let (world, fleet) = (world(), fleet());
    world.write(&name(EU), Chain::Home, "replication", started());
    copied(&world);
    let taken = || without(&world, EU, |world| takes(world, &fleet, JP)).unwrap();
    assert_eq!(taken().wave, Some(("v427".parse().unwrap(), true)));
    let there = hub(&world, JP);
    let (history, there_fleet) = (there.history(), Fleet { home: name(JP), ..fleet.clone() });
    let wave: Actor = "wave-1".parse().unwrap();
    assert!(history.ended.contains_key(&wave) && history.lost.contains(&wave));
    let due = resume(&there_fleet, history, world.now()).unwrap();
    assert_eq!((due.version.as_str(), due.regions.len(), &due.resumed.after), ("v427", 4, &wave));
    assert!(world.pages().is_empty(), "whoever moved home knows");
    // The new home goes on with it. The command, given again, leaves that wave alone.
    let execution: Actor = "wave-2".parse().unwrap();
    let Record::WaveStarted { release, version, late, .. } = started() else { panic!("no start") };
    let resumed = Record::WaveStarted {
        release,
        version,
        execution: execution.clone(),
        late,
        order: None,
        resumes: Some(due.resumed),
        policy: None,
    };
    world.write(&name(JP), Chain::Home, "replication", resumed);
    let written = keys_of(&world, JP).len();
    taken();
    assert_eq!(keys_of(&world, JP).len(), written);
    assert!(!hub(&world, JP).history().ended.contains_key(&execution));
    // In peace it is not moved before that is over.
    let error = to(&world, &there_fleet, AU).unwrap_err();
    assert!(matches!(error, HomeError::WaveUnderWay(_)), "{error}");
}
