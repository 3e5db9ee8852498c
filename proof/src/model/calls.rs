//! What happens.

use super::action::Action;
use super::bounds::Left;
use super::state::{Astray, Event, Running, State};
use crate::world::checks;
use crate::world::{Call, Fault, Flow, Hit, Job, Outcome, Seconds, Strike, Who};

/// Between two calls of a job that asks for it.
const CONTINUATION: Seconds = 60;
/// Between two sweeps of a region.
const SWEEP: Seconds = 300;
/// CodePipeline gives an action up whose call is not answered.
const JOB_TIMEOUT: Seconds = 600;
/// New executions that people start, at most, once nothing moves any more.
const RERUNS: u8 = 2;

impl Left {
    /// Whether one more of what goes wrong may happen, of a kind of which so many are left.
    pub fn allows(&self, of_a_kind: u8) -> bool {
        self.total > 0 && of_a_kind > 0
    }

    fn spend(&mut self, kind: impl Fn(&mut Left) -> &mut u8) {
        *kind(self) = kind(self).saturating_sub(1);
        self.total = self.total.saturating_sub(1);
        if self.total == 0 {
            let Self { actors, nights, people, .. } = *self;
            *self = Self { actors, nights, people, ..Self::default() };
        }
    }

    /// Whether single steps of calls may be disturbed.
    fn disturbs_steps(&self) -> bool {
        self.allows(self.strikes) || self.allows(self.stands)
    }
}

impl State {
    /// The state after an action; none where it cannot happen.
    pub fn after(&self, action: Action) -> Option<Self> {
        let mut next = self.clone();
        next.happens(action)?;
        next.settle();
        Some(next)
    }

    fn happens(&mut self, action: Action) -> Option<()> {
        match action {
            Action::Tick => return self.tick(),
            Action::Begins(region, fault) => {
                self.left.spend(|left| &mut left.faults);
                self.toggle(region, fault, true);
                // Others may begin and end in the same moment.
                return Some(());
            }
            Action::Over(region, fault) => {
                self.toggle(region, fault, false);
                return Some(());
            }
            _ => self.fresh = false,
        }
        match action {
            Action::Aws(region) => {
                self.world.ring(region);
                self.world.phase_ends(region);
            }
            Action::Due(place) => {
                let event = self.take_due(place)?;
                self.event(event);
            }
            Action::Arrives(place) => {
                let astray = (place < self.astray.len()).then(|| self.astray.remove(place))?;
                self.arrives(astray);
            }
            Action::Steps(strike) => {
                let running = self.running.take()?;
                if strike != Strike::None {
                    self.left.spend(|left| &mut left.strikes);
                }
                self.steps(*running, strike);
            }
            Action::Stands => {
                self.left.spend(|left| &mut left.stands);
                self.world.tell(|_| "  (the function stands still)".to_owned());
                let running = *self.running.take()?;
                self.standing.push(running);
            }
            Action::GoesOn(place) => {
                let running = (place < self.standing.len()).then(|| self.standing.remove(place))?;
                self.world.tell(|_| "  (the function goes on)".to_owned());
                self.goes_on(running);
            }
            Action::Doubles(place) => {
                let (_, Event::Called(who, _)) = *self.due.get(place)? else { return None };
                self.left.spend(|left| &mut left.doubles);
                self.astray.push(Astray::Event(who));
            }
            Action::Strays(place) => {
                let Event::Called(who, _) = self.take_due(place)? else { return None };
                self.left.spend(|left| &mut left.astray);
                self.world.tell(|_| "an event does not arrive in time".to_owned());
                self.astray.push(Astray::Event(who));
                self.unanswered(who);
            }
            Action::Beside => {
                self.left.actors = self.left.actors.saturating_sub(1);
                self.world.tell(|_| "a person starts an execution beside the one that runs".to_owned());
                self.arrive(self.newest, true);
            }
            Action::Night => {
                self.left.nights = self.left.nights.saturating_sub(1);
                self.arrive(2, false);
            }
            Action::Halts | Action::Lifts => {
                self.left.people = self.left.people.saturating_sub(1);
                if action == Action::Halts { self.world.halt() } else { self.world.lift() }
            }
            Action::Repairs(region) => self.world.repair(region),
            Action::Rests => self.rests(),
            Action::Tick | Action::Begins(..) | Action::Over(..) => {}
        }
        Some(())
    }

    fn tick(&mut self) -> Option<()> {
        let aws = (0..self.world.regions.len()).filter_map(|region| self.aws_due(region));
        let next = self.due.iter().map(|(at, _)| *at).chain(aws).min()?;
        self.world.now = next.max(self.world.now);
        self.fresh = true;
        Some(())
    }

    fn toggle(&mut self, region: usize, fault: Fault, on: bool) {
        self.world.fault(region, fault, on);
        self.world.ring(region);
    }

    fn take_due(&mut self, place: usize) -> Option<Event> {
        (place < self.due.len()).then(|| self.due.remove(place).1)
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Called(who, attempt) => self.called(who, attempt),
            Event::Sweep(region) => {
                self.at(SWEEP, Event::Sweep(region));
                self.called(Who::Region(region), 0);
            }
            Event::GivenUp(job) => self.answered(job, self.world.now, Outcome::Died),
        }
    }

    fn arrives(&mut self, astray: Astray) {
        self.world.tell(|_| astray.words().to_owned());
        match astray {
            // Nobody waits for the answer of an event that was doubled, nor tries again for it.
            Astray::Event(who) => self.called(who, 3),
            Astray::Request(request) => {
                if self.world.regions.get(request.region).is_some_and(crate::world::Region::plane_answers) {
                    self.world.request(request);
                }
            }
        }
    }

    fn called(&mut self, who: Who, attempt: u8) {
        let judge_is_dead = |job: Job| {
            let place = self.world.subject(job).and_then(|region| self.world.regions.get(region));
            place.is_some_and(|place| place.faults.has(Fault::Judge))
        };
        if let Who::Wave(job) = who
            && judge_is_dead(job)
        {
            return self.died(who, attempt);
        }
        match self.world.begin(who) {
            Ok(call) => self.goes_on(Running { call, attempt }),
            Err(outcome) => self.ended(who, self.world.now, attempt, outcome),
        }
    }

    /// A call plans its next step, and does it at once where nothing can happen to it.
    fn goes_on(&mut self, mut running: Running) {
        loop {
            if running.call.planned.is_none()
                && let Some(outcome) = self.world.plan(&mut running.call)
            {
                return self.end(running, outcome);
            }
            if self.world.breach.is_some() {
                return;
            }
            if self.left.disturbs_steps() {
                self.running = Some(Box::new(running));
                return;
            }
            match self.world.execute(&mut running.call, Hit::default()) {
                Flow::Ended(outcome) => return self.end(running, outcome),
                Flow::On(_) => {}
            }
        }
    }

    fn steps(&mut self, mut running: Running, strike: Strike) {
        match self.world.execute(&mut running.call, Hit { strike }) {
            Flow::Ended(outcome) => self.end(running, outcome),
            Flow::On(_) => self.goes_on(running),
        }
    }

    fn end(&mut self, running: Running, outcome: Outcome) {
        let Running { call, attempt } = running;
        let Call { who, started, .. } = call;
        self.ended(who, started, attempt, outcome);
    }

    fn ended(&mut self, who: Who, started: Seconds, attempt: u8, outcome: Outcome) {
        match (who, outcome) {
            (_, Outcome::Died) => self.died(who, attempt),
            (Who::Wave(job), _) => self.answered(job, started, outcome),
            (Who::Region(_), Outcome::Failed | Outcome::Broke) => self.again(who, attempt),
            (Who::Region(_), _) => {}
        }
    }

    /// A call that died: Lambda tries again twice, and CodePipeline gives the job up in the end.
    fn died(&mut self, who: Who, attempt: u8) {
        self.world.tell(|_| "  (the function dies)".to_owned());
        if attempt == 0 {
            self.unanswered(who);
        }
        self.again(who, attempt);
    }

    fn again(&mut self, who: Who, attempt: u8) {
        if attempt < 2 {
            self.at(60 * Seconds::from(attempt + 1), Event::Called(who, attempt + 1));
        }
    }

    fn unanswered(&mut self, who: Who) {
        if let Who::Wave(job) = who {
            self.at(JOB_TIMEOUT, Event::GivenUp(job));
        }
    }

    fn answered(&mut self, job: Job, started: Seconds, outcome: Outcome) {
        let since = job.since.unwrap_or(started);
        let was_open = self.world.is_open(job);
        let (next, wait) = match self.world.answer(job, since, outcome) {
            Some(next) => (next, if next.action == job.action { CONTINUATION } else { 0 }),
            None if was_open => match self.world.start_next() {
                Some(next) => (next, 0),
                None => return,
            },
            None => return,
        };
        self.at(wait, Event::Called(Who::Wave(next), 0));
    }

    /// Nothing has moved for long. The person whom the page told to, or the next night, starts the wave once more, as long as
    /// that can change anything; nothing goes wrong any more. Then the end must be one that may stand.
    fn rests(&mut self) {
        self.left = Left::default();
        self.astray.clear();
        let newest = self.newest;
        let on_newest = self.world.regions.iter().all(|place| place.serves_alone() == Some(newest));
        if !on_newest && self.world.may_start(newest) && self.reruns < RERUNS {
            self.reruns += 1;
            return self.arrive(newest, false);
        }
        self.ended = checks::ending(&mut self.world);
        self.over = true;
    }
}
