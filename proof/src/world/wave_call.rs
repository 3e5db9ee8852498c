//! One call of `promote`: observe, plan, audit, do one step, as `shared/handlers/src/promote` does it.

use super::call::Answer;
use super::endpoint::{Request, Taken};
use super::wave_look::WaveLook;
use super::words::step_words;
use super::{Fault, Job, Outcome, Seconds, Strike, Who, World, checks, stamp};
use meridian_domain::judge::Judgement;
use meridian_domain::plan::{self, Act, Golden, Next, Plan};
use meridian_domain::{Epoch, Record, Seen, Target, audit};

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

    fn look_at(&self, look: &mut WaveLook, region: usize) {
        let answers = self.regions.get(region).is_some_and(super::Region::plane_answers);
        let seen = if answers { Seen::Known(self.describe(region)) } else { silent() };
        look.set_endpoint(self, region, seen);
    }

    fn look_at_alarms(&self, look: &mut WaveLook, region: usize) {
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

    fn act(
        &mut self,
        look: &mut WaveLook,
        job: Job,
        act: Act,
        region: usize,
        target: &Target,
        strike: Strike,
    ) -> Result<Answer, Outcome> {
        match act {
            Act::Prepare => {
                self.fence(look)?;
                let answer = self.prepare(region, target, strike);
                self.look_at_alarms(look, region);
                Ok(self.noted_start(look, region, answer))
            }
            Act::Update => {
                self.fence(look)?;
                self.update(look, job, region, target, strike)
            }
            Act::Beat => Ok(Answer::Done),
            Act::Create => {
                // Every region of a history has its endpoint from the beginning.
                checks::breach(self, "I5", "an endpoint is to be created where there is one");
                Err(Outcome::Broke)
            }
            Act::Scale => {
                checks::breach(self, "I8", "a region is to be scaled in a fleet without [scaling]");
                Err(Outcome::Broke)
            }
            Act::Disarm => {
                let answer = Answer::of(self.signals_answer(region), strike);
                if let Some(place) = self.regions.get_mut(region).filter(|_| answer.is_done()) {
                    place.armed = false;
                    place.silent = false;
                }
                Ok(self.noted(look, region, answer))
            }
            Act::Trip => {
                let answer = Answer::of(self.signals_answer(region), strike);
                self.trip(region, answer);
                if answer == Answer::Refused { Err(Outcome::Broke) } else { Ok(answer) }
            }
            Act::Look => {
                look.sight.judged = Some(self.judged(look, region));
                Ok(Answer::Done)
            }
            // Counts are drawn in this world, not counted.
            Act::Measure => {
                look.sight.hour = Some(meridian_domain::Seen::Unknown("not counted here".to_owned()));
                Ok(Answer::Done)
            }
            Act::AskGolden => {
                let golden = self.ask_golden(region, target);
                look.set_golden(self, region, golden);
                Ok(Answer::Done)
            }
        }
    }

    /// I11: the lease's epoch, re-read just before a call that changes something.
    fn fence(&mut self, look: &mut WaveLook) -> Result<(), Outcome> {
        if !self.hub_answers() {
            return Err(Outcome::Waits);
        }
        let planned = look.sight.hub.epoch;
        self.hub.read_on(&mut look.sight.hub, &mut look.hub_seen, None);
        let now = self.timestamp();
        let ours =
            look.sight.hub.lease.as_ref().is_some_and(|lease| {
                lease.epoch == planned && lease.holder == look.sight.execution && lease.until > now
            });
        if ours {
            return Ok(());
        }
        self.tell(|_| format!("epoch {planned} of the lease was lost: the call changes nothing"));
        self.page_home();
        Err(Outcome::Broke)
    }

    /// Verdict, beats and alarms first, then model and configuration: what fails midway leaves the first half done.
    fn prepare(&mut self, region: usize, target: &Target, strike: Strike) -> Answer {
        if !self.signals_answer(region) {
            return Answer::Ill;
        }
        let release = self.setting.release_of(target);
        let now = self.now;
        let Some(place) = self.regions.get_mut(region) else { return Answer::Ill };
        place.verdict = false;
        place.verdict_due = None;
        place.beat = now;
        place.silent = false;
        place.armed = true;
        place.green = false;
        let answer = Answer::of(place.plane_answers(), strike);
        if answer.is_done() {
            place.configured |= 1 << release;
        }
        answer
    }

    /// The call, then its outcome (I8).
    fn update(
        &mut self,
        look: &mut WaveLook,
        job: Job,
        region: usize,
        target: &Target,
        strike: Strike,
    ) -> Result<Answer, Outcome> {
        let Epoch(epoch) = look.sight.hub.epoch;
        let release = self.setting.release_of(target);
        let request =
            Request { region, release, execution: Some(job.execution), epoch, looked: look.looked, late: false };
        let answers = self.regions.get(region).is_some_and(super::Region::plane_answers);
        let mut answer = Answer::of(answers, strike);
        match answer {
            Answer::Done | Answer::Lost => match self.request(request) {
                Taken::Yes if answer.is_said() => {
                    let execution = look.sight.execution.clone();
                    self.note_in_region(look, region, Record::UpdateStarted { execution }, Strike::None)?;
                }
                Taken::Refused => answer = Answer::Refused,
                Taken::Yes | Taken::Conflict | Taken::Unknown => {}
            },
            Answer::Late(seconds) => self.in_flight.push((self.now + seconds, Request { late: true, ..request })),
            Answer::Ill | Answer::Refused => {}
        }
        if answer == Answer::Refused {
            look.sight.refused = Some("refused".to_owned());
        }
        self.look_at(look, region);
        Ok(answer)
    }

    /// A plane that does not answer makes its region unknown, and the planner decides.
    fn noted(&mut self, look: &mut WaveLook, region: usize, answer: Answer) -> Answer {
        if !answer.is_said() && answer != Answer::Refused {
            look.set_endpoint(self, region, silent());
        }
        answer
    }

    fn noted_start(&mut self, look: &mut WaveLook, region: usize, answer: Answer) -> Answer {
        if answer == Answer::Refused {
            look.sight.refused = Some("refused".to_owned());
        }
        self.noted(look, region, answer)
    }

    /// The beats of one look, with the time at which it was planned: the alarm hears the last of them for as long as it
    /// listens.
    fn beat(&mut self, look: &WaveLook, region: usize, at: Seconds) {
        let setting = self.setting.clone();
        let Some(policy) = setting.fleet.regions.get(region) else { return };
        let update = look.history(self, region).and_then(|history| history.update.as_ref());
        let Some(last) = plan::beats(policy, update, stamp(at)).last() else { return };
        let now = self.now;
        let Some(place) = self.regions.get_mut(region) else { return };
        place.beat = place.beat.max(last.as_second());
        place.silent &= place.beat + setting.live.silence <= now;
    }

    /// The verdict metric: its alarm rings a little later.
    pub(super) fn trip(&mut self, region: usize, answer: Answer) {
        let due = self.now + self.setting.live.verdict_delay;
        if let Some(place) = self.regions.get_mut(region).filter(|place| answer.is_done() && !place.verdict) {
            place.verdict_due.get_or_insert(due);
        }
    }

    /// What the judge says of the canary, or of the first minutes at full load: the release's own truth, for his errors are
    /// another simulation's.
    fn judged(&self, look: &WaveLook, region: usize) -> Seen<Judgement> {
        let Some(place) = self.regions.get(region) else { return silent() };
        if place.faults.has(Fault::Counts) || place.faults.has(Fault::Signals) {
            return silent();
        }
        let update = look.history(self, region).and_then(|history| history.update.as_ref());
        let Some((update, (from, _))) = update.and_then(|update| Some((update, update.canary?))) else {
            return silent();
        };
        let release = self.setting.release_of(&update.target);
        let quality = self.setting.quality(region, release);
        let full_load = update.confirmed && self.setting.fleet.guardrail.full_load_minutes() > 0;
        let showing = if full_load { quality.full_load } else { quality.showing(self.now - from.as_second()) };
        Seen::Known(showing.judgement().clone())
    }

    /// The golden records, as whatever serves answers them.
    pub(super) fn ask_golden(&self, region: usize, target: &Target) -> Seen<Golden> {
        let Some(place) = self.regions.get(region).filter(|place| !place.faults.has(Fault::Golden)) else {
            return silent();
        };
        let release = self.setting.release_of(target);
        let right = place.serves_alone() == Some(release) && self.setting.quality(region, release).answers_right;
        Seen::Known(Golden { asked: 10, right: if right { 10 } else { 3 } })
    }
}
