//! A command without its effects: what it would do is what it does, over ports that write nothing.

use crate::ports::{Answer, Artifacts, Clock, Ledger, Listed, ObjectVersion};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::{Caller, Chain, Entry, RegionName, Stored};

/// Reads what the ports behind it read. A write is answered as one that went well, and does not happen.
pub struct Rehearsal<'a, P>(pub &'a P);

impl<P: Ledger> Ledger for Rehearsal<'_, P> {
    async fn entries(&self, region: &RegionName, chain: &Chain, from: u64) -> Answer<Vec<Stored>> {
        self.0.entries(region, chain, from).await
    }

    async fn caller(&self) -> Caller {
        self.0.caller().await
    }

    async fn append(&self, _: &RegionName, _: &Chain, _: &Entry) -> Answer<()> {
        Ok(())
    }

    async fn checkpoint(&self, region: &RegionName, chain: &Chain) -> Answer<Option<Vec<u8>>> {
        self.0.checkpoint(region, chain).await
    }

    async fn keep(&self, _: &RegionName, _: &Chain, _: u64, _: Vec<u8>) -> Answer<()> {
        Ok(())
    }
}

impl<P: Artifacts> Artifacts for Rehearsal<'_, P> {
    async fn read(&self, region: &RegionName, key: &str, most: u64, sink: &mut dyn FnMut(&[u8])) -> Answer<u64> {
        self.0.read(region, key, most, sink).await
    }

    async fn create(&self, _: &RegionName, _: &str, _: Bytes) -> Answer<ObjectVersion> {
        Ok(ObjectVersion(String::new()))
    }

    async fn replace(&self, _: &RegionName, _: &str, _: Bytes) -> Answer<ObjectVersion> {
        Ok(ObjectVersion(String::new()))
    }

    async fn listed(&self, region: &RegionName, prefix: &str, after: Option<&str>) -> Answer<Vec<Listed>> {
        self.0.listed(region, prefix, after).await
    }
}

impl<P: Clock> Clock for Rehearsal<'_, P> {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep(&self, duration: SignedDuration) {
        self.0.sleep(duration).await;
    }
}
