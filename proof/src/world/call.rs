//! A call of a function: what it has seen so far, and how one step of it goes.

use super::wave_look::WaveLook;
use super::{Fault, Job, Seconds, World, region_call::RegionLook};
use meridian_domain::plan::{Finish, Next, Plan};

/// Whose call it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// `promote`'s, for a job of the pipeline.
    Wave(Job),
    /// `rollback`'s, in a region.
    Region(usize),
}

/// What happens to one step beyond the faults that hold: at most one thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Strike {
    /// Nothing.
    #[default]
    None,
    /// It is done, and the answer is lost.
    Lost,
    /// It is not done, and no answer comes.
    TimedOut,
    /// Asked too often.
    Throttled,
    /// Declined for good.
    Refused,
    /// The function dies before it.
    DiesBefore,
    /// The function dies after it.
    DiesAfter,
    /// The network delivers the request so many seconds later; no answer comes.
    Late(Seconds),
}

impl Strike {
    /// What a table and a story call it.
    pub fn words(self) -> &'static str {
        match self {
            Strike::None => "nothing",
            Strike::Lost => "answer lost",
            Strike::TimedOut => "call timed out",
            Strike::Throttled => "call throttled",
            Strike::Refused => "call refused",
            Strike::DiesBefore => "killed before a step",
            Strike::DiesAfter => "killed after a step",
            Strike::Late(_) => "request delivered late",
        }
    }
}

/// A disturbance of one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hit {
    /// What happens to the step's own call.
    pub strike: Strike,
}

/// How a call goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// With another step, after so many seconds.
    On(Seconds),
    /// Not at all.
    Ended(Outcome),
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It asks to be called again.
    Waits,
    /// The action is over.
    Over(Finish),
    /// It failed; a service was at fault, so Lambda repeats it.
    Failed,
    /// It failed for good.
    Broke,
    /// It died without a word.
    Died,
}

/// What a call knows.
#[derive(Clone, Debug)]
pub enum Look {
    /// A wave's.
    Wave(Box<WaveLook>),
    /// A region's own.
    Region(Box<RegionLook>),
}

/// A call under way.
#[derive(Clone, Debug)]
pub struct Call {
    /// Whose.
    pub who: Who,
    /// Since when.
    pub started: Seconds,
    /// Steps planned so far.
    pub steps: u32,
    /// The step that is planned and not done.
    pub planned: Option<Plan>,
    /// When it was planned.
    pub planned_at: Seconds,
    /// What it has seen.
    pub look: Look,
}

/// Looks of ended calls.
#[derive(Clone, Debug, Default)]
#[allow(clippy::vec_box)] // They move between calls and this store: the box is what moves.
pub(super) struct Idle {
    pub waves: Vec<Box<WaveLook>>,
    pub regions: Vec<Box<RegionLook>>,
}

/// A function's time-out in seconds (template.yaml, `promote` and `rollback`).
pub const TIME_OUT: Seconds = 60;
/// Seconds that a call takes which is given up after its retries (`ports::limits`).
const GIVEN_UP: Seconds = 12;
/// Seconds that any other step takes.
const STEP: Seconds = 1;

/// What the other side makes of one call: done or not, answered or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Done, and said so.
    Done,
    /// Done, and the answer was lost.
    Lost,
    /// Not done; the plane is ill.
    Ill,
    /// Not done, and never will be.
    Refused,
    /// Not done yet: the network has it, for so many seconds.
    Late(Seconds),
}

impl Answer {
    /// What becomes of a call that a plane takes or does not.
    pub fn of(answers: bool, strike: Strike) -> Self {
        match strike {
            _ if !answers => Self::Ill,
            Strike::None | Strike::DiesBefore | Strike::DiesAfter => Self::Done,
            Strike::Lost => Self::Lost,
            Strike::TimedOut | Strike::Throttled => Self::Ill,
            Strike::Refused => Self::Refused,
            Strike::Late(seconds) => Self::Late(seconds),
        }
    }

    pub fn is_done(self) -> bool {
        matches!(self, Self::Done | Self::Lost)
    }

    pub fn is_said(self) -> bool {
        self == Self::Done
    }
}

impl World {
    /// A call begins: it looks around. Ends at once where what it cannot do without does not answer.
    pub fn begin(&mut self, who: Who) -> Result<Call, Outcome> {
        let look = match who {
            Who::Wave(job) => Look::Wave(self.wave_look(job)?),
            Who::Region(region) => Look::Region(self.region_look(region)?),
        };
        Ok(Call { who, started: self.now, steps: 0, planned: None, planned_at: self.now, look })
    }

    /// Plans the next step. Says how the call ended where there is none.
    pub fn plan(&mut self, call: &mut Call) -> Option<Outcome> {
        if self.now - call.started > TIME_OUT {
            self.tell(|_| "the function's time is up".to_owned());
            return Some(Outcome::Died);
        }
        call.steps += 1;
        let plan = match &mut call.look {
            Look::Wave(look) => self.plan_wave(look, call.who, call.steps),
            Look::Region(look) => self.plan_region(look, call.who, call.steps),
        };
        self.tally.plans += 1;
        match plan {
            Ok(plan) => match plan.next {
                Next::Wait => Some(Outcome::Waits),
                Next::Finish(how) => Some(Outcome::Over(how)),
                _ => {
                    call.planned = Some(plan);
                    call.planned_at = self.now;
                    None
                }
            },
            Err(outcome) => Some(outcome),
        }
    }

    /// Does the step that was planned.
    pub fn execute(&mut self, call: &mut Call, hit: Hit) -> Flow {
        let Some(plan) = call.planned.take() else { return Flow::On(0) };
        if self.now - call.started > TIME_OUT {
            self.tell(|_| "the function's time is up".to_owned());
            return Flow::Ended(Outcome::Died);
        }
        if hit.strike != Strike::None {
            self.tally.struck += 1;
            self.tell(|_| format!("  ({})", hit.strike.words()));
        }
        if hit.strike == Strike::DiesBefore {
            return Flow::Ended(Outcome::Died);
        }
        let done = match (&mut call.look, call.who) {
            (Look::Wave(look), Who::Wave(job)) => self.do_wave(look, job, (plan, call.planned_at), hit.strike),
            (Look::Region(look), Who::Region(region)) => self.do_region(look, region, plan, hit.strike),
            _ => Err(Outcome::Broke),
        };
        match (done, hit.strike) {
            (_, Strike::DiesAfter) => Flow::Ended(Outcome::Died),
            (Ok(Answer::Done), _) => Flow::On(STEP),
            (Ok(_), _) => Flow::On(GIVEN_UP),
            (Err(outcome), _) => Flow::Ended(outcome),
        }
    }

    /// A call is over: what it has seen serves the next one.
    pub fn end(&mut self, call: Call) {
        match call.look {
            Look::Wave(look) => self.idle.waves.push(look),
            Look::Region(look) => self.idle.regions.push(look),
        }
    }

    /// Keeps nothing of ended calls: every call reads the chains anew.
    pub fn forget(&mut self) {
        self.idle = Idle::default();
    }

    /// Whether CloudWatch answers in a region.
    pub(super) fn signals_answer(&self, region: usize) -> bool {
        self.regions.get(region).is_some_and(|place| !place.faults.has(Fault::Signals))
    }
}
