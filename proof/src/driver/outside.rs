//! Somebody who is no function at the ports of a world: a promise of the contract (`tests/src/contract`), which is tried on
//! this world as on `local`'s.

use super::desk::Desk;
use super::event::event;
use crate::ask::{Ask, Asked};
use crate::world::{Caller, Seconds, Who, World, stamp};
use serde_json::Value;
use std::cell::{Ref, RefCell};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// A world that nothing happens in but what somebody outside asks for, and what follows by itself.
#[derive(Debug)]
pub struct Outside {
    world: RefCell<World>,
    /// The functions that are called, and when.
    called: RefCell<Vec<(Seconds, Who)>>,
}

impl Outside {
    /// Somebody outside of a world.
    pub fn new(world: World) -> Self {
        Self { world: RefCell::new(world), called: RefCell::default() }
    }

    /// Ports of this world, called from home as of now.
    pub fn desk(&self) -> Desk {
        let world = self.world();
        Desk::new(stamp(world.now), world.setting.fleet.home.clone())
    }

    /// The world as it is now.
    pub fn world(&self) -> Ref<'_, World> {
        self.world.borrow()
    }

    /// The functions' events that have come due, each taken once. No function is called.
    pub fn take_events(&self) -> Vec<Value> {
        let world = self.world();
        let due = self.called.borrow_mut().extract_if(.., |(at, _)| *at <= world.now).collect::<Vec<_>>();
        due.into_iter().map(|(_, who)| event(&world, who)).collect()
    }

    /// Runs `act` to its end over `desk`. The world answers each port call at once, in the order in which they were asked, and
    /// runs on by itself while `act` sleeps or tries in vain. None where it waits for something else.
    pub fn hosts<T>(&self, desk: &Desk, act: impl Future<Output = T>) -> Option<T> {
        let mut act = pin!(act);
        loop {
            if let Poll::Ready(done) = act.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return Some(done);
            }
            let takes = self.answers_next(desk)?;
            self.passes(takes);
            desk.now.set(stamp(self.world().now));
        }
    }

    /// Answers the first port call that waits: seconds until that is heard.
    fn answers_next(&self, desk: &Desk) -> Option<Seconds> {
        let mut tickets = desk.tickets.borrow_mut();
        let ticket = tickets.iter_mut().find(|ticket| ticket.answer.is_none())?;
        let Asked { region, ask } = &ticket.asked;
        let world = &mut *self.world.borrow_mut();
        let region = world.setting.region_of(region);
        let caller = Caller::new(Who::Region(region), world.now);
        let answer = world.declines(&caller, region, ask).map_or_else(|| world.answer(&caller, region, ask), Err);
        let takes = match (ask, &answer) {
            (Ask::Sleep(_), _) => ask.takes(),
            (_, Err(failure)) => failure.takes(),
            // What a call that is answered takes is the histories' choice, and no promise.
            (_, Ok(_)) => 0,
        };
        ticket.answer = Some(answer);
        ticket.heard = true;
        ticket.waker.wake_by_ref();
        Some(takes)
    }

    /// Lets time pass, with what happens in it.
    fn passes(&self, takes: Seconds) {
        let world = &mut *self.world.borrow_mut();
        let until = world.now + takes;
        self.note_calls(world);
        loop {
            let setting = world.setting.clone();
            let due = world.regions.iter().enumerate().filter_map(|(region, place)| place.next_due(region, &setting));
            let Some(due) = due.min().filter(|due| *due <= until) else { break };
            world.now = world.now.max(due);
            for region in 0..world.regions.len() {
                world.ring(region);
                world.phase_ends(region);
            }
            self.note_calls(world);
        }
        world.now = until;
    }

    fn note_calls(&self, world: &mut World) {
        let now = world.now;
        self.called.borrow_mut().extend(world.called.drain(..).map(|(wait, who)| (now + wait, who)));
    }
}
