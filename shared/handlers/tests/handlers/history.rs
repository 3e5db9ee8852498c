//! What the ledger tells of the past, and what it cannot tell.

use crate::world::{World, context, fleet, name, run};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::account::State;
use meridian_domain::heads::Departure;
use meridian_domain::reason::FileFault;
use meridian_domain::{
    Chain, ChainError, Entry, Fleet, Manifest, Reason, Record, Region, RegionHistory, Sha256, Target, checkpoint, keys,
};
use meridian_handlers::history::{Read, RegionTold, Trouble, between, held, read, tell};
use meridian_handlers::journal::Journal;
use meridian_handlers::ports::{ErrorKind, PortError};
use meridian_handlers::replication;
use meridian_handlers::replication::ReplicationEvent;

const JP: &str = "ap-northeast-1";
const BR: &str = "sa-east-1";

fn said(words: &str) -> Reason {
    Reason::Said { words: words.to_owned(), by: None }
}

fn halted(why: &str) -> Record {
    Record::Halted { why: said(why) }
}

fn regions<'a>(fleet: &'a Fleet, names: &[&str]) -> Vec<&'a Region> {
    names.iter().map(|own| fleet.region(&name(own)).unwrap()).collect()
}

fn chain(region: &str) -> Chain {
    Chain::Region(name(region))
}

/// A manifest that lies in JP's bucket, as the installation's release, which serves.
fn serving(world: &World) -> Manifest {
    let fleet = fleet();
    let file = |key: String, digest| meridian_domain::File { key, sha256: digest, bytes: 10 };
    let archive = Sha256::of(b"archive");
    let manifest = Manifest {
        schema: meridian_domain::MANIFEST_SCHEMA,
        fleet: fleet.name.clone(),
        version: "v426".parse().unwrap(),
        created: world.now(),
        archive: file(keys::archive(archive), archive),
        image: meridian_domain::Image {
            repository: "sagemaker-xgboost".parse().unwrap(),
            digest: Sha256::of(b"image"),
            version: None,
        },
        features: vec!["amount".to_owned()],
        feature_files: Vec::new(),
        operating_threshold: 0.5,
        answer: meridian_domain::AnswerForm::default(),
        provenance: Default::default(),
    };
    let target = Target::of(&fleet, fleet.region(&name(JP)).unwrap(), manifest.id(), &manifest.version);
    let execution = "installation".parse().unwrap();
    world.write(&name(JP), chain(JP), "installation", Record::Confirmed { target, execution, golden: 200 });
    world.put(&name(JP), &keys::manifest(manifest.id()), manifest.to_bytes());
    manifest
}

fn told(world: &World, names: &[&str]) -> (Vec<Read>, Vec<RegionTold>) {
    let fleet = fleet();
    let regions = regions(&fleet, names);
    let chains = run(read(world, &fleet, &regions));
    let told = run(tell(world, &regions, &chains, world.now()));
    (chains, told)
}

#[test]
fn the_bytes_are_the_ones_that_the_regions_own_manifest_names() {
    let world = World::default();
    let manifest = serving(&world);
    let (chains, told) = told(&world, &[JP]);
    assert!(chains.iter().all(|read| read.head.is_ok()));
    assert_eq!(told[0].account.as_ref().unwrap().state, State::One);
    assert_eq!(told[0].bytes[0].manifest.as_ref().unwrap().archive, manifest.archive);
    assert!(told[0].is_whole());
    // Other bytes under the manifest's key are no manifest of this release.
    let key = keys::manifest(manifest.id());
    world.put(&name(JP), &key, "{}");
    let (_, told) = self::told(&world, &[JP]);
    assert!(
        told[0].bytes[0].manifest.as_ref().unwrap_err().fault().is_some_and(FileFault::is_altered)
            && !told[0].is_whole()
    );
    world.remove(&name(JP), &key);
    let (_, told) = self::told(&world, &[JP]);
    assert!(told[0].bytes[0].manifest.as_ref().unwrap_err().is_missing() && !told[0].is_whole());
}

#[test]
fn a_region_whose_bucket_is_dark_is_unknown_and_others_are_told() {
    let world = World::default();
    serving(&world);
    world.dark.borrow_mut().insert(name(BR));
    let (chains, told) = told(&world, &[JP, BR]);
    let broken: Vec<_> = chains.iter().filter(|read| read.head.is_err()).map(|read| read.chain.clone()).collect();
    assert_eq!(broken, [chain(BR)]);
    let unread = |error: &Trouble| matches!(error, Trouble::Unread(PortError { kind: ErrorKind::Unreachable, .. }));
    assert!(chains[2].head.as_ref().is_err_and(unread));
    assert!(told[0].account.as_ref().is_some_and(|account| account.hub_known) && told[1].account.is_none());
}

/// Home's bucket holds two chains; without it, what stands in the hub's is unknown, and each region's own is not.
#[test]
fn without_home_the_regions_are_told_and_the_hub_is_not_assumed() {
    let world = World::default();
    serving(&world);
    world.dark.borrow_mut().insert(fleet().home);
    let (_, told) = told(&world, &[JP]);
    let account = told[0].account.as_ref().unwrap();
    assert_eq!((account.state, account.hub_known), (State::One, false));
}

#[test]
fn an_altered_chain_is_believed_up_to_what_others_vouch_for() {
    let world = World::default();
    serving(&world);
    for why in ["one", "two", "three", "four"] {
        world.write(&name(JP), chain(JP), "maria", halted(why));
    }
    let alter = |change: &dyn Fn(&mut Vec<Entry>)| world.alter(&name(JP), &chain(JP), change);
    let kept = world.entries(&name(JP), &chain(JP));
    for (change, fault, believed) in [
        // Entry 2 says something else: 3 does not carry its hash, so nobody vouches for 2.
        (
            &(|entries: &mut Vec<Entry>| entries[2].record = halted("another")) as &dyn Fn(&mut Vec<Entry>),
            ChainError::Hash { seq: 3 },
            2,
        ),
        (&|entries| drop(entries.remove(2)), ChainError::Sequence { expected: 2, found: 3 }, 1),
        (&|entries| drop(entries.remove(0)), ChainError::Sequence { expected: 0, found: 1 }, 0),
    ] {
        alter(change);
        let (chains, told) = told(&world, &[JP]);
        assert_eq!(chains[1].head, Err(Trouble::Altered(fault)));
        assert_eq!((chains[1].entries.len(), &told[0].account), (believed, &None));
        alter(&|entries| entries.clone_from(&kept));
    }
}

/// Functions read on from checkpoints, so whoever forged one would be believed by all but this.
#[test]
fn a_wrong_checkpoint_is_reported_by_its_entry() {
    let world = World::default();
    serving(&world);
    let open = || run(Journal::<RegionHistory>::open(&world, &name(JP), chain(JP))).unwrap();
    assert!(run(open().write_checkpoint(&world, &"replication".parse().unwrap(), 1)).unwrap());
    let (chains, region) = told(&world, &[JP]);
    assert!(chains[1].head.is_ok() && region[0].is_whole());
    // Of another form: code that writes it knows what it means.
    let record = |form| Record::Checkpointed { form, history: Sha256::of(b"another history") };
    world.write(&name(JP), chain(JP), "replication", record(checkpoint::FORM + 1));
    assert!(told(&world, &[JP]).0[1].head.is_ok());
    world.write(&name(JP), chain(JP), "replication", record(checkpoint::FORM));
    let (chains, region) = told(&world, &[JP]);
    assert_eq!((&chains[1].head, chains[1].entries.len()), (&Err(Trouble::Misnamed(3)), 3));
    assert_eq!(region[0].account, None);
}

#[test]
fn entries_are_told_in_order_of_time_and_each_chain_in_its_own() {
    let (world, fleet) = (World::default(), fleet());
    let start = world.now();
    world.pass(SignedDuration::from_mins(1));
    let write = |seconds: i64, region: &str, chain: Chain, why: &str| {
        world.write_at(start + SignedDuration::from_secs(seconds), &name(region), chain, "maria", [halted(why)]);
    };
    let home = fleet.home.as_str();
    write(0, JP, chain(JP), "before");
    write(10, JP, chain(JP), "a");
    write(30, JP, chain(JP), "d");
    // A writer whose clock is late.
    write(20, JP, chain(JP), "e");
    write(10, home, Chain::Home, "b");
    write(25, home, Chain::Home, "c");
    write(31, home, Chain::Home, "after");
    let chains = run(read(&world, &fleet, &regions(&fleet, &[JP])));
    let at = |seconds| start + SignedDuration::from_secs(seconds);
    let told: Vec<Record> = between(&chains, at(10), at(30)).iter().map(|(_, entry)| entry.record.clone()).collect();
    assert_eq!(told, ["b", "a", "c", "d", "e"].map(halted));
}

#[test]
fn an_entry_from_the_future_is_named_with_the_stores_time() {
    let world = World::default();
    serving(&world);
    world.write(&name(JP), chain(JP), "maria", halted("poison"));
    world.alter(&name(JP), &chain(JP), |entries| entries[1].written = Timestamp::MAX);
    let (chains, _) = told(&world, &[JP]);
    assert_eq!(chains[1].future, [(1, world.now())]);
    assert_eq!((chains[1].entries[1].written, chains[1].head.is_ok()), (world.now(), true));
}

/// AU keeps the ends of JP's chain.
#[test]
fn a_chain_that_was_cut_is_told_by_what_its_neighbour_keeps() {
    let world = World::default();
    serving(&world);
    world.write(&name(JP), chain(JP), "maria", halted("look"));
    let sweep = ReplicationEvent::Sweep;
    run(replication::handle(&world, &context("ap-southeast-2"), &sweep)).unwrap();
    let fleet = fleet();
    let found = || {
        let (chains, _) = told(&world, &[JP]);
        assert!(chains[1].head.is_ok(), "in itself it is a chain");
        let held = run(held(&world, &fleet, &chains));
        let of_jp = held.into_iter().find(|held| held.chain == chain(JP)).unwrap();
        assert_eq!(of_jp.holder, name("ap-southeast-2"));
        of_jp.departure().map(|(kept, departure)| (kept.seq, *departure))
    };
    assert_eq!(found(), None);
    world.alter(&name(JP), &chain(JP), |entries| drop(entries.pop()));
    assert_eq!(found(), Some((1, Departure::Missing)));
    world.write(&name(JP), chain(JP), "maria", halted("another"));
    assert!(matches!(found(), Some((1, Departure::Other { .. }))));
}
