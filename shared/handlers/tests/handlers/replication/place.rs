//! Which release is the newest: times that somebody else wrote and releases that nobody takes hold no place.

use super::*;
use meridian_domain::quarantine::Object;
use meridian_domain::reason::{EvaluationReason, Revert};

/// Every region looks, home last.
fn everybody_looks(world: &World) {
    look_in(world, OTHERS);
    look(world, HOME);
}

/// Regions look, once copies have arrived there.
fn look_in<const N: usize>(world: &World, regions: [&str; N]) {
    for region in regions {
        world.replicate(&name(region));
        look(world, region);
    }
}

fn waves(world: &World) -> Vec<ReleaseId> {
    started_in(world, HOME)
}

/// The releases of the waves that the hub's chain in a region's bucket says were started.
fn started_in(world: &World, home: &str) -> Vec<ReleaseId> {
    let started = |record| if let Record::WaveStarted { release, .. } = record { Some(release) } else { None };
    world.records(&name(home), Chain::Home).into_iter().filter_map(started).collect()
}

fn wave_of(release: ReleaseId) -> Record {
    let (version, execution) = ("v427".parse().unwrap(), "wave".parse().unwrap());
    Record::WaveStarted { release, version, execution, late: vec![], order: None, resumes: None, policy: None }
}

fn say(world: &World, record: Record) {
    world.write(&name(HOME), Chain::Home, "maria", record);
}

fn pass(world: &World, minutes: i64) {
    world.pass(SignedDuration::from_mins(minutes));
}

#[test]
fn a_manifest_from_the_future_is_refused_and_paged_once() {
    let world = World::default();
    let poison = dated(&world, "v427", "2199-12-30T00:00:00Z".parse().unwrap());
    for _ in 0..2 {
        everybody_looks(&world);
        pass(&world, 5);
    }
    assert_eq!(waves(&world), []);
    for region in OTHERS.into_iter().chain([HOME]) {
        let records = world.records(&name(region), Chain::Region(name(region)));
        assert!(
            matches!(records.as_slice(), [Record::Refused { release, last: true, .. }] if *release == poison),
            "{records:?}"
        );
    }
    assert_eq!(world.pages().len(), 1);
    let next = released(&world, "v428");
    everybody_looks(&world);
    assert_eq!(waves(&world), [next]);
}

#[test]
fn a_release_refused_for_its_time_stays_refused() {
    let world = World::default();
    let soon = dated(&world, "v427", world.now() + SignedDuration::from_hours(1));
    everybody_looks(&world);
    pass(&world, 120);
    everybody_looks(&world);
    assert_eq!(waves(&world), []);
    assert_eq!(arrive(&world, HOME, soon).unwrap()["outcome"], "refused");
    // A clock that is a little ahead is no attack.
    let ahead = dated(&world, "v428", world.now() + SignedDuration::from_mins(4));
    everybody_looks(&world);
    assert_eq!(waves(&world), [ahead]);
}

#[test]
fn a_manifest_of_another_fleet_holds_no_place() {
    let world = World::default();
    let mut other = run(files::manifest(&world, &name(HOME), released(&world, "v427"))).unwrap();
    other.fleet = "other".parse().unwrap();
    other.created = world.now() + SignedDuration::from_mins(3);
    world.put(&name(HOME), &keys::manifest(other.id()), Bytes::from(other.to_bytes()));
    sign(&world, other.id(), &other);
    everybody_looks(&world);
    assert_eq!(waves(&world).len(), 1);
    assert_eq!(world.pages().len(), 1);
}

/// The one that was refused last time is not read before those that nobody has looked at.
#[test]
fn releases_that_nobody_has_looked_at_come_first() {
    let world = World::default();
    let cut = released(&world, "v427");
    world.put(&name(HOME), &keys::archive(Sha256::of(b"archive of v427")), "cut");
    look(&world, HOME);
    let next = released(&world, "v428");
    look(&world, HOME);
    let records = world.records(&name(HOME), Chain::Region(name(HOME)));
    let [Record::Refused { release, last: false, .. }, Record::Attested { release: attested, .. }] = records.as_slice()
    else {
        panic!("{records:?}")
    };
    assert_eq!((*release, *attested), (cut, next));
}

#[test]
fn a_release_that_nobody_takes_holds_up_no_older_one() {
    let condemned = |release| Record::Condemned { release, region: name(HOME), why: Revert::TimerEnded.into() };
    let rejected = |release| Record::Rejected { release, why: EvaluationReason::NothingRequired.into() };
    let quarantined = |release| Record::Quarantined {
        object: Object::Release(release),
        releases: vec![release],
        why: "?".to_owned(),
    };
    let said: [&dyn Fn(ReleaseId) -> Record; 3] = [&condemned, &rejected, &quarantined];
    for (against, started) in said.into_iter().flat_map(|say| [(say, true), (say, false)]) {
        let world = World::default();
        let older = released(&world, "v427");
        pass(&world, 1);
        let newer = released(&world, "v428");
        if started {
            say(&world, wave_of(newer));
        }
        say(&world, against(newer));
        everybody_looks(&world);
        assert_eq!(waves(&world).last(), Some(&older), "started: {started}");
    }
}

#[test]
fn a_release_in_quarantine_starts_once_that_is_lifted() {
    let world = World::default();
    let release = released(&world, "v427");
    let key = Object::Key(keys::archive(Sha256::of(b"archive of v427")));
    say(&world, Record::Quarantined { object: key.clone(), releases: vec![], why: "?".to_owned() });
    everybody_looks(&world);
    assert_eq!(arrive(&world, HOME, release).unwrap()["wave"], Value::Null);
    assert_eq!(waves(&world), []);
    say(&world, Record::QuarantineLifted { object: key, why: "it was training".to_owned() });
    look(&world, HOME);
    assert_eq!(waves(&world), [release]);
}

/// Training may still publish where home was: a second home would be one too many.
#[test]
fn a_home_that_has_moved_starts_nothing() {
    let world = World::default();
    let (from, to, why) = (name(HOME), name(OTHERS[1]), "a drill".to_owned());
    say(&world, Record::HomeMoved { binding: Binding, lost: false, from, to, why });
    let release = released(&world, "v427");
    everybody_looks(&world);
    assert!(arrive(&world, HOME, release).unwrap()["wave"].is_null());
    pass(&world, 20);
    everybody_looks(&world);
    assert_eq!((waves(&world), world.started.borrow().len(), world.pages().len()), (vec![], 0, 0));
    assert_eq!(attested(&world, HOME), 1, "it is a region like the others");
}

/// A home that was away while another took over: what the other regions' chains say reaches it before it starts anything.
#[test]
fn a_home_that_was_replaced_meanwhile_starts_nothing_and_has_it_on_record_once() {
    let world = World::default();
    let (from, to, why) = (name(HOME), name(OTHERS[1]), "it was dark".to_owned());
    let moved = Record::HomeMoved { binding: Binding, lost: true, from, to, why };
    world.write(&name(OTHERS[0]), Chain::Region(name(OTHERS[0])), "maria", moved.clone());
    let release = released(&world, "v427");
    for _ in 0..3 {
        everybody_looks(&world);
        arrive(&world, HOME, release).unwrap();
        pass(&world, 5);
    }
    assert_eq!((waves(&world), world.started.borrow().len(), world.pages().len()), (vec![], 0, 0));
    let own = world.records(&name(HOME), Chain::Region(name(HOME)));
    assert_eq!(own.iter().filter(|record| **record == moved).count(), 1, "{own:#?}");
}

/// A deputy that home has moved to: what is evaluated starts there, in its own pipeline; what is not waits for a deployment, and keeps
/// nothing waiting that is older.
#[test]
fn a_deputy_starts_what_was_evaluated_once_its_own_chain_says_that_it_is_home() {
    let (world, deputy) = (World::default(), OTHERS[1]);
    let release = released(&world, "v427");
    look_in(&world, [OTHERS[0], OTHERS[2]]);
    pass(&world, 1);
    let newer = released(&world, "v428");
    look_in(&world, [OTHERS[0], OTHERS[2]]);
    for (release, version) in [(release, "v427"), (newer, "v428")] {
        let attested = Record::Attested { release, version: version.parse().unwrap() };
        world.write(&name(HOME), Chain::Region(name(HOME)), "replication", attested);
    }
    let (from, to, why) = (name(HOME), name(deputy), "a drill".to_owned());
    let moved = Record::HomeMoved { binding: Binding, lost: false, from, to, why };
    let home_says = |record: Record| world.write(&name(deputy), Chain::Home, "maria", record);
    home_says(moved.clone());
    look_in(&world, [deputy]);
    assert_eq!(started_in(&world, deputy), [], "nobody has told the region");
    world.write(&name(deputy), Chain::Region(name(deputy)), "maria", moved);
    look(&world, deputy);
    assert_eq!(started_in(&world, deputy), [], "it is not evaluated");
    home_says(Record::Approved { release, created: world.now() });
    look(&world, deputy);
    assert_eq!(started_in(&world, deputy), [release]);
    assert_eq!(world.called(deputy, "StartPipelineExecution"), 1);
}
