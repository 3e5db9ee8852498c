//! What a call of `promote` does to a region, as `shared/handlers/src/promote/execute.rs` does it.

use super::call::Answer;
use super::endpoint::{Request, Taken};
use super::wave_call::silent;
use super::wave_look::WaveLook;
use super::{Fault, Job, Outcome, Seconds, Strike, World, checks, stamp};
use meridian_domain::plan::{self, Act, Golden};
use meridian_domain::{Epoch, Record, Seen, Target};
use meridian_judge::Judgement;

impl World {
    pub(super) fn act(
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
    pub(super) fn noted(&mut self, look: &mut WaveLook, region: usize, answer: Answer) -> Answer {
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
    pub(super) fn beat(&mut self, look: &WaveLook, region: usize, at: Seconds) {
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
