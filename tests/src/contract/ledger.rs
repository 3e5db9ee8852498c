//! The append-only chains.

use super::kind;
use crate::Kept;
use crate::stage::{Simulated, Stage};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::Reason;
use meridian_domain::heads::KeptHead;
use meridian_domain::{Actor, Chain, Entry, Head, NameError, Record, Sha256};
use meridian_handlers::ports::{Answer, ErrorKind, Ports};
use meridian_handlers::replication::copies;

/// `length` entries that follow from each other.
fn chain(stage: &Stage<impl Ports, impl Simulated>, length: u64) -> Result<Vec<Entry>, NameError> {
    let actor: Actor = "contract".parse()?;
    let mut head = Head::default();
    let entries = (0..length).map(|number| {
        let record =
            Record::Halted { why: Reason::Said { words: format!("halt {number}: \"São Paulo\" & <all>"), by: None } };
        let entry = head.entry(stage.ports.now(), actor.clone(), record);
        let _ = head.follow(&entry);
        entry
    });
    Ok(entries.collect())
}

/// The entries as they were written.
async fn entries(stage: &Stage<impl Ports, impl Simulated>, chain: &Chain, from: u64) -> Answer<Vec<Entry>> {
    let stored = stage.ports.entries(stage.home(), chain, from).await?;
    Ok(stored.into_iter().map(|stored| Entry::clone(&stored.entry)).collect())
}

/// An entry comes with the time at which S3 stored it, whatever the entry itself says.
pub async fn an_entry_comes_with_the_stores_own_time(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let Some(entry) = chain(stage, 1)?.pop() else { return Err("a chain of one".into()) };
    let entry = Entry { written: Timestamp::MAX, ..entry };
    stage.ports.append(stage.home(), &Chain::Home, &entry).await?;
    let stored = stage.ports.entries(stage.home(), &Chain::Home, 0).await?;
    let Some(stored) = stored.first() else { return Err("nothing was read".into()) };
    assert!(stored.is_from_the_future() && *stored.entry == entry);
    let apart = stage.ports.now().duration_since(stored.at);
    assert!(apart >= SignedDuration::ZERO && apart < SignedDuration::from_mins(5), "stored {}", stored.at);
    Ok(())
}

/// Another region's kept ends lie beside a chain and are none of its entries.
pub async fn the_kept_end_of_another_chain_is_no_entry(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let (home, own) = (stage.home(), Chain::Region(stage.home().clone()));
    let kept = |seq| KeptHead { seq, hash: Sha256::of(b"entry") };
    for seq in [9, 1_000, 99] {
        let key = kept(seq).key(&stage.fleet.name, home, &Chain::Home);
        stage.ports.create(home, &key, Bytes::from_static(b"{}")).await?;
    }
    assert_eq!(copies::kept(&stage.ports, &stage.fleet.name, home, &Chain::Home).await?, Some(kept(1_000)));
    assert_eq!(stage.ports.entries(home, &own, 0).await?, []);
    Ok(())
}

/// STS says as whom entries are written.
pub async fn the_writer_is_whom_sts_says(stage: &Stage<impl Ports>) -> Kept {
    assert_eq!(stage.ports.caller().await.name(), Some("operator"));
    Ok(())
}

/// Nothing was written, nothing is read, and that is no error.
pub async fn a_chain_begins_empty(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    assert_eq!(stage.ports.entries(stage.home(), &Chain::Home, 0).await?, []);
    assert_eq!(stage.ports.entries(stage.home(), &Chain::Home, 7).await?, []);
    Ok(())
}

/// Entry for entry as they were written: their hashes hold.
pub async fn entries_are_read_in_order_from_a_number_on(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let written = chain(stage, 12)?;
    for entry in &written {
        stage.ports.append(stage.home(), &Chain::Home, entry).await?;
    }
    for from in [0, 1, 9, 10, 11, 12] {
        let read = entries(stage, &Chain::Home, from).await?;
        let expected: Vec<Entry> = written.iter().filter(|entry| entry.seq >= from).cloned().collect();
        assert_eq!(read, expected, "from {from}");
    }
    let mut head = Head::default();
    for stored in stage.ports.entries(stage.home(), &Chain::Home, 0).await? {
        head.believe(&stored)?;
    }
    assert_eq!(head.next, 12);
    Ok(())
}

/// The second writer conflicts and the first one's entry stands.
pub async fn a_number_is_taken_once(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let first = chain(stage, 1)?;
    let Some(entry) = first.first() else { return Err("a chain of one".into()) };
    stage.ports.append(stage.home(), &Chain::Home, entry).await?;
    let other = Entry { record: Record::Lifted { why: "somebody else".to_owned() }, ..entry.clone() };
    assert_eq!(kind(stage.ports.append(stage.home(), &Chain::Home, &other).await), Some(ErrorKind::Conflict));
    assert_eq!(kind(stage.ports.append(stage.home(), &Chain::Home, entry).await), Some(ErrorKind::Conflict));
    assert_eq!(entries(stage, &Chain::Home, 0).await?, first);
    Ok(())
}

/// Home's bucket holds the hub's chain and its own region's.
pub async fn chains_of_one_bucket_do_not_mix(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let entries = chain(stage, 2)?;
    let own = Chain::Region(stage.home().clone());
    for entry in &entries {
        stage.ports.append(stage.home(), &Chain::Home, entry).await?;
    }
    if let Some(entry) = entries.first() {
        stage.ports.append(stage.home(), &own, entry).await?;
    }
    assert_eq!(stage.ports.entries(stage.home(), &own, 0).await?.len(), 1);
    assert_eq!(stage.ports.entries(stage.home(), &Chain::Home, 0).await?.len(), 2);
    Ok(())
}

/// Longer than one listing.
pub async fn a_long_chain_is_read_whole(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let entries = chain(stage, 1003)?;
    for entry in &entries {
        stage.ports.append(stage.home(), &Chain::Home, entry).await?;
    }
    assert!(self::entries(stage, &Chain::Home, 0).await? == entries, "other entries came back");
    Ok(())
}

/// Written once, found again, newest first, and no part of the chain.
pub async fn the_newest_checkpoint_is_found_and_is_no_entry(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let (home, own) = (stage.home(), Chain::Region(stage.home().clone()));
    assert_eq!(stage.ports.checkpoint(home, &Chain::Home).await?, None);
    let entries = chain(stage, 3)?;
    for entry in &entries {
        stage.ports.append(home, &Chain::Home, entry).await?;
    }
    for (seq, kept) in [(9, "older"), (1_000, "newest"), (99, "old")] {
        stage.ports.put_checkpoint(home, &Chain::Home, seq, kept.into()).await?;
    }
    assert_eq!(
        kind(stage.ports.put_checkpoint(home, &Chain::Home, 1_000, "another".into()).await),
        Some(ErrorKind::Conflict)
    );
    assert_eq!(stage.ports.checkpoint(home, &Chain::Home).await?, Some("newest".into()));
    assert_eq!(stage.ports.checkpoint(home, &own).await?, None);
    assert_eq!(self::entries(stage, &Chain::Home, 0).await?, entries);
    Ok(())
}

/// A chain that cannot be read whole proves nothing: no gap, an error.
pub async fn what_is_no_entry_is_refused(stage: &Stage<impl Ports>) -> Kept {
    let key = Chain::Home.key(&stage.fleet.name, 0);
    stage.ports.create(stage.home(), &key, Bytes::from_static(b"{\"seq\": 0, \"secret\": 12.5}")).await?;
    let error = stage.ports.entries(stage.home(), &Chain::Home, 0).await.err().ok_or("it was read")?;
    assert_eq!(error.kind, ErrorKind::Refused);
    let words = error.to_string();
    assert!(words.contains(&key) && !words.contains("12.5"), "{words}");
    Ok(())
}
