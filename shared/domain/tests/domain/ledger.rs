//! A chain verifies as it was written, and only so.

use crate::night::{actor, at};
use meridian_domain::{ChainError, Entry, EntryError, Head, Record};
use proptest::prelude::*;

fn chain(whys: &[String]) -> Vec<Entry> {
    let mut head = Head::default();
    let written = whys.iter().map(|why| {
        let entry = head.entry(at("03:00:00"), actor("wave-1"), Record::Halted { why: why.clone() });
        head.follow(&entry).unwrap();
        entry
    });
    written.collect()
}

fn verify(entries: &[Entry]) -> Result<(), ChainError> {
    let mut head = Head::default();
    entries.iter().try_for_each(|entry| head.follow(entry))
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
