//! One call of `promote`: observe, plan, audit, do one step, as `shared/handlers/src/promote` does it.

use super::call::Answer;
use super::wave_look::WaveLook;
use super::words::step_words;
use super::{Fault, Job, Outcome, Seconds, Strike, Who, World, checks, stamp};
use meridian_domain::plan::{self, Act, Next, Plan};
use meridian_domain::{Record, Seen, audit};

/// Steps that one call may take (`promote`'s `STEPS`).
const STEPS: u32 = 60;

pub(super) fn silent<T>() -> Seen<T> {
    Seen::Unknown(String::new())
}

impl World {
    /// `Look::take`: ledgers, registry, the subject's endpoint and alarms.
    pub(super) fn wave_look(&mut self, job: Job) -> Result<Box<WaveLook>, Outcome> {
        // The manifest and the hub's chain lie in home: without them the job asks to be called again.
        if !self.hub_answers() {
            return Err(Outcome::Waits);
        }
        let setting = self.setting.clone();
        let Some(execution) = self.executions.get(job.execution) else { return Err(Outcome::Broke) };
        let Some((release, version)) = setting.releases.get(execution.release) else { return Err(Outcome::Broke) };
        let mut look = self.idle.waves.pop().unwrap_or_else(|| Box::new(WaveLook::new(self)));
        let sight = &mut look.sight;
        sight.release = *release;
        sight.version.clone_from(version);
        sight.execution.clone_from(&execution.actor);
        sight.since = stamp(job.since.unwrap_or(self.now));
        sight.approved = Seen::Known(true);
        sight.judged = None;
        sight.refused = None;
        sight.golden.clear();
        sight.done.clear();
        sight.paged.clear();
        sight.endpoints.clear();
        look.looked = self.now;
        self.hub.read_on(&mut look.sight.hub, &mut look.hub_seen, None);
        for region in 0..setting.targets.len() {
            let readable = self.regions.get(region).is_some_and(|place| !place.faults.has(Fault::Reads));
            look.open(self, region, readable);
        }
        let subject = self.subject(job);
        self.look_at_endpoints(&mut look, subject);
        Ok(look)
    }

    fn look_at_endpoints(&self, look: &mut WaveLook, subject: Option<usize>) {
        let setting = &self.setting;
        let own = subject.and_then(|subject| look.history(self, subject)).and_then(|history| history.update.as_ref());
        let starts = !own.is_some_and(|update| update.execution == look.sight.execution && update.was_taken());
        for (region, policy) in setting.fleet.regions.iter().enumerate() {
            let history = look.sight.regions.get(&policy.name).and_then(Seen::known);
            let open = history.and_then(|history| history.update.as_ref());
            let intended = open.is_some_and(|update| !update.was_taken() && !update.confirmed);
            let evidence = starts && history.is_some_and(|history| history.serves(&look.sight.release));
            let wanted = match subject {
                None => !look.sight.hub.deferred.contains_key(&(look.sight.execution.clone(), policy.name.clone())),
                Some(subject) => region == subject || intended || evidence,
            };
            if wanted {
                self.look_at(look, region);
            }
        }
        if let Some(subject) = subject {
            self.look_at_alarms(look, subject);
        }
    }

    pub(super) fn look_at(&self, look: &mut WaveLook, region: usize) {
        let answers = self.regions.get(region).is_some_and(super::Region::plane_answers);
        let seen = if answers { Seen::Known(self.describe(region)) } else { silent() };
        look.set_endpoint(self, region, seen);
    }

    pub(super) fn look_at_alarms(&self, look: &mut WaveLook, region: usize) {
        if !self.signals_answer(region) {
            look.sight.alarms = silent();
            return;
        }
        if let Seen::Known(views) = &mut look.sight.alarms {
            return self.show_alarms(region, views);
        }
        let mut views = Vec::new();
        self.show_alarms(region, &mut views);
        look.sight.alarms = Seen::Known(views);
    }

    /// Plans and audits.
    pub(super) fn plan_wave(&mut self, look: &mut WaveLook, who: Who, steps: u32) -> Result<Plan, Outcome> {
        let Who::Wave(job) = who else { return Err(Outcome::Broke) };
        self.tally.wave_plans += 1;
        let setting = self.setting.clone();
        let now = self.timestamp();
        if steps > STEPS {
            checks::breach(self, "L", "a call of promote takes no end");
            return Err(Outcome::Broke);
        }
        let subject = self.subject(job).and_then(|region| setting.fleet.regions.get(region));
        let plan = match subject {
            Some(region) => plan::promote(&setting.fleet, region, &look.sight, now),
            None => plan::verify(&setting.fleet, &look.sight, now),
        };
        let plan = match setting.meddle {
            Some(meddle) => meddle(&look.sight, plan),
            None => plan,
        };
        checks::on_wave_plan(self, look, job, &plan);
        let routine = matches!(plan.next, Next::Wait | Next::Do(Act::Beat | Act::Look, ..));
        if !routine {
            self.tell(|_| {
                let action = subject.map_or("verify", |region| region.title.as_str());
                format!("wave-{} {action}: {} ({})", job.execution + 1, step_words(&plan.next), plan.why)
            });
        }
        if matches!(plan.next, Next::Wait | Next::Finish(_)) {
            return Ok(plan);
        }
        let audited = setting.meddle.is_none();
        if let Some(note) = audit(&setting.fleet, &look.sight, &plan, now).first().filter(|_| audited) {
            let what = format!("the audit refuses a plan: {note}");
            checks::breach(self, note.invariant, what);
            self.page_home();
            return Err(Outcome::Broke);
        }
        Ok(plan)
    }

    /// `Look::execute`.
    pub(super) fn do_wave(
        &mut self,
        look: &mut WaveLook,
        job: Job,
        (plan, at): (Plan, Seconds),
        strike: Strike,
    ) -> Result<Answer, Outcome> {
        match plan.next {
            Next::Do(Act::Beat, region, _) => {
                let region = self.setting.region_of(&region);
                look.sight.done.insert(Act::Beat);
                let answer = Answer::of(self.signals_answer(region), strike);
                if answer.is_done() {
                    self.beat(look, region, at);
                }
                Ok(self.noted(look, region, answer))
            }
            Next::TellHub(record) => self.tell_hub(look, record, strike),
            Next::TellRegion(region, record) => {
                let region = self.setting.region_of(&region);
                self.tell_region(look, region, record, strike)
            }
            Next::TakeLease { epoch, until } => {
                if !self.hub_answers() {
                    return Err(Outcome::Waits);
                }
                // Only at the end that this call has read: whoever comes second sees who was first.
                if look.hub_seen == self.hub.entries.len() {
                    self.hub.append(self.now, &look.sight.execution, Record::LeaseTaken { epoch, until });
                }
                self.hub.read_on(&mut look.sight.hub, &mut look.hub_seen, None);
                Ok(Answer::Done)
            }
            Next::Page { region, advice } => self.page(look, &region, plan.why, advice, strike),
            Next::Advise { .. } => {
                look.sight.advised = true;
                Ok(Answer::Done)
            }
            Next::Do(act, region, target) => {
                let region = self.setting.region_of(&region);
                look.sight.done.insert(act);
                self.act(look, job, act, region, &target, strike)
            }
            Next::Wait | Next::Finish(_) => Ok(Answer::Done),
        }
    }

    /// `Journal::append` on the hub's chain: at its end, wherever that is by now.
    fn tell_hub(&mut self, look: &mut WaveLook, record: Record, strike: Strike) -> Result<Answer, Outcome> {
        let answer = Answer::of(self.hub_answers(), strike);
        if !matches!(answer, Answer::Done | Answer::Lost) {
            return Err(Outcome::Waits);
        }
        let actor = look.sight.execution.clone();
        let there = self.hub.read_on(&mut look.sight.hub, &mut look.hub_seen, Some((&actor, &record)));
        if !there {
            self.hub.append(self.now, &actor, record);
            self.hub.read_on(&mut look.sight.hub, &mut look.hub_seen, None);
        }
        // An answer that was lost is found in the chain.
        Ok(answer)
    }

    /// What was decided is written only where the chain still is what the planner saw; otherwise he decides again, from
    /// what another wrote and from the endpoint as it is by now.
    fn tell_region(
        &mut self,
        look: &mut WaveLook,
        region: usize,
        record: Record,
        strike: Strike,
    ) -> Result<Answer, Outcome> {
        let answer = self.takes_entry(look, region, strike)?;
        if !answer.is_done() {
            return Ok(answer);
        }
        let first = !look.is_behind(self, region);
        if first {
            self.write(look, region, record);
        } else {
            look.read_on(self, region, None);
        }
        if !first || !answer.is_said() {
            self.look_at(look, region);
        }
        Ok(answer)
    }

    /// What has happened is written whoever wrote before it.
    pub(super) fn note_in_region(
        &mut self,
        look: &mut WaveLook,
        region: usize,
        record: Record,
        strike: Strike,
    ) -> Result<Answer, Outcome> {
        let answer = self.takes_entry(look, region, strike)?;
        if answer.is_done() {
            let actor = look.sight.execution.clone();
            let there = look.read_on(self, region, Some((&actor, &record)));
            if !there {
                self.write(look, region, record);
            }
        }
        Ok(answer)
    }

    /// A region whose ledger does not take an entry is ill, and the planner sees it so.
    fn takes_entry(&mut self, look: &mut WaveLook, region: usize, strike: Strike) -> Result<Answer, Outcome> {
        if !look.is_open(region) {
            checks::breach(self, "I13", "a ledger that could not be read was to be written");
            self.page_home();
            return Err(Outcome::Broke);
        }
        let Some(place) = self.regions.get(region) else { return Err(Outcome::Broke) };
        let answer = Answer::of(!place.faults.has(Fault::Writes), strike);
        if !answer.is_done() {
            look.park(self, region);
        }
        Ok(answer)
    }

    fn write(&mut self, look: &mut WaveLook, region: usize, record: Record) {
        let actor = look.sight.execution.clone();
        checks::on_record(self, region, &record, look.looked);
        if let Some(place) = self.regions.get_mut(region) {
            place.chain.append(self.now, &actor, record);
        }
        look.read_on(self, region, None);
    }
}
