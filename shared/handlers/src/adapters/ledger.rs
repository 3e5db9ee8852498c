//! The ledger's chains as small objects of a release bucket, each written once.

use super::errors::Call;
use crate::ports::{Answer, Artifacts};
use meridian_domain::{Chain, Entry, EntryError, FleetName, RegionName};

/// Entries of `chain` in `region`'s bucket with a sequence number of `from` or more, in order.
///
/// # Errors
/// The store's; `Refused` for an object that is no entry: a chain that cannot be read whole proves nothing.
pub async fn entries(
    store: &impl Artifacts,
    fleet: &FleetName,
    region: &RegionName,
    chain: &Chain,
    from: u64,
) -> Answer<Vec<Entry>> {
    let prefix = chain.prefix(fleet);
    let mut after = from.checked_sub(1).map(|last| chain.key(fleet, last));
    let mut entries = Vec::new();
    // A page is empty only at the end: that costs one more call and asks nothing of the page's size.
    loop {
        let keys = store.list(region, &prefix, after.as_deref()).await?;
        let Some(last) = keys.last() else { return Ok(entries) };
        after = Some(last.clone());
        for key in &keys {
            let bytes = store.get(region, key).await?;
            let refused = |error: EntryError| format!("{key} is not a ledger entry: {error}");
            let entry = Entry::from_bytes(&bytes);
            entries.push(entry.map_err(|error| Call::new(region, "GetObject").refused(refused(error)))?);
        }
    }
}

/// Adds an entry at its sequence number.
///
/// # Errors
/// The store's; `Conflict` where that number is taken.
pub async fn append(
    store: &impl Artifacts,
    fleet: &FleetName,
    region: &RegionName,
    chain: &Chain,
    entry: &Entry,
) -> Answer<()> {
    store.create(region, &chain.key(fleet, entry.seq), entry.to_bytes().into()).await.map(drop)
}
