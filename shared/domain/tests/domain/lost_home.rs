//! Who asks people to move home, and when: by what each region has on record of it.

use crate::night::{AU, BR, EU, JP, actor, at, fleet, name};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::lost_home::{HomeSeen, turn, witnesses};
use meridian_domain::{Binding, Entry, Fleet, Head, Record, RegionHistory};
use proptest::prelude::*;

fn history(seen: impl IntoIterator<Item = (Timestamp, &'static str, HomeSeen)>) -> RegionHistory {
    let (mut head, mut history) = (Head::default(), RegionHistory::default());
    for (at, home, seen) in seen {
        let entry = head.entry(at, actor("replication"), Record::HomeSeen { home: name(home), seen });
        head.follow(&entry).unwrap();
        history.apply(&entry);
    }
    history
}

fn silent(since: &str) -> RegionHistory {
    history([(at(since), EU, HomeSeen::Silent)])
}

fn asked() -> HomeSeen {
    HomeSeen::Asked { with: vec![] }
}

fn with(deputies: &[&str]) -> Fleet {
    Fleet { deputies: deputies.iter().map(|deputy| name(deputy)).collect(), ..fleet() }
}

#[test]
fn deputies_ask_one_after_the_other_and_nobody_else_does() {
    let (fleet, own) = (with(&[JP, BR]), silent("03:30:00"));
    // A fleet whose home has been another one: that one asks nobody, and nobody waits for it.
    let fleet = Fleet { deputies: [name(EU)].into_iter().chain(fleet.deputies).collect(), ..fleet };
    for (region, first) in [(EU, None), (JP, Some("03:44:00")), (BR, Some("03:58:00")), (AU, None)] {
        let turns = |now: Timestamp| turn(&fleet, &name(region), &own, now);
        let Some(first) = first.map(at) else {
            assert_eq!(turns(at("09:00:00")), None);
            continue;
        };
        assert_eq!(turns(first - SignedDuration::from_secs(1)), None, "{region}");
        assert_eq!(turns(first), Some(at("03:30:00")), "{region}");
    }
}

/// Silence said twice began once; what was asked is not asked again; another home's silence is none of this one's.
#[test]
fn what_is_on_record_of_home_is_of_one_silence() {
    let fleet = with(&[JP]);
    let turns = |seen: Vec<_>| turn(&fleet, &name(JP), &history(seen), at("05:00:00"));
    let silent = |time| (at(time), EU, HomeSeen::Silent);
    assert_eq!(turns(vec![silent("03:30:00"), silent("04:50:00")]), Some(at("03:30:00")));
    assert_eq!(turns(vec![silent("03:30:00"), (at("03:46:00"), EU, asked())]), None);
    assert_eq!(turns(vec![silent("03:30:00"), (at("03:46:00"), EU, asked()), silent("04:00:00")]), None);
    assert_eq!(turns(vec![silent("03:30:00"), (at("03:50:00"), EU, HomeSeen::Answers)]), None);
    assert_eq!(turns(vec![(at("03:30:00"), AU, HomeSeen::Silent)]), None);
    let two = vec![silent("03:30:00"), (at("03:40:00"), AU, HomeSeen::Silent), (at("03:41:00"), AU, HomeSeen::Answers)];
    assert_eq!(turns(two), Some(at("03:30:00")));
}

proptest! {
    /// More than half of the regions that are not home, the deputy among them, and none of them has asked.
    #[test]
    fn most_other_regions_agree_before_anybody_is_asked(
        states in proptest::collection::vec(proptest::option::of(proptest::option::of(any::<bool>())), 3),
        regions in 2_usize..=4,
    ) {
        let mut fleet = with(&[AU]);
        fleet.regions.truncate(regions);
        // Each other region: not to be read, home answers it, silent, or silent and it has asked.
        let others: Vec<_> = fleet.regions.iter().skip(2).zip(&states).filter_map(|(region, state)| {
            let seen = match (*state)? {
                None => vec![],
                Some(false) => vec![(at("03:30:00"), EU, HomeSeen::Silent)],
                Some(true) => vec![(at("03:30:00"), EU, HomeSeen::Silent), (at("03:45:00"), EU, asked())],
            };
            Some((region.name.clone(), history(seen)))
        }).collect();
        let of = |is: fn(&RegionHistory) -> bool| others.iter().filter(|(_, own)| is(own)).count();
        let agree = of(|own| own.misses(&name(EU)).is_some());
        let has_asked = of(|own| own.misses(&name(EU)).is_some_and(|own| own.asked)) > 0;
        let found = witnesses(&fleet, others.iter().map(|(region, own)| (region, own)));
        prop_assert_eq!(found.is_some(), !has_asked && 2 * (agree + 1) > regions - 1);
        if let Some(with) = found {
            prop_assert_eq!(with.len(), agree);
        }
    }
}

/// It trades places with the home that was, which stands ready in its turn; any other region, or a deputy in another account, waits for a
/// deployment.
#[test]
fn a_deputy_that_stands_ready_is_home_without_a_deployment() {
    let policy = with(&[JP, BR]);
    let moved = policy.at_home(&name(BR));
    assert_eq!((&moved.home, moved.deputies.as_slice()), (&name(BR), [name(JP), name(EU)].as_slice()));
    assert_eq!(moved.at_home(&name(EU)).home, name(EU));
    assert_eq!(policy.at_home(&name(AU)), policy);
    let mut spread = policy.clone();
    spread.regions.iter_mut().filter(|own| own.name == name(BR)).for_each(|own| own.account = "4".repeat(12));
    assert_eq!(spread.at_home(&name(BR)), spread);
    assert_eq!(spread.ready_deputies().collect::<Vec<_>>(), [&name(JP)]);
}

/// A region may hear of two moves in either order.
#[test]
fn of_two_moves_the_later_one_counts() {
    let moved = |to: &str| Record::HomeMoved {
        binding: Binding,
        from: name(EU),
        to: name(to),
        lost: true,
        why: "a drill".to_owned(),
    };
    for order in [[("03:30:00", JP), ("04:30:00", BR)], [("04:30:00", BR), ("03:30:00", JP)]] {
        let (mut head, mut history) = (Head::default(), RegionHistory::default());
        for (since, to) in order {
            let entry = Entry { at: at(since), ..head.entry(at("05:00:00"), actor("maria"), moved(to)) };
            head.follow(&entry).unwrap();
            history.apply(&entry);
        }
        assert_eq!(history.moved.map(|own| own.to), Some(name(BR)), "{order:?}");
    }
}
