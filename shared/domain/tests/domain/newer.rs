//! Code of two versions reads and writes the same chains while functions are deployed: what the older one wrote is read by the newer one,
//! and what the older one does not know it passes over, unless it must not.

use crate::checkpoint::{of_a_region, of_the_hub};
use crate::night::{JP, actor, at, name, release};
use meridian_domain::{ChainError, Entry, EntryError, Head, HubHistory, Record, RegionHistory, Sha256};
use std::path::Path;

/// The second entry of a chain: what would be a lift, were `said` not in place of its kind and words.
fn second(said: &str) -> (Head, String) {
    let mut head = Head::default();
    let lifted =
        |head: &Head, why: &str| head.entry(at("03:00:00"), actor("maria"), Record::Lifted { why: why.to_owned() });
    head.follow(&lifted(&head, "first")).unwrap();
    let text = String::from_utf8(lifted(&head, "second").to_bytes()).unwrap();
    let changed = text.replacen("\"lifted\",\"why\":\"second\"", said, 1);
    assert_ne!(changed, text);
    (head, changed)
}

const MOVED: &str = r#""region_moved","to":{"region":"ap-southeast-2","by":1.50}"#;

#[test]
fn an_entry_of_an_unknown_kind_is_kept_as_it_is_and_says_nothing() {
    let (mut head, text) = second(MOVED);
    let entry = Entry::from_bytes(text.as_bytes()).unwrap();
    assert_eq!((entry.to_bytes(), entry.hash()), (text.clone().into_bytes(), Sha256::of(text.as_bytes())));
    let shown = serde_json::to_value(&entry).unwrap();
    assert_eq!((&shown["kind"], &shown["to"]["region"]), (&"region_moved".into(), &"ap-southeast-2".into()));
    let (mut region, mut hub) = (RegionHistory::default(), HubHistory::default());
    region.apply(&entry);
    hub.apply(&entry);
    assert_eq!((region, hub), (RegionHistory::default(), HubHistory::default()));
    head.follow(&entry).unwrap();
    assert_eq!((head.next, head.prev), (2, Sha256::of(text.as_bytes())), "the chain goes on after it");
}

#[test]
fn an_entry_that_binds_its_readers_stops_one_that_does_not_know_it() {
    let (mut head, text) = second(&MOVED.replacen(",\"to\"", ",\"binding\":true,\"to\"", 1));
    let entry = Entry::from_bytes(text.as_bytes()).unwrap();
    assert_eq!(head.follow(&entry), Err(ChainError::Newer { seq: 1, kind: "region_moved".to_owned() }));
}

#[test]
fn a_known_kind_with_other_words_is_no_entry() {
    for said in
        [r#""lifted","because":"second""#, r#""halted","why":"second""#, r#""deferred","why":{"region_moved":{}}"#]
    {
        let (_, text) = second(said);
        assert!(matches!(Entry::from_bytes(text.as_bytes()), Err(EntryError::Malformed(_))), "{said}");
    }
}

/// A wave's end after which home goes on, and of which nobody was told.
fn gone_on_after() -> Record {
    let (release, execution, lagging) = (release("v427"), actor("wave-1"), vec![name(JP)]);
    Record::WaveEnded { release, execution, lagging, page: None, cleared: Vec::new(), again: true }
}

/// Lines are added to the file, never changed: buckets hold such entries.
#[test]
#[expect(clippy::disallowed_methods, reason = "who runs this test says whether it writes the file")]
fn entries_of_every_kind_are_read_as_they_were_ever_written() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/domain/entries.jsonl");
    let mut lines = std::fs::read_to_string(&file).unwrap_or_default();
    for record in of_a_region().into_iter().chain(of_the_hub()).chain([gone_on_after()]) {
        let entry = Head::default().entry(at("03:00:00"), actor("wave-1"), record);
        let written = String::from_utf8(entry.to_bytes()).unwrap();
        if !lines.lines().any(|line| line == written) {
            assert!(std::env::var_os("UPDATE_ENTRIES").is_some(), "UPDATE_ENTRIES=1 adds this form: {written}");
            lines += &(written + "\n");
            std::fs::write(&file, &lines).unwrap();
        }
    }
    for line in lines.lines() {
        let entry = Entry::from_bytes(line.as_bytes());
        let known = entry.as_ref().is_ok_and(|entry| !matches!(entry.record, Record::Newer(_)));
        assert!(known, "buckets hold entries of this form, and nobody reads them any more: {line}: {entry:?}");
    }
}
