//! One call of `rollback` in its own region, as `shared/handlers/src/rollback.rs` does it.

use super::call::Answer;
use super::endpoint::{Request, Taken};
use super::words::step_words;
use super::{Fault, Outcome, Seconds, Strike, Who, World, checks};
use meridian_domain::plan::{self, Act, Next, Plan, RollbackSight};
use meridian_domain::{Caller, Entry, Record, RegionHistory, Seen, Sha256, Target};
use std::collections::{BTreeSet, VecDeque};

/// Steps that one call may take (`rollback`'s `STEPS`).
const STEPS: u32 = 20;

/// What one call of `rollback` has seen.
#[derive(Clone, Debug)]
pub struct RegionLook {
    /// What the planner reads.
    pub sight: RollbackSight,
    /// When the call began to look.
    pub looked: Seconds,
    /// What the chain's entries that were read add up to, while the sight holds more than the chain.
    pub(super) journal: Option<RegionHistory>,
    /// Entries that were read.
    pub(super) seen: usize,
    /// Records of this call that the ledger has not taken yet.
    pub(super) unwritten: VecDeque<Record>,
    /// Whether a page did not go out.
    pub(super) unsent: bool,
    /// The region.
    region: usize,
}

impl RegionLook {
    pub(super) fn region(&self) -> usize {
        self.region
    }
}

impl World {
    /// `Look::take`.
    pub(super) fn region_look(&mut self, region: usize) -> Result<Box<RegionLook>, Outcome> {
        let Some(place) = self.regions.get(region) else { return Err(Outcome::Broke) };
        if place.faults.has(Fault::Reads) {
            return Err(Outcome::Failed);
        }
        let kept = self.idle.regions.iter().position(|look| look.region == region);
        let mut look = match kept {
            Some(kept) => self.idle.regions.swap_remove(kept),
            None => Box::new(self.first_region_look(region)),
        };
        look.looked = self.now;
        look.sight.done.clear();
        look.sight.golden = None;
        look.sight.paged = false;
        look.sight.unwritten = 0;
        look.unwritten.clear();
        look.unsent = false;
        if let Some(history) = look.journal.take() {
            look.sight.history = Seen::Known(history);
        }
        let Some(place) = self.regions.get(region) else { return Err(Outcome::Broke) };
        if let Seen::Known(history) = &mut look.sight.history {
            place.chain.read_on(history, &mut look.seen, None);
        }
        look.sight.alarm = match self.signals_answer(region) {
            true => Seen::Known(place.alarm.then(|| "the rollback alarm rings".to_owned())),
            false => Seen::Unknown(String::new()),
        };
        look.sight.judge = match self.signals_answer(region) {
            true => Seen::Known(!(place.armed && place.silent)),
            false => Seen::Unknown(String::new()),
        };
        self.look_at_own(&mut look);
        Ok(look)
    }

    fn first_region_look(&self, region: usize) -> RegionLook {
        let setting = &self.setting;
        let (actor, history) = match (setting.rollbacks.get(region), setting.regions.get(region)) {
            (Some(actor), Some(history)) => (actor.clone(), history.clone()),
            _ => unreachable!("a region has its rollback and its history"),
        };
        RegionLook {
            looked: self.now,
            journal: None,
            seen: 0,
            unwritten: VecDeque::new(),
            unsent: false,
            region,
            sight: RollbackSight {
                actor,
                history: Seen::Known(history),
                // Asked only where the ledger cannot be read, which this world does not model yet: such a call ends.
                way_back: Seen::Unknown(String::new()),
                endpoint: Seen::Unknown(String::new()),
                alarm: Seen::Unknown(String::new()),
                // This world's callers send nothing wrong.
                client_errors: Seen::Known(None),
                judge: Seen::Unknown(String::new()),
                done: BTreeSet::new(),
                golden: None,
                paged: false,
                unwritten: 0,
            },
        }
    }

    fn look_at_own(&self, look: &mut RegionLook) {
        let answers = self.regions.get(look.region).is_some_and(super::Region::plane_answers);
        look.sight.endpoint =
            if answers { Seen::Known(self.describe(look.region)) } else { Seen::Unknown(String::new()) };
    }

    /// Plans; `rollback`'s steps are not audited.
    pub(super) fn plan_region(&mut self, look: &mut RegionLook, who: Who, steps: u32) -> Result<Plan, Outcome> {
        let Who::Region(region) = who else { return Err(Outcome::Broke) };
        let setting = self.setting.clone();
        let Some(policy) = setting.fleet.regions.get(region) else { return Err(Outcome::Broke) };
        if steps > STEPS {
            checks::breach(self, "L", "a call of rollback takes no end");
            return Err(Outcome::Broke);
        }
        let plan = plan::rollback(policy, &look.sight, self.timestamp());
        if !matches!(plan.next, Next::Finish(_)) {
            self.tell(|setting| {
                format!("rollback {}: {} ({})", setting.title(region), step_words(&plan.next), plan.why)
            });
        }
        match plan.next {
            Next::TellHub(_) | Next::TakeLease { .. } | Next::Advise { .. } => {
                checks::breach(self, "I6", "a rollback was planned that needs another region");
                Err(Outcome::Broke)
            }
            Next::Finish(_) | Next::Wait => Err(self.region_outcome(look, plan)),
            _ => Ok(plan),
        }
    }

    /// `Look::outcome`: badly where something is left to do, so that Lambda repeats it.
    fn region_outcome(&mut self, look: &RegionLook, plan: Plan) -> Outcome {
        checks::on_rollback_end(self, look);
        let left = look.unsent || !look.unwritten.is_empty() || look.sight.alarm.known().is_none();
        match plan.next {
            _ if left => Outcome::Failed,
            Next::Finish(how) => Outcome::Over(how),
            _ => Outcome::Waits,
        }
    }

    /// `handle`'s match.
    pub(super) fn do_region(
        &mut self,
        look: &mut RegionLook,
        region: usize,
        plan: Plan,
        strike: Strike,
    ) -> Result<Answer, Outcome> {
        match plan.next {
            Next::TellRegion(_, record) => {
                self.tell_own(look, record, strike);
                Ok(Answer::Done)
            }
            Next::Do(Act::Update, _, target) => self.update_back(look, region, &target, strike),
            Next::Do(Act::AskGolden, _, target) => {
                look.sight.golden = Some(self.ask_golden(region, &target));
                Ok(Answer::Done)
            }
            Next::Do(act, ..) => {
                look.sight.done.insert(act);
                let answer = Answer::of(self.signals_answer(region), strike);
                self.trip(region, answer);
                if answer == Answer::Refused { Err(Outcome::Broke) } else { Ok(answer) }
            }
            Next::Page { advice, .. } => {
                self.page_own(look, region, plan.why, advice, strike);
                Ok(Answer::Done)
            }
            Next::TellHub(_) | Next::TakeLease { .. } | Next::Advise { .. } | Next::Wait | Next::Finish(_) => {
                Err(Outcome::Broke)
            }
        }
    }

    /// Whatever the ledger answers, the record holds for this call (I6).
    fn tell_own(&mut self, look: &mut RegionLook, record: Record, strike: Strike) {
        look.unwritten.push_back(record);
        if let Some(history) = look.journal.take() {
            look.sight.history = Seen::Known(history);
        }
        let actor = look.sight.actor.clone();
        let Some(place) = self.regions.get(look.region) else { return };
        let writes = Answer::of(!place.faults.has(Fault::Writes), strike).is_done();
        while let Some(next) = look.unwritten.front().filter(|_| writes) {
            let Seen::Known(history) = &mut look.sight.history else { return };
            let next = next.clone();
            let Some(place) = self.regions.get(look.region) else { return };
            let there = place.chain.read_on(history, &mut look.seen, Some((&actor, &next)));
            if !there {
                checks::on_record(self, look.region, &next, look.looked);
                let now = self.now;
                let Some(place) = self.regions.get_mut(look.region) else { return };
                place.chain.append(now, &actor, next);
                place.chain.read_on(history, &mut look.seen, None);
            }
            look.unwritten.pop_front();
        }
        look.sight.unwritten = look.unwritten.len();
        if look.unwritten.is_empty() {
            return;
        }
        let Seen::Known(history) = &mut look.sight.history else { return };
        look.journal = Some(history.clone());
        for record in &look.unwritten {
            let prev = Sha256::from_bytes([0; 32]);
            let at = self.timestamp();
            let (actor, record, caller) = (actor.clone(), record.clone(), Caller::Unverified);
            history.apply(&Entry { seq: 0, at, written: at, prev, actor, caller, record });
        }
    }

    fn update_back(
        &mut self,
        look: &mut RegionLook,
        region: usize,
        target: &Target,
        strike: Strike,
    ) -> Result<Answer, Outcome> {
        look.sight.done.insert(Act::Update);
        let release = self.setting.release_of(target);
        let request = Request { region, release, execution: None, epoch: 0, looked: look.looked, late: false };
        let answers = self.regions.get(region).is_some_and(super::Region::plane_answers);
        let answer = Answer::of(answers, strike);
        match answer {
            Answer::Done | Answer::Lost => match self.request(request) {
                Taken::Yes if answer.is_said() => {
                    let execution = look.sight.actor.clone();
                    self.tell_own(look, Record::UpdateStarted { execution }, Strike::None);
                }
                Taken::Yes | Taken::Conflict => {}
                Taken::Unknown | Taken::Refused => return Err(Outcome::Broke),
            },
            Answer::Late(seconds) => self.in_flight.push((self.now + seconds, Request { late: true, ..request })),
            Answer::Ill => {}
            Answer::Refused => return Err(Outcome::Broke),
        }
        self.look_at_own(look);
        Ok(answer)
    }

    /// A page that does not go out stops nothing, and stays owed on record until one does.
    fn page_own(&mut self, look: &mut RegionLook, region: usize, why: String, advice: String, strike: Strike) {
        look.sight.paged = true;
        let declined = self.regions.get(region).is_some_and(|place| place.faults.has(Fault::Pages));
        let answer = Answer::of(!declined, strike);
        if answer.is_done() {
            self.tally.pages += 1;
            self.tally.last_page = self.now;
        }
        let owed = look.sight.history.known().is_some_and(|history| history.owes(&why));
        match (answer.is_said(), owed) {
            (true, true) => self.tell_own(look, Record::PageSent { why }, Strike::None),
            (true, false) => {}
            (false, _) => {
                look.unsent = true;
                if !owed {
                    self.tally.owed += 1;
                    self.tell_own(look, Record::PageOwed { why, advice }, Strike::None);
                }
            }
        }
    }
}
