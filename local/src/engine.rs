//! The scheduler: one world, one actor at a time, always in the same order.
//!
//! Virtual time stands still while a function runs, and moves only when every function sleeps. So a night is the same
//! to the byte whether its functions are futures in this process or processes of their own: what a [`Host`] is.

use crate::world::{Invocation, InvocationEnd, InvocationId, World};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The world, as the engine, the hosts and the doors share it.
pub type SharedWorld = Arc<Mutex<World>>;

/// The world for the time of one call. A panic elsewhere does not take the world away: what it has recorded is wanted
/// all the more then.
pub fn lock(world: &SharedWorld) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How far a function got.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// It waits for virtual time.
    Sleeping {
        /// When it goes on. [`Timestamp::MAX`] where only its deadline will end the wait.
        until: Timestamp,
    },
    /// It is done, one way or another.
    Ended(InvocationEnd),
}

/// Where functions run.
pub trait Host {
    /// What can be wrong with the host itself. A function that fails is not: that is an [`InvocationEnd`].
    type Error: std::error::Error + 'static;

    /// Runs a new invocation until it sleeps or ends.
    ///
    /// # Errors
    /// Where the host cannot run it at all.
    fn start(&mut self, invocation: &Invocation) -> Result<Progress, Self::Error>;

    /// Lets a sleeping invocation go on until it sleeps again or ends.
    ///
    /// # Errors
    /// Where the host cannot run it any more.
    fn resume(&mut self, id: InvocationId) -> Result<Progress, Self::Error>;

    /// Ends a sleeping invocation here and now: its deadline has come.
    fn kill(&mut self, id: InvocationId);
}

/// Why a run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError<E: std::error::Error + 'static> {
    /// The host failed.
    #[error(transparent)]
    Host(#[from] E),
    /// Something waits for no time at all, again and again.
    #[error("the world stands still at {at}: {STANDSTILL} steps without a moment passing")]
    Standstill {
        /// The moment, in virtual time, that does not pass.
        at: Timestamp,
    },
}

/// Steps at one moment that cannot be honest work any more.
const STANDSTILL: u32 = 100_000;

/// A world and the host of its functions, driven together.
#[derive(Debug)]
pub struct Engine<H: Host> {
    world: SharedWorld,
    host: H,
    asleep: BTreeMap<InvocationId, Timestamp>,
    still: (Timestamp, u32),
}

impl<H: Host> Engine<H> {
    /// An engine over a world that others may call too, as long as they do so between its runs or from its functions.
    pub fn new(world: SharedWorld, host: H) -> Self {
        let now = lock(&world).now();
        Engine { world, host, asleep: BTreeMap::new(), still: (now, 0) }
    }

    /// The world that it runs, shared with those who call it too.
    pub fn world(&self) -> &SharedWorld {
        &self.world
    }

    /// The host that the functions run in.
    pub fn host(&self) -> &H {
        &self.host
    }

    /// The host, for what it has to hand over between the engine's runs.
    pub fn host_mut(&mut self) -> &mut H {
        &mut self.host
    }

    /// Runs everything that is due up to and at a moment; virtual time then stands there.
    ///
    /// # Errors
    /// Where the host fails or time does.
    pub fn run_until(&mut self, end: Timestamp) -> Result<(), EngineError<H::Error>> {
        while self.tick(end)? {}
        lock(&self.world).run_until(end);
        Ok(())
    }

    /// Runs to a moment like [`Engine::run_until`], and lets somebody look at the world after each step.
    ///
    /// # Errors
    /// Where the host fails or time does.
    pub fn run_watched(
        &mut self,
        end: Timestamp,
        mut watch: impl FnMut(&mut World),
    ) -> Result<(), EngineError<H::Error>> {
        while self.tick(end)? {
            watch(&mut lock(&self.world));
        }
        let mut world = lock(&self.world);
        world.run_until(end);
        watch(&mut world);
        Ok(())
    }

    /// Runs while the world wants it, at the latest to `limit`, and says whether it was the world that stopped it. It is
    /// asked before the first step and after each one.
    ///
    /// # Errors
    /// Where the host fails or time does.
    pub fn run_while(
        &mut self,
        limit: Timestamp,
        mut go_on: impl FnMut(&World) -> bool,
    ) -> Result<bool, EngineError<H::Error>> {
        loop {
            if !go_on(&lock(&self.world)) {
                return Ok(true);
            }
            if !self.tick(limit)? {
                lock(&self.world).run_until(limit);
                return Ok(!go_on(&lock(&self.world)));
            }
        }
    }

    /// One step: invocations that came due, or else whatever is next by `limit`. False where nothing is.
    ///
    /// At one moment the world's own events come first, so that a function that wakes sees all of the moment; its
    /// deadline is one of them, and wins over its waking. Then sleepers, in the order in which they were invoked.
    fn tick(&mut self, limit: Timestamp) -> Result<bool, EngineError<H::Error>> {
        let due = lock(&self.world).take_invocations();
        if !due.is_empty() {
            for invocation in due {
                let progress = self.host.start(&invocation)?;
                self.settle(invocation.id, progress);
            }
            return Ok(true);
        }
        let event = lock(&self.world).next_event_at().filter(|at| *at <= limit);
        let sleeper = self.next_sleeper().filter(|(until, _)| *until <= limit);
        match (event, sleeper) {
            (None, None) => return Ok(false),
            (Some(at), Some((until, id))) if until < at => self.wake(id, until)?,
            (None, Some((until, id))) => self.wake(id, until)?,
            (Some(_), _) => {
                lock(&self.world).step();
                self.kill_ended();
            }
        }
        self.note_progress()?;
        Ok(true)
    }

    fn next_sleeper(&self) -> Option<(Timestamp, InvocationId)> {
        self.asleep.iter().map(|(id, until)| (*until, *id)).min()
    }

    fn wake(&mut self, id: InvocationId, at: Timestamp) -> Result<(), H::Error> {
        // Nothing of the world's own is due by then: this only moves its clock.
        lock(&self.world).run_until(at);
        self.asleep.remove(&id);
        let progress = self.host.resume(id)?;
        self.settle(id, progress);
        Ok(())
    }

    fn settle(&mut self, id: InvocationId, progress: Progress) {
        match progress {
            Progress::Sleeping { until } => {
                // A process that stands still does not wake, whatever it waits for.
                let thaws = lock(&self.world).stands_still(id);
                self.asleep.insert(id, thaws.map_or(until, |thaws| thaws.max(until)));
            }
            Progress::Ended(how) => lock(&self.world).invocation_ended(id, how),
        }
    }

    /// The world ends invocations whose deadline has come; the host then has to let go of them.
    fn kill_ended(&mut self) {
        let world = lock(&self.world);
        let ended: Vec<InvocationId> = self.asleep.keys().copied().filter(|id| !world.is_running(*id)).collect();
        drop(world);
        for id in ended {
            self.asleep.remove(&id);
            self.host.kill(id);
        }
    }

    fn note_progress(&mut self) -> Result<(), EngineError<H::Error>> {
        let now = lock(&self.world).now();
        self.still = if self.still.0 == now { (now, self.still.1 + 1) } else { (now, 0) };
        if self.still.1 > STANDSTILL { Err(EngineError::Standstill { at: now }) } else { Ok(()) }
    }
}
