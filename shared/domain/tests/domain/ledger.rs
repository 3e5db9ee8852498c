//! A chain verifies as it was written, and only so.

use crate::night::{actor, at, said};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::{Caller, ChainError, Entry, EntryError, Head, Record, Stored};
use proptest::prelude::*;

fn chain(whys: &[String]) -> Vec<Entry> {
    let mut head = Head::default();
    let written = whys.iter().map(|why| {
        let entry = head.entry(at("03:00:00"), actor("wave-1"), Record::Halted { why: said(why) });
        head.follow(&entry).unwrap();
        entry
    });
    written.collect()
}

fn verify(entries: &[Entry]) -> Result<(), ChainError> {
    let mut head = Head::default();
    entries.iter().try_for_each(|entry| head.follow(entry))
}

/// An entry as S3 has it, so many seconds after it says that it was written.
fn stored(entry: &Entry, seconds: i64) -> Stored {
    Stored::new(entry.clone(), entry.written.saturating_add(SignedDuration::from_secs(seconds)).unwrap())
}

#[test]
fn an_entry_from_the_future_pins_no_later_one() {
    let mut head = Head::default();
    let halted = |why: &str| Record::Halted { why: said(why) };
    let poison = head.entry(Timestamp::MAX, actor("thief"), halted("poison"));
    let believed = Stored::new(poison, at("03:00:00"));
    let believed = head.believe(&believed).unwrap();
    assert_eq!((believed.at, believed.written), (at("03:00:00"), at("03:00:00")));
    let next = head.entry(at("03:01:00"), actor("wave-1"), halted("next"));
    assert_eq!(next.written, at("03:01:00"));
    assert_eq!(head.believe(&stored(&next, 0)).unwrap().into_owned(), next);
}

#[test]
fn an_entrys_time_is_never_before_the_last_one() {
    let mut head = Head::default();
    let first = head.entry(at("03:00:00"), actor("wave-1"), Record::Halted { why: said("first") });
    head.believe(&stored(&first, 1)).unwrap();
    // A rollback while the ledger could not be written: done before, told now.
    let late = Entry {
        at: at("02:30:00"),
        ..head.entry(at("03:05:00"), actor("rollback"), Record::Lifted { why: "late".to_owned() })
    };
    let believed = stored(&late, 1);
    let believed = head.believe(&believed).unwrap();
    assert_eq!((believed.at, believed.written), (at("02:30:00"), at("03:05:00")));
    // A clock that went back, in a function and in a forged entry.
    let back = head.entry(at("02:00:00"), actor("wave-1"), Record::Halted { why: said("back") });
    assert_eq!((back.at, back.written), (at("02:00:00"), at("03:05:00")));
    let forged = Entry { written: at("01:00:00"), at: at("09:00:00"), ..back };
    let believed = stored(&forged, 9_000);
    let believed = head.believe(&believed).unwrap();
    assert_eq!((believed.at, believed.written), (at("03:05:00"), at("03:05:00")));
}

#[test]
fn a_caller_is_an_arn_or_says_that_it_is_none() {
    let arn = "arn:aws:sts::111122223333:assumed-role/meridian-fraud-Rollback/meridian-fraud-rollback";
    assert_eq!(Caller::of_arn(arn).name(), Some("meridian-fraud-rollback"));
    for none in ["", "maria", "arn:aws:\u{1b}[31m", &format!("arn:{}", "x".repeat(600))] {
        assert_eq!(Caller::of_arn(none), Caller::Unverified, "{none:?}");
    }
    assert_eq!(Caller::Unverified.to_string(), "unverified");
}

proptest! {
    #[test]
    fn a_chain_verifies_and_reads_back(whys in prop::collection::vec(".*", 0..12)) {
        let entries = chain(&whys);
        prop_assert_eq!(verify(&entries), Ok(()));
        for entry in entries {
            prop_assert_eq!(Entry::from_bytes(&entry.to_bytes()), Ok(entry));
        }
    }

    #[test]
    fn an_altered_missing_or_moved_entry_is_noticed(
        whys in prop::collection::vec("[a-z]{1,8}", 3..12), pick: prop::sample::Index, other: prop::sample::Index,
    ) {
        let good = chain(&whys);
        // The last entry's own words are held by nobody yet: whatever follows it will hold them.
        let at = pick.index(good.len() - 1);

        let mut altered = good.clone();
        altered[at].record = Record::Lifted { why: "by hand".to_owned() };
        prop_assert_eq!(verify(&altered), Err(ChainError::Hash { seq: at as u64 + 1 }));

        let mut missing = good.clone();
        missing.remove(at);
        prop_assert_eq!(verify(&missing), Err(ChainError::Sequence { expected: at as u64, found: at as u64 + 1 }));

        let mut moved = good.clone();
        let to = other.index(good.len());
        moved.swap(at, to);
        prop_assert_eq!(verify(&moved).is_ok(), at == to);
    }
}

#[test]
fn an_entry_in_any_other_form_is_no_entry() {
    let entry = &chain(&["why".to_owned()])[0];
    let text = String::from_utf8(entry.to_bytes()).unwrap();
    let more = text.replacen('{', "{\"note\":\"by hand\",", 1);
    assert_eq!(Entry::from_bytes(more.as_bytes()), Err(EntryError::Form { seq: 0 }));
    assert_eq!(Entry::from_bytes(format!("{text} ").as_bytes()), Err(EntryError::Form { seq: 0 }));
    assert!(matches!(Entry::from_bytes(b"{}"), Err(EntryError::Malformed(_))));
}
