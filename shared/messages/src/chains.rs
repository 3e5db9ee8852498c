//! Whole chains in words: how far `meridian history` can believe a ledger, and what to do where it cannot.

use crate::ledger::departed;
use jiff::Timestamp;
use meridian_domain::heads::{Departure, KeptHead};
use meridian_domain::{ChainError, Head, ReleaseId, Version};
use std::fmt::Display;

/// What is said of a chain that was verified to its end.
pub fn whole(head: &Head) -> String {
    match head.next {
        0 => "empty: nothing was ever written".to_owned(),
        entries => format!("{entries} entries, whole chain verified, head {}", head.prev),
    }
}

/// What is said of a chain that a store did not answer with.
pub fn unread(why: impl Display) -> String {
    format!("UNKNOWN, it cannot be read: {why}")
}

/// What is wrong with entries that are no chain, and what to do.
pub fn broken(fault: &ChainError) -> String {
    format!("{fault}; compare the entries with the bucket's object versions")
}

/// What is wrong with an entry that names another checkpoint than the entries before it add up to, and what to do.
pub fn misnamed(entry: u64) -> String {
    format!(
        "the checkpoint that ledger entry {entry} names differs from the entries before it, and functions start from it: halt the \
         fleet, and compare the entries with the bucket's object versions"
    )
}

/// What is said of such a chain: why, where it lies, and how many entries can be believed.
pub fn altered(why: impl Display, bucket: &str, before: usize) -> String {
    format!("ALTERED: {why}, bucket {bucket}; the {before} entries before it can be believed")
}

/// What is said of a chain that is not what another region, called `holder`, keeps of it.
pub fn departs(holder: &str, departure: Departure, kept: &KeptHead) -> String {
    format!("ALTERED: by what {holder} kept, it {}", departed(departure, kept))
}

/// What is said where it is not known what that region keeps.
pub fn kept_unread(holder: &str, why: impl Display) -> String {
    format!("what {holder} kept of it cannot be read: {why}")
}

/// What is said of an entry that claims a later time than `stored`, when S3 stored it.
pub fn from_the_future(seq: u64, stored: Timestamp) -> String {
    format!("entry {seq} says that it was written later than {stored:.0}, when S3 stored it: told with S3's time")
}

/// What is said where no entry is of the time that was asked for.
pub fn nothing_written(since: Timestamp, until: Timestamp) -> String {
    format!("Nothing was written from {since:.0} to {until:.0}.")
}

/// What is said of a release whose manifest the bucket of the region called `region` does not give.
pub fn bytes_untold(region: &str, version: &Version, release: ReleaseId, why: impl Display) -> String {
    format!("{region} cannot tell the bytes of {version} (release {release}): {why}")
}
