//! The chains, in the regions' own release buckets.

use crate::AwsPorts;
use meridian_domain::{Chain, Entry, RegionName};
use meridian_handlers::adapters::ledger;
use meridian_handlers::ports::{Answer, Ledger};

impl Ledger for AwsPorts {
    async fn entries(&self, region: &RegionName, chain: &Chain, from: u64) -> Answer<Vec<Entry>> {
        ledger::entries(self, &self.fleet.name, region, chain, from).await
    }

    async fn append(&self, region: &RegionName, chain: &Chain, entry: &Entry) -> Answer<()> {
        ledger::append(self, &self.fleet.name, region, chain, entry).await
    }

    async fn checkpoint(&self, region: &RegionName, chain: &Chain) -> Answer<Option<Vec<u8>>> {
        ledger::checkpoint(self, &self.fleet.name, region, chain).await
    }

    async fn keep(&self, region: &RegionName, chain: &Chain, seq: u64, checkpoint: Vec<u8>) -> Answer<()> {
        ledger::keep(self, &self.fleet.name, region, chain, seq, checkpoint).await
    }
}
