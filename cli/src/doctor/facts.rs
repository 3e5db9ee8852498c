//! What the preflight asks for.

use meridian_aws::AwsPorts;
use meridian_aws::inspect::{BucketFacts, PipelineFacts, Said, TopicFacts, WatchFacts};

use meridian_domain::{Chain, EndpointView, Fleet, Region, RegionHistory};
use meridian_handlers::files;
use meridian_handlers::journal::Journal;
use meridian_handlers::ports::{Artifacts, Endpoints};

/// What stands in one region.
#[derive(Clone, Debug)]
pub struct RegionFacts {
    pub bucket: BucketFacts,
    pub watch: WatchFacts,
    pub topic: Said<TopicFacts>,
    pub endpoint: Said<EndpointView>,
    /// What the region's chain adds up to, its hashes checked.
    pub ledger: Said<RegionHistory>,
    /// Whether the bytes of what serves lie in the region's own bucket, under the keys that its manifest names.
    pub bytes: Said<()>,
}

/// What only home has.
#[derive(Clone, Debug)]
pub struct HomeFacts {
    pub pipeline: Said<PipelineFacts>,
    pub package_group: Said<()>,
}

/// Asks a region, one question after the other.
pub async fn region(ports: &AwsPorts, fleet: &Fleet, region: &Region) -> RegionFacts {
    let name = &region.name;
    let endpoint = match ports.describe(name, &fleet.endpoint).await {
        Ok(Some(view)) => Said::Is(view),
        Ok(None) => Said::Absent,
        Err(error) => Said::of(error),
    };
    let ledger = match Journal::<RegionHistory>::open(ports, name, Chain::Region(name.clone())).await {
        Ok(journal) => Said::Is(journal.history().clone()),
        Err(error) => Said::Unknown(error.to_string()),
    };
    RegionFacts {
        bucket: ports.inspect_bucket(region).await,
        watch: ports.inspect_watch(name).await,
        topic: ports.inspect_topic(name).await,
        bytes: bytes(ports, region, &ledger).await,
        endpoint,
        ledger,
    }
}

/// Asks home for what only home has.
pub async fn home(ports: &AwsPorts) -> HomeFacts {
    HomeFacts { pipeline: ports.inspect_pipeline().await, package_group: ports.inspect_package_group().await }
}

async fn bytes(ports: &AwsPorts, region: &Region, ledger: &Said<RegionHistory>) -> Said<()> {
    let serving = match ledger {
        Said::Is(history) => history.serving.as_ref(),
        _ => return Said::Unknown("the ledger does not say what serves".to_owned()),
    };
    let Some(serving) = serving else { return Said::Unknown("nothing serves yet".to_owned()) };
    let manifest = match files::manifest(ports, &region.name, serving.target.release).await {
        Ok(manifest) => manifest,
        Err(error) if error.is_missing() => return Said::Absent,
        Err(error) => return Said::Unknown(error.to_string()),
    };
    match ports.list(&region.name, &manifest.archive.key, None).await {
        Ok(keys) if keys.contains(&manifest.archive.key) => Said::Is(()),
        Ok(_) => Said::Absent,
        Err(error) => Said::of(error),
    }
}
