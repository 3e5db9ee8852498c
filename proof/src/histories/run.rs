//! Runs one script: the world's own time, the pipeline's calls, the regions' sweeps, and the script's items between them.

use super::calls::Running;
use super::coverage::{Coverage, Delivery, State};
use super::ended::{Ended, RandomHistory};
use super::repeats::{difference, is_event};
use super::script::{Item, START, Script};
use crate::random::{Random, stream};
use crate::world::{Breach, Fault, Job, Seconds, Setting, Strike, Who, World, checks};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// Steps (events and port calls) within which every history has come to its end once its faults have stopped.
pub const LIMIT: u32 = 50_000;
/// Seconds within which nothing may be left to move, once the faults have stopped and before a person does anything; executions, which
/// run one after the other, may each wait for a freeze of the whole fleet beside them.
const REST: Seconds = 8 * 3600;
/// Between two sweeps of a region.
const SWEEP: Seconds = 300;
/// New executions that people start, at most, once the faults have stopped.
const RERUNS: u32 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// An item begins.
    Begins(usize),
    /// A fault, or what parts regions, is over.
    Over(usize),
    /// A function is called, for the so-many-th time with this event.
    Called(usize, u8),
    /// The world answers a port call of a call: its serial number, and the port call's.
    Answers(u32, u32),
    /// The call hears the answer.
    Hears(u32, u32),
    /// A phase of a region's update may be over.
    Phase(usize),
    /// An alarm of a region may change.
    Alarm(usize),
    /// A request arrives that the network was late with.
    Request(usize),
    /// CodePipeline gives a job up.
    GivenUp(usize),
    /// A region's sweep, by `rollback`.
    Sweep(usize),
    /// Its other one, by `replication`: home's alone, where nobody could take over.
    Looks(usize),
}

pub(super) struct Run<'a> {
    pub(super) world: World,
    pub(super) script: &'a Script,
    pub(super) queue: BinaryHeap<Reverse<(Seconds, u32, Event)>>,
    pub(super) order: u32,
    /// Who is to be called, by number.
    pub(super) callers: Vec<Who>,
    /// Calls under way, and how many there have been.
    pub(super) calls: Vec<Running>,
    pub(super) serials: u32,
    pub(super) requests: Vec<crate::world::Request>,
    pub(super) given_up: Vec<Job>,
    /// When each region's next phase and alarm are queued for.
    pub(super) phases: Vec<Option<Seconds>>,
    pub(super) alarms: Vec<Option<Seconds>>,
    pub(super) states: Vec<Option<State>>,
    /// Items that wait for their event or port call, and how many port calls that they could meet they still let pass.
    pub(super) waiting: Vec<(usize, u8)>,
    pub(super) newest: usize,
    /// Which of the port calls that wait side by side is answered first.
    pub(super) random: Random,
    pub(super) calm: Seconds,
    pub(super) calm_steps: u32,
    pub(super) coverage: Option<&'a mut Coverage>,
}

/// Runs a script in its own setting, without its story, and says how it ended.
pub fn run(script: &Script, coverage: Option<&mut Coverage>) -> Ended {
    run_with(script, script.setting(), coverage, false).ended
}

/// Runs a script and tells it.
pub fn story(script: &Script) -> RandomHistory {
    run_with(script, script.setting(), None, true)
}

/// Runs a script in a setting of one's own.
pub fn run_with(script: &Script, setting: Setting, coverage: Option<&mut Coverage>, telling: bool) -> RandomHistory {
    let (ended, mut world) = Run::new(script, setting, coverage, telling).history();
    let mut history = RandomHistory { ended, lines: world.story.take().unwrap_or_default(), world };
    if script.events_only && history.ended.breach.is_none() {
        let clean =
            Script { items: script.items.iter().filter(|item| !is_event(item)).copied().collect(), ..script.clone() };
        let (_, other) = Run::new(&clean, clean.setting(), None, false).history();
        if let Some(what) = difference(&history.world, &other) {
            history.lines.push(format!("*** {}: {}", what.invariant(), what.words(&history.world.setting)));
            history.ended.breach = Some(Breach { what, at: history.world.now });
        }
    }
    history
}

impl<'a> Run<'a> {
    fn new(script: &'a Script, setting: Setting, coverage: Option<&'a mut Coverage>, telling: bool) -> Self {
        let regions = setting.targets.len();
        Self {
            world: World::new(Arc::new(setting), START, telling),
            script,
            queue: BinaryHeap::with_capacity(64),
            order: 0,
            callers: Vec::with_capacity(512),
            calls: Vec::new(),
            serials: 0,
            requests: Vec::new(),
            given_up: Vec::new(),
            phases: vec![None; regions],
            alarms: vec![None; regions],
            states: vec![None; regions],
            waiting: Vec::new(),
            newest: 1,
            random: stream(script.seed, &[script.number, 2]),
            calm: script.calm(),
            calm_steps: 0,
            coverage,
        }
    }

    pub(super) fn at(&mut self, when: Seconds, event: Event) {
        self.order += 1;
        self.queue.push(Reverse((when.max(self.world.now), self.order, event)));
    }

    pub(super) fn call_at(&mut self, when: Seconds, who: Who) {
        self.callers.push(who);
        self.at(when, Event::Called(self.callers.len() - 1, 0));
    }

    fn history(mut self) -> (Ended, World) {
        let regions = self.world.regions.len();
        for (number, item) in self.script.items.iter().enumerate() {
            if !matches!(item, Item::Behaves { .. } | Item::Lacks { .. }) {
                self.at(START + item.span().0, Event::Begins(number));
            }
        }
        for region in 0..regions {
            // Sweeps of different regions fall on different seconds.
            self.at(START + 37 * (region as Seconds + 1), Event::Sweep(region));
        }
        let home = self.world.setting.home();
        for region in (0..regions).filter(|region| self.script.deputies > 0 || *region == home) {
            self.at(START + 20 + 37 * region as Seconds, Event::Looks(region));
        }
        self.arrive(1);
        let mut ending = None;
        for reruns in 0..=RERUNS {
            if !self.until_rest() || self.world.breach.is_some() || reruns == RERUNS {
                break;
            }
            if let Some(ill) = self.script.only_ill().filter(|_| reruns == 0) {
                checks::only_the_ill_region_waits(&mut self.world, ill, self.script.is_mute());
            }
            let on_newest = self.world.regions.iter().all(|place| place.serves_alone() == Some(self.newest));
            if on_newest || !self.world.may_start(self.newest) {
                break;
            }
            // The next night, or the person whom the page told to: the same release once more.
            self.world.rerun(self.newest, false);
            self.flush();
        }
        if self.world.breach.is_none() {
            ending = checks::ending(&mut self.world);
        }
        let ended =
            Ended { breach: self.world.breach.clone(), ending, tally: self.world.tally, calm_steps: self.calm_steps };
        (ended, self.world)
    }

    fn arrive(&mut self, release: usize) {
        self.newest = self.newest.max(release);
        self.world.arrives(release);
        self.flush();
    }

    /// Queues the calls that the world asks for.
    pub(super) fn flush(&mut self) {
        while let Some((wait, who)) = self.world.called.pop() {
            self.call_at(self.world.now + wait, who);
        }
    }

    /// Runs until nothing moves and the script is over. False where that does not come, or something broke.
    fn until_rest(&mut self) -> bool {
        let mut quiet_since = None;
        let began = self.world.now.max(self.calm);
        while let Some(Reverse((when, _, event))) = self.queue.pop() {
            self.world.now = self.world.now.max(when);
            let calm = self.world.now > self.calm;
            self.calm_steps += u32::from(calm);
            self.handle(event);
            if self.world.breach.is_some() {
                return false;
            }
            if self.world.now > began + REST + self.held() || self.calm_steps > LIMIT {
                checks::never_rests(&mut self.world);
                return false;
            }
            let still = calm && self.is_still();
            quiet_since = if still { quiet_since.or(Some(self.world.now)) } else { None };
            // Long enough for a sweep of every region, and for what `rollback` only closes after a quarter of an hour.
            if quiet_since.is_some_and(|since| self.world.now - since > 1500) {
                return true;
            }
        }
        true
    }

    /// Seconds for which all executions of so far may wait for a freeze to end.
    fn held(&self) -> Seconds {
        let hold = Seconds::try_from(self.world.setting.fleet.wave.hold.as_secs()).unwrap_or(0);
        hold * Seconds::try_from(self.world.executions.len()).unwrap_or(0)
    }

    fn is_still(&self) -> bool {
        // Who only looks moves nothing.
        let looks = |running: &Running| matches!(running.call.caller.who, Who::Replication(_, None));
        self.calls.iter().all(looks)
            && self.world.is_idle()
            && self.world.regions.iter().all(|place| place.update.is_none())
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Begins(item) => self.begins(item),
            Event::Over(item) => match self.script.items.get(item).copied() {
                Some(Item::Holds { fault, region, .. }) => {
                    self.world.fault(region, fault, false);
                    self.after(region);
                }
                Some(Item::Parts { region, others, .. }) => self.world.part(region, others, false),
                _ => {}
            },
            Event::Called(caller, attempt) => self.called(caller, attempt),
            Event::Answers(serial, number) => self.answers(serial, number),
            Event::Hears(serial, number) => self.hears(serial, number),
            Event::Phase(region) => {
                self.phases.get_mut(region).map(Option::take);
                self.world.ring(region);
                self.world.phase_ends(region);
                self.after(region);
            }
            Event::Alarm(region) => {
                self.alarms.get_mut(region).map(Option::take);
                self.world.ring(region);
                self.after(region);
            }
            Event::Request(number) => {
                if let Some(request) = self.requests.get(number).copied() {
                    let region = request.region;
                    // Counted where it was sent, and where it arrives.
                    if let Some(state) = self.state(region) {
                        self.cover(|coverage| coverage.strike(Strike::Late(0), state));
                    }
                    let answers = self.world.regions.get(region).is_some_and(crate::world::Region::plane_answers);
                    if answers && self.world.may_arrive(&request) {
                        self.world.tell(|setting| format!("{}: a late request arrives", setting.title(region)));
                        self.world.request(request);
                    }
                    self.after(region);
                }
            }
            Event::GivenUp(number) => {
                if let Some(job) = self.given_up.get(number).copied() {
                    self.world.gives_up(job);
                    self.flush();
                }
            }
            Event::Sweep(region) => {
                self.call_at(self.world.now, Who::Region(region));
                self.at(self.world.now + SWEEP, Event::Sweep(region));
            }
            Event::Looks(region) => {
                self.call_at(self.world.now, Who::Replication(region, None));
                self.at(self.world.now + SWEEP, Event::Looks(region));
            }
        }
    }

    fn begins(&mut self, number: usize) {
        let Some(item) = self.script.items.get(number).copied() else { return };
        match item {
            Item::Holds { fault, region, lasts, .. } => {
                self.world.fault(region, fault, true);
                if let Some(state) = self.state(region) {
                    self.cover(|coverage| coverage.fault(fault, state));
                }
                self.at(self.world.now + lasts, Event::Over(number));
                self.world.ring(region);
                self.after(region);
            }
            Item::Parts { region, others, lasts, .. } => {
                self.world.part(region, others, true);
                self.at(self.world.now + lasts, Event::Over(number));
            }
            Item::Arrives { .. } => self.arrive(2),
            Item::Reruns { at_once, .. } => {
                self.world.rerun(self.newest, at_once);
                self.flush();
            }
            Item::SetsAside { rule, region, lasts, .. } => {
                self.world.set_aside(rule, region, self.world.now + lasts);
            }
            Item::Shadows { region, verdict, .. } => self.world.shadow(region, verdict),
            Item::Halts { .. } => self.world.halt(),
            Item::Lifts { .. } => self.world.lift(),
            Item::Behaves { .. } | Item::Lacks { .. } => {}
            Item::Strikes { after, .. } | Item::Pauses { after, .. } => self.waiting.push((number, after)),
            Item::Loses { .. } | Item::Doubles { .. } | Item::Delays { .. } => self.waiting.push((number, 0)),
        }
    }

    pub(super) fn cover(&mut self, count: impl FnOnce(&mut Coverage)) {
        if let Some(coverage) = self.coverage.as_deref_mut() {
            count(coverage);
        }
    }

    pub(super) fn state(&self, region: usize) -> Option<State> {
        self.world.regions.get(region).map(|place| State::of(place, self.newest))
    }

    /// Takes the first waiting item that `is` picks.
    pub(super) fn take_waiting<T>(&mut self, is: impl Fn(&Item) -> Option<T>) -> Option<T> {
        if self.waiting.is_empty() || self.world.now > self.calm {
            return None;
        }
        let items = &self.script.items;
        let found = self.waiting.iter().enumerate().find_map(|(at, (item, _))| Some((at, is(items.get(*item)?)?)));
        let (at, found) = found?;
        if let Some((_, passes @ 1..)) = self.waiting.get_mut(at) {
            *passes -= 1;
            return None;
        }
        self.waiting.remove(at);
        Some(found)
    }

    /// The region that a call concerns; the first, for the wave's last action.
    pub(super) fn concerns(&self, who: Who) -> usize {
        match who {
            Who::Region(region) => region,
            Who::Wave(job) => self.world.subject(job).unwrap_or(0),
            Who::Replication(region, _) => region,
        }
    }

    pub(super) fn concerned(&self, job: Job) -> Option<&crate::world::Region> {
        self.world.regions.get(self.world.subject(job)?)
    }

    pub(super) fn delivered(&mut self, delivery: Delivery, who: Who) {
        if let Some(state) = self.state(self.concerns(who)) {
            self.cover(|coverage| coverage.delivery(delivery, state));
        }
    }

    /// Queues what follows from what has just changed in a region.
    pub(super) fn after(&mut self, region: usize) {
        self.flush();
        let setting = self.world.setting.clone();
        while let Some((when, request)) = self.world.in_flight.pop() {
            self.requests.push(request);
            self.at(when, Event::Request(self.requests.len() - 1));
        }
        let Some(place) = self.world.regions.get(region) else { return };
        let due = place.update.filter(|update| update.frozen.is_none()).map(|update| update.due);
        let alarm = place.next_alarm(region, &setting);
        let (faults, state) = (place.faults, State::of(place, self.newest));
        if let Some(due) =
            due.filter(|due| self.phases.get(region).is_some_and(|queued| queued.is_none_or(|at| at > *due)))
        {
            if let Some(queued) = self.phases.get_mut(region) {
                *queued = Some(due);
            }
            self.at(due, Event::Phase(region));
        }
        if let Some(alarm) =
            alarm.filter(|alarm| self.alarms.get(region).is_some_and(|queued| queued.is_none_or(|at| at > *alarm)))
        {
            if let Some(queued) = self.alarms.get_mut(region) {
                *queued = Some(alarm);
            }
            self.at(alarm, Event::Alarm(region));
        }
        if let Some(known) = self.states.get_mut(region).filter(|known| **known != Some(state)) {
            *known = Some(state);
            if !faults.is_empty() {
                let held = Fault::ALL.into_iter().filter(|fault| faults.has(*fault));
                held.for_each(|fault| self.cover(|coverage| coverage.fault(fault, state)));
            }
        }
        if self.world.woken != 0 {
            let woken = std::mem::take(&mut self.world.woken);
            for region in (0..self.world.regions.len()).filter(|region| woken & (1 << region) != 0) {
                self.call_at(self.world.now + 5, Who::Region(region));
            }
        }
        if self.world.now > self.calm && self.world.regions.get(region).is_some_and(|place| place.broken) {
            self.world.repair(region);
        }
    }
}
