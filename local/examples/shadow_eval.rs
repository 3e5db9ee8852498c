//! One job of the release binary `shadow-eval`, from the pipeline's call to its answer, against S3, SageMaker and
//! CodePipeline of the local world over HTTP: how long it took, and the most memory that its process held.
//!
//! ```text
//! cargo build --release -p shadow-eval && cargo build --release -p meridian-local --example shadow_eval
//! target/release/examples/shadow_eval --champion C.tar.gz --challenger N.tar.gz --holdout H.csv.gz --features F.txt \
//!     [--threshold 0.81] [--champion-cached] [--binaries target/release]
//! ```
//!
//! Prints one JSON object. With `--champion-cached` an evaluation before, which is not measured, has scored the champion.

#![allow(clippy::print_stdout, reason = "the result")]

use bytes::Bytes;
use meridian_domain::{
    Chain, Fleet, Image, ImageVersion, Provenance, Record, RegionHistory, RegionName, ReleaseId, Sha256, Target,
    Version,
};
use meridian_handlers::context::Context;
use meridian_handlers::context::FunctionKind;
use meridian_handlers::holdout::approve;
use meridian_handlers::journal::Journal;
use meridian_handlers::publish::{PublishSpec, publish};
use meridian_handlers::replication::start_execution;
use meridian_handlers::signing::KeyFile;
use meridian_local::direct::DirectPorts;
use meridian_local::engine::{Engine, Host, Progress, SharedWorld, lock};
use meridian_local::host::in_process::block_on;
use meridian_local::host::wire::{Wire, WireError, WireSettings};
use meridian_local::world::{Invocation, InvocationEnd, InvocationId, What, World, WorldConfig};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const FLEET: &str = include_str!("../fleets/reference/fleet.toml");
type Failure = Box<dyn Error>;

/// What was measured of a job, over all its calls.
#[derive(Default)]
struct Measured {
    seconds: f64,
    calls: u32,
    peak_kib: u64,
}

/// The host of `shadow-eval` alone: the other functions answer nothing at once.
struct OnlyShadowEval {
    wire: Wire,
    measured: Rc<RefCell<Measured>>,
}

impl OnlyShadowEval {
    #[expect(clippy::disallowed_methods, reason = "a measurement of the machine's own time")]
    fn timed(&mut self, run: impl FnOnce(&mut Wire) -> Result<Progress, WireError>) -> Result<Progress, WireError> {
        let began = Instant::now();
        let progress = run(&mut self.wire);
        let mut measured = self.measured.borrow_mut();
        measured.seconds += began.elapsed().as_secs_f64();
        measured.peak_kib =
            self.wire.processes().filter_map(|(_, pid)| peak(pid)).max().unwrap_or(0).max(measured.peak_kib);
        progress
    }
}

impl Host for OnlyShadowEval {
    type Error = WireError;

    fn start(&mut self, invocation: &Invocation) -> Result<Progress, WireError> {
        if invocation.function != FunctionKind::ShadowEval {
            return Ok(Progress::Ended(InvocationEnd::Answered(Value::Null)));
        }
        self.measured.borrow_mut().calls += 1;
        self.timed(|wire| wire.start(invocation))
    }

    fn resume(&mut self, id: InvocationId) -> Result<Progress, WireError> {
        self.timed(|wire| wire.resume(id))
    }

    fn kill(&mut self, id: InvocationId) {
        self.wire.kill(id);
    }
}

/// The most memory that a process has held, in KiB.
fn peak(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// What is evaluated.
struct Inputs {
    champion: Bytes,
    challenger: Bytes,
    holdout: Bytes,
    features: Vec<String>,
    threshold: f64,
}

impl Inputs {
    fn spec(&self, version: &str, archive: &Bytes) -> Result<PublishSpec, Failure> {
        Ok(PublishSpec {
            version: version.parse()?,
            archive: archive.clone(),
            features: self.features.clone(),
            feature_files: Vec::new(),
            operating_threshold: self.threshold,
            answer: meridian_domain::AnswerForm::default(),
            image: Image {
                repository: "sagemaker-xgboost".parse()?,
                digest: Sha256::of(b"image"),
                version: Some(ImageVersion::V3_0),
            },
            provenance: Provenance::default(),
        })
    }
}

struct Stage {
    world: SharedWorld,
    fleet: Arc<Fleet>,
    engine: Engine<OnlyShadowEval>,
    measured: Rc<RefCell<Measured>>,
}

impl Stage {
    fn new(binaries: PathBuf, logs: PathBuf) -> Result<Self, Failure> {
        let fleet = Fleet::parse(FLEET)?;
        let start = "2026-11-20T03:00:00Z".parse()?;
        let config = WorldConfig { health_checks: false, ..WorldConfig::new(fleet.clone(), start, 7) };
        let world: SharedWorld = Arc::new(Mutex::new(World::new(config)?));
        let mut settings = WireSettings::new(binaries, logs);
        settings.patience = Duration::from_secs(900);
        let measured = Rc::<RefCell<Measured>>::default();
        let host = OnlyShadowEval { wire: Wire::new(world.clone(), settings)?, measured: measured.clone() };
        let engine = Engine::new(world.clone(), host);
        Ok(Stage { world, fleet: Arc::new(fleet), engine, measured })
    }

    fn publish(&self, spec: PublishSpec) -> Result<ReleaseId, Failure> {
        let created = lock(&self.world).now();
        let fleet = self.fleet.clone();
        let version = spec.version.clone();
        let key = KeyFile::parse(&KeyFile::example_pem())?;
        let release = block_on(&self.world, async |actor| {
            publish(&DirectPorts::of(actor, fleet.clone()), &fleet, created, spec, &key).await
        })??;
        // Which `replication` would do, were it not silent here.
        self.record(Record::Attested { release, version })?;
        Ok(release)
    }

    /// The fleet's people have approved these records.
    fn approve(&self, records: &Bytes, features: &[String]) -> Result<(), Failure> {
        let (who, why) = ("before".parse()?, "measured".to_owned());
        let (fleet, records) = (self.fleet.clone(), records.clone());
        block_on(&self.world, async |actor| {
            approve(&DirectPorts::of(actor, fleet.clone()), &fleet, &who, records, features, why).await
        })??;
        Ok(())
    }

    /// Home's ledger says that the release serves.
    fn serves(&self, release: ReleaseId, version: &Version) -> Result<(), Failure> {
        let home: RegionName = self.fleet.home.clone();
        let region = self.fleet.region(&home).ok_or("home is a region of the fleet")?;
        let target = Target::of(&self.fleet, region, release, version);
        self.record(Record::Settled { target, execution: "before".parse()? })
    }

    /// Writes a record into home's own chain.
    fn record(&self, record: Record) -> Result<(), Failure> {
        let (home, fleet, actor) = (self.fleet.home.clone(), self.fleet.clone(), "before".parse()?);
        block_on(&self.world, async |caller| {
            let ports = DirectPorts::of(caller, fleet);
            let mut own = Journal::<RegionHistory>::open(&ports, &home, Chain::Region(home.clone())).await?;
            own.append_unless(&ports, &actor, record, |_| false).await
        })??;
        Ok(())
    }

    /// Runs one execution's job `Register` to its end, and says how it ended.
    fn register(&mut self, release: ReleaseId, version: &Version) -> Result<(String, Measured), Failure> {
        let context = Context::new(FLEET, self.fleet.home.clone())?;
        let fleet = self.fleet.clone();
        let before = lock(&self.world).log().len();
        block_on(&self.world, async |actor| {
            let ports = DirectPorts::of(actor, fleet);
            start_execution(&ports, &context, release, version, release.to_string()).await
        })??;
        let limit = lock(&self.world).now() + jiff::SignedDuration::from_hours(2);
        self.measured.replace(Measured::default());
        self.engine.run_while(limit, |world| ending(world, before).is_none())?;
        let how = ending(&lock(&self.world), before).ok_or("the job has not ended after two hours")?;
        Ok((how, self.measured.take()))
    }
}

/// How the job `Register` ended that was called after so many events.
fn ending(world: &World, before: usize) -> Option<String> {
    world.log().iter().skip(before).find_map(|event| match &event.what {
        What::ActionSucceeded { action, summary, .. } if action == "Register" => {
            Some(format!("succeeded: {}", summary.as_deref().unwrap_or_default()))
        }
        What::ActionFailed { action, message, .. } if action == "Register" => Some(format!("failed: {message}")),
        _ => None,
    })
}

fn main() -> Result<(), Failure> {
    let mut options: BTreeMap<String, String> = BTreeMap::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = if name == "--champion-cached" { String::new() } else { arguments.next().unwrap_or_default() };
        options.insert(name, value);
    }
    let path = |name: &str| options.get(name).map(PathBuf::from).ok_or(format!("{name} is missing"));
    let read = |name: &str| -> Result<Bytes, Failure> {
        let path = path(name)?;
        Ok(std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?.into())
    };
    let names = String::from_utf8(read("--features")?.to_vec())?;
    let inputs = Inputs {
        champion: read("--champion")?,
        challenger: read("--challenger")?,
        holdout: read("--holdout")?,
        features: names.lines().map(str::to_owned).collect(),
        threshold: options.get("--threshold").map_or(Ok(0.81), |text| text.parse())?,
    };
    let logs = std::env::temp_dir().join(format!("shadow-eval-{}", std::process::id()));
    std::fs::create_dir_all(&logs)?;
    let binaries = path("--binaries").unwrap_or_else(|_| PathBuf::from("target/release"));
    let mut stage = Stage::new(binaries, logs.clone())?;
    stage.approve(&inputs.holdout, &inputs.features)?;
    let champion = stage.publish(inputs.spec("v1", &inputs.champion)?)?;
    stage.serves(champion, &"v1".parse()?)?;
    if options.contains_key("--champion-cached") {
        let version = "v2".parse()?;
        let same = stage.publish(inputs.spec("v2", &inputs.champion)?)?;
        stage.register(same, &version)?;
    }
    let challenger = stage.publish(inputs.spec("v3", &inputs.challenger)?)?;
    let (how, Measured { seconds, calls, peak_kib }) = stage.register(challenger, &"v3".parse()?)?;
    let result = json!({ "seconds": seconds, "peak_mib": peak_kib as f64 / 1024.0, "calls": calls, "ended": how });
    println!("{result}");
    drop(stage);
    std::fs::remove_dir_all(logs)?;
    Ok(())
}
