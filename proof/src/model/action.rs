//! What can happen next.

use super::bounds::Bounds;
use super::state::{Astray, Event, State};
use crate::world::{Fault, Seconds, Strike, Who};

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Time moves to the next moment at which something is due.
    Tick,
    /// An alarm of a region changes, or a phase of its update is over.
    Aws(usize),
    /// What is due happens, by its place.
    Due(usize),
    /// What went astray arrives, by its place.
    Arrives(usize),
    /// A port call of the call under way is answered, by its number, and something happens to it.
    Answers(u32, Strike),
    /// The call under way stands still before its next port call.
    Stands,
    /// A call that stood still goes on, by its place.
    GoesOn(usize),
    /// A fault begins in the region of this place.
    Begins(usize, Fault),
    /// A fault of the region of this place is over.
    Over(usize, Fault),
    /// A region hears nothing of others any more, a bit each, nor they of it.
    Parts(usize, u8),
    /// All hear of each other again.
    Joins,
    /// An event that is due arrives, and will arrive once more.
    Doubles(usize),
    /// An event that is due does not arrive now, and may never.
    Strays(usize),
    /// A person starts an execution of the newest release beside the one that runs.
    Beside,
    /// The next release arrives.
    Night,
    /// A person halts the fleet.
    Halts,
    /// A person lifts every halt.
    Lifts,
    /// A person repairs an endpoint of unknown bytes.
    Repairs(usize),
    /// Nothing moves any more: people start the wave once more, or it is over.
    Rests,
}

/// Seconds for which nothing may move before that counts as rest: a sweep of every region, and what `rollback` closes only
/// after a quarter of an hour.
const REST: Seconds = 1_500;
/// Seconds after which a fleet at rest is not disturbed any more.
const UNDISTURBED: Seconds = 60;

impl State {
    /// Everything that can happen next.
    pub fn actions(&self, bounds: &Bounds, actions: &mut Vec<Action>) {
        if self.is_over() {
            return;
        }
        if let Some(running) = &self.running {
            // What waits side by side commutes unless something happens to it: the first is answered, and any may be struck.
            actions.extend(running.waiting.first().map(|(number, _)| Action::Answers(*number, Strike::None)));
            let disturbable = self.is_disturbable();
            if disturbable && self.left.allows(self.left.strikes) {
                for (number, updates) in &running.waiting {
                    let strikes = bounds.strikes.iter().filter(|strike| *updates || !matches!(strike, Strike::Late(_)));
                    actions.extend(strikes.map(|strike| Action::Answers(*number, *strike)));
                }
            }
            if disturbable && self.left.allows(self.left.stands) {
                actions.push(Action::Stands);
            }
            return;
        }
        let before = actions.len();
        self.due_now(actions);
        let waits = actions.len() == before;
        actions.extend((0..self.standing.len()).map(Action::GoesOn));
        if self.is_disturbable() {
            actions.extend((0..self.astray.len()).map(Action::Arrives));
        }
        if self.fresh {
            self.beginnings(bounds, actions);
        }
        if !waits {
            return;
        }
        if self.quiet_since.is_some_and(|since| self.world.now - since > REST) {
            actions.push(Action::Rests);
        } else if self
            .standing
            .iter()
            .all(|running| self.world.now - running.past.caller.looked <= crate::world::TIME_OUT)
        {
            actions.push(Action::Tick);
        }
    }

    fn due_now(&self, actions: &mut Vec<Action>) {
        let now = self.world.now;
        actions.extend(
            (0..self.world.regions.len())
                .filter(|region| self.aws_due(*region).is_some_and(|at| at <= now))
                .map(Action::Aws),
        );
        for (place, (at, event)) in self.due.iter().enumerate().filter(|(_, (at, _))| *at <= now) {
            debug_assert!(*at == now, "nothing is late");
            actions.push(Action::Due(place));
            if !matches!(event, Event::Called(_, 0)) {
                continue;
            }
            if self.left.allows(self.left.doubles) {
                actions.push(Action::Doubles(place));
            }
            if self.left.allows(self.left.astray) {
                actions.push(Action::Strays(place));
            }
        }
    }

    /// When something changes in a region by itself.
    pub(super) fn aws_due(&self, region: usize) -> Option<Seconds> {
        self.world.regions.get(region)?.next_due(region, &self.world.setting)
    }

    /// Whether something may still go wrong: not any more once the fleet rests.
    pub(super) fn is_disturbable(&self) -> bool {
        self.quiet_since.is_none_or(|since| self.world.now - since <= UNDISTURBED)
    }

    /// What begins or ends when time has just moved.
    fn beginnings(&self, bounds: &Bounds, actions: &mut Vec<Action>) {
        for (region, place) in self.world.regions.iter().enumerate() {
            actions.extend(
                Fault::ALL
                    .into_iter()
                    .filter(|fault| place.faults.has(*fault))
                    .map(|fault| Action::Over(region, fault)),
            );
        }
        actions.extend(self.world.is_parted().then_some(Action::Joins));
        let faulty = self.world.regions.iter().any(|place| !place.faults.is_empty());
        actions.extend(
            (0..self.world.regions.len())
                .filter(|region| !faulty && self.world.regions.get(*region).is_some_and(|place| place.broken))
                .map(Action::Repairs),
        );
        if !self.is_disturbable() {
            return;
        }
        let left = &self.left;
        if left.allows(left.faults) {
            let begins = bounds.faults.iter().filter(|(region, fault)| {
                self.world.regions.get(*region).is_some_and(|place| !place.faults.has(*fault))
            });
            actions.extend(begins.map(|(region, fault)| Action::Begins(*region, *fault)));
        }
        if left.allows(left.parts) && !self.world.is_parted() {
            actions.extend(bounds.parts.iter().map(|(region, others)| Action::Parts(*region, *others)));
        }
        if left.actors > 0 {
            actions.push(Action::Beside);
        }
        if left.nights > 0 && bounds.setting.releases.len() > 2 {
            actions.push(Action::Night);
        }
        if left.people > 0 {
            actions.push(if self.world.is_halted() { Action::Lifts } else { Action::Halts });
        }
    }
}

/// What a path of actions tells, line by line.
pub fn story(bounds: &Bounds, actions: impl IntoIterator<Item = Action>) -> Vec<String> {
    let mut state = State::new(bounds, true);
    for action in actions {
        match state.after(action) {
            Some(next) => state = next,
            None => break,
        }
    }
    state.world.story.unwrap_or_default()
}

impl Astray {
    pub(super) fn words(&self) -> &'static str {
        match self {
            Astray::Event(Who::Wave(_)) => "a late or doubled event for promote arrives",
            Astray::Event(Who::Region(_)) => "a late or doubled event for rollback arrives",
            Astray::Event(Who::Replication(..)) => "a late or doubled event for replication arrives",
            Astray::Request(_) => "a late request arrives",
        }
    }
}
