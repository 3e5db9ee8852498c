//! A small world to try promises on: the reference fleet with a champion in service everywhere, in which home is
//! well and every other region is ill in a way of its own.
//!
//! | region | what is wrong |
//! |---|---|
//! | JP | SageMaker's control plane is dark; the data plane serves |
//! | AU | CloudWatch and SageMaker's control plane throttle; S3 lists nothing in time |
//! | BR | SNS throttles twice, then answers; CodePipeline is unavailable; S3 takes no object in time |
//!
//! Proof's world has JP's illness and the throttled control plane in AU.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::{
    Bounds, ConfigSpec, Fleet, Image, ModelSpec, Region, RegionName, ReleaseId, Routing, Sha256, Target, UpdateSpec,
    keys,
};
use meridian_handlers::ports::Ports;
use meridian_local::engine::{SharedWorld, lock};
use meridian_local::host::in_process::Actor;
use meridian_local::services::Outcome;
use meridian_local::services::sagemaker::{DescribeModelPackage, DescribeModelPackageOutput};
use meridian_local::world::{Fault, FaultKind, InstalledRelease, LiveFacts, Timing, What, World, WorldConfig};
use meridian_proof::driver::Outside;
use meridian_proof::world as modelled;
use serde_json::Value;
use std::collections::BTreeMap;
use std::error::Error;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

const FLEET: &str = include_str!("../../local/fleets/reference/fleet.toml");
const ARCHIVE: &[u8] = include_bytes!("../../local/models/v426.tar.gz");
/// The models' features.
const FEATURES: usize = 400;
const START: &str = "2026-11-20T03:00:00Z";
/// New instances come within so long.
const PROVISIONING: SignedDuration = SignedDuration::from_mins(3);
/// Silence that the heartbeat alarm notices: its five periods, two that CloudWatch looks back for, and one to evaluate in.
const SILENCE: SignedDuration = SignedDuration::from_secs(80);
/// The policy's soak, of which no promise asks.
const SOAK: SignedDuration = SignedDuration::from_mins(10);
/// Longer than a pipeline takes to call its next function.
const PATIENCE: u32 = 120;

/// The region whose control plane is dark.
pub const DARK: &str = "ap-northeast-1";
/// The region whose CloudWatch and whose control plane throttle.
pub const THROTTLED: &str = "ap-southeast-2";
/// The region that recovers at the third try, or not at all.
pub const FLAKY: &str = "sa-east-1";

/// What a promise is tried on.
#[derive(Debug)]
pub struct Stage<P, W = SharedWorld> {
    /// The ports that are held to the promise.
    pub ports: P,
    /// The policy that they act under.
    pub fleet: Arc<Fleet>,
    world: W,
}

/// What promises need of a world beside its ports.
pub trait Simulated {
    /// Whether its endpoints say how many instances they have.
    const SAYS_INSTANCES: bool;

    /// The release of this version.
    fn release(&self, version: &str) -> ReleaseId;

    /// The events of the functions that have been called since they were last taken.
    fn take_events(&self) -> Vec<Value>;
}

impl Simulated for SharedWorld {
    const SAYS_INSTANCES: bool = true;

    fn release(&self, version: &str) -> ReleaseId {
        release(version)
    }

    fn take_events(&self) -> Vec<Value> {
        lock(self).take_invocations().into_iter().map(|invocation| invocation.payload).collect()
    }
}

impl Simulated for Rc<Outside> {
    const SAYS_INSTANCES: bool = false;

    fn release(&self, version: &str) -> ReleaseId {
        let world = self.world();
        let own = world.setting.releases.iter().find(|(_, own)| own.as_str() == version);
        own.map_or_else(|| release(version), |(id, _)| *id)
    }

    fn take_events(&self) -> Vec<Value> {
        Outside::take_events(self)
    }
}

/// A function's call by the pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// To be answered once.
    pub id: String,
    /// What the answer before it asked to be told.
    pub continuation: Option<String>,
}

/// The world of a stage, and its fleet.
///
/// # Errors
/// The reference fleet or the repository's model cannot be used.
pub fn world() -> Result<(SharedWorld, Arc<Fleet>), Box<dyn Error>> {
    let fleet = Fleet::parse(FLEET)?;
    let start = START.parse()?;
    let new = WorldConfig::new(fleet.clone(), start, 7);
    // As proof's world: what comes within bounds comes at the lower one, and of readings that no decision depends on it has one.
    let provisioning = Bounds { min: PROVISIONING, max: PROVISIONING };
    let timing = Timing { provisioning, ..new.timing };
    let live = LiveFacts { rollback_leaves_failure_reason: false, ..new.live };
    let config = WorldConfig { faults: faults()?, health_checks: false, timing, live, ..new };
    let mut world = World::new(config)?;
    for region in &fleet.regions {
        let champion = Target::of(&fleet, region, release("v426"), &"v426".parse()?);
        world.install(&region.name, &installed(&fleet, &champion))?;
    }
    Ok((Arc::new(Mutex::new(world)), Arc::new(fleet)))
}

/// Proof's world of a stage, with the readings of `local`'s; in its ledger nothing is written yet.
///
/// # Errors
/// The fleet has fewer regions than a stage needs.
pub fn proof() -> Result<(Rc<Outside>, Arc<Fleet>), Box<dyn Error>> {
    let fleet = modelled::fleet(4, std::iter::empty(), SOAK.as_secs(), 120);
    let start = START.parse::<Timestamp>()?.as_second();
    let live = modelled::Live { soak_watched: true, silence: SILENCE.as_secs(), ..modelled::Live::default() };
    let mut setting = modelled::Setting::new(fleet, modelled::RELEASES, live, start);
    setting.hub = modelled::Chain::default();
    setting.regions = setting.regions.iter().map(|_| modelled::Chain::default()).collect();
    let mut world = modelled::World::new(Arc::new(setting), start, false);
    for (ill, fault) in [(DARK, modelled::Fault::Dark), (THROTTLED, modelled::Fault::Throttled)] {
        let place = world.setting.fleet.regions.iter().position(|region| region.name.as_str() == ill);
        world.fault(place.ok_or("an ill region is one of the fleet")?, fault, true);
    }
    let fleet = world.setting.fleet.clone();
    Ok((Rc::new(Outside::new(world)), fleet))
}

/// A release's identity, for names; there is no manifest to it.
pub fn release(version: &str) -> ReleaseId {
    ReleaseId(Sha256::of(version.as_bytes()))
}

/// One request that every model answers.
pub fn payload() -> String {
    vec!["0"; FEATURES].join(",")
}

fn faults() -> Result<Vec<Fault>, Box<dyn Error>> {
    let ill = |region: &str, kind, service, operation: Option<&str>| -> Result<Fault, Box<dyn Error>> {
        Ok(Fault { region: Some(region.parse()?), service, operation: operation.map(str::to_owned), ..Fault::of(kind) })
    };
    let service = |service| Some(meridian_local::world::Target::Service(service));
    use meridian_local::services::Service::{CloudWatch, CodePipeline, SageMaker, Sns};
    Ok(vec![
        ill(DARK, FaultKind::Dark, None, None)?,
        ill(THROTTLED, FaultKind::Throttle, service(CloudWatch), None)?,
        ill(THROTTLED, FaultKind::Throttle, service(SageMaker), None)?,
        ill(THROTTLED, FaultKind::TimeOut, None, Some("ListObjectsV2"))?,
        Fault { at_most: Some(2), ..ill(FLAKY, FaultKind::Throttle, service(Sns), None)? },
        ill(FLAKY, FaultKind::Unavailable, service(CodePipeline), None)?,
        ill(FLAKY, FaultKind::TimeOut, None, Some("PutObject"))?,
        ill(FLAKY, FaultKind::TimeOut, None, Some("InvokeEndpoint"))?,
    ])
}

fn archive_key() -> String {
    keys::archive(Sha256::of(ARCHIVE))
}

fn installed(fleet: &Fleet, champion: &Target) -> InstalledRelease {
    InstalledRelease {
        version: champion.version.to_string(),
        release: champion.release,
        instance_type: fleet.instance_type.clone(),
        model_name: champion.model.to_string(),
        config_name: champion.config.to_string(),
        image: "fraud-xgboost".to_owned(),
        execution_role: fleet.execution_role_arn(&fleet.home, champion.role),
        namespace: champion.role.namespace().to_owned(),
        archive_key: archive_key(),
        objects: BTreeMap::from([(archive_key(), Bytes::from_static(ARCHIVE))]),
    }
}

impl<P: Ports, W: Simulated> Stage<P, W> {
    /// A stage over a world, onto which the ports look.
    pub fn new(ports: P, world: W, fleet: Arc<Fleet>) -> Self {
        Stage { ports, fleet, world }
    }

    /// The region that is well.
    pub fn home(&self) -> &RegionName {
        &self.fleet.home
    }

    /// What the policy says of the region that is well.
    ///
    /// # Errors
    /// The fleet has no home.
    pub fn policy(&self) -> Result<&Region, Box<dyn Error>> {
        Ok(self.fleet.region(self.home()).ok_or("home is a region of the fleet")?)
    }

    /// How many instances home's endpoint has at this hour: the floor.
    ///
    /// # Errors
    /// The fleet has no home.
    pub fn instances(&self) -> Result<u32, Box<dyn Error>> {
        let (policy, now) = (self.policy()?, self.ports.now());
        Ok(self.fleet.scaling.as_ref().map_or(policy.instances, |scaling| policy.floor_at(scaling, now)))
    }

    /// How many instances home's endpoint says that it has, of so many.
    pub fn said(&self, instances: u32) -> Option<NonZeroU32> {
        NonZeroU32::new(instances).filter(|_| W::SAYS_INSTANCES)
    }

    /// The release of a version.
    pub fn release(&self, version: &str) -> ReleaseId {
        self.world.release(version)
    }

    /// The names of a version in home. `v426` is the champion; others are not there before [`Stage::prepare`].
    ///
    /// # Errors
    /// The version is none.
    pub fn target(&self, version: &str) -> Result<Target, Box<dyn Error>> {
        Ok(Target::of(&self.fleet, self.policy()?, self.release(version), &version.parse()?))
    }

    /// The model of a version in home, with the champion's archive.
    ///
    /// # Errors
    /// The version is none.
    pub fn model(&self, version: &str) -> Result<ModelSpec, Box<dyn Error>> {
        let target = self.target(version)?;
        Ok(ModelSpec {
            name: target.model,
            image: "fraud-xgboost".to_owned(),
            model_data_url: format!("s3://{}/{}", self.policy()?.bucket, archive_key()),
            feature_files: Vec::new(),
            execution_role: self.fleet.execution_role_arn(self.home(), target.role),
            namespace: target.role.namespace(),
            release: target.release,
            version: target.version,
            answer: meridian_domain::AnswerForm::default(),
            network_isolation: self.fleet.network_isolation,
            vpc: self.policy()?.vpc.clone(),
        })
    }

    /// The endpoint configuration of a version in home.
    ///
    /// # Errors
    /// The version is none.
    pub fn config(&self, version: &str) -> Result<ConfigSpec, Box<dyn Error>> {
        Ok(self.target(version)?.config_spec(&self.fleet, self.policy()?))
    }

    /// Creates model and configuration of a version in home, and says how to update to it without alarms.
    ///
    /// # Errors
    /// The ports do not create them.
    pub async fn prepare(&self, version: &str, routing: Routing) -> Result<UpdateSpec, Box<dyn Error>> {
        let config = self.config(version)?;
        self.ports.create_model(self.home(), &self.model(version)?).await?;
        self.ports.create_config(self.home(), &config).await?;
        Ok(self.update(&config, routing))
    }

    /// An update to a configuration, without alarms.
    pub fn update(&self, config: &ConfigSpec, routing: Routing) -> UpdateSpec {
        UpdateSpec {
            endpoint: self.fleet.endpoint.clone(),
            config: config.name.clone(),
            routing,
            termination_wait: SignedDuration::ZERO,
            max_execution: SignedDuration::from_hours(2),
            rollback_alarms: Vec::new(),
        }
    }

    /// Waits for the pipeline's next call of a function.
    ///
    /// # Errors
    /// None comes.
    pub async fn next_job(&self) -> Result<Job, Box<dyn Error>> {
        for _ in 0..PATIENCE {
            for event in self.world.take_events() {
                let text = |pointer| event.pointer(pointer)?.as_str().map(str::to_owned);
                if let Some(id) = text("/CodePipeline.job/id") {
                    return Ok(Job { id, continuation: text("/CodePipeline.job/data/continuationToken") });
                }
            }
            self.ports.sleep(SignedDuration::from_secs(1)).await;
        }
        Err("the pipeline calls nobody".into())
    }

    /// What an answer was, and how much virtual time it took.
    pub async fn timed<T>(&self, answer: impl Future<Output = T>) -> (T, SignedDuration) {
        let before = self.ports.now();
        let answer = answer.await;
        (answer, self.ports.now().duration_since(before))
    }
}

impl<P: Ports> Stage<P> {
    /// What has happened in the world so far, for effects that no port shows.
    pub fn happened(&self) -> Vec<What> {
        lock(&self.world).log().iter().map(|event| event.what.clone()).collect()
    }

    /// A model package, as SageMaker describes it: the ports show its approval only.
    ///
    /// # Errors
    /// There is none of this name in home.
    pub fn package(&self, arn: &str) -> Result<DescribeModelPackageOutput, Box<dyn Error>> {
        let actor = Actor::outside(self.world.clone());
        match actor.call(self.home(), DescribeModelPackage { model_package_name: arn.to_owned() }) {
            Outcome::Answer(answer) => Ok(answer?),
            Outcome::Late(..) | Outcome::Hang | Outcome::Killed => Err("home does not answer".into()),
        }
    }

    /// Home's registry has an image: no port pushes one.
    pub fn keep_image(&self, image: &Image) {
        lock(&self.world).keep_image(self.home(), image);
    }

    /// How often each operation was called in each region, retries included.
    pub fn calls(&self) -> BTreeMap<(RegionName, &'static str), u64> {
        lock(&self.world).calls().clone()
    }
}
