//! What happens.

use super::action::Action;
use super::bounds::Left;
use super::state::{Astray, Event, Running, State};
use crate::ask::Ask;
use crate::driver::Call;
use crate::world::{Done, Fault, Job, Past, Seconds, Strike, TIME_OUT, Who, checks};

/// Between two sweeps of a region.
const SWEEP: Seconds = 300;
/// CodePipeline gives an action up whose call is not answered.
const JOB_TIMEOUT: Seconds = 600;
/// New executions that people start, at most, once nothing moves any more.
const RERUNS: u8 = 2;
/// Port calls that no call needs: it goes round for ever.
const LONGEST: u32 = 400;

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

    /// Whether single port calls may be disturbed.
    fn disturbs_calls(&self) -> bool {
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
            Action::Parts(region, others) => {
                self.left.spend(|left| &mut left.parts);
                self.world.part(region, others, true);
                return Some(());
            }
            Action::Joins => {
                self.world.join();
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
            Action::Answers(number, strike) => {
                let running = self.running.take()?;
                if strike != Strike::None {
                    self.left.spend(|left| &mut left.strikes);
                    self.world.tell(|_| format!("  ({})", strike.words()));
                }
                self.answers(*running, number, strike);
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
                let call = Call::again(&self.world, &running.past);
                self.goes_on(running, call);
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
                self.world.rerun(self.newest, true);
            }
            Action::Night => {
                self.left.nights = self.left.nights.saturating_sub(1);
                self.arrive(2);
            }
            Action::Halts | Action::Lifts => {
                self.left.people = self.left.people.saturating_sub(1);
                if action == Action::Halts { self.world.halt() } else { self.world.lift() }
            }
            Action::Repairs(region) => self.world.repair(region),
            Action::Rests => self.rests(),
            Action::Tick | Action::Begins(..) | Action::Over(..) | Action::Parts(..) | Action::Joins => {}
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
            Event::Looks(region) => {
                self.at(SWEEP, Event::Looks(region));
                self.called(Who::Replication(region, None), 0);
            }
            Event::GivenUp(job) => self.world.gives_up(job),
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
        let (past, call) = (Past::new(who, self.world.now), Call::new(&self.world, who));
        self.goes_on(Running { past, attempt, waiting: Vec::new() }, call);
    }

    /// A call goes on to its next port call, and has it answered at once where nothing can happen to it.
    fn goes_on(&mut self, mut running: Running, mut call: Call) {
        loop {
            if let Some(done) = call.done() {
                return self.ended(&running, &call, done);
            }
            if self.world.breach.is_some() {
                return;
            }
            if self.world.now - call.caller.looked > TIME_OUT {
                return self.died(call.caller.who, running.attempt);
            }
            if call.asked() > LONGEST {
                return checks::never_ends(&mut self.world, call.caller.who);
            }
            let mut waiting = Vec::new();
            call.waiting(|number| waiting.push(number));
            if self.left.disturbs_calls() && self.is_disturbable() {
                let updates = |number| call.with_ask(number, |asked| matches!(asked.ask, Ask::Update(_)));
                running.waiting = waiting.into_iter().map(|n| (n, updates(n).unwrap_or(false))).collect();
                self.running = Some(Box::new(running));
                return;
            }
            let Some(number) = waiting.first().copied() else { return };
            self.exchange(&mut running, &mut call, number, Strike::None);
        }
    }

    /// A port call is answered, and the call hears it. In the model that takes no time.
    fn exchange(&mut self, running: &mut Running, call: &mut Call, number: u32, strike: Strike) {
        call.answer(&mut self.world, number, strike);
        running.past.takes(&call.caller, call.answered(number), self.world.now, number);
        call.hears(self.world.now, number);
    }

    fn answers(&mut self, mut running: Running, number: u32, strike: Strike) {
        let mut call = Call::again(&self.world, &running.past);
        self.exchange(&mut running, &mut call, number, strike);
        if strike == Strike::DiesAfter {
            return self.died(call.caller.who, running.attempt);
        }
        self.goes_on(running, call);
    }

    fn ended(&mut self, running: &Running, call: &Call, done: Done) {
        checks::on_end(&mut self.world, &call.caller, done);
        if done == Done::Failed {
            self.died(call.caller.who, running.attempt);
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

    /// Nothing has moved for long. The person whom the page told to, or the next night, starts the wave once more, as long as
    /// that can change anything; nothing goes wrong any more. Then the end must be one that may stand.
    fn rests(&mut self) {
        self.left = Left::default();
        self.astray.clear();
        let newest = self.newest;
        let on_newest = self.world.regions.iter().all(|place| place.serves_alone() == Some(newest));
        if !on_newest && self.world.may_start(newest) && self.reruns < RERUNS {
            self.reruns += 1;
            return self.world.rerun(newest, false);
        }
        self.ended = checks::ending(&mut self.world);
        self.over = true;
    }
}
