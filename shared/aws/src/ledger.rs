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
}
