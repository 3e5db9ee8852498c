//! A state: the world, what is due in it, and what may still go wrong.

use super::bounds::{Bounds, Left, START};
use super::print::Mixer;
use crate::world::checks::Ending;
use crate::world::{Breach, Job, Past, Prints, Request, Seconds, Who, World};
use std::fmt;
use std::hash::{Hash, Hasher};

/// Something that will happen by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A function is called, for the so-many-th time with this event.
    Called(Who, u8),
    /// A region is swept.
    Sweep(usize),
    /// A region's other sweep, by `replication`.
    Looks(usize),
    /// CodePipeline gives a job up.
    GivenUp(Job),
}

/// A request arrives at most so many seconds late: AWS refuses a signature that is a quarter of an hour old, and the model's
/// waves are half as long as real ones.
const LATEST: Seconds = 600;

/// What will arrive when it arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Astray {
    /// An event, late or for the second time.
    Event(Who),
    /// A request to SageMaker.
    Request(Request),
}

/// A call between two of its port calls.
#[derive(Clone, Debug)]
pub(super) struct Running {
    pub past: Past,
    pub attempt: u8,
    /// The port calls that wait, and whether each asks for an update. They follow from what the call has been answered.
    pub waiting: Vec<(u32, bool)>,
}

/// One state of the model.
#[derive(Clone)]
pub struct State {
    /// Endpoints, ledgers and calls, as the steps so far have left them.
    pub world: World,
    /// What may still go wrong.
    pub left: Left,
    /// How it ended, once it has.
    pub ended: Option<Ending>,
    /// Whether time has just moved and nothing has happened since.
    pub(super) fresh: bool,
    pub(super) due: Vec<(Seconds, Event)>,
    pub(super) astray: Vec<Astray>,
    /// The call whose next port call may be disturbed.
    pub(super) running: Option<Box<Running>>,
    /// Calls that stand still.
    pub(super) standing: Vec<Running>,
    /// The newest release that a wave was asked for.
    pub(super) newest: usize,
    /// New executions that people started once nothing moved any more.
    pub(super) reruns: u8,
    /// Since when nothing moves.
    pub(super) quiet_since: Option<Seconds>,
    pub(super) over: bool,
    /// The fingerprint of all that is decisive.
    print: u64,
}

impl State {
    /// 03:02: the wave of the first release after the champion is asked for.
    pub fn new(bounds: &Bounds, telling: bool) -> Self {
        let regions = bounds.setting.targets.len();
        let mut state = Self {
            world: World::new(bounds.setting.clone(), START, telling),
            left: bounds.left,
            ended: None,
            fresh: true,
            due: Vec::new(),
            astray: Vec::new(),
            running: None,
            standing: Vec::new(),
            newest: 1,
            reruns: 0,
            quiet_since: None,
            over: false,
            print: 0,
        };
        for region in 0..regions {
            // Sweeps of different regions fall on different minutes.
            state.at(60 * (region as Seconds + 1), Event::Sweep(region));
            if !bounds.parts.is_empty() {
                state.at(60 * (region as Seconds + 1), Event::Looks(region));
            }
        }
        state.arrive(1);
        state.settle();
        state
    }

    /// Whether nothing happens any more.
    pub fn is_over(&self) -> bool {
        self.over || self.world.breach.is_some()
    }

    /// The invariant that was broken, if any.
    pub fn breach(&self) -> Option<&Breach> {
        self.world.breach.as_ref()
    }

    /// Something happens in so many seconds.
    pub(super) fn at(&mut self, seconds: Seconds, event: Event) {
        self.due.push((self.world.now + seconds, event));
    }

    pub(super) fn arrive(&mut self, release: usize) {
        self.newest = self.newest.max(release);
        self.world.arrives(release);
    }

    /// Whether nothing moves, and nothing is wrong that would have to end first.
    pub(super) fn is_still(&self) -> bool {
        let rests = |place: &crate::world::Region| place.update.is_none() && place.faults.is_empty() && !place.broken;
        // Who only looks, as a sweep does, moves nothing.
        self.standing.is_empty()
            && !self.world.is_parted()
            && self.world.is_idle()
            && self.world.regions.iter().all(rests)
    }

    /// What follows from what has just happened in a region; what can have no effect any more is forgotten.
    pub(super) fn settle(&mut self) {
        while let Some((_, request)) = self.world.in_flight.pop() {
            self.astray.push(Astray::Request(request));
        }
        for (wait, who) in std::mem::take(&mut self.world.called) {
            self.at(wait, Event::Called(who, 0));
        }
        let woken = std::mem::take(&mut self.world.woken);
        for region in (0..self.world.regions.len()).filter(|region| woken & (1 << region) != 0) {
            let event = Event::Called(Who::Region(region), 0);
            if !self.due.contains(&(self.world.now, event)) {
                self.at(0, event);
            }
        }
        let world = &self.world;
        self.due.retain(|(_, event)| !matches!(event, Event::GivenUp(job) if !world.is_open(*job)));
        let now = self.world.now;
        let arrives = |astray: &Astray| !matches!(astray, Astray::Request(request) if now - request.looked > LATEST);
        self.astray.retain(arrives);
        self.quiet_since = if self.is_still() { self.quiet_since.or(Some(self.world.now)) } else { None };
        self.print = self.take_print();
    }

    /// The fingerprint of all that is decisive.
    pub fn print(&self) -> u64 {
        self.print
    }

    fn take_print(&self) -> u64 {
        let mut hasher = Mixer::default();
        self.feed(&mut hasher);
        hasher.finish()
    }

    fn feed(&self, hasher: &mut Mixer) {
        let Self {
            world,
            left,
            ended,
            fresh,
            due,
            astray,
            running,
            standing,
            newest,
            reruns,
            quiet_since,
            over,
            print: _,
        } = self;
        if *over || world.breach.is_some() {
            let breach = world.breach.as_ref().map(|breach| breach.what.invariant());
            return (ended, breach).hash(hasher);
        }
        (left, fresh, newest, reruns, due.len(), astray.len(), standing.len(), running.is_some()).hash(hasher);
        let late = astray.iter().any(|astray| matches!(astray, Astray::Request(_)));
        let mut prints = world.decisive(hasher, late);
        quiet_since.is_some().then(|| prints.time(quiet_since.unwrap_or(0), Seconds::MAX));
        // What is due and what is astray has no order of its own.
        let each = due.iter().map(|(at, event)| {
            alone(world, late, |prints| {
                prints.time(*at, 0);
                match event {
                    Event::Called(who, attempt) => {
                        prints.thing((0, attempt));
                        prints.who(world, who);
                    }
                    Event::Sweep(region) => prints.thing((1, region)),
                    Event::Looks(region) => prints.thing((3, region)),
                    Event::GivenUp(job) => {
                        prints.thing(2);
                        prints.job(world, job);
                    }
                }
            })
        });
        let due = each.fold(0_u64, u64::wrapping_add);
        let each = astray.iter().map(|astray| {
            alone(world, late, |prints| match astray {
                Astray::Event(who) => prints.who(world, who),
                Astray::Request(request) => prints.request(request),
            })
        });
        let astray = each.fold(0_u64, u64::wrapping_add);
        prints.thing((due, astray));
        for Running { past, attempt, waiting: _ } in running.iter().map(AsRef::as_ref).chain(standing) {
            prints.thing(attempt);
            prints.past(world, past);
        }
    }
}

/// The fingerprint of a part.
fn alone(world: &World, late: bool, print: impl FnOnce(&mut Prints<'_, Mixer>)) -> u64 {
    let mut hasher = Mixer::default();
    print(&mut world.prints(&mut hasher, late));
    hasher.finish()
}

impl Hash for State {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.print.hash(hasher);
    }
}

impl PartialEq for State {
    /// Equal in what is decisive, up to a collision of 64 bits.
    fn eq(&self, other: &Self) -> bool {
        self.print == other.print
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?} left", self.world.timestamp(), self.left)
    }
}

/// What the model must be able to reach, so that it shows anything.
impl State {
    /// A wave left a region behind on record, and every other one serves its release.
    pub fn left_one_behind(&self) -> bool {
        let serving = |region: &crate::world::Region| region.serves_alone() == Some(self.newest);
        let new = self.world.regions.iter().filter(|region| serving(region)).count();
        !self.world.hub().history.deferred.is_empty() && new + 1 == self.world.regions.len()
    }

    /// Home has moved, and every region serves the release.
    pub fn went_on_elsewhere(&self) -> bool {
        let serving = |region: &crate::world::Region| region.serves_alone() == Some(self.newest);
        self.world.home() != self.world.setting.home() && self.world.regions.iter().all(serving)
    }

    /// An update runs, to other bytes than those that serve, which SageMaker took from a caller whose lease had run out: I11's
    /// remaining race.
    pub fn has_stray(&self) -> bool {
        let is_stray = |region: &crate::world::Region| region.update.filter(|update| update.stray);
        self.world.regions.iter().any(|region| is_stray(region).is_some_and(|update| update.target != region.blue))
    }
}

/// What the liveness of the whole graph is read from.
impl State {
    /// Whether something holds that must end before anything else has to: a fault, or unknown bytes that a person
    /// has to mend.
    pub fn is_ailing(&self) -> bool {
        self.world.is_parted() || self.world.regions.iter().any(|place| !place.faults.is_empty() || place.broken)
    }
}
