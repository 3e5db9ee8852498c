//! What nobody who is trusted has signed is no release: it is not read, told once, and stops no other.

use super::*;

/// A release whose manifest says that it is the newest for ever, written by somebody without a key.
fn forged(world: &World) -> ReleaseId {
    let later = "2190-01-01T00:00:00Z".parse().unwrap();
    let forged = meridian_handlers::publish::prepare(&fleet(), later, spec("v999")).unwrap();
    let bytes = Bytes::from(forged.manifest.to_bytes());
    for (key, body) in forged.files.into_iter().chain([(keys::manifest(forged.release), bytes)]) {
        world.put(&name(HOME), &key, body);
    }
    forged.release
}

fn unsigned(release: ReleaseId) -> FileFault {
    FileFault::Unsigned { file: keys::signature(release), region: name(HOME) }
}

#[test]
fn an_unsigned_release_is_refused_paged_once_and_stops_no_other() {
    let world = World::default();
    let forged = forged(&world);
    for region in OTHERS {
        world.replicate(&name(region));
        // Its signature may still be on its way: nobody is paged here.
        assert_eq!(arrive(&world, region, forged).unwrap()["outcome"], "missing");
    }
    for _ in 0..2 {
        let reply = arrive(&world, HOME, forged).unwrap();
        assert_eq!(refused_for(&reply), unsigned(forged));
        look(&world, HOME);
    }
    assert_eq!(world.pages(), [refusal(HOME, &forged.short(), &unsigned(forged))]);
    // Nobody has read a byte of it.
    assert!(!world.reads.borrow().contains(&keys::manifest(forged)));
    assert_eq!(started(&world), []);
    let release = released(&world, "v428");
    for region in OTHERS {
        world.replicate(&name(region));
        assert_eq!(look(&world, region)["attested"], 1);
    }
    look(&world, HOME);
    assert_eq!(started(&world).into_iter().map(|wave| wave.0).collect::<Vec<_>>(), [release]);
    assert_eq!(world.pages().len(), 1);
}

#[test]
fn a_wrongly_signed_release_is_refused_everywhere_with_one_page() {
    let world = World::default();
    let (other, forged) = (released(&world, "v426"), forged(&world));
    let signature = world.object(&name(HOME), &keys::signature(other)).unwrap();
    world.put(&name(HOME), &keys::signature(forged), signature);
    for region in OTHERS.into_iter().chain([HOME]) {
        world.replicate(&name(region));
        assert_eq!(arrive(&world, region, forged).unwrap()["outcome"], "refused", "{region}");
    }
    assert_eq!(world.pages().len(), 1);
    assert!(!world.reads.borrow().contains(&keys::manifest(forged)));
    let refused = |region: &&str| {
        let records = world.records(&name(region), Chain::Region(name(region)));
        records.iter().any(|record| matches!(record, Record::Refused { release, .. } if *release == forged))
    };
    assert!(OTHERS.iter().chain([&HOME]).all(refused));
}

#[test]
fn a_signature_may_land_after_its_manifest() {
    let world = World::default();
    let release = released(&world, "v427");
    for region in [HOME, OTHERS[0]] {
        world.replicate(&name(region));
        let late = world.remove(&name(region), &keys::signature(release)).unwrap();
        let from = world.now();
        world.later(20, move |world| world.put(&name(region), &keys::signature(release), late));
        assert_eq!(arrive(&world, region, release).unwrap()["outcome"], "attested");
        assert!(world.now().duration_since(from) >= SignedDuration::from_secs(20));
    }
    assert!(world.pages().is_empty());
}

#[test]
fn a_key_that_policy_does_not_trust_publishes_nothing() {
    let world = World::default();
    let policy = crate::world::FLEET.replace("MCowBQYDK2VwAyEAyQCn2nCM", "MCowBQYDK2VwAyEAyQCn2nCN");
    let fleet = meridian_domain::Fleet::parse(&policy).unwrap();
    assert!(run(publish(&world, &fleet, world.now(), spec("v427"), &signer())).is_err());
    assert!(world.keys(&name(HOME)).is_empty());
}
