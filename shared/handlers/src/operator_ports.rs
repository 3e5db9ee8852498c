//! Ports that may be kept from writing: a dry run of a command is the command, over ports that write nothing.

use crate::ports::{Answer, Artifacts, Clock, Images, Ledger, Listed, ObjectVersion};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::{Caller, Chain, Entry, Image, RegionName, Stored};

/// Reads what the ports behind it read. Where it does not write, a write is answered as one that went well, and does not happen.
pub struct OperatorPorts<'a, P> {
    /// The ports behind it.
    pub ports: &'a P,
    /// False for a dry run: writes are answered as done and nothing is sent.
    pub writes: bool,
}

impl<P: Ledger> Ledger for OperatorPorts<'_, P> {
    async fn entries(&self, region: &RegionName, chain: &Chain, from: u64) -> Answer<Vec<Stored>> {
        self.ports.entries(region, chain, from).await
    }

    async fn caller(&self) -> Caller {
        self.ports.caller().await
    }

    async fn append(&self, region: &RegionName, chain: &Chain, entry: &Entry) -> Answer<()> {
        if self.writes { self.ports.append(region, chain, entry).await } else { Ok(()) }
    }

    async fn checkpoint(&self, region: &RegionName, chain: &Chain) -> Answer<Option<Vec<u8>>> {
        self.ports.checkpoint(region, chain).await
    }

    async fn put_checkpoint(&self, region: &RegionName, chain: &Chain, seq: u64, checkpoint: Vec<u8>) -> Answer<()> {
        if self.writes { self.ports.put_checkpoint(region, chain, seq, checkpoint).await } else { Ok(()) }
    }
}

impl<P: Artifacts> Artifacts for OperatorPorts<'_, P> {
    async fn read(&self, region: &RegionName, key: &str, most: u64, sink: &mut dyn FnMut(&[u8])) -> Answer<u64> {
        self.ports.read(region, key, most, sink).await
    }

    async fn create(&self, region: &RegionName, key: &str, body: Bytes) -> Answer<ObjectVersion> {
        if self.writes { self.ports.create(region, key, body).await } else { Ok(ObjectVersion(String::new())) }
    }

    async fn replace(&self, region: &RegionName, key: &str, body: Bytes) -> Answer<ObjectVersion> {
        if self.writes { self.ports.replace(region, key, body).await } else { Ok(ObjectVersion(String::new())) }
    }

    async fn listed(&self, region: &RegionName, prefix: &str, after: Option<&str>) -> Answer<Vec<Listed>> {
        self.ports.listed(region, prefix, after).await
    }
}

impl<P: Images> Images for OperatorPorts<'_, P> {
    async fn has_image(&self, region: &RegionName, image: &Image) -> Answer<bool> {
        self.ports.has_image(region, image).await
    }
}

impl<P: Clock> Clock for OperatorPorts<'_, P> {
    fn now(&self) -> Timestamp {
        self.ports.now()
    }

    async fn sleep(&self, duration: SignedDuration) {
        self.ports.sleep(duration).await;
    }
}
