//! A night on one machine: a scenario, run to its end, told as it happens.

mod models;
mod people;
mod report;
mod scenario;
mod setup;
mod story;
mod teller;

pub use report::{Decision, ExecutionEnd, HubProjection, PageSent, REPORT_SCHEMA, RegionEnd, Report};
pub use scenario::{Ending, Expect, ModelName, Publish, Rerun, Scenario, ScenarioError, SetAside, names};
pub use story::{Line, Narrator, Tone};

use crate::direct::DirectPorts;
use crate::engine::{Engine, EngineError, Host, SharedWorld, lock};
use crate::host::in_process::{Actor, InProcess, Running};
use crate::host::wire::{Wire, WireError, WireSettings};
use crate::world::{FunctionName, InstallError, Invocation, World, WorldError};
use jiff::Timestamp;
use meridian_domain::{ChainError, Fleet, FleetError, NameError};
use meridian_handlers::context::{Context, FunctionKind, HandlerError};
use report::Remains;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use teller::Teller;

/// The fleet of the built-in scenarios: the repository's own `fleet.toml`, the one that the functions are built with.
const FLEET: &str = include_str!("../../../fleet.toml");

/// How to run a night.
#[derive(Clone, Debug)]
pub struct Options {
    /// The seed of everything that is random.
    pub seed: u64,
    /// Where the functions run.
    pub functions: Functions,
    /// Where evaluation pages and the functions' logs go.
    pub out: PathBuf,
}

/// Where the functions run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Functions {
    /// As futures in this process, on the ports directly.
    InProcess,
    /// As the real release binaries in this folder, over HTTP.
    Binaries(PathBuf),
}

/// Why a night could not be run. How it went is no error: that is the [`Report`].
#[derive(Debug, thiserror::Error)]
pub enum NightError {
    /// The scenario contradicts the fleet.
    #[error(transparent)]
    World(#[from] WorldError),
    /// The fleet policy.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// The champion could not be installed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The binaries could not be run.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The binaries, or time itself, got stuck.
    #[error(transparent)]
    Engine(#[from] EngineError<WireError>),
    /// Time got stuck.
    #[error(transparent)]
    InProcess(#[from] EngineError<Infallible>),
    /// A file could not be written.
    #[error("{path}: {source}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What training or a person did in the scenario did not work.
    #[error("{what}: {why}")]
    Person {
        /// What was tried.
        what: String,
        /// Why it did not work.
        why: String,
    },
    /// What comes with Meridian is damaged.
    #[error("built-in data: {0}")]
    Data(String),
}

/// Errors of data that is compiled in: a damaged build, not a user's input.
macro_rules! damaged {
    ($($error:ty),*) => {$(
        impl From<$error> for NightError {
            fn from(error: $error) -> Self {
                NightError::Data(error.to_string())
            }
        }
    )*};
}
damaged!(
    NameError,
    ChainError,
    serde_json::Error,
    meridian_scoring::ModelError,
    meridian_scoring::HoldoutError,
    meridian_scoring::ShapeError
);

/// Runs a night, telling each line as it happens.
///
/// # Errors
/// What kept the night from being run. A night that ends otherwise than its scenario expects is no error.
pub fn run(scenario: &Scenario, options: &Options, tell: &mut dyn FnMut(&Line)) -> Result<Report, NightError> {
    let fleet = Arc::new(Fleet::parse(FLEET)?);
    let (world, champion) = setup::world(scenario, &fleet, options.seed)?;
    let world: SharedWorld = Arc::new(Mutex::new(world));
    let mut narrator = Narrator::new((*fleet).clone());
    fleet.regions.iter().for_each(|region| narrator.meet_target(&champion.target(&fleet, region)));
    let mut teller = Teller::new((*fleet).clone(), narrator);
    teller.ledger = champion.chains(&fleet, &scenario.new)?;
    let night = Night { scenario, fleet: fleet.clone(), teller, tell };
    let night = match &options.functions {
        Functions::InProcess => night.live(Engine::new(world.clone(), in_process(&world, &fleet)?))?,
        Functions::Binaries(folder) => {
            let logs = options.out.join("logs");
            create(&logs)?;
            let settings = WireSettings::new(folder, logs, &fleet.name, &fleet.account);
            night.live(Engine::new(world.clone(), Wire::new(world.clone(), settings)?))?
        }
    };
    let mut world = lock(&world);
    let evaluations = write_evaluations(&mut world, &fleet, &night.teller.pages_written, &options.out)?;
    let ledger = night.teller.ledger;
    Ok(Remains { scenario, fleet: &fleet, seed: options.seed, ledger, evaluations }.report(&mut world))
}

/// A night under way.
struct Night<'a> {
    scenario: &'a Scenario,
    fleet: Arc<Fleet>,
    teller: Teller,
    tell: &'a mut dyn FnMut(&Line),
}

impl Night<'_> {
    /// From the first moment to the last, with what people do in between.
    fn live<H: Host>(mut self, mut engine: Engine<H>) -> Result<Self, NightError>
    where
        NightError: From<EngineError<H::Error>>,
    {
        for deed in people::deeds(self.scenario) {
            self.run_until(&mut engine, deed.at)?;
            let line = deed.done(engine.world(), &self.fleet, self.teller.narrator())?;
            self.teller.say(line, self.tell);
        }
        self.run_until(&mut engine, self.scenario.end())?;
        Ok(self)
    }

    fn run_until<H: Host>(&mut self, engine: &mut Engine<H>, at: Timestamp) -> Result<(), NightError>
    where
        NightError: From<EngineError<H::Error>>,
    {
        let (teller, tell) = (&mut self.teller, &mut *self.tell);
        engine.run_watched(at, |world: &mut World| teller.catch_up(world, tell))?;
        Ok(())
    }
}

/// The functions as futures, each call with ports of its own; like warm processes, one region's calls of one function
/// remember what the last one knew.
fn in_process(
    world: &SharedWorld,
    fleet: &Arc<Fleet>,
) -> Result<InProcess<impl FnMut(&Invocation, Actor) -> Running>, NightError> {
    let damaged = |error: HandlerError| NightError::Data(error.to_string());
    let mut contexts = BTreeMap::new();
    for region in &fleet.regions {
        for function in FunctionName::ALL {
            let context = Context::new(FLEET, region.name.clone()).map_err(damaged)?;
            contexts.insert((region.name.clone(), function), context);
        }
    }
    let fleet = fleet.clone();
    Ok(InProcess::new(world.clone(), move |invocation, actor| {
        let ports = DirectPorts::of(actor, fleet.clone());
        let context = contexts.get(&(invocation.region.clone(), invocation.function));
        let context = context.map(|context| context.for_request(&invocation.request_id));
        let (function, event) = (kind(invocation.function), invocation.payload.clone());
        Box::pin(async move {
            let context = context.ok_or("a function of a region that the fleet does not have")?;
            let answer = meridian_handlers::entry::invoke(function, &ports, &context, event).await;
            answer.map_err(|error| error.to_string())
        })
    }))
}

fn kind(function: FunctionName) -> FunctionKind {
    match function {
        FunctionName::Replication => FunctionKind::Replication,
        FunctionName::ShadowEval => FunctionKind::ShadowEval,
        FunctionName::Promote => FunctionKind::Promote,
        FunctionName::Rollback => FunctionKind::Rollback,
        FunctionName::Status => FunctionKind::Status,
    }
}

/// Copies the evaluation pages out of home's bucket, named by version; returns their names below `out`.
fn write_evaluations(
    world: &mut World,
    fleet: &Fleet,
    keys: &[String],
    out: &std::path::Path,
) -> Result<Vec<String>, NightError> {
    let mut names = Vec::new();
    for key in keys {
        let Some(body) = teller::object(world, fleet, &fleet.home, key) else { continue };
        let release = key.split('/').nth(1).and_then(|release| release.get(..12)).unwrap_or("release");
        let name = format!("evaluation-{release}.html");
        create(out)?;
        let path = out.join(&name);
        std::fs::write(&path, body).map_err(|source| NightError::Write { path, source })?;
        names.push(name);
    }
    Ok(names)
}

fn create(folder: &std::path::Path) -> Result<(), NightError> {
    std::fs::create_dir_all(folder).map_err(|source| NightError::Write { path: folder.to_owned(), source })
}
