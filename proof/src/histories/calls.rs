//! Functions' calls in a history: how an event comes to its function, what meets the steps, and what the end means.

use super::coverage::{Delivery, State};
use super::run::{Event, Run};
use super::script::{Item, Whose};
use crate::world::{Call, Fault, Flow, Hit, Job, Outcome, Seconds, Setting, Strike, Who};
use meridian_domain::plan::{Act, Next};
use std::cmp::Reverse;

/// Between two calls of a job that asks for it.
const CONTINUATION: Seconds = 30;
/// CodePipeline gives an action up whose call is not answered.
const JOB_TIMEOUT: Seconds = 1200;

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
        match self.world.begin(who) {
            Ok(call) => {
                let slot = self.calls.iter().position(Option::is_none).unwrap_or(self.calls.len());
                if slot == self.calls.len() {
                    self.calls.push(None);
                }
                if let Some(place) = self.calls.get_mut(slot) {
                    *place = Some(call);
                }
                self.running += 1;
                self.steps_of(slot, caller, attempt);
            }
            Err(outcome) => self.over(caller, attempt, who, self.world.now, outcome),
        }
    }

    /// The steps of a call, as far as nothing else happens meanwhile.
    pub(super) fn steps(&mut self, slot: usize) {
        // Which event it was, and which attempt, is packed beside the slot.
        let (slot, attempt, caller) = unpack(slot);
        self.steps_of(slot, caller, attempt);
    }

    pub(super) fn steps_of(&mut self, slot: usize, caller: usize, attempt: u8) {
        let Some(mut call) = self.calls.get_mut(slot).and_then(Option::take) else { return };
        loop {
            if call.planned.is_none() {
                if let Some(outcome) = self.world.plan(&mut call) {
                    return self.ended(call, caller, attempt, outcome);
                }
                if let Some(by) = self.pause(call.who) {
                    return self.later(call, slot, caller, attempt, by);
                }
            }
            let updates = matches!(&call.planned, Some(plan) if matches!(plan.next, Next::Do(Act::Update, ..)));
            let strike = self.strike(call.who, updates);
            let region = self.concerns(call.who);
            let flow = self.world.execute(&mut call, Hit { strike });
            self.after(region);
            match flow {
                Flow::Ended(outcome) => return self.ended(call, caller, attempt, outcome),
                Flow::On(seconds) => {
                    let next = self.world.now + seconds;
                    let first = self.queue.peek().is_none_or(|Reverse((when, ..))| *when > next);
                    if !first || self.world.breach.is_some() {
                        return self.later(call, slot, caller, attempt, seconds);
                    }
                    self.world.now = next;
                    self.calm_steps += u32::from(next > self.calm);
                }
            }
        }
    }

    pub(super) fn later(&mut self, call: Call, slot: usize, caller: usize, attempt: u8, by: Seconds) {
        if let Some(place) = self.calls.get_mut(slot) {
            *place = Some(call);
        }
        self.at(self.world.now + by, Event::Step(pack(slot, attempt, caller)));
    }

    pub(super) fn pause(&mut self, who: Who) -> Option<Seconds> {
        let state = self.state(self.concerns(who));
        let by = self.take_waiting(|item| match item {
            Item::Pauses { whose, by, .. } if is_meant(*whose, who, state) => Some(*by),
            _ => None,
        })?;
        self.delivered(Delivery::Paused, who);
        self.world.tell(|setting| format!("  {} stands still for {by} s", caller_words(setting, who)));
        Some(by)
    }

    /// What strikes this step. Only an update's request is worth delivering late: what else is sent carries its own time.
    pub(super) fn strike(&mut self, who: Who, updates: bool) -> Strike {
        let state = self.state(self.concerns(who));
        let strike = self.take_waiting(|item| match item {
            Item::Strikes { strike: Strike::Late(_), .. } if !updates => None,
            Item::Strikes { strike, whose, .. } if is_meant(*whose, who, state) => Some(*strike),
            _ => None,
        });
        let Some(strike) = strike else { return Strike::None };
        if let Some(state) = state {
            self.cover(|coverage| coverage.strike(strike, state));
        }
        strike
    }

    pub(super) fn ended(&mut self, call: Call, caller: usize, attempt: u8, outcome: Outcome) {
        self.running -= 1;
        let (who, started) = (call.who, call.started);
        self.world.end(call);
        self.over(caller, attempt, who, started, outcome);
    }

    pub(super) fn over(&mut self, caller: usize, attempt: u8, who: Who, started: Seconds, outcome: Outcome) {
        match (who, outcome) {
            (_, Outcome::Died) => self.died(caller, attempt),
            (Who::Wave(job), _) => self.answered(job, started, outcome),
            (Who::Region(_), Outcome::Failed | Outcome::Broke) => self.again(caller, attempt),
            (Who::Region(_), _) => {}
        }
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

    pub(super) fn answered(&mut self, job: Job, started: Seconds, outcome: Outcome) {
        let since = job.since.unwrap_or(started);
        let was_open = self.world.is_open(job);
        match self.world.answer(job, since, outcome) {
            Some(next) => {
                let wait = if next.action == job.action { CONTINUATION } else { 2 };
                self.call_at(self.world.now + wait, Who::Wave(next));
            }
            None if was_open => {
                if let Some(next) = self.world.start_next() {
                    self.call_at(self.world.now + 2, Who::Wave(next));
                }
            }
            None => {}
        }
    }
}

/// Whether this is the step or event that is meant; `state` is that of the region which it concerns.
fn is_meant(whose: Whose, who: Who, state: Option<State>) -> bool {
    match (whose, who) {
        (Whose::Wave, Who::Wave(_)) => true,
        (Whose::Region(one), Who::Region(other)) => one == other,
        (Whose::In(meant), _) => state == Some(meant),
        _ => false,
    }
}

fn caller_words(setting: &Setting, who: Who) -> String {
    match who {
        Who::Region(region) => format!("rollback {}", setting.title(region)),
        Who::Wave(job) => {
            let last = job.action == setting.fleet.regions.len();
            let action = if last { "verification".to_owned() } else { format!("place {}", job.action + 1) };
            format!("wave-{}'s {action}", job.execution + 1)
        }
    }
}

fn pack(slot: usize, attempt: u8, caller: usize) -> usize {
    caller << 8 | slot << 2 | usize::from(attempt)
}

fn unpack(packed: usize) -> (usize, u8, usize) {
    ((packed >> 2) & 63, u8::try_from(packed & 3).unwrap_or(0), packed >> 8)
}
