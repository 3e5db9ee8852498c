//! The chains, as small objects that are written once.

use crate::AwsPorts;
use crate::errors::Call;
use meridian_domain::{Chain, Entry, EntryError, RegionName};
use meridian_handlers::ports::{Answer, Artifacts, Ledger};

impl Ledger for AwsPorts {
    async fn entries(&self, region: &RegionName, chain: &Chain, from: u64) -> Answer<Vec<Entry>> {
        let prefix = chain.prefix(&self.fleet.name);
        let mut after = from.checked_sub(1).map(|last| chain.key(&self.fleet.name, last));
        let mut entries = Vec::new();
        // A page is empty only at the end: that costs one more call and asks nothing of the page's size.
        loop {
            let keys = self.list(region, &prefix, after.as_deref()).await?;
            let Some(last) = keys.last() else { return Ok(entries) };
            after = Some(last.clone());
            for key in &keys {
                let bytes = self.get(region, key).await?;
                entries.push(parse(region, key, &bytes)?);
            }
        }
    }

    async fn append(&self, region: &RegionName, chain: &Chain, entry: &Entry) -> Answer<()> {
        let key = chain.key(&self.fleet.name, entry.seq);
        self.create(region, &key, entry.to_bytes().into()).await?;
        Ok(())
    }
}

/// An object that is no entry is an error, not a gap: a chain that cannot be read whole proves nothing.
fn parse(region: &RegionName, key: &str, bytes: &[u8]) -> Answer<Entry> {
    let refused = |error: EntryError| format!("{key} is not a ledger entry: {error}");
    Entry::from_bytes(bytes).map_err(|error| Call::new(region, "GetObject").refused(refused(error)))
}
