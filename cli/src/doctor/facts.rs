//! What the preflight asks for.

use meridian_aws::AwsPorts;
use meridian_aws::inspect::{BucketFacts, ModelFacts, NotKnown, PipelineFacts, Said, TopicFacts, WatchFacts};
use meridian_domain::heads::{Departure, KeptHead};
use meridian_domain::{Chain, EndpointView, Fleet, KeyId, Manifest, Region, RegionHistory, ServingRole};
use meridian_handlers::files;
use meridian_handlers::journal::Journal;
use meridian_handlers::ports::{Artifacts, Endpoints};
use meridian_handlers::replication::copies;
use meridian_preflight::{KeyFacts, KmsSigner, LentFacts, QuotaFacts, RoleFacts, SigningKeyFacts};

/// What stands in one region.
#[derive(Clone, Debug)]
pub struct RegionFacts {
    pub bucket: BucketFacts,
    pub watch: WatchFacts,
    pub topic: Said<TopicFacts>,
    pub endpoint: Said<EndpointView>,
    /// What the region's chain adds up to, its hashes checked.
    pub ledger: Said<RegionHistory>,
    /// The neighbour's chains that depart from what this region keeps of them.
    pub neighbours: Said<Vec<(Chain, KeptHead, Departure)>>,
    /// Whether the bytes of what serves lie in the region's own bucket, under the keys that its manifest names.
    pub bytes: Said<()>,
    /// Whether the region's own registry has the image of what serves; none where no manifest names one.
    pub image: Option<Said<()>>,
    /// Where the instances fetch what they run; absent where there is no endpoint.
    pub model: Said<ModelFacts>,
    pub key: Said<KeyFacts>,
    /// The role that the region lends to home.
    pub lent: Said<LentFacts>,
    /// The role that the region's instances run with.
    pub role: Said<RoleFacts>,
    /// The one that takes turns with it, where there are two.
    pub role_in_turn: Option<Said<RoleFacts>>,
    pub quota: Said<QuotaFacts>,
}

/// What only home has.
#[derive(Clone, Debug)]
pub struct HomeFacts {
    pub pipeline: Said<PipelineFacts>,
    pub package_group: Said<()>,
    /// What KMS says of the keys that sign releases, by the ids that policy gives them: of those that lie there.
    pub signing: Vec<(KeyId, Said<SigningKeyFacts>)>,
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
        Err(error) => Said::Unknown(NotKnown::Ledger(error)),
    };
    let manifest = manifest(ports, region, &ledger).await;
    RegionFacts {
        bucket: ports.inspect_bucket(region).await,
        watch: ports.inspect_watch(name).await,
        topic: ports.inspect_topic(name).await,
        neighbours: match copies::departures(ports, fleet, name).await {
            Ok(departed) => Said::Is(departed),
            Err(error) => Said::of(error),
        },
        bytes: bytes(ports, region, &manifest).await,
        image: match &manifest {
            Said::Is(manifest) => Some(ports.inspect_image(name, &manifest.image).await),
            _ => None,
        },
        key: meridian_preflight::key(ports, name).await,
        lent: meridian_preflight::lent(ports, name).await,
        role: meridian_preflight::role(ports, name, ServingRole::First).await,
        role_in_turn: match fleet.execution_role_in_turn {
            Some(_) => Some(meridian_preflight::role(ports, name, ServingRole::InTurn).await),
            None => None,
        },
        quota: meridian_preflight::quota(ports, name).await,
        model: match &endpoint {
            Said::Is(view) => ports.inspect_model(name, &view.config).await,
            other => other.clone().map(|_| ModelFacts::default()),
        },
        endpoint,
        ledger,
    }
}

/// Asks home for what only home has.
pub async fn home(ports: &AwsPorts) -> HomeFacts {
    HomeFacts {
        pipeline: ports.inspect_pipeline().await,
        package_group: ports.inspect_package_group().await,
        signing: signing(ports).await,
    }
}

async fn signing(ports: &AwsPorts) -> Vec<(KeyId, Said<SigningKeyFacts>)> {
    let mut facts = Vec::new();
    for key in &ports.fleet().signing.keys {
        if let Some(arn) = &key.kms {
            facts.push((key.id.clone(), KmsSigner::new(ports, arn).inspect().await));
        }
    }
    facts
}

/// What the region's own bucket says of the release that serves.
async fn manifest(ports: &AwsPorts, region: &Region, ledger: &Said<RegionHistory>) -> Said<Manifest> {
    let serving = match ledger {
        Said::Is(history) => history.serving.as_ref(),
        _ => return Said::Unknown(NotKnown::NoLedger),
    };
    let Some(serving) = serving else { return Said::Unknown(NotKnown::NothingServes) };
    match files::manifest(ports, &region.name, serving.target.release).await {
        Ok(manifest) => Said::Is(manifest),
        Err(error) if error.is_missing() => Said::Absent,
        Err(error) => Said::Unknown(NotKnown::File(error)),
    }
}

async fn bytes(ports: &AwsPorts, region: &Region, manifest: &Said<Manifest>) -> Said<()> {
    let Said::Is(manifest) = manifest else { return manifest.clone().map(drop) };
    match ports.list(&region.name, &manifest.archive.key, None).await {
        Ok(keys) if keys.contains(&manifest.archive.key) => Said::Is(()),
        Ok(_) => Said::Absent,
        Err(error) => Said::of(error),
    }
}
