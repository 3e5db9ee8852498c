//! Functions as futures in this process: no sockets, no threads, thousands of nights a minute.
//!
//! A handler's ports hold its [`Actor`]. Through it they call the world in the handler's name and sleep in virtual time;
//! the host polls the handler whenever that time has come.

use crate::engine::{Host, Progress, SharedWorld, lock};
use crate::services::iam::{Caller, SessionKeys};
use crate::services::{Operation, Outcome};
use crate::world::{Invocation, InvocationEnd, InvocationId};
use jiff::Timestamp;
use meridian_domain::RegionName;
use serde_json::Value;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// A handler at work: the function's answer, or the error that it reports, for people.
pub type Running = Pin<Box<dyn Future<Output = Result<Value, String>>>>;

/// One who acts in the world, as its ports see it. Clones are the same actor.
#[derive(Clone, Debug)]
pub struct Actor(Rc<ActorState>);

#[derive(Debug)]
struct ActorState {
    world: SharedWorld,
    invocation: Option<InvocationId>,
    killed: Cell<bool>,
    sleepers: RefCell<Vec<(Timestamp, Waker)>>,
}

impl Actor {
    fn new(world: SharedWorld, invocation: Option<InvocationId>) -> Self {
        Actor(Rc::new(ActorState { world, invocation, killed: Cell::new(false), sleepers: RefCell::default() }))
    }

    /// Somebody who is no function: a person, a test. For [`block_on`].
    pub fn outside(world: SharedWorld) -> Self {
        Actor::new(world, None)
    }

    /// The present, in virtual time.
    pub fn now(&self) -> Timestamp {
        lock(&self.0.world).now()
    }

    /// Calls the world in this actor's name. After [`Outcome::Killed`] the caller should await
    /// [`std::future::pending`]: the host drops it there.
    pub fn call<O: Operation>(&self, region: &RegionName, operation: O) -> Outcome<O::Output> {
        self.call_with(None, region, operation)
    }

    /// The same with the keys of a role's session.
    pub fn call_with<O: Operation>(
        &self,
        session: Option<SessionKeys>,
        region: &RegionName,
        operation: O,
    ) -> Outcome<O::Output> {
        let caller = Caller { invocation: self.0.invocation, session };
        let outcome = lock(&self.0.world).call_as(caller, region, operation);
        if matches!(outcome, Outcome::Killed) {
            self.0.killed.set(true);
        }
        outcome
    }

    /// Whether the world has killed this actor at a call.
    pub fn killed(&self) -> bool {
        self.0.killed.get()
    }

    /// Sleeps until a virtual moment; one that has come already does not wait.
    pub fn sleep_until(&self, until: Timestamp) -> Sleep {
        Sleep { actor: self.clone(), until }
    }

    /// The earliest moment that somebody in the future waits for.
    fn wakes_at(&self) -> Option<Timestamp> {
        self.0.sleepers.borrow().iter().map(|(until, _)| *until).min()
    }

    /// Forgets who sleeps, and wakes them: those who must wait longer say so again when they are polled.
    fn stir(&self) {
        let sleepers = std::mem::take(&mut *self.0.sleepers.borrow_mut());
        sleepers.into_iter().for_each(|(_, waker)| waker.wake());
    }
}

/// The future of [`Actor::sleep_until`].
#[derive(Debug)]
pub struct Sleep {
    actor: Actor,
    until: Timestamp,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.actor.now() >= self.until {
            return Poll::Ready(());
        }
        self.actor.0.sleepers.borrow_mut().push((self.until, context.waker().clone()));
        Poll::Pending
    }
}

/// Remembers that a future can go on without time passing, as after a yield.
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Polls until the future is done or waits for virtual time, or for nothing.
fn poll_now<T>(actor: &Actor, mut future: Pin<&mut (impl Future<Output = T> + ?Sized)>) -> Poll<T> {
    let woken = Arc::new(Woken(AtomicBool::new(false)));
    let waker = Waker::from(woken.clone());
    actor.stir();
    loop {
        woken.0.store(false, Ordering::Relaxed);
        let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_ready() || actor.killed() || !woken.0.load(Ordering::Relaxed) {
            return polled;
        }
    }
}

/// A future that can never end, because it waits for nothing that will happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the future waits for nothing that will happen")]
pub struct Stalled;

/// Runs somebody who is no function to the end, letting the world's time pass while they sleep. Functions that are
/// invoked meanwhile stay to be taken by an engine.
///
/// # Errors
/// Where the future waits for something other than virtual time, or was killed.
pub fn block_on<T, F: Future<Output = T>>(world: &SharedWorld, act: impl FnOnce(Actor) -> F) -> Result<T, Stalled> {
    beside(world, act, |until| {
        lock(world).run_until(until);
        Ok(())
    })
}

/// The same beside an engine: `pass` lets the time pass up to a moment, and functions run meanwhile.
///
/// # Errors
/// As [`block_on`], and what `pass` fails with.
pub fn beside<T, F: Future<Output = T>, E: From<Stalled>>(
    world: &SharedWorld,
    act: impl FnOnce(Actor) -> F,
    mut pass: impl FnMut(Timestamp) -> Result<(), E>,
) -> Result<T, E> {
    let actor = Actor::outside(world.clone());
    let mut future = pin!(act(actor.clone()));
    loop {
        if let Poll::Ready(output) = poll_now(&actor, future.as_mut()) {
            return Ok(output);
        }
        pass(actor.wakes_at().filter(|_| !actor.killed()).ok_or(Stalled)?)?;
    }
}

/// The host of functions that are futures, made by `F` from an invocation and its actor.
pub struct InProcess<F> {
    world: SharedWorld,
    factory: F,
    running: BTreeMap<InvocationId, (Actor, Running)>,
}

impl<F: FnMut(&Invocation, Actor) -> Running> InProcess<F> {
    /// A host whose functions are made by `factory`.
    pub fn new(world: SharedWorld, factory: F) -> Self {
        InProcess { world, factory, running: BTreeMap::new() }
    }

    fn advance(&mut self, id: InvocationId, actor: Actor, mut running: Running) -> Progress {
        let polled = catch_unwind(AssertUnwindSafe(|| poll_now(&actor, running.as_mut())));
        if actor.killed() {
            return Progress::Ended(InvocationEnd::Crashed);
        }
        match polled {
            Ok(Poll::Ready(Ok(answer))) => Progress::Ended(InvocationEnd::Answered(answer)),
            Ok(Poll::Ready(Err(error))) => Progress::Ended(InvocationEnd::FunctionError(error)),
            Err(panic) => Progress::Ended(InvocationEnd::FunctionError(panic_text(panic.as_ref()))),
            Ok(Poll::Pending) => {
                let until = actor.wakes_at().unwrap_or(Timestamp::MAX);
                self.running.insert(id, (actor, running));
                Progress::Sleeping { until }
            }
        }
    }
}

/// A function's panic is the call's failure.
fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("without a message"))
}

impl<F: FnMut(&Invocation, Actor) -> Running> Host for InProcess<F> {
    type Error = Infallible;

    fn start(&mut self, invocation: &Invocation) -> Result<Progress, Infallible> {
        let actor = Actor::new(self.world.clone(), Some(invocation.id));
        let running = (self.factory)(invocation, actor.clone());
        Ok(self.advance(invocation.id, actor, running))
    }

    fn resume(&mut self, id: InvocationId) -> Result<Progress, Infallible> {
        // One that is not there was dropped: to the world it died.
        let Some((actor, running)) = self.running.remove(&id) else {
            return Ok(Progress::Ended(InvocationEnd::Crashed));
        };
        Ok(self.advance(id, actor, running))
    }

    fn kill(&mut self, id: InvocationId) {
        self.running.remove(&id);
    }
}

impl<F> fmt::Debug for InProcess<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcess").field("running", &self.running.keys()).finish_non_exhaustive()
    }
}
