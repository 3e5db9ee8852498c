//! A chain that was cut or written again is found by whoever holds a later end of it.

use crate::night::{AU, BR, EU, JP, actor, at, fleet, name, said};
use meridian_domain::copies::{CopyFault, KeptEntries};
use meridian_domain::heads::{Departure, KeptHead, neighbours};
use meridian_domain::{Chain, ChainError, Entry, Head, Record, Sha256, Stored};

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
    assert_eq!(KeptHead::of_key("ledger/fraud/ap-northeast-1/copies/home/x.json"), None);
}

/// What two sweeps kept of it: up to the second entry, and up to the third.
fn kept() -> [(KeptHead, Vec<u8>); 2] {
    let all = chain(&["one", "two", "three"]);
    let end = |at: usize| KeptHead { seq: at as u64, hash: all[at].hash() };
    let first = KeptEntries::new(end(1), None, &all[..2]);
    let then = KeptEntries::new(end(2), Some(end(1)), &all[1..]);
    [(end(1), first.to_bytes()), (end(2), then.to_bytes())]
}

fn copied(kept: &[(KeptHead, Vec<u8>)]) -> Result<Vec<Entry>, CopyFault> {
    KeptEntries::chain(kept.iter().map(|(head, bytes)| (*head, bytes.as_slice())))
}

#[test]
fn what_sweeps_kept_is_the_chain_byte_for_byte() {
    let [first, then] = kept();
    let whole: Vec<Entry> = chain(&["one", "two", "three"]).iter().map(|own| (*own.entry).clone()).collect();
    // Listed newest first.
    assert_eq!(copied(&[then.clone(), first.clone()]), Ok(whole.clone()));
    assert_eq!(copied(&[first]), Ok(whole[..2].to_vec()));
    assert_eq!(copied(&[]), Ok(vec![]));
    assert!(!String::from_utf8(then.1).unwrap().contains("one"), "each entry is kept once");
}

#[test]
fn a_copy_with_a_hole_a_foreign_entry_or_another_end_is_none() {
    let [first, (end, bytes)] = kept();
    assert_eq!(copied(&[(end, bytes.clone())]), Err(CopyFault::Lacks { seq: 0 }));
    // Functions of before kept ends alone.
    let bare = serde_json::to_vec(&first.0).unwrap();
    assert_eq!(copied(&[(first.0, bare), (end, bytes.clone())]), Err(CopyFault::Lacks { seq: 0 }));
    assert_eq!(copied(&[first.clone(), (end, b"{}".to_vec())]), Err(CopyFault::Unread { seq: 2 }));
    let other = KeptHead { hash: Sha256::of(b"other"), ..end };
    assert_eq!(copied(&[first.clone(), (other, bytes.clone())]), Err(CopyFault::End { seq: 2 }));
    let changed = String::from_utf8(first.1).unwrap().replace("two", "2nd");
    let fault = copied(&[(first.0, changed.into_bytes()), (end, bytes)]).unwrap_err();
    assert_eq!(fault, CopyFault::Chain(ChainError::Hash { seq: 2 }));
}
