//! One call of a function, suspended at its port calls.

use super::desk::Desk;
use super::event::event;
use crate::ask::{Ask, Asked, Failure, Reply};
use crate::world::{Caller, Done, Past, Seconds, Strike, Who, World, stamp};
use meridian_handlers::context::HandlerError;
use meridian_handlers::entry;
use meridian_handlers::ports::ErrorKind;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

type Work = Pin<Box<dyn Future<Output = Result<serde_json::Value, HandlerError>>>>;

/// A call under way.
pub struct Call {
    /// What it has seen, for the checks.
    pub caller: Caller,
    desk: Rc<Desk>,
    work: Work,
    done: Option<Done>,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("caller", &self.caller).field("desk", &self.desk).finish_non_exhaustive()
    }
}

impl Call {
    /// A function is called: it runs up to its first port calls.
    pub fn new(world: &World, who: Who) -> Self {
        Self::at(world, who, world.now)
    }

    /// A call, made again from its answers.
    pub fn again(world: &World, past: &Past) -> Self {
        let mut call = Self::at(world, past.caller.who, past.caller.looked);
        for (number, now, answer) in past.answers() {
            if let Some(ticket) = call.desk.tickets.borrow_mut().iter_mut().find(|ticket| ticket.number == *number) {
                ticket.answer = Some(answer.clone());
            }
            call.hears(*now, *number);
        }
        call.caller = past.caller.clone();
        call
    }

    fn at(world: &World, who: Who, now: Seconds) -> Self {
        let setting = &world.setting;
        let region = world.runs_in(who);
        let desk = Rc::new(Desk::new(stamp(now), setting.fleet.home.clone()));
        let (ports, context, event) = (desk.clone(), setting.context(region), event(world, who));
        let work: Work = match who {
            Who::Wave(_) => Box::pin(async move { entry::promote(&*ports, &context, event).await }),
            Who::Region(_) => Box::pin(async move { entry::rollback(&*ports, &context, event).await }),
            Who::Replication(..) => Box::pin(async move { entry::replication(&*ports, &context, event).await }),
        };
        let mut call = Self { caller: Caller::new(who, now), desk, work, done: None };
        call.poll();
        call
    }

    fn poll(&mut self) {
        if self.done.is_some() {
            return;
        }
        if let Poll::Ready(result) = self.work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            self.done = Some(if result.is_ok() { Done::Well } else { Done::Failed });
        }
    }

    /// How it ended, once it has.
    pub fn done(&self) -> Option<Done> {
        self.done
    }

    /// Port calls so far.
    pub fn asked(&self) -> u32 {
        self.desk.numbers.get()
    }

    /// The port calls that wait for the world, by their numbers.
    pub fn waiting(&self, each: impl FnMut(u32)) {
        let tickets = self.desk.tickets.borrow();
        tickets.iter().filter(|ticket| ticket.answer.is_none()).map(|ticket| ticket.number).for_each(each);
    }

    /// What a port call asks.
    pub fn with_ask<T>(&self, number: u32, look: impl FnOnce(&Asked) -> T) -> Option<T> {
        let tickets = self.desk.tickets.borrow();
        tickets.iter().find(|ticket| ticket.number == number).map(|ticket| look(&ticket.asked))
    }

    /// The world answers a port call, and something may happen to it. Seconds until the call hears the answer; none where
    /// there is no such port call.
    pub fn answer(&mut self, world: &mut World, number: u32, strike: Strike) -> Option<Seconds> {
        let mut tickets = self.desk.tickets.borrow_mut();
        let ticket = tickets.iter_mut().find(|ticket| ticket.number == number && ticket.answer.is_none())?;
        let Asked { region, ask } = &ticket.asked;
        let region = world.setting.region_of(region);
        let unreachable = Err(Failure::of(ErrorKind::Unreachable));
        let answer = match (world.declines(&self.caller, region, ask), strike) {
            (Some(failure), _) => {
                world.declined(&self.caller, ask);
                Err(failure)
            }
            (None, Strike::TimedOut) => unreachable,
            (None, Strike::Throttled) => Err(Failure::of(ErrorKind::Throttled)),
            (None, Strike::Refused) => Err(Failure::of(ErrorKind::Refused)),
            (None, Strike::Late(seconds)) => {
                world.delays(&self.caller, region, ask, seconds);
                unreachable
            }
            (None, Strike::Lost) => {
                let answer = world.answer(&self.caller, region, ask);
                drop(answer);
                unreachable
            }
            (None, Strike::None | Strike::DiesBefore | Strike::DiesAfter) => {
                let lie = world.setting.lies.and_then(|lies| lies(world, ask));
                lie.map_or_else(|| world.answer(&self.caller, region, ask), Ok)
            }
        };
        self.caller.learns(world, region, ask, answer.as_ref().map_err(|failure| *failure));
        let takes = match &answer {
            Err(failure) if failure.takes_time() && !matches!(ask, Ask::Sleep(_)) => failure.takes(),
            _ => ask.takes(),
        };
        ticket.answer = Some(answer);
        Some(takes)
    }

    /// The call hears an answer, and runs up to its next port calls.
    pub fn hears(&mut self, now: Seconds, number: u32) {
        self.desk.hears(number);
        self.desk.now.set(stamp(now));
        self.poll();
    }

    /// What the world has answered a port call; none where it has not.
    pub fn answered(&self, number: u32) -> Option<Result<Reply, Failure>> {
        let tickets = self.desk.tickets.borrow();
        tickets.iter().find(|ticket| ticket.number == number)?.answer.clone()
    }
}
