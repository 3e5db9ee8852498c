//! How a night begins: v426 serves everywhere, and every region's ledger says so.

use super::error::NightError;
use super::features::features;
use super::models;
use super::scenario::{CHAMPION, ModelName, Scenario};
use super::site::Site;
use crate::world::{InstallError, InstalledRelease, World, WorldConfig};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::copies::KeptEntries;
use meridian_domain::heads::{KeptHead, neighbours};
use meridian_domain::{
    Actor, Chain, Entry, File, Fleet, Head, Holdout, Image, ImageVersion, Kind, Manifest, Provenance, Record, Region,
    RegionName, ReleaseId, Sha256, Stored, Target, Version, keys,
};
use meridian_evaluation::{Columns, GoldenRecords, HeldOut, HoldoutFacts, Records};
use meridian_handlers::signing;
use meridian_xgboost::Model;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// Golden records of the champion: as many as `shadow-eval` chooses.
const GOLDEN: usize = 200;

/// Where each region's registry keeps the serving container.
const IMAGE_REPOSITORY: &str = "sagemaker-xgboost";

/// What served before the night.
#[derive(Clone, Debug)]
pub(super) struct Champion {
    pub release: ReleaseId,
    /// The fleet as it was when it was installed.
    fleet: Arc<Fleet>,
    manifest: Manifest,
    objects: BTreeMap<String, Bytes>,
    golden: u32,
    /// What every release of these nights is evaluated on.
    holdout: Holdout,
    /// The region whose bucket has the hub's ledger.
    hub_in: RegionName,
}

/// The serving container's image, as every release of these nights names it.
pub(super) fn image() -> Result<Image, NightError> {
    Ok(Image {
        repository: IMAGE_REPOSITORY.parse()?,
        digest: Sha256::of(b"sagemaker-xgboost:3.0-5"),
        version: Some(ImageVersion::V3_0),
    })
}

/// A world in which the champion serves, at the scenario's start, wherever the scenario says nothing else.
pub(super) fn world(scenario: &Scenario, site: &Site, seed: u64) -> Result<(World, Champion), NightError> {
    let fleet = &site.fleet;
    let config = WorldConfig {
        deployment: Some(Arc::new(site.deployment.clone())),
        live: scenario.live.clone(),
        faults: scenario.fault.clone(),
        behaviours: scenario.behaviour.clone(),
        requests: fleet.shadow.as_ref().map(|_| requests()).transpose()?,
        features: scenario.feature.clone(),
        before: scenario.before,
        clients: scenario.clients.clone(),
        deliver_twice: scenario.deliver_twice,
        timing: scenario.timing.clone(),
        ..WorldConfig::new((**fleet).clone(), scenario.start, seed)
    };
    let mut world = World::new(config)?;
    // Trained the night before.
    let created = scenario.start.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(scenario.start);
    let hub_in = scenario.move_home.as_ref().map_or(&fleet.home, |own| &own.from).clone();
    let champion = Champion::new(site.before(scenario)?, created, hub_in)?;
    world.store(&champion.hub_in, BTreeMap::from([(champion.holdout.file().key, models::holdout())]))?;
    let image = image()?;
    for region in &fleet.regions {
        world.keep_image(&region.name, &image);
        if scenario.new.contains(&region.name) {
            world.never_served(&region.name);
            if region.name == fleet.home {
                world.store(&region.name, objects(fleet, &Chain::Home, &champion.before_the_first()?))?;
            }
            continue;
        }
        world.install(&region.name, &champion.installed(&region.name)?)?;
    }
    Ok((world, champion))
}

impl Champion {
    fn new(fleet: Arc<Fleet>, created: Timestamp, hub_in: RegionName) -> Result<Self, NightError> {
        let (archive, holdout) = (ModelName::Champion.archive(), models::holdout());
        let archive_digest = Sha256::of(&archive);
        let manifest = Manifest {
            schema: meridian_domain::MANIFEST_SCHEMA,
            fleet: fleet.name.clone(),
            version: version()?,
            created,
            archive: file(keys::archive(archive_digest), archive_digest, &archive),
            image: image()?,
            features: features(),
            feature_files: Vec::new(),
            operating_threshold: models::OPERATING_THRESHOLD,
            answer: meridian_domain::AnswerForm::default(),
            provenance: Provenance::default(),
        };
        let release = manifest.id();
        let (count, golden, [rows, positives]) = golden(&archive, &holdout)?;
        let (sha256, bytes) = (Sha256::of(&holdout), holdout.len() as u64);
        let holdout = Holdout { sha256, bytes, rows, positives };
        let signer = super::keys::training().map_err(NightError::Data)?;
        let signature = at_once(signing::sign(&signer, &fleet.signing, release, &manifest, created));
        let signature = signature.ok_or_else(|| NightError::Data("a key file answers at once".to_owned()))?;
        let signature = signature.map_err(|error| NightError::Data(error.to_string()))?;
        let objects = BTreeMap::from([
            (manifest.archive.key.clone(), archive),
            (keys::signature(release), Bytes::from(signature)),
            (keys::manifest(release), Bytes::from(manifest.to_bytes())),
            (keys::golden(release), golden),
        ]);
        Ok(Self { release, fleet, manifest, objects, golden: count, holdout, hub_in })
    }

    pub fn targets(&self) -> impl Iterator<Item = Target> {
        self.fleet.regions.iter().map(|region| self.target(region))
    }

    fn target(&self, region: &Region) -> Target {
        Target::of(&self.fleet, region, self.release, &self.manifest.version)
    }

    fn installed(&self, region: &RegionName) -> Result<InstalledRelease, NightError> {
        let (fleet, unknown) = (&self.fleet, || InstallError::UnknownRegion(region.clone()));
        let region = fleet.region(region).ok_or_else(unknown)?;
        let target = self.target(region);
        let model = target.model_spec(fleet, region, &self.manifest);
        let mut objects = self.objects.clone();
        let chain = Chain::Region(region.name.clone());
        let mut chains = vec![(chain, self.genesis(region)?)];
        if region.name == self.hub_in {
            chains.push((Chain::Home, self.hub_genesis()?));
        }
        for (chain, entries) in chains {
            objects.extend(self::objects(fleet, &chain, &entries));
        }
        objects.extend(self.copy_of_the_hub(&region.name)?);
        Ok(InstalledRelease {
            version: target.version.to_string(),
            release: target.release,
            instance_type: fleet.instance_type.clone(),
            model_name: target.model.to_string(),
            config_name: target.config.to_string(),
            image: model.image,
            execution_role: model.execution_role,
            namespace: model.namespace.to_owned(),
            archive_key: self.manifest.archive.key.clone(),
            objects,
        })
    }

    /// The beginning of a region's ledger: what was installed, and that it was proved.
    fn genesis(&self, region: &Region) -> Result<Vec<Entry>, NightError> {
        let (target, execution) = (self.target(region), installer()?);
        let attested = Record::Attested { release: self.release, version: target.version.clone() };
        let there = match region.kind {
            Kind::PilotLight => Record::Kept { target, execution },
            _ => Record::Confirmed { target, execution, golden: self.golden },
        };
        self.entries(vec![attested, there])
    }

    /// What the sweeps of a region kept of the hub's ledger before home was moved.
    fn copy_of_the_hub(&self, holder: &RegionName) -> Result<Option<(String, Bytes)>, NightError> {
        let before = Fleet { home: self.hub_in.clone(), ..(*self.fleet).clone() };
        if before.home == self.fleet.home || !neighbours(&before, holder).contains(&Chain::Home) {
            return Ok(None);
        }
        let entries = self.hub_genesis()?;
        let mut end = Head::default();
        entries.iter().try_for_each(|entry| end.follow(entry))?;
        let stored: Vec<Stored> = entries.into_iter().map(|entry| Stored::new(entry, self.manifest.created)).collect();
        Ok(KeptHead::of(&end).map(|head| {
            let kept = KeptEntries::new(head, None, &stored).to_bytes();
            (head.key(&before.name, holder, &Chain::Home), kept.into())
        }))
    }

    /// The beginning of the hub's ledger: the champion's wave is long over.
    fn hub_genesis(&self) -> Result<Vec<Entry>, NightError> {
        let (release, version) = (self.release, self.manifest.version.clone());
        self.entries(vec![
            self.holdout_approved(),
            Record::WaveStarted {
                release,
                version,
                execution: installer()?,
                late: Vec::new(),
                order: None,
                resumes: None,
                policy: None,
            },
            Record::Approved { release, created: self.manifest.created },
            Record::WaveEnded {
                release,
                execution: installer()?,
                lagging: Vec::new(),
                page: None,
                cleared: Vec::new(),
                again: false,
            },
        ])
    }

    /// The hub's ledger of a home from which no wave was started: on which records its first release will be evaluated.
    fn before_the_first(&self) -> Result<Vec<Entry>, NightError> {
        self.entries(vec![self.holdout_approved()])
    }

    fn holdout_approved(&self) -> Record {
        Record::HoldoutApproved { holdout: self.holdout, why: "the fleet's first hold-out".to_owned() }
    }

    fn entries(&self, records: Vec<Record>) -> Result<Vec<Entry>, NightError> {
        let mut head = Head::default();
        let mut entries = Vec::new();
        for record in records {
            let entry = head.entry(self.manifest.created, installer()?, record);
            head.follow(&entry)?;
            entries.push(entry);
        }
        Ok(entries)
    }

    /// Every chain at the beginning: those of `new` regions are empty.
    pub fn chains(&self, new: &[RegionName]) -> Result<BTreeMap<Chain, Vec<Entry>>, NightError> {
        let fleet = &self.fleet;
        let mut chains = BTreeMap::new();
        let hub = if new.contains(&fleet.home) { self.before_the_first()? } else { self.hub_genesis()? };
        chains.insert(Chain::Home, hub);
        for region in fleet.regions.iter().filter(|region| !new.contains(&region.name)) {
            chains.insert(Chain::Region(region.name.clone()), self.genesis(region)?);
        }
        Ok(chains)
    }
}

/// What customers ask, where endpoints capture it: records like those that training held out.
fn requests() -> Result<Arc<Records>, NightError> {
    let holdout = HeldOut::read(models::holdout().as_ref(), &Columns::standard(features()))?;
    Ok(Arc::new(holdout.records().clone()))
}

/// What a future answers that waits for nothing.
fn at_once<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(work).poll(&mut context) {
        std::task::Poll::Ready(done) => Some(done),
        std::task::Poll::Pending => None,
    }
}

/// A chain's entries as they lie in a bucket.
fn objects(fleet: &Fleet, chain: &Chain, entries: &[Entry]) -> BTreeMap<String, Bytes> {
    entries.iter().map(|entry| (chain.key(&fleet.name, entry.seq), Bytes::from(entry.to_bytes()))).collect()
}

fn installer() -> Result<Actor, NightError> {
    Ok("installation".parse()?)
}

fn version() -> Result<Version, NightError> {
    Ok(CHAMPION.parse()?)
}

fn file(key: String, sha256: Sha256, bytes: &Bytes) -> File {
    File { key, sha256, bytes: bytes.len() as u64 }
}

/// The champion's golden records as they lie in a bucket, how many they are, and how many records and positives they were
/// chosen from: the same in every night, so made once a process, which may live through thousands.
fn golden(archive: &Bytes, holdout: &Bytes) -> Result<(u32, Bytes, [u64; 2]), NightError> {
    static MADE: OnceLock<(u32, Bytes, [u64; 2])> = OnceLock::new();
    if let Some(made) = MADE.get() {
        return Ok(made.clone());
    }
    let model = Model::from_archive(archive.as_ref())?;
    let records = HeldOut::read(holdout.as_ref(), &Columns::standard(features()))?;
    let golden = GoldenRecords::choose(CHAMPION, &model, &records, GOLDEN)?;
    let count = u32::try_from(golden.records.len()).unwrap_or(u32::MAX);
    let bytes = Bytes::from(serde_json::to_vec(&golden)?);
    let HoldoutFacts { rows, positives, .. } = HoldoutFacts::of(&records);
    Ok(MADE.get_or_init(|| (count, bytes, [rows, positives])).clone())
}
