//! A chain that was cut or written again is found by whoever holds a later end of it.

use crate::night::{AU, BR, EU, JP, actor, at, fleet, name, said};
use meridian_domain::heads::{Departure, KeptHead, neighbours};
use meridian_domain::{Chain, Entry, Head, Record, Stored};

fn chain(whys: &[&str]) -> Vec<Stored> {
    let mut head = Head::default();
    let entries = whys.iter().map(|why| {
        let entry = head.entry(at("03:00:00"), actor("maria"), Record::Halted { why: said(why) });
        head.follow(&entry).unwrap();
        Stored::new(entry, at("03:00:00"))
    });
    entries.collect()
}

fn last(entries: &[Stored]) -> KeptHead {
    let entry: &Entry = &entries.last().unwrap().entry;
    KeptHead { seq: entry.seq, hash: entry.hash() }
}

#[test]
fn a_chain_that_grew_is_followed_to_its_end() {
    let (short, long) = (chain(&["a", "b"]), chain(&["a", "b", "c", "d"]));
    assert_eq!(last(&short).read_on(&long[1..]), Ok(last(&long)));
    assert_eq!(last(&long).read_on(&long[3..]), Ok(last(&long)));
}

#[test]
fn a_chain_that_was_cut_replayed_or_written_anew_departs() {
    let kept = last(&chain(&["a", "b", "c"]));
    // Cut, or an older copy put in its place: valid in itself, and shorter.
    assert_eq!(kept.read_on(&[]), Err(Departure::Missing));
    // An older copy that has grown again, and a chain that was written again from its beginning.
    for other in [["a", "b", "x", "y"], ["x", "y", "z", "w"]] {
        let other = chain(&other);
        assert_eq!(kept.read_on(&other[2..]), Err(Departure::Other { found: other[2].entry.hash() }));
    }
    assert_eq!(kept.read_on(&chain(&["a", "b", "c", "d"])[3..]), Err(Departure::Missing), "a hole");
}

#[test]
fn every_chain_is_kept_by_one_other_region() {
    let fleet = fleet();
    let of = |region: &str| neighbours(&fleet, &name(region)).iter().map(ToString::to_string).collect::<Vec<_>>();
    let expected: [(&str, &[&str]); 4] = [(EU, &[AU]), (AU, &[JP]), (JP, &[BR]), (BR, &[EU, "home"])];
    for (region, chains) in expected {
        assert_eq!(of(region), chains, "{region}");
    }
    assert!(of("us-east-1").is_empty());
}

#[test]
fn the_newest_kept_end_is_listed_first_and_read_from_its_key() {
    let fleet = fleet();
    let chain = Chain::Home;
    let kept = |seq| KeptHead { seq, hash: meridian_domain::Sha256::of(b"x") };
    let key = |seq| kept(seq).key(&fleet.name, &name(JP), &chain);
    assert!(key(10) < key(9) && key(9).starts_with(&KeptHead::prefix(&fleet.name, &name(JP), &chain)));
    assert_eq!(KeptHead::of_key(&key(9)), Some(kept(9)));
    assert_eq!(KeptHead::of_key("ledger/fraud/ap-northeast-1/heads/home/x.json"), None);
}
