//! A night that is simulated step by step: as fast as it goes, at a pace, or to a moment where it stands still while others
//! look at it through its door.

use super::error::{NightError, create};
use super::machine::Machine;
use super::options::Options;
use super::people::{self, Hands, Kind, ScriptedAction};
use super::report::{Remains, Report};
use super::scenario::Scenario;
use super::setup;
use super::site::Site;
use super::story::{Line, Narrator};
use super::teller::{self, Teller};
use crate::engine::{SharedWorld, lock};
use crate::http::{Door, Guests, Recorder};
use crate::world::{Invocation, World};
use jiff::Timestamp;
use meridian_domain::Fleet;
use std::collections::VecDeque;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// A night under way.
pub struct Session<'a> {
    scenario: &'a Scenario,
    seed: u64,
    out: PathBuf,
    record: Option<Arc<Recorder>>,
    site: Site,
    fleet: Arc<Fleet>,
    teller: Teller,
    /// What training and people have still to do, in order.
    scripted_actions: VecDeque<ScriptedAction<'a>>,
    // Before the engine, so that nobody calls a world whose functions are gone.
    door: Option<(Door, Guests)>,
    machine: Machine,
}

impl<'a> Session<'a> {
    /// The first moment of a night at a site: the champion serves, nothing has happened yet.
    ///
    /// # Errors
    /// The scenario contradicts the fleet, the stacks lack something, or the functions cannot be run.
    pub fn begin(site: Site, scenario: &'a Scenario, options: &Options) -> Result<Self, NightError> {
        let fleet = site.fleet.clone();
        let (world, champion) = setup::world(scenario, &site, options.seed)?;
        let world: SharedWorld = Arc::new(Mutex::new(world));
        let mut narrator = Narrator::new((*fleet).clone());
        champion.targets().for_each(|target| narrator.meet_target(&target));
        let mut teller = Teller::new((*fleet).clone(), narrator);
        teller.ledger = champion.chains(&scenario.new)?;
        let record = options.record.as_deref().map(Recorder::create).transpose()?.map(Arc::new);
        let machine = Machine::new(world, &site, options, record.clone())?;
        if !scenario.deploy.is_empty() {
            machine.deploys()?;
        }
        let scripted_actions = people::scripted_actions(scenario, &site)?.into();
        Ok(Session {
            scenario,
            seed: options.seed,
            out: options.out.clone(),
            record,
            site,
            fleet,
            teller,
            scripted_actions,
            door: None,
            machine,
        })
    }

    /// The fleet that the night is played with.
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// The world that the night is played in.
    pub fn world(&self) -> &SharedWorld {
        self.machine.world()
    }

    /// The present, in virtual time.
    pub fn now(&self) -> Timestamp {
        lock(self.world()).now()
    }

    /// Lets others call the world on a port of 127.0.0.1 (0: any that is free), for as long as this night runs.
    ///
    /// # Errors
    /// The port cannot be had.
    pub fn open_door(&mut self, port: u16) -> Result<&Door, NightError> {
        let guests = Guests::default();
        let door = Door::for_guests(self.world().clone(), port, guests.clone(), self.record.clone())
            .map_err(|source| NightError::Door { port, source })?;
        Ok(&self.door.insert((door, guests)).0)
    }

    /// The earliest moment for which a guest at the door waits: only a run to it ends the wait.
    pub fn awaited(&self) -> Option<Timestamp> {
        self.door.as_ref().and_then(|(_, guests)| guests.earliest())
    }

    /// What was invoked since this was last asked, where functions run [elsewhere](Functions::Elsewhere).
    pub fn take_invocations(&mut self) -> Vec<Invocation> {
        self.machine.take_invocations()
    }

    /// Runs up to and at a moment, with what people do until then; virtual time then stands there.
    ///
    /// # Errors
    /// The functions cannot be run any more, or what a person did in the scenario did not work.
    pub fn run_until(&mut self, at: Timestamp, tell: &mut dyn FnMut(&Line)) -> Result<(), NightError> {
        while let Some(action) = self.scripted_actions.pop_front_if(|action| action.at <= at) {
            self.pass(action.at, tell)?;
            if let Kind::Deploy(own, site) = &action.what {
                self.machine.deploy(site, &own.region, &self.out)?;
                if own.region == self.fleet.home {
                    // People are asked for what home's functions go by.
                    self.site = site.clone();
                }
            }
            let world = self.world().clone();
            let mut hands = Hands { world: &world, machine: &mut self.machine };
            if let Some(line) = action.done(&mut hands, &self.site, self.teller.narrator())? {
                self.teller.say(line, tell);
            }
        }
        self.pass(at, tell)?;
        if let Some((_, guests)) = &self.door {
            guests.wake(self.now());
        }
        self.record.as_ref().map_or(Ok(()), |record| Ok(record.check()?))
    }

    fn pass(&mut self, at: Timestamp, tell: &mut dyn FnMut(&Line)) -> Result<(), NightError> {
        let teller = &mut self.teller;
        let watch = |world: &mut World| teller.catch_up(world, tell);
        self.machine.run_watched(at, watch)
    }

    /// How it went so far. Whether that is as expected is only asked of a night at its end.
    ///
    /// # Errors
    /// An evaluation page cannot be written.
    pub fn report(&self) -> Result<Report, NightError> {
        let mut world = lock(self.world());
        let evaluations = write_evaluations(&mut world, &self.fleet, &self.teller.pages_written, &self.out)?;
        let ledger = self.teller.ledger.clone();
        let remains = Remains { scenario: self.scenario, fleet: &self.fleet, seed: self.seed, ledger, evaluations };
        Ok(remains.report(&mut world))
    }
}

impl fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("scenario", &self.scenario.name).finish_non_exhaustive()
    }
}

/// Copies the evaluation pages out of home's bucket, named by version; returns their names below `out`.
fn write_evaluations(world: &mut World, fleet: &Fleet, keys: &[String], out: &Path) -> Result<Vec<String>, NightError> {
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
