//! What a sweep does for chains that have grown.

use super::*;

/// How many times what policy says a chain may grow while somebody works on it.
const OVERDUE: u64 = 4;
use meridian_domain::{Epoch, Target};

/// A chain that has grown by what policy says, with `last` at its end.
fn grown(world: &World, region: &str, chain: &Chain, last: Record) {
    let before = (1..fleet().ledger.checkpoint_every.get()).map(|number| Record::Lifted { why: number.to_string() });
    world.write_all(&name(region), chain.clone(), "wave-1", before.chain([last]));
}

/// Whose checkpoints there are.
fn kept(world: &World) -> Vec<Chain> {
    let mut kept = Vec::new();
    for region in [OTHERS[0], HOME].map(name) {
        let keys = world.keys(&region);
        for chain in [Chain::Home, Chain::Region(region)] {
            let own = chain.readable_checkpoints(&fleet().name);
            kept.extend(keys.iter().filter(|key| key.starts_with(&own)).map(|_| chain.clone()));
        }
    }
    kept
}

#[test]
fn a_sweep_keeps_what_its_own_chains_add_up_to() {
    let (world, own) = (World::default(), |region| Chain::Region(name(region)));
    let said = || Record::Lifted { why: "seen".to_owned() };
    for (region, chain) in [(HOME, Chain::Home), (HOME, own(HOME)), (OTHERS[0], own(OTHERS[0]))] {
        grown(&world, region, &chain, said());
    }
    look(&world, OTHERS[0]);
    assert_eq!(kept(&world), [own(OTHERS[0])]);
    look(&world, HOME);
    assert_eq!(kept(&world), [own(OTHERS[0]), Chain::Home, own(HOME)]);
    look(&world, HOME);
    assert_eq!(kept(&world).len(), 3);
}

#[test]
fn a_sweep_leaves_chains_alone_on_which_somebody_works() {
    let world = World::default();
    let until = world.now() + SignedDuration::from_mins(10);
    grown(&world, HOME, &Chain::Home, Record::LeaseTaken { epoch: Epoch(1), until });
    let target = |text: &str| {
        let release = ReleaseId(Sha256::of(text.as_bytes()));
        Target::of(&fleet(), &fleet().regions[0], release, &text.parse().unwrap())
    };
    let (target, back) = (target("v427"), Some(target("v426")));
    let (execution, epoch) = ("wave-1".parse().unwrap(), Some(Epoch(1)));
    let intent = Record::UpdateIntended { target, back, execution, epoch, bake: None };
    grown(&world, HOME, &Chain::Region(name(HOME)), intent.clone());
    look(&world, HOME);
    assert_eq!(kept(&world), []);
    // A wave that never came to its end must not make a chain too long to read.
    for _ in 1..OVERDUE {
        grown(&world, OTHERS[0], &Chain::Region(name(OTHERS[0])), intent.clone());
    }
    look(&world, OTHERS[0]);
    assert_eq!(kept(&world), []);
    grown(&world, OTHERS[0], &Chain::Region(name(OTHERS[0])), intent);
    look(&world, OTHERS[0]);
    assert_eq!(kept(&world), [Chain::Region(name(OTHERS[0]))]);
    // Nobody renews it.
    world.pass(SignedDuration::from_mins(11));
    look(&world, HOME);
    assert!(kept(&world).contains(&Chain::Home));
}

/// It is no business of the sweep's own: releases are attested, waves start.
#[test]
fn a_sweep_that_cannot_keep_a_checkpoint_goes_on() {
    let world = World::default();
    let release = released(&world, "v427");
    grown(&world, HOME, &Chain::Home, Record::Lifted { why: "seen".to_owned() });
    OTHERS.iter().for_each(|region| world.replicate(&name(region)));
    OTHERS.iter().for_each(|region| drop(arrive(&world, region, release).unwrap()));
    world.fault("PutCheckpoint", Fault::Fails(ErrorKind::Refused));
    assert_eq!(look(&world, HOME)["attested"], 1);
    assert_eq!(world.started.borrow().len(), 1);
}
