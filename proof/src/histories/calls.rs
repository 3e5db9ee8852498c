//! Functions' calls in a history: how an event comes to its function, what meets the steps, and what the end means.

use super::coverage::{Delivery, State};
use super::run::{Event, Run};
use super::script::{Item, Whose};
use crate::ask::Ask;
use crate::driver::Call;
use crate::world::{Done, Fault, Seconds, Setting, Strike, TIME_OUT, Who, checks};
use rand_core::Rng;
use std::cmp::Reverse;

/// Port calls that no call needs: it goes round for ever.
const LONGEST: u32 = 400;
/// CodePipeline gives an action up whose call is not answered.
const JOB_TIMEOUT: Seconds = 1200;

/// A call under way.
pub(super) struct Running {
    pub serial: u32,
    pub call: Call,
    /// Which event it was called with, and which attempt at it this is.
    pub caller: usize,
    pub attempt: u8,
    /// Port calls that have their place in the queue.
    pub seen: u32,
}

/// A function's time-out: `replication` waits for a minute where regions are late.
fn time_out(who: Who) -> Seconds {
    if matches!(who, Who::Replication(..)) { 2 * TIME_OUT } else { TIME_OUT }
}

impl Run<'_> {
    /// An event arrives at its function, unless something happens to it on its way.
    pub(super) fn called(&mut self, caller: usize, attempt: u8) {
        let Some(who) = self.callers.get(caller).copied() else { return };
        let now = self.world.now;
        if attempt == 0 && !self.waiting.is_empty() {
            let state = self.state(self.concerns(who));
            let lost = self.take_waiting(|item| match item {
                Item::Loses { whose, .. } if is_meant(*whose, who, state) => Some(()),
                _ => None,
            });
            if lost.is_some() {
                self.delivered(Delivery::Lost, who);
                self.world.tell(|setting| format!("the event for {} is lost", caller_words(setting, who)));
                return self.unanswered(who);
            }
            let late = self.take_waiting(|item| match item {
                Item::Delays { whose, by, .. } if is_meant(*whose, who, state) => Some(*by),
                _ => None,
            });
            if let Some(by) = late {
                self.delivered(Delivery::Delayed, who);
                self.world.tell(|setting| format!("the event for {} is {by} s late", caller_words(setting, who)));
                self.unanswered(who);
                return self.at(now + by, Event::Called(caller, 0));
            }
            let double = self.take_waiting(|item| match item {
                Item::Doubles { whose, after, .. } if is_meant(*whose, who, state) => Some(*after),
                _ => None,
            });
            if let Some(after) = double {
                self.delivered(Delivery::Doubled, who);
                self.world.tell(|setting| {
                    format!("the event for {} will arrive again in {after} s", caller_words(setting, who))
                });
                self.at(now + after, Event::Called(caller, 3));
            }
        }
        if let Who::Wave(job) = who
            && self.concerned(job).is_some_and(|place| place.faults.has(Fault::Judge))
        {
            return self.died(caller, attempt);
        }
        self.world.tally.calls += 1;
        self.serials += 1;
        let call = Call::new(&self.world, who);
        let mut running = Running { serial: self.serials, call, caller, attempt, seen: 0 };
        let first = self.asks(&mut running);
        self.calls.push(running);
        self.goes_on(self.serials, first);
    }

    /// New port calls are on the desk: each is answered as soon as nothing else comes first. One that can be answered at once
    /// is returned.
    fn asks(&mut self, running: &mut Running) -> Option<u32> {
        let mut new = Vec::new();
        running.call.waiting(|number| new.extend((number >= running.seen).then_some(number)));
        self.world.tally.asked += new.len() as u32;
        running.seen = running.call.asked();
        if running.seen > LONGEST {
            checks::never_ends(&mut self.world, running.call.caller.who);
            return None;
        }
        // Side by side: any of them may come first.
        for place in (1..new.len()).rev() {
            let other = (self.random.next_u64() % (place as u64 + 1)) as usize;
            new.swap(place, other);
        }
        let alone = new.len() == 1;
        for number in new {
            let wait = self.pause(running.call.caller.who).unwrap_or(0);
            if alone && wait == 0 && !self.is_due(self.world.now) {
                return Some(number);
            }
            self.at(self.world.now + wait, Event::Answers(running.serial, number));
        }
        None
    }

    /// Whether something else is due by then.
    fn is_due(&self, when: Seconds) -> bool {
        self.world.breach.is_some() || self.queue.peek().is_some_and(|Reverse((due, ..))| *due <= when)
    }

    pub(super) fn answers(&mut self, serial: u32, number: u32) {
        self.goes_on(serial, Some(number));
    }

    pub(super) fn hears(&mut self, serial: u32, number: u32) {
        let next = self.heard(serial, number);
        self.goes_on(serial, next);
    }

    /// A call goes on, as far as nothing else happens meanwhile: a port call is answered, the answer is heard, the next one is
    /// asked.
    fn goes_on(&mut self, serial: u32, mut next: Option<u32>) {
        loop {
            self.ends(serial);
            let Some(number) = next.take() else { return };
            let Some(takes) = self.answered(serial, number) else { return };
            let when = self.world.now + takes;
            if self.is_due(when) {
                return self.at(when, Event::Hears(serial, number));
            }
            self.calm_steps += u32::from(when > self.calm);
            self.world.now = when;
            next = self.heard(serial, number);
        }
    }

    fn place(&self, serial: u32) -> Option<usize> {
        self.calls.iter().position(|running| running.serial == serial)
    }

    /// The world answers a port call: seconds until that is heard. None where the call is over, or dies of it.
    fn answered(&mut self, serial: u32, number: u32) -> Option<Seconds> {
        let place = self.place(serial)?;
        let running = self.calls.get(place)?;
        let (who, started) = (running.call.caller.who, running.call.caller.looked);
        let (region, updates, changes) = running.call.with_ask(number, |asked| {
            let region = self.world.setting.region_of(&asked.region);
            (region, matches!(asked.ask, Ask::Update(_)), asked.ask.changes())
        })?;
        if self.world.now - started > time_out(who) {
            self.world.tell(|_| "the function's time is up".to_owned());
            self.dies(place);
            return None;
        }
        let strike = self.strike(who, updates);
        if strike == Strike::DiesBefore {
            self.dies(place);
            return None;
        }
        let takes = self.calls.get_mut(place)?.call.answer(&mut self.world, number, strike)?;
        if changes {
            self.after(region);
        }
        if strike == Strike::DiesAfter {
            let place = self.place(serial)?;
            self.dies(place);
            return None;
        }
        Some(takes)
    }

    /// The call hears an answer, and asks on.
    fn heard(&mut self, serial: u32, number: u32) -> Option<u32> {
        let place = self.place(serial)?;
        let mut running = self.calls.swap_remove(place);
        running.call.hears(self.world.now, number);
        let next = self.asks(&mut running);
        self.calls.push(running);
        next
    }

    /// A call that has returned is over.
    fn ends(&mut self, serial: u32) {
        let Some(place) = self.place(serial) else { return };
        let Some(done) = self.calls.get(place).and_then(|running| running.call.done()) else { return };
        let Running { call, caller, attempt, .. } = self.calls.swap_remove(place);
        checks::on_end(&mut self.world, &call.caller, done);
        if done == Done::Failed {
            self.died(caller, attempt);
        }
    }

    fn dies(&mut self, place: usize) {
        let Running { caller, attempt, .. } = self.calls.swap_remove(place);
        self.died(caller, attempt);
    }

    fn pause(&mut self, who: Who) -> Option<Seconds> {
        if self.waiting.is_empty() {
            return None;
        }
        let state = self.state(self.concerns(who));
        let by = self.take_waiting(|item| match item {
            Item::Pauses { whose, by, .. } if is_meant(*whose, who, state) => Some(*by),
            _ => None,
        })?;
        self.delivered(Delivery::Paused, who);
        self.world.tell(|setting| format!("  {} stands still for {by} s", caller_words(setting, who)));
        Some(by)
    }

    /// What strikes this port call. Only an update's request is worth delivering late: what else is sent carries its own time.
    fn strike(&mut self, who: Who, updates: bool) -> Strike {
        if self.waiting.is_empty() {
            return Strike::None;
        }
        let state = self.state(self.concerns(who));
        let strike = self.take_waiting(|item| match item {
            Item::Strikes { strike: Strike::Late(_), .. } if !updates => None,
            Item::Strikes { strike, whose, .. } if is_meant(*whose, who, state) => Some(*strike),
            _ => None,
        });
        let Some(strike) = strike else { return Strike::None };
        self.world.tally.struck += 1;
        self.world.tell(|_| format!("  ({})", strike.words()));
        if let Some(state) = state {
            self.cover(|coverage| coverage.strike(strike, state));
        }
        strike
    }

    /// A call that died or was lost: Lambda tries again twice, and CodePipeline gives the job up in the end.
    pub(super) fn died(&mut self, caller: usize, attempt: u8) {
        if let Some(who) = self.callers.get(caller).copied().filter(|_| attempt == 0) {
            self.unanswered(who);
        }
        self.again(caller, attempt);
    }

    pub(super) fn again(&mut self, caller: usize, attempt: u8) {
        if attempt < 2 {
            let wait = 60 * Seconds::from(attempt + 1);
            self.at(self.world.now + wait, Event::Called(caller, attempt + 1));
        }
    }

    pub(super) fn unanswered(&mut self, who: Who) {
        if let Who::Wave(job) = who {
            self.given_up.push(job);
            self.at(self.world.now + JOB_TIMEOUT, Event::GivenUp(self.given_up.len() - 1));
        }
    }
}

/// Whether this is the step or event that is meant; `state` is that of the region which it concerns.
fn is_meant(whose: Whose, who: Who, state: Option<State>) -> bool {
    match (whose, who) {
        (Whose::Wave, Who::Wave(_) | Who::Replication(..)) => true,
        (Whose::Region(one), Who::Region(other)) => one == other,
        (Whose::In(meant), _) => state == Some(meant),
        _ => false,
    }
}

fn caller_words(setting: &Setting, who: Who) -> String {
    match who {
        Who::Region(region) => format!("rollback {}", setting.title(region)),
        Who::Replication(region, _) => format!("replication {}", setting.title(region)),
        Who::Wave(job) => {
            let last = job.action == setting.fleet.regions.len();
            let action = if last { "verification".to_owned() } else { format!("place {}", job.action + 1) };
            format!("wave-{}'s {action}", job.execution + 1)
        }
    }
}
