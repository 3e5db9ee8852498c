//! Home moves, is lost and comes back in any order, with any policy at hand: there is one home, as far as buckets answer.

use super::*;
use proptest::prelude::*;

const REGIONS: [&str; 4] = [EU, AU, JP, BR];

/// What happens next. Regions by their place in [`REGIONS`].
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A person moves home, by the policy that names the first as home; after the loss of it, or in peace; and dies at an entry or an object,
    /// after so many.
    Moves { by: usize, to: usize, lost: bool, dies: Option<(bool, usize)> },
    /// A bucket stops answering, or answers again.
    Flips(usize),
    /// Whoever is deployed as home there writes, if it may.
    Writes(usize),
    /// The hub's chain there is copied by the region before it.
    Sweeps(usize),
}

fn steps(with_silence: bool) -> impl Strategy<Value = Vec<Step>> {
    let place = || 0..REGIONS.len();
    let moves = (place(), place(), any::<bool>(), proptest::option::weighted(0.3, (any::<bool>(), 0..4_usize)))
        .prop_map(|(by, to, lost, dies)| Step::Moves { by, to, lost, dies });
    let flips = if with_silence { 2 } else { 0 };
    let step = prop_oneof![
        5 => moves,
        flips => place().prop_map(Step::Flips),
        2 => place().prop_map(Step::Writes),
        2 => place().prop_map(Step::Sweeps),
    ];
    proptest::collection::vec(step, 1..14)
}

fn by(region: &str) -> Fleet {
    Fleet { home: name(region), ..fleet() }
}

/// Whether whoever is deployed as home there adds to its chain: it has one, which says so.
fn lives(world: &World, region: &str) -> bool {
    let Ok(hub) = run(Journal::<HubHistory>::open(world, &name(region), Chain::Home)) else { return false };
    let is_home = hub.history().moved.as_ref().map_or(region == EU, |moved| moved.to == name(region));
    hub.head().next > 0 && is_home
}

fn homes(world: &World) -> Vec<&'static str> {
    REGIONS.into_iter().filter(|region| lives(world, region)).collect()
}

fn take(world: &World, step: Step) {
    world.pass(SignedDuration::from_mins(1));
    match step {
        Step::Moves { by: home, to: there, lost, dies } => {
            if let Some((at_entry, after)) = dies {
                let write = if at_entry { "PutEntry" } else { "PutObject" };
                (0..after).for_each(|_| world.fault(write, Fault::NotYet));
                world.fault(write, Fault::Fails(ErrorKind::Unreachable));
            }
            let (fleet, there) = (by(REGIONS[home]), REGIONS[there]);
            let _ = if lost { takes(world, &fleet, there).map(drop) } else { to(world, &fleet, there).map(drop) };
            world.faults.borrow_mut().clear();
        }
        Step::Flips(region) => {
            let mut dark = world.dark.borrow_mut();
            if !dark.remove(&name(REGIONS[region])) {
                dark.insert(name(REGIONS[region]));
            }
        }
        Step::Writes(region) => {
            if lives(world, REGIONS[region]) {
                let _ = adds(world, REGIONS[region]);
            }
        }
        Step::Sweeps(region) => {
            let policy =
                crate::world::FLEET.replacen("home = \"eu-west-1\"", &format!("home = \"{}\"", REGIONS[region]), 1);
            let holder = REGIONS[(region + REGIONS.len() - 1) % REGIONS.len()];
            let _ = run(handle(world, &Context::new(&policy, name(holder)).unwrap(), &ReplicationEvent::Sweep));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn while_every_bucket_answers_there_is_one_home_and_nothing_on_record_is_lost(steps in steps(false)) {
        let world = world();
        let mut known = hub_entries(&world, EU);
        for step in steps {
            take(&world, step);
            let homes = homes(&world);
            prop_assert!(homes.len() < 2, "{step:?}: {homes:?}");
            // None while a move has died on its way.
            let Some(home) = homes.first() else { continue };
            let now = hub_entries(&world, home);
            prop_assert!(now.starts_with(&known), "{step:?}: {home} lacks entries");
            known = now;
        }
    }

    /// A home that did not answer when another took over lives on, until somebody gives the command again.
    #[test]
    fn once_every_bucket_answers_the_same_command_leaves_one_home(steps in steps(true)) {
        let world = world();
        steps.into_iter().for_each(|step| take(&world, step));
        world.dark.borrow_mut().clear();
        world.pass(SignedDuration::from_mins(1));
        let Ok(found) = run(find(&world, &fleet())) else { return Ok(()) };
        for region in homes(&world).into_iter().filter(|region| found.home != name(region)) {
            let _ = takes(&world, &by(region), found.home.as_str());
        }
        let homes = homes(&world);
        prop_assert!(homes.is_empty() || homes == [found.home.as_str()], "{homes:?}, found {found:?}");
    }
}
